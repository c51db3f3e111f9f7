import { Aws, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, type IMetric, MathExpression, type Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { Alarms, metric } from './alarms';
import { FUNCTION_METRICS, LOG_METRICS, NAMESPACE, patternOf, WORK_METRICS } from './business-metrics';
import { type Facts, type FunctionFacts, isHttp, isStream } from './facts';
import type { Names } from './names';
import { deadLettersOf, JOB_DEAD_LETTERS, STREAM_DEAD_LETTERS } from './queues-stack';
import type { Stage } from './stage';

/** A message that is older has been tried as often as its queue tries. */
const AGE_IN_VISIBILITY_TIMEOUTS = 3;
const STREAM_LAG_LIMIT_MS = 5 * 60 * 1000;
const SERVER_ERRORS_LIMIT = 5;
/** The morning's figures are looked at from 06:00 on. */
const RUN_LATE_LIMIT_SECONDS = 60 * 60;
const DAY = Duration.days(1);

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
  readonly facts: Facts;
  readonly apiId: string;
  readonly alarmEmail?: string;
}

/** What is watched: alarms to one topic, and a dashboard of the business and of the system. */
export class ObservabilityStack extends Stack {
  private readonly watched: Props;
  private readonly alarms: Alarms;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, { tags: props.tags });
    this.watched = props;
    const { names, stage, facts } = props;
    const topic = this.createTopic(props);
    this.alarms = new Alarms(this, names, topic, stage.alarmsNotify);
    this.countLines();
    const alarms = [
      ...facts.functions.flatMap((fn) => this.watchFunction(fn)),
      ...facts.queues.map(({ name, visibilitySeconds }) => this.watchAge(name, visibilitySeconds)),
      ...this.deadLetters().map((name) => this.watchDeadLetters(name)),
      ...this.watchTable(),
      ...this.watchApi(),
      ...this.watchNight(),
    ];
    this.createDashboard(alarms);
  }

  private createTopic({ names, key, alarmEmail }: Props): Topic {
    const topic = new Topic(this, 'Alarms', { topicName: names.of('alarms'), masterKey: key, enforceSSL: true });
    // A topic with a policy of its own is no longer open to the account's alarms by itself.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (alarmEmail !== undefined) {
      topic.addSubscription(new EmailSubscription(alarmEmail));
    }
    return topic;
  }

  private deadLetters(): string[] {
    const ofQueues = this.watched.facts.queues.map((queue) => deadLettersOf(queue.name));
    return [...ofQueues, STREAM_DEAD_LETTERS, JOB_DEAD_LETTERS];
  }

  private watchFunction(fn: FunctionFacts): Alarm[] {
    const alarms = [
      this.alarms.add(`errors-${fn.name}`, {
        metric: this.ofFunction(fn.name, 'Errors', 'Sum'),
        above: 0,
        description: `${fn.name} crashed, ran out of time or memory, or answered an error.`,
      }),
    ];
    if (isStream(fn)) {
      const lag = this.ofFunction(fn.name, 'IteratorAge', 'Maximum');
      const description = `${fn.name} is more than five minutes behind the table's stream: audit, messages and shards wait.`;
      alarms.push(this.alarms.add(`lag-${fn.name}`, { metric: lag, above: STREAM_LAG_LIMIT_MS, description }));
    }
    return alarms;
  }

  private watchAge(name: string, visibilitySeconds: number): Alarm {
    return this.alarms.add(`age-${name}`, {
      metric: this.ofQueue(name, 'ApproximateAgeOfOldestMessage', 'Maximum'),
      above: AGE_IN_VISIBILITY_TIMEOUTS * visibilitySeconds,
      periods: 2,
      description: `A message of the queue ${name} waits for longer than its tries take: its worker is slow, stopped or failing.`,
    });
  }

  private watchDeadLetters(name: string): Alarm {
    return this.alarms.add(`letters-${name}`, {
      metric: this.ofQueue(name, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
      above: 0,
      description: `There are dead letters in ${name}: read them, mend the cause, send them back.`,
    });
  }

  private watchTable(): Alarm[] {
    const ofTable = (name: string) => metric('AWS/DynamoDB', name, { TableName: this.watched.names.table }, 'Sum');
    return [
      ['ReadThrottleEvents', 'Reads of the table are throttled.'],
      ['WriteThrottleEvents', 'Writes to the table are throttled.'],
    ].map(([name = '', description = '']) => this.alarms.add(`table-${name}`, { metric: ofTable(name), above: 0, periods: 2, description }));
  }

  private watchApi(): Alarm[] {
    const throttled = metric('AWS/Lambda', 'Throttles', {}, 'Sum');
    return [
      this.alarms.add('api-server-errors', {
        metric: this.ofApi('5xx', 'Sum'),
        above: SERVER_ERRORS_LIMIT,
        description: 'The API answered more than five requests of five minutes with a server error.',
      }),
      this.alarms.add('functions-throttled', {
        metric: throttled,
        above: 0,
        periods: 3,
        description: 'Functions of this account and region are throttled: its concurrency is used up.',
      }),
    ];
  }

  private watchNight(): Alarm[] {
    const { names } = this.watched;
    const dropped = metric('AWS/Scheduler', 'InvocationDroppedCount', { ScheduleGroup: names.scheduleGroup }, 'Sum');
    return [
      this.alarms.add('books-disagree', {
        metric: this.ofLog('BooksDisagree'),
        above: 0,
        description: 'A shard adds up to other figures than its loans; its night stands still. Run job-rebuild for the brand.',
      }),
      this.alarms.add('schedule-dropped', {
        metric: dropped,
        above: 0,
        description: 'The scheduler gave up a firing: the job was not invoked. Run it by hand, for its date.',
      }),
      this.alarms.add('night-late', {
        metric: this.ofWorker('RunLateSeconds', 'Maximum'),
        above: RUN_LATE_LIMIT_SECONDS,
        description: 'A run of a job was finished more than an hour after it was due.',
      }),
      this.alarms.addMissing('no-night', this.ofWorker('RunSeconds', 'SampleCount', DAY), 'No run of any job was finished for a day.'),
    ];
  }

  /** Counts the lines that business-metrics.ts names, by stage. */
  private countLines(): void {
    const { names } = this.watched;
    for (const counted of LOG_METRICS) {
      for (const fn of counted.functions) {
        new MetricFilter(this, `${counted.name}-${fn}`, {
          logGroup: LogGroup.fromLogGroupName(this, `${counted.name}-${fn}-logs`, names.functionLogs(fn)),
          filterPattern: FilterPattern.literal(patternOf(counted)),
          metricNamespace: this.logNamespace,
          metricName: counted.name,
          metricValue: '1',
        });
      }
    }
  }

  private createDashboard(alarms: Alarm[]): void {
    const { names, facts } = this.watched;
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: names.table, defaultInterval: Duration.hours(24) });
    const graph = (title: string, left: IMetric[], width = 8) => new GraphWidget({ title, left, width, height: 6 });
    const business = (title: string, ...wanted: string[]) => graph(title, wanted.flatMap((name) => this.ofBusiness(name)));
    // A new function appears here by itself.
    const own = (name: string, statistic: string) =>
      new MathExpression({
        expression: `SEARCH('{${NAMESPACE},Function} MetricName="${name}" ${names.table.replace('-', ' ')}', '${statistic}', 300)`,
        label: '',
        period: Duration.minutes(5),
      });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms, width: 24, height: 5 }));
    dashboard.addWidgets(new TextWidget({ markdown: '## Business', width: 24, height: 1 }));
    dashboard.addWidgets(
      business('Loans and payments', 'LoansRequested', 'LoanDecisions', 'PaymentsPosted'),
      business('The night', 'OverdueInvoices', 'LateFees', 'BooksDisagree', 'JobsFailed'),
      business('Messages', 'MessagesSent', 'MessagesSuppressed', 'MessagesFailed', 'DeadLetters', 'MessagesNotSent', 'MessagesCutOff'),
    );
    dashboard.addWidgets(business('Sign-ins', 'SignInsRefused'), business('The night: how long', 'RunSeconds', 'RunLateSeconds'));
    dashboard.addWidgets(new TextWidget({ markdown: '## System', width: 24, height: 1 }));
    const http = facts.functions.filter(isHttp);
    const others = facts.functions.filter((fn) => !isHttp(fn));
    const each = (functions: readonly FunctionFacts[], name: string, statistic: string) =>
      functions.map((fn) => this.ofFunction(fn.name, name, statistic).with({ label: fn.name }));
    dashboard.addWidgets(
      graph('API: requests', [this.ofApi('Count', 'SampleCount'), this.ofApi('4xx', 'Sum'), this.ofApi('5xx', 'Sum')]),
      graph('API: latency, ms', [this.ofApi('Latency', 'p50'), this.ofApi('Latency', 'p99')]),
      graph('HTTP functions: latency p99, ms', http.map((fn) => this.ofOwn(fn.name, WORK_METRICS.latency, 'p99').with({ label: fn.name }))),
    );
    dashboard.addWidgets(
      graph('HTTP functions: requests', http.map((fn) => this.ofOwn(fn.name, WORK_METRICS.requests, 'Sum').with({ label: fn.name }))),
      graph('Other functions: calls', each(others, 'Invocations', 'Sum')),
      graph('Errors', each(facts.functions, 'Errors', 'Sum')),
    );
    const queues = facts.queues.map(({ name }) => name);
    dashboard.addWidgets(
      graph('Queues: waiting', queues.map((name) => this.ofQueue(name, 'ApproximateNumberOfMessagesVisible', 'Maximum').with({ label: name }))),
      graph('Queues: age of the oldest, s', queues.map((name) => this.ofQueue(name, 'ApproximateAgeOfOldestMessage', 'Maximum').with({ label: name }))),
      graph('Dead letters', this.deadLetters().map((name) => this.ofQueue(name, 'ApproximateNumberOfMessagesVisible', 'Maximum').with({ label: name }))),
    );
    const table = (name: string) => metric('AWS/DynamoDB', name, { TableName: names.table }, 'Sum');
    dashboard.addWidgets(
      graph('Table: units consumed', [table('ConsumedReadCapacityUnits'), table('ConsumedWriteCapacityUnits')]),
      graph('Table: read units by function', [own(WORK_METRICS.readUnits, 'Sum')]),
      graph('Table: write units by function', [own(WORK_METRICS.writeUnits, 'Sum')]),
    );
    dashboard.addWidgets(
      graph('Stream: lag, ms', each(facts.functions.filter(isStream), 'IteratorAge', 'Maximum')),
      graph('Concurrency', [metric('AWS/Lambda', 'ConcurrentExecutions', {}, 'Maximum'), metric('AWS/Lambda', 'Throttles', {}, 'Sum')]),
    );
  }

  /** Apart from the functions' own metrics, which carry the stage in the function's name. */
  private get logNamespace(): string {
    return `${NAMESPACE}/${this.watched.stage.name}`;
  }

  /** What the business is counted by under this name, for the dashboard. */
  private ofBusiness(wanted: string): Metric[] {
    const counted = LOG_METRICS.filter(({ name }) => name === wanted).map(({ title }) => this.ofLog(wanted).with({ label: title }));
    const measured = FUNCTION_METRICS.filter(({ name }) => name === wanted).flatMap(({ functions, statistic, title }) =>
      functions.map((fn) => this.ofOwn(fn, wanted, statistic).with({ label: title })),
    );
    return [...counted, ...measured];
  }

  private ofLog(name: string): Metric {
    return metric(this.logNamespace, name, {}, 'Sum');
  }

  /** A metric that a function writes itself. */
  private ofOwn(name: string, metricName: string, statistic: string, period?: Duration): Metric {
    return metric(NAMESPACE, metricName, { Function: this.watched.names.of(name) }, statistic, period);
  }

  /** Of the worker of the jobs' shards, which finishes their runs. */
  private ofWorker(metricName: string, statistic: string, period?: Duration): Metric {
    return this.ofOwn('worker-accrual', metricName, statistic, period);
  }

  private ofFunction(name: string, metricName: string, statistic: string) {
    return metric('AWS/Lambda', metricName, { FunctionName: this.watched.names.of(name) }, statistic);
  }

  private ofQueue(name: string, metricName: string, statistic: string) {
    return metric('AWS/SQS', metricName, { QueueName: this.watched.names.of(name) }, statistic);
  }

  private ofApi(metricName: string, statistic: string) {
    return metric('AWS/ApiGateway', metricName, { ApiId: this.watched.apiId }, statistic);
  }
}
