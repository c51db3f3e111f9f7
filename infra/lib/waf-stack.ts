import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { Names } from './names';

/** Requests of one address in five minutes; a brand's office is one address. */
const REQUESTS_OF_ADDRESS = 5_000;

interface Props extends StackProps {
  readonly names: Names;
}

/** The web firewall. One for CloudFront can only be made in us-east-1. */
export class WafStack extends Stack {
  constructor(scope: Construct, id: string, { names, ...props }: Props) {
    super(scope, id, props);
    const visible = (metricName: string) => ({
      metricName,
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: false, // samples would hold what people sent
    });
    const managed = (name: string, priority: number, counted: string[] = []): CfnWebACL.RuleProperty => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: visible(name),
    });
    const acl = new CfnWebACL(this, 'WebAcl', {
      name: names.of('api'),
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible(names.of('api')),
      rules: [
        managed('AWSManagedRulesAmazonIpReputationList', 0),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 1),
        // A portfolio to import is a body of up to 5 MB; the functions have their own limits.
        managed('AWSManagedRulesCommonRuleSet', 2, ['SizeRestrictions_BODY']),
        {
          name: 'requests-of-an-address',
          priority: 3,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: { rateBasedStatement: { limit: REQUESTS_OF_ADDRESS, aggregateKeyType: 'IP' } },
          visibilityConfig: visible('requests-of-an-address'),
        },
      ],
    });
    new CfnOutput(this, 'WebAclArn', { description: 'To be given as -c webAclArn', value: acl.attrArn });
  }
}
