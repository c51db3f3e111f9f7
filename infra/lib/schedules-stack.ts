import { ArnFormat, Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { JobFunction } from './facts';
import type { Names } from './names';

/** Where the job's name stands in the ARN that the functions are given. */
const JOB_PLACEHOLDER = '{job}';

interface Props extends StackProps {
  readonly names: Names;
  readonly jobs: readonly JobFunction[];
}

/**
 * Where the brands' schedules live. The schedules themselves come and go with the brands: the
 * function `admin` creates them, in each brand's timezone.
 */
export class SchedulesStack extends Stack {
  readonly groupName: string;
  readonly role: Role;
  /** The ARN of a job's function, with `{job}` where its name stands. */
  readonly jobArn: string;

  constructor(scope: Construct, id: string, { names, jobs, ...props }: Props) {
    super(scope, id, props);
    const group = new CfnScheduleGroup(this, 'Group', { name: names.scheduleGroup });
    this.groupName = names.scheduleGroup;
    this.jobArn = this.functionArn(names.of(JOB_PLACEHOLDER));
    // By name, not by reference: the functions are given this role, so they come after it.
    const scheduled = jobs.filter((job) => job.schedule);
    const invoke = new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: scheduled.map((job) => this.functionArn(names.of(job.name))),
    });
    this.role = new Role(this, 'Role', {
      roleName: names.of('scheduler'),
      description: 'EventBridge Scheduler invokes the jobs by it, and nothing else',
      // Only for schedules of this group of this account: no other account can have our role used.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': group.attrArn },
        },
      }),
      inlinePolicies: { 'invoke-jobs': new PolicyDocument({ statements: [invoke] }) },
    });
  }

  private functionArn(name: string): string {
    return this.formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
