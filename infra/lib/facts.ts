import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What functions.json says of every function, whatever invokes it. */
interface Common {
  readonly name: string;
  readonly area: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** The names of the environment variables that it reads. */
  readonly environment: readonly string[];
  /** What it may do: see grants.ts. */
  readonly grants: readonly string[];
  /** Whether it calls servers outside AWS. */
  readonly egress: boolean;
  readonly reservedConcurrency?: number | null;
}

export interface HttpFunction extends Common {
  readonly kind: 'http';
  /** Route keys of API Gateway: `ANY /path/{proxy+}`. */
  readonly routes: readonly string[];
}

export interface JobFunction extends Common {
  readonly kind: 'job';
  /** When it fires in each brand's timezone; absent where only people invoke it. */
  readonly schedule?: string | null;
}

export interface QueueFunction extends Common {
  readonly kind: 'queue';
  readonly queue: string;
  readonly batchSize: number;
  readonly maxConcurrency: number;
}

export interface StreamFunction extends Common {
  readonly kind: 'stream';
  readonly batchSize: number;
}

export type FunctionFacts = HttpFunction | JobFunction | QueueFunction | StreamFunction;

export interface QueueFacts {
  readonly name: string;
  readonly visibilitySeconds: number;
  /** Deliveries before a message is a dead letter. */
  readonly maxReceives: number;
}

export interface Facts {
  readonly functions: readonly FunctionFacts[];
  readonly queues: readonly QueueFacts[];
}

const FILE = join(__dirname, '..', 'functions.json');

/** The facts of the functions, as the code's own generator wrote them. */
export function readFacts(file: string = FILE): Facts {
  const facts = JSON.parse(readFileSync(file, 'utf8')) as Facts;
  const faults = faultsOf(facts);
  if (faults.length > 0) {
    throw new Error(`${file}: ${faults.join('; ')}`);
  }
  return facts;
}

/** What would be deployed wrong without anybody noticing. */
export function faultsOf(facts: Facts): string[] {
  const faults: string[] = [];
  const queues = new Map(facts.queues.map((queue) => [queue.name, queue]));
  const names = new Set<string>();
  for (const fn of facts.functions) {
    if (names.has(fn.name)) {
      faults.push(`${fn.name} is there twice`);
    }
    names.add(fn.name);
    switch (fn.kind) {
      case 'http':
        if (fn.routes.length === 0) {
          faults.push(`${fn.name} has no route`);
        }
        break;
      case 'queue': {
        const queue = queues.get(fn.queue);
        if (queue === undefined) {
          faults.push(`${fn.name} reads the queue ${fn.queue}, which is not in "queues"`);
        } else if (queue.visibilitySeconds < 6 * fn.timeoutSeconds) {
          // Lambda's own advice: time for its retries of a throttled batch.
          faults.push(`the queue ${fn.queue} hides a message for less than six runs of ${fn.name}`);
        }
        break;
      }
      case 'job':
      case 'stream':
        break;
      default:
        faults.push(`${(fn as Common).name} is of an unknown kind`);
    }
  }
  return faults;
}

export const isHttp = (fn: FunctionFacts): fn is HttpFunction => fn.kind === 'http';
export const isJob = (fn: FunctionFacts): fn is JobFunction => fn.kind === 'job';
export const isQueue = (fn: FunctionFacts): fn is QueueFunction => fn.kind === 'queue';
export const isStream = (fn: FunctionFacts): fn is StreamFunction => fn.kind === 'stream';
