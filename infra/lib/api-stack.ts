import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  DomainName,
  EndpointType,
  HttpApi,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
  PayloadFormatVersion,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { Edge } from './edge';
import { CLIENT_ADDRESS_VARIABLE } from './environment';
import type { HttpFunction } from './facts';
import type { Names } from './names';
import type { Domain, Options } from './options';
import type { ParcelaFunction } from './parcela-function';
import { methodAndPath } from './routes';
import type { Stage } from './stage';

interface Props extends StackProps {
  readonly stage: Stage;
  readonly names: Names;
  readonly options: Options;
  readonly key: IKey;
  readonly facts: readonly HttpFunction[];
  readonly functions: ReadonlyMap<string, ParcelaFunction>;
}

/**
 * The HTTP API. Its routes are those of functions.json; who may call them is decided in the
 * functions, as on one machine.
 *
 * It has no CORS settings on purpose: with them API Gateway would answer for the functions, from
 * one list of origins for all brands. A brand's origins are data, and below its path only its own
 * may call with credentials; the routes take any method, so preflights reach the functions, which
 * answer them.
 */
export class ApiStack extends Stack {
  readonly apiId: string;

  constructor(scope: Construct, id: string, { stage, names, options, key, facts, functions, ...props }: Props) {
    super(scope, id, props);
    const behindEdge = options.webAclArn !== undefined;
    const ownDomain = behindEdge ? undefined : options.domain;
    const api = new HttpApi(this, 'Api', {
      apiName: names.of('api'),
      description: 'Parcela',
      createDefaultStage: false,
      // With a host name of its own, the API answers by no other.
      disableExecuteApiEndpoint: ownDomain !== undefined,
    });
    this.apiId = api.apiId;
    const edge = behindEdge ? this.createEdge(api, options, facts, { stage, names, key }) : undefined;
    for (const fact of facts) {
      this.addRoutes(api, fact, functions.get(fact.name), edge?.authorizer);
    }
    const logs = new LogGroup(this, 'AccessLogs', {
      logGroupName: names.serviceLogs('api'),
      retention: stage.logRetention,
      encryptionKey: key,
      removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const domain = ownDomain && this.createDomain(ownDomain);
    new HttpStage(this, 'Default', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: { rateLimit: stage.requestRate, burstLimit: stage.requestBurst },
      accessLogSettings: { destination: new LogGroupLogDestination(logs), format: accessLogFormat() },
      ...(domain && { domainMapping: { domainName: domain } }),
    });
    new CfnOutput(this, 'Url', { value: edge?.url ?? (ownDomain ? `https://${ownDomain.name}` : api.apiEndpoint) });
  }

  private addRoutes(api: HttpApi, facts: HttpFunction, fn?: ParcelaFunction, authorizer?: IHttpRouteAuthorizer): void {
    if (fn === undefined) {
      throw new Error(`there is no function ${facts.name} to route to`);
    }
    const integration = new HttpLambdaIntegration(facts.name, fn.lambda, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const route of facts.routes) {
      const { method, path } = methodAndPath(route);
      const created = new HttpRoute(this, `${facts.name} ${route.replaceAll('/', ' ')}`, {
        httpApi: api,
        routeKey: HttpRouteKey.with(path, method),
        integration,
        authorizer,
      });
      if (authorizer === undefined) {
        acknowledge(created, 'APIG4', 'The function checks the caller’s token and permissions; some routes are for signing in.');
      }
    }
  }

  private createDomain({ name, certificateArn }: Domain): DomainName {
    const domain = new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new CfnOutput(this, 'DomainTarget', {
      description: 'The record of the API’s host name points here',
      value: domain.regionalDomainName,
    });
    return domain;
  }

  private createEdge(
    api: HttpApi,
    options: Options,
    facts: readonly HttpFunction[],
    { stage, names, key }: { stage: Stage; names: Names; key: IKey },
  ): Edge {
    if (!facts.some((fact) => fact.environment.includes(CLIENT_ADDRESS_VARIABLE))) {
      throw new Error(
        `-c webAclArn puts CloudFront before the API, and API Gateway then reports CloudFront's address as the caller's: ` +
          `the limit on signing in would count all callers as one. No function reads ${CLIENT_ADDRESS_VARIABLE} yet.`,
      );
    }
    return new Edge(this, 'Edge', { api, stage, names, key, webAclArn: options.webAclArn ?? '', domain: options.domain });
  }
}

/** One line of JSON a request: no query, no headers, and of the path only the route's pattern. */
function accessLogFormat(): AccessLogFormat {
  const fields = {
    requestId: '$context.requestId',
    at: '$context.requestTimeEpoch',
    ip: '$context.identity.sourceIp',
    routeKey: '$context.routeKey',
    protocol: '$context.protocol',
    status: '$context.status',
    responseBytes: '$context.responseLength',
    latencyMs: '$context.responseLatency',
    functionMs: '$context.integrationLatency',
    functionError: '$context.integrationErrorMessage',
    error: '$context.error.message',
  };
  return AccessLogFormat.custom(JSON.stringify(fields));
}
