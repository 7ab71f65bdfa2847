import { digestOf, isPlaceholder, type PinnedImage } from '../model/image.ts';
import type { DeploymentReport, Report, StatusReport } from './report.ts';

export type OutputName =
  | 'image'
  | 'digest'
  | 'tags'
  | 'release'
  | 'previous-release'
  | 'revision'
  | 'healthy'
  | 'rolled-back'
  | 'environment-url'
  | 'protected'
  | 'archive'
  | 'report';

type Outputs = Readonly<Partial<Record<OutputName, string>>>;

/** The outputs of the command that is reported, as its action.yml declares them. Pure. */
export function outputsOf(report: Report): Outputs {
  return { ...ownOutputs(report), report: reportJson(report) };
}

function ownOutputs(report: Report): Outputs {
  switch (report.command) {
    case 'deliver':
      return { ...deploymentOutputs(report), tags: report.tags.join('\n') };
    case 'deploy':
    case 'import':
    case 'rollback':
      return deploymentOutputs(report);
    case 'build':
      return { ...imageOutputs(report), tags: report.tags.join('\n') };
    case 'status':
      return {
        image: imageOutputs(report).image,
        release: report.live ?? '',
        'previous-release': report.previous ?? '',
        revision: report.revision ?? '',
        healthy: String(isHealthy(report)),
      };
    case 'remove':
    case 'unlock':
    case 'logs':
      return {};
    case 'export':
      return {
        ...imageOutputs(report),
        archive: report.archive?.file ?? '',
        release: report.archive === undefined ? '' : (report.release ?? ''),
      };
    case 'gate':
      return { protected: String(report.approval?.kind === 'awaited') };
  }
}

const deploymentOutputs = (report: DeploymentReport): Outputs => ({
  ...imageOutputs(report),
  release: report.live ?? '',
  'previous-release': report.previous ?? '',
  'rolled-back': String(hasRolledBack(report)),
  'environment-url': report.environmentUrl ?? '',
});

/** One image is given alone, several as lines of `service=reference`. */
function imageOutputs(report: Pick<DeploymentReport, 'images'>): {
  readonly image: string;
  readonly digest: string;
} {
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
  };
}

/** Whether a status has found the same healthy release on all hosts. */
function isHealthy({ live, hosts }: StatusReport): boolean {
  return live !== undefined && hosts.every(({ healthy }) => healthy === true);
}

/**
 * Whether an earlier release has the traffic because the new one failed. Not after a first deploy, which has no earlier
 * release; not after a failed repair of the live release; and not if it is unknown what one of the hosts serves.
 */
function hasRolledBack({ result, release, hosts }: DeploymentReport): boolean {
  return (
    result === 'rolled-back' &&
    hosts.every(({ unknown }) => unknown !== true) &&
    hosts.some(({ is }) => is !== undefined && is !== release)
  );
}

/** In characters. The runner accepts outputs of 1 MB per job, counted in UTF-16, and fails on more. */
const MAX_REPORT_LENGTH = 400_000;

/** The report as one line of JSON, for programs. Pure. */
export function reportJson(report: Report): string {
  const document = documentOf(report);
  const json = JSON.stringify(document);
  if (json.length <= MAX_REPORT_LENGTH) return json;
  const evidence = document.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...document, details: [], steps: [], evidence });
}

/** Lists that a report of another command has are there, and empty: whoever reads the document need not ask for the command first. */
function documentOf(report: Report) {
  const lists = { tags: [], hosts: [], history: [], removed: [], steps: [], evidence: [], warnings: [] };
  // For the summary alone.
  const all = { images: {}, ...lists, ...report, rollbackHint: undefined };
  return { ...all, hosts: all.hosts.map((host) => ({ kept: [], ...host })) };
}
