/**
 * What the business is counted by. Where a function measures something itself, that is taken
 * (`FunctionMetric`); what no function measures is counted by CloudWatch from the lines of the logs
 * (`LogMetric`). A test looks both up in the code.
 */

/** A metric that functions write in the embedded metric format, by function and by brand. */
export interface FunctionMetric {
  readonly name: string;
  readonly title: string;
  /** The functions that write it. */
  readonly functions: readonly string[];
  /** The file that measures it. */
  readonly source: string;
  readonly statistic: string;
}

/** Lines of a log. `text` is the line's message as the code has it. */
export interface LogMetric {
  readonly name: string;
  readonly title: string;
  /** The functions whose logs are counted. */
  readonly functions: readonly string[];
  readonly text: string;
  /** Further conditions of a CloudWatch filter pattern. */
  readonly where?: string;
}

/** The namespace of the functions' own metrics (telemetry/metrics.rs). */
export const NAMESPACE = 'Parcela';

const DISPATCHER = 'functions/workers/src/whatsapp/mod.rs';
const SENDER = 'functions/workers/src/whatsapp/send.rs';
const OVERDUE = 'shared/platform/src/jobs/overdue.rs';
const RUNS = 'shared/platform/src/jobs/mod.rs';

export const FUNCTION_METRICS: readonly FunctionMetric[] = [
  { name: 'PaymentsPosted', title: 'payments posted', functions: ['payments'], source: 'functions/servicing/src/payments/process.rs', statistic: 'Sum' },
  { name: 'OverdueInvoices', title: 'invoices that became overdue', functions: ['worker-accrual'], source: OVERDUE, statistic: 'Sum' },
  { name: 'LateFees', title: 'late fees charged', functions: ['worker-accrual'], source: OVERDUE, statistic: 'Sum' },
  { name: 'RunSeconds', title: 'a run from its beginning to its end, s', functions: ['worker-accrual'], source: RUNS, statistic: 'Maximum' },
  { name: 'RunLateSeconds', title: 'a run from when it was due to its end, s', functions: ['worker-accrual'], source: RUNS, statistic: 'Maximum' },
  { name: 'MessagesSent', title: 'messages sent', functions: ['worker-whatsapp'], source: SENDER, statistic: 'Sum' },
  { name: 'MessagesSuppressed', title: 'messages suppressed', functions: ['worker-whatsapp'], source: DISPATCHER, statistic: 'Sum' },
  { name: 'MessagesFailed', title: 'messages given up', functions: ['worker-whatsapp'], source: SENDER, statistic: 'Sum' },
  { name: 'DeadLetters', title: 'dead letters that a worker wrote', functions: ['worker-whatsapp'], source: SENDER, statistic: 'Sum' },
];

/** What every HTTP function writes of each request, and every function of each piece of work. */
export const WORK_METRICS = { requests: 'Requests', latency: 'Latency', readUnits: 'ReadUnits', writeUnits: 'WriteUnits' } as const;
export const WORK_SOURCE = 'shared/platform/src/telemetry/work.rs';

const answered = (route: string) => `$.span.route = "*${route}" && $.status < 300`;

export const LOG_METRICS: readonly LogMetric[] = [
  { name: 'LoansRequested', title: 'loans requested', functions: ['loans'], text: 'answered', where: `${answered('/loans')} && $.span.method = "POST"` },
  { name: 'LoanDecisions', title: 'changes of a loan’s status', functions: ['loans'], text: 'answered', where: answered('/loans/{loanId}/status') },
  { name: 'SignInsRefused', title: 'sign-ins refused', functions: ['partner-auth'], text: 'answered', where: '$.span.route = "*/auth/login" && $.status = 401' },
  { name: 'BooksDisagree', title: 'shards that add up to other figures than their loans', functions: ['worker-accrual'], text: 'message failed; it will be delivered again', where: '$.cause = "*adds up to other figures*"' },
  { name: 'JobsFailed', title: 'jobs that failed to plan', functions: ['job-offers-expire', 'job-overdue', 'job-mora', 'job-charge-messages'], text: 'job failed' },
  { name: 'MessagesNotSent', title: 'tries that failed', functions: ['worker-whatsapp'], text: 'a message was not sent' },
  { name: 'MessagesCutOff', title: 'messages cut off while they were sent', functions: ['worker-whatsapp'], text: 'a message was cut off while it was sent' },
];

/** The pattern of a CloudWatch metric filter. */
export function patternOf({ text, where }: LogMetric): string {
  return `{ $.message = "${text}"${where ? ` && ${where}` : ''} }`;
}
