import type { ActionContext } from '../action-context.ts';
import { type KubernetesConnection, openKubernetes } from '../kubernetes/open-kubernetes.ts';
import type { KubernetesDestination } from '../model/kubernetes.ts';
import { findKubectl } from '../tools/kubectl.ts';

/** Connects to the cluster of a destination, with the kubectl of the runner or one that is brought. */
export async function connectToKubernetes(
  { access }: KubernetesDestination,
  context: ActionContext,
): Promise<KubernetesConnection> {
  const { program, version } = await findKubectl(context, context.signal);
  const connection = await openKubernetes(access, program, context);
  const { api, namespace, version: server } = connection;
  context.log.info(`${api.host}, Kubernetes ${server}, namespace ${namespace}, kubectl ${version}`);
  if (Math.abs(minorOf(version) - minorOf(server)) > 1) {
    context.log.info(
      `kubectl ${version} and Kubernetes ${server} are more than one minor version apart, which Kubernetes does not support. Sealift only connects and renders with kubectl; if that fails, install another one.`,
    );
  }
  return connection;
}

/** The 34 of `v1.34.4`. */
const minorOf = (version: string): number => Number(/^v\d+\.(?<minor>\d+)/.exec(version)?.groups?.['minor']);
