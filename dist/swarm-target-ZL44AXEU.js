import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ForeignRecordError,
  OVERDUE_AFTER,
  acceptanceOnly,
  acceptedRelease,
  clusterRecords,
  clusterTarget,
  convergeWorkloads,
  definitionDifferences,
  deployToCluster,
  documentText,
  findNewerImages,
  lockCluster,
  originOfRelease,
  outdatedDocuments,
  readImagesToBuild,
  readLockOwner,
  storedRecords,
  swarmTokenWarning,
  warnOfJobToken
} from "./chunk-QACM6IJE.js";
import "./chunk-CR3WT77J.js";
import {
  Problems,
  buildOnlyNotices,
  classifyServices,
  rejectBuiltInNames,
  rejectModels,
  rejectRunnerPaths
} from "./chunk-KUQU5EMS.js";
import {
  readDeployComposeFile,
  registryEnvironment,
  startImageLookup
} from "./chunk-ZFQJ6P4U.js";
import "./chunk-M25APQZV.js";
import {
  HOOK_ERROR_LINES,
  connectToSwarm,
  hookName,
  hostInputs,
  lockWait,
  parseHooks,
  taskHasEnded
} from "./chunk-74IQ2ZWK.js";
import {
  dependenciesOf,
  fileObjectName,
  group,
  hostEnvironment,
  hostName,
  imagesOfServices,
  isOnAllAddresses,
  isReleaseId,
  placeholderReplacer,
  rejectUnknownServices,
  releaseIdOf
} from "./chunk-AXM2NXMP.js";
import {
  KILLED_EXIT_CODE,
  LABEL,
  LoggedOutput,
  OWN_ROLE,
  Registry,
  baseProject,
  fingerprintOf,
  inBackground,
  joinWithAnd,
  killedText,
  labelsOf,
  openInBackground,
  programEnvironment
} from "./chunk-QZ63PLH4.js";
import "./chunk-PELZNHR3.js";
import "./chunk-ODC7C6PZ.js";
import {
  Conflict
} from "./chunk-5PPHBT3U.js";
import "./chunk-3ZWEW477.js";
import "./chunk-R2SN7PXI.js";
import "./chunk-T2AHS3SW.js";
import {
  DEFAULT_RETRY_POLICY,
  formatDuration,
  pause
} from "./chunk-LL335SZZ.js";
import "./chunk-OXXP23QS.js";
import {
  asList,
  asNumber,
  asObject,
  asText,
  canonicalJson,
  inputRef,
  inputSetting,
  isObject,
  mapStrings,
  mapValues,
  parseImageReference,
  pickKeys,
  pinnedImage,
  unescapeDollars,
  withoutKeys,
  withoutUndefined,
  wordsOf
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  HostError,
  SealiftError,
  messageOf,
  thisJob
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/swarm/manager-connection.ts
const { setTimeout: pause2 } = require("node:timers/promises");

// src/swarm/open-swarm.ts
async function openManager({ hosts, access }, step) {
  const failures = [];
  for (const address of hosts) {
    try {
      const swarm = await connectToSwarm(address, access, step);
      try {
        requireManager(swarm.host, await swarm.swarmNode());
        if (failures.length > 0)
          step.log.notice(`${swarm.host} is used, because ${failures.map(messageOf).join(" · ")}`);
        return swarm;
      } catch (error) {
        await swarm[Symbol.asyncDispose]();
        throw error;
      }
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `None of the ${hosts.length} hosts can be used as a manager: ${failures.map(messageOf).join(" · ")}`,
    { evidence: failures.flatMap((error) => error instanceof SealiftError ? error.evidence : []) }
  );
}
function requireManager(host, { state, isManager, managers, error }) {
  if (state === "active" && isManager) return;
  if (state === "active") {
    const known = managers.length === 0 ? "a manager" : `a manager (${managers.join(", ")})`;
    throw new HostError(
      host,
      `it is a worker of its swarm, which can't be asked. Name ${known} in "${inputRef("hosts")}".`
    );
  }
  if (state === "inactive") {
    throw new HostError(
      host,
      `it is not in a swarm. Make one ("docker swarm init"), or remove ${inputSetting("orchestrator", "swarm")} to deploy to this engine alone.`
    );
  }
  const why = error === "" ? "" : `: ${error}`;
  throw new HostError(
    host,
    `its swarm can't be used, it is ${state}${why}. Look at "docker info" and "docker node ls" there.`
  );
}

// src/swarm/manager-connection.ts
var SEARCH_TIME = 6e4;
var SEARCH_INTERVAL = 2e3;
var ManagerConnection = class {
  #open;
  #step;
  #swarm;
  #search;
  constructor(swarm, open, step) {
    this.#swarm = swarm;
    this.#open = open;
    this.#step = step;
  }
  /** The manager that is asked now. */
  get host() {
    return this.#swarm.host;
  }
  /** @param operation may be run again, after it was cut short by a lost connection, or while the managers elect a leader */
  async use(operation) {
    const end = performance.now() + SEARCH_TIME;
    let wasLost = false;
    for (; ; ) {
      const swarm = await this.#connected();
      try {
        return await operation(swarm);
      } catch (error) {
        if (swarm.disconnected.aborted && !wasLost) wasLost = true;
        else if (!swarm.disconnected.aborted && hasNoLeader(error) && performance.now() < end)
          await pause2(SEARCH_INTERVAL);
        else throw error;
      }
    }
  }
  /** The same for what must not run twice. */
  async once(operation) {
    return await operation(await this.#connected());
  }
  async [Symbol.asyncDispose]() {
    await this.#swarm[Symbol.asyncDispose]();
  }
  async #connected() {
    if (!this.#swarm.disconnected.aborted) return this.#swarm;
    this.#search ??= this.#reconnect().finally(() => {
      this.#search = void 0;
    });
    return await this.#search;
  }
  async #reconnect() {
    const lost = this.#swarm;
    this.#step.log.info(`${messageOf(lost.disconnected.reason)} Looking for a manager again.`);
    await Promise.allSettled([lost[Symbol.asyncDispose]()]);
    const end = performance.now() + SEARCH_TIME;
    for (; ; ) {
      try {
        this.#swarm = await this.#open();
        this.#step.log.info(`Connected to ${this.#swarm.host}.`);
        return this.#swarm;
      } catch (error) {
        if (performance.now() > end) throw error;
        await pause2(SEARCH_INTERVAL);
      }
    }
  }
};
var hasNoLeader = (error) => /swarm does not have a leader|context deadline exceeded|rpc error: code = (?:Unavailable|DeadlineExceeded)/.test(
  messageOf(error)
);
async function connectToManagers(destination, step) {
  const open = () => openManager(destination, step);
  return new ManagerConnection(await open(), open, step);
}

