import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { Names } from './names';
import type { Stage } from './stage';

/** The functions need at least 32 bytes of a key; these are letters and digits, 381 bits. */
const SECRET_CHARS = 64;

/** The variables whose values are secrets, and what each secret is called. */
const SECRETS: Readonly<Record<string, { name: string; description: string }>> = {
  TOKEN_KEY: { name: 'token-key', description: 'Signs access tokens. Changing it ends every access token.' },
  CURSOR_KEY: { name: 'cursor-key', description: 'Signs the cursors of lists. Changing it ends lists under way.' },
  LOOKUP_KEY: {
    name: 'lookup-key',
    description: 'Keys the hashes by which personal data are found. Never change it: what is stored is not found again.',
  },
  WHATSAPP_KEY: { name: 'whatsapp-key', description: 'The key of the WhatsApp gateway: put the gateway’s here, or give the gateway this one.' },
  SMS_KEY: { name: 'sms-key', description: 'The key of the provider of text messages: put the provider’s here.' },
  WHATSAPP_WEBHOOK_KEY: { name: 'whatsapp-webhook-key', description: 'Signs what the WhatsApp gateway reports.' },
};

/** The header by which the API knows that CloudFront passed a request on. */
export const EDGE_SECRET = 'edge-key';

interface Props {
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
}

/**
 * The secrets, generated at the first deployment: nobody chooses them and no file has them.
 *
 * The functions read plain environment variables, so each variable is a reference that
 * CloudFormation resolves while it deploys. That keeps the values out of the templates, the
 * assembly and the pipeline's logs; at rest Lambda encrypts the variables with our own key. What
 * it does not do: who may read a function's configuration and use the key reads the secret there,
 * and a changed secret reaches the functions with the next deployment only (`-c
 * secretsRevision=…`). Parameter Store would not do: CloudFormation resolves no SecureString into
 * a function's variables. Reading the secret at start-up would remove both limits for one call per
 * cold start.
 */
export class Secrets extends Construct {
  constructor(scope: Construct, id: string, { stage, names, key }: Props) {
    super(scope, id);
    const edge = { name: EDGE_SECRET, description: 'Proves to the API that a request came through CloudFront.' };
    for (const { name, description } of [...Object.values(SECRETS), edge]) {
      const secret = new Secret(this, name, {
        secretName: names.secret(name),
        description,
        encryptionKey: key,
        generateSecretString: { passwordLength: SECRET_CHARS, excludePunctuation: true },
        removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });
      acknowledge(
        secret,
        'SMG4',
        'A key here is changed by a person who knows what ends with it: tokens, lists, or (lookup) every search.',
      );
    }
  }
}

export function isSecret(variable: string): boolean {
  return variable in SECRETS;
}

/** A reference to a secret's value: CloudFormation puts the value in its place. */
export function secretReference(names: Names, name: string): string {
  // Not a leak: what stands in the template is the reference.
  return SecretValue.secretsManager(names.secret(name)).unsafeUnwrap();
}

export function secretOfVariable(names: Names, variable: string): string {
  const secret = SECRETS[variable];
  if (secret === undefined) {
    throw new Error(`the variable ${variable} is no secret`);
  }
  return secretReference(names, secret.name);
}
