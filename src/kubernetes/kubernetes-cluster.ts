import type {
  Cluster,
  ClusterHook,
  ClusterMove,
  ClusterObservation,
  ClusterWait,
  ClusterWords,
} from '../cluster/cluster.ts';
import { acceptanceOnly, type ClusterPlan } from '../cluster/plan.ts';
import {
  acceptedRelease,
  type ClusterRecords,
  outdatedDocuments,
  type RecordDocument,
} from '../cluster/records.ts';
import type { ClusterRemoval } from '../cluster/removal.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import type { KubernetesTraffic } from '../model/deploy-options.ts';
import { lastAcceptanceOf } from '../model/history.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { byPlace } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import type { Evidence } from '../plan/outcome.ts';
import { type KubernetesObject, objectText } from '../release/kubernetes/kubernetes-object.ts';
import type {
  KubernetesDefinition,
  KubernetesRelease,
} from '../release/kubernetes/make-kubernetes-release.ts';
import { switchedServices } from '../release/kubernetes/side-by-side.ts';
import { ApiResources } from './api-resources.ts';
import type { ObjectContext } from './apply-objects.ts';
import { applyRegistrySecret, createMissing, createNeeded } from './apply-release.ts';
import { KubernetesLockPlace } from './kubernetes-lock.ts';
import {
  readKubernetesRecords,
  removeKubernetesRecords,
  requireRecordable,
  writeKubernetesRecord,
} from './kubernetes-records.ts';
import type { KubernetesConnection } from './open-kubernetes.ts';
import { planObjects, withRepairs } from './plan-objects.ts';
import type { RegistrySecret } from './registry-secret.ts';
import { ReleaseObjects } from './release-objects.ts';
import { ReleaseTraffic } from './release-traffic.ts';
import { ReleaseWorkloads } from './release-workloads.ts';
import { planAppRemoval } from './remove-app.ts';
import { requireRights } from './require-rights.ts';
import { runKubernetesHook } from './run-kubernetes-hook.ts';

export interface KubernetesClusterOptions {
  /** Takes over objects, and fields of objects, that others have made. */
  readonly adopt: boolean;
  /** The secret with which the pods of a release pull, for `pull-secret`. */
  readonly registrySecret: (release: KubernetesRelease) => RegistrySecret | undefined;
  readonly traffic: KubernetesTraffic;
}

/** A Kubernetes cluster through its API, in one namespace. */
export class KubernetesCluster implements Cluster<KubernetesDefinition> {
  readonly lockPlace: KubernetesLockPlace;
  readonly #connection: KubernetesConnection;
  readonly #step: StepContext;
  readonly #options: KubernetesClusterOptions;
  readonly #context: ObjectContext;
  readonly #objects: ReleaseObjects;
  readonly #workloads: ReleaseWorkloads;
  readonly #traffic: ReleaseTraffic;
  /** The release whose Jobs this run has started. */
  #jobsOf: ReleaseId | undefined;
  #records: ClusterRecords<KubernetesDefinition> | undefined;

  constructor(
    connection: KubernetesConnection,
    of: AppEnvironment,
    step: StepContext,
    options: KubernetesClusterOptions,
  ) {
    const { api, namespace } = connection;
    this.#connection = connection;
    this.#step = step;
    this.#options = options;
    this.lockPlace = new KubernetesLockPlace(api, of, namespace);
    this.#context = { api, resources: new ApiResources(api), of };
    this.#objects = new ReleaseObjects(this.#context, namespace);
    this.#workloads = new ReleaseWorkloads(this.#context, (release) => this.#wasAccepted(release));
    const log = (line: string): void => step.log.info(line);
    this.#traffic = new ReleaseTraffic(this.#context, this.#workloads, { ...options, log });
  }

  readonly keepsReleases = true;
  readonly words: ClusterWords = {
    remains: 'Namespaces and volume claims that were created remain.',
    look: 'kubectl get pods',
    rollbackHint: {
      keeps: 'record',
      inputs: [
        'orchestrator: kubernetes',
        `# plus kubeconfig, namespace, … as ${byPlace('in this job', 'here')}`,
      ],
    },
  };

  get host(): HostName {
    return this.#context.api.host;
  }

