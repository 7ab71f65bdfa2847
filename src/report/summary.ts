import { formatDuration } from '../model/duration.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from '../model/image.ts';
import { cut, evidenceOf } from './evidence.ts';
import { code, fence, folded, link, table, text } from './markdown.ts';
import type { HostReport, Report, Result } from './report.ts';
import { said } from './said.ts';
import { sharesOf } from './shares.ts';
import { statusOf } from './status-summary.ts';
import { everyStep, planOf, timelineOf } from './timeline.ts';
import { list, removedText, UNBUILT } from './words.ts';

/** The job summary as GitHub renders it: why it failed, what each host serves, the evidence, then how it went. Pure. */
export function summaryOf(report: Report): string {
  const parts = [
    `## ${headline(report)}`,
    failure(report),
    inShort(report),
    hostsOf(report),
    evidenceOf(report.evidence),
    ...body(report),
    facts(report),
    removed(report),
    report.warnings.map((warning) => `> ⚠️ ${said(report, warning)}`).join('\n>\n'),
    everyStep(report),
    wayBack(report),
  ];
  return shortened(`${parts.filter((part) => part !== '').join('\n\n')}\n`, report);
}

/** GitHub drops a summary of more than 1 MiB whole. */
const LONGEST = 900_000;

function shortened(summary: string, report: Report): string {
  if (Buffer.byteLength(summary) <= LONGEST) return summary;
  return `## ${headline(report)}\n\n${failure(report)}\n\n${facts(report)}\n\nThe rest is in the log: it is too long for a summary.\n`;
}

function headline(report: Report): string {
  const { command, app, environment, release, error } = report;
  const what =
    app === undefined ? '' : ` ${text(app)}${environment === undefined ? '' : ` → ${text(environment)}`}`;
  const id = release === undefined ? '' : ` ${code(release)}`;
  const words: Readonly<Record<Result, string>> = {
    built: `📦${what} built`,
    planned: `📝${what}: plan for${id}`,
    deployed: command === 'rollback' ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    'turned-back': `❌${what}: turned back${after(report)}`,
    failed: `❌${what === '' ? ' Failed' : `${what}: failed`}`,
    reported: error === undefined ? `🔎${what}` : `❌${what}: not every host could be asked`,
  };
  return words[report.result];
}

/** What is live after a release was turned back; said only where it is known. */
function after({ hosts, live }: Report): string {
  const stuck = hosts.filter((host) => host.stuck === true).length;
  if (stuck > 0) return `, but NOT wholly on ${stuck} of ${hosts.length} hosts`;
  if (live !== undefined) return `, ${code(live)} is live`;
  return hosts.every(({ is }) => is === undefined)
    ? ', nothing is live'
    : ', every host serves what it did before';
}

function failure(report: Report): string {
  const { error, state, details } = report;
  if (error === undefined) return '';
  const seen = details.length === 0 ? '' : `\n\n${fence(details.map(cut))}`;
  return `**${said(report, error)}**${seen}\n\n${said(report, state)}`;
}

function removed(report: Report): string {
  const [first, ...others] = report.removed;
  if (first === undefined) return '';
  return `> ℹ️ ${said(report, removedText([first, ...others]))}`;
}

/** The line that most readers need: what it was made from, what it replaced, where, how long. */
function inShort(report: Report): string {
  const { previous, strategy, hosts, runUrl, took, result } = report;
  if (result === 'reported') return '';
  const commit = commitOf(report);
  const parts = [
    ...(result === 'planned' ? ['**dry run: nothing was changed**'] : []),
    ...(commit === '' ? [] : [`commit ${commit}`]),
    ...(previous === undefined || result === 'turned-back' ? [] : [`replaces ${code(previous)}`]),
    ...(sameEverywhere(hosts)
      ? [hosts.length === 1 ? code(hosts[0]?.host ?? '') : `${hosts.length} hosts, all healthy`]
      : []),
    ...(strategy === undefined ? [] : [text(strategy)]),
    ...(took === 0 ? [] : [formatDuration(took)]),
    ...(runUrl === undefined ? [] : [runOf(runUrl)]),
  ];
  return parts.join(' · ');
}

/** Hosts that went the same good way need no table. */
function sameEverywhere(hosts: readonly HostReport[]): boolean {
  return (
    hosts.length > 0 &&
    hosts.every(({ was, is, why }) => why === 'healthy' && was === hosts[0]?.was && is === hosts[0]?.is)
  );
}

