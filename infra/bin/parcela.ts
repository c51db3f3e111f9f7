import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addDeployment } from '../lib/deployment';
import { readFacts } from '../lib/facts';
import { readOptions } from '../lib/options';
import { stageOf } from '../lib/stage';

const app = new App();
addDeployment(app, stageOf(app.node.tryGetContext('stage')), readOptions(app.node), readFacts());
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
