/**
 * What the business is counted by, where the functions do not write a metric themselves: lines of
 * their logs, counted by CloudWatch as they arrive. `text` is the line's message as the code has
 * it; a test looks it up there.
 */
export interface BusinessMetric {
  readonly name: string;
  readonly title: string;
  /** The functions whose logs are counted. */
  readonly functions: readonly string[];
  readonly text: string;
  /** Further conditions of a CloudWatch filter pattern. */
  readonly where?: string;
}

/** The namespace of the functions' own metrics, in the embedded metric format (telemetry.rs). */
export const NAMESPACE = 'Parcela';

const answered = (route: string) => `$.span.route = "*${route}" && $.status < 300`;

export const BUSINESS_METRICS: readonly BusinessMetric[] = [
  { name: 'LoansRequested', title: 'loans requested', functions: ['loans'], text: 'answered', where: `${answered('/loans')} && $.span.method = "POST"` },
  { name: 'LoanDecisions', title: 'changes of a loan’s status', functions: ['loans'], text: 'answered', where: answered('/loans/{loanId}/status') },
  { name: 'PaymentsTaken', title: 'payments taken', functions: ['payments'], text: 'answered', where: answered('/payment/process') },
  { name: 'SignInsRefused', title: 'sign-ins refused', functions: ['partner-auth'], text: 'answered', where: '$.span.route = "*/auth/login" && $.status = 401' },
  { name: 'ShardsDone', title: 'shards of the jobs done', functions: ['worker-accrual'], text: 'shard done' },
  { name: 'BooksDisagree', title: 'shards that add up to other figures than their loans', functions: ['worker-accrual'], text: 'message failed; it will be delivered again', where: '$.cause = "*adds up to other figures*"' },
  { name: 'JobsFailed', title: 'jobs that failed to plan', functions: ['job-offers-expire', 'job-overdue', 'job-mora', 'job-charge-messages'], text: 'job failed' },
  { name: 'MessagesSent', title: 'messages sent', functions: ['worker-whatsapp'], text: 'a message is sent' },
  { name: 'MessagesSuppressed', title: 'messages suppressed', functions: ['worker-whatsapp'], text: 'a message is suppressed' },
  { name: 'MessagesNotSent', title: 'tries that failed', functions: ['worker-whatsapp'], text: 'a message was not sent' },
  { name: 'MessagesCutOff', title: 'messages cut off while they were sent', functions: ['worker-whatsapp'], text: 'a message was cut off while it was sent' },
];

/** The pattern of a CloudWatch metric filter. */
export function patternOf({ text, where }: BusinessMetric): string {
  return `{ $.message = "${text}"${where ? ` && ${where}` : ''} }`;
}
