/** The lab as tests use it: what lab/lab has written into env.json, and its commands. */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { removeLeftFront } from './lab/cleanup.ts';
import { Engine, type TlsFiles } from './lab/engine.ts';
import { progress } from './patience.ts';
import { pathOfPrograms } from './runner/environment.ts';

const LAB_COMMAND = resolve(import.meta.dirname, '../../lab/lab');

/** As lab/lib/env.sh writes it; paths are files. */
interface EnvJson {
  readonly lab: string;
  readonly bin: string;
  readonly runners: readonly { readonly name: string; readonly dockerHost: string }[];
  readonly registry: { readonly address: string; readonly username: string; readonly password: string };
  readonly mirror: { readonly address: string; readonly passesOn: boolean };
  readonly ssh: Readonly<
    Record<'user' | 'key' | 'rsaKey' | 'passphraseKey' | 'passphrase' | 'foreignKey' | 'knownHosts', string>
  >;
  readonly tls: TlsFiles & { readonly foreign: TlsFiles };
  readonly acme: { readonly directory: string; readonly root: string };
  readonly dns: string;
  /** `null` without a cluster: lab/lab up --kubernetes. */
  readonly kubernetes: {
    readonly kubeconfig: string;
    readonly version: string;
    /** Names of servers. */
    readonly nodes: readonly string[];
  } | null;
  /** Whether it is in `bin`: lab/lab install --kubernetes. */
  readonly helm: boolean;
  /** The official definition of HTTPRoute, a file; `null` as above. */
  readonly httpRoutes: string | null;
  readonly servers: readonly {
    readonly name: string;
    readonly address: string;
    readonly domain: string;
    readonly imageStore: 'classic' | 'containerd';
    readonly sshUrl: string;
    readonly tcpUrl: string;
  }[];
}

/** A server of the lab. */
export interface Server {
  /** `s1`: its name in lab commands. */
  readonly name: string;
  readonly address: string;
  /** It and every name below it lead to this server, for whoever asks the lab's name server. */
  readonly domain: string;
  readonly imageStore: 'classic' | 'containerd';
  /** For the input `hosts`. */
  readonly url: string;
  readonly tcpUrl: string;
  /** The test's own way to its engine, which no action uses. */
  readonly engine: Engine;
}

export interface Lab {
  /** Its state folder: LAB. */
  readonly folder: string;
  /** Names of engines that jobs build with; the first one is that of `runnerEnvironment`. */
  readonly runners: readonly string[];
  readonly servers: readonly Server[];
  readonly registry: EnvJson['registry'];
  /** It has the images of Docker Hub that tests use, below `library`. */
  readonly mirror: EnvJson['mirror'];
  /** What a job on its runner has in its environment. */
  readonly runnerEnvironment: Readonly<Record<string, string>>;
  /** Contents, as the inputs want them. */
  readonly ssh: EnvJson['ssh'];
  readonly tls: { readonly own: TlsTexts; readonly foreign: TlsTexts };
  readonly acme: { readonly directory: string; readonly root: string };
  readonly dns: string;
  /** Names of the servers that are nodes of the cluster; none without a cluster. */
  readonly kubernetesNodes: readonly string[];
  /** Whether its runner has Helm. */
  readonly hasHelm: boolean;
  /** A file with the official definition of HTTPRoute, if the lab has it. */
  readonly httpRoutes: string | undefined;
  /** Runs kubectl as the administrator of the cluster. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Runs a command of lab/lab: `lab.run('cut', 's3')`. */
  run(...args: readonly string[]): Promise<string>;
  /** Runs docker on the runner. */
  docker(...args: readonly string[]): Promise<string>;
}

