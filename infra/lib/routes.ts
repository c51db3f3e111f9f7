import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';

/** API Gateway's own bound on an HTTP API, unless raised. */
export const ROUTES_LIMIT = 300;

/** The parts of a route key, `ANY /path/{proxy+}`. */
export function methodAndPath(routeKey: string): { method: HttpMethod; path: string } {
  const [method = '', path = '', ...rest] = routeKey.split(' ');
  const known = Object.values(HttpMethod).find((candidate) => candidate === method);
  if (known === undefined || !path.startsWith('/') || rest.length > 0) {
    throw new Error(`${routeKey} is no route key: a method, a space, a path`);
  }
  return { method: known, path };
}
