import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { askRetryAfter, retryAfterInText, retryAfterOfHeader } from '../../src/run/retry-after.ts';

test.each([
  ['toomanyrequests: retry-after: 2s, allowed: 44000/minute', 2_000],
  ['toomanyrequests: Retry-After: 1m30.5s', 90_500],
  ['retry-after 250ms', 1_000],
  ['retry-after: 1h', 3_600_000],
  ['retry-after: 152.471µs, allowed: 44000/minute', 1_000],
  ['toomanyrequests: too many requests', undefined],
  ['retry-after: soon', undefined],
])('the text %p asks for %p ms', (text, milliseconds) => {
  expect(retryAfterInText(text)).toBe(milliseconds);
});

test.each([
  ['120', 120_000],
  ['0', 1_000],
  ['Fri, 02 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 00:00:00 GMT', 1_000],
  ['soon', undefined],
  [null, undefined],
])('the header %p asks for %p ms', (header, milliseconds) => {
  expect(retryAfterOfHeader(header, Date.parse('2026-01-02T00:00:00Z'))).toBe(milliseconds);
});

describe('a registry that is asked when it will answer again', () => {
  let server: Server;
  let answer: RequestListener;
  const asked: string[] = [];
  beforeEach(async () => {
    asked.length = 0;
    server = createServer((question, response) => {
      asked.push(`${question.method} ${question.url} ${question.headers.authorization ?? 'by nobody'}`);
      answer(question, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask = (image: string): Promise<number | undefined> =>
    askRetryAfter(
      `127.0.0.1:${(server.address() as AddressInfo).port}/${image}`,
      new AbortController().signal,
    );

  test.each([429, 503])('says so with a status of %d, and nobody is logged in for that', async (status) => {
    answer = (_, response) => response.writeHead(status, { 'retry-after': '9' }).end();
    expect(await ask('me/shop:v1')).toBe(9_000);
    expect(asked).toEqual(['HEAD /v2/me/shop/manifests/v1 by nobody']);
  });

  test('is asked for the digest, or the tag latest', async () => {
    answer = (_, response) => response.writeHead(429, { 'retry-after': '1' }).end();
    const digest = `sha256:${'a'.repeat(64)}`;
    await ask(`me/shop:v1@${digest}`);
    await ask('shop');
    expect(asked).toEqual([
      `HEAD /v2/me/shop/manifests/${digest} by nobody`,
      'HEAD /v2/shop/manifests/latest by nobody',
    ]);
  });

  test.each([200, 401, 404, 500])('does not say so with a status of %d', async (status) => {
    answer = (_, response) => response.writeHead(status, { 'retry-after': '9' }).end();
    expect(await ask('shop')).toBeUndefined();
  });

  test('does not say so if it does not answer', async () => {
    answer = ({ socket }) => socket.destroy();
    expect(await ask('shop')).toBeUndefined();
  });
});
