import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UrlCheck } from '../../src/model/deploy-options.ts';
import { checkUrl } from '../../src/rollout/url-check.ts';
import type { WaitStatus } from '../../src/rollout/wait-status.ts';

let server: Server;
let requests: number;
let answer: RequestListener;

beforeEach(async () => {
  requests = 0;
  answer = (_, response) => response.end('ok');
  server = createServer((request, response) => {
    requests += 1;
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
/** With a shorter interval. */
const runCheck = (what: UrlCheck, signal = never, waitStatus: WaitStatus = {}): Promise<string> =>
  checkUrl(what, signal, waitStatus, 5);

/** An address at which nothing listens. */
async function unusedAddress(host: string): Promise<string> {
  const url = at().replace('127.0.0.1', host);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

/** Answers with these status codes in turn, then always with the last one. */
const answerWith = (...codes: readonly number[]): void => {
  answer = (_, response) => {
    response.statusCode = codes[Math.min(requests, codes.length) - 1] ?? 200;
    response.end('ok');
  };
};

describe('the URL check passes', () => {
  test('after several successes, since one success proves nothing', async () => {
    await expect(runCheck(check())).resolves.toBe('200, 3 times in a row');
    expect(requests).toBe(3);
  });

  test('only after successes in a row', async () => {
    answerWith(503, 200, 200, 502, 200);
    await expect(runCheck(check())).resolves.toBe('200, 3 times in a row');
    expect(requests).toBe(4 + 3);
  });

  test.each<[string, Partial<UrlCheck>]>([
    ['any of several status codes', { status: [200, 204] }],
    ['a text in the body', { body: 'version 2' }],
    ['a pattern in the body', { body: /VERSION \d/i }],
  ])('with %s', async (_, changes) => {
    answer = (_request, response) => response.end('<p>version 2</p>');
    await expect(runCheck(check(changes))).resolves.toMatch(/^200,/);
  });

  test('with an expected status code that is no success', async () => {
    answerWith(404);
    await expect(runCheck(check({ status: [404] }))).resolves.toMatch(/^404,/);
  });

  test('after a redirect', async () => {
    answer = ({ url }, response) =>
      url === '/up' ? response.writeHead(302, { location: '/in' }).end() : response.end('welcome');
    await expect(runCheck(check({ body: 'welcome' }))).resolves.toMatch(/^200,/);
  });

  test('with an expected redirect, which is not followed', async () => {
    answer = (_, response) => response.writeHead(301, { location: 'http://127.0.0.1:1/' }).end();
    await expect(runCheck(check({ status: [301, 308] }))).resolves.toMatch(/^301,/);
  });
});

test('the URL check shows its limit and the last answer while it goes on', async () => {
  const status: WaitStatus = {};
  const seen: unknown[] = [];
  answer = async (_, response) => {
    seen.push(await status.look?.());
    response.statusCode = requests === 1 ? 503 : 200;
    response.end();
  };
  await runCheck(check(), never, status);
  expect(status.limit).toBe(2_000);
  expect(seen).toEqual([
    undefined,
    'it answered 503',
    'it answered 200, but not 3 times in a row',
    'it answered 200, but not 3 times in a row',
  ]);
});

describe('the URL check fails', () => {
  const failureIn = async (timeout: number, changes: Partial<UrlCheck> = {}): Promise<string> => {
    const error: unknown = await runCheck(check({ timeout, ...changes })).catch((reason: unknown) => reason);
    return error instanceof Error ? error.message : 'no error';
  };

  /** On a busy machine an answer may take longer than the first limit. */
  const failureText = async (changes: Partial<UrlCheck>): Promise<string> => {
    for (let timeout = 250; ; timeout *= 2) {
      const text = await failureIn(timeout, changes);
      if (timeout > 10_000 || !text.includes('no answer within')) return text;
    }
  };

  test('with the last answer, and what to change', async () => {
    answerWith(500, 500, 503);
    const text = await failureText({});
    expect(text.replace(/within \d+m?s:/, 'within 1s:')).toBe(
      `url: ${at()} did not answer as expected within 1s: it answered 503. ` +
        'Check the address, "url-status" and "url-body", or increase "url-timeout".',
    );
  });

  test('if the body does not match', async () => {
    expect(await failureText({ body: 'version 2' })).toContain(
      'it answered 200, but its body does not match "url-body"',
    );
  });

  test('if successes and failures alternate', async () => {
    answer = (_, response) => response.writeHead(requests % 2 === 0 ? 200 : 503).end();
    expect(await failureText({})).toMatch(/it answered (503|200, but not 3 times in a row)\./);
  });

  test('if the time is over before there are enough successes', async () => {
    answer = (_, response) => requests === 1 && response.end('ok');
    expect(await failureText({})).toContain('it answered 200, but not 3 times in a row');
  });

  test('if nothing listens at the address', async () => {
    expect(await failureText({ url: await unusedAddress('127.0.0.1') })).toContain(
      'connect ECONNREFUSED 127.0.0.1',
    );
  });

  test('if nothing listens at any address of the name', async () => {
    expect(await failureText({ url: await unusedAddress('localhost') })).toMatch(/connect ECONNREFUSED/);
  });

  test('if the name is not known', async () => {
    expect(await failureText({ url: 'http://nowhere.invalid/' })).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test('if the server does not speak TLS', async () => {
    expect(await failureText({ url: at().replace('http:', 'https:') })).toMatch(/SSL|TLS|wrong version/i);
  });

  test('if the server closes the connection', async () => {
    answer = ({ socket }) => socket.destroy();
    expect(await failureText({})).toMatch(/other side closed|ECONNRESET|socket hang up/);
  });

  test('in time if the server hangs', async () => {
    answer = () => undefined;
    expect(await failureIn(300)).toMatch(/no answer within \d+ms/);
  });

  test('in time if the body never ends', async () => {
    answer = (_, response) => response.write('half');
    expect(await failureIn(300)).toMatch(/no answer within \d+ms/);
  });
});

describe('the URL check ends when the job is cancelled', () => {
  test('while it waits for an answer', async () => {
    const job = new AbortController();
    answer = () => job.abort(new Error('The job was cancelled.'));
    await expect(runCheck(check(), job.signal)).rejects.toThrow('The job was cancelled.');
  });

  test('between two requests', async () => {
    const job = new AbortController();
    answer = (_, response) => {
      response.end('ok', () => setTimeout(() => job.abort(new Error('The job was cancelled.')), 0));
    };
    await expect(runCheck(check(), job.signal)).rejects.toThrow('The job was cancelled.');
    expect(requests).toBe(1);
  });
});