// src/swarm/judge-service.ts
var NOWHERE = "the swarm has made no task for it: no node fits its placement, or the manager is slow";
function judgeService(service, tasks, nodes, wanted, known = /* @__PURE__ */ new Set()) {
  const own = tasks.filter(({ serviceId }) => serviceId === service.id);
  const definition = wanted === void 0 ? service.containerLabels[LABEL.definition] : wanted.definition;
  const isCurrent = (task) => task.labels[LABEL.definition] === definition && (definition !== void 0 || wanted === void 0 || task.image === wanted.image) && task.jobIteration === service.jobIteration;
  const current = own.filter(isCurrent);
  const failed = current.filter((task) => hasFailedTask(service, task) && !known.has(task.id));
  const counts = countTasks(service, own, current);
  const problem = problemOf(current, failed, nodes);
  const refusal = wanted === void 0 ? void 0 : whyNotWanted(service, wanted);
  const given = refusal ?? whyGivenUp(service);
  if (given !== void 0) {
    const why = problem === void 0 ? given : `${given}; ${problem}`;
    return { kind: "failed", counts, why };
  }
  const isJob = service.mode.endsWith("job");
  const old = own.filter(
    (task) => !isCurrent(task) && task.desiredState === "running" && !taskHasEnded(task.state)
  );
  const isNowhere = service.mode.startsWith("global") && counts.wanted === 0;
  const isWhole = !isNowhere && counts.ready === counts.wanted && (isJob || old.length === 0 && service.update.state !== "updating");
  if (!isWhole) {
    const pulling = current.some(({ state }) => state === "preparing");
    return {
      kind: "pending",
      counts,
      problem: problem ?? (isNowhere ? NOWHERE : void 0),
      failures: failed.length,
      pulling
    };
  }
  const ready = current.filter((task) => isReadyTask(service, task)).map(({ id }) => id);
  return {
    kind: "whole",
    counts,
    parts: ready.sort(),
    failures: failed.length,
    isProven: isJob || service.update.state === "completed" || ready.every((id) => known.has(id))
  };
}
function whyNotWanted(service, { release, image }) {
  const { [LABEL.release]: found = "something else" } = service.labels;
  const { state = "", message } = service.update;
  if ((release === void 0 || found === release) && service.image === image) return void 0;
  if (state.startsWith("rollback")) return `the swarm rolled it back by itself (${message})`;
  if (release === void 0)
    return `its image is ${service.image} again: the swarm rolled it back by itself, or somebody has changed it`;
  return `it has the definition of ${found} again: the swarm rolled it back by itself, or another run has changed it`;
}
function whyGivenUp({ update }) {
  const { state, message } = update;
  if (state === "paused") return `the swarm gave its update up (${message})`;
  return state?.startsWith("rollback") === true ? `the swarm rolled it back by itself (${message})` : void 0;
}
function countTasks(service, own, current) {
  const ready = current.filter((task) => isReadyTask(service, task));
  if (service.mode === "replicated" || service.mode === "replicated-job")
    return { wanted: service.replicas, ready: ready.length };
  const isMeant = ({ desiredState }) => service.mode === "global-job" ? desiredState === "complete" : desiredState === "running" || desiredState === "ready";
  const meant = service.mode === "global-job" ? current.filter(isMeant) : own.filter(isMeant);
  return { wanted: new Set(meant.map(({ nodeId }) => nodeId)).size, ready: ready.length };
}
function isReadyTask({ mode, restartsWhenDone }, { state, desiredState }) {
  if (mode.endsWith("job")) return state === "complete";
  if (state === "complete" && !restartsWhenDone) return true;
  return state === "running" && desiredState === "running";
}
function hasFailedTask(service, task) {
  if (task.state === "failed" || task.state === "rejected" || task.state === "orphaned") return true;
  return task.state === "complete" && !isReadyTask(service, task);
}
function problemOf(current, failed, nodes) {
  const waiting = current.filter(({ state }) => !taskHasEnded(state) && state !== "running");
  const refused = waiting.filter(({ error }) => error !== "");
  const [newest] = [...failed, ...refused].toSorted(
    (one, other) => other.createdAt.localeCompare(one.createdAt)
  );
  if (newest !== void 0) return taskProblem(newest, nodes);
  const unhealthy = waiting.find(({ state }) => state === "starting");
  return unhealthy === void 0 ? void 0 : `on ${nodes.get(unhealthy.nodeId) ?? "its node"}: started, but its HEALTHCHECK has not succeeded yet`;
}
function taskProblem({ nodeId, error, exitCode, state }, nodes) {
  const node = nodes.get(nodeId);
  const ended = exitCode === void 0 ? state : exitCode === 0 ? "it ended with exit code 0 (by itself, or because its HEALTHCHECK failed and the swarm stopped it)" : `it ended with exit code ${exitCode}`;
  return `${node === void 0 ? "" : `on ${node}: `}${error === "" ? ended : error}`;
}

// src/swarm/stranded-tasks.ts
function strandedTasks({ id, update }, { tasks, lost }) {
  if (update.state !== "updating") return [];
  return tasks.filter(({ serviceId, nodeId }) => serviceId === id && lost.has(nodeId)).filter(({ state, desiredState }) => taskHasEnded(desiredState) && !taskHasEnded(state)).filter(({ state }) => state !== "running").map((task) => task.id);
}

// src/swarm/converge.ts
var INTERVAL = 500;
function convergeServices({ prefix, wanted, known, timeout, look, resume }, wait) {
  const given = /* @__PURE__ */ new Set();
  const judgeAll = async () => {
    const state = await look();
    for (const service of state.services) {
      const tasks = strandedTasks(service, state).filter((id) => !given.has(id));
      if (tasks.length === 0) continue;
      const resumed = await resume(service).then(
        () => true,
        () => false
      );
      if (!resumed) continue;
      for (const id of tasks) given.add(id);
      const name = service.name.slice(prefix.length);
      wait.onProgress(`${name}: a node is gone on which a task was to start, so its update begins anew`);
    }
    return [...wanted].map(([name, each]) => judgeOne(`${prefix}${name}`, name, each, state, known));
  };
  return convergeWorkloads({ timeout, parts: "tasks", interval: INTERVAL, look: judgeAll }, wait);
}
function judgeOne(fullName, name, wanted, { services, tasks, nodes }, known) {
  const service = services.find((one) => one.name === fullName);
  if (service === void 0) {
    const counts = { wanted: 0, ready: 0 };
    const why = "the swarm does not have it any more: somebody removed it";
    return { name, verdict: { kind: "failed", counts, why } };
  }
  const verdict = judgeService(service, tasks, nodes, wanted, known);
  return { name, verdict, pause: service.updatePause, advice: pullAdvice(verdict) };
}
var pullAdvice = (verdict) => verdict.kind === "pending" && /no such image/i.test(verdict.problem ?? "") ? ` The node could not pull it: can it reach the registry, and may the login of "${inputRef("registry-username")}" read it?` : "";

// src/swarm/plan-stack.ts
function planStack(release, found) {
  rejectForeignStack(release, found);
  rejectChangedModes(release, found);
  const live = acceptedRelease(found.records);
  const services = release.definition.services;
  const changes = [
    ...Object.entries(services).flatMap(([name, service]) => serviceChange(name, service, release, found)),
    ...sectionChanges("secret", live?.definition.secrets, release.definition.secrets),
    ...sectionChanges("config", live?.definition.configs, release.definition.configs),
    ...found.workloads.filter(({ name }) => services[name] === void 0).map(({ name }) => change("remove", "service", name))
  ];
  const plan = { release: release.id, strategy: "swarm" };
  if (live?.id === release.id) return { ...plan, changes: changes.every(isRelabel) ? [] : changes };
  return { ...plan, changes: changes.length === 0 ? [acceptanceOnly(release.id)] : changes };
}
var isRelabel = ({ kind }) => kind === "relabel";
var change = (kind, what, name, differences = []) => ({ kind, what, name, differences });
function serviceChange(name, service, release, { records, workloads }) {
  const workload = workloads.find((each) => each.name === name);
  if (workload === void 0) return [change("create", "service", name, [String(service["image"])])];
  const before = records.releases.find(({ id }) => id === workload.release)?.definition.services[name];
  const differences = definitionDifferences(withoutOwnLabels(before), withoutOwnLabels(service));
  if (differences.length > 0) return [change("update", "service", name, differences)];
  if (workload.problem !== void 0) return [change("repair", "service", name, [workload.problem])];
  return workload.release === release.id ? [] : [change("relabel", "service", name)];
}
function withoutOwnLabels(service) {
  if (service === void 0) return void 0;
  const deploy = asObject(service["deploy"]);
  return {
    ...service,
    labels: withoutKeys(asObject(service["labels"]), LABEL.definition),
    deploy: { ...deploy, labels: withoutKeys(asObject(deploy["labels"]), LABEL.release) }
  };
}
function sectionChanges(what, before = {}, after) {
  return Object.entries(after).flatMap(([key, spec]) => {
    const old = before[key];
    if (old === void 0) return [change("create", what, key)];
    return old["name"] === spec["name"] ? [] : [change("update", what, key, ["its content"])];
  });
}
function rejectForeignStack(release, { workloads }) {
  const foreign = workloads.filter((workload) => workload.release === void 0).map(({ name }) => name);
  if (foreign.length === 0) return;
  throw new ConfigurationError(
    `app: the swarm has a stack ${baseProject(release)} already, with services that Sealift did not make for it (${foreign.join(", ")}). Give this app another "${inputRef("app")}" or "${inputRef("environment")}", or remove that stack first.`
  );
}
function rejectChangedModes(release, { workloads }) {
  for (const [name, service] of Object.entries(release.definition.services)) {
    const found = workloads.find((workload) => workload.name === name);
    const mode = asText(asObject(service["deploy"])["mode"]) ?? "replicated";
    if (found === void 0 || found.kind === mode) continue;
    throw new ConfigurationError(
      `compose-file: service ${name} is ${found.kind} in the swarm, and a swarm can't make it ${mode}. Give the service another name.`
    );
  }
}

