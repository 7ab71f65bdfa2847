import type { ClusterWait } from '../cluster/cluster.ts';
import { LABEL } from '../model/app-environment.ts';
import { asNumber, asObject, asText } from '../model/json.ts';
import {
  type KubernetesObject,
  objectText,
  referenceKey,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { deploymentsBehind, selectorOf, switchedServices } from '../release/kubernetes/side-by-side.ts';
import { applyObject, fieldManager, type ObjectContext } from './apply-objects.ts';
import { readWorkload } from './workload-state.ts';

/** The label by which Kubernetes itself tells the pods of a Deployment's definitions apart. */
const POD_HASH = 'pod-template-hash';

/** Services that exist and do not send their requests to a release that runs beside the live one. */
export async function servicesToSwitch(
  { api, resources }: ObjectContext,
  { definition }: KubernetesRelease,
): Promise<readonly KubernetesObject[]> {
  const services: KubernetesObject[] = [];
  for (const service of switchedServices(definition.objects)) {
    const path = (await resources.pathOf(referenceTo(service))) ?? '';
    const found = await api.find(path, `read ${objectText(service)}`);
    // A new one has no requests yet: it may send them where it should from the beginning.
    if (found !== undefined) services.push(service);
  }
  return services;
}

/**
 * Keeps the requests of Services at the pods that have them: those of a release that was deployed without another one beside it have
 * no label that says so, and a new pod with the same labels would get requests as soon as it is ready.
 * @returns the Services that it can't be done for, because their pods are of several kinds
 */
export async function holdTraffic(
  context: ObjectContext,
  services: readonly KubernetesObject[],
  live: KubernetesRelease,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const { objects } = live.definition;
  const open: KubernetesObject[] = [];
  for (const { metadata, apiVersion, kind } of services) {
    const key = referenceKey(referenceTo({ metadata, apiVersion, kind }));
    const service = objects.find((each) => referenceKey(referenceTo(each)) === key);
    if (service === undefined || selectorOf(service)[LABEL.release] !== undefined) continue;
    const [deployment, ...others] = deploymentsBehind(service, objects);
    if (deployment === undefined) continue;
    const { current, old } = await readWorkload(context.api, context.resources, deployment);
    const hashes = new Set(current.map(({ labels }) => asText(labels[POD_HASH])));
    const [hash] = hashes;
    const remaining = old.filter(({ isEnding }) => !isEnding);
    if (others.length > 0 || remaining.length > 0 || hashes.size !== 1 || hash === undefined) {
      open.push(service);
      continue;
    }
    const selector = { ...selectorOf(service), [POD_HASH]: hash };
    const held = { ...service, spec: { ...asObject(service['spec']), selector } };
    await applyObject(context, held, { force: true, signal });
  }
  return open;
}

/** Moves the requests of all Services to a release at once, each by one change. */
export async function switchServices(
  context: ObjectContext,
  { definition }: KubernetesRelease,
  { force, signal }: Pick<ClusterWait, 'signal'> & { readonly force: boolean },
): Promise<string> {
  const services = switchedServices(definition.objects);
  for (const service of services) await applyObject(context, service, { force, signal });
  return services.map(objectText).join(', ');
}

/**
 * Where the manifest leaves the number of pods to an autoscaler, a new Deployment begins with as many as the live one has: it is to get
 * all requests at once.
 */
export async function carryReplicas(
  context: ObjectContext,
  release: KubernetesRelease,
  live: KubernetesRelease,
  signal: AbortSignal,
): Promise<void> {
  for (const deployment of release.definition.objects) {
    const name = deployment.metadata.labels?.[LABEL.workload];
    if (name === undefined || asObject(deployment['spec'])['replicas'] !== undefined) continue;
    const before = sameWorkload(deployment, live);
    if (before === undefined) continue;
    const [wanted, has] = await Promise.all([podsWanted(context, before), podsWanted(context, deployment)]);
    // Also for as many as there are: they may be of a canary step, and the app no longer sets them when that is over.
    if (wanted < has) continue;
    const { apiVersion, kind, metadata } = deployment;
    const scaled = {
      ...{ apiVersion, kind, spec: { replicas: wanted } },
      metadata: {
        name: metadata.name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      },
    };
    // By another owner: what the app itself no longer sets would go back to one.
    const manager = `${fieldManager(context.of)}-replicas`;
    await applyObject(context, scaled, { manager, force: true, signal });
  }
}

/** What a Deployment of one release is in another one, which may have run it under its own name. */
export const sameWorkload = (
  { metadata: { namespace, labels } }: KubernetesObject,
  { definition }: KubernetesRelease,
): KubernetesObject | undefined =>
  definition.objects.find(
    ({ kind, metadata }) =>
      kind === 'Deployment' &&
      metadata.namespace === namespace &&
      (metadata.labels?.[LABEL.workload] ?? metadata.name) === labels?.[LABEL.workload],
  );

/** How many pods a Deployment has in the cluster, or should have; 0 if it is not there. */
export async function podsWanted(
  { api, resources }: ObjectContext,
  deployment: KubernetesObject,
): Promise<number> {
  const path = (await resources.pathOf(referenceTo(deployment))) ?? '';
  const found = asObject(await api.find(path, `read ${objectText(deployment)}`));
  return asNumber(asObject(found['spec'])['replicas']) ?? 0;
}
