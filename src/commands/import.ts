import type { ActionContext } from '../action-context.ts';
import { requireApproval, staleCommitCheckOf } from '../approval.ts';
import type { ArchivedImages } from '../archive/archived-images.ts';
import { checkImagesForHost, readArchivedImages } from '../archive/archived-images.ts';
import { openArchive } from '../archive/open-archive.ts';
import { deployRelease } from '../deployment.ts';
import { liveOriginOf } from '../gate/stale-commit.ts';
import { DEFAULT_EDGE_IMAGES } from '../inputs/declared-inputs.ts';
import { lockHosts, lockWait } from '../lock.ts';
import type { EdgeImages } from '../model/deploy-options.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Origin } from '../model/release.ts';
import type { ImportRequest } from '../model/request.ts';
import { checkProxyProtocol } from '../model/route.ts';
import { chooseStrategy } from '../plan/choose-strategy.ts';
import { planAdoption } from '../plan/existing-deployment.ts';
import { parseHooks } from '../release/hooks.ts';
import { importedRelease } from '../release/imported-release.ts';
import { reuseLiveReleaseId } from '../release/reuse-release.ts';
import { withTrustedProxies } from '../release/trusted-proxies.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { openFleet } from '../rollout/fleet.ts';
import { preflight } from '../rollout/preflight.ts';
import { programEnvironment } from '../run/environment.ts';
import { allOrThrow } from '../run/promises.ts';
import { bringCompose, findComposeShortcoming } from '../tools/compose-plugin.ts';
import { type LocalImage, recordedImages } from '../transfer/local-image.ts';

/**
 * Deploys a release from a file: verifies all of the file, checks that it fits each host, and goes on as every deploy does. No registry
 * is asked; the hosts get the images from here.
 */
export async function importArchive(
  request: ImportRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options } = request;
  const { log, report } = context;
  const { app, environment } = destination;
  report.set({ app, environment });
  const archive = await group(`Verify ${request.archive}`, async () => {
    const { allowedSigners } = request;
    const opened = await openArchive(request.archive, { app, environment, allowedSigners }, context);
    log.info(`${request.archive} has release ${opened.record.release}, whole and unchanged.`);
    if (opened.signer !== undefined) log.info(`It is signed by ${opened.signer}.`);
    else log.notice(`Who made the archive was not verified. "${inputRef('allowed-signers')}" does that.`);
    return opened;
  });
  const images = await readArchivedImages(archive);
  const approval = await requireApproval(request, options.dryRun, context);

  await using fleet = await group('Connect', () => openFleet(destination, context));
  const found = await fleet.observe();
  const adoption = planAdoption(
    found.map(({ host }) => host),
    archive.release,
    [app],
    undefined,
  );
  for (const notice of adoption.notices) log.notice(notice);
  const { secrets } = request;
  const { configs } = archive;
  const made = importedRelease(archive.release, { secrets, configs, volumes: adoption.volumes });
  const origin = importedOrigin(made.release.origin, [...images.released.values()], context);
  checkProxyProtocol(
    options.trustedProxies,
    made.release.routes.some(({ domains }) => domains.length > 0),
  );
  const newRelease = withTrustedProxies({ ...made.release, origin }, options.trustedProxies);
  report.set({
    ...{ release: newRelease.id, revision: origin.revision, tags: origin.tags },
    images: Object.fromEntries(Object.values(newRelease.services).map(({ name, image }) => [name, image])),
  });
  const hooks = {
    before: parseHooks(newRelease, 'before-release', options.beforeRelease),
    after: parseHooks(newRelease, 'after-release', options.afterRelease),
  };
  const strategy = chooseStrategy(newRelease, options.strategy);
  await preflight(fleet.engines, found, newRelease);
  await allOrThrow(fleet.engines.map((engine) => checkImagesForHost(engine, archive, images)));

  await using lock = await lockHosts(fleet.engines, destination, lockWait(options, request.gate), context);
  const observations = await fleet.observeAgain(lock);
  const hosts = observations.map(({ host }) => host);
  const rejectStaleCommit = staleCommitCheckOf(request, context);
  await rejectStaleCommit(origin.revision, hosts.map(liveOriginOf));
  const release = reuseLiveReleaseId(newRelease, hosts);
  report.set({ release: release.id });
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
    hooks,
    waves: options.waves,
    options: { ...options, ...edgeImagesOf(images) },
    confidential: new Map([[release.id, made.confidential]]),
    environment: () => Promise.resolve(programEnvironment()),
    transfer: { kind: 'direct', local: images.released, others: images.others, mayCopy: false },
    composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal),
    approval,
    context,
  });
}

/** Of the commit that it was made from, and of this run. Its images are in no registry that the hosts reach. */
function importedOrigin(
  exported: Origin,
  images: readonly LocalImage[],
  { triggeredBy }: ActionContext,
): Origin {
  return {
    ...exported,
    ...triggeredBy,
    ...recordedImages(images),
    createdAt: new Date().toISOString(),
  };
}

/** Those of the archive; what a release does not need is not in it. */
const edgeImagesOf = ({ edge, tcpEdge }: ArchivedImages): EdgeImages => ({
  edgeImage: edge ?? DEFAULT_EDGE_IMAGES.edgeImage,
  tcpEdgeImage: tcpEdge ?? DEFAULT_EDGE_IMAGES.tcpEdgeImage,
});
