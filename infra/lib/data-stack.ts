import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { createAssetsCdn } from './assets-cdn';
import { createAccessLogs, createAssets, createDocuments } from './buckets';
import type { Names } from './names';
import type { Domain } from './options';
import type { Stage } from './stage';
import { createTable } from './table';

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
  readonly assetsDomain?: Domain;
}

/** What must not be lost: the table and the buckets. */
export class DataStack extends Stack {
  readonly table: Table;
  readonly documents: Bucket;

  constructor(scope: Construct, id: string, { stage, names, key, assetsDomain, ...props }: Props) {
    super(scope, id, { ...props, terminationProtection: stage.keepData });
    const accessLogs = createAccessLogs(this, stage);
    this.table = createTable(this, { stage, names, key });
    this.documents = createDocuments(this, stage, key, accessLogs);
    const assets = createAssets(this, stage, accessLogs);
    const cdn = createAssetsCdn(this, assets, accessLogs, assetsDomain);
    new CfnOutput(this, 'AssetsBucket', { value: assets.bucketName });
    new CfnOutput(this, 'AssetsHost', { value: cdn.distributionDomainName });
  }
}
