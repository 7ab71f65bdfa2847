import { formatBytes } from '../model/bytes.ts';
import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/identifiers.ts';
import { shorten } from '../model/plain-text.ts';
import { formatNamesAsCode } from './code-format.ts';
import type { DeploymentHost } from './host-report.ts';
import { codeSpan, markdownTable } from './markdown.ts';
import type { DeploymentReport, RemovalReport } from './report.ts';
import type { StepReport } from './step-report.ts';
import { hasFailed } from './steps.ts';

/** Rows of the table. Of more hosts, those that are not as all others come first. */
const MAX_HOST_ROWS = 100;
/** In characters. The error and the steps have the rest. */
const MAX_REASON_LENGTH = 1_000;

/** What each host served and serves, what it pulled, and why. Pure. */
export function hostsTable(report: DeploymentReport | RemovalReport): string {
  const { result, steps } = report;
  const hosts: readonly DeploymentHost[] = report.hosts;
  if (result === 'planned' || hosts.length === 0) return '';
  const own = Map.groupBy(steps, ({ host }) => host);
  const stepsOf = (host: HostName): readonly StepReport[] => own.get(host) ?? [];
  const pulled = new Map(hosts.map(({ host }) => [host, pulledBytes(stepsOf(host))]));
  const markOf = (host: DeploymentHost): string => mark(result, host, stepsOf(host.host));
  const columns: readonly (readonly [
    title: string,
    cell: (host: DeploymentHost) => string,
    isUsed: boolean,
  ])[] = [
    ['Host', ({ host }) => codeSpan(host), true],
    ['Before', ({ was }) => releaseSpan(was), true],
    ['Now', ({ is, unknown }) => (unknown ? '**unknown**' : releaseSpan(is)), true],
    [
      'Pulled',
      ({ host }) => sizeText(pulled.get(host)),
      [...pulled.values()].some((bytes) => bytes !== undefined),
    ],
    [
      'Downtime',
      ({ downtime }) => (downtime === undefined ? '–' : formatDuration(downtime.durationMs)),
      hosts.some(({ downtime }) => downtime !== undefined),
    ],
    [
      'Result',
      (host) => `${markOf(host)} ${formatNamesAsCode(report, shorten(host.why, MAX_REASON_LENGTH))}`,
      true,
    ],
  ];
  const used = columns.filter(([, , isUsed]) => isUsed);
  const shown = mostNotableFirst(hosts, markOf).slice(0, MAX_HOST_ROWS);
  const table = markdownTable(
    used.map(([title]) => title),
    shown.map((host) => used.map(([, cell]) => cell(host))),
  );
  const more = hosts.length - shown.length;
  return more === 0 ? table : `${table}\n\nAnd ${more} more hosts, each as one of these. The log has all.`;
}

/** In the order of the input, unless there are too many. */
function mostNotableFirst(
  hosts: readonly DeploymentHost[],
  markOf: (host: DeploymentHost) => string,
): readonly DeploymentHost[] {
  if (hosts.length <= MAX_HOST_ROWS) return hosts;
  const rank = (host: DeploymentHost): number => ['❌', '⚠️', '↩️', '–', '✅'].indexOf(markOf(host));
  return hosts.toSorted((one, other) => rank(one) - rank(other));
}

function mark(
  result: (DeploymentReport | RemovalReport)['result'],
  { unknown, rollbackIncomplete, unreachable }: DeploymentHost,
  steps: readonly StepReport[],
): string {
  if (unknown || rollbackIncomplete || unreachable !== undefined) return '⚠️';
  if (result === 'deployed' || result === 'unchanged' || result === 'removed') return '✅';
  if (steps.some(hasFailed)) return '❌';
  return steps.some(({ undo }) => undo) ? '↩️' : '–';
}

/** Bytes that a host pulled; `undefined` if nothing was pulled there, or if it is not known how much. */
function pulledBytes(steps: readonly StepReport[]): number | undefined {
  const images = steps.flatMap((step) => step.images ?? []);
  if (images.length === 0 || images.some(({ pulled }) => pulled === undefined)) return undefined;
  return images.reduce((sum, { pulled = 0 }) => sum + pulled, 0);
}

const NO_BREAK = '\u00A0';
const sizeText = (bytes: number | undefined): string =>
  bytes === undefined ? '–' : bytes === 0 ? 'nothing' : formatBytes(bytes).replace(' ', NO_BREAK);

const releaseSpan = (release: string | undefined): string =>
  release === undefined ? '–' : codeSpan(release);
