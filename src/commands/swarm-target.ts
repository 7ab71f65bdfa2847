import { registryEnvironment } from '../image/login.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import { group } from '../report/console.ts';
import { programEnvironment } from '../run/environment.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { clusterTarget } from './cluster-target.ts';
import { deliverToServices } from './deliver-to-services.ts';
import { deliverToSwarm } from './deliver-to-swarm.ts';

/** A Docker swarm: a stack, or services that were made by hand. */
export const swarmTarget = clusterTarget<'swarm'>({
  deliver: (request, approval, context) =>
    request.options.services.size > 0
      ? deliverToServices(request, approval, context)
      : deliverToSwarm(request, approval, context),

  async open(destination, context) {
    const managers = await connectToManagers(destination, context);
    return new SwarmCluster(managers, destination, context, async () => programEnvironment());
  },

  async openForRelease({ destination, registry }, context, work) {
    await using managers = await group('Connect', () => connectToManagers(destination, context));
    const chosen: StackRelease[] = [];
    const environment = async (): Promise<Readonly<Record<string, string>>> => {
      const [release] = chosen;
      if (release === undefined) throw new Error('The release is not chosen yet.');
      const logins = await registryEnvironment(registry, withoutOtherImages(release), context);
      return await hostEnvironment(logins, undefined, context);
    };
    const cluster = new SwarmCluster(managers, destination, context, environment);
    await work(cluster, (release) => chosen.push(release));
  },

  whyNotRestored: (request) =>
    request.command === 'rollback' || request.options.services.size === 0
      ? undefined
      : 'What services that were made by hand ran before is not recorded, so they stay as they are. Look at "docker service ps", or deploy again.',
});

/** The login that the user gave is for the images that are built; others may be in any registry. */
const withoutOtherImages = (release: StackRelease): StackRelease => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === undefined),
  ),
});
