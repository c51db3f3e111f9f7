import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeArn } from './acknowledge';
import { codeOf, refuseDeployment } from './code';
import type { DataStack } from './data-stack';
import { environmentOf } from './environment';
import { type Facts, type FunctionFacts, isHttp, isJob, isQueue, isStream } from './facts';
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
  readonly facts: Facts;
  readonly keys: KeysStack;
  readonly data: DataStack;
  readonly queues: QueuesStack;
  readonly schedules: SchedulesStack;
  readonly network?: Network;
}

/** Every function of functions.json, with what invokes it except the API. */
export class FunctionsStack extends Stack {
  private readonly byName = new Map<string, ParcelaFunction>();
  private readonly deployment: Props;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, { tags: props.tags });
    this.deployment = props;
    for (const facts of props.facts.functions) {
      const fn = this.create(facts);
      this.byName.set(facts.name, fn);
      this.connect(fn, facts);
    }
    if (props.options.placeholderAssets) {
      refuseDeployment(this);
    }
    // The functions' variables refer to the secrets by name.
    this.addStackDependency(props.keys);
  }

  function(name: string): ParcelaFunction {
    const fn = this.byName.get(name);
    if (fn === undefined) {
      throw new Error(`there is no function ${name}`);
    }
    return fn;
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
        smsUrl: options.smsUrl,
        emailFrom: options.emailFrom,
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
    };
  }
}
