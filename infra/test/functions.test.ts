import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FunctionFacts, isJob, isQueue, isStream } from '../lib/facts';
import { isSecret } from '../lib/secrets';
import { Deployment, FACTS, type Resource } from './synthesized';

const prod = new Deployment('prod');
const resources = prod.functions;
const ofType = (type: string, all = resources) => Object.values(all).filter(({ Type }) => Type === type);
const functions = ofType('AWS::Lambda::Function');
const mappings = ofType('AWS::Lambda::EventSourceMapping');

function lambdaOf({ name }: FunctionFacts): Resource {
  const found = functions.filter(({ Properties }) => Properties.FunctionName === `parcela-prod-${name}`);
  assert.equal(found.length, 1, name);
  return found[0]!;
}

function mappingOf(facts: FunctionFacts): Resource {
  const found = mappings.filter(
    ({ Properties }) => resources[Properties.FunctionName.Ref]?.Properties.FunctionName === `parcela-prod-${facts.name}`,
  );
  assert.equal(found.length, 1, facts.name);
  return found[0]!;
}

test('each function of functions.json is there, and no other', () => {
  assert.equal(functions.length, FACTS.functions.length);
  for (const facts of FACTS.functions) {
    const { Properties } = lambdaOf(facts);
    assert.equal(Properties.MemorySize, facts.memoryMb, facts.name);
    assert.equal(Properties.Timeout, facts.timeoutSeconds, facts.name);
    assert.equal(Properties.ReservedConcurrentExecutions, facts.reservedConcurrency ?? undefined, facts.name);
    assert.equal(Properties.Runtime, 'provided.al2023');
    assert.deepEqual(Properties.Architectures, ['arm64']);
    assert.deepEqual(Properties.TracingConfig, { Mode: 'Active' });
  }
});

test('each function has a role of its own', () => {
  const roles = functions.map(({ Properties }) => Properties.Role['Fn::GetAtt'][0] as string);
  assert.equal(new Set(roles).size, FACTS.functions.length);
  for (const role of roles) {
    assert.equal(resources[role]?.Properties.ManagedPolicyArns, undefined, role);
  }
});

test('each function writes to a log group of its own, kept for a time and encrypted', () => {
  const groups = functions.map(({ Properties }) => Properties.LoggingConfig.LogGroup.Ref as string);
  assert.equal(new Set(groups).size, FACTS.functions.length);
  for (const group of groups) {
    const { Properties } = resources[group]!;
    assert.equal(Properties.RetentionInDays, 365);
    assert.ok(Properties.KmsKeyId);
  }
});

test('each function has the variables that it reads', () => {
  for (const facts of FACTS.functions) {
    const variables = Object.keys(lambdaOf(facts).Properties.Environment.Variables);
    const expected = facts.environment.some(isSecret) ? [...facts.environment, 'SECRETS_REVISION'] : facts.environment;
    assert.deepEqual(variables.sort(), [...expected].sort(), facts.name);
  }
});

test('no secret stands in a template: variables refer to it, and are encrypted with our key', () => {
  for (const { Properties } of functions) {
    assert.ok(Properties.KmsKeyArn);
    for (const [name, value] of Object.entries(Properties.Environment.Variables)) {
      if (isSecret(name)) {
        assert.match(String(value), /^\{\{resolve:secretsmanager:parcela\/prod\/[a-z-]+:SecretString:::\}\}$/);
      }
    }
  }
});

test('queues invoke their functions and get back what failed', () => {
  for (const facts of FACTS.functions.filter(isQueue)) {
    const { Properties } = mappingOf(facts);
    assert.ok(JSON.stringify(Properties.EventSourceArn).includes(facts.queue), facts.name);
    assert.equal(Properties.BatchSize, facts.batchSize);
    assert.deepEqual(Properties.ScalingConfig, { MaximumConcurrency: facts.maxConcurrency });
    assert.deepEqual(Properties.FunctionResponseTypes, ['ReportBatchItemFailures']);
  }
});

