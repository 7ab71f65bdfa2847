import { hostName } from '../model/identifiers.ts';
import { asList, asObject, asText } from '../model/json.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { KnownPods } from './judge-workload.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { containerFailures, type Pod, type PodContainer, placeOf, podProblem } from './pod.ts';
import type { WorkloadState } from './workload-state.ts';

const POD_LOG_LINES = 20;
/** Of these lines: one may be of any length. */
const POD_LOG_BYTES = '1000000';
/** Of one workload: the last ones say what all say. */
const PODS_PER_WORKLOAD = 2;
const EVENTS = 3;

/**
 * Collects why pods of a release fail: state, exit code, the cluster's words, last log lines. Never throws: what can't be read
 * gives no evidence, and the rollback must still run.
 */
export async function podEvidence(
  api: KubernetesApi,
  workloads: ReadonlyMap<string, WorkloadState & { readonly namespace: string }>,
  known: KnownPods,
): Promise<readonly Evidence[]> {
  const all = [...workloads].flatMap(([name, { current, namespace }]) =>
    current
      .filter((pod) => !pod.isReady && !pod.isEnding && pod.phase !== 'Succeeded')
      .toSorted((one, other) => failuresOf(other, known) - failuresOf(one, known))
      .slice(0, PODS_PER_WORKLOAD)
      .map((pod) => ({ name, pod, namespace })),
  );
  const collected = await Promise.allSettled(
    all.map(({ name, pod, namespace }) => evidenceOfPod(api, name, namespace, pod, known)),
  );
  return collected.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}

const failuresOf = (pod: Pod, { restarts }: KnownPods): number =>
  pod.containers.reduce((sum, container) => sum + containerFailures(pod, container, restarts), 0);

async function evidenceOfPod(
  api: KubernetesApi,
  service: string,
  namespace: string,
  pod: Pod,
  known: KnownPods,
): Promise<readonly Evidence[]> {
  const events = await warnings(api, namespace, pod);
  const problem = podProblem(pod, known.restarts)?.text;
  const troubled = pod.containers.filter(({ isReady, ended }) => !isReady && ended?.exitCode !== 0);
  const [container] = troubled.toSorted(
    (one, other) => Number(other.ended !== undefined) - Number(one.ended !== undefined),
  );
  const lines = container === undefined ? [] : await lastPodLines(api, namespace, pod, container);
  const ended = container?.ended;
  return [
    {
      host: hostName(pod.node ?? 'no node'),
      container: container === undefined ? pod.name : `${pod.name} ${container.name}`,
      service,
      state: container?.waiting?.reason || (ended === undefined ? pod.phase : 'terminated'),
      exitCode: ended?.exitCode,
      oomKilled: ended?.reason === 'OOMKilled',
      health: events.some((text) => /probe failed/i.test(text)) ? 'unhealthy' : undefined,
      lastLines: [...lines, ...new Set([...events, ...(problem === undefined ? [] : [problem])])],
    },
  ];
}

/** Of the run that failed: the one before, if another has begun. */
async function lastPodLines(
  api: KubernetesApi,
  namespace: string,
  { name }: Pod,
  { name: container, isRunning, restarts }: PodContainer,
): Promise<readonly string[]> {
  const read = async (previous: boolean): Promise<readonly string[]> => {
    const text = await api.text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, {
      purpose: `read the log of ${name}`,
      query: {
        container,
        tailLines: String(POD_LOG_LINES),
        limitBytes: POD_LOG_BYTES,
        ...(previous ? { previous: 'true' } : {}),
      },
    });
    return text.split('\n').filter((line) => line !== '');
  };
  try {
    const lines = await read(isRunning && restarts > 0);
    return lines.length > 0 || restarts === 0 ? lines : await read(true);
  } catch {
    return [];
  }
}

/** Words of a node that can't give a pod what it needs before its containers start. */
const PREPARATION_PROBLEM =
  /^(?:MountVolume|AttachVolume|Failed to create pod sandbox|Unable to attach or mount)/;

/** Why the first containers of a pod do not start, in the words of its node; `undefined` as long as it may still pull. */
export async function preparationProblem(
  api: KubernetesApi,
  namespace: string,
  pod: Pod,
): Promise<string | undefined> {
  const words = (await warnings(api, namespace, pod)).findLast((text) => PREPARATION_PROBLEM.test(text));
  return words === undefined ? undefined : `${placeOf(pod)}: ${words}`;
}

/** What the cluster has warned of. */
async function warnings(api: KubernetesApi, namespace: string, { uid }: Pod): Promise<readonly string[]> {
  try {
    const list = await api.request('GET', `/api/v1/namespaces/${namespace}/events`, {
      purpose: 'list events',
      query: { fieldSelector: `involvedObject.uid=${uid},type=Warning` },
    });
    return asList(asObject(list)['items'])
      .map((each) => asText(asObject(each)['message']) ?? '')
      .filter((text) => text !== '' && !/^Back-off restarting/.test(text))
      .slice(-EVENTS);
  } catch {
    return [];
  }
}