// src/swarm/swarm-objects.ts
var ROLE = { record: "record", content: "content", lock: "lock" };
var roleFilters = (of, role) => Object.entries({ ...labelsOf(of), [LABEL.role]: role }).map(([key, value]) => `${key}=${value}`);
var recordName = (of, sequence) => `${baseProject(of)}.sealift.${sequence}`;
async function readSwarmRecords(swarm, of) {
  const configs = await swarm.listConfigs(roleFilters(of, ROLE.record));
  return storedRecords(
    swarm.host,
    configs.map(({ name, content }) => ({ name, text: content }))
  );
}
async function writeSwarmRecord(swarm, of, document) {
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.record, [LABEL.release]: document.release.id };
  try {
    await swarm.createConfig(recordName(of, document.sequence), labels, documentText(document));
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const { documents } = await readSwarmRecords(swarm, of);
    if (documents.some((each) => documentText(each) === documentText(document))) return;
    throw new ForeignRecordError(of, document.sequence, error);
  }
}
async function removeSwarmRecords(swarm, of, documents, unreadable = []) {
  const names = /* @__PURE__ */ new Set([...documents.map(({ sequence }) => recordName(of, sequence)), ...unreadable]);
  if (names.size === 0) return;
  for (const { id, name } of await swarm.listConfigs(roleFilters(of, ROLE.record)))
    if (names.has(name)) await swarm.removeConfig(id);
}
async function readContents(swarm, of) {
  const labels = roleFilters(of, ROLE.content);
  const [secrets, configs] = await Promise.all([swarm.listSecrets(labels), swarm.listConfigs(labels)]);
  return { secrets, configs };
}
async function createContents(swarm, of, contents) {
  const { secrets, configs } = await readContents(swarm, of);
  const labels = { ...labelsOf(of), [LABEL.role]: ROLE.content };
  let count = 0;
  for (const { kind, name, content } of contents) {
    const existing = kind === "secret" ? secrets : configs;
    if (existing.some((each) => each.name === name)) continue;
    try {
      if (kind === "secret") await swarm.createSecret(name, labels, content);
      else await swarm.createConfig(name, labels, content);
      count += 1;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return count;
}
function contentNames({ secrets, configs }) {
  return new Set([...Object.values(secrets), ...Object.values(configs)].map(({ name }) => String(name)));
}
async function removeUnusedContents(swarm, of, kept) {
  const used = new Set(kept.flatMap((file) => [...contentNames(file)]));
  const { secrets, configs } = await readContents(swarm, of);
  const removals = [
    ...secrets.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeSecret(id)),
    ...configs.filter(({ name }) => !used.has(name)).map(({ id }) => swarm.removeConfig(id))
  ];
  const ended = await Promise.allSettled(removals);
  return ended.filter(({ status }) => status === "fulfilled").length;
}

// src/swarm/swarm-state.ts
var stackLabel = (stack) => `com.docker.stack.namespace=${stack}`;
var endedTasks = ({ tasks }) => tasks.filter(({ state }) => taskHasEnded(state)).map(({ id }) => id);
var readSwarmState = (swarm, stack) => readLabelledState(swarm, [stackLabel(stack)]);
async function readServicesState(swarm, names) {
  const { services: all, ...state } = await readLabelledState(swarm, []);
  const services = names.flatMap((name) => all.find((service) => service.name === name) ?? []);
  const ids = new Set(services.map(({ id }) => id));
  return { ...state, services, tasks: state.tasks.filter(({ serviceId }) => ids.has(serviceId)) };
}
async function readLabelledState(swarm, labels) {
  const [services, tasks, nodes] = await Promise.all([
    swarm.listServices(labels),
    swarm.listTasks(labels),
    swarm.listNodes()
  ]);
  return {
    ...{ services, tasks },
    nodes: new Map(nodes.map(({ id, hostname }) => [id, hostname])),
    lost: new Set(nodes.filter(({ isDown }) => isDown).map(({ id }) => id))
  };
}

// src/swarm/remove-stack.ts
var STACK_REMOVAL_TIMEOUT = 18e4;
var STACK_REMOVAL_INTERVAL = 500;
async function planStackRemoval(managers, of, records) {
  const stack = baseProject(of);
  const label = [stackLabel(stack)];
  const [services, networks, contents] = await Promise.all([
    managers.use((swarm) => swarm.listServices(label)),
    managers.use((swarm) => swarm.listClusterNetworks(label)),
    managers.use((swarm) => readContents(swarm, of))
  ]);
  rejectForeignServices(stack, services, of);
  const objects = [...contents.secrets, ...contents.configs];
  const steps = [];
  if (services.length > 0) {
    steps.push({
      text: `stop and remove ${named("service", services)}`,
      async run(signal) {
        for (const { id } of services) await managers.use((swarm) => swarm.removeService(id));
        await untilGone(
          "the tasks of its services still run",
          signal,
          async () => (await managers.use((swarm) => swarm.listTasks(label))).length === 0
        );
      }
    });
  }
  if (networks.length > 0) {
    steps.push({
      text: `remove ${named("network", networks)}`,
      // A node leaves it some time after its last task has ended: until then it is refused.
      run: (signal) => untilGone("its networks are still in use", signal, async () => {
        for (const { id } of networks) await managers.use((swarm) => swarm.removeClusterNetwork(id));
        return true;
      })
    });
  }
  if (objects.length > 0) {
    steps.push({
      text: `remove ${objects.length} secrets and configs`,
      run: (signal) => untilGone("secrets and configs of it are still in use", signal, async () => {
        await managers.use((swarm) => removeUnusedContents(swarm, of, []));
        const { secrets, configs } = await managers.use((swarm) => readContents(swarm, of));
        return secrets.length + configs.length === 0;
      })
    });
  }
  const { documents, unreadable = [] } = records;
  if (documents.length + unreadable.length > 0) {
    steps.push({
      text: `remove the records of ${records.releases.length === 1 ? "one release" : `${records.releases.length} releases`}`,
      run: () => managers.use((swarm) => removeSwarmRecords(swarm, of, documents, unreadable))
    });
  }
  return { live: acceptedRelease(records)?.id, steps, kept: volumesOf(stack, records) };
}
var named = (what, objects) => `${what}${objects.length === 1 ? "" : "s"} ${joinWithAnd(
  objects.map(({ name }) => name).sort((one, other) => one.localeCompare(other))
)}`;
function rejectForeignServices(stack, services, of) {
  const own = Object.entries(labelsOf(of));
  const foreign = services.filter(({ labels }) => own.some(([key, value]) => labels[key] !== value));
  if (foreign.length === 0) return;
  throw new ConfigurationError(
    `The stack ${stack} has services that Sealift did not make: ${joinWithAnd(foreign.map(({ name }) => name))}. Nothing of it is removed. Remove them by hand first, or check "${inputRef("app")}" and "${inputRef("environment")}".`
  );
}
function volumesOf(stack, { releases }) {
  const names = releases.flatMap(
    ({ definition }) => Object.entries(definition.volumes).filter(([, volume]) => asObject(volume)["external"] === void 0).map(([key, volume]) => asText(asObject(volume)["name"]) ?? `${stack}_${key}`)
  );
  const volumes = [...new Set(names)];
  return volumes.length === 0 ? void 0 : { volumes, command: `docker volume rm ${volumes.join(" ")}` };
}
async function untilGone(what, signal, isGone) {
  const end = performance.now() + STACK_REMOVAL_TIMEOUT;
  for (; ; ) {
    signal.throwIfAborted();
    let why = "";
    try {
      if (await isGone()) return;
    } catch (error) {
      why = `: ${messageOf(error)}`;
    }
    if (performance.now() > end)
      throw new SealiftError(
        `${what} after ${STACK_REMOVAL_TIMEOUT / 1e3} s${why}. Run ${thisJob()} again.`
      );
    await pause(STACK_REMOVAL_INTERVAL, signal);
  }
}

// src/swarm/resume-update.ts
var RESUMED = "sealift.resumed";
async function resumeUpdate(managers, { id, labels }) {
  const resumed = { ...labels, [RESUMED]: (/* @__PURE__ */ new Date()).toISOString() };
  await managers.use((swarm) => swarm.setServiceLabels(id, resumed));
}

// src/swarm/run-stack-job.ts
const { randomUUID } = require("node:crypto");

// src/swarm/stack-deploy.ts
async function deployStack({ run, environment }, stack, file, { signal }) {
  const options = [
    "--compose-file",
    "-",
    "--with-registry-auth",
    "--resolve-image",
    "never",
    "--detach=true"
  ];
  try {
    await run("docker", ["stack", "deploy", ...options, stack], {
      env: environment,
      stdin: JSON.stringify(file),
      signal
    });
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    throw explainStackError("docker stack deploy", error);
  }
}
async function updateServiceImage({ run, environment }, { name, image, withLogin }, { signal }) {
  const login = withLogin ? ["--with-registry-auth"] : [];
  const options = ["--detach=true", "--quiet", "--no-resolve-image", ...login, "--image", image];
  try {
    await run("docker", ["service", "update", ...options, name], { env: environment, signal });
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    throw explainStackError("docker service update", error);
  }
}
function explainStackError(command, error) {
  const lines = error.stderr.split("\n").filter((line) => line.trim() !== "");
  const last = lines.at(-1) ?? error.message;
  const reason = last.replace(/^.*?(?:desc = |Error response from daemon: )/, "");
  return new SealiftError(`${command} was refused: ${reason}`, {
    cause: error,
    evidence: lines.slice(-20)
  });
}

// src/swarm/run-stack-job.ts
var LOOK_INTERVAL = 500;
async function runStackJob(runner, release, hook, wait) {
  const { swarm, cli } = runner;
  await removeJobs(swarm, release);
  const name = `${hook.service}-${hook.when}-${randomUUID().slice(0, 4)}`;
  try {
    await deployStack(cli, baseProject(release), jobFile(release, hook, name), wait);
    return await awaitJob(runner, release, hook, `${baseProject(release)}_${name}`, wait);
  } finally {
    await removeJobs(swarm, release).catch(() => void 0);
  }
}
var isJobOfHook = ({ labels }) => labels[LABEL.role] === OWN_ROLE.hook;
async function removeJobs(swarm, release) {
  const services = await swarm.listServices([stackLabel(baseProject(release))]);
  for (const service of services.filter(isJobOfHook)) await swarm.removeService(service.id);
}
function jobFile({ definition, ...release }, hook, name) {
  const service = definition.services[hook.service] ?? {};
  const deploy = pickKeys(asObject(service["deploy"]), ["resources", "placement"]);
  const placement = withoutKeys(asObject(deploy["placement"]), "max_replicas_per_node");
  const labels = { ...labelsOf(release), [LABEL.role]: OWN_ROLE.hook };
  return {
    ...definition,
    services: {
      [name]: {
        ...withoutKeys(service, "ports", "deploy"),
        // The CLI would read a dollar sign as the beginning of a variable.
        command: hook.argv.map((word) => word.replaceAll("$", "$$$$")),
        healthcheck: { disable: true },
        labels: { ...asObject(service["labels"]), ...labels },
        deploy: {
          ...deploy,
          ...{ placement, mode: "replicated-job", replicas: 1, labels },
          restart_policy: { condition: "none" }
        }
      }
    }
  };
}
async function awaitJob({ swarm, log }, release, hook, serviceName, wait) {
  var _stack = [];
  try {
    const output = __using(_stack, new LoggedOutput(log, HOOK_ERROR_LINES));
    const startedAt = performance.now();
    let after = "";
    for (; ; ) {
      const { services, tasks, nodes } = await readSwarmState(swarm, baseProject(release));
      const service = services.find(({ name }) => name === serviceName);
      const task = tasks.find(({ serviceId }) => serviceId === service?.id);
      if (task !== void 0 && (task.state === "running" || taskHasEnded(task.state))) {
        const entries = await swarm.taskLogsAfter(task.id, after, wait.signal).catch(() => []);
        for (const { line } of entries) output.push(line);
        after = entries.at(-1)?.time ?? after;
        if (task.state === "complete") return "exit code 0";
        if (taskHasEnded(task.state)) {
          throw new HostError(swarm.host, jobFailureText(hook, task, taskProblem(task, nodes)), {
            evidence: output.lastLines,
            alreadyLogged: true
          });
        }
      } else if (performance.now() - startedAt > release.health.timeout && task?.state !== "preparing") {
        const why = task === void 0 ? "the swarm has made no task for it" : taskProblem(task, nodes);
        throw new HostError(
          swarm.host,
          `${hookName(hook.when, hook.argv)} was not started in ${hook.service} within ${formatDuration(release.health.timeout)}: ${why}.`
        );
      }
      await pause(LOOK_INTERVAL, wait.signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function jobFailureText(hook, { exitCode }, problem) {
  const name = hookName(hook.when, hook.argv);
  if (exitCode === void 0) return `${name} could not be started in ${hook.service}: ${problem}.`;
  if (exitCode === KILLED_EXIT_CODE) return killedText(name, hook.service);
  return `${name} failed in ${hook.service} with exit code ${exitCode}.`;
}

// src/swarm/swarm-lock.ts
const { randomUUID: randomUUID2 } = require("node:crypto");
var BEAT = "sealift.beat";
var TAKEN = "sealift.taken";
var SwarmLockPlace = class {
  expiry = 9e4;
  #managers;
  #of;
  constructor(managers, of) {
    this.#managers = managers;
    this.#of = of;
  }
  get host() {
    return this.#managers.host;
  }
  get name() {
    return `config ${this.#configName}`;
  }
  get #configName() {
    return `${baseProject(this.#of)}.sealift.lock`;
  }
  get #labels() {
    return { ...labelsOf(this.#of), [LABEL.role]: "lock" };
  }
  async create({ actor, runUrl }) {
    const content = JSON.stringify({ actor, runUrl, nonce: randomUUID2() });
    return await this.#managers.use(async (swarm) => {
      try {
        return await swarm.createConfig(this.#configName, { ...this.#labels, [BEAT]: "0" }, content);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      const found = await this.#find(swarm);
      return found?.content === content ? found.id : void 0;
    });
  }
  async read() {
    return await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock === void 0) return void 0;
      const age = Date.parse((await swarm.swarmNode()).time) - Date.parse(lock.updatedAt);
      return {
        id: lock.id,
        version: String(lock.version),
        owner: readLockOwner(lock.content),
        since: lock.createdAt,
        isExpired: isTaken(lock) || age > this.expiry,
        isOverdue: age > OVERDUE_AFTER
      };
    });
  }
  async renew(id) {
    return await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock?.id !== id || isTaken(lock)) return false;
      const beat = String(Number(lock.labels[BEAT]) + 1);
      await swarm.setConfigLabels(lock, { ...this.#labels, [BEAT]: beat });
      return true;
    });
  }
  remove(id) {
    return this.#managers.use((swarm) => swarm.removeConfig(id));
  }
  /** In two steps: a swarm removes whatever has the id, but it changes labels of one version only. */
  async removeExpired(held) {
    await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock?.id !== held.id) return;
      if (!isTaken(lock)) {
        if (String(lock.version) !== held.version) return;
        try {
          await swarm.setConfigLabels(lock, { ...lock.labels, [TAKEN]: "true" });
        } catch (error) {
          if (error instanceof HostError && !swarm.disconnected.aborted) return;
          throw error;
        }
      }
      await swarm.removeConfig(lock.id);
    });
  }
  async #find(swarm) {
    const filters = Object.entries(this.#labels).map(([key, value]) => `${key}=${value}`);
    return (await swarm.listConfigs(filters)).find((config) => config.name === this.#configName);
  }
};
var isTaken = ({ labels }) => Object.hasOwn(labels, TAKEN);

