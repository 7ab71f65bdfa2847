import { asList, asObject, asText } from '../model/json.ts';
import type { KubernetesObject, ObjectReference } from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** How the API names a kind. */
export interface ApiResource {
  /** `/apis/apps/v1` */
  readonly base: string;
  /** `deployments` */
  readonly plural: string;
  readonly isNamespaced: boolean;
}

/** The kinds that a cluster has, asked for once for each version of an API. */
export class ApiResources {
  readonly #api: KubernetesApi;
  readonly #known = new Map<string, Promise<ReadonlyMap<string, ApiResource>>>();

  constructor(api: KubernetesApi) {
    this.#api = api;
  }

  /** `undefined`: the cluster does not have this kind. */
  async find({
    apiVersion,
    kind,
  }: Pick<ObjectReference, 'apiVersion' | 'kind'>): Promise<ApiResource | undefined> {
    const known = this.#known.get(apiVersion) ?? this.#read(apiVersion);
    this.#known.set(apiVersion, known);
    return (await known).get(kind);
  }

  /** Path of an object; `undefined`: the cluster does not have its kind. */
  async pathOf(reference: ObjectReference): Promise<string | undefined> {
    const resource = await this.find(reference);
    return resource === undefined ? undefined : objectPath(resource, reference);
  }

  /** Asks again the next time: new kinds were defined. */
  forget(): void {
    this.#known.clear();
  }

  async #read(apiVersion: string): Promise<ReadonlyMap<string, ApiResource>> {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = await this.#api.find(base, `ask which kinds ${apiVersion} has`);
    const resources = asList(asObject(list)['resources']).flatMap(
      (each): readonly [string, ApiResource][] => {
        const { kind, name, namespaced } = asObject(each);
        const plural = asText(name);
        // With a slash it is a part of an object, such as `deployments/scale`.
        if (typeof kind !== 'string' || plural === undefined || plural.includes('/')) return [];
        return [[kind, { base, plural, isNamespaced: namespaced === true }]];
      },
    );
    return new Map(resources);
  }
}

function objectPath(
  { base, plural, isNamespaced }: ApiResource,
  { namespace, name }: ObjectReference,
): string {
  const scope = isNamespaced && namespace !== undefined ? `/namespaces/${namespace}` : '';
  return `${base}${scope}/${plural}/${encodeURIComponent(name)}`;
}

/** The kinds that manifests define themselves: whether their objects belong to a namespace, by `group/kind`. */
export function kindsDefinedIn(objects: readonly KubernetesObject[]): ReadonlyMap<string, boolean> {
  return new Map(
    objects
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map((object): [string, boolean] => {
        const spec = asObject(object['spec']);
        const kind = asText(asObject(spec['names'])['kind']) ?? '';
        return [`${asText(spec['group']) ?? ''}/${kind}`, spec['scope'] === 'Namespaced'];
      }),
  );
}
