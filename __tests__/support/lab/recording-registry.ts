import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from '../../../src/model/credentials.ts';
import { passOn } from '../../image/support/faulty-registry.ts';
import type { Lab } from '../lab.ts';

/** A door of its own to the lab's registry, with a login of its own, which writes down what it is sent. */
export interface RecordingRegistry extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  readonly login: Credentials;
  /** Requests that came, as `METHOD /path`. */
  readonly asked: readonly string[];
  /** All user names and passwords that came, as `user:password`. */
  readonly credentials: ReadonlySet<string>;
  /** Forgets what came. */
  forget(): void;
}

export async function recordingRegistry({ registry }: Lab): Promise<RecordingRegistry> {
  const login = { username: `user-${randomUUID()}`, password: `password-${randomUUID()}` };
  const own = `${login.username}:${login.password}`;
  const authorization = basic(`${registry.username}:${registry.password}`);
  const asked: string[] = [];
  const credentials = new Set<string>();
  const server = createServer((question, answer) => {
    asked.push(`${question.method} ${question.url}`);
    const [scheme = '', sent = ''] = (question.headers.authorization ?? '').split(' ');
    const given = Buffer.from(sent, 'base64').toString();
    if (scheme !== '') credentials.add(scheme === 'Basic' ? given : `${scheme} ${sent}`);
    if (given === own) {
      passOn(registry.address, question, answer, { headers: { ...question.headers, authorization } });
      return;
    }
    question.resume();
    answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="Sealift"' });
    answer.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
  });
  const host = registry.address.replace(/:\d+$/, '');
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `${host}:${port}`,
    login,
    asked,
    credentials,
    forget() {
      asked.length = 0;
      credentials.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