test('the stream is read in order, and a record that fails does not stop it', () => {
  for (const facts of FACTS.functions.filter(isStream)) {
    const { Properties } = mappingOf(facts);
    assert.equal(Properties.BatchSize, facts.batchSize);
    assert.equal(Properties.StartingPosition, 'TRIM_HORIZON');
    assert.equal(Properties.BisectBatchOnFunctionError, true);
    assert.ok(Properties.MaximumRetryAttempts >= 1);
    assert.ok(Properties.DestinationConfig.OnFailure.Destination);
    assert.deepEqual(Properties.FunctionResponseTypes, ['ReportBatchItemFailures']);
  }
});

test('a job that failed after all tries is kept', () => {
  const kept = ofType('AWS::Lambda::EventInvokeConfig');
  assert.equal(kept.length, FACTS.functions.filter(isJob).length);
  for (const { Properties } of kept) {
    assert.ok(Properties.DestinationConfig.OnFailure.Destination);
  }
});

test('only a function that sends to its own queue may go round', () => {
  const allowed = functions.filter(({ Properties }) => Properties.RecursiveLoop === 'Allow');
  const sending = FACTS.functions.filter((fn) => isQueue(fn) && fn.grants.includes(`sqs:SendMessage:${fn.queue}`));
  assert.deepEqual(
    allowed.map(({ Properties }) => Properties.FunctionName),
    sending.map(({ name }) => `parcela-prod-${name}`),
  );
});

test('placeholders cannot be deployed', () => {
  for (const area of new Set(FACTS.functions.map(({ area }) => area))) {
    const { Rules } = prod.template(`functions-${area}`).toJSON() as { Rules: Record<string, unknown> };
    assert.ok(Rules['FunctionsArePlaceholders'], area);
  }
});

test('functions are packed as they were built, and a build that is missing is asked for', () => {
  const target = mkdtempSync(join(tmpdir(), 'parcela-'));
  process.env['CARGO_TARGET_DIR'] = target;
  try {
    assert.throws(() => new Deployment('dev', { assets: 'built' }), /is not built.*\n?.*\.ci\/release --arm64/);
    for (const { name } of FACTS.functions) {
      mkdirSync(join(target, 'lambda', name), { recursive: true });
      writeFileSync(join(target, 'lambda', name, 'bootstrap'), name);
    }
    const built = new Deployment('dev', { assets: 'built' });
    const packed = ofType('AWS::Lambda::Function', built.functions).map(({ Properties }) => Properties.Code.S3Key);
    assert.equal(new Set(packed).size, FACTS.functions.length);
    const { Rules } = built.template('functions-jobs').toJSON() as { Rules: Record<string, unknown> };
    assert.equal(Rules['FunctionsArePlaceholders'], undefined);
  } finally {
    delete process.env['CARGO_TARGET_DIR'];
    rmSync(target, { recursive: true });
  }
});

test('no stack refers to more secrets than CloudFormation resolves', () => {
  for (const name of prod.stackNames) {
    const template = JSON.stringify(prod.template(name.replace('parcela-prod-', '')).toJSON());
    const references = template.match(/\{\{resolve:/g)?.length ?? 0;
    assert.ok(references <= 60, `${name}: ${references}`);
  }
});

test('with fixed addresses, only functions that call out are in the network', () => {
  const fixed = new Deployment('prod', { fixedIps: 'true' });
  for (const { Properties } of ofType('AWS::Lambda::Function', fixed.functions)) {
    const facts = FACTS.functions.find(({ name }) => Properties.FunctionName === `parcela-prod-${name}`);
    assert.equal(Properties.VpcConfig !== undefined, facts!.egress, Properties.FunctionName);
  }
  const addresses = fixed.resources('network', 'AWS::EC2::EIP');
  assert.equal(addresses.length, 2);
  assert.equal(fixed.resources('network', 'AWS::EC2::NatGateway').length, addresses.length);
});
