import { formatBytes } from '../model/bytes.ts';
import { formatDuration } from '../model/duration.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from '../model/image.ts';
import { joinWithAnd } from '../model/text.ts';
import { approvalText } from './approval-text.ts';
import { codeSpan, link, markdownText } from './markdown.ts';
import type { Report } from './report.ts';
import { NOT_BUILT_TEXT } from './text-format.ts';

/** The downtime, the images, how they were made, and the URL, as a list of the summary. Pure. */
export function detailsList(report: Report): string {
  const { approval, tags, build, environmentUrl, answer } = report;
  const lines = [
    ...downtimeItems(report),
    ...(approval === undefined ? [] : [`**Approval** ${markdownText(approvalText(approval))}`]),
    ...imageLines(report),
    ...(tags.length === 0 ? [] : [`**Tags** ${tags.map(codeSpan).join(' ')}`]),
    ...(build === undefined ? [] : [`**Build** ${buildLine(build)}`]),
    ...(environmentUrl === undefined
      ? []
      : [
          `**URL** ${link(markdownText(environmentUrl), environmentUrl)}${answer === undefined ? '' : `: ${markdownText(answer)}`}`,
        ]),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Each image once; if there are several, with the services that run it. '' stands for `${IMAGE}` and is no service. */
function imageLines({ images, steps }: Report): readonly string[] {
  const services = new Map<PinnedImage, string[]>();
  for (const [service, image] of Object.entries(images)) {
    services.set(image, [...(services.get(image) ?? []), ...(service === '' ? [] : [service])]);
  }
  return [...services].map(([image, names]) => {
    const of = services.size > 1 && names.length > 0 ? ` of ${markdownText(names.join(', '))}` : '';
    if (isPlaceholder(image)) return `**Image**${of} ${codeSpan(repositoryOf(image))}, ${NOT_BUILT_TEXT}`;
    const size = sizeOnDisk(steps, image);
    return `**Image**${of}${size === undefined ? '' : ` (${formatBytes(size)})`} ${codeSpan(image)}`;
  });
}

/** Bytes, as the first host that has the image says. */
const sizeOnDisk = (steps: Report['steps'], image: PinnedImage): number | undefined =>
  steps.flatMap(({ images = [] }) => images).find((each) => each.image === image && each.size !== undefined)
    ?.size;

/** Hosts with the same services share an item. */
function downtimeItems({ hosts }: Report): readonly string[] {
  const durations = new Map<string, string[]>();
  for (const { host, downtime } of hosts) {
    if (downtime === undefined) continue;
    const { services, complete, durationMs } = downtime;
    const title = complete ? 'Downtime' : `Downtime of ${markdownText(joinWithAnd(services))}`;
    const duration = `${formatDuration(durationMs)}${hosts.length === 1 ? '' : ` on ${codeSpan(host)}`}`;
    durations.set(title, [...(durations.get(title) ?? []), duration]);
  }
  return [...durations].map(([title, all]) => `**${title}** ${all.join(', ')}`);
}

function buildLine({ reused, tested, times }: NonNullable<Report['build']>): string {
  if (reused) return 'reused: the registry already has this commit';
  const phases = Object.entries(times).map(([phase, time]) => {
    const title =
      phase === 'build' ? '' : `${phase === 'test' ? 'test inside the image' : markdownText(phase)} `;
    return `${title}${formatDuration(time)}`;
  });
  return [...phases, ...(tested ? [] : ['not tested'])].join(' · ');
}
