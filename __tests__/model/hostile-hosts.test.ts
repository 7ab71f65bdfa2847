import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hostArguments } from '../../src/engine/ssh-settings.ts';
import { ConfigurationError } from '../../src/model/errors.ts';
import { type HostAddress, parseHostAddress } from '../../src/model/host-address.ts';

/** What could become more than a name: an option of ssh, a command of a shell, a token of ssh_config, a second line. */
const HOSTILE = [
  ...[
    '-oProxyCommand=id',
    '--',
    '-',
    '$(id)',
    '`id`',
    ';id',
    '|id',
    '&',
    '>x',
    '<x',
    '%h',
    '%%',
    '%n',
    '$HOME',
    '"',
    "'",
  ],
  ...[
    '\\',
    '\n',
    '\r\n',
    '\0',
    '\t',
    ' ',
    '#',
    '*',
    '?',
    '!',
    '{a,b}',
    '[::1]',
    '@',
    ':',
    '/',
    '//',
    '..',
    '~',
    ',',
  ],
  ...['\u202e', 'ä', '日本', '\u{1f6a2}', '::set-output name=x::y', '::add-mask::x', '<b>', 'x'.repeat(300)],
  ...['deploy', 'example.com', '10.0.0.1', '22', '65536', '0', '-1', 'root'],
];
const fragment = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 5 })), { maxLength: 3 })
  .map((parts) => parts.join(''));
const line = fc.oneof(
  fc.tuple(fragment, fragment, fragment).map(([user, host, port]) => `ssh://${user}@${host}:${port}`),
  fc.tuple(fragment, fragment).map(([host, port]) => `tcp://${host}:${port}`),
  fc.tuple(fragment, fragment).map(([user, host]) => `ssh://${user}@${host}`),
  fragment.map((path) => `unix:///${path}`),
  fragment,
);

function parsed(text: string): HostAddress | undefined {
  try {
    return parseHostAddress(text);
  } catch (error) {
    // Its message names the input, so that a person finds the line; never a bare error of the language.
    expect(error).toBeInstanceOf(ConfigurationError);
    return undefined;
  }
}

test('no line of hosts becomes an option of ssh, a command of a shell or more than one word: 10,000 hostile ones', () => {
  let accepted = 0;
  fc.assert(
    fc.property(line, (text) => {
      const address = parsed(text);
      if (address === undefined) return;
      accepted += 1;
      // The name stands in logs, in the summary and in records.
      expect(address.name).not.toMatch(/[\p{Cc}\u202A-\u202E]/u);
      if (address.kind !== 'ssh') return;
      const words = hostArguments(address);
      // ssh_config(5) gives both to the shell of a ProxyCommand, as %h and %r.
      const { user, hostname } = address;
      expect(hostname).toMatch(/^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/);
      if (user !== undefined) expect(user).toMatch(/^\w([\w.@+\\-]*[\w.@+-])?\$?$/);
      const login = user === undefined ? [] : ['-l', user];
      const port = address.port === undefined ? [] : ['-p', String(address.port)];
      expect(words).toEqual([...login, ...port, '--', hostname]);
    }),
    { numRuns: 10_000 },
  );
  expect(accepted).toBeGreaterThan(100);
});
