import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Names } from './names';
import type { Stage } from './stage';

/** The table's two indexes, by which queries read keys. */
export const INDEXES = { due: ['dk', 'ds'], list: ['lk', 'ls'] } as const;

interface Props {
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
}

/**
 * The one table, as `create_table` (shared/platform/src/store/schema.rs) makes it on one machine.
 * On demand: a lender's load is a night's peak over a quiet day.
 */
export function createTable(scope: Construct, { stage, names, key }: Props): Table {
  const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, 'Table', {
    tableName: names.table,
    partitionKey: text('pk'),
    sortKey: text('sk'),
    stream: StreamViewType.NEW_IMAGE,
    timeToLiveAttribute: 'ttl',
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: {
      pointInTimeRecoveryEnabled: true,
      recoveryPeriodInDays: stage.restoreDays,
    },
    deletionProtection: stage.keepData,
    removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  for (const [indexName, [partition, sort]] of Object.entries(INDEXES)) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: text(partition),
      sortKey: text(sort),
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
  return table;
}