  async observe(): Promise<ClusterObservation<KubernetesDefinition>> {
    const { api, of } = this.#context;
    const records = await readKubernetesRecords(api, of, this.#connection.namespace);
    this.#records = records;
    await this.#objects.observe(records);
    const live = acceptedRelease(records);
    const found = live === undefined ? { workloads: [], missing: [] } : await this.#workloads.observe(live);
    return { records, ...found };
  }

  /**
   * Makes the namespaces that manifests describe and the cluster does not have: even the lock is in one of them.
   * @param objects as they are applied
   */
  async makeNamespaces(objects: readonly KubernetesObject[]): Promise<void> {
    for (const object of objects.filter(({ kind }) => kind === 'Namespace'))
      if (await createMissing(this.#context, object, this.#options.adopt))
        this.#step.log.info(`${objectText(object)} created.`);
  }

  async plan(
    release: KubernetesRelease,
    { records, workloads }: ClusterObservation<KubernetesDefinition>,
  ): Promise<ClusterPlan> {
    requireRecordable({ sequence: records.sequence + 1, release, history: records.history });
    await requireRights(this.#context.api, release);
    const isLive = acceptedRelease(records)?.id === release.id;
    const planned = await planObjects(this.#context, release.definition.objects, {
      adopt: this.#options.adopt,
      runsJobs: !this.#wasAccepted(release),
    });
    const gone = await this.#objects.others(release);
    const changes = [
      ...(isLive ? withRepairs(planned, workloads) : planned),
      ...gone.map(({ kind, name }) => ({ kind: 'remove' as const, what: kind, name, differences: [] })),
    ];
    const { kind } = this.#options.traffic;
    const isBeside = switchedServices(release.definition.objects).length > 0;
    const strategy = isBeside ? `kubernetes, ${kind === 'rolling' ? 'blue-green' : kind}` : 'kubernetes';
    const plan = { release: release.id, strategy };
    if (isLive) return { ...plan, changes: changes.every(({ kind }) => kind === 'relabel') ? [] : changes };
    return { ...plan, changes: changes.length === 0 ? [acceptanceOnly(release.id)] : changes };
  }

  /** What the workloads need to start is made here if it is new; what exists is changed with them. */
  async prepare(release: KubernetesRelease): Promise<string> {
    const { adopt, registrySecret } = this.#options;
    const { objects } = release.definition;
    await this.makeNamespaces(objects);
    await this.#objects.noteBefore([...objects, ...this.#traffic.passingObjects(release)], adopt);
    const secret = registrySecret(release);
    if (secret !== undefined) await applyRegistrySecret(this.#context, release, secret, adopt);
    const created = await createNeeded(this.#context, objects, adopt);
    return created === 0 ? 'nothing is missing' : `${created} created`;
  }

  runHook(release: KubernetesRelease, hook: ClusterHook, wait: ClusterWait): Promise<string> {
    const log = (line: string): void => this.#step.log.info(`│ ${line}`);
    return runKubernetesHook({ api: this.#context.api, log }, release, hook, wait);
  }

  async apply(release: KubernetesRelease, { signal }: ClusterWait, undo: boolean): Promise<void> {
    const force = undo || this.#options.adopt;
    const runsJobs = !this.#wasAccepted(release);
    const options = { force, signal, runsJobs, failed: this.#jobsOf };
    if (undo) return await this.#traffic.goBack(release, options);
    this.#jobsOf = runsJobs ? release.id : undefined;
    await this.#traffic.start(release, this.#live, options);
  }

  moves(release: KubernetesRelease): readonly ClusterMove[] {
    return this.#traffic.moves(release);
  }

  converge(release: KubernetesRelease, wait: ClusterWait): Promise<string> {
    return this.#workloads.converge(release, wait);
  }

  evidence(release: KubernetesRelease): Promise<readonly Evidence[]> {
    return this.#workloads.evidence(release);
  }

  removeOthers(release: KubernetesRelease | undefined): Promise<readonly string[]> {
    return this.#objects.removeOthers(release);
  }

  removal({ records }: ClusterObservation<KubernetesDefinition>, volumes: boolean): Promise<ClusterRemoval> {
    return planAppRemoval(this.#context, this.#objects, this.#connection.namespace, records, volumes);
  }

  record(document: RecordDocument<KubernetesDefinition>): Promise<void> {
    return writeKubernetesRecord(this.#context.api, this.#context.of, document);
  }

  async prune(records: ClusterRecords<KubernetesDefinition>, kept: ReadonlySet<ReleaseId>): Promise<string> {
    const { api, of } = this.#context;
    // Also what a run has made that was stopped before it started anything.
    await this.#objects.removeOthers(acceptedRelease(records));
    await this.#objects.forgetTried();
    const outdated = outdatedDocuments(records, kept);
    await removeKubernetesRecords(api, of, this.#connection.namespace, outdated);
    return `${outdated.length} records removed`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  get #live(): KubernetesRelease | undefined {
    return this.#records === undefined ? undefined : acceptedRelease(this.#records);
  }

  #wasAccepted({ id }: KubernetesRelease): boolean {
    return lastAcceptanceOf(this.#records?.history ?? [], id) !== undefined;
  }
}