/** What each host serves, unless that is said in one line. */
function hostsOf(report: Report): string {
  const { result, hosts } = report;
  if (['reported', 'planned'].includes(result) || hosts.length === 0 || sameEverywhere(hosts)) return '';
  const rows = hosts.map(({ host, was, is, why, unknown }) => [
    code(host),
    id(was),
    unknown ? '**?**' : id(is),
    said(report, why),
  ]);
  return table(['Host', 'Before', 'Now', ''], rows);
}

function body(report: Report): readonly string[] {
  const { result, hosts } = report;
  if (result === 'reported') return [statusOf(hosts)];
  if (result === 'planned') return [planOf(report.steps)];
  return [sharesOf(report), timelineOf(report)];
}

const id = (release: string | undefined): string => (release === undefined ? '–' : code(release));

/** What was delivered, in full. */
function facts(report: Report): string {
  const { images, tags, build, environmentUrl, answer } = report;
  const lines = [
    ...silences(report),
    ...imageLines(images),
    ...(tags.length === 0 ? [] : [`**Tags** ${tags.map(code).join(' ')}`]),
    ...(build === undefined ? [] : [`**Build** ${buildLine(build)}`]),
    ...(environmentUrl === undefined
      ? []
      : [
          `**URL** ${link(text(environmentUrl), environmentUrl)}${answer === undefined ? '' : `: ${text(answer)}`}`,
        ]),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Each image once, with the services that run it where there are several; '' is what `${IMAGE}` stands for, and no service. */
function imageLines(images: Report['images']): readonly string[] {
  const services = new Map<PinnedImage, string[]>();
  for (const [service, image] of Object.entries(images)) {
    services.set(image, [...(services.get(image) ?? []), ...(service === '' ? [] : [service])]);
  }
  return [...services].map(([image, names]) => {
    const of = services.size > 1 && names.length > 0 ? ` of ${text(names.join(', '))}` : '';
    return `**Image**${of} ${isPlaceholder(image) ? `${code(repositoryOf(image))}, ${UNBUILT}` : code(image)}`;
  });
}

/** Where and for how long nothing answered; hosts with the same services in one line. */
function silences({ hosts }: Report): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const { host, silence } of hosts) {
    if (silence === undefined) continue;
    const title = silence.whole
      ? '**Nothing answered**'
      : `**${text(list(silence.services))} did not answer**`;
    const time = `for ${formatDuration(silence.for)}${hosts.length === 1 ? '' : ` on ${code(host)}`}`;
    lines.set(title, [...(lines.get(title) ?? []), time]);
  }
  return [...lines].map(([title, times]) => `${title} ${times.join(', ')}`);
}

function commitOf({ revision, runUrl }: Report): string {
  if (revision === undefined) return '';
  const repository = runUrl === undefined ? undefined : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
  const address = repository === undefined ? undefined : `${repository}/commit/${revision}`;
  return link(code(revision.slice(0, 7)), address);
}

function runOf(runUrl: string): string {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === undefined ? 'run' : `run ${number}`, runUrl);
}

function buildLine({ reused, tested, times }: NonNullable<Report['build']>): string {
  if (reused) return 'reused: the registry already has this commit';
  const parts = Object.entries(times).map(([part, took]) => `${text(part)} ${formatDuration(took)}`);
  return [...parts, tested ? 'tested inside the image' : 'no test given'].join(' · ');
}

function wayBack({ command, result, previous, app, environment, hosts: all }: Report): string {
  if (result !== 'deployed' || command === 'rollback' || previous === undefined) return '';
  const lines = [
    '- uses: sealift/sealift/rollback@v1',
    '  with:',
    `    app: ${JSON.stringify(app ?? '')}`,
    `    environment: ${JSON.stringify(environment ?? '')}`,
    `    to: ${JSON.stringify(previous)}`,
    '    hosts: |',
    ...all.map(({ host }) => `      ${host}`),
    '    # and ssh-key, known-hosts, … as in this job',
  ];
  return folded(
    'How to roll back',
    `The containers of ${code(previous)} are kept on the hosts, so going back is starting them.\n\n${fence(lines, 'yaml')}`,
  );
}
