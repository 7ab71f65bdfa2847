import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts';
import type {
  ClusterRemoveRequest,
  ClusterUnlockRequest,
  KubernetesStatusRequest,
  StatusRequest,
} from '../model/request.ts';
import { programEnvironment } from '../run/environment.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { connectToKubernetes } from './connect-to-kubernetes.ts';

/** Connects to a cluster to which nothing is deployed. */
export async function openCluster(
  request: StatusRequest | KubernetesStatusRequest | ClusterRemoveRequest | ClusterUnlockRequest,
  context: ActionContext,
): Promise<Cluster<unknown>> {
  if (request.orchestrator === 'kubernetes') {
    const connection = await connectToKubernetes(request.destination, context);
    const options = { adopt: false, registrySecret: () => undefined, traffic: { kind: 'rolling' as const } };
    return new KubernetesCluster(connection, request.destination, context, options);
  }
  const managers = await connectToManagers(request.destination, context);
  return new SwarmCluster(managers, request.destination, context, async () => programEnvironment());
}
