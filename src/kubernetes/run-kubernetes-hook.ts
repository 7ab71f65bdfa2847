import { randomUUID } from 'node:crypto';
import type { ClusterHook, ClusterWait } from '../cluster/cluster.ts';
import { PULL_LIMIT } from '../cluster/converge.ts';
import { LABEL, labelsOf } from '../model/app-environment.ts';
import { formatDuration } from '../model/duration.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import { HOOK_ERROR_LINES, hookName } from '../model/hook-text.ts';
import { asList, asObject, asText, type JsonObject, pickKeys, withoutKeys } from '../model/json.ts';
import {
  type KubernetesObject,
  podTemplateOf,
  referenceKey,
  referenceTo,
  workloadNames,
} from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import { LoggedOutput } from '../run/logged-output.ts';
import { pause } from '../run/pause.ts';
import { isPulling } from './judge-workload.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { CLUSTER_ROLE, roleSelector } from './kubernetes-records.ts';
import { isRefusal } from './kubernetes-refusal.ts';
import { containerEndText, type Pod, podProblem, readPod } from './pod.ts';
import { preparationProblem } from './pod-evidence.ts';

/** Milliseconds between two looks. */
const HOOK_INTERVAL = 500;

/** What runs a command in a cluster. */
interface HookRunner {
  readonly api: KubernetesApi;
  /** Gets each line of its output. */
  readonly log: (line: string) => void;
}

/**
 * Runs a command once in the new image of a workload, as a Job: with the variables, volumes and service account of the workload.
 * Its output is logged while it runs, and nothing of it stays, not even of a run that was killed.
 * @throws HostError with the last lines when it ends with another exit code than 0, or is never started
 */
export async function runKubernetesHook(
  { api, log }: HookRunner,
  release: KubernetesRelease,
  hook: ClusterHook,
  wait: ClusterWait,
): Promise<string> {
  const workload = workloadOf(release, hook);
  const namespace = workload.metadata.namespace ?? release.definition.namespace;
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  await removeHookJobs(api, release, jobs);
  const body = hookJob(workload, release, hook);
  try {
    await api.request('POST', jobs, { purpose: `run ${hook.when}-release in ${hook.service}`, body });
    return await awaitHook(
      { api, log },
      namespace,
      String(asObject(body['metadata'])['name']),
      release,
      hook,
      wait,
    );
  } finally {
    await removeHookJobs(api, release, jobs).catch(() => undefined);
  }
}

function workloadOf({ definition }: KubernetesRelease, { service }: ClusterHook): KubernetesObject {
  const names = workloadNames(definition.objects);
  const found = definition.objects.find((object) => names.get(referenceKey(referenceTo(object))) === service);
  if (found === undefined) throw new ConfigurationError(`The release has no workload ${service}.`);
  return found;
}

async function removeHookJobs(api: KubernetesApi, release: KubernetesRelease, jobs: string): Promise<void> {
  const labelSelector = roleSelector(release, CLUSTER_ROLE.hook);
  const list = await api.request('GET', jobs, { purpose: 'list jobs', query: { labelSelector } });
  for (const job of asList(asObject(list)['items'])) {
    const { name } = asObject(asObject(job)['metadata']);
    const body = { propagationPolicy: 'Background' };
    await api
      .request('DELETE', `${jobs}/${String(name)}`, { purpose: 'remove a job', body })
      .catch((error: unknown) => {
        if (!isRefusal(error, 'NotFound')) throw error;
      });
  }
}

/** The Job that runs a command. It does not have the labels of the workload: a Service would send it requests. Pure. */
export function hookJob(
  workload: KubernetesObject,
  release: Pick<KubernetesRelease, 'app' | 'environment' | 'services'>,
  { service, when, argv }: ClusterHook,
): JsonObject {
  const spec = asObject(podTemplateOf(workload)['spec']);
  const image = release.services[service]?.image;
  const containers = asList(spec['containers']).map(asObject);
  const container = containers.find((each) => each['image'] === image) ?? containers[0] ?? {};
  // Helpers that run beside a container for as long as it does (KEP-753).
  const helpers = asList(spec['initContainers']).filter(
    (each) => asObject(each)['restartPolicy'] === 'Always',
  );
  const labels = { ...labelsOf(release), [LABEL.role]: CLUSTER_ROLE.hook };
  const name = `${workload.metadata.name.slice(0, 45)}-${when}-${randomUUID().slice(0, 6)}`;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: {
          ...pickKeys<unknown>(spec, KEPT_SETTINGS),
          restartPolicy: 'Never',
          ...(helpers.length > 0 ? { initContainers: helpers } : {}),
          containers: [
            {
              ...withoutKeys(
                container,
                'args',
                'ports',
                'livenessProbe',
                'readinessProbe',
                'startupProbe',
                'lifecycle',
              ),
              command: argv,
            },
          ],
        },
      },
    },
  };
}

