import { ArnFormat, Aws, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Names } from './names';
import { Secrets } from './secrets';
import type { Stage } from './stage';

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
}

/** The keys that everything at rest is encrypted with, and the secrets. They outlive all else. */
export class KeysStack extends Stack {
  /** Table, documents, messages, secrets and the functions' environment. */
  readonly data: Key;
  /** Logs and alarms, which hold no customer's data: services of AWS write them on their own. */
  readonly operations: Key;
  /** Wraps the data key of each person, under which their personal data are sealed. */
  readonly persons: Key;
  readonly secrets: Secrets;

  constructor(scope: Construct, id: string, { stage, names, ...props }: Props) {
    super(scope, id, { ...props, terminationProtection: stage.keepData });
    const key = (name: string, description: string) =>
      new Key(this, name, {
        alias: `alias/${names.of(name.toLowerCase())}`,
        description,
        enableKeyRotation: true,
        removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
    this.data = key('Data', 'Parcela: table, documents, messages, secrets');
    this.operations = key('Operations', 'Parcela: logs and alarms');
    this.persons = key('Persons', 'Parcela: data keys of personal data');
    this.allowLogs(names);
    this.allowAlarms();
    this.secrets = new Secrets(this, 'Secrets', { stage, names, key: this.data });
  }

  private allowLogs(names: Names): void {
    this.operations.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroupsOfThisDeployment',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'], // in a key's own policy: this key
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': [names.functionLogs('*'), names.serviceLogs('*')].map((group) =>
              this.formatArn({ service: 'logs', resource: 'log-group', resourceName: group, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
            ),
          },
        },
      }),
    );
  }

  private allowAlarms(): void {
    this.operations.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'], // in a key's own policy: this key
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
  }
}
