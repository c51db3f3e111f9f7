import type { Node } from 'constructs';

/** What the command line may choose with `-c name=value`. */
export interface Options {
  /** Whether functions are packed without their program: to check the templates, never to deploy. */
  readonly placeholderAssets: boolean;
  /** The API's own host name, and its certificate in ACM. */
  readonly domain?: Domain;
  /** The host name of the brands' pictures, and its certificate in us-east-1. */
  readonly assetsDomain?: Domain;
  /** Who gets the alarms by mail. */
  readonly alarmEmail?: string;
  /** Base URL of the WhatsApp gateway; without one no message is sent. */
  readonly whatsappUrl: string;
  /** The address of the provider of text messages (MSG91); empty: none are sent. */
  readonly smsUrl: string;
  /** What e-mails are from, an identity that SES has verified; empty: none are sent. */
  readonly emailFrom: string;
  /** Any text; a new one makes the functions take up secrets that were changed by hand. */
  readonly secretsRevision: string;
  /** Whether functions that call out do so from fixed addresses. */
  readonly fixedIps: boolean;
  /** Whether the web firewall's own stack is made. */
  readonly waf: boolean;
  /** The web firewall to put before the API. */
  readonly webAclArn?: string;
}

export interface Domain {
  readonly name: string;
  readonly certificateArn: string;
}

export function readOptions(node: Node): Options {
  return {
    placeholderAssets: choice(node, 'assets', ['built', 'placeholder']) === 'placeholder',
    domain: domain(node, 'domain', 'certificateArn'),
    assetsDomain: domain(node, 'assetsDomain', 'assetsCertificateArn'),
    alarmEmail: text(node, 'alarmEmail'),
    whatsappUrl: text(node, 'whatsappUrl') ?? '',
    smsUrl: text(node, 'smsUrl') ?? '',
    emailFrom: text(node, 'emailFrom') ?? '',
    secretsRevision: text(node, 'secretsRevision') ?? '1',
    fixedIps: choice(node, 'fixedIps', ['false', 'true']) === 'true',
    waf: choice(node, 'waf', ['false', 'true']) === 'true',
    webAclArn: text(node, 'webAclArn'),
  };
}

function text(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  return value === undefined || value === '' ? undefined : String(value);
}

/** One of a few words; the first where nothing is given. A misspelt one is refused. */
function choice(node: Node, name: string, words: readonly [string, string]): string {
  const value = text(node, name) ?? words[0];
  if (!words.includes(value)) {
    throw new Error(`-c ${name}=${value}: must be ${words.join(' or ')}`);
  }
  return value;
}

function domain(node: Node, nameOption: string, certificateOption: string): Domain | undefined {
  const name = text(node, nameOption);
  const certificateArn = text(node, certificateOption);
  if (name === undefined && certificateArn === undefined) {
    return undefined;
  }
  if (name === undefined || certificateArn === undefined) {
    throw new Error(`-c ${nameOption} and -c ${certificateOption} are given together`);
  }
  return { name, certificateArn };
}
