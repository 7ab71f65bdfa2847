import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plainText } from '../../src/model/plain-text.ts';
import { escapeWorkflowCommands, quoteOutput } from '../../src/report/log-text.ts';
import { jobSummary } from '../../src/report/summary.ts';
import { hostileText } from '../support/hostile-text.ts';
import { parseCommand } from '../support/runner/workflow-commands.ts';
import { withText } from './hostile.ts';
import { outline } from './outline.ts';
import { SAMPLES } from './samples.ts';

const isVisible = (text: string): boolean => plainText(text).trim() !== '';

test('no text of a user, a server or a program changes the structure of the summary: 1,000 hostile ones', () => {
  const samples = Object.values(SAMPLES).map((report) => ({
    report,
    plain: outline(jobSummary(withText(report, 'x'))),
  }));
  fc.assert(
    // Of what has no visible character, Sealift's own sentences are never made.
    fc.property(hostileText().filter(isVisible), fc.constantFrom(...samples), (text, { report, plain }) => {
      expect(outline(jobSummary(withText(report, text)))).toEqual(plain);
    }),
    { numRuns: 1_000 },
  );
});

test('no line of the log is a command to the runner, whoever has said it: 3,000 hostile texts', () => {
  fc.assert(
    fc.property(hostileText(), (text) => {
      const lines = [text, ...quoteOutput([text])].flatMap((each) =>
        // The runner's reader ends lines at each of these.
        escapeWorkflowCommands(each).split(/\r\n|\r|\n/),
      );
      expect(lines.flatMap((line) => parseCommand(line) ?? [])).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});
