import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { INDEXES } from './table';

/**
 * A function's policy is made from its grants in functions.json and from nothing else. A grant is
 * an IAM action, and after a second colon what of the resource it is about:
 *
 *   dynamodb:GetItem              any item of the table
 *   dynamodb:GetItem:STAFF#*      items whose partition key matches
 *   sqs:SendMessage:accrual       one queue
 *   s3:PutObject:nights/*         objects below a prefix
 *   s3:ListBucket                 the bucket's keys; without it S3 answers 403 for a missing object
 *   scheduler:CreateSchedule      schedules of the deployment's group
 *   kms:Decrypt                   data keys of persons, wrapped by the key for them
 *
 * Partition keys begin with what a record belongs to (docs/dynamodb.md), so a pattern keeps a
 * function off other kinds of records: `B#*` is every brand's data, and neither staff, sessions nor
 * the brands themselves. It cannot pin a function to one brand: which brand a call is about is
 * known per request, and a role is the function's. That is the code's to keep (the brand of the
 * caller's token), and a role per brand would be the way to have IAM keep it.
 *
 * The use of the key that everything at rest is encrypted with follows from the other grants and is
 * not granted by itself.
 */
export interface GrantedResources {
  readonly tableArn: string;
  readonly bucketArn: string;
  readonly queueArn: (name: string) => string;
  readonly schedulesArn: string;
  readonly schedulerRoleArn: string;
  readonly keyArn: string;
  /** Wraps the data keys of persons. */
  readonly personsKeyArn: string;
}

const TABLE_READS = ['GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem'];
const TABLE_WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  dynamodb: [...TABLE_READS, ...TABLE_WRITES],
  kms: ['GenerateDataKey', 'Decrypt'],
  s3: ['GetObject', 'PutObject', 'DeleteObject', 'ListBucket'],
  scheduler: ['CreateSchedule', 'UpdateSchedule', 'DeleteSchedule', 'GetSchedule'],
  sqs: ['SendMessage', 'GetQueueAttributes'],
};

export interface Grant {
  readonly service: string;
  readonly operation: string;
  readonly of?: string;
}

/** Refuses what it does not know: a misspelt action would be granted and never match. */
export function parseGrant(text: string): Grant {
  const [service = '', operation = '', ...rest] = text.split(':');
  if (!KNOWN[service]?.includes(operation)) {
    throw new Error(`the grant ${text} is not one of those in grants.ts`);
  }
  const of = rest.length > 0 ? rest.join(':') : undefined;
  const needsResource = service === 'sqs' || (service === 's3' && operation !== 'ListBucket');
  if (needsResource && (of === undefined || of === '' || of === '*')) {
    throw new Error(`the grant ${text} does not say of which ${service === 'sqs' ? 'queue' : 'prefix'}`);
  }
  return { service, operation, of };
}

export function statementsOf(grants: readonly string[], resources: GrantedResources): PolicyStatement[] {
  const parsed = grants.map(parseGrant);
  const of = (service: string) => parsed.filter((grant) => grant.service === service);
  return [
    ...tableStatements(of('dynamodb'), resources.tableArn),
    ...bucketStatements(of('s3'), resources.bucketArn),
    ...of('sqs').map(
      ({ operation, of: queue = '' }) =>
        new PolicyStatement({ actions: [`sqs:${operation}`], resources: [resources.queueArn(queue)] }),
    ),
    ...scheduleStatements(of('scheduler'), resources),
    ...personsKeyStatements(of('kms'), resources.personsKeyArn),
    ...keyStatements(parsed, resources.keyArn),
  ];
}

/** One statement for the operations that may touch the same items. */
function tableStatements(grants: readonly Grant[], tableArn: string): PolicyStatement[] {
  const byKeys = new Map<string, { operations: string[]; keys: string[] }>();
  for (const operation of new Set(grants.map((grant) => grant.operation))) {
    const patterns = grants.filter((grant) => grant.operation === operation).map((grant) => grant.of);
    const keys = patterns.every((pattern) => pattern !== undefined) ? [...patterns].sort() : [];
    const id = `${operation === 'Query'} ${keys.join(' ')}`;
    const group = byKeys.get(id) ?? { operations: [], keys };
    group.operations.push(operation);
    byKeys.set(id, group);
  }
  return [...byKeys.values()].map(({ operations, keys }) => {
    const indexes = operations.includes('Query') ? Object.keys(INDEXES) : [];
    return new PolicyStatement({
      actions: operations.map((operation) => `dynamodb:${operation}`),
      resources: [tableArn, ...indexes.map((index) => `${tableArn}/index/${index}`)],
      ...(keys.length > 0 && { conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } } }),
    });
  });
}

function bucketStatements(grants: readonly Grant[], bucketArn: string): PolicyStatement[] {
  return grants.map(
    ({ operation, of: prefix }) =>
      new PolicyStatement({
        actions: [`s3:${operation}`],
        resources: [operation === 'ListBucket' ? bucketArn : `${bucketArn}/${prefix}`],
      }),
  );
}

function scheduleStatements(grants: readonly Grant[], resources: GrantedResources): PolicyStatement[] {
  if (grants.length === 0) {
    return [];
  }
  return [
    new PolicyStatement({
      actions: grants.map(({ operation }) => `scheduler:${operation}`),
      resources: [resources.schedulesArn],
    }),
    // Who creates a schedule hands over the role that fires it: this one, to the scheduler only.
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [resources.schedulerRoleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  ];
}

/** A data key is made and unwrapped for one person of one brand, which its context names. */
function personsKeyStatements(grants: readonly Grant[], keyArn: string): PolicyStatement[] {
  if (grants.length === 0) {
    return [];
  }
  return [
    new PolicyStatement({
      actions: grants.map(({ operation }) => `kms:${operation}`),
      resources: [keyArn],
      conditions: {
        Null: { 'kms:EncryptionContext:brand': 'false', 'kms:EncryptionContext:subject': 'false' },
      },
    }),
  ];
}

/** What the other grants need of the key, each only by way of its own service. */
function keyStatements(grants: readonly Grant[], keyArn: string): PolicyStatement[] {
  const uses = (service: string, ...operations: string[]) =>
    grants.some((grant) => grant.service === service && (operations.length === 0 || operations.includes(grant.operation)));
  const statements: PolicyStatement[] = [];
  if (uses('dynamodb', ...TABLE_WRITES)) {
    statements.push(keyUse('dynamodb', keyArn, [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ]));
  } else if (uses('dynamodb')) {
    statements.push(keyUse('dynamodb', keyArn, ['kms:Decrypt', 'kms:DescribeKey']));
  }
  if (uses('s3', 'PutObject')) {
    statements.push(keyUse('s3', keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']));
  } else if (uses('s3', 'GetObject')) {
    statements.push(keyUse('s3', keyArn, ['kms:Decrypt']));
  }
  if (uses('sqs', 'SendMessage')) {
    statements.push(keyUse('sqs', keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']));
  }
  return statements;
}

/** The use of a key by way of one service, never directly. */
export function keyUse(service: string, keyArn: string, actions: string[]): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` } },
  });
}
