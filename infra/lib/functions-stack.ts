import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeArn } from './acknowledge';
import { codeOf, refuseDeployment } from './code';
import type { DataStack } from './data-stack';
import { environmentOf } from './environment';
import { type FunctionFacts, isHttp, isJob, isQueue, isStream } from './facts';
import { type GrantedResources, parseGrant, statementsOf } from './grants';
import type { KeysStack } from './keys-stack';
import type { Names } from './names';
import type { Options } from './options';
import { type Network, ParcelaFunction } from './parcela-function';
import { JOB_DEAD_LETTERS, type QueuesStack, STREAM_DEAD_LETTERS } from './queues-stack';
import type { SchedulesStack } from './schedules-stack';
import type { Stage } from './stage';
import { keepFailedFirings, readQueue, readStream } from './triggers';

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly options: Options;
  /** The functions of one area. */
  readonly facts: readonly FunctionFacts[];
  readonly keys: KeysStack;
  readonly data: DataStack;
  readonly queues: QueuesStack;
  readonly schedules: SchedulesStack;
  readonly network?: Network;
}

/**
 * The functions of an area, with what invokes them except the API. One stack an area, as one crate
 * an area: CloudFormation resolves at most 60 references to secrets in a stack.
 */
export class FunctionsStack extends Stack {
  readonly functions = new Map<string, ParcelaFunction>();
  private readonly deployment: Props;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, { tags: props.tags });
    this.deployment = props;
    for (const facts of props.facts) {
      const fn = this.create(facts);
      this.functions.set(facts.name, fn);
      this.connect(fn, facts);
    }
    if (props.options.placeholderAssets) {
      refuseDeployment(this);
    }
    // The functions' variables refer to the secrets by name.
    this.addStackDependency(props.keys);
  }

  private create(facts: FunctionFacts): ParcelaFunction {
    const { stage, names, options, keys, data, queues, schedules, network } = this.deployment;
    const resources = this.resources();
    const fn = new ParcelaFunction(this, {
      facts,
      stage,
      names,
      code: codeOf(facts.name, options.placeholderAssets),
      environment: environmentOf(facts.environment, {
        names,
        queues,
        schedules,
        tableName: data.table.tableName,
        bucketName: data.documents.bucketName,
        whatsappUrl: options.whatsappUrl,
        personsKeyArn: keys.persons.keyArn,
        secretsRevision: options.secretsRevision,
        behindEdge: options.webAclArn !== undefined,
      }),
      statements: statementsOf(facts.grants, resources),
      dataKey: keys.data,
      operationsKey: keys.operations,
      network: facts.egress ? network : undefined,
    });
    this.explain(fn, facts, resources.schedulesArn);
    return fn;
  }

  /** What a role may touch that has a star in its name, and why it must. */
  private explain(fn: ParcelaFunction, facts: FunctionFacts, schedulesArn: string): void {
    const { data } = this.deployment;
    const grants = facts.grants.map(parseGrant);
    // As the role will name the bucket: by what its stack exports.
    const bucketArn = data.exportValue(data.documents.bucketArn);
    for (const { of: prefix } of grants.filter(({ service, of }) => service === 's3' && of !== undefined)) {
      const reason = 'Objects are named by brand, date and id; the prefix is the function’s.';
      acknowledgeArn(fn.role, this, `${bucketArn}/${prefix}`, reason);
    }
    if (grants.some(({ service }) => service === 'scheduler')) {
      const reason = 'Schedules are named by brand, and brands come and go; the group is our own.';
      acknowledgeArn(fn.role, this, schedulesArn, reason);
    }
  }

  private connect(fn: ParcelaFunction, facts: FunctionFacts): void {
    const { keys, data, queues } = this.deployment;
    if (isHttp(facts)) {
      return; // the API's stack routes to it
    }
    if (isQueue(facts)) {
      readQueue(fn, facts, queues.queue(facts.queue), keys.data);
    } else if (isStream(facts)) {
      readStream(fn, facts, data.table.tableStreamArn ?? '', queues.queue(STREAM_DEAD_LETTERS), keys.data);
    } else if (isJob(facts)) {
      keepFailedFirings(fn, queues.queue(JOB_DEAD_LETTERS), keys.data);
    }
  }

  private resources(): GrantedResources {
    const { keys, data, queues, schedules } = this.deployment;
    return {
      tableArn: data.table.tableArn,
      bucketArn: data.documents.bucketArn,
      queueArn: (name) => queues.queue(name).queueArn,
      schedulesArn: this.formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${schedules.groupName}/*` }),
      schedulerRoleArn: schedules.role.roleArn,
      keyArn: keys.data.keyArn,
      personsKeyArn: keys.persons.keyArn,
    };
  }
}
