import { expect, test } from '@jest/globals';
import { INIT_FLAGS, parseInitOptions } from '../../src/init/init-options.ts';

const SERVER = 'ssh://root@203.0.113.7';

test('a server alone is enough', () => {
  expect(parseInitOptions([SERVER])).toEqual({
    server: { kind: 'ssh', name: SERVER, user: 'root', hostname: '203.0.113.7', port: undefined },
    ...{ user: 'deploy', environment: 'production', repository: undefined, reviewers: [], key: undefined },
    ...{ workflow: '.github/workflows/deliver.yml', fingerprint: undefined, gh: false, yes: false },
    json: false,
  });
});

test('each flag that help shows is taken', () => {
  const values: Readonly<Record<string, string>> = {
    fingerprint: `SHA256:${'a'.repeat(43)}`,
    repository: 'octo/shop',
  };
  const flags = Object.entries(INIT_FLAGS).filter(([name]) => name !== 'help');
  const args = flags.flatMap(([name, { value }]) =>
    value === undefined ? [`--${name}`] : [`--${name}`, values[name] ?? 'text'],
  );
  expect(parseInitOptions([SERVER, ...args])).toMatchObject({
    ...{ reviewers: ['text'], gh: true, yes: true, json: true },
  });
  expect(parseInitOptions([SERVER, '--help'])).toBeUndefined();
});

test.each([
  [[], 'init: name one server: sealift init ssh://root@203.0.113.7.'],
  [[SERVER, SERVER], 'init: name one server: sealift init ssh://root@203.0.113.7.'],
  [
    ['unix:///run/docker.sock'],
    'init: "unix:///run/docker.sock" is no server with SSH. Write ssh://root@host.',
  ],
  [[SERVER, '--user', "a'; reboot"], `--user: "a'; reboot" can't be used.`],
  [[SERVER, '--environment', 'a b'], `--environment: "a b" can't be used.`],
  [[SERVER, '--repository', 'shop'], `--repository: "shop" can't be used. Write OWNER/NAME.`],
  [[SERVER, '--reviewer', '@mona'], `--reviewer: "@mona" can't be used.`],
  [[SERVER, '--fingerprint', 'aa:bb'], `--fingerprint: "aa:bb" can't be used.`],
  [[SERVER, '--hosts', 'x'], "init: Unknown option '--hosts'"],
])('%j is refused', (args, message) => {
  expect(() => parseInitOptions(args)).toThrow(message);
});
