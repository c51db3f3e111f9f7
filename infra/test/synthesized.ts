import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { addDeployment } from '../lib/deployment';
import { type Facts, readFacts } from '../lib/facts';
import { readOptions } from '../lib/options';
import { stageOf } from '../lib/stage';

// Checking templates against CloudFormation's schemas takes seconds: `cdk synth` does it, and one test.
process.env['CDK_VALIDATION'] = 'false';

export const FACTS = readFacts();

export interface Resource {
  readonly Type: string;
  readonly Properties: any; // each type has its own
  readonly DeletionPolicy?: string;
}

/** What `cdk synth` would make of a stage, without the command line. */
export class Deployment {
  readonly app: App;

  constructor(
    readonly stage: string,
    options: Record<string, string> = {},
    facts: Facts = FACTS,
  ) {
    const file = join(__dirname, '..', 'cdk.json');
    const { context } = JSON.parse(readFileSync(file, 'utf8')) as { context: Record<string, unknown> };
    this.app = new App({ context: { ...context, assets: 'placeholder', ...options }, analyticsReporting: false });
    addDeployment(this.app, stageOf(stage), readOptions(this.app.node), facts);
  }

  get stackNames(): string[] {
    return this.app.node.children.filter(Stack.isStack).map((stack) => stack.node.id);
  }

  template(name: string): Template {
    return Template.fromStack(this.app.node.findChild(`parcela-${this.stage}-${name}`) as Stack);
  }

  resources(stack: string, type: string): Resource[] {
    return Object.values(this.template(stack).findResources(type)) as Resource[];
  }

  /** All that the functions' stacks hold, by logical id. */
  get functions(): Record<string, Resource> {
    const names = this.stackNames.filter((name) => name.startsWith(`parcela-${this.stage}-functions-`));
    const stacks = names.map((name) => this.template(name.replace(`parcela-${this.stage}-`, '')).toJSON());
    return Object.assign({}, ...stacks.map(({ Resources }) => Resources));
  }

  /** The resources of a type in all stacks, each with where it is. */
  everywhere(type: string): [string, Resource][] {
    return this.app.node.children.filter(Stack.isStack).flatMap((stack) =>
      Object.entries(Template.fromStack(stack).findResources(type)).map(
        ([id, resource]) => [`${stack.node.id}/${id}`, resource as Resource] as [string, Resource],
      ),
    );
  }
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string[];
  readonly Resource: unknown[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** The statements of every policy of a role, each with where it is. */
export function roleStatements(deployment: Deployment): [string, Statement][] {
  const policies = deployment.everywhere('AWS::IAM::Policy').map(([path, { Properties }]) => [path, Properties.PolicyDocument] as const);
  const inline = deployment
    .everywhere('AWS::IAM::Role')
    .flatMap(([path, { Properties }]) =>
      (Properties.Policies ?? []).map((policy: { PolicyDocument: unknown }) => [path, policy.PolicyDocument] as const),
    );
  return [...policies, ...inline].flatMap(([path, document]) =>
    (document as { Statement: Record<string, unknown>[] }).Statement.map(
      (statement) =>
        [path, { ...statement, Action: many(statement['Action']), Resource: many(statement['Resource']) }] as [string, Statement],
    ),
  );
}

function many<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
