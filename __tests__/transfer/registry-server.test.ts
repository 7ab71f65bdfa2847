import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestOfContent } from '../../src/oci/descriptor.ts';
import { openLayoutFolder, readBlob } from '../../src/oci/layout.ts';
import { readLayoutImage } from '../../src/oci/layout-image.ts';
import { RegistryServer, type ServerAccount } from '../../src/transfer/registry-server.ts';
import { writeTestLayout } from '../support/oci-layout.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealift-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function startTestServer() {
  const descriptor = await writeTestLayout(folder, {
    platforms: { 'linux/amd64': [Buffer.from('base'), Buffer.alloc(50_000, 'app')] },
  });
  const layout = await openLayoutFolder(folder);
  const server = await RegistryServer.start();
  server.add(layout);
  const image = await readLayoutImage(layout, descriptor);
  return { server, layout, image, account: server.addAccount() };
}

const get = (
  { port }: RegistryServer,
  path: string,
  account: Pick<ServerAccount, 'username' | 'password'> | undefined,
  init: RequestInit = {},
): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: {
      ...(account && { authorization: `Basic ${btoa(`${account.username}:${account.password}`)}` }),
      ...init.headers,
    },
  });

test('it gives manifests and blobs by digest, and counts their bytes for each reader', async () => {
  const { server, layout, image, account } = await startTestServer();
  await using _ = server;
  const other = server.addAccount();
  const { digest } = image.descriptor;
  const manifest = await get(server, `/v2/me/shop/manifests/${digest}`, account);
  expect(manifest.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
  expect(manifest.headers.get('docker-content-digest')).toBe(digest);
  const content = Buffer.from(await manifest.arrayBuffer());
  expect(digestOfContent(content)).toBe(digest);
  let sent = content.length;
  for (const blob of image.blobs) {
    const answer = await get(server, `/v2/me/shop/blobs/${blob.digest}`, account);
    expect(digestOfContent(Buffer.from(await answer.arrayBuffer()))).toBe(blob.digest);
    sent += blob.size;
  }
  expect(account).toMatchObject({ sent, wasUsed: true });
  expect(other).toMatchObject({ sent: 0, wasUsed: false });
  const last = image.blobs.at(-1)?.digest ?? digest;
  const head = await get(server, `/v2/me/shop/blobs/${last}`, other, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String((await readBlob(layout, last)).length));
  expect(other.sent).toBe(0);
});

test.each([
  ['bytes=0-3', 206, [0, 4]],
  ['bytes=30-', 206, [30, undefined]],
  ['bytes=-7', 206, [-7, undefined]],
  ['bytes=10-999999', 206, [10, undefined]],
  ['bytes=999999-', 416, undefined],
  ['bytes=5-2', 416, undefined],
  ['pages=1', 200, [0, undefined]],
] as const)('of a blob it gives the range %s', async (range, status, bytes) => {
  const { server, layout, image, account } = await startTestServer();
  await using _ = server;
  const { digest } = image.descriptor;
  const answer = await get(server, `/v2/me/shop/blobs/${digest}`, account, { headers: { range } });
  expect(answer.status).toBe(status);
  if (bytes === undefined) return;
  const part = (await readBlob(layout, digest)).subarray(...bytes);
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(part);
  expect(account.sent).toBe(part.length);
});

test('without the password of this run, nobody gets anything', async () => {
  const { server, image, account } = await startTestServer();
  await using _ = server;
  const path = `/v2/me/shop/blobs/${image.descriptor.digest}`;
  const wrong = { ...account, password: account.password.replace(/.$/, 'x') };
  for (const login of [undefined, wrong, { username: '', password: '' }]) {
    for (const each of [path, '/v2/', '/']) {
      const answer = await get(server, each, login);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="sealift"');
    }
  }
  expect(account.wasUsed).toBe(false);
  expect((await get(server, '/v2/', account)).status).toBe(200);
});

test('it has nothing else, and nothing can be written', async () => {
  const { server, image, account } = await startTestServer();
  await using _ = server;
  const { digest } = image.descriptor;
  const unknown = [
    `/v2/me/shop/blobs/${digestOfContent('else')}`,
    '/v2/me/shop/manifests/latest',
    '/v2/me/shop/blobs/sha256:../../index.json',
    '/v2/../index.json',
    '/index.json',
  ];
  for (const path of unknown) expect((await get(server, path, account)).status).toBe(404);
  for (const method of ['PUT', 'POST', 'DELETE', 'PATCH'])
    expect((await get(server, `/v2/me/shop/blobs/${digest}`, account, { method })).status).toBe(405);
});
