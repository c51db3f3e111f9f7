import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addDeployment } from '../lib/deployment';
import { readFacts } from '../lib/facts';
import { readOptions } from '../lib/options';
import { stageOf } from '../lib/stage';

const app = new App();
try {
  addDeployment(app, stageOf(app.node.tryGetContext('stage')), readOptions(app.node), readFacts());
} catch (error) {
  // What can be wrong here is the command line or functions.json: the message says it.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
