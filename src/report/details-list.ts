import type { Approval } from '../model/approval.ts';
import { formatBytes } from '../model/bytes.ts';
import { formatDuration } from '../model/duration.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from '../model/image.ts';
import { joinWithAnd } from '../model/text.ts';
import { approvalText } from './approval-text.ts';
import { codeSpan, link, markdownText } from './markdown.ts';
import type { BuildOutcome, BuildReport, DeploymentReport, RemovalReport, StatusReport } from './report.ts';
import type { StepReport } from './step-report.ts';
import { NOT_BUILT_TEXT } from './text-format.ts';

/** The downtime, the approval, the images, how they were made, and the URL, as a list of the summary. Pure. */
export function deploymentDetails(report: DeploymentReport): string {
  const { approval, images, steps, tags, build, environmentUrl, answer } = report;
  return itemList([
    ...downtimeItems(report),
    ...approvalItems(approval),
    ...imageItems(images, steps),
    ...tagItems(tags),
    ...buildItems(build),
    ...urlItems(environmentUrl, answer),
  ]);
}

/** The images and how they were made, as a list. Pure. */
export const buildDetails = ({ images, tags, build }: BuildReport): string =>
  itemList([...imageItems(images), ...tagItems(tags), ...buildItems(build)]);

/** The images of a status, as a list. Pure. */
export const imageList = ({ images }: StatusReport): string => itemList(imageItems(images));

/** The approval alone, as a list. Pure. */
export const approvalList = ({ approval }: Pick<RemovalReport, 'approval'>): string =>
  itemList(approvalItems(approval));

const itemList = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

const approvalItems = (approval: Approval | undefined): readonly string[] =>
  approval === undefined ? [] : [`**Approval** ${markdownText(approvalText(approval))}`];

const tagItems = (tags: readonly string[]): readonly string[] =>
  tags.length === 0 ? [] : [`**Tags** ${tags.map(codeSpan).join(' ')}`];

const buildItems = (build: BuildOutcome | undefined): readonly string[] =>
  build === undefined ? [] : [`**Build** ${buildText(build)}`];

function urlItems(url: string | undefined, answer: string | undefined): readonly string[] {
  if (url === undefined) return [];
  return [
    `**URL** ${link(markdownText(url), url)}${answer === undefined ? '' : `: ${markdownText(answer)}`}`,
  ];
}

/** Each image once; if there are several, with the services that run it. '' stands for `${IMAGE}` and is no service. */
function imageItems(
  images: DeploymentReport['images'],
  steps: readonly StepReport[] = [],
): readonly string[] {
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
const sizeOnDisk = (steps: readonly StepReport[], image: PinnedImage): number | undefined =>
  steps.flatMap(({ images = [] }) => images).find((each) => each.image === image && each.size !== undefined)
    ?.size;

/** Hosts with the same services share an item. */
function downtimeItems({ hosts }: DeploymentReport): readonly string[] {
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

function buildText({ reused, tested, times }: BuildOutcome): string {
  if (reused) return 'reused: the registry already has this commit';
  const phases = Object.entries(times).map(([phase, time]) => {
    const title =
      phase === 'build' ? '' : `${phase === 'test' ? 'test inside the image' : markdownText(phase)} `;
    return `${title}${formatDuration(time)}`;
  });
  return [...phases, ...(tested ? [] : ['not tested'])].join(' · ');
}
