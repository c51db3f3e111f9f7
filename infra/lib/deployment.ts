import type { App } from 'aws-cdk-lib';
import { ApiStack } from './api-stack';
import { DataStack } from './data-stack';
import { type Facts, isHttp, isJob } from './facts';
import { FunctionsStack } from './functions-stack';
import { KeysStack } from './keys-stack';
import { Names } from './names';
import { NetworkStack } from './network-stack';
import { ObservabilityStack } from './observability-stack';
import type { Options } from './options';
import { QueuesStack } from './queues-stack';
import { SchedulesStack } from './schedules-stack';
import type { Stage } from './stage';
import { WafStack } from './waf-stack';

/** All the stacks of one stage, in the order in which they need each other. */
export function addDeployment(app: App, stage: Stage, options: Options, facts: Facts): void {
  const names = new Names(stage);
  const common = { stage, names, tags: { project: 'parcela', stage: stage.name } };
  const keys = new KeysStack(app, names.of('keys'), common);
  const data = new DataStack(app, names.of('data'), { ...common, key: keys.data, assetsDomain: options.assetsDomain });
  const queues = new QueuesStack(app, names.of('queues'), { ...common, key: keys.data, queues: facts.queues });
  const schedules = new SchedulesStack(app, names.of('schedules'), { ...common, jobs: facts.functions.filter(isJob) });
  const network = options.fixedIps ? new NetworkStack(app, names.of('network'), { ...common, key: keys.operations }) : undefined;
  const areas = [...new Set(facts.functions.map(({ area }) => area))];
  const functionsStacks = areas.map(
    (area) =>
      new FunctionsStack(app, names.of(`functions-${area}`), {
        ...common,
        options,
        facts: facts.functions.filter((fn) => fn.area === area),
        keys,
        data,
        queues,
        schedules,
        network,
      }),
  );
  const functions = new Map(functionsStacks.flatMap((stack) => [...stack.functions]));
  const api = new ApiStack(app, names.of('api'), {
    ...common,
    options,
    key: keys.operations,
    facts: facts.functions.filter(isHttp),
    functions,
  });
  const observability = new ObservabilityStack(app, names.of('observability'), {
    ...common,
    key: keys.operations,
    facts,
    apiId: api.apiId,
    alarmEmail: options.alarmEmail,
  });
  // Its filters read the functions' log groups, by name.
  functionsStacks.forEach((stack) => observability.addStackDependency(stack));
  if (options.waf) {
    new WafStack(app, names.of('waf'), { ...common, env: { region: 'us-east-1' } });
  }
}
