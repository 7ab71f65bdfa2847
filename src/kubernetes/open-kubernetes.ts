import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { type HostName, hostName } from '../model/identifiers.ts';
import { asList, asObject, asText } from '../model/json.ts';
import type { KubernetesAccess } from '../model/kubernetes.ts';
import { beforeThisStep, byPlace, thisRunner } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import { programEnvironment } from '../run/environment.ts';
import { Tail } from '../run/tail.ts';
import { KubernetesApi } from './kubernetes-api.ts';

/** Milliseconds for which the first call is sent again: a wrong address should not take a minute. */
const FIRST_ANSWER_TIME = 10_000;
const PROXY_OUTPUT_LINES = 10;

/** A connection to a cluster until the end of the scope. */
export interface KubernetesConnection extends AsyncDisposable {
  readonly api: KubernetesApi;
  /** Of the input, else of the context. */
  readonly namespace: string;
  /** Of the cluster: `v1.34.4`. */
  readonly version: string;
  /** How `kubectl` of this connection is run. */
  readonly kubectl: Kubectl;
}

/** The official client with the kubeconfig of this step. */
export interface Kubectl {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** That name the context, for commands that ask the cluster. */
  readonly options: readonly string[];
}

/**
 * Connects to the cluster of a kubeconfig. `kubectl proxy` holds the connection, so every kind of login works that kubectl knows:
 * certificates, tokens, programs of a cloud. It listens on a socket in the private folder of the step.
 * @param program path of kubectl
 * @throws ConfigurationError that names the input; SealiftError if the API server is not reached
 */
export async function openKubernetes(
  access: KubernetesAccess,
  program: string,
  step: StepContext,
): Promise<KubernetesConnection> {
  const kubectl = await prepareKubectl(access, program, step);
  const { host, namespace } = await readContext(kubectl, access, step);
  // A path of a socket may have 107 bytes.
  const socket = join(step.folder, `k-${randomUUID().slice(0, 8)}`);
  const ended = new AbortController();
  const proxy = startProxy(kubectl, socket, step, ended.signal);
  const close = async (): Promise<void> => {
    ended.abort(new Error('The connection is no longer needed.'));
    await proxy.ended;
  };
  let version: string;
  try {
    await proxy.ready;
    version = await requireVersion(new KubernetesApi(host, socket, FIRST_ANSWER_TIME));
  } catch (error) {
    await close();
    throw error;
  }
  const api = new KubernetesApi(host, socket);
  return {
    ...{ api, namespace: access.namespace ?? namespace ?? 'default', version, kubectl },
    async [Symbol.asyncDispose]() {
      api.close();
      await close();
    },
  };
}

async function prepareKubectl(
  { kubeconfig, context }: KubernetesAccess,
  program: string,
  { folder }: StepContext,
): Promise<Kubectl> {
  const environment = programEnvironment();
  if (kubeconfig !== undefined) {
    const file = join(folder, `kubeconfig-${randomUUID().slice(0, 8)}`);
    await writeFile(file, `${kubeconfig}\n`, { mode: 0o600 });
    environment['KUBECONFIG'] = file;
  }
  return { program, environment, options: context === undefined ? [] : ['--context', context] };
}

interface ContextOfConfig {
  readonly host: HostName;
  readonly namespace: string | undefined;
}

/** @throws ConfigurationError for a context that is not in the kubeconfig, or none at all */
async function readContext(
  kubectl: Kubectl,
  { kubeconfig, context }: KubernetesAccess,
  { run }: StepContext,
): Promise<ContextOfConfig> {
  const { program, environment: env, options } = kubectl;
  const view = (...args: readonly string[]) =>
    run(program, ['config', ...args], { env, allowedExitCodes: [1] });
  const { exitCode, stdout, stderr } = await view('view', '--minify', '--output', 'json', ...options);
  if (exitCode === 0) {
    const config = asObject(JSON.parse(stdout));
    const [chosen, cluster] = [asList(config['contexts'])[0], asList(config['clusters'])[0]];
    const server = asText(asObject(asObject(cluster)['cluster'])['server']);
    if (server !== undefined) {
      const namespace = asText(asObject(asObject(chosen)['context'])['namespace']);
      return { host: hostName(server.replace(/\/+$/, '')), namespace };
    }
  }
  const listed = await view('get-contexts', '--output', 'name');
  const names = listed.stdout.split('\n').filter((name) => name !== '');
  if (listed.exitCode !== 0) {
    const why = (listed.stderr || stderr).trim().split('\n').at(-1) ?? '';
    throw new ConfigurationError(`kubeconfig: it can't be read: ${why.replace(/^error: /, '')}`);
  }
  if (names.length === 0) {
    throw new ConfigurationError(
      kubeconfig === undefined
        ? `kubeconfig: missing, and kubectl on ${thisRunner()} has no context either. Set it to the text of a kubeconfig${byPlace(', preferably from a secret', '')}, or log in to the cluster ${beforeThisStep()}.`
        : 'kubeconfig: it has no context. Give the whole text of a kubeconfig, as "kubectl config view --minify --flatten" prints it.',
    );
  }
  throw new ConfigurationError(
    context === undefined
      ? `kube-context: missing, and the kubeconfig names no current one. Name one of ${names.join(', ')}.`
      : `kube-context: the kubeconfig has no context "${context}", only ${names.join(', ')}.`,
  );
}

interface Proxy {
  /** @throws SealiftError if it ends before */
  readonly ready: Promise<void>;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

function startProxy(
  { program, environment, options }: Kubectl,
  socket: string,
  { run }: StepContext,
  signal: AbortSignal,
): Proxy {
  const ready = Promise.withResolvers<void>();
  const tail = new Tail(PROXY_OUTPUT_LINES);
  const onLine = (line: string): void => {
    tail.push(line);
    // It may ask for a user name before, on the same line.
    if (line.includes('Starting to serve')) ready.resolve();
  };
  const fail = (cause: unknown): void => {
    if (tail.lines.some((line) => line.startsWith('Please enter Username'))) {
      ready.reject(
        new ConfigurationError(
          'kubeconfig: the user of its context has no credentials. Give one with a token, a certificate or a program that logs in.',
        ),
      );
      return;
    }
    ready.reject(
      new SealiftError(`kubectl proxy did not start: ${tail.lines.at(-1) ?? 'it printed nothing'}`, {
        cause,
        evidence: cause instanceof CommandError ? cause.evidence : tail.lines,
      }),
    );
  };
  const args = [
    'proxy',
    '--unix-socket',
    socket,
    '--reject-methods',
    '^$',
    '--reject-paths',
    '^$',
    ...options,
  ];
  const ended = run(program, args, { env: environment, onLine, signal }).then(() => fail(undefined), fail);
  return { ready: ready.promise, ended };
}

/** Asks for what everyone may ask, so that wrong credentials and addresses show before anything else is done. */
async function requireVersion(api: KubernetesApi): Promise<string> {
  try {
    const answer = await api.request('GET', '/version', { purpose: 'ask for the version of the cluster' });
    return asText(asObject(answer)['gitVersion']) ?? '';
  } finally {
    api.close();
  }
}