// src/swarm/task-evidence.ts
var TASK_LOG_LINES = 20;
var TASK_LOG_TIMEOUT = 3e3;
var TASKS_PER_SERVICE = 2;
var isFailure = ({ state }) => state === "failed" || state === "rejected" || state === "orphaned";
async function taskEvidence(swarm, prefix, { services, tasks, nodes }, known) {
  const choose = (isChosen) => services.flatMap(
    (service) => tasks.filter((task) => task.serviceId === service.id && !known.has(task.id) && isChosen(task)).toSorted((one, other) => other.createdAt.localeCompare(one.createdAt)).slice(0, TASKS_PER_SERVICE).map((task) => ({ service, task }))
  );
  const failed = choose(isFailure);
  const chosen = failed.length > 0 ? failed : choose(({ state }) => !taskHasEnded(state) && state !== "running");
  return await Promise.all(
    chosen.map(async ({ service, task }) => {
      const lines = await lastLines(swarm, task);
      const name = service.name.slice(prefix.length);
      return {
        host: hostName(nodes.get(task.nodeId) ?? "no node"),
        container: `${service.name}.${task.slot === 0 ? task.nodeId : task.slot}`,
        service: name,
        state: task.state,
        exitCode: task.exitCode,
        // A swarm does not say it.
        oomKilled: false,
        health: /unhealthy container/.test(task.error) ? "unhealthy" : void 0,
        lastLines: task.error === "" ? lines : [...lines, task.error]
      };
    })
  );
}
async function lastLines(swarm, task) {
  if (task.nodeId === "" || task.state === "rejected") return [];
  try {
    return await swarm.taskLogs(task.id, TASK_LOG_LINES, AbortSignal.timeout(TASK_LOG_TIMEOUT));
  } catch {
    return [];
  }
}

