import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  COMMITTED_STAGES,
  GITHUB_TIMES,
  MAX_SERVED_REPLICAS,
  NOTHING_CHANGED_TEXT,
  PROXY_VARIABLES,
  REMAINS_TEXT,
  STAGES,
  UNEXPECTED_ANSWER_TEXT,
  accessoryContainerNames,
  actionText,
  approvalText,
  baseObjects,
  briefLine,
  bringCompose,
  changedAccessories,
  comparesResponses,
  confidentialVariables,
  connectToGitHub,
  contentVariable,
  currentReporter,
  dependenciesOf,
  downtimeLines,
  downtimeOf,
  effectiveTraffic,
  endingOf,
  evidenceLines,
  filesToWrite,
  findComposeShortcoming,
  formatMinute,
  formatPercent,
  githubVariables,
  group,
  hasDomains,
  hasSucceeded,
  hostEnvironment,
  hostLines,
  imagesOnHost,
  isEmptyPlan,
  isFullyServing,
  isFullyUp,
  isOnAllAddresses,
  isReleaseId,
  isSecretVariable,
  isStopFirst,
  isStopped,
  isTcpRoute,
  lastAcceptanceOf,
  lastAcceptedRelease,
  liveRelease,
  logCollapsed,
  lostProxiedPorts,
  matchingRoute,
  misledProxies,
  missingAccessories,
  nameBeforeAdoption,
  neededPorts,
  neededProxiesOf,
  needsSlotNetwork,
  networksBeforeSlots,
  notGitHubError,
  oneLine,
  openGitHub,
  openGroup,
  parseReleaseId,
  plainText,
  planFleet,
  planLines,
  planUsesCompose,
  portText,
  portsOf,
  portsOverlap,
  proxiesOf,
  proxiesToConnect,
  proxyOverlap,
  publishedAddress,
  publishesPortsItself,
  quoteOutput,
  referencedService,
  removedHosts,
  removedHostsText,
  renderBase,
  renderRelease,
  repositoryConnection,
  requireApiUrl,
  runComposeProgram,
  runShortProgram,
  selfPublishedPorts,
  sentence,
  setAsideName,
  shorten,
  shortenBetweenWords,
  splitEvidence,
  stageLine,
  stageSequence,
  stagesOf,
  stepLine,
  stepStartLine,
  stepText,
  traitsOf,
  trimHistory,
  waitLine,
  withoutAdoptedContainers,
  workIsDone,
  workflowRun
} from "./chunk-AXM2NXMP.js";
import {
  FILES_ROLE,
  KILLED_EXIT_CODE,
  LABEL,
  LoggedOutput,
  OWN_ROLE,
  Registry,
  RegistryError,
  SLOTS,
  Tail,
  allOrThrow,
  askRetryAfter,
  baseProject,
  fingerprintOf,
  formatBytes,
  formatCommand,
  inBackground,
  isAccessDenied,
  isTransient,
  joinWithAnd,
  killedText,
  labelsOf,
  openInBackground,
  otherSlot,
  programEnvironment,
  registryConfigKey,
  releaseProject,
  retryAfterInText,
  slotNetwork,
  splitCommand,
  storedLogin,
  upstreamKey,
  upstreamNetwork
} from "./chunk-QZ63PLH4.js";
import {
  findImage
} from "./chunk-PELZNHR3.js";
import {
  chainOf,
  isDigestTag
} from "./chunk-ODC7C6PZ.js";
import {
  Conflict,
  NotFound,
  PullRefused,
  PullStalled,
  engineError,
  hostDiskFullError,
  isDiskFull,
  require_tar_stream
} from "./chunk-5PPHBT3U.js";
import {
  DEFAULT_RETRY_POLICY,
  ProxyAgent,
  ProxyError,
  RetryLimit,
  TransientError,
  anySignal,
  collect,
  formatDuration,
  pause,
  proxyFor,
  proxyName,
  requestWeb,
  retryTransient
} from "./chunk-LL335SZZ.js";
import {
  DOCKER_HUB,
  asList,
  asNumber,
  asObject,
  asStrings,
  asText,
  canonicalJson,
  configurationMessage,
  digestOf,
  escapeDollars,
  inputRef,
  inputSetting,
  isPinnedImage,
  loginAdvice,
  mapValues,
  parseImageReference,
  pickKeys,
  registryOf,
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
  byPlace,
  isCausedByAbort,
  messageOf,
  messageWithHost,
  messageWithoutHost,
  theRunner,
  thisJob,
  thisRunner,
  wasCancelled
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __toESM,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/run/git.ts
async function askGit(checkout, args) {
  const options = ["-c", `safe.directory=${checkout}`, "-C", checkout];
  return (await runShortProgram("git", [...options, ...args])).stdout;
}

// action.yml
var action_default = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", verify: "off", "verify-repository": "", "verify-workflow": "", "verify-ref": "", "verify-key": "", "trusted-root": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", attest: "false", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", manifests: "", service: "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", "canary-metrics": "", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// build/action.yml
var action_default2 = { image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "github-token": "", context: ".", file: "", target: "", "build-args": "", "build-secrets": "", platforms: "", labels: "", "cache-from": "", "cache-to": "", provenance: "", attest: "false", sbom: "", pull: "false", "no-cache": "false", "add-hosts": "", "build-contexts": "", tags: "", test: "", rebuild: "false", "compose-file": "compose.yaml", env: "" };

// deploy/action.yml
var action_default3 = { app: "", environment: "", hosts: "", orchestrator: "docker", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", image: "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", verify: "off", "verify-repository": "", "verify-workflow": "", "verify-ref": "", "verify-key": "", "trusted-root": "", manifests: "", service: "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", "canary-metrics": "", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", force: "false", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", adopt: "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// export/action.yml
var action_default4 = { app: "", environment: "", image: "", platforms: "", since: "", path: ".", "sign-key": "", "image-transfer": "registry", "registry-username": "", "registry-password": "", "github-token": "", verify: "off", "verify-repository": "", "verify-workflow": "", "verify-ref": "", "verify-key": "", "trusted-root": "", "compose-file": "compose.yaml", env: "", port: "", volumes: "", domains: "", edge: "caddy", "health-path": "", "health-host": "", "health-status": "200-399", "health-timeout": "60s", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine" };

// gate/action.yml
var action_default5 = { environment: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "github-token": "" };

// import/action.yml
var action_default6 = { archive: "", app: "", environment: "", hosts: "", "allowed-signers": "", secrets: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "allow-downgrade": "false", "github-token": "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", "acme-email": "", "acme-directory": "", "acme-ca": "", strategy: "", canary: "", "canary-max-errors": "1%", "canary-max-latency-ratio": "1.5", "canary-min-requests": "100", "canary-too-few": "go-on", bake: "0s", "max-parallel": "", "before-release": "", "after-release": "", accessories: "leave", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", keep: "5", "lock-timeout": "10m", "dry-run": "false", "trusted-proxies": "", "proxy-protocol": "false" };

// logs/action.yml
var action_default7 = { app: "", environment: "", hosts: "", release: "", services: "", tail: "100", since: "", follow: "false", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// remove/action.yml
var action_default8 = { app: "", environment: "", hosts: "", orchestrator: "docker", confirm: "", "remove-volumes": "false", "lock-timeout": "10m", "dry-run": "false", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "github-token": "", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// rollback/action.yml
var action_default9 = { app: "", environment: "", hosts: "", orchestrator: "docker", to: "", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "", "registry-username": "", "registry-password": "", "pull-secret": "", "github-token": "", secrets: "", "health-timeout": "", "drain-timeout": "30s", url: "", "url-status": "200-399", "url-body": "", "url-timeout": "60s", "network-range": "", "lock-timeout": "10m", "dry-run": "false", "edge-image": "caddy:2.11", "tcp-edge-image": "haproxy:3.2-alpine", "acme-email": "", "acme-directory": "", "acme-ca": "" };

// status/action.yml
var action_default10 = { app: "", environment: "", hosts: "", orchestrator: "docker", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// unlock/action.yml
var action_default11 = { app: "", environment: "", hosts: "", orchestrator: "docker", "dry-run": "false", approval: "", "allow-self-approval": "false", "strict-approval": "false", "check-run-id": "", "github-token": "", kubeconfig: "", "kube-context": "", namespace: "", "ssh-key": "", "ssh-key-passphrase": "", "known-hosts": "", "ssh-certificate": "", "ssh-config": "", "ssh-env": "", "tls-ca": "", "tls-cert": "", "tls-key": "" };

// src/inputs/declared-inputs.ts
var INPUTS = {
  deliver: action_default,
  build: action_default2,
  deploy: action_default3,
  rollback: action_default9,
  status: action_default10,
  remove: action_default8,
  unlock: action_default11,
  logs: action_default7,
  export: action_default4,
  import: action_default6,
  gate: action_default5
};
var isDeclaredInput = (name) => Object.values(INPUTS).some((inputs) => Object.hasOwn(inputs, name));
var DEFAULT_EDGE_IMAGES = {
  edgeImage: action_default3["edge-image"] ?? "",
  tcpEdgeImage: action_default3["tcp-edge-image"] ?? ""
};

// src/run/step-folder.ts
const { mkdtemp, rm } = require("node:fs/promises");
const { tmpdir } = require("node:os");
const { join: join2 } = require("node:path");

// src/run/folder-owner.ts
const { constants } = require("node:fs");
const { open, readFile, readlink, writeFile } = require("node:fs/promises");
const { join } = require("node:path");
var FILE = "owner.json";
async function recordOwner(folder) {
  const owner = await thisProcess();
  if (owner === void 0) return;
  await writeFile(join(folder, FILE), JSON.stringify(owner), { mode: 384 }).catch(() => void 0);
}
async function isOwnerGone(folder) {
  const [owner, self] = [await readOwner(folder), await thisProcess()];
  if (owner === void 0 || owner.boot !== self?.boot || owner.namespace !== self.namespace) return false;
  if (!exists(owner.pid)) return true;
  const start = await startOf(owner.pid);
  return start !== void 0 && start !== owner.start;
}
async function thisProcess() {
  const { pid } = process;
  const start = await startOf(pid);
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => void 0);
  const namespace = await readlink("/proc/self/ns/pid").catch(() => void 0);
  return start === void 0 || boot === void 0 || namespace === void 0 ? void 0 : { pid, start, boot: boot.trim(), namespace };
}
function exists(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
async function startOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
async function readOwner(folder) {
  try {
    var _stack = [];
    try {
      const file = __using(_stack, await open(join(folder, FILE), constants.O_RDONLY | constants.O_NOFOLLOW), true);
      const { pid, start, boot, namespace } = JSON.parse(await file.readFile("utf8"));
      const isWhole = [start, boot, namespace].every((each) => typeof each === "string");
      return Number.isSafeInteger(pid) && pid > 0 && isWhole ? { pid, start, boot, namespace } : void 0;
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  } catch {
    return void 0;
  }
}

// src/run/step-folder.ts
var STEP_FOLDER_STATE = "folder";
async function createStepFolder(name = "sealift-") {
  const folder = await mkdtemp(join2(tmpdir(), name));
  await recordOwner(folder);
  return folder;
}
async function removeStepFolder(folder) {
  await rm(folder, { recursive: true, force: true });
}

// src/plan/choose-strategy.ts
function chooseStrategy(release, requested) {
  const { recreateReason } = release;
  if (recreateReason !== void 0) {
    if (requested === void 0 || requested.name === "recreate") return { name: "recreate" };
    throw new ConfigurationError(
      `strategy: this release can't be deployed with ${requested.name}: ${recreateReason}. Leave "${inputRef("strategy")}"${requested.name === "canary" ? ` and "${inputRef("canary")}"` : ""} empty or set it to recreate.`
    );
  }
  if (requested?.name === "canary") checkCanary(release);
  return requested ?? { name: needsStopFirst(release) ? "rolling" : "blue-green" };
}
var needsStopFirst = ({ services }) => Object.values(services).some(
  (service) => service.role !== "exclusive" && isStopFirst(service) && service.replicas > 1
);
function checkCanary({ services, routes }) {
  if (routes.length === 0) {
    throw new ConfigurationError(
      `canary: there are no visitors to split: the release publishes no HTTP port and has no domain, or "${inputRef("edge")}" is none. Publish a port in the Compose file, or leave "${inputRef("canary")}" empty.`
    );
  }
  for (const { service } of routes) {
    const { role, exclusiveReason } = services[service] ?? {};
    if (role !== "exclusive") continue;
    throw new ConfigurationError(
      `canary: the visitors of ${service} can't be split, because two of it can't run at once: ${exclusiveReason ?? "it is exclusive"}. Change that in the Compose file, or leave "${inputRef("canary")}" empty.`
    );
  }
}

// src/plan/preflight.ts
function checkHeldPorts(host, release) {
  for (const needed of neededPorts(host, release)) {
    const holder = host.heldPorts.find(
      (held) => held.protocol === needed.protocol && portsOverlap(held, needed) && (held.accessory === void 0 || held.accessory !== needed.service)
    );
    if (holder === void 0) continue;
    const { container, accessory } = holder;
    const port = portText(needed);
    const text = accessory === void 0 ? `port ${port} is already taken by container "${container}". Publish another port in the Compose file, or stop that container first.` : `port ${port} is still taken by container "${container}", the accessory ${accessory} as an earlier deploy started it: accessories are left alone. Remove it first ("docker rm -f ${container}" on the host; its volumes stay), or publish another port in the Compose file.`;
    throw new ConfigurationError(`${host.host}: ${text}`);
  }
}
function checkNamesFree(host, { base }) {
  for (const [service, spec] of Object.entries(base.services)) {
    const name = asText(spec["container_name"]);
    if (name === void 0 || host.accessories.some((each) => each.service === service)) continue;
    const isOwn = host.accessories.some((each) => each.name === name);
    if (!isOwn && host.foreignContainers?.includes(name) !== true) continue;
    const holder = isOwn ? "an accessory of this app that the Compose file no longer has" : "another app or environment";
    throw new ConfigurationError(
      `${host.host}: container_name "${name}" of ${service} is already taken by a container of ${holder}, and such a name exists once on a host. Remove container_name from the Compose file: others reach ${service} by that name. Or remove that container first, or give each environment a name of its own, by a variable.`
    );
  }
}
function checkProxiedPorts(host, release, updateAccessories) {
  const live = liveRelease(host)?.record;
  const isRunning2 = (name) => host.accessories.some(({ service, state }) => service === name && state === "running");
  const misled = live === void 0 || updateAccessories ? void 0 : misledProxies(live, release).find(isRunning2);
  if (misled !== void 0)
    throw new ConfigurationError(
      `${host.host}: ${misled} is in front of the live release, and in this checkout it leads to no released service: neither its configuration nor the Compose file names one with its port. Correct the name and the port in its configuration, or deploy with "${inputSetting("accessories", "update")}", which replaces ${misled}.`
    );
  const recreated = [
    ...updateAccessories ? changedAccessories(host, release) : [],
    ...proxiesToConnect(host, release)
  ];
  const proxy = proxiesOf(release).find((name) => !recreated.includes(name) && isRunning2(name));
  if (live === void 0 || proxy === void 0) return;
  const [lost] = lostProxiedPorts(live, release);
  if (lost === void 0) return;
  throw new ConfigurationError(
    `${host.host}: ${proxy} runs and sends requests to ${lost}, which this release does not have. Keep that port, or deploy with "${inputSetting("accessories", "update")}", which replaces ${proxy}.`
  );
}
var MAX_CONTAINER_NAME = 63;
var PLACEHOLDER_RELEASE_ID = parseReleaseId("xxxxxxxx");
function checkContainerNames(release) {
  const project = releaseProject({ ...release, id: PLACEHOLDER_RELEASE_ID });
  for (const { service } of release.routes) {
    const name = `${project}-${service}-${release.services[service]?.replicas ?? 1}`;
    const excess = name.length - MAX_CONTAINER_NAME;
    if (excess <= 0) continue;
    throw new ConfigurationError(
      `compose-file: containers of service ${service} would be called ${name}, which is ${excess} characters too long to be found by name. Give the service or the app ("${inputRef("app")}") a shorter name.`
    );
  }
}

// src/rollout/check-networks.ts
function checkExternals({ host, networkNames = [], volumeNames = [] }, release) {
  const { networks, volumes } = baseObjects(release).external;
  const missing = [
    ...networks.filter((name) => !networkNames.includes(name)).map((name) => `docker network create ${name}`),
    ...volumes.filter((name) => !volumeNames.includes(name)).map((name) => `docker volume create ${name}`)
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${host}: the Compose file declares networks or volumes as external that do not exist. Create them on the host (${missing.join("; ")}), or remove "external".`
  );
}
async function checkNetworkAddresses(engine, { networkNames = [] }, release) {
  const names = [
    ...SLOTS.map((slot) => slotNetwork(release, slot)),
    ...baseObjects(release).networks.map(({ Name }) => Name)
  ];
  const missing = names.filter((name) => !networkNames.includes(name));
  if (missing.length > 0) await engine.checkNetworkAddresses(missing.length);
}

// src/edge/layout.ts
var APP_VOLUME_MOUNT = "/sealift";
var EDGE_FOLDER = `${APP_VOLUME_MOUNT}/edge`;
var SPLIT_FILE = "split";
var releaseFile = (slot) => `${slot}.release`;
var addressFile = (slot, route, index) => `${slot}.${route}.${index}`;
var filePlaceholder = (name) => `{file.${EDGE_FOLDER}/${name}}`;
var ALL_TRAFFIC_TO = { blue: "0", green: "g" };
var SPLIT_PATTERN = "([0-9a-f]{8}) (blue|green)";
var BUCKETS = 2 ** 32;
function splitFor(slot, share) {
  if (share >= 1) return ALL_TRAFFIC_TO[slot];
  if (share <= 0) return ALL_TRAFFIC_TO[otherSlot(slot)];
  const boundary = Math.min(BUCKETS - 1, Math.max(1, Math.round(share * BUCKETS)));
  return `${boundary.toString(16).padStart(8, "0")} ${slot}`;
}
function canarySlotIn(split) {
  const slot = new RegExp(`^${SPLIT_PATTERN}$`).exec(split)?.[2];
  return SLOTS.find((each) => each === slot);
}
var stateVolume = (app) => `${baseProject(app)}-sealift`;
var SOCKETS_FOLDER = "/run/edge";
var innerServer = (slot, route) => `${slot}.${route}`;
var innerSocket = (slot, route) => socketPath(`${SOCKETS_FOLDER}/${innerServer(slot, route)}`);
var FRONT_VOLUME = "sealift-front";
var FRONT_MOUNT = "/front";
var FRONT_APPS_FOLDER = `${FRONT_MOUNT}/apps`;
var routeFolder = (app, route) => `${FRONT_APPS_FOLDER}/${baseProject(app)}.${route}`;
var routeSocket = (app, route) => socketPath(`${routeFolder(app, route)}/s`);
var MAX_SOCKET_PATH = 107;
function socketPath(path) {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${MAX_SOCKET_PATH} characters: ${path}. Give the service, the app or the environment a shorter name.`
  );
}
var DOMAINS_FOLDER = `${FRONT_MOUNT}/domains`;
var MAX_DOMAIN_LENGTH = MAX_SOCKET_PATH - `${DOMAINS_FOLDER}//s`.length;

// src/edge/addresses.ts
function slotAddressFiles(slot, addresses) {
  const files = /* @__PURE__ */ new Map();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0)
      throw new ConfigurationError(
        `route ${route}: none of its containers runs, so it can get no requests. Deploy again.`
      );
    if (replicas.length > MAX_SERVED_REPLICAS) {
      throw new ConfigurationError(
        `route ${route} has ${replicas.length} replicas. The edge can send requests to at most ${MAX_SERVED_REPLICAS}. Lower deploy.replicas, or add hosts.`
      );
    }
    for (let index = 0; index < MAX_SERVED_REPLICAS; index++) {
      files.set(addressFile(slot, route, index), replicas[index % replicas.length] ?? "");
    }
  }
  return files;
}
function mixAddresses(first, second, share) {
  const added = [...second].flatMap(([route, replicas]) => replicas.length > 0 ? [route] : []);
  const count = Math.min(MAX_SERVED_REPLICAS - 1, Math.max(1, Math.round(MAX_SERVED_REPLICAS * share)));
  return new Map(
    [.../* @__PURE__ */ new Set([...first.keys(), ...added])].map((route) => {
      const [ours, theirs] = [first.get(route) ?? [], second.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]];
      const entries = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => {
        const before = Math.floor(index * count / MAX_SERVED_REPLICAS);
        const isTheirs = Math.floor((index + 1) * count / MAX_SERVED_REPLICAS) > before;
        const [list, position] = isTheirs ? [theirs, before] : [ours, index - before];
        return list[position % list.length] ?? "";
      });
      return [route, entries];
    })
  );
}
function fallbackAddresses(routes, release, addresses) {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(matchingRoute(route, release)?.id ?? "") ?? [];
      return found.length === 0 ? [] : [[route.id, found]];
    })
  );
}

// src/edge/script.ts
var EXIT_WORDS = "sealift-script-ended";
var printingExitCode = (text) => `(
${text}
)
echo "${EXIT_WORDS} $?"`;
var SCRIPT_OVERHEAD = 2 * 6e4;
async function runScript(engine, container, { name, action = `run ${name} in ${container}`, text }, args, { signal, waits = 0, onStdout } = {}) {
  const limit = AbortSignal.timeout(waits + SCRIPT_OVERHEAD);
  const either = anySignal(signal, limit);
  const argv = ["sh", "-c", printingExitCode(text), name, ...args];
  const { exitCode, stdout, stderr } = await engine.exec(container, argv, { signal: either, exitWords: EXIT_WORDS, onStdout }).catch((error) => {
    if (!isCausedByAbort(error, limit)) throw error;
    throw new HostError(
      engine.host,
      `${name} did not end in ${container} within ${formatDuration(waits + SCRIPT_OVERHEAD)}. The engine or the container hangs: look at "docker ps" and "journalctl -u docker" on the host.`
    );
  });
  if (exitCode === 0) return stdout;
  const evidence = `${stderr}
${stdout}`.trim().split("\n");
  if (isDiskFull(stderr)) throw hostDiskFullError(engine.host, action, evidence);
  const reason = evidence[0] || `exit code ${exitCode}, without output`;
  throw new HostError(engine.host, `${name} failed in ${container}: ${reason}`, { evidence });
}

// src/edge/domains.ts
var CLAIM_SCRIPT = {
  name: "domains",
  action: "write which domains the app has",
  text: `
set -eu
cd "$1"; project=$2; shift 2
owner_of() { owner=; route=; if [ -e "$1/owner" ]; then read -r owner route < "$1/owner" || :; fi; }
taken=
for pair in "$@"; do
  owner_of "\${pair%%=*}"
  if [ -n "$owner" ] && [ "$owner" != "$project" ]; then echo "taken \${pair%%=*} $owner"; taken=1; fi
done
[ -z "$taken" ] || exit 0
for pair in "$@"; do
  domain=\${pair%%=*}; wanted=\${pair#*=}
  owner_of "$domain"
  # Nothing to write, so a full disk is in nobody's way.
  if [ "$owner" = "$project" ] && [ "$route" = "$wanted" ]; then continue; fi
  mkdir -p "$domain"
  # Not by printf itself: it does not say why it can't write.
  printf '%s %s\\n' "$project" "$wanted" | cat > "$domain/.owner.$$"
  ln -sfn "../../apps/$project.$wanted/s" "$domain/.s.$$"; mv -f "$domain/.s.$$" "$domain/s"
  owner_of "$domain"
  if [ "$owner" = "$project" ]; then mv -f "$domain/.owner.$$" "$domain/owner"
  elif ln "$domain/.owner.$$" "$domain/owner"; then rm -f "$domain/.owner.$$"
  else rm -f "$domain/.owner.$$"; owner_of "$domain"; echo "taken $domain $owner"; exit 0
  fi
done
for folder in */; do
  [ -d "$folder" ] || continue
  domain=\${folder%/}
  owner_of "$domain"
  [ "$owner" = "$project" ] || continue
  kept=
  for pair in "$@"; do if [ "\${pair%%=*}" = "$domain" ]; then kept=1; fi; done
  if [ -z "$kept" ]; then rm -f "$domain/owner"; rm -rf "$domain"; fi
done
`
};
async function setDomains(engine, front, app, domains) {
  const names = [...domains.keys()];
  checkDomainNames(names);
  const pairs = [...domains].map(([domain, route]) => `${domain}=${route}`);
  const printed = await runScript(engine, front, CLAIM_SCRIPT, [DOMAINS_FOLDER, baseProject(app), ...pairs]);
  const taken = printed.matchAll(/^taken (\S+) (\S+)/gm);
  const owners = new Map([...taken].map(([, domain = "", owner = ""]) => [domain, owner]));
  checkDomainOwners(engine.host, app, owners, names);
}
function checkDomainOwners(host, app, owners, domains) {
  checkDomainNames(domains);
  for (const domain of domains) {
    const owner = owners.get(domain);
    if (owner === void 0 || owner === baseProject(app)) continue;
    throw new ConfigurationError(
      `domains: on ${host}, ${domain} already points to ${owner}. Remove it there first, or remove it from "${inputRef("domains")}" here.`
    );
  }
}
async function readDomainOwners(engine, front) {
  return domainOwnersIn(await engine.readFiles(front, DOMAINS_FOLDER));
}
function domainOwnersIn(files) {
  const owners = [...files].flatMap(([path, content]) => {
    const [domain, file] = path.split("/").slice(-2);
    const [owner = ""] = content.toString("utf8").split(" ");
    return file === "owner" && domain !== void 0 ? [[domain, owner]] : [];
  });
  return new Map(owners);
}
function checkDomainNames(domains) {
  for (const domain of domains) {
    if (domain.length > MAX_DOMAIN_LENGTH) {
      throw new ConfigurationError(
        `domains: "${domain}" has ${domain.length} characters. Sealift serves domains of at most ${MAX_DOMAIN_LENGTH}, because they are part of the path of a socket, which Linux limits. Use a shorter one.`
      );
    }
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
      throw new ConfigurationError(
        `domains: "${domain}" is not a domain in lower case, such as shop.example.com.`
      );
    }
  }
}
function refuseForeignDomains(host, app, owners, reason) {
  const others = new Set([...owners.values()].filter((owner) => owner !== baseProject(app)));
  if (others.size === 0) return;
  const names = [...others].join(", ");
  throw new HostError(
    host,
    `${reason} It serves domains of ${names} too, so Sealift does not replace it. Give all apps of this host the same "${inputRef("acme-directory")}" and "${inputRef("acme-ca")}".`
  );
}

// src/edge/caddy.ts
var ADMIN_ADDRESS = "127.0.0.1:2019";
var adminConfig = { listen: ADMIN_ADDRESS, config: { persist: false } };
var noAutomaticHttps = { disable: true };
var proxyServer = { trusted_proxies_unix: true, automatic_https: noAutomaticHttps };
var http2WithoutTls = { versions: ["h2c", "2"] };
function textResponse(status, body, headers = {}) {
  return {
    handler: "static_response",
    status_code: status,
    headers: { "Content-Type": ["text/plain; charset=utf-8"], ...headers },
    body: `${body}
`
  };
}
var textRoutes = (status, body) => ({
  routes: [{ handle: [textResponse(status, body)] }]
});
function reverseProxy(to, transport, retries) {
  return {
    handler: "reverse_proxy",
    upstreams: to.map((dial2) => ({ dial: dial2 })),
    transport: { protocol: "http", compression: false, ...transport },
    ...retries === void 0 ? {} : { load_balancing: retries },
    headers: { request: { delete: ["Via"] }, response: { delete: ["Via"] } },
    flush_interval: -1,
    // Only a reload closes streams. Sealift never reloads, but a person may.
    stream_close_delay: "1h"
  };
}
var bufferSmallBody = {
  match: [{ header_regexp: { "Content-Length": { pattern: "^[0-9]{1,5}$" } } }],
  handle: [{ handler: "vars", body: "{http.request.body}" }]
};
var retryUnsent = {
  try_duration: "5s",
  try_interval: "50ms",
  retry_match: [{ not: [{}] }]
};

// src/edge/proxy-container.ts
function proxyContainerSpec({ image, labels, networks, ports }, program, hostConfig) {
  return {
    Image: image,
    ...program,
    WorkingDir: "/",
    Labels: labels,
    // Seconds. Caddy waits for requests in flight; nobody should wait longer for an edge.
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([port, published]) => [
          port,
          published.map((host) => ({ HostIp: host.address ?? "", HostPort: String(host.port) }))
        ])
      ),
      // Not `unless-stopped`: after a crash of the engine, that counts as stopped (seen with Docker 28.5).
      RestartPolicy: { Name: "always" },
      NetworkMode: Object.keys(networks)[0],
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "3" } },
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true,
      // A reservation and no limit: an edge that is killed for its memory takes every release down.
      MemoryReservation: 64 * 1024 * 1024,
      ...hostConfig
    },
    NetworkingConfig: { EndpointsConfig: networks }
  };
}

// src/edge/caddy-container.ts
function caddyContainerSpec(options) {
  const { config, scratch, volumes } = options;
  const env = { XDG_DATA_HOME: `${scratch}/data`, XDG_CONFIG_HOME: `${scratch}/config`, ...options.env };
  return proxyContainerSpec(
    options,
    {
      Entrypoint: ["caddy"],
      Cmd: ["run", "--config", config],
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      User: "0:0"
    },
    {
      Mounts: Object.entries(volumes).map(([Source, Target]) => ({ Type: "volume", Source, Target })),
      Tmpfs: { [scratch]: "rw,noexec,nosuid,nodev,mode=0700,size=16m" },
      // The caddy of the official image has this file capability, and does not start without it.
      CapAdd: ["NET_BIND_SERVICE"]
    }
  );
}
async function writeIntoMount(engine, id, mount, files, mode = 420) {
  const relative = files.map(([path, content]) => [path.slice(mount.length + 1), { content, mode }]);
  await engine.writeFiles(id, mount, new Map(relative));
}
var WAIT_LIMIT = 21e4;
var WAIT_SCRIPT = {
  name: "await",
  text: `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5; do
    wget -q -T 2 -O /dev/null "http://$1/config/admin/listen" 2>/dev/null && exit 0
    sleep 0.05
  done
  sleep 0.25
done
wget -T 2 -O /dev/null "http://$1/config/admin/listen"
`
};
async function waitForCaddy(engine, id) {
  let output;
  try {
    await runScript(engine, id, WAIT_SCRIPT, [ADMIN_ADDRESS], { waits: WAIT_LIMIT });
    return;
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    output = messageOf(error);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === "running" ? "it runs" : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `Caddy in container ${details.name} does not serve requests (${state}). Is "${inputRef("edge-image")}" an image of Caddy 2.10 or later?`,
    { evidence: [output, ...logs] }
  );
}

// src/edge/edge-spec.ts
var EDGE_LAYOUT_VERSION = 4;
var FIRST_PORT = 8e3;
var TCP_EDGE_LAYOUT_VERSION = 1;
function edgeFingerprint(spec) {
  const tcp = tcpFingerprint(spec);
  return tcp === void 0 ? caddyFingerprint(spec) : joinFingerprints(caddyFingerprint(spec), tcp);
}
var joinFingerprints = (caddy, tcp) => tcp === void 0 ? caddy : `${caddy}+${tcp}`;
function caddyFingerprint(spec) {
  const routes = httpRoutes(spec).map(({ id, published, socket, protocol, upstream }) => [
    id,
    published.map(publishedAddress).sort(),
    socket,
    ...protocol === void 0 ? [] : [protocol],
    ...upstream === void 0 ? [] : [canonicalJson(upstream)]
  ]);
  const { trustedProxies } = spec;
  const content = trustedProxies === void 0 ? routes : { routes, trustedProxies };
  return `${EDGE_LAYOUT_VERSION}-${fingerprintOf(JSON.stringify(content))}`;
}
function tcpFingerprint(spec) {
  const routes = tcpRoutes(spec);
  if (routes.length === 0) return void 0;
  const content = routes.map(({ id, published, sendProxy = false }) => [
    id,
    published.map(publishedAddress).sort(),
    sendProxy
  ]);
  const text = JSON.stringify({ content, believes: proxyProtocolRanges(spec) });
  return `${TCP_EDGE_LAYOUT_VERSION}-${fingerprintOf(text)}`;
}
var proxyProtocolRanges = ({ trustedProxies }) => trustedProxies?.proxyProtocol === true ? trustedProxies.ranges : [];
var httpRoutes = (spec) => withPorts(sortedRoutes(spec).filter((route) => !isTcpRoute(route)));
var tcpRoutes = (spec) => withPorts(sortedRoutes(spec).filter(isTcpRoute)).filter(({ published }) => published.length > 0);
function withPorts(routes) {
  const taken = new Set(routes.map(({ upstream }) => upstream?.port));
  let next = FIRST_PORT;
  return routes.map((route) => {
    while (taken.has(next)) next += 1;
    return { ...route, port: next++ };
  });
}
function sortedRoutes({ routes }) {
  return [...routes].sort((one, other) => one.id < other.id ? -1 : 1);
}

// src/edge/forwarded.ts
var FORWARDED_HEADERS = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Real-Ip",
  "Forwarded"
];
var claimedHeader = (name) => `Sealift-Claimed-${name}`;
var claimedHeaders = FORWARDED_HEADERS.map(claimedHeader);
var headerPlaceholder = (name) => `{http.request.header.${name}}`;
var keepClaims = {
  handle: [
    {
      handler: "headers",
      request: {
        set: Object.fromEntries(
          FORWARDED_HEADERS.map((name) => [claimedHeader(name), [headerPlaceholder(name)]])
        ),
        delete: FORWARDED_HEADERS
      }
    }
  ]
};
function forwardedRoutes(trusted) {
  const isTrusted = { vars: { trusted_proxy: ["true"] } };
  const isThroughFront = { vars: { "{http.request.remote}": ["@"] } };
  const told = (name) => name === "X-Forwarded-For" ? `${headerPlaceholder(claimedHeader(name))}, {http.vars.client_ip}` : headerPlaceholder(claimedHeader(name));
  const restore = FORWARDED_HEADERS.map((name) => ({
    match: [
      {
        ...isThroughFront,
        client_ip: { ranges: trusted },
        header_regexp: { [claimedHeader(name)]: { pattern: "." } }
      }
    ],
    handle: [{ handler: "headers", request: { set: { [name]: [told(name)] } } }]
  }));
  return [
    {
      match: [{ not: [isTrusted] }],
      handle: [{ handler: "headers", request: { delete: FORWARDED_HEADERS } }]
    },
    ...trusted.length > 0 ? restore : [],
    { handle: [{ handler: "headers", request: { delete: claimedHeaders } }] }
  ];
}
var trustedProxyRanges = (ranges) => ranges.length === 0 ? {} : { trusted_proxies: { source: "static", ranges } };
var visitorAddress = (ranges) => ranges.length === 0 ? { settings: {}, routes: [] } : {
  settings: { ...trustedProxyRanges(ranges), trusted_proxies_strict: 1 },
  routes: [
    {
      match: [{ not: [{ vars: { client_ip: ["@"] } }] }],
      handle: [
        { handler: "headers", request: { set: { "X-Forwarded-For": ["{http.vars.client_ip}"] } } }
      ]
    }
  ]
};
var FORWARDED_FOR = "X-Forwarded-For";
var keepForwardedFor = {
  match: [{ header_regexp: { [FORWARDED_FOR]: { pattern: "." } } }],
  handle: [
    {
      handler: "headers",
      request: { set: { [claimedHeader(FORWARDED_FOR)]: [headerPlaceholder(FORWARDED_FOR)] } }
    }
  ]
};
var returnForwardedFor = {
  match: [{ header_regexp: { [claimedHeader(FORWARDED_FOR)]: { pattern: "." } } }],
  handle: [
    {
      handler: "headers",
      request: {
        set: { [FORWARDED_FOR]: [headerPlaceholder(claimedHeader(FORWARDED_FOR))] },
        delete: [claimedHeader(FORWARDED_FOR)]
      }
    }
  ]
};

// src/edge/speaks-tls.ts
var CLIENT_HELLO = `
16030100ea010000e603036f016c4829e9ec5eaf6fcd82f466126c7bc520eb92a88ed0d31e90c03bd2115e20af545a6c3def901aa9bbed3a8f04e327
924675bfbd3076f0ebe172923feaa2f40018130113021303c02bc02fc02cc030cca9cca8009c002f00ff01000085000b000403000102000a00060004
001d0017002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020
602002b00050403040303002d00020101003300260024001d0020a37ee0b6e6d331bc4a897af9a86a6fd73308152599ff4bf61451054b63b2ff66`;
var octal = [...Buffer.from(CLIENT_HELLO.replaceAll("\n", ""), "hex")].map(
  (byte) => `\\${byte.toString(8).padStart(3, "0")}`
);
var SPEAKS_TLS = `
speaks_tls() {
  case $(printf '${octal.join("")}' | timeout 6 nc -w 3 "$1" "$2" 2>/dev/null | dd bs=1 count=1 2>/dev/null | od -An -tx1) in
    *15*|*16*) return 0;;
  esac
  return 1
}
`;

// src/edge/probe-server.ts
var PROBE_ADDRESS = "127.0.0.1:2020";
var PROBE_TARGET_HEADER = "Sealift-Target";
var PROBE_HOST_HEADER = "Sealift-Host";
var PROBE_SCHEME_HEADER = "Sealift-Scheme";
var PROBE_PROTOCOL_HEADER = "Sealift-Protocol";
var LOCAL_IDENTITY = { host: "localhost", scheme: "http", protocol: "http" };
var GRPC_HEALTH_CHECK = "/grpc.health.v1.Health/Check";
var EMPTY_GRPC_MESSAGE = "\0".repeat(5);
var NOT_SERVING = "NOT_SERVING";
var NO_ANSWER = "error:";
function askContainer(transport, headers, responses) {
  return {
    handler: "reverse_proxy",
    upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
    headers: {
      request: {
        set: {
          Host: [`{http.request.header.${PROBE_HOST_HEADER}}`],
          "X-Forwarded-Host": [`{http.request.header.${PROBE_HOST_HEADER}}`],
          "X-Forwarded-Proto": [`{http.request.header.${PROBE_SCHEME_HEADER}}`],
          "User-Agent": ["sealift-health"],
          ...headers
        },
        delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER, PROBE_SCHEME_HEADER, PROBE_PROTOCOL_HEADER]
      }
    },
    transport: {
      ...{ protocol: "http", dial_timeout: "2s", response_header_timeout: "5s" },
      keep_alive: { enabled: false },
      ...transport
    },
    handle_response: responses
  };
}
var statusCode = textRoutes(200, "{http.reverse_proxy.status_code}");
var isProtocol = (protocol) => ({
  match: [{ header: { [PROBE_PROTOCOL_HEADER]: [protocol] } }],
  terminal: true
});
var probeServer = {
  listen: [PROBE_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      ...isProtocol("grpc"),
      handle: [
        { handler: "rewrite", method: "POST", uri: GRPC_HEALTH_CHECK },
        { handler: "request_body", set: EMPTY_GRPC_MESSAGE },
        askContainer(http2WithoutTls, { "Content-Type": ["application/grpc"], Te: ["trailers"] }, [
          { match: { headers: { "Grpc-Status": ["*"] } }, ...textRoutes(200, "grpc-status") },
          { routes: [{ handle: [{ handler: "copy_response", status_code: 200 }] }] }
        ])
      ]
    },
    { ...isProtocol("h2c"), handle: [askContainer(http2WithoutTls, {}, [statusCode])] },
    { handle: [askContainer({}, {}, [statusCode])] }
  ],
  errors: textRoutes(200, `${NO_ANSWER} {http.error.message}`)
};
var PROBE_FUNCTIONS = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
request() {
  target=$1; path=$2; shift 2
  wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $target" --header "${PROBE_HOST_HEADER}: $host" --header "${PROBE_SCHEME_HEADER}: $scheme" --header "${PROBE_PROTOCOL_HEADER}: $protocol" "$@" "http://${PROBE_ADDRESS}$path" 2>&1 | tr '\\n\\000\\001\\002\\003\\010' ' 01238'
}
${SPEAKS_TLS}
has_answered() { case $1 in [1-9][0-9][0-9]' '|${NOT_SERVING}*|open) return 0;; esac; return 1; }
ask_grpc() {
  answer=$(request "$1" /)
  case $answer in
    0000281) answer='200 ';;
    000028[0-9]|00000) answer=${NOT_SERVING};;
    ${NO_ANSWER}*|wget:*) ;;
    *) answer='200 ';;
  esac
}
# With -e, nc exits as soon as it is connected; not every busybox has -z.
ask_port() {
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  if [ "$protocol$answer" = tlsopen ] && ! speaks_tls "\${1%:*}" "\${1##*:}"; then answer='not TLS'; fi
}
ask() {
  case $protocol in
    grpc) ask_grpc "$1";;
    tcp|tls) ask_port "$1";;
    *) answer=$(request "$1" "$2");;
  esac
  case $protocol$answer in
    http*EOF*|http*reset*)
      upgraded=$(request "$1" "$2" --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
      if has_answered "$upgraded"; then answer=$upgraded; fi;;
  esac
  # TLS servers answer a request without TLS with 400, or not at all.
  case $protocol$answer in
    http400' '|http*EOF*|http*reset*) if speaks_tls "\${1%:*}" "\${1##*:}"; then answer=TLS; fi;;
  esac
  printf '%s' "\${answer#${NO_ANSWER} }"
}
`;

// src/edge/split-routes.ts
var RELEASE_HEADER = "Sealift-Release";
var releaseCookie = (app) => `sealift-release-${baseProject(app)}`;
var bucketCookie = (app) => `rel_${baseProject(app)}`;
function splitRoutes(spec, to) {
  const bucket = cookiePattern(bucketCookie(spec), "[0-9a-f]{8}");
  const first = "{http.vars.bucket} < {http.regexp.division.1}";
  const secure = spec.routes.every(({ published }) => published.length === 0) ? "; Secure" : "";
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure}`;
  const cookie = `${bucketCookie(spec)}={http.vars.bucket}; ${attributes}`;
  const routes = [
    ...releaseChoiceRoutes(spec, to),
    { match: [headerMatcher(bucket, "own")], handle: [{ handler: "vars", bucket: "{http.regexp.own.1}" }] },
    {
      match: [{ not: [headerMatcher(bucket)] }],
      handle: [
        {
          handler: "map",
          source: "{http.request.uuid}",
          destinations: ["{new_bucket}"],
          mappings: [{ input_regexp: "^([0-9a-f]{8}).*$", outputs: ["${1}"] }]
        },
        { handler: "vars", bucket: "{new_bucket}" },
        { handler: "headers", response: { add: { "Set-Cookie": [cookie] } } }
      ]
    },
    // Buckets before the boundary belong to the canary, in either slot: all hosts behind a balancer decide alike.
    { match: [{ expression: `(${first}) == ({http.vars.canary} == "green")` }], handle: [to("green")] },
    { handle: [to("blue")] }
  ];
  return [
    {
      match: [{ vars_regexp: { split: { name: "division", pattern: `^${SPLIT_PATTERN}$` } } }],
      handle: [{ handler: "subroute", routes }]
    }
  ];
}
function releaseChoiceRoutes(app, to) {
  const choice = "{http.vars.choice}";
  const chooses = (slot, other) => [
    `${choice} == {http.vars.${slot}}`,
    `(${choice} == "new" && {http.vars.canary} == "${slot}")`,
    `(${choice} == "old" && {http.vars.canary} == "${other}")`
  ].join(" || ");
  const variables = {
    handler: "vars",
    choice: "none",
    canary: "{http.regexp.division.2}",
    blue: filePlaceholder(releaseFile("blue")),
    green: filePlaceholder(releaseFile("green"))
  };
  const release = "new|old|[0-9a-f]{8}";
  const sources = [
    cookiePattern(releaseCookie(app), release),
    { header: RELEASE_HEADER, pattern: `^(${release})$` }
  ];
  return [
    { handle: [variables] },
    ...sources.map((source, index) => ({
      match: [headerMatcher(source, `choice${index}`)],
      handle: [{ handler: "vars", choice: `{http.regexp.choice${index}.1}` }]
    })),
    { match: [{ expression: chooses("green", "blue") }], handle: [to("green")] },
    { match: [{ expression: chooses("blue", "green") }], handle: [to("blue")] }
  ];
}
var cookiePattern = (name, value) => ({
  header: "Cookie",
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`
});
var headerMatcher = ({ header, pattern }, name) => ({
  header_regexp: { [header]: { ...name === void 0 ? {} : { name }, pattern } }
});

// src/edge/edge-config.ts
function edgeConfig(spec, addresses = /* @__PURE__ */ new Map()) {
  const routes = httpRoutes(spec);
  const servers = [
    ...routes.filter(({ published, socket }) => published.length > 0 || socket).map((route) => [`public.${route.id}`, publicServer(spec, route)]),
    ...routes.flatMap(
      (route) => route.upstream === void 0 ? [] : [[`upstream.${route.id}`, upstreamServer(spec, route, route.upstream, addresses)]]
    ),
    ...routes.flatMap(
      (route) => SLOTS.map((slot) => [innerServer(slot, route.id), slotServer(spec, slot, route)])
    ),
    ["probe", probeServer]
  ];
  return { admin: adminConfig, apps: { http: { metrics: {}, servers: Object.fromEntries(servers) } } };
}
function publicServer(spec, route) {
  return {
    listen: [
      ...route.published.length > 0 ? [`:${route.port}`] : [],
      ...route.socket ? [`unix/${routeSocket(spec, route.id)}|0600`] : []
    ],
    // HTTP/2 without TLS, for clients that know beforehand (gRPC, other proxies).
    protocols: ["h1", "h2c"],
    ...proxyServer,
    ...frontedServer(spec),
    routes: [{ handle: [{ handler: "subroute", routes: slotRoutes(spec, route) }] }]
  };
}
var headerProxies = ({ trustedProxies }) => trustedProxies === void 0 || trustedProxies.proxyProtocol ? [] : trustedProxies.ranges;
function frontedServer(spec) {
  const { trustedProxies } = spec;
  if (trustedProxies?.proxyProtocol !== true) return trustedProxyRanges(headerProxies(spec));
  return { listener_wrappers: [{ wrapper: "proxy_protocol", timeout: "5s", allow: trustedProxies.ranges }] };
}
function upstreamServer(spec, route, { network, port }, addresses) {
  return {
    listen: [`${addresses.get(network) ?? ""}:${port}`],
    protocols: ["h1", "h2c"],
    ...proxyServer,
    ...trustedProxyRanges(["0.0.0.0/0", "::/0"]),
    routes: [{ handle: [{ handler: "subroute", routes: slotRoutes(spec, route, [keepForwardedFor]) }] }]
  };
}
var versionsOf = ({ protocol }) => protocol === void 0 ? {} : http2WithoutTls;
function slotRoutes(spec, route, before = []) {
  const transport = { keep_alive: { max_idle_conns_per_host: 256 }, ...versionsOf(route) };
  const toSlot = (slot) => reverseProxy([`unix/${innerSocket(slot, route.id)}`], transport);
  return [
    ...forwardedRoutes(headerProxies(spec)),
    ...before,
    // Before the slot is chosen: the body may arrive later than the slot's release stops.
    bufferSmallBody,
    { handle: [{ handler: "vars", split: filePlaceholder(SPLIT_FILE) }] },
    { match: [{ vars: { split: [ALL_TRAFFIC_TO.green] } }], handle: [toSlot("green")] },
    ...splitRoutes(spec, toSlot),
    { handle: [toSlot("blue")] }
  ];
}
function slotServer(spec, slot, route) {
  const visitor = visitorAddress(headerProxies(spec));
  const beforeRelease = [...visitor.routes, ...route.upstream === void 0 ? [] : [returnForwardedFor]];
  const upstreams = Array.from(
    { length: MAX_SERVED_REPLICAS },
    (_, index) => filePlaceholder(addressFile(slot, route.id, index))
  );
  const [first = ""] = upstreams;
  const transport = {
    ...{ dial_timeout: "2s", keep_alive: { idle_timeout: "1s", max_idle_conns_per_host: 256 } },
    ...versionsOf(route)
  };
  const retries = { selection_policy: { policy: "round_robin" }, ...retryUnsent };
  const toRelease = reverseProxy(upstreams, transport, retries);
  return {
    listen: [`unix/${innerSocket(slot, route.id)}|0600`],
    protocols: route.protocol === void 0 ? ["h1"] : ["h1", "h2c"],
    ...proxyServer,
    ...visitor.settings,
    routes: [
      {
        match: [{ vars: { [first]: [""] } }],
        handle: [textResponse(503, "Service Unavailable: the app is not running.", { "Retry-After": ["5"] })]
      },
      // One route, so that a request counts once in the metrics.
      {
        handle: [
          { handler: "subroute", routes: [...beforeRelease, bufferSmallBody, { handle: [toRelease] }] }
        ]
      }
    ],
    errors: textRoutes("{http.error.status_code}", "{http.error.status_text}: the app does not answer.")
  };
}

// src/edge/edge-sockets.ts
var socketsScript = (name, action) => ({
  name,
  text: `
set -eu
apps=$1; project=$2; edge=$3
for folder in "$apps/$project".*; do
  socket=$folder/s; kept=$folder/s-$edge
${action}
done
`
});
var KEEP_SCRIPT = socketsScript("keep-sockets", '  if [ -S "$socket" ]; then ln -f "$socket" "$kept"; fi');
var RETURN_SCRIPT = socketsScript(
  "return-sockets",
  '  if [ -S "$kept" ]; then mv -f "$kept" "$socket"; rm -f "$kept"; fi'
);
var FORGET_SCRIPT = socketsScript("forget-sockets", '  rm -f "$folder"/s-*');
async function run(script, engine, app, edge) {
  const args = [FRONT_APPS_FOLDER, baseProject(app), edge.slice(0, 12)];
  await runScript(engine, edge, script, args);
}
var keepSockets = (engine, app, edge) => run(KEEP_SCRIPT, engine, app, edge);
var returnSockets = (engine, app, edge) => run(RETURN_SCRIPT, engine, app, edge);
var forgetSockets = (engine, app, edge) => run(FORGET_SCRIPT, engine, app, edge);

// src/edge/networks.ts
var labelFilters = (labels) => Object.entries(labels).map(([key, value]) => `${key}=${value}`);
async function ensureSlotNetworks(engine, app) {
  const known = await engine.listNetworks(labelFilters(labelsOf(app)));
  const missing = SLOTS.filter((slot) => !known.some(({ name }) => name === slotNetwork(app, slot)));
  await Promise.all(
    missing.map(
      (slot) => engine.createNetwork({
        Name: slotNetwork(app, slot),
        Driver: "bridge",
        Labels: { ...labelsOf(app), [LABEL.slot]: slot }
      })
    )
  );
}
async function ensureNetwork(engine, name, labels) {
  const known = await engine.listNetworks(labelFilters(labels));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: "bridge", Labels: labels });
}
async function ensureStateVolume(engine, app) {
  await engine.createVolume({ Name: stateVolume(app), Labels: labelsOf(app) });
}

// src/edge/replace-edge.ts
const { setTimeout: pause2 } = require("node:timers/promises");

// src/edge/read-traffic.ts
function readTraffic(files, app, accepted) {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? "";
  const trafficTo = (slot2) => {
    const release = state.get(releaseFile(slot2)) ?? "";
    return isReleaseId(release) ? { slot: slot2, release } : void 0;
  };
  const canary = canarySlotIn(split);
  if (canary !== void 0) return sharedTraffic(trafficTo(otherSlot(canary)), trafficTo(canary), accepted);
  const slot = SLOTS.find((each) => ALL_TRAFFIC_TO[each] === split);
  const live = slot && trafficTo(slot);
  if (live === void 0) return void 0;
  return sharedTraffic(live, mixedInRelease(state, app, live), accepted);
}
function readUpstreamContainers(files) {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? "";
  const slots = SLOTS.filter((slot) => canarySlotIn(split) !== void 0 || ALL_TRAFFIC_TO[slot] === split);
  const addresses = slots.flatMap((slot) => addressesIn(state, slot));
  return new Set(addresses.map((address) => address.slice(0, address.lastIndexOf(":"))));
}
function sharedTraffic(before, next, accepted) {
  if (before === void 0 || next === void 0) return before ?? next;
  return next.release === accepted ? { ...next, splitWith: before.release } : { ...before, splitWith: next.release };
}
function mixedInRelease(state, app, live) {
  const prefix = `${baseProject(app)}-`;
  const release = addressesIn(state, live.slot).filter((address) => address.startsWith(prefix)).map((address) => /^([0-9a-f]{8})-/.exec(address.slice(prefix.length))?.[1]).filter((id) => id !== void 0 && isReleaseId(id)).find((id) => id !== live.release);
  return release === void 0 ? void 0 : { slot: otherSlot(live.slot), release };
}
function addressesIn(state, slot) {
  return [...state].flatMap(
    ([name, text]) => name.startsWith(`${slot}.`) && text.includes(":") ? [text] : []
  );
}
function edgeFiles(files) {
  return new Map(
    [...files].filter(([path]) => !path.includes("/") || /(?:^|\/)edge\/[^/]+$/.test(path)).map(([path, content]) => [path.slice(path.lastIndexOf("/") + 1), content.toString("utf8").trim()])
  );
}

// src/edge/initial-files.ts
async function writeEdgeFiles(engine, { spec, caddyId: id, created }, findAddresses2) {
  const files = initialEdgeFiles(spec);
  if (findAddresses2 !== void 0) {
    const existing = edgeFiles(await engine.readFiles(id, EDGE_FOLDER));
    for (const slot of SLOTS) {
      const release = existing.get(releaseFile(slot)) ?? "";
      if (!isReleaseId(release)) continue;
      for (const [name, address] of slotAddressFiles(slot, await findAddresses2(release)))
        files.set(name, `${address}
`);
    }
    for (const [name, content] of files) {
      const present = existing.get(name);
      if (present !== void 0 && (present !== "" || content === "")) files.delete(name);
    }
  }
  for (const { files: configs } of created) for (const [name, content] of configs) files.set(name, content);
  const edgePaths = [...files].map(([name, content]) => [`${EDGE_FOLDER}/${name}`, content]);
  await writeIntoMount(engine, id, APP_VOLUME_MOUNT, edgePaths);
  const sockets = spec.routes.filter((route) => route.socket);
  const folders = sockets.map((route) => [`${routeFolder(spec, route.id)}/.keep`, ""]);
  if (folders.length > 0) await writeIntoMount(engine, id, FRONT_MOUNT, folders);
}
function initialEdgeFiles(spec) {
  const indexes = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => index);
  const slotFiles = SLOTS.flatMap((slot) => [
    releaseFile(slot),
    ...spec.routes.flatMap(({ id }) => indexes.map((index) => addressFile(slot, id, index)))
  ]);
  return new Map([[SPLIT_FILE, `${ALL_TRAFFIC_TO.blue}
`], ...slotFiles.map((name) => [name, ""])]);
}

// src/edge/drain.ts
const { isIPv4, isIPv6 } = require("node:net");
var UNTIL_DRAINED = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
until_drained() {
  end=$(( $(now) + limit ))
  sleep 0.5
  quiet=0
  while :; do
    left=$("$1") || exit 1
    if [ "$left" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
    if [ $quiet = 2 ] || [ "$(now)" -ge $end ]; then echo "$left"; exit 0; fi
    sleep 0.1
  done
}
`;
var DRAIN_SCRIPT = {
  name: "drain",
  text: `
set -u
limit=$1; admin=$2; slots=$3; addresses=$4
${UNTIL_DRAINED}
in_flight() {
  metrics=$(wget -q -T 5 -O - "http://$admin/metrics") || return 1
  echo "$metrics" | awk -v slots="$slots" '
    BEGIN { count = split(slots, names, " ") }
    index($0, "caddy_http_requests_in_flight{") == 1 {
      for (i = 1; i <= count; i++) if (index($0, "server=\\"" names[i] ".")) left += $NF
    }
    END { print left + 0 }'
}
# 01 is ESTABLISHED, 02 SYN_SENT.
connected() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v addresses="$addresses" '
    BEGIN { count = split(addresses, list, " "); for (i = 1; i <= count; i++) meant[list[i]] = 1 }
    ($4 == "01" || $4 == "02") && (substr($3, 1, index($3, ":") - 1) in meant) { left++ }
    END { print left + 0 }'
}
in_progress() {
  requests=$(in_flight) || { echo "Caddy's metrics can't be read" >&2; return 1; }
  if [ -n "$addresses" ] && [ "$requests" != 0 ]; then
    open=$(connected)
    if [ "$open" -lt "$requests" ]; then requests=$open; fi
  fi
  echo "$requests"
}
until_drained in_progress
`
};
var CONNECTIONS_SCRIPT = {
  name: "drain-connections",
  text: `
set -u
limit=$1; addresses=$2
${UNTIL_DRAINED}
connected() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v addresses="$addresses" '
    BEGIN { count = split(addresses, list, " "); for (i = 1; i <= count; i++) meant[list[i]] = 1 }
    $4 ~ /^0[12458]$/ && $10 != "0" && $2 !~ /^0100007F:/ {
      if (count == 0 || (substr($3, 1, index($3, ":") - 1) in meant)) left++
    }
    END { print left + 0 }'
}
until_drained connected
`
};
async function drainSlot(engine, edge, slot, timeout) {
  return waitUntilDrained(engine, edge, [slot], [], timeout);
}
async function drainAddresses(engine, edge, addresses, timeout, signal) {
  const entries = addresses.map(socketTableAddress).filter((entry) => entry !== void 0);
  return entries.length === 0 ? 0 : waitUntilDrained(engine, edge, SLOTS, entries, timeout, signal);
}
async function waitUntilDrained(engine, edge, slots, entries, timeout, signal) {
  const printed = await runScript(engine, edge, DRAIN_SCRIPT, drainArguments(slots, entries, timeout), {
    ...{ signal, waits: timeout }
  });
  return countIn(engine, edge, printed);
}
var drainArguments = (slots, entries, timeout) => [limitOf(timeout), ADMIN_ADDRESS, slots.join(" "), entries.join(" ")];
var drainArgumentsFor = (addresses, timeout) => drainArguments(
  SLOTS,
  addresses.flatMap((each) => socketTableAddress(each) ?? []),
  timeout
);
var limitOf = (timeout) => String(Math.ceil(timeout / 10));
async function drainConnections(engine, tcpEdge, addresses, timeout, signal) {
  const entries = addresses?.map(socketTableAddress).filter((entry) => entry !== void 0);
  if (entries?.length === 0) return 0;
  const args = [limitOf(timeout), entries?.join(" ") ?? ""];
  return countIn(
    engine,
    tcpEdge,
    await runScript(engine, tcpEdge, CONNECTIONS_SCRIPT, args, { signal, waits: timeout })
  );
}
function countIn({ host }, edge, printed) {
  const left = Number.parseInt(printed, 10);
  if (!Number.isNaN(left)) return left;
  throw new HostError(
    host,
    `drain printed "${printed.trim()}" in ${edge} instead of a number, so it is not known how many requests were in flight. Deploy again.`
  );
}
function socketTableAddress(address) {
  const bytes = isIPv4(address) ? address.split(".").map(Number) : isIPv6(address) ? ipv6Bytes(address) : void 0;
  if (bytes === void 0) return void 0;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString("hex").toUpperCase()).join("");
}
function ipv6Bytes(address) {
  const [head = "", tail] = address.split("::");
  const groups = (text = "") => text === "" ? [] : text.split(":").map((group2) => Number.parseInt(group2, 16));
  const [first, last] = [groups(head), groups(tail)];
  const missing = tail === void 0 ? 0 : 8 - first.length - last.length;
  return [...first, ...Array(missing).fill(0), ...last].flatMap((group2) => [group2 >> 8, group2 & 255]);
}

// src/edge/tcp-edge-container.ts
var isTcpEdge = ({ labels }) => labels[LABEL.role] === OWN_ROLE.tcpEdge;
function tcpEdgeContainerSpec(spec, image, config, labels) {
  return proxyContainerSpec(
    {
      ...{ image, labels },
      networks: Object.fromEntries(SLOTS.map((slot) => [slotNetwork(spec, slot), {}])),
      ports: Object.fromEntries(tcpRoutes(spec).map(({ port, published }) => [`${port}/tcp`, published]))
    },
    {
      Entrypoint: ["haproxy"],
      Cmd: ["-db", "-f", `${EDGE_FOLDER}/${config}`],
      User: "65534:65534",
      // The official image asks for SIGUSR1, with which HAProxy ends when its last connection does.
      StopSignal: "SIGTERM"
    },
    {
      Mounts: [{ Type: "volume", Source: stateVolume(spec), Target: APP_VOLUME_MOUNT, ReadOnly: true }]
    }
  );
}
var LISTEN_SCRIPT = {
  name: "await-tcp-edge",
  text: `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5 6 7 8 9 10; do
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$2 ~ /^0+:/ && $4 == "0A" { found = 1 } END { exit !found }' && exit 0
    sleep 0.05
  done
  sleep 0.5
done
echo 'HAProxy listens on no port' >&2; exit 1
`
};
var LISTEN_LIMIT = 3e4;
async function waitForTcpEdge(engine, id) {
  let output;
  try {
    await runScript(engine, id, LISTEN_SCRIPT, [], { waits: LISTEN_LIMIT });
    return;
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    output = messageOf(error);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === "running" ? "it runs" : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `HAProxy in container ${details.name} does not serve connections (${state}). Is "${inputRef("tcp-edge-image")}" an image of HAProxy 2.6 or later, with Lua?`,
    { evidence: [output, ...logs] }
  );
}

// src/edge/retire-edges.ts
var REPLACED_EDGE_DRAIN_TIMEOUT = 1e4;
async function retireEdges(engine, former, running, warn) {
  const attempt = async (what, action) => {
    try {
      await action();
      return true;
    } catch (error) {
      if (engine.disconnected.aborted) throw error;
      warn(`${engine.host}: ${what}: ${messageWithoutHost(engine.host, error)}`);
      return false;
    }
  };
  for (const edge of running)
    await attempt(
      `the former edge ${edge.name} could not be drained, so what it answers is cut off`,
      () => drainFormer(engine, edge)
    );
  for (const { id, name } of former) {
    const isGone = await attempt(
      `the former edge ${name} could not be removed; the next run tries again`,
      () => engine.removeContainer(id, { force: true })
    );
    if (!isGone) await engine.setRestartPolicy(id, { name: "no", maxRetries: 0 }).catch(() => void 0);
  }
}
async function drainFormer(engine, edge) {
  if (isTcpEdge(edge)) await drainConnections(engine, edge.id, void 0, REPLACED_EDGE_DRAIN_TIMEOUT);
  else for (const slot of SLOTS) await drainSlot(engine, edge.id, slot, REPLACED_EDGE_DRAIN_TIMEOUT);
}

// src/edge/taken-port.ts
async function explainTakenPort(engine, error, ports) {
  const engineMessage = messageOf(error);
  if (!/port is already allocated|address already in use/i.test(engineMessage)) return error;
  const port = takenPort(engineMessage, ports);
  const containers = port === void 0 ? [] : await engine.listContainers([]);
  const holder = containers.find((container) => container.ports.some((held) => held.port === port))?.name;
  const taken = port === void 0 ? `one of the ports ${ports.join(", ")} is already taken.` : `port ${port} is already taken by ${holder === void 0 ? "a program outside Docker" : `container "${holder}"`}.`;
  const advice = holder === void 0 ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ""}'" on the host shows it.` : "";
  const message = `${taken} Stop what holds it, or publish another port in the Compose file.${advice}`;
  return new HostError(engine.host, message, { evidence: [engineMessage], cause: error });
}
function takenPort(engineMessage, ports) {
  const named2 = [...engineMessage.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named2.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : void 0);
}

// src/edge/replace-edge.ts
var RESTART_TRIES = 3;
var RESTART_INTERVAL = 1e3;
async function replaceEdges(engine, former, edge, findAddresses2, warn) {
  const { spec, created } = edge;
  const ports = created.flatMap((each) => each.ports);
  const networks = created.flatMap((each) => each.networks);
  const running = former.filter(({ state }) => state === "running");
  const inTheWay = running.filter(
    (each) => each.ports.some(({ port }) => ports.includes(port)) || each.networks.some((name) => networks.includes(name))
  );
  const beside = running.filter((each) => !inTheWay.includes(each));
  const losesSockets = created.some(({ servesSockets }) => servesSockets) ? beside.filter((each) => !isTcpEdge(each)) : [];
  const stopped = [];
  try {
    await writeEdgeFiles(engine, edge, findAddresses2);
    for (const each of losesSockets) await keepSockets(engine, spec, each.id);
    for (const each of inTheWay) {
      stopped.push(each);
      await engine.stopContainer(each.id);
    }
    for (const { id } of created) await engine.startContainer(id);
    for (const { id, wait } of created) await wait(engine, id);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    const explained = await explainTakenPort(engine, error, ports).catch(() => error);
    throw await restoreEdges(engine, edge, stopped, losesSockets, explained);
  }
  await retireEdges(engine, former, beside, warn);
  if (losesSockets.length > 0) await forgetSockets(engine, spec, edge.caddyId);
}
async function restoreEdges(engine, { created, spec }, stopped, beside, cause) {
  const failures = [];
  const attempt = async (what, action) => {
    await action().catch(
      (error) => failures.push(`${what}: ${messageWithoutHost(engine.host, error)}`)
    );
  };
  if (stopped.length + beside.length > 0)
    for (const { id } of created)
      await attempt("The new edge could not be stopped", () => engine.stopContainer(id, 0));
  for (const each of beside)
    await attempt(`The former edge ${each.name} could not get its sockets back`, async () => {
      await returnSockets(engine, spec, each.id);
      await waitForCaddy(engine, each.id);
    });
  for (const each of stopped)
    await attempt(
      `The former edge could not be restored. When the cause is gone, "docker start ${each.name}" on the host starts it`,
      () => restartEdge(engine, each)
    );
  const isRestored = failures.length === 0;
  for (const { id } of created)
    if (isRestored)
      await attempt("The new edge could not be removed", () => engine.removeContainer(id, { force: true }));
    else await engine.setRestartPolicy(id, { name: "no", maxRetries: 0 }).catch(() => void 0);
  if (failures.length === 0) return cause;
  const message = `${messageWithoutHost(engine.host, cause)} ${failures.join(" · ")}`;
  return new HostError(engine.host, message, { cause });
}
async function restartEdge(engine, edge) {
  for (let tries = 1; ; tries += 1) {
    try {
      await engine.startContainer(edge.id);
      return await (isTcpEdge(edge) ? waitForTcpEdge : waitForCaddy)(engine, edge.id);
    } catch (error) {
      if (tries === RESTART_TRIES || engine.disconnected.aborted) throw error;
      await pause2(RESTART_INTERVAL);
    }
  }
}
async function removeEdgeContainers(engine, edges) {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}

// src/edge/tcp-edge-config.ts
var SCRIPT_EXTENSION = ".lua";
function tcpEdgeFiles(spec, config) {
  const script = `${config}${SCRIPT_EXTENSION}`;
  return /* @__PURE__ */ new Map([
    [config, tcpEdgeConfig(spec, `${EDGE_FOLDER}/${script}`)],
    [script, CHOOSE_SCRIPT]
  ]);
}
function tcpEdgeConfig(spec, script) {
  const believed = proxyProtocolRanges(spec);
  const expect = believed.map((range) => `  tcp-request connection expect-proxy layer4 if { src ${range} }`);
  const frontends = tcpRoutes(spec).flatMap(({ id, port, sendProxy }) => [
    `frontend public.${id}`,
    `  bind :${port}`,
    ...expect,
    "  tcp-request inspect-delay 10s",
    `  tcp-request content lua.choose ${id}`,
    "  tcp-request content reject unless { var(txn.host) -m found }",
    "  tcp-request content do-resolve(txn.address,engine,ipv4) var(txn.host)",
    "  tcp-request content reject unless { var(txn.address) -m found }",
    "  tcp-request content set-dst var(txn.address)",
    "  tcp-request content set-dst-port var(txn.port)",
    `  default_backend ${sendProxy ? "told" : "plain"}`
  ]);
  return `${[
    "global",
    "  fd-hard-limit 50000",
    `  lua-load-per-thread ${script}`,
    "resolvers engine",
    "  nameserver engine 127.0.0.11:53",
    "  hold valid 1s",
    "defaults",
    "  mode tcp",
    "  timeout connect 2s",
    "  timeout client 24d",
    "  timeout server 24d",
    "  option clitcpka",
    "  option srvtcpka",
    "  retries 4",
    ...frontends,
    "backend plain",
    "  server container 0.0.0.0:0",
    "backend told",
    "  server container 0.0.0.0:0 send-proxy-v2"
  ].join("\n")}
`;
}
var [blue, green] = SLOTS;
var CHOOSE_SCRIPT = `
local folder, turns = "${EDGE_FOLDER}/", {}

local function line_of(name)
  local file = io.open(folder .. name)
  if file == nil then return "" end
  local line = file:read("l") or ""
  file:close()
  return line
end

local function slot_for(txn)
  local split = line_of("${SPLIT_FILE}")
  if split == "${ALL_TRAFFIC_TO.green}" then return "${green}" end
  local boundary, canary = split:match("^(%x%x%x%x%x%x%x%x) (%a+)$")
  if boundary == nil then return "${blue}" end
  local bucket = string.format("%08x", txn.c:xxh32(txn.f:src()))
  if bucket < boundary then return canary end
  return canary == "${green}" and "${blue}" or "${green}"
end

core.register_action("choose", { "tcp-req" }, function(txn, route)
  local turn = turns[route] or 0
  turns[route] = (turn + 1) % ${MAX_SERVED_REPLICAS}
  local slot = slot_for(txn)
  local host, port = line_of(slot .. "." .. route .. "." .. turn):match("^(.+):(%d+)$")
  if host == nil then return end
  txn:set_var("txn.host", host)
  txn:set_var("txn.port", tonumber(port))
end, 1)
`;

// src/engine/create-network.ts
const { randomUUID } = require("node:crypto");

// src/model/address-range.ts
var SUBNET_PREFIX = 24;
var RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;
var sizeOf = (prefix) => 2 ** (32 - prefix);
function parseRange(text) {
  const [, ...parts] = RANGE.exec(text)?.map(Number) ?? [];
  const prefix = parts[4];
  const bytes = parts.slice(0, 4);
  if (prefix === void 0 || prefix > 32 || bytes.some((byte) => byte > 255)) return void 0;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return first % sizeOf(prefix) === 0 ? { first, prefix } : void 0;
}
function rangeText({ first, prefix }) {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join(".")}/${prefix}`;
}
function lastAddress({ first, prefix }) {
  const [address = ""] = rangeText({ first: first + sizeOf(prefix) - 2, prefix: 32 }).split("/");
  return address;
}
function* freeSubnets(range, taken) {
  const size = sizeOf(SUBNET_PREFIX);
  const end = range.first + sizeOf(range.prefix);
  for (let first = range.first; first + size <= end; first += size) {
    const subnet = { first, prefix: SUBNET_PREFIX };
    if (!taken.some((other) => shareAddresses(subnet, other))) yield subnet;
  }
}
var shareAddresses = (one, other) => one.first < other.first + sizeOf(other.prefix) && other.first < one.first + sizeOf(one.prefix);

// src/engine/create-network.ts
var POOL_LABEL = "sealift.pool";
async function createNetwork(calls, spec) {
  if (!needsSubnet(spec)) {
    await createAsSpecified(calls, spec);
    return;
  }
  const refused = /* @__PURE__ */ new Set();
  for (; ; ) {
    const networks = await calls.list();
    const pools = calls.range === void 0 ? poolsOf(networks) : [calls.range];
    const [free] = freeIn(pools, networks, refused);
    if (free === void 0 && calls.range !== void 0) throw fullRangeError(calls.host, calls.range);
    if (free !== void 0) {
      const subnet2 = rangeText(free.subnet);
      if (await createInSubnet(calls, spec, subnet2, rangeText(free.pool))) return;
      refused.add(subnet2);
      continue;
    }
    const pool = await claimPool(calls, spec);
    if (pool === void 0) return;
    const subnet = rangeText({ ...pool, prefix: Math.max(pool.prefix, SUBNET_PREFIX) });
    if (await createInSubnet(calls, spec, subnet, rangeText(pool))) return;
  }
}
var ADDRESS_CHECK = "sealift-address-check-";
var LEFT_AFTER = 10 * 6e4;
function isLeftCheck({ name }, now) {
  if (!name.startsWith(ADDRESS_CHECK)) return false;
  const [time = ""] = name.slice(ADDRESS_CHECK.length).split("-");
  return !/^\d{13}$/.test(time) || Number(time) < now - LEFT_AFTER;
}
async function checkAddresses(calls, count) {
  if (count === 0) return;
  const networks = await calls.list();
  const now = calls.now();
  for (const network of networks) if (isLeftCheck(network, now)) await calls.remove(network.id);
  const pools = calls.range === void 0 ? poolsOf(networks) : [calls.range];
  let left = freeIn(pools, networks).length;
  if (left < count && calls.range !== void 0) throw fullRangeError(calls.host, calls.range);
  const created = [];
  try {
    while (left < count) {
      const id = await createAsSpecified(calls, {
        Name: `${ADDRESS_CHECK}${Math.round(now)}-${randomUUID()}`,
        Driver: "bridge"
      });
      created.push(id);
      const { prefix = SUBNET_PREFIX } = await poolOf(calls, id) ?? {};
      left += 2 ** Math.max(0, SUBNET_PREFIX - prefix);
    }
  } finally {
    for (const id of created) await calls.remove(id);
  }
}
function needsSubnet(spec) {
  const { Driver: driver = "bridge", IPAM: addresses, EnableIPv6: ipv6, EnableIPv4: ipv4 } = spec;
  return driver === "bridge" && addresses === void 0 && ipv6 !== true && ipv4 !== false;
}
var poolsOf = (networks) => [...new Set(networks.flatMap(({ labels }) => labels[POOL_LABEL] ?? []))].flatMap(
  (text) => parseRange(text) ?? []
);
function freeIn(pools, networks, refused = /* @__PURE__ */ new Set()) {
  const taken = networks.flatMap(({ subnets }) => subnets.flatMap((text) => parseRange(text) ?? []));
  return pools.flatMap(
    (pool) => [...freeSubnets(pool, taken)].filter((subnet) => !refused.has(rangeText(subnet))).map((subnet) => ({ pool, subnet }))
  );
}
async function createInSubnet(calls, spec, subnet, pool) {
  const labels = { ...asObject(spec["Labels"]), [POOL_LABEL]: pool };
  try {
    await calls.create({ ...spec, Labels: labels, IPAM: { Config: [{ Subnet: subnet }] } });
    return true;
  } catch (error) {
    if (error instanceof HostError && /pool overlaps/i.test(error.message)) return false;
    throw error;
  }
}
async function claimPool(calls, spec) {
  const id = await createAsSpecified(calls, spec);
  const pool = await poolOf(calls, id);
  if (pool !== void 0) await calls.remove(id);
  return pool;
}
async function poolOf(calls, id) {
  const network = (await calls.list()).find((each) => each.id === id);
  return network?.subnets.map(parseRange).find((range) => range !== void 0);
}
async function createAsSpecified(calls, spec) {
  try {
    return await calls.create(spec);
  } catch (error) {
    const isExhausted = /fully subnetted|could not find an available, non-overlapping/i;
    if (!(error instanceof HostError && isExhausted.test(error.message))) throw error;
    throw new HostError(
      calls.host,
      `no addresses are left for another network: the networks on it use all address pools of the engine. Remove those that nothing uses (docker network prune), add pools to "default-address-pools" in /etc/docker/daemon.json, or set ${inputRef("network-range")} to addresses that nothing else uses, such as 10.201.0.0/16.`,
      { evidence: [error.message], cause: error }
    );
  }
}
var fullRangeError = (host, range) => new HostError(
  host,
  `${inputRef("network-range")}: no addresses are left in ${rangeText(range)} for another network. Set a larger range, or remove networks that nothing uses (docker network prune).`
);

// src/edge/upstreams.ts
var upstreamsOf = ({ routes }) => routes.flatMap(({ upstream }) => upstream ?? []);
async function upstreamAddresses(engine, spec) {
  const upstreams = upstreamsOf(spec);
  if (upstreams.length === 0) return /* @__PURE__ */ new Map();
  const networks = await engine.listNetworks(labelFilters(labelsOf(spec)));
  return new Map(
    upstreams.flatMap((upstream) => {
      const network = networks.find(({ name }) => name === upstreamNetwork(spec, upstream));
      if (network?.labels[POOL_LABEL] === void 0) return [];
      const subnet = network.subnets.map(parseRange).find((range) => range !== void 0);
      return subnet === void 0 ? [] : [[upstream.network, lastAddress(subnet)]];
    })
  );
}
function upstreamEndpoints(spec, addresses) {
  const byNetwork = Map.groupBy(upstreamsOf(spec), ({ network }) => network);
  return Object.fromEntries(
    [...byNetwork].map(([network, upstreams]) => {
      const address = addresses.get(network);
      return [
        upstreamNetwork(spec, { network }),
        {
          Aliases: [...new Set(upstreams.flatMap(({ names }) => names))],
          ...address === void 0 ? {} : { IPAMConfig: { IPv4Address: address } }
        }
      ];
    })
  );
}
function upstreamLabels(spec) {
  const found = upstreamsOf(spec).filter(({ labels }) => labels !== void 0);
  const [first] = found;
  if (first === void 0) return {};
  return {
    ...Object.assign({}, ...found.map(({ labels }) => labels)),
    "traefik.enable": "true",
    "traefik.docker.network": upstreamNetwork(spec, first)
  };
}
function upstreamHosts(upstreams, addresses) {
  return upstreams.flatMap(({ network, names }) => {
    const address = addresses.get(network);
    return address === void 0 ? [] : names.map((name) => `${name}=${address}`);
  });
}

// src/edge/edge.ts
var EDGE_ROLES = [OWN_ROLE.edge, OWN_ROLE.tcpEdge];
var isRunningEdge = ({ state }) => state === "running";
async function observeEdge(engine, app) {
  return edgeState(await listEdges(engine, app));
}
var edgeContainers = (containers) => containers.filter(({ labels }) => EDGE_ROLES.includes(labels[LABEL.role] ?? ""));
function edgeState(containers) {
  const edges = edgeContainers(containers);
  const [edge, tcpEdge] = [false, true].map((isTcp) => {
    const all = edges.filter((each) => isTcpEdge(each) === isTcp);
    return all.find(isRunningEdge) ?? all[0];
  });
  if (edge === void 0) return { state: "absent" };
  const runs = [edge, ...tcpEdge === void 0 ? [] : [tcpEdge]].every(isRunningEdge);
  return {
    state: runs ? "running" : "stopped",
    containerId: edge.id,
    ...tcpEdge !== void 0 && isRunningEdge(tcpEdge) ? { tcpEdgeId: tcpEdge.id } : {},
    fingerprint: joinFingerprints(edge.labels[LABEL.edge] ?? "", tcpEdge?.labels[LABEL.edge])
  };
}
var listEdges = async (engine, app) => edgeContainers(await engine.listContainers(labelFilters(labelsOf(app))));
async function ensureEdge(engine, spec, images, findAddresses2, warn = () => void 0) {
  const found = await listEdges(engine, spec);
  const kept = (role, fingerprint) => found.find(
    (each) => isRunningEdge(each) && each.labels[LABEL.role] === role && each.labels[LABEL.edge] === fingerprint
  );
  const caddy = kept(OWN_ROLE.edge, caddyFingerprint(spec));
  const tcp = tcpFingerprint(spec);
  const tcpEdge = tcp === void 0 ? void 0 : kept(OWN_ROLE.tcpEdge, tcp);
  const former = found.filter((each) => each !== caddy && each !== tcpEdge);
  if (caddy !== void 0 && (tcp === void 0 || tcpEdge !== void 0)) {
    await waitForCaddy(engine, caddy.id);
    if (tcpEdge !== void 0) await waitForTcpEdge(engine, tcpEdge.id);
    if (former.length > 0) await returnSockets(engine, spec, caddy.id);
    await removeEdgeContainers(engine, former);
    return caddy.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  const addresses = await upstreamAddresses(engine, spec);
  const created = [];
  if (caddy === void 0) {
    const name = unusedName(spec, isClosed(spec) ? "edge-closed" : "edge", found);
    const config = `${configName(spec, name)}.json`;
    const container = edgeContainerSpec(spec, images.edgeImage, config, addresses);
    created.push({
      id: await engine.createContainer(name, container),
      ports: hostPortsOf(httpRoutes(spec)),
      networks: Object.keys(upstreamEndpoints(spec, addresses)),
      files: /* @__PURE__ */ new Map([[config, JSON.stringify(edgeConfig(spec, addresses))]]),
      wait: waitForCaddy,
      servesSockets: spec.routes.some(({ socket }) => socket)
    });
  }
  if (tcp !== void 0 && tcpEdge === void 0) {
    const name = unusedName(spec, "edge-tcp", found);
    const config = `${configName(spec, name)}.cfg`;
    const labels = { ...labelsOf(spec), [LABEL.role]: OWN_ROLE.tcpEdge, [LABEL.edge]: tcp };
    const container = tcpEdgeContainerSpec(spec, images.tcpEdgeImage, config, labels);
    created.push({
      id: await engine.createContainer(name, container),
      ports: hostPortsOf(tcpRoutes(spec)),
      networks: [],
      files: tcpEdgeFiles(spec, config),
      wait: waitForTcpEdge,
      servesSockets: false
    });
  }
  const caddyId = caddy?.id ?? created[0]?.id ?? "";
  await replaceEdges(engine, former, { spec, caddyId, created }, findAddresses2, warn);
  return caddyId;
}
function isClosed(spec) {
  const routes = httpRoutes(spec);
  return routes.length > 0 && routes.every(
    ({ published, socket, upstream }) => published.length === 0 && !socket && upstream === void 0
  );
}
var hostPortsOf = (routes) => routes.flatMap(({ published }) => published.map(({ port }) => port));
async function removeEdge(engine, app) {
  const edges = await listEdges(engine, app);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeEdgeContainers(engine, edges);
}
function unusedName(app, kind, others) {
  const first = `${baseProject(app)}-${kind}`;
  const taken = new Set(others.map(({ name: name2 }) => name2));
  let name = first;
  for (let number = 2; taken.has(name); number += 1) name = `${first}-${number}`;
  return name;
}
var configName = (app, name) => name.slice(baseProject(app).length + 1);
function edgeContainerSpec(spec, image, config = "edge.json", addresses = /* @__PURE__ */ new Map()) {
  const sockets = spec.routes.some((route) => route.socket);
  const published = httpRoutes(spec).filter((route) => route.published.length > 0);
  return caddyContainerSpec({
    image,
    config: `${EDGE_FOLDER}/${config}`,
    scratch: SOCKETS_FOLDER,
    labels: {
      ...upstreamLabels(spec),
      ...labelsOf(spec),
      [LABEL.role]: OWN_ROLE.edge,
      [LABEL.edge]: caddyFingerprint(spec)
    },
    networks: {
      ...Object.fromEntries(SLOTS.map((slot) => [slotNetwork(spec, slot), {}])),
      ...upstreamEndpoints(spec, addresses)
    },
    volumes: { [stateVolume(spec)]: APP_VOLUME_MOUNT, ...sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {} },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published]))
  });
}
function runningEdgeId(engine, state) {
  if (state.state === "running") return state.containerId;
  throw new HostError(
    engine.host,
    `the edge is ${state.state}, so traffic can't be moved. Deploy again: a deploy creates or starts it.`
  );
}

// src/edge/front-config.ts
var CA_FILE = "/data/acme-ca.pem";
var LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";
var PERMISSION_ADDRESS = "127.0.0.1:2021";
var HOST_NAME_PATTERN = "^[a-z0-9-]+(\\.[a-z0-9-]+)*$";
function frontConfig(acme) {
  const servers = { http: httpServer, https: httpsServer, permission: permissionServer };
  return {
    admin: adminConfig,
    apps: {
      http: { metrics: {}, servers },
      tls: {
        automation: {
          policies: [{ on_demand: true, issuers: [issuer(acme)] }],
          // The front requests no certificate for an unknown name, and refuses the handshake.
          on_demand: { permission: { module: "http", endpoint: `http://${PERMISSION_ADDRESS}/` } }
        }
      }
    }
  };
}
function issuer({ directory, email, ca }) {
  return {
    module: "acme",
    ca: directory ?? LETS_ENCRYPT,
    ...email === void 0 ? {} : { email },
    ...ca === void 0 ? {} : { trusted_roots_pem_files: [CA_FILE] }
  };
}
var unknownDomain = textResponse(404, "Not Found: unknown domain.");
var refuseUnknown = (name) => [
  { vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME_PATTERN } } },
  { file: { root: DOMAINS_FOLDER, try_files: [`/{${name}}/owner`] } }
].map((isDomain) => ({ match: [{ not: [isDomain] }], handle: [unknownDomain], terminal: true }));
var toHttps = textResponse(308, "Redirecting to HTTPS.", {
  Location: ["https://{http.request.host}{http.request.uri}"]
});
var httpServer = {
  listen: [":80"],
  protocols: ["h1", "h2c"],
  automatic_https: noAutomaticHttps,
  routes: [...refuseUnknown("http.request.host"), { handle: [toHttps] }]
};
var toEdge = (transport) => reverseProxy(
  [`unix/${DOMAINS_FOLDER}/{http.request.host}/s`],
  { keep_alive: { enabled: false }, ...transport },
  retryUnsent
);
var toEdgeByProtocol = [
  {
    match: [{ header: { "Content-Type": ["application/grpc", "application/grpc+*", "application/grpc;*"] } }],
    handle: [toEdge(http2WithoutTls)],
    terminal: true
  },
  { handle: [toEdge({})] }
];
var httpsServer = {
  listen: [":443"],
  ...proxyServer,
  tls_connection_policies: [{}],
  routes: [...refuseUnknown("http.request.host"), keepClaims, bufferSmallBody, ...toEdgeByProtocol],
  errors: textRoutes("{http.error.status_code}", "{http.error.status_text}: the app does not answer.")
};
var permissionServer = {
  listen: [PERMISSION_ADDRESS],
  protocols: ["h1"],
  automatic_https: noAutomaticHttps,
  routes: [
    ...refuseUnknown("http.request.uri.query.domain"),
    { handle: [textResponse(200, "It is a domain here.")] }
  ]
};

// src/edge/front-container.ts
var FRONT_NETWORK = "sealift-front";
var FRONT_DATA_VOLUME = "sealift-front-data";
var FRONT_DATA_MOUNT = "/data";
var FRONT_CONFIG_FILE = `${FRONT_DATA_MOUNT}/sealift.json`;
var FRONT_LABELS = { [LABEL.role]: OWN_ROLE.front };
var FRONT_FINGERPRINT_LABEL = "sealift.front";
var ACME_LABEL = "sealift.front.acme";
var FRONT_LAYOUT_VERSION = 2;
function frontLabels({ directory, ca, email }) {
  const authority = fingerprintOf(JSON.stringify([directory ?? null, ca ?? null]));
  const fingerprint = fingerprintOf(JSON.stringify([FRONT_LAYOUT_VERSION, authority, email ?? null]));
  return { ...FRONT_LABELS, [FRONT_FINGERPRINT_LABEL]: fingerprint, [ACME_LABEL]: authority };
}
function frontContainerSpec(image, acme) {
  const published = (port) => [{ address: void 0, port }];
  return caddyContainerSpec({
    image,
    config: FRONT_CONFIG_FILE,
    scratch: "/run/front",
    labels: frontLabels(acme),
    networks: { [FRONT_NETWORK]: {} },
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [FRONT_DATA_VOLUME]: FRONT_DATA_MOUNT },
    ports: { "80/tcp": published(80), "443/tcp": published(443), "443/udp": published(443) },
    env: { XDG_DATA_HOME: FRONT_DATA_MOUNT }
  });
}

// src/edge/front.ts
var FRONT_CONTAINER = "sealift-front";
async function observeFront(engine) {
  return frontAmong(await engine.listContainers(labelFilters(FRONT_LABELS)));
}
function frontAmong(containers) {
  const fronts = containers.filter(({ labels }) => labels[LABEL.role] === "front");
  return fronts.find(({ state }) => state === "running") ?? fronts[0];
}
async function ensureFront(engine, app, image, acme) {
  const found = await observeFront(engine);
  if (found !== void 0 && await canKeepFront(engine, app, acme, found)) {
    if (found.state !== "running") await startFront(engine, found.id);
    return found.id;
  }
  await ensureNetwork(engine, FRONT_NETWORK, FRONT_LABELS);
  for (const Name of [FRONT_VOLUME, FRONT_DATA_VOLUME])
    await engine.createVolume({ Name, Labels: FRONT_LABELS });
  return found === void 0 ? createFront(engine, image, acme) : replaceFront(engine, found, image, acme);
}
async function canKeepFront(engine, app, acme, found) {
  const labels = frontLabels(acme);
  const isSame = (label) => found.labels[label] === labels[label];
  if (isSame(FRONT_FINGERPRINT_LABEL)) return true;
  const owners = await readDomainOwners(engine, found.id);
  const reason = `${FRONT_CONTAINER} gets its certificates from another CA than "${inputRef("acme-directory")}" and "${inputRef("acme-ca")}" name.`;
  if (!isSame(ACME_LABEL)) refuseForeignDomains(engine.host, app, owners, reason);
  return [...owners.values()].some((owner) => owner !== baseProject(app));
}
async function createFront(engine, image, acme) {
  let id;
  try {
    id = await engine.createContainer(FRONT_CONTAINER, frontContainerSpec(image, acme));
  } catch (error) {
    const other = error instanceof Conflict ? await observeFront(engine) : void 0;
    if (other === void 0) throw error;
    await startFront(engine, other.id);
    return other.id;
  }
  try {
    await writeAndStartFront(engine, id, acme);
  } catch (error) {
    if (!engine.disconnected.aborted) await engine.removeContainer(id, { force: true });
    throw error;
  }
  return id;
}
async function replaceFront(engine, former, image, acme) {
  const contents = await Promise.all(
    [FRONT_CONFIG_FILE, CA_FILE].map((path) => engine.readFiles(former.id, path))
  );
  for (const other of await engine.listContainers(labelFilters(FRONT_LABELS)))
    if (other.id !== former.id) await engine.removeContainer(other.id, { force: true });
  const name = former.name === FRONT_CONTAINER ? `${FRONT_CONTAINER}-2` : FRONT_CONTAINER;
  const id = await engine.createContainer(name, frontContainerSpec(image, acme));
  try {
    await engine.stopContainer(former.id);
    await writeAndStartFront(engine, id, acme);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    const files = contents.flatMap((each) => [...each]);
    throw await restoreFront(engine, former, id, new Map(files), error);
  }
  await engine.removeContainer(former.id, { force: true });
  return id;
}
async function restoreFront(engine, former, failed, files, cause) {
  try {
    await engine.stopContainer(failed, 0);
    const contents = new Map([...files].map(([path, content]) => [path, { content, mode: 384 }]));
    await engine.writeFiles(former.id, FRONT_DATA_MOUNT, contents);
    if (former.state === "running") await startFront(engine, former.id);
    await engine.removeContainer(failed, { force: true });
    return cause;
  } catch (error) {
    const [why, failure] = [cause, error].map((each) => messageWithoutHost(engine.host, each));
    return new HostError(engine.host, `${why} The former front could not be restored: ${failure}`, { cause });
  }
}
async function writeAndStartFront(engine, id, acme) {
  const ca = acme.ca === void 0 ? [] : [[CA_FILE, acme.ca]];
  const files = [...ca, [FRONT_CONFIG_FILE, JSON.stringify(frontConfig(acme))]];
  await writeIntoMount(engine, id, FRONT_DATA_MOUNT, files, 384);
  const folders = ["apps", "domains"].map((name) => [`${FRONT_MOUNT}/${name}/.keep`, ""]);
  await writeIntoMount(engine, id, FRONT_MOUNT, folders);
  await startFront(engine, id);
}
async function startFront(engine, id) {
  try {
    await engine.startContainer(id);
  } catch (error) {
    const cause = await explainTakenPort(engine, error, [80, 443]);
    if (cause === error) throw error;
    const message = `"${inputRef("domains")}" needs ports 80 and 443: ${messageWithoutHost(engine.host, cause)}`;
    throw new HostError(engine.host, message, { cause });
  }
  await waitForCaddy(engine, id);
}
async function removeUnusedFront(engine) {
  const found = await observeFront(engine);
  if (found === void 0 || (await readDomainOwners(engine, found.id)).size > 0) return false;
  await removeFront(engine, found);
  return true;
}
async function removeFront(engine, { id }) {
  await engine.stopContainer(id);
  await engine.removeContainer(id, { force: true });
}

// src/release/records.ts
const { createHash } = require("node:crypto");

// src/release/record-format.ts
var RECORD_FORMAT = 1;
var newerFormatError = (where, format) => new ConfigurationError(
  `${where}: the records of this app were written by a newer Sealift (format ${format}; this one knows ${RECORD_FORMAT}). Use that version or a newer one, in every workflow that changes this environment.`
);

// src/release/records.ts
var NO_RECORDS = { sequence: 0, releases: [], history: [] };
var RECORD_FILES = ["records/a.json", "records/b.json"];
var HISTORY_LENGTH = 100;
var checksum = (sequence, body) => createHash("sha256").update(`${sequence}
${body}`).digest("hex");
function writeRecords({ sequence, releases, history }) {
  const known = new Set(releases.map((release) => release.id));
  const body = JSON.stringify({ releases, history: trimHistory(history, HISTORY_LENGTH, known) });
  const head = JSON.stringify({ sequence, format: RECORD_FORMAT, sha256: checksum(sequence, body) });
  return { file: RECORD_FILES[sequence % 2 === 0 ? 0 : 1], content: `${head}
${body}
` };
}
function parseRecords(content) {
  const [head = "", body = ""] = content.split("\n");
  try {
    const { sequence, sha256 } = JSON.parse(head);
    if (sha256 !== checksum(sequence, body)) return void 0;
    const { releases, history } = JSON.parse(body);
    return { sequence, releases, history };
  } catch {
    return void 0;
  }
}
var recordFormat = (files) => Math.max(...RECORD_FILES.map((name) => formatInHead(files.get(name)?.toString("utf8") ?? "")));
function formatInHead(content) {
  const [head = ""] = content.split("\n", 1);
  try {
    return asNumber(asObject(JSON.parse(head))["format"]) ?? 0;
  } catch {
    return 0;
  }
}
var areUnreadable = (files) => RECORD_FILES.some((name) => files.has(name)) && readRecords(files) === NO_RECORDS;
function readRecords(files) {
  return RECORD_FILES.map((name) => parseRecords(files.get(name)?.toString("utf8") ?? "")).reduce(
    (newest, records) => records !== void 0 && records.sequence > newest.sequence ? records : newest,
    NO_RECORDS
  );
}
function withRelease(records, release) {
  const { releases } = withoutReleases(records, [release.id]);
  return { ...records, sequence: records.sequence + 1, releases: [...releases, release] };
}
var haveRelease = ({ releases, history }, release) => lastAcceptanceOf(history, release.id) !== void 0 && releases.some((each) => each.id === release.id && canonicalJson(each) === canonicalJson(release));
function withEvent(records, entry) {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}
function withoutReleases(records, ids) {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !ids.includes(release.id))
  };
}

// src/rollout/compose-labels.ts
var serviceOf = ({ labels }) => labels["com.docker.compose.service"];
function releaseIdOn({ labels }) {
  const { [LABEL.release]: id = "" } = labels;
  return isReleaseId(id) ? id : void 0;
}
var isOneOff = ({ labels }) => labels["com.docker.compose.oneoff"] === "True";
var hasOwnRole = ({ labels }, ...roles) => roles.some((role) => labels[LABEL.role] === OWN_ROLE[role]);
function replicaNumberOf({ labels }) {
  const { "com.docker.compose.container-number": number = "1" } = labels;
  return Number.parseInt(number, 10);
}
var RECREATED_NAME = /^(?<former>[0-9a-f]{12})_(?<next>.+)$/;
function nameAfterRecreation({
  name,
  labels
}) {
  const { former, next } = RECREATED_NAME.exec(name)?.groups ?? {};
  const { "com.docker.compose.replace": replaced = "" } = labels;
  if (former === void 0 || next === void 0 || replaced === "") return void 0;
  const isId = /^[0-9a-f]{64}$/.test(replaced) && replaced.startsWith(former);
  return isId || next === replaced || next.endsWith(`-${replaced}`) ? next : void 0;
}

// src/rollout/known-containers.ts
var KnownContainers = class {
  #byRelease;
  #isComplete;
  /** @param found by release; `undefined` if it is not known which releases have containers */
  constructor(found) {
    this.#byRelease = new Map(found);
    this.#isComplete = found !== void 0;
  }
  of(release) {
    return this.#byRelease.get(release) ?? [];
  }
  /** Whether it is known that a release has no container: only this run, which holds the lock, could have made one. */
  areNone(release) {
    return this.#isComplete && this.of(release).length === 0;
  }
  /** Replaces what was known of a release by what was listed. */
  set(release, containers) {
    this.#byRelease.set(release, containers);
  }
  /** Adds containers that are about to be created, with their names in place of ids. */
  expect(release, containers) {
    this.#byRelease.set(release, [...this.of(release), ...containers]);
  }
};

// src/rollout/host-context.ts
function createHostContexts(engines, observations, release, fleet, signal) {
  return new Map(
    engines.map((engine) => {
      const observation = observations.find(({ host }) => host.host === engine.host);
      const records = observation?.records ?? NO_RECORDS;
      const releases = new Map([...records.releases, release].map((each) => [each.id, each]));
      const runState = {
        records,
        watchResults: /* @__PURE__ */ new Map(),
        pullResults: /* @__PURE__ */ new Map(),
        imageNames: /* @__PURE__ */ new Map(),
        interruptions: /* @__PURE__ */ new Map(),
        stoppedContainers: /* @__PURE__ */ new Map(),
        knownContainers: knownContainersOf(observation),
        foundImages: new Map(observation?.images),
        healthyContainers: /* @__PURE__ */ new Map(),
        edgeHasSlotNetworks: edgeHasSlotNetworks(observation, fleet.appEnvironment),
        answeredPorts: /* @__PURE__ */ new Set(),
        drainedReleases: /* @__PURE__ */ new Set(),
        edge: observation?.host.edge.state === "running" ? observation.host.edge.containerId : void 0
      };
      const live = observation && liveRelease(observation.host)?.id;
      const desired = release.id;
      return [
        engine.host,
        { ...fleet, engine, releases, desired, live, jobCancelled: false, signal, runState, waitStatus: {} }
      ];
    })
  );
}
var edgeHasSlotNetworks = (observation, app) => observation?.host.edge.state === "running" && SLOTS.every((slot) => observation.host.networkNames?.includes(slotNetwork(app, slot)) === true);
function knownContainersOf(observation) {
  if (observation === void 0) return new KnownContainers();
  const { containers } = observation;
  const found = /* @__PURE__ */ new Map();
  const workloads = containers.filter((container) => !isOneOff(container));
  for (const [id, own] of Map.groupBy(workloads, releaseIdOn)) if (id !== void 0) found.set(id, own);
  return new KnownContainers(found);
}
function releaseById({ releases, engine }, id) {
  const release = releases.get(id);
  if (release === void 0)
    throw new SealiftError(`${engine.host}: there is no record of release ${id}. Deploy again.`);
  return release;
}

// src/rollout/container-health.ts
var SETTLE_TIME = 2e3;
var CRASH_LOOP_RESTARTS = 3;
var NO_CRASHES = { restarts: 0, lastExit: void 0, toleranceLeft: 0 };
function assessContainer(details, ending, runningFor, history = NO_CRASHES) {
  const { state, health } = details;
  if (state === "restarting" && history.restarts >= CRASH_LOOP_RESTARTS) {
    return history.toleranceLeft > 0 ? { kind: "pending", recheckIn: history.toleranceLeft } : { kind: "failed", why: `it crashes again and again: ${crashText(details, history)}` };
  }
  if (state === "exited" || state === "dead") {
    const isDone = ending !== "never" && details.exitCode === 0;
    return isDone ? { kind: "ok" } : { kind: "failed", why: exitText(details) };
  }
  if (ending === "always" || state !== "running") return { kind: "pending" };
  if (health !== void 0 && hasHealthcheck(details)) {
    if (health.status === "unhealthy")
      return { kind: "failed", why: `its HEALTHCHECK fails: ${lastHealthcheckLine(health.lastOutput)}` };
    return { kind: health.status === "healthy" ? "ok" : "pending" };
  }
  return runningFor >= SETTLE_TIME ? { kind: "ok" } : { kind: "pending", recheckIn: SETTLE_TIME - runningFor };
}
function healthyText(count, containers) {
  const done = containers.filter(({ state }) => state === "exited").length;
  const healthy = count - done;
  return [
    ...healthy > 0 || done === 0 ? [`${healthy} healthy`] : [],
    ...done > 0 ? [`${done} done`] : []
  ].join(", ");
}
function failureSince(before, now, ending, history) {
  const crashed = history.restarts > 0 ? crashText(now, history) : void 0;
  const assessment = assessContainer(now, ending, SETTLE_TIME);
  if (assessment.kind === "failed") return crashed ?? assessment.why;
  const isDone = ending === "maybe" && now.state === "exited";
  if (ending === "always" || isDone) return void 0;
  if (crashed !== void 0) return `it ended and was started again: ${crashed}`;
  if (now.startedAt !== before.startedAt || now.state === "restarting")
    return "it ended and was started again";
  return now.state === "running" ? void 0 : `it is ${now.state}`;
}
var hasHealthcheck = ({ health }) => health !== void 0 && health.status !== "none";
function containerStateText(details, history = NO_CRASHES) {
  return [
    details.state,
    ...hasHealthcheck(details) ? [`HEALTHCHECK ${details.health?.status}`] : [],
    ...history.restarts > 0 ? [crashText(details, history)] : []
  ].join(", ");
}
function crashText(details, { restarts, lastExit }) {
  const count = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  const running = details.state === "running";
  if (running && lastExit === void 0) return count;
  const oomKilled = details.oomKilled || lastExit?.oomKilled === true;
  const exitCode = running ? lastExit?.exitCode ?? 0 : details.exitCode;
  return `${exitText({ ...details, exitCode, oomKilled })}, ${count}`;
}
var endText = (details) => details.state === "running" ? `HEALTHCHECK ${details.health?.status ?? "none"}` : exitText(details);
function exitText({ exitCode, oomKilled, error }) {
  return `it exited with code ${exitCode}${oomKilled ? " (out of memory)" : ""}${error === "" ? "" : `: ${error}`}`;
}
function lastHealthcheckLine(output) {
  return output.trim().split("\n").at(-1)?.trim() || "its command prints nothing";
}

// src/release/compose/lifecycle-hooks.ts
function lifecycleHooksOf(service, key) {
  return asList(service?.[key]).map(asObject).map(({ command, user, privileged, working_dir: workingDir, environment }) => ({
    argv: asStrings(command).map(unescapeDollars),
    user: plainString(user),
    privileged: privileged === true,
    workingDir: plainString(workingDir),
    environment: Object.entries(asObject(environment)).map(
      ([name, value]) => value === null || value === void 0 ? name : `${name}=${unescapeDollars(wordsOf(value))}`
    )
  })).filter(({ argv }) => argv.length > 0);
}
function plainString(value) {
  const text = asText(value);
  return text === void 0 ? void 0 : unescapeDollars(text);
}

// src/rollout/lifecycle-hooks.ts
var HOOK_LINES = 20;
var CANCELLED_LIMIT = 1e3;
async function runPostStart(context, container) {
  const { hooks, limit } = hooksFor(context, container, "post_start");
  for (const hook of hooks) await runLifecycleHook(context, container, "post_start", hook, limit);
}
async function runPreStop(context, container) {
  const { hooks, limit } = hooksFor(context, container, "pre_stop");
  for (const hook of hooks) {
    try {
      const most = context.jobCancelled ? CANCELLED_LIMIT : limit;
      await runLifecycleHook(context, container, "pre_stop", hook, most);
    } catch (error) {
      context.signal.throwIfAborted();
      context.log.warning(`${messageWithHost(context.engine.host, error)} It is stopped all the same.`);
      return;
    }
  }
}
function hooksFor({ releases }, container, key) {
  const id = releaseIdOn(container);
  const release = id === void 0 ? void 0 : releases.get(id);
  const service = release?.compose.services[serviceOf(container) ?? ""];
  return { hooks: lifecycleHooksOf(service, key), limit: release?.health.timeout ?? 0 };
}
async function runLifecycleHook({ engine, log, signal }, container, key, hook, limit) {
  const { argv, ...options } = hook;
  const deadline = AbortSignal.timeout(limit);
  const either = AbortSignal.any([signal, deadline]);
  const text = `${key} of ${serviceOf(container) ?? container.name}, "${formatCommand(argv)}",`;
  let result;
  try {
    result = await engine.exec(container.id, argv, { ...options, signal: either });
  } catch (error) {
    if (!isCausedByAbort(error, either) || signal.aborted) throw error;
    throw new HostError(
      engine.host,
      `${text} did not end in ${container.name} within ${formatDuration(limit)}. Increase "${inputRef("health-timeout")}", or make it shorter.`
    );
  }
  const { exitCode, stdout, stderr } = result;
  if (exitCode === 0) return;
  const evidence = (stdout + stderr).split("\n").filter((line) => line.trim() !== "").slice(-HOOK_LINES);
  const last = oneLine(evidence.at(-1) ?? "") || "it printed nothing";
  if (last.startsWith("OCI runtime exec failed")) {
    log.warning(`${engine.host}: ${text} could not be started in ${container.name}: ${last}`);
    return;
  }
  const message = `${text} failed in ${container.name} with exit code ${exitCode}: ${last}.`;
  throw new HostError(engine.host, message, { evidence });
}
function composeHookError(host, { stderr }) {
  const [, service, exitCode] = /^(\S+) hook exited with status (-?\d+)$/m.exec(stderr) ?? [];
  if (service === void 0) return void 0;
  const output = "Compose does not pass its output on; run it with docker exec to see why";
  return new HostError(host, `post_start of ${service} failed with exit code ${exitCode}. ${output}.`);
}

// src/rollout/replica-selection.ts
function selectReplicas(containers, { services, only, after }) {
  const ofServices = containers.filter((each) => services?.includes(serviceOf(each) ?? "") ?? true);
  if (only === void 0 && after === void 0) return ofServices;
  const ranks = /* @__PURE__ */ new Map();
  const sorted = ofServices.toSorted((one, other) => replicaNumberOf(one) - replicaNumberOf(other));
  return sorted.filter((container) => {
    const service = serviceOf(container) ?? "";
    const rank = ranks.get(service) ?? 0;
    ranks.set(service, rank + 1);
    return rank >= (after?.[service] ?? 0) && (only === void 0 || rank < (only[service] ?? 0));
  });
}
function verifyReplicaCounts(host, release, containers, { services, only, after = {}, tolerate = {} }) {
  for (const name of services) {
    const last = only === void 0 ? release.services[name]?.replicas ?? 1 : only[name] ?? 0;
    const expected = last - (after[name] ?? 0);
    const found = containers.filter((container) => serviceOf(container) === name).length;
    if (found + (tolerate[name] ?? 0) < expected)
      throw new HostError(host, `${name} has ${found} of ${expected} containers. Deploy again.`);
  }
}

// src/rollout/restart-policy.ts
var NO_RESTART = { name: "no", maxRetries: 0 };
function intendedRestartPolicy({ labels }) {
  const { [LABEL.restart]: value = "no" } = labels;
  const [name, retries = "0"] = value.split(":");
  return name === "always" || name === "unless-stopped" || name === "on-failure" ? { name, maxRetries: Number(retries) } : void 0;
}
async function restoreRestartPolicy({ engine }, container) {
  const policy = intendedRestartPolicy(container);
  if (policy !== void 0) await engine.setRestartPolicy(container.id, policy);
}
async function disableRestartPolicy({ engine }, container) {
  if (intendedRestartPolicy(container) === void 0) return;
  try {
    await engine.setRestartPolicy(container.id, NO_RESTART);
  } catch (error) {
    if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
  }
}

// src/rollout/containers.ts
async function listReplicas(context, query) {
  const all = await listByLabels(context, { [LABEL.release]: query.release });
  const replicas = all.filter((each) => !isOneOff(each));
  context.runState.knownContainers.set(query.release, replicas);
  return selectReplicas(replicas, query);
}
async function inspectReplicas(context, query) {
  const { engine, runState } = context;
  const { services } = query;
  const known = selectReplicas(runState.knownContainers.of(query.release), { ...services && { services } });
  const [early, listed] = await allOrThrow([inspectAll(engine, known), listReplicas(context, query)]);
  const late = await inspectAll(
    engine,
    listed.filter(({ id }) => !early.some((each) => each.id === id))
  );
  const found = new Map([...early, ...late].map((each) => [each.id, each]));
  return listed.flatMap(({ id }) => found.get(id) ?? []);
}
var listByLabels = ({ engine, appEnvironment }, labels) => engine.listContainers(labelFilters({ ...labelsOf(appEnvironment), ...labels }));
async function inspectAll(engine, containers) {
  const found = await Promise.all(
    containers.map(({ id }) => engine.inspectContainer(id).catch(ignoreNotFound))
  );
  return found.filter((details) => details !== void 0);
}
function ignoreNotFound(error) {
  if (!(error instanceof NotFound)) throw error;
}
async function stopServices(context, query) {
  const { engine, jobCancelled, runState } = context;
  if (runState.checked?.release === query.release) runState.checked = void 0;
  const isPart = query.only !== void 0 || query.after !== void 0;
  const known = isPart ? [] : selectReplicas(runState.knownContainers.of(query.release), query);
  const [containers, details] = await allOrThrow([
    listReplicas(context, query),
    inspectAll(engine, known),
    ...known.map((container) => disableRestartPolicy(context, container))
  ]);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      if (!known.some(({ id }) => id === container.id)) await disableRestartPolicy(context, container);
      if (!running.includes(container)) return;
      await runPreStop(context, container);
      const grace = jobCancelled ? 1 : details.find(({ id }) => id === container.id)?.stopTimeout;
      await engine.stopContainer(container.id, grace).catch(ignoreNotFound);
    })
  );
  return `${running.length} stopped`;
}
async function listReleaseContainers(context, ids) {
  const all = await context.engine.listContainers([
    ...labelFilters(labelsOf(context.appEnvironment)),
    LABEL.release
  ]);
  return all.filter((each) => ids.some((id) => id === releaseIdOn(each)));
}

// src/rollout/route-addresses.ts
async function findAddresses(context, release, range = {}) {
  const replicas = justChecked(context, release, range) ?? await listReplicas(context, { release: release.id, ...range });
  const running = replicas.filter(({ state }) => state === "running");
  const containers = allowsFailedReplicas(release) ? await withoutUnhealthy(context, running) : running;
  return new Map(
    release.routes.map(({ id, service, containerPort: containerPort2 }) => [
      id,
      containers.filter((each) => serviceOf(each) === service).map(({ name }) => `${name}:${containerPort2}`)
    ])
  );
}
var CHECK_LIFETIME = 1e3;
function justChecked({ runState: { checked } }, release, { only, after }) {
  const isMeant = checked?.release === release.id && performance.now() - checked.at < CHECK_LIFETIME && (only ?? after) === void 0 && !allowsFailedReplicas(release) && release.routes.every(({ service }) => checked.services.includes(service));
  return isMeant ? checked.containers : void 0;
}
async function findAllAddresses(context, release, range = {}) {
  const own = await findAddresses(context, release, range);
  const others = [...context.releases.values()].map(({ routes }) => fallbackAddresses(routes, release, own));
  return new Map([...others.flatMap((each) => [...each]), ...own]);
}
async function requireAddressPerRoute(context, { id, routes }, addresses) {
  const route = routes.find((each) => (addresses.get(each.id) ?? []).length === 0);
  if (route === void 0) return addresses;
  const replicas = await inspectReplicas(context, { release: id });
  const own = replicas.filter((each) => serviceOf(each) === route.service);
  throw new HostError(context.engine.host, noRunningReplicaText(route.service, id, own));
}
async function addressesOfFormer(context, release, addresses) {
  const isDead = ({ id }) => (addresses.get(id) ?? []).length === 0;
  const dead = release.routes.filter(isDead);
  if (dead.length === 0 || dead.length === release.routes.length)
    return requireAddressPerRoute(context, release, addresses);
  const replicas = await listReplicas(context, { release: release.id });
  const stopped = dead.flatMap(({ id, service, containerPort: containerPort2 }) => {
    const own = replicas.filter((each) => serviceOf(each) === service);
    return own.length === 0 ? [] : [[id, own.map(({ name }) => `${name}:${containerPort2}`)]];
  });
  const alive = [...addresses].filter(([, found]) => found.length > 0);
  return new Map([...alive, ...stopped]);
}
function noRunningReplicaText(service, release, replicas) {
  const [why] = replicas.map((each) => assessContainer(each, "never", 0)).flatMap((assessment) => assessment.kind === "failed" ? [`: ${assessment.why}`] : []);
  return `no container of ${service} in release ${release} is running${why ?? ""}. Deploy again.`;
}
var allowsFailedReplicas = ({ services }) => Object.values(services).some(
  ({ update }) => update !== void 0 && (update.maxFailureRatio > 0 || update.failureAction === "continue")
);
async function withoutUnhealthy({ engine }, containers) {
  const details = await inspectAll(engine, containers);
  const isUnhealthy = ({ id }) => details.find((each) => each.id === id)?.health?.status === "unhealthy";
  const healthyServices = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && healthyServices.has(serviceOf(each))));
}

// src/rollout/slots.ts
async function moveToSlot(context, containers, slot) {
  const { appEnvironment } = context;
  const from = slotNetwork(appEnvironment, otherSlot(slot));
  const to = slotNetwork(appEnvironment, slot);
  const misplaced = containers.filter(({ networks }) => networks.includes(from));
  if (misplaced.length === 0) return;
  await ensureNetworksOfSlots(context);
  await Promise.all(misplaced.map((container) => moveContainer(context, container, from, to)));
}
async function ensureNetworksOfSlots({
  engine,
  appEnvironment,
  runState
}) {
  if (!runState.edgeHasSlotNetworks) await ensureSlotNetworks(engine, appEnvironment);
}
async function moveContainer(context, container, from, to) {
  const { engine } = context;
  if (!isStopped(container)) {
    if (container.networks.includes(to)) return;
    await runPreStop(context, container);
    await engine.stopContainer(container.id);
  }
  const { networks } = await engine.inspectContainer(container.id);
  await engine.connectNetwork(to, container.id, networks[from]?.endpoint ?? {});
  await engine.disconnectNetwork(from, container.id);
}
async function startWithNetworks(context, container) {
  const { engine } = context;
  try {
    return await engine.startContainer(container.id);
  } catch (error) {
    if (!(error instanceof NotFound && /network/i.test(error.message))) throw error;
    await rejoinNetworks(context, container);
    return engine.startContainer(container.id);
  }
}
async function rejoinNetworks(context, container) {
  const { engine, appEnvironment, releases } = context;
  const id = releaseIdOn(container);
  const release = id === void 0 ? void 0 : releases.get(id);
  await ensureSlotNetworks(engine, appEnvironment);
  if (release !== void 0) await createMissingNetworks(engine, release);
  const { networks } = await engine.inspectContainer(container.id);
  for (const [name, { endpoint }] of Object.entries(networks)) {
    await engine.connectNetwork(name, container.id, endpoint);
  }
}
async function createMissingNetworks(engine, release) {
  const existing = new Set((await engine.listNetworks([])).map(({ name }) => name));
  const missing = baseObjects(release).networks.filter(({ Name }) => !existing.has(Name));
  await Promise.all(
    missing.map(
      (network) => engine.createNetwork(network).catch((error) => {
        if (!(error instanceof Conflict)) throw error;
      })
    )
  );
}

// src/rollout/edge-actions.ts
function edgeSpec({ app, environment, routes, trustedProxies }) {
  return {
    app,
    environment,
    ...trustedProxies === void 0 ? {} : { trustedProxies },
    routes: routes.map(({ id, published, domains, protocol, sendProxy, upstream }) => ({
      ...{ id, published, socket: domains.length > 0 },
      ...protocol === void 0 ? {} : { protocol },
      ...sendProxy === void 0 ? {} : { sendProxy },
      ...upstream === void 0 ? {} : { upstream }
    }))
  };
}
var closedSpec = (spec) => ({
  ...spec,
  routes: spec.routes.map(({ upstream, ...route }) => ({ ...route, published: [], socket: false }))
});
var requiredEdgeFingerprint = (release) => release.routes.length === 0 ? void 0 : edgeFingerprint(edgeSpec(release));
async function ensureEdgeForRelease(context, { release: id, resetTraffic, closed }) {
  const desired = releaseById(context, id);
  const spec = edgeSpec(desired);
  const findAddressesOf = async (live) => {
    const release = context.releases.get(live);
    if (release === void 0) return /* @__PURE__ */ new Map();
    return fallbackAddresses(desired.routes, release, await findAddresses(context, release));
  };
  if (!closed && desired.routes.some(({ upstream }) => upstream !== void 0))
    await createMissingNetworks(context.engine, desired);
  const find = resetTraffic ? void 0 : findAddressesOf;
  context.runState.edge = await ensureEdge(
    context.engine,
    closed ? closedSpec(spec) : spec,
    context.settings,
    find,
    (message) => context.log.warning(message)
  );
}
async function removeAppEdge({ engine, appEnvironment, runState }) {
  runState.edge = void 0;
  await removeEdge(engine, appEnvironment);
}
async function ensureFrontRuns({ engine, appEnvironment, settings }) {
  await ensureFront(engine, appEnvironment, settings.edgeImage, settings.acme);
}
async function removeFrontIfUnused({ engine }) {
  return await removeUnusedFront(engine) ? "removed" : "still needed";
}
var domainsOf = ({ routes }) => new Map(routes.flatMap(({ id, domains }) => domains.map((domain) => [domain, id])));
async function routeDomains(context, id) {
  const { engine, appEnvironment } = context;
  const front = await observeFront(engine);
  if (front === void 0) return void 0;
  const domains = id === void 0 ? /* @__PURE__ */ new Map() : domainsOf(releaseById(context, id));
  await setDomains(engine, front.id, appEnvironment, domains);
  return [...domains.keys()].join(", ") || "none";
}
async function checkDomainsFree(engine, release) {
  const domains = [...domainsOf(release).keys()];
  if (domains.length === 0) return;
  checkDomainNames(domains);
  const front = await observeFront(engine);
  if (front === void 0) return;
  checkDomainOwners(engine.host, release, await readDomainOwners(engine, front.id), domains);
}

// src/rollout/preflight.ts
async function preflight(engines, observations, outline, adopts = /* @__PURE__ */ new Map()) {
  checkContainerNames(outline);
  for (const { host } of observations) {
    const remaining = withoutAdoptedContainers(host, { projects: adopts }, outline);
    checkHeldPorts(remaining, outline);
    checkNamesFree(remaining, outline);
  }
  for (const { host } of observations) checkExternals(host, outline);
  await allOrThrow([
    ...engines.map((engine) => checkDomainsFree(engine, outline)),
    ...observations.flatMap(
      ({ host }) => engines.filter((engine) => engine.host === host.host).map((engine) => checkNetworkAddresses(engine, host, outline))
    )
  ]);
}

// src/model/rollback-hint.ts
var hostInputs = (hosts) => [
  "hosts: |",
  ...hosts.map((host) => `  ${host}`),
  `# plus ssh-key, known-hosts, … as ${byPlace("in this job", "here")}`
];

// src/report/closing-line.ts
function closingLine(report, hosts, keep) {
  const { command, live, previous, rollbackWorkflow } = report;
  const where = hosts === void 0 ? "" : ` on ${hosts} host${hosts === 1 ? "" : "s"}`;
  const now = `${live} is live${where}`;
  if (previous === void 0) return `${now}.`;
  if (command === "rollback" || keep < 2) return `${now}, before it ${previous}.`;
  const way = rollbackWorkflow === void 0 ? "the action rollback" : `the workflow ${rollbackWorkflow.file}`;
  return `${now}, before it ${previous}: ${way} (or "sealift rollback") goes back to it.`;
}

// src/report/failures.ts
function describeFailures(failures) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { host, error } of failures) {
    const message = messageWithoutHost(host, error);
    const same = hosts.get(message) ?? /* @__PURE__ */ new Set();
    hosts.set(message, host === void 0 ? same : same.add(host));
  }
  return [...hosts].map(([message, same]) => same.size === 0 ? message : `${joinWithAnd([...same])}: ${message}`).join(" · ");
}
function combineFailures(failures) {
  const errors = failures.flatMap(({ error }) => error instanceof SealiftError ? error : []);
  const withEvidence = errors.filter(({ evidence }) => evidence.length > 0);
  return new SealiftError(describeFailures(failures), {
    evidence: [...new Set(withEvidence.flatMap(({ evidence }) => evidence))],
    alreadyLogged: withEvidence.every(({ alreadyLogged }) => alreadyLogged)
  });
}
var MAX_CAUSE_LENGTH = 1e4;
var named = (error) => error instanceof ConfigurationError ? configurationMessage(messageOf(error)) : messageOf(error);
function briefMistakes(text) {
  const lines = text.split("\n").map(briefLine);
  let length = 0;
  const kept = lines.findIndex((line) => {
    length += line.length + 1;
    return length > MAX_CAUSE_LENGTH - 100;
  });
  return kept < 1 ? lines.join("\n") : `${lines.slice(0, kept).join("\n")} There are ${lines.length - kept} more.`;
}
function failureText(error, state) {
  const text = plainText(named(error));
  const brief = error instanceof ConfigurationError ? briefMistakes(text) : text;
  const cause = sentence(shortenBetweenWords(brief, MAX_CAUSE_LENGTH));
  const headline = `${cause} ${state}`;
  if (!(error instanceof SealiftError)) return { cause, headline, details: [], lines: [] };
  const { evidence, alreadyLogged } = error;
  return { cause, headline, details: evidence, lines: alreadyLogged ? [] : quoteOutput(evidence) };
}

// src/report/host-status.ts
function commonRelease(hosts) {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => unknown ? void 0 : is));
  return others.length === 0 ? first : void 0;
}
function statusReport(host) {
  const live = liveRelease(host);
  const health = live?.observed === void 0 ? UNHEALTHY : releaseHealth(host, live.observed);
  const since = live === void 0 ? void 0 : lastAcceptanceOf(host.history, live.id)?.at;
  const why = live === void 0 ? host.recordsUnreadable ? "nothing is live here as far as one can see: the records can't be read" : "nothing is deployed here" : `${live.id} is live${since === void 0 ? ", but was never accepted" : ` since ${formatMinute(since)} UTC`}, ${health.text}${splitTrafficText(host)}`;
  const kept = [...host.releases].map((release) => keptRelease(host, release, release.id === live?.id)).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  const healthy = health.healthy && since !== void 0 && host.traffic?.splitWith === void 0;
  return { host: host.host, was: live?.id, is: live?.id, why, healthy, kept };
}
function splitTrafficText({ traffic: traffic2 }) {
  return traffic2?.splitWith === void 0 ? "" : `; some of its requests go to ${traffic2.splitWith}, whose deploy is in progress or was interrupted`;
}
var UNHEALTHY = { healthy: false, text: "NOT healthy" };
function releaseHealth(host, live) {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== "running")
    return { healthy: false, text: `NOT healthy: its edge is ${host.edge.state}` };
  if (!isFullyUp(live)) return UNHEALTHY;
  const down = live.record === void 0 ? [] : missingAccessories(host, live.record);
  if (down.length > 0)
    return {
      healthy: false,
      text: `NOT healthy: ${joinWithAnd(down)} ${down.length === 1 ? "does" : "do"} not run`
    };
  const waits = live.containers.some(
    ({ health, unchecked }) => health === "unhealthy" || health === "starting" && !unchecked
  );
  return waits ? { healthy: false, text: releaseCondition(live) } : { healthy: true, text: "healthy" };
}
function keptRelease(host, release, live) {
  const accepted = lastAcceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    approval: accepted?.approval,
    live,
    up: isFullyUp(release),
    condition: releaseCondition(release)
  };
}
function releaseCondition(release) {
  const { containers, record } = release;
  if (containers.length === 0) return "containers removed; image and record are kept";
  const isDone = (container) => workIsDone(release, container.service) || record?.services[container.service]?.oneShot === true && hasSucceeded(container);
  const expected = containers.filter((container) => !isDone(container));
  const running = expected.filter(({ state }) => state === "running");
  if (running.length === 0) return `${containers.length} stopped`;
  const healthy = running.filter(
    ({ health, unchecked }) => health === void 0 || health === "healthy" || unchecked
  );
  return `${healthy.length} of ${expected.length} ${running.some(({ health }) => health !== void 0) ? "healthy" : "running"}`;
}

// src/report/failure-state.ts
function failureState(hosts, wanted, outcome) {
  if (hosts.some(({ rollbackIncomplete }) => rollbackIncomplete))
    return incompleteRollbackText(hosts, outcome);
  return servingText(hosts, wanted, outcome) + repairedText(hosts);
}
var movesTraffic = (step) => isDeployStep(step) && traitsOf(step.action).movesTraffic === true;
var isDeployStep = ({ undo, stage }) => !undo && stage !== "recover";
var isAsBefore = ({ was, is }) => was === is;
function servingText(hosts, wanted, outcome) {
  const { steps } = outcome;
  const asBefore = hosts.every(isAsBefore) ? ", as before" : "";
  const givenBack = steps.flatMap(
    ({ action, ok }) => ok && action.kind === "start-project" ? [action] : []
  );
  if (hosts.every(({ is }) => is === void 0) && givenBack.length > 0) return givenBackText(givenBack);
  if (hosts.every(({ is }) => is === void 0)) return `Nothing is live${asBefore}. ${REMAINS_TEXT}`;
  const live = commonRelease(hosts);
  if (live === wanted) return `${wanted} is live${asBefore}. The repair failed.`;
  const started = steps.some(
    (step) => isDeployStep(step) && step.action.kind === "start-services" && step.action.release === wanted
  );
  const traffic2 = live === void 0 ? releasesText(hosts) : trafficText(live, hosts, outcome);
  return `${traffic2}; ${started ? `${wanted} is stopped` : `nothing of ${wanted} was started`}.`;
}
function givenBackText(actions) {
  const projects = (some) => joinWithAnd([...new Set(some.map(({ project }) => project))]);
  const restarted = actions.filter(({ onlyNames }) => onlyNames !== true);
  const state = restarted.length > 0 ? `The project ${projects(restarted)} runs again, as before.` : `Nothing is live: the project ${projects(actions)} is stopped, as before.`;
  return `${state} Networks that were created remain.`;
}
function trafficText(live, hosts, { steps, reachability }) {
  if (hosts.some(({ unreachable }) => unreachable !== void 0)) return `${live} is the live release`;
  if (reachability !== void 0 && hosts.some(({ host }) => reachability.get(host)?.after === void 0))
    return `${live} is the live release (it was not asked whether it answers)`;
  const missed = [...new Set(steps.flatMap((step) => step.interrupted?.services ?? []))];
  if (steps.some(movesTraffic)) return `Traffic is on ${live} again${afterStopText(missed)}`;
  if (steps.some(({ action, stage }) => stage === "recover" && traitsOf(action).movesTraffic))
    return `Traffic is on ${live}`;
  const stopped = [...new Set(steps.flatMap((step) => stoppedBy(step, live)))];
  return stopped.length === 0 ? `Traffic stayed on ${live}` : `Traffic is on ${live} again${afterStopText(stopped)}`;
}
var afterStopText = (services) => services.length === 0 ? "" : `, after a stop of ${joinWithAnd(services)}`;
function stoppedBy(step, live) {
  const { action, interrupted } = step;
  if (interrupted !== void 0) return interrupted.services;
  return isDeployStep(step) && action.kind === "stop-services" && action.release === live ? action.services : [];
}
function releasesText(hosts) {
  const byRelease = /* @__PURE__ */ new Map();
  for (const { host, is = "nothing" } of hosts) byRelease.set(is, [...byRelease.get(is) ?? [], host]);
  const serving = [...byRelease].map(
    ([release, same]) => `${joinWithAnd(same)} ${same.length === 1 ? "serves" : "serve"} ${release}`
  );
  return `${hosts.every(isAsBefore) ? "As before, " : ""}${serving.join("; ")}`;
}
function repairedText(hosts) {
  const repaired = hosts.filter((host) => !isAsBefore(host)).map(({ host, was }) => `${host} served ${was ?? "nothing"}`);
  return repaired.length === 0 ? "" : ` This run first repaired what an interrupted run had left: ${joinWithAnd(repaired)}.`;
}
function incompleteRollbackText(hosts, { failures, undoFailures }) {
  const reported = new Set(failures.map(messageOfFailure));
  const firstByHost = new Map([...undoFailures].reverse().map((failure) => [failure.host, failure]));
  const first = [...firstByHost.values()];
  const newFailures = [
    ...first.filter(isFailedCheck).map(failedRestart),
    ...first.filter((failure) => !isFailedCheck(failure) && !reported.has(messageOfFailure(failure)))
  ];
  const where = joinWithAnd(
    hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).map(({ host }) => host)
  );
  const known = hosts.filter(({ unknown }) => unknown !== true);
  return [
    `${undoFailures.length === 0 ? "REPAIR FAILED" : "ROLLBACK INCOMPLETE"} on ${where}.`,
    ...newFailures.length === 0 ? [] : [sentence(describeFailures(newFailures))],
    ...known.length === 0 ? [] : [`${releasesText(known)}.`],
    `Look at ${where} now.`
  ].join(" ");
}
var messageOfFailure = ({ host, error }) => messageWithoutHost(host, error);
var isFailedCheck = (failure) => failure.action?.kind === "check-health";
var failedRestart = (failure) => ({
  host: failure.host,
  error: new SealiftError(`${failure.action.release} could not be restarted: ${messageOfFailure(failure)}`)
});

// src/report/reachability.ts
function withReachability(report, outcome) {
  const found = reachabilityOn(outcome, report.host);
  const [before, now] = [problemsOf(found, "before"), problemsOf(found, "after")];
  return {
    ...report,
    ...before.length === 0 ? {} : { unreachableBefore: before },
    ...now.length === 0 ? {} : {
      unreachable: now,
      why: `${report.why} · ${found?.after?.partly ? "NOT ALL OF IT ANSWERS" : "NOBODY REACHES IT"}: ${now.join("; ")}`
    }
  };
}
var reachabilityOn = (outcome, host) => outcome.kind === "succeeded" ? void 0 : outcome.reachability?.get(host);
var problemsOf = (found, when) => found?.[when]?.problems ?? [];
function reachabilityText(hosts, outcome) {
  const dead = hosts.filter(({ unreachable }) => unreachable !== void 0);
  const revived = hosts.filter(
    ({ unreachable, unreachableBefore }) => unreachable === void 0 && unreachableBefore !== void 0
  );
  return [
    ...dead.map(({ host, is = "the app", unreachable = [] }) => {
      const found = reachabilityOn(outcome, host);
      const what = found?.after?.partly ? `NOT ALL OF ${is} ANSWERS` : `NOBODY REACHES ${is}`;
      return ` ${what} on ${host}: ${unreachable.join("; ")}.${beforeText(found)}`;
    }),
    ...revived.map(({ host, was = "the app", unreachableBefore = [] }) => {
      const what = reachabilityOn(outcome, host)?.before?.partly ? `not all of ${was} answered` : `nobody reached ${was}`;
      return ` Before this run ${what} on ${host}: ${unreachableBefore.join("; ")}.`;
    }),
    ...dead.length === 0 ? [] : [` Look at ${joinWithAnd(dead.map(({ host }) => host))} now.`]
  ].join("");
}
function beforeText(found) {
  if (found?.before === void 0) return "";
  const { problems, partly } = found.before;
  if (problems.length === 0) return " It was reached before this run.";
  return partly ? ` Before this run: ${problems.join("; ")}.` : " It was not reached before this run either.";
}

// src/report/deploy-result.ts
function deployResultOf(before, release, outcome) {
  const hosts = before.map((observed) => withReachability(hostResultOf(observed, release, outcome), outcome));
  const live = commonRelease(hosts);
  if (outcome.kind === "succeeded")
    return { result: "deployed", state: `${release.id} is live.`, hosts, live };
  if (!outcome.steps.some(isNoticeable))
    return {
      result: "failed",
      state: `Nothing was deployed.${reachabilityText(hosts, outcome)}`,
      hosts,
      live
    };
  const state = failureState(hosts, release.id, outcome) + reachabilityText(hosts, outcome) + unhealthyWarning(before, hosts, outcome);
  return { result: "rolled-back", state, hosts, live };
}
function unchangedResult(before, { id }) {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: "already live" }));
  return { result: "unchanged", state: NOTHING_CHANGED_TEXT, hosts, live: commonRelease(hosts) };
}
var isNoticeable = ({ action }) => traitsOf(action).invisibleToUsers !== true;
function hostResultOf(observed, release, outcome) {
  const { host } = observed;
  const steps = outcome.steps.filter((step) => step.host === host);
  const downtime = downtimeOf(steps, observed, release);
  const report = {
    ...{ host, was: liveRelease(observed)?.id },
    ...downtime === void 0 ? {} : { downtime }
  };
  if (outcome.kind === "succeeded")
    return { ...report, is: release.id, why: steps.length === 0 ? "already live" : "healthy" };
  const unknown = { ...report, is: void 0, unknown: true, rollbackIncomplete: true };
  const cause = ({ error }) => messageWithoutHost(host, error);
  const failedRepair = outcome.failures.find((failure) => failure.host === host && isFailedRepair(failure));
  if (failedRepair !== void 0) return { ...unknown, why: `REPAIR FAILED: ${cause(failedRepair)}` };
  const is = releaseServedAtEnd(steps, observed);
  const undoFailures = outcome.undoFailures.filter((failure) => failure.host === host);
  const [first] = undoFailures;
  if (first === void 0) return { ...report, is, why: hostReason(host, steps, outcome) };
  const edgeless = trafficAtEnd(steps, observed) === void 0 && release.routes.length === 0;
  if (edgeless || undoFailures.some(({ action }) => action === void 0 || !traitsOf(action).cleansUp))
    return { ...unknown, why: `ROLLBACK FAILED: ${cause(first)}` };
  return { ...report, is, rollbackIncomplete: true, why: `ROLLBACK INCOMPLETE: ${cause(first)}` };
}
var isFailedRepair = ({ stage, action }) => stage === "recover" && action !== void 0 && traitsOf(action).decidesLive === true;
function releaseServedAtEnd(steps, observed) {
  const traffic2 = trafficAtEnd(steps, observed);
  if (traffic2 !== void 0 || observed.traffic !== void 0) return traffic2?.release;
  const recorded = steps.filter(({ ok, stage }) => ok && stage === "recover").map(({ action }) => action).findLast(({ kind }) => kind === "accept-release" || kind === "record-rollback");
  if (recorded?.kind === "accept-release") return recorded.release;
  return recorded?.kind === "record-rollback" ? recorded.previous : liveRelease(observed)?.id;
}
var trafficAtEnd = (steps, { traffic: traffic2 }) => steps.filter(({ ok }) => ok).reduce((before, { action }) => trafficAfter(action, before), traffic2);
function trafficAfter(action, before) {
  if (action.kind === "switch-traffic" || action.kind === "balance-replicas") return action;
  return action.kind === "clear-slot" && action.slot === before?.slot ? void 0 : before;
}
function hostReason(host, steps, { failures }) {
  const own = failures.filter((failure) => failure.host === host);
  if (own.length > 0) return own.map(({ error }) => messageWithoutHost(host, error)).join(" · ");
  if (!steps.some(isNoticeable)) return "not touched";
  const rolledBack = steps.some(movesTraffic) ? "rolled back" : "rolled back before any traffic moved,";
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${rolledBack} together with ${joinWithAnd(others)}`;
  return failures.some(({ cancelled }) => cancelled) ? `${rolledBack} because ${byPlace("the job was cancelled", "it was interrupted")}` : `${rolledBack} because url did not answer as expected`;
}
function unhealthyWarning(before, hosts, { steps }) {
  const unhealthy = before.filter((observed) => {
    const live = liveRelease(observed);
    const moved = hosts.some(({ host, is }) => host === observed.host && is !== live?.id);
    const repaired = steps.some(
      ({ host, ok, action }) => ok && host === observed.host && action.kind === "check-health" && action.release === live?.id
    );
    return live?.observed !== void 0 && !isFullyServing(live.observed) && !moved && !repaired;
  });
  if (unhealthy.length === 0) return "";
  const where = joinWithAnd(unhealthy.map(({ host }) => host));
  return ` The live release was unhealthy on ${where} before this run, and it was not repaired: look at ${where} now.`;
}

// src/report/environment-url.ts
const { isIPv6: isIPv62 } = require("node:net");
function releaseUrl({ routes }, hosts) {
  const domain = routes.flatMap(({ domains }) => domains)[0];
  if (domain !== void 0) return `https://${domain}`;
  const port = routes.flatMap(({ published }) => published).find((each) => !isLoopback(each));
  if (port === void 0) return void 0;
  const hostname = isEveryAddress(port) ? publicHostname(hosts[0]) : port.address;
  if (hostname === void 0) return void 0;
  return new URL(`http://${isIPv62(hostname) ? `[${hostname}]` : hostname}:${port.port}`).origin;
}
var publicHostname = (host) => host === void 0 || host.kind === "unix" ? void 0 : host.hostname;
var isEveryAddress = ({ address }) => address === void 0 || address === "0.0.0.0" || address === "::";
var isLoopback = ({ address = "" }) => /^127\.|^::1$|^localhost$/.test(address);

// src/report/log-evidence.ts
function logEvidence(evidence, log) {
  const { shown, others, title } = splitEvidence(evidence);
  for (const line of shown.flatMap(evidenceLines)) log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
}

// src/report/report-draft.ts
var INITIAL_STATE = {
  deliver: "Nothing was deployed.",
  deploy: "Nothing was deployed.",
  build: "Nothing was pushed.",
  rollback: NOTHING_CHANGED_TEXT,
  status: NOTHING_CHANGED_TEXT,
  remove: "Nothing was removed.",
  unlock: "Nothing was unlocked.",
  logs: NOTHING_CHANGED_TEXT,
  export: "Nothing was exported.",
  import: "Nothing was deployed.",
  gate: "Nothing was deployed."
};
var EMPTY_REPORTS = {
  deliver: (head) => emptyDeployment("deliver", head),
  deploy: (head) => emptyDeployment("deploy", head),
  rollback: (head) => emptyDeployment("rollback", head),
  import: (head) => emptyDeployment("import", head),
  build: (head) => ({
    ...head,
    ...{ command: "build", result: "failed" },
    ...{ revision: void 0, images: {}, tags: [], build: void 0 }
  }),
  status: (head) => ({
    ...head,
    ...{ command: "status", result: "failed" },
    ...{ release: void 0, previous: void 0, live: void 0, revision: void 0 },
    ...{ images: {}, hosts: [], history: [] }
  }),
  remove: (head) => ({
    ...head,
    ...{ command: "remove", result: "failed" },
    ...{ approval: void 0, hosts: [], steps: [] }
  }),
  unlock: (head) => ({
    ...head,
    ...{ command: "unlock", result: "failed", approval: void 0, locks: [] }
  }),
  logs: (head) => ({ ...head, ...{ command: "logs", result: "failed", printed: [] } }),
  export: (head) => ({
    ...head,
    ...{ command: "export", result: "failed" },
    ...{ release: void 0, revision: void 0, images: {}, tags: [], archive: void 0 }
  }),
  gate: (head) => ({ ...head, ...{ command: "gate", result: "failed", approval: void 0 } })
};
function emptyDeployment(command, head) {
  return {
    ...head,
    command,
    result: "failed",
    approval: void 0,
    release: void 0,
    previous: void 0,
    previousRevision: void 0,
    live: void 0,
    revision: void 0,
    images: {},
    tags: [],
    build: void 0,
    strategy: void 0,
    hosts: [],
    removed: [],
    steps: [],
    environmentUrl: void 0,
    answer: void 0,
    evidence: [],
    warnings: [],
    rollbackWorkflow: void 0,
    rollbackHint: void 0
  };
}
function emptyReport(command, { actor, runUrl }) {
  return EMPTY_REPORTS[command]({
    error: void 0,
    details: [],
    state: INITIAL_STATE[command],
    app: void 0,
    environment: void 0,
    orchestrator: "docker",
    actor,
    runUrl,
    startedAt: (/* @__PURE__ */ new Date()).toISOString(),
    durationMs: 0
  });
}
var ReportDraft = class {
  #report;
  /** @param empty reports a failure that changed nothing */
  constructor(empty) {
    this.#report = empty;
  }
  /** The report as it is now. */
  get current() {
    return this.#report;
  }
  /** Replaces some of its fields. */
  set(fields) {
    this.#report = { ...this.#report, ...fields };
  }
  /** Whatever the command is. */
  setHead(fields) {
    this.#report = { ...this.#report, ...fields };
  }
};
var addWarnings = (report, warnings) => report.set({ warnings: [...report.current.warnings, ...warnings] });

// src/report/step-reports.ts
function stepReports(steps, failures = []) {
  return steps.map((step, index) => ({
    host: step.host,
    stage: step.stage,
    text: actionText(step.action),
    startMs: Math.round(step.at),
    durationMs: Math.round(step.took),
    ok: step.ok,
    ...step.aborted ? { aborted: step.aborted } : {},
    undo: step.undo,
    note: step.note ?? failureNote(step, failures),
    ...step.watched === void 0 ? {} : { metrics: { ...step.watched, share: shareAfter(step.host, steps.slice(0, index)) } },
    ...step.images === void 0 ? {} : { images: step.images }
  }));
}
function failureNote({ host, action }, failures) {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === void 0 ? void 0 : messageWithoutHost(host, failure.error);
}
function shareAfter(host, steps) {
  const last = steps.findLast(
    (step) => step.host === host && (step.action.kind === "split-traffic" || step.action.kind === "switch-traffic")
  );
  return last?.action.kind === "split-traffic" ? last.action.share : 1;
}
function plannedSteps(plan) {
  return STAGES.flatMap(
    (stage) => [...plan.hosts].flatMap(
      ([host, stages]) => (stages[stage] ?? []).map((step) => ({
        host,
        stage,
        text: actionText(step.action),
        startMs: void 0,
        durationMs: void 0,
        ok: void 0,
        undo: false,
        note: step.reason
      }))
    )
  );
}

// src/deployment-report.ts
function reportPlan(deployment, plan, hosts) {
  const { release, strategy, destination, options, context } = deployment;
  const { report, log } = context;
  const removed = removedHosts(
    hosts.map(({ history }) => history),
    hosts.map(({ host }) => host)
  );
  if (removed.length > 0) log.notice(removedHostsText(removed));
  const previous = hosts.map(liveRelease).find((live) => live !== void 0 && live.id !== release.id);
  report.set({
    removed,
    previous: previous?.id,
    previousRevision: previous?.observed?.record?.origin.revision,
    strategy: strategy.name,
    images: Object.fromEntries(Object.values(release.services).map(({ name, image }) => [name, image])),
    environmentUrl: options.url?.url ?? releaseUrl(release, destination.hosts),
    rollbackHint: { keeps: "containers", inputs: hostInputs(hosts.map(({ host }) => host)) }
  });
  {
    var _stack = [];
    try {
      const _group = __using(_stack, openGroup("Plan"));
      const withSteps = options.dryRun || currentReporter().closesGroups;
      for (const line of planLines(plan, release, withSteps)) log.info(line);
      for (const line of outdatedAccessoryNotices(deployment, hosts)) log.notice(line);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  if (isEmptyPlan(plan)) log.info(`Release ${release.id} is live on every host already: nothing to do.`);
  if (options.dryRun) {
    const before = hosts.map(statusReport);
    const live = commonRelease(before);
    report.set({
      result: "planned",
      state: NOTHING_CHANGED_TEXT,
      steps: plannedSteps(plan),
      hosts: before,
      live
    });
  } else if (isEmptyPlan(plan)) report.set(unchangedResult(hosts, release));
}
function outdatedAccessoryNotices({ release, updateAccessories, command }, hosts) {
  if (updateAccessories || command === "rollback") return [];
  const changed = new Set(
    hosts.flatMap((host) => {
      const recreated = proxiesToConnect(host, release);
      return changedAccessories(host, release).filter((name) => !recreated.includes(name));
    })
  );
  const proxies = proxiesOf(release);
  return [...changed].map((name) => {
    const gap = proxies.includes(name) ? " Visitors are refused meanwhile, for about a second." : "";
    return `${name}: its definition has changed. Accessories are left as they are; "${inputSetting("accessories", "update")}" recreates it and keeps its volumes.${gap}`;
  });
}
function reportProgress(plan, url, log) {
  const hosts = [...plan.hosts.keys()];
  const startedAt = performance.now();
  return {
    onStageStart: (stage, on) => log.info(stageLine(stage, on, plan, performance.now() - startedAt)),
    onStepStart(host, stage, action) {
      log.debug(`${host} ${stage}: ${JSON.stringify(action)}`);
      const line = stepStartLine(host, action, hosts);
      if (line !== void 0) log.info(line);
    },
    onStepEnd: (result, error) => log.info(stepLine(result, error, hosts)),
    onWait(note, step) {
      const what = step === void 0 ? `url ${url}` : stepText(step.host, step.action, hosts);
      log.info(waitLine(what, note));
    }
  };
}
function reportOutcome({ release, keep, options, context }, before, outcome) {
  const { report, log } = context;
  const failures = outcome.kind === "succeeded" ? [] : [...outcome.failures, ...outcome.undoFailures];
  const result = deployResultOf(before, release, outcome);
  report.set({ ...result, steps: stepReports(outcome.steps, failures) });
  for (const line of downtimeLines(result.hosts)) log.info(line);
  if (outcome.kind === "succeeded") {
    addWarnings(report, outcome.warnings);
    for (const warning of outcome.warnings) log.warning(warning);
    log.info(closingLine(report.current, before.length, keep));
    return;
  }
  const urlFailed = outcome.failures.some(
    ({ host, stage, cancelled }) => host === void 0 && stage === "verify" && cancelled !== true
  );
  if (options.url !== void 0 && urlFailed) report.set({ answer: UNEXPECTED_ANSWER_TEXT });
  report.set({ evidence: outcome.evidence });
  logEvidence(outcome.evidence, log);
  for (const line of hostLines(result.hosts)) log.info(line);
  throw combineFailures(outcome.failures);
}

// src/image-layers.ts
var LAYER_REQUEST_TIMEOUT = 15e3;
var NO_RETRIES = { attempts: 1, firstWait: 0, longestWait: 0 };
function createLayerLookup({ run: run2, log, folder, signal }, environment) {
  const answers = /* @__PURE__ */ new Map();
  const request3 = async (image) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LAYER_REQUEST_TIMEOUT)]);
    const imageContext = {
      ...{ run: run2, log, folder, environment },
      workspace: process.cwd(),
      retryPolicy: NO_RETRIES,
      signal: deadline
    };
    return (await new Registry(imageContext).inspect(image))?.platforms;
  };
  return (image) => {
    const answer = answers.get(image) ?? request3(image);
    answers.set(image, answer);
    answer.catch(() => answers.delete(image));
    return answer;
  };
}

// src/plan/failed-restarts.ts
function onlyFailedRestarts(outcome, desired) {
  if (outcome.kind === "succeeded" || outcome.undoFailures.length > 0) return [];
  const failedRestarts = outcome.failures.flatMap(
    ({ host, stage, action, error }) => host !== void 0 && stage === "recover" && (action?.kind === "start-services" || action?.kind === "check-health") && action.release !== desired ? [{ host, release: action.release, error }] : []
  );
  return failedRestarts.length === outcome.failures.length ? failedRestarts : [];
}
function markRestartFailed(hosts, failedRestarts) {
  return hosts.map((host) => ({
    ...host,
    releases: host.releases.map(
      (release) => failedRestarts.some((each) => each.host === host.host && each.release === release.id) ? { ...release, restartFailed: true } : release
    )
  }));
}

// src/plan/outcome.ts
function joinOutcomes(first, second) {
  const began = Math.max(0, ...first.steps.map(({ at, took }) => at + took));
  return {
    ...second,
    ...joinReachability(first, second),
    steps: [...first.steps, ...second.steps.map((step) => laterBy(began, step))]
  };
}
function laterBy(delay5, step) {
  const { interrupted } = step;
  return {
    ...step,
    at: step.at + delay5,
    ...interrupted && {
      interrupted: { ...interrupted, from: interrupted.from + delay5, to: interrupted.to + delay5 }
    }
  };
}
function joinReachability(first, second) {
  if (first.kind === "succeeded" || second.kind === "succeeded") return {};
  const hosts = /* @__PURE__ */ new Set([...first.reachability?.keys() ?? [], ...second.reachability?.keys() ?? []]);
  const joined = [...hosts].map((host) => {
    const [one, other] = [first.reachability?.get(host), second.reachability?.get(host)];
    return [host, { before: one?.before ?? other?.before, after: other?.after }];
  });
  return { reachability: new Map(joined) };
}

// src/release/file-content-names.ts
function fileContentNames(release) {
  const { confidential } = release;
  const secrets = confidential.filter(isSecretVariable);
  const configs = confidential.filter((variable) => !isSecretVariable(variable));
  const names = new Map(secrets.map((variable) => [fileContentName(release, "secret", variable), variable]));
  for (const variable of configs) {
    const name = fileContentName(release, "config", variable);
    names.set(names.has(name) ? `config.${name}` : name, variable);
  }
  return names;
}
function fileContentName({ compose, base }, kind, variable) {
  const specs = Object.entries({ ...base[`${kind}s`], ...compose[`${kind}s`] });
  const named2 = specs.find(([, spec]) => asText(spec["environment"]) === variable)?.[0];
  return named2 ?? variable.slice(contentVariable(kind, "").length).toLowerCase();
}
function givenContents(release, given) {
  return new Map(
    [...fileContentNames(release)].flatMap(([name, variable]) => {
      const content = given.get(name);
      return content === void 0 ? [] : [[variable, content]];
    })
  );
}
var missingContents = (release, known) => [...fileContentNames(release)].flatMap(([name, variable]) => known?.has(variable) === true ? [] : [name]);

// src/rollout/clean-up-killed-run.ts
async function cleanUpKilledRun(engines, observations) {
  const engineOf = new Map(engines.map((engine) => [engine.host, engine]));
  await allOrThrow(
    observations.flatMap((observation) => {
      const engine = engineOf.get(observation.host.host);
      if (engine === void 0) return [];
      return [
        ...observation.temporary.map(({ id }) => engine.removeContainer(id, { force: true })),
        ...endRecreations(engine, observation)
      ];
    })
  );
}
function endRecreations(engine, { host: { foreignContainers = [] }, containers }) {
  const own = new Set(containers.map(({ name }) => name));
  return containers.flatMap((each) => {
    const name = nameAfterRecreation(each);
    if (name === void 0 || foreignContainers.includes(name)) return [];
    if (own.has(name)) return [engine.removeContainer(each.id, { force: true, keepVolumes: true })];
    return [engine.renameContainer(each.id, name)];
  });
}

// src/rollout/cancelled-after-accept.ts
function cancelledAfterAcceptText({ hosts }, steps) {
  const ended = new Set(steps.filter(({ ok }) => ok).map(({ action }) => action));
  const started = new Set(steps.map(({ action }) => action));
  const lost = [...hosts].flatMap(
    ([host, stages]) => (stages["after-release"] ?? []).flatMap(
      ({ action }) => action.kind === "run-hook" && !ended.has(action) ? [
        ` after-release ${started.has(action) ? "was interrupted" : "was not run"}, and no later deploy of this release runs it: ${formatCommand(action.argv)} (in ${action.service} on ${host}).`
      ] : []
    )
  );
  return [
    `${wasCancelled()} after the release was accepted: the release stays live.`,
    " The next deploy stops and removes what is left.",
    ...lost
  ].join("");
}

// src/rollout/evidence.ts
const { setTimeout: pause3 } = require("node:timers/promises");
var LOG_LINES = 20;
var HEALTHCHECK_LINES = 10;
var LOG_TIMEOUT = 3e3;
var EXIT_CODE_STATES = /* @__PURE__ */ new Set(["exited", "dead", "restarting"]);
async function collectEvidence(context, queries) {
  const found = await Promise.all(
    queries.map(
      (query) => inspectReplicas(context, query).catch((error) => {
        context.log.debug(`No evidence of failed containers: ${messageWithHost(context.engine.host, error)}`);
        return [];
      })
    )
  );
  const containers = new Map(found.flat().map((container) => [container.id, container]));
  return await Promise.all([...containers.values()].map((container) => evidenceOf(context, container)));
}
async function evidenceOf(context, container) {
  const logLines = await lastLogLines(context, container.id);
  return {
    host: context.engine.host,
    container: container.name,
    service: serviceOf(container) ?? container.name,
    state: container.state,
    exitCode: EXIT_CODE_STATES.has(container.state) ? container.exitCode : void 0,
    oomKilled: container.oomKilled,
    health: container.health?.status === "none" ? void 0 : container.health?.status,
    lastLines: logLines.length > 0 ? logLines : lastHealthcheckLines(container)
  };
}
async function lastLogLines({ engine, log }, id) {
  const lines = engine.containerLogs(id, LOG_LINES).catch((error) => {
    log.debug(messageOf(error));
    return [];
  });
  return Promise.race([lines, pause3(LOG_TIMEOUT, [], { ref: false })]);
}
function lastHealthcheckLines({ health }) {
  const output = health?.lastOutput.trim() ?? "";
  return output === "" ? [] : output.split("\n").slice(-HEALTHCHECK_LINES);
}

// src/edge/probe.ts
var SUCCESS = Array.from({ length: 200 }, (_, index) => 200 + index);
var PROBE_SCRIPT = {
  name: "probe",
  text: `
set -u
expected=$1; path=$2; limit=$3; host=$4; scheme=$5; protocol=$6; shift 6
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
try() {
  case $expected in
    'open port') answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open); [ "$answer" = open ];;
    'any answer') answer=$(ask "$1" "$path"); has_answered "$answer";;
    *) answer=$(ask "$1" "$path"); has_answered "$answer" && case " $expected " in *" $answer"*) ;; *) false;; esac;;
  esac
}
# Most apps answer soon: they are not to wait for the next try.
until_ok() {
  tries=0
  while ! try "$1" && [ "$(now)" -lt $end ]; do
    tries=$((tries + 1))
    if [ $tries -le 30 ]; then sleep 0.05; else sleep 0.2; fi
  done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`
};
var MAX_PROBE_EXEC = 5e3;
async function probeContainers(engine, edge, targets, { path = "", status = SUCCESS, identity = LOCAL_IDENTITY, timeout, signal, tell }) {
  const expected = path === "" ? "open port" : status === "any" ? "any answer" : status.join(" ");
  const results = new Map(
    targets.map((target) => [target, { ok: false, failure: "no answer" }])
  );
  const end = performance.now() + timeout;
  for (; ; ) {
    const open2 = targets.filter((target) => results.get(target)?.ok !== true);
    if (open2.length === 0) return results;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const { host, scheme, protocol } = identity;
    const args = [expected, path, limit, host, scheme, protocol, ...open2];
    const printed = await runScript(engine, edge, PROBE_SCRIPT, args, { signal, waits: MAX_PROBE_EXEC });
    for (const [target, result] of parseProbeResults(printed, status)) {
      results.set(target, result);
      if (!result.ok) tell?.(result.failure);
    }
    if (performance.now() >= end) return results;
  }
}
function parseProbeResults(printed, status = SUCCESS) {
  const lines = printed.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim(), status)];
    })
  );
}
function parseProbeResult(answer, status) {
  if (answer === "open") return { ok: true };
  if (answer === NOT_SERVING)
    return status === "any" ? { ok: true } : { ok: false, failure: `answered ${NOT_SERVING}` };
  if (!/^[1-9]\d\d$/.test(answer)) return { ok: false, failure: noAnswerReason(answer) };
  return status === "any" || status.includes(Number(answer)) ? { ok: true } : { ok: false, failure: `answered ${answer}` };
}
function noAnswerReason(text) {
  const [, reason] = NO_ANSWER_REASONS.find(([pattern]) => pattern.test(text)) ?? [];
  return reason ?? (text || "no answer");
}
var NO_ANSWER_REASONS = [
  [/connection refused/i, "connection refused"],
  // TLS's own answer to a request without TLS: an alert (21).
  [/^TLS$|malformed HTTP response "\\x15\\x03/, "what it answers is TLS"],
  [/^not TLS$/, "what it answers is not TLS"],
  // The first frame of a server that speaks nothing else: SETTINGS, of type 4 (RFC 9113).
  [/malformed HTTP response "\\x00\\x00[^"]{0,8}\\x04/, "what it answers is HTTP/2"],
  [/http2: |malformed HTTP response.*h2c|frame too large/, "what it answers is not HTTP/2"],
  [/timeout awaiting response headers/, "no answer within 5 s"],
  [/i\/o timeout/, "no connection within 2 s"],
  [/\bEOF\b|connection reset/i, "the connection was closed without an answer"],
  // Go's words for a server that speaks first, as those of mail and databases do.
  [/malformed HTTP|readLoopPeekFailLocked/, "what it answers is not HTTP"]
];

// src/edge/probe-routes.ts
var ROUTES_SCRIPT = {
  name: "probe-routes",
  text: `
set -u
cd "$1"; path=$2; limit=$3; shift 3
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
split=; read -r split < ${SPLIT_FILE} || :
case $split in
  ${ALL_TRAFFIC_TO.blue}) slots=blue;;
  ${ALL_TRAFFIC_TO.green}) slots=green;;
  *) slots='blue green';;
esac
routes=' '; targets=' '
for slot in $slots; do
  release=; read -r release < "$slot.release" || :
  [ -n "$release" ] || continue
  echo "slot $slot $release"
  for file in "$slot".*.[0-9]*; do
    address=; read -r address < "$file" || :
    [ -n "$address" ] || continue
    route=\${file#"$slot".}; route=\${route%.*}
    case $routes in *" $slot/$route/$address "*) continue;; esac
    routes="$routes$slot/$route/$address "
    echo "route $slot $route $address"
    case $targets in *" $address="*) ;; *) targets="$targets$address=$route ";; esac
  done
done
probe() {
  route=$2; shift 2
  host=${LOCAL_IDENTITY.host}; scheme=${LOCAL_IDENTITY.scheme}; protocol=${LOCAL_IDENTITY.protocol}
  while [ $# -ge 4 ]; do if [ "$1" = "$route" ]; then host=$2; scheme=$3; protocol=$4; fi; shift 4; done
  while answer=$(ask "$target" "$path"); ! has_answered "$answer" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf 'answer %s %s\\n' "$target" "$answer"
}
for pair in $targets; do target=\${pair%%=*}; probe "$target" "\${pair#*=}" "$@" & done
wait
`
};
async function probeEdgeRoutes(engine, edge, path, identities, timeout, signal) {
  const asked = [...identities].flatMap(([route, { host, scheme, protocol }]) => [
    route,
    host,
    scheme,
    protocol
  ]);
  const args = [EDGE_FOLDER, path, String(Math.ceil(timeout / 10)), ...asked];
  return parseProbedRoutes(await runScript(engine, edge, ROUTES_SCRIPT, args, { signal, waits: timeout }));
}
function parseProbedRoutes(printed) {
  const lines = printed.split("\n").map((line) => line.split(" "));
  const releaseIn = (slot) => {
    const id = lines.find(([kind, name]) => kind === "slot" && name === slot)?.[2];
    return id !== void 0 && isReleaseId(id) ? id : void 0;
  };
  const answers = lines.filter(([kind]) => kind === "answer").map(([, ...answer]) => answer.join(" "));
  const results = parseProbeResults(answers.join("\n"), "any");
  return SLOTS.flatMap(
    (slot) => lines.filter(([kind, name]) => kind === "route" && name === slot).map(([, , route = "", address = ""]) => ({
      release: releaseIn(slot),
      route,
      result: results.get(address) ?? { ok: false, failure: "no answer" }
    }))
  );
}

// src/edge/probe-container.ts
const { randomUUID: randomUUID2 } = require("node:crypto");
var PROBE_LIFETIME = 900;
async function startProbeContainer(engine, app, image, network) {
  const name = `${baseProject(app)}-probe-${randomUUID2().slice(0, 4)}`;
  const id = await engine.createContainer(name, {
    Image: image,
    Entrypoint: ["sleep", String(PROBE_LIFETIME)],
    Cmd: [],
    Labels: { ...labelsOf(app), [LABEL.role]: OWN_ROLE.probe },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: network,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true
    }
  });
  const remove = () => engine.removeContainer(id, { force: true });
  try {
    await engine.startContainer(id);
  } catch (error) {
    await remove().catch(() => void 0);
    throw error;
  }
  return { id, [Symbol.asyncDispose]: () => remove().catch(() => void 0) };
}

// src/edge/probe-port.ts
var PORTS_SCRIPT = {
  name: "probe-ports",
  text: `
set -u
limit=$1; host=$2; path=$3; shift 3
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
${SPEAKS_TLS}
# A redirect is an answer already. An app that only speaks WebSocket closes the connection of any other request.
speaks_http() {
  for upgrade in '' websocket; do
    printed=$(timeout 8 wget -S -T 5 -O /dev/null --header "Host: $host" --header 'User-Agent: sealift-health'       \${upgrade:+--header 'Connection: Upgrade' --header "Upgrade: $upgrade" --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='}       "http://$1$path" 2>&1)
    case $printed in *HTTP/1.*) return 0;; esac
  done
  return 1
}
end=$(( $(now) + limit ))
try() {
  printed=
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  [ "$answer" = open ] || return 1
  case $2 in
    tcp) return 0;;
    http) if speaks_http "$1"; then return 0; fi;;
  esac
  if speaks_tls "\${1%:*}" "\${1##*:}"; then
    [ "$2" = tls ] && return 0
    answer=TLS; return 1
  fi
  case $2$printed in
    tls*) answer='not TLS';;
    # Lines of an answer are indented.
    *'  '*) answer='malformed HTTP';;
    *'timed out'*) answer='timeout awaiting response headers';;
    *'getting response'*|*reset*) answer=EOF;;
    *) answer='malformed HTTP';;
  esac
  return 1
}
until_ok() {
  while ! try "$@" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
while [ $# -ge 2 ]; do until_ok "$1" "$2" & shift 2; done
wait
`
};
var MAX_PORTS_EXEC = 1e4;
async function probePorts(engine, from, targets, { host, path }, timeout, signal) {
  const results = /* @__PURE__ */ new Map();
  const end = performance.now() + timeout;
  for (; ; ) {
    const open2 = targets.filter(({ address }) => results.get(address)?.ok !== true);
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PORTS_EXEC) / 10));
    const args = open2.flatMap(({ address, protocol }) => [address, protocol]);
    const printed = await runScript(engine, from, PORTS_SCRIPT, [limit, host, path, ...args], {
      signal,
      waits: MAX_PORTS_EXEC
    });
    for (const [address, result] of parseProbeResults(printed)) results.set(address, result);
    if (targets.every(({ address }) => results.get(address)?.ok === true) || performance.now() >= end)
      return results;
  }
}

// src/rollout/no-answer-text.ts
function noAnswerText(service, port, path, failure, protocol) {
  if (protocol === "tcp" || protocol === "tls") return noPortAnswerText(service, port, protocol, failure);
  const slow = / within \d/.test(failure);
  const causes = [
    ...failure.endsWith("is TLS") ? ["The service ends TLS itself: set app_protocol: https on the port, so that TLS is passed through."] : [],
    ...protocol === void 0 && failure.endsWith("is HTTP/2") ? ["The port speaks nothing but HTTP/2: set app_protocol: h2c on it, or app_protocol: grpc."] : [],
    ...slow ? [`${path} takes too long: set "${inputRef("health-path")}" to a path that is answered sooner.`] : [],
    "The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.",
    `It listens on another port than ${port}: set its port as the container port in the Compose file (or in the input "${inputRef("port")}").`,
    protocol === void 0 ? "The port does not speak HTTP: set app_protocol: tcp on it." : `The port does not speak HTTP/2 without TLS: remove app_protocol: ${protocol} from it.`
  ];
  return `${service} gives visitors no answer on its port ${port}: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(" ")}`;
}
var REFUSED_HOST = /^answered (?:400|403|421)$/;
function wrongStatusText(failure, { host, scheme, protocol }) {
  if (protocol === "grpc") return `${failure} to gRPC's health check (grpc.health.v1).`;
  const asked = `${failure} to a request for ${scheme}://${host}.`;
  const advice = host === LOCAL_IDENTITY.host && REFUSED_HOST.test(failure) ? `If the app answers to its own name only (ALLOWED_HOSTS, config.hosts), set "${inputRef("health-host")}" to that name.` : `If that status is right, add it to "${inputRef("health-status")}".`;
  return `${asked} ${advice}`;
}
function noPortAnswerText(service, port, protocol, failure) {
  const causes = [
    ...protocol === "tls" ? ["The port does not speak TLS: set app_protocol: http on it, if it is HTTP, or app_protocol: tcp."] : [],
    "The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.",
    `It listens on another port than ${port}: set its port as the container port in the Compose file.`
  ];
  return `${service} gives visitors no answer on its port ${port}, which is not HTTP: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(" ")}`;
}

// src/rollout/published-answers.ts
async function requirePublishedAnswers(context, replicas, containers) {
  const release = releaseById(context, replicas.release);
  const silent = await silentPorts(context, release, containers, release.health.timeout, context.signal);
  for (const { port, failure } of silent) {
    const count = silent.filter((each) => each.port.service === port.service).length;
    if (count > (replicas.tolerate?.[port.service] ?? 0))
      throw new HostError(context.engine.host, silentPortText(release, { port, failure }));
  }
}
function silentPortText(release, { port, failure }) {
  const { service, protocol } = port;
  return protocol === "http" ? noAnswerText(service, port.port, askedPath(release), failure) : noPortAnswerText(service, port.port, protocol, failure);
}
var askedPath = ({ health }) => health.path ?? "/";
async function publishedProblems(context, release, timeout, signal) {
  const services = Object.keys(release.services).filter(
    (name) => selfPublishedPorts(release, name).length > 0
  );
  const containers = await listReplicas(context, { release: release.id, services });
  const running = await inspectAll(
    context.engine,
    containers.filter(({ state }) => state === "running")
  );
  const dead = services.filter((name) => !running.some((each) => serviceOf(each) === name));
  const silent = await silentPorts(context, release, running, timeout, signal);
  return [
    ...dead.map((name) => `${name} does not run`),
    ...silent.filter(({ failure }) => !failure.startsWith("what it answers is")).map(({ port, failure }) => `${port.service} gives no answer on port ${port.port}: ${failure}`)
  ];
}
async function silentPorts(context, release, containers, timeout, signal) {
  const asked = containers.filter(({ state }) => state === "running").flatMap((container) => askedPorts(context, release, container));
  const networks = [...Map.groupBy(asked, ({ network }) => network)];
  const answers = await allOrThrow(
    networks.map(
      ([network, all]) => askNetwork(
        { ...context, signal },
        release,
        network,
        all.flatMap(({ ports }) => ports),
        timeout
      )
    )
  );
  return answers.flat();
}
function askedPorts({ appEnvironment }, release, container) {
  const service = serviceOf(container) ?? container.name;
  const slots = SLOTS.map((slot) => slotNetwork(appEnvironment, slot));
  const networks = Object.entries(container.networks).filter(([, { ipv4 }]) => ipv4 !== "");
  const [network, attachment] = networks.find(([name]) => slots.includes(name)) ?? networks[0] ?? [];
  if (network === void 0 || attachment === void 0) return [];
  const ports = selfPublishedPorts(release, service).map(({ port, protocol }) => ({
    ...{ service, port, protocol, address: `${attachment.ipv4}:${port}` }
  }));
  return ports.length === 0 ? [] : [{ network, ports }];
}
async function askNetwork(context, release, network, ports, timeout) {
  var _stack = [];
  try {
    const { engine, appEnvironment, settings, signal } = context;
    const edge = await observeEdge(engine, appEnvironment);
    const isOnEdge = SLOTS.some((slot) => slotNetwork(appEnvironment, slot) === network);
    const own = __using(_stack, edge.state === "running" && isOnEdge ? void 0 : await startProbeContainer(engine, appEnvironment, settings.edgeImage, network), true);
    const from = own?.id ?? runningEdgeId(engine, edge);
    const visitor = { host: release.health.host ?? LOCAL_IDENTITY.host, path: askedPath(release) };
    const results = await probePorts(engine, from, ports, visitor, timeout, signal);
    return ports.flatMap((port) => {
      const result = results.get(port.address);
      return result?.ok === true ? [] : [{ port, failure: result?.failure ?? "no answer" }];
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/rollout/route-identity.ts
function routeIdentity({ routes, health }, { domains, protocol, sendProxy }) {
  const [domain] = [...domains, ...routes.flatMap((route) => route.domains)];
  return {
    host: health.host ?? domain ?? LOCAL_IDENTITY.host,
    scheme: domains.length > 0 ? "https" : "http",
    // An app that waits for the PROXY protocol answers nothing else.
    protocol: sendProxy ? "tcp" : protocol ?? LOCAL_IDENTITY.protocol
  };
}

// src/rollout/live-routes.ts
var PROBE_TIMEOUT = 2e4;
function recordReachability(context) {
  const { runState } = context;
  runState.recordsReachability ??= reachabilityOf(context, 0).then((reached) => {
    runState.reachedBefore = reached;
  });
}
var AFTER_ROLLBACK = 5e3;
async function reachabilityAfterRollback(context) {
  await context.runState.recordsReachability;
  return await reachabilityOf(context, AFTER_ROLLBACK);
}
async function reachabilityOf(context, timeout) {
  const { live, releases } = context;
  const release = live === void 0 ? void 0 : releases.get(live);
  if (release === void 0) return void 0;
  const found = await Promise.all([
    reachabilityByEdge(context, release, timeout),
    reachabilityOfPublished(context, release, timeout)
  ]);
  return joinParts(found.filter((each) => each !== void 0));
}
function joinParts(parts) {
  const [first] = parts;
  if (first === void 0 || parts.length === 1) return first;
  const problems = parts.flatMap((each) => each.problems);
  const partly = problems.length > 0 && parts.some((each) => each.partly === true || each.problems.length === 0);
  return { release: first.release, problems, ...partly ? { partly: true } : {} };
}
async function reachabilityOfPublished(context, release, timeout) {
  if (!publishesPortsItself(release)) return void 0;
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT);
    return { release: release.id, problems: await publishedProblems(context, release, timeout, signal) };
  } catch (error) {
    context.log.debug(messageOf(error));
    return void 0;
  }
}
async function reachabilityByEdge(context, release, timeout) {
  const { engine, appEnvironment, releases, log, runState } = context;
  if (release.routes.length === 0) return void 0;
  const probe = (edge) => probeEdgeRoutes(
    engine,
    edge,
    release.health.path ?? "/",
    new Map(release.routes.map((route) => [route.id, routeIdentity(release, route)])),
    timeout,
    AbortSignal.timeout(PROBE_TIMEOUT)
  );
  try {
    const known = runState.edge;
    const [containers, early] = await Promise.all([
      engine.listContainers([]),
      known === void 0 ? void 0 : probe(known).catch(() => void 0)
    ]);
    const own = containers.filter(
      ({ labels }) => Object.entries(labelsOf(appEnvironment)).every(([key, value]) => labels[key] === value)
    );
    const problems = missingRouteParts(release, own, containers);
    const edge = edgeState(own);
    const probed = edge.state !== "running" ? [] : edge.containerId === known && early !== void 0 ? early : await probe(edge.containerId);
    const answers = edge.state === "running" ? answerProblems(releases, probed) : [];
    const partly = problems.length === 0 && answers.length > 0 && probed.some(({ result }) => result.ok);
    return {
      ...{ release: release.id, problems: [...problems, ...answers] },
      ...partly ? { partly: true } : {}
    };
  } catch (error) {
    if (engine.disconnected.aborted) return void 0;
    log.debug(messageOf(error));
    return {
      release: release.id,
      problems: [`the edge can't be asked: ${messageWithoutHost(engine.host, error)}`]
    };
  }
}
function missingRouteParts(release, own, all) {
  const { routes } = release;
  const isAccessory = (each) => each.state === "running" && releaseIdOn(each) === void 0 && !isOneOff(each);
  const edges = edgeContainers(own).filter(({ state }) => state === "running");
  if (edges.length === 0) return ["its edge does not run"];
  const open2 = new Set(edges.flatMap(({ ports }) => ports.map(({ port }) => port)));
  const closed = [...new Set(routes.flatMap(({ published }) => published.map(({ port }) => port)))].filter(
    (port) => !open2.has(port)
  );
  return [
    ...closed.map((port) => `nothing listens on its port ${port}`),
    ...hasDomains({ routes }) && frontAmong(all)?.state !== "running" ? ["the front does not run"] : [],
    ...neededProxiesOf(release).filter((proxy) => !own.some((each) => serviceOf(each) === proxy && isAccessory(each))).map((proxy) => `${proxy}, the proxy of the Compose file, does not run`)
  ];
}
function answerProblems(releases, probed) {
  const serving = new Set(probed.map(({ release }) => release));
  if (serving.size === 0) return ["the edge has no release to send requests to"];
  const problems = [...serving].flatMap(
    (id) => (id === void 0 ? [] : releases.get(id)?.routes ?? []).flatMap(
      ({ id: route, service, containerPort: containerPort2 }) => {
        const results = probed.filter((each) => each.release === id && each.route === route).map(({ result }) => result);
        if (results.some(({ ok }) => ok)) return [];
        const [failure = "the edge has no address of it"] = results.flatMap(
          (result) => result.ok ? [] : [result.failure]
        );
        return [`${service} gives no answer on port ${containerPort2}: ${failure}`];
      }
    )
  );
  return [...new Set(problems)];
}

// src/release/start-order.ts
function startRounds(release, services) {
  if (release === void 0) return [services];
  const rounds = [];
  const placed = /* @__PURE__ */ new Set();
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter(
      (name) => startDependencies(release, name).every((other) => placed.has(other) || !rest.includes(other))
    );
    const round = ready.length > 0 ? ready : rest;
    for (const name of round) placed.add(name);
    rounds.push(round);
    rest = rest.filter((name) => !placed.has(name));
  }
  return rounds;
}
function startDependencies(release, name) {
  return [...dependenciesOf(release.compose.services[name] ?? {}).keys()];
}
function startGroups(services, names) {
  const levels = /* @__PURE__ */ new Map();
  const levelOf = (name) => {
    const known = levels.get(name);
    if (known !== void 0) return known;
    levels.set(name, 0);
    const above = [...dependenciesOf(services[name] ?? {})].filter(([other]) => names.includes(other)).map(([other, { condition }]) => levelOf(other) + (condition === "service_started" ? 0 : 1));
    const level = Math.max(0, ...above);
    levels.set(name, level);
    return level;
  };
  const groups = Map.groupBy(names, levelOf);
  return [...groups].sort(([one], [other]) => one - other).map(([, group2]) => group2);
}

// src/rollout/accessory-containers.ts
async function listAccessories({
  engine,
  appEnvironment
}) {
  const project = await engine.listContainers([`com.docker.compose.project=${baseProject(appEnvironment)}`]);
  return project.filter(({ labels }) => labels[LABEL.release] === void 0 && !isOneOff({ labels }));
}

// src/rollout/notifier.ts
var Notifier = class {
  #notified = Promise.withResolvers();
  notify = () => this.#notified.resolve();
  /** Resolves at the next notification, at once if there was one since the last wait, or after `timeout` milliseconds. */
  async wait(timeout) {
    const timer = timeout === void 0 ? void 0 : setTimeout(this.notify, timeout);
    await this.#notified.promise;
    clearTimeout(timer);
    this.#notified = Promise.withResolvers();
  }
};

// src/rollout/container-watcher.ts
function serviceContainer(release, container) {
  const service = serviceOf(container) ?? container.name;
  return { container, service, ending: endingOf(release.services[service]) };
}
var GOOD_NEWS = /* @__PURE__ */ new Set(["start", "health_status: healthy"]);
var EXIT_EVENT_TIMEOUT = 500;
var WatchedContainer = class extends Notifier {
  subject;
  #exitRecorded = Promise.withResolvers();
  #lastExit;
  #outOfMemory = false;
  #hasChanged = false;
  #mayHaveFailed = false;
  constructor(subject) {
    super();
    this.subject = subject;
  }
  /** Remembers how it ended: once it is restarted, the container itself reports exit code 0. */
  record({ action, attributes }) {
    this.#hasChanged = true;
    this.#mayHaveFailed ||= !GOOD_NEWS.has(action);
    if (action === "oom") this.#outOfMemory = true;
    if (action === "die") {
      this.#lastExit = { exitCode: Number(attributes["exitCode"]), oomKilled: this.#outOfMemory };
      this.#outOfMemory = false;
      this.#exitRecorded.resolve();
    }
    this.notify();
  }
  /** Whether there was an event since this was asked last. */
  takeChange() {
    const changed = this.#hasChanged;
    this.#hasChanged = false;
    return changed;
  }
  /** Whether there was an event since this was asked last after which it may not be healthy any more. */
  takeAlarm() {
    const alarm = this.#mayHaveFailed;
    this.#mayHaveFailed = false;
    return alarm;
  }
  /** @param toleranceLeft milliseconds in which it may still crash */
  crashHistory(now, toleranceLeft = 0) {
    const restarts = Math.max(0, now.restartCount - this.subject.container.restartCount);
    return { restarts, lastExit: this.#lastExit, toleranceLeft };
  }
  /** Waits for the event of its exit, which may come after the restart is visible. */
  async exitRecorded() {
    const timer = setTimeout(this.#exitRecorded.resolve, EXIT_EVENT_TIMEOUT);
    await this.#exitRecorded.promise;
    clearTimeout(timer);
  }
};
var ignoreResult = () => void 0;
var ContainerWatcher = class _ContainerWatcher extends Notifier {
  containers;
  /** Aborts with the reason why the watch is over: `abort`, the job, the connection, or a broken event stream. */
  signal;
  /** Resolves when no event is missed any more, or the watch is over. Never rejects. */
  opened;
  #abort = new AbortController();
  #tasks = [];
  /**
   * Begins to watch.
   * @param since ISO 8601, by the engine's clock: past events from then on are read as well
   * @throws the reason of the job's signal or of the lost connection
   */
  constructor({ engine, signal }, containers, since) {
    super();
    this.containers = containers;
    this.signal = AbortSignal.any([this.#abort.signal, signal, engine.disconnected]);
    this.signal.throwIfAborted();
    this.signal.addEventListener("abort", this.notifyAll);
    const filters = {
      type: ["container"],
      container: containers.map(({ subject }) => subject.container.id),
      event: ["start", "die", "oom", "health_status", "destroy"]
    };
    const opening = engine.events(filters, this.signal, since);
    this.opened = opening.then(ignoreResult, (error) => this.abort(error));
    this.awaitAtEnd(
      opening.then((events) => this.#listen(events)).catch((error) => this.abort(error))
    );
  }
  /**
   * Watches as soon as this resolves.
   * @throws HostError when the engine can't be read; the reason of the job's signal
   */
  static async open(...parameters) {
    const watcher = new _ContainerWatcher(...parameters);
    await watcher.opened;
    watcher.signal.throwIfAborted();
    return watcher;
  }
  async #listen(events) {
    for await (const event of events) {
      this.containers.find(({ subject }) => subject.container.id === event.id)?.record(event);
      this.notify();
    }
  }
  /** Whether there was an event since this was asked last after which a container may not be healthy any more. */
  takeAlarm() {
    return this.containers.map((each) => each.takeAlarm()).includes(true);
  }
  notifyAll = () => {
    for (const each of [this, ...this.containers]) each.notify();
  };
  abort(reason) {
    this.#abort.abort(reason);
  }
  /** @param task ends when `signal` aborts, and never rejects */
  awaitAtEnd(task) {
    this.#tasks.push(task);
  }
  async [Symbol.asyncDispose]() {
    this.abort();
    await Promise.all(this.#tasks);
  }
};

// src/rollout/not-healthy-yet.ts
async function healthTimeoutError(engine, late, timeout) {
  const text = `not healthy within ${formatDuration(timeout)} (${await unhealthyText(engine, late)})`;
  const [job] = late.filter(({ subject }) => subject.ending === "always");
  const advice = job === void 0 ? `Increase "${inputRef("health-timeout")}", or fix what the container logs show.` : `${job.subject.service} must end before traffic moves, because it has restart: "no" or another service waits for its end. Increase "${inputRef("health-timeout")}"; or, if it is to keep running, give it restart: unless-stopped.`;
  return new HostError(engine.host, `${text}. ${advice}`);
}
function answerText(seen) {
  if (seen?.startsWith("answered ")) return `${seen} to the edge`;
  return `no answer to the edge${seen === void 0 || seen === "no answer" ? "" : `: ${seen}`}`;
}
async function unhealthyText(engine, containers) {
  const states = await Promise.all(
    containers.map(async (each) => {
      const details = await engine.inspectContainer(each.subject.container.id);
      const silent = each.answered ? "" : `, ${answerText(each.seen)}`;
      const { output } = each.ownCheck;
      const said = details.health?.status === "starting" && output !== void 0 ? `: ${oneLine(output)}` : "";
      return `${each.subject.service}: ${containerStateText(details, each.crashHistory(details))}${said}${silent}`;
    })
  );
  return [...new Set(states)].join("; ");
}

// src/rollout/printed-output.ts
const { setTimeout: pause4 } = require("node:timers/promises");
var READ_LINES = 200;
var MAX_LINE = 200;
var READ_TIMEOUT = 3e3;
var ERROR_LINE = /^(?=\S).*(?:error|exception|fatal|panic|emerg|cannot|can't|could not|failed|denied|refused|invalid|missing|not found|not set|no such)/i;
async function printedSentence(engine, { id, startedAt }) {
  const [first, ...others] = await readLog(engine, id, startedAt);
  if (first === void 0) return "";
  const telling = ERROR_LINE.test(first) ? void 0 : others.find((line) => ERROR_LINE.test(line));
  const then = telling === void 0 ? "" : `, then ${quotedLine(telling)}`;
  return ` It printed ${quotedLine(first)}${then}.`;
}
async function lastPrintedSentence(engine, { id, state }) {
  const lines = await readLog(engine, id);
  const telling = lines.findLast((line) => ERROR_LINE.test(line));
  const last = telling ?? (state === "running" ? void 0 : lines.at(-1));
  return last === void 0 ? "" : ` It printed ${quotedLine(last)}.`;
}
var quotedLine = (line) => `"${shorten(oneLine(line), MAX_LINE)}"`;
async function readLog(engine, id, since) {
  const read = async () => {
    const lines = await engine.containerLogs(id, READ_LINES, since);
    return lines.filter((line) => oneLine(line) !== "");
  };
  return Promise.race([read().catch(() => []), pause4(READ_TIMEOUT, [], { ref: false })]);
}

// src/rollout/slow-healthcheck.ts
const { setTimeout: delay } = require("node:timers/promises");
var LATE = 1e4;
var FIRST_PAUSE = 500;
var LONGEST_PAUSE = 5e3;
function asksTooRarely({ interval, startPeriod, startInterval }, timeout) {
  if (startPeriod === 0) return interval > LATE || 2 * interval >= timeout;
  return startInterval > LATE || startInterval + Math.min(startInterval, interval) >= timeout;
}
async function runOwnChecks(engine, { id, healthcheck }, check, signal, notify) {
  if (healthcheck === void 0) return;
  for (let pause6 = FIRST_PAUSE; !signal.aborted; pause6 = Math.min(2 * pause6, LONGEST_PAUSE)) {
    try {
      const { startedAt, state } = await engine.inspectContainer(id);
      if (state === "running" && check.passedIn !== startedAt) {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(healthcheck.timeout)]);
        const { exitCode, stdout, stderr } = await engine.exec(id, healthcheck.argv, { signal: limit });
        check.output = (stdout + stderr).trim() || `exit code ${exitCode}`;
        if (exitCode === 0) check.passedIn = startedAt;
      }
    } catch (error) {
      const isLate = error instanceof Error && error.name === "TimeoutError";
      check.output = isLate ? `no answer within ${formatDuration(healthcheck.timeout)}` : messageWithoutHost(engine.host, error);
    }
    notify();
    await delay(pause6, void 0, { signal }).catch(() => void 0);
  }
}

// src/rollout/await-healthy.ts
var PROBE_GRACE = 6e3;
var CRASH_TOLERANCE = 1e4;
var AwaitedContainer = class extends WatchedContainer {
  answered = this.subject.probe === void 0;
  /** What its probe has seen last. */
  seen;
  healthyDetails;
  /** Where the engine asks its HEALTHCHECK too rarely. */
  ownCheck = {};
  /** Why it failed; then it is no longer waited for. */
  failure;
};
async function awaitHealthy(context, expectations, timeout, tolerate = {}) {
  const { engine, waitStatus } = context;
  const containers = expectations.map((expectation) => new AwaitedContainer(expectation));
  const watcher = new ContainerWatcher(context, containers);
  const wait = {
    ...{ engine, watcher, containers, tolerate, probeDeadline: new AbortController(), timeIsOver: false },
    crashesUntil: performance.now() + Math.min(CRASH_TOLERANCE, timeout / 4)
  };
  waitStatus.limit = timeout;
  waitStatus.look = () => unhealthyText(engine, containers.filter(isAwaited));
  const endTime = () => {
    wait.timeIsOver = true;
    watcher.notifyAll();
  };
  const timers = [
    setTimeout(endTime, timeout),
    setTimeout(() => wait.probeDeadline.abort(), timeout + PROBE_GRACE)
  ];
  const probes = containers.map((each) => settle(wait, each, probeUntilAnswered(wait, each)));
  const checks2 = containers.map((each) => settle(wait, each, waitUntilHealthy(wait, each)));
  const ownChecks = containers.map((each) => runChecksIfNeeded(wait, each, timeout));
  try {
    await Promise.all(checks2);
    const late = containers.filter(isAwaited);
    if (late.length > 0) {
      await Promise.all(probes);
      watcher.signal.throwIfAborted();
    }
    for (const each of late) {
      if (!mayFail(wait, each)) throw await healthTimeoutError(engine, late, timeout);
      each.failure ??= `${each.subject.service} was not healthy within ${formatDuration(timeout)}`;
    }
    const healthy = containers.filter(({ failure }) => failure === void 0);
    return {
      healthy: healthy.flatMap(({ healthyDetails }) => healthyDetails ?? []),
      tolerated: containers.flatMap(({ failure }) => failure ?? [])
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await watcher[Symbol.asyncDispose]();
    await Promise.all([...probes, ...checks2, ...ownChecks]);
  }
}
async function runChecksIfNeeded({ engine, watcher }, each, timeout) {
  const { container, ending } = each.subject;
  const { healthcheck } = container;
  if (ending === "always" || healthcheck === void 0 || !asksTooRarely(healthcheck, timeout)) return;
  await runOwnChecks(engine, container, each.ownCheck, watcher.signal, () => each.notify());
}
var withOwnCheck = (details, { ownCheck }) => details.health?.status === "starting" && ownCheck.passedIn === details.startedAt ? { ...details, health: { ...details.health, status: "healthy" } } : details;
var isAwaited = ({ healthyDetails, failure }) => healthyDetails === void 0 && failure === void 0;
async function settle(wait, container, part) {
  try {
    await part;
  } catch (error) {
    if (wait.watcher.signal.aborted || !mayFail(wait, container)) return wait.watcher.abort(error);
    container.failure = messageWithoutHost(wait.engine.host, error);
    container.notify();
  }
}
function mayFail({ containers, tolerate }, { failure, subject }) {
  const failed = containers.filter((each) => each.failure !== void 0);
  const count = failed.filter((each) => each.subject.service === subject.service).length;
  return failure !== void 0 || count < (tolerate[subject.service] ?? 0);
}
async function probeUntilAnswered(wait, container) {
  const { probe } = container.subject;
  if (probe === void 0) return;
  const { signal } = wait.watcher;
  const deadline = wait.probeDeadline.signal;
  try {
    await probe(AbortSignal.any([signal, deadline]), (seen) => {
      container.seen = seen;
    });
    container.answered = true;
    container.notify();
  } catch (error) {
    if (deadline.aborted) return;
    throw signal.aborted ? error : await probeError(wait.engine, container, error);
  }
}
async function probeError(engine, each, error) {
  const { container, service } = each.subject;
  const details = await engine.inspectContainer(container.id).catch(() => container);
  const history = each.crashHistory(details);
  if (history.restarts === 0) return error;
  const crash = `${crashText(details, history)}.${await printedSentence(engine, details)}`;
  const text = `${service} did not become healthy in time: ${crash} ${messageWithoutHost(engine.host, error)}`;
  return new HostError(engine.host, text, { cause: error });
}
async function waitUntilHealthy(wait, each) {
  const { engine, watcher } = wait;
  const { container, ending, probe, mustSettle, isUrgent = false } = each.subject;
  let start;
  let details;
  await watcher.opened;
  for (; ; ) {
    watcher.signal.throwIfAborted();
    if (each.failure !== void 0) return;
    details ??= await engine.inspectContainer(container.id);
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = probe !== void 0 && each.answered && !mustSettle;
    const runningFor = proven ? SETTLE_TIME : performance.now() - start.seen;
    const history = each.crashHistory(details, isUrgent ? 0 : wait.crashesUntil - performance.now());
    const verdict = assessContainer(withOwnCheck(details, each), ending, runningFor, history);
    if (verdict.kind === "failed") throw await failureError(engine, each.subject, details, verdict.why);
    const isHealthy = verdict.kind === "ok" && each.answered;
    each.healthyDetails = isHealthy ? details : void 0;
    if (isHealthy || wait.timeIsOver) return;
    const { answered } = each;
    await each.wait(verdict.kind === "pending" ? verdict.recheckIn : void 0);
    const changed = each.takeChange();
    if (changed || answered || !each.answered || wait.timeIsOver) details = void 0;
  }
}
async function failureError(engine, { service, ending }, details, why) {
  const printed = details.state === "running" ? "" : await printedSentence(engine, details);
  const what = ending === "always" ? "did not complete" : "did not become healthy";
  return new HostError(engine.host, `${service} ${what}: ${why}${printed === "" ? "" : `.${printed}`}`);
}

// src/rollout/await-accessories.ts
async function awaitAccessories(context, release, names, areReplaced = false) {
  const proxies = proxiesOf(release);
  const started = names.filter((name) => areReplaced || proxies.includes(name) || isWaitedFor(release, name));
  if (started.length === 0) return false;
  const expectations = [];
  for (const container of await inspectAll(context.engine, await listAccessories(context))) {
    const service = serviceOf(container) ?? "";
    if (!started.includes(service)) continue;
    const ending = endingOfAccessory(release, service);
    const staysUp = hasHealthcheck(container) || isLongRunning(release, service);
    const isProxy = proxies.includes(service);
    if (!isWaitedFor(release, service) && !staysUp && !isProxy) continue;
    const isUrgent = areReplaced && isProxy;
    expectations.push({ container, service, ending, probe: void 0, mustSettle: true, isUrgent });
  }
  const isOptional = ({ service }) => {
    const awaited = awaitedConditions(release, service);
    return awaited.length > 0 && awaited.every(({ optional }) => optional);
  };
  await awaitAll(
    context,
    release,
    expectations.filter((each) => !isOptional(each))
  );
  for (const each of expectations.filter(isOptional)) {
    await awaitAll(context, release, [each]).catch((error) => {
      if (!(error instanceof HostError) || context.signal.aborted) throw error;
      context.log.warning(`${error.message} It is optional, so the release starts without it.`);
    });
  }
  return expectations.some(({ container }) => hasHealthcheck(container));
}
async function awaitAll(context, release, expectations) {
  if (expectations.length === 0) return;
  try {
    await awaitHealthy(context, expectations, release.health.timeout);
  } catch (error) {
    if (!(error instanceof HostError) || context.engine.disconnected.aborted) throw error;
    const { host } = context.engine;
    const evidence = await failureLines(context, expectations);
    throw new HostError(host, messageWithoutHost(host, error), { evidence, cause: error });
  }
}
async function failureLines(context, expectations) {
  const now = await inspectAll(
    context.engine,
    expectations.map(({ container }) => container)
  );
  const failed = now.filter(({ state, exitCode }) => state !== "running" && exitCode !== 0);
  const lines = await Promise.all(failed.map(({ id }) => lastLogLines(context, id)));
  return lines.flat();
}
var isWaitedFor = (release, name) => endingOfAccessory(release, name) === "always" || awaitedConditions(release, name).length > 0;
function endingOfAccessory(release, name) {
  const completes = awaitedConditions(release, name).some(
    ({ condition }) => condition === "service_completed_successfully"
  );
  return completes ? "always" : release.accessoryEndings?.[name] ?? "never";
}
function awaitedConditions({ conditions, base }, name) {
  const ofRelease = conditions.filter(({ service }) => service === name).map(({ condition, optional = false }) => ({ condition, optional }));
  const ofAccessories = Object.values(base.services).flatMap((service) => {
    const dependency = dependenciesOf(service).get(name);
    return dependency === void 0 ? [] : [{ condition: dependency.condition, optional: !dependency.required }];
  });
  return [...ofRelease, ...ofAccessories].filter(({ condition }) => condition !== "service_started");
}
function isLongRunning({ base }, name) {
  const restart = asText(asObject(base.services[name])["restart"]);
  return restart === "always" || restart === "unless-stopped";
}

// src/rollout/empty-image.ts
var EMPTY_REPOSITORY = "sealift/nothing";
var EMPTY_TAG = "1";
var EMPTY_IMAGE = `${EMPTY_REPOSITORY}:${EMPTY_TAG}`;
async function ensureEmptyImage(engine) {
  if (await engine.inspectImage(EMPTY_IMAGE) === void 0)
    await engine.importEmptyImage(EMPTY_REPOSITORY, EMPTY_TAG);
}

// src/rollout/file-volumes.ts
var FILES_MOUNT = "/files";
async function fillFileVolumes(engine, release) {
  const { files } = baseObjects(release);
  if (files.size === 0) return;
  const used = new Set((await engine.listContainers([])).flatMap(({ volumes }) => volumes));
  const unused = [...files].filter(([name]) => !used.has(name));
  if (unused.length > 0) await ensureEmptyImage(engine);
  for (const [Source, contents] of unused) {
    const container = await engine.createContainer(`${Source}-writer`, {
      Image: EMPTY_IMAGE,
      Cmd: ["never-started"],
      Labels: { ...labelsOf(release), [LABEL.role]: OWN_ROLE.probe },
      HostConfig: { Mounts: [{ Type: "volume", Source, Target: FILES_MOUNT }] }
    });
    try {
      const written = contents.map(
        ({ path, content, mode }) => [path, { content, mode: Number.parseInt(mode, 8) }]
      );
      await engine.writeFiles(container, FILES_MOUNT, new Map(written));
    } finally {
      await engine.removeContainer(container, { force: true, keepVolumes: true });
    }
  }
}
function listFileVolumes(engine, app) {
  const filters = Object.entries({ ...labelsOf(app), [LABEL.role]: FILES_ROLE });
  return engine.listVolumes(filters.map(([key, value]) => `${key}=${value}`));
}
async function removeFileVolumes(engine, app, found, kept) {
  const needed = new Set(kept.flatMap((release) => [...baseObjects(release).files.keys()]));
  const unneeded = found.filter(({ name }) => !needed.has(name) && name.startsWith(`${baseProject(app)}-`));
  await allOrThrow(
    unneeded.map(
      ({ name }) => engine.removeVolume(name).catch((error) => {
        if (!(error instanceof Conflict)) throw error;
      })
    )
  );
}

// src/rollout/first-stop.ts
var FirstStop = class _FirstStop {
  /** By `performance.now()`; `undefined`: none was. */
  at;
  #end = new AbortController();
  #listening = Promise.resolve();
  /** @throws HostError when the engine can't be asked */
  static async watch({ engine, log }, project, services) {
    const stop = new _FirstStop();
    const filters = {
      type: ["container"],
      label: [`com.docker.compose.project=${project}`],
      event: ["kill", "die"]
    };
    const events = await engine.events(filters, stop.#end.signal);
    stop.#listening = stop.#listen(events, services).catch((error) => log.debug(messageOf(error)));
    return stop;
  }
  async #listen(events, services) {
    for await (const { attributes } of events) {
      if (services.includes(serviceOf({ labels: attributes }) ?? "")) this.at ??= performance.now();
    }
  }
  async [Symbol.asyncDispose]() {
    this.#end.abort();
    await this.#listening;
  }
};

// src/rollout/own-proxies.ts
async function requireProxiesRun(context, release) {
  const live = context.live && context.releases.get(context.live);
  const proxies = [...neededProxiesOf(release), ...live === void 0 ? [] : misledProxies(live, release)];
  if (proxies.length === 0) return;
  const containers = await inspectAll(context.engine, await listAccessories(context));
  for (const proxy of proxies) {
    const own = containers.filter((container) => serviceOf(container) === proxy);
    if (own.some(({ state, health }) => state === "running" && health?.status !== "unhealthy")) continue;
    const [first] = own;
    const why = first === void 0 ? "it has no container" : endText(first);
    throw new HostError(
      context.engine.host,
      `${proxy}, the proxy of the Compose file, does not run, so no visitor reaches the release: ${why}. If its configuration is wrong, change it and deploy with "${inputSetting("accessories", "update")}".`,
      { evidence: first === void 0 ? [] : await lastLogLines(context, first.id) }
    );
  }
}
var LOCAL_VISITOR = { host: "localhost", path: "/" };
var PROXY_LOOK_INTERVAL = 1e3;
async function requireProxiesListen(context, release) {
  const { engine, appEnvironment, signal } = context;
  const end = performance.now() + release.health.timeout;
  for (; ; ) {
    await requireProxiesRun(context, release);
    if (neededProxiesOf(release).length === 0) return;
    const ports = await publishedPorts(context, release);
    if (ports.length === 0) return;
    const from = runningEdgeId(engine, await observeEdge(engine, appEnvironment));
    const targets = ports.map(({ address }) => ({ address, protocol: "tcp" }));
    const results = await probePorts(engine, from, targets, LOCAL_VISITOR, PROXY_LOOK_INTERVAL, signal);
    const [silent] = [...Map.groupBy(ports, ({ proxy: proxy2 }) => proxy2)].filter(
      ([, own2]) => own2.every(({ address }) => results.get(address)?.ok !== true)
    );
    if (silent === void 0) return;
    const [proxy, own] = silent;
    if (performance.now() >= end)
      throw new HostError(
        engine.host,
        `${proxy}, the proxy of the Compose file, accepts no connections at the ports of its container that it publishes (${joinWithAnd(own.map(({ port }) => String(port)))}), so no visitor reaches the release. Let it listen there, or publish the port at which it does.`
      );
  }
}
async function publishedPorts(context, release) {
  const proxies = neededProxiesOf(release);
  const shared = release.routes.flatMap(
    ({ upstream }) => upstream === void 0 ? [] : upstreamNetwork(release, upstream)
  );
  const containers = await inspectAll(context.engine, await listAccessories(context));
  return containers.flatMap((container) => {
    const proxy = serviceOf(container);
    const service = proxy === void 0 ? void 0 : release.base.services[proxy];
    const network = shared.find((name) => (container.networks[name]?.ipv4 ?? "") !== "");
    if (proxy === void 0 || service === void 0 || network === void 0) return [];
    if (!proxies.includes(proxy) || container.state !== "running") return [];
    return portsOf(service).filter(({ protocol }) => protocol === "tcp").map(({ target: port }) => ({ proxy, port, address: `${container.networks[network]?.ipv4}:${port}` }));
  });
}

// src/rollout/replace-accessories.ts
async function replaceAccessories(context, release, action, start) {
  var _stack = [];
  try {
    const { recreate: services = [] } = action;
    const stop = __using(_stack, await FirstStop.watch(context, baseProject(release), services), true);
    const failed = new AbortController();
    let to;
    try {
      for (const args of replacements(release, services)) await start("--force-recreate", "--no-deps", ...args);
      const serving = servingSince(context, release, services, failed.signal);
      const areChecked = await awaitAccessories(context, release, services, true);
      const servesAt = await serving;
      to = areChecked ? performance.now() : servesAt;
    } finally {
      failed.abort();
      const { at: from } = stop;
      if (from !== void 0)
        context.runState.interruptions.set(action, { services, from, to: to ?? performance.now() });
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function servingSince(context, release, services, failed) {
  if (services.some((name) => proxiesOf(release).includes(name))) {
    const signal = AbortSignal.any([context.signal, failed]);
    await requireProxiesListen({ ...context, signal }, release).catch(
      (error) => context.log.debug(messageOf(error))
    );
  }
  return performance.now();
}
var PROXY_STOP_TIMEOUT = 2;
function replacements(release, names) {
  const proxies = proxiesOf(release);
  const isQuick = (name) => proxies.includes(name) && asObject(release.base.services[name])["stop_grace_period"] === void 0;
  const quick = names.filter(isQuick);
  const others = names.filter((name) => !isQuick(name));
  return [
    ...others.length === 0 ? [] : [others],
    ...quick.length === 0 ? [] : [["--timeout", String(PROXY_STOP_TIMEOUT), ...quick]]
  ];
}

// src/rollout/explain-start-failure.ts
async function explainStartFailure(engine, error, services) {
  const engineMessage = messageOf(error);
  const [, name] = /container name "\/?([^"]+)" is already in use/.exec(engineMessage) ?? [];
  if (name !== void 0) {
    return new HostError(
      engine.host,
      `a container with the name "${name}" exists already, and such a name exists once on a host. Remove container_name from the Compose file, or that container ("docker rm ${name}" on the host).`,
      { evidence: [engineMessage], cause: error }
    );
  }
  if (isDiskFull(engineMessage))
    return hostDiskFullError(engine.host, "create or start containers", [engineMessage]);
  const ports = services.flatMap(portsOf).map(({ published }) => Number(published));
  return explainTakenPort(engine, error, ports.filter(Number.isSafeInteger)).catch(() => error);
}

// src/rollout/names-on-host.ts
async function findReleaseImage({ engine, releases, runState }, image) {
  const found = await findImage(engine, image);
  if (found === void 0 || found.name === image) return found;
  const { id, repoDigests, layers } = found.details;
  const origins = [...releases.values()].map(({ origin }) => origin);
  const ids = origins.flatMap(({ imageIds: imageIds2 }) => imageIds2?.[image] ?? []);
  const chains = origins.flatMap(({ imageChains }) => imageChains?.[image] ?? []);
  const digest = `@${digestOf(image)}`;
  const isKnown = ids.length === 0 || ids.includes(id) || chains.includes(chainOf(layers)) || repoDigests.some((each) => each.endsWith(digest));
  if (!isKnown)
    throw new HostError(
      engine.host,
      `${found.name} is another image than the one that was deployed under this name: ${id}. Somebody moved the tag: remove it there (docker image rm), and deploy again.`
    );
  runState.imageNames.set(image, found.name);
  return found;
}
async function withNamesOnHost(context, config) {
  const names = /* @__PURE__ */ new Map();
  for (const { image } of Object.values(config.services)) {
    if (typeof image !== "string" || names.has(image)) continue;
    const known = context.runState.imageNames.get(image);
    const found = known ?? (isPinnedImage(image) && isDirect(context, image) ? await findReleaseImage(context, image) : void 0);
    if (found !== void 0) names.set(image, typeof found === "string" ? found : found.name);
  }
  if (names.size === 0) return config;
  const services = mapValues(config.services, (service) => {
    const name = names.get(service["image"]);
    return name === void 0 ? service : { ...service, image: name };
  });
  return { ...config, services };
}
var isDirect = ({ releases }, image) => [...releases.values()].some(
  ({ origin, services }) => origin.imageTransfer === "direct" && Object.values(services).some((service) => service.image === image)
);

// src/rollout/run-compose.ts
var COMPOSE_OVERHEAD = 6e4;
async function runCompose(context, project, config, confidential, args, { timeout, onLine }) {
  const { engine, environment, signal: cancelled } = context;
  const named2 = await withNamesOnHost(context, config);
  const deadline = timeout === void 0 ? void 0 : AbortSignal.timeout(timeout + COMPOSE_OVERHEAD);
  const progress = onLine === void 0 ? "plain" : "quiet";
  const env = { ...environment, ...engine.cliEnvironment, ...Object.fromEntries(confidential) };
  try {
    const argv = ["--project-name", project, "--file", "-", "--progress", progress, ...args];
    await runComposeProgram(context, argv, {
      signal: anySignal(cancelled, deadline),
      stdin: JSON.stringify(named2),
      env: { ...env, COMPOSE_PROFILES: "*" },
      ...onLine && { onLine }
    });
  } catch (error) {
    const failedHook = error instanceof CommandError ? composeHookError(engine.host, error) : void 0;
    if (failedHook !== void 0) throw failedHook;
    if (timeout === void 0 || !deadline?.aborted || cancelled.aborted)
      throw await explainStartFailure(engine, error, Object.values(config.services));
    throw new HostError(
      engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(timeout + COMPOSE_OVERHEAD)}. Increase "${inputRef("health-timeout")}", or fix what the container logs show.`,
      { cause: error }
    );
  }
}
function requireConfidential(context, id) {
  const known = context.confidential.get(id);
  const release = releaseById(context, id);
  const missing = missingContents(release, known);
  if (missing.length > 0) throw goneSecretsError(context.engine.host, release, missing);
  return known ?? /* @__PURE__ */ new Map();
}
var goneSecretsError = (host, { id, origin }, missing) => new ConfigurationError(
  `${host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a host: ${joinWithAnd(missing)}. Give them to the action rollback in its input "${inputRef("secrets")}", or deploy its image again from a checkout of ${origin.revision ?? "its commit"}: input "${inputRef("image")}".`
);
function accessoryConfidential(context, release) {
  const { confidential } = context;
  const needed = confidentialVariables(release.base, Object.keys(release.base.services));
  const own = confidential.get(release.id) ?? /* @__PURE__ */ new Map();
  return [own, ...confidential.values()].find((contents) => needed.every((name) => contents.has(name))) ?? requireConfidential(context, release.id);
}

// src/rollout/without-dependencies.ts
function withoutDependenciesOn(config, done) {
  return {
    ...config,
    services: mapValues(
      config.services,
      (service) => service["depends_on"] === void 0 ? service : { ...service, depends_on: withoutKeys(asObject(service["depends_on"]), ...done) }
    )
  };
}

// src/rollout/accessories.ts
async function ensureAccessories(context, action) {
  const release = releaseById(context, action.release);
  const { recreate = [] } = action;
  const missing = action.services.filter((name) => !recreate.includes(name));
  const config = await prepareAccessories(context, release);
  const start = async (project, ...args) => {
    const confidential = accessoryConfidential(context, release);
    const up = ["up", "--detach", "--no-build", ...args];
    const { timeout } = release.health;
    await runCompose(context, baseProject(release), project, confidential, up, { timeout });
  };
  const ready = /* @__PURE__ */ new Set();
  for (const group2 of startGroups(config.services, missing)) {
    await start(withoutDependenciesOn(config, ready), "--no-recreate", ...group2);
    for (const name of group2) ready.add(name);
    await awaitAccessories(context, release, group2);
  }
  if (recreate.length === 0) return void 0;
  await replaceAccessories(context, release, action, (...args) => start(config, ...args));
  return `${recreate.join(", ")} recreated`;
}
async function prepareAccessories({ engine }, release) {
  const { volumes } = baseObjects(release);
  await Promise.all([
    createMissingNetworks(engine, release),
    ...volumes.map((volume) => engine.createVolume(volume))
  ]);
  await fillFileVolumes(engine, release);
  return withUpstreamHosts(engine, release, renderBase(release));
}
async function withUpstreamHosts(engine, release, base) {
  const upstreams = release.routes.flatMap(({ upstream }) => upstream ?? []);
  if (upstreams.length === 0) return base;
  const addresses = await upstreamAddresses(engine, release);
  const services = mapValues(base.services, (service) => {
    const networks = asObject(service["networks"]);
    const own = upstreams.filter((upstream) => upstreamKey(upstream) in networks);
    const hosts = [...new Set(upstreamHosts(own, addresses))];
    return hosts.length === 0 ? service : { ...service, extra_hosts: [...asStrings(service["extra_hosts"]), ...hosts] };
  });
  return { ...base, services };
}

// src/rollout/adopt-project.ts
var STAYS_STOPPED = { name: "unless-stopped", maxRetries: 0 };
async function stopAdoptedProject(context, { project, release: id }) {
  const { engine, runState } = context;
  const release = releaseById(context, id);
  const all = await listProject(engine, project);
  const own = all.filter((each) => {
    const service = serviceOf(each) ?? "";
    return service in release.services || service in release.base.services;
  });
  const containers = await inspectAll(engine, own);
  for (const each of containers)
    if (!runState.stoppedContainers.has(each.id)) runState.stoppedContainers.set(each.id, each);
  const needed = accessoryContainerNames(release);
  const inTheWay = containers.filter(({ name }) => needed.has(name));
  await allOrThrow(
    containers.map(async (each) => {
      if (each.restartPolicy === "always" || each.restartPolicy === "on-failure")
        await engine.setRestartPolicy(each.id, STAYS_STOPPED);
      if (isRunning(each)) await engine.stopContainer(each.id).catch(ignoreNotFound);
    })
  );
  await allOrThrow(
    inTheWay.map(
      ({ id: container, name }) => engine.renameContainer(container, setAsideName(name)).catch(ignoreNotFound)
    )
  );
  const count = containers.filter(isRunning).length;
  const renamed = inTheWay.map(({ name }) => `, ${name} renamed to ${setAsideName(name)}`).join("");
  return `${count} stopped${renamed}; once they are not needed any more: docker compose -p ${project} rm (never down --volumes)`;
}
async function restartAdoptedProject(context, { project }) {
  const { engine, runState } = context;
  const accessories = await listAccessories(context);
  for (const { id } of accessories) await engine.stopContainer(id).catch(ignoreNotFound);
  await allOrThrow(
    accessories.map(({ id }) => engine.removeContainer(id, { force: true, keepVolumes: true }))
  );
  const before = [...runState.stoppedContainers.values()];
  const present = await listProject(engine, project);
  for (const each of present) await giveNameBack(context, each);
  const ids = new Set(present.map(({ id }) => id));
  for (const each of inStartOrder(before.filter(({ id }) => ids.has(id)))) {
    const { restartPolicy: name, restartRetries: maxRetries = 0 } = each;
    if (name === "always" || name === "on-failure")
      await engine.setRestartPolicy(each.id, { name, maxRetries });
    if (isRunning(each)) await engine.startContainer(each.id);
  }
  return `${before.filter(isRunning).length} started`;
}
async function giveNameBack({ engine, log }, { id, name }) {
  const former = nameBeforeAdoption(name);
  if (former === name) return;
  try {
    await engine.renameContainer(id, former).catch(ignoreNotFound);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    log.warning(`${engine.host}: ${name} keeps that name: ${messageWithoutHost(engine.host, error)}`);
  }
}
var isRunning = ({ state }) => state === "running" || state === "restarting" || state === "paused";
var listProject = async (engine, project) => (await engine.listContainers([`com.docker.compose.project=${project}`])).filter((each) => !isOneOff(each));
function inStartOrder(containers) {
  const placed = [];
  let rest = containers;
  while (rest.length > 0) {
    const waiting = new Set(rest.map((each) => serviceOf(each) ?? ""));
    const ready = rest.filter((each) => dependenciesOn(each).every((name) => !waiting.has(name)));
    placed.push(...ready.length > 0 ? ready : rest);
    rest = rest.filter((each) => !placed.includes(each));
  }
  return placed;
}
var dependenciesOn = ({ labels }) => (new Map(Object.entries(labels)).get("com.docker.compose.depends_on") ?? "").split(",").map((each) => each.split(":", 1)[0] ?? "");

// src/rollout/disk-space.ts
var AMPLE_SPACE = 32 * 1024 ** 3;
async function checkDiskSpace(context, images) {
  if (images.length === 0) return;
  const free = await freeSpace(context);
  if (free === void 0 || free >= AMPLE_SPACE) return;
  const most = await sizeOfMissing(context, images, () => Promise.resolve(/* @__PURE__ */ new Set()));
  if (most === void 0 || most <= free) return;
  const needed = await neededSpace(context, images);
  if (needed !== void 0 && needed > free) throw shortageError(context, images, needed, free);
}
async function diskFullError(context, images, evidence) {
  const [needed, free] = await Promise.all([neededSpace(context, images), freeSpace(context)]);
  return shortageError(context, images, needed, free, evidence);
}
function shortageError({ engine }, images, needed, free, evidence = []) {
  const isMissing = needed !== void 0 && free !== void 0 && free < needed;
  const missing = isMissing ? `, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing` : "";
  const sizes = needed === void 0 ? "" : ` It needs at least ${megabytes(needed)}${missing}.`;
  return new HostError(
    engine.host,
    `there is not enough disk space for ${images.join(", ")}.${sizes} Free some space ("docker system df" shows what uses it) or lower "${inputRef("keep")}".`,
    { evidence }
  );
}
var megabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;
function freeSpace(context) {
  const { engine, runState, signal } = context;
  return orUnknown(context, "free space", async () => {
    const container = runState?.edge ?? await runningCaddy(engine);
    if (container === void 0) return void 0;
    const argv = ["sh", "-c", 'df -Pk /; echo "ended $?"'];
    const { exitCode, stdout } = await engine.exec(container, argv, { exitWords: "ended", signal });
    return exitCode === 0 ? parseAvailableSpace(stdout) : void 0;
  });
}
async function runningCaddy(engine) {
  const containers = await engine.listContainers([LABEL.role]);
  return containers.find((each) => each.state === "running" && hasOwnRole(each, "edge", "front"))?.id;
}
function parseAvailableSpace(output) {
  const available = Number(output.trim().split("\n")[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : void 0;
}
var neededSpace = (context, images) => sizeOfMissing(context, images, () => existingLayers(context.engine));
function sizeOfMissing(context, images, findExisting) {
  return orUnknown(context, "size of the images", async () => {
    const [existing, ...lookups] = await Promise.all([
      findExisting(),
      ...images.map((image) => layersForHost(context, image))
    ]);
    const missing = /* @__PURE__ */ new Map();
    for (const layers of lookups) {
      if (layers === void 0) return void 0;
      for (const { diffId, size } of layers) if (!existing.has(diffId)) missing.set(diffId, size);
    }
    return [...missing.values()].reduce((sum, size) => sum + size, 0);
  });
}
async function layersForHost({ engine, lookUpLayers }, image) {
  const [{ os, architecture }, platforms] = await Promise.all([engine.version(), lookUpLayers(image)]);
  return layersForPlatform(platforms, `${os}/${architecture}`);
}
var layersForPlatform = (platforms, platform) => [...platforms ?? []].find(([name]) => name === platform || name.startsWith(`${platform}/`))?.[1].layers;
async function existingLayers(engine) {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}
async function orUnknown({ engine, signal, log }, what, read) {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`${engine.host}: the ${what} is not known: ${messageOf(error)}`);
    return void 0;
  }
}

// src/registry/engine-login.ts
async function engineLogin(image, source) {
  const registry = registryOf(image);
  const login = await storedLogin(registry, source);
  if (login === void 0) return void 0;
  const serveraddress = registryConfigKey(registry);
  switch (login.kind) {
    case "password":
      return { username: login.username, password: login.password, serveraddress };
    case "identity-token":
      return { identitytoken: login.token, serveraddress };
    case "registry-token":
      return { registrytoken: login.token, serveraddress };
  }
}

// src/rollout/image-platforms.ts
async function missingPlatformError(context, image, evidence) {
  const { engine, lookUpLayers, log } = context;
  const found = await lookUpLayers(image.name).catch((error) => {
    log.debug(`${engine.host}: the platforms of ${image.name} are not known: ${messageOf(error)}`);
    return void 0;
  });
  return await otherPlatformError(context, image, [...found?.keys() ?? []], evidence);
}
async function warnOfOtherPlatform(context, image, platform) {
  if (image.platform !== void 0 || platform === "") return;
  const error = await otherPlatformError(context, image, [platform]);
  if (error !== void 0) context.log.warning(`${error.message} Without emulation it can't start there.`);
}
async function otherPlatformError({ engine }, { name, platform, isReleased }, found, evidence = []) {
  const { os, architecture } = await engine.version();
  const wanted = platform ?? `${os}/${architecture}`;
  if (found.length === 0 || found.some((each) => runsOn(each, wanted))) return void 0;
  const needs = platform === void 0 ? `this host is ${wanted}` : `"platform" of its service says ${wanted}`;
  const advice = isReleased ? `Build it for that too: ${inputSetting("platforms", [...found, wanted].join(", "))}.` : `Name an image in the Compose file that is built for ${wanted}.`;
  return new HostError(engine.host, `${name} is for ${joinWithAnd(found)}, and ${needs}. ${advice}`, {
    evidence
  });
}
var OLDER_PLATFORM = {
  "linux/amd64": "linux/386",
  "linux/arm64": "linux/arm"
};
var runsOn = (platform, host) => [host, OLDER_PLATFORM[host]].some(
  (each) => each !== void 0 && (platform === each || platform.startsWith(`${each}/`) || each.startsWith(`${platform}/`))
);

// src/rollout/pull-image.ts
var NOT_FOUND = /not found|manifest unknown|no matching manifest|no match for platform|does not match the specified platform/i;
var PULL_RETRY_LIMIT = 5 * 6e4;
async function pullImage(context, image, progress) {
  const { engine, log, signal, pullRetry } = context;
  layersForHost(context, image.name).then(
    (layers = []) => progress.measure(image.name, layers),
    (error) => log.debug(`${engine.host}: the size of ${image.name} is not known: ${messageOf(error)}`)
  );
  const what = `${engine.host}: the pull of ${image.name}`;
  await retryTransient(what, () => pullOnce(context, image, progress), { log, signal, ...pullRetry });
}
async function pullOnce(context, image, progress) {
  const { engine, signal } = context;
  const { name, platform } = image;
  try {
    await engine.pullImage(name, {
      ...{ platform, login: await loginFor(context, name), signal },
      onProgress: (layer) => progress.read(name, layer)
    });
  } catch (error) {
    if (error instanceof PullRefused) throw await pullError(context, image, error);
    if (error instanceof PullStalled) throw error;
    if (error instanceof HostError && !engine.disconnected.aborted && !signal.aborted)
      throw new TransientError(error, { reason: messageWithoutHost(engine.host, error) });
    throw error;
  }
}
async function loginFor({ engine, environment, run: run2, log, signal }, image) {
  try {
    return await engineLogin(image, { environment, run: run2, signal });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    log.info(`${engine.host}: ${image} is pulled without a login: ${error.message}`);
    return void 0;
  }
}
async function pullError(context, image, { said: text, evidence }) {
  const { engine, signal } = context;
  const { host } = engine;
  const { name } = image;
  const registry = registryOf(name);
  const reason = text.replace(/\.$/, "");
  if (/no space left on device/i.test(text)) return diskFullError(context, [name], evidence);
  if (isTransient(text)) {
    const wait = retryAfterInText(text) ?? (isBusy(text) ? await askRetryAfter(name, signal) : void 0);
    const asked = wait === void 0 ? "" : ` It asks to try again in ${Math.ceil(wait / 1e3)} s.`;
    const error = new HostError(
      host,
      `could not pull ${name}: ${reason}.${asked}${limitAdvice(text, registry)}`,
      { evidence }
    );
    if (engine.disconnected.aborted) return error;
    return new TransientError(error, {
      reason: `${reason}.`,
      wait
    });
  }
  if (isAccessDenied(text)) {
    return new HostError(
      host,
      `the registry ${registry} refuses ${name}. Check that the login for ${registry} can read it. If there is none, ${loginAdvice(registry)}. A login on the server itself is not used.`,
      { evidence }
    );
  }
  if (!NOT_FOUND.test(text)) return new HostError(host, `could not pull ${name}: ${reason}.`, { evidence });
  const notFound = `${name} was not found in the registry. Check its name and tag, and whether it was removed since.`;
  return await missingPlatformError(context, image, evidence) ?? new HostError(host, notFound, { evidence });
}
var isBusy = (text) => /\b(?:429|503)\b|toomanyrequests|too many requests/i.test(text);
var limitAdvice = (text, registry) => registry === DOCKER_HUB && /toomanyrequests|pull rate limit/i.test(text) ? ` With a login, Docker Hub allows more: ${loginAdvice(registry)}.` : "";

// src/rollout/bring-image.ts
var WAY = {
  pulled: () => `its engine pulled the missing layers from ${thisRunner()}`,
  "missing layers loaded": () => "as an archive with the missing layers",
  "all layers loaded": () => "as an archive with all layers"
};
async function bringImage(context, image, progress) {
  const { images, engine, signal } = context;
  const { name } = image;
  const other = images?.others.get(name);
  if (other !== void 0) return await sendOther(context, image, other, progress);
  if (images === void 0 || !image.isReleased || !isPinnedImage(name))
    return await pullImage(context, image, progress);
  if (images.kind === "direct") {
    const local = await (await images.transfer()).find(name, signal);
    if (local === void 0) throw nowhereError(context, name);
    return await send(context, image, local, progress);
  }
  const isElsewhere = images.mayCopy && await (await images.transfer()).isOnAnyHost(name, signal);
  if (!isElsewhere) return await pullImage(context, image, progress);
  try {
    await pullImage(onlyOnce(context), image, progress);
  } catch (error) {
    if (!(error instanceof HostError) || engine.disconnected.aborted || signal.aborted) throw error;
    const copy = await (await images.transfer()).find(name, signal);
    if (copy === void 0) throw error;
    context.log.info(`${error.message} It comes from another host instead.`);
    await send(context, image, copy, progress);
  }
}
var onlyOnce = (context) => ({
  ...context,
  pullRetry: { ...context.pullRetry, retryPolicy: { ...context.pullRetry.retryPolicy, attempts: 1 } }
});
var nowhereError = ({ engine }, image) => new HostError(
  engine.host,
  `${image} is neither here nor on ${thisRunner()} nor on another host, and it is in no registry, because it was deployed with "${inputSetting("image-transfer", "direct")}". Deploy its commit again.`
);
async function sendOther(context, image, local, progress) {
  await send(context, image, local, progress);
  const { repository, tag = "latest", digest } = parseImageReference(image.name, "image");
  const { imageNames } = context.runState;
  const sent = imageNames.get(local.name) ?? local.name;
  if (digest === void 0) await context.engine.tagImage(sent, repository, tag);
  else if (sent !== image.name) imageNames.set(image.name, sent);
}
async function send(context, image, local, progress) {
  const { engine, log, signal, pullRetry, runState } = context;
  const what = `${engine.host}: the transfer of ${image.name}`;
  const sent = await retryTransient(what, () => sendOnce(context, image, local, progress), {
    ...{ log, signal, ...pullRetry }
  });
  progress.noteSent(image.name, sent.bytes);
  if (sent.name !== image.name) runState.imageNames.set(local.name, sent.name);
  log.info(`${engine.host}: ${image.name} was sent, ${formatBytes(sent.bytes)}: ${WAY[sent.way]()}.`);
}
async function sendOnce(context, image, local, progress) {
  const { engine, images, signal } = context;
  const { os, architecture } = await engine.version();
  const platform = image.platform ?? `${os}/${architecture}`;
  if (images === void 0) throw nowhereError(context, local.name);
  try {
    const transfer = await images.transfer();
    return await transfer.send(engine, local, {
      ...{ platform, signal },
      onProgress: (layer) => progress.read(image.name, layer)
    });
  } catch (error) {
    if (error instanceof PullRefused) throw await diskFullError(context, [image.name], error.evidence);
    if (isBrokenConnection(error) && !engine.disconnected.aborted && !signal.aborted)
      throw new TransientError(error, { reason: messageWithoutHost(engine.host, error) });
    throw error;
  }
}
var isBrokenConnection = (error) => error instanceof HostError && error.cause instanceof Error;

// src/rollout/pull-progress.ts
var LAYER_ID = /^[0-9a-f]{12}$/;
var ON_HOST = "Already exists";
var TRANSFERRED = /^(?:Verifying Checksum|Download complete|Extracting|Pull complete)/;
var PullProgress = class {
  #layers = /* @__PURE__ */ new Map();
  /** Bytes by the start of the digest. */
  #sizes = /* @__PURE__ */ new Map();
  /** Images whose layers are known with their sizes. */
  #measured = /* @__PURE__ */ new Set();
  #sent = /* @__PURE__ */ new Map();
  /** Notes what the pull of an image does with a layer. */
  read(image, { id, state, bytes }) {
    if (!LAYER_ID.test(id)) return;
    const layer = this.#layers.get(id) ?? { image, state, received: 0 };
    this.#layers.set(id, layer);
    if (layer.image !== image) return;
    layer.state = state;
    if (state === "Downloading") layer.received = bytes;
  }
  /** Adds what the registry says of an image. */
  measure(image, layers) {
    for (const { digest, size } of layers) this.#sizes.set(shortId(digest), size);
    if (layers.length > 0) this.#measured.add(image);
  }
  /** `3 of 8 layers, 41.2 MB of 120 MB`; `undefined` before the first layer is known. */
  get text() {
    const wanted = [...this.#layers].filter(([, { state }]) => state !== ON_HOST);
    if (wanted.length === 0) return void 0;
    const done = wanted.filter(([, { state }]) => TRANSFERRED.test(state));
    const isKnown = wanted.every(([id]) => this.#sizes.has(id));
    const size = ([id]) => this.#sizes.get(id) ?? 0;
    const all = wanted.reduce((sum, layer) => sum + size(layer), 0);
    const received = wanted.reduce(
      (sum, layer) => sum + (done.includes(layer) ? size(layer) : Math.min(layer[1].received, size(layer))),
      0
    );
    const bytes = isKnown ? `, ${formatBytes(received)} of ${formatBytes(all)}` : "";
    return `${done.length} of ${wanted.length} layers${bytes}`;
  }
  /** Notes how many bytes of an image this process itself has sent. */
  noteSent(image, bytes) {
    this.#sent.set(image, bytes);
  }
  /** The bytes that the pull of an image has transferred; `undefined` if the registry did not say. */
  bytesOf(image) {
    const sent = this.#sent.get(image);
    if (sent !== void 0) return sent;
    if (!this.#measured.has(image)) return void 0;
    return [...this.#layers].filter(([, layer]) => layer.image === image && TRANSFERRED.test(layer.state)).reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0);
  }
};
var shortId = (digest) => digest.replace(/^sha256:/, "").slice(0, 12);

// src/rollout/retained-images.ts
var retentionRepository = (appEnvironment) => `sealift/${baseProject(appEnvironment)}`;
var imagesOfRelease = ({ services }) => [...new Set(Object.values(services).map(({ image }) => image))].sort();
var retentionTags = (release) => imagesOfRelease(release).map((image, index) => ({ image, tag: `${release.id}-${index}` }));
var listRetainedImages = ({
  engine,
  appEnvironment
}) => engine.listImages({ reference: [retentionRepository(appEnvironment)] });
async function removeImages({ engine, appEnvironment }, { retained, removed, kept, desired }) {
  const keptIds = /* @__PURE__ */ new Set([...kept.map(({ id }) => id), desired]);
  const recorded = /* @__PURE__ */ new Set([...keptIds, ...removed.map(({ id }) => id)]);
  const prefix = `${retentionRepository(appEnvironment)}:`;
  const ownTags = ({ repoTags }) => repoTags.filter((tag) => tag.startsWith(prefix));
  const releaseOf = (tag) => tag.slice(prefix.length).split("-", 1)[0] ?? "";
  const inOneImage = retained.map((image) => ownTags(image).filter((tag) => !keptIds.has(releaseOf(tag))));
  await allOrThrow(inOneImage.map((tags) => removeOneByOne(engine, tags)));
  const unknown = retained.filter((image) => ownTags(image).some((tag) => !recorded.has(releaseOf(tag))));
  const needed = new Set(kept.flatMap(imagesOfRelease));
  const unneeded = [...new Set(removed.flatMap(imagesOfRelease))].filter((image) => !needed.has(image));
  const left = await allOrThrow([
    ...unknown.map(async ({ id }) => ({ image: void 0, details: await engine.inspectImage(id) })),
    ...unneeded.map(async (image) => ({ image, details: (await findImage(engine, image))?.details }))
  ]);
  const names = /* @__PURE__ */ new Map();
  for (const { image, details } of left) {
    if (details === void 0) continue;
    const known = names.get(details.id) ?? /* @__PURE__ */ new Set();
    for (const name of namesToRemove(details, image)) if (!needed.has(name)) known.add(name);
    names.set(details.id, known);
  }
  await allOrThrow([...names.values()].map((own) => removeOneByOne(engine, own)));
}
function namesToRemove({ repoTags, repoDigests }, image) {
  if (!repoTags.every(isDigestTag)) return [];
  return image !== void 0 && repoTags.length === 0 ? [image] : [...repoDigests, ...repoTags];
}
async function removeOneByOne(engine, names) {
  for (const name of names) await engine.removeImage(name);
}

// src/rollout/host-images.ts
async function pullImages(context, action) {
  const { runState, waitStatus } = context;
  const images = imagesOnHost(releaseById(context, action.release), context.settings);
  await findImages(context, images);
  const missing = images.filter(({ name }) => runState.foundImages.get(name) === void 0);
  const progress = new PullProgress();
  waitStatus.look = () => progress.text;
  await pullIfThereIsSpace(context, missing, progress);
  runState.keepsImages = inBackground(keepImages(context, action, images, missing, progress));
  return missing.length === 0 ? "all images are on the host" : `${missing.length} of ${images.length} pulled${pulledText(missing, progress)}`;
}
async function keepImages(context, action, images, missing, progress) {
  const { engine, runState } = context;
  for (const { name } of missing) runState.foundImages.delete(name);
  await Promise.all([
    findImages(context, missing),
    ...retentionTags(releaseById(context, action.release)).map(
      ({ image, tag }) => engine.tagImage(
        runState.imageNames.get(image) ?? image,
        retentionRepository(context.appEnvironment),
        tag
      )
    )
  ]);
  const found = await Promise.all(
    images.map(async (image) => {
      const { name } = image;
      const details = runState.foundImages.get(name);
      await warnOfOtherPlatform(context, image, details?.platform ?? "");
      return {
        image: name,
        size: details?.size,
        pulled: missing.includes(image) ? progress.bytesOf(name) : 0
      };
    })
  );
  runState.pullResults.set(action, found);
}
async function findImages(context, images) {
  const { engine, runState } = context;
  await Promise.all(
    images.map(async ({ name, isReleased }) => {
      const mayHaveTag = isReleased && isPinnedImage(name) && usesTransfer(context);
      const known = runState.foundImages;
      if (mayHaveTag ? known.get(name) !== void 0 : known.has(name)) return;
      known.set(
        name,
        mayHaveTag ? (await findReleaseImage(context, name))?.details : await engine.inspectImage(name)
      );
    })
  );
}
var usesTransfer = ({ images }) => images !== void 0 && (images.kind === "direct" || images.mayCopy);
async function pullIfThereIsSpace(context, images, progress) {
  const shortage = new AbortController();
  const signal = AbortSignal.any([context.signal, shortage.signal]);
  const names = images.map(({ name }) => name);
  checkDiskSpace({ ...context, signal }, names).catch((error) => shortage.abort(error));
  try {
    await pullAll({ ...context, signal }, images, progress);
  } catch (error) {
    throw shortage.signal.aborted ? shortage.signal.reason : error;
  } finally {
    shortage.abort();
  }
}
var PULLS_AT_ONCE = 3;
async function pullAll(context, images, progress) {
  const waiting = [...images];
  const pullNext = async () => {
    for (let image = waiting.shift(); image !== void 0; image = waiting.shift())
      await bringImage(context, image, progress);
  };
  await Promise.all(Array.from({ length: PULLS_AT_ONCE }, pullNext));
}
function pulledText(missing, progress) {
  const pulled = missing.map(({ name }) => progress.bytesOf(name));
  if (pulled.includes(void 0)) return "";
  return `, ${formatBytes(pulled.reduce((sum, bytes = 0) => sum + bytes, 0))}`;
}
async function imageIds(context, release, services) {
  const images = imagesOfRelease({ services: pickKeys(release.services, services) });
  return new Map(
    await Promise.all(
      images.map(async (image) => {
        const details = context.runState.foundImages.get(image) ?? (await findReleaseImage(context, image))?.details;
        if (details === void 0)
          throw new HostError(context.engine.host, `${image} is not on this host any more. Deploy again.`);
        return [image, details.id];
      })
    )
  );
}

// src/rollout/route-answers.ts
const { setTimeout: pause5 } = require("node:timers/promises");

// src/rollout/running-edge.ts
async function requireEdgeContainer({ engine, appEnvironment }) {
  return runningEdgeId(engine, await observeEdge(engine, appEnvironment));
}
async function onRunningEdge(context, use) {
  const { engine, appEnvironment, runState } = context;
  if (runState.edge !== void 0) {
    try {
      return { result: await use(runState.edge) };
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
  const found = await observeEdge(engine, appEnvironment);
  runState.edge = found.state === "running" ? found.containerId : void 0;
  return runState.edge === void 0 ? void 0 : { result: await use(runState.edge) };
}
async function onEdge(context, use) {
  const used = await onRunningEdge(context, use);
  return used === void 0 ? await use(await requireEdgeContainer(context)) : used.result;
}

// src/rollout/route-answers.ts
var DEFAULT_PATH = "/";
var EDGE_RETRY_INTERVAL = 200;
var routesOfService = ({ routes }, service) => routes.filter((route) => route.service === service);
var answerKey = ({ id }, port) => `${id}:${port}`;
function routeProbe(context, release, container) {
  const service = serviceOf(container) ?? container.name;
  const routes = routesOfService(release, service);
  const first = routes.find((route) => !isTcpRoute(route)) ?? routes[0];
  const mustAnswer = mustAnswerVisitors(context, release);
  const checked = hasHealthcheck(container);
  if (first === void 0 || checked && !mustAnswer) return void 0;
  const { path } = release.health;
  return async (signal, tell) => {
    if (checked && !await hasRunningEdge(context)) return;
    await allOrThrow(
      (mustAnswer ? routes : [first]).map(async (route) => {
        const isFirstByStatus = route === first && !isTcpRoute(route) && (path !== void 0 || !mustAnswer);
        const byStatus = !checked && (isFirstByStatus || hasGrpcCheck(context, release, route));
        await (byStatus ? requireSuccess(context, release, container, route, signal, tell) : requireAnswer(context, release, container, route, signal, tell));
        if (mustAnswer) context.runState.answeredPorts.add(answerKey(container, route.containerPort));
      })
    );
  };
}
function mustAnswerVisitors({ desired, runState }, { id }) {
  const before = runState.reachedBefore;
  return id === desired || before?.release === id && before.problems.length === 0;
}
var hasGrpcCheck = (context, release, { protocol }) => protocol === "grpc" && mustAnswerVisitors(context, release);
var hasRunningEdge = async ({ engine, appEnvironment }) => (await observeEdge(engine, appEnvironment)).state === "running";
async function requireRouteAnswers(context, replicas, containers) {
  const release = releaseById(context, replicas.release);
  const { answeredPorts } = context.runState;
  await allOrThrow(
    replicas.services.flatMap(
      (service) => routesOfService(release, service).map(async (route) => {
        const unasked = containers.filter(
          (each) => serviceOf(each) === service && !answeredPorts.has(answerKey(each, route.containerPort))
        );
        if (unasked.length <= (replicas.tolerate?.[service] ?? 0)) return;
        await allOrThrow(
          unasked.map((container) => requireAnswer(context, release, container, route, context.signal))
        );
      })
    )
  );
}
async function requireAnswer(context, release, container, route, signal, tell) {
  const { path = DEFAULT_PATH, timeout } = release.health;
  const port = route.containerPort;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, `${container.name}:${port}`, {
    ...{ path, status: "any", identity, timeout, signal },
    ...tell && { tell }
  });
  if (failure === void 0) return;
  const service = serviceOf(container) ?? container.name;
  throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
}
async function requireSuccess(context, release, container, route, signal, tell) {
  const { status, timeout } = release.health;
  const byGrpc = hasGrpcCheck(context, release, route);
  const path = byGrpc ? DEFAULT_PATH : release.health.path;
  const port = route.containerPort;
  const address = `${container.name}:${port}`;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, address, {
    ...{ path, identity, timeout, signal },
    ...status === void 0 || byGrpc ? {} : { status },
    ...tell && { tell }
  });
  if (failure === void 0) return;
  if (path !== void 0 && !failure.startsWith("answered ")) {
    const service = serviceOf(container) ?? container.name;
    throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
  }
  throw new HostError(
    context.engine.host,
    path === void 0 ? `${address} does not accept connections: ${failure}.` : `${address} does not answer ${path} as expected: ${wrongStatusText(failure, identity)}`
  );
}
async function probeFailure(context, address, options) {
  const { engine } = context;
  const { signal } = options;
  const end = performance.now() + options.timeout;
  let edge = context.runState.edge ?? await requireEdgeContainer(context);
  for (; ; ) {
    const timeout = Math.max(0, end - performance.now());
    try {
      const results = await probeContainers(engine, edge, [address], { ...options, timeout });
      const result = results.get(address);
      return result?.ok === true ? void 0 : result?.failure ?? "no answer";
    } catch (error) {
      if (signal.aborted || engine.disconnected.aborted || timeout === 0) throw error;
      await pause5(EDGE_RETRY_INTERVAL, void 0, { signal });
      edge = await requireEdgeContainer(context).catch(() => edge);
    }
  }
}

// src/rollout/check-health.ts
async function checkHealth(context, replicas) {
  const { engine, runState } = context;
  const startedAt = performance.now();
  const release = releaseById(context, replicas.release);
  const [containers, ids] = await Promise.all([
    inspectReplicas(context, replicas),
    imageIds(context, release, replicas.services)
  ]);
  for (const container of containers) verifyImage(context, release, container, ids);
  verifyReplicaCounts(engine.host, release, containers, replicas);
  const expectations = containers.map((container) => healthExpectation(context, release, container));
  const { timeout } = release.health;
  const { healthy, tolerated } = await awaitHealthy(context, expectations, timeout, replicas.tolerate);
  for (const each of healthy)
    if (!runState.healthyContainers.has(each.id)) runState.healthyContainers.set(each.id, each);
  runState.lastChangeAt = performance.now();
  const isWhole = replicas.only === void 0 && replicas.after === void 0 && tolerated.length === 0;
  const { release: id, services } = replicas;
  runState.checked = isWhole ? { release: id, services, containers: healthy, at: runState.lastChangeAt } : void 0;
  const took = formatDuration(runState.lastChangeAt - startedAt);
  const text = `${healthyText(healthy.length, healthy)} after ${took}`;
  return tolerated.length === 0 ? text : `${text}; tolerated: ${tolerated.join("; ")}`;
}
function verifyImage({ engine }, { services }, { name, labels, imageId }, ids) {
  const service = services[serviceOf({ labels }) ?? ""];
  if (service === void 0) return;
  const expected = ids.get(service.image);
  if (imageId === expected) return;
  throw new HostError(
    engine.host,
    `${name} runs ${imageId}, but ${service.image} is ${expected ?? "not here"}. Somebody changed it since it was started: deploy again.`
  );
}
function healthExpectation(context, release, container) {
  const expected = serviceContainer(release, container);
  const mustSettle = release.health.path === void 0;
  return { ...expected, mustSettle, probe: routeProbe(context, release, container) };
}

// src/rollout/drain-release.ts
const { isDeepStrictEqual: isDeepStrictEqual2 } = require("node:util");

// src/rollout/begun-drain.ts
const { isDeepStrictEqual } = require("node:util");
var FINAL_CHECK_TIME = 1e3;
var COUNT_LIFETIME = 2e3;
var addressesOf = (containers) => containers.flatMap(({ addresses = [] }) => addresses).toSorted();
function drainAfterSwitch({ live, desired, releases, settings, runState, jobCancelled }, to) {
  if (live === void 0 || live === desired || to !== desired || jobCancelled) return void 0;
  const timeout = Math.min(FINAL_CHECK_TIME, settings.drainTimeout);
  const addresses = addressesOf(runState.knownContainers.of(live));
  if (timeout === 0 || addresses.length === 0) return void 0;
  if (releases.get(live)?.routes.some(isTcpRoute) !== false) return void 0;
  return { release: live, addresses, stop: new AbortController(), timeout };
}
function takeBegunDrain({ runState }, release, addresses, signal) {
  const begun = runState.begunDrain;
  if (begun?.release !== release || !isDeepStrictEqual(begun.addresses, addresses)) return void 0;
  runState.begunDrain = void 0;
  const isRecent = performance.now() - begun.since < COUNT_LIFETIME;
  const stop = () => begun.stop.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return begun.left.then((left) => left === 0 || isRecent ? left : void 0);
}

// src/rollout/drain-release.ts
async function drainTraffic(context, replicas) {
  const { runState, jobCancelled, settings } = context;
  const left = runState.drainedReleases.has(replicas.release) ? 0 : await waitForDrain(context, replicas, jobCancelled ? 0 : settings.drainTimeout);
  if (left === void 0) return "no edge, nothing to wait for";
  if (left === 0) return "no request in flight";
  return `${left === 1 ? "1 request was" : `${left} requests were`} still in flight when the drain ended`;
}
async function waitForDrain(context, replicas, timeout) {
  const { engine, waitStatus, runState } = context;
  const end = performance.now() + timeout;
  const drain = async (addresses2, limit, signal = context.signal) => {
    const [requests, connections] = await allOrThrow([
      onRunningEdge(context, (edge) => drainAddresses(engine, edge, addresses2, limit, signal)),
      drainTcpConnections(context, replicas.release, addresses2, limit, signal)
    ]);
    return requests === void 0 ? void 0 : requests.result + connections;
  };
  const known = addressesOf(selectReplicas(runState.knownContainers.of(replicas.release), replicas));
  const outdated = new AbortController();
  const either = AbortSignal.any([context.signal, outdated.signal]);
  const drainRest = () => drain(known, Math.max(0, Math.ceil(end - performance.now())), either);
  const begun = takeBegunDrain(context, replicas.release, known, either);
  const early = known.length === 0 ? void 0 : inBackground(begun === void 0 ? drainRest() : begun.then((left) => left ?? drainRest()));
  let addresses = known;
  waitStatus.limit = timeout;
  waitStatus.look = async () => `${await drain(addresses, 0) ?? 0} still in flight`;
  try {
    addresses = addressesOf(await listReplicas(context, replicas));
    if (early !== void 0 && isDeepStrictEqual2(addresses, known)) return await early;
  } finally {
    outdated.abort(new Error("Its addresses are others."));
    await early?.catch(() => void 0);
  }
  return await drain(addresses, Math.max(0, Math.ceil(end - performance.now())));
}
async function drainTcpConnections({ engine, appEnvironment, releases }, release, addresses, timeout, signal) {
  if (releases.get(release)?.routes.some(isTcpRoute) !== true) return 0;
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state === "absent" || edge.tcpEdgeId === void 0) return 0;
  return await drainConnections(engine, edge.tcpEdgeId, addresses, timeout, signal);
}

// src/release/ended-services.ts
function endedServices(release, history) {
  const acceptances = history.filter(({ event, release: id }) => event === "accepted" && id === release.id);
  if (acceptances.length === 0) return [];
  const some = new Set(acceptances.flatMap(({ ended = [] }) => ended));
  return Object.values(release.services).filter((service) => endingOf(service) === "always" || some.has(service.name)).map(({ name }) => name);
}

// src/rollout/ended-services.ts
async function findEndedServices(context, id) {
  const release = context.releases.get(id);
  const candidates = servicesThat(release, "maybe");
  const accessories = Object.keys(release?.accessoryEndings ?? {});
  return [
    ...candidates.length === 0 ? [] : await succeededServices(context, id, candidates),
    ...accessories.length === 0 ? [] : await succeededAccessories(context, accessories)
  ];
}
async function succeededAccessories(context, names) {
  const containers = await inspectAll(context.engine, await listAccessories(context));
  return names.filter((name) => containers.some((each) => serviceOf(each) === name && hasSucceeded(each)));
}
async function findDoneServices(context, release) {
  const ended = endedServices(release, context.runState.records.history);
  const candidates = servicesThat(release, "always").filter((name) => !ended.includes(name));
  const succeeded = candidates.length === 0 ? [] : await succeededServices(context, release.id, candidates);
  return /* @__PURE__ */ new Set([...ended, ...succeeded]);
}
var servicesThat = (release, ending) => Object.values(release?.services ?? {}).filter((service) => endingOf(service) === ending).map(({ name }) => name);
async function succeededServices(context, release, services) {
  const containers = await inspectReplicas(context, { release, services });
  return services.filter((name) => {
    const own = containers.filter((each) => serviceOf(each) === name);
    return own.length > 0 && own.every(hasSucceeded);
  });
}

// src/rollout/still-healthy.ts
async function watchReplicas(context, replicas, found) {
  context.signal.throwIfAborted();
  const release = releaseById(context, replicas.release);
  verifyReplicaCounts(context.engine.host, release, found, replicas);
  const { healthyContainers } = context.runState;
  const containers = found.map(
    (each) => new WatchedContainer(serviceContainer(release, healthyContainers.get(each.id) ?? each))
  );
  const earliestStart = containers.map(({ subject }) => subject.container.startedAt).sort()[0];
  return ContainerWatcher.open(context, containers, earliestStart);
}
async function checkStillHealthy({ engine }, { containers, signal }, { tolerate = {} }, when, found) {
  signal.throwIfAborted();
  const present = found ?? await inspectAll(
    engine,
    containers.map(({ subject }) => subject.container)
  );
  const judged = await Promise.all(
    containers.map(async (container) => {
      const { container: before, service, ending } = container.subject;
      const now = present.find(({ id }) => id === before.id);
      if (now === void 0) return { service, now, why: "it was removed" };
      if (now.restartCount > before.restartCount) await container.exitRecorded();
      return { service, now, why: failureSince(before, now, ending, container.crashHistory(now)) };
    })
  );
  const failures = judged.filter(({ why }) => why !== void 0);
  for (const { service, now, why } of failures) {
    const count = failures.filter((each) => each.service === service).length;
    if (count <= (tolerate[service] ?? 0)) continue;
    const printed = now === void 0 ? "" : await lastPrintedSentence(engine, now);
    const text = `${service} did not stay healthy ${when}: ${why}`;
    throw new HostError(engine.host, printed === "" ? text : `${text}.${printed}`);
  }
  return failures.map(({ service, why }) => `tolerated: ${service}: ${why}`);
}

// src/rollout/final-check.ts
var WHEN = "after its check";
async function runFinalCheck(context, action) {
  var _stack = [];
  try {
    const release = releaseById(context, action.release);
    const drain = __using(_stack, startDrain(context, action.drain), true);
    const replicas = await inspectReplicas(context, action);
    await Promise.all([
      requireRouteAnswers(context, action, replicas),
      requirePublishedAnswers(context, action, replicas),
      requireProxiesListen(context, release)
    ]);
    const end = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
    const watcher = __using(_stack, await watchReplicas(context, action, replicas), true);
    const { containers, signal } = watcher;
    const allCompleted = containers.every(
      ({ subject }) => subject.ending !== "never" && subject.container.state === "exited"
    );
    let drained;
    const drainSeen = drain.seen.then((seen) => {
      drained = seen;
      watcher.notify();
    });
    signal.addEventListener("abort", drain.stop);
    watcher.awaitAtEnd(drainSeen);
    await checkStillHealthy(context, watcher, action, WHEN, replicas);
    for (; ; ) {
      const left = allCompleted ? 0 : end - performance.now();
      const seen = left <= 0 ? drained : void 0;
      if (seen === void 0) {
        await watcher.wait(left > 0 ? left : void 0);
        if (!watcher.takeAlarm() && !signal.aborted) continue;
      }
      const tolerated = await checkStillHealthy(context, watcher, action, WHEN);
      if (seen !== void 0) {
        await requireProxiesRun(context, release);
        const now = containers.map(({ subject }) => subject.container);
        return [healthyText(containers.length - tolerated.length, now), ...seen, ...tolerated].join("; ");
      }
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function startDrain(context, old) {
  const ended = new AbortController();
  const stop = () => ended.abort();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const seen = drainOldRelease({ ...context, signal }, old);
  return {
    seen,
    stop,
    async [Symbol.asyncDispose]() {
      stop();
      await seen;
    }
  };
}
async function drainOldRelease(context, old) {
  if (old === void 0) return [];
  try {
    const left = await waitForDrain(context, old, Math.min(FINAL_CHECK_TIME, context.settings.drainTimeout));
    if (left === void 0) return [];
    if (left > 0) return [`${left} still in flight on ${old.release}`];
    context.runState.drainedReleases.add(old.release);
    return [`nothing in flight on ${old.release}`];
  } catch (error) {
    context.log.debug(messageOf(error));
    return [];
  }
}

// src/edge/metrics.ts
var NO_REQUESTS = { count: 0, errors: 0, timed: 0, seconds: 0, histogram: [] };
var METRICS_SCRIPT = {
  name: "metrics",
  text: `
set -eu
metrics=$(wget -q -T 5 -O - "http://$1/metrics")
read -r stat < /proc/1/stat
set -- \${stat##*) }
echo "edge started \${20}"
printf '%s\\n' "$metrics" | awk '
  function label(name,   at, rest) {
    at = index($0, "{" name "=\\"")
    if (!at) at = index($0, "," name "=\\"")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\\"") - 1)
  }
  /^caddy_http_(response_duration_seconds_(count|sum|bucket)|request_duration_seconds_count|requests_in_flight)[{]/ {
    slot = label("server"); sub(/[.].*/, "", slot)
    if (slot != "blue" && slot != "green") next
    family = substr($0, 12, index($0, "{") - 12)
    if (family == "requests_in_flight") flight[slot] += $NF
    if (family == "response_duration_seconds_sum") seconds[slot] += $NF
    if (family == "response_duration_seconds_bucket") times[slot " " label("le")] += $NF
    if (family == "response_duration_seconds_count") { timed[slot] += $NF }
    if (family == "request_duration_seconds_count") over[slot] += $NF
    if (family ~ /_count$/ && label("code") >= "500") {
      key = slot " " label("code") " " label("server") " " label("method") " " label("handler")
      errors[key]
      if (family ~ /^response/) answered[key] = $NF; else ended[key] = $NF
    }
  }
  END {
    for (key in errors) {
      slot = key; sub(/ .*/, "", slot)
      wrong[slot] += (ended[key] > answered[key]) ? ended[key] : answered[key]
      own[slot] += (ended[key] > answered[key]) ? ended[key] - answered[key] : 0
    }
    split("blue green", slots, " ")
    for (i = 1; i <= 2; i++) {
      slot = slots[i]
      printf "%s count %.0f\\n", slot, timed[slot] + own[slot]
      printf "%s errors %.0f\\n", slot, wrong[slot]
      printf "%s timed %.0f\\n", slot, timed[slot]
      printf "%s seconds %.6f\\n", slot, seconds[slot]
      printf "%s in-flight %.0f\\n", slot, flight[slot]
      printf "%s ended %.0f\\n", slot, over[slot]
    }
    for (key in times) { split(key, of, " "); printf "%s le:%s %.0f\\n", of[1], of[2], times[key] }
  }'
`
};
var METRICS_TIMEOUT = 3e4;
async function readSample(engine, edge, signal) {
  const timeout = AbortSignal.timeout(METRICS_TIMEOUT);
  const either = anySignal(signal, timeout);
  const printed = await runScript(engine, edge, METRICS_SCRIPT, [ADMIN_ADDRESS], { signal: either });
  const sample = parseSample(printed);
  if (sample !== void 0) return sample;
  throw new HostError(
    engine.host,
    `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}". Is "${inputRef("edge-image")}" an image of Caddy 2.10 or later?`
  );
}
function parseSample(printed) {
  const lines = printed.split("\n").filter((line) => line !== "");
  const values = new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), Number(line.slice(space + 1))];
    })
  );
  const value = (key) => values.get(key) ?? Number.NaN;
  const stats = (slot) => ({
    count: value(`${slot} count`),
    errors: value(`${slot} errors`),
    timed: value(`${slot} timed`),
    seconds: value(`${slot} seconds`),
    histogram: parseHistogram(slot, values)
  });
  const inFlight = (slot) => value(`${slot} in-flight`);
  const unanswered = (slot) => inFlight(slot) + value(`${slot} ended`) - value(`${slot} count`);
  const sample = {
    startTicks: value("edge started"),
    stats: { blue: stats("blue"), green: stats("green") },
    inFlight: { blue: inFlight("blue"), green: inFlight("green") },
    unanswered: { blue: unanswered("blue"), green: unanswered("green") }
  };
  const numbers = SLOTS.flatMap((slot) => {
    const { histogram, ...counters } = sample.stats[slot];
    return [...Object.values(counters), ...histogram.flat(), sample.unanswered[slot]];
  });
  return [sample.startTicks, ...numbers].some(Number.isNaN) ? void 0 : sample;
}
function parseHistogram(slot, values) {
  const prefix = `${slot} le:`;
  const buckets = [...values].filter(([key]) => key.startsWith(prefix)).map(([key, count]) => [Number(key.slice(prefix.length).replace("+Inf", "Infinity")), count]).sort(([one], [other]) => one - other);
  return buckets.map(([limit, count], index) => [limit, count - (buckets[index - 1]?.[1] ?? 0)]);
}
function statsSince(before, now, slot) {
  if (before.startTicks !== now.startTicks) return now.stats[slot];
  return combineStats(now.stats[slot], before.stats[slot], (a, b) => a - b);
}
var addStats = (one, other) => combineStats(one, other, (a, b) => a + b);
function combineStats(one, other, combine) {
  const [counts, otherCounts] = [new Map(one.histogram), new Map(other.histogram)];
  const limits = [.../* @__PURE__ */ new Set([...counts.keys(), ...otherCounts.keys()])].sort((a, b) => a - b);
  return {
    count: combine(one.count, other.count),
    errors: combine(one.errors, other.errors),
    timed: combine(one.timed, other.timed),
    seconds: combine(one.seconds, other.seconds),
    histogram: limits.map((limit) => [limit, combine(counts.get(limit) ?? 0, otherCounts.get(limit) ?? 0)])
  };
}

// src/rollout/significance.ts
var STANDARD_ERRORS = 3;
function differenceLowerBound(one, other) {
  const [share, lower] = [ratio(one), wilsonBound(one, -1)];
  if (other.total === 0) return lower;
  const otherShare = ratio(other);
  return share - otherShare - Math.hypot(share - lower, wilsonBound(other, 1) - otherShare);
}
var ratio = ({ count, total }) => total === 0 ? 0 : count / total;
function wilsonBound({ count, total }, end) {
  if (total === 0) return end === 1 ? 1 : 0;
  const share = count / total;
  const square = STANDARD_ERRORS ** 2 / total;
  const half = STANDARD_ERRORS * Math.sqrt(share * (1 - share) / total + square / (4 * total));
  return (share + square / 2 + end * half) / (1 + square);
}
function significantlyExceeds(one, other, multiple) {
  if (one.count === 0 || other.count === 0) return false;
  const error = Math.sqrt(one.variance / one.count + multiple ** 2 * other.variance / other.count);
  return one.mean - multiple * other.mean > STANDARD_ERRORS * error;
}
function statisticsFromHistogram(total, buckets, sum) {
  if (total === 0) return { mean: 0, variance: 0, count: 0 };
  const ranges = buckets.map(([limit, count], index) => {
    const from = buckets[index - 1]?.[0] ?? 0;
    const to = Number.isFinite(limit) ? limit : from * 3;
    return { count, middle: (from + to) / 2, width: to - from };
  });
  const sumOf = (value) => ranges.reduce((all, range) => all + range.count * value(range), 0);
  const counted = Math.max(
    1,
    sumOf(() => 1)
  );
  const middle = sumOf((range) => range.middle) / counted;
  const variance = sumOf((range) => (range.middle - middle) ** 2 + range.width ** 2 / 12) / counted;
  return { mean: sum / total, variance, count: total };
}

// src/rollout/silence.ts
var MIN_WAITING = 3;
var SilenceDetector = class {
  #own;
  #other;
  #first;
  #last;
  /** The last one in which the release had answered less than it has now. */
  #before;
  /** The first one since then in which enough requests waited. */
  #began;
  #waited = 0;
  #answeredAt = 0;
  #longestPause = 0;
  constructor(own, other) {
    this.#own = own;
    this.#other = other;
  }
  /** @param at seconds, by any clock */
  add(sample, at) {
    const now = { ...sample, at };
    const last = this.#last;
    this.#last = now;
    if (last === void 0 || last.startTicks !== now.startTicks) {
      this.#first = this.#before = now;
      this.#began = void 0;
      this.#answeredAt = at;
      return;
    }
    const answers = ({ stats }, slot) => stats[slot].count;
    const hasAnswered = answers(now, this.#own) > answers(last, this.#own);
    if (hasAnswered) {
      this.#before = last;
      this.#longestPause = Math.max(this.#longestPause, at - this.#answeredAt);
      this.#answeredAt = at;
    }
    if (this.#unanswered < MIN_WAITING) this.#began = void 0;
    else if (hasAnswered || this.#began === void 0) {
      this.#began = now;
      this.#waited = 0;
    } else if (answers(now, this.#other) > answers(last, this.#other) || now.inFlight[this.#other] === 0)
      this.#waited += now.at - last.at;
  }
  get #unanswered() {
    return (this.#last?.unanswered[this.#own] ?? 0) - (this.#before?.unanswered[this.#own] ?? 0);
  }
  /** `undefined` while the release answers, or nobody waits for it. */
  get silence() {
    const [first, before, began, last] = [this.#first, this.#before, this.#began, this.#last];
    if (first === void 0 || before === void 0 || began === void 0 || last === void 0)
      return void 0;
    if (began === last) return void 0;
    const since = (from, to, slot) => to.stats[slot].count - from.stats[slot].count;
    return {
      unanswered: this.#unanswered,
      waited: this.#waited,
      age: last.at - began.at,
      before: {
        own: since(first, last, this.#own),
        other: since(first, began, this.#other),
        time: before.at - first.at,
        longestPause: this.#longestPause
      },
      other: { answered: since(began, last, this.#other), inFlight: last.inFlight[this.#other] }
    };
  }
};
var MIN_SILENCE = 5;
var LONG_SILENCE = 30;
var PATIENCE = 3;
var OUTLIERS = 5e-3;
var limitSilence = (silence, watch, responses) => ({
  ...silence,
  limit: Math.max(
    Math.min(Math.max(watch / 4, MIN_SILENCE), LONG_SILENCE),
    unusualTime(responses),
    PATIENCE * silence.before.longestPause
  )
});
var unusualTime = (responses) => PATIENCE * Math.max(0, ...responses.map(usualTime));
function usualTime({ timed, seconds, histogram }) {
  let slower = timed;
  let rest = seconds;
  let from = 0;
  for (const [limit, count] of histogram) {
    if (!Number.isFinite(limit)) return Math.max(from, rest / slower);
    slower -= count;
    rest -= count * from;
    from = limit;
    if (slower <= timed * OUTLIERS) return limit;
  }
  return from;
}
function isHanging({ unanswered, waited, before, other, limit }, minRequests) {
  if (waited < limit) return false;
  const expected = before.own / Math.max(before.time, limit) * waited;
  if (expected < minRequests) return false;
  const own = { count: unanswered, total: unanswered };
  const [share, otherShare] = other.answered > 0 ? [own, { count: other.inFlight, total: other.inFlight + other.answered }] : [
    { ...own, total: unanswered + other.inFlight },
    { count: before.own, total: before.own + before.other }
  ];
  return differenceLowerBound(share, otherShare) > 0;
}

// src/rollout/metrics-sampler.ts
var WARM_UP_SHARE = 1 / 4;
async function recordCountersAtStart(context) {
  if (!context.comparesResponses) return;
  context.runState.countersAtStart ??= await readEdgeCounters(context);
}
async function recordCountersBeforeBalancing(context) {
  if (!context.comparesResponses) return;
  context.runState.countersBeforeBalancing ??= await readEdgeCounters(context) ?? "unknown";
}
async function readEdgeCounters(context) {
  const { engine, runState, signal, log } = context;
  try {
    const edge = runState.edge ?? await runningEdge(context);
    return edge === void 0 ? void 0 : await readSample(engine, edge, signal);
  } catch (error) {
    log.debug(messageOf(error));
    return void 0;
  }
}
async function runningEdge({ engine, appEnvironment }) {
  const edge = await observeEdge(engine, appEnvironment);
  return edge.state === "running" ? edge.containerId : void 0;
}
async function openMetricsSampler(context, options) {
  const edge = await observeEdge(context.engine, context.appEnvironment);
  return edge.state === "running" ? new MetricsSampler(context, edge.containerId, options) : void 0;
}
var NO_RESPONSES = { all: NO_REQUESTS, warm: NO_REQUESTS };
var MetricsSampler = class {
  /** Why the last sample could not be read; `undefined` if it could. */
  lastError;
  /** Whether the edge restarted between two samples: what it answered after the first of them is not known. */
  edgeRestarted = false;
  #context;
  #edge;
  #options;
  #startedAt = performance.now();
  #warmUp;
  /** Since when enough requests are in flight to wonder why none is answered. */
  #waitingSince;
  #firstSample;
  #lastSample;
  #responses = { blue: NO_RESPONSES, green: NO_RESPONSES };
  #detector;
  constructor(context, edge, options) {
    this.#context = context;
    this.#edge = edge;
    this.#options = options;
    this.#warmUp = options.duration * WARM_UP_SHARE;
    const { slot, baseline } = options;
    this.#detector = baseline && new SilenceDetector(slot, baseline.slot);
  }
  get #isWarm() {
    return performance.now() >= this.#startedAt + this.#warmUp;
  }
  /** Reads the edge's counters. An edge that can't be read is read again with the next sample. */
  async sample(signal) {
    try {
      const sample = await readSample(this.#context.engine, this.#edge, signal);
      this.lastError = void 0;
      if (this.#lastSample !== void 0) {
        this.#add(this.#lastSample, sample);
        this.edgeRestarted ||= this.#lastSample.startTicks !== sample.startTicks;
      }
      this.#firstSample ??= sample;
      this.#lastSample = sample;
      const now = performance.now();
      if (sample.inFlight[this.#options.slot] < MIN_WAITING) this.#waitingSince = void 0;
      else this.#waitingSince ??= now;
      this.#detector?.add(sample, now / 1e3);
    } catch (error) {
      signal.throwIfAborted();
      this.lastError = error;
    }
  }
  #add(last, sample) {
    const { slot: watched, baseline } = this.#options;
    for (const slot of /* @__PURE__ */ new Set([watched, baseline?.slot ?? watched])) {
      const stats = statsSince(last, sample, slot);
      const { all, warm } = this.#responses[slot];
      this.#responses[slot] = {
        all: addStats(all, stats),
        warm: this.#isWarm ? addStats(warm, stats) : NO_REQUESTS
      };
    }
  }
  /** `undefined` until a sample could be read. */
  get comparison() {
    const answers = this.#answers;
    if (answers === void 0 || this.#lastSample === void 0) return void 0;
    const { slot, duration } = this.#options;
    const silence = this.#detector?.silence;
    return {
      ...answers,
      waiting: this.#silenceLeft > 0 ? 0 : this.#lastSample.inFlight[slot],
      silence: silence && limitSilence(silence, duration / 1e3, this.#known)
    };
  }
  get #answers() {
    if (this.#firstSample === void 0) return void 0;
    const { slot, baseline } = this.#options;
    const { countersAtStart: start, countersBeforeBalancing: mixed } = this.#context.runState;
    const end = mixed ?? this.#firstSample;
    const isKnown = baseline !== void 0 && start !== void 0 && end !== "unknown";
    return {
      own: this.#responses[slot],
      other: baseline && (mixed === void 0 ? this.#responses[baseline.slot] : NO_RESPONSES),
      before: isKnown ? statsSince(start, end, baseline.slot) : void 0
    };
  }
  get #known() {
    const answers = this.#answers;
    if (answers === void 0) return [];
    const { own, other, before } = answers;
    return [own.all, other?.all, before].filter((each) => each !== void 0);
  }
  /** Milliseconds until a silent release may be judged: it answers nothing, and requests wait for it. 0 for any other. */
  get judgedAfter() {
    const { slot } = this.#options;
    const isSilent = this.#responses[slot].all.count === 0 && (this.#lastSample?.inFlight[slot] ?? 0) > 0;
    const silence = this.comparison?.silence;
    const left = silence === void 0 ? 0 : (silence.limit - silence.waited) * 1e3;
    return Math.max(0, left, isSilent ? this.#silenceLeft : 0);
  }
  get #silenceLeft() {
    const now = performance.now();
    const least = Math.max(MIN_SILENCE, unusualTime(this.#known)) * 1e3;
    return Math.max(this.#startedAt + this.#warmUp, (this.#waitingSince ?? now) + least) - now;
  }
};

// src/rollout/state-store.ts
var recordsContainerName = (appEnvironment) => `${baseProject(appEnvironment)}-records`;
async function readState(engine, appEnvironment, containers) {
  var _stack = [];
  try {
    const existing = containers.find((each) => hasOwnRole(each, "records", "edge"));
    if (existing !== void 0) return engine.readFiles(existing.id, APP_VOLUME_MOUNT);
    const volume = await engine.inspectVolume(stateVolume(appEnvironment));
    if (volume === void 0) return /* @__PURE__ */ new Map();
    checkStateOwner(engine, appEnvironment, volume.labels);
    const temporary = await createStateContainer(engine, appEnvironment);
    const remove = () => engine.removeContainer(temporary).catch(() => void 0);
    const _removal = __using(_stack, { [Symbol.asyncDispose]: remove }, true);
    return await engine.readFiles(temporary, APP_VOLUME_MOUNT);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function checkStateOwner({ host }, wanted, labels) {
  const { [LABEL.app]: app, [LABEL.environment]: environment } = labels;
  if (app === void 0 || environment === void 0) return;
  if (app === wanted.app && environment === wanted.environment) return;
  throw new ConfigurationError(
    `app: on ${host}, two apps would have the name ${baseProject(wanted)}: ${app} in the environment ${environment}, which is already there, and ${wanted.app} in the environment ${wanted.environment}. Give one of them another "${inputRef("app")}" or "${inputRef("environment")}".`
  );
}
async function saveRecords(engine, appEnvironment, records) {
  await writeState(engine, appEnvironment, writeRecords(records));
}
async function writeState(engine, appEnvironment, { file, content }) {
  const write = () => {
    const files = /* @__PURE__ */ new Map([[file, { content, mode: 384 }]]);
    return engine.writeFiles(recordsContainerName(appEnvironment), APP_VOLUME_MOUNT, files);
  };
  try {
    await write();
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    await createStateContainer(engine, appEnvironment);
    await write();
  }
}
function recordsFromFiles({ host }, files) {
  const format = recordFormat(files);
  if (format > RECORD_FORMAT) throw newerFormatError(host, format);
  return readRecords(files);
}
async function createStateContainer(engine, appEnvironment) {
  await ensureStateVolume(engine, appEnvironment);
  await ensureEmptyImage(engine);
  const mount = { Type: "volume", Source: stateVolume(appEnvironment), Target: APP_VOLUME_MOUNT };
  const name = recordsContainerName(appEnvironment);
  try {
    return await engine.createContainer(name, {
      Image: EMPTY_IMAGE,
      Cmd: ["never-started"],
      Labels: { ...labelsOf(appEnvironment), [LABEL.role]: OWN_ROLE.records },
      HostConfig: { Mounts: [mount] }
    });
  } catch (error) {
    if (error instanceof Conflict) return name;
    throw error;
  }
}

// src/rollout/update-records.ts
async function updateRecords({ engine, appEnvironment, runState }, records) {
  await saveRecords(engine, appEnvironment, records);
  runState.records = records;
}

// src/rollout/prune-releases.ts
async function pruneReleases(context, ids) {
  const { engine, appEnvironment, desired, runState } = context;
  const { releases } = runState.records;
  const removed = releases.filter(({ id }) => ids.includes(id));
  const kept = releases.filter(({ id }) => !ids.includes(id));
  const [containers, retained, volumes] = await allOrThrow([
    listReleaseContainers(context, ids),
    listRetainedImages(context),
    listFileVolumes(engine, appEnvironment)
  ]);
  await allOrThrow(containers.map(({ id }) => engine.removeContainer(id, { force: true })));
  runState.foundImages.clear();
  await allOrThrow([
    removeImages(context, { retained, removed, kept, desired }),
    removeFileVolumes(engine, appEnvironment, volumes, kept)
  ]);
  await updateRecords(context, withoutReleases(runState.records, ids));
  return `${ids.length} removed`;
}

// src/rollout/run-hook.ts
const { randomUUID: randomUUID3 } = require("node:crypto");

// src/model/hook-text.ts
var HOOK_ERROR_LINES = 30;
var hookName = (when, argv) => `${inputRef(`${when}-release`)}: "${formatCommand(argv)}"`;

// src/release/render-hook.ts
var KEYS_NOT_FOR_HOOKS = [
  ...["ports", "restart", "healthcheck", "depends_on", "links", "post_start", "pre_stop", "scale"],
  ...["read_only", "mac_address", "network_mode", "networks", "pid", "ipc", "volumes_from"]
];
var HOOK_LABELS = { [LABEL.role]: OWN_ROLE.hook };
var FIXED_ADDRESS_KEYS = ["ipv4_address", "ipv6_address", "mac_address", "link_local_ips", "aliases"];
function renderHook(release, slot, name) {
  const rendered = renderRelease(release, slot);
  const files = (release.files ?? []).filter(({ service: service2 }) => service2 === name);
  const service = asObject(rendered.services[name]);
  return {
    ...rendered,
    configs: {
      ...rendered.configs,
      ...Object.fromEntries(files.map((file, index) => [hookConfigKey(index), hookConfigSpec(file)]))
    },
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_HOOKS),
        ...ownNamespaces(rendered, service),
        healthcheck: { disable: true },
        // With the service's own labels and variables a proxy would send requests to it.
        labels: { ...pickKeys(asObject(service["labels"]), Object.values(LABEL)), ...HOOK_LABELS },
        environment: withoutKeys(asObject(service["environment"]), ...PROXY_VARIABLES),
        // Compose can't copy files into a read-only container, so this one is not read-only.
        configs: [
          ...asList(service["configs"]),
          ...files.map((file, index) => hookConfigMount(file, hookConfigKey(index)))
        ]
      }
    }
  };
}
var hookConfigKey = (index) => `sealift-file-${index}`;
function hookConfigSpec({ from }) {
  return "variable" in from ? { environment: from.variable } : { content: from.content };
}
function hookConfigMount({ folder, name, uid, gid, mode }, source) {
  const target = escapeDollars(`${folder === "/" ? "" : folder}/${name}`);
  return { source, target, uid: String(uid), gid: String(gid), mode: `0${mode.toString(8)}` };
}
function ownNamespaces(rendered, service) {
  const { network_mode, networks } = networkSettingsOf(rendered, service);
  const outside = (key) => referencedService(service[key]) === void 0 ? service[key] : void 0;
  return withoutUndefined({
    network_mode,
    pid: outside("pid"),
    ipc: outside("ipc"),
    volumes_from: asStrings(service["volumes_from"]).filter((from) => from.startsWith("container:")),
    networks: networks === void 0 ? void 0 : mapValues(asObject(networks), (options) => withoutKeys(asObject(options), ...FIXED_ADDRESS_KEYS))
  });
}
function networkSettingsOf(rendered, service) {
  const host = referencedService(service["network_mode"]);
  return host === void 0 ? service : networkSettingsOf(rendered, asObject(rendered.services[host]));
}

// src/rollout/run-hook.ts
async function runHook(context, action) {
  var _stack = [];
  try {
    const { engine, log, signal } = context;
    const { service, slot, when, argv } = action;
    const release = releaseById(context, action.release);
    const confidential = requireConfidential(context, action.release);
    const project = releaseProject(release);
    const name = `${project}-${when}-${randomUUID3().slice(0, 4)}`;
    await ensureSlotNetworks(engine, context.appEnvironment);
    const output = __using(_stack, new LoggedOutput((line) => log.info(`${engine.host}  │ ${line}`), HOOK_ERROR_LINES));
    const options = ["--rm", "--no-deps", "--no-TTY", "--interactive=false", "--pull", "never", "--name", name];
    const command = ["run", ...options, service, ...argv];
    try {
      await runCompose(context, project, renderHook(release, slot, service), confidential, command, {
        onLine: (line) => output.push(line)
      });
    } catch (error) {
      await engine.removeContainer(name, { force: true }).catch(() => void 0);
      if (!(error instanceof CommandError) || signal.aborted) throw error;
      throw new HostError(engine.host, hookFailureText(action, error.exitCode, output.lastLines.at(-1)), {
        evidence: output.lastLines,
        alreadyLogged: true
      });
    }
    return "exit code 0";
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function hookFailureText({ when, argv, service }, exitCode, lastLine = "") {
  const hook = hookName(when, argv);
  const refusal = /^Error response from daemon: (?:.*unable to start container process: )?(.*)$/.exec(
    lastLine
  );
  if (refusal !== null) return `${hook} could not be started in ${service}: ${refusal[1]}.`;
  if (exitCode === KILLED_EXIT_CODE) return killedText(hook, service);
  const ending = exitCode === void 0 ? "a signal" : `exit code ${exitCode}`;
  return `${hook} failed in ${service} with ${ending}.`;
}

// src/rollout/await-dependencies.ts
function conditionsWithin(release, services) {
  const awaited = /* @__PURE__ */ new Map();
  for (const name of services) {
    for (const [other, { condition, required }] of dependenciesOf(release.compose.services[name] ?? {})) {
      const own = awaited.get(other) ?? /* @__PURE__ */ new Map();
      own.set(condition, { required: required || own.get(condition)?.required === true });
      awaited.set(other, own);
    }
  }
  return awaited;
}
async function awaitCondition(context, release, replicas, awaited, condition) {
  const isAwaited2 = (each, required) => awaited.get(serviceOf(each) ?? "")?.get(condition)?.required === required;
  const wait = async (found) => {
    if (found.length === 0) return;
    const expectations = (await inspectAll(context.engine, found)).map((container) => ({
      ...serviceContainer(release, container),
      ...condition === "service_completed_successfully" && { ending: "always" },
      ...{ probe: void 0, mustSettle: true }
    }));
    await awaitHealthy(context, expectations, release.health.timeout);
  };
  await wait(replicas.filter((each) => isAwaited2(each, true)));
  for (const each of replicas.filter((one) => isAwaited2(one, false))) {
    await wait([each]).catch((error) => {
      if (!(error instanceof HostError) || context.signal.aborted || context.engine.disconnected.aborted)
        throw error;
      context.log.warning(`${error.message} It is optional, so what waits for it starts without it.`);
    });
  }
}

// src/engine/fields.ts
var Fields = class _Fields {
  #value;
  constructor(value) {
    this.#value = asObject(value);
  }
  has(key) {
    return this.#value[key] !== void 0 && this.#value[key] !== null;
  }
  text(key) {
    const value = this.#value[key];
    return typeof value === "string" ? value : "";
  }
  number(key) {
    const value = this.#value[key];
    return typeof value === "number" ? value : 0;
  }
  flag(key) {
    return this.#value[key] === true;
  }
  object(key) {
    return new _Fields(this.#value[key]);
  }
  objects(key) {
    return listOf(this.#value[key]);
  }
  texts(key) {
    return asStrings(this.#value[key]);
  }
  /** A map of strings; other values are left out. */
  map(key) {
    const entries = Object.entries(asObject(this.#value[key]));
    return Object.fromEntries(
      entries.filter((entry) => typeof entry[1] === "string")
    );
  }
  /** Some fields unchanged; missing ones are left out. */
  pick(...keys) {
    return Object.fromEntries(keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]));
  }
  entries(key) {
    return Object.entries(asObject(this.#value[key])).map(([name, value]) => [name, new _Fields(value)]);
  }
};
function listOf(value) {
  return asList(value).map((item) => new Fields(item));
}

// src/engine/responses.ts
function parseEngineVersion(value) {
  const version = new Fields(value);
  return {
    version: version.text("Version"),
    apiVersion: version.text("ApiVersion"),
    os: version.text("Os"),
    architecture: version.text("Arch")
  };
}
function parseContainerSummary(container) {
  const ports = container.objects("Ports").filter((port) => port.number("PublicPort") > 0);
  const networks = container.object("NetworkSettings").entries("Networks");
  const mounts = container.objects("Mounts").filter((mount) => mount.text("Type") === "volume");
  return {
    id: container.text("Id"),
    name: containerName(container.texts("Names")),
    imageId: container.text("ImageID"),
    labels: container.map("Labels"),
    state: container.text("State"),
    ports: ports.map((port) => ({
      port: port.number("PublicPort"),
      protocol: port.text("Type"),
      ...addressOf(port.text("IP"))
    })),
    networks: networks.map(([name]) => name),
    addresses: networks.flatMap(([, network]) => [network.text("IPAddress"), network.text("GlobalIPv6Address")]).filter(Boolean),
    volumes: mounts.map((mount) => mount.text("Name"))
  };
}
var addressOf = (ip) => ip === "" || isOnAllAddresses(ip) ? {} : { address: ip };
var ENDPOINT_SETTINGS = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];
var DEFAULT_STOP_TIMEOUT = 10;
function parseContainerDetails(value) {
  const container = new Fields(value);
  const state = container.object("State");
  const networks = container.object("NetworkSettings").entries("Networks");
  const restart = container.object("HostConfig").object("RestartPolicy");
  const config = container.object("Config");
  return {
    id: container.text("Id"),
    name: containerName([container.text("Name")]),
    imageId: container.text("Image"),
    labels: config.map("Labels"),
    state: parseContainerState(state.text("Status")),
    health: state.has("Health") ? parseContainerHealth(state.object("Health")) : void 0,
    healthcheck: parseHealthcheck(config),
    exitCode: state.number("ExitCode"),
    oomKilled: state.flag("OOMKilled"),
    error: state.text("Error"),
    startedAt: state.text("StartedAt"),
    stopTimeout: config.has("StopTimeout") ? config.number("StopTimeout") : DEFAULT_STOP_TIMEOUT,
    restartCount: container.number("RestartCount"),
    restartPolicy: restart.text("Name") || "no",
    restartRetries: restart.number("MaximumRetryCount"),
    networks: Object.fromEntries(
      networks.map(([name, network]) => [
        name,
        {
          ipv4: network.text("IPAddress"),
          ipv6: network.text("GlobalIPv6Address"),
          endpoint: network.pick(...ENDPOINT_SETTINGS)
        }
      ])
    )
  };
}
function parseImageDetails(image) {
  return {
    id: image.text("Id"),
    // With the containerd image store, references by digest are among them (seen with Docker 28.5).
    repoTags: image.texts("RepoTags").filter((reference) => !reference.includes("@")),
    repoDigests: image.texts("RepoDigests"),
    layers: image.object("RootFS").texts("Layers"),
    size: image.number("Size"),
    platform: ["Os", "Architecture", "Variant"].map((name) => image.text(name)).filter(Boolean).join("/"),
    labels: { ...image.map("Labels"), ...image.object("Config").map("Labels") }
  };
}
function parseNetworkSummary(network) {
  const pools = network.object("IPAM").objects("Config");
  return {
    ...parseNamedObject(network),
    id: network.text("Id"),
    subnets: pools.map((pool) => pool.text("Subnet")).filter((subnet) => subnet !== "")
  };
}
function parseNamedObject(object) {
  return { name: object.text("Name"), labels: object.map("Labels") };
}
var DEFAULT_INTERVAL = 3e4;
var DEFAULT_CHECK_TIMEOUT = 3e4;
var DEFAULT_START_INTERVAL = 5e3;
var DEFAULT_SHELL = ["/bin/sh", "-c"];
function parseHealthcheck(config) {
  const healthcheck = config.object("Healthcheck");
  const [kind, ...words] = healthcheck.texts("Test");
  if (kind !== "CMD" && kind !== "CMD-SHELL") return void 0;
  const shell = config.texts("Shell");
  const milliseconds = (key) => healthcheck.number(key) / 1e6;
  return {
    argv: kind === "CMD" ? words : [...shell.length > 0 ? shell : DEFAULT_SHELL, ...words],
    interval: milliseconds("Interval") || DEFAULT_INTERVAL,
    timeout: milliseconds("Timeout") || DEFAULT_CHECK_TIMEOUT,
    startPeriod: milliseconds("StartPeriod"),
    startInterval: milliseconds("StartInterval") || DEFAULT_START_INTERVAL
  };
}
function parseContainerHealth(health) {
  const status = health.text("Status");
  return {
    ...status === "starting" && health.objects("Log").length === 0 ? { unchecked: true } : {},
    status: status === "starting" || status === "healthy" || status === "unhealthy" ? status : "none",
    lastOutput: health.objects("Log").at(-1)?.text("Output") ?? ""
  };
}
var CONTAINER_STATES = ["running", "paused", "restarting", "removing", "exited", "dead"];
function parseContainerState(status) {
  return CONTAINER_STATES.find((state) => state === status) ?? "created";
}
function containerName(names) {
  const name = names.find((each) => each.lastIndexOf("/") === 0) ?? names[0] ?? "";
  return name.replace(/^\//, "");
}

// src/engine/api-version.ts
var MIN_API_VERSION = "1.44";
var VERSION_TIMEOUT = 2e4;
async function negotiateApiVersion(client) {
  const signal = AbortSignal.timeout(VERSION_TIMEOUT);
  let answer;
  try {
    answer = await client.callJson("reach its Docker engine", "GET", "/version", { signal });
  } catch (error) {
    if (!signal.aborted || client.disconnected.aborted) throw error;
    throw new HostError(
      client.host,
      `could not reach its Docker engine: no answer within ${VERSION_TIMEOUT / 1e3} s. Is the server up? Can ${thisRunner()} reach it?`
    );
  }
  const version = parseEngineVersion(answer);
  if (version.version === "")
    throw new HostError(
      client.host,
      `what answers there is not a Docker engine. Check its address in "${inputRef("hosts")}".`
    );
  if (isOlderVersion(version.apiVersion, MIN_API_VERSION)) {
    throw new HostError(
      client.host,
      `Docker ${version.version} is too old (its API is ${version.apiVersion}). Install Docker Engine 25 or later: https://docs.docker.com/engine/install/`
    );
  }
  const oldest = new Fields(answer).text("MinAPIVersion");
  client.useApiVersion(isOlderVersion(MIN_API_VERSION, oldest) ? oldest : MIN_API_VERSION);
  return version;
}
function isOlderVersion(a, b) {
  if (a === "" || b === "") return false;
  const [major = 0, minor = 0] = a.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split(".").map(Number);
  return major < otherMajor || major === otherMajor && minor < otherMinor;
}

// src/rollout/hold-records.ts
var FOLDER = "in-use";
var MOUNT = "/run/sealift-records";
var NOTE = "This folder is mounted by running containers, so that no prune takes the volume.\n";
var API_WITH_SUBPATH = "1.45";
async function withRecordsHeld(engine, release, config) {
  if (requiredEdgeFingerprint(release) !== void 0) return config;
  const { apiVersion } = await engine.version();
  if (isOlderVersion(apiVersion, API_WITH_SUBPATH)) return config;
  await writeState(engine, release, { file: `${FOLDER}/README`, content: NOTE });
  const source = "sealift-records";
  const mount = {
    ...{ type: "volume", source, target: MOUNT, read_only: true },
    volume: { nocopy: true, subpath: FOLDER }
  };
  return {
    ...config,
    volumes: { ...config.volumes, [source]: { name: stateVolume(release), external: true } },
    services: mapValues(config.services, (service) => ({
      ...service,
      volumes: [...asList(service["volumes"]), mount]
    }))
  };
}

// src/rollout/start-existing.ts
async function startExistingContainers(context, { release: id, slot, services, ...range }) {
  const release = context.releases.get(id);
  const rounds = startRounds(release, services);
  const early = rounds.length > 1 ? [] : startsForSure(context, id, services, range);
  const [all] = await allOrThrow([
    listReplicas(context, { release: id }),
    ...early.map((container) => restoreRestartPolicy(context, container).catch(ignoreNotFound))
  ]);
  await moveToSlot(context, all, slot);
  const errors = [];
  let started = 0;
  for (const round of rounds) {
    const replicas = selectReplicas(all, { services: round, ...range });
    const results = await Promise.allSettled(
      replicas.map((each) => startContainer(context, each, release, early))
    );
    for (const each of results) {
      if (each.status === "rejected") errors.push(each.reason);
      else if (each.value) started += 1;
    }
    if (release === void 0) continue;
    const awaited = conditionsWithin(release, services);
    try {
      await awaitCondition(context, release, replicas, awaited, "service_completed_successfully");
    } catch (error) {
      throw errors[0] ?? error;
    }
    await awaitCondition(context, release, replicas, awaited, "service_healthy").catch((error) => {
      errors.push(error);
    });
  }
  if (errors.length > 0) throw errors[0];
  return `${started} started`;
}
function startsForSure({ releases, runState }, id, services, { only, after }) {
  if (only !== void 0 || after !== void 0) return [];
  const oneShots = releases.get(id)?.services ?? {};
  return selectReplicas(runState.knownContainers.of(id), { services }).filter(
    (container) => oneShots[serviceOf(container) ?? ""]?.oneShot !== true
  );
}
async function startContainer(context, container, release, withPolicy) {
  const oneShot = release?.services[serviceOf(container) ?? ""]?.oneShot === true;
  if (oneShot && container.state === "exited") {
    const { exitCode } = await context.engine.inspectContainer(container.id);
    if (exitCode === 0) return false;
  }
  if (!withPolicy.some(({ id }) => id === container.id)) await restoreRestartPolicy(context, container);
  const started = await startWithNetworks(context, container).catch(async (error) => {
    const service = release?.compose.services[serviceOf(container) ?? ""];
    throw await explainStartFailure(context.engine, error, service === void 0 ? [] : [service]);
  });
  if (started) await runPostStart(context, container);
  return started;
}

// src/rollout/start-services.ts
async function startServices(context, action) {
  const { release: id, slot, how, only } = action;
  if (how === "start") return startExistingContainers(context, action);
  const release = releaseById(context, id);
  const confidential = requireConfidential(context, id);
  const all = await prepareSlot(context, id, slot);
  const done = await findDoneServices(context, release);
  const services = action.services.filter((name) => !done.has(name));
  const existing = all.filter((container) => services.includes(serviceOf(container) ?? ""));
  if (only === void 0)
    await Promise.all(existing.map((container) => restoreRestartPolicy(context, container)));
  else await startExistingContainers(context, { release: id, slot, services, only });
  const missing = only === void 0 ? services : servicesToScaleUp(existing, services, only);
  if (missing.length === 0) return "all replicas exist";
  const project = releaseProject(release);
  context.runState.knownContainers.expect(id, namesInProject(release, missing, only));
  const ready = new Set(done);
  const rendered = await withRecordsHeld(context.engine, release, renderRelease(release, slot));
  const compose = (...args) => {
    const config = withoutDependenciesOn(rendered, ready);
    const { timeout } = release.health;
    return runCompose(context, project, config, confidential, args, { timeout });
  };
  const scales = only === void 0 ? [] : missing.map((service) => `--scale=${service}=${only[service]}`);
  const create = ["--no-build", "--pull", "never", "--no-recreate"];
  const files = filesToWrite(release, confidential, missing);
  if (files.size > 0) {
    await compose("create", ...create, ...scales, ...missing);
    for (const container of await inspectReplicas(context, { release: id, services: [...files.keys()] })) {
      if (container.state === "running") continue;
      for (const [folder, content] of files.get(serviceOf(container) ?? "") ?? [])
        await context.engine.writeFiles(container.id, folder, content);
    }
  }
  const up = ["up", "--detach", ...create];
  if (only !== void 0) await compose(...up, "--no-deps", ...scales, ...missing);
  else {
    const awaited = conditionsWithin(release, missing);
    for (const group2 of startGroups(release.compose.services, missing)) {
      await compose(...up, ...group2);
      for (const name of group2) ready.add(name);
      await awaitDependencies(context, release, group2, awaited);
    }
  }
  return `project ${project}`;
}
async function prepareSlot(context, id, slot) {
  const isNew = context.runState.knownContainers.areNone(id);
  const [all] = await allOrThrow([
    isNew ? [] : listReplicas(context, { release: id }),
    ensureNetworksOfSlots(context)
  ]);
  await moveToSlot(context, all, slot);
  return all;
}
var namesInProject = (release, services, only) => services.flatMap(
  (service) => Array.from(
    { length: only?.[service] ?? release.services[service]?.replicas ?? 1 },
    (_, index) => ({
      id: `${releaseProject(release)}-${service}-${index + 1}`,
      labels: { "com.docker.compose.service": service }
    })
  )
);
async function awaitDependencies(context, release, services, awaited) {
  const isAwaited2 = (name) => [...awaited.get(name)?.keys() ?? []].some((condition) => condition !== "service_started");
  const names = services.filter(isAwaited2);
  if (names.length === 0) return;
  const replicas = await listReplicas(context, { release: release.id, services: names });
  for (const condition of ["service_completed_successfully", "service_healthy"])
    await awaitCondition(context, release, replicas, awaited, condition);
}
var servicesToScaleUp = (existing, services, only) => services.filter(
  (service) => existing.filter((each) => serviceOf(each) === service).length < (only[service] ?? 0)
);

// src/edge/switch-traffic.ts
var WRITE_SCRIPT = {
  name: "switch",
  action: "write where the traffic goes",
  text: `
set -eu
cd "$1"; slots=$2; split=$3; idle=$4; direction=$5; spares=$6; shift 6
# Which disk, and whether it lacks space or files.
trap 'if [ $? != 0 ]; then df -Pk . >&2; df -Pi . >&2 2>/dev/null; fi' EXIT
work=.work; begun=; scarce=; made=
write() {
  printf '%s\\n' "$2" 2>/dev/null >"$1" && return 0
  # Says why.
  printf '%s\\n' "$2" | cat >"$1" && return 0
  rm -f "$1"
  return 1
}
fill() {
  number=0
  block=$(printf '%511s' '')
  while [ "$number" -lt "$spares" ]; do
    if [ ! -s "$work/spare/$number" ]; then write "$work/spare/$number" "$block" || return 1; fi
    number=$((number + 1))
  done
}
begin() {
  if [ -n "$begun" ]; then return 0; fi
  begun=yes
  mkdir -p "$work/1" "$work/2" "$work/3" "$work/spare"
  rm -rf "$work"/[123]/* .next.*
  if [ "$direction" = forward ]; then fill; fi
}
take() {
  case $made in
    *"
$2	"*) found=\${made#*"
$2	"}; ln "\${found%%
*}" "$1"; return 0 ;;
  esac
  for spare in "$work"/spare/*; do if [ -s "$spare" ]; then break; fi; done
  [ -s "$spare" ]
  printf '%s\\n' "$2" | dd of="$spare" conv=notrunc 2>/dev/null
  truncate -s "$((\${#2} + 1))" "$spare"
  mv -f "$spare" "$1"
  made="$made
$2	$1
"
}
put() {
  line=
  if [ -e "$2" ]; then
    read -r line <"$2" || :
    if [ "$line" = "$3" ]; then return 0; fi
  fi
  begin
  if [ -z "$scarce" ] && write "$work/$1/$2" "$3"; then return 0; fi
  [ "$direction" = back ]
  scarce=yes
  take "$work/$1/$2" "$3"
}
address() {
  put 1 "$1" "$2"
  if [ -n "$idle" ]; then put 3 "$idle\${1#"$slots"}" "$2"; fi
}
names=' '
while [ $# -ge 2 ]; do
  names="$names$1 "
  case $1 in
    *.*.*) address "$1" "$2" ;;
    *) put 1 "$1" "$2" ;;
  esac
  shift 2
done
for slot in $slots; do
  for file in "$slot".*.*; do
    case $names in *" $file "*) continue ;; esac
    if [ -e "$file" ]; then address "$file" ''; fi
  done
done
if [ -n "$split" ]; then put 2 split "$split"; fi
if [ -n "$begun" ]; then
  set --
  for file in "$work"/[12]/*; do if [ -e "$file" ]; then set -- "$@" "$file"; fi; done
  if [ $# -gt 0 ] && command -v fsync >/dev/null; then fsync "$@"; fi
  for part in 1 2 3; do
    set -- "$work/$part"/*
    if [ -e "$1" ]; then mv -f "$@" .; fi
  done
  if [ -n "$scarce" ]; then fill 2>/dev/null || :; fi
fi
for file in split *.release *.*.*; do
  [ -e "$file" ] || continue
  line=; read -r line < "$file" || :
  printf '%s %s\\n' "$file" "$line"
done
`
};
var SWITCHED = "sealift-switched";
var WRITE_AND_DRAIN_SCRIPT = {
  name: "switch-and-drain",
  action: WRITE_SCRIPT.action ?? "",
  text: `
limit=$1; admin=$2; drained=$3; addresses=$4; shift 4
(
${WRITE_SCRIPT.text}
)
code=$?; if [ $code != 0 ]; then exit $code; fi
echo ${SWITCHED}
set -- "$limit" "$admin" "$drained" "$addresses"
${DRAIN_SCRIPT.text}
`
};
var MIN_SPARE_FILES = 16;
async function switchToSlot(engine, edge, slot, release, addresses, direction) {
  const state = { split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot), direction };
  await writeTraffic(engine, edge, [{ slot, release, addresses }], state);
}
async function switchAndDrain(engine, edge, { slot, release, addresses }, { addresses: drained, timeout, signal }) {
  const write = traffic([{ slot, release, addresses }], {
    ...{ split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot), direction: "forward" }
  });
  const switched = Promise.withResolvers();
  const mayEnd = new AbortController();
  const args = [...drainArgumentsFor(drained, timeout), ...write.args];
  const onStdout = (printed) => {
    const at = printed.indexOf(`${SWITCHED}
`);
    if (at >= 0) switched.resolve(printed.slice(0, at));
  };
  const ended = runScript(engine, edge, WRITE_AND_DRAIN_SCRIPT, args, {
    ...{ signal: mayEnd.signal, waits: timeout, onStdout }
  });
  ended.then(switched.resolve, switched.reject);
  write.verify(engine, await switched.promise);
  const end = () => mayEnd.abort(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const left = ended.then(
    (printed) => countIn(engine, edge, printed.slice(printed.indexOf(SWITCHED) + SWITCHED.length))
  );
  return { left: inBackground(left) };
}
async function splitVisitors(engine, edge, canary, share, others) {
  const state = { split: splitFor(canary.slot, share), direction: "forward" };
  await writeTraffic(engine, edge, [others, canary], state);
}
async function clearSlot(engine, edge, slot) {
  await writeTraffic(engine, edge, [{ slot, release: "", addresses: /* @__PURE__ */ new Map() }], { direction: "back" });
}
async function writeTraffic(engine, edge, ...what) {
  const { args, verify } = traffic(...what);
  verify(engine, await runScript(engine, edge, WRITE_SCRIPT, args));
}
function traffic(slots, {
  split = "",
  idle = "",
  direction
}) {
  const files = slots.flatMap(({ slot, release, addresses }) => [
    ...slotAddressFiles(slot, addresses),
    [releaseFile(slot), release]
  ]);
  const names = slots.map(({ slot }) => slot).join(" ");
  const contents = new Set(files.map(([, content]) => content));
  const spares = Math.max(MIN_SPARE_FILES, contents.size + 1);
  const expected = split === "" ? files : [...files, [SPLIT_FILE, split]];
  return {
    args: [EDGE_FOLDER, names, split, idle, direction, String(spares), ...files.flat()],
    verify: (engine, printed) => verifyFiles(engine, expected, printed)
  };
}
function verifyFiles({ host }, expected, printed) {
  const state = new Map(
    printed.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)])
  );
  for (const [file, content] of expected) {
    if (state.get(file) === content) continue;
    throw new HostError(
      host,
      `the edge's file ${file} holds "${state.get(file) ?? ""}" after "${content}" was written to it. Deploy again.`
    );
  }
}

// src/rollout/traffic-actions.ts
async function resolveUpstreams(context, { release: id, slot }) {
  const release = releaseById(context, id);
  const running = await findAllAddresses(context, release);
  const complete = isFormer(context, id) ? addressesOfFormer : requireAddressPerRoute;
  return { release: id, slot, addresses: await complete(context, release, running) };
}
var isFormer = ({ live, desired }, id) => id === live || id !== desired;
async function switchTraffic(context, to) {
  const { addresses } = await resolveUpstreams(context, to);
  const drain = drainAfterSwitch(context, to.release);
  if (drain !== void 0) await switchAndBeginDrain(context, { ...to, addresses }, drain);
  else {
    const direction = isFormer(context, to.release) ? "back" : "forward";
    await onEdge(
      context,
      (edge) => switchToSlot(context.engine, edge, to.slot, to.release, addresses, direction)
    );
  }
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}
async function switchAndBeginDrain(context, to, drain) {
  const { release, addresses, timeout, stop } = drain;
  const following = { addresses, timeout, signal: stop.signal };
  const { left } = await onEdge(context, (edge) => switchAndDrain(context.engine, edge, to, following));
  context.runState.begunDrain = { release, addresses, stop, since: performance.now(), left };
}
async function splitTraffic(context, action) {
  const { share, slot, release, baseline } = action;
  const [canary, others] = await Promise.all([
    resolveUpstreams(context, action),
    resolveUpstreams(context, baseline)
  ]);
  await onEdge(context, (edge) => splitVisitors(context.engine, edge, canary, share, others));
  recordTrafficChange(context, release, baseline.release);
  return `${formatPercent(share)} of the visitors go to ${slot}, all others to ${baseline.slot}`;
}
async function balanceReplicas(context, { release: id, slot, share, removedReplicas, newRelease }) {
  const release = releaseById(context, id);
  const [remaining, added] = await Promise.all([
    findAllAddresses(context, release, { after: removedReplicas }),
    newRelease === void 0 ? /* @__PURE__ */ new Map() : findAllAddresses(context, releaseById(context, newRelease.release), newRelease)
  ]);
  const mixed = mixAddresses(remaining, added, share);
  const complete = isFormer(context, id) ? addressesOfFormer : requireAddressPerRoute;
  const addresses = await complete(context, release, mixed);
  const direction = newRelease === void 0 ? "back" : "forward";
  await onEdge(context, (edge) => switchToSlot(context.engine, edge, slot, id, addresses, direction));
  if (newRelease === void 0) {
    recordTrafficChange(context, id);
    return `requests go to ${containersText(remaining)} of ${id}`;
  }
  recordTrafficChange(context, id, newRelease.release);
  return `requests go to ${containersText(added)} of ${newRelease.release} and ${containerCount(remaining)} of ${id}`;
}
var containerCount = (addresses) => new Set([...addresses.values()].flat().map((each) => each.slice(0, each.lastIndexOf(":")))).size;
function containersText(addresses) {
  const count = containerCount(addresses);
  return count === 1 ? "1 container" : `${count} containers`;
}
async function clearSlotRouting({ engine, appEnvironment }, slot) {
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state === "running") await clearSlot(engine, edge.containerId, slot);
}
function recordTrafficChange({ runState }, ...releases) {
  runState.lastChangeAt = performance.now();
  if (releases.some((id) => id === runState.begunDrain?.release)) runState.begunDrain = void 0;
  for (const id of releases) runState.drainedReleases.delete(id);
}

// src/rollout/try-ports.ts
const { randomUUID: randomUUID4 } = require("node:crypto");
var LIFETIME = 60;
async function tryPorts(context, { release: id, ports }) {
  const { engine, appEnvironment, log } = context;
  const { app, environment } = appEnvironment;
  const all = await engine.listContainers([]);
  const own = all.filter(
    ({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment
  );
  const free = ports.filter((port) => !own.some((each) => publishes(each, port)));
  if (free.length === 0) return "the app has them";
  const image = await imageOnHost(context, releaseById(context, id), free);
  if (image === void 0) return "not tried";
  const name = `${baseProject(appEnvironment)}-ports-${randomUUID4().slice(0, 4)}`;
  const container = await engine.createContainer(name, {
    Image: image,
    Entrypoint: ["sleep", String(LIFETIME)],
    Cmd: [],
    Labels: { ...labelsOf(appEnvironment), [LABEL.role]: OWN_ROLE.probe },
    ExposedPorts: Object.fromEntries(free.map((port) => [containerPort(port), {}])),
    HostConfig: {
      AutoRemove: true,
      PortBindings: Object.fromEntries(
        [...Map.groupBy(free, containerPort)].map(([port, each]) => [
          port,
          each.map((published) => ({
            HostIp: published.address ?? "",
            HostPort: String(published.port)
          }))
        ])
      ),
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      ReadonlyRootfs: true
    }
  });
  try {
    await engine.startContainer(container);
  } catch (error) {
    const numbers = free.map(({ port }) => port);
    const explained = await explainTakenPort(engine, error, numbers);
    if (explained !== error) throw explained;
    log.debug(messageOf(error));
    return "not tried";
  } finally {
    await engine.removeContainer(container, { force: true }).catch(() => void 0);
  }
  return free.map(portText).join(", ");
}
var publishes = ({ ports }, port) => ports.some(
  ({ address, ...each }) => each.protocol === port.protocol && portsOverlap({ address, ...each }, port)
);
var containerPort = ({ port, protocol }) => `${port}/${protocol}`;
async function imageOnHost({ engine, settings }, { services }, ports) {
  const own = ports.flatMap(({ service }) => service === void 0 ? [] : services[service]?.image ?? []);
  for (const image of [settings.edgeImage, ...own])
    if (await engine.inspectImage(image) !== void 0) return image;
  return void 0;
}

// src/rollout/try-proxies.ts
const { randomUUID: randomUUID5 } = require("node:crypto");

// src/release/render-trial.ts
var TRIAL_LABELS = { [LABEL.role]: OWN_ROLE.trial };
var KEYS_NOT_FOR_TRIALS = [
  ...[
    "ports",
    "restart",
    "container_name",
    "hostname",
    "mac_address",
    "depends_on",
    "links",
    "scale",
    "deploy"
  ],
  ...["post_start", "pre_stop"]
];
function renderTrial(base, name) {
  const service = asObject(base.services[name]);
  const networks = mapValues(
    asObject(service["networks"]),
    (options) => withoutKeys(asObject(options), "aliases")
  );
  return {
    ...base,
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_TRIALS),
        ...Object.keys(networks).length === 0 ? {} : { networks },
        labels: { ...pickKeys(asObject(service["labels"]), Object.values(LABEL)), ...TRIAL_LABELS }
      }
    }
  };
}

// src/rollout/try-proxies.ts
async function tryProxies(context, action) {
  const release = releaseById(context, action.release);
  const config = await prepareAccessories(context, release);
  for (const proxy of action.services) {
    const name = `${baseProject(release)}-${proxy}-trial-${randomUUID5().slice(0, 4)}`;
    try {
      await tryProxy(context, release, config, proxy, name);
    } finally {
      await context.engine.removeContainer(name, { force: true }).catch(() => void 0);
    }
  }
  return `${joinWithAnd(action.services)} started`;
}
async function tryProxy(context, release, config, proxy, name) {
  const { engine } = context;
  const { timeout } = release.health;
  const project = baseProject(release);
  const args = ["run", "--detach", "--no-deps", "--no-TTY", "--name", name, proxy];
  const confidential = accessoryConfidential(context, release);
  await runCompose(context, project, renderTrial(config, proxy), confidential, args, { timeout });
  const container = await engine.inspectContainer(name);
  const expectation = {
    container,
    service: proxy,
    ending: "never",
    probe: void 0,
    mustSettle: true
  };
  try {
    await awaitHealthy(context, [expectation], timeout);
  } catch (error) {
    if (!(error instanceof HostError) || engine.disconnected.aborted) throw error;
    throw new HostError(
      engine.host,
      `the new ${proxy} does not start: ${messageWithoutHost(engine.host, error)} The ${proxy} that runs was left alone.`,
      { evidence: await lastLogLines(context, container.id), cause: error }
    );
  }
}

// src/rollout/canary-analysis.ts
var MIN_ERRORS = 3;
var MIN_LATENCY_DIFFERENCE = 5e-3;
var hasEnoughRequests = ({ own }, limits) => own.all.count >= limits.minRequests;
function findBreach(comparison, limits) {
  const dead = edgeAnswersBreach(comparison, MIN_ERRORS);
  if (dead !== void 0) return dead;
  const few = !hasEnoughRequests(comparison, limits);
  const hasBaseline = baselineCount(comparison, limits) >= limits.minRequests;
  const breach = few && !hasBaseline ? void 0 : errorBreach(comparison, limits);
  if (breach !== void 0) return breach;
  const hang = hasBaseline ? hangBreach(comparison, limits) : void 0;
  if (hang !== void 0) return hang;
  if (few) return noAnswerBreach(comparison, comparison.other?.all.count ?? 0, limits);
  return latencyBreach(comparison, limits);
}
var findBreachAtEnd = (comparison, limits) => findBreach(comparison, limits) ?? edgeAnswersBreach(comparison, 1) ?? noAnswerBreach(comparison, baselineCount(comparison, limits), limits);
function edgeAnswersBreach({ own }, least) {
  const { count, errors, timed } = own.all;
  if (count < least || timed > 0 || errors < count) return void 0;
  const requests = count === 1 ? "its only request" : `any of its ${countText(count)} requests`;
  return `the new release has not answered ${requests}: the edge answered 502 in its place, because it got no answer from a container`;
}
function errorBreach(comparison, limits) {
  const own = comparison.own.all;
  if (own.errors < MIN_ERRORS) return void 0;
  const other = baselineResponses(comparison, limits, "all") ?? NO_REQUESTS;
  const difference = differenceLowerBound(
    { count: own.errors, total: own.count },
    { count: other.errors, total: other.count }
  );
  if (difference <= limits.maxErrors) return void 0;
  const ours = `${percentText(own.errors, own.count)} of ${countText(own.count)} answers of the new release are 5xx`;
  const theirs = other.count === 0 ? "" : `, ${percentText(other.errors, other.count)} of ${countText(other.count)} of the old one`;
  return `${ours}${theirs}: more than ${inputRef("canary-max-errors")} allows (${percentText(limits.maxErrors, 1)})`;
}
function noAnswerBreach({ own, waiting }, answered, limits) {
  if (own.all.count > 0 || waiting < MIN_WAITING || answered < limits.minRequests) return void 0;
  return `the new release has answered none of its requests, and ${countText(waiting)} wait; the old one has answered ${countText(answered)}`;
}
function hangBreach({ silence }, limits) {
  if (silence === void 0 || !isHanging(silence, limits.minRequests)) return void 0;
  const { unanswered, age, other } = silence;
  const requests = `any of its last ${countText(unanswered)} requests`;
  return `the new release has not answered ${requests} for ${secondsText(age)}; the old one has answered ${countText(other.answered)} meanwhile, and ${countText(other.inFlight)} are in progress there`;
}
function latencyBreach(comparison, limits) {
  const own = comparison.own.warm;
  const other = baselineResponses(comparison, limits, "warm");
  if (other === void 0 || own.timed < limits.minRequests) return void 0;
  const [ours, theirs] = [latencyStatistics(own), latencyStatistics(other)];
  if (ours.mean - theirs.mean < MIN_LATENCY_DIFFERENCE) return void 0;
  if (!significantlyExceeds(ours, theirs, limits.maxLatencyRatio)) return void 0;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${secondsText(ours.mean)} (${countText(own.timed)} requests), the old one after ${secondsText(theirs.mean)} (${countText(other.timed)}): ${times} times as long, more than ${inputRef("canary-max-latency-ratio")} allows (${limits.maxLatencyRatio})`;
}
function baselineResponses({ other, before }, limits, which) {
  if (other === void 0) return void 0;
  const now = other[which];
  return before === void 0 || now.count >= limits.minRequests ? now : addStats(before, now);
}
var baselineCount = (comparison, limits) => baselineResponses(comparison, limits, "all")?.count ?? 0;
var latencyStatistics = ({ timed, seconds, histogram }) => statisticsFromHistogram(timed, histogram, seconds);
function canaryFigures(comparison, limits) {
  const other = baselineResponses(comparison, limits, "all");
  return {
    release: responseFigures(comparison.own.all),
    baseline: other === void 0 || other.count === 0 ? void 0 : responseFigures(other),
    ...hasEnoughRequests(comparison, limits) ? {} : { tooFewRequests: true },
    ...isInconclusive(comparison, limits) ? { inconclusive: true } : {}
  };
}
function isInconclusive(comparison, limits) {
  if (!hasEnoughRequests(comparison, limits) || findBreach(comparison, limits) !== void 0) return false;
  const rate = ({ errors, count }) => count === 0 ? 0 : errors / count;
  const other = baselineResponses(comparison, limits, "all") ?? NO_REQUESTS;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}
var responseFigures = ({ count, errors, timed, seconds }) => ({
  requests: count,
  errors,
  latencyMs: timed === 0 ? void 0 : seconds / timed * 1e3
});
function comparisonText(comparison, limits) {
  const other = baselineResponses(comparison, limits, "all");
  const versus = other === void 0 || other.count === 0 ? "" : `; the old release: ${responsesText(other)}`;
  const inconclusive = isInconclusive(comparison, limits) ? `: more than ${inputRef("canary-max-errors")} allows (${percentText(limits.maxErrors, 1)}), but so few may be chance` : "";
  return `${responsesText(comparison.own.all)}${versus}${inconclusive}`;
}
var tooFewRequestsText = ({ own }, limits) => `${countText(own.all.count)} requests are too few to judge by ("${inputRef("canary-min-requests")}" is ${countText(limits.minRequests)})`;
function responsesText(responses) {
  const { count, errors } = responses;
  if (count === 0) return "no requests";
  const latency = latencyStatistics(responses);
  const text = `${countText(count)} ${count === 1 ? "request" : "requests"}, ${percentText(errors, count)} of them 5xx`;
  return latency.count === 0 ? text : `${text}, answered after ${secondsText(latency.mean)}`;
}
var countText = (count) => count.toLocaleString("en-US");
function percentText(part, total) {
  const value = total === 0 ? 0 : part / total * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}
var secondsText = (time) => time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1e3).toPrecision(2))} ms`;

// src/rollout/watch-release.ts
var SAMPLE_INTERVAL = 2e3;
var MIN_SAMPLE_INTERVAL = 100;
async function watchRelease(context, action) {
  var _stack = [];
  try {
    const watcher = __using(_stack, await watchReplicas(context, action, await inspectReplicas(context, action)), true);
    const end = performance.now() + action.duration;
    const interval = Math.min(SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, action.duration / 10));
    const sampler = action.limits === void 0 ? void 0 : await openMetricsSampler(context, action);
    context.waitStatus.limit = action.duration;
    context.waitStatus.look = () => seenSoFar(action, sampler);
    for (; ; ) {
      const tolerated = await checkStillHealthy(context, watcher, action, "while it was watched");
      await sampler?.sample(watcher.signal);
      const remaining = end - performance.now();
      const left = Math.max(remaining, Math.min(sampler?.judgedAfter ?? 0, remaining + LONG_SILENCE * 1e3));
      checkLimits(context, action, sampler, left <= 0 ? findBreachAtEnd : findBreach);
      if (left <= 0) return [...watchSummary(context, action, sampler), ...tolerated].join("; ");
      await watcher.wait(sampler === void 0 ? left : Math.min(left, interval));
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function seenSoFar({ limits }, sampler) {
  const comparison = sampler?.comparison;
  return limits === void 0 || comparison === void 0 ? "healthy" : comparisonText(comparison, limits);
}
function checkLimits({ engine, runState }, action, sampler, find) {
  if (action.limits === void 0 || sampler?.comparison === void 0) return;
  runState.watchResults.set(action, canaryFigures(sampler.comparison, action.limits));
  const breach = find(sampler.comparison, action.limits);
  if (breach !== void 0) throw new HostError(engine.host, `${breach}.`);
}
function watchSummary({ engine: { host } }, { limits, duration }, sampler) {
  if (limits === void 0) return [`healthy for ${formatDuration(duration)}`];
  if (sampler === void 0) return ["no edge, so only the containers were watched"];
  const { comparison, lastError: cause, edgeRestarted } = sampler;
  if (comparison === void 0 || cause !== void 0)
    throw new HostError(host, `could not read the edge's metrics: ${messageWithoutHost(host, cause)}`, {
      cause
    });
  const seen = [
    comparisonText(comparison, limits),
    ...edgeRestarted ? ["the edge restarted meanwhile, so some requests are not counted"] : []
  ];
  if (hasEnoughRequests(comparison, limits)) return seen;
  const few = tooFewRequestsText(comparison, limits);
  if (limits.onTooFewRequests === "fail")
    throw new HostError(
      host,
      `${few}. Watch for longer, or allow it with "${inputSetting("canary-too-few", "go-on")}".`
    );
  return [...seen, few];
}

// src/rollout/perform-action.ts
var ASK_WHAT_SERVES = /* @__PURE__ */ new Set(["pull-images", "record-release"]);
var LEAVE_WHAT_SERVES = /* @__PURE__ */ new Set([
  "pull-images",
  "record-release",
  "start-services"
]);
var FORESEEN_EXECS = {
  // The health check.
  "record-release": 1,
  // The switch, and the drain with it.
  "check-health": 1
};
async function performAction(context, action) {
  const { records } = context.runState;
  context.lock.assertHeld(context.engine.host);
  if (ASK_WHAT_SERVES.has(action.kind)) recordReachability(context);
  if (!LEAVE_WHAT_SERVES.has(action.kind)) await context.runState.recordsReachability;
  prepareForeseenExecs(context, action);
  switch (action.kind) {
    case "pull-images": {
      const [note] = await allOrThrow([pullImages(context, action), recordCountersAtStart(context)]);
      return note;
    }
    case "ensure-edge":
      return ensureEdgeForRelease(context, action);
    case "try-ports":
      return tryPorts(context, action);
    case "remove-edge":
      return removeAppEdge(context);
    case "ensure-front":
      return ensureFrontRuns(context);
    case "remove-unused-front":
      return removeFrontIfUnused(context);
    case "route-domains":
      return routeDomains(context, action.release);
    case "stop-project":
      return stopAdoptedProject(context, action);
    case "start-project":
      return restartAdoptedProject(context, action);
    case "ensure-accessories":
      return ensureAccessories(context, action);
    case "try-proxies":
      return tryProxies(context, action);
    case "record-release": {
      const release = releaseById(context, action.release);
      await allOrThrow([
        haveRelease(records, release) ? void 0 : updateRecords(context, withRelease(records, release)),
        recordCountersAtStart(context),
        context.runState.keepsImages
      ]);
      return void 0;
    }
    case "start-services":
      return startServices(context, action);
    case "check-health":
      return checkHealth(context, action);
    case "switch-traffic":
      return switchTraffic(context, action);
    case "split-traffic":
      return splitTraffic(context, action);
    case "balance-replicas":
      if (action.newRelease !== void 0) await recordCountersBeforeBalancing(context);
      return balanceReplicas(context, action);
    case "watch-release":
      return watchRelease(context, action);
    case "final-check":
      return runFinalCheck(context, action);
    case "run-hook":
      return runHook(context, action);
    case "clear-slot":
      return clearSlotRouting(context, action.slot);
    case "drain-traffic":
      return drainTraffic(context, action);
    case "stop-services":
      return stopServices(context, action);
    case "accept-release": {
      const ended = await findEndedServices(context, action.release);
      const entry = {
        ...{ ...historyEntryOf(context, action), fleet: context.fleetHosts },
        ...ended.length > 0 ? { ended } : {}
      };
      return updateRecords(context, withEvent(records, { ...entry, event: "accepted" }));
    }
    case "record-rollback":
      return updateRecords(
        context,
        withEvent(records, { ...historyEntryOf(context, action), event: "rolled-back" })
      );
    case "prune-releases":
      return pruneReleases(context, action.releases);
  }
}
function prepareForeseenExecs({ engine, runState }, { kind }) {
  const { edge } = runState;
  if (edge === void 0) return;
  for (let execs = FORESEEN_EXECS[kind] ?? 0; execs > 0; execs -= 1) engine.prepareExec(edge);
}
var historyEntryOf = ({ triggeredBy, releases, runStartedAt, approval }, { release, previous, command }) => {
  const revision = releases.get(release)?.origin.revision;
  const durationMs = Math.max(0, Date.now() - runStartedAt);
  const at = (/* @__PURE__ */ new Date()).toISOString();
  return { at, command, release, previous, revision, durationMs, approval, ...triggeredBy };
};

// src/rollout/undo-steps.ts
async function undoSteps(actions, host) {
  const collecting = host.collectEvidence(actions.filter((action) => action.kind === "stop-services"));
  const failures = [];
  let unreached;
  for (const action of actions) {
    if (action.kind === "stop-services") await collecting;
    if (action.kind === "stop-services" && unreached !== void 0 && action.release !== unreached) continue;
    const failure = await host.perform(action);
    if (failure !== void 0) failures.push(failure);
    if ("release" in action && traitsOf(action).movesTraffic)
      unreached = failure === void 0 ? void 0 : action.release;
  }
  return { failures, evidence: await collecting };
}

// src/rollout/wait-status.ts
var NOTE_INTERVAL = 1e4;
var everyTenSeconds = (task) => {
  const timer = setInterval(task, NOTE_INTERVAL).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};
function reportWait(status, report, repeat) {
  const startedAt = performance.now();
  let ended = false;
  let looking = false;
  const note = async () => {
    if (looking) return;
    looking = true;
    const seen = await Promise.resolve(status.look?.()).catch(() => void 0);
    looking = false;
    if (!ended) report({ elapsed: performance.now() - startedAt, limit: status.limit, seen });
  };
  const repetition = repeat(() => void note());
  return {
    [Symbol.dispose]() {
      ended = true;
      repetition[Symbol.dispose]();
    }
  };
}

// src/rollout/execute-plan.ts
async function executePlan(plan, contexts, options, operations = { performAction, collectEvidence, reachabilityAfterRollback }) {
  for (const host of plan.hosts.keys())
    if (!contexts.has(host)) throw new SealiftError(`${host} is not connected. Nothing was changed.`);
  const execution = new PlanExecution(plan, contexts, options, operations);
  for (const [stage, hosts] of stageSequence(plan)) {
    const failures = await execution.runStage(stage, hosts);
    if (failures.length > 0) return execution.rollBack(stage, failures);
  }
  const warnings = [];
  for (const stage of COMMITTED_STAGES) {
    for (const { host, error, cancelled } of await execution.runStage(stage, [...plan.hosts.keys()]))
      warnings.push(
        cancelled ? cancelledAfterAcceptText(plan, execution.steps) : messageWithHost(host, error)
      );
  }
  return { kind: "succeeded", steps: execution.results, warnings: [...new Set(warnings)] };
}
var ABORT_GRACE = 5e3;
var PlanExecution = class {
  steps = [];
  #plan;
  #contexts;
  #options;
  #operations;
  #startedAt = performance.now();
  /** In the order in which they were started. */
  #startedSteps;
  /** Aborted by the first failure: nothing needs what the other hosts wait for. */
  #abortWaits = new AbortController();
  /** Aborted a few seconds later: an aborted change may leave more to undo than is known. */
  #abortChanges = new AbortController();
  #abortTimer;
  constructor(plan, contexts, options, operations) {
    this.#plan = plan;
    this.#contexts = contexts;
    this.#options = options;
    this.#operations = operations;
    this.#startedSteps = new Map([...plan.hosts.keys()].map((host) => [host, []]));
  }
  /** The steps with what pulls have found, which is known a moment after they end. */
  get results() {
    return this.steps.map((step) => {
      const images = this.#contexts.get(step.host)?.runState.pullResults.get(step.action);
      return images === void 0 ? step : { ...step, images };
    });
  }
  /** Runs a stage on hosts in parallel. A step that is aborted because another host failed is no failure. */
  async runStage(stage, hosts) {
    var _stack = [];
    try {
      const busy = hosts.filter((host) => this.#plan.hosts.get(host)?.[stage]?.length);
      if (busy.length > 0) this.#options.progress.onStageStart(stage, busy);
      const all = (await Promise.all(busy.map((host) => this.#runStageOnHost(host, stage)))).flat();
      const cancelled = all.find((failure) => failure.cancelled);
      const failures = all.filter((failure) => !failure.cancelled || failure === cancelled);
      if (failures.length > 0 || stage !== "verify") return failures;
      const { verify, progress } = this.#options;
      if (verify === void 0) return [];
      const waitStatus = {};
      const _notes = __using(_stack, reportWait(waitStatus, (note) => progress.onWait(note), this.#repeat));
      const lost = hosts.flatMap((host) => this.#lostLock(host) ?? []);
      const signal = AbortSignal.any([this.#options.signal, ...lost]);
      try {
        await verify(waitStatus, signal);
        return [];
      } catch (error) {
        if (this.#options.signal.aborted) return [this.#cancellation(stage)];
        const cause = isCausedByAbort(error, signal) ? signal.reason : error;
        return [{ host: void 0, stage, action: void 0, error: cause }];
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  get #repeat() {
    return this.#options.repeat ?? everyTenSeconds;
  }
  #cancellation(stage) {
    const error = new SealiftError(`${wasCancelled()}.`, {
      cause: this.#options.signal.reason
    });
    return { host: void 0, stage, action: void 0, cancelled: true, error };
  }
  async #runStageOnHost(host, stage) {
    const warnings = [];
    for (const step of this.#plan.hosts.get(host)?.[stage] ?? []) {
      if (this.#options.signal.aborted) return [...warnings, this.#cancellation(stage)];
      if (this.#abortWaits.signal.aborted) return [];
      this.#startedSteps.get(host)?.push(step);
      const others = traitsOf(step.action).waits ? this.#abortWaits : this.#abortChanges;
      const lost = this.#lostLock(host);
      const signal = AbortSignal.any([this.#options.signal, others.signal, ...lost ? [lost] : []]);
      const failure = await this.#performStep(host, stage, step.action, signal, false);
      if (failure === void 0) continue;
      if (this.#isAborted(failure.error, host, signal))
        return this.#options.signal.aborted ? [...warnings, this.#cancellation(stage)] : warnings;
      if (!COMMITTED_STAGES.has(stage)) {
        this.#abortOthers(new SealiftError(`${host} failed`));
        return [failure];
      }
      warnings.push(failure);
    }
    return warnings;
  }
  /** What ends because the host's lock is lost has failed, like the step after it, which would not begin. */
  #isAborted(error, host, signal) {
    return isCausedByAbort(error, signal) && signal.reason !== this.#lostLock(host)?.reason;
  }
  #lostLock(host) {
    return this.#contexts.get(host)?.lock.lost(host);
  }
  #abortOthers(reason) {
    this.#abortWaits.abort(reason);
    this.#abortTimer ??= setTimeout(() => this.#abortChanges.abort(reason), ABORT_GRACE).unref();
  }
  /** Undoes every step that was started. An undo that fails is reported, and the others still run. */
  async rollBack(stage, failures) {
    clearTimeout(this.#abortTimer);
    const undos = [...this.#startedSteps].flatMap(([host, started]) => {
      const actions = started.toReversed().flatMap((step) => step.undo);
      return actions.length === 0 ? [] : [{ host, actions }];
    });
    if (undos.length > 0) {
      const hosts = undos.map(({ host }) => host);
      this.#options.progress.onStageStart("roll-back", hosts);
    }
    const results = await Promise.all(undos.map(({ host, actions }) => this.#undo(host, stage, actions)));
    return {
      kind: "rolled-back",
      steps: this.results,
      failures,
      evidence: results.flatMap(({ evidence }) => evidence),
      undoFailures: results.flatMap((result) => result.failures),
      reachability: await this.#reachability()
    };
  }
  /** What visitors reach now, and what they reached before. */
  async #reachability() {
    const found = await Promise.all(
      [...this.#plan.hosts.keys()].map(async (host) => {
        const context = this.#contextOf(host, new AbortController().signal);
        const after = await this.#operations.reachabilityAfterRollback(context);
        return [host, { before: context.runState.reachedBefore, after }];
      })
    );
    return new Map(found.filter(([, { before, after }]) => (before ?? after) !== void 0));
  }
  #undo(host, stage, actions) {
    const { signal } = new AbortController();
    return undoSteps(actions, {
      collectEvidence: (stops) => this.#operations.collectEvidence(this.#contextOf(host, signal), stops),
      perform: (action) => this.#performStep(host, stage, action, signal, true)
    });
  }
  async #performStep(host, stage, action, signal, undo) {
    var _stack = [];
    try {
      const start = performance.now();
      const { progress } = this.#options;
      const context = this.#contextOf(host, signal);
      const end = (note, error) => {
        const ok = error === void 0;
        const watched = context.runState.watchResults.get(action);
        const gap = context.runState.interruptions.get(action);
        const at = start - this.#startedAt;
        const result = {
          ...{ host, stage, action, at, took: performance.now() - start, ok, undo, note },
          ...!ok && this.#isAborted(error, host, signal) ? { aborted: true } : {},
          ...watched === void 0 ? {} : { watched },
          ...gap && { interrupted: this.#sinceStart(gap) }
        };
        this.steps.push(result);
        progress.onStepEnd(result, error);
      };
      progress.onStepStart(host, stage, action);
      const _notes = __using(_stack, reportWait(
        context.waitStatus,
        (note) => progress.onWait(note, { host, action }),
        this.#repeat
      ));
      try {
        end(await this.#operations.performAction(context, action));
        return void 0;
      } catch (thrown) {
        const isLost = isCausedByAbort(thrown, signal) && !this.#isAborted(thrown, host, signal);
        const error = isLost ? signal.reason : thrown;
        end(void 0, error);
        return { host, stage, action, error };
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  #sinceStart({ from, to, ...interruption }) {
    return { ...interruption, from: from - this.#startedAt, to: to - this.#startedAt };
  }
  #contextOf(host, signal) {
    const context = this.#contexts.get(host);
    if (context === void 0) throw new SealiftError(`${host} is not connected.`);
    return { ...context, signal, jobCancelled: this.#options.signal.aborted, waitStatus: {} };
  }
};

// src/rollout/image-delivery.ts
function openImageDelivery({ kind, local, others = /* @__PURE__ */ new Map(), mayCopy }, engines, { folder, log }) {
  let opened;
  const open2 = async () => {
    const { DirectTransfer } = await import("./direct-transfer-24ICB2CY.js");
    return new DirectTransfer({ images: local, engines, folder, log });
  };
  const transfer = () => {
    opened ??= open2();
    return opened;
  };
  return {
    ...{ kind, mayCopy, others, transfer },
    local: (image) => local.get(image),
    prepare(observations) {
      if (kind !== "direct") return;
      for (const { host, images } of observations) {
        const engine = engines.find((each) => each.host === host.host);
        const lacksOne = [...local.keys()].some((image) => images.get(image) === void 0);
        if (engine !== void 0 && lacksOne)
          void inBackground(transfer().then((direct) => direct.prepare(engine)));
      }
    },
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]();
    }
  };
}
function withLocalLayers({ local: localImage, others }, lookUp) {
  return (name) => {
    const local = (isPinnedImage(name) ? localImage(name) : void 0) ?? others.get(name);
    if (local === void 0) return lookUp(name);
    const platforms = local.image.manifests.map(
      ({ platform, layers, diffIds }) => [
        platform,
        {
          layers: layers.map(
            ({ digest, size }, index) => ({ digest, size, diffId: diffIds[index] ?? "" })
          )
        }
      ]
    );
    return Promise.resolve(new Map(platforms));
  };
}

// src/rollout/name-lookup.ts
var PRIORITY_API = "1.48";
async function nameLookupNotices(engines, release) {
  const names = networksBeforeSlots(release);
  if (names.length === 0) return [];
  const all = await Promise.all(
    engines.map(async (engine) => {
      const { version, apiVersion } = await engine.version();
      if (!isOlderVersion(apiVersion, PRIORITY_API)) return [];
      return [
        `${engine.host}: Docker ${version} looks names up in the network ${joinWithAnd(names)} first, because that name comes before those of Sealift's networks. So while two releases run, services may find each other across them. Install Docker Engine 28 or later, or let the names come later (networks: … name:).`
      ];
    })
  );
  return all.flat();
}

// src/rollout/url-check.ts
var REQUIRED_SUCCESSES = 3;
var URL_CHECK_INTERVAL = 200;
var RESPONSE_TIMEOUT = 5e3;
async function checkUrl(check, signal, waitStatus = {}, interval = URL_CHECK_INTERVAL) {
  const end = performance.now() + check.timeout;
  let last;
  waitStatus.limit = check.timeout;
  waitStatus.look = () => last && lastAnswerText(last);
  for (let inARow = 0; ; ) {
    const left = Math.max(1, Math.ceil(end - performance.now()));
    const answer = await requestUrl(check, signal, Math.min(RESPONSE_TIMEOUT, left));
    signal.throwIfAborted();
    if (last === void 0 || !answer.timedOut || left >= RESPONSE_TIMEOUT) last = answer;
    inARow = answer.ok ? inARow + 1 : 0;
    if (inARow === REQUIRED_SUCCESSES) return `${answer.text}, ${REQUIRED_SUCCESSES} times in a row`;
    if (performance.now() + interval >= end) throw unexpectedAnswerError(check, last);
    await pause(interval, signal);
  }
}
var lastAnswerText = ({ ok, text }) => ok ? `it answered ${text}, but not ${REQUIRED_SUCCESSES} times in a row` : text;
function unexpectedAnswerError({ url, timeout }, last) {
  return new SealiftError(
    `${inputRef("url")}: ${url} did not answer as expected within ${formatDuration(timeout)}: ${lastAnswerText(last)}. Check the address, "${inputRef("url-status")}" and "${inputRef("url-body")}", or increase "${inputRef("url-timeout")}".${proxyHint(url)}`
  );
}
function proxyHint(url) {
  const proxy = proxyFor(new URL(url));
  return proxy === void 0 ? "" : ` It was asked through the proxy ${proxyName(proxy)}: a host that ${thisRunner()} reaches without belongs in no_proxy.`;
}
async function requestUrl(check, signal, timeout) {
  try {
    const { status, body } = await requestWeb(check.url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
      headers: { "user-agent": "sealift", "cache-control": "no-cache" },
      // A user who expects only redirects wants to check the redirect, not its target.
      redirect: check.status.every((status2) => status2 >= 300 && status2 < 400) ? "manual" : "follow"
    });
    if (!check.status.includes(status)) return { ok: false, text: `it answered ${status}` };
    if (!bodyMatches(body, check.body))
      return {
        ok: false,
        text: `it answered ${status}, but its body does not match "${inputRef("url-body")}"`
      };
    return { ok: true, text: `${status}` };
  } catch (error) {
    const timedOut = error instanceof DOMException && error.name === "TimeoutError";
    const text = timedOut ? `no answer within ${formatDuration(timeout)}` : rootCauseText(error);
    return { ok: false, timedOut, text };
  }
}
function bodyMatches(body, expected) {
  if (expected === void 0) return true;
  return typeof expected === "string" ? body.includes(expected) : expected.test(body);
}
function rootCauseText(error) {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCauseText(error.errors[0]);
  return error instanceof Error && error.cause !== void 0 ? rootCauseText(error.cause) : messageOf(error);
}

// src/deployment.ts
function deploymentOfRollback(parts) {
  const { release, context } = parts;
  return {
    ...parts,
    command: "rollback",
    strategy: chooseStrategy(release, void 0),
    waves: { kind: "all" },
    hooks: { before: [], after: [] },
    bake: 0,
    limits: void 0,
    keep: Number.MAX_SAFE_INTEGER,
    updateAccessories: false,
    transfer: { kind: release.origin.imageTransfer ?? "registry", local: /* @__PURE__ */ new Map(), mayCopy: true },
    composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal)
  };
}
async function deployRelease(deployment) {
  var _stack = [];
  try {
    const { fleet, release, context } = deployment;
    let { observations } = deployment;
    warnOfUnreadableRecords(deployment);
    const images = __using(_stack, openImageDelivery(deployment.transfer, fleet.engines, context), true);
    if (!deployment.options.dryRun) images.prepare(observations);
    await preflight(fleet.engines, observations, release, deployment.adopts);
    for (const notice of await nameLookupNotices(fleet.engines, release)) context.log.notice(notice);
    let plan = planDeployment(deployment, hostsOf(observations));
    reportPlan(deployment, plan, hostsOf(observations));
    if (deployment.options.dryRun) return;
    await cleanUpKilledRun(fleet.engines, observations);
    if (isEmptyPlan(plan)) return;
    requireSecretContents(plan, deployment);
    const failedRestarts = [];
    let outcome;
    let composePlugin;
    for (; ; ) {
      if (planUsesCompose(plan)) composePlugin ??= await deployment.composePlugin();
      const contexts = await hostContextsOf(deployment, plan, observations, composePlugin, images);
      const execute = () => executePlan(plan, contexts, {
        verify: urlCheckOf(deployment),
        progress: reportProgress(plan, deployment.options.url?.url, context.log),
        signal: context.signal
      });
      const latest = await group(titleOf(deployment, plan), execute);
      outcome = outcome === void 0 ? latest : joinOutcomes(outcome, latest);
      const added = onlyFailedRestarts(latest, release.id).filter(
        (one) => isHostConnected(fleet, one.host) && !failedRestarts.some((other) => isSameRestart(one, other))
      );
      if (added.length === 0 || context.signal.aborted) break;
      for (const failedRestart2 of added) warnOfFailedRestart(failedRestart2, deployment);
      failedRestarts.push(...added);
      observations = await fleet.observe();
      plan = planDeployment(deployment, markRestartFailed(hostsOf(observations), failedRestarts));
    }
    reportOutcome(deployment, hostsOf(deployment.observations), outcome);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function warnOfUnreadableRecords({ observations, release, context }) {
  for (const { host, recordsUnreadable } of hostsOf(observations)) {
    if (!recordsUnreadable) continue;
    const warning = `${host}: the records of ${release.app} for ${release.environment} can't be read. Nothing old is removed there in this run, and a rollback can't go to what was deployed before it.`;
    context.log.warning(warning);
    addWarnings(context.report, [warning]);
  }
}
var hostsOf = (observations) => observations.map(({ host }) => host);
function planDeployment(deployment, hosts) {
  const { release, waves, updateAccessories } = deployment;
  for (const host of hosts) checkProxiedPorts(host, release, updateAccessories);
  const bake = proxyOverlap(release, hosts, deployment.bake);
  const edgeFingerprint2 = requiredEdgeFingerprint(release);
  return planFleet(hosts, { ...deployment, bake, edgeFingerprint: edgeFingerprint2 }, waves);
}
var titleOf = ({ command, release }, plan) => `${command === "rollback" ? "Roll back to" : "Deploy"} ${release.id}: ${stagesOf(plan).join(" → ")}`;
async function hostContextsOf(deployment, plan, observations, composePlugin, images) {
  const { fleet, destination, release, confidential, options, context } = deployment;
  const pulls = stagesOf(plan).includes("pull");
  const own = pulls ? await deployment.environment() : programEnvironment();
  const environment = await hostEnvironment(own, composePlugin, context);
  const fleetContext = {
    appEnvironment: destination,
    confidential,
    lock: deployment.lock,
    settings: options,
    run: context.run,
    log: context.log,
    environment,
    pullRetry: { retryPolicy: DEFAULT_RETRY_POLICY, limit: new RetryLimit(PULL_RETRY_LIMIT) },
    lookUpLayers: withLocalLayers(images, createLayerLookup(context, own)),
    images,
    comparesResponses: comparesResponses(plan),
    triggeredBy: context.triggeredBy,
    runStartedAt: Date.parse(context.report.current.startedAt),
    approval: deployment.approval,
    fleetHosts: fleet.engines.map(({ host }) => host)
  };
  return createHostContexts(fleet.engines, observations, release, fleetContext, context.signal);
}
function urlCheckOf({ options: { url }, context }) {
  if (url === void 0) return void 0;
  return async (waitStatus, signal) => {
    const answer = await checkUrl(url, signal, waitStatus);
    context.log.info(`url: ${url.url} answered ${answer}`);
    context.report.set({ answer });
  };
}
var isSameRestart = (one, other) => one.host === other.host && one.release === other.release;
var isHostConnected = ({ engines }, host) => engines.some((engine) => engine.host === host && !engine.disconnected.aborted);
function warnOfFailedRestart({ host, release: former, error }, { context, release }) {
  const warning = `${sentence(messageWithHost(host, error))} ${former}, which an interrupted run had stopped there, can't be started again, so ${release.id} is deployed without it.`;
  context.log.warning(warning);
  addWarnings(context.report, [warning]);
}
function requireSecretContents({ hosts }, { release, confidential }) {
  const missing = missingContents(release, confidential.get(release.id));
  if (missing.length === 0) return;
  for (const [host, stages] of hosts) {
    const steps = Object.values(stages).flat();
    if (!steps.some(({ action }) => action.kind === "start-services" && action.how === "create")) continue;
    throw goneSecretsError(host, release, missing);
  }
}

// src/gate/owner-runs.ts
var ASK_INTERVAL = 1e4;
var OwnerRuns = class {
  #token;
  #options;
  #closed = new AbortController();
  #ended = /* @__PURE__ */ new Set();
  #askAgainAt = /* @__PURE__ */ new Map();
  /** @param token for GitHub's API; `undefined`: it is never asked */
  constructor(token, { log, signal }) {
    this.#token = token;
    this.#options = {
      ...GITHUB_TIMES,
      retryPolicy: { ...GITHUB_TIMES.retryPolicy, attempts: 1 },
      requestTimeout: ASK_INTERVAL,
      log: { ...log, info: log.debug, notice: log.debug, warning: log.debug },
      signal: AbortSignal.any([signal, this.#closed.signal])
    };
  }
  /** What GitHub has said so far. It is asked meanwhile, at most every ten seconds. */
  hasEnded({ runUrl = "" }) {
    if (this.#ended.has(runUrl)) return true;
    const run2 = parseAttempt(runUrl);
    const now = performance.now();
    if (run2 === void 0 || this.#token === void 0 || now < (this.#askAgainAt.get(runUrl) ?? 0))
      return false;
    this.#askAgainAt.set(runUrl, now + ASK_INTERVAL);
    this.#ask(run2, this.#token).then(
      (isOver) => isOver && this.#ended.add(runUrl),
      (error) => this.#options.log.debug(messageOf(error))
    );
    return false;
  }
  async #ask({ owner, repo, id, attempt }, token) {
    const apiUrl = requireApiUrl(githubVariables().apiUrl);
    const github = await connectToGitHub({ apiUrl, owner, repo, token }, this.#options);
    const { run_attempt: latest, status } = asObject(await github.getRun(id));
    return (asNumber(latest) ?? 0) > attempt || latest === attempt && status === "completed";
  }
  [Symbol.dispose]() {
    this.#closed.abort(new Error("Nobody waits for the answer any more."));
  }
};
function parseAttempt(runUrl) {
  const { serverUrl } = githubVariables();
  if (!runUrl.startsWith(`${serverUrl}/`)) return void 0;
  const match = /^\/([\w-]+)\/([\w.-]+)\/actions\/runs\/(\d+)\/attempts\/([1-9]\d*)$/.exec(
    runUrl.slice(serverUrl.length)
  );
  const [, owner, repo, id, attempt] = match ?? [];
  return owner === void 0 || repo === void 0 ? void 0 : { owner, repo, id: Number(id), attempt: Number(attempt) };
}

// src/rollout/lease.ts
var LEASE_DURATION = 15e3;
var RENEWAL_INTERVAL = 4e3;
var LEASE_FILE = "lease";
var WRITE_LIMIT = 6e3;
function writeLease(engine, lockId) {
  const lease = { expires: engine.now() + LEASE_DURATION };
  const files = /* @__PURE__ */ new Map([[LEASE_FILE, { content: JSON.stringify(lease), mode: 384 }]]);
  return engine.writeFiles(lockId, "/", files, { urgent: true, limit: WRITE_LIMIT });
}
var READS = 4;
var READ_INTERVAL = 250;
async function readLease(engine, lockId) {
  for (let read = 1; read <= READS; read += 1) {
    if (read > 1) await pause(READ_INTERVAL, engine.disconnected);
    const expires = await readLeaseOnce(engine, lockId);
    if (expires !== void 0) return expires;
  }
  return void 0;
}
async function readLeaseOnce(engine, lockId) {
  try {
    return parseLease((await engine.readFiles(lockId, `/${LEASE_FILE}`)).get(LEASE_FILE));
  } catch (error) {
    if (error instanceof HostError && !engine.disconnected.aborted) return void 0;
    throw error;
  }
}
function parseLease(content) {
  try {
    return asNumber(asObject(JSON.parse(String(content)))["expires"]);
  } catch {
    return void 0;
  }
}

// src/rollout/lock-container.ts
var UNLEASED_DURATION = 2 * LEASE_DURATION;
var lockName = (appEnvironment) => `${baseProject(appEnvironment)}-lock`;
var CREATE_ATTEMPTS = 3;
async function createLock(engine, appEnvironment, owner) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await createLockAtOnce(engine, appEnvironment, owner);
    } catch (error) {
      if (error instanceof Conflict) return void 0;
      if (!(error instanceof NotFound) || attempt === CREATE_ATTEMPTS) throw error;
      await ensureEmptyImage(engine);
    }
  }
}
function createLockAtOnce(engine, appEnvironment, { actor, runUrl }) {
  const lock = { actor, runUrl, since: new Date(engine.now()).toISOString() };
  return engine.createContainer(lockName(appEnvironment), {
    Image: EMPTY_IMAGE,
    Cmd: ["never-started"],
    // Not the labels of the app: it is no part of what is deployed.
    Labels: { [LABEL.role]: OWN_ROLE.lock, [LABEL.lock]: JSON.stringify(lock) }
  });
}
async function readLock(engine, appEnvironment) {
  const found = (await engine.listContainers([`${LABEL.role}=${OWN_ROLE.lock}`])).find(
    ({ name }) => name === lockName(appEnvironment)
  );
  if (found === void 0) return void 0;
  const expires = await readLease(engine, found.id);
  const lock = parseLabel(found.labels[LABEL.lock]);
  const since = asText(lock["since"]) ?? "an unknown time";
  const end = expires ?? Date.parse(since) + UNLEASED_DURATION;
  return {
    containerId: found.id,
    owner: { actor: asText(lock["actor"]), runUrl: asText(lock["runUrl"]) },
    since,
    // Of a container that somebody else has made the time may be none: then nobody renews it.
    isExpired: !(engine.now() <= end),
    isOverdue: expires !== void 0 && engine.now() > expires - LEASE_DURATION + 2 * RENEWAL_INTERVAL
  };
}
function parseLabel(text = "") {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
async function breakLock(engine, { containerId }) {
  await engine.removeContainer(containerId);
}

// src/rollout/host-lock.ts
var ACQUIRE_ATTEMPTS = 50;
var HostLock = class _HostLock {
  #engine;
  #appEnvironment;
  #claim;
  #timer;
  #containerId;
  /** Until when this run counts on the lock, by `performance.now()`. */
  #heldUntil;
  /** Until when other runs find it held. */
  #leasedUntil;
  /** The one that is on its way. An engine that hangs must not have one after the other to do. */
  #renewal;
  #isEnded = false;
  /** Aborted with the HostError when another run may have the lock. */
  #loss = new AbortController();
  constructor(engine, appEnvironment, claim, containerId, heldUntil) {
    this.#engine = engine;
    this.#appEnvironment = appEnvironment;
    this.#claim = claim;
    this.#containerId = containerId;
    this.#heldUntil = heldUntil;
    this.#leasedUntil = heldUntil;
    claim.remember(engine.host, containerId);
    this.#renew();
    this.#timer = setInterval(() => this.#renew(), RENEWAL_INTERVAL).unref();
  }
  /**
   * Locks a host, or answers who has locked it. Does not wait for others.
   * @throws HostError if a container that is no lock has its name
   */
  static async tryAcquire(engine, appEnvironment, claim) {
    for (let attempt = 1; attempt <= ACQUIRE_ATTEMPTS; attempt += 1) {
      const askedAt = performance.now();
      const id = await createLock(engine, appEnvironment, claim.owner);
      if (id !== void 0) return new _HostLock(engine, appEnvironment, claim, id, unleasedEnd(askedAt));
      const held = await readLock(engine, appEnvironment);
      if (held !== void 0) return held;
    }
    throw new HostError(
      engine.host,
      `a container that Sealift did not make has the name ${lockName(appEnvironment)}, which the lock needs. Rename or remove it (docker rename, docker rm).`
    );
  }
  /**
   * Locks a host with one call, or leaves it: another run may have locked it, or the host may lack what a lock is made of.
   * @returns `undefined` if it is not locked now
   */
  static async acquireAtOnce(engine, appEnvironment, claim) {
    try {
      const askedAt = performance.now();
      const id = await createLockAtOnce(engine, appEnvironment, claim.owner);
      return new _HostLock(engine, appEnvironment, claim, id, unleasedEnd(askedAt));
    } catch (error) {
      if (error instanceof Conflict || error instanceof NotFound) return void 0;
      throw error;
    }
  }
  /**
   * Takes up the lock of a run that was killed, or locks the host if that lock is gone. Does not wait for others.
   * @param containerId the lock of that run, if it had one
   */
  static async resume(engine, appEnvironment, claim, containerId) {
    const own = containerId === void 0 ? void 0 : await _HostLock.takeUp(engine, appEnvironment, claim, containerId);
    return own ?? _HostLock.tryAcquire(engine, appEnvironment, claim);
  }
  /**
   * Takes up the lock of a run that was killed.
   * @returns `undefined` if it is gone: another run may have changed the host since
   */
  static async takeUp(engine, appEnvironment, claim, containerId) {
    try {
      const expires = await readLeaseOnce(engine, containerId);
      let writtenAt = performance.now();
      await writeLease(engine, containerId);
      if (expires === void 0 || engine.now() > expires) {
        await pause(RENEWAL_INTERVAL, engine.disconnected);
        writtenAt = performance.now();
        await writeLease(engine, containerId);
      }
      return new _HostLock(engine, appEnvironment, claim, containerId, writtenAt + LEASE_DURATION);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      return void 0;
    }
  }
  /** Aborted when another run has taken the lock; the reason is the HostError. */
  get lost() {
    return this.#loss.signal;
  }
  get containerId() {
    return this.#containerId;
  }
  /**
   * To be called before each change of the host.
   * @throws HostError if another run may have the lock now
   */
  assertHeld() {
    this.lost.throwIfAborted();
    if (performance.now() < this.#heldUntil) return;
    throw new HostError(
      this.#engine.host,
      `its lock could not be renewed for ${LEASE_DURATION / 1e3} s, so another run may change it now. This run changes nothing more there.`
    );
  }
  /** Others can lock the host at once. If it can't be reached, they can when the lease has expired. */
  async [Symbol.asyncDispose]() {
    clearInterval(this.#timer);
    this.#isEnded = true;
    await this.#renewal;
    if (this.lost.aborted || this.#engine.disconnected.aborted) return;
    await this.#engine.removeContainer(this.#containerId).catch(() => void 0);
    this.#claim.remember(this.#engine.host, void 0);
  }
  #renew() {
    if (this.lost.aborted) return;
    this.#renewal ??= this.#writeLease().finally(() => {
      this.#renewal = void 0;
    });
  }
  async #writeLease() {
    const startedAt = performance.now();
    try {
      await writeLease(this.#engine, this.#containerId);
      const wasLeased = performance.now() < this.#leasedUntil;
      this.#leasedUntil = startedAt + LEASE_DURATION;
      if (wasLeased) this.#heldUntil = this.#leasedUntil;
    } catch (error) {
      if (error instanceof NotFound && !this.#isEnded) await this.#reacquire().catch(() => void 0);
    }
  }
  /** After the lease has expired, another run may have had the lock meanwhile, and have changed what this one has observed. */
  async #reacquire() {
    const startedAt = performance.now();
    const id = startedAt < this.#heldUntil ? await createLock(this.#engine, this.#appEnvironment, this.#claim.owner) : void 0;
    if (id === void 0) return this.#lose();
    this.#containerId = id;
    this.#claim.remember(this.#engine.host, id);
    this.#heldUntil = startedAt + LEASE_DURATION;
    this.#leasedUntil = this.#heldUntil;
    await writeLease(this.#engine, id);
  }
  /** The post step has nothing to finish there: what is left is for the run that has the lock. */
  #lose() {
    this.#claim.remember(this.#engine.host, void 0);
    this.#loss.abort(
      new HostError(
        this.#engine.host,
        "another run has locked it, because the lock of this run was removed or had expired. This run changes nothing more there."
      )
    );
  }
};
var unleasedEnd = (askedAt) => Math.min(performance.now() + LEASE_DURATION, askedAt + UNLEASED_DURATION);

// src/rollout/fleet-lock.ts
var FleetLock = class {
  #locks;
  constructor(locks) {
    this.#locks = locks;
  }
  /** The container that is the lock of a host; `undefined` in a dry run. */
  containerOn(host) {
    return this.#locks.get(host)?.containerId;
  }
  /** To be called before each change of a host. @throws HostError if another run may have its lock now */
  assertHeld(host) {
    this.#locks.get(host)?.assertHeld();
  }
  /** Aborted when another run has taken the lock of a host; the reason is the HostError. `undefined`: it is not locked. */
  lost(host) {
    return this.#locks.get(host)?.lost;
  }
  async [Symbol.asyncDispose]() {
    await allOrThrow([...this.#locks.values()].map((lock) => lock[Symbol.asyncDispose]()));
  }
};
async function lockFleetAtOnce(engines, appEnvironment, claim) {
  const tried = await Promise.allSettled(
    engines.map((engine) => HostLock.acquireAtOnce(engine, appEnvironment, claim))
  );
  const locks = /* @__PURE__ */ new Map();
  for (const [index, { host }] of engines.entries()) {
    const result = tried[index];
    if (result?.status === "fulfilled" && result.value !== void 0) locks.set(host, result.value);
  }
  const lock = new FleetLock(locks);
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  return void 0;
}
async function lockFleet(engines, appEnvironment, options) {
  const tried = await Promise.allSettled(
    engines.map((engine) => HostLock.tryAcquire(engine, appEnvironment, options))
  );
  const locks = /* @__PURE__ */ new Map();
  for (const [index, { host }] of engines.entries()) {
    const result = tried[index];
    if (result?.status === "fulfilled" && result.value instanceof HostLock) locks.set(host, result.value);
  }
  const lock = new FleetLock(locks);
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  const failed = tried.find((each) => each.status === "rejected");
  if (failed !== void 0) throw failed.reason;
  return lockInOrder(engines, appEnvironment, options);
}
async function resumeFleetLock(engines, appEnvironment, claim, containerOf) {
  const locks = /* @__PURE__ */ new Map();
  const lock = new FleetLock(locks);
  const results = await Promise.allSettled(
    engines.map(async (engine) => {
      const result = await HostLock.resume(engine, appEnvironment, claim, containerOf(engine.host));
      if (result instanceof HostLock) locks.set(engine.host, result);
    })
  );
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  const failed = results.find((each) => each.status === "rejected");
  if (failed !== void 0) throw failed.reason;
  return void 0;
}
async function lockInOrder(engines, appEnvironment, options) {
  const locks = /* @__PURE__ */ new Map();
  const lock = new FleetLock(locks);
  const end = performance.now() + options.timeout;
  try {
    for (const engine of engines.toSorted((one, other) => one.host < other.host ? -1 : 1))
      locks.set(engine.host, await waitForLock(engine, appEnvironment, end, locks, options));
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return lock;
}
var RETRY_INTERVAL = 1e3;
async function waitForLock(engine, appEnvironment, end, held, options) {
  var _stack = [];
  try {
    const { timeout, log, signal, onWait } = options;
    let holder;
    const _notes = __using(_stack, reportWait(
      { limit: timeout, look: () => holder && holderText(holder) },
      (note) => onWait(engine.host, note),
      everyTenSeconds
    ));
    for (; ; ) {
      const lock = await HostLock.tryAcquire(engine, appEnvironment, options);
      if (lock instanceof HostLock) return lock;
      const [same] = [...held].find(([, { containerId }]) => containerId === lock.containerId) ?? [];
      if (same !== void 0)
        throw new ConfigurationError(
          `hosts: ${same} and ${engine.host} are the same Docker engine. Remove one of them.`
        );
      const over = lockEnd(lock, options.hasEnded);
      if (over !== void 0) {
        log.info(`${engine.host}: the lock of ${holderText(lock)} ${over}. It is removed.`);
        await breakLock(engine, lock);
        continue;
      }
      if (performance.now() >= end) throw lockTimeoutError(engine, lock, timeout);
      if (holder?.containerId !== lock.containerId)
        log.info(`${engine.host}: waiting for ${holderText(lock)}.`);
      holder = lock;
      await pause(RETRY_INTERVAL, signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function lockEnd({ isExpired, isOverdue, owner }, hasEnded) {
  if (isExpired) return "has expired: that run has ended";
  return isOverdue && hasEnded(owner) ? "gives no sign of life, and GitHub says that this run has ended" : void 0;
}
var holderText = ({ owner, since }) => `a run${owner.actor === void 0 ? "" : ` of ${owner.actor}`}, which has locked it since ${formatMinute(since)} UTC${owner.runUrl === void 0 ? "" : ` (${owner.runUrl})`}`;
var lockTimeoutError = ({ host }, lock, timeout) => new HostError(
  host,
  `${inputRef("lock-timeout")}: after ${formatDuration(timeout)} it is still locked by ${holderText(lock)}. Wait until that run has ended, or cancel it; then run ${thisJob()} again.`
);

// src/run/lock-state.ts
var PREFIX = "lock-";
var lockStateName = (host) => `${PREFIX}${fingerprintOf(host, 12)}`;

// src/lock.ts
var lockWait = ({ dryRun, lockTimeout }, { token }) => dryRun ? void 0 : { timeout: lockTimeout, token };
var ownerRuns = ({ token }, context) => new OwnerRuns(token, context);
async function lockHosts(engines, appEnvironment, wait, context) {
  var _stack = [];
  try {
    const { log, signal } = context;
    if (wait === void 0) return new FleetLock(/* @__PURE__ */ new Map());
    const runs = __using(_stack, ownerRuns(wait, context));
    return await lockFleet(engines, appEnvironment, {
      ...lockClaim(context),
      timeout: wait.timeout,
      log,
      signal,
      hasEnded: (owner) => runs.hasEnded(owner),
      onWait: (host, note) => log.info(waitLine(`${host}: lock`, note))
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
var lockInBackground = (engines, appEnvironment, context) => openInBackground(
  engines?.then((connected) => lockFleetAtOnce(connected, appEnvironment, lockClaim(context))) ?? Promise.resolve(void 0)
);
var resumeLocks = (engines, appEnvironment, saved, context) => resumeFleetLock(
  engines,
  appEnvironment,
  lockClaim(context),
  (host) => saved.find((lock) => lock.host === host)?.containerId
);
async function takeUpLock(engine, appEnvironment, { containerId }, context) {
  const lock = await HostLock.takeUp(engine, appEnvironment, lockClaim(context), containerId);
  return lock && new FleetLock(/* @__PURE__ */ new Map([[engine.host, lock]]));
}
var lockClaim = ({ triggeredBy, report }) => ({
  owner: triggeredBy,
  remember: (host, containerId) => currentReporter().saveState(
    lockStateName(host),
    containerId === void 0 ? "" : { command: report.current.command, host, containerId }
  )
});

// src/release/trusted-proxies.ts
function withTrustedProxies(release, trustedProxies) {
  const { trustedProxies: _, ...others } = release;
  return trustedProxies === void 0 ? others : { ...others, trustedProxies };
}
function trustedProxiesOf(hosts) {
  const accepted = hosts.flatMap((host) => host.releases.filter(({ id }) => id === host.accepted));
  return accepted.flatMap(({ record }) => record?.trustedProxies ?? [])[0];
}

// src/engine/ssh-process.ts
var OWN_GROUP = { detached: true };
function sshEnvironment(variables = {}) {
  const { SSH_AUTH_SOCK, SSH_AGENT_PID, ...environment } = userSshEnvironment(variables);
  return environment;
}
function userSshEnvironment(variables = {}) {
  const { SSH_ASKPASS, DISPLAY, ...environment } = programEnvironment();
  return { ...environment, ...variables, LC_ALL: "C" };
}
function sshStartError(program, error) {
  return new ConfigurationError(
    `${program} could not be started on ${thisRunner()} (${messageOf(error)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error }
  );
}

// src/engine/call-limit.ts
var CALL_LIMIT = 2 * 6e4;
var DELETE_LIMIT = 5 * 6e4;
var CallLimit = class {
  /** Aborts when the time is over, and when the caller's own signal does. */
  signal;
  #limit;
  #over = new AbortController();
  #signal;
  #timer;
  constructor(limit, signal) {
    this.#limit = limit;
    this.#signal = signal;
    this.signal = anySignal(signal, this.#over.signal);
  }
  begin() {
    this.#timer ??= setTimeout(() => this.#over.abort(), this.#limit);
  }
  /** The error for a call that broke: that it took too long, if that is what broke it. */
  explain(error, host, operation) {
    if (!this.#over.signal.aborted || this.#signal?.aborted || error instanceof HostError) return error;
    return new HostError(
      host,
      `could not ${operation}: its Docker engine has not answered within ${formatDuration(this.#limit)}. It hangs: look at "journalctl -u docker" on the host, restart it (sudo systemctl restart docker), and run ${thisJob()} again.`
    );
  }
  [Symbol.dispose]() {
    clearTimeout(this.#timer);
  }
};

// src/engine/connection-state.ts
var ConnectionState = class {
  host;
  transport;
  #disconnected = new AbortController();
  #pending = /* @__PURE__ */ new Set();
  constructor(host, transport) {
    this.host = host;
    this.transport = transport;
  }
  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected() {
    return this.#disconnected.signal;
  }
  /** @throws HostError when the connection has ended */
  throwIfDisconnected() {
    if (this.disconnected.reason instanceof HostError) throw this.disconnected.reason;
  }
  /** Ends all calls in progress, and every later one, with this error. Only the first error counts. */
  disconnect(error) {
    if (this.disconnected.aborted) return;
    this.#disconnected.abort(error);
    for (const end of [...this.#pending]) end(error);
    this.transport.agent.destroy();
    this.transport.urgentAgent?.destroy();
  }
  /**
   * Registers something in progress. `end` is called when the connection ends or `signal` aborts.
   * @returns a function that removes the registration
   */
  track(end, signal) {
    const onAbort = () => end(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
    this.#pending.add(end);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (this.disconnected.reason instanceof HostError) end(this.disconnected.reason);
    else if (signal?.aborted) onAbort();
    return () => {
      this.#pending.delete(end);
      signal?.removeEventListener("abort", onAbort);
    };
  }
  /** Ends the connection if a broken call shows that the host itself is unreachable. */
  checkReachable(cause) {
    if (this.transport.isHostUnreachable?.(cause)) this.disconnect(unreachableError(this.host, cause));
  }
  /** The error for a broken call: the reason why the connection ended, if that is what broke the call. */
  async explainFailure(operation, error) {
    if (error instanceof HostError) return error;
    const { graceAfterDisconnect, explainError } = this.transport;
    if (graceAfterDisconnect !== void 0 && !this.disconnected.aborted) {
      await this.#disconnectedWithin(graceAfterDisconnect);
    }
    const cause = error instanceof Error ? error : new Error(messageOf(error));
    this.checkReachable(cause);
    if (this.disconnected.reason instanceof HostError) return this.disconnected.reason;
    return new HostError(this.host, `could not ${operation}: ${explainError(cause)}`, { cause });
  }
  #disconnectedWithin(milliseconds) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.disconnected.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.disconnected.addEventListener("abort", done);
    });
  }
};
function unreachableError(host, cause) {
  return new HostError(
    host,
    "the connection was lost: the server does not answer any more. The network or the server is down.",
    { cause }
  );
}

// src/engine/http-request.ts
const http = require("node:http");
const https = require("node:https");
const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");

// src/run/query-string.ts
function queryString(query = {}) {
  const parameters = Object.entries(query).filter(
    (entry) => entry[1] !== void 0
  );
  return parameters.length === 0 ? "" : `?${new URLSearchParams(parameters)}`;
}

// src/engine/http-request.ts
function sendRequest({ agent: usualAgent, urgentAgent = usualAgent, address }, method, path, { query, body, headers: own, upgrade, urgent }) {
  const agent = urgent ? urgentAgent : usualAgent;
  const content = body instanceof Readable ? body : encodeBody(body);
  const headers = {
    ...own,
    ...content === void 0 ? {} : {
      ...content instanceof Readable ? {} : { "content-length": content.length },
      "content-type": Buffer.isBuffer(body) || content instanceof Readable ? "application/x-tar" : "application/json"
    },
    ...upgrade ? { connection: "Upgrade", upgrade: "tcp" } : {}
  };
  const open2 = agent instanceof https.Agent ? https.request : http.request;
  const request3 = open2({ ...address, agent, method, path: `${path}${queryString(query)}`, headers });
  if (content instanceof Readable) void pipeline(content, request3).catch(() => void 0);
  else request3.end(content);
  return request3;
}
function dropIdleConnections({ agent, urgentAgent = agent }) {
  for (const { freeSockets } of /* @__PURE__ */ new Set([agent, urgentAgent]))
    for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
}
function encodeBody(body) {
  return body === void 0 || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}

// src/engine/client.ts
var MOST_BYTES = 128e6;
var EngineClient = class {
  #connection;
  #versionPrefix = "";
  /** What the engine's clock is ahead of ours, in milliseconds. */
  #clockOffset = 0;
  constructor(host, transport) {
    this.#connection = new ConnectionState(host, transport);
  }
  get host() {
    return this.#connection.host;
  }
  /** Aborts when the connection has ended; the reason is the HostError. */
  get disconnected() {
    return this.#connection.disconnected;
  }
  /** Whether calls wait for each other's connections. */
  get hasFewConnections() {
    return this.#connection.transport.hasFewConnections === true;
  }
  /** The engine's time, in milliseconds since the epoch. Its responses tell it in seconds. */
  now() {
    return Date.now() + this.#clockOffset;
  }
  /** Uses this version of the API from now on, whatever the engine's newest is. */
  useApiVersion(apiVersion) {
    this.#versionPrefix = `/v${apiVersion}`;
  }
  /** Ends all calls in progress, and every later one, with this error. */
  disconnect(error) {
    this.#connection.disconnect(error);
  }
  /** @throws HostError, also when the engine takes too long; NotFound and Conflict for 404 and 409 */
  call(operation, method, path, options = {}) {
    return this.#withLimit(operation, method, options, async (limit, limited) => {
      const { response } = await this.#send(operation, method, path, limited, limit);
      const status = response.statusCode ?? 0;
      const date = Date.parse(response.headers.date ?? "");
      if (!Number.isNaN(date)) this.#clockOffset = date - Date.now();
      if (status >= 400 && !options.allow?.includes(status))
        throw await this.#refusal(operation, response, limited);
      const body = await this.#readBody(operation, response, limited.signal);
      return { status, headers: response.headers, body };
    });
  }
  /** Like `call`, for a response in JSON. */
  async callJson(operation, method, path, options) {
    return this.#parseJson(operation, (await this.call(operation, method, path, options)).body);
  }
  /** The JSON of an object that may not exist: `undefined` when the engine answers 404. */
  async findJson(operation, path) {
    const { status, body } = await this.call(operation, "GET", path, { allow: [404] });
    return status === 404 ? void 0 : this.#parseJson(operation, body);
  }
  /** A response that is read while it comes; it must begin in time. Read errors are for `explainFailure`. */
  async stream(operation, method, path, options) {
    const { response } = await this.#head(operation, method, path, options);
    const status = response.statusCode ?? 0;
    if (status >= 400 && !options.allow?.includes(status))
      throw await this.#refusal(operation, response, options);
    const untrack = this.#connection.track((error) => response.destroy(error), options.signal);
    response.once("close", untrack);
    return response;
  }
  /** Turns a request into a connection in both directions (`Upgrade: tcp`), which exec needs. */
  async hijack(operation, path, options) {
    const { response, upgraded } = await this.#head(operation, "POST", path, { ...options, upgrade: true });
    if (upgraded === void 0) throw await this.#refusal(operation, response, options);
    const { socket } = upgraded;
    const untrack = this.#connection.track((error) => socket.destroy(error), options.signal);
    socket.once("close", untrack);
    return upgraded;
  }
  /** The error for a call that broke: the reason why the connection ended, if that is what broke it. */
  explainFailure(operation, error) {
    return this.#connection.explainFailure(operation, error);
  }
  #head(operation, method, path, options) {
    return this.#withLimit(
      operation,
      method,
      options,
      (limit, limited) => this.#send(operation, method, path, limited, limit)
    );
  }
  async #withLimit(operation, method, options, work) {
    var _stack = [];
    try {
      const limit = __using(_stack, new CallLimit(
        options.limit ?? (method === "DELETE" ? DELETE_LIMIT : CALL_LIMIT),
        options.signal
      ));
      try {
        return await work(limit, { ...options, signal: limit.signal });
      } catch (error) {
        throw limit.explain(error, this.host, operation);
      }
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  async #send(operation, method, path, options, limit) {
    const { apiVersion } = options;
    const prefix = apiVersion === void 0 ? this.#versionPrefix : `/v${apiVersion}`;
    const versionedPath = `${prefix}${path}`;
    for (let attempt = 1; ; attempt += 1) {
      this.#connection.throwIfDisconnected();
      options.signal?.throwIfAborted();
      const request3 = sendRequest(this.#connection.transport, method, versionedPath, options);
      request3.once("socket", () => limit.begin());
      try {
        return await this.#responseHead(request3, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        if (method === "GET" && request3.reusedSocket && attempt < 3 && !this.disconnected.aborted) {
          dropIdleConnections(this.#connection.transport);
          continue;
        }
        throw await this.explainFailure(operation, error);
      }
    }
  }
  #responseHead(request3, { signal }) {
    return new Promise((resolve, reject) => {
      const untrack = this.#connection.track((error) => request3.destroy(error), signal);
      const settle2 = (head) => {
        untrack();
        resolve(head);
      };
      request3.on("error", (error) => {
        untrack();
        this.#connection.checkReachable(error);
        reject(error);
      });
      request3.once("response", (response) => settle2({ response }));
      request3.once("upgrade", (response, socket, head) => settle2({ response, upgraded: { socket, head } }));
    });
  }
  async #readBody(operation, response, signal) {
    const untrack = this.#connection.track((error) => response.destroy(error), signal);
    try {
      const { body, isCut } = await collect(response, MOST_BYTES);
      if (!isCut) return body;
      throw new HostError(
        this.host,
        `could not ${operation}: the answer has more than ${MOST_BYTES / 1e6} MB. No Docker engine answers so: what listens there?`
      );
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await this.explainFailure(operation, error);
    } finally {
      untrack();
    }
  }
  async #refusal(operation, response, { signal }) {
    const text = (await this.#readBody(operation, response, signal)).toString().trim();
    return engineError(this.host, operation, messageIn(text), response.statusCode ?? 0);
  }
  #parseJson(operation, body) {
    try {
      return JSON.parse(body.toString());
    } catch (cause) {
      const evidence = [body.toString().slice(0, 200)];
      const message = `could not ${operation}: the engine's answer is not JSON. Does a proxy answer in its place? Run ${thisJob()} again.`;
      throw new HostError(this.host, message, { evidence, cause });
    }
  }
};
function messageIn(text) {
  try {
    return new Fields(JSON.parse(text)).text("message") || text;
  } catch {
    return text;
  }
}

// src/engine/dial-stdio.ts
const { once: once2 } = require("node:events");
const { createServer } = require("node:net");
const { pipeline: pipeline2 } = require("node:stream/promises");
const { setTimeout: delay2 } = require("node:timers/promises");

// src/engine/remote-session.ts
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { Transform } = require("node:stream");

// src/run/line-splitter.ts
const { StringDecoder } = require("node:string_decoder");
var LONGEST_LINE = 1024 * 1024;
var LineSplitter = class {
  #decoder = new StringDecoder("utf8");
  #onLine;
  #rest = "";
  constructor(onLine) {
    this.#onLine = onLine;
  }
  push(chunk) {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(withoutCarriageReturn(line));
    if (this.#rest.length < LONGEST_LINE) return;
    this.#onLine(this.#rest);
    this.#rest = "";
  }
  /** Passes on the text after the last line break. */
  end() {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (rest !== "") this.#onLine(withoutCarriageReturn(rest));
  }
};
function withoutCarriageReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

// src/engine/marker.ts
const { randomBytes } = require("node:crypto");
function makeShellMarker() {
  const id = randomBytes(8).toString("hex");
  return { command: `echo 'sealift-'${id}`, pattern: new RegExp(`sealift-${id}[ \\t\\r]*\\n`) };
}
var ENGINE_GREETING = "HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
var ENGINE_ANSWER = /HTTP\/1\.[01] \d{3} .*?\r\n\r\n/s;
var MAX_KEPT = 64 * 1024;
var MarkerSearch = class {
  #pattern;
  #pending = Buffer.alloc(0);
  #found = false;
  constructor(pattern) {
    this.#pattern = pattern;
  }
  /** Whatever was received without the marker. */
  get textBefore() {
    return this.#pending.toString();
  }
  /** @returns what follows the marker in this chunk, possibly nothing; `undefined` before the marker */
  push(chunk) {
    if (this.#found) return chunk;
    const received = Buffer.concat([this.#pending, chunk]);
    const match = this.#pattern.exec(received.toString("latin1"));
    this.#found = match !== null;
    this.#pending = match === null ? received.subarray(-MAX_KEPT) : received.subarray(0, match.index);
    return match === null ? void 0 : received.subarray(match.index + match[0].length);
  }
};

// src/engine/remote-session.ts
function shellCommand(program) {
  const { command, pattern } = makeShellMarker();
  return { command: `${command}; exec ${program}`, marker: pattern };
}
var DIAL_PROGRAM = "docker system dial-stdio";
var DIAL_ALONE = {
  command: DIAL_PROGRAM,
  marker: ENGINE_ANSWER,
  greeting: ENGINE_GREETING
};
var READY_TIMEOUT = 3e4;
function openRemoteSession(ssh, { command, marker, greeting }, environment, onLine) {
  const child = spawn("ssh", [...ssh, command], { ...OWN_GROUP, env: environment, stdio: "pipe" });
  let refused = false;
  const lines = new LineSplitter((line) => {
    if (/Session open refused|session request failed/i.test(line)) refused = true;
    onLine(line);
  });
  child.stderr.on("data", (chunk) => lines.push(chunk));
  child.stdin.on("error", () => void 0);
  const closed = once(child, "close").then(
    () => lines.end(),
    (error) => onLine(error.message)
  );
  const search = new MarkerSearch(marker);
  const { promise: outcome, resolve } = Promise.withResolvers();
  const output = new Transform({
    transform: (chunk, _, done) => {
      const rest = search.push(chunk);
      if (rest !== void 0) resolve("ready");
      done(null, rest);
    }
  });
  child.stdout.pipe(output);
  if (greeting !== void 0) child.stdin.write(greeting);
  const deadline = setTimeout(() => child.kill(), READY_TIMEOUT);
  void outcome.then(() => clearTimeout(deadline));
  void closed.then(() => {
    for (const line of plainText(search.textBefore).split("\n")) if (line.trim() !== "") onLine(line);
    resolve(refused ? "refused" : "ended");
  });
  return { outcome, input: child.stdin, output, closed, kill: () => child.kill() };
}

// src/engine/dial-stdio.ts
var REFUSALS = { attempts: 10, pause: 100 };
async function openDialStdio(socketPath2, { slots, command, environment }) {
  const output = new Tail(20);
  const sockets = /* @__PURE__ */ new Set();
  const serve = async (socket) => {
    for (let attempt = 1; attempt <= REFUSALS.attempts && !socket.destroyed; attempt += 1) {
      const slot = await slots.take();
      try {
        const ssh = slot.connection.sessionArguments;
        const wasServed = await dial(
          socket,
          () => openRemoteSession(ssh, command(), environment, (line) => output.push(line))
        );
        if (wasServed) return;
      } finally {
        slot.release();
      }
      await delay2(REFUSALS.pause * attempt);
    }
    socket.destroy();
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => void 0);
    sockets.add(socket);
    void serve(socket).finally(() => sockets.delete(socket));
  });
  server.listen({ path: socketPath2 });
  await once2(server, "listening");
  return {
    socketPath: socketPath2,
    output,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    }
  };
}
async function dial(socket, open2) {
  if (socket.destroyed) return true;
  const session = open2();
  const end = () => session.kill();
  socket.once("close", end);
  try {
    switch (await session.outcome) {
      case "refused":
        return false;
      case "ended":
        socket.destroy();
        return true;
      case "ready":
    }
    socket.pipe(session.input);
    await Promise.all([pipeline2(session.output, socket), session.closed]);
    socket.resume();
  } catch {
    session.kill();
    socket.destroy();
    await session.closed;
  } finally {
    socket.off("close", end);
  }
  return true;
}

// src/engine/archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
const { buffer } = require("node:stream/consumers");
async function packFiles(files) {
  const archive = (0, import_tar_stream.pack)();
  for (const [name, { content, mode = 420, uid = 0, gid = 0 }] of files) {
    archive.entry({ name, mode, uid, gid }, content);
  }
  archive.finalize();
  return await buffer(archive);
}
async function unpackFiles(archive) {
  const files = /* @__PURE__ */ new Map();
  const entries = (0, import_tar_stream.extract)();
  entries.end(archive);
  let root;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type === "directory") root ??= name.endsWith("/") ? name : `${name}/`;
    const content = await buffer(entry);
    if (type === "file") files.set(root && name.startsWith(root) ? name.slice(root.length) : name, content);
  }
  return files;
}
var EMPTY_ARCHIVE = Buffer.alloc(1024);

// src/engine/events.ts
var OPERATION = "listen to its events";
async function openEvents(client, filters, signal, since) {
  const query = {
    filters: JSON.stringify(filters),
    since: since === void 0 ? void 0 : unixTime(since)
  };
  return readEvents(client, await client.stream(OPERATION, "GET", "/events", { query, signal }), signal);
}
var unixTime = (time) => (Date.parse(time) / 1e3).toFixed(3);
async function* readEvents(client, response, signal) {
  let complete = [];
  const lines = new LineSplitter((line) => complete.push(line));
  try {
    for await (const chunk of response) {
      lines.push(Buffer.from(chunk));
      const ready = complete;
      complete = [];
      for (const line of ready) if (line.trim() !== "") yield parseEvent(line);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw await client.explainFailure(OPERATION, error);
  }
  if (signal.aborted) return;
  throw new HostError(
    client.host,
    `could not ${OPERATION}: the engine ended the stream. Was it stopped? Run ${thisJob()} again when it runs.`
  );
}
function parseEvent(line) {
  const event = new Fields(JSON.parse(line));
  const actor = event.object("Actor");
  return { action: event.text("Action"), id: actor.text("ID"), attributes: actor.map("Attributes") };
}

// src/engine/exec.ts
const { setTimeout: delay3 } = require("node:timers/promises");

// src/engine/started-exec.ts
const { finished } = require("node:stream/promises");

// src/engine/paths.ts
var containerPath = (id) => `/containers/${encodeURIComponent(id)}`;
var imagePath = (reference) => `/images/${encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}`;
var filtersParameter = (filters) => JSON.stringify(filters);

// src/engine/streams.ts
var Demultiplexer = class {
  #onData;
  #pending = Buffer.alloc(0);
  constructor(onData) {
    this.#onData = onData;
  }
  push(chunk) {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      this.#onData(rest[0] === 2 ? "stderr" : "stdout", rest.subarray(8, end));
      rest = rest.subarray(end);
    }
    this.#pending = rest;
  }
};
function streamLines(multiplexed, body) {
  const lines = [];
  const streams = {
    stdout: new LineSplitter((line) => lines.push(line)),
    stderr: new LineSplitter((line) => lines.push(line))
  };
  if (multiplexed) new Demultiplexer((stream, data) => streams[stream].push(data)).push(body);
  else streams.stdout.push(body);
  streams.stdout.end();
  streams.stderr.end();
  return lines;
}

// src/engine/started-exec.ts
var MOST_OUTPUT = 16e6;
var execSettings = ({ user, privileged, workingDir, environment }) => ({
  ...{ User: user, Privileged: privileged, WorkingDir: workingDir, Env: environment }
});
async function startExec(client, operation, id, spec, signal) {
  const body = { AttachStdout: true, AttachStderr: true, ...spec };
  const created = await client.callJson(operation, "POST", `${containerPath(id)}/exec`, { body, signal });
  const path = `/exec/${new Fields(created).text("Id")}`;
  const streams = { body: { Detach: false, Tty: false }, signal };
  const { socket, head } = await client.hijack(operation, `${path}/start`, streams);
  const printed = new PrintedOutput();
  const output = outputOf(client, operation, { socket, head }, printed, signal);
  return { path, socket, output, watchStdout: (watch) => printed.watchStdout(watch) };
}
var PrintedOutput = class {
  #chunks = { stdout: [], stderr: [] };
  #demultiplexer = new Demultiplexer((stream, data) => this.#chunks[stream].push(Buffer.from(data)));
  #watch;
  push(chunk) {
    this.#demultiplexer.push(chunk);
    this.#watch?.(this.#textOf("stdout"));
  }
  watchStdout(watch) {
    this.#watch = watch;
    watch(this.#textOf("stdout"));
  }
  get text() {
    return { stdout: this.#textOf("stdout"), stderr: this.#textOf("stderr") };
  }
  #textOf(stream) {
    return Buffer.concat(this.#chunks[stream]).toString();
  }
};
async function outputOf(client, operation, { socket, head }, printed, signal) {
  printed.push(head);
  let length = head.length;
  socket.on("error", () => void 0);
  socket.on("data", (chunk) => {
    length += chunk.length;
    if (length > MOST_OUTPUT) socket.destroy();
    else printed.push(chunk);
  });
  try {
    await finished(socket, { writable: false, cleanup: true });
  } catch {
    signal?.throwIfAborted();
    if (client.disconnected.aborted) throw client.disconnected.reason;
  } finally {
    socket.destroy();
  }
  if (length > MOST_OUTPUT)
    throw new HostError(
      client.host,
      `could not ${operation}: it printed more than ${MOST_OUTPUT / 1e6} MB. Look at "docker logs" of the container.`
    );
  return printed.text;
}

// src/engine/exec.ts
async function exec(client, id, argv, options, prepared) {
  const operation = `run "${argv[0] ?? ""}" in container ${id}`;
  const { signal, exitWords, onStdout } = options;
  const { path, output, watchStdout } = await prepared?.start(id, argv, options) ?? await startExec(client, operation, id, { ...execSettings(options), Cmd: argv }, signal);
  if (onStdout !== void 0) watchStdout(onStdout);
  const { stdout, stderr } = await output;
  const printed = exitWords === void 0 ? void 0 : withoutExitCode(stdout, exitWords);
  if (printed !== void 0) return { stderr, ...printed };
  for (let pause6 = 5; ; pause6 = Math.min(pause6 * 2, 500)) {
    const state = new Fields(await client.callJson(operation, "GET", `${path}/json`, { signal }));
    if (!state.flag("Running")) {
      if (state.has("ExitCode")) return { exitCode: state.number("ExitCode"), stdout, stderr };
      throw new HostError(
        client.host,
        `could not ${operation}: the engine does not report its exit code. Run ${thisJob()} again.`
      );
    }
    await delay3(pause6, void 0, { signal: anySignal(signal, client.disconnected) }).catch(() => {
      throw signal?.aborted ? signal.reason : client.disconnected.reason;
    });
  }
}
function withoutExitCode(stdout, exitWords) {
  const at = stdout.lastIndexOf(exitWords);
  const code = at < 0 ? void 0 : /^ (\d+)\n$/.exec(stdout.slice(at + exitWords.length))?.[1];
  return code === void 0 ? void 0 : { exitCode: Number(code), stdout: stdout.slice(0, at) };
}

// src/engine/load-on-engine.ts
const { Transform: Transform2 } = require("node:stream");

// src/engine/pull-on-engine.ts
var REFUSAL_STATUSES = Array.from({ length: 200 }, (_, index) => 400 + index);
var PULL_SILENCE_LIMIT = 10 * 6e4;
async function pullOnEngine(client, reference, options, silenceLimit = PULL_SILENCE_LIMIT) {
  const { signal, onProgress } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), silenceLimit);
  try {
    await pull(client, reference, {
      ...options,
      signal: anySignal(signal, stalled.signal),
      onProgress(layer) {
        timer.refresh();
        onProgress?.(layer);
      }
    });
  } catch (error) {
    if (!stalled.signal.aborted || signal?.aborted) throw error;
    throw new PullStalled(
      client.host,
      `could not pull ${reference}: the engine has said nothing of it for ${formatDuration(silenceLimit)}. Does its registry answer the server? Try "docker pull" there.`
    );
  } finally {
    clearTimeout(timer);
  }
}
async function pull(client, reference, { platform, login, signal, onProgress = () => void 0 }) {
  const { repository, tag = "latest", digest } = parseImageReference(reference, "image");
  const operation = `pull ${reference}`;
  const response = await client.stream(operation, "POST", "/images/create", {
    query: { fromImage: repository, tag: digest ?? tag, platform },
    ...login && {
      headers: { "x-registry-auth": paddedBase64Url(JSON.stringify(login)) }
    },
    signal,
    // How long it may be silent is limited above.
    limit: 2 * PULL_SILENCE_LIMIT,
    allow: REFUSAL_STATUSES
  });
  let refused;
  await readLines(client, operation, response, signal, (line) => {
    const fields = new Fields(parseLine(line));
    const error = fields.text("error") || fields.text("message");
    if (error !== "") refused = error;
    const id = fields.text("id");
    if (id !== "")
      onProgress({
        id,
        state: fields.text("status"),
        bytes: fields.object("progressDetail").number("current")
      });
  });
  if (refused === void 0 && (response.statusCode ?? 0) < 400) return;
  throw new PullRefused(
    client.host,
    operation,
    refused ?? `the engine answered with status ${response.statusCode}`
  );
}
var paddedBase64Url = (text) => Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
async function readLines(client, operation, response, signal, onLine) {
  const lines = new LineSplitter((line) => {
    if (line.trim() !== "") onLine(line);
  });
  try {
    for await (const chunk of response) lines.push(Buffer.from(chunk));
  } catch (error) {
    signal?.throwIfAborted();
    throw await client.explainFailure(operation, error);
  }
  signal?.throwIfAborted();
  lines.end();
  if (!response.complete)
    throw new HostError(
      client.host,
      `could not ${operation}: the engine ended its answer too early. Was it stopped? Run ${thisJob()} again when it runs.`
    );
}
function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}

// src/engine/load-on-engine.ts
var PLATFORM_API = "1.48";
var LOAD_SILENCE_LIMIT = 10 * 6e4;
var LOAD_LIMIT = 24 * 60 * 6e4;
async function loadOnEngine(client, { apiVersion }, archive, { platform, signal }, silenceLimit = LOAD_SILENCE_LIMIT) {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), silenceLimit);
  const watched = archive.pipe(
    new Transform2({
      transform(chunk, _, done) {
        timer.refresh();
        done(null, chunk);
      }
    })
  );
  let broken;
  archive.once("error", (error) => {
    broken = error;
    watched.destroy(error);
  });
  try {
    await load(client, watched, {
      newApi: !isOlderVersion(apiVersion, PLATFORM_API),
      platform,
      signal: anySignal(signal, stalled.signal)
    });
  } catch (error) {
    if (broken !== void 0) throw broken;
    if (!stalled.signal.aborted || signal?.aborted) throw error;
    throw new HostError(
      client.host,
      `could not load an image: nothing has happened for ${formatDuration(silenceLimit)}. Look at "journalctl -u docker" on the host, and run ${thisJob()} again.`
    );
  } finally {
    clearTimeout(timer);
    archive.destroy();
  }
}
async function load(client, body, { newApi, platform, signal }) {
  const operation = "load an image";
  const response = await client.stream(operation, "POST", "/images/load", {
    query: { quiet: "1", platform: newApi ? platformParameter(platform) : void 0 },
    apiVersion: newApi ? PLATFORM_API : void 0,
    ...{ body, signal, limit: LOAD_LIMIT }
  });
  let refused;
  await readLines(client, operation, response, signal, (line) => {
    const fields = new Fields(parseLine(line));
    const said = fields.text("error") || fields.text("message");
    const printed = /^Error .+/m.exec(fields.text("stream"))?.[0];
    refused ??= said || printed;
  });
  if (refused !== void 0) throw engineError(client.host, operation, refused);
}
function platformParameter(platform) {
  const [os, architecture, variant] = platform.split("/");
  return JSON.stringify({ os, architecture, ...variant === void 0 ? {} : { variant } });
}
async function isCompleteOnEngine(client, { apiVersion }, reference) {
  const newApi = !isOlderVersion(apiVersion, PLATFORM_API);
  const { status, body } = await client.call(
    `inspect image ${reference}`,
    "GET",
    `${imagePath(reference)}/json`,
    { allow: [404], ...newApi ? { apiVersion: PLATFORM_API, query: { manifests: "1" } } : {} }
  );
  if (status === 404) return false;
  const manifests = new Fields(parseLine(body.toString())).objects("Manifests").filter((manifest) => manifest.text("Kind") === "image");
  return manifests.length === 0 || manifests.some((manifest) => manifest.flag("Available"));
}

// src/engine/prepared-shells.ts
var SHELL_LIFETIME = 2e4;
var PreparedShells = class {
  #client;
  #waiting = /* @__PURE__ */ new Map();
  constructor(client) {
    this.#client = client;
  }
  /** Opens one more in the background. A failure is left to the exec that would have used it. */
  prepare(id) {
    const opened = this.#open(id).catch(() => void 0);
    this.#waiting.set(id, [...this.#waiting.get(id) ?? [], opened]);
  }
  /** @returns `undefined` if no shell waits in the container, or the program needs other settings */
  async start(id, argv, options) {
    if (Object.values(execSettings(options)).some((setting) => setting !== void 0)) return void 0;
    const { signal } = options;
    for (; ; ) {
      signal?.throwIfAborted();
      const opened = this.#waiting.get(id)?.shift();
      const shell = opened && await openedUnlessAborted(opened, signal);
      if (shell === void 0) return void 0;
      const { socket, since } = shell;
      if (socket.destroyed || performance.now() - since > SHELL_LIFETIME) {
        socket.destroy();
        continue;
      }
      socket.write(`exec ${argv.map(shellWord).join(" ")} </dev/null
`);
      return { ...shell, output: untilAborted(shell, signal) };
    }
  }
  async #open(id) {
    const operation = `run "sh" in container ${id}`;
    const spec = { AttachStdin: true, Cmd: ["sh"] };
    const started = await startExec(this.#client, operation, id, spec, void 0);
    started.output.catch(() => void 0);
    return { ...started, since: performance.now() };
  }
  [Symbol.dispose]() {
    for (const opened of [...this.#waiting.values()].flat())
      void opened.then((shell) => shell?.socket.destroy());
  }
};
function openedUnlessAborted(opened, signal) {
  if (signal === void 0) return opened;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      void opened.then((shell) => shell?.socket.destroy());
    };
    signal.addEventListener("abort", abort, { once: true });
    void opened.then((shell) => {
      signal.removeEventListener("abort", abort);
      resolve(shell);
    });
  });
}
async function untilAborted({ socket, output }, signal) {
  const end = () => void socket.destroy();
  signal?.addEventListener("abort", end, { once: true });
  try {
    const printed = await output;
    signal?.throwIfAborted();
    return printed;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
var shellWord = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// src/engine/remove-container.ts
var REMOVAL_TIMEOUT = 3e4;
async function removeContainer(client, id, { force = false, keepVolumes = false }) {
  const operation = `remove container ${id}`;
  const query = { v: String(!keepVolumes), force: String(force) };
  try {
    await client.call(operation, "DELETE", containerPath(id), { query, allow: [404] });
  } catch (error) {
    if (!(error instanceof Conflict && /already in progress/.test(error.message))) throw error;
    await awaitRemoval(client, id, operation);
  }
}
async function awaitRemoval(client, id, operation) {
  const signal = AbortSignal.timeout(REMOVAL_TIMEOUT);
  const query = { condition: "removed" };
  try {
    await client.call(operation, "POST", `${containerPath(id)}/wait`, { query, allow: [404], signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HostError(
      client.host,
      `could not ${operation}: its removal had begun already and was not finished after ${REMOVAL_TIMEOUT / 1e3} s. Look at "docker ps -a" and the engine's log on the host.`
    );
  }
}

// src/engine/docker-engine.ts
var ALREADY_STARTED = 304;
var SAVE_LIMIT = 30 * 6e4;
var DockerEngine = class {
  cliEnvironment;
  #client;
  #connection;
  #shells;
  /** Where the addresses of new networks are taken from; `undefined`: from a pool of the engine. */
  #networkRange;
  constructor(connection, networkRange) {
    this.#networkRange = networkRange;
    this.cliEnvironment = connection.cliEnvironment;
    this.#client = connection.client;
    this.#connection = connection;
    this.#shells = new PreparedShells(connection.client);
  }
  get host() {
    return this.#client.host;
  }
  get disconnected() {
    return this.#client.disconnected;
  }
  version() {
    return Promise.resolve(this.#connection.version);
  }
  async listContainers(labels) {
    const query = { all: "true", filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list containers", "GET", "/containers/json", { query });
    return listOf(found).map(parseContainerSummary);
  }
  async inspectContainer(id) {
    const path = `${containerPath(id)}/json`;
    return parseContainerDetails(await this.#client.callJson(`inspect container ${id}`, "GET", path));
  }
  async createContainer(name, spec) {
    const options = { query: { name }, body: spec };
    const operation = `create container ${name}`;
    const created = await this.#client.callJson(operation, "POST", "/containers/create", options);
    return new Fields(created).text("Id");
  }
  async startContainer(id) {
    const { status } = await this.#client.call(`start container ${id}`, "POST", `${containerPath(id)}/start`);
    return status !== ALREADY_STARTED;
  }
  async stopContainer(id, timeout) {
    const query = { t: timeout === void 0 ? void 0 : String(timeout) };
    const grace = timeout ?? (await this.inspectContainer(id)).stopTimeout;
    const limit = grace * 1e3 + CALL_LIMIT;
    await this.#client.call(`stop container ${id}`, "POST", `${containerPath(id)}/stop`, { query, limit });
  }
  removeContainer(id, options = {}) {
    return removeContainer(this.#client, id, options);
  }
  async setRestartPolicy(id, { name, maxRetries }) {
    const body = { RestartPolicy: { Name: name, MaximumRetryCount: maxRetries } };
    const operation = `set the restart policy of container ${id}`;
    await this.#client.call(operation, "POST", `${containerPath(id)}/update`, { body });
  }
  async renameContainer(id, name) {
    const options = { query: { name } };
    await this.#client.call(
      `rename container ${id} to ${name}`,
      "POST",
      `${containerPath(id)}/rename`,
      options
    );
  }
  async containerLogs(id, tail, since) {
    const query = {
      ...{ stdout: "true", stderr: "true", tail: String(tail) },
      since: since === void 0 ? void 0 : unixTime(since)
    };
    const operation = `read the log of container ${id}`;
    const { headers, body } = await this.#client.call(operation, "GET", `${containerPath(id)}/logs`, {
      query
    });
    return streamLines(headers["content-type"] === "application/vnd.docker.multiplexed-stream", body);
  }
  exec(id, argv, options = {}) {
    return exec(this.#client, id, argv, options, this.#shells);
  }
  prepareExec(id) {
    if (!this.#client.hasFewConnections) this.#shells.prepare(id);
  }
  async readFiles(id, path) {
    const operation = `read ${path} of container ${id}`;
    const query = { path };
    try {
      const { body } = await this.#client.call(operation, "GET", `${containerPath(id)}/archive`, { query });
      return await unpackFiles(body);
    } catch (error) {
      if (error instanceof NotFound && !/no such container/i.test(error.message)) return /* @__PURE__ */ new Map();
      throw error;
    }
  }
  async writeFiles(id, path, files, how = {}) {
    const options = { ...how, query: { path }, body: await packFiles(files) };
    const operation = `write ${[...files.keys()].join(", ")} to ${path} of container ${id}`;
    await this.#client.call(operation, "PUT", `${containerPath(id)}/archive`, options);
  }
  async inspectImage(reference) {
    const path = `${imagePath(reference)}/json`;
    const found = await this.#client.findJson(`inspect image ${reference}`, path);
    return found === void 0 ? void 0 : parseImageDetails(new Fields(found));
  }
  pullImage(reference, options) {
    return pullOnEngine(this.#client, reference, options);
  }
  loadImage(archive, options) {
    return loadOnEngine(this.#client, this.#connection.version, archive, options);
  }
  saveImage(reference, signal) {
    const options = { signal, limit: SAVE_LIMIT };
    return this.#client.stream(`save image ${reference}`, "GET", `${imagePath(reference)}/get`, options);
  }
  isImageComplete(reference) {
    return isCompleteOnEngine(this.#client, this.#connection.version, reference);
  }
  openWayBack(port) {
    return this.#connection.openWayBack(port);
  }
  async tagImage(reference, repository, tag) {
    const query = { repo: repository, tag };
    await this.#client.call(`tag image ${reference}`, "POST", `${imagePath(reference)}/tag`, { query });
  }
  async removeImage(reference) {
    const options = { allow: [404, 409] };
    const operation = `remove image ${reference}`;
    const { status } = await this.#client.call(operation, "DELETE", imagePath(reference), options);
    return status < 400;
  }
  async listImages(filters) {
    const query = { filters: filtersParameter(filters) };
    const found = await this.#client.callJson("list images", "GET", "/images/json", { query });
    return listOf(found).map(parseImageDetails);
  }
  async importEmptyImage(repository, tag) {
    const operation = `create image ${repository}:${tag}`;
    const options = { query: { fromSrc: "-", repo: repository, tag }, body: EMPTY_ARCHIVE };
    const { body } = await this.#client.call(operation, "POST", "/images/create", options);
    for (const line of body.toString().split("\n").filter(Boolean)) {
      const error = new Fields(JSON.parse(line)).text("error");
      if (error !== "") throw engineError(this.host, operation, error);
    }
  }
  now() {
    return this.#client.now();
  }
  async listNetworks(labels) {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list networks", "GET", "/networks", { query });
    return listOf(found).map(parseNetworkSummary);
  }
  createNetwork(spec) {
    return createNetwork(this.#networkCalls(), spec);
  }
  checkNetworkAddresses(count) {
    return checkAddresses(this.#networkCalls(), count);
  }
  #networkCalls() {
    return {
      host: this.host,
      range: this.#networkRange,
      now: () => this.now(),
      list: () => this.listNetworks([]),
      remove: (id) => this.removeNetwork(id),
      create: async (body) => {
        const operation = `create network ${body["Name"]}`;
        const created = await this.#client.callJson(operation, "POST", "/networks/create", { body });
        return new Fields(created).text("Id");
      }
    };
  }
  async removeNetwork(id) {
    const path = `/networks/${encodeURIComponent(id)}`;
    await this.#client.call(`remove network ${id}`, "DELETE", path, { allow: [404] });
  }
  async connectNetwork(name, id, endpoint) {
    const body = { Container: id, EndpointConfig: endpoint };
    const path = `/networks/${encodeURIComponent(name)}/connect`;
    await this.#client.call(`connect container ${id} to network ${name}`, "POST", path, { body });
  }
  async disconnectNetwork(name, id) {
    const body = { Container: id };
    const path = `/networks/${encodeURIComponent(name)}/disconnect`;
    await this.#client.call(`disconnect container ${id} from network ${name}`, "POST", path, { body });
  }
  async listVolumes(labels) {
    const query = { filters: filtersParameter({ label: labels }) };
    const found = await this.#client.callJson("list volumes", "GET", "/volumes", { query });
    return new Fields(found).objects("Volumes").map(parseNamedObject);
  }
  async inspectVolume(name) {
    const path = `/volumes/${encodeURIComponent(name)}`;
    const found = await this.#client.findJson(`inspect volume ${name}`, path);
    return found === void 0 ? void 0 : parseNamedObject(new Fields(found));
  }
  async createVolume(spec) {
    await this.#client.call(`create volume ${spec["Name"]}`, "POST", "/volumes/create", { body: spec });
  }
  async removeVolume(name) {
    const path = `/volumes/${encodeURIComponent(name)}`;
    await this.#client.call(`remove volume ${name}`, "DELETE", path, { allow: [404] });
  }
  events(filters, signal, since) {
    return openEvents(this.#client, filters, signal, since);
  }
  async [Symbol.asyncDispose]() {
    this.#shells[Symbol.dispose]();
    this.#client.disconnect(new HostError(this.host, `the connection was closed by ${thisJob()}.`));
    await this.#connection.close();
  }
};

// src/engine/swarm-responses.ts
var NODE_STATES = ["inactive", "pending", "active", "error", "locked"];
function parseSwarmNode(value) {
  const info = new Fields(value);
  const swarm = info.object("Swarm");
  return {
    state: NODE_STATES.find((state) => state === swarm.text("LocalNodeState")) ?? "inactive",
    isManager: swarm.flag("ControlAvailable"),
    managers: swarm.objects("RemoteManagers").map((manager) => manager.text("Addr")),
    error: swarm.text("Error"),
    time: info.text("SystemTime")
  };
}
function parseClusterNode(node) {
  return {
    id: node.text("ID"),
    hostname: node.object("Description").text("Hostname"),
    isDown: node.object("Status").text("State") === "down"
  };
}
function parseSwarmObject(object) {
  return { ...parseNamedObject(object.object("Spec")), id: object.text("ID") };
}
function parseClusterNetwork(network) {
  return { ...parseNamedObject(network), id: network.text("Id") };
}
function parseSwarmConfig(config) {
  return {
    ...parseSwarmObject(config),
    version: config.object("Version").number("Index"),
    content: Buffer.from(config.object("Spec").text("Data"), "base64").toString(),
    createdAt: config.text("CreatedAt"),
    updatedAt: config.text("UpdatedAt")
  };
}
function parseSwarmService(service) {
  const spec = service.object("Spec");
  const mode = spec.object("Mode");
  const update = service.object("UpdateStatus");
  return {
    ...parseSwarmObject(service),
    ...parseMode(mode),
    image: spec.object("TaskTemplate").object("ContainerSpec").text("Image"),
    update: { state: parseUpdateState(update.text("State")), message: update.text("Message") },
    jobIteration: service.object("JobStatus").object("JobIteration").number("Index"),
    containerLabels: spec.object("TaskTemplate").object("ContainerSpec").map("Labels"),
    restartsWhenDone: !["none", "on-failure"].includes(
      spec.object("TaskTemplate").object("RestartPolicy").text("Condition")
    ),
    updatePause: updatePauseOf(spec)
  };
}
var DEFAULT_MONITOR = 5e3;
var DEFAULT_STOP_GRACE_PERIOD = 1e4;
var NANOSECONDS = 1e6;
function updatePauseOf(spec) {
  const config = spec.object("UpdateConfig");
  const container = spec.object("TaskTemplate").object("ContainerSpec");
  const duration = (fields, key, otherwise) => fields.has(key) ? fields.number(key) / NANOSECONDS : otherwise;
  return duration(config, "Delay", 0) + duration(config, "Monitor", DEFAULT_MONITOR) + duration(container, "StopGracePeriod", DEFAULT_STOP_GRACE_PERIOD);
}
function parseMode(mode) {
  if (mode.has("Global")) return { mode: "global", replicas: 0 };
  if (mode.has("GlobalJob")) return { mode: "global-job", replicas: 0 };
  if (mode.has("ReplicatedJob"))
    return { mode: "replicated-job", replicas: mode.object("ReplicatedJob").number("TotalCompletions") };
  return { mode: "replicated", replicas: mode.object("Replicated").number("Replicas") };
}
var UPDATE_STATES = [
  "updating",
  "paused",
  "completed",
  "rollback_started",
  "rollback_paused",
  "rollback_completed"
];
var parseUpdateState = (state) => UPDATE_STATES.find((known) => known === state);
var TASK_STATES = [
  "new",
  "allocated",
  "pending",
  "assigned",
  "accepted",
  "preparing",
  "ready",
  "starting",
  "running",
  "complete",
  "shutdown",
  "failed",
  "rejected",
  "remove",
  "orphaned"
];
var parseTaskState = (state) => TASK_STATES.find((known) => known === state) ?? "new";
function parseSwarmTask(task) {
  const status = task.object("Status");
  const container = task.object("Spec").object("ContainerSpec");
  const state = parseTaskState(status.text("State"));
  const hasContainer = status.object("ContainerStatus").text("ContainerID") !== "";
  return {
    id: task.text("ID"),
    serviceId: task.text("ServiceID"),
    slot: task.number("Slot"),
    nodeId: task.text("NodeID"),
    state,
    desiredState: parseTaskState(task.text("DesiredState")),
    error: status.text("Err"),
    exitCode: hasContainer && taskHasEnded(state) ? status.object("ContainerStatus").number("ExitCode") : void 0,
    image: container.text("Image"),
    labels: container.map("Labels"),
    jobIteration: task.object("JobIteration").number("Index"),
    createdAt: task.text("CreatedAt")
  };
}
var taskHasEnded = (state) => TASK_STATES.indexOf(state) > TASK_STATES.indexOf("running");

// src/engine/docker-swarm.ts
var DockerSwarm = class {
  #connection;
  constructor(connection) {
    this.#connection = connection;
  }
  get host() {
    return this.#connection.client.host;
  }
  get cliEnvironment() {
    return this.#connection.cliEnvironment;
  }
  get disconnected() {
    return this.#connection.client.disconnected;
  }
  async swarmNode() {
    const { client } = this.#connection;
    return parseSwarmNode(await client.callJson("ask what it is in its swarm", "GET", "/info"));
  }
  async listNodes() {
    return (await this.#list("list the nodes of the swarm", "/nodes")).map(parseClusterNode);
  }
  async listServices(labels) {
    return (await this.#list("list services", "/services", labels)).map(parseSwarmService);
  }
  async listTasks(labels) {
    return (await this.#list("list tasks", "/tasks", labels)).map(parseSwarmTask);
  }
  async setServiceLabels(id, labels) {
    const { client } = this.#connection;
    const path = `/services/${encodeURIComponent(id)}`;
    const service = asObject(await client.callJson(`read service ${id}`, "GET", path));
    const { Index } = asObject(service["Version"]);
    const options = {
      query: { version: String(Index) },
      body: { ...asObject(service["Spec"]), Labels: labels }
    };
    await client.call(`change the labels of service ${id}`, "POST", `${path}/update`, options);
  }
  async removeService(id) {
    await this.#remove(`remove service ${id}`, `/services/${encodeURIComponent(id)}`);
  }
  async taskLogs(id, tail, signal) {
    return await this.#taskLog(id, { tail: String(tail) }, signal);
  }
  async taskLogsAfter(id, after, signal) {
    const since = after === "" ? void 0 : String(Math.floor(Date.parse(after) / 1e3));
    const lines = await this.#taskLog(id, { timestamps: "true", since }, signal);
    return lines.map((text) => ({ time: text.slice(0, text.indexOf(" ")), line: text.slice(text.indexOf(" ") + 1) })).filter(({ time }) => time > after);
  }
  async listConfigs(labels) {
    return (await this.#list("list configs", "/configs", labels)).map(parseSwarmConfig);
  }
  createConfig(name, labels, content) {
    return this.#create(`create config ${name}`, "/configs/create", name, labels, content);
  }
  async setConfigLabels({ id, name, version, content }, labels) {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString("base64") };
    const path = `/configs/${encodeURIComponent(id)}/update`;
    const options = { query: { version: String(version) }, body };
    await this.#connection.client.call(`change the labels of config ${name}`, "POST", path, options);
  }
  async removeConfig(id) {
    await this.#remove(`remove config ${id}`, `/configs/${encodeURIComponent(id)}`);
  }
  async listSecrets(labels) {
    return (await this.#list("list secrets", "/secrets", labels)).map(parseSwarmObject);
  }
  createSecret(name, labels, content) {
    return this.#create(`create secret ${name}`, "/secrets/create", name, labels, content);
  }
  async removeSecret(id) {
    await this.#remove(`remove secret ${id}`, `/secrets/${encodeURIComponent(id)}`);
  }
  async listClusterNetworks(labels) {
    return (await this.#list("list networks", "/networks", labels)).map(parseClusterNetwork);
  }
  async removeClusterNetwork(id) {
    await this.#remove(`remove network ${id}`, `/networks/${encodeURIComponent(id)}`);
  }
  async [Symbol.asyncDispose]() {
    this.#connection.client.disconnect(
      new HostError(this.host, `the connection was closed by ${thisJob()}.`)
    );
    await this.#connection.close();
  }
  async #taskLog(id, options, signal) {
    const query = { stdout: "true", stderr: "true", ...options };
    const path = `/tasks/${encodeURIComponent(id)}/logs`;
    const { client } = this.#connection;
    const { body } = await client.call(`read the log of task ${id}`, "GET", path, { query, signal });
    return streamLines(true, body);
  }
  async #list(operation, path, labels = []) {
    const query = { filters: labels.length === 0 ? void 0 : filtersParameter({ label: labels }) };
    return listOf(await this.#connection.client.callJson(operation, "GET", path, { query }));
  }
  async #create(operation, path, name, labels, content) {
    const body = { Name: name, Labels: labels, Data: Buffer.from(content).toString("base64") };
    const created = await this.#connection.client.callJson(operation, "POST", path, { body });
    return new Fields(created).text("ID");
  }
  async #remove(operation, path) {
    await this.#connection.client.call(operation, "DELETE", path, { allow: [404] });
  }
};

// src/engine/engine-sessions.ts
const { setTimeout: delay4 } = require("node:timers/promises");

// src/engine/session-slots.ts
var SessionSlots = class {
  #free = [];
  #waiting = [];
  #size = 0;
  /** All sessions, free or not. */
  get size() {
    return this.#size;
  }
  add(connection, sessions) {
    this.#size += sessions;
    for (let session = 0; session < sessions; session += 1) this.#offer(connection);
  }
  /** Waits in line until one is free. */
  async take() {
    const connection = this.#free.shift() ?? await new Promise((resolve) => this.#waiting.push(resolve));
    let taken = true;
    return {
      connection,
      release: () => {
        if (taken) this.#offer(connection);
        taken = false;
      }
    };
  }
  #offer(connection) {
    const next = this.#waiting.shift();
    if (next === void 0) this.#free.push(connection);
    else next(connection);
  }
};

// src/engine/transports.ts
const { Agent: Agent2 } = require("node:http");
const { Agent: TlsAgent } = require("node:https");
const { isIPv6: isIPv63 } = require("node:net");

// src/engine/tls.ts
const { createPrivateKey, X509Certificate } = require("node:crypto");
const { mkdir, mkdtemp: mkdtemp2, rm: rm2, writeFile: writeFile2 } = require("node:fs/promises");
const { join: join3 } = require("node:path");
const { createSecureContext } = require("node:tls");
var SIGNED_BY = "It must be signed by the CA with which the engine was started (--tlscacert)";
var tlsFailures = () => [
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    "the certificate of the engine has expired, or is not valid yet. Give the engine a new one (dockerd's --tlscert), and check the clocks of both machines."
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    `the certificate of the engine is for other names than the one in "${inputRef("hosts")}". Use a name from the certificate in "${inputRef("hosts")}", or create a certificate with this name or IP address as subjectAltName.`
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE/,
    `the certificate of the engine was not signed by the CA in "${inputRef("tls-ca")}". Set the ca.pem that signed the engine's certificate.`
  ],
  [
    /alert.*(?:unknown.ca|unknown_ca)|ALERT_UNKNOWN_CA/i,
    `the engine does not know the CA that signed the certificate in "${inputRef("tls-cert")}". ${SIGNED_BY}.`
  ],
  [
    /alert.*certificate.expired|ALERT_CERTIFICATE_EXPIRED/i,
    `the certificate in "${inputRef("tls-cert")}" has expired. Create a new one, and set "${inputRef("tls-cert")}" and "${inputRef("tls-key")}".`
  ],
  [
    /alert.*(?:certificate.required|bad.certificate|certificate.unknown|unsupported.certificate|handshake.failure|access.denied)|ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|HANDSHAKE)/i,
    `the engine refused the certificate in "${inputRef("tls-cert")}". ${SIGNED_BY}, for client authentication, and "${inputRef("tls-key")}" must be its key.`
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long|HTTP_REQUEST/,
    "what listens there does not speak TLS. Start the engine with --tlsverify: without it, everybody who can reach the port is root on the host."
  ]
];
function explainTlsFailure(error) {
  const text = `${error.code ?? ""} ${error.message}`;
  return tlsFailures().find(([pattern]) => pattern.test(text))?.[1];
}
function checkTls({ ca, cert, key }) {
  const requireOk = (message, check) => {
    try {
      check();
    } catch (cause) {
      throw new ConfigurationError(message, { cause });
    }
  };
  const unreadable = "that can be read. Set the text of the PEM file.";
  requireOk(`tls-ca: not a certificate ${unreadable}`, () => new X509Certificate(ca));
  requireOk(`tls-cert: not a certificate ${unreadable}`, () => new X509Certificate(cert));
  requireOk(`tls-key: not a private key ${unreadable}`, () => createPrivateKey(key));
  requireOk(
    `tls-key: this is not the key of the certificate in "${inputRef("tls-cert")}". Set two that were created together.`,
    () => createSecureContext({ cert, key })
  );
}
async function writeTlsFiles(parent, { ca, cert, key }) {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp2(join3(parent, "tls-"));
  const files = { "ca.pem": ca, "cert.pem": cert, "key.pem": key };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile2(join3(folder, name), text, { mode: 384 }))
  );
  return { folder, remove: () => rm2(folder, { recursive: true, force: true }) };
}

// src/engine/transports.ts
var MAX_SOCKETS = 64;
var startAdvice = () => `Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run ${thisJob()} again.`;
var UNREACHABLE_CODES = /* @__PURE__ */ new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);
function unixTransport(path) {
  return {
    agent: new Agent2({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    address: { socketPath: path },
    explainError: (error) => {
      switch (error.code) {
        case "ENOENT":
          return `there is no socket ${path}. Is Docker installed and running on this machine? Is the path in "${inputRef("hosts")}" right?`;
        case "ECONNREFUSED":
          return `nothing listens on ${path}: the Docker engine of this machine is not running. ${startAdvice()}`;
        case "EACCES":
          return `this user may not open ${path}. ${byPlace(`Add the runner's user to the group "docker" and restart the runner.`, 'Add it to the group "docker", and log in again.')}`;
        default:
          return brokenCallText(error);
      }
    }
  };
}
function tunnelTransport(path, sockets = MAX_SOCKETS) {
  return {
    // An idle connection in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent2({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    hasFewConnections: sockets < MAX_SOCKETS,
    // Containers that take long to stop may have all of a few connections.
    urgentAgent: new Agent2({ keepAlive: true, maxSockets: 1 }),
    address: { socketPath: path },
    explainError: brokenCallText,
    graceAfterDisconnect: 250
  };
}
function tcpTransport({ hostname, port }, tls) {
  const connection = { keepAlive: true, maxSockets: MAX_SOCKETS, minVersion: "TLSv1.2" };
  return {
    agent: tcpAgent({ hostname, port }, { ...connection, ...tls, rejectUnauthorized: true }),
    address: { host: hostname, port },
    isHostUnreachable: (error) => error.syscall !== "connect" && UNREACHABLE_CODES.has(error.code ?? ""),
    explainError: (error) => {
      if (error instanceof ProxyError)
        return `${error.message}. It is named in https_proxy; if ${thisRunner()} reaches ${hostname} without a proxy, name that in no_proxy.`;
      const tlsFailure = explainTlsFailure(error);
      if (tlsFailure !== void 0) return `${tlsFailure} (${tlsReasonIn(error)})`;
      switch (error.code) {
        case "ENOTFOUND":
        case "EAI_AGAIN":
          return `no address was found for the name ${hostname}. Is it spelled correctly in "${inputRef("hosts")}"? Does the DNS of ${thisRunner()} know it?`;
        case "ECONNREFUSED":
          return `nothing listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify? Is the port in "${inputRef("hosts")}" right? ${startAdvice()}`;
        default:
          return UNREACHABLE_CODES.has(error.code ?? "") ? `port ${port} could not be reached (${error.code}). Is the server up? Can ${thisRunner()} reach it (firewall, VPN)?` : `${brokenCallText(error)} Or it refuses the certificate in "${inputRef("tls-cert")}".`;
      }
    }
  };
}
function tcpAgent({ hostname, port }, options) {
  const host = isIPv63(hostname) ? `[${hostname}]` : hostname;
  const proxy = proxyFor(new URL(`https://${host}:${port}`));
  return proxy === void 0 ? new TlsAgent(options) : new ProxyAgent(proxy, options);
}
function tlsReasonIn({ message }) {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.["reason"] ?? message.trim();
}
function brokenCallText(error) {
  return `the Docker engine closed the connection during the call (${error.code ?? error.message}). Was it stopped or restarted? ${startAdvice()}`;
}

// src/engine/ssh-engine-error.ts
function sshEngineError({ name, user }, output, cause) {
  const evidence = [...output.forwarding.slice(-3), ...output.dialing.slice(-5)];
  return new HostError(name, explainOutput(user, output), { evidence, cause });
}
function explainOutput(user, { forwarding, dialing }) {
  const text = dialing.join("\n");
  if (/Session open refused|session request failed/i.test(text)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow two sessions or more (MaxSessions 10 is the default), or the forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  if (/permission denied/i.test(text)) {
    return `${user ?? "the user"} may not use Docker there. Add the user to the group docker: sudo usermod -aG docker ${user ?? "USER"}`;
  }
  if (/command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text) && !/daemon/i.test(text)) {
    return forwarding.some((line) => /administratively prohibited/.test(line)) ? `sshd refuses to forward the engine's socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command to use instead in the PATH of a command over SSH. Allow the forwarding, or install the docker command.` : "Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/";
  }
  return `the Docker engine is not running there. ${startAdvice()}`;
}

// src/engine/engine-sessions.ts
var MOST = 9;
var ENOUGH = 8;
var END_TIMEOUT = 5e3;
async function openEngineSessions(host, login, { log }) {
  const hasShell = login.kind === "shell";
  const connection = hasShell ? login.tunnel : await host.logInAgain();
  const probe = () => hasShell ? shellCommand("cat >/dev/null") : DIAL_ALONE;
  const { given, lines } = await countSessions(connection, probe, host.environment);
  const limit = given + (hasShell ? 1 : 0);
  if (limit < 2) throw await noSessionsError(host, login, lines);
  const slots = new SessionSlots();
  slots.add(connection, given);
  const logins = Math.max(0, Math.ceil((ENOUGH - given) / limit));
  for (const more of await allOrThrow(Array.from({ length: logins }, () => host.logInAgain())))
    slots.add(more, limit);
  log.debug(
    `${host.address.name}: ${slots.size} sessions on ${1 + logins} connections reach the engine by "${DIAL_PROGRAM}".`
  );
  return { slots, command: () => hasShell ? shellCommand(DIAL_PROGRAM) : DIAL_ALONE };
}
async function countSessions(connection, command, environment) {
  const output = new Tail(20);
  const sessions = Array.from(
    { length: MOST },
    () => openRemoteSession(connection.sessionArguments, command(), environment, (line) => output.push(line))
  );
  const outcomes = await Promise.all(sessions.map((session) => session.outcome));
  for (const session of sessions) {
    session.input.end();
    session.output.resume();
  }
  const stop = new AbortController();
  await Promise.race([
    Promise.all(sessions.map((session) => session.closed)),
    delay4(END_TIMEOUT, void 0, { signal: stop.signal }).catch(() => void 0)
  ]);
  stop.abort();
  for (const session of sessions) session.kill();
  return { given: outcomes.filter((outcome) => outcome === "ready").length, lines: output.lines };
}
async function noSessionsError(host, login, lines) {
  const forwarding = login.kind === "shell" ? login.tunnel.stderr.lines : [];
  const isOfDocker = lines.some((line) => /docker|daemon|session open refused/i.test(line));
  return login.kind === "shell" || isOfDocker ? sshEngineError(host.address, { forwarding, dialing: lines }) : await host.errorWithoutCommand([...login.stderr, ...lines]);
}

// src/engine/heartbeat.ts
const https2 = require("node:https");
var HEARTBEAT = { interval: 5e3, patience: 15e3 };
function startHeartbeat(client, options, timing = HEARTBEAT) {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered * timing.interval >= timing.patience) {
      client.disconnect(unreachableError(client.host));
      return;
    }
    unanswered += 1;
    const ping = { agent: false, ...options, path: "/_ping", timeout: timing.patience };
    const request3 = https2.get(ping, (response) => {
      unanswered = 0;
      response.resume();
    });
    request3.on("timeout", () => request3.destroy(new Error("no answer")));
    request3.on("error", (error) => {
      if (error.code === "ECONNREFUSED" || error.code === "ECONNRESET") unanswered = 0;
    });
  }, timing.interval);
  timer.unref();
  return () => clearInterval(timer);
}

// src/engine/private-keys.ts
var PEM_BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]*PRIVATE KEY)-----(?<body>.*?)-----END \k<label>-----/gs;
var OPENSSH_MAGIC = "openssh-key-v1\0";
function parsePrivateKeys(text, passphrase) {
  const unwrapped = unwrapKeyText(text);
  const keys = [...unwrapped.matchAll(PEM_BLOCK)].map(
    ({ groups }) => normalizeKey(groups?.["label"] ?? "", groups?.["body"] ?? "")
  );
  if (keys.length === 0) throw new ConfigurationError(`ssh-key: ${explainNonKey(unwrapped)}`);
  if (passphrase === void 0 && keys.some(isEncrypted)) {
    throw new ConfigurationError(
      `ssh-key-passphrase: missing, and the key in "${inputRef("ssh-key")}" is encrypted. Set its passphrase from a secret, or use a key without one (ssh-keygen -p -f KEY removes it).`
    );
  }
  return keys;
}
function isEncrypted(key) {
  if (key.startsWith("-----BEGIN ENCRYPTED ") || /^Proc-Type: 4,ENCRYPTED$/m.test(key)) return true;
  if (!key.startsWith("-----BEGIN OPENSSH ")) return false;
  const blob = Buffer.from(key.split("\n").slice(1, -2).join(""), "base64");
  const cipher = OPENSSH_MAGIC.length + 4;
  const length = blob.length >= cipher ? blob.readUInt32BE(OPENSSH_MAGIC.length) : 0;
  return blob.toString("latin1", cipher, cipher + length) !== "none";
}
function unwrapKeyText(text) {
  const plain = text.replaceAll(/\\r|\r/g, "").replaceAll("\\n", "\n").trim();
  if (plain.includes("-----BEGIN ") || !/^[A-Za-z0-9+/=\s]{100,}$/.test(plain)) return plain;
  const decoded = Buffer.from(plain, "base64").toString("latin1");
  return decoded.startsWith("-----BEGIN ") ? decoded : plain;
}
var LEGACY_HEADERS = /^\s*Proc-Type: (?<type>4,ENCRYPTED)\s+DEK-Info: (?<cipher>[A-Z0-9-]+,[0-9A-Fa-f]+)(?<rest>.*)$/s;
function normalizeKey(label, body) {
  const headers = LEGACY_HEADERS.exec(body)?.groups;
  const base64 = (headers?.["rest"] ?? body).replaceAll(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(base64)) {
    throw new ConfigurationError(
      `ssh-key: the text between BEGIN and END is not a key (${base64 === "" ? "nothing" : "other characters than base64"}). Set the secret to the whole text of the private key's file.`
    );
  }
  const start = Buffer.from(base64, "base64").toString("latin1", 0, OPENSSH_MAGIC.length);
  if (label === "OPENSSH PRIVATE KEY" && start !== OPENSSH_MAGIC) {
    throw new ConfigurationError(
      "ssh-key: the key is damaged: its beginning is missing. Set the secret to the whole text of the private key's file."
    );
  }
  return [
    `-----BEGIN ${label}-----`,
    ...headers === void 0 ? [] : [`Proc-Type: ${headers["type"]}`, `DEK-Info: ${headers["cipher"]}`, ""],
    ...base64.match(/.{1,64}/g) ?? [],
    `-----END ${label}-----`,
    ""
  ].join("\n");
}
function explainNonKey(text) {
  const advice = "Set the text of the private key's file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----.";
  if (/^(?:ssh|ecdsa|sk)-\S*-cert-v01@openssh\.com AAAA/.test(text)) {
    return `this is a certificate, and the private key that it belongs to is missing. ${advice} The certificate may stand below it, or in "${inputRef("ssh-certificate")}".`;
  }
  if (/^(?:ssh-|ecdsa-sha2-|sk-)\S+ AAAA/.test(text) || /BEGIN (?:SSH2 |RSA )?PUBLIC KEY/.test(text)) {
    return `this is a public key. ${advice} (The public key goes into ~/.ssh/authorized_keys on the servers.)`;
  }
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return "this is a key in PuTTY's format. Convert it: puttygen KEY.ppk -O private-openssh -o KEY, and set the text of the new file.";
  }
  const label = /-----BEGIN (?<label>[A-Z0-9 ]+)-----/.exec(text)?.groups?.["label"];
  if (label?.endsWith("PRIVATE KEY")) {
    return "the key is cut off: its END line is missing. Was it pasted incompletely, or only its first line?";
  }
  if (label !== void 0) return `this is a ${label.toLowerCase()}, not a private key for SSH. ${advice}`;
  if (/^(?:~|\.{0,2}\/|[A-Za-z]:\\)\S*$/.test(text)) return `this is a path, not the key itself. ${advice}`;
  return `this is not a private key. ${advice}`;
}

// src/engine/ssh-agent.ts
const { join: join6 } = require("node:path");

// src/engine/agent-socket.ts
const { once: once4 } = require("node:events");
const { createConnection, createServer: createServer2 } = require("node:net");

// src/engine/ssh-agent-process.ts
const { spawn: spawn2 } = require("node:child_process");
const { once: once3 } = require("node:events");
const { rmSync } = require("node:fs");
const { writeFile: writeFile3 } = require("node:fs/promises");
const { join: join5 } = require("node:path");

// src/engine/private-folder.ts
const { mkdtemp: mkdtemp3, rm: rm3 } = require("node:fs/promises");
const { join: join4 } = require("node:path");
var MAX_FOLDER_LENGTH = 75;
async function privateFolder(parent) {
  const fits = (path) => Buffer.byteLength(path) <= MAX_FOLDER_LENGTH;
  const folder = fits(join4(parent, "hXXXXXX")) ? await mkdtemp3(join4(parent, "h")) : await createStepFolder();
  if (fits(folder)) return folder;
  await rm3(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The path of the directory for temporary files is too long for a socket: ${folder}. Set TMPDIR to a shorter one.`
  );
}

// src/engine/ssh-agent-process.ts
var KEY_LIFETIME = 120;
var REFRESH_AFTER = 3e4;
var ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;
async function startAgentWithKeys(keys, passphrase, step) {
  const folder = await privateFolder(step.folder);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  const socket = join5(folder, "keys");
  const endProcess = await spawnAgent(socket).catch((error) => {
    removeFolder();
    throw error;
  });
  const end = () => {
    removeFolder();
    endProcess();
  };
  try {
    const askpass = join5(folder, "askpass");
    await writeFile3(askpass, ASKPASS, { mode: 448 });
    const keyring = new Keyring(socket, askpass, keys, passphrase, step);
    await keyring.add();
    return { socket, fingerprints: () => keyring.list(), refresh: () => keyring.refresh(), end };
  } catch (error) {
    end();
    throw error;
  }
}
async function spawnAgent(socket) {
  const child = spawn2("ssh-agent", ["-a", socket, "sh", "-c", 'echo "$SSH_AGENT_PID"; exec cat >/dev/null'], {
    env: sshEnvironment(),
    stdio: ["pipe", "pipe", "ignore"]
  });
  child.stdin.on("error", () => void 0);
  const exited = once3(child, "exit").then(() => void 0);
  const started = new Promise((resolve) => {
    const lines = new LineSplitter((line) => resolve(Number(line)));
    child.stdout.on("data", (chunk) => lines.push(chunk));
  });
  const pid = await Promise.race([started, exited]).catch((error) => {
    throw sshStartError("ssh-agent", error);
  });
  if (pid === void 0) throw noSocketError();
  return () => {
    child.stdin.end();
    if (child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(pid, "SIGTERM");
    } catch {
    }
  };
}
var Keyring = class {
  #env;
  #askpass;
  #keys;
  #passphrase;
  #step;
  #addedAt = 0;
  constructor(socket, askpass, keys, passphrase, step) {
    this.#env = { ...sshEnvironment(), SSH_AUTH_SOCK: socket };
    this.#askpass = askpass;
    this.#keys = keys;
    this.#passphrase = passphrase;
    this.#step = step;
  }
  /** @throws ConfigurationError for a key that OpenSSH can't read */
  async add() {
    const env = {
      ...this.#env,
      SSH_ASKPASS: this.#askpass,
      SSH_ASKPASS_REQUIRE: "force",
      DISPLAY: ":0",
      // Before OpenSSH 8.4, askpass was only used with a display.
      SEALIFT_PASSPHRASE: this.#passphrase ?? ""
    };
    for (const key of this.#keys) {
      await this.#step.run("ssh-add", ["-q", "-t", String(KEY_LIFETIME), "-"], { env, stdin: key }).catch((error) => {
        throw error instanceof CommandError ? unreadableKeyError(key, this.#passphrase, error) : error;
      });
    }
    this.#addedAt = performance.now();
  }
  async refresh() {
    if (performance.now() - this.#addedAt > REFRESH_AFTER) await this.add();
  }
  list() {
    return listKeys(this.#env, this.#step);
  }
};
async function listKeys(env, { run: run2 }) {
  const { stdout } = await run2("ssh-add", ["-l"], { env, allowedExitCodes: [1, 2] });
  return stdout.split("\n").filter((line) => line.includes("SHA256:"));
}
var noSocketError = (cause) => new ConfigurationError(
  `ssh-agent ended right after its start on ${thisRunner()}. Usually it can't create its socket: let TMPDIR name a directory on a local disk with free space.`,
  { cause }
);
function unreadableKeyError(key, passphrase, error) {
  const options = { evidence: error.evidence, cause: error };
  if (passphrase !== void 0 && !/invalid format|error in libcrypto/.test(error.stderr)) {
    return new ConfigurationError(
      `ssh-key-passphrase: it does not open the key in "${inputRef("ssh-key")}". Set the passphrase of that key, or use a key without one (ssh-keygen -p -f KEY removes it).`,
      options
    );
  }
  if (key.startsWith("-----BEGIN PRIVATE KEY-----")) {
    return new ConfigurationError(
      `ssh-key: OpenSSH can't read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Create one with: ssh-keygen -t ed25519`,
      options
    );
  }
  const wrongPassphrase = passphrase === void 0 ? "" : ` Or "${inputRef("ssh-key-passphrase")}" is wrong.`;
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key: a part is missing or changed. Set the secret again, from the private key's file.${wrongPassphrase}`,
    options
  );
}

// src/engine/agent-socket.ts
async function openAgentSocket(path, starting) {
  const connections = /* @__PURE__ */ new Set();
  const add = (connection) => {
    connections.add(connection);
    connection.on("error", () => void 0).once("close", () => connections.delete(connection));
  };
  const server = createServer2((connection) => {
    add(connection);
    starting.then(
      ({ socket }) => {
        const agent = createConnection(socket);
        add(agent);
        connection.pipe(agent).pipe(connection);
        agent.once("close", () => connection.destroy());
        connection.once("close", () => agent.destroy());
      },
      () => connection.destroy()
    );
  });
  const opened = {
    answers: false,
    close: () => {
      server.close();
      for (const connection of connections) connection.destroy();
    }
  };
  starting.then(
    () => {
      opened.answers = true;
    },
    () => void 0
  );
  server.listen(path);
  await once4(server, "listening").catch((error) => {
    throw noSocketError(error);
  });
  return opened;
}

// src/engine/ssh-agent.ts
var sharedAgents = /* @__PURE__ */ new WeakMap();
async function startSshAgent(folder, access, keys, step) {
  const shared = sharedAgents.get(access) ?? {
    starting: inBackground(startAgentWithKeys(keys, access.passphrase, step)),
    users: 0
  };
  sharedAgents.set(access, shared);
  shared.users += 1;
  const { starting } = shared;
  let ending;
  const leave = async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    sharedAgents.delete(access);
    const agent = await starting.catch(() => void 0);
    agent?.end();
  };
  const end = () => {
    ending ??= leave();
    return ending;
  };
  const socket = await openAgentSocket(join6(folder, "agent"), starting).catch(async (error) => {
    await end();
    throw error;
  });
  return {
    ready: inBackground(starting.then(() => void 0)),
    fingerprints: async () => await (await starting).fingerprints(),
    refresh: async () => {
      if (socket.answers) await (await starting).refresh();
    },
    end: () => {
      socket.close();
      return end();
    }
  };
}
var userSshAgent = (env, step) => ({
  ready: Promise.resolve(),
  fingerprints: () => listKeys(env, step),
  refresh: () => Promise.resolve(),
  end: () => Promise.resolve()
});

// src/engine/ssh-certificates.ts
var CERTIFICATE = /(?<![^\s"'])(?<type>(?:ssh|ecdsa|sk)-[a-z0-9@.-]*-cert-v01@openssh\.com)\s+(?<base64>AAAA[A-Za-z0-9+/]+={0,2})/g;
function parseSshCertificates(access) {
  const beside = findCertificates("ssh-key", access.privateKey ?? "");
  if (access.certificate === void 0) return beside;
  const own = findCertificates("ssh-certificate", access.certificate);
  if (own.length > 0) return [...own, ...beside];
  const found = access.certificate.includes("PRIVATE KEY") ? "this is a private key" : /^(?:ssh-|ecdsa-|sk-)\S+ AAAA/.test(access.certificate.trim()) ? "this is a public key without a certificate" : "this is not an OpenSSH certificate";
  throw new ConfigurationError(
    `ssh-certificate: ${found}. Set the text of the file that your certificate authority made (KEY-cert.pub), which begins like ssh-ed25519-cert-v01@openssh.com.`
  );
}
function findCertificates(input, text) {
  const certificates = unwrapKeyText(text).matchAll(CERTIFICATE);
  return Array.from(certificates, ({ groups }) => ({
    input,
    line: `${groups?.["type"]} ${groups?.["base64"]}
`
  }));
}
async function checkSshCertificates(certificates, agent, step, now = Date.now()) {
  if (certificates.length === 0) return [];
  const keys = await agent.fingerprints();
  return await Promise.all(certificates.map((each) => checkCertificateOfUser(each, keys, step, now)));
}
async function checkCertificateOfUser({ input, line }, keys, { run: run2 }, now) {
  const refuse = (problem, cause) => {
    throw new ConfigurationError(`${input}: the certificate ${problem}`, { cause });
  };
  const env = { ...sshEnvironment(), TZ: "UTC" };
  const { stdout } = await run2("ssh-keygen", ["-L", "-f", "-"], { env, stdin: line }).catch(
    (error) => {
      if (!(error instanceof CommandError)) throw error;
      return refuse("is damaged: OpenSSH can't read it. Set the whole line of the file KEY-cert.pub.", error);
    }
  );
  const details = parseDetails(stdout);
  const { key, id, validUntil } = details;
  if (/^\s+Type: .* host certificate$/m.test(stdout)) {
    refuse(`"${id}" is for a host, not for a user. Let your authority sign the key for a user (no -h).`);
  }
  if (validUntil !== void 0 && Date.parse(`${validUntil}Z`) <= now) {
    refuse(
      `"${id}" has expired (${validUntil} UTC). Get a new one ${byPlace("in a step right before this one", "right before")}.`
    );
  }
  if (!keys.some((each) => each.split(" ").includes(key))) {
    const given = keys.map((each) => each.split(" ")[1] ?? each).join(" and ");
    refuse(
      `"${id}" belongs to another key (${key}) than the one in "${inputRef("ssh-key")}" (${given}). Set the two that belong together.`
    );
  }
  return details;
}
function parseDetails(text) {
  const find = (pattern) => pattern.exec(text)?.groups?.["value"];
  return {
    key: find(/^\s+Public key: \S+ (?<value>\S+)/m) ?? "",
    authority: find(/^\s+Signing CA: \S+ (?<value>\S+)/m) ?? "",
    id: find(/^\s+Key ID: "(?<value>.*)"$/m) ?? "",
    principals: (find(/^\s+Principals: ?\n(?<value>(?:\s{9,}\S.*\n)*)/m) ?? "").split("\n").map((line) => line.trim()).filter((line) => line !== ""),
    validUntil: find(/^\s+Valid: .*(?:to|before) (?<value>\S+)$/m)
  };
}

// src/engine/ssh-folder.ts
const { rm: rm4, writeFile: writeFile4 } = require("node:fs/promises");
const { join: join7 } = require("node:path");

// src/engine/known-hosts.ts
var MARKERS = /* @__PURE__ */ new Set(["@cert-authority", "@revoked"]);
var KEY_TYPE = /^(?:ssh-|ecdsa-sha2-|sk-)/;
function parseKnownHosts(text) {
  const hosts = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line, index) => ({ number: index + 1, line: line.trim() })).filter(({ line }) => line !== "" && !line.startsWith("#"));
  for (const { number, line } of hosts) {
    const mistake = findMistake(line);
    if (mistake !== void 0) throw malformedLine(number, mistake);
  }
  if (hosts.length > 0) return hosts;
  throw new ConfigurationError(
    'known-hosts: there is no line with a host key. Run "ssh-keyscan HOST" in a network that you trust, and set its output.'
  );
}
function renderKnownHosts(hosts) {
  const lines = [];
  for (const { number, line } of hosts) lines[number - 1] = line;
  return `${Array.from(lines, (line) => line ?? "").join("\n")}
`;
}
async function checkKnownHosts(hosts, step) {
  if (await countReadableKeys(hosts, step) === hosts.length) return;
  for (const host of hosts) {
    if (await countReadableKeys([host], step) > 0) continue;
    const mistake = "has a key that OpenSSH can't read: it is cut off, damaged, or of another type than the line says";
    throw malformedLine(host.number, mistake);
  }
}
async function countReadableKeys(hosts, step) {
  const stdin = hosts.map(({ line }) => `${line.replace(/^@\S+\s+/, "")}
`).join("");
  try {
    const { stdout } = await step.run("ssh-keygen", ["-l", "-f", "-"], { env: sshEnvironment(), stdin });
    return stdout.split("\n").filter(Boolean).length;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}
function findMistake(line) {
  const words = line.split(/[ \t]+/);
  if (line.startsWith("@") && !MARKERS.has(words[0] ?? "")) {
    return "begins with a marker other than @cert-authority and @revoked";
  }
  const [hosts = "", type, key] = words.slice(line.startsWith("@") ? 1 : 0);
  if (KEY_TYPE.test(hosts) && type?.startsWith("AAAA"))
    return "is a public key without the name of its host before it";
  if (line.includes("PRIVATE KEY")) return "belongs to a private key, which must never be in this input";
  if (type === void 0) return "is a single word";
  if (!KEY_TYPE.test(type)) return "has no type of key as its second word";
  return key === void 0 ? "has no key" : void 0;
}
function malformedLine(number, mistake) {
  return new ConfigurationError(
    `known-hosts: line ${number} ${mistake}. A line is "HOST KEYTYPE KEY", as ssh-keyscan prints it, for example: server.example.com ssh-ed25519 AAAA…`
  );
}

// src/engine/ssh-config.ts
var RESERVED_KEYWORDS = [
  [
    "StrictHostKeyChecking UserKnownHostsFile GlobalKnownHostsFile KnownHostsCommand UpdateHostKeys VerifyHostKeyDNS NoHostAuthenticationForLocalhost",
    "Sealift always checks host keys, against the lines in known-hosts"
  ],
  [
    "IdentityAgent IdentitiesOnly AddKeysToAgent ForwardAgent",
    "the key comes from ssh-key and must not leave this run"
  ],
  [
    "BatchMode ControlMaster ControlPath ControlPersist LocalForward RemoteForward DynamicForward ClearAllForwardings ExitOnForwardFailure RemoteCommand RequestTTY SessionType StdinNull ForkAfterAuthentication PermitLocalCommand LocalCommand Tunnel",
    "Sealift sets up its one connection itself"
  ]
];
var RESERVED = new Map(
  RESERVED_KEYWORDS.flatMap(
    ([keywords, why]) => keywords.split(" ").map((keyword) => [keyword.toLowerCase(), why])
  )
);
function renderSshConfig(lines, files) {
  const userLines = lines.split(/\r\n|\r|\n/).map((line) => line.trim());
  for (const [index, line] of userLines.entries()) refuseReserved(line, index + 1);
  const jumpHosts = unscopedJumpHosts(userLines);
  return [
    "Host *",
    "  BatchMode yes",
    "  StrictHostKeyChecking yes",
    ...files.knownHosts === void 0 ? [] : [`  UserKnownHostsFile ${quoted(files.knownHosts)}`, "  GlobalKnownHostsFile /dev/null"],
    "  UpdateHostKeys no",
    "  VerifyHostKeyDNS no",
    "  NoHostAuthenticationForLocalhost no",
    ...files.agentSocket === void 0 ? [] : [`  IdentityAgent ${quoted(files.agentSocket)}`],
    ...(files.certificates ?? []).map((path) => `  CertificateFile ${quoted(path)}`),
    ...files.agentSocket === void 0 ? [] : ["  IdentitiesOnly no"],
    "  AddKeysToAgent no",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  ControlMaster no",
    "  ControlPath none",
    "  PermitLocalCommand no",
    "  RequestTTY no",
    // The level that tells of a key that was accepted although the login was refused. More is fine, less is not.
    ...userLines.some(asksForDebugging) ? [] : ["  LogLevel VERBOSE"],
    // A ProxyJump for all hosts also applies to the jump host itself; ssh refuses that as a loop.
    ...jumpHosts.length === 0 ? [] : [`Host ${jumpHosts.join(" ")}`, "  ProxyJump none"],
    "Host *",
    USER_LINES,
    ...userLines,
    // A file that is not there is none.
    ...files.agentSocket === void 0 ? ["Host *", "  Include ~/.ssh/config"] : [],
    "Host *",
    "  ServerAliveInterval 5",
    "  ServerAliveCountMax 3",
    "  ConnectTimeout 15",
    // Otherwise ssh would try the keys in the runner's home directory.
    ...files.agentSocket === void 0 ? [] : ["  IdentityFile none"],
    ""
  ].join("\n");
}
var USER_LINES = "# From the input ssh-config:";
function userLine(config, line) {
  const number = line - (config.split("\n").indexOf(USER_LINES) + 1);
  return number >= 1 ? number : void 0;
}
function refuseReserved(line, number) {
  const { keyword } = readLine(line);
  const why = RESERVED.get(keyword.toLowerCase());
  if (why === void 0) return;
  throw new ConfigurationError(`ssh-config: line ${number} sets ${keyword}: ${why}. Remove the line.`);
}
function readLine(line) {
  const first = cutWord(line);
  return first.keyword === "" ? cutWord(first.value) : first;
}
function cutWord(text) {
  const { head = "", rest = "" } = /^(?<head>[^ \t"=]*)(?<rest>.*)$/s.exec(text)?.groups ?? {};
  if (!rest.startsWith('"')) return { keyword: head, value: rest.replace(/^[ \t]*=?[ \t]*/, "") };
  const { inner, value = "" } = /^"(?<inner>[^"]*)"[ \t]*(?<value>.*)$/s.exec(rest)?.groups ?? {};
  return inner === void 0 ? { keyword: "", value: "" } : { keyword: head + inner, value };
}
function asksForDebugging(line) {
  const { keyword, value } = readLine(line);
  return keyword.toLowerCase() === "loglevel" && /^[="\s]*debug/i.test(value);
}
var keywordOf = (line) => readLine(line).keyword.toLowerCase();
function unscopedJumpHosts(lines) {
  const block = lines.findIndex((line) => ["host", "match"].includes(keywordOf(line)));
  return lines.slice(0, block < 0 ? void 0 : block).filter((line) => keywordOf(line) === "proxyjump").map((line) => readLine(line).value.replace(/^=/, "").replaceAll('"', "")).flatMap((value) => value.split(",")).map(
    (jump) => jump.trim().replace(/^ssh:\/\//, "").replace(/^.*@/, "")
  ).map((jump) => jump.startsWith("[") ? jump.slice(1).replace(/\].*$/, "") : jump.replace(/:\d+\/?$/, "")).filter((jump) => jump !== "" && jump !== "none");
}
function quoted(path) {
  return `"${path.replaceAll("%", "%%")}"`;
}

// src/engine/ssh-folder.ts
async function makeSshFolder(access, certificates, step) {
  const hosts = access.knownHosts === void 0 ? void 0 : parseKnownHosts(access.knownHosts);
  const path = await privateFolder(step.folder);
  const remove = () => rm4(path, { recursive: true, force: true });
  const certificateFiles = certificates.map((certificate, index) => ({
    path: join7(path, `key${index}-cert.pub`),
    text: certificate.line
  }));
  const knownHosts = hosts === void 0 ? void 0 : { path: join7(path, "known_hosts"), text: renderKnownHosts(hosts) };
  const configFile = join7(path, "config");
  try {
    const config = renderSshConfig(access.config, {
      knownHosts: knownHosts?.path,
      agentSocket: access.privateKey === void 0 ? void 0 : join7(path, "agent"),
      certificates: certificateFiles.map((file) => file.path)
    });
    const files = [
      ...knownHosts === void 0 ? [] : [knownHosts],
      { path: configFile, text: config },
      ...certificateFiles
    ];
    await Promise.all(files.map((file) => writeFile4(file.path, file.text, { mode: 384 })));
    const check = hosts === void 0 ? Promise.resolve() : checkOnce(access, hosts, step);
    return { path, configFile, config, knownHostsChecked: check, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
var checks = /* @__PURE__ */ new WeakMap();
function checkOnce(access, hosts, step) {
  const check = checks.get(access) ?? inBackground(checkKnownHosts(hosts, step));
  checks.set(access, check);
  return check;
}

// src/engine/ssh-host.ts
const { join: join8 } = require("node:path");

// src/engine/login-queue.ts
var AT_ONCE = 6;
var LoginQueue = class {
  #waiting = [];
  #free = AT_ONCE;
  async enter() {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#waiting.shift();
      if (next === void 0) this.#free += 1;
      else next();
    };
  }
};
var queues = /* @__PURE__ */ new Map();
async function enterLoginQueue(firstHop2) {
  let queue = queues.get(firstHop2);
  if (queue === void 0) {
    queue = new LoginQueue();
    queues.set(firstHop2, queue);
  }
  return await queue.enter();
}

// src/engine/ssh-login-failures.ts
var unreachableAdvice = () => `Is the server up? Can ${thisRunner()} reach it (firewall, VPN, a ProxyJump in "${inputRef("ssh-config")}")?`;
var COMPARE_ADVICE = 'Compare this key with the output of "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on that server. If they are the same,';
var knownHostsName = ({ userKnownHosts }) => userKnownHosts === true ? "known_hosts of your ssh" : "known-hosts";
var INPUT_FAILURES = [
  {
    pattern: /line (?<line>\d+): (?<why>.*(?:[Bb]ad|[Uu]nsupported|[Mm]issing|[Gg]arbage|extra arguments|keyword).*)$/,
    explain: ({ line, why }, { config }) => {
      const number = userLine(config, Number(line));
      return `ssh-config: ${number === void 0 ? "" : `line ${number}: `}${why}. See ssh_config(5).`;
    }
  },
  {
    pattern: /^jumphost loop via (?<jump>\S+)/,
    explain: ({ jump }, { name }) => `ssh-config: the ProxyJump for ${name} also applies to the jump host ${jump} itself. Add a block "Host ${jump}" with "ProxyJump none".`
  },
  {
    pattern: /key for (?<host>\S+) is marked as revoked/,
    explain: ({ host }, context) => `${knownHostsName(context)}: the key that ${describeHost(host, context)} presents is marked as @revoked. Sealift did not connect.`
  },
  {
    pattern: /^Host key for (?<host>\S+) has changed/,
    explain: ({ host }, context, lines) => {
      const shown = matchLine(lines, /^(?<print>SHA256:[A-Za-z0-9+/=]+)\.?$/)?.["print"] ?? "unknown";
      const kind = matchLine(lines, /fingerprint for the (?<kind>\S+) key sent/)?.["kind"] ?? "";
      const found = matchLine(lines, /Offending .* key in (?<file>.*):(?<line>\d+)$/);
      const place = context.userKnownHosts === true ? ` of ${found?.["file"]}` : "";
      const known = found === void 0 ? "" : ` than line ${found["line"]}${place} says`;
      return `${knownHostsName(context)}: ${describeHost(host, context)} presents another host key${known}: ${kind} ${shown}. Either the server was set up again, or somebody intercepts the connection. ${COMPARE_ADVICE} replace the line with the new one from "${keyscanCommand(host)}".`;
    }
  },
  {
    pattern: /^No (?<kind>\S+) host key is known for (?<host>\S+) and you have requested strict checking/,
    explain: ({ kind, host }, context) => {
      const shown = context.offeredHostKey ?? `a key of the type ${kind}`;
      return `${knownHostsName(context)}: no line is for ${describeHost(host, context)}, which presents ${shown}. ${COMPARE_ADVICE} add the line that "${keyscanCommand(host)}" prints. Sealift did not trust the key and did not connect.`;
    }
  },
  {
    pattern: /^Host key verification failed/,
    explain: (_, context) => `${knownHostsName(context)}: the host key of ${context.name} could not be verified. ssh's own words are below; compare the lines of this host with the output of "ssh-keyscan HOST".`
  }
];
function describeKeys({ keys, userKeys }) {
  const names = keys.map((key) => key.split(" ")[1] ?? key).join(" and ");
  return userKeys === true ? `any key of your ssh agent (${names || "it has none"}) or in ~/.ssh` : `the key in "${inputRef("ssh-key")}" (${names || "no key"})`;
}
var CLOSED_BEFORE_LOGIN = /kex_exchange_identification|Connection (?:closed|reset) by|Connection to .* closed by remote host|banner exchange: .*: (?:Broken pipe|Connection reset by peer)|not match SSH|Bad packet length|invalid characters/;
var WORDS_OF_SSH = /^(?:ssh: |ssh_|kex_|banner |debug|OpenSSH_|Warning: |Authenticated |Authentications |Transferred: |Bytes per second: |Connection |Disconnected |Received disconnect|Permission denied|Killed by signal|client_loop|stdio forwarding|channel \d+:|mux_)/;
var HOST_FAILURES = [
  {
    pattern: /^(?:(?<user>[^@\s]+)@)?(?<host>\S+?)?:? ?Permission denied(?: \((?<methods>[^)]*)\)|,|\.)/,
    explain: ({ user, host, methods }, context, lines) => {
      const account = user === void 0 ? "the user" : `the user ${user}`;
      const refused = `${jumpHostPrefix(host, context)}the login was refused: `;
      const keys = describeKeys(context);
      if (wasKeyAccepted(lines)) {
        return `${refused}${account} accepts ${keys}, but the server asks for more after it (${methods ?? "a second factor"}), and nobody can answer here. Use a user who logs in with the key alone; in sshd_config: "Match User ${user ?? "USER"}", and below it "AuthenticationMethods publickey".`;
      }
      const [certificate] = context.certificates;
      if (certificate !== void 0) {
        return `${refused}${account} accepts neither ${keys} nor its certificate ${describeCertificate(certificate)}. Does sshd there trust the authority ${certificate.authority} (TrustedUserCAKeys), and is ${user ?? "the user"} one of its principals? Or change the user in ${inputWith(host, context)}.`;
      }
      return `${refused}${account} does not accept ${keys}. Add its public key to ~/.ssh/authorized_keys of that user on the server, or change the user in ${inputWith(host, context)}.`;
    }
  },
  {
    pattern: /Too many authentication failures/,
    explain: () => `the login was refused after too many keys. Set only the key of this user in "${inputRef("ssh-key")}".`
  },
  {
    pattern: /Could not resolve hostname (?<host>\S+): (?<why>.*)$/,
    explain: ({ host, why }, context) => `${jumpHostPrefix(host, context)}no address was found for the name ${host} (${why}). Is it spelled correctly in ${inputWith(host, context)}? Does the DNS of ${thisRunner()} know it?`
  },
  {
    pattern: /^(?:ssh: )?connect to host (?<host>\S+) port (?<port>\d+): (?<why>.*)$/,
    explain: ({ host, port, why }, context) => {
      const advice = why === "Connection refused" ? `No SSH server listens on port ${port} there. Is the port in ${inputWith(host, context)} right? Is sshd running?` : unreachableAdvice();
      return `${jumpHostPrefix(host, context)}could not be reached: port ${port} of ${host}: ${why}. ${advice}`;
    }
  },
  {
    pattern: /channel 0: open failed: administratively prohibited/,
    explain: () => 'the jump host refuses to forward the connection. Set AllowTcpForwarding in its sshd_config to "yes" or "local".'
  },
  {
    pattern: /channel 0: open failed: connect failed: (?<why>.*)$/,
    explain: ({ why }) => `the jump host could not reach it: ${why}. Are host and port in "${inputRef("hosts")}" right, as seen from the jump host?`
  },
  {
    pattern: /Unable to negotiate with (?<host>\S+) port \d+: (?<why>.*)$/,
    explain: ({ why }) => `the server and ${theRunner()} have no SSH algorithm in common (${why}). The server's OpenSSH is old: update it, or allow its algorithms in "${inputRef("ssh-config")}".`
  },
  {
    pattern: new RegExp(`timed out|${CLOSED_BEFORE_LOGIN.source}`, "i"),
    explain: (_, { settings }, lines) => {
      if (settings.proxyCommand === void 0) return void 0;
      const words = lines.filter((line) => !WORDS_OF_SSH.test(line));
      const what = matchLine(lines, /^Connection .*timed out/) ? "reached no SSH server in time" : "ended before the login";
      const printed = words.length === 0 ? ", and printed nothing" : `: ${shorten(oneLine(words.slice(-3).join(" · ")), 500)}`;
      const advice = words.some((line) => /not found|No such file/i.test(line)) ? `Install the program${byPlace(" in an earlier step", "")}.` : `If it needs variables of ${byPlace("this step", "this shell")}, name them in "${inputRef("ssh-env")}".`;
      return `the ProxyCommand in "${inputRef("ssh-config")}" ${what}${printed}. ${advice}`;
    }
  },
  {
    pattern: /timed out/i,
    explain: () => `the SSH server did not answer in time. ${unreachableAdvice()}`
  },
  {
    pattern: CLOSED_BEFORE_LOGIN,
    mayPass: true,
    explain: () => `the connection was closed before the login. Does an SSH server listen on that port? Does it accept connections from ${thisRunner()} (fail2ban, MaxStartups, AllowUsers, a firewall)?`
  }
];
function findExplanation(failures, lines, context) {
  for (const { pattern, explain, mayPass = false } of failures) {
    const groups = matchLine(lines, pattern);
    const text = groups && explain(groups, context, lines);
    if (text !== void 0) return { text, mayPass };
  }
  return void 0;
}
function wasKeyAccepted(lines) {
  const refused = lines.findIndex((line) => /Permission denied/.test(line));
  const before = lines.slice(0, refused);
  const loggedInElsewhere = before.findLastIndex((line) => line.startsWith("Authenticated to "));
  return before.slice(loggedInElsewhere + 1).some((line) => /with partial success/.test(line));
}
function describeCertificate({ id, principals, validUntil }) {
  const users = principals.length === 0 ? "for any user" : `for ${principals.join(", ")}`;
  return `"${id}" (${users}; valid ${validUntil === void 0 ? "for ever" : `until ${validUntil} UTC`})`;
}
function matchLine(lines, pattern) {
  const match = lines.map((line) => pattern.exec(line)).find((each) => each !== null);
  return match && (match.groups ?? {});
}
var HOST_WITH_PORT = /^\[(.*)\]:(\d+)$/;
var isJumpHost = (host, { settings }) => host !== void 0 && (settings.jumps || settings.proxyCommand !== void 0) && !settings.names.includes(host.replace(HOST_WITH_PORT, "$1"));
function describeHost(host = "", context) {
  return `${host} (${isJumpHost(host, context) ? "jump host of " : ""}${context.name})`;
}
function inputWith(host, context) {
  return isJumpHost(host, context) ? `"${inputRef("ssh-config")}"` : `"${inputRef("hosts")}"`;
}
function jumpHostPrefix(host, context) {
  return isJumpHost(host, context) ? `jump host ${host}: ` : "";
}
function keyscanCommand(host = "HOST") {
  const [, hostname = host, port] = HOST_WITH_PORT.exec(host) ?? [];
  return `ssh-keyscan ${port === void 0 ? "" : `-p ${port} `}${hostname}`;
}

// src/engine/ssh-errors.ts
function sshLoginError(stderrLines, context) {
  const lines = withoutDebug(stderrLines);
  const options = { evidence: lines.slice(-12) };
  const inputFailure = findExplanation(INPUT_FAILURES, lines, context);
  if (inputFailure !== void 0) return new ConfigurationError(inputFailure.text, options);
  const hostFailure = findExplanation(HOST_FAILURES, lines, context);
  return new HostError(context.name, hostFailure?.text ?? unknownFailure(lines, context), options);
}
function mayLoginPass(stderrLines, context) {
  const lines = withoutDebug(stderrLines);
  if (findExplanation(INPUT_FAILURES, lines, context) !== void 0) return false;
  return findExplanation(HOST_FAILURES, lines, context)?.mayPass === true;
}
function unknownFailure(lines, { exitCode }) {
  const last = lines.findLast((line) => !line.startsWith("Authenticated "));
  if (exitCode === void 0 || exitCode === 255) return `ssh failed: ${last ?? "it printed nothing"}`;
  const printed = last === void 0 ? "" : ` ("${last}")`;
  return `the login worked, but the server does not run a command for this user${printed}. Give the user a shell (usermod --shell /bin/sh USER), and set no ForceCommand or command="…" for this key that allows less than "docker system dial-stdio".`;
}
function sshShellError({ name, user }, lines, seconds) {
  const printed = lines.filter((line) => !WORDS_OF_SSH.test(line) && line.trim() !== "");
  const last = printed.at(-1);
  const words = last === void 0 ? "It printed nothing." : `It printed "${shorten(oneLine(last), 200)}".`;
  return new HostError(
    name,
    `the login worked, but the shell of ${user ?? "the user"} did not run a command within ${seconds} s. ${words} Its start-up files (~/.bashrc, ~/.profile, /etc/profile.d and others) must stay quiet and ask nothing in a session that is not interactive. In bash: begin ~/.bashrc with "case $- in *i*) ;; *) return ;; esac".`,
    { evidence: printed }
  );
}
function sshLostError(stderrLines, name, end) {
  const lines = withoutDebug(stderrLines);
  const reason = matchLine(lines, /^Timeout, server .* not responding/) !== void 0 ? "the server did not answer for 15 s. The network or the server is down." : matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== void 0 ? "the server closed it. Was sshd or the server restarted?" : `ssh ${end}.`;
  return new HostError(name, `the SSH connection was lost: ${reason}`, { evidence: lines.slice(-5) });
}
function withoutDebug(lines) {
  const unimportant = /^(?:debug|Transferred: |Bytes per second: )/;
  return lines.filter((line) => !unimportant.test(line) && line.trim() !== "");
}

// src/engine/ssh-master.ts
const { spawn: spawn3 } = require("node:child_process");
function startSshMaster(args, { command, environment, onLine }) {
  const marker = makeShellMarker();
  const options = ["-M", "-o", "PermitLocalCommand=yes", "-o", `LocalCommand=${marker.command}`];
  const argv = command === void 0 ? [...options, "-N", ...args] : [...options, ...args, command];
  const child = spawn3("ssh", argv, { ...OWN_GROUP, env: environment, stdio: "pipe" });
  const stopKeeper = command === void 0 ? keepToThisProcess(child.pid) : () => void 0;
  const stderr = new Tail(60);
  const lines = new LineSplitter((line) => {
    stderr.push(line);
    onLine(line);
  });
  child.stderr.on("data", (chunk) => lines.push(chunk));
  child.stdin.on("error", () => void 0);
  const ended = new Promise((resolve) => {
    child.once("close", (code) => {
      lines.end();
      stopKeeper();
      resolve(code ?? void 0);
    });
  });
  const loggedIn = new Promise((resolve, reject) => {
    const search = new MarkerSearch(marker.pattern);
    child.stdout.on("data", (chunk) => {
      if (search.push(chunk) !== void 0) resolve(true);
    });
    child.once("error", (error) => reject(sshStartError("ssh", error)));
    void ended.then(() => resolve(false));
  });
  const kill = () => {
    child.stdin.end();
    child.kill();
  };
  return { stdin: child.stdin, stdout: child.stdout, stderr, loggedIn, ended, kill };
}
function keepToThisProcess(pid) {
  if (pid === void 0) return () => void 0;
  const keeper = spawn3("sh", ["-c", 'cat >/dev/null; kill "$0"', String(pid)], {
    ...OWN_GROUP,
    stdio: ["pipe", "ignore", "ignore"]
  });
  keeper.on("error", () => void 0);
  keeper.stdin.on("error", () => void 0);
  return () => {
    keeper.kill("SIGKILL");
    keeper.stdin.destroy();
  };
}

// src/engine/ssh-settings.ts
function plainSettings({ hostname, port = 22 }) {
  return { names: [hostname], jumps: false, proxyCommand: void 0, firstHop: `${hostname}:${port}` };
}
var MOST_JUMPS = 8;
async function readSshSettings(target, configFile, environment, { run: run2 }) {
  const ask = async (of) => {
    try {
      const { stdout } = await run2("ssh", ["-G", "-F", configFile, ...hostArguments(of)], {
        env: environment
      });
      return parseSettings(stdout);
    } catch (error) {
      if (error instanceof CommandError) return /* @__PURE__ */ new Map();
      throw error;
    }
  };
  const settings = await ask(target);
  return {
    names: [target.hostname, settings.get("hostname"), settings.get("hostkeyalias")].filter(
      (name) => name !== void 0
    ),
    jumps: settings.has("proxyjump"),
    proxyCommand: settings.get("proxycommand"),
    firstHop: await firstHop(target, settings, ask)
  };
}
async function firstHop(target, settings, ask) {
  let [host, known] = [target, settings];
  for (let jumps = 0; jumps < MOST_JUMPS; jumps += 1) {
    const jump = known.get("proxyjump")?.split(",")[0];
    if (jump === void 0) break;
    host = parseJump(jump);
    known = await ask(host);
  }
  const port = known.get("port") ?? host.port ?? 22;
  return known.get("proxycommand") ?? `${known.get("hostname") ?? host.hostname}:${port}`;
}
function parseSettings(text) {
  const settings = /* @__PURE__ */ new Map();
  for (const line of text.split("\n")) {
    const [keyword = "", ...words] = line.split(" ");
    const value = words.join(" ");
    if (value !== "" && value !== "none" && !settings.has(keyword)) settings.set(keyword, value);
  }
  return settings;
}
function parseJump(text) {
  const { user, bracketed, host, port } = /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]*)\]|(?<host>[^:]*))(?::(?<port>\d+))?\/?$/.exec(
    text
  )?.groups ?? {};
  return { user, hostname: bracketed ?? host ?? text, port: port === void 0 ? void 0 : Number(port) };
}
function hostArguments({ user, hostname, port }) {
  const login = user === void 0 ? [] : ["-l", user];
  return [...login, ...port === void 0 ? [] : ["-p", String(port)], "--", hostname];
}
async function findOfferedHostKey(stderrLines, login, environment, { run: run2 }) {
  if (!stderrLines.some((line) => /^No \S+ host key is known for/.test(line))) return void 0;
  const { stderr } = await run2("ssh", ["-v", ...login, "true"], {
    env: environment,
    allowedExitCodes: Array.from({ length: 256 }, (_, code) => code)
  });
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.["key"];
}

// src/engine/ssh-shell.ts
var SHELL_LIMITS = {
  /** For the login, including jump hosts. Each step also has ssh's own ConnectTimeout. */
  login: 6e4,
  /** From the login to our command: start-up files of the shell may take some of it. */
  shell: 2e4,
  /** From the login to the question whether an engine is there in place of a shell. A shell's own start takes less. */
  greeting: 1e3
};
function startShellLogin(args, options) {
  const marker = makeShellMarker();
  const command = `${marker.command}; exec cat >/dev/null`;
  const master = startSshMaster(args, { ...options, command });
  const shell = new MarkerSearch(marker.pattern);
  const engine = new MarkerSearch(ENGINE_ANSWER);
  const timers = /* @__PURE__ */ new Set();
  const outcome = new Promise((resolve, reject) => {
    const after = (milliseconds, action) => timers.add(setTimeout(action, milliseconds));
    master.stdout.on("data", (chunk) => {
      if (shell.push(chunk) !== void 0) resolve("runs");
      else if (engine.push(chunk) !== void 0) resolve("engine");
    });
    after(SHELL_LIMITS.login, () => resolve("no login"));
    master.loggedIn.then((worked) => {
      if (!worked) return;
      clearAll(timers);
      after(SHELL_LIMITS.greeting, () => master.stdin.write(ENGINE_GREETING));
      after(SHELL_LIMITS.shell, () => resolve("silent"));
    }, reject);
    void master.ended.then(() => resolve("ended"));
  }).finally(() => clearAll(timers));
  const printed = () => plainText(shell.textBefore).split("\n").map((line) => line.trim()).filter((line) => line !== "" && !/^sealift-[0-9a-f]{16}$/.test(line)).slice(-PRINTED_LINES);
  return { ...master, outcome, printed };
}
var PRINTED_LINES = 8;
function clearAll(timers) {
  for (const timer of timers) clearTimeout(timer);
  timers.clear();
}

// src/engine/ssh-way-back.ts
var FORWARD_TIMEOUT = 15e3;
async function forwardBack(session, port, environment, { run: run2 }) {
  const forward = ["-O", "forward", "-R", `127.0.0.1:0:127.0.0.1:${port}`];
  const signal = AbortSignal.timeout(FORWARD_TIMEOUT);
  try {
    const { stdout } = await run2("ssh", [...forward, ...session], { env: environment, signal });
    const given = Number(/^\d+$/m.exec(stdout)?.[0]);
    return given > 0 ? { kind: "open", port: given } : { kind: "closed", why: "ssh did not name its port" };
  } catch (error) {
    if (signal.aborted) return { kind: "closed", why: "sshd did not answer a request to forward a port" };
    if (error instanceof CommandError)
      return { kind: "closed", why: "sshd refuses to forward a port (AllowTcpForwarding, PermitListen)" };
    throw error;
  }
}

// src/engine/ssh-host.ts
var NO_LOGIN = `Connection timed out: no login within ${SHELL_LIMITS.login / 1e3} s`;
var ENGINE_SOCKET = "/var/run/docker.sock";
var LOGIN_RETRIES = { attempts: 5, firstWait: 1e3, longestWait: 8e3 };
var SshHost = class {
  address;
  environment;
  #step;
  #parts;
  #masters = [];
  #connections = [];
  #lost = Promise.withResolvers();
  #logins = 0;
  #closing = false;
  constructor(address, step, parts) {
    this.address = address;
    this.environment = parts.environment;
    this.#step = step;
    this.#parts = parts;
  }
  /** Resolves when a connection was lost. */
  get disconnected() {
    return this.#lost.promise;
  }
  /** The path of a socket in the private folder. */
  socketPath(name) {
    return join8(this.#parts.folder.path, name);
  }
  /**
   * Logs in and forwards a private local socket to the engine's. The session beside it, whose stdin this process holds, ends
   * ssh and the command on the server, even when this process is killed.
   *
   * @throws ConfigurationError or HostError that says what to change
   */
  async logIn() {
    const socketPath2 = this.socketPath("engine");
    return await this.#inTurn(async (control, options) => {
      const login = startShellLogin([...forwardingTo(socketPath2), ...this.#arguments(control)], options);
      await this.#untilInputsChecked(login);
      const outcome = await login.outcome;
      if (outcome === "runs") return { kind: "shell", tunnel: { ...this.#keep(login, control), socketPath: socketPath2 } };
      return await this.#endWithoutShell(login, outcome);
    });
  }
  /** A mistake in the inputs explains more than whatever comes of the login, so it ends the login. */
  async #untilInputsChecked(login) {
    const { inputsChecked } = this.#parts;
    try {
      await Promise.race([login.outcome, inputsChecked]);
      await inputsChecked;
    } catch (error) {
      login.kill();
      throw error;
    }
  }
  /** @throws HostError that says why, unless the key may run a command of its own */
  async #endWithoutShell(login, outcome) {
    if (outcome === "no login") login.stderr.push(NO_LOGIN);
    const said = [...login.stderr.lines, ...login.printed()];
    login.kill();
    const exitCode = await login.ended;
    if (outcome === "silent") throw sshShellError(this.address, said, SHELL_LIMITS.shell / 1e3);
    for (const line of login.printed()) login.stderr.push(line);
    if (outcome === "engine" || await login.loggedIn)
      return { kind: "no shell", stderr: login.stderr.lines };
    throw await this.#loginError(login, exitCode);
  }
  /** Logs in once more, without a session of its own, so that every session that sshd allows is free for the engine. */
  async logInAgain() {
    return await this.#inTurn(async (control, options) => {
      const login = startSshMaster(this.#arguments(control), { ...options, command: void 0 });
      const deadline = setTimeout(() => {
        login.stderr.push(NO_LOGIN);
        login.kill();
      }, SHELL_LIMITS.login);
      const worked = await login.loggedIn.finally(() => clearTimeout(deadline));
      if (worked) return this.#keep(login, control);
      throw await this.#loginError(login, await login.ended);
    });
  }
  /** The error for a login whose session is of no use, from what the server printed instead. */
  async errorWithoutCommand(lines) {
    return sshLoginError(lines, await this.#context(1, void 0));
  }
  /** From now on nobody can log in. What is logged in stays so. */
  forgetKeys() {
    return this.#parts.agent.end();
  }
  /** Lets the server reach a port of this machine's loopback over the open connection, until that ends. */
  async openWayBack(port) {
    const [connection] = this.#connections;
    if (connection === void 0) return { kind: "closed", why: "there is no connection" };
    return await forwardBack(connection.sessionArguments, port, this.environment, this.#step);
  }
  async close() {
    this.#closing = true;
    const forgotten = this.forgetKeys();
    for (const master of this.#masters) master.kill();
    await Promise.all([forgotten, ...this.#masters.map((master) => master.ended)]);
    await this.#parts.folder.remove();
  }
  /** Runs a login when it is this host's turn, and again while the server has no room for it. */
  async #inTurn(logIn) {
    const { agent, settings, environment } = this.#parts;
    const { log } = this.#step;
    const { name } = this.address;
    const attempt = async () => {
      const leave = await enterLoginQueue(settings.firstHop);
      try {
        await agent.refresh();
        const onLine = (line) => {
          if (line.startsWith("Authenticated to ")) leave();
          log.debug(`${name}: ssh: ${line}`);
        };
        this.#logins += 1;
        return await logIn(this.socketPath(`ctl${this.#logins}`), { environment, onLine });
      } finally {
        leave();
      }
    };
    return await retryTransient(`The login at ${name}`, attempt, {
      log,
      retryPolicy: LOGIN_RETRIES,
      signal: void 0
    });
  }
  #arguments(control) {
    return ["-S", control, "-F", this.#parts.folder.configFile, "-T", ...hostArguments(this.address)];
  }
  #keep(master, control) {
    this.#masters.push(master);
    void master.ended.then((code) => {
      const end = code === void 0 ? "was ended by a signal" : `ended with exit code ${code}`;
      if (!this.#closing) this.#lost.resolve(sshLostError(master.stderr.lines, this.address.name, end));
    });
    const ownWay = ["-o", "ProxyCommand=false", "-o", "ProxyUseFdpass=no"];
    const sessionArguments = [...ownWay, ...this.#arguments(control)];
    const connection = { sessionArguments, stderr: master.stderr };
    this.#connections.push(connection);
    return connection;
  }
  async #loginError({ stderr }, exitCode) {
    const { folder } = this.#parts;
    const login = ["-F", folder.configFile, "-T", ...hostArguments(this.address)];
    const offered = await findOfferedHostKey(stderr.lines, login, this.environment, this.#step);
    const context = await this.#context(exitCode, offered);
    const error = sshLoginError(stderr.lines, context);
    const reason = "the server closed the connection before the login.";
    return mayLoginPass(stderr.lines, context) ? new TransientError(error, { reason }) : error;
  }
  async #context(exitCode, offeredHostKey) {
    const { settings, agent, certificates, folder, userKeys, userKnownHosts } = this.#parts;
    const { name } = this.address;
    const keys = await agent.fingerprints();
    const { config } = folder;
    return {
      ...{ name, settings, keys, userKeys, userKnownHosts, certificates, config, exitCode, offeredHostKey }
    };
  }
};
function forwardingTo(socketPath2) {
  const options = ["ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177"];
  return ["-L", `${socketPath2}:${ENGINE_SOCKET}`, ...options.flatMap((option) => ["-o", option])];
}

// src/engine/prepare-ssh-host.ts
async function prepareSshHost(address, access, step) {
  const privateKeys = access.privateKey === void 0 ? void 0 : parsePrivateKeys(access.privateKey, access.passphrase);
  const certificates = parseSshCertificates(access);
  const environment = privateKeys === void 0 ? userSshEnvironment(access.variables) : sshEnvironment(access.variables);
  const folder = await makeSshFolder(access, certificates, step);
  let agent;
  try {
    agent = privateKeys === void 0 ? userSshAgent(environment, step) : await startSshAgent(folder.path, access, privateKeys, step);
    const details = await checkSshCertificates(certificates, agent, step);
    const settings = privateKeys !== void 0 && access.config.trim() === "" ? plainSettings(address) : await readSshSettings(address, folder.configFile, environment, step);
    const checks2 = [folder.knownHostsChecked, agent.ready];
    const inputsChecked = inBackground(allOrThrow(checks2).then(() => void 0));
    return new SshHost(address, step, {
      ...{ folder, agent, settings, environment, inputsChecked },
      certificates: details,
      userKeys: privateKeys === void 0,
      userKnownHosts: access.knownHosts === void 0
    });
  } catch (error) {
    await agent?.end();
    await folder.remove();
    throw error;
  }
}

// src/engine/connect.ts
async function connect(address, access, step, networkRange) {
  return new DockerEngine(await openConnection(address, access, step), networkRange);
}
async function connectToSwarm(address, access, step) {
  return new DockerSwarm(await openConnection(address, access, step));
}
async function openConnection(address, access, step) {
  if (address.kind === "unix") {
    const client = new EngineClient(address.name, unixTransport(address.path));
    return socketConnection(client, address.path, {
      close: () => Promise.resolve(),
      // Its loopback is this machine's, unless it runs in a machine or a network of its own.
      openWayBack: (port) => Promise.resolve({ kind: "open", port })
    });
  }
  if (address.kind === "tcp") {
    if (access.tls === void 0) throw missingInputs(address, "tls-ca, tls-cert and tls-key");
    return await connectOverTcp(address, access.tls, step);
  }
  if (access.ssh === void 0) throw missingInputs(address, "ssh-key and known-hosts");
  return await connectOverSsh(address, access.ssh, step);
}
function missingInputs({ name }, inputs) {
  return new ConfigurationError(`${inputs}: missing, and required for ${name}.`);
}
async function connectOverTcp(address, tls, step) {
  checkTls(tls);
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const version = await negotiateApiVersion(client);
  const files = await writeTlsFiles(step.folder, tls);
  const { hostname: host, port } = address;
  const stopHeartbeat = startHeartbeat(client, { host, port, ...tls, agent: tcpAgent(address, {}) });
  const close = () => {
    stopHeartbeat();
    return files.remove();
  };
  const cliEnvironment = {
    DOCKER_HOST: address.name,
    DOCKER_TLS_VERIFY: "1",
    DOCKER_CERT_PATH: files.folder
  };
  const openWayBack = () => Promise.resolve({ kind: "closed", why: "TCP has no way back" });
  return { client, version, cliEnvironment, close, openWayBack };
}
async function connectOverSsh(address, ssh, step) {
  const host = await prepareSshHost(address, ssh, step);
  try {
    const login = await host.logIn();
    if (login.kind === "shell") {
      const client = sshClient(host, login.tunnel.socketPath);
      try {
        return await socketConnection(client, login.tunnel.socketPath, {
          close: () => host.close(),
          openWayBack: (port) => host.openWayBack(port)
        });
      } catch (error) {
        if (!isBrokenCall(error)) throw error;
        client.disconnect(error);
      }
    }
    return await connectOverDialStdio(host, login, step);
  } catch (error) {
    await host.close();
    throw error;
  } finally {
    await host.forgetKeys();
  }
}
var DIAL_SOCKETS = 4;
async function connectOverDialStdio(host, login, step) {
  const { slots, command } = await openEngineSessions(host, login, step);
  const { environment } = host;
  const dial2 = await openDialStdio(host.socketPath("dial"), { slots, command, environment });
  const close = async () => {
    await host.close();
    await dial2.close();
  };
  const client = sshClient(host, dial2.socketPath, DIAL_SOCKETS);
  try {
    return await socketConnection(client, dial2.socketPath, {
      close,
      openWayBack: (port) => host.openWayBack(port)
    });
  } catch (error) {
    await dial2.close();
    if (!isBrokenCall(error)) throw error;
    const forwarding = login.kind === "shell" ? login.tunnel.stderr.lines : [];
    throw sshEngineError(host.address, { forwarding, dialing: dial2.output.lines }, error);
  }
}
function sshClient(host, path, sockets) {
  const client = new EngineClient(host.address.name, tunnelTransport(path, sockets));
  void host.disconnected.then((error) => client.disconnect(error));
  return client;
}
async function socketConnection(client, path, rest) {
  const version = await negotiateApiVersion(client);
  const cliEnvironment = { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
  return { client, version, cliEnvironment, ...rest };
}
function isBrokenCall(error) {
  return error instanceof HostError && error.cause instanceof Error && "code" in error.cause;
}

// src/rollout/observe-host.ts
const { isDeepStrictEqual: isDeepStrictEqual3 } = require("node:util");

// src/rollout/compose-projects.ts
function composeProjectsOf(containers, volumes) {
  const ownContainers = Map.groupBy(
    containers.filter((each) => !isOneOff(each)),
    projectOf
  );
  const ownVolumes = Map.groupBy(volumes, projectOf);
  const names = new Set([...ownContainers.keys(), ...ownVolumes.keys()].filter((name) => name !== void 0));
  return [...names].sort().map((name) => {
    const found = ownContainers.get(name) ?? [];
    return {
      name,
      folder: found.map(({ labels }) => labels["com.docker.compose.project.working_dir"]).find(Boolean),
      containers: found.map(projectContainer),
      volumes: Object.fromEntries(
        (ownVolumes.get(name) ?? []).map((each) => [
          each.labels["com.docker.compose.volume"] ?? each.name,
          each.name
        ])
      )
    };
  });
}
function projectOf({ labels }) {
  const isOwn = Object.hasOwn(labels, LABEL.app) || labels[LABEL.role] === OWN_ROLE.front;
  return isOwn ? void 0 : labels["com.docker.compose.project"];
}
function projectContainer(container) {
  const { name, state, ports, volumes } = container;
  const published = ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
  return {
    ...{ name, service: serviceOf(container) ?? name, volumes },
    running: ["running", "restarting", "paused"].includes(state),
    ports: [...new Set(published)]
  };
}

// src/rollout/observe-host.ts
var observeHost = async (engine, appEnvironment) => (await lookAtHost(engine, appEnvironment)).observation;
async function lookAtHost(engine, appEnvironment, imageNames = [], ownLock = void 0) {
  const [containers, lock] = await Promise.all([engine.listContainers([]), ownLock]);
  const own = containersOfApp(containers, appEnvironment);
  const [again, files, details, volumes, networks, images] = await Promise.all([
    lock === void 0 ? containers : engine.listContainers([]),
    readState(engine, appEnvironment, own),
    inspectAll(engine, own.filter(isWorkload)),
    engine.listVolumes([]),
    engine.listNetworks([]),
    inspectImages(engine, imageNames)
  ]);
  if (!areSame(containersOfApp(again, appEnvironment), own, lock))
    return await lookAtHost(engine, appEnvironment, imageNames, lock);
  const found = { containers: again, details, volumes, networks, isLocked: lock !== void 0 };
  return { ...found, observation: observationOf(engine, appEnvironment, files, images, found) };
}
async function inspectImages(engine, names, known = /* @__PURE__ */ new Map()) {
  const unknown = names.filter((name) => !known.has(name));
  const found = await Promise.all(
    unknown.map(async (name) => [name, await engine.inspectImage(name)])
  );
  return new Map([...known, ...found]);
}
async function lookAgain(engine, appEnvironment, before, imageNames = [], ownLock) {
  if (before.isLocked) {
    const images2 = await inspectImages(engine, imageNames, before.observation.images);
    return { ...before, observation: { ...before.observation, images: images2 } };
  }
  const known = containersOfApp(before.containers, appEnvironment);
  const [containers, files, images] = await Promise.all([
    engine.listContainers([]),
    readState(engine, appEnvironment, known).catch(ignoreNotFound),
    inspectImages(engine, imageNames, before.observation.images)
  ]);
  const own = containersOfRuns(containers, appEnvironment);
  if (files === void 0 || !areSame(own, containersOfRuns(before.containers, appEnvironment), ownLock))
    return await lookAtHost(engine, appEnvironment, imageNames, ownLock);
  const found = { ...before, containers };
  return { ...found, observation: observationOf(engine, appEnvironment, files, images, found) };
}
var containersOfRuns = (containers, appEnvironment) => [
  ...containersOfApp(containers, appEnvironment),
  ...containers.filter(({ name }) => name === lockName(appEnvironment))
];
var areSame = (one, other, ownLock) => isDeepStrictEqual3(comparable(one, ownLock), comparable(other, ownLock));
var comparable = (containers, ownLock) => containers.filter(({ id }) => id !== ownLock).map(inOrder);
var inOrder = (container) => ({
  ...container,
  ports: container.ports.toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))),
  volumes: container.volumes.toSorted((one, other) => one.localeCompare(other))
});
var containersOfApp = (containers, { app, environment }) => containers.filter(({ labels }) => labels[LABEL.app] === app && labels[LABEL.environment] === environment);
var isWorkload = (container) => !hasOwnRole(container, "records", "edge", "tcpEdge", "probe") && !isOneOff(container);
function observationOf(engine, appEnvironment, files, images, { containers, details, volumes, networks }) {
  const own = containersOfApp(containers, appEnvironment);
  const workloads = own.filter(isWorkload);
  const records = recordsFromFiles(engine, files);
  const accepted = lastAcceptedRelease(records.history);
  const edge = edgeState(own);
  const front = frontAmong(containers);
  const foreign = containers.filter((each) => !own.includes(each) && each !== front);
  const accessories = workloads.filter(({ labels }) => labels[LABEL.release] === void 0);
  return {
    records,
    containers: workloads,
    temporary: own.filter((each) => hasOwnRole(each, "hook", "trial", "probe")),
    images,
    host: {
      host: engine.host,
      edge,
      frontRunning: front?.state === "running",
      ...foreign.some((each) => hasOwnRole(each, "edge")) ? { hasOtherEdges: true } : {},
      traffic: effectiveTraffic({ edge, traffic: readTraffic(files, appEnvironment, accepted), accepted }),
      routedContainers: readUpstreamContainers(files),
      accepted,
      releases: observedReleases(appEnvironment, details, records),
      accessories: details.filter(({ labels }) => labels[LABEL.release] === void 0).map((each) => ({ ...observedContainer(each), networks: Object.keys(each.networks) })),
      history: records.history,
      ...areUnreadable(files) ? { recordsUnreadable: true } : {},
      heldPorts: [
        ...foreign.flatMap((each) => portsHeldBy(each, void 0)),
        ...accessories.flatMap((each) => portsHeldBy(each, serviceOf(each)))
      ],
      foreignContainers: foreign.map(({ name }) => name),
      composeProjects: composeProjectsOf(containers, volumes),
      volumeNames: volumes.map(({ name }) => name),
      networkNames: networks.map(({ name }) => name)
    }
  };
}
function observedContainer(details) {
  const { name, state, exitCode, labels } = details;
  const health = details.health?.status;
  return {
    name,
    service: serviceOf(details) ?? name,
    state,
    health: health === "none" ? void 0 : health,
    ...details.health?.unchecked ? { unchecked: true } : {},
    exitCode: state === "exited" || state === "dead" ? exitCode : void 0,
    ...restartPolicyState(details),
    definitionFingerprint: labels[LABEL.definition]
  };
}
function restartPolicyState(details) {
  if (intendedRestartPolicy(details) === void 0) return {};
  const disabled = details.restartPolicy === "no";
  if (isStopped(details)) return { restartPolicyState: disabled ? "disabled" : "not-disabled" };
  return disabled ? { restartPolicyState: "missing" } : {};
}
function observedReleases(appEnvironment, details, { releases, history }) {
  const ids = /* @__PURE__ */ new Set([
    ...releases.map(({ id }) => id),
    ...details.flatMap((each) => releaseIdOn(each) ?? [])
  ]);
  return [...ids].map((id) => {
    const containers = details.filter((each) => releaseIdOn(each) === id);
    const networks = containers.flatMap((each) => Object.keys(each.networks));
    const record = releases.find((each) => each.id === id);
    const ended = record === void 0 ? [] : endedServices(record, history);
    return {
      id,
      containers: containers.map(observedContainer),
      slot: slotOf(appEnvironment, networks, record),
      record,
      ...ended.length > 0 ? { ended } : {},
      edgeFingerprint: record && requiredEdgeFingerprint(record)
    };
  });
}
function slotOf(appEnvironment, networks, record) {
  const slots = SLOTS.filter((slot) => networks.includes(slotNetwork(appEnvironment, slot)));
  if (slots.length === 0 && record !== void 0 && !needsSlotNetwork(record)) return "blue";
  return slots.length === 1 ? slots[0] : void 0;
}
function portsHeldBy({ name, ports }, accessory) {
  return ports.map(({ port, protocol, address }) => ({
    port,
    protocol,
    address,
    container: name,
    accessory
  }));
}

// src/rollout/fleet.ts
var LOOK_LIFETIME = 5e3;
var Fleet = class {
  #destination;
  #step;
  #engines;
  /** What was seen last, and when, by `performance.now()`. */
  #looks = /* @__PURE__ */ new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;
  constructor(destination, step, engines) {
    this.#destination = destination;
    this.#step = step;
    this.#engines = engines;
  }
  get engines() {
    return this.#engines;
  }
  /**
   * @param taking the lock that the run may get meanwhile
   * @param imageNames images to ask for
   * @throws as `openFleet` does, for all hosts that can't be observed
   */
  observe(taking, imageNames = []) {
    return this.#look((engine) => {
      const ownLock = taking?.then((lock) => lock?.containerOn(engine.host));
      return lookAtHost(engine, this.#destination, imageNames, ownLock);
    });
  }
  /**
   * The same once the hosts are locked: what was seen a moment ago counts, as far as it can't have changed. Not after this run has
   * changed something.
   * @param imageNames images to ask for, unless that was done
   */
  observeAgain(lock, imageNames = []) {
    const isRecent = performance.now() - this.#lookedAt < LOOK_LIFETIME;
    const before = isRecent ? this.#looks : /* @__PURE__ */ new Map();
    return this.#look((engine) => {
      const look = before.get(engine.host);
      const ownLock = lock.containerOn(engine.host);
      return look === void 0 ? lookAtHost(engine, this.#destination, imageNames, ownLock) : lookAgain(engine, this.#destination, look, imageNames, ownLock);
    });
  }
  async #look(look) {
    this.#lookedAt = performance.now();
    const looks = await onEveryHost(this.#engines, look);
    this.#looks = new Map(looks.map((each) => [each.observation.host.host, each]));
    return looks.map(({ observation }) => observation);
  }
  /**
   * Connects again if a connection was lost in the meantime, for instance during a long build.
   * @returns whether one was
   */
  async reconnect() {
    if (!this.#engines.some((engine) => engine.disconnected.aborted)) return false;
    await closeEngines(this.#engines);
    this.#engines = [];
    this.#engines = await connectAll(this.#destination, this.#step);
    return true;
  }
  async [Symbol.asyncDispose]() {
    await closeEngines(this.#engines);
  }
};
async function openFleet(destination, step) {
  return new Fleet(destination, step, await connectAll(destination, step));
}
var connectAll = (destination, step) => onEveryHost(
  destination.hosts,
  (address) => connect(address, destination.access, step, destination.networkRange),
  closeEngines
);
async function onReachableHosts(destination, step, operation) {
  const ended = await Promise.all(
    destination.hosts.map(async (address) => {
      try {
        var _stack = [];
        try {
          const engine = __using(_stack, await connect(address, destination.access, step), true);
          return { result: await operation(engine) };
        } catch (_) {
          var _error = _, _hasError = true;
        } finally {
          var _promise = __callDispose(_stack, _error, _hasError);
          _promise && await _promise;
        }
      } catch (error) {
        return { failure: { host: address.name, error } };
      }
    })
  );
  return {
    results: ended.flatMap((each) => "result" in each ? [each.result] : []),
    failures: ended.flatMap((each) => "failure" in each ? [each.failure] : [])
  };
}
var observeHosts = (destination, step) => onReachableHosts(destination, step, (engine) => observeHost(engine, destination));
async function closeEngines(engines) {
  await Promise.allSettled(engines.map((engine) => engine[Symbol.asyncDispose]()));
}
async function onEveryHost(items, operation, cleanUp) {
  const settled = await Promise.allSettled(items.map(operation));
  const results = settled.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  const failures = settled.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  if (failures.length === 0) return results;
  await cleanUp?.(results);
  if (failures.length === 1) throw failures[0];
  throw new SealiftError(
    `${failures.length} of ${items.length} hosts can't be used: ${failures.map(messageOf).join(" · ")}`,
    { evidence: failures.flatMap((error) => error instanceof SealiftError ? error.evidence : []) }
  );
}

// src/gate/stale-commit.ts
var liveOriginOf = (host) => ({
  host: host.host,
  origin: liveRelease(host)?.record?.origin
});
function createStaleCommitCheck(token, allowDowngrade, context) {
  const known = /* @__PURE__ */ new Set();
  return async (sha, origins) => {
    if (allowDowngrade || !isSha(sha)) return;
    for (const [live, names] of liveCommits(origins, context.repository)) {
      if (live === sha || known.has(`${live} ${sha}`)) continue;
      known.add(`${live} ${sha}`);
      const isOlder = await askGitHub(live, sha, token, context) ?? await askCheckout(live, sha, context);
      if (isOlder === void 0) {
        context.log.info(
          `It is not known whether commit ${sha} is older than the live commit ${live}: neither GitHub nor the checkout has both.`
        );
      } else if (isOlder) throw staleCommitError(sha, live, names);
    }
  };
}
function staleCommitError(sha, live, hosts) {
  return new SealiftError(
    `Commit ${sha} is older than the live commit ${live} on ${joinWithAnd(hosts)}, which contains it. An old job that is run again does this. To go back to an earlier release, use the rollback action. To deploy this commit anyway, set ${inputSetting("allow-downgrade", "true")}.`
  );
}
function liveCommits(origins, repository) {
  const commits = /* @__PURE__ */ new Map();
  for (const { host, origin } of origins) {
    if (!isSha(origin?.revision) || (origin.repository ?? repository) !== repository) continue;
    commits.set(origin.revision, [...commits.get(origin.revision) ?? [], host]);
  }
  return commits;
}
var isSha = (text) => /^[0-9a-f]{40,64}$/.test(text ?? "");
async function askGitHub(live, sha, token, context) {
  const connection = repositoryConnection(token);
  if (connection === void 0) return void 0;
  try {
    const github = await connectToGitHub(connection, context);
    const comparison = await github.compareCommits(live, sha);
    if (comparison === void 0) return void 0;
    const { status } = asObject(comparison);
    if (["ahead", "behind", "diverged", "identical"].some((known) => known === status))
      return status === "behind";
    throw notGitHubError("commits");
  } catch (error) {
    if (!(error instanceof SealiftError)) throw error;
    throw new SealiftError(
      `${messageOf(error)} Without an answer, Sealift can't tell whether commit ${sha} is older than the live commit ${live}. To deploy it anyway, set ${inputSetting("allow-downgrade", "true")}.`,
      { cause: error, evidence: error.evidence }
    );
  }
}
async function askCheckout(live, sha, { workspace }) {
  try {
    await askGit(workspace, ["merge-base", "--is-ancestor", sha, live]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.exitCode === 1 ? false : void 0;
  }
}

// src/gate/environment-rules.ts
function readEnvironmentRules(answer, environment) {
  const { id, protection_rules: list, can_admins_bypass: canBypass } = asObject(answer);
  if (typeof id !== "number") throw notGitHubError(`environment "${environment}"`);
  const rules = asList(list).map(asObject);
  const review = rules.find(({ type }) => type === "required_reviewers");
  const preventsSelfReview = review?.["prevent_self_review"] === true;
  const canAdminsBypass = typeof canBypass === "boolean" ? canBypass : void 0;
  return {
    id,
    hasReviewers: review !== void 0,
    preventsSelfReview,
    canAdminsBypass,
    texts: [
      ...rules.map((rule) => {
        if (rule === review) return `required reviewers: ${reviewersText(rule["reviewers"])}`;
        const { type, wait_timer: minutes } = rule;
        if (typeof minutes === "number") return `wait timer: ${minutes} min`;
        return (asText(type) ?? "unknown rule").replaceAll("_", " ");
      }),
      ...preventsSelfReview ? ["no self-review"] : [],
      ...canAdminsBypass === false ? ["no bypass by administrators"] : []
    ]
  };
}
function reviewersText(reviewers) {
  const names = asList(reviewers).map((each) => {
    const { type, reviewer } = asObject(each);
    const { login, name, slug } = asObject(reviewer);
    if (type === "Team") return `team ${asText(slug) ?? asText(name) ?? "unknown"}`;
    return `@${asText(login) ?? "unknown"}`;
  });
  return names.length === 0 ? "unknown" : names.join(", ");
}

// src/gate/job-environment.ts
var AUDIENCE = "sealift";
async function findJobEnvironment(github, checkRunId) {
  return checkRunId === void 0 ? await environmentInIdToken(github) : await environmentOfCheckRun(github, checkRunId);
}
async function environmentOfCheckRun(github, id) {
  const { id: found, deployment } = asObject(await github.getCheckRun(id));
  if (found !== id) {
    throw new SealiftError(
      `Cannot read the check run ${id} of this job (HTTP 404). Add "checks: read" to this job's permissions.`
    );
  }
  return asText(asObject(deployment)["environment"]);
}
async function environmentInIdToken(github) {
  const token = await github.getIdToken(AUDIENCE);
  if (token === void 0) {
    throw new ConfigurationError(
      `Cannot tell in which environment this job runs: this runner does not know job.check_run_id. Add "id-token: write" to this job's permissions. Then an OIDC token tells it.`
    );
  }
  return asText(asObject(payloadOf(token))["environment"]);
}
function payloadOf(token) {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch (cause) {
    throw new SealiftError("Cannot read the OIDC token of this job: it is no JSON Web Token.", { cause });
  }
}

// src/gate/judge-approval.ts
var settingsOf = (environment) => `Settings → Environments → ${environment}`;
function requireRules(rules, environment, { approval, strict, allowSelfApproval }, outcome) {
  if (!rules.hasReviewers) {
    if (approval !== "required") return;
    throw new ConfigurationError(
      `Environment "${environment}" has no required reviewers. GitHub creates a missing environment without protection, so ${outcome}. Add reviewers in ${settingsOf(environment)}, or set ${inputSetting("approval", "off")}. (On a private repository, required reviewers need GitHub Enterprise.)`
    );
  }
  if (!strict) return;
  if (rules.canAdminsBypass !== false) {
    throw new ConfigurationError(
      `Administrators can bypass the rules of environment "${environment}", and that may look like an approval. Switch off "Allow administrators to bypass configured protection rules" in ${settingsOf(environment)}, or set ${inputSetting("strict-approval", "false")}.`
    );
  }
  if (!rules.preventsSelfReview && !allowSelfApproval) {
    throw new ConfigurationError(
      `In environment "${environment}" people can approve a run that they started. Switch on "Prevent self-review" in ${settingsOf(environment)}, or set ${inputSetting("allow-self-approval", "true")}.`
    );
  }
}
function requireJobEnvironment(found, environment) {
  if (found?.toLowerCase() === environment.toLowerCase()) return;
  const where = found === void 0 ? "no environment" : `environment "${found}"`;
  throw new ConfigurationError(
    `This job runs in ${where} but the step is for "${environment}". Set "environment: ${environment}" on the job.`
  );
}
function judgeReviews(reviews, { texts }, environment, run2, { allowSelfApproval, strict }) {
  const rejected = reviews.find(({ state }) => state === "rejected");
  if (rejected !== void 0) {
    throw new SealiftError(
      `@${rejected.login} rejected this run for environment "${environment}"${commentText(rejected)}. Start a new run to ask again.`
    );
  }
  const approved = reviews.filter(({ state }) => state === "approved");
  if (approved.length === 0) {
    throw new SealiftError(
      `Nobody approved this run for environment "${environment}", although it has required reviewers. Start a new run: GitHub holds it for an approval. (An administrator may have bypassed the rules, or they are newer than this run.)`
    );
  }
  const others = approved.filter(({ login }) => login.toLowerCase() !== run2.actor.toLowerCase());
  if (others.length === 0 && !allowSelfApproval) {
    throw new SealiftError(
      `@${run2.actor} approved this run for environment "${environment}", but also started it. Let another reviewer approve, or set ${inputSetting("allow-self-approval", "true")}.`
    );
  }
  if (strict && run2.attempt > 1) {
    throw new SealiftError(
      `${reusedApprovalText(run2)} Start a new run instead of running this one again, or set ${inputSetting("strict-approval", "false")}.`
    );
  }
  const approvers = (others.length === 0 ? approved : others).map(({ login, comment }) => ({
    login,
    comment
  }));
  return { kind: "approved", approvers, rules: texts };
}
var reusedApprovalText = ({ attempt }) => `This is attempt ${attempt} of the run. GitHub does not say which attempt an approval is for: it may be for an earlier one.`;
var commentText = ({ comment }) => comment === void 0 ? "" : `: "${comment}"`;

// src/gate/reviews.ts
var LONGEST_COMMENT = 500;
function readReviews(answer, environmentId) {
  if (answer === void 0) {
    throw new SealiftError(
      `Cannot read approvals (HTTP 404). Add "actions: read" to this job's permissions.`
    );
  }
  if (!Array.isArray(answer)) throw notGitHubError("approvals");
  return answer.flatMap((entry) => {
    const { state, user, comment, environments } = asObject(entry);
    const isForEnvironment = asList(environments).some((each) => asObject(each)["id"] === environmentId);
    if (!isForEnvironment || !isState(state)) return [];
    return [{ state, login: asText(asObject(user)["login"]) ?? "ghost", comment: readComment(comment) }];
  });
}
function readComment(comment) {
  const text = asText(oneLine(asText(comment) ?? ""));
  return text === void 0 ? void 0 : shorten(text, LONGEST_COMMENT);
}
var isState = (state) => state === "approved" || state === "rejected" || state === "pending";

// src/gate/check-approval.ts
async function checkApproval(environment, purpose, options, context) {
  if (options.approval === "off") return { kind: "off" };
  const github = await openGitHub(options, context);
  if (github === void 0) return { kind: "not-on-github" };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, `this ${purpose} was not gated`);
  if (!rules.hasReviewers) return { kind: "unprotected", rules: rules.texts };
  const run2 = workflowRun();
  const [jobEnvironment, reviews] = await allOrThrow([
    findJobEnvironment(github, options.checkRunId),
    github.listReviews(run2.id)
  ]);
  requireJobEnvironment(jobEnvironment, environment);
  const approval = judgeReviews(readReviews(reviews, rules.id), rules, environment, run2, options);
  if (run2.attempt > 1) context.log.warning(reusedApprovalText(run2));
  return approval;
}
async function checkEnvironmentRules(environment, options, context) {
  if (options.approval === "off") return { kind: "off" };
  const github = await openGitHub(options, context);
  if (github === void 0) return { kind: "not-on-github" };
  const rules = await readRules(github, environment);
  requireRules(rules, environment, options, "a deploy would not be gated");
  if (!rules.hasReviewers) return { kind: "unprotected", rules: rules.texts };
  if (!rules.preventsSelfReview && !options.allowSelfApproval) {
    context.log.notice(
      `In environment "${environment}" GitHub lets people approve a run that they started, but the deploy refuses such an approval. Switch on "Prevent self-review", or set ${inputSetting("allow-self-approval", "true")} in both steps.`
    );
  }
  return { kind: "awaited", rules: rules.texts };
}
async function readRules(github, environment) {
  const answer = await github.getEnvironment(environment);
  if (answer !== void 0) return readEnvironmentRules(answer, environment);
  throw new ConfigurationError(
    `Environment "${environment}" does not exist, or the token can't see it (HTTP 404). Create it with required reviewers in Settings → Environments before a job names it: GitHub would create it without protection. If it exists, add "actions: read" to this job's permissions. Without an environment, set ${inputSetting("approval", "off")}.`
  );
}

// src/approval.ts
var PURPOSES = {
  remove: "removal",
  unlock: "break of a lock"
};
async function requireApproval({ command, destination, gate }, dryRun, context) {
  if (dryRun) return void 0;
  try {
    const approval = await group("Check the approval", async () => {
      const purpose = PURPOSES[command] ?? "deploy";
      const checked = await checkApproval(destination.environment, purpose, gate, githubOptions(context));
      logApproval(checked, context);
      return checked;
    });
    context.report.set({ approval });
    return approval;
  } catch (error) {
    const isInJob = githubVariables().runId !== void 0;
    if (command !== "rollback" || !isInJob || !(error instanceof SealiftError)) throw error;
    throw new SealiftError(
      `${sentence(messageOf(error))} In an emergency, set ${inputSetting("approval", "off")} to roll back without an approval. The summary and the records will say so.`,
      { cause: error, evidence: error.evidence }
    );
  }
}
async function requireEnvironmentRules({ environment, gate }, context) {
  await group("Check the environment", async () => {
    const approval = await checkEnvironmentRules(environment, gate, githubOptions(context));
    logApproval(approval, context);
    context.report.set({ approval });
  });
}
var githubOptions = ({ log, signal }) => ({
  log,
  signal,
  ...GITHUB_TIMES
});
var staleCommitCheckOf = ({ gate, allowDowngrade }, context) => createStaleCommitCheck(gate.token, allowDowngrade, {
  ...githubOptions(context),
  ...{ repository: context.commit.repository, workspace: process.cwd() }
});
function logApproval(approval, { log }) {
  const text = approvalText(approval);
  if (approval.kind === "off" || approval.kind === "not-on-github") log.notice(text);
  else log.info(text);
}

// src/release/hooks.ts
function parseHooks(release, input, lines) {
  const names = Object.keys(release.services);
  return lines.map(({ service, command }) => ({
    service: hookService(service, command, names, input),
    argv: splitCommand(command, input)
  }));
}
function hookService(service, command, names, input) {
  if (names.includes(service)) return service;
  const [only, ...others] = names;
  if (service === "" && only !== void 0 && others.length === 0) return only;
  throw new ConfigurationError(
    service === "" ? `${input}: the release has several services (${names.join(", ")}). Write in which service's container the command runs: ${only ?? "service"}=${command}` : `${input}: the release has no service "${service}", only ${names.join(", ")}. If "${service}=" belongs to the command, write env ${service}=… in front of it.`
  );
}

export {
  askGit,
  SUBNET_PREFIX,
  parseRange,
  INPUTS,
  isDeclaredInput,
  DEFAULT_EDGE_IMAGES,
  emptyReport,
  ReportDraft,
  addWarnings,
  LineSplitter,
  isOwnerGone,
  STEP_FOLDER_STATE,
  createStepFolder,
  removeStepFolder,
  hostInputs,
  closingLine,
  combineFailures,
  failureText,
  commonRelease,
  statusReport,
  logEvidence,
  stepReports,
  reportProgress,
  chooseStrategy,
  fileContentNames,
  givenContents,
  hasOwnRole,
  cleanUpKilledRun,
  stateVolume,
  FRONT_VOLUME,
  FRONT_MOUNT,
  FRONT_APPS_FOLDER,
  runScript,
  setDomains,
  domainOwnersIn,
  labelFilters,
  frontAmong,
  removeUnusedFront,
  RECORD_FORMAT,
  newerFormatError,
  runPreStop,
  ignoreNotFound,
  retentionRepository,
  HOOK_ERROR_LINES,
  hookName,
  everyTenSeconds,
  reportWait,
  executePlan,
  openImageDelivery,
  preflight,
  checkUrl,
  deploymentOfRollback,
  deployRelease,
  hostContextsOf,
  LEASE_DURATION,
  readLock,
  breakLock,
  HostLock,
  lockEnd,
  holderText,
  lockWait,
  ownerRuns,
  lockHosts,
  lockInBackground,
  resumeLocks,
  takeUpLock,
  lockClaim,
  withTrustedProxies,
  trustedProxiesOf,
  queryString,
  userSshEnvironment,
  taskHasEnded,
  connect,
  connectToSwarm,
  observeHost,
  openFleet,
  onReachableHosts,
  observeHosts,
  liveOriginOf,
  requireApproval,
  requireEnvironmentRules,
  staleCommitCheckOf,
  parseHooks
};
