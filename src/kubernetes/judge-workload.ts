import { MAX_FAILURES, type WorkloadCounts, type WorkloadVerdict } from '../cluster/converge.ts';
import { asList, asNumber, asObject, asText, type JsonObject } from '../model/json.ts';
import { isCustom, type KubernetesObject } from '../release/kubernetes/kubernetes-object.ts';
import { containerFailures, type Pod, podProblem } from './pod.ts';
import type { WorkloadState } from './workload-state.ts';

/** What was there before a deploy: it proves nothing about it. */
export interface KnownPods {
  readonly uids: ReadonlySet<string>;
  /** Restarts of containers, by `uid/container`. */
  readonly restarts: ReadonlyMap<string, number>;
}

export const NO_KNOWN_PODS: KnownPods = { uids: new Set(), restarts: new Map() };

/** Pods of these states. */
export function knownPods(states: readonly WorkloadState[]): KnownPods {
  const pods = states.flatMap(({ current, old }) => [...current, ...old]);
  return {
    uids: new Set(pods.map(({ uid }) => uid)),
    restarts: new Map(
      pods.flatMap(({ uid, containers }) =>
        containers.map(({ name, restarts }): [string, number] => [`${uid}/${name}`, restarts]),
      ),
    ),
  };
}

/**
 * Judges a workload from its status and its pods. Pure.
 * @param wanted as the release has it
 */
export function judgeWorkload(
  wanted: Pick<KubernetesObject, 'apiVersion' | 'kind'>,
  { object, current }: WorkloadState,
  known: KnownPods,
): WorkloadVerdict {
  if (object === undefined) {
    const counts = { wanted: 1, ready: 0 };
    return { kind: 'failed', counts, why: 'the cluster does not have it any more: somebody removed it' };
  }
  const progress = PROGRESS[wanted.kind]?.(object, current) ?? customProgress(wanted, object);
  const { failed, isWhole } = progress;
  // What it says is of the definition before, as long as its controller has not seen this one.
  const counts = hasObserved(object) ? progress.counts : { ...progress.counts, ready: 0 };
  const problem = worstProblem(current, known);
  const text = problem?.text ?? progress.problem;
  if (failed !== undefined) {
    return {
      kind: 'failed',
      counts,
      why: text === undefined || text === failed ? failed : `${failed}; ${text}`,
    };
  }
  if (!hasObserved(object) || !isWhole) {
    return {
      ...{ kind: 'pending', counts, problem: text },
      failures: problem?.isFinal === true ? MAX_FAILURES : (problem?.failures ?? 0),
      pulling: problem === undefined && current.some(isPulling),
    };
  }
  const parts = current.filter(({ isEnding }) => !isEnding).map((pod) => partText(pod, known));
  return {
    ...{ kind: 'whole', counts, parts: parts.sort(), failures: totalFailures(current, known) },
    isProven: !isCustom(wanted) && current.every(({ uid }) => known.uids.has(uid)),
  };
}

/** Another one when a container was started again. */
const partText = (pod: Pod, { restarts }: KnownPods): string =>
  `${pod.uid}:${pod.containers.map((container) => containerFailures(pod, container, restarts)).join()}`;

/** How often containers of these pods have ended with a failure since the deploy began. */
const totalFailures = (pods: readonly Pod[], { restarts }: KnownPods): number =>
  pods
    .flatMap((pod) => pod.containers.map((container) => containerFailures(pod, container, restarts)))
    .reduce((sum, each) => sum + each, 0);

/** Its containers are not there yet: a node pulls, or mounts volumes. */
export const isPulling = ({ phase, node, containers }: Pod): boolean =>
  phase === 'Pending' &&
  node !== undefined &&
  containers.some(
    ({ waiting }) => waiting?.reason === 'ContainerCreating' || waiting?.reason === 'PodInitializing',
  );

interface TotalProblem {
  readonly text: string;
  readonly failures: number;
  readonly isFinal: boolean;
}

/** The problem of the pod that has failed most, and how often all have. */
function worstProblem(pods: readonly Pod[], { restarts }: KnownPods): TotalProblem | undefined {
  const problems = pods
    .filter(({ isReady, isEnding }) => !isReady && !isEnding)
    .flatMap((pod) => podProblem(pod, restarts) ?? [])
    .toSorted((one, other) => Number(other.isFinal) - Number(one.isFinal) || other.failures - one.failures);
  const [worst] = problems;
  const failures = problems.reduce((sum, each) => sum + each.failures, 0);
  if (worst !== undefined) return { text: worst.text, failures, isFinal: worst.isFinal };
  const unready = pods.find(
    (pod) => !pod.isReady && !pod.isEnding && pod.containers.some((each) => each.isRunning && !each.isReady),
  );
  return unready === undefined
    ? undefined
    : {
        text: `pod ${unready.name} runs, but is not ready: its readiness probe has not succeeded yet`,
        failures: 0,
        isFinal: false,
      };
}

/** Whether the controller has seen the present definition. */
const hasObserved = (object: JsonObject): boolean =>
  hasSeen(object, asObject(object['status'])['observedGeneration']);

/** @param observed the generation that a controller has seen, if it says so */
function hasSeen(object: JsonObject, observed: unknown): boolean {
  const [seen, present] = [asNumber(observed), asNumber(asObject(object['metadata'])['generation'])];
  return seen === undefined || present === undefined || seen >= present;
}

/** What the status of a workload says. */
interface Progress {
  readonly counts: WorkloadCounts;
  readonly isWhole: boolean;
  /** Why its controller has given it up. */
  readonly failed: string | undefined;
  /** In the words of its controller. */
  readonly problem: string | undefined;
}

