import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { QueueFacts } from './facts';
import type { Names } from './names';

/** Long enough for somebody to come back from a holiday. SQS keeps nothing longer. */
const DEAD_LETTERS_KEPT = Duration.days(14);
const MESSAGES_KEPT = Duration.days(4);
/** One call to KMS for the messages of this time. */
const DATA_KEY_REUSED = Duration.minutes(15);

/** Where a queue's dead letters go. */
export const deadLettersOf = (queue: string) => `${queue}-dead`;
/** Batches of the table's stream that could not be turned into messages. */
export const STREAM_DEAD_LETTERS = deadLettersOf('stream');
/** Firings of jobs that failed however often Lambda tried. */
export const JOB_DEAD_LETTERS = deadLettersOf('job');

interface Props extends StackProps {
  readonly names: Names;
  readonly key: IKey;
  readonly queues: readonly QueueFacts[];
}

/** The queues, each with its dead letters, and the dead letters of what no queue feeds. */
export class QueuesStack extends Stack {
  private readonly byName = new Map<string, Queue>();

  constructor(scope: Construct, id: string, { names, key, queues, ...props }: Props) {
    super(scope, id, props);
    for (const { name, visibilitySeconds, maxReceives } of queues) {
      const dead = this.deadLetters(deadLettersOf(name), names, key);
      const queue = new Queue(this, name, {
        queueName: names.of(name),
        ...encrypted(key),
        enforceSSL: true,
        visibilityTimeout: Duration.seconds(visibilitySeconds),
        retentionPeriod: MESSAGES_KEPT,
        deadLetterQueue: { queue: dead, maxReceiveCount: maxReceives },
      });
      this.byName.set(name, queue);
    }
    this.deadLetters(STREAM_DEAD_LETTERS, names, key);
    this.deadLetters(JOB_DEAD_LETTERS, names, key);
  }

  /** A queue by its name in functions.json, or one of dead letters. */
  queue(name: string): Queue {
    const queue = this.byName.get(name);
    if (queue === undefined) {
      throw new Error(`there is no queue ${name}; there are ${[...this.byName.keys()].join(', ')}`);
    }
    return queue;
  }

  private deadLetters(name: string, names: Names, key: IKey): Queue {
    const queue = new Queue(this, name, {
      queueName: names.of(name),
      ...encrypted(key),
      enforceSSL: true,
      retentionPeriod: DEAD_LETTERS_KEPT,
    });
    acknowledge(queue, 'SQS3', 'It holds dead letters: people read it, and nothing comes after it.');
    this.byName.set(name, queue);
    return queue;
  }
}

function encrypted(key: IKey) {
  return { encryption: QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: DATA_KEY_REUSED };
}
