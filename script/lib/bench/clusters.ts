import type { ActionRun } from '../../../__tests__/support/action.ts';
import { buildVersions, type Version } from '../../../__tests__/support/apps/images.ts';
import { compose, HEALTH } from '../../../__tests__/support/apps/probe.ts';
import {
  type KubernetesApp,
  kubernetesApp,
  manifests,
  webDeployment,
  webService,
} from '../../../__tests__/support/kubernetes-app.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';
import { until } from '../../../__tests__/support/patience.ts';
import { leaveSwarm, makeSwarm } from '../../../__tests__/support/swarm.ts';
import { type SwarmApp, swarmApp } from '../../../__tests__/support/swarm-app.ts';
import { succeeded } from '../../../__tests__/support/test-app.ts';

/** Updates of one app on a cluster by one side; milliseconds each. */
interface Updates {
  /** Until all tasks or pods are new and ready, and no old one is left. */
  readonly whole: number[];
  /** Until the command ends. */
  readonly ends: number[];
}

/** The same updates of the same app by Sealift and by what the cluster itself brings. */
export interface ClusterRace {
  readonly cluster: string;
  readonly peer: string;
  readonly ours: Updates;
  readonly theirs: Updates;
}

/** One side in one cluster. */
interface Updater {
  /** What is done before an update, and not measured. */
  prepare?(version: Version): Promise<unknown>;
  update(version: Version): Promise<unknown>;
  /** Images that run and are ready. */
  running(): Promise<readonly string[]>;
}

type Print = (line: string) => void;

const REPLICAS = 2;

/** Races on a swarm of two servers, and on the Kubernetes cluster of the lab if it has one. */
export async function raceOnClusters(
  lab: Lab,
  rounds: number,
  print: Print,
): Promise<readonly ClusterRace[]> {
  const versions = Array.from({ length: rounds + 1 }, (_, index) => String(index));
  const few = { ...lab, servers: lab.servers.slice(0, REPLICAS) };
  const races = [await raceOnSwarm(few, versions, print)];
  const hasKubernetes = await lab.kubectl('version').then(
    () => true,
    () => false,
  );
  if (hasKubernetes) races.push(await raceOnKubernetes(few, versions, print));
  else print('The lab has no Kubernetes cluster, so that race is left out.');
  return races;
}

async function raceOnSwarm(lab: Lab, names: readonly string[], print: Print): Promise<ClusterRace> {
  const peer = 'docker stack deploy';
  await makeSwarm(lab);
  const app = await swarmApp({ lab, stem: 'bench', files: (port) => stackOf(port, '${IMAGE}') });
  try {
    const sides = await sidesOf(app, names, [sealiftOnSwarm(app), await stackDeploy(app)], peer);
    return { cluster: 'swarm', peer, ...(await raceOf(sides, print)) };
  } finally {
    await app.manager.engine.delete('/services/peer_web').catch(() => undefined);
    await app.remove();
    await leaveSwarm(lab);
  }
}

const stackOf = (port: number, image: string) =>
  compose({
    services: {
      web: {
        image,
        ports: [{ target: 3000, published: port, mode: 'host' }],
        ...{ stop_grace_period: '5s', healthcheck: HEALTH },
        deploy: {
          replicas: REPLICAS,
          update_config: { order: 'stop-first', monitor: '1s' },
          placement: { max_replicas_per_node: 1 },
        },
      },
    },
  });

const sealiftOnSwarm = (app: SwarmApp): Updater => ({
  update: async ({ image }) => succeeded(await app.deploy(image)),
  running: () => readyTasks(app.manager, `${app.stack}_web`),
});

/** The official command, run on the manager itself. */
async function stackDeploy({ app, lab, manager }: SwarmApp): Promise<Updater> {
  const inManager = (...args: readonly string[]) => lab.run('in', manager.name, ...args);
  const { address, username, password } = lab.registry;
  await inManager('docker', 'login', '--username', username, '--password', password, address);
  return {
    async update({ image }) {
      const file = Buffer.from(stackOf(app.port + 1, image)['compose.yaml'] ?? '').toString('base64');
      const options = '--with-registry-auth --resolve-image never --detach=false --compose-file -';
      await inManager('sh', '-c', `echo ${file} | base64 -d | docker stack deploy ${options} peer`);
    },
    // Asked in the same way as the other side: what asks takes its share of the machine.
    running: () => readyTasks(manager, 'peer_web'),
  };
}

