import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { registryEnvironment } from '../image/login.ts';
import { KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts';
import { registrySecret } from '../kubernetes/registry-secret.ts';
import type { Approval } from '../model/approval.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import type {
  ClusterRollbackRequest,
  KubernetesRollbackRequest,
  SwarmRollbackRequest,
} from '../model/request.ts';
import { findRelease } from '../release/find-release.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { connectToKubernetes } from './connect-to-kubernetes.ts';
import { withHealthTimeout } from './rollback.ts';

/** Goes back to an earlier release on a cluster as it was recorded: with its config, secrets and images, not today's. */
export async function rollbackCluster(
  request: ClusterRollbackRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { app, environment } = request.destination;
  context.report.set({ app, environment });
  const approval = await requireApproval(request, request.options.dryRun, context);
  if (request.orchestrator === 'swarm') await rollbackSwarm(request, approval, context);
  else await rollbackKubernetes(request, approval, context);
}

async function rollbackSwarm(
  request: SwarmRollbackRequest,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, registry } = request;
  await using managers = await group('Connect', () => connectToManagers(destination, context));
  const chosen: StackRelease[] = [];
  const environment = async (): Promise<Readonly<Record<string, string>>> => {
    const [release] = chosen;
    if (release === undefined) throw new Error('The release is not chosen yet.');
    const logins = await registryEnvironment(registry, withoutOtherImages(release), context);
    return await hostEnvironment(logins, undefined, context);
  };
  const cluster = new SwarmCluster(managers, destination, context, environment);
  await rollBackOn(cluster, request, approval, context, (release) => chosen.push(release));
}

async function rollbackKubernetes(
  request: KubernetesRollbackRequest,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, registry, pullSecret } = request;
  await using connection = await group('Connect', () => connectToKubernetes(destination, context));
  const cluster = new KubernetesCluster(connection, destination, context, {
    ...{ adopt: false, traffic: { kind: 'rolling' as const } },
    registrySecret({ services, origin }) {
      if (pullSecret === undefined) return undefined;
      const images = Object.values(services).map(({ image }) => image);
      return registrySecret(pullSecret, images, registry, origin.registry);
    },
  });
  await rollBackOn(cluster, request, approval, context, () => undefined);
}

/** @param choose gets the release before anything is done with it */
async function rollBackOn<Definition>(
  cluster: Cluster<Definition>,
  request: ClusterRollbackRequest,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
  choose: (release: ClusterRelease<Definition>) => void,
): Promise<void> {
  const { options, orchestrator } = request;
  await using _lock = options.dryRun ? undefined : await cluster.lock(context.triggeredBy);
  const found = await cluster.observe();
  const accepted = acceptedRelease(found.records)?.id;
  const known = findRelease(found.records, { host: cluster.host, accepted, traffic: undefined }, request.to);
  const release = withHealthTimeout(known, request.healthTimeout);
  choose(release);
  context.report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
  await deployToCluster({
    ...{ cluster, orchestrator, found, release, options, approval, context },
    contents: [],
    command: 'rollback',
    hooks: { before: [], after: [] },
    keep: Number.MAX_SAFE_INTEGER,
  });
}

/** The login that the user gave is for the images that are built; others may be in any registry. */
const withoutOtherImages = (release: StackRelease): StackRelease => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === undefined),
  ),
});
