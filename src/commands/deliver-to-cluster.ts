import type { ActionContext } from '../action-context.ts';
import type { ClusterDeployRequest } from '../model/request.ts';
import type { DeploymentReport } from '../report/report.ts';
import { deliverToKubernetes } from './deliver-to-kubernetes.ts';
import { deliverToSwarm } from './deliver-to-swarm.ts';

/** Delivers a commit to a cluster. */
export const deliverToCluster = (
  request: ClusterDeployRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> =>
  request.orchestrator === 'swarm' ? deliverToSwarm(request, context) : deliverToKubernetes(request, context);
