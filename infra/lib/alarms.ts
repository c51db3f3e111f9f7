import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Names } from './names';

const MINUTES_5 = Duration.minutes(5);

interface AlarmProps {
  readonly metric: IMetric;
  readonly description: string;
  /** The alarm is raised above this. */
  readonly above: number;
  /** Periods in a row. */
  readonly periods?: number;
}

/** Alarms of one deployment, all to one topic. */
export class Alarms {
  constructor(
    private readonly scope: Construct,
    private readonly names: Names,
    private readonly topic: ITopic,
    private readonly notify: boolean,
  ) {}

  add(id: string, { metric, description, above, periods = 1 }: AlarmProps): Alarm {
    return this.create(id, {
      metric,
      alarmDescription: description,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Raised where something did not happen for a day. */
  addMissing(id: string, metric: IMetric, description: string): Alarm {
    return this.create(id, {
      metric,
      alarmDescription: description,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  private create(id: string, props: ConstructorParameters<typeof Alarm>[2]): Alarm {
    const alarm = new Alarm(this.scope, `${id}-alarm`, {
      ...props,
      alarmName: this.names.of(id),
      actionsEnabled: this.notify,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}

/** A metric of AWS's own, by the fixed name of its resource. */
export function metric(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  statistic: string,
  period: Duration = MINUTES_5,
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic, period });
}