const PROGRESS: Readonly<Record<string, (object: JsonObject, current: readonly Pod[]) => Progress>> = {
  Deployment(object, current) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec['replicas']) ?? 1;
    const [updated, available] = [count(status['updatedReplicas']), count(status['availableReplicas'])];
    const isWhole = updated === wanted && count(status['replicas']) === updated && available === wanted;
    const progressing = condition(status, 'Progressing');
    // Of its present definition only: it stays from the one before.
    const isOver = hasObserved(object) && progressing['reason'] === 'ProgressDeadlineExceeded';
    const refused = condition(status, 'ReplicaFailure');
    return {
      counts: { wanted, ready: current.filter(({ isReady, isEnding }) => isReady && !isEnding).length },
      isWhole,
      failed: isOver ? 'it made no progress for its progressDeadlineSeconds' : undefined,
      problem:
        spec['paused'] === true
          ? 'it is paused (spec.paused), so nothing is replaced'
          : refused['status'] === 'True'
            ? asText(refused['message'])
            : undefined,
    };
  },
  StatefulSet(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec['replicas']) ?? 1;
    const strategy = asObject(spec['updateStrategy']);
    const partition = count(asObject(strategy['rollingUpdate'])['partition']);
    const mayStay = strategy['type'] === 'OnDelete' ? wanted : Math.min(partition, wanted);
    const isCurrent = status['currentRevision'] === status['updateRevision'];
    const updated = isCurrent
      ? count(status['currentReplicas'] ?? status['updatedReplicas'])
      : count(status['updatedReplicas']);
    const ready = count(status['readyReplicas']);
    const isWhole =
      ready === wanted && count(status['replicas']) === wanted && (isCurrent || updated >= wanted - mayStay);
    return {
      counts: { wanted, ready: isWhole ? wanted : Math.min(updated, ready) },
      isWhole,
      ...{ failed: undefined, problem: undefined },
    };
  },
  DaemonSet(object) {
    const { spec, status } = sections(object);
    const wanted = count(status['desiredNumberScheduled']);
    const isOnDelete = asObject(spec['updateStrategy'])['type'] === 'OnDelete';
    const updated = isOnDelete ? wanted : count(status['updatedNumberScheduled']);
    const ready = Math.min(updated, count(status['numberAvailable']));
    return {
      counts: { wanted, ready },
      isWhole: ready === wanted,
      ...{ failed: undefined, problem: undefined },
    };
  },
  ReplicaSet(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec['replicas']) ?? 1;
    const ready = count(status['availableReplicas']);
    return {
      counts: { wanted, ready },
      isWhole: ready === wanted,
      ...{ failed: undefined, problem: undefined },
    };
  },
  Job(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec['completions']) ?? 1;
    const failed = condition(status, 'Failed');
    const isWhole = condition(status, 'Complete')['status'] === 'True';
    return {
      counts: { wanted, ready: isWhole ? wanted : Math.min(wanted, count(status['succeeded'])) },
      isWhole,
      failed:
        failed['status'] === 'True'
          ? `it failed: ${asText(failed['message']) ?? String(failed['reason'])}`
          : undefined,
      problem: spec['suspend'] === true ? 'it is suspended (spec.suspend)' : undefined,
    };
  },
  CronJob: () => ({ counts: { wanted: 1, ready: 1 }, isWhole: true, failed: undefined, problem: undefined }),
  Pod(object) {
    const { status } = sections(object);
    const phase = asText(status['phase']);
    const isWhole = phase === 'Succeeded' || condition(status, 'Ready')['status'] === 'True';
    return {
      counts: { wanted: 1, ready: isWhole ? 1 : 0 },
      isWhole,
      failed:
        phase === 'Failed'
          ? `it failed: ${asText(status['message']) ?? asText(status['reason']) ?? 'its containers ended'}`
          : undefined,
      problem: undefined,
    };
  },
};

/** A custom resource is whole when its `Ready` or `Available` condition says so of its present definition; one that has neither is whole as it is. */
function customProgress(wanted: Pick<KubernetesObject, 'apiVersion' | 'kind'>, object: JsonObject): Progress {
  const { status } = sections(object);
  const [found] = isCustom(wanted)
    ? ['Ready', 'Available'].map((type) => condition(status, type)).filter(({ type }) => type !== undefined)
    : [];
  // A condition may say itself of which definition it is.
  const isCurrent = hasSeen(object, found?.['observedGeneration']);
  const isWhole = found === undefined || (isCurrent && found['status'] === 'True');
  return {
    counts: { wanted: 1, ready: isWhole ? 1 : 0 },
    isWhole,
    failed: undefined,
    problem: isWhole || found === undefined ? undefined : conditionText(found, isCurrent),
  };
}

const conditionText = ({ type, status, message, reason }: JsonObject, isCurrent: boolean): string =>
  isCurrent
    ? `${String(type)} is ${String(status)}: ${asText(message) ?? asText(reason) ?? 'no reason given'}`
    : `${String(type)} is that of its definition before: its controller has not seen the new one`;

const sections = (object: JsonObject): { readonly spec: JsonObject; readonly status: JsonObject } => ({
  spec: asObject(object['spec']),
  status: asObject(object['status']),
});

const count = (value: unknown): number => asNumber(value) ?? 0;

const condition = (status: JsonObject, type: string): JsonObject =>
  asObject(asList(status['conditions']).find((each) => asObject(each)['type'] === type));
