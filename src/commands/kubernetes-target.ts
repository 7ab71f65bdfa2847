import { KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts';
import { knownRegistrySecret, registrySecret } from '../kubernetes/registry-secret.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import type { PinnedImage } from '../model/image.ts';
import { group } from '../report/console.ts';
import { clusterTarget } from './cluster-target.ts';
import { connectToKubernetes } from './connect-to-kubernetes.ts';
import { deliverToKubernetes } from './deliver-to-kubernetes.ts';

const AS_RECORDED = { adopt: false, traffic: { kind: 'rolling' } } as const;

/** A namespace of a Kubernetes cluster. */
export const kubernetesTarget = clusterTarget<'kubernetes'>({
  deliver: deliverToKubernetes,

  async open(destination, context) {
    const connection = await connectToKubernetes(destination, context);
    const options = { ...AS_RECORDED, registrySecret: () => undefined };
    return new KubernetesCluster(connection, destination, context, options);
  },

  async openForRelease(request, context, work) {
    const { destination, registry } = request;
    const { pullSecret } = request.options;
    const { adopt, traffic } = request.command === 'rollback' ? AS_RECORDED : request.options;
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
  },

  whyNotRestored: () => undefined,
});

const imagesOf = (services: ClusterRelease<unknown>['services']): readonly PinnedImage[] =>
  Object.values(services).map(({ image }) => image);
