import { expect, test } from '@jest/globals';
import { noAnswerText, noPortAnswerText, wrongStatusText } from '../../src/rollout/no-answer-text.ts';

test('says which service gives no answer, on which port, what was seen, and what to change', () => {
  expect(noAnswerText('web', 3000, '/', 'connection refused')).toBe(
    'web gives visitors no answer on its port 3000: connection refused. Usual causes: ' +
      '(1) The app listens on 127.0.0.1 only: let it listen on 0.0.0.0. ' +
      '(2) It listens on another port than 3000: set its port as the container port in the Compose file (or in the input "port"). ' +
      '(3) The port does not speak HTTP: set app_protocol: tcp on it.',
  );
});

test('names health-path first, if the answer takes too long', () => {
  expect(noAnswerText('web', 3000, '/report', 'no answer within 5 s')).toContain(
    'Usual causes: (1) /report takes too long: set "health-path" to a path that is answered sooner.',
  );
});

test('says that the port speaks HTTP/2, or that it does not', () => {
  expect(noAnswerText('web', 3000, '/', 'what it answers is HTTP/2')).toContain(
    '(1) The port speaks nothing but HTTP/2: set app_protocol: h2c on it, or app_protocol: grpc. (2)',
  );
  const other = noAnswerText('web', 3000, '/', 'what it answers is not HTTP/2', 'grpc');
  expect(other).toContain(
    '(3) The port does not speak HTTP/2 without TLS: remove app_protocol: grpc from it.',
  );
});

test('says first that a port speaks TLS, or that it does not', () => {
  expect(noAnswerText('web', 3000, '/', 'what it answers is TLS')).toContain(
    '(1) The service ends TLS itself: set app_protocol: https on the port, so that TLS is passed through. (2)',
  );
  expect(noPortAnswerText('web', 443, 'tls', 'what it answers is not TLS')).toContain(
    '(1) The port does not speak TLS: set app_protocol: http on it, if it is HTTP, or app_protocol: tcp. (2)',
  );
  expect(noPortAnswerText('db', 5432, 'tcp', 'connection refused')).toBe(
    'db gives visitors no answer on its port 5432, which is not HTTP: connection refused. Usual causes: ' +
      '(1) The app listens on 127.0.0.1 only: let it listen on 0.0.0.0. ' +
      '(2) It listens on another port than 5432: set its port as the container port in the Compose file.',
  );
});

test('says as whom the app was asked, and names health-host if it seems to answer to its own name only', () => {
  expect(wrongStatusText('answered 400', { host: 'localhost', scheme: 'http', protocol: 'http' })).toBe(
    'answered 400 to a request for http://localhost. If the app answers to its own name only (ALLOWED_HOSTS, config.hosts), set "health-host" to that name.',
  );
  const named = { host: 'shop.test', scheme: 'https', protocol: 'http' } as const;
  expect(wrongStatusText('answered 400', named)).toBe(
    'answered 400 to a request for https://shop.test. If that status is right, add it to "health-status".',
  );
  expect(wrongStatusText('answered 404', { host: 'localhost', scheme: 'http', protocol: 'http' })).toContain(
    '"health-status"',
  );
});
