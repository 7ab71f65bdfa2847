import * as core from '@actions/core';
import { digestOf, isPlaceholder, type PinnedImage } from '../model/image.ts';
import type { Command } from '../model/request.ts';
import type { Report } from './report.ts';
import { jobSummary } from './summary.ts';

const DEPLOY_OUTPUTS = [
  'image',
  'digest',
  'release',
  'previous-release',
  'rolled-back',
  'environment-url',
  'report',
] as const;

/** The outputs of each command, as its action.yml declares them. */
const OUTPUTS = {
  deliver: [...DEPLOY_OUTPUTS, 'tags'],
  build: ['image', 'digest', 'tags', 'report'],
  deploy: DEPLOY_OUTPUTS,
  rollback: DEPLOY_OUTPUTS,
  status: ['image', 'release', 'previous-release', 'revision', 'healthy', 'report'],
  gate: ['protected', 'report'],
  remove: ['report'],
} as const satisfies Record<Command, readonly string[]>;

export type OutputName = (typeof OUTPUTS)[Command][number];

/** The outputs of the command that is reported. One image is given alone, several as lines of `service=reference`. Pure. */
export function outputsOf(report: Report): Readonly<Partial<Record<OutputName, string>>> {
  const values = outputValues(report);
  return Object.fromEntries(OUTPUTS[report.command].map((name) => [name, values[name]]));
}

function outputValues(report: Report): Readonly<Record<OutputName, string>> {
  // An image that is not built yet has no digest that a later job could deploy.
  const images = Object.entries(report.images).filter(([, image]) => !isPlaceholder(image));
  const only = new Set(images.map(([, image]) => image)).size === 1 ? images[0]?.[1] : undefined;
  const lines = (value: (image: PinnedImage) => string): string =>
    images
      .map(([service, image]) => (service === '' ? value(image) : `${service}=${value(image)}`))
      .join('\n');
  return {
    image: only ?? lines((image) => image),
    digest: only === undefined ? lines(digestOf) : digestOf(only),
    tags: report.tags.join('\n'),
    release: report.live ?? '',
    'previous-release': report.previous ?? '',
    revision: report.revision ?? '',
    healthy: String(isHealthy(report)),
    'rolled-back': String(hasRolledBack(report)),
    'environment-url': report.environmentUrl ?? '',
    protected: String(report.approval?.kind === 'approved' || report.approval?.kind === 'awaited'),
    report: reportJson(report),
  };
}

/** Whether a status has found the same healthy release on all hosts. */
function isHealthy({ live, hosts }: Report): boolean {
  return live !== undefined && hosts.every(({ healthy }) => healthy === true);
}

/**
 * Whether an earlier release has the traffic because the new one failed. Not after a first deploy, which has no earlier
 * release; not after a failed repair of the live release; and not if it is unknown what one of the hosts serves.
 */
function hasRolledBack({ result, release, hosts }: Report): boolean {
  return (
    result === 'rolled-back' &&
    hosts.every(({ unknown }) => unknown !== true) &&
    hosts.some(({ is }) => is !== undefined && is !== release)
  );
}

/** In characters. The runner accepts outputs of 1 MB per job, counted in UTF-16, and fails on more. */
const MAX_REPORT_LENGTH = 400_000;

function reportJson(report: Report): string {
  const json = JSON.stringify(report);
  if (json.length <= MAX_REPORT_LENGTH) return json;
  const evidence = report.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...report, details: [], steps: [], evidence });
}

/** Sets the outputs and writes the job summary. */
export async function publishReport(report: Report): Promise<void> {
  for (const [name, value] of Object.entries(outputsOf(report))) core.setOutput(name, value);
  if (process.env['GITHUB_STEP_SUMMARY'] !== undefined) await core.summary.addRaw(jobSummary(report)).write();
}
