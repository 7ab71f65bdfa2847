import type { ActionContext } from '../action-context.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { lockCluster } from '../cluster-lock.ts';
import { type DeployImages, startImageLookup } from '../image-lookup.ts';
import { lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import type { ClusterService } from '../model/cluster-release.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import type { DeliverRequest } from '../model/request.ts';
import { joinWithAnd } from '../model/text.ts';
import { releaseIdOf } from '../release/release-id.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { inBackground, openInBackground } from '../run/promises.ts';
import { HandMadeServices } from '../swarm/hand-made-services.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { originOfRelease, readImagesToBuild, swarmTokenWarning, warnOfJobToken } from './cluster-delivery.ts';

/**
 * Delivers a commit to services of a swarm that were made by hand: builds or finds the images, and changes those of the services.
 */
export async function deliverToServices(
  request: DeliverRequest<'swarm'>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options, source } = request;
  const { app, environment } = destination;
  await using connection = openInBackground(connectToManagers(destination, context));
  const readingFile = inBackground(readImagesToBuild(request, context));
  await using imageLookup = startImageLookup(request, readingFile, options, context);
  const managers = await group('Connect', () => connection.opened);
  const logins = async (): Promise<Readonly<Record<string, string>>> =>
    await hostEnvironment((await imageLookup.resolve()).environment, undefined, context);
  const names = [...options.services.keys()];
  const cluster = new HandMadeServices(managers, destination, names, context, logins);
  // Before anything is built for a service that is not there.
  await cluster.observe();

  const found = await imageLookup.resolve();
  warnOfJobToken(request, found, swarmTokenWarning(), context);
  const services = Object.fromEntries(
    [...options.services].map(([name, build]): [string, ClusterService] => [
      name,
      { name, image: imageFor(build, found), reference: undefined },
    ]),
  );
  const definition = Object.fromEntries(Object.values(services).map(({ name, image }) => [name, image]));
  const release = {
    ...{ id: releaseIdOf(definition), app, environment, services, definition },
    ...{ health: { timeout: options.healthTimeout }, origin: originOfRelease(context, found, source) },
  };

  await using lock = await lockCluster(cluster, lockWait(options, request.gate), context);
  const observation = await cluster.observe();
  context.report.set({ release: release.id, revision: release.origin.revision });
  await deployToCluster({
    ...{ cluster, lock, found: observation, release, options, approval, context },
    ...{ contents: [], hooks: { before: [], after: [] } },
    command: 'deploy',
    keep: options.keep,
  });
}

function imageFor(build: string, { images }: DeployImages): PinnedImage {
  const [only, ...others] = new Set(images.values());
  const image = images.get(build) ?? (build === '' && others.length === 0 ? only : undefined);
  if (image !== undefined) return image;
  const names = joinWithAnd([...images.keys()].filter((name) => name !== ''));
  throw new ConfigurationError(
    build === ''
      ? `service: there are several images, of ${names}. Write which one a service gets: name=service of the build.`
      : `service: no image is built for "${build}", only for ${names}.`,
  );
}
