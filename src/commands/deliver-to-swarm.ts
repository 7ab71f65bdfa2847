import type { ActionContext } from '../action-context.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { lockCluster } from '../cluster-lock.ts';
import { type ComposeFile, readDeployComposeFile } from '../compose-file.ts';
import { resolveOtherImages } from '../image/other-images.ts';
import { type DeployImages, startImageLookup } from '../image-lookup.ts';
import { lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import type { DeliverRequest } from '../model/request.ts';
import { rejectUnknownServices } from '../release/compose/insert-images.ts';
import { parseHooks } from '../release/hooks.ts';
import { makeStackRelease, type StackRelease } from '../release/stack/make-stack-release.ts';
import { type StackProject, stackProject } from '../release/stack/stack-project.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { inBackground, openInBackground } from '../run/promises.ts';
import { DEFAULT_RETRY_POLICY } from '../run/retry.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { findNewerImages, originOfRelease, swarmTokenWarning, warnOfJobToken } from './cluster-delivery.ts';

/**
 * Delivers a commit to a swarm: reads the Compose file, connects, builds or finds the images, makes a release of them and deploys
 * it. Whatever is wrong is reported before anything is changed.
 */
export async function deliverToSwarm(
  request: DeliverRequest<'swarm'>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options, source } = request;
  await using connection = openInBackground(connectToManagers(destination, context));
  const readingFile = inBackground(group('Read the Compose file', () => readStack(request, context)));
  await using imageLookup = startImageLookup(request, readingFile, options, context);
  const { project } = await readingFile;
  const managers = await group('Connect', () => connection.opened);
  const hooks = {
    before: parseHooks(project, 'before-release', options.beforeRelease),
    after: parseHooks(project, 'after-release', options.afterRelease),
  };
  const environment = async (): Promise<Readonly<Record<string, string>>> =>
    await hostEnvironment((await imageLookup.resolve()).environment, undefined, context);
  const cluster = new SwarmCluster(managers, destination, context, environment);
  const before = await cluster.observe();
  const live = { host: cluster.host, origin: acceptedRelease(before.records)?.origin };
  const found = await findNewerImages(imageLookup, live, request, context);
  warnOfJobToken(request, found, swarmTokenWarning(), context);

  await using lock = await lockCluster(cluster, lockWait(options, request.gate), context);
  // A long build may outlive what was observed before it.
  const observation = await cluster.observe();
  const previous = acceptedRelease(observation.records);
  const others = await resolveOthers(project, previous, request, found, context);
  const { release, contents } = makeStackRelease(
    project,
    { built: found.images, others },
    { timeout: options.healthTimeout },
    originOfRelease(context, found, source),
    options.force,
  );
  context.report.set({ release: release.id, revision: release.origin.revision });
  await deployToCluster({
    ...{ cluster, lock, found: observation, release, contents, hooks, options, approval, context },
    command: 'deploy',
    keep: options.keep,
  });
}

async function readStack(
  request: DeliverRequest<'swarm'>,
  context: ActionContext<DeploymentReport>,
): Promise<ComposeFile & { readonly project: StackProject }> {
  const { destination, source } = request;
  const file = await readDeployComposeFile(request, context);
  const project = stackProject(file.resolved, destination);
  if (source.kind === 'existing')
    rejectUnknownServices({ ...project, base: project.compose }, source.images.keys());
  for (const notice of project.notices) context.log.notice(notice);
  return { ...file, project };
}

/** The digests of images that are not built: those of the live release, as long as the file names the same. */
async function resolveOthers(
  { otherImages }: StackProject,
  previous: StackRelease | undefined,
  { options }: DeliverRequest<'swarm'>,
  { environment }: DeployImages,
  action: ActionContext<DeploymentReport>,
): Promise<ReadonlyMap<ServiceName, PinnedImage>> {
  const kept = new Map<ServiceName, PinnedImage>();
  const sought = new Map<ServiceName, string>();
  for (const [name, reference] of Object.entries(otherImages)) {
    const before = previous?.services[name];
    if (options.accessories === 'leave' && before?.reference === reference) kept.set(name, before.image);
    else sought.set(name, reference);
  }
  const context = { ...action, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY };
  const resolved = sought.size === 0 ? [] : await resolveOtherImages(sought, context);
  return new Map([...kept, ...resolved]);
}
