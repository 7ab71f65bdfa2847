import { readFileSync } from 'node:fs';
import { isDeclaredInput } from './inputs/declared-inputs.ts';
import { failureAnnotations } from './report/annotations.ts';
import { annotateFailure, consoleLog } from './report/console.ts';
import { failureText } from './report/failures.ts';
import type { Report } from './report/report.ts';
import type { ReportDraft } from './report/report-draft.ts';
import { githubVariables } from './run/github-variables.ts';

/** Logs an error with its evidence, puts it into the report, and fails the step with annotations where they belong. */
export function reportFailure(error: unknown, report: ReportDraft<Report>): void {
  const { cause, headline, details, lines } = failureText(error, report.current.state);
  for (const line of lines) consoleLog.info(line);
  report.setHead({ error: cause, details });
  const sources = { isInput: isDeclaredInput, workflowJob: githubVariables(), readText: readCheckoutFile };
  for (const annotation of failureAnnotations(error, headline, report.current, sources))
    annotateFailure(annotation);
}

function readCheckoutFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