interface TlsTexts {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const NO_KUBERNETES = 'The lab has no Kubernetes cluster: lab/lab up --kubernetes.';

const folderOfLab = (): string => process.env['LAB'] ?? join(tmpdir(), 'sealift-lab');

/**
 * Reads the lab that is up: that of LAB, or the standard one.
 *
 * @param runner with whose engine its jobs build
 *
 * @throws Error saying how to bring one up
 */
export function readLab(path = join(folderOfLab(), 'env.json'), runner = 'runner'): Lab {
  const env = readEnvironment(path);
  const text = (file: string): string => readFileSync(file, 'utf8');
  const tls = (files: TlsFiles): TlsTexts => ({
    ca: text(files.ca),
    cert: text(files.cert),
    key: text(files.key),
  });
  const own = tls(env.tls);
  const { dockerHost = '' } = env.runners.find(({ name }) => name === runner) ?? {};
  const runnerEnvironment = { DOCKER_HOST: dockerHost, PATH: `${env.bin}:${pathOfPrograms()}` };
  const run = async (
    program: string,
    args: readonly string[],
    variables: Record<string, string>,
  ): Promise<string> => {
    const options = { env: { ...process.env, ...variables }, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(program, args, options);
    progress(`${basename(program)} ${args.join(' ')}`);
    return stdout;
  };
  return {
    folder: env.lab,
    runners: env.runners.map(({ name }) => name),
    servers: env.servers.map(({ sshUrl, ...server }) => ({
      ...server,
      // As a person writes it, and as Sealift names the host.
      url: sshUrl.replace(/:22$/, ''),
      engine: new Engine(server.address, own),
    })),
    registry: env.registry,
    mirror: env.mirror,
    runnerEnvironment,
    ssh: {
      ...env.ssh,
      key: text(env.ssh.key),
      rsaKey: text(env.ssh.rsaKey),
      passphraseKey: text(env.ssh.passphraseKey),
      foreignKey: text(env.ssh.foreignKey),
      knownHosts: text(env.ssh.knownHosts),
    },
    tls: { own, foreign: tls(env.tls.foreign) },
    acme: { directory: env.acme.directory, root: text(env.acme.root) },
    dns: env.dns,
    kubernetesNodes: env.kubernetes?.nodes ?? [],
    hasHelm: env.helm,
    httpRoutes: env.httpRoutes ?? undefined,
    async kubectl(...args) {
      if (env.kubernetes === null) throw new Error(NO_KUBERNETES);
      return await run(join(env.bin, 'kubectl'), args, { KUBECONFIG: env.kubernetes.kubeconfig });
    },
    run: (...args) => run(LAB_COMMAND, args, { LAB: env.lab }),
    docker: (...args) => run(join(env.bin, 'docker'), args, runnerEnvironment),
  };
}

export interface Claimed {
  /** Whether jobs of this file build images. */
  readonly builds: boolean;
}

/**
 * The lab, with so many servers that are this file's alone: whatever it does to them, no other file of tests notices. They are
 * those that the worker has had already, then those that nobody has, then new ones. Who builds has a runner of its own as well:
 * an engine that builds and removes images side by side may miss one.
 */
export async function labWith(count: number, { builds = false }: Partial<Claimed> = {}): Promise<Lab> {
  const add = (kind: string) => async (lab: Lab) => await lab.run('add', kind);
  const servers = await claim(
    'server',
    count,
    ({ servers: all }) => all.map(({ name }) => name),
    add('server'),
  );
  const [runner] = await claim('runner', builds ? 1 : 0, ({ runners }) => runners, add('runner'));
  const lab = onlyWith(readLab(undefined, runner), servers);
  await Promise.all(lab.servers.map(removeLeftFront));
  return lab;
}

/**
 * The lab's Kubernetes cluster: its nodes are this file's alone, and no other server is a node.
 * @throws Error if there is none, or if another worker has it
 */
export async function labWithKubernetes(): Promise<Lab> {
  const { length: count } = readLab().kubernetesNodes;
  if (count === 0) throw new Error(NO_KUBERNETES);
  const nodes = await claim(
    'server',
    count,
    ({ kubernetesNodes }) => kubernetesNodes,
    () => {
      throw new Error(
        'Another file of tests has the Kubernetes cluster: run one at a time (--maxWorkers 1).',
      );
    },
  );
  return onlyWith(readLab(), nodes);
}

/** So many of what the lab has of a kind, for this worker alone; what it has had beyond that is free again. `add` is called for what lacks. */
async function claim(
  kind: 'server' | 'runner',
  count: number,
  namesIn: (lab: Lab) => readonly string[],
  add: (lab: Lab) => Promise<unknown>,
): Promise<readonly string[]> {
  const claims = join(folderOfLab(), 'claims', kind);
  mkdirSync(claims, { recursive: true });
  const me = process.env['JEST_WORKER_ID'] ?? '1';
  const known = namesIn(readLab());
  const had = readdirSync(claims).filter((name) => ownerOf(join(claims, name)) === me);
  const mine = had.filter((name) => known.includes(name)).slice(0, count);
  for (const name of had) if (!mine.includes(name)) rmSync(join(claims, name));
  for (;;) {
    const lab = readLab();
    for (const name of namesIn(lab)) {
      if (mine.length < count && take(join(claims, name), me)) mine.push(name);
    }
    if (mine.length === count) return mine;
    await add(lab);
  }
}

/** Ends what an earlier run of tests has claimed. Two runs at once need two labs. */
export function freeServers(): void {
  rmSync(join(folderOfLab(), 'claims'), { recursive: true, force: true });
}

/** Who has claimed a server; nobody where the claim has just been given up. */
function ownerOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function take(file: string, me: string): boolean {
  try {
    writeFileSync(file, me, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function onlyWith(lab: Lab, names: readonly string[]): Lab {
  const servers = names.map((name) => serverNamed(lab, name));
  const known = lab.ssh.knownHosts.split('\n');
  const keys = servers.map(({ address }) => known.find((line) => line.startsWith(`${address} `)) ?? '');
  return { ...lab, servers, ssh: { ...lab.ssh, knownHosts: `${keys.join('\n')}\n` } };
}

function serverNamed({ servers }: Lab, name: string): Server {
  const server = servers.find((each) => each.name === name);
  if (server === undefined) throw new Error(`The lab has no server ${name}.`);
  return server;
}

/** A server of the lab by its place; -1 is the last one. */
export function serverOf({ servers }: Lab, place = 0): Server {
  const server = servers.at(place);
  if (server === undefined) throw new Error(`The lab has ${servers.length} servers, too few for this.`);
  return server;
}

/** Inputs with which an action reaches servers over SSH. */
export function sshInputs(lab: Lab, servers: readonly Server[]): Record<string, string> {
  return {
    hosts: servers.map(({ url }) => url).join('\n'),
    'ssh-key': lab.ssh.key,
    'known-hosts': lab.ssh.knownHosts,
  };
}

/** Inputs with which an action logs in to the lab's registry. */
export function registryInputs(lab: Lab): Record<string, string> {
  return { 'registry-username': lab.registry.username, 'registry-password': lab.registry.password };
}

/** A name that no other test has, so that none depends on what another left. */
export function uniqueName(stem: string): string {
  return `${stem}-${randomInt(0x1000, 0xffff).toString(16)}`;
}

let lastPort = randomInt(20_000, 29_000);

/** A host port that no other test of this file has. */
export function uniquePort(): number {
  lastPort += 1;
  return lastPort;
}

function readEnvironment(path: string): EnvJson {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(
      `No lab is up: ${path} can't be read. Bring one up with lab/lab up, or run script/test.`,
      {
        cause: error,
      },
    );
  }
}
