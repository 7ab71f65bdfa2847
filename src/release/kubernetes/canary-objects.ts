import type { AppEnvironment } from '../../model/app-environment.ts';
import { LABEL, labelsOf } from '../../model/app-environment.ts';
import type { ReleaseId } from '../../model/identifiers.ts';
import { asList, asNumber, asObject, type JsonObject, withoutKeys } from '../../model/json.ts';
import { apiGroupOf, type KubernetesObject } from './kubernetes-object.ts';
import { nameBeside, selectorOf } from './side-by-side.ts';

/** What the objects of a release look like while only a share of the requests goes to it. Pure. */

/** Weights of a route are integers: with this factor a small share of the weight 1 is one, too. */
const WEIGHT_FACTOR = 1000;
/** The largest weight that the Gateway API takes. */
const MOST_WEIGHT = 1_000_000;

/** The HTTPRoutes (Gateway API) that send requests to a Service. */
export const httpRoutesTo = (
  service: KubernetesObject,
  objects: readonly KubernetesObject[],
): readonly KubernetesObject[] =>
  objects.filter(
    (object) =>
      object.kind === 'HTTPRoute' &&
      apiGroupOf(object) === 'gateway.networking.k8s.io' &&
      routeRules(object).some((rule) =>
        backendsOf(rule).some((backend) => isBackend(object, backend, service)),
      ),
  );

/** A Service for the pods of the new release alone, beside the one that all requests go to. */
export function canaryService(
  service: KubernetesObject,
  { id, ...of }: AppEnvironment & { readonly id: ReleaseId },
): KubernetesObject {
  const { name, namespace } = service.metadata;
  const ports = asList(asObject(service['spec'])['ports']).map((port) =>
    withoutKeys(asObject(port), 'nodePort'),
  );
  return {
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: {
      ...{ name: nameBeside(name, id), labels: { ...labelsOf(of), [LABEL.release]: id } },
      ...(namespace === undefined ? {} : { namespace }),
    },
    spec: { selector: selectorOf(service), ports },
  };
}

/**
 * A route that sends a share of what goes to Services to their canary Services.
 * @param share above 0 and below 1
 */
export function routeWithShare(
  route: KubernetesObject,
  services: readonly KubernetesObject[],
  id: ReleaseId,
  share: number,
): KubernetesObject {
  const divide = (backend: JsonObject, factor: number): readonly JsonObject[] => {
    const weight = weightOf(backend) * factor;
    const service = services.find((each) => isBackend(route, backend, each));
    if (service === undefined) return [{ ...backend, weight }];
    const given = Math.round(weight * share);
    return [
      { ...backend, weight: weight - given },
      { ...backend, name: nameBeside(service.metadata.name, id), weight: given },
    ];
  };
  const rules = routeRules(route).map((rule) => {
    if (rule['backendRefs'] === undefined) return rule;
    const backends = backendsOf(rule);
    const room = Math.floor(MOST_WEIGHT / Math.max(1, ...backends.map(weightOf)));
    const factor = Math.max(1, Math.min(WEIGHT_FACTOR, room));
    return { ...rule, backendRefs: backends.flatMap((backend) => divide(backend, factor)) };
  });
  return { ...route, spec: { ...asObject(route['spec']), rules } };
}

/** A Service that sends requests to the pods of both releases, however many each has. */
export function openService(service: KubernetesObject): KubernetesObject {
  const selector = withoutKeys(selectorOf(service), LABEL.release);
  return { ...service, spec: { ...asObject(service['spec']), selector } };
}

export const withReplicas = (deployment: KubernetesObject, replicas: number): KubernetesObject => ({
  ...deployment,
  spec: { ...asObject(deployment['spec']), replicas },
});

/**
 * How many pods have about a share of the requests beside the pods of the release before: at least one.
 * @param full as many as it has in the end
 */
export const podsForShare = (share: number, before: number, full: number): number =>
  Math.max(1, Math.min(full, Math.round((before * share) / (1 - share))));

const routeRules = (route: KubernetesObject): readonly JsonObject[] =>
  asList(asObject(route['spec'])['rules']).map(asObject);

const weightOf = (backend: JsonObject): number => asNumber(backend['weight']) ?? 1;

const backendsOf = (rule: JsonObject): readonly JsonObject[] => asList(rule['backendRefs']).map(asObject);

const isBackend = (
  route: KubernetesObject,
  { kind = 'Service', name, namespace = route.metadata.namespace }: JsonObject,
  { metadata }: KubernetesObject,
): boolean => kind === 'Service' && name === metadata.name && namespace === metadata.namespace;
