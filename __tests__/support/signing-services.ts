/**
 * The Sigstores that sign for GitHub, as far as a job of the lab can have them: under their own names, by TLS and through a proxy, as
 * the runner of a company reaches them. What answers there is sigstore's own mock.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { type TestSigstore, testSigstore } from '../trust/sigstore.ts';
import { selfSigned } from './certificate.ts';
import { webProxy } from './web-proxy.ts';

/** Of whom they are: the public Sigstore, or GitHub's own for private repositories. */
export type Visibility = 'public' | 'private';

const HOSTS = {
  public: ['fulcio.sigstore.dev', 'rekor.sigstore.dev'],
  private: ['fulcio.githubapp.com', 'timestamp.githubapp.com'],
} as const satisfies Readonly<Record<Visibility, readonly string[]>>;

export interface SigningServices extends AsyncDisposable {
  readonly sigstore: TestSigstore;
  /** What was asked of the proxy: `CONNECT fulcio.sigstore.dev:443`. */
  readonly asked: readonly string[];
  /** Of a job that reaches them. */
  readonly env: Readonly<Record<string, string>>;
}

export async function signingServices(visibility: Visibility): Promise<SigningServices> {
  const hosts = HOSTS[visibility];
  const sigstore = await testSigstore({ hasLogs: visibility === 'public' });
  const folder = await mkdtemp(join(tmpdir(), 'signing-'));
  const { key, cert } = await selfSigned(hosts.map((host) => `DNS:${host}`).join());
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, cert);
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert }, (client) => {
    const there = connect(Number(new URL(sigstore.services.fulcio).port), '127.0.0.1');
    for (const socket of [client, there]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(there).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await webProxy(Object.fromEntries(hosts.map((host) => [host, place])));
  return {
    sigstore,
    asked: proxy.asked,
    env: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await sigstore[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
