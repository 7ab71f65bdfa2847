import type { ClusterRecords } from '../cluster/records.ts';
import type { JsonObject } from '../model/json.ts';
import { asObject } from '../model/json.ts';
import { inApplyOrder, isNeverRemoved } from '../release/kubernetes/apply-order.ts';
import {
  isKubernetesObject,
  type KubernetesObject,
  type ObjectReference,
  referenceKey,
  referenceText,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import type {
  KubernetesDefinition,
  KubernetesRelease,
} from '../release/kubernetes/make-kubernetes-release.ts';
import { allOrThrow } from '../run/promises.ts';
import { isOwnObject, type ObjectContext, removeObject, restoreObject } from './apply-objects.ts';
import { readTried, writeTried } from './kubernetes-records.ts';

/**
 * Which objects an app has in a cluster: those of all its recorded releases, and those that a run has made or was about to make. That
 * is noted in the cluster before the first one is made, so that the next run finds what a killed one has left.
 */
export class ReleaseObjects {
  readonly #context: ObjectContext;
  readonly #namespace: string;
  #recorded: readonly ObjectReference[] = [];
  #tried: readonly ObjectReference[] = [];
  /** Objects of others that this run takes over, as they were, by `referenceKey`. */
  readonly #adopted = new Map<string, JsonObject>();

  constructor(context: ObjectContext, namespace: string) {
    this.#context = context;
    this.#namespace = namespace;
  }

  async observe(records: ClusterRecords<KubernetesDefinition>): Promise<void> {
    const { api, of } = this.#context;
    this.#tried = await readTried(api, of, this.#namespace);
    this.#recorded = records.releases.flatMap(({ definition }) => definition.objects.map(referenceTo));
  }

  /** @param adopt whether some of them may be those of others */
  async noteBefore(objects: readonly KubernetesObject[], adopt: boolean): Promise<void> {
    const { api, of } = this.#context;
    if (adopt) for (const object of objects) await this.#rememberIfForeign(referenceTo(object));
    const made = objects.map(referenceTo).filter((each) => !this.#adopted.has(referenceKey(each)));
    this.#tried = distinct([...this.#tried, ...made]);
    await writeTried(api, of, this.#namespace, this.#tried);
  }

  /** Those that exist and that a release does not have. */
  others(release: KubernetesRelease | undefined): Promise<readonly ObjectReference[]> {
    return this.#existing(this.#othersThan(release));
  }

  /** Volume claims of the app that exist. They are removed only where their data is to go too. */
  claims(): Promise<readonly ObjectReference[]> {
    const all = distinct([...this.#tried, ...this.#recorded]);
    return this.#existing(all.filter(({ kind }) => kind === 'PersistentVolumeClaim'));
  }

  async #existing(references: readonly ObjectReference[]): Promise<readonly ObjectReference[]> {
    const { api, resources, of } = this.#context;
    const found = await allOrThrow(
      references.map(async (reference) => {
        const path = await resources.pathOf(reference);
        if (path === undefined) return [];
        const object = await api.find(path, `read ${referenceText(reference)}`);
        return object !== undefined && isOwnObject(asObject(object), of) ? [reference] : [];
      }),
    );
    return found.flat();
  }

  /**
   * Removes those that a release does not have. What was taken over belongs to others again, as it was.
   * @returns `Deployment web`
   */
  async removeOthers(release: KubernetesRelease | undefined): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const reference of inApplyOrder(this.#othersThan(release)).toReversed())
      if (await removeObject(this.#context, reference)) removed.push(referenceText(reference));
    const own = keysOf(release);
    for (const [key, object] of this.#adopted) {
      if (own.has(key) || !isKubernetesObject(object)) continue;
      await restoreObject(this.#context, object);
      this.#adopted.delete(key);
    }
    return removed;
  }

  /** Only the live release is there. */
  async forgetTried(): Promise<void> {
    const { api, of } = this.#context;
    await writeTried(api, of, this.#namespace, []);
    this.#tried = [];
  }

  #othersThan(release: KubernetesRelease | undefined): readonly ObjectReference[] {
    const own = keysOf(release);
    return distinct([...this.#tried, ...this.#recorded]).filter(
      (reference) => !own.has(referenceKey(reference)) && !isNeverRemoved(reference),
    );
  }

  async #rememberIfForeign(reference: ObjectReference): Promise<void> {
    const { api, resources, of } = this.#context;
    const path = await resources.pathOf(reference);
    const found = path === undefined ? undefined : await api.find(path, `read ${referenceText(reference)}`);
    if (found !== undefined && !isOwnObject(asObject(found), of))
      this.#adopted.set(referenceKey(reference), asObject(found));
  }
}

const keysOf = (release: KubernetesRelease | undefined): ReadonlySet<string> =>
  new Set((release?.definition.objects ?? []).map((object) => referenceKey(referenceTo(object))));

const distinct = (references: readonly ObjectReference[]): readonly ObjectReference[] => [
  ...new Map(references.map((reference) => [referenceKey(reference), reference])).values(),
];
