import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Stack, CfnRule, Fn } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';

const TARGET = join(__dirname, '..', '..', 'target');
const PLACEHOLDER = join(__dirname, '..', 'placeholder');
const BUILD_COMMAND = '.ci/release --arm64';

/** The folder of a function's program, as the build leaves it. */
function builtFolder(name: string): string {
  const folder = join(process.env['CARGO_TARGET_DIR'] ?? TARGET, 'lambda', name);
  if (!existsSync(join(folder, 'bootstrap'))) {
    throw new Error(
      `${join(folder, 'bootstrap')} is not built. In the repository's root run: ${BUILD_COMMAND}\n` +
        'To check the templates without it: -c assets=placeholder',
    );
  }
  return folder;
}

export function codeOf(name: string, placeholder: boolean): Code {
  return Code.fromAsset(placeholder ? PLACEHOLDER : builtFolder(name));
}

/** Makes CloudFormation refuse a stack whose functions are placeholders. */
export function refuseDeployment(stack: Stack): void {
  new CfnRule(stack, 'FunctionsArePlaceholders', {
    assertions: [
      {
        // The version of the bootstrap stack, which every stack asks for, is a number.
        assert: Fn.conditionEquals(Fn.ref('BootstrapVersion'), 'never'),
        assertDescription: `This template is for checks only. Build the functions (${BUILD_COMMAND}) and leave out -c assets=placeholder.`,
      },
    ],
  });
}
