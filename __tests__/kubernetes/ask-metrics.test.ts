import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askMetrics } from '../../src/kubernetes/ask-metrics.ts';
import { KubernetesApi } from '../../src/kubernetes/kubernetes-api.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const folder = mkdtempSync(join(tmpdir(), 'm-'));
const socket = join(folder, 'api');
const asked: string[] = [];
let answer: { readonly status: number; readonly body: unknown };
const server = createServer(({ url = '' }, response) => {
  asked.push(url);
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.body));
});
const api = new KubernetesApi(hostName('https://cluster'), socket, 0);
const query = 'errors{release="${RELEASE}"} > 1';
const ask = (status: number, body: unknown): Promise<void> => {
  answer = { status, body };
  const place = { namespace: 'monitoring', service: 'prometheus', port: '9090' };
  return askMetrics(api, { ...place, query }, releaseId('1a2b3c4d'));
};
const result = (resultType: string, ...found: readonly unknown[]) => ({
  status: 'success',
  data: { resultType, result: found },
});

beforeAll(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
afterAll(() => {
  api.close();
  server.close();
  rmSync(folder, { recursive: true });
});

test('the Service is asked through the API server, about this release; without a result all is well', async () => {
  await ask(200, result('vector'));
  const url = new URL(asked.at(-1) ?? '', 'http://api');
  expect(url.pathname).toBe('/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query');
  expect(url.searchParams.get('query')).toBe('errors{release="1a2b3c4d"} > 1');
});

test.each([
  [
    'a result',
    200,
    result('vector', { metric: { job: 'web' }, value: [0, '7'] }),
    'canary-metrics: "errors{release="1a2b3c4d"} > 1" has a result: 7 job="web".',
  ],
  ['a number, which is always there', 200, result('scalar', 0, '1'), 'gives a scalar, not a vector'],
  ['a refused query', 200, { status: 'error', error: 'parse error' }, 'did not answer "errors'],
  [
    'a query that Prometheus can not read',
    400,
    { status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end of input' },
    'parse error: unexpected end of input',
  ],
  ['somebody else', 200, { hello: 'world' }, 'it is no Prometheus'],
  [
    'a Service that is not there',
    404,
    { kind: 'Status', reason: 'NotFound', message: 'services "prometheus:9090" not found' },
    "canary-metrics: monitoring/prometheus:9090 can't be asked: ",
  ],
  [
    'a Service without pods that are ready',
    503,
    {
      ...{ kind: 'Status', status: 'Failure', reason: 'ServiceUnavailable', code: 503 },
      message: 'no endpoints available for service "prometheus:9090"',
    },
    'can\'t be asked: no endpoints available for service "prometheus:9090" (status 503). See whether its pods are ready.',
  ],
  [
    'a Prometheus that wants a login, which is not that of the cluster',
    401,
    'Unauthorized',
    "can't be asked: Unauthorized (status 401). It must answer without a login.",
  ],
  [
    'a right that the user of the cluster does not have',
    403,
    {
      ...{ kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403 },
      message:
        'services "prometheus:9090" is forbidden: User "ci" cannot get resource "services/proxy" in API group "" in the namespace "monitoring"',
    },
    "can't be asked: kubeconfig: its user may not ask monitoring/prometheus:9090: ",
  ],
])('%s is a failure', async (_, status, body, says) => {
  await expect(ask(status, body)).rejects.toThrow(says);
});
