import { LABEL } from '../../model/app-environment.ts';
import { ConfigurationError } from '../../model/errors.ts';
import type { ReleaseId } from '../../model/identifiers.ts';
import { inputSetting } from '../../model/input-ref.ts';
import { asObject, asText, isObject, type JsonObject, mapValues } from '../../model/json.ts';
import type { ObjectWithImages } from './insert-images.ts';
import {
  apiGroupOf,
  type KubernetesObject,
  objectText,
  podTemplateOf,
  runsContainers,
} from './kubernetes-object.ts';

/**
 * A release beside another one: each Deployment that runs a built image and gets requests from a Service has the release in its name,
 * and so have its pods in their labels. Then a Service moves from one release to the next by its selector alone.
 */

/**
 * Makes Deployments and Services those of one release. What gets no requests, or runs no built image, stays under its own name. Pure.
 * @throws ConfigurationError if there is no such Deployment, or a Service also sends requests to pods that stay
 */
export function besideOthers(
  manifests: readonly ObjectWithImages[],
  id: ReleaseId,
): readonly ObjectWithImages[] {
  const services = manifests.map(({ object }) => object).filter(isSelectingService);
  const own = manifests
    .filter(({ object, images }) => isDeployment(object) && images.length > 0)
    .map(({ object }) => object)
    .filter((object) => services.some((service) => selects(service, object)));
  if (own.length === 0) {
    throw new ConfigurationError(
      `strategy: no Service in the manifests sends requests to a Deployment that runs the built image, so there is nothing to switch. Add the Service to the manifests, or set ${inputSetting('strategy', 'rolling')}.`,
    );
  }
  const doubled = new Set(own);
  const switched = new Set(services.filter((service) => own.some((object) => selects(service, object))));
  const others = manifests
    .map(({ object }) => object)
    .filter((object) => runsContainers(object) && !doubled.has(object));
  for (const service of switched) rejectOtherPods(service, others);
  const names = new Set(own.map(placeOfName));
  return manifests.map(({ object, ...rest }) => ({
    ...rest,
    object: doubled.has(object)
      ? ofRelease(object, id)
      : switched.has(object)
        ? selecting(object, id)
        : withRenamedTargets(object, names, id),
  }));
}

/** The Services by whose selector traffic moves to a release; none where the cluster moves it by itself. */
export const switchedServices = (objects: readonly KubernetesObject[]): readonly KubernetesObject[] =>
  objects.filter((object) => isSelectingService(object) && selectorOf(object)[LABEL.release] !== undefined);

/** The Deployments that a Service of the same release sends requests to. */
export const deploymentsBehind = (
  service: KubernetesObject,
  objects: readonly KubernetesObject[],
): readonly KubernetesObject[] =>
  objects.filter((object) => isDeployment(object) && selects(service, object));

export const selectorOf = (service: JsonObject): JsonObject =>
  asObject(asObject(service['spec'])['selector']);

const isDeployment = (object: KubernetesObject): boolean =>
  object.kind === 'Deployment' && runsContainers(object);

const isSelectingService = (object: KubernetesObject): boolean =>
  object.kind === 'Service' && apiGroupOf(object) === '' && Object.keys(selectorOf(object)).length > 0;

function selects(service: KubernetesObject, workload: KubernetesObject): boolean {
  const labels = asObject(asObject(podTemplateOf(workload)['metadata'])['labels']);
  return (
    service.metadata.namespace === workload.metadata.namespace &&
    Object.entries(selectorOf(service)).every(([key, value]) => labels[key] === value)
  );
}

/** @param others with pods, which stay under their own names */
function rejectOtherPods(service: KubernetesObject, others: readonly KubernetesObject[]): void {
  const other = others.find((object) => selects(service, object));
  if (other === undefined) return;
  throw new ConfigurationError(
    `strategy: ${objectText(service)} also sends requests to the pods of ${objectText(other)}, which is not a Deployment of the built image and can't run twice. Give them a label that the selector of the Service does not have, or set ${inputSetting('strategy', 'rolling')}.`,
  );
}

/** Another name for each release, and pods that say to which they belong. */
function ofRelease(object: KubernetesObject, id: ReleaseId): KubernetesObject {
  const { name, labels } = object.metadata;
  const mark = { [LABEL.release]: id };
  const spec = asObject(object['spec']);
  const selector = asObject(spec['selector']);
  const template = asObject(spec['template']);
  const metadata = asObject(template['metadata']);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      name: nameBeside(name, id),
      labels: { ...labels, [LABEL.workload]: name },
    },
    spec: {
      ...spec,
      selector: { ...selector, matchLabels: { ...asObject(selector['matchLabels']), ...mark } },
      template: {
        ...template,
        metadata: { ...metadata, labels: { ...asObject(metadata['labels']), ...mark } },
      },
    },
  };
}

/** The name of something that a release has beside that of the release before. */
export const nameBeside = (name: string, id: ReleaseId): string => `${name}-${id}`;

function selecting(service: KubernetesObject, id: ReleaseId): KubernetesObject {
  const selector = { ...selectorOf(service), [LABEL.release]: id };
  return { ...service, spec: { ...asObject(service['spec']), selector } };
}

const placeOfName = ({ metadata }: KubernetesObject): string =>
  `${metadata.namespace ?? ''}/${metadata.name}`;

/** Keys under which autoscalers and the like name a Deployment. */
const TARGET_KEYS = ['scaleTargetRef', 'targetRef'];

function withRenamedTargets(
  object: KubernetesObject,
  names: ReadonlySet<string>,
  id: ReleaseId,
): KubernetesObject {
  const { apiVersion, kind, metadata } = object;
  const rename = (target: JsonObject): JsonObject => {
    const name = asText(target['name']) ?? '';
    const isMeant = (target['kind'] ?? 'Deployment') === 'Deployment';
    return isMeant && names.has(`${metadata.namespace ?? ''}/${name}`)
      ? { ...target, name: nameBeside(name, id) }
      : target;
  };
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    return mapValues(value, (each, key) =>
      TARGET_KEYS.includes(key) && isObject(each) ? rename(each) : visit(each),
    );
  };
  return { ...asObject(visit(object)), apiVersion, kind, metadata };
}
