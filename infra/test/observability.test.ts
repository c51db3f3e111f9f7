import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { FUNCTION_METRICS, LOG_METRICS, NAMESPACE, WORK_METRICS, WORK_SOURCE } from '../lib/business-metrics';
import { Deployment, FACTS } from './synthesized';

const prod = new Deployment('prod');
const alarms = prod.resources('observability', 'AWS::CloudWatch::Alarm');
const ROOT = join(__dirname, '..', '..');

test('alarms tell the topic, which is encrypted and open to alarms of this account', () => {
  const [topic] = prod.resources('observability', 'AWS::SNS::Topic');
  assert.ok(topic!.Properties.KmsMasterKeyId);
  for (const { Properties } of alarms) {
    assert.equal(Properties.ActionsEnabled, true, Properties.AlarmName);
    assert.equal(Properties.AlarmActions.length, 1);
    assert.ok(Properties.AlarmDescription, Properties.AlarmName);
  }
  const [policy] = prod.resources('observability', 'AWS::SNS::TopicPolicy');
  const statements = policy!.Properties.PolicyDocument.Statement as { Effect: string; Principal: unknown }[];
  assert.deepEqual(
    statements.filter(({ Effect }) => Effect === 'Allow').map(({ Principal }) => Principal),
    [{ Service: 'cloudwatch.amazonaws.com' }],
  );
});

test('a trial deployment has the same alarms and tells nobody', () => {
  const dev = new Deployment('dev').resources('observability', 'AWS::CloudWatch::Alarm');
  assert.equal(dev.length, alarms.length);
  assert.ok(dev.every(({ Properties }) => Properties.ActionsEnabled === false));
});

test('every function has an alarm on its errors', () => {
  const watched = alarms
    .filter(({ Properties }) => Properties.Namespace === 'AWS/Lambda' && Properties.MetricName === 'Errors')
    .map(({ Properties }) => Properties.Dimensions[0].Value as string);
  assert.deepEqual(watched.sort(), FACTS.functions.map(({ name }) => `parcela-prod-${name}`).sort());
});

test('what is counted from logs are lines that the code writes', () => {
  const sources = rustSources(join(ROOT, 'functions')).concat(rustSources(join(ROOT, 'shared')));
  const code = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const { name, text, where = '', functions } of LOG_METRICS) {
    assert.ok(code.includes(`"${text}"`), `${name}: no line says "${text}"`);
    for (const fn of functions) {
      assert.ok(FACTS.functions.some((known) => known.name === fn), `${name}: ${fn}`);
    }
    for (const [, route] of where.matchAll(/route = "\*([^"]+)"/g)) {
      assert.ok(new RegExp(`path = "/api/v1/[^"]*${escape(route!)}"`).test(code), `${name}: no route ends in ${route}`);
    }
    for (const [, cause] of where.matchAll(/cause = "\*([^"*]+)\*"/g)) {
      assert.ok(code.includes(cause!), `${name}: no cause says "${cause}"`);
    }
  }
});

test('what functions measure is measured in the code, where it is said to be', () => {
  for (const { name, functions, source } of FUNCTION_METRICS) {
    assert.ok(measures(source).includes(name), `${name}: ${source} does not measure it`);
    for (const fn of functions) {
      assert.ok(FACTS.functions.some((known) => known.name === fn), `${name}: ${fn}`);
    }
  }
  for (const name of Object.values(WORK_METRICS)) {
    assert.ok(measures(WORK_SOURCE).includes(name), `${name}: ${WORK_SOURCE} does not measure it`);
  }
});

test('nothing is counted twice, nor from logs what a function measures', () => {
  const names = [...FUNCTION_METRICS, ...LOG_METRICS].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test('what is measured in the code is watched', () => {
  const known = [...FUNCTION_METRICS.map(({ name }) => name), ...Object.values(WORK_METRICS)];
  const sources = [...rustSources(join(ROOT, 'functions')), ...rustSources(join(ROOT, 'shared'))].filter((file) => !file.includes('/tests/'));
  const unwatched = sources.flatMap((file) => measures(relative(ROOT, file))).filter((name) => !known.includes(name));
  assert.deepEqual(unwatched, []);
});

test('the namespace is the functions’ own', () => {
  const telemetry = readFileSync(join(ROOT, 'shared/platform/src/telemetry/metrics.rs'), 'utf8');
  assert.ok(telemetry.includes(`METRIC_NAMESPACE: &str = "${NAMESPACE}"`));
});

test('alarms on the night look at what the worker of the shards measures', () => {
  const dimensions = [{ Name: 'Function', Value: 'parcela-prod-worker-accrual' }];
  for (const [alarm, name, statistic] of [
    ['night-late', 'RunLateSeconds', 'Maximum'],
    ['no-night', 'RunSeconds', 'SampleCount'],
  ] as const) {
    const found = alarms.find(({ Properties }) => Properties.AlarmName === `parcela-prod-${alarm}`);
    assert.ok(found, alarm);
    const { Namespace, MetricName, Statistic, Dimensions } = found.Properties;
    assert.deepEqual({ Namespace, MetricName, Statistic, Dimensions }, { Namespace: NAMESPACE, MetricName: name, Statistic: statistic, Dimensions: dimensions });
  }
});

test('the dashboard shows every business metric, queue and function', () => {
  const [dashboard] = prod.resources('observability', 'AWS::CloudWatch::Dashboard');
  const body = JSON.stringify(dashboard!.Properties.DashboardBody);
  const shown = [
    ...[...FUNCTION_METRICS, ...LOG_METRICS].map(({ name }) => name),
    ...FACTS.queues.flatMap(({ name }) => [`parcela-prod-${name}`, `parcela-prod-${name}-dead`]),
    ...FACTS.functions.map(({ name }) => `parcela-prod-${name}`),
  ];
  for (const name of shown) {
    assert.ok(body.includes(`\\"${name}\\"`), name);
  }
});

/** The metrics that a file of the code measures, by name: `telemetry::count(…, "Name", …)`, `Measure::…("Name", …)`. */
function measures(file: string): string[] {
  const code = readFileSync(join(ROOT, file), 'utf8').split('#[cfg(test)]')[0]!;
  const calls = [...code.matchAll(/(?:telemetry::count|Measure::\w+|\bseconds)\(\s*(?:[\w.]+,\s*)?"(\w+)"/g)];
  // Of what the table consumed, several are measured alike.
  const listed = [...code.matchAll(/\("(\w+)", consumed\.\w+\)/g)];
  return [...calls, ...listed].map(([, name]) => name!);
}

function rustSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rs'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
