import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deployment, FACTS, type Resource } from './synthesized';

const prod = new Deployment('prod');
const queues = prod.resources('queues', 'AWS::SQS::Queue');
const alarms = prod.resources('observability', 'AWS::CloudWatch::Alarm');
const template = prod.template('queues').toJSON() as { Resources: Record<string, Resource> };

const named = (name: string) => queues.find(({ Properties }) => Properties.QueueName === `parcela-prod-${name}`)!;

function alarmOn(queue: string, metric: string): Resource | undefined {
  return alarms.find(
    ({ Properties }) =>
      Properties.MetricName === metric &&
      Properties.Dimensions?.some(({ Name, Value }: Record<string, string>) => Name === 'QueueName' && Value === `parcela-prod-${queue}`),
  );
}

test('every queue is encrypted with our key', () => {
  for (const { Properties } of queues) {
    assert.ok(Properties.KmsMasterKeyId, Properties.QueueName);
  }
});

test('every queue has dead letters beside it, and alarms on both', () => {
  for (const { name, visibilitySeconds, maxReceives } of FACTS.queues) {
    const { Properties } = named(name);
    assert.equal(Properties.VisibilityTimeout, visibilitySeconds);
    assert.equal(Properties.RedrivePolicy.maxReceiveCount, maxReceives);
    const target = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
    assert.equal(template.Resources[target]?.Properties.QueueName, `parcela-prod-${name}-dead`);
    assert.ok(alarmOn(name, 'ApproximateAgeOfOldestMessage'), name);
  }
  const dead = queues.filter(({ Properties }) => Properties.QueueName.endsWith('-dead'));
  assert.equal(dead.length, FACTS.queues.length + 2);
  for (const { Properties } of dead) {
    const name = Properties.QueueName.replace('parcela-prod-', '');
    assert.ok(alarmOn(name, 'ApproximateNumberOfMessagesVisible'), name);
    assert.equal(Properties.MessageRetentionPeriod, 14 * 24 * 3600);
  }
});

test('every queue refuses what is not TLS', () => {
  const policies = prod.resources('queues', 'AWS::SQS::QueuePolicy');
  assert.equal(policies.length, queues.length);
  for (const { Properties } of policies) {
    const [statement] = Properties.PolicyDocument.Statement;
    assert.equal(statement.Effect, 'Deny');
    assert.deepEqual(statement.Condition, { Bool: { 'aws:SecureTransport': 'false' } });
  }
});
