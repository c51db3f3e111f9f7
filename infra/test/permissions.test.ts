import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJob } from '../lib/facts';
import { parseGrant } from '../lib/grants';
import { Deployment, FACTS, type Statement, roleStatements } from './synthesized';

const prod = new Deployment('prod', { fixedIps: 'true' });
const statements = roleStatements(prod);

/** The actions for which AWS has no resource to name, or none yet. */
const WITHOUT_RESOURCE = new Set([
  'dynamodb:ListStreams',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
  // Network interfaces, before Lambda makes them.
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
]);

const allowed = statements.filter(([, { Effect }]) => Effect === 'Allow');

function of(name: string): Statement[] {
  const { area } = FACTS.functions.find((fn) => fn.name === name)!;
  const role = `parcela-prod-functions-${area}/${name.replaceAll('-', '')}Role`;
  return allowed.filter(([path]) => path.startsWith(role)).map(([, statement]) => statement);
}

test('no role may do more of a service than it says', () => {
  for (const [path, { Action }] of allowed) {
    for (const action of Action) {
      assert.ok(!action.includes('*'), `${path}: ${action}`);
    }
  }
});

test('no role may do something to everything, but where AWS has no resource', () => {
  for (const [path, { Action, Resource }] of allowed) {
    if (Resource.includes('*')) {
      assert.deepEqual(Action.filter((action) => !WITHOUT_RESOURCE.has(action)), [], path);
    }
  }
});

test('the grants are all that a function may do to data', () => {
  const services = ['dynamodb', 's3', 'scheduler'];
  for (const { name, kind, grants } of FACTS.functions) {
    const granted = new Set(grants.map(parseGrant).map(({ service, operation }) => `${service}:${operation}`));
    const given = of(name).flatMap(({ Action }) => Action);
    const stream = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'];
    const extra = given.filter(
      (action) => services.includes(action.split(':')[0]!) && !granted.has(action) && !(kind === 'stream' && stream.includes(action)),
    );
    assert.deepEqual(extra, [], name);
    assert.deepEqual([...granted].filter((action) => !given.includes(action)), [], name);
  }
});

test('a grant for some items is for these items only', () => {
  const loans = of('loans');
  const puts = loans.filter(({ Action }) => Action.includes('dynamodb:PutItem'));
  assert.equal(puts.length, 1);
  assert.deepEqual(puts[0]!.Condition, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B#*'] } });
  const audit = of('worker-audit').filter(({ Action }) => Action.some((action) => action.startsWith('dynamodb:')));
  assert.deepEqual(audit.map(({ Action }) => Action), [['dynamodb:PutItem']]);
  assert.deepEqual(audit[0]!.Condition, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B#*#A#*'] } });
});

test('keys are used through a service only, but that of persons: for a person of a brand each time', () => {
  const ofPersons = new Set<string>();
  for (const [path, { Action, Condition, Resource }] of allowed) {
    if (!Action.some((action) => action.startsWith('kms:')) || Condition?.['StringEquals']?.['kms:ViaService']) {
      continue;
    }
    assert.match(JSON.stringify(Resource), /Persons/, path);
    assert.deepEqual(Condition?.['Null'], { 'kms:EncryptionContext:brand': 'false', 'kms:EncryptionContext:subject': 'false' }, path);
    assert.ok(Action.every((action) => action === 'kms:Decrypt' || action === 'kms:GenerateDataKey'), path);
    ofPersons.add(path);
  }
  const granted = FACTS.functions.filter(({ grants }) => grants.some((grant) => grant.startsWith('kms:')));
  assert.ok(granted.length > 0);
  assert.equal(ofPersons.size, granted.length);
});

test('the scheduler invokes the scheduled jobs and nothing else', () => {
  const [role] = prod.resources('schedules', 'AWS::IAM::Role');
  const { AssumeRolePolicyDocument, Policies } = role!.Properties;
  const [trust] = AssumeRolePolicyDocument.Statement;
  assert.deepEqual(trust.Principal, { Service: 'scheduler.amazonaws.com' });
  assert.deepEqual(trust.Condition.StringEquals, { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
  assert.deepEqual(trust.Condition.ArnEquals, { 'aws:SourceArn': { 'Fn::GetAtt': ['Group', 'Arn'] } });
  assert.equal(Policies.length, 1);
  const [statement] = Policies[0].PolicyDocument.Statement;
  assert.equal(Policies[0].PolicyDocument.Statement.length, 1);
  assert.equal(statement.Action, 'lambda:InvokeFunction');
  const invoked = statement.Resource.map((arn: { 'Fn::Join': [string, unknown[]] }) => String(arn['Fn::Join'][1].at(-1)));
  const jobs = FACTS.functions.filter(isJob).filter(({ schedule }) => schedule);
  assert.deepEqual(invoked.sort(), jobs.map(({ name }) => `:function:parcela-prod-${name}`).sort());
});

test('who makes schedules does so in our group, and hands over the scheduler’s role only', () => {
  const makers = FACTS.functions.filter(({ grants }) => grants.some((grant) => grant.startsWith('scheduler:')));
  assert.deepEqual(makers.map(({ name }) => name), ['admin']);
  const [schedules] = of('admin').filter(({ Action }) => Action.includes('scheduler:CreateSchedule'));
  assert.match(JSON.stringify(schedules!.Resource), /:schedule\/parcela-prod\/\*"/);
  const [pass] = of('admin').filter(({ Action }) => Action.includes('iam:PassRole'));
  assert.deepEqual(pass!.Action, ['iam:PassRole']);
  assert.match(JSON.stringify(pass!.Resource), /parcela-prod-schedules:ExportsOutputFnGetAttRole/);
  assert.deepEqual(pass!.Condition, { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } });
  const passing = allowed.filter(([, { Action }]) => Action.includes('iam:PassRole'));
  assert.equal(passing.length, 1);
});

test('a function in the network may not make interfaces itself', () => {
  const denied = statements.filter(([, { Effect }]) => Effect === 'Deny');
  assert.equal(denied.length, FACTS.functions.filter(({ egress }) => egress).length);
  for (const [, { Action, Condition }] of denied) {
    assert.ok(Action.includes('ec2:CreateNetworkInterface'));
    assert.ok(Condition?.['ArnLike']?.['lambda:SourceFunctionArn']);
  }
});

test('a grant that is not understood is refused', () => {
  for (const wrong of ['dynamodb:*', 'dynamodb:Scan', 's3:PutObject', 's3:GetObject:*', 'sqs:SendMessage', 'kms:Encrypt', 'kms:*', 'iam:PassRole', '']) {
    assert.throws(() => parseGrant(wrong), /the grant/, wrong);
  }
  assert.deepEqual(parseGrant('dynamodb:Query:B#*'), { service: 'dynamodb', operation: 'Query', of: 'B#*' });
});
