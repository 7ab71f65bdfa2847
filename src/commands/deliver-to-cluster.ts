import type { ActionContext } from '../action-context.ts';
import type { ClusterDeployRequest } from '../model/request.ts';
import type { DeploymentReport } from '../report/report.ts';
import { deliverToKubernetes } from './deliver-to-kubernetes.ts';
import { deliverToServices } from './deliver-to-services.ts';
import { deliverToSwarm } from './deliver-to-swarm.ts';

/** Delivers a commit to a cluster. */
export function deliverToCluster(
  request: ClusterDeployRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  if (request.orchestrator === 'kubernetes') return deliverToKubernetes(request, context);
  return request.options.services.size > 0
    ? deliverToServices(request, context)
    : deliverToSwarm(request, context);
}
