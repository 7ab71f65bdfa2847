import type { ActionContext } from '../action-context.ts';
import { staleCommitCheckOf } from '../approval.ts';
import { type ComposeFile, readDeployComposeFile } from '../compose-file.ts';
import { deployRelease } from '../deployment.ts';
import { liveOriginOf } from '../gate/stale-commit.ts';
import { type DeployImages, startImageLookup } from '../image-lookup.ts';
import { registryOfInput } from '../inputs/registry.ts';
import { lockHosts, lockInBackground, lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import { pinnedImage } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { Origin } from '../model/release.ts';
import type { DeliverRequest } from '../model/request.ts';
import { chooseStrategy } from '../plan/choose-strategy.ts';
import { planAdoption } from '../plan/existing-deployment.ts';
import { withAdoptedVolumes } from '../release/adopted-volumes.ts';
import { rejectUnknownServices } from '../release/compose/insert-images.ts';
import { type SplitProject, splitProject } from '../release/compose/split-project.ts';
import { parseHooks } from '../release/hooks.ts';
import { makeRelease } from '../release/make-release.ts';
import { reuseLiveReleaseId } from '../release/reuse-release.ts';
import { withTrustedProxies } from '../release/trusted-proxies.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { openFleet } from '../rollout/fleet.ts';
import { imageNamesOf } from '../rollout/needed-images.ts';
import { preflight } from '../rollout/preflight.ts';
import { inBackground, openInBackground } from '../run/promises.ts';
import { byName, recordedImages } from '../transfer/local-image.ts';

/**
 * Delivers a commit: reads the Compose file, connects to the hosts, builds or finds the images, makes a release of them and
 * deploys it. Hosts, Compose file and registry are asked at the same time. Whatever is wrong is reported before anything is changed.
 */
export async function deliverToHosts(
  request: DeliverRequest<'docker'>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options } = request;
  await using connection = openInBackground(openFleet(destination, context));
  // A build may take long: other runs need not wait for it.
  const locksEarly = request.source.kind === 'existing' && !options.dryRun;
  await using early = lockInBackground(
    locksEarly ? connection.opened.then(({ engines }) => engines) : undefined,
    destination,
    context,
  );
  const imageNames = [options.edgeImage, ...namedByDigest(request.source)];
  const looking = inBackground(connection.opened.then((fleet) => fleet.observe(early.opened, imageNames)));
  const readingFile = inBackground(group('Read the Compose file', () => readComposeFile(request, context)));
  await using imageLookup = startImageLookup(request, readingFile, options, context, async () => {
    const { engines } = await connection.opened;
    return engines;
  });

  const { split: file, composePlugin, projectName } = await readingFile;
  const fleet = await group('Connect', () => connection.opened);
  const hooks = {
    before: parseHooks(file, 'before-release', options.beforeRelease),
    after: parseHooks(file, 'after-release', options.afterRelease),
  };
  const strategy = chooseStrategy(file, options.strategy);
  const found = await looking;
  const names = [destination.app, projectName, context.commit.repository?.split('/')[1]];
  const adoption = planAdoption(
    found.map(({ host }) => host),
    file,
    names.filter((name) => name !== undefined),
    options.adopt,
  );
  for (const notice of adoption.notices) context.log.notice(notice);
  const split = withAdoptedVolumes(file, adoption.volumes);
  await preflight(fleet.engines, found, split, adoption.projects);
  const rejectStaleCommit = staleCommitCheckOf(request, context);
  // A build moves tags, so it must not begin with an old commit. The commit of an existing image is known only later.
  if (request.source.kind === 'build')
    await rejectStaleCommit(
      context.commit.sha,
      found.map(({ host }) => liveOriginOf(host)),
    );

  const images = await imageLookup.resolve();
  const made = makeRelease(
    split,
    images.images,
    options.health,
    originOf(context, images, request.source),
    options.force,
  );
  const newRelease = withTrustedProxies(made, options.trustedProxies);
  context.report.set({ release: newRelease.id, revision: newRelease.origin.revision });

  // A long build may outlive a connection and what was observed before it.
  const isConnectedAnew = await fleet.reconnect();
  const wait = lockWait(options, request.gate);
  const taken = isConnectedAnew ? undefined : await early.opened;
  const lock = taken ?? (await lockHosts(fleet.engines, destination, wait, context));
  await using _ownLock = taken === undefined ? lock : undefined;
  const observations = await fleet.observeAgain(lock, imageNamesOf(newRelease, options));
  const hosts = observations.map(({ host }) => host);
  await rejectStaleCommit(newRelease.origin.revision, hosts.map(liveOriginOf));
  const release = options.force ? newRelease : reuseLiveReleaseId(newRelease, hosts);
  context.report.set({ release: release.id });
  await deployRelease({
    fleet,
    lock,
    destination,
    observations,
    release,
    strategy,
    keep: options.keep,
    command: 'deploy',
    bake: options.bake,
    limits: options.limits,
    updateAccessories: options.accessories === 'update',
    adopts: adoption.projects,
    hooks,
    waves: options.waves,
    options,
    confidential: new Map([[release.id, split.confidential]]),
    environment: () => Promise.resolve(images.environment),
    transfer: { kind: request.source.transfer, local: byName(images.local), mayCopy: false },
    composePlugin: () => Promise.resolve(composePlugin),
    approval,
    context,
  });
}

/** The images that a host may have, as far as they are known before the registry has answered. */
const namedByDigest = (source: ImageSource): readonly string[] =>
  source.kind === 'build'
    ? []
    : [...source.images.values()].flatMap(({ repository, digest }) =>
        digest === undefined ? [] : pinnedImage(repository, digest),
      );

async function readComposeFile(
  request: DeliverRequest<'docker'>,
  context: ActionContext,
): Promise<ComposeFile & { readonly split: SplitProject; readonly projectName: string | undefined }> {
  const { destination, source, options } = request;
  const file = await readDeployComposeFile(request, context);
  const split = splitProject(file.resolved, destination, options.compose.domains, options.edge);
  if (source.kind === 'existing') rejectUnknownServices(split, source.images.keys());
  for (const notice of split.notices) context.log.notice(notice);
  return { ...file, split, projectName: file.resolved.projectName };
}

function originOf(
  { commit }: ActionContext,
  { tags, revision, local }: DeployImages,
  source: ImageSource,
): Origin {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  const origin = { revision, ref, actor, runUrl, repository, registry, tags };
  return {
    ...origin,
    ...(source.transfer === 'direct' ? recordedImages(local) : {}),
    createdAt: new Date().toISOString(),
  };
}
