import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { faultsOf } from '../lib/facts';
import { STAGE_NAMES } from '../lib/stage';
import { Deployment, FACTS } from './synthesized';

const EVERYTHING = {
  fixedIps: 'true',
  waf: 'true',
  alarmEmail: 'operations@lender.example',
  whatsappUrl: 'https://whatsapp.lender.example',
  domain: 'api.lender.example',
  certificateArn: 'arn:aws:acm:sa-east-1:111111111111:certificate/1',
  assetsDomain: 'assets.lender.example',
  assetsCertificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/2',
};

for (const stage of STAGE_NAMES) {
  test(`${stage} synthesizes with everything chosen, and no rule finds anything that is not explained`, () => {
    const { app } = new Deployment(stage, EVERYTHING);
    app.synth();
    const report = new AwsSolutionsChecks(app).validateScope(app);
    const found = report.violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources[0]?.constructPath]);
    assert.deepEqual(found, []);
  });
}

test('what only some choose keeps to CloudFormation’s schemas, too', () => {
  process.env['CDK_VALIDATION'] = 'true';
  new Deployment('prod', EVERYTHING).app.synth();
  process.env['CDK_VALIDATION'] = 'false';
});

test('the rules find what is not explained', () => {
  const { app } = new Deployment('dev');
  new Bucket(new Stack(app, 'careless'), 'Bucket');
  app.synth();
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  assert.deepEqual(violations.map(({ ruleName }) => ruleName).sort(), ['AwsSolutions-S1', 'AwsSolutions-S10']);
});

test('a stage, or a choice, that does not exist is refused', () => {
  assert.throws(() => new Deployment('production'), /dev, staging, prod/);
  assert.throws(() => new Deployment('dev', { fixedIps: 'yes' }), /must be false or true/);
});

test('facts that would be deployed wrong are refused', () => {
  const [first] = FACTS.functions;
  assert.deepEqual(faultsOf(FACTS), []);
  assert.deepEqual(faultsOf({ ...FACTS, functions: [first!, first!] }), [`${first!.name} is there twice`]);
  assert.equal(faultsOf({ ...FACTS, queues: [] }).length, FACTS.functions.filter(({ kind }) => kind === 'queue').length);
  const hasty = FACTS.queues.map((queue) => ({ ...queue, visibilitySeconds: 1 }));
  assert.equal(faultsOf({ ...FACTS, queues: hasty }).length, FACTS.queues.length);
});

test('a variable that nobody knows is refused', () => {
  const functions = FACTS.functions.map((fn) => ({ ...fn, environment: [...fn.environment, 'TABEL_NAME'] }));
  assert.throws(() => new Deployment('dev', {}, { ...FACTS, functions }), /TABEL_NAME/);
});
