import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import { DOCKER_COMPOSE } from '../../src/tools/docker-compose.ts';
import { downloadAddress } from '../../src/tools/mirror.ts';
import { read } from '../support/repository.ts';

const OFFICIAL = 'https://github.com/docker/compose/releases/download/v1.0.0/docker-compose-linux-x86_64';

describe('the address of a download', () => {
  test('is the official one without a mirror', () => {
    expect(downloadAddress(OFFICIAL, {})).toBe(OFFICIAL);
    expect(downloadAddress(OFFICIAL, { SEALIFT_TOOLS_URL: ' ' })).toBe(OFFICIAL);
  });

  test.each(['https://mirror.test/tools', 'https://mirror.test/tools/', ' https://mirror.test/tools\n'])(
    'is the same path on the mirror %j',
    (mirror) => {
      expect(downloadAddress(OFFICIAL, { SEALIFT_TOOLS_URL: mirror })).toBe(
        'https://mirror.test/tools/docker/compose/releases/download/v1.0.0/docker-compose-linux-x86_64',
      );
    },
  );

  test.each([
    ['mirror.test', ' is not the URL of a mirror'],
    ['ftp://me:secret@mirror.test', ' is not the URL of a mirror'],
    ['https://me@mirror.test', ': a user name, a password'],
    ['https://me:secret@mirror.test', ': a user name, a password'],
    ['https://:secret@mirror.test', ': a user name, a password'],
    ['https://mirror.test/?token=secret', ': a user name, a password'],
    ['https://mirror.test/#part', ': a user name, a password'],
  ])('is refused for the mirror %s, without a password in the message', (mirror, message) => {
    const address = (): string => downloadAddress(OFFICIAL, { SEALIFT_TOOLS_URL: mirror });
    expect(address).toThrow(ConfigurationError);
    expect(address).toThrow(`SEALIFT_TOOLS_URL${message}`);
    expect(address).not.toThrow('secret');
  });
});

test('the README says which release of Compose is used, and at which path a mirror has it', () => {
  const readme = read('README.md');
  expect(readme).toContain(`${DOCKER_COMPOSE.title} ${DOCKER_COMPOSE.version}`);
  expect(readme).toContain(new URL(DOCKER_COMPOSE.files['linux-x64']?.url ?? '').pathname);
});

test('Compose is pinned to one release for x64 and arm64, each by its own checksum', () => {
  const { version, files } = DOCKER_COMPOSE;
  const release = `https://github.com/docker/compose/releases/download/v${version}`;
  expect(Object.entries(files).map(([runner, file]) => [runner, file?.url])).toEqual([
    ['linux-x64', `${release}/docker-compose-linux-x86_64`],
    ['linux-arm64', `${release}/docker-compose-linux-aarch64`],
  ]);
  const checksums = Object.values(files).map(({ sha256 }) => sha256);
  for (const checksum of checksums) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(checksums).size).toBe(2);
});
