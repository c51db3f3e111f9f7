import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** What differs between the deployments; everything else is the same. */
export interface Stage {
  readonly name: string;
  /** Table, buckets, keys and secrets stay when their stack is deleted, and cannot be deleted by mistake. */
  readonly keepData: boolean;
  /** How far back the table can be restored to any second. */
  readonly restoreDays: number;
  /** How long a replaced or deleted object of the bucket can be brought back. */
  readonly previousVersionDays: number;
  readonly logRetention: RetentionDays;
  /** Whether functions.json's reserved concurrency applies: a new account may have too little to reserve from. */
  readonly reserveConcurrency: boolean;
  /** Whether alarms tell anybody. They exist in every stage, so that their definition is tried. */
  readonly alarmsNotify: boolean;
  /** Requests per second that the API takes, and for a moment. */
  readonly requestRate: number;
  readonly requestBurst: number;
  /** With fixed addresses only: each costs by the hour; two survive the loss of a zone. */
  readonly natGateways: number;
}

const STAGES: readonly Stage[] = [
  {
    name: 'dev',
    keepData: false,
    restoreDays: 1,
    previousVersionDays: 7,
    logRetention: RetentionDays.ONE_WEEK,
    reserveConcurrency: false,
    alarmsNotify: false,
    requestRate: 50,
    requestBurst: 100,
    natGateways: 1,
  },
  {
    name: 'staging',
    keepData: true,
    restoreDays: 7,
    previousVersionDays: 30,
    logRetention: RetentionDays.ONE_MONTH,
    reserveConcurrency: true,
    alarmsNotify: true,
    requestRate: 200,
    requestBurst: 400,
    natGateways: 1,
  },
  {
    name: 'prod',
    keepData: true,
    restoreDays: 35,
    previousVersionDays: 365,
    logRetention: RetentionDays.ONE_YEAR,
    reserveConcurrency: true,
    alarmsNotify: true,
    requestRate: 1000,
    requestBurst: 2000,
    natGateways: 2,
  },
];

export const STAGE_NAMES = STAGES.map((stage) => stage.name);

export function stageOf(name: string | undefined): Stage {
  const stage = STAGES.find((known) => known.name === name);
  if (stage === undefined) {
    throw new Error(`-c stage=${name ?? '…'}: the stage must be one of ${STAGE_NAMES.join(', ')}`);
  }
  return stage;
}
