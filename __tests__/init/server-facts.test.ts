import { expect, test } from '@jest/globals';
import { readServerFacts, serverChecks, serverProblem } from '../../src/init/server-facts.ts';

const NOW = 1_800_000_000_000;
const READY = {
  ...{ docker: '/usr/bin/docker', engine: '28.5.2', disk: '20971520', clock: '1800000000', user: '1000' },
  ...{ groups: 'deploy docker', key: 'yes', port80: '', port443: '' },
};
const facts = (changes: Readonly<Record<string, string>> = {}) =>
  readServerFacts(
    Object.entries({ ...READY, ...changes })
      .map(([name, value]) => `sealift.${name}=${value}\n`)
      .join(''),
    NOW,
  );
const wrong = (changes: Readonly<Record<string, string>>) =>
  serverChecks(facts(changes)).filter(({ ok }) => !ok);

test('a server on which nothing is missing', () => {
  expect(facts()).toEqual({
    ...{ hasDocker: true, engine: '28.5.2', disk: 20 * 1024 ** 3, clockAhead: 0 },
    ...{ hasUser: true, isInDockerGroup: true, hasKey: true, takenPorts: new Map() },
  });
  expect(serverProblem(facts())).toBeUndefined();
  expect(serverChecks(facts()).map(({ text }) => text)).toEqual([
    'engine: Docker 28.5.2',
    'disk: 21.5 GB free',
    'clock: right',
    'port 80: free for an app',
    'port 443: free for an app',
  ]);
});

test('what a login prints itself is no fact', () => {
  expect(readServerFacts('Welcome!\nengine=1\nsealift.engine=28.0\n', NOW)).toMatchObject({ engine: '28.0' });
});

test.each([
  [{ docker: '', engine: '' }, /^Docker is not installed there\./],
  [{ engine: '' }, /^its Docker engine does not answer\./],
  [{ engine: '24.0.9' }, /^its Docker engine is 24\.0\.9, and Sealift needs 25 or later\./],
])('an engine that is of no use is a problem: %j', (changes, problem) => {
  expect(serverProblem(facts(changes))).toMatch(problem);
});

test.each([
  [{ disk: '1048576' }, 'disk: 1.1 GB free, which is little for several releases'],
  [{ disk: '' }, 'disk: the free space is unknown'],
  [{ clock: '1800000090' }, 'clock: 90 s ahead of this machine. Let the server set it by NTP'],
  [{ clock: '1799990000' }, 'clock: 10000 s behind this machine. Let the server set it by NTP'],
  [{ port80: 'another program' }, "port 80: another program has it, so an app can't publish it"],
  [{ port443: 'traefik ' }, "port 443: the container traefik has it, so an app can't publish it"],
])('a check that finds something says what: %j', (changes, text) => {
  expect(wrong(changes)).toEqual([{ ok: false, text }]);
});

test('ports that an edge or the front of Sealift has are free for an app', () => {
  expect(wrong({ port80: 'shop-production-edge shop', port443: 'sealift-front front' })).toEqual([]);
});
