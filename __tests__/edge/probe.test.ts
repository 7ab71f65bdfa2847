import { expect, test } from '@jest/globals';
import { parseProbeResults } from '../../src/edge/probe.ts';

const PRINTED = [
  'a-web-1:80 200 ',
  'b-web-1:80 301 ',
  'c-db-1:5432 open ',
  'd-web-1:80 503 ',
  'e-web-1:80 dial tcp 10.0.0.2:80: connect: connection refused ',
  'f-web-1:80 ',
  "g-web-1:80 nc: can't connect to remote host (10.0.0.2): Connection refused ",
  'h-web-1:80 net/http: timeout awaiting response headers ',
  'i-web-1:80 dial tcp 10.0.0.2:80: i/o timeout ',
  'j-web-1:80 EOF ',
  'k-web-1:80 net/http: HTTP/1.x transport connection broken: malformed HTTP response "-ERR" ',
  'l-web-1:80 dial tcp: lookup l-web-1 on 127.0.0.11:53: no such host ',
  'n-web-1:80 net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00\\x00\\x12\\x04\\x00\\x00" ',
  'o-web-1:80 http2: failed reading the frame payload ',
  'p-web-1:80 TLS ',
  'q-web-1:80 net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01" ',
  'm-web-1:80 readLoopPeekFailLocked: %!w(<nil>) ',
].join('\n');

const NO_ANSWERS = {
  'e-web-1:80': { ok: false, failure: 'connection refused' },
  'f-web-1:80': { ok: false, failure: 'no answer' },
  'g-web-1:80': { ok: false, failure: 'connection refused' },
  'h-web-1:80': { ok: false, failure: 'no answer within 5 s' },
  'i-web-1:80': { ok: false, failure: 'no connection within 2 s' },
  'j-web-1:80': { ok: false, failure: 'the connection was closed without an answer' },
  'k-web-1:80': { ok: false, failure: 'what it answers is not HTTP' },
  'n-web-1:80': { ok: false, failure: 'what it answers is HTTP/2' },
  'o-web-1:80': { ok: false, failure: 'what it answers is not HTTP/2' },
  'p-web-1:80': { ok: false, failure: 'what it answers is TLS' },
  'q-web-1:80': { ok: false, failure: 'what it answers is TLS' },
  'm-web-1:80': { ok: false, failure: 'what it answers is not HTTP' },
  'l-web-1:80': { ok: false, failure: 'dial tcp: lookup l-web-1 on 127.0.0.11:53: no such host' },
};

test('the printed lines of a probe become one result for each container', () => {
  expect(Object.fromEntries(parseProbeResults(PRINTED))).toEqual({
    'a-web-1:80': { ok: true },
    'b-web-1:80': { ok: true },
    'c-db-1:5432': { ok: true },
    'd-web-1:80': { ok: false, failure: 'answered 503' },
    ...NO_ANSWERS,
  });
});

test('where any answer is enough, every status code is one', () => {
  expect(Object.fromEntries(parseProbeResults(PRINTED, 'any'))).toMatchObject({
    'b-web-1:80': { ok: true },
    'd-web-1:80': { ok: true },
    ...NO_ANSWERS,
  });
});

test('where other status codes are a success, no other is one', () => {
  expect(Object.fromEntries(parseProbeResults(PRINTED, [301, 503]))).toMatchObject({
    'a-web-1:80': { ok: false, failure: 'answered 200' },
    'b-web-1:80': { ok: true },
    'd-web-1:80': { ok: true },
  });
});

test("a server that is not well by gRPC's health check is no success, but an answer", () => {
  expect(parseProbeResults('a-web-1:80 NOT_SERVING').get('a-web-1:80')).toEqual({
    ok: false,
    failure: 'answered NOT_SERVING',
  });
  expect(parseProbeResults('a-web-1:80 NOT_SERVING', 'any').get('a-web-1:80')).toEqual({ ok: true });
});
