import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubernetesApi } from '../../src/kubernetes/kubernetes-api.ts';
import { hostName } from '../support/identifiers.ts';

let folder: string;
let server: Server;
let api: KubernetesApi;
let asked = 0;
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-'));
  server = createServer((_, response) => {
    asked += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'api'), resolve));
  api = new KubernetesApi(hostName('https://cluster'), join(folder, 'api'));
});
afterEach(async () => {
  api.close();
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

test('an answer without end takes bounded memory and is an error, which is not asked for again', async () => {
  const piece = Buffer.alloc(1_000_000, 'x');
  answer = (response) => {
    const go = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', go);
    go();
  };
  await expect(api.request('GET', '/api', { purpose: 'list pods' })).rejects.toThrow(
    'https://cluster: could not list pods: the answer has more than 128 MB.',
  );
  expect(asked).toBe(1);
});

const status = (code: number, reason: string, message: string) => (response: ServerResponse) => {
  response.writeHead(code, { 'content-type': 'application/json' });
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
  response.end(JSON.stringify(body));
};
/** As filters of the API server answer, and `kubectl proxy` itself (http.Error of Go). */
const plain = (code: number, words: string) => (response: ServerResponse) => {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${words}\n`);
};
/** The message of a call for which there is no time to send it again. */
const failed = async (method: string): Promise<string> => {
  const hasty = new KubernetesApi(hostName('https://cluster'), join(folder, 'api'), 0);
  try {
    return await hasty.request(method, '/apis', { purpose: 'apply Deployment web' }).then(
      () => 'no failure',
      (error: Error) => error.message,
    );
  } finally {
    hasty.close();
  }
};

// The words are those of Kubernetes 1.34 and its kubectl.
test.each([
  [
    'an API server that is overloaded',
    plain(429, 'Too many requests, please try again later.'),
    'https://cluster: the API server had too much to do for 0 s to apply Deployment web: Too many requests, please try again later. Run this again when less is going on in the cluster.',
  ],
  [
    'one that does not finish in time',
    status(
      504,
      'Timeout',
      'Timeout: request did not complete within requested timeout - context deadline exceeded',
    ),
    `https://cluster: the API server failed for 0 s to apply Deployment web: Timeout: request did not complete within requested timeout - context deadline exceeded. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`,
  ],
  [
    'one that asks for patience',
    status(
      500,
      'ServerTimeout',
      'The patch operation against deployments.apps could not be completed at this time, please try again.',
    ),
    `https://cluster: the API server failed for 0 s to apply Deployment web: The patch operation against deployments.apps could not be completed at this time, please try again. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`,
  ],
  [
    'one that is not reached',
    plain(500, 'dial tcp 10.0.0.1:6443: connect: connection refused'),
    'https://cluster: the API server does not answer (apply Deployment web): dial tcp 10.0.0.1:6443: connect: connection refused. Is it up, and may this runner reach it?',
  ],
  [
    'a program that does not log in',
    plain(
      500,
      'getting credentials: exec: executable cloud-login not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.',
    ),
    'kubeconfig: the program that it names does not log in: exec: executable cloud-login not found. Install it on the runner, give it what it needs, or log in to the cluster in a step before this one.',
  ],
  [
    'an authority that is not that of the cluster',
    plain(500, 'tls: failed to verify certificate: x509: certificate signed by unknown authority'),
    'kubeconfig: the certificate of https://cluster is not trusted: tls: failed to verify certificate: x509: certificate signed by unknown authority. Its certificate-authority-data must be that of this cluster, and its server an address that the certificate has.',
  ],
])('%s is named with the way out', async (_, gives, says) => {
  answer = gives;
  expect(await failed('PATCH')).toBe(says);
});

test('an API server that is not reached for a moment is asked again, also to change something', async () => {
  const refuse = plain(500, 'dial tcp 10.0.0.1:6443: connect: connection refused');
  asked = 0;
  answer = (response) => (asked === 1 ? refuse(response) : response.end('{"kind":"Deployment"}'));
  const call = { purpose: 'apply Deployment web' };
  expect(await api.request('PATCH', '/apis', call)).toEqual({ kind: 'Deployment' });
});
