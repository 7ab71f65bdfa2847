/** The commands on clusters, which are loaded where `orchestrator` names one. */
export { clusterStatus } from './cluster-status.ts';
export { deliverToCluster } from './deliver-to-cluster.ts';
export { finishOnCluster } from './finish-on-cluster.ts';
export { removeFromCluster } from './remove-from-cluster.ts';
export { rollbackCluster } from './rollback-cluster.ts';
export { unlockCluster } from './unlock-cluster.ts';
