import type { Stage } from './stage';

/**
 * The names of one deployment's resources. They are fixed, so that a schedule, an alarm or a
 * person can name a resource without asking where it is.
 */
export class Names {
  constructor(private readonly stage: Stage) {}

  /** A stack, function, queue, role or topic. */
  of(name: string): string {
    return `parcela-${this.stage.name}-${name}`;
  }

  get table(): string {
    return `parcela-${this.stage.name}`;
  }

  get scheduleGroup(): string {
    return `parcela-${this.stage.name}`;
  }

  secret(name: string): string {
    return `parcela/${this.stage.name}/${name}`;
  }

  /** Lambda writes to the log group of this name. */
  functionLogs(name: string): string {
    return `/aws/lambda/${this.of(name)}`;
  }

  /**
   * A log group that another AWS service writes to. Below this prefix the service needs no entry
   * in the account's one policy of such writers, which is limited in size.
   */
  serviceLogs(name: string): string {
    return `/aws/vendedlogs/${this.of(name)}`;
  }
}
