import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../../src/model/errors.ts';
import { failureText } from '../../src/report/failures.ts';
import { hostileText } from '../support/hostile-text.ts';
import { parseCommand } from '../support/runner/workflow-commands.ts';
import { actionFile, COMMANDS, readInputs, useRunnerEnvironment, workflowCommands } from './runner.ts';

useRunnerEnvironment();
const INPUTS = COMMANDS.flatMap((command) =>
  Object.keys(actionFile(command).inputs).map((name) => ({ command, name })),
);
/** Their values must not be in a message. */
const SECRET = /password|key|passphrase|token|secrets|^env$/;

/** The message of the error, if the input is refused. */
function refusal(command: (typeof COMMANDS)[number], name: string, text: string): string | undefined {
  try {
    readInputs(command, { [name]: text });
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return failureText(error, '').headline;
  }
}

test('any input is taken as it is, or refused with a message of plain text: 1,500 hostile ones', () => {
  let refused = 0;
  fc.assert(
    // The environment of a process is UTF-8 without NUL.
    fc.property(fc.constantFrom(...INPUTS), hostileText(/\0|\p{Cs}/gu), ({ command, name }, text) => {
      const message = refusal(command, name, text);
      // Another command, which has other inputs, comes next.
      for (const each of Object.keys(process.env)) if (each.startsWith('INPUT_')) delete process.env[each];
      if (message === undefined) return;
      refused += 1;
      expect(message.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
      if (SECRET.test(name) && text.trim().length >= 8) expect(message).not.toContain(text.trim());
    }),
    { numRuns: 1_500 },
  );
  expect(refused).toBeGreaterThan(100);
  const commands = workflowCommands().flatMap((line) => parseCommand(line)?.name ?? []);
  expect(new Set(commands.filter((name) => name !== 'add-mask'))).toEqual(new Set());
});
