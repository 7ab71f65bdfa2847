import * as core from '@actions/core';
import { digestOf, isPlaceholder } from '../model/image.ts';
import type { Report } from './report.ts';
import { jobSummary } from './summary.ts';

/** As action.yml declares them. */
export type OutputName =
  | 'image'
  | 'digest'
  | 'tags'
  | 'release'
  | 'previous-release'
  | 'rolled-back'
  | 'environment-url'
  | 'report';

/** The action's outputs by name. With one image its reference stands alone, with several one `service=reference` a line. Pure. */
export function outputsOf(report: Report): Readonly<Record<OutputName, string>> {
  // What is not built yet has no digest that a later job could deploy.
  const images = Object.entries(report.images).filter(([, image]) => !isPlaceholder(image));
  const only = new Set(images.map(([, image]) => image)).size === 1 ? images[0]?.[1] : undefined;
  const lines = (value: (image: (typeof images)[number][1]) => string): string =>
    images
      .map(([service, image]) => (service === '' ? value(image) : `${service}=${value(image)}`))
      .join('\n');
  return {
    image: only ?? lines((image) => image),
    digest: only === undefined ? lines(digestOf) : digestOf(only),
    tags: report.tags.join('\n'),
    release: report.live ?? '',
    'previous-release': report.previous ?? '',
    'rolled-back': String(hasRolledBack(report)),
    'environment-url': report.environmentUrl ?? '',
    report: reportJson(report),
  };
}

/**
 * Whether a release from before has the traffic because the new one failed. A first deploy has none to go back to, one that
 * fails to mend what is live does not go back, and of a host that could not be moved back nobody knows.
 */
function hasRolledBack({ result, release, hosts }: Report): boolean {
  return (
    result === 'rolled-back' &&
    hosts.every(({ unknown }) => unknown !== true) &&
    hosts.some(({ is }) => is !== undefined && is !== release)
  );
}

/** A job may give outputs of 1 MB, in UTF-16; more is an error, and not worth one. */
const MAX_REPORT_LENGTH = 400_000;

function reportJson(report: Report): string {
  const whole = JSON.stringify(report);
  if (whole.length <= MAX_REPORT_LENGTH) return whole;
  const evidence = report.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...report, details: [], steps: [], evidence });
}

/** Tells the runner: outputs and the job summary. */
export async function publishReport(report: Report): Promise<void> {
  for (const [name, value] of Object.entries(outputsOf(report))) core.setOutput(name, value);
  if (process.env['GITHUB_STEP_SUMMARY'] !== undefined) await core.summary.addRaw(jobSummary(report)).write();
}
