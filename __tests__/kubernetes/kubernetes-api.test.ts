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
