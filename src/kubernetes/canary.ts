import { LABEL } from '../model/app-environment.ts';
import { asNumber, asObject } from '../model/json.ts';
import { formatPercent } from '../model/percent.ts';
import {
  canaryService,
  httpRoutesTo,
  openService,
  podsForShare,
  routeWithShare,
  withReplicas,
} from '../release/kubernetes/canary-objects.ts';
import { type KubernetesObject, referenceKey, referenceTo } from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { deploymentsBehind, switchedServices } from '../release/kubernetes/side-by-side.ts';
import { applyObject, type ObjectContext } from './apply-objects.ts';
import { carryReplicas, podsWanted, sameWorkload } from './traffic.ts';

interface CanaryOptions {
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** The Services that the canary of a release needs beside those of the manifests. */
export const canaryServices = (release: KubernetesRelease): readonly KubernetesObject[] =>
  routedServices(release).map((service) => canaryService(service, release));

/** Services that routes of the release send requests to. */
const routedServices = ({ definition: { objects } }: KubernetesRelease): readonly KubernetesObject[] =>
  switchedServices(objects).filter((service) => httpRoutesTo(service, objects).length > 0);

/** Routes that divide requests between the two releases. */
export function dividingRoutes(release: KubernetesRelease): readonly KubernetesObject[] {
  const { objects } = release.definition;
  return [...new Set(routedServices(release).flatMap((service) => httpRoutesTo(service, objects)))];
}

/** A Deployment whose share of the requests is its share of the pods. */
interface CountedDeployment {
  readonly deployment: KubernetesObject;
  /** Pods of the release before, and of this one in the end. */
  readonly before: number;
  readonly full: number;
}

/**
 * A release that gets a growing share of the requests: by the weights of an HTTPRoute where one sends requests to its Service,
 * else by how many pods it has beside those of the live release.
 */
export class KubernetesCanary {
  readonly #context: ObjectContext;
  readonly #release: KubernetesRelease;
  readonly #live: KubernetesRelease;
  readonly #counted: readonly CountedDeployment[];

  private constructor(
    context: ObjectContext,
    release: KubernetesRelease,
    live: KubernetesRelease,
    counted: readonly CountedDeployment[],
  ) {
    this.#context = context;
    this.#release = release;
    this.#live = live;
    this.#counted = counted;
  }

  /** Counts the pods of the live release. */
  static async prepare(
    context: ObjectContext,
    release: KubernetesRelease,
    live: KubernetesRelease,
  ): Promise<KubernetesCanary> {
    const { objects } = release.definition;
    const deployments = new Set(openServices(release).flatMap((each) => deploymentsBehind(each, objects)));
    const counted = await Promise.all(
      [...deployments].map(async (deployment): Promise<CountedDeployment> => {
        const same = sameWorkload(deployment, live);
        const before = same === undefined ? 0 : await podsWanted(context, same);
        return {
          deployment,
          before,
          full: asNumber(asObject(deployment['spec'])['replicas']) ?? Math.max(before, 1),
        };
      }),
    );
    return new KubernetesCanary(context, release, live, counted);
  }

  /** The release as it begins: with few pods where the share of requests is that of pods. */
  beginning(share: number): KubernetesRelease {
    const { definition } = this.#release;
    const few = new Map(
      this.#counted.map(({ deployment, before, full }) => [
        deployment,
        withReplicas(deployment, podsForShare(share, before, full)),
      ]),
    );
    const objects = definition.objects.map((object) => few.get(object) ?? object);
    return { ...this.#release, definition: { ...definition, objects } };
  }

  /** Starts as many pods as a share of the requests needs. The Services do not send it more requests yet. */
  async scale(share: number, { force, signal }: CanaryOptions): Promise<void> {
    for (const { deployment, before, full } of this.#counted) {
      const scaled = withReplicas(deployment, podsForShare(share, before, full));
      await applyObject(this.#context, scaled, { force, signal });
    }
  }

  /**
   * Sends a share of the requests to the release.
   * @returns how it is done
   */
  async divide(share: number, { force, signal }: CanaryOptions): Promise<string> {
    const routed = routedServices(this.#release);
    for (const service of canaryServices(this.#release))
      await applyObject(this.#context, service, { force, signal });
    for (const route of dividingRoutes(this.#release)) {
      const divided = routeWithShare(route, routed, this.#release.id, share);
      await applyObject(this.#context, divided, { force, signal });
    }
    for (const service of openServices(this.#release))
      await applyObject(this.#context, openService(service), { force, signal });
    const routes = dividingRoutes(this.#release).map(
      ({ metadata }) => `HTTPRoute ${metadata.name} sends it ${formatPercent(share)}`,
    );
    const counts = this.#counted.map(({ deployment, before, full }) => {
      const pods = podsForShare(share, before, full);
      return `${deployment.metadata.labels?.[LABEL.workload] ?? deployment.metadata.name} has ${pods} of ${pods + before} pods`;
    });
    return [...routes, ...counts].join(', ');
  }

  /** Starts all of its pods. */
  async complete({ force, signal }: CanaryOptions): Promise<void> {
    await carryReplicas(this.#context, this.#release, this.#live, signal);
    for (const { deployment } of this.#counted)
      await applyObject(this.#context, deployment, { force, signal });
  }

  /** Makes routes what the manifests say, after the Services were switched. */
  async restoreRoutes({ force, signal }: CanaryOptions): Promise<void> {
    for (const route of dividingRoutes(this.#release))
      await applyObject(this.#context, route, { force, signal });
  }
}

/** Services that send requests to both releases, because no route divides them. */
function openServices(release: KubernetesRelease): readonly KubernetesObject[] {
  const routed = new Set(routedServices(release).map((each) => referenceKey(referenceTo(each))));
  return switchedServices(release.definition.objects).filter(
    (each) => !routed.has(referenceKey(referenceTo(each))),
  );
}