/** Of the description of a pod: what a command needs as well. */
const KEPT_SETTINGS = [
  'volumes',
  'serviceAccountName',
  'automountServiceAccountToken',
  'imagePullSecrets',
  'securityContext',
  'nodeSelector',
  'affinity',
  'tolerations',
  'dnsPolicy',
  'dnsConfig',
  'hostAliases',
  'hostNetwork',
  'runtimeClassName',
  'priorityClassName',
  'terminationGracePeriodSeconds',
];

async function awaitHook(
  { api, log }: HookRunner,
  namespace: string,
  job: string,
  release: KubernetesRelease,
  hook: ClusterHook,
  { signal }: ClusterWait,
): Promise<string> {
  using output = new LoggedOutput(log, HOOK_ERROR_LINES);
  const startedAt = performance.now();
  const timeout = release.health.timeout;
  let after = '';
  for (;;) {
    const pod = await podOfJob(api, namespace, job);
    const container = pod?.containers.at(-1);
    if (
      pod !== undefined &&
      container !== undefined &&
      (container.isRunning || container.ended !== undefined)
    ) {
      const { lines, last } = await linesAfter(api, namespace, pod, container.name, after, signal);
      for (const line of lines) output.push(line);
      after = last;
      if (container.ended?.exitCode === 0) return 'exit code 0';
      if (container.ended !== undefined) {
        throw new HostError(api.host, hookPodFailureText(hook, container.ended), {
          evidence: output.lastLines,
          alreadyLogged: true,
        });
      }
    } else {
      const problem = pod === undefined ? undefined : podProblem(pod, new Map());
      const elapsed = performance.now() - startedAt;
      // What looks like a pull may be a volume that is missing.
      const prevented =
        pod === undefined || elapsed <= timeout ? undefined : await preparationProblem(api, namespace, pod);
      if (problem?.isFinal === true || prevented !== undefined || !mayStillStart(pod, elapsed, timeout)) {
        const why =
          problem?.text ??
          prevented ??
          (pod === undefined ? await jobProblem(api, namespace, job) : `its pod is ${pod.phase}`);
        throw new HostError(
          api.host,
          `${hookName(hook.when, hook.argv)} was not started in ${hook.service} within ${formatDuration(elapsed)}: ${why}.`,
        );
      }
    }
    await pause(HOOK_INTERVAL, signal);
  }
}

/** Whether a pod is waited for: a pull may take longer than a start. Pure. */
export const mayStillStart = (pod: Pod | undefined, elapsed: number, timeout: number): boolean =>
  elapsed <= (pod !== undefined && isPulling(pod) ? Math.max(timeout, PULL_LIMIT) : timeout);

async function podOfJob(api: KubernetesApi, namespace: string, job: string): Promise<Pod | undefined> {
  const list = await api.request('GET', `/api/v1/namespaces/${namespace}/pods`, {
    purpose: `list the pods of ${job}`,
    query: { labelSelector: `job-name=${job}` },
  });
  const [pod] = asList(asObject(list)['items']);
  return pod === undefined ? undefined : readPod(pod);
}

/** Why a Job has no pod, in the words of the cluster: a quota, or an admission webhook that refused it. */
async function jobProblem(api: KubernetesApi, namespace: string, job: string): Promise<string> {
  const list = await api
    .request('GET', `/api/v1/namespaces/${namespace}/events`, {
      purpose: 'list events',
      query: { fieldSelector: `involvedObject.name=${job},type=Warning` },
    })
    .catch(() => undefined);
  const message = asText(asObject(asList(asObject(list)['items']).at(-1))['message']);
  return message ?? 'the cluster has made no pod for it';
}

interface NewLines {
  readonly lines: readonly string[];
  /** The time of the last one, as text. */
  readonly last: string;
}

/** Bytes that are read of a log at once; the next look goes on after them. */
const MOST_LOG_BYTES = 10_000_000;

/** The lines of a log that are newer than `after`, an RFC 3339 time with nanoseconds; all of them if it is empty. */
async function linesAfter(
  api: KubernetesApi,
  namespace: string,
  { name }: Pod,
  container: string,
  after: string,
  signal: AbortSignal,
): Promise<NewLines> {
  const text = await api
    .text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, {
      ...{ purpose: `read the log of ${name}`, signal },
      query: {
        ...{ container, timestamps: 'true', limitBytes: String(MOST_LOG_BYTES) },
        sinceTime: after === '' ? undefined : after,
      },
    })
    .catch(() => '');
  const isCut = Buffer.byteLength(text) >= MOST_LOG_BYTES;
  const whole = (isCut && text.slice(0, text.lastIndexOf('\n') + 1)) || text;
  const entries = whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ time: line.slice(0, line.indexOf(' ')), line: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ time }) => time > after);
  return { lines: entries.map(({ line }) => line), last: entries.at(-1)?.time ?? after };
}

function hookPodFailureText(
  hook: ClusterHook,
  ended: NonNullable<Pod['containers'][number]['ended']>,
): string {
  if (ended.reason === 'OOMKilled')
    return `${hookName(hook.when, hook.argv)} ${containerEndText(ended)} in ${hook.service}.`;
  return `${hookName(hook.when, hook.argv)} failed in ${hook.service} with exit code ${ended.exitCode}.`;
}
