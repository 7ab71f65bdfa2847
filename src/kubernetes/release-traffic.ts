import type { ClusterMove, ClusterWait } from '../cluster/cluster.ts';
import { LABEL } from '../model/app-environment.ts';
import type { KubernetesTraffic } from '../model/deploy-options.ts';
import { formatDuration } from '../model/duration.ts';
import { formatPercent } from '../model/percent.ts';
import type { CanaryStep } from '../model/strategy.ts';
import {
  type KubernetesObject,
  objectText,
  referenceKey,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { switchedServices } from '../release/kubernetes/side-by-side.ts';
import { applyObject, type ObjectContext, removeObject } from './apply-objects.ts';
import { type ApplyReleaseOptions, applyRelease } from './apply-release.ts';
import { askMetrics } from './ask-metrics.ts';
import { canaryServices, dividingRoutes, KubernetesCanary } from './canary.ts';
import type { ReleaseWorkloads } from './release-workloads.ts';
import { carryReplicas, holdTraffic, servicesToSwitch, switchServices } from './traffic.ts';

/** Milliseconds for which a release that has got all requests is watched at least: until every node sends them there, the old pods must answer. */
const SWITCH_TIME = 5_000;

interface TrafficOptions {
  readonly traffic: KubernetesTraffic;
  /** Whether objects and fields of others are taken over. */
  readonly adopt: boolean;
  readonly log: (line: string) => void;
}

/** A release that this run has started beside the live one. */
interface BesideRelease {
  readonly release: KubernetesRelease;
  /** `undefined`: it gets all requests at once. */
  readonly canary: KubernetesCanary | undefined;
}

/** Starts releases, and moves requests to one that runs beside the live one. */
export class ReleaseTraffic {
  readonly #context: ObjectContext;
  readonly #workloads: ReleaseWorkloads;
  readonly #options: TrafficOptions;
  #beside: BesideRelease | undefined;

  constructor(context: ObjectContext, workloads: ReleaseWorkloads, options: TrafficOptions) {
    this.#context = context;
    this.#workloads = workloads;
    this.#options = options;
  }

  /** Objects that a release has only until it has all requests. */
  passingObjects(release: KubernetesRelease): readonly KubernetesObject[] {
    return this.#options.traffic.kind === 'canary' ? canaryServices(release) : [];
  }

  /** Applies a release. One that may run beside the live one gets no requests yet. */
  async start(
    release: KubernetesRelease,
    live: KubernetesRelease | undefined,
    options: Omit<ApplyReleaseOptions, 'except'>,
  ): Promise<void> {
    const context = this.#context;
    const { signal } = options;
    const services = await servicesToSwitch(context, release);
    const canary =
      live === undefined || services.length === 0 || this.#firstShare === undefined
        ? undefined
        : await KubernetesCanary.prepare(context, release, live);
    if (live !== undefined) await this.#hold(services, live, release, signal);
    if (services.length > 0) this.#beside = { release, canary };
    const routes = canary === undefined ? [] : dividingRoutes(release);
    const beginning = canary?.beginning(this.#firstShare ?? 1) ?? release;
    await applyRelease(context, beginning, { ...options, except: [...services, ...routes] });
    if (live !== undefined) await carryReplicas(context, beginning, live, signal);
  }

  /** Applies the release before one that failed: first what requests go by. */
  async goBack(previous: KubernetesRelease, options: Omit<ApplyReleaseOptions, 'except'>): Promise<void> {
    const { signal } = options;
    const failed = this.#beside?.release;
    if (failed !== undefined) {
      const changed = new Set(dividingRoutes(failed).map((route) => referenceKey(referenceTo(route))));
      for (const object of previous.definition.objects)
        if (changed.has(referenceKey(referenceTo(object))))
          await applyObject(this.#context, object, { force: true, signal });
      await this.#removeBeside(failed, previous, signal);
    }
    await applyRelease(this.#context, previous, options);
  }

  moves(release: KubernetesRelease): readonly ClusterMove[] {
    if (this.#beside?.release.id !== release.id) return [];
    const { canary } = this.#beside;
    const { traffic } = this.#options;
    const steps = traffic.kind === 'canary' && canary !== undefined ? traffic.steps : [];
    const shares = steps.filter(({ share }) => share < 1);
    const last = steps.find(({ share }) => share === 1)?.duration ?? 0;
    const watched = Math.max(last, traffic.kind === 'rolling' ? 0 : traffic.bake, SWITCH_TIME);
    return [
      ...shares.map(
        (step): ClusterMove => ({
          stage: 'switch',
          text: `send ${formatPercent(step.share)} of the requests to ${release.id} and watch it for ${formatDuration(step.duration)}`,
          run: (wait) => this.#canaryStep(release, canary, step, wait),
        }),
      ),
      {
        stage: 'switch',
        text: `send all requests to ${release.id}`,
        run: (wait) => this.#sendAll(release, canary, wait),
      },
      {
        stage: 'bake',
        text: `watch ${release.id} for ${formatDuration(watched)}`,
        run: async (wait) => {
          await this.#workloads.watch(release, watched, wait, this.#question(release));
          return await this.#workloads.converge(release, wait);
        },
      },
    ];
  }

  /** The share of the first canary step; `undefined`: requests move at once. */
  get #firstShare(): number | undefined {
    const { traffic } = this.#options;
    const share = traffic.kind === 'canary' ? traffic.steps[0]?.share : undefined;
    return share === 1 ? undefined : share;
  }

  async #canaryStep(
    release: KubernetesRelease,
    canary: KubernetesCanary | undefined,
    { share, duration }: CanaryStep,
    wait: ClusterWait,
  ): Promise<string> {
    const options = { force: this.#options.adopt, signal: wait.signal };
    await canary?.scale(share, options);
    await this.#workloads.converge(release, wait);
    const how = (await canary?.divide(share, options)) ?? '';
    this.#options.log(how);
    return `${how}; ${await this.#workloads.watch(release, duration, wait, this.#question(release))}`;
  }

  async #sendAll(
    release: KubernetesRelease,
    canary: KubernetesCanary | undefined,
    wait: ClusterWait,
  ): Promise<string> {
    const options = { force: this.#options.adopt, signal: wait.signal };
    if (canary !== undefined) {
      await canary.complete(options);
      await this.#workloads.converge(release, wait);
    }
    const switched = await switchServices(this.#context, release, options);
    await canary?.restoreRoutes(options);
    return switched;
  }

  #question(release: KubernetesRelease): (() => Promise<void>) | undefined {
    const { traffic } = this.#options;
    if (traffic.kind !== 'canary' || traffic.metrics.length === 0) return undefined;
    return async () => {
      for (const query of traffic.metrics) await askMetrics(this.#context.api, query, release.id);
    };
  }

  async #hold(
    services: readonly KubernetesObject[],
    live: KubernetesRelease,
    release: KubernetesRelease,
    signal: AbortSignal,
  ): Promise<void> {
    for (const service of await holdTraffic(this.#context, services, live, signal)) {
      this.#options.log(
        `${objectText(service)} sends requests to pods of several Deployments of ${live.id}, so ready pods of ${release.id} get some of them from the beginning.`,
      );
    }
  }

  /**
   * Removes the Deployments of a release that failed beside another one, where the Services of that one would send them requests: those
   * of a release that was deployed without another one beside it.
   */
  async #removeBeside(
    failed: KubernetesRelease,
    previous: KubernetesRelease,
    signal: AbortSignal,
  ): Promise<void> {
    if (switchedServices(previous.definition.objects).length > 0) return;
    const { objects } = failed.definition;
    await holdTraffic(this.#context, switchedServices(objects), previous, signal);
    for (const object of objects)
      if (object.metadata.labels?.[LABEL.workload] !== undefined)
        await removeObject(this.#context, referenceTo(object), { signal });
  }
}