/** Images of the tasks of a service that run and are ready. */
async function readyTasks({ engine }: SwarmApp['manager'], service: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ service: [service], 'desired-state': ['running'] }));
  const tasks: readonly Task[] = await engine.get(`/tasks?filters=${filters}`);
  return tasks.filter(({ Status }) => Status.State === 'running').map(({ Spec }) => Spec.ContainerSpec.Image);
}

/** As the engine shows it. */
interface Task {
  readonly Status: { readonly State: string };
  readonly Spec: { readonly ContainerSpec: { readonly Image: string } };
}

async function raceOnKubernetes(lab: Lab, names: readonly string[], print: Print): Promise<ClusterRace> {
  const peer = 'kubectl apply, rollout status';
  const files = manifests(webDeployment({ replicas: REPLICAS }), webService);
  const [app, other] = [
    await kubernetesApp({ lab, stem: 'bench', files }),
    await kubernetesApp({ lab, stem: 'peer', files }),
  ];
  try {
    const sides = await sidesOf(app, names, [sealiftOnKubernetes(app), await kubectlApply(other)], peer);
    return { cluster: 'Kubernetes', peer, ...(await raceOf(sides, print)) };
  } finally {
    await Promise.all([app.remove(), other.remove()]);
  }
}

const sealiftOnKubernetes = (app: KubernetesApp): Updater => ({
  update: async ({ image }): Promise<ActionRun> => succeeded(await app.deploy(image)),
  running: () => app.running(),
});

async function kubectlApply(app: KubernetesApp): Promise<Updater> {
  const { address, username, password } = app.lab.registry;
  await app.kubectl(
    ...['create', 'secret', 'docker-registry', 'registry', '--docker-server', address],
    ...['--docker-username', username, '--docker-password', password],
  );
  return {
    async prepare({ image }) {
      const pod = { imagePullSecrets: [{ name: 'registry' }] };
      const container = { image };
      await app.app.checkout.commit(
        manifests(webDeployment({ replicas: REPLICAS, pod, container }), webService),
      );
    },
    async update() {
      await app.kubectl('apply', '--filename', `${app.app.checkout.path}/k8s.yaml`);
      await app.kubectl('rollout', 'status', 'deployment/web');
    },
    running: () => app.running(),
  };
}

/** One side, and the versions that it updates to. */
interface Side {
  readonly name: string;
  readonly updater: Updater;
  readonly versions: readonly Version[];
}
type Sides = readonly [Side, Side];

/** Each side has images of its own, so that neither finds on the nodes what the other one has pulled. */
async function sidesOf(
  { app: { lab, repository } }: SwarmApp | KubernetesApp,
  names: readonly string[],
  [ours, theirs]: readonly [Updater, Updater],
  peer: string,
): Promise<Sides> {
  const versions = await buildVersions(lab, repository, names);
  const others = await buildVersions(
    lab,
    repository,
    names.map((name) => `${name}-peer`),
  );
  return [
    { name: 'Sealift', updater: ours, versions },
    { name: peer, updater: theirs, versions: others },
  ];
}

/** Both sides make the same updates in turn; the first version is not measured. */
async function raceOf(sides: Sides, print: Print): Promise<Pick<ClusterRace, 'ours' | 'theirs'>> {
  const measured: readonly [Updates, Updates] = [
    { whole: [], ends: [] },
    { whole: [], ends: [] },
  ];
  const run = async (index: 0 | 1, round: number) => {
    const { name, updater, versions } = sides[index];
    const version = versions[round];
    if (version === undefined) throw new Error(`There is no version ${round}.`);
    const { whole, ends } = await measureUpdate(updater, version);
    if (round === 0) return;
    measured[index].whole.push(whole);
    measured[index].ends.push(ends);
    print(`${name}: all new after ${Math.round(whole)} ms, command ended after ${Math.round(ends)} ms`);
  };
  for (const round of sides[0].versions.keys()) {
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) await run(index, round);
  }
  return { ours: measured[0], theirs: measured[1] };
}

async function measureUpdate(
  updater: Updater,
  version: Version,
): Promise<{ readonly whole: number; readonly ends: number }> {
  await updater.prepare?.(version);
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const isWhole = async (): Promise<boolean> => {
    const images = await updater.running();
    return images.length === REPLICAS && images.every((image) => image === version.image);
  };
  const [ends, whole] = await Promise.all([
    updater.update(version).then(since),
    until(`all run ${version.version}`, isWhole).then(since),
  ]);
  return { whole, ends };
}
