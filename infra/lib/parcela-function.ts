import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, type Code, Function as LambdaFunction, RecursiveLoop, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeArn } from './acknowledge';
import { type FunctionFacts, isQueue } from './facts';
import { keyUse } from './grants';
import type { Names } from './names';
import type { Stage } from './stage';

/** Where a function that calls out from fixed addresses runs. */
export interface Network {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

interface Props {
  readonly facts: FunctionFacts;
  readonly stage: Stage;
  readonly names: Names;
  readonly code: Code;
  readonly environment: Record<string, string>;
  readonly statements: readonly PolicyStatement[];
  readonly dataKey: IKey;
  readonly operationsKey: IKey;
  readonly network?: Network;
}

/** One function with its own role, log group and limits. */
export class ParcelaFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, props: Props) {
    super(scope, props.facts.name);
    const { facts, stage, names } = props;
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: names.functionLogs(facts.name),
      retention: stage.logRetention,
      encryptionKey: props.operationsKey,
      removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      description: `Parcela's function ${facts.name}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    props.statements.forEach((statement) => this.role.addToPolicy(statement));
    this.role.addToPolicy(keyUse('lambda', props.dataKey.keyArn, ['kms:Decrypt']));
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logs.logGroupArn],
      }),
    );
    if (props.network) {
      this.allowNetworkInterfaces();
    }
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName: names.of(facts.name),
      description: `Parcela, ${facts.area}: ${facts.name}`,
      architecture: Architecture.ARM_64,
      runtime: Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      code: props.code,
      memorySize: facts.memoryMb,
      timeout: Duration.seconds(facts.timeoutSeconds),
      reservedConcurrentExecutions: (stage.reserveConcurrency && facts.reservedConcurrency) || undefined,
      environment: props.environment,
      environmentEncryption: props.dataKey,
      tracing: Tracing.ACTIVE,
      logGroup: logs,
      role: this.role,
      ...(sendsToItself(facts) && { recursiveLoop: RecursiveLoop.ALLOW }),
      ...(props.network && { vpc: props.network.vpc, securityGroups: [props.network.securityGroup] }),
    });
    this.explain(props, logs);
  }

  /** Lambda itself makes the interfaces; the function's own code is kept from it. */
  private allowNetworkInterfaces(): void {
    const actions = [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ];
    this.role.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions,
        resources: ['*'],
        // Set for calls of a function's code, not for Lambda's own.
        conditions: { ArnLike: { 'lambda:SourceFunctionArn': 'arn:*:lambda:*:*:function:*' } },
      }),
    );
  }

  private explain({ facts, network }: Props, logs: LogGroup): void {
    const reasons = ['X-Ray takes traces from anybody who may write any: it has no resource to name.'];
    if (facts.kind === 'stream') {
      reasons.push('dynamodb:ListStreams has no resource to name.');
    }
    if (network) {
      reasons.push('Network interfaces have no name before Lambda makes them; the function itself is denied it.');
    }
    acknowledge(this.role, 'IAM5[Resource::*]', reasons.join(' '));
    acknowledgeArn(this.role, Stack.of(this), logs.logGroupArn, 'Its log streams are named by Lambda.');
  }
}

/**
 * Whether it sends messages to the queue that invokes it, as a message does that waits for its
 * turn. Lambda stops such a function after about 16 rounds unless the loop is allowed; a message
 * for tomorrow morning takes more, since SQS delays 15 minutes at most.
 */
function sendsToItself(facts: FunctionFacts): boolean {
  return isQueue(facts) && facts.grants.includes(`sqs:SendMessage:${facts.queue}`);
}
