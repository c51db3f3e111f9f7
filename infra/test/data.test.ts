import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deployment } from './synthesized';

const dev = new Deployment('dev');
const prod = new Deployment('prod');

test('the table is what create_table makes', () => {
  const [table] = prod.resources('data', 'AWS::DynamoDB::Table');
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, ...properties } = table!.Properties;
  const keys = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ];
  assert.deepEqual(KeySchema, keys('pk', 'sk'));
  assert.deepEqual(
    AttributeDefinitions,
    ['pk', 'sk', 'dk', 'ds', 'lk', 'ls'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
  );
  assert.deepEqual(GlobalSecondaryIndexes, [
    { IndexName: 'due', KeySchema: keys('dk', 'ds'), Projection: { ProjectionType: 'KEYS_ONLY' } },
    { IndexName: 'list', KeySchema: keys('lk', 'ls'), Projection: { ProjectionType: 'KEYS_ONLY' } },
  ]);
  assert.deepEqual(properties.StreamSpecification, { StreamViewType: 'NEW_IMAGE' });
  assert.deepEqual(properties.TimeToLiveSpecification, { AttributeName: 'ttl', Enabled: true });
  assert.equal(properties.BillingMode, 'PAY_PER_REQUEST');
});

test('the table can be restored, is not deleted by mistake, and has a key of its own', () => {
  const [table] = prod.resources('data', 'AWS::DynamoDB::Table');
  const { Properties, DeletionPolicy } = table!;
  assert.deepEqual(Properties.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 });
  assert.equal(Properties.DeletionProtectionEnabled, true);
  assert.equal(DeletionPolicy, 'Retain');
  assert.equal(Properties.SSESpecification.SSEType, 'KMS');
  assert.ok(JSON.stringify(Properties.SSESpecification.KMSMasterKeyId).includes('parcela-prod-keys'));
});

test('a trial deployment can be deleted', () => {
  const [table] = dev.resources('data', 'AWS::DynamoDB::Table');
  assert.equal(table!.Properties.DeletionProtectionEnabled, false);
  assert.equal(table!.DeletionPolicy, 'Delete');
});

test('no bucket is public, and each refuses what is not TLS', () => {
  const buckets = prod.resources('data', 'AWS::S3::Bucket');
  assert.equal(buckets.length, 3);
  for (const { Properties } of buckets) {
    assert.deepEqual(Properties.PublicAccessBlockConfiguration, {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  }
  const policies = prod.resources('data', 'AWS::S3::BucketPolicy');
  assert.equal(policies.length, buckets.length);
  for (const { Properties } of policies) {
    const [first] = Properties.PolicyDocument.Statement;
    assert.equal(first.Effect, 'Deny');
    assert.deepEqual(first.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
  }
});

test('documents are versioned, logged, and encrypted with our key', () => {
  const documents = prod
    .resources('data', 'AWS::S3::Bucket')
    .filter(({ Properties }) => JSON.stringify(Properties.BucketEncryption).includes('aws:kms'));
  assert.equal(documents.length, 1);
  const { Properties } = documents[0]!;
  assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' });
  assert.equal(Properties.LoggingConfiguration.LogFilePrefix, 'documents/');
  assert.equal(Properties.LifecycleConfiguration.Rules[0].NoncurrentVersionExpiration.NoncurrentDays, 365);
});

test('brand assets are read through CloudFront only', () => {
  const [distribution] = prod.resources('data', 'AWS::CloudFront::Distribution');
  const [origin] = distribution!.Properties.DistributionConfig.Origins;
  assert.ok(origin.OriginAccessControlId);
  assert.equal(distribution!.Properties.DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy, 'redirect-to-https');
});

test('keys are rotated, and stay when their stack goes', () => {
  for (const { Properties, DeletionPolicy } of prod.resources('keys', 'AWS::KMS::Key')) {
    assert.equal(Properties.EnableKeyRotation, true);
    assert.equal(DeletionPolicy, 'Retain');
  }
  for (const { DeletionPolicy } of prod.resources('keys', 'AWS::SecretsManager::Secret')) {
    assert.equal(DeletionPolicy, 'Retain');
  }
});
