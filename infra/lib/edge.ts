import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type HttpApi, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginRequestPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeArn } from './acknowledge';
import { CLIENT_ADDRESS_HEADER } from './environment';
import type { Names } from './names';
import type { Domain } from './options';
import { EDGE_SECRET, secretReference } from './secrets';
import type { Stage } from './stage';

/** CloudFront adds it to what it passes on; the API takes nothing without it. */
const EDGE_HEADER = 'x-parcela-edge';
const AUTHORIZER_CACHED = Duration.hours(1);

/** CloudFront's own knowledge of the caller's address, over whatever the caller wrote there. */
const ADDRESS_FUNCTION = `function handler(event) {
  event.request.headers['${CLIENT_ADDRESS_HEADER}'] = { value: event.viewer.ip };
  return event.request;
}`;

const AUTHORIZER = `const { timingSafeEqual } = require('node:crypto');
exports.handler = async (event) => {
  const given = Buffer.from(event.headers['${EDGE_HEADER}'] ?? '');
  const expected = Buffer.from(process.env.EDGE_KEY);
  return { isAuthorized: given.length === expected.length && timingSafeEqual(given, expected) };
};`;

interface Props {
  readonly api: HttpApi;
  readonly stage: Stage;
  readonly names: Names;
  readonly key: IKey;
  readonly webAclArn: string;
  readonly domain?: Domain;
}

/**
 * CloudFront with a web firewall before the API: AWS WAF cannot stand before an HTTP API itself.
 * The API's own address stays reachable, since CloudFront calls it there; an authorizer lets in
 * only what CloudFront passed on, by a secret header, and is asked once an hour.
 */
export class Edge extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  readonly url: string;

  constructor(scope: Construct, id: string, { api, stage, names, key, webAclArn, domain }: Props) {
    super(scope, id);
    const secret = secretReference(names, EDGE_SECRET);
    this.authorizer = this.createAuthorizer(secret, stage, names, key);
    const distribution = new Distribution(this, 'Cdn', {
      comment: names.of('api'),
      webAclId: webAclArn,
      defaultBehavior: {
        origin: new HttpOrigin(`${api.apiId}.execute-api.${Aws.REGION}.amazonaws.com`, {
          customHeaders: { [EDGE_HEADER]: secret },
          readTimeout: Duration.seconds(30),
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: new EdgeFunction(this, 'Address', {
              code: FunctionCode.fromInline(ADDRESS_FUNCTION),
              runtime: FunctionRuntime.JS_2_0,
              comment: 'Passes on the caller’s address',
            }),
          },
        ],
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(domain && {
        domainNames: [domain.name],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      }),
    });
    acknowledge(distribution, 'CFR1', 'Brands choose their countries; the functions know their callers.');
    acknowledge(distribution, 'CFR3', 'API Gateway and the firewall log each request.');
    if (domain === undefined) {
      acknowledge(distribution, 'CFR4', 'CloudFront’s own certificate fixes the protocols; -c domain sets TLS 1.2.');
    }
    this.url = `https://${domain?.name ?? distribution.distributionDomainName}`;
  }

  private createAuthorizer(secret: string, stage: Stage, names: Names, key: IKey): IHttpRouteAuthorizer {
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: names.functionLogs('edge-authorizer'),
      retention: stage.logRetention,
      encryptionKey: key,
      removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs.logGroupArn] }),
    );
    acknowledgeArn(role, Stack.of(this), logs.logGroupArn, 'Its log streams are named by Lambda.');
    const handler = new LambdaFunction(this, 'Authorizer', {
      functionName: names.of('edge-authorizer'),
      description: 'Parcela: lets in what CloudFront passed on',
      architecture: Architecture.ARM_64,
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline(AUTHORIZER),
      timeout: Duration.seconds(3),
      environment: { EDGE_KEY: secret },
      logGroup: logs,
      role,
    });
    return new HttpLambdaAuthorizer('Authorizer', handler, {
      authorizerName: names.of('edge'),
      identitySource: [`$request.header.${EDGE_HEADER}`],
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: AUTHORIZER_CACHED,
    });
  }
}
