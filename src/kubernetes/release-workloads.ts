import type { ClusterWait, Workload } from '../cluster/cluster.ts';
import { convergeWorkloads, type JudgedWorkload } from '../cluster/converge.ts';
import { watchWorkloads } from '../cluster/watch.ts';
import { isReleaseId } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Evidence } from '../plan/outcome.ts';
import {
  isCustom,
  type KubernetesObject,
  referenceKey,
  referenceTo,
  runsContainers,
  workloadNames,
} from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { allOrThrow } from '../run/promises.ts';
import { isOwnObject, type ObjectContext, releaseLabelOf } from './apply-objects.ts';
import { isPulling, judgeWorkload, type KnownPods, knownPods, NO_KNOWN_PODS } from './judge-workload.ts';
import { podEvidence, preparationProblem } from './pod-evidence.ts';
import { podPause } from './pod-pause.ts';
import { removeBrokenPods } from './remove-broken-pods.ts';
import { readWorkload, type WorkloadState } from './workload-state.ts';

/** Milliseconds between two looks. */
const WORKLOAD_INTERVAL = 1_000;

/** A workload of a release, and what the cluster has of it. */
interface FoundWorkload extends WorkloadState {
  readonly name: string;
  readonly wanted: KubernetesObject;
  readonly namespace: string;
}

/** The workloads of releases, and what becomes of their pods. */
export class ReleaseWorkloads {
  readonly #context: ObjectContext;
  /** Whether Jobs of a release have run: then it does not matter what is left of them. */
  readonly #jobsHaveRun: (release: KubernetesRelease) => boolean;
  #known: KnownPods = NO_KNOWN_PODS;

  constructor(context: ObjectContext, jobsHaveRun: (release: KubernetesRelease) => boolean) {
    this.#context = context;
    this.#jobsHaveRun = jobsHaveRun;
  }

  /** Looks at what is there before a deploy. From then on, only what happens later counts. */
  async observe(release: KubernetesRelease): Promise<Workloads> {
    const found = await this.#look(release);
    this.#known = knownPods(found);
    return {
      workloads: found.filter(({ object }) => object !== undefined).map((each) => this.#workload(each)),
      missing: found.filter(({ object }) => object === undefined).map(({ name }) => name),
    };
  }

  /** Waits until all of a release are whole; see `convergeWorkloads`. */
  converge(release: KubernetesRelease, wait: ClusterWait): Promise<string> {
    const { timeout } = release.health;
    const look = (): Promise<readonly JudgedWorkload[]> => this.#judgeAll(release);
    return convergeWorkloads({ timeout, parts: 'pods', interval: WORKLOAD_INTERVAL, look }, wait);
  }

  /** Watches all of a release, that were whole, for so many milliseconds; see `watchWorkloads`. */
  watch(
    release: KubernetesRelease,
    duration: number,
    wait: ClusterWait,
    ask?: () => Promise<void>,
  ): Promise<string> {
    const look = (): Promise<readonly JudgedWorkload[]> => this.#judgeAll(release);
    return watchWorkloads({ duration, interval: WORKLOAD_INTERVAL, look, ask }, wait);
  }

  /** Why pods of a release fail. Never throws. */
  async evidence(release: KubernetesRelease): Promise<readonly Evidence[]> {
    try {
      const found = await this.#look(release);
      const states = new Map(found.map((each) => [each.name, each]));
      return await podEvidence(this.#context.api, states, this.#known);
    } catch {
      return [];
    }
  }

  async #look(release: KubernetesRelease): Promise<readonly FoundWorkload[]> {
    const { api, resources } = this.#context;
    const { objects, namespace } = release.definition;
    const names = workloadNames(objects);
    const judged = objects.flatMap((wanted) => {
      const name = names.get(referenceKey(referenceTo(wanted)));
      if (name === undefined || (wanted.kind === 'Job' && this.#jobsHaveRun(release))) return [];
      return runsContainers(wanted) || isCustom(wanted) ? [{ name, wanted }] : [];
    });
    return await allOrThrow(
      judged.map(async ({ name, wanted }) => ({
        ...(await readWorkload(api, resources, wanted)),
        ...{ name, wanted, namespace: wanted.metadata.namespace ?? namespace },
      })),
    );
  }

  async #judgeAll(release: KubernetesRelease): Promise<readonly JudgedWorkload[]> {
    const found = await this.#look(release);
    return await allOrThrow(found.map((each) => this.#judge(each)));
  }

  async #judge(found: FoundWorkload): Promise<JudgedWorkload> {
    const { api } = this.#context;
    const { name, wanted, namespace, current } = found;
    if (wanted.kind === 'StatefulSet') await removeBrokenPods(api, found, this.#known);
    const verdict = judgeWorkload(wanted, found, this.#known);
    const waiting = current.find(isPulling);
    if (verdict.kind !== 'pending' || !verdict.pulling || waiting === undefined)
      return { name, verdict, pause: podPause(wanted), advice: podPullAdvice(verdict) };
    const problem = await preparationProblem(api, namespace, waiting);
    return { name, verdict: problem === undefined ? verdict : { ...verdict, problem, pulling: false } };
  }

  #workload(found: FoundWorkload): Workload {
    const { name, wanted, object } = found;
    const verdict = judgeWorkload(wanted, found, this.#known);
    const isOurs = object !== undefined && isOwnObject(object, this.#context.of);
    const label = isOurs ? releaseLabelOf(object) : undefined;
    const problem =
      verdict.kind === 'whole'
        ? undefined
        : verdict.kind === 'failed'
          ? verdict.why
          : (verdict.problem ?? `${verdict.counts.ready} of ${verdict.counts.wanted} pods are ready`);
    return {
      ...{ name, kind: wanted.kind, ...verdict.counts, problem },
      release: label !== undefined && isReleaseId(label) ? label : undefined,
    };
  }
}

interface Workloads {
  readonly workloads: readonly Workload[];
  /** Names of those that the cluster does not have. */
  readonly missing: readonly string[];
}

/** What to do where a node does not get an image. */
const podPullAdvice = (verdict: JudgedWorkload['verdict']): string =>
  verdict.kind === 'pending' && /can't be pulled/.test(verdict.problem ?? '')
    ? ` Does the image exist, do the nodes reach the registry, and may they pull? With "${inputRef('pull-secret')}", Sealift gives them the login of "${inputRef('registry-username')}".`
    : '';
