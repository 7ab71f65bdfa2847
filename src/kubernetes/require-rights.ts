import { ConfigurationError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import { runsContainers } from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { allOrThrow } from '../run/promises.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** What a user may do, or not. */
interface Right {
  readonly verb: string;
  /** Of its API; '' for the core of Kubernetes. */
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
}

/** What is done with a release only after it is applied, so that a missing right would be found out too late. Pure. */
export function rightsFor({ definition }: KubernetesRelease): readonly Right[] {
  const { namespace, objects } = definition;
  const workloads = objects.filter(runsContainers);
  const placed = workloads.map(({ kind, metadata }) => ({ kind, place: metadata.namespace ?? namespace }));
  const places = (...kinds: readonly string[]): readonly string[] => [
    ...new Set(
      placed.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind)).map((each) => each.place),
    ),
  ];
  const rights = (verb: string, group: string, resource: string, spaces: readonly string[]) =>
    spaces.map((each) => ({ verb, group, resource, namespace: each }));
  return [
    ...rights('delete', '', 'secrets', [namespace]),
    ...rights('list', '', 'pods', places()),
    ...rights('list', 'apps', 'replicasets', places('Deployment')),
    ...rights('delete', 'batch', 'jobs', places('Job')),
  ];
}

/**
 * Asks the cluster whether the user may do what comes after a release is applied. Changes nothing.
 * @throws ConfigurationError that names verb, resource and namespace
 */
export async function requireRights(api: KubernetesApi, release: KubernetesRelease): Promise<void> {
  const denied = await allOrThrow(
    rightsFor(release).map(async (right) => ((await isDenied(api, right)) ? [right] : [])),
  );
  const texts = denied.flat().map(({ verb, resource, namespace }) => `${verb} ${resource} in ${namespace}`);
  if (texts.length === 0) return;
  throw new ConfigurationError(
    `kubeconfig: its user may not ${texts.join(', ')}, which Sealift needs once the release is applied. Give it the Role in docs/kubernetes.md.`,
  );
}

/** Who may not even ask is not refused for that. */
async function isDenied(api: KubernetesApi, { namespace, ...right }: Right): Promise<boolean> {
  const body = {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
    spec: { resourceAttributes: { ...right, namespace } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const answer = await api
    .request('POST', path, { purpose: 'ask what the user may do', body })
    .catch(() => undefined);
  const status = asObject(asObject(answer)['status']);
  return status['allowed'] === false && asText(status['evaluationError']) === undefined;
}
