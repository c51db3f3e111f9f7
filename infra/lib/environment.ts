import type { QueuesStack } from './queues-stack';
import type { SchedulesStack } from './schedules-stack';
import type { Names } from './names';
import { isSecret, secretOfVariable } from './secrets';

/** The header in which CloudFront passes on the caller's address: see edge.ts. */
export const CLIENT_ADDRESS_HEADER = 'x-client-address';
/** The variable by which a function is told to read it. */
export const CLIENT_ADDRESS_VARIABLE = 'CLIENT_ADDRESS_HEADER';

const QUEUE_URL = /^([A-Z_]+)_QUEUE_URL$/;

export interface EnvironmentSources {
  readonly names: Names;
  readonly tableName: string;
  readonly bucketName: string;
  readonly queues: QueuesStack;
  readonly schedules: SchedulesStack;
  readonly whatsappUrl: string;
  readonly personsKeyArn: string;
  readonly secretsRevision: string;
  /** Whether CloudFront stands before the API. */
  readonly behindEdge: boolean;
}

/** The values of the variables that a function reads; a variable that nobody knows is refused. */
export function environmentOf(variables: readonly string[], sources: EnvironmentSources): Record<string, string> {
  const environment = Object.fromEntries(variables.map((variable) => [variable, valueOf(variable, sources)]));
  if (variables.some(isSecret)) {
    // CloudFormation looks at a reference again only where something about the function changes.
    environment['SECRETS_REVISION'] = sources.secretsRevision;
  }
  return environment;
}

function valueOf(variable: string, sources: EnvironmentSources): string {
  if (isSecret(variable)) {
    return secretOfVariable(sources.names, variable);
  }
  const queue = QUEUE_URL.exec(variable)?.[1];
  if (queue !== undefined) {
    return sources.queues.queue(queue.toLowerCase().replaceAll('_', '-')).queueUrl;
  }
  switch (variable) {
    case 'TABLE_NAME':
      return sources.tableName;
    case 'BUCKET_NAME':
      return sources.bucketName;
    case 'SCHEDULE_GROUP':
      return sources.schedules.groupName;
    case 'SCHEDULE_ROLE_ARN':
      return sources.schedules.role.roleArn;
    case 'JOB_ARN':
      return sources.schedules.jobArn;
    case 'KMS_KEY_ID':
      return sources.personsKeyArn;
    case 'WHATSAPP_URL':
      return sources.whatsappUrl;
    case 'INSECURE_COOKIES':
      return 'false';
    case CLIENT_ADDRESS_VARIABLE:
      // Without CloudFront anybody could write the header: empty, the functions do not read it.
      return sources.behindEdge ? CLIENT_ADDRESS_HEADER : '';
    default:
      throw new Error(`nothing here knows the variable ${variable}: add it to environment.ts`);
  }
}
