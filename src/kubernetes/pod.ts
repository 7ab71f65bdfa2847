import { asList, asNumber, asObject, asText, type JsonObject } from '../model/json.ts';

/** A pod as the API shows it, as far as Sealift reads it. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly node: string | undefined;
  readonly labels: Readonly<Record<string, unknown>>;
  /** Uids of what made it. */
  readonly owners: readonly string[];
  readonly phase: string;
  readonly isReady: boolean;
  /** It is being removed. */
  readonly isEnding: boolean;
  /** Why no node has it yet, in the words of the scheduler. */
  readonly unscheduled: string | undefined;
  /** Also those that run before the others. */
  readonly containers: readonly PodContainer[];
}

export interface PodContainer {
  readonly name: string;
  readonly restarts: number;
  /** Why it does not run: `CrashLoopBackOff`, `ImagePullBackOff`, … */
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  readonly isRunning: boolean;
  readonly isReady: boolean;
  /** How it ended last; `undefined`: it never has. */
  readonly ended:
    | { readonly exitCode: number; readonly reason: string; readonly message: string }
    | undefined;
}

export function readPod(data: unknown): Pod {
  const { metadata, spec, status } = asObject(data);
  const { name, uid, labels, ownerReferences, deletionTimestamp } = asObject(metadata);
  const state = asObject(status);
  const condition = (type: string): JsonObject =>
    asObject(asList(state['conditions']).find((each) => asObject(each)['type'] === type));
  const scheduled = condition('PodScheduled');
  return {
    name: asText(name) ?? '',
    uid: asText(uid) ?? '',
    node: asText(asObject(spec)['nodeName']),
    labels: asObject(labels),
    owners: asList(ownerReferences).flatMap((each) => asText(asObject(each)['uid']) ?? []),
    phase: asText(state['phase']) ?? '',
    isReady: condition('Ready')['status'] === 'True',
    isEnding: deletionTimestamp !== undefined,
    unscheduled: scheduled['status'] === 'False' ? asText(scheduled['message']) : undefined,
    containers: [...asList(state['initContainerStatuses']), ...asList(state['containerStatuses'])].map(
      readContainer,
    ),
  };
}

function readContainer(data: unknown): PodContainer {
  const { name, restartCount, state, lastState, ready } = asObject(data);
  const { waiting, terminated, running } = asObject(state);
  const ended = asObject(terminated ?? asObject(lastState)['terminated']);
  const { reason, message } = asObject(waiting);
  return {
    name: asText(name) ?? '',
    restarts: asNumber(restartCount) ?? 0,
    waiting:
      waiting === undefined ? undefined : { reason: asText(reason) ?? '', message: asText(message) ?? '' },
    isRunning: running !== undefined,
    isReady: ready === true,
    ended:
      asNumber(ended['exitCode']) === undefined
        ? undefined
        : {
            exitCode: asNumber(ended['exitCode']) ?? 0,
            reason: asText(ended['reason']) ?? '',
            message: asText(ended['message']) ?? '',
          },
  };
}

/** Why it does not run, and how often its containers have failed. */
export interface PodProblem {
  readonly text: string;
  readonly failures: number;
  /** Waiting longer will not help: the image does not exist, a secret is missing. */
  readonly isFinal: boolean;
  readonly isPullProblem: boolean;
}

/** Words of registries and container runtimes for what stays as it is. */
const FINAL_PULL_PROBLEM =
  /not found|manifest unknown|denied|unauthorized|authoriz|forbidden|no match for platform/i;
const PULL_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
]);
const CONFIG_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'InvalidImageName',
  'ErrImageNeverPull',
]);

/**
 * What is in the way of a pod; `undefined` if nothing is. Pure.
 * @param knownRestarts of containers before the deploy, by `uid/container`
 */
export function podProblem(pod: Pod, knownRestarts: ReadonlyMap<string, number>): PodProblem | undefined {
  const problems = pod.containers.flatMap(
    (container) => containerProblem(pod, container, knownRestarts) ?? [],
  );
  const [worst] = problems.toSorted((one, other) => other.failures - one.failures);
  if (worst !== undefined) return { ...worst, text: `${placeOf(pod)}: ${worst.text}` };
  if (pod.unscheduled !== undefined)
    return {
      text: `pod ${pod.name} finds no node: ${pod.unscheduled}`,
      failures: 0,
      isFinal: false,
      isPullProblem: false,
    };
  return undefined;
}

export const placeOf = ({ name, node }: Pod): string =>
  `pod ${name}${node === undefined ? '' : ` on ${node}`}`;

/** Containers that have ended with a failure since the deploy began. */
export function containerFailures(
  { uid }: Pick<Pod, 'uid'>,
  { name, restarts, waiting, ended }: PodContainer,
  knownRestarts: ReadonlyMap<string, number>,
): number {
  const since = restarts - (knownRestarts.get(`${uid}/${name}`) ?? 0);
  return since + (waiting?.reason === 'CrashLoopBackOff' && ended !== undefined ? 1 : 0);
}

function containerProblem(
  pod: Pod,
  container: PodContainer,
  knownRestarts: ReadonlyMap<string, number>,
): PodProblem | undefined {
  const { name, waiting, ended } = container;
  const failures = containerFailures(pod, container, knownRestarts);
  if (waiting !== undefined && PULL_REASONS.has(waiting.reason)) {
    const words = waiting.message === '' ? waiting.reason : waiting.message;
    const isFinal = CONFIG_REASONS.has(waiting.reason) || FINAL_PULL_PROBLEM.test(words);
    return {
      text: `image of ${name} can't be pulled (${waiting.reason}): ${words}`,
      failures,
      isFinal,
      isPullProblem: true,
    };
  }
  if (waiting !== undefined && CONFIG_REASONS.has(waiting.reason)) {
    const text = `${name} can't be started (${waiting.reason}): ${waiting.message}`;
    return { text, failures, isFinal: true, isPullProblem: false };
  }
  if (failures > 0 && ended !== undefined)
    return { text: `${name} ${containerEndText(ended)}`, failures, isFinal: false, isPullProblem: false };
  return undefined;
}

/** `ended with exit code 3` */
export function containerEndText({ exitCode, reason, message }: NonNullable<PodContainer['ended']>): string {
  if (reason === 'OOMKilled') return `was killed, because it was out of memory (exit code ${exitCode})`;
  const words = message === '' || message.includes('\n') ? '' : `: ${message}`;
  return `ended with exit code ${exitCode}${words}`;
}
