import { type AppEnvironment, LABEL, labelsOf } from '../../model/app-environment.ts';
import type { ClusterRelease, ClusterService } from '../../model/cluster-release.ts';
import { ConfigurationError } from '../../model/errors.ts';
import type { ReleaseId } from '../../model/identifiers.ts';
import type { PinnedImage } from '../../model/image.ts';
import { asList, asObject, type JsonObject, mapValues, wordsOf } from '../../model/json.ts';
import type { Origin } from '../../model/release.ts';
import { releaseIdOf } from '../release-id.ts';
import { inApplyOrder, isShared } from './apply-order.ts';
import { insertReleaseImages, type ObjectWithImages } from './insert-images.ts';
import {
  type KubernetesObject,
  objectText,
  referenceKey,
  referenceTo,
  runsContainers,
  withPodTemplate,
  workloadNames,
} from './kubernetes-object.ts';
import type { Manifest } from './manifest.ts';
import { besideOthers } from './side-by-side.ts';

/** What a release is on Kubernetes: all its objects, in the order in which they are applied. */
export interface KubernetesDefinition {
  /** Where its records are, and its objects unless they name another one. */
  readonly namespace: string;
  readonly objects: readonly KubernetesObject[];
}

export type KubernetesRelease = ClusterRelease<KubernetesDefinition>;

/** What the manifests of the checkout say, for one namespace. */
export interface KubernetesProject extends AppEnvironment {
  readonly namespace: string;
  /** Each with its namespace, if it has one. */
  readonly manifests: readonly Manifest[];
  /** Name of the secret with the login for the registry that each workload gets; `undefined`: none. */
  readonly pullSecret: string | undefined;
  /** Whether it runs beside the release before, until traffic is moved. */
  readonly sideBySide: boolean;
}

/**
 * Makes a release of manifests and images. Equal content has an equal id. Pure.
 * @param built images by name; '' is what `${IMAGE}` stands for
 * @param force replaces every pod, even if nothing has changed
 * @throws ConfigurationError for an object that two manifests describe, or without an image of the release
 */
export function makeKubernetesRelease(
  { app, environment, namespace, manifests, pullSecret, sideBySide }: KubernetesProject,
  built: ReadonlyMap<string, PinnedImage>,
  health: KubernetesRelease['health'],
  origin: Origin,
  force = false,
): KubernetesRelease {
  rejectDuplicates(manifests);
  const inserted = insertReleaseImages(manifests, built).map((each) => {
    const object = withEncodedData(each.object);
    return {
      ...each,
      object: pullSecret === undefined || each.images.length === 0 ? object : pulling(object, pullSecret),
    };
  });
  const content = {
    app,
    environment,
    namespace,
    objects: inApplyOrder(inserted.map(({ object }) => object)),
  };
  const plain = releaseIdOf(sideBySide ? { ...content, sideBySide } : content);
  const id = force ? releaseIdOf({ plain, at: origin.createdAt }) : plain;
  const named = sideBySide ? besideOthers(inserted, id) : inserted;
  const objects = inApplyOrder(named.map(({ object }) => object));
  const labels = { ...labelsOf({ app, environment }), [LABEL.release]: id };
  return {
    ...{ id, app, environment, health, origin },
    services: releasedWorkloads(named),
    definition: {
      namespace,
      objects: objects
        .map((object) => (force && runsContainers(object) ? restarted(object, id) : object))
        .map((object) => (isShared(object) ? object : labelled(object, labels))),
    },
  };
}

const labelled = (object: KubernetesObject, labels: Readonly<Record<string, string>>): KubernetesObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...mapValues(asObject(object.metadata.labels), wordsOf), ...labels },
  },
});

/** Workloads that run an image of the release, by their short names. Of several images the first counts. */
function releasedWorkloads(inserted: readonly ObjectWithImages[]): Readonly<Record<string, ClusterService>> {
  const names = workloadNames(inserted.map(({ object }) => object));
  const services = inserted.flatMap(({ object, images: [image] }): readonly [string, ClusterService][] => {
    const name = names.get(referenceKey(referenceTo(object)));
    return name === undefined || image === undefined ? [] : [[name, { name, image, reference: undefined }]];
  });
  return Object.fromEntries(services);
}

function rejectDuplicates(manifests: readonly Manifest[]): void {
  const sources = new Map<string, string>();
  for (const { object, source } of manifests) {
    const key = referenceKey(referenceTo(object));
    const other = sources.get(key);
    if (other !== undefined) {
      const place = other === source ? `twice in ${source}` : `in ${other} and in ${source}`;
      throw new ConfigurationError(
        `manifests: ${objectText(object)} is ${place}. Remove one of the two, or name only one of the files.`,
      );
    }
    sources.set(key, source);
  }
}

/** `stringData` of a Secret as what the cluster makes of it. A key that is removed there would stay in the cluster. */
function withEncodedData(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Secret' || object['stringData'] === undefined) return object;
  const { stringData, ...rest } = object;
  const encoded = mapValues(asObject(stringData), (text) => Buffer.from(wordsOf(text)).toString('base64'));
  const { apiVersion, kind, metadata } = object;
  return { ...rest, apiVersion, kind, metadata, data: { ...asObject(object['data']), ...encoded } };
}

/** Its pods may pull with the secret. */
function pulling(object: KubernetesObject, pullSecret: string): KubernetesObject {
  if (!runsContainers(object)) return object;
  return withPodTemplate(object, (template) => {
    const spec = asObject(template['spec']);
    const given = asList(spec['imagePullSecrets']);
    if (given.some((each) => asObject(each)['name'] === pullSecret)) return template;
    return { ...template, spec: { ...spec, imagePullSecrets: [...given, { name: pullSecret }] } };
  });
}

/** Pods with another annotation are other pods. */
function restarted(object: KubernetesObject, id: ReleaseId): KubernetesObject {
  return withPodTemplate(object, (template): JsonObject => {
    const metadata = asObject(template['metadata']);
    const annotations = { ...asObject(metadata['annotations']), [LABEL.release]: id };
    return { ...template, metadata: { ...metadata, annotations } };
  });
}
