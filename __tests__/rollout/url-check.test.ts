import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UrlCheck } from '../../src/model/request.ts';
import { checkUrl, REQUIRED_SUCCESSES } from '../../src/rollout/url-check.ts';

let server: Server;
let asked: number;
let answer: RequestListener;

beforeEach(async () => {
  asked = 0;
  answer = (_, response) => response.end('ok');
  server = createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = (): number => {
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};
const at = (path = '/up'): string => `http://127.0.0.1:${port()}${path}`;
const check = (changes: Partial<UrlCheck> = {}): UrlCheck => ({
  url: at(),
  status: [200],
  body: undefined,
  timeout: 2_000,
  ...changes,
});
const never = new AbortController().signal;
/** Asks as it does, but sooner again. */
const ask = (what: UrlCheck, signal = never): Promise<string> => checkUrl(what, signal, 5);

/** An address at which nothing listens. */
async function closed(host: string): Promise<string> {
  const url = at().replace('127.0.0.1', host);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

/** Answers with these codes, one after the other; the last one stays. */
const answering = (...codes: readonly number[]): void => {
  answer = (_, response) => {
    response.statusCode = codes[Math.min(asked, codes.length) - 1] ?? 200;
    response.end('ok');
  };
};

describe('an address that answers as expected', () => {
  test('is asked several times: one lucky answer proves nothing', async () => {
    await expect(ask(check())).resolves.toBe('200, 3 times in a row');
    expect(asked).toBe(REQUIRED_SUCCESSES);
  });

  test('must do so in a row', async () => {
    answering(503, 200, 200, 502, 200);
    await expect(ask(check())).resolves.toBe('200, 3 times in a row');
    expect(asked).toBe(4 + REQUIRED_SUCCESSES);
  });

  test.each<[string, Partial<UrlCheck>]>([
    ['by any of several codes', { status: [200, 204] }],
    ['by a text in its body', { body: 'version 2' }],
    ['by a pattern of its body', { body: /VERSION \d/i }],
  ])('%s', async (_, changes) => {
    answer = (_request, response) => response.end('<p>version 2</p>');
    await expect(ask(check(changes))).resolves.toMatch(/^200,/);
  });

  test('by a code that is no success', async () => {
    answering(404);
    await expect(ask(check({ status: [404] }))).resolves.toMatch(/^404,/);
  });

  test('after a redirect', async () => {
    answer = ({ url }, response) =>
      url === '/up' ? response.writeHead(302, { location: '/in' }).end() : response.end('welcome');
    await expect(ask(check({ body: 'welcome' }))).resolves.toMatch(/^200,/);
  });

  test('with the redirect that is expected, which is not followed', async () => {
    answer = (_, response) => response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end();
    await expect(ask(check({ status: [301, 308] }))).resolves.toMatch(/^301,/);
  });
});

describe('an address that does not', () => {
  const refusal = async (changes: Partial<UrlCheck>): Promise<string> => {
    const error: unknown = await ask(check({ timeout: 250, ...changes })).catch((reason: unknown) => reason);
    return error instanceof Error ? error.message : 'no error';
  };

  test('is told with its last answer, and what to change', async () => {
    answering(500, 500, 503);
    expect(await refusal({})).toBe(
      `url: ${at()} did not answer as expected within 250ms: it answered 503. ` +
        'Check the address, "url-status" and "url-body", or increase "url-timeout".',
    );
  });

  test('by its body', async () => {
    expect(await refusal({ body: 'version 2' })).toContain(
      'it answered 200, but its body does not match "url-body"',
    );
  });

  test('by flapping', async () => {
    answer = (_, response) => response.writeHead(asked % 2 === 0 ? 200 : 503).end();
    expect(await refusal({ timeout: 250 })).toMatch(/it answered (503|200, but not 3 times in a row)\./);
  });

  test('by too few good answers before the time is over', async () => {
    answer = (_, response) => asked === 1 && response.end('ok');
    expect(await refusal({})).toContain('it answered 200, but not 3 times in a row');
  });

  test('because nothing listens there', async () => {
    expect(await refusal({ url: await closed('127.0.0.1') })).toContain('connect ECONNREFUSED 127.0.0.1');
  });

  test('because nothing listens at any of its addresses', async () => {
    expect(await refusal({ url: await closed('localhost') })).toMatch(/connect ECONNREFUSED/);
  });

  test('because its name is not known', async () => {
    expect(await refusal({ url: 'http://nowhere.invalid/' })).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test('because it does not speak TLS', async () => {
    expect(await refusal({ url: at().replace('http:', 'https:') })).toMatch(/SSL|TLS|wrong version/i);
  });

  test('because it breaks the connection', async () => {
    answer = ({ socket }) => socket.destroy();
    expect(await refusal({})).toMatch(/other side closed|ECONNRESET|socket hang up/);
  });

  test('because it hangs: the time is not exceeded for it', async () => {
    answer = () => undefined;
    const began = performance.now();
    expect(await refusal({ timeout: 300 })).toMatch(/no answer within \d+ms/);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test('because its body never ends', async () => {
    answer = (_, response) => response.write('half');
    expect(await refusal({ timeout: 300 })).toMatch(/no answer within \d+ms/);
  });
});

describe('a job that is cancelled', () => {
  test('while an answer is awaited', async () => {
    const job = new AbortController();
    answer = () => job.abort(new Error('The job was cancelled.'));
    await expect(ask(check(), job.signal)).rejects.toThrow('The job was cancelled.');
  });

  test('between two questions', async () => {
    const job = new AbortController();
    answer = (_, response) => {
      response.end('ok', () => setTimeout(() => job.abort(new Error('The job was cancelled.')), 0));
    };
    await expect(ask(check(), job.signal)).rejects.toThrow('The job was cancelled.');
    expect(asked).toBe(1);
  });
});
