import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Takes a finding of the AwsSolutions rules for a construct, with the reason. A finding that names
 * what it found has it in brackets: `IAM5[Resource::*]`.
 */
export function acknowledge(construct: IConstruct, finding: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${finding}`, reason });
}
