import type { ActionContext } from '../action-context.ts';
import { staleCommitCheckOf } from '../approval.ts';
import type { LiveOrigin } from '../gate/stale-commit.ts';
import type { DeployImages, ImageLookup } from '../image-lookup.ts';
import { registryOfInput } from '../inputs/registry.ts';
import type { ImageSource } from '../model/image-source.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import { GITHUB_REGISTRY, registryOf } from '../model/registry.ts';
import type { Origin } from '../model/release.ts';
import type { ClusterKind, DeliverRequest } from '../model/request.ts';
import type { DeploymentReport } from '../report/report.ts';
import { addWarnings } from '../report/report-draft.ts';
import { readBuildComposeFile } from './build.ts';

/** What deliveries to clusters have in common. */

/** A swarm pulls again when it moves a container, and the token of the job is dead by then. */
export const swarmTokenWarning = (): string =>
  `${inputRef('github-token')}: the swarm gets ${byPlace('the token of this job', 'this token')} to pull from ghcr.io, and ${byPlace('it dies with the job', 'can use it as long as it is valid')}. A node that must pull later, for example when another one fails, can not. Set ${inputRef('registry-username')} and ${inputRef('registry-password')} to a login that lasts and may only read.`;

/** Warns if the only login for the images is the token of the job. */
export function warnOfJobToken(
  { registry }: Pick<DeliverRequest<ClusterKind>, 'registry'>,
  { images }: DeployImages,
  warning: string,
  { log, report }: ActionContext<DeploymentReport>,
): void {
  const usesRegistry = [...images.values()].some((image) => registryOf(image) === GITHUB_REGISTRY);
  const hasLogin =
    registry.unnamed !== undefined || registry.logins.some((login) => login.registry === GITHUB_REGISTRY);
  if (hasLogin || registry.token === undefined || !usesRegistry) return;
  log.warning(warning);
  addWarnings(report, [warning]);
}

/**
 * The images of a commit.
 * @throws SealiftError if what is live contains the commit already
 */
export async function findNewerImages(
  images: ImageLookup,
  live: LiveOrigin,
  request: DeliverRequest<ClusterKind>,
  context: ActionContext<DeploymentReport>,
): Promise<DeployImages> {
  const rejectStaleCommit = staleCommitCheckOf(request, context);
  // A build moves tags, so it must not begin with an old commit. The commit of an existing image is known only later.
  if (request.source.kind === 'build') await rejectStaleCommit(context.commit.sha, [live]);
  const found = await images.resolve();
  await rejectStaleCommit(found.revision, [live]);
  return found;
}

export function originOfRelease(
  { commit }: ActionContext,
  { tags, revision }: DeployImages,
  source: ImageSource,
): Origin {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  return { revision, ref, actor, runUrl, repository, registry, tags, createdAt: new Date().toISOString() };
}

/** A Compose file may name several images to build; nothing else of it counts here. */
export async function readImagesToBuild(
  { source, options }: DeliverRequest<ClusterKind>,
  context: ActionContext<DeploymentReport>,
): Promise<{ readonly resolved: Awaited<ReturnType<typeof readBuildComposeFile>> }> {
  if (source.kind === 'existing') return { resolved: undefined };
  return { resolved: await readBuildComposeFile(source, options.compose, context) };
}
