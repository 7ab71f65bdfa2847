import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { registryEnvironment } from '../image/login.ts';
import type { ClusterRollbackRequest } from '../model/request.ts';
import { findRelease } from '../release/find-release.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';
import { withHealthTimeout } from './rollback.ts';

/** Goes back to an earlier release on a cluster as it was recorded: with its config, secrets and images, not today's. */
export async function rollbackCluster(
  request: ClusterRollbackRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options, orchestrator, registry } = request;
  const { report } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const approval = await requireApproval(request, options.dryRun, context);
  await using managers = await group('Connect', () => connectToManagers(destination, context));
  const environment = async (): Promise<Readonly<Record<string, string>>> =>
    await hostEnvironment(
      await registryEnvironment(registry, withoutOtherImages(release), context),
      undefined,
      context,
    );
  const cluster = new SwarmCluster(managers, destination, context, environment);
  await using _lock = options.dryRun ? undefined : await cluster.lock(context.triggeredBy);
  const found = await cluster.observe();
  const accepted = acceptedRelease(found.records)?.id;
  const known = findRelease(found.records, { host: cluster.host, accepted, traffic: undefined }, request.to);
  const release = withHealthTimeout(known, request.healthTimeout);
  report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
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
