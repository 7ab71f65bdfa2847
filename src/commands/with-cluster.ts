import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { registryEnvironment } from '../image/login.ts';
import { KubernetesCluster, type KubernetesClusterOptions } from '../kubernetes/kubernetes-cluster.ts';
import { knownRegistrySecret, registrySecret } from '../kubernetes/registry-secret.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import type { PinnedImage } from '../model/image.ts';
import type {
  ClusterDeployRequest,
  ClusterRollbackRequest,
  KubernetesDeployRequest,
  KubernetesRollbackRequest,
  SwarmDeployRequest,
  SwarmRollbackRequest,
} from '../model/request.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import { group } from '../report/console.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { connectToKubernetes } from './connect-to-kubernetes.ts';

/** What is done with a cluster, whichever it is. */
type ClusterWork = <Definition>(
  cluster: Cluster<Definition>,
  /** To be called with a release before anything is done with it. */
  choose: (release: ClusterRelease<Definition>) => void,
) => Promise<void>;

/** Connects to a cluster in which a recorded release is to be live again: with the logins that its images need. */
export async function withCluster(
  request: ClusterRollbackRequest | ClusterDeployRequest,
  context: ActionContext,
  work: ClusterWork,
): Promise<void> {
  if (request.orchestrator === 'swarm') await withSwarm(request, context, work);
  else await withKubernetes(request, context, work);
}

async function withSwarm(
  { destination, registry }: SwarmRollbackRequest | SwarmDeployRequest,
  context: ActionContext,
  work: ClusterWork,
): Promise<void> {
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
}

async function withKubernetes(
  request: KubernetesRollbackRequest | KubernetesDeployRequest,
  context: ActionContext,
  work: ClusterWork,
): Promise<void> {
  const { destination, registry } = request;
  const { adopt, traffic, pullSecret } = kubernetesOptions(request);
  await using connection = await group('Connect', () => connectToKubernetes(destination, context));
  const cluster = new KubernetesCluster(connection, destination, context, {
    ...{ adopt, traffic },
    registrySecret: ({ services, origin }) =>
      pullSecret === undefined
        ? undefined
        : knownRegistrySecret(pullSecret, imagesOf(services), registry, origin.registry),
  });
  await work(cluster, ({ services, origin }) => {
    // A release of another registry is gone back to with the login that the cluster has.
    if (pullSecret !== undefined && request.command === 'rollback')
      registrySecret(pullSecret, imagesOf(services), registry, origin.registry);
  });
}

const imagesOf = (services: ClusterRelease<unknown>['services']): readonly PinnedImage[] =>
  Object.values(services).map(({ image }) => image);

const kubernetesOptions = (
  request: KubernetesRollbackRequest | KubernetesDeployRequest,
): Pick<KubernetesClusterOptions, 'adopt' | 'traffic'> & { readonly pullSecret: string | undefined } =>
  request.command === 'rollback'
    ? { adopt: false, traffic: { kind: 'rolling' }, pullSecret: request.pullSecret }
    : request.options;

/** The login that the user gave is for the images that are built; others may be in any registry. */
const withoutOtherImages = (release: StackRelease): StackRelease => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === undefined),
  ),
});
