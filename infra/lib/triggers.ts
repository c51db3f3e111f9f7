import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventInvokeConfig, EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { QueueFunction, StreamFunction } from './facts';
import { keyUse } from './grants';
import type { ParcelaFunction } from './parcela-function';

/** Tries of a stream's batch before it is a dead letter; meanwhile nothing behind it moves on. */
const STREAM_RETRIES = 10;
/** Lambda's own retries of a job's firing, after the scheduler's. */
const JOB_RETRIES = 2;
/** A firing is of use on its day: the next one takes up what was missed. */
const JOB_KEPT = Duration.hours(6);

/** A queue invokes the function. A message that fails comes back by itself. */
export function readQueue(fn: ParcelaFunction, facts: QueueFunction, queue: IQueue, key: IKey): void {
  fn.role.addToPolicy(
    new PolicyStatement({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    }),
  );
  fn.role.addToPolicy(keyUse('sqs', key.keyArn, ['kms:Decrypt']));
  const mapping = new EventSourceMapping(fn, 'Queue', {
    target: fn.lambda,
    eventSourceArn: queue.queueArn,
    batchSize: facts.batchSize,
    maxConcurrency: facts.maxConcurrency,
    reportBatchItemFailures: true,
  });
  // CloudFormation asks at once whether the role may read.
  mapping.node.addDependency(fn.role);
}

/**
 * The table's stream invokes the function, in order. Where a batch fails it is halved and tried
 * again; what still fails is named in the dead letters (which records, not what they say: they are
 * in the stream for 24 hours, and in the table), and the stream goes on.
 */
export function readStream(fn: ParcelaFunction, facts: StreamFunction, streamArn: string, dead: IQueue, key: IKey): void {
  fn.role.addToPolicy(
    new PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [streamArn],
    }),
  );
  fn.role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
  fn.role.addToPolicy(keyUse('dynamodb', key.keyArn, ['kms:Decrypt']));
  maySend(fn, dead, key);
  const mapping = new EventSourceMapping(fn, 'Stream', {
    target: fn.lambda,
    eventSourceArn: streamArn,
    // Nothing is lost that was written before the mapping was made.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: facts.batchSize,
    bisectBatchOnError: true,
    retryAttempts: STREAM_RETRIES,
    reportBatchItemFailures: true,
    onFailure: { bind: () => ({ destination: dead.queueArn }) },
  });
  mapping.node.addDependency(fn.role);
}

/** A firing that failed after all tries is kept with what it said. */
export function keepFailedFirings(fn: ParcelaFunction, dead: IQueue, key: IKey): void {
  maySend(fn, dead, key);
  new EventInvokeConfig(fn, 'Firings', {
    function: fn.lambda,
    retryAttempts: JOB_RETRIES,
    maxEventAge: JOB_KEPT,
    onFailure: { bind: () => ({ destination: dead.queueArn }) },
  });
}

function maySend(fn: ParcelaFunction, queue: IQueue, key: IKey): void {
  fn.role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
  fn.role.addToPolicy(keyUse('sqs', key.keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']));
}
