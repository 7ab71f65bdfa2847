import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/model/errors.ts';
import { hostileText } from '../support/hostile-text.ts';
import { SECURE, sshSettings } from './effective-settings.ts';

const { files, effective } = sshSettings();

const LINES = [
  'StrictHostKeyChecking no',
  'UserKnownHostsFile /tmp/other',
  'KnownHostsCommand /bin/x',
  'RemoteCommand id',
  'LocalForward 1 a:2',
  'Tunnel yes',
  'IdentityAgent none',
  'ForwardAgent yes',
];
const BEFORE = ['', '=', '= ', '"" ', '""', '"', '\t', '\f', '\v', '\u00A0', '\uFEFF', '\\', "'"];
const BREAKS = ['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\\\n', ' \n=', '#\n'];
const INSIDE = ['', '"', '""', '=', ' ', '\\', '\u200B', '\t'];

/** Such a line that looks as if it were another. */
const disguised = fc
  .record({
    line: fc.constantFrom(...LINES),
    before: fc.constantFrom(...BEFORE),
    inside: fc.constantFrom(...INSIDE),
    places: fc.tuple(fc.nat(24), fc.nat(24)),
  })
  .map(({ line, before, inside, places }) =>
    // The same twice: quotation marks come in pairs.
    [Math.max(...places), Math.min(...places)].reduce(
      (text, place) => `${text.slice(0, place)}${inside}${text.slice(place)}`,
      `${before}${line}`,
    ),
  );

test('whatever the lines of ssh-config look like, they are refused, or ssh is as safe as without them: 500 hostile ones', () => {
  const outcomes = { refused: 0, 'refused by ssh': 0, taken: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...BREAKS),
      fc.constantFrom('User x', 'Host server', 'Match all', '#', ''),
      disguised,
      fc.oneof(fc.constant(''), hostileText(/\0/g)),
      (lineBreak, first, second, third) => {
        let settings: ReadonlyMap<string, string>;
        try {
          settings = effective([first, second, third].join(lineBreak), 'server');
        } catch (error) {
          outcomes[error instanceof ConfigurationError ? 'refused' : 'refused by ssh'] += 1;
          // Nothing else may fail but ssh itself.
          if (!(error instanceof ConfigurationError)) expect(error).toHaveProperty('status', 255);
          return;
        }
        outcomes.taken += 1;
        expect(Object.fromEntries(Object.keys(SECURE).map((key) => [key, settings.get(key)]))).toEqual(
          SECURE,
        );
        expect(settings.get('userknownhostsfile')).not.toContain('/tmp/other');
        expect(settings.get('identityagent')).toBe(files.agentSocket);
        expect(settings.get('tunnel')).toBe('false');
        for (const keyword of ['knownhostscommand', 'remotecommand', 'localforward'])
          expect(settings.get(keyword)).toBeUndefined();
      },
    ),
    { numRuns: 500 },
  );
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(20);
});
