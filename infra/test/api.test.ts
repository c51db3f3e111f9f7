import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CLIENT_ADDRESS_VARIABLE } from '../lib/environment';
import { type Facts, isHttp } from '../lib/facts';
import { methodAndPath, ROUTES_LIMIT } from '../lib/routes';
import { Deployment, FACTS } from './synthesized';

const prod = new Deployment('prod');
const http = FACTS.functions.filter(isHttp);
const WEB_ACL = 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/parcela-prod-api/1';

test('route keys are unique, and fewer than API Gateway takes', () => {
  const keys = http.flatMap(({ routes }) => routes);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.length < ROUTES_LIMIT, `${keys.length} routes`);
  const deployed = prod.resources('api', 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
  assert.deepEqual(deployed.sort(), [...keys].sort());
});

test('each function is integrated once, with payload 2.0', () => {
  const integrations = prod.resources('api', 'AWS::ApiGatewayV2::Integration');
  assert.equal(integrations.length, http.length);
  for (const { Properties } of integrations) {
    assert.equal(Properties.PayloadFormatVersion, '2.0');
  }
});

test('preflights reach the functions, which know each brand’s origins', () => {
  const [api] = prod.resources('api', 'AWS::ApiGatewayV2::Api');
  assert.equal(api!.Properties.CorsConfiguration, undefined);
  for (const key of http.flatMap(({ routes }) => routes)) {
    assert.equal(methodAndPath(key).method, 'ANY', key);
  }
});

test('the stage is logged and throttled', () => {
  const [stage] = prod.resources('api', 'AWS::ApiGatewayV2::Stage');
  const { StageName, AutoDeploy, AccessLogSettings, DefaultRouteSettings } = stage!.Properties;
  assert.equal(StageName, '$default');
  assert.equal(AutoDeploy, true);
  const fields = JSON.parse(AccessLogSettings.Format) as Record<string, string>;
  assert.ok(Object.values(fields).every((value) => !/path$|query|header/i.test(value)), 'no path, query or header is logged');
  assert.equal(DefaultRouteSettings.ThrottlingRateLimit, 1000);
  assert.equal(DefaultRouteSettings.ThrottlingBurstLimit, 2000);
});

test('with a host name of its own, the API answers by no other', () => {
  const certificateArn = 'arn:aws:acm:sa-east-1:111111111111:certificate/1';
  const own = new Deployment('prod', { domain: 'api.lender.example', certificateArn });
  const [api] = own.resources('api', 'AWS::ApiGatewayV2::Api');
  assert.equal(api!.Properties.DisableExecuteApiEndpoint, true);
  const [domain] = own.resources('api', 'AWS::ApiGatewayV2::DomainName');
  assert.equal(domain!.Properties.DomainNameConfigurations[0].SecurityPolicy, 'TLS_1_2');
  assert.throws(() => new Deployment('prod', { domain: 'api.lender.example' }), /given together/);
});

test('the firewall’s stack is in us-east-1, for CloudFront', () => {
  const waf = new Deployment('prod', { waf: 'true' });
  const [acl] = waf.resources('waf', 'AWS::WAFv2::WebACL');
  assert.equal(acl!.Properties.Scope, 'CLOUDFRONT');
  assert.deepEqual(waf.app.synth().getStackByName('parcela-prod-waf').environment.region, 'us-east-1');
});

test('the firewall does not stand before functions that would take CloudFront for the caller', () => {
  const functions = FACTS.functions.map((fn) => ({
    ...fn,
    environment: fn.environment.filter((variable) => variable !== CLIENT_ADDRESS_VARIABLE),
  }));
  assert.throws(() => new Deployment('prod', { webAclArn: WEB_ACL }, { ...FACTS, functions }), /CLIENT_ADDRESS_HEADER/);
});

test('behind the firewall every route is open to CloudFront alone', () => {
  const edge = new Deployment('prod', { webAclArn: WEB_ACL }, readingTheHeader());
  const [distribution] = edge.resources('api', 'AWS::CloudFront::Distribution');
  const { WebACLId, Origins } = distribution!.Properties.DistributionConfig;
  assert.equal(WebACLId, WEB_ACL);
  const [header] = Origins[0].OriginCustomHeaders;
  assert.equal(header.HeaderValue, '{{resolve:secretsmanager:parcela/prod/edge-key:SecretString:::}}');
  const routes = edge.resources('api', 'AWS::ApiGatewayV2::Route');
  assert.ok(routes.length > 0);
  for (const { Properties } of routes) {
    assert.equal(Properties.AuthorizationType, 'CUSTOM', Properties.RouteKey);
  }
  const [authorizer] = edge.resources('api', 'AWS::ApiGatewayV2::Authorizer');
  assert.deepEqual(authorizer!.Properties.IdentitySource, [`$request.header.${header.HeaderName}`]);
  const { violations } = new AwsSolutionsChecks(edge.app).validateScope(edge.app);
  assert.deepEqual(violations, []);
});

test('the authorizer lets in what has the secret, and nothing else', async () => {
  const edge = new Deployment('prod', { webAclArn: WEB_ACL }, readingTheHeader());
  const [lambda] = edge.resources('api', 'AWS::Lambda::Function');
  const module = { exports: {} as { handler: (event: unknown) => Promise<unknown> } };
  new Function('exports', 'require', lambda!.Properties.Code.ZipFile)(module.exports, require);
  process.env['EDGE_KEY'] = 'k'.repeat(64);
  const ask = (headers: Record<string, string>) => module.exports.handler({ headers });
  assert.deepEqual(await ask({ 'x-parcela-edge': 'k'.repeat(64) }), { isAuthorized: true });
  for (const headers of [{}, { 'x-parcela-edge': '' }, { 'x-parcela-edge': 'k'.repeat(63) }, { 'x-parcela-edge': 'x'.repeat(64) }]) {
    assert.deepEqual(await ask(headers as Record<string, string>), { isAuthorized: false });
  }
});

/** The facts as they are once the functions read the caller's address from CloudFront's header. */
function readingTheHeader(): Facts {
  const functions = FACTS.functions.map((fn) =>
    isHttp(fn) ? { ...fn, environment: [...new Set([...fn.environment, CLIENT_ADDRESS_VARIABLE])] } : fn,
  );
  return { ...FACTS, functions };
}
