import { type Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Takes a finding of the AwsSolutions rules for a construct, with the reason. A finding that names
 * what it found has it in brackets: `IAM5[Resource::*]`.
 */
export function acknowledge(construct: IConstruct, finding: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${finding}`, reason });
}

/** Takes an ARN with a star in a policy. */
export function acknowledgeArn(construct: IConstruct, stack: Stack, arn: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flat(stack.resolve(arn))}]`, reason);
}

/** A value as the rules print it: a reference is its name, in angle brackets where it is local. */
function flat(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const [[operation, argument] = []] = Object.entries(value);
  switch (operation) {
    case 'Ref':
      return `<${String(argument)}>`;
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::ImportValue':
      return String(argument);
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(flat).join(separator);
    }
    default:
      throw new Error(`no way to print ${JSON.stringify(value)}`);
  }
}
