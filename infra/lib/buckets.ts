import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { Stage } from './stage';

const ACCESS_LOG_DAYS = 400;
/** Records of a night are looked at in its first weeks, if at all. */
const NIGHTS_COLD_AFTER_DAYS = 90;
const REPORTS_KEPT_DAYS = 1;
const UPLOAD_ABANDONED_DAYS = 7;

function common(stage: Stage) {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  };
}

/** Who read and wrote the other buckets, and who asked CloudFront for what. */
export function createAccessLogs(scope: Construct, stage: Stage): Bucket {
  const bucket = new Bucket(scope, 'AccessLogs', {
    ...common(stage),
    // S3 delivers its logs to a bucket with a key of its own only.
    encryption: BucketEncryption.S3_MANAGED,
    // CloudFront delivers by an access control list.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ expiration: Duration.days(ACCESS_LOG_DAYS) }],
  });
  acknowledge(bucket, 'S1', 'The logs of the bucket of logs would be logs of itself.');
  return bucket;
}

/** Documents, imports and nightly records: personal data, read and written by functions only. */
export function createDocuments(scope: Construct, stage: Stage, key: IKey, accessLogs: IBucket): Bucket {
  return new Bucket(scope, 'Documents', {
    ...common(stage),
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    // One call to KMS for many objects.
    bucketKeyEnabled: true,
    versioned: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    serverAccessLogsBucket: accessLogs,
    serverAccessLogsPrefix: 'documents/',
    lifecycleRules: [
      {
        id: 'previous-versions',
        noncurrentVersionExpiration: Duration.days(stage.previousVersionDays),
        expiredObjectDeleteMarker: true,
        abortIncompleteMultipartUploadAfter: Duration.days(UPLOAD_ABANDONED_DAYS),
      },
      // Tables that staff took away; whoever wants one again has it made again.
      { id: 'reports', prefix: 'reports/', expiration: Duration.days(REPORTS_KEPT_DAYS) },
      {
        id: 'nights',
        prefix: 'nights/',
        transitions: [
          {
            storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
            transitionAfter: Duration.days(NIGHTS_COLD_AFTER_DAYS),
          },
        ],
      },
    ],
  });
}

/** The brands' logos and pictures. Public through CloudFront only; the bucket itself is not. */
export function createAssets(scope: Construct, stage: Stage, accessLogs: IBucket): Bucket {
  return new Bucket(scope, 'Assets', {
    ...common(stage),
    // What everybody may see needs no key of ours.
    encryption: BucketEncryption.S3_MANAGED,
    versioned: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    serverAccessLogsBucket: accessLogs,
    serverAccessLogsPrefix: 'assets/',
    lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(stage.previousVersionDays) }],
  });
}