// src/swarm/swarm-cluster.ts
var SwarmCluster = class {
  lockPlace;
  #managers;
  #of;
  #step;
  #environment;
  /** Tasks that had ended before this run changed anything. */
  #known = /* @__PURE__ */ new Set();
  /** @param environment in which `docker` has the logins that the swarm gets; asked for only if something is deployed */
  constructor(managers, of, step, environment) {
    this.#managers = managers;
    this.lockPlace = new SwarmLockPlace(managers, of);
    this.#of = of;
    this.#step = step;
    this.#environment = environment;
  }
  keepsReleases = true;
  get words() {
    return {
      remains: "Networks and volumes that were created remain.",
      look: "docker stack ps",
      rollbackHint: { keeps: "record", inputs: ["orchestrator: swarm", ...hostInputs([this.host])] }
    };
  }
  get host() {
    return this.#managers.host;
  }
  get #stack() {
    return baseProject(this.#of);
  }
  async observe() {
    const [records, state] = await Promise.all([
      this.#managers.use((swarm) => readSwarmRecords(swarm, this.#of)),
      this.#look()
    ]);
    this.#known = new Set(state.tasks.map(({ id }) => id));
    const workloads = state.services.filter((service) => !isJobOfHook(service)).map((service) => this.#workload(service, state));
    const missing = Object.keys(acceptedRelease(records)?.services ?? {}).filter(
      (name) => !workloads.some((workload) => workload.name === name)
    );
    return { records, workloads, missing };
  }
  async plan(release, found) {
    return planStack(release, found);
  }
  async prepare({ definition, id, origin }, contents) {
    const created = await this.#managers.use((swarm) => createContents(swarm, this.#of, contents));
    const { secrets, configs } = await this.#managers.use((swarm) => readContents(swarm, this.#of));
    const present = new Set([...secrets, ...configs].map(({ name }) => name));
    const missing = [...contentNames(definition)].filter(
      (name) => name.startsWith(`${this.#stack}_`) && !present.has(name)
    );
    if (missing.length > 0) {
      throw new ConfigurationError(
        `to: release ${id} needs ${joinWithAnd(missing)}, which somebody has removed from the swarm. Deploy its image from a checkout of ${origin.revision ?? "its commit"} instead: input "${inputRef("image")}".`
      );
    }
    return created === 0 ? "nothing is missing" : `${created} created`;
  }
  async runHook(release, hook, wait) {
    const environment = await this.#environment();
    const log = (line) => this.#step.log.info(`│ ${line}`);
    return await this.#managers.once(
      (swarm) => runStackJob({ swarm, cli: this.#cli(swarm, environment), log }, release, hook, wait)
    );
  }
  async apply({ definition }, wait, undo) {
    if (undo) this.#known = /* @__PURE__ */ new Set([...this.#known, ...endedTasks(await this.#look())]);
    const environment = await this.#environment();
    await this.#managers.use(
      (swarm) => deployStack(this.#cli(swarm, environment), this.#stack, definition, wait)
    );
  }
  converge(release, wait) {
    const wanted = Object.entries(release.definition.services).map(
      ([name, service]) => [
        name,
        {
          release: release.id,
          definition: asText(asObject(service["labels"])[LABEL.definition]),
          image: asText(service["image"]) ?? ""
        }
      ]
    );
    return convergeServices(
      {
        prefix: `${this.#stack}_`,
        wanted: new Map(wanted),
        known: this.#known,
        timeout: release.health.timeout,
        look: () => this.#look(),
        resume: (service) => resumeUpdate(this.#managers, service)
      },
      wait
    );
  }
  moves() {
    return [];
  }
  async evidence(_release) {
    try {
      const state = await this.#look();
      return await this.#managers.use((swarm) => taskEvidence(swarm, `${this.#stack}_`, state, this.#known));
    } catch {
      return [];
    }
  }
  async removeOthers(release) {
    const { services } = await this.#look();
    const others = services.filter(
      (service) => service.labels[LABEL.app] === this.#of.app && release?.definition.services[this.#shortName(service)] === void 0
    );
    for (const { id } of others) await this.#managers.use((swarm) => swarm.removeService(id));
    return others.map((service) => this.#shortName(service));
  }
  removal({ records }) {
    return planStackRemoval(this.#managers, this.#of, records);
  }
  record(document) {
    return this.#managers.use((swarm) => writeSwarmRecord(swarm, this.#of, document));
  }
  async prune(records, kept) {
    const outdated = outdatedDocuments(records, kept);
    await this.#managers.use((swarm) => removeSwarmRecords(swarm, this.#of, outdated));
    const files = records.releases.filter(({ id }) => kept.has(id)).map(({ definition }) => definition);
    const contents = await this.#managers.use((swarm) => removeUnusedContents(swarm, this.#of, files));
    return `${outdated.length} records and ${contents} secrets and configs removed`;
  }
  async [Symbol.asyncDispose]() {
    await this.#managers[Symbol.asyncDispose]();
  }
  #cli(swarm, environment) {
    return { run: this.#step.run, environment: { ...environment, ...swarm.cliEnvironment } };
  }
  #look() {
    return this.#managers.use((swarm) => readSwarmState(swarm, this.#stack));
  }
  #shortName({ name }) {
    return name.slice(this.#stack.length + 1);
  }
  #workload(service, { tasks, nodes }) {
    const verdict = judgeService(service, tasks, nodes, void 0);
    const { [LABEL.app]: app, [LABEL.environment]: environment, [LABEL.release]: release } = service.labels;
    const own = labelsOf(this.#of);
    const isOurs = app === own[LABEL.app] && environment === own[LABEL.environment];
    return {
      name: this.#shortName(service),
      kind: service.mode,
      release: isOurs && release !== void 0 && isReleaseId(release) ? release : void 0,
      ...verdict.counts,
      problem: verdict.kind === "whole" ? void 0 : verdict.kind === "failed" ? verdict.why : verdict.problem ?? `${verdict.counts.ready} of ${verdict.counts.wanted} run`
    };
  }
};

// src/swarm/hand-made-services.ts
var HandMadeServices = class {
  keepsReleases = false;
  words = { remains: "", look: "docker service ps", rollbackHint: void 0 };
  lockPlace;
  #managers;
  #of;
  #names;
  #step;
  #environment;
  #known = /* @__PURE__ */ new Set();
  /** @param environment in which `docker` has the logins that the swarm gets; asked for only if something is deployed */
  constructor(managers, of, names, step, environment) {
    this.#managers = managers;
    this.lockPlace = new SwarmLockPlace(managers, of);
    this.#of = of;
    this.#names = names;
    this.#step = step;
    this.#environment = environment;
  }
  get host() {
    return this.#managers.host;
  }
  /** @throws ConfigurationError for a service that does not exist, or belongs to a release */
  async observe() {
    const state = await this.#look();
    const { services } = state;
    rejectOthers(this.#names, services);
    this.#known = new Set(state.tasks.map(({ id }) => id));
    const images = Object.fromEntries(services.map(({ name, image }) => [name, image]));
    const release = presentRelease(this.#of, images);
    const { createdAt: at } = release.origin;
    const event = { release: release.id, previous: void 0, actor: void 0, runUrl: void 0 };
    const history = [{ at, event: "accepted", ...event }];
    return {
      records: clusterRecords([documentText({ sequence: 1, release, history })]),
      workloads: services.map((service) => handMadeWorkload(service, state, release.id)),
      missing: []
    };
  }
  async plan({ id, definition }, { records, workloads }) {
    const before = acceptedRelease(records)?.definition ?? {};
    const changes = workloads.flatMap(({ name, problem }) => {
      const [old, image] = [before[name], definition[name]];
      if (old !== image)
        return [{ kind: "update", what: "service", name, differences: [`image: ${old} → ${image}`] }];
      return problem === void 0 ? [] : [{ kind: "repair", what: "service", name, differences: [problem] }];
    });
    return { release: id, strategy: "swarm", changes };
  }
  async prepare() {
    return "nothing is missing";
  }
  runHook() {
    throw new Error("Commands are refused for services that were made by hand.");
  }
  async apply({ definition }, { signal }, undo) {
    const environment = await this.#environment();
    const { services } = await this.#look();
    for (const [name, image] of Object.entries(definition)) {
      if (services.some((service) => service.name === name && hasSettledOn(service, image))) continue;
      await this.#managers.use((swarm) => {
        const cli = { run: this.#step.run, environment: { ...environment, ...swarm.cliEnvironment } };
        return updateServiceImage(cli, { name, image, withLogin: !undo }, { signal });
      });
    }
  }
  converge({ definition, health }, wait) {
    const wanted = Object.entries(definition).map(([name, image]) => [
      name,
      { image, release: void 0, definition: void 0 }
    ]);
    return convergeServices(
      {
        ...{ prefix: "", wanted: new Map(wanted), known: this.#known, timeout: health.timeout },
        look: () => this.#look(),
        resume: (service) => resumeUpdate(this.#managers, service)
      },
      wait
    );
  }
  moves() {
    return [];
  }
  async evidence() {
    try {
      const state = await this.#look();
      return await this.#managers.use((swarm) => taskEvidence(swarm, "", state, this.#known));
    } catch {
      return [];
    }
  }
  async removeOthers() {
    return [];
  }
  async removal() {
    return { live: void 0, steps: [], kept: void 0 };
  }
  async record() {
  }
  async prune() {
    return "";
  }
  async [Symbol.asyncDispose]() {
    await this.#managers[Symbol.asyncDispose]();
  }
  #look() {
    return this.#managers.use((swarm) => readServicesState(swarm, this.#names));
  }
};
var presentRelease = ({ app, environment }, images) => ({
  ...{ id: releaseIdOf(images), app, environment, services: {}, definition: images },
  health: { timeout: PRESENT_TIMEOUT },
  origin: {
    ...{ revision: void 0, ref: void 0, actor: void 0, runUrl: void 0, repository: void 0 },
    ...{ tags: [], createdAt: (/* @__PURE__ */ new Date()).toISOString() }
  }
});
var hasSettledOn = ({ image: has, update: { state } }, image) => has === image && state !== "paused" && state?.startsWith("rollback") !== true;
var PRESENT_TIMEOUT = 12e4;
function rejectOthers(names, services) {
  const missing = names.filter((name) => !services.some((service) => service.name === name));
  if (missing.length > 0) {
    throw new ConfigurationError(
      `service: the swarm has no service ${joinWithAnd(missing)}. Create it by hand first ("docker service create"), or look at "docker service ls" for its name.`
    );
  }
  const own = services.find(({ labels }) => labels[LABEL.app] !== void 0);
  if (own === void 0) return;
  throw new ConfigurationError(
    `service: ${own.name} belongs to ${own.labels[LABEL.app]} in ${own.labels[LABEL.environment]}, which Sealift delivers as a whole. Remove "${inputRef("service")}" to deploy that.`
  );
}
function handMadeWorkload(service, { tasks, nodes }, release) {
  const { name, mode: kind, image } = service;
  const verdict = judgeService(service, tasks, nodes, { image, release: void 0, definition: void 0 });
  const { wanted, ready } = verdict.counts;
  const problem = verdict.kind === "whole" ? void 0 : verdict.kind === "failed" ? verdict.why : verdict.problem ?? `${ready} of ${wanted} run`;
  return { name, kind, release, wanted, ready, problem };
}

// src/commands/deliver-to-services.ts
async function deliverToServices(request, approval, context) {
  var _stack = [];
  try {
    const { destination, options, source } = request;
    const { app, environment } = destination;
    const connection = __using(_stack, openInBackground(connectToManagers(destination, context)), true);
    const readingFile = inBackground(readImagesToBuild(request, context));
    const imageLookup = __using(_stack, startImageLookup(request, readingFile, options, context), true);
    const managers = await group("Connect", () => connection.opened);
    const logins = async () => await hostEnvironment((await imageLookup.resolve()).environment, void 0, context);
    const names = [...options.services.keys()];
    const cluster = new HandMadeServices(managers, destination, names, context, logins);
    await cluster.observe();
    const found = await imageLookup.resolve();
    warnOfJobToken(request, found, swarmTokenWarning(), context);
    const services = Object.fromEntries(
      [...options.services].map(([name, build]) => [
        name,
        { name, image: imageFor(build, found), reference: void 0 }
      ])
    );
    const definition = Object.fromEntries(Object.values(services).map(({ name, image }) => [name, image]));
    const release = {
      ...{ id: releaseIdOf(definition), app, environment, services, definition },
      ...{ health: { timeout: options.healthTimeout }, origin: originOfRelease(context, found, source) }
    };
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request.gate), context), true);
    const observation = await cluster.observe();
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{ cluster, lock, found: observation, release, options, approval, context },
      ...{ contents: [], hooks: { before: [], after: [] } },
      command: "deploy",
      keep: options.keep
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function imageFor(build, { images }) {
  const [only, ...others] = new Set(images.values());
  const image = images.get(build) ?? (build === "" && others.length === 0 ? only : void 0);
  if (image !== void 0) return image;
  const names = joinWithAnd([...images.keys()].filter((name) => name !== ""));
  throw new ConfigurationError(
    build === "" ? `service: there are several images, of ${names}. Write which one a service gets: name=service of the build.` : `service: no image is built for "${build}", only for ${names}.`
  );
}

// src/image/other-images.ts
async function resolveOtherImages(references, context) {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]) => {
      const { repository, tag = "latest", digest } = parseImageReference(reference, "compose-file");
      if (digest !== void 0) return [service, pinnedImage(repository, digest)];
      const name = `${repository}:${tag}`;
      const remote = await registry.inspect(name);
      if (remote === void 0) {
        throw new ConfigurationError(
          `compose-file: the image ${name} of service ${service} was not found in its registry. Check its name and tag.`
        );
      }
      const image = pinnedImage(repository, remote.digest);
      context.log.info(`${name} is ${image}.`);
      return [service, image];
    })
  );
  return new Map(resolved);
}

// src/release/stack/content-objects.ts
var OBJECT_LIMITS = { secret: 500 * 1024, config: 1e3 * 1024 };
var MAX_NAME_LENGTH = 64;
function contentObjects({ secrets = {}, configs = {} }, contents, project) {
  const made = /* @__PURE__ */ new Map();
  const each = (kind) => (spec, key) => {
    if (spec["external"] === true) return { external: true, name: asText(spec["name"]) ?? key };
    const content = contents.get(`${kind}:${key}`) ?? unescapeDollars(asText(spec["content"]) ?? "");
    const name = contentName(project, key, content);
    made.set(`${kind}:${name}`, { kind, name, content });
    return { external: true, name };
  };
  return {
    secrets: mapValues(secrets, each("secret")),
    configs: mapValues(configs, each("config")),
    contents: [...made.values()]
  };
}
function contentName(project, key, content) {
  const hash = fingerprintOf(`${key}
${content}`, 8);
  const room = MAX_NAME_LENGTH - project.length - hash.length - 2;
  return `${project}_${key.slice(0, Math.max(room, 1))}_${hash}`;
}
function whyNotStorable({
  kind,
  content
}) {
  if (content === "") return "is empty, which a swarm refuses. Give it a content, or remove it.";
  if (content.includes("�"))
    return "is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.";
  const bytes = Buffer.byteLength(content);
  return bytes > OBJECT_LIMITS[kind] ? `has ${Math.ceil(bytes / 1024)} KiB, but a swarm takes at most ${OBJECT_LIMITS[kind] / 1024} KiB. Copy it into the image.` : void 0;
}

// src/release/stack/update-delay.ts
var SHORTEST_DELAY = "250ms";
var NO_DELAY = /* @__PURE__ */ new Set([void 0, 0, "0", "0s"]);
function withUpdateDelay(service) {
  const deploy = asObject(service["deploy"]);
  const update = asObject(deploy["update_config"]);
  const { mode = "replicated", replicas = 1 } = deploy;
  const hasSeveralTasks = mode === "global" || mode === "replicated" && replicas !== 1;
  const endsByFailure = update["failure_action"] !== "continue";
  if (!hasSeveralTasks || !endsByFailure || !NO_DELAY.has(update["delay"])) return service;
  return { ...service, deploy: { ...deploy, update_config: { ...update, delay: SHORTEST_DELAY } } };
}

// src/release/stack/make-stack-release.ts
function makeStackRelease(project, { built, others }, health, origin, force = false) {
  const { app, environment } = project;
  const images = imagesOfServices(project.services, built);
  const replace = placeholderReplacer(project, built);
  const file = asStackSections(mapStrings(project.compose, replace));
  const { contents, ...objects } = contentObjects(file, project.contents, baseProject(project));
  const services = mapValues(
    file.services,
    (service, name) => withUpdateDelay({ ...service, image: images[name] ?? others.get(name) ?? service["image"] })
  );
  const definition = { ...file, services, ...objects };
  const plain = releaseIdOf({ app, environment, definition });
  const id = force ? releaseIdOf({ plain, at: origin.createdAt }) : plain;
  const release = {
    ...{ id, app, environment, health, origin },
    services: mapValues(services, (_, name) => clusterService(project, name, images, others)),
    definition: {
      ...definition,
      services: mapValues(
        services,
        (service) => withSealiftLabels({ app, environment, id }, service, objects, force)
      )
    }
  };
  return { release, contents };
}
function asStackSections(value) {
  const file = asObject(value);
  const section = (key) => mapValues(asObject(file[key]), asObject);
  return {
    services: section("services"),
    networks: section("networks"),
    volumes: section("volumes"),
    secrets: section("secrets"),
    configs: section("configs")
  };
}
function clusterService(project, name, images, others) {
  const image = images[name] ?? others.get(name);
  if (image === void 0) throw new Error(`Service ${name} has no image.`);
  return { name, image, reference: project.otherImages[name] };
}
function withSealiftLabels(release, service, objects, force) {
  const deploy = asObject(service["deploy"]);
  const own = labelsOf(release);
  const mark = { [LABEL.release]: release.id };
  const fingerprint = stackServiceFingerprint(service, objects);
  return {
    ...service,
    labels: {
      ...asObject(service["labels"]),
      ...own,
      [LABEL.definition]: force ? `${fingerprint}-${release.id}` : fingerprint
    },
    deploy: { ...deploy, labels: { ...asObject(deploy["labels"]), ...own, ...mark } }
  };
}
function stackServiceFingerprint(service, { secrets, configs }) {
  const deploy = withoutKeys(
    asObject(service["deploy"]),
    ...["replicas", "placement", "update_config", "rollback_config", "labels"]
  );
  const names = [
    ...asList(service["secrets"]).map((use) => secrets[fileObjectName(use)]?.["name"]),
    ...asList(service["configs"]).map((use) => configs[fileObjectName(use)]?.["name"])
  ];
  return fingerprintOf(canonicalJson([{ ...service, deploy }, names]), 12);
}

// src/release/stack/loss-notices.ts
var lossNotices = (services) => Object.entries(services).flatMap(([name, service]) => {
  const missing = whatIsMissing(service);
  if (missing.length === 0) return [];
  return [
    `${name}: requests may be lost while it is updated: ${missing.join(", and ")}. See docs/swarm.md, "Requests during an update".`
  ];
});
function whatIsMissing(service) {
  const ports = asList(service["ports"]).map(asObject);
  const { mode = "replicated", update_config: update } = asObject(service["deploy"]);
  if (ports.length === 0 || wordsOf(mode).endsWith("-job")) return [];
  const isBehindMesh = ports.some((port) => port["mode"] !== "host");
  return [
    ...hasHealthcheck(service) ? [] : ["unless its image has a HEALTHCHECK, new tasks get requests as soon as their process has started"],
    ...isBehindMesh && asObject(update)["order"] !== "start-first" ? ["without order: start-first in update_config, old tasks stop before new ones run"] : []
  ];
}
function hasHealthcheck(service) {
  const { test, disable } = asObject(service["healthcheck"]);
  return disable !== true && test !== void 0 && asList(test)[0] !== "NONE";
}

// src/release/stack/stack-service.ts
var APPLIED_KEYS = [
  "cap_add",
  "cap_drop",
  "command",
  "configs",
  "credential_spec",
  "deploy",
  "dns",
  "dns_search",
  "entrypoint",
  "environment",
  "extra_hosts",
  "healthcheck",
  "hostname",
  "image",
  "init",
  "isolation",
  "labels",
  "logging",
  "networks",
  "oom_score_adj",
  "ports",
  "read_only",
  "secrets",
  "stdin_open",
  "stop_grace_period",
  "stop_signal",
  "sysctls",
  "tmpfs",
  "tty",
  "ulimits",
  "user",
  "volumes",
  "working_dir"
];
var DROPPED_KEYS = [
  "build",
  "depends_on",
  "develop",
  "expose",
  "profiles",
  "pull_policy",
  "restart",
  "scale"
];
var ADVICE = /* @__PURE__ */ new Map([
  ["container_name", "Remove it: other services reach this one by the name of the service"],
  ["cpus", "Write deploy.resources.limits.cpus"],
  [
    "links",
    "Remove it: services on the same network find each other by name; for another name write networks with aliases"
  ],
  ["mem_limit", "Write deploy.resources.limits.memory"],
  ["mem_reservation", "Write deploy.resources.reservations.memory"],
  ["network_mode", "Write networks: with a network that has name: host and external: true"],
  ["pids_limit", "Write deploy.resources.limits.pids"],
  ["pre_stop", "Handle stop_signal in the program"],
  ["post_start", "Do it when the program starts"]
]);
function stackService(name, service, problems) {
  for (const key of Object.keys(service)) {
    const known = [...APPLIED_KEYS, ...DROPPED_KEYS].includes(key) || key.startsWith("x-");
    if (known || service[key] === null || service[key] === false) continue;
    const advice = ADVICE.get(key) ?? `Remove it, or deploy this app with ${inputSetting("orchestrator", "docker")}`;
    problems.add(
      `compose-file: service ${name} has ${key}:, which a swarm does not have. ${advice}.`,
      "services",
      name,
      key
    );
  }
  const applied = pickKeys(service, APPLIED_KEYS);
  const written = Object.entries(applied).filter(([, value]) => value !== null);
  return withoutUndefined({
    ...Object.fromEntries(written),
    deploy: stackDeploy(service),
    ports: portsOfStack(name, service, problems),
    volumes: mapList(service["volumes"], stackVolume),
    secrets: mapList(service["secrets"], stackFileUse),
    configs: mapList(service["configs"], stackFileUse),
    // Compose writes `name=address`.
    extra_hosts: mapList(service["extra_hosts"], (host) => wordsOf(host).replace("=", ":"))
  });
}
var mapList = (list, convert) => list === void 0 || list === null ? void 0 : asList(list).map(convert);
function stackDeploy(service) {
  const deploy = asObject(service["deploy"]);
  const resources = mapValues(asObject(deploy["resources"]), (each) => {
    const cpus = asObject(each)["cpus"];
    return { ...asObject(each), ...cpus === void 0 ? {} : { cpus: wordsOf(cpus) } };
  });
  return withoutUndefined({
    ...deploy,
    resources,
    replicas: asNumber(service["scale"]) ?? deploy["replicas"],
    restart_policy: deploy["restart_policy"] ?? restartPolicy(asText(service["restart"]))
  });
}
function restartPolicy(restart) {
  const [condition, attempts] = (restart ?? "").split(":");
  if (condition === "no") return { condition: "none" };
  if (condition !== "on-failure") return void 0;
  return withoutUndefined({ condition, max_attempts: asNumber(attempts) });
}
function portsOfStack(name, service, problems) {
  if (service["ports"] === void 0) return void 0;
  return asList(service["ports"]).map((each) => {
    const port = asObject(each);
    const address = asText(port["host_ip"]);
    if (!isOnAllAddresses(address)) {
      problems.add(
        `compose-file: service ${name} publishes a port on ${address}, but a swarm publishes on all addresses of its nodes. Remove the address, and let a firewall say who may connect.`,
        "services",
        name,
        "ports"
      );
    }
    const published = port["published"];
    return withoutUndefined({
      ...pickKeys(port, ["mode", "target", "protocol"]),
      published: asNumber(published) ?? published
    });
  });
}
function stackVolume(volume) {
  if (!isObject(volume)) return volume;
  const { bind, tmpfs } = volume;
  const size = asObject(tmpfs)["size"];
  return {
    ...volume,
    // A swarm never makes the folder: the task is rejected where it is missing.
    ...isObject(bind) ? { bind: withoutKeys(bind, "create_host_path") } : {},
    ...isObject(tmpfs) ? { tmpfs: withoutUndefined({ ...tmpfs, size: asNumber(size) ?? size }) } : {}
  };
}
function stackFileUse(use) {
  if (!isObject(use)) return use;
  const mode = use["mode"];
  return typeof mode === "string" ? { ...use, mode: Number.parseInt(mode, 8) } : use;
}

// src/release/stack/stack-project.ts
var MAX_SERVICE_NAME = 63;
function stackProject(resolved, appEnvironment) {
  const { config, placeholder, contents } = resolved;
  const problems = new Problems(resolved.files);
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectBuiltInNames(config, problems);
  rejectModels(config, problems);
  const project = classifyServices(config, placeholder, problems);
  const stack = baseProject(appEnvironment);
  const deployed = withoutKeys(config.services, ...project.buildOnly);
  const services = mapValues(deployed, (service, name) => {
    const length = `${stack}_${name}`.length;
    if (length > MAX_SERVICE_NAME) {
      problems.add(
        `compose-file: the name ${stack}_${name} has ${length} letters, but a service of a swarm may have ${MAX_SERVICE_NAME}. Give the service a shorter name.`,
        "services",
        name
      );
    }
    return stackService(name, asObject(service), problems);
  });
  const objects = contentObjects(config, contents, stack);
  for (const object of objects.contents) {
    const reason = whyNotStorable(object);
    if (reason !== void 0)
      problems.add(`compose-file: ${object.kind} ${nameInFile(object, objects)} ${reason}`);
  }
  const otherImages = {};
  for (const name of project.accessories) {
    const image = asText(project.service(name)["image"]);
    if (image === void 0)
      problems.add(
        `compose-file: service ${name} has neither image: nor build:. Give it one.`,
        "services",
        name
      );
    else otherImages[name] = image;
  }
  problems.throwIfAny();
  return {
    ...{
      app: appEnvironment.app,
      environment: appEnvironment.environment,
      placeholder,
      contents,
      otherImages,
      buildOnly: project.buildOnly
    },
    services: Object.fromEntries([...project.released].map(([name, imageKey]) => [name, { name, imageKey }])),
    compose: {
      services,
      networks: sectionOf(config.networks),
      volumes: sectionOf(config.volumes),
      secrets: config.secrets ?? {},
      configs: config.configs ?? {}
    },
    notices: [
      ...resolved.notices,
      ...noticesOf(config),
      ...lossNotices(services),
      ...buildOnlyNotices(project)
    ]
  };
}
var sectionOf = (section = {}) => mapValues(
  section,
  (spec) => withoutKeys(asObject(spec), ...Object.keys(asObject(spec)).filter((key) => key.startsWith("x-")))
);
function nameInFile({ kind, name }, objects) {
  const section = kind === "secret" ? objects.secrets : objects.configs;
  return Object.keys(section).find((key) => section[key]?.["name"] === name) ?? name;
}
function noticesOf({ services }) {
  const waiting = Object.entries(services).filter(([, service]) => dependenciesOf(service).size > 0);
  if (waiting.length === 0) return [];
  return [
    `depends_on: a swarm starts all services at the same time, so ${waiting.map(([name]) => name).join(", ")} must wait for what they need by themselves.`
  ];
}

// src/commands/deliver-to-swarm.ts
async function deliverToSwarm(request, approval, context) {
  var _stack = [];
  try {
    const { destination, options, source } = request;
    const connection = __using(_stack, openInBackground(connectToManagers(destination, context)), true);
    const readingFile = inBackground(group("Read the Compose file", () => readStack(request, context)));
    const imageLookup = __using(_stack, startImageLookup(request, readingFile, options, context), true);
    const { project } = await readingFile;
    const managers = await group("Connect", () => connection.opened);
    const hooks = {
      before: parseHooks(project, "before-release", options.beforeRelease),
      after: parseHooks(project, "after-release", options.afterRelease)
    };
    const environment = async () => await hostEnvironment((await imageLookup.resolve()).environment, void 0, context);
    const cluster = new SwarmCluster(managers, destination, context, environment);
    const before = await cluster.observe();
    const live = { host: cluster.host, origin: acceptedRelease(before.records)?.origin };
    const found = await findNewerImages(imageLookup, live, request, context);
    warnOfJobToken(request, found, swarmTokenWarning(), context);
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request.gate), context), true);
    const observation = await cluster.observe();
    const previous = acceptedRelease(observation.records);
    const others = await resolveOthers(project, previous, request, found, context);
    const { release, contents } = makeStackRelease(
      project,
      { built: found.images, others },
      { timeout: options.healthTimeout },
      originOfRelease(context, found, source),
      options.force
    );
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{ cluster, lock, found: observation, release, contents, hooks, options, approval, context },
      command: "deploy",
      keep: options.keep
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function readStack(request, context) {
  const { destination, source } = request;
  const file = await readDeployComposeFile(request, context);
  const project = stackProject(file.resolved, destination);
  if (source.kind === "existing")
    rejectUnknownServices({ ...project, base: project.compose }, source.images.keys());
  for (const notice of project.notices) context.log.notice(notice);
  return { ...file, project };
}
async function resolveOthers({ otherImages }, previous, { options }, { environment }, action) {
  const kept = /* @__PURE__ */ new Map();
  const sought = /* @__PURE__ */ new Map();
  for (const [name, reference] of Object.entries(otherImages)) {
    const before = previous?.services[name];
    if (options.accessories === "leave" && before?.reference === reference) kept.set(name, before.image);
    else sought.set(name, reference);
  }
  const context = { ...action, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY };
  const resolved = sought.size === 0 ? [] : await resolveOtherImages(sought, context);
  return new Map([...kept, ...resolved]);
}

// src/commands/swarm-target.ts
var swarmTarget = clusterTarget({
  deliver: (request, approval, context) => request.options.services.size > 0 ? deliverToServices(request, approval, context) : deliverToSwarm(request, approval, context),
  async open(destination, context) {
    const managers = await connectToManagers(destination, context);
    return new SwarmCluster(managers, destination, context, async () => programEnvironment());
  },
  async openForRelease({ destination, registry }, context, work) {
    var _stack = [];
    try {
      const managers = __using(_stack, await group("Connect", () => connectToManagers(destination, context)), true);
      const chosen = [];
      const environment = async () => {
        const [release] = chosen;
        if (release === void 0) throw new Error("The release is not chosen yet.");
        const logins = await registryEnvironment(registry, withoutOtherImages(release), context);
        return await hostEnvironment(logins, void 0, context);
      };
      const cluster = new SwarmCluster(managers, destination, context, environment);
      await work(cluster, (release) => chosen.push(release));
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  },
  whyNotRestored: (request) => request.command === "rollback" || request.options.services.size === 0 ? void 0 : 'What services that were made by hand ran before is not recorded, so they stay as they are. Look at "docker service ps", or deploy again.'
});
var withoutOtherImages = (release) => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === void 0)
  )
});
export {
  swarmTarget
};
