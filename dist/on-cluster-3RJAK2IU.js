import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  findRelease,
  findRollbackWorkflow,
  readBuildComposeFile,
  reportLocks,
  reportedPost,
  withHealthTimeout
} from "./chunk-RLZ5EM66.js";
import {
  Problems,
  buildOnlyNotices,
  classifyServices,
  readDeployComposeFile,
  registryEnvironment,
  registryOfInput,
  rejectBuiltInNames,
  rejectModels,
  rejectRunnerPaths,
  startImageLookup
} from "./chunk-RJFLOLNY.js";
import "./chunk-AEVD5JIY.js";
import {
  HOOK_ERROR_LINES,
  RECORD_FORMAT,
  ReportDraft,
  addWarnings,
  checkUrl,
  closingLine,
  connectToSwarm,
  emptyReport,
  everyTenSeconds,
  holderText,
  hookName,
  lockClaim,
  lockEnd,
  lockWait,
  logEvidence,
  newerFormatError,
  ownerRuns,
  parseHooks,
  queryString,
  reportWait,
  requireApproval,
  staleCommitCheckOf,
  taskHasEnded
} from "./chunk-SQ3Y2XOM.js";
import {
  NOTHING_CHANGED_TEXT,
  NOT_BUILT_TEXT,
  UNEXPECTED_ANSWER_TEXT,
  dependenciesOf,
  fileObjectName,
  formatMinute,
  formatPercent,
  group,
  historyLines,
  historyOf,
  hostEnvironment,
  hostName,
  imagesOfServices,
  isOnAllAddresses,
  isReleaseId,
  keptVolumesLines,
  lastAcceptanceOf,
  oneLine,
  openGroup,
  placeholderReplacer,
  rejectUnknownServices,
  releaseBefore,
  releaseIdOf,
  sentence,
  statusLines,
  trimHistory,
  validAcceptances,
  waitLine
} from "./chunk-SSZU7CE5.js";
import {
  KILLED_EXIT_CODE,
  LABEL,
  LoggedOutput,
  OWN_ROLE,
  Registry,
  Tail,
  allOrThrow,
  baseProject,
  fingerprintOf,
  formatCommand,
  inBackground,
  joinWithAnd,
  killedText,
  labelsOf,
  openInBackground,
  programEnvironment
} from "./chunk-H3WW4TWW.js";
import "./chunk-XJR7AIZC.js";
import "./chunk-RYDTSZJN.js";
import {
  Conflict
} from "./chunk-NRKY53AJ.js";
import "./chunk-DCRC6H7Y.js";
import "./chunk-WRVIZC2W.js";
import "./chunk-T2AHS3SW.js";
import {
  DEFAULT_RETRY_POLICY,
  collect,
  formatDuration,
  pause
} from "./chunk-LL335SZZ.js";
import "./chunk-TVPQHRBK.js";
import {
  GITHUB_REGISTRY,
  MAX_LEVELS,
  asList,
  asNumber,
  asObject,
  asText,
  canonicalJson,
  inputRef,
  inputSetting,
  isObject,
  isPlaceholder,
  isTooDeep,
  mapStrings,
  mapValues,
  parseImageReference,
  parseJson,
  pickKeys,
  pinnedImage,
  registryOf,
  repositoryOf,
  unescapeDollars,
  withoutKeys,
  withoutUndefined,
  wordsOf
} from "./chunk-MMTVGTOD.js";
import {
  CommandError,
  ConfigurationError,
  HostError,
  SealiftError,
  messageOf,
  messageWithoutHost
} from "./chunk-PUGPVKFB.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/cluster/records.ts
var ForeignRecordError = class extends SealiftError {
  name = "ForeignRecordError";
  constructor(of, sequence, cause) {
    super(
      `Another run has deployed ${baseProject(of)} in the meantime: record ${sequence} exists already. Run this job again.`,
      { cause }
    );
  }
};
var KEPT_ENTRIES = 100;
function storedRecords(host, stored) {
  const format = Math.max(0, ...stored.map(({ text }) => documentFormat(text)));
  if (format > RECORD_FORMAT) throw newerFormatError(host, format);
  const records = clusterRecords(stored.map(({ text }) => text));
  const unreadable = stored.filter(({ text }) => parseDocument(text) === void 0).map(({ name }) => name);
  if (unreadable.length === 0) return records;
  const numbers = unreadable.map((name) => Number(/\d+$/.exec(name)?.[0] ?? 0));
  return { ...records, sequence: Math.max(records.sequence, ...numbers), unreadable };
}
function clusterRecords(texts) {
  const documents = texts.flatMap((text) => parseDocument(text) ?? []).toSorted((one, other) => one.sequence - other.sequence);
  const releases = new Map(documents.map(({ release }) => [release.id, release]));
  const newest = documents.at(-1);
  return {
    sequence: newest?.sequence ?? 0,
    documents,
    history: newest?.history ?? [],
    releases: [...releases.values()]
  };
}
function nextDocument(records, release, entry) {
  const known = new Set(records.releases.map(({ id }) => id));
  const history = trimHistory([...records.history, entry], KEPT_ENTRIES, known);
  return { sequence: records.sequence + 1, release, history };
}
var documentText = (document) => JSON.stringify({ version: RECORD_FORMAT, ...document });
function documentFormat(text) {
  try {
    return asNumber(asObject(JSON.parse(text))["version"]) ?? 0;
  } catch {
    return 0;
  }
}
function parseDocument(text) {
  try {
    const data = JSON.parse(text);
    if (!isObject(data) || data["version"] !== RECORD_FORMAT) return void 0;
    if (!isObject(data["release"]) || !Array.isArray(data["history"])) return void 0;
    const document = JSON.parse(text);
    return document;
  } catch {
    return void 0;
  }
}
function acceptedRelease({
  history,
  releases
}) {
  const id = validAcceptances(history).at(-1)?.release;
  return releases.find((release) => release.id === id);
}
function keptReleases({ history }, keep) {
  const newestFirst = validAcceptances(history).map(({ release }) => release).reverse();
  return new Set([...new Set(newestFirst)].slice(0, Math.max(keep, 1)));
}
function outdatedDocuments({ documents, sequence }, kept) {
  return documents.filter(
    (document) => document.sequence !== sequence && (!kept.has(document.release.id) || documents.some(
      (later) => later.sequence > document.sequence && later.release.id === document.release.id
    ))
  );
}

// src/cluster/plan.ts
var acceptanceOnly = (release) => ({
  ...{ kind: "relabel", what: "release", name: release },
  differences: ["no run has accepted it yet"]
});
var VERBS = {
  create: "create",
  update: "update",
  relabel: "leave running",
  repair: "repair",
  remove: "remove"
};
function changeText({ kind, what, name, differences }) {
  const list = differences.length === 0 ? "" : `: ${differences.join(", ")}`;
  return `${VERBS[kind]} ${what} ${name}${list}`;
}

// src/cluster-report.ts
var REMAINS = {
  swarm: "Networks and volumes that were created remain.",
  kubernetes: "Namespaces and volume claims that were created remain."
};
var LOOK = {
  swarm: "docker stack ps",
  kubernetes: "kubectl get pods"
};
var builtImages = ({
  services
}) => Object.fromEntries(
  Object.values(services).filter(({ reference }) => reference === void 0).map(({ name, image }) => [name, image])
);
function reportClusterPlan({ host, orchestrator, release, previous, context }, plan, found, dryRun) {
  const { report, log } = context;
  const live = acceptedRelease(found.records);
  report.set({
    orchestrator,
    previous: live?.id === release.id ? previous : live?.id,
    previousRevision: live?.id === release.id ? void 0 : live?.origin.revision,
    strategy: plan.strategy,
    images: builtImages(release)
  });
  {
    var _stack = [];
    try {
      const _group = __using(_stack, openGroup("Plan"));
      log.info(`Release ${release.id} of ${release.app} for ${release.environment}`);
      for (const { name, image } of Object.values(release.services))
        log.info(`  ${name}: ${isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image}`);
      for (const change2 of plan.changes) log.info(`  ${changeText(change2)}`);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  if (plan.changes.length === 0) log.info(`Release ${release.id} is live and whole: nothing to do.`);
  if (dryRun) {
    const steps = plan.changes.map(
      (change2) => ({
        ...{ host, stage: change2.kind === "remove" ? "retire" : "start", text: changeText(change2) },
        ...{ startMs: void 0, durationMs: void 0, ok: void 0, undo: false, note: void 0 }
      })
    );
    const hosts = [clusterHostReport(host, found)];
    report.set({ result: "planned", state: NOTHING_CHANGED_TEXT, steps, hosts, live: live?.id });
  } else if (plan.changes.length === 0) {
    const hosts = [{ host, was: release.id, is: release.id, why: "already live" }];
    report.set({ result: "unchanged", state: NOTHING_CHANGED_TEXT, hosts, live: release.id });
  }
}
function clusterProgress({ log }) {
  return {
    onStepStart: (text) => log.info(`… ${text}`),
    onStepEnd: ({ ok, undo, text, took, note: note2 }) => log.info(
      `${ok ? undo ? "↶" : "✓" : "✗"} ${text}  ${formatDuration(took)}${note2 === void 0 ? "" : `  ${oneLine(note2)}`}`
    ),
    onWait: (line) => log.info(`… ${oneLine(line)}`)
  };
}
function reportClusterOutcome({ host, orchestrator, release, previous, keep, context }, outcome) {
  const { report, log } = context;
  const steps = outcome.steps.map((step) => clusterStepReport(host, step));
  report.set({ steps });
  if (outcome.kind === "accepted") {
    const hosts = [{ host, was: previous, is: release.id, why: "healthy" }];
    report.set({ result: "deployed", state: `${release.id} is live.`, hosts, live: release.id });
    addWarnings(report, outcome.warnings);
    for (const warning of outcome.warnings) log.warning(warning);
    log.info(closingLine(report.current, keep));
    return;
  }
  const why = messageOf(outcome.failure);
  report.set({ evidence: outcome.evidence });
  logEvidence(outcome.evidence, log);
  if (outcome.kind === "untouched") {
    const hosts = [{ host, was: previous, is: previous, why }];
    report.set({ result: "failed", hosts, live: previous });
  } else if (outcome.kind === "restored") {
    const hosts = [{ host, was: previous, is: previous, why }];
    const state = previous === void 0 ? `Nothing is live, as before: what ${release.id} had started was removed. ${REMAINS[orchestrator]}` : `${previous} is live again, wholly.`;
    report.set({ result: "rolled-back", state, hosts, live: previous });
  } else {
    const hosts = [
      { host, was: previous, is: void 0, why, unknown: true, rollbackIncomplete: true }
    ];
    const undone = sentence(messageOf(outcome.undoFailure));
    const state = `ROLLBACK INCOMPLETE on ${host}. ${undone} Look at "${LOOK[orchestrator]}" there now.`;
    report.set({ result: "rolled-back", state, hosts, live: void 0 });
  }
  throw outcome.failure instanceof SealiftError ? outcome.failure : new SealiftError(why, { cause: outcome.failure });
}
var clusterStepReport = (host, { stage, text, at, took, ok, undo, note: note2 }) => ({
  ...{ host, stage, text, ok, undo, note: note2 },
  ...{ startMs: Math.round(at), durationMs: Math.round(took) }
});
function clusterHostReport(host, { records, workloads, missing }) {
  const live = acceptedRelease(records);
  const since = live === void 0 ? void 0 : lastAcceptanceOf(records.history, live.id)?.at;
  const own = workloads.filter(({ release }) => release === live?.id);
  const problems = workloads.flatMap(
    ({ name, wanted, ready, problem, release }) => problem === void 0 && release === live?.id ? [] : [`${name} ${ready} of ${wanted}: ${problem ?? `it belongs to ${release ?? "no release"}`}`]
  );
  const all = [...problems, ...missing.map((name) => `${name} is gone`)];
  const condition2 = all.length === 0 ? `${own.length} of ${own.length} services whole` : `NOT whole: ${all.join("; ")}`;
  const kept = records.releases.filter(({ id }) => lastAcceptanceOf(records.history, id) !== void 0).map((release) => {
    const accepted = lastAcceptanceOf(records.history, release.id);
    const isLive = release.id === live?.id;
    return {
      ...{ release: release.id, revision: release.origin.revision, acceptedAt: accepted?.at },
      ...{ actor: accepted?.actor, runUrl: accepted?.runUrl, approval: accepted?.approval },
      ...{ live: isLive, up: isLive && all.length === 0, condition: isLive ? condition2 : "recorded" }
    };
  }).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  const why = live === void 0 ? `nothing is deployed here${workloads.length === 0 ? "" : `, but there are services: ${all.join("; ")}`}` : `${live.id} is live${since === void 0 ? "" : ` since ${formatMinute(since)} UTC`}, ${condition2}`;
  return { host, was: live?.id, is: live?.id, why, healthy: live !== void 0 && all.length === 0, kept };
}

// src/release/kubernetes/kubernetes-object.ts
var referenceTo = ({ apiVersion, kind, metadata }) => ({
  ...{ apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
});
var referenceKey = ({ apiVersion, kind, namespace = "", name }) => [apiGroupOf({ apiVersion }), kind, namespace, name].join("/");
var referenceText = ({ kind, name }) => oneLine(`${kind} ${name}`);
var objectText = ({ kind, metadata }) => referenceText({ kind, name: metadata.name });
var apiGroupOf = ({ apiVersion }) => apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
function isKubernetesObject(value) {
  if (!isObject(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return asText(apiVersion) !== void 0 && asText(kind) !== void 0 && asText(asObject(metadata)["name"]) !== void 0;
}
var WORKLOAD_KINDS = /* @__PURE__ */ new Map([
  ["Deployment", "apps"],
  ["StatefulSet", "apps"],
  ["DaemonSet", "apps"],
  ["ReplicaSet", "apps"],
  ["Job", "batch"],
  ["CronJob", "batch"],
  ["Pod", ""]
]);
var runsContainers = ({
  apiVersion,
  kind
}) => WORKLOAD_KINDS.get(kind) === apiGroupOf({ apiVersion });
var isCustom = ({ apiVersion }) => {
  const group2 = apiGroupOf({ apiVersion });
  return group2.includes(".") && !group2.endsWith(".k8s.io");
};
function podTemplateOf(object) {
  if (object.kind === "Pod") return object;
  const spec = asObject(object["spec"]);
  const job = object.kind === "CronJob" ? asObject(asObject(spec["jobTemplate"])["spec"]) : spec;
  return asObject(job["template"]);
}
function withPodTemplate(object, change2) {
  if (object.kind === "Pod") return { ...object, ...change2(object) };
  const template = change2(podTemplateOf(object));
  const spec = asObject(object["spec"]);
  if (object.kind !== "CronJob") return { ...object, spec: { ...spec, template } };
  const job = asObject(spec["jobTemplate"]);
  return {
    ...object,
    spec: { ...spec, jobTemplate: { ...job, spec: { ...asObject(job["spec"]), template } } }
  };
}
function workloadNames(objects) {
  const names = /* @__PURE__ */ new Map();
  const taken = /* @__PURE__ */ new Set();
  for (const object of objects) {
    if (!runsContainers(object) && !isCustom(object)) continue;
    const short = object.metadata.labels?.[LABEL.workload] ?? object.metadata.name;
    const name = taken.has(short) ? `${object.kind.toLowerCase()}/${short}` : short;
    taken.add(name);
    names.set(referenceKey(referenceTo(object)), name);
  }
  return names;
}

// src/release/kubernetes/side-by-side.ts
function besideOthers(manifests, id) {
  const services = manifests.map(({ object }) => object).filter(isSelectingService);
  const doubled = manifests.filter(({ object, images }) => isDeployment(object) && images.length > 0).map(({ object }) => object).filter((object) => services.some((service) => selects(service, object)));
  if (doubled.length === 0) {
    throw new ConfigurationError(
      `strategy: no Service in the manifests sends requests to a Deployment that runs the built image, so there is nothing to switch. Add the Service to the manifests, or set ${inputSetting("strategy", "rolling")}.`
    );
  }
  const switched = services.filter((service) => doubled.some((object) => selects(service, object)));
  for (const service of switched) rejectOtherPods(service, manifests, doubled);
  const names = new Set(doubled.map(placeOfName));
  return manifests.map(({ object, ...rest }) => ({
    ...rest,
    object: doubled.includes(object) ? ofRelease(object, id) : switched.includes(object) ? selecting(object, id) : withRenamedTargets(object, names, id)
  }));
}
var switchedServices = (objects) => objects.filter((object) => isSelectingService(object) && selectorOf(object)[LABEL.release] !== void 0);
var deploymentsBehind = (service, objects) => objects.filter((object) => isDeployment(object) && selects(service, object));
var selectorOf = (service) => asObject(asObject(service["spec"])["selector"]);
var isDeployment = (object) => object.kind === "Deployment" && runsContainers(object);
var isSelectingService = (object) => object.kind === "Service" && apiGroupOf(object) === "" && Object.keys(selectorOf(object)).length > 0;
function selects(service, workload) {
  const labels = asObject(asObject(podTemplateOf(workload)["metadata"])["labels"]);
  return service.metadata.namespace === workload.metadata.namespace && Object.entries(selectorOf(service)).every(([key, value]) => labels[key] === value);
}
function rejectOtherPods(service, manifests, doubled) {
  const other = manifests.map(({ object }) => object).find((object) => runsContainers(object) && !doubled.includes(object) && selects(service, object));
  if (other === void 0) return;
  throw new ConfigurationError(
    `strategy: ${objectText(service)} also sends requests to the pods of ${objectText(other)}, which is not a Deployment of the built image and can't run twice. Give them a label that the selector of the Service does not have, or set ${inputSetting("strategy", "rolling")}.`
  );
}
function ofRelease(object, id) {
  const { name, labels } = object.metadata;
  const mark = { [LABEL.release]: id };
  const spec = asObject(object["spec"]);
  const selector = asObject(spec["selector"]);
  const template = asObject(spec["template"]);
  const metadata = asObject(template["metadata"]);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      name: nameBeside(name, id),
      labels: { ...labels, [LABEL.workload]: name }
    },
    spec: {
      ...spec,
      selector: { ...selector, matchLabels: { ...asObject(selector["matchLabels"]), ...mark } },
      template: {
        ...template,
        metadata: { ...metadata, labels: { ...asObject(metadata["labels"]), ...mark } }
      }
    }
  };
}
var nameBeside = (name, id) => `${name}-${id}`;
function selecting(service, id) {
  const selector = { ...selectorOf(service), [LABEL.release]: id };
  return { ...service, spec: { ...asObject(service["spec"]), selector } };
}
var placeOfName = ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`;
var TARGET_KEYS = ["scaleTargetRef", "targetRef"];
function withRenamedTargets(object, names, id) {
  const { apiVersion, kind, metadata } = object;
  const rename = (target) => {
    const name = asText(target["name"]) ?? "";
    const isMeant = (target["kind"] ?? "Deployment") === "Deployment";
    return isMeant && names.has(`${metadata.namespace ?? ""}/${name}`) ? { ...target, name: nameBeside(name, id) } : target;
  };
  const visit = (value) => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isObject(value)) return value;
    return mapValues(
      value,
      (each, key) => TARGET_KEYS.includes(key) && isObject(each) ? rename(each) : visit(each)
    );
  };
  return { ...asObject(visit(object)), apiVersion, kind, metadata };
}

// src/kubernetes/api-resources.ts
var ApiResources = class {
  #api;
  #known = /* @__PURE__ */ new Map();
  constructor(api) {
    this.#api = api;
  }
  /** `undefined`: the cluster does not have this kind. */
  async find({
    apiVersion,
    kind
  }) {
    const known = this.#known.get(apiVersion) ?? this.#read(apiVersion);
    this.#known.set(apiVersion, known);
    return (await known).get(kind);
  }
  /** Path of an object; `undefined`: the cluster does not have its kind. */
  async pathOf(reference) {
    const resource = await this.find(reference);
    return resource === void 0 ? void 0 : objectPath(resource, reference);
  }
  /** Asks again the next time: new kinds were defined. */
  forget() {
    this.#known.clear();
  }
  async #read(apiVersion) {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = await this.#api.find(base, `ask which kinds ${apiVersion} has`);
    const resources = asList(asObject(list)["resources"]).flatMap(
      (each) => {
        const { kind, name, namespaced } = asObject(each);
        const plural = asText(name);
        if (typeof kind !== "string" || plural === void 0 || plural.includes("/")) return [];
        return [[kind, { base, plural, isNamespaced: namespaced === true }]];
      }
    );
    return new Map(resources);
  }
};
function objectPath({ base, plural, isNamespaced }, { namespace, name }) {
  const scope = isNamespaced && namespace !== void 0 ? `/namespaces/${namespace}` : "";
  return `${base}${scope}/${plural}/${encodeURIComponent(name)}`;
}
function kindsDefinedIn(objects) {
  return new Map(
    objects.filter(({ kind }) => kind === "CustomResourceDefinition").map((object) => {
      const spec = asObject(object["spec"]);
      const kind = asText(asObject(spec["names"])["kind"]) ?? "";
      return [`${asText(spec["group"]) ?? ""}/${kind}`, spec["scope"] === "Namespaced"];
    })
  );
}

// src/release/kubernetes/apply-order.ts
var ORDER = [
  "Namespace",
  "CustomResourceDefinition",
  "PriorityClass",
  "ResourceQuota",
  "LimitRange",
  "NetworkPolicy",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "StorageClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "ClusterRole",
  "ClusterRoleBinding",
  "Role",
  "RoleBinding",
  "PodDisruptionBudget",
  "Service",
  "DaemonSet",
  "Pod",
  "ReplicaSet",
  "Deployment",
  "StatefulSet",
  "Job",
  "CronJob",
  "HorizontalPodAutoscaler",
  "IngressClass",
  "Ingress"
];
var NEEDED_FIRST = /* @__PURE__ */ new Set([
  "Namespace",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "PersistentVolumeClaim"
]);
var NEVER_REMOVED = /* @__PURE__ */ new Set([
  "Namespace",
  "CustomResourceDefinition",
  "PersistentVolume",
  "PersistentVolumeClaim"
]);
var SHARED = /* @__PURE__ */ new Set(["Namespace", "CustomResourceDefinition"]);
var rank = ({ kind }) => {
  const index = ORDER.indexOf(kind);
  return index === -1 ? ORDER.length : index;
};
var inApplyOrder = (objects) => objects.toSorted((one, other) => rank(one) - rank(other));
var isNeededFirst = ({ kind }) => NEEDED_FIRST.has(kind);
var isShared = ({ kind }) => SHARED.has(kind);
var isNeverRemoved = ({ kind }) => NEVER_REMOVED.has(kind);

// src/kubernetes/kubernetes-refusal.ts
var KubernetesRefusal = class extends SealiftError {
  name = "KubernetesRefusal";
  status;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, … */
  reason;
  causes;
  /** The server's own message. */
  words;
  constructor(purpose, status, body) {
    const answer = asObject(body);
    const words = asText(answer["message"]) ?? // Prometheus, behind the API server.
    asText(answer["error"]) ?? (typeof body === "string" && body !== "" ? body.trim() : `status ${status}`);
    super(kubernetesRefusalText(purpose, status, words));
    this.status = status;
    this.reason = asText(answer["reason"]) ?? "";
    this.words = words;
    this.causes = asList(asObject(answer["details"])["causes"]).map((each) => {
      const { reason, message, field } = asObject(each);
      return { reason: asText(reason) ?? "", message: asText(message) ?? "", field: asText(field) ?? "" };
    });
  }
};
function kubernetesRefusalText(purpose, status, words) {
  if (status === 401) {
    return `kubeconfig: the cluster does not accept its credentials (${words}). They may have expired: give new ones, or log in to the cluster in a step before this one.`;
  }
  if (status === 403 && /cannot \w+ resource/.test(words)) {
    return `kubeconfig: its user may not ${purpose}: ${words}. Give it the Role in docs/kubernetes.md.`;
  }
  return `The cluster refused to ${purpose}: ${words}`;
}
var isRefusal = (error, reason) => error instanceof KubernetesRefusal && error.reason === reason;

// src/kubernetes/apply-objects.ts
var KIND_TIMEOUT = 3e4;
var OBJECT_REMOVAL_TIMEOUT = 12e4;
var OBJECT_INTERVAL = 250;
var fieldManager = (of) => `sealift-${baseProject(of)}`;
function isOwnObject(object, of) {
  const labels = asObject(asObject(object["metadata"])["labels"]);
  return Object.entries(labelsOf(of)).every(([key, value]) => labels[key] === value);
}
var releaseLabelOf = (object) => asText(asObject(asObject(object["metadata"])["labels"])[LABEL.release]);
async function applyObject({ api, resources, of }, object, { dryRun = false, force = false, manager = fieldManager(of), signal } = {}) {
  const path = await resources.pathOf(referenceTo(object));
  if (path === void 0) throw unknownKindError(object);
  const query = {
    fieldManager: manager,
    force: String(force),
    fieldValidation: "Strict",
    dryRun: dryRun ? "All" : void 0
  };
  try {
    const call = { purpose: `apply ${objectText(object)}`, query, body: object, signal };
    return asObject(
      await api.request("PATCH", path, { ...call, contentType: "application/apply-patch+yaml" })
    );
  } catch (error) {
    throw error instanceof KubernetesRefusal ? explainRefusal(error, object) : error;
  }
}
var unknownKindError = ({ apiVersion, kind, metadata }) => new ConfigurationError(
  `manifests: the cluster has no kind ${kind} in ${apiVersion}, which ${referenceText({ kind, name: metadata.name })} is. Install what defines it, or write the version that this cluster has (kubectl api-resources).`
);
var UNCHANGEABLE = /immutable|fields other than|may not change|cannot change/i;
function explainRefusal(error, object) {
  const what = objectText(object);
  const { status, words, causes } = error;
  const conflicts = causes.filter(({ reason }) => reason === "FieldManagerConflict");
  if (status === 409 && conflicts.length > 0) {
    const owners = conflicts.map(
      ({ field, message }) => `${field} (${message.replace(/^conflict with /, "")})`
    );
    return new ConfigurationError(
      `manifests: ${what} has fields that somebody else owns: ${owners.join(", ")}. Remove these fields from the manifest, so that their owner sets them, or take them over once with ${inputSetting("adopt", "true")}.`,
      { cause: error }
    );
  }
  if (status === 404 && /^namespaces "[^"]*" not found$/.test(words)) {
    return new ConfigurationError(
      `namespace: ${object.metadata.namespace ?? "it"} does not exist in the cluster. Create it, name another one, or write a Namespace into the manifests.`,
      { cause: error }
    );
  }
  if (status === 422 && UNCHANGEABLE.test(words)) {
    return new ConfigurationError(
      `manifests: ${what} can't be changed like this: ${words}. Give it another name, or remove it from the cluster first.`,
      { cause: error }
    );
  }
  if (/^admission webhook .* denied the request/.test(words))
    return new SealiftError(`A rule of the cluster forbids ${what}: ${words}`, { cause: error });
  const isTyped = /failed to create typed patch object|in schema/.test(words);
  if (status === 422 || status === 400 || isTyped)
    return new ConfigurationError(`manifests: ${what} is not valid: ${words}`, { cause: error });
  if (status === 403 && !error.message.startsWith("kubeconfig: "))
    return new SealiftError(`A rule of the cluster forbids ${what}: ${words}`, { cause: error });
  return error;
}
async function restoreObject({ api, resources }, object) {
  const path = await resources.pathOf(referenceTo(object));
  if (path === void 0) return;
  const metadata = withoutKeys(object.metadata, "resourceVersion", "managedFields", "generation");
  const body = { ...withoutKeys(object, "status"), metadata };
  await api.request("PUT", path, { purpose: `restore ${objectText(object)}`, body });
}
async function awaitKinds({ api, resources }, objects, { signal }) {
  const definitions = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
  if (definitions.length === 0) return;
  const end = performance.now() + KIND_TIMEOUT;
  for (const definition of definitions) {
    const path = await resources.pathOf(referenceTo(definition)) ?? "";
    const isThere = async () => isEstablished(await api.find(path, `read ${objectText(definition)}`)) && await isServed(resources, definition);
    while (!await isThere()) {
      if (performance.now() > end)
        throw new SealiftError(
          `${objectText(definition)} was not established within ${KIND_TIMEOUT / 1e3} s.`
        );
      await pause(OBJECT_INTERVAL, signal);
    }
  }
  resources.forget();
}
async function isServed(resources, definition) {
  const { group: group2, names, versions } = asObject(definition["spec"]);
  const kind = String(asObject(names)["kind"]);
  resources.forget();
  for (const version of asList(versions).map(asObject)) {
    if (version["served"] === false) continue;
    const apiVersion = `${String(group2)}/${String(version["name"])}`;
    if (await resources.find({ apiVersion, kind }) === void 0) return false;
  }
  return true;
}
var isEstablished = (found) => asList(asObject(asObject(found)["status"])["conditions"]).some((each) => {
  const { type, status } = asObject(each);
  return type === "Established" && status === "True";
});
async function removeObject(context, reference, wait) {
  const { api, resources, of } = context;
  const path = await resources.pathOf(reference);
  if (path === void 0) return false;
  const purpose = `remove ${referenceText(reference)}`;
  const found = await api.find(path, purpose);
  if (found === void 0 || !isOwnObject(asObject(found), of)) return false;
  const uid = asText(asObject(asObject(found)["metadata"])["uid"]);
  try {
    await api.request("DELETE", path, {
      purpose,
      body: { propagationPolicy: wait === void 0 ? "Background" : "Foreground", preconditions: { uid } }
    });
  } catch (error) {
    if (!isRefusal(error, "NotFound") && !isRefusal(error, "Conflict")) throw error;
  }
  if (wait !== void 0) await awaitObjectRemoval(context, path, reference, uid, wait);
  return true;
}
async function awaitObjectRemoval({ api }, path, reference, uid, { signal }) {
  const end = performance.now() + OBJECT_REMOVAL_TIMEOUT;
  for (; ; ) {
    const found = asObject(await api.find(path, `look for ${referenceText(reference)}`));
    if (asText(asObject(found["metadata"])["uid"]) !== uid) return;
    if (performance.now() > end)
      throw new SealiftError(
        `${referenceText(reference)} is not gone ${OBJECT_REMOVAL_TIMEOUT / 1e3} s after it was removed.`
      );
    await pause(OBJECT_INTERVAL, signal);
  }
}

// src/kubernetes/kubernetes-records.ts
const { gunzipSync, gzipSync } = require("node:zlib");
var CLUSTER_ROLE = {
  record: "record",
  tried: "tried",
  pullSecret: "pull-secret",
  lock: "lock",
  hook: "hook"
};
var MAX_RECORD_BYTES = 1e6;
var SECRET_TYPE = "sealift.io/record";
var secretsPath = (namespace) => `/api/v1/namespaces/${namespace}/secrets`;
var keptName = (of, what) => `${baseProject(of).replaceAll("__", ".0.").replaceAll("_", ".")}.sealift.${what}`;
var recordSecretName = (of, sequence) => keptName(of, String(sequence));
var triedName = (of) => keptName(of, "tried");
async function readKubernetesRecords(api, of, namespace) {
  const list = await api.request("GET", secretsPath(namespace), {
    purpose: `list the records in namespace ${namespace}`,
    query: { labelSelector: roleSelector(of, CLUSTER_ROLE.record) }
  });
  return storedRecords(
    api.host,
    asList(asObject(list)["items"]).map((secret) => ({
      name: asText(asObject(asObject(secret)["metadata"])["name"]) ?? "",
      text: readContent(secret) ?? ""
    }))
  );
}
var roleSelector = (of, role) => Object.entries({ ...labelsOf(of), [LABEL.role]: role }).map((pair) => pair.join("=")).join(",");
async function writeKubernetesRecord(api, of, document) {
  const { namespace } = document.release.definition;
  const name = recordSecretName(of, document.sequence);
  const content = encode(documentText(document));
  const labels = { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.record, [LABEL.release]: document.release.id };
  const body = { ...secretBody(name, labels, content), immutable: true };
  try {
    await api.request("POST", secretsPath(namespace), {
      purpose: `record release ${document.release.id}`,
      body
    });
  } catch (error) {
    if (!isRefusal(error, "AlreadyExists")) throw error;
    const there = await api.find(`${secretsPath(namespace)}/${name}`, `read record ${document.sequence}`);
    if (readContent(there) === documentText(document)) return;
    throw new ForeignRecordError(of, document.sequence, error);
  }
}
function requireRecordable(document) {
  encode(documentText(document));
}
async function removeKubernetesRecords(api, of, namespace, documents, unreadable = []) {
  for (const name of [...documents.map(({ sequence }) => recordSecretName(of, sequence)), ...unreadable])
    await removeSecret(api, namespace, name);
}
async function listPullSecrets(api, of, namespace) {
  const list = await api.request("GET", secretsPath(namespace), {
    purpose: `list the pull secrets in namespace ${namespace}`,
    query: { labelSelector: roleSelector(of, CLUSTER_ROLE.pullSecret) }
  });
  return asList(asObject(list)["items"]).flatMap((secret) => {
    const name = asText(asObject(asObject(secret)["metadata"])["name"]);
    return name === void 0 ? [] : [{ apiVersion: "v1", kind: "Secret", namespace, name }];
  });
}
async function readTried(api, of, namespace) {
  const secret = await api.find(`${secretsPath(namespace)}/${triedName(of)}`, "read what was tried");
  const text = readContent(secret);
  if (text === void 0) return [];
  return asList(JSON.parse(text)).flatMap((each) => {
    const { apiVersion, kind, namespace: place, name } = asObject(each);
    if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof name !== "string") return [];
    return [{ apiVersion, kind, namespace: asText(place), name }];
  });
}
async function writeTried(api, of, namespace, references) {
  const name = triedName(of);
  if (references.length === 0) return await removeSecret(api, namespace, name);
  const body = secretBody(
    name,
    { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.tried },
    encode(JSON.stringify(references))
  );
  await api.request("PATCH", `${secretsPath(namespace)}/${name}`, {
    ...{ purpose: "note what is about to be made", contentType: "application/apply-patch+yaml" },
    ...{ body, query: { fieldManager: "sealift", force: "true" } }
  });
}
async function removeSecret(api, namespace, name) {
  try {
    await api.request("DELETE", `${secretsPath(namespace)}/${name}`, { purpose: `remove ${name}` });
  } catch (error) {
    if (!isRefusal(error, "NotFound")) throw error;
  }
}
var secretBody = (name, labels, content) => ({
  ...{ apiVersion: "v1", kind: "Secret", metadata: { name, labels }, type: SECRET_TYPE },
  data: { content }
});
function encode(text) {
  const content = gzipSync(text).toString("base64");
  if (content.length <= MAX_RECORD_BYTES) return content;
  throw new SealiftError(
    `The record of this release has ${Math.ceil(content.length / 1024)} KiB, but a Secret may have 1024 KiB. Take large files out of the ConfigMaps and Secrets of the manifests: put them into the image.`
  );
}
function readContent(secret) {
  if (!isObject(secret)) return void 0;
  const content = asText(asObject(secret["data"])["content"]);
  if (content === void 0) return void 0;
  try {
    return gunzipSync(Buffer.from(content, "base64")).toString();
  } catch {
    return void 0;
  }
}

// src/kubernetes/registry-secret.ts
var DOCKER_HUB_KEY = "https://index.docker.io/v1/";
function registrySecret(name, images, credentials, unnamedFor) {
  const all = [...images];
  const registries = new Set(all.map(registryOf));
  const secret = knownRegistrySecret(name, all, credentials, unnamedFor);
  if (secret !== void 0) return secret;
  throw new ConfigurationError(
    `pull-secret: there is no login for ${[...registries].join(", ")} to put into it. Set "${inputRef("registry-username")}" and "${inputRef("registry-password")}" to one that lasts and may only read; the token of a job dies with the job.`
  );
}
function knownRegistrySecret(name, images, { logins, unnamed }, unnamedFor = GITHUB_REGISTRY) {
  const registries = new Set([...images].map(registryOf));
  const all = unnamed === void 0 ? logins : [...logins, { registry: unnamedFor, ...unnamed }];
  const chosen = all.filter(({ registry }) => registries.has(registry));
  if (chosen.length === 0) return void 0;
  const auths = chosen.map(({ registry, username, password }) => [
    registry === "docker.io" ? DOCKER_HUB_KEY : registry,
    { username, password, auth: Buffer.from(`${username}:${password}`).toString("base64") }
  ]);
  return { name, dockerConfig: JSON.stringify({ auths: Object.fromEntries(auths) }) };
}
function withEarlierLogins(dockerConfig, before) {
  const auths = [before, dockerConfig].map((text) => asObject(asObject(parseJson(text))["auths"]));
  return JSON.stringify({ auths: Object.assign({}, ...auths) });
}

// src/kubernetes/apply-release.ts
var DOCKER_CONFIG = ".dockerconfigjson";
async function applyRelease(context, release, { force, runsJobs, failed, except = [], signal }) {
  const { objects } = release.definition;
  const isDefinition = ({ kind }) => kind === "CustomResourceDefinition";
  const definitions = objects.filter(isDefinition);
  for (const object of definitions) await applyObject(context, object, { force, signal });
  await awaitKinds(context, definitions, { signal });
  for (const object of inApplyOrder(objects)) {
    if (isDefinition(object) || except.includes(object)) continue;
    if (object.kind !== "Job") await applyObject(context, object, { force, signal });
    else if (runsJobs) await replaceJob(context, object, release, { force, signal });
    else if (failed !== void 0) await removeJobOf(context, object, failed);
  }
}
async function createNeeded(context, objects, force) {
  let count2 = 0;
  for (const object of inApplyOrder(objects.filter(isNeededFirst)))
    if (await createMissing(context, object, force)) count2 += 1;
  return count2;
}
async function createMissing(context, object, force) {
  const path = await context.resources.pathOf(referenceTo(object));
  if (path === void 0 || await context.api.find(path, `read ${objectText(object)}`) !== void 0)
    return false;
  await applyObject(context, object, { force });
  return true;
}
async function replaceJob(context, object, { id }, { force, signal }) {
  const path = await context.resources.pathOf(referenceTo(object)) ?? "";
  const before = await context.api.find(path, `read ${objectText(object)}`);
  if (before !== void 0 && releaseLabelOf(asObject(before)) === id && !hasFailedJob(asObject(before)))
    return;
  await removeObject(context, referenceTo(object), { signal });
  await applyObject(context, object, { force, signal });
}
var hasFailedJob = (job) => asList(asObject(job["status"])["conditions"]).map(asObject).some(({ type, status }) => type === "Failed" && status === "True");
async function removeJobOf(context, object, id) {
  const path = await context.resources.pathOf(referenceTo(object)) ?? "";
  const found = await context.api.find(path, `read ${objectText(object)}`);
  if (found !== void 0 && releaseLabelOf(asObject(found)) === id)
    await removeObject(context, referenceTo(object));
}
async function applyRegistrySecret(context, { definition }, { name, dockerConfig }, force) {
  const namespaces = /* @__PURE__ */ new Set([
    definition.namespace,
    ...definition.objects.filter(runsContainers).flatMap(({ metadata }) => metadata.namespace ?? [])
  ]);
  const labels = { ...labelsOf(context.of), [LABEL.role]: CLUSTER_ROLE.pullSecret };
  for (const namespace of namespaces) {
    const secret = {
      ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/dockerconfigjson" },
      metadata: { name, namespace, labels }
    };
    const path = await context.resources.pathOf(referenceTo(secret)) ?? "";
    const found = asObject(await context.api.find(path, `read ${objectText(secret)}`));
    const before = isOwnObject(found, context.of) ? asText(asObject(found["data"])[DOCKER_CONFIG]) ?? "" : "";
    const content = withEarlierLogins(dockerConfig, Buffer.from(before, "base64").toString());
    const data = { [DOCKER_CONFIG]: Buffer.from(content).toString("base64") };
    await applyObject(context, { ...secret, data }, { force });
  }
}

// src/kubernetes/kubernetes-lock.ts
const { randomUUID } = require("node:crypto");

// src/cluster/cluster-lock.ts
var BEAT_INTERVAL = 15e3;
var OVERDUE_AFTER = 2 * BEAT_INTERVAL;
var EXPIRY_MARGIN = 5e3;
var NOTICE_TIME = BEAT_INTERVAL + 5e3;
var ClusterLock = class _ClusterLock {
  #place;
  #claim;
  #id;
  #timer;
  /** Aborted with the HostError when another run has the lock, or somebody has removed it. */
  #loss = new AbortController();
  /** By `performance.now()`. */
  #heldUntil;
  #renewal;
  constructor(place, claim, id, begunAt) {
    this.#place = place;
    this.#claim = claim;
    this.#id = id;
    this.#heldUntil = begunAt + place.expiry - EXPIRY_MARGIN;
    this.#timer = setInterval(() => void this.#renew(), BEAT_INTERVAL).unref();
    claim.remember(place.host, id);
  }
  /** @returns `undefined` if another run has it, or had it a moment ago */
  static async tryTake(place, claim) {
    const begunAt = performance.now();
    const id = await place.create(claim.owner);
    return id === void 0 ? void 0 : new _ClusterLock(place, claim, id, begunAt);
  }
  /**
   * Goes on with the lock of a run that was killed.
   * @returns `undefined` if it is gone: another run may have changed something since
   */
  static async takeUp(place, claim, id) {
    const begunAt = performance.now();
    return await place.renew(id) ? new _ClusterLock(place, claim, id, begunAt) : void 0;
  }
  /** Aborted when another run may have the lock; the reason is the HostError. */
  get lost() {
    return this.#loss.signal;
  }
  /**
   * To be called before each change. A lock that has expired is asked for: if nobody has taken it meanwhile, it is held again.
   * @throws HostError if another run may have it
   */
  async assertHeld() {
    if (performance.now() >= this.#heldUntil) await this.#renew();
    this.lost.throwIfAborted();
    if (performance.now() < this.#heldUntil) return;
    throw new HostError(
      this.#place.host,
      `its lock could not be renewed for ${this.#place.expiry / 1e3} s, so another run may change it now. This run changes nothing more there.`
    );
  }
  /** Others can take it at once; if the cluster is not reached, when it has expired. */
  async [Symbol.asyncDispose]() {
    clearInterval(this.#timer);
    this.#claim.remember(this.#place.host, void 0);
    if (!this.lost.aborted) await this.#place.remove(this.#id).catch(() => void 0);
  }
  /** One at a time: a call may take longer than the interval. */
  #renew() {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = void 0;
    });
    return this.#renewal;
  }
  async #renewOnce() {
    if (this.lost.aborted) return;
    const begunAt = performance.now();
    try {
      if (await this.#place.renew(this.#id)) this.#heldUntil = begunAt + this.#place.expiry - EXPIRY_MARGIN;
      else this.#loss.abort(lostLockError(this.#place));
    } catch {
    }
  }
};
var lostLockError = ({ host }) => new HostError(
  host,
  "another run has locked it, because the lock of this run was removed or had expired. This run changes nothing more there."
);
async function breakClusterLock(place, claim, signal) {
  var _stack = [];
  try {
    const held = await place.read();
    if (held === void 0) return void 0;
    await place.remove(held.id);
    if (held.isExpired) return held;
    const own = __using(_stack, await ClusterLock.tryTake(place, claim), true);
    if (own !== void 0) await pause(NOTICE_TIME, signal);
    return held;
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/cluster/lock-owner.ts
function readLockOwner(text) {
  try {
    const owner = asObject(JSON.parse(text ?? ""));
    return { actor: asText(owner["actor"]), runUrl: asText(owner["runUrl"]) };
  } catch {
    return { actor: void 0, runUrl: void 0 };
  }
}

// src/kubernetes/kubernetes-lock.ts
var LEASE_EXPIRY = 60;
var BEAT_LIMIT = 1e4;
var BEAT_TRIES = 3;
var OWNER_ANNOTATION = "sealift.lock";
var KubernetesLockPlace = class {
  expiry = LEASE_EXPIRY * 1e3;
  #api;
  #of;
  #path;
  #leaseName;
  constructor(api, of, namespace) {
    this.#api = api;
    this.#of = of;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    this.#leaseName = keptName(of, "lock");
  }
  get host() {
    return this.#api.host;
  }
  get name() {
    return `Lease ${this.#leaseName}`;
  }
  async create(owner) {
    const holder = randomUUID();
    const body = leaseBody(this.#of, this.#leaseName, holder, owner, this.#api.now());
    try {
      await this.#api.request("POST", this.#path, { purpose: "take the lock", body });
      return holder;
    } catch (error) {
      if (!isRefusal(error, "AlreadyExists")) throw error;
    }
    const found = await this.#find("take the lock");
    return found !== void 0 && holderOf(found) === holder ? holder : void 0;
  }
  async read() {
    const lease = await this.#find("look at the lock");
    if (lease === void 0) return void 0;
    const { resourceVersion, annotations } = asObject(lease["metadata"]);
    const { renewTime, acquireTime, leaseDurationSeconds } = asObject(lease["spec"]);
    const age = this.#api.now() - Date.parse(asText(renewTime) ?? "");
    return {
      id: holderOf(lease),
      version: asText(resourceVersion) ?? "",
      owner: readLockOwner(asText(asObject(annotations)[OWNER_ANNOTATION])),
      since: asText(acquireTime) ?? "",
      isExpired: age > Number(leaseDurationSeconds ?? LEASE_EXPIRY) * 1e3,
      isOverdue: age > OVERDUE_AFTER
    };
  }
  /** It is read anew for each try: an answer may be lost after the lease was written, and then it has another version. */
  async renew(id) {
    const purpose = "renew the lock";
    const signal = AbortSignal.timeout(BEAT_LIMIT);
    for (let attempt = 1; ; attempt += 1) {
      const lease = await this.#find(purpose, signal);
      if (lease === void 0 || holderOf(lease) !== id) return false;
      const spec = { ...asObject(lease["spec"]), renewTime: microTime(this.#api.now()) };
      const body = { ...lease, spec };
      try {
        await this.#api.request("PUT", `${this.#path}/${this.#leaseName}`, { purpose, body, signal });
        return true;
      } catch (error) {
        if (!isRefusal(error, "Conflict") || attempt === BEAT_TRIES) throw error;
      }
    }
  }
  async remove(id) {
    const lease = await this.#find("give the lock back");
    if (lease === void 0 || holderOf(lease) !== id) return;
    const { uid } = asObject(lease["metadata"]);
    await this.#delete("give the lock back", { uid });
  }
  async removeExpired({ version }) {
    await this.#delete("take the lock", { resourceVersion: version });
  }
  async #find(purpose, signal) {
    const found = await this.#api.find(`${this.#path}/${this.#leaseName}`, purpose, signal);
    return isObject(found) ? found : void 0;
  }
  /** No error if it is gone, or another one. */
  async #delete(purpose, preconditions) {
    try {
      const body = { preconditions };
      await this.#api.request("DELETE", `${this.#path}/${this.#leaseName}`, { purpose, body });
    } catch (error) {
      if (!isRefusal(error, "Conflict") && !isRefusal(error, "NotFound")) throw error;
    }
  }
};
var holderOf = (lease) => asText(asObject(lease["spec"])["holderIdentity"]) ?? "";
var leaseBody = (of, name, holder, owner, now) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name,
    labels: { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.lock },
    annotations: { [OWNER_ANNOTATION]: JSON.stringify(owner) }
  },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: LEASE_EXPIRY,
    acquireTime: microTime(now),
    renewTime: microTime(now)
  }
});
var microTime = (time) => new Date(time).toISOString().replace("Z", "000Z");

// src/cluster/differences.ts
var HIDDEN = /(^|\.)(environment|env|command|args|entrypoint|labels|annotations|test|options|driver_opts)(\.|$)/;
var MAX_LENGTH = 80;
function definitionDifferences(before, after, path = "") {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (HIDDEN.test(path) && !(isObject(before) && isObject(after))) return [path];
  if (isSection(before) && isSection(after)) {
    const [old, given] = [asObject(before), asObject(after)];
    const keys = [.../* @__PURE__ */ new Set([...Object.keys(old), ...Object.keys(given)])].toSorted(
      (one, other) => one.localeCompare(other)
    );
    return keys.flatMap(
      (key) => definitionDifferences(old[key], given[key], path === "" ? key : `${path}.${key}`)
    );
  }
  if (before === void 0) return [`${path}: ${valueText(after)}`];
  return [after === void 0 ? `without ${path}` : `${path}: ${valueText(before)} → ${valueText(after)}`];
}
var isSection = (value) => value === void 0 || isObject(value);
function valueText(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

// src/kubernetes/plan-objects.ts
async function planObjects(context, objects, options) {
  const newKinds = kindsDefinedIn(objects);
  const newNamespaces = await missingNamespaces(context, objects);
  const changes = [];
  const foreign = [];
  for (const object of inApplyOrder(objects)) {
    const path = await context.resources.pathOf(referenceTo(object));
    if (path === void 0) {
      if (!newKinds.has(`${apiGroupOf(object)}/${object.kind}`)) throw unknownKindError(object);
      changes.push(objectChange("create", object, ["its kind comes with this release"]));
      continue;
    }
    if (newNamespaces.has(object.metadata.namespace ?? "")) {
      changes.push(objectChange("create", object, []));
      continue;
    }
    const found = await context.api.find(path, `read ${objectText(object)}`);
    const before = found === void 0 ? void 0 : asObject(found);
    if (object.kind === "Job" && !options.runsJobs) continue;
    if (before !== void 0 && !isOwnObject(before, context.of) && !isShared(object) && !options.adopt)
      foreign.push(objectText(object));
    else changes.push(...await changeOf(context, object, before, options));
  }
  if (foreign.length === 0) return changes;
  throw new ConfigurationError(
    `adopt: there are objects already that Sealift did not make for ${baseProject(context.of)}: ${foreign.join(", ")}. To take over what is there, set ${inputSetting("adopt", "true")}; else give the objects other names.`
  );
}
var objectChange = (kind, { kind: what, metadata }, differences) => ({ kind, what, name: metadata.name, differences });
async function missingNamespaces({ api }, objects) {
  const missing = /* @__PURE__ */ new Set();
  for (const { kind, metadata } of objects) {
    if (kind !== "Namespace") continue;
    const found = await api.find(`/api/v1/namespaces/${metadata.name}`, `read Namespace ${metadata.name}`);
    if (found === void 0) missing.add(metadata.name);
  }
  return missing;
}
async function changeOf(context, object, before, { adopt }) {
  if (before !== void 0 && object.kind === "Job") return jobChange(context, object, before);
  const after = await applyObject(context, object, { dryRun: true, force: adopt });
  if (before === void 0) return [objectChange("create", object, [])];
  const differences = objectDifferences(before, after);
  if (differences.length > 0) return [objectChange("update", object, differences)];
  return releaseLabelOf(before) === releaseLabelOf(after) ? [] : [objectChange("relabel", object, [])];
}
async function jobChange(context, object, before) {
  const isSame = releaseLabelOf(before) === object.metadata.labels?.[LABEL.release];
  if (isSame && !hasFailedJob(before)) return [];
  const { labels: _, ...metadata } = object.metadata;
  const probe = {
    ...object,
    metadata: { ...metadata, name: `${object.metadata.name.slice(0, 40)}-dry-run` }
  };
  await applyObject(context, probe, { dryRun: true });
  return [objectChange("update", object, ["it runs again, in place of the one before"])];
}
function objectDifferences(before, after) {
  return definitionDifferences(readable(before), readable(after)).map(
    (line) => line.replace(/^((?:without )?(?:data|stringData|binaryData)\..*?): content .*$/, "$1")
  );
}
var OWN_METADATA = [
  "managedFields",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "uid",
  "selfLink"
];
function readable(object) {
  const metadata = asObject(object["metadata"]);
  const labels = withoutKeys(asObject(metadata["labels"]), LABEL.release);
  const annotations = withoutKeys(
    asObject(metadata["annotations"]),
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation"
  );
  const rest = withoutKeys(object, "status", "metadata", "data", "stringData", "binaryData");
  const contents = ["data", "stringData", "binaryData"].map((key) => [
    key,
    mapValues(asObject(object[key]), contentText)
  ]);
  const named2 = { ...withoutKeys(metadata, ...OWN_METADATA, "labels", "annotations"), labels, annotations };
  return asObject(keyedLists({ ...rest, metadata: named2, ...Object.fromEntries(contents) }));
}
var contentText = (value) => `content ${fingerprintOf(canonicalJson(value), 4)}`;
function keyedLists(value) {
  if (Array.isArray(value)) {
    const names = value.map((each) => isObject(each) ? asText(each["name"]) : void 0);
    const isNamed = names.length > 0 && names.every((name) => name !== void 0) && new Set(names).size === names.length;
    if (!isNamed) return value.map(keyedLists);
    return Object.fromEntries(
      value.map((each, index) => [names[index], keyedLists(withoutKeys(asObject(each), "name"))])
    );
  }
  return isObject(value) ? mapValues(value, keyedLists) : value;
}
function withRepairs(changes, workloads) {
  const isOf = (change2, { kind, name }) => change2.what === kind && change2.name === name;
  const broken = workloads.filter(
    (workload) => workload.problem !== void 0 && !changes.some((each) => each.kind !== "relabel" && isOf(each, workload))
  );
  return [
    ...changes.filter((each) => !broken.some((workload) => isOf(each, workload))),
    ...broken.map(
      ({ kind: what, name, problem = "" }) => ({
        kind: "repair",
        what,
        name,
        differences: [problem]
      })
    )
  ];
}

// src/kubernetes/release-objects.ts
var ReleaseObjects = class {
  #context;
  #namespace;
  #recorded = [];
  #tried = [];
  /** Objects of others that this run takes over, as they were, by `referenceKey`. */
  #adopted = /* @__PURE__ */ new Map();
  constructor(context, namespace) {
    this.#context = context;
    this.#namespace = namespace;
  }
  async observe(records) {
    const { api, of } = this.#context;
    this.#tried = await readTried(api, of, this.#namespace);
    this.#recorded = records.releases.flatMap(({ definition }) => definition.objects.map(referenceTo));
  }
  /** @param adopt whether some of them may be those of others */
  async noteBefore(objects, adopt) {
    const { api, of } = this.#context;
    if (adopt) for (const object of objects) await this.#rememberIfForeign(referenceTo(object));
    const made = objects.map(referenceTo).filter((each) => !this.#adopted.has(referenceKey(each)));
    this.#tried = distinct([...this.#tried, ...made]);
    await writeTried(api, of, this.#namespace, this.#tried);
  }
  /** Those that exist and that a release does not have. */
  others(release) {
    return this.#existing(this.#othersThan(release));
  }
  /** Volume claims of the app that exist. They are removed only where their data is to go too. */
  claims() {
    const all = distinct([...this.#tried, ...this.#recorded]);
    return this.#existing(all.filter(({ kind }) => kind === "PersistentVolumeClaim"));
  }
  async #existing(references) {
    const { api, resources, of } = this.#context;
    const found = await allOrThrow(
      references.map(async (reference) => {
        const path = await resources.pathOf(reference);
        if (path === void 0) return [];
        const object = await api.find(path, `read ${referenceText(reference)}`);
        return object !== void 0 && isOwnObject(asObject(object), of) ? [reference] : [];
      })
    );
    return found.flat();
  }
  /**
   * Removes those that a release does not have. What was taken over belongs to others again, as it was.
   * @returns `Deployment web`
   */
  async removeOthers(release) {
    const removed = [];
    for (const reference of inApplyOrder(this.#othersThan(release)).toReversed())
      if (await removeObject(this.#context, reference)) removed.push(referenceText(reference));
    const own = keysOf(release);
    for (const [key, object] of this.#adopted) {
      if (own.has(key) || !isKubernetesObject(object)) continue;
      await restoreObject(this.#context, object);
      this.#adopted.delete(key);
    }
    return removed;
  }
  /** Only the live release is there. */
  async forgetTried() {
    const { api, of } = this.#context;
    await writeTried(api, of, this.#namespace, []);
    this.#tried = [];
  }
  #othersThan(release) {
    const own = keysOf(release);
    return distinct([...this.#tried, ...this.#recorded]).filter(
      (reference) => !own.has(referenceKey(reference)) && !isNeverRemoved(reference)
    );
  }
  async #rememberIfForeign(reference) {
    const { api, resources, of } = this.#context;
    const path = await resources.pathOf(reference);
    const found = path === void 0 ? void 0 : await api.find(path, `read ${referenceText(reference)}`);
    if (found !== void 0 && !isOwnObject(asObject(found), of))
      this.#adopted.set(referenceKey(reference), asObject(found));
  }
};
var keysOf = (release) => new Set((release?.definition.objects ?? []).map((object) => referenceKey(referenceTo(object))));
var distinct = (references) => [
  ...new Map(references.map((reference) => [referenceKey(reference), reference])).values()
];

// src/kubernetes/ask-metrics.ts
async function askMetrics(api, { namespace, service, port, query }, release) {
  const path = `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy/api/v1/query`;
  const text = query.replaceAll("${RELEASE}", release);
  const place = `${namespace}/${service}:${port}`;
  const answer = await api.request("GET", path, { purpose: `ask ${place}`, query: { query: text } }).catch((cause) => {
    throw new SealiftError(`${inputRef("canary-metrics")}: ${place} can't be asked: ${messageOf(cause)}`, {
      cause
    });
  });
  const { status, error, data } = asObject(answer);
  if (status !== "success") {
    const words = asText(error) ?? "it is no Prometheus";
    throw new SealiftError(`${inputRef("canary-metrics")}: ${place} did not answer "${text}": ${words}.`);
  }
  const { resultType, result } = asObject(data);
  if (resultType !== "vector") {
    throw new SealiftError(
      `canary-metrics: "${text}" gives a ${String(resultType)}, not a vector. Write a query as that of an alert, which has a result only if something is wrong.`
    );
  }
  const found = asList(result);
  if (found.length === 0) return;
  const { metric, value } = asObject(found[0]);
  const labels = Object.entries(asObject(metric)).map(([name, label]) => `${name}="${String(label)}"`);
  throw new SealiftError(
    `canary-metrics: "${text}" has a result: ${[String(asList(value)[1]), ...labels].join(" ")}. While a release gets a share of the requests, it must have none.`
  );
}

// src/release/kubernetes/canary-objects.ts
var WEIGHT_FACTOR = 1e3;
var MOST_WEIGHT = 1e6;
var httpRoutesTo = (service, objects) => objects.filter(
  (object) => object.kind === "HTTPRoute" && apiGroupOf(object) === "gateway.networking.k8s.io" && routeRules(object).some(
    (rule) => backendsOf(rule).some((backend) => isBackend(object, backend, service))
  )
);
function canaryService(service, { id, ...of }) {
  const { name, namespace } = service.metadata;
  const ports = asList(asObject(service["spec"])["ports"]).map(
    (port) => withoutKeys(asObject(port), "nodePort")
  );
  return {
    ...{ apiVersion: "v1", kind: "Service" },
    metadata: {
      ...{ name: nameBeside(name, id), labels: { ...labelsOf(of), [LABEL.release]: id } },
      ...namespace === void 0 ? {} : { namespace }
    },
    spec: { selector: selectorOf(service), ports }
  };
}
function routeWithShare(route, services, id, share) {
  const divide = (backend, factor) => {
    const weight = weightOf(backend) * factor;
    const service = services.find((each) => isBackend(route, backend, each));
    if (service === void 0) return [{ ...backend, weight }];
    const given = Math.round(weight * share);
    return [
      { ...backend, weight: weight - given },
      { ...backend, name: nameBeside(service.metadata.name, id), weight: given }
    ];
  };
  const rules = routeRules(route).map((rule) => {
    if (rule["backendRefs"] === void 0) return rule;
    const backends = backendsOf(rule);
    const room = Math.floor(MOST_WEIGHT / Math.max(1, ...backends.map(weightOf)));
    const factor = Math.max(1, Math.min(WEIGHT_FACTOR, room));
    return { ...rule, backendRefs: backends.flatMap((backend) => divide(backend, factor)) };
  });
  return { ...route, spec: { ...asObject(route["spec"]), rules } };
}
function openService(service) {
  const selector = withoutKeys(selectorOf(service), LABEL.release);
  return { ...service, spec: { ...asObject(service["spec"]), selector } };
}
var withReplicas = (deployment, replicas) => ({
  ...deployment,
  spec: { ...asObject(deployment["spec"]), replicas }
});
var podsForShare = (share, before, full) => Math.max(1, Math.min(full, Math.round(before * share / (1 - share))));
var routeRules = (route) => asList(asObject(route["spec"])["rules"]).map(asObject);
var weightOf = (backend) => asNumber(backend["weight"]) ?? 1;
var backendsOf = (rule) => asList(rule["backendRefs"]).map(asObject);
var isBackend = (route, { kind = "Service", name, namespace = route.metadata.namespace }, { metadata }) => kind === "Service" && name === metadata.name && namespace === metadata.namespace;

// src/kubernetes/pod.ts
function readPod(data) {
  const { metadata, spec, status } = asObject(data);
  const { name, uid, labels, ownerReferences, deletionTimestamp } = asObject(metadata);
  const state = asObject(status);
  const condition2 = (type) => asObject(asList(state["conditions"]).find((each) => asObject(each)["type"] === type));
  const scheduled = condition2("PodScheduled");
  return {
    name: asText(name) ?? "",
    uid: asText(uid) ?? "",
    node: asText(asObject(spec)["nodeName"]),
    labels: asObject(labels),
    owners: asList(ownerReferences).flatMap((each) => asText(asObject(each)["uid"]) ?? []),
    phase: asText(state["phase"]) ?? "",
    isReady: condition2("Ready")["status"] === "True",
    isEnding: deletionTimestamp !== void 0,
    unscheduled: scheduled["status"] === "False" ? asText(scheduled["message"]) : void 0,
    containers: [...asList(state["initContainerStatuses"]), ...asList(state["containerStatuses"])].map(
      readContainer
    )
  };
}
function readContainer(data) {
  const { name, restartCount, state, lastState, ready } = asObject(data);
  const { waiting, terminated, running } = asObject(state);
  const ended = asObject(terminated ?? asObject(lastState)["terminated"]);
  const { reason, message } = asObject(waiting);
  return {
    name: asText(name) ?? "",
    restarts: asNumber(restartCount) ?? 0,
    waiting: waiting === void 0 ? void 0 : { reason: asText(reason) ?? "", message: asText(message) ?? "" },
    isRunning: running !== void 0,
    isReady: ready === true,
    ended: asNumber(ended["exitCode"]) === void 0 ? void 0 : {
      exitCode: asNumber(ended["exitCode"]) ?? 0,
      reason: asText(ended["reason"]) ?? "",
      message: asText(ended["message"]) ?? ""
    }
  };
}
var FINAL_PULL_PROBLEM = /not found|manifest unknown|denied|unauthorized|authoriz|forbidden|no match for platform/i;
var PULL_REASONS = /* @__PURE__ */ new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName"
]);
var CONFIG_REASONS = /* @__PURE__ */ new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "InvalidImageName",
  "ErrImageNeverPull"
]);
function podProblem(pod, knownRestarts) {
  const problems = pod.containers.flatMap(
    (container) => containerProblem(pod, container, knownRestarts) ?? []
  );
  const [worst] = problems.toSorted((one, other) => other.failures - one.failures);
  if (worst !== void 0) return { ...worst, text: `${placeOf(pod)}: ${worst.text}` };
  if (pod.unscheduled !== void 0)
    return {
      text: `pod ${pod.name} finds no node: ${pod.unscheduled}`,
      failures: 0,
      isFinal: false,
      isPullProblem: false
    };
  return void 0;
}
var placeOf = ({ name, node }) => `pod ${name}${node === void 0 ? "" : ` on ${node}`}`;
function containerFailures({ uid }, { name, restarts, waiting, ended }, knownRestarts) {
  const since = restarts - (knownRestarts.get(`${uid}/${name}`) ?? 0);
  return since + (waiting?.reason === "CrashLoopBackOff" && ended !== void 0 ? 1 : 0);
}
function containerProblem(pod, container, knownRestarts) {
  const { name, waiting, ended } = container;
  const failures = containerFailures(pod, container, knownRestarts);
  if (waiting !== void 0 && PULL_REASONS.has(waiting.reason)) {
    const words = waiting.message === "" ? waiting.reason : waiting.message;
    const isFinal = CONFIG_REASONS.has(waiting.reason) || FINAL_PULL_PROBLEM.test(words);
    return {
      text: `image of ${name} can't be pulled (${waiting.reason}): ${words}`,
      failures,
      isFinal,
      isPullProblem: true
    };
  }
  if (waiting !== void 0 && CONFIG_REASONS.has(waiting.reason)) {
    const text = `${name} can't be started (${waiting.reason}): ${waiting.message}`;
    return { text, failures, isFinal: true, isPullProblem: false };
  }
  if (failures > 0 && ended !== void 0)
    return { text: `${name} ${containerEndText(ended)}`, failures, isFinal: false, isPullProblem: false };
  return void 0;
}
function containerEndText({ exitCode, reason, message }) {
  if (reason === "OOMKilled") return `was killed, because it was out of memory (exit code ${exitCode})`;
  const words = message === "" || message.includes("\n") ? "" : `: ${message}`;
  return `ended with exit code ${exitCode}${words}`;
}

// src/kubernetes/workload-state.ts
async function readWorkload(api, resources, wanted) {
  const { apiVersion, kind, metadata } = wanted;
  const { name, namespace } = metadata;
  const path = await resources.pathOf({ apiVersion, kind, namespace, name });
  const found = path === void 0 ? void 0 : await api.find(path, `read ${kind} ${name}`);
  if (found === void 0) return { object: void 0, current: [], old: [] };
  const object = asObject(found);
  if (namespace === void 0) return { object, current: [], old: [] };
  if (kind === "Pod") return { object, current: [readPod(object)], old: [] };
  const selector = selectorText(asObject(asObject(object["spec"])["selector"]));
  if (selector === void 0 || kind === "CronJob" || !hasPods(wanted))
    return { object, current: [], old: [] };
  const list = (what, base) => api.request("GET", `${base}/namespaces/${namespace}/${what}`, {
    purpose: `list ${what} of ${kind} ${name}`,
    query: { labelSelector: selector }
  });
  const [pods, sets] = await Promise.all([
    list("pods", "/api/v1"),
    kind === "Deployment" ? list("replicasets", "/apis/apps/v1") : void 0
  ]);
  const all = asList(asObject(pods)["items"]).map(readPod);
  const isCurrent = currentPods(kind, object, asList(asObject(sets)["items"]).map(asObject));
  const own = all.filter(isCurrent.isOwn);
  return { object, current: own.filter(isCurrent.isNew), old: own.filter((pod) => !isCurrent.isNew(pod)) };
}
var hasPods = (wanted) => asList(asObject(podTemplateOf(wanted)["spec"])["containers"]).length > 0;
function currentPods(kind, object, sets) {
  const metadata = asObject(object["metadata"]);
  const uid = asText(metadata["uid"]) ?? "";
  if (kind === "Deployment") {
    const own = sets.filter((set) => ownersOf(set).includes(uid));
    const revision = revisionOf(object);
    const newest = own.filter((set) => revisionOf(set) === revision).map(uidOf);
    const all = own.map(uidOf);
    return {
      isOwn: ({ owners }) => owners.some((owner) => all.includes(owner)),
      isNew: ({ owners }) => owners.some((owner) => newest.includes(owner))
    };
  }
  const isOwn = ({ owners }) => owners.includes(uid);
  if (kind === "StatefulSet") {
    const revision = asObject(object["status"])["updateRevision"];
    return { isOwn, isNew: ({ labels }) => labels["controller-revision-hash"] === revision };
  }
  if (kind === "DaemonSet") {
    const generation = asObject(metadata["annotations"])["deprecated.daemonset.template.generation"];
    return { isOwn, isNew: ({ labels }) => labels["pod-template-generation"] === generation };
  }
  return { isOwn, isNew: () => true };
}
var revisionOf = ({ metadata }) => asObject(asObject(metadata)["annotations"])["deployment.kubernetes.io/revision"];
var uidOf = ({ metadata }) => asText(asObject(metadata)["uid"]) ?? "";
var ownersOf = ({ metadata }) => asList(asObject(metadata)["ownerReferences"]).flatMap((each) => asText(asObject(each)["uid"]) ?? []);
function selectorText({ matchLabels, matchExpressions }) {
  const labels = Object.entries(asObject(matchLabels)).map(([key, value]) => `${key}=${String(value)}`);
  const expressions = asList(matchExpressions).map((each) => {
    const { key, operator, values } = asObject(each);
    const list = `(${asList(values).join(",")})`;
    if (operator === "In") return `${String(key)} in ${list}`;
    if (operator === "NotIn") return `${String(key)} notin ${list}`;
    return operator === "Exists" ? String(key) : `!${String(key)}`;
  });
  const all = [...labels, ...expressions];
  return all.length === 0 ? void 0 : all.join(",");
}

// src/kubernetes/traffic.ts
var POD_HASH = "pod-template-hash";
async function servicesToSwitch({ api, resources }, { definition }) {
  const services = [];
  for (const service of switchedServices(definition.objects)) {
    const path = await resources.pathOf(referenceTo(service)) ?? "";
    const found = await api.find(path, `read ${objectText(service)}`);
    if (found !== void 0) services.push(service);
  }
  return services;
}
async function holdTraffic(context, services, live, signal) {
  const { objects } = live.definition;
  const open = [];
  for (const { metadata, apiVersion, kind } of services) {
    const key = referenceKey(referenceTo({ metadata, apiVersion, kind }));
    const service = objects.find((each) => referenceKey(referenceTo(each)) === key);
    if (service === void 0 || selectorOf(service)[LABEL.release] !== void 0) continue;
    const [deployment, ...others] = deploymentsBehind(service, objects);
    if (deployment === void 0) continue;
    const { current, old } = await readWorkload(context.api, context.resources, deployment);
    const hashes = new Set(current.map(({ labels }) => asText(labels[POD_HASH])));
    const [hash] = hashes;
    const remaining = old.filter(({ isEnding }) => !isEnding);
    if (others.length > 0 || remaining.length > 0 || hashes.size !== 1 || hash === void 0) {
      open.push(service);
      continue;
    }
    const selector = { ...selectorOf(service), [POD_HASH]: hash };
    const held = { ...service, spec: { ...asObject(service["spec"]), selector } };
    await applyObject(context, held, { force: true, signal });
  }
  return open;
}
async function switchServices(context, { definition }, { force, signal }) {
  const services = switchedServices(definition.objects);
  for (const service of services) await applyObject(context, service, { force, signal });
  return services.map(objectText).join(", ");
}
async function carryReplicas(context, release, live, signal) {
  for (const deployment of release.definition.objects) {
    const name = deployment.metadata.labels?.[LABEL.workload];
    if (name === void 0 || asObject(deployment["spec"])["replicas"] !== void 0) continue;
    const before = sameWorkload(deployment, live);
    if (before === void 0) continue;
    const [wanted, has] = await Promise.all([podsWanted(context, before), podsWanted(context, deployment)]);
    if (wanted < has) continue;
    const { apiVersion, kind, metadata } = deployment;
    const scaled = {
      ...{ apiVersion, kind, spec: { replicas: wanted } },
      metadata: {
        name: metadata.name,
        ...metadata.namespace === void 0 ? {} : { namespace: metadata.namespace }
      }
    };
    const manager = `${fieldManager(context.of)}-replicas`;
    await applyObject(context, scaled, { manager, force: true, signal });
  }
}
var sameWorkload = ({ metadata: { namespace, labels } }, { definition }) => definition.objects.find(
  ({ kind, metadata }) => kind === "Deployment" && metadata.namespace === namespace && (metadata.labels?.[LABEL.workload] ?? metadata.name) === labels?.[LABEL.workload]
);
async function podsWanted({ api, resources }, deployment) {
  const path = await resources.pathOf(referenceTo(deployment)) ?? "";
  const found = asObject(await api.find(path, `read ${objectText(deployment)}`));
  return asNumber(asObject(found["spec"])["replicas"]) ?? 0;
}

// src/kubernetes/canary.ts
var canaryServices = (release) => routedServices(release).map((service) => canaryService(service, release));
var routedServices = ({ definition: { objects } }) => switchedServices(objects).filter((service) => httpRoutesTo(service, objects).length > 0);
function dividingRoutes(release) {
  const { objects } = release.definition;
  return [...new Set(routedServices(release).flatMap((service) => httpRoutesTo(service, objects)))];
}
var KubernetesCanary = class _KubernetesCanary {
  #context;
  #release;
  #live;
  #counted;
  constructor(context, release, live, counted) {
    this.#context = context;
    this.#release = release;
    this.#live = live;
    this.#counted = counted;
  }
  /** Counts the pods of the live release. */
  static async prepare(context, release, live) {
    const { objects } = release.definition;
    const deployments = new Set(openServices(release).flatMap((each) => deploymentsBehind(each, objects)));
    const counted = await Promise.all(
      [...deployments].map(async (deployment) => {
        const same = sameWorkload(deployment, live);
        const before = same === void 0 ? 0 : await podsWanted(context, same);
        return {
          deployment,
          before,
          full: asNumber(asObject(deployment["spec"])["replicas"]) ?? Math.max(before, 1)
        };
      })
    );
    return new _KubernetesCanary(context, release, live, counted);
  }
  /** The release as it begins: with few pods where the share of requests is that of pods. */
  beginning(share) {
    const { definition } = this.#release;
    const few = new Map(
      this.#counted.map(({ deployment, before, full }) => [
        deployment,
        withReplicas(deployment, podsForShare(share, before, full))
      ])
    );
    const objects = definition.objects.map((object) => few.get(object) ?? object);
    return { ...this.#release, definition: { ...definition, objects } };
  }
  /** Starts as many pods as a share of the requests needs. The Services do not send it more requests yet. */
  async scale(share, { force, signal }) {
    for (const { deployment, before, full } of this.#counted) {
      const scaled = withReplicas(deployment, podsForShare(share, before, full));
      await applyObject(this.#context, scaled, { force, signal });
    }
  }
  /**
   * Sends a share of the requests to the release.
   * @returns how it is done
   */
  async divide(share, { force, signal }) {
    const routed = routedServices(this.#release);
    for (const service of canaryServices(this.#release))
      await applyObject(this.#context, service, { force, signal });
    for (const route of dividingRoutes(this.#release)) {
      const divided = routeWithShare(route, routed, this.#release.id, share);
      await applyObject(this.#context, divided, { force, signal });
    }
    for (const service of openServices(this.#release))
      await applyObject(this.#context, openService(service), { force, signal });
    const routes = dividingRoutes(this.#release).map(
      ({ metadata }) => `HTTPRoute ${metadata.name} sends it ${formatPercent(share)}`
    );
    const counts = this.#counted.map(({ deployment, before, full }) => {
      const pods = podsForShare(share, before, full);
      return `${deployment.metadata.labels?.[LABEL.workload] ?? deployment.metadata.name} has ${pods} of ${pods + before} pods`;
    });
    return [...routes, ...counts].join(", ");
  }
  /** Starts all of its pods. */
  async complete({ force, signal }) {
    await carryReplicas(this.#context, this.#release, this.#live, signal);
    for (const { deployment } of this.#counted)
      await applyObject(this.#context, deployment, { force, signal });
  }
  /** Makes routes what the manifests say, after the Services were switched. */
  async restoreRoutes({ force, signal }) {
    for (const route of dividingRoutes(this.#release))
      await applyObject(this.#context, route, { force, signal });
  }
};
function openServices(release) {
  const routed = new Set(routedServices(release).map((each) => referenceKey(referenceTo(each))));
  return switchedServices(release.definition.objects).filter(
    (each) => !routed.has(referenceKey(referenceTo(each)))
  );
}

// src/kubernetes/release-traffic.ts
var SWITCH_TIME = 5e3;
var ReleaseTraffic = class {
  #context;
  #workloads;
  #options;
  #beside;
  constructor(context, workloads, options) {
    this.#context = context;
    this.#workloads = workloads;
    this.#options = options;
  }
  /** Objects that a release has only until it has all requests. */
  passingObjects(release) {
    return this.#options.traffic.kind === "canary" ? canaryServices(release) : [];
  }
  /** Applies a release. One that may run beside the live one gets no requests yet. */
  async start(release, live, options) {
    const context = this.#context;
    const { signal } = options;
    const services = await servicesToSwitch(context, release);
    const canary = live === void 0 || services.length === 0 || this.#firstShare === void 0 ? void 0 : await KubernetesCanary.prepare(context, release, live);
    if (live !== void 0) await this.#hold(services, live, release, signal);
    if (services.length > 0) this.#beside = { release, canary };
    const routes = canary === void 0 ? [] : dividingRoutes(release);
    const beginning = canary?.beginning(this.#firstShare ?? 1) ?? release;
    await applyRelease(context, beginning, { ...options, except: [...services, ...routes] });
    if (live !== void 0) await carryReplicas(context, beginning, live, signal);
  }
  /** Applies the release before one that failed: first what requests go by. */
  async goBack(previous, options) {
    const { signal } = options;
    const failed = this.#beside?.release;
    if (failed !== void 0) {
      const changed = new Set(dividingRoutes(failed).map((route) => referenceKey(referenceTo(route))));
      for (const object of previous.definition.objects)
        if (changed.has(referenceKey(referenceTo(object))))
          await applyObject(this.#context, object, { force: true, signal });
      await this.#removeBeside(failed, previous, signal);
    }
    await applyRelease(this.#context, previous, options);
  }
  moves(release) {
    if (this.#beside?.release.id !== release.id) return [];
    const { canary } = this.#beside;
    const { traffic } = this.#options;
    const steps = traffic.kind === "canary" && canary !== void 0 ? traffic.steps : [];
    const shares = steps.filter(({ share }) => share < 1);
    const last = steps.find(({ share }) => share === 1)?.duration ?? 0;
    const watched = Math.max(last, traffic.kind === "rolling" ? 0 : traffic.bake, SWITCH_TIME);
    return [
      ...shares.map(
        (step) => ({
          stage: "switch",
          text: `send ${formatPercent(step.share)} of the requests to ${release.id} and watch it for ${formatDuration(step.duration)}`,
          run: (wait) => this.#canaryStep(release, canary, step, wait)
        })
      ),
      {
        stage: "switch",
        text: `send all requests to ${release.id}`,
        run: (wait) => this.#sendAll(release, canary, wait)
      },
      {
        stage: "bake",
        text: `watch ${release.id} for ${formatDuration(watched)}`,
        run: async (wait) => {
          await this.#workloads.watch(release, watched, wait, this.#question(release));
          return await this.#workloads.converge(release, wait);
        }
      }
    ];
  }
  /** The share of the first canary step; `undefined`: requests move at once. */
  get #firstShare() {
    const { traffic } = this.#options;
    const share = traffic.kind === "canary" ? traffic.steps[0]?.share : void 0;
    return share === 1 ? void 0 : share;
  }
  async #canaryStep(release, canary, { share, duration }, wait) {
    const options = { force: this.#options.adopt, signal: wait.signal };
    await canary?.scale(share, options);
    await this.#workloads.converge(release, wait);
    const how = await canary?.divide(share, options) ?? "";
    this.#options.log(how);
    return `${how}; ${await this.#workloads.watch(release, duration, wait, this.#question(release))}`;
  }
  async #sendAll(release, canary, wait) {
    const options = { force: this.#options.adopt, signal: wait.signal };
    if (canary !== void 0) {
      await canary.complete(options);
      await this.#workloads.converge(release, wait);
    }
    const switched = await switchServices(this.#context, release, options);
    await canary?.restoreRoutes(options);
    return switched;
  }
  #question(release) {
    const { traffic } = this.#options;
    if (traffic.kind !== "canary" || traffic.metrics.length === 0) return void 0;
    return async () => {
      for (const query of traffic.metrics) await askMetrics(this.#context.api, query, release.id);
    };
  }
  async #hold(services, live, release, signal) {
    for (const service of await holdTraffic(this.#context, services, live, signal)) {
      this.#options.log(
        `${objectText(service)} sends requests to pods of several Deployments of ${live.id}, so ready pods of ${release.id} get some of them from the beginning.`
      );
    }
  }
  /**
   * Removes the Deployments of a release that failed beside another one, where the Services of that one would send them requests: those
   * of a release that was deployed without another one beside it.
   */
  async #removeBeside(failed, previous, signal) {
    if (switchedServices(previous.definition.objects).length > 0) return;
    const { objects } = failed.definition;
    await holdTraffic(this.#context, switchedServices(objects), previous, signal);
    for (const object of objects)
      if (object.metadata.labels?.[LABEL.workload] !== void 0)
        await removeObject(this.#context, referenceTo(object), { signal });
  }
};

// src/cluster/converge.ts
var WATCH_TIME = 5e3;
var SHORT_WATCH_TIME = 1e3;
var REPEAT = 1e4;
var FAILURE_TOLERANCE = 1e4;
var PULL_LIMIT = 6e5;
var MAX_FAILURES = 3;
async function convergeWorkloads(convergence, wait) {
  const startedAt = performance.now();
  const watches = /* @__PURE__ */ new Map();
  let told = { text: "", at: startedAt };
  for (; ; ) {
    wait.signal.throwIfAborted();
    const workloads = await convergence.look();
    const now = performance.now();
    const judged = workloads.map((workload) => {
      const watch = watches.get(workload.name) ?? newWatch(now);
      watches.set(workload.name, watch);
      noteProgress(watch, workload.verdict, now);
      return { ...workload, watch };
    });
    const failures = judged.flatMap((each) => {
      const why = whyFailed(each, convergence, now - startedAt, now);
      return why === void 0 ? [] : [`${each.name} did not converge: ${why}`];
    });
    if (failures.length > 0) throw new SealiftError(failures.join(" · "));
    const text = judged.map(({ name, verdict }) => progressText(name, verdict)).join(", ");
    if (judged.every(({ verdict, watch }) => hasSettled(verdict, watch, now))) return text;
    if (text !== told.text || now - told.at >= REPEAT) {
      wait.onProgress(`${text}  after ${formatDuration(now - startedAt)}`);
      told = { text, at: now };
    }
    await pause(convergence.interval, wait.signal);
  }
}
var newWatch = (now) => ({
  ...{ ready: -1, progressAt: now, parts: "", sameSince: now },
  pullingSince: void 0
});
function noteProgress(watch, verdict, now) {
  const parts = verdict.kind === "whole" ? verdict.parts.join(" ") : "-";
  if (parts !== watch.parts) Object.assign(watch, { parts, sameSince: now });
  const { ready } = verdict.counts;
  if (ready > watch.ready) Object.assign(watch, { ready, progressAt: now });
  if (verdict.kind !== "pending" || !verdict.pulling) return;
  watch.pullingSince ??= now;
  if (now - watch.pullingSince < PULL_LIMIT) watch.progressAt = now;
}
function hasSettled(verdict, watch, now) {
  if (verdict.kind !== "whole") return false;
  return now - watch.sameSince >= (verdict.isProven ? SHORT_WATCH_TIME : WATCH_TIME);
}
function whyFailed({ verdict, watch, pause: updatePause = 0, advice = "" }, { timeout, parts }, elapsed, now) {
  if (verdict.kind === "failed") return verdict.why;
  if (verdict.kind === "whole") return void 0;
  const { counts, problem, failures } = verdict;
  const state = `${counts.ready} of ${counts.wanted} new ${parts} are ready${problem === void 0 ? "" : `; ${problem}`}`;
  if (failures >= MAX_FAILURES && elapsed > Math.min(FAILURE_TOLERANCE, timeout / 4))
    return `its ${parts} failed ${failures} times, ${state}.${advice}`;
  if (now - watch.progressAt <= timeout + updatePause) return void 0;
  return `no progress for ${formatDuration(timeout)}, ${state}. Increase "${inputRef("health-timeout")}", or fix the cause.${advice}`;
}
function progressText(name, { kind, counts }) {
  return `${name} ${counts.ready} of ${counts.wanted}${kind === "pending" && counts.ready === counts.wanted ? ", old ones still run" : ""}`;
}

// src/cluster/watch.ts
var TELL_INTERVAL = 1e4;
var ASK_INTERVAL = 5e3;
async function watchWorkloads({ duration, interval, look, ask }, wait) {
  const startedAt = performance.now();
  const known = /* @__PURE__ */ new Map();
  let toldAt = startedAt;
  let askedAt;
  for (; ; ) {
    wait.signal.throwIfAborted();
    for (const { name, verdict } of await look()) {
      const why = whyFailedAgain(verdict, known.get(name));
      if (why !== void 0) throw new SealiftError(`${name} failed while it was watched: ${why}`);
      known.set(name, verdict.kind === "failed" ? 0 : verdict.failures);
    }
    const now = performance.now();
    const isLast = now - startedAt >= duration;
    if (ask !== void 0 && (isLast || askedAt === void 0 || now - askedAt >= ASK_INTERVAL)) {
      askedAt = now;
      await ask();
    }
    if (isLast) return `no failure in ${formatDuration(duration)}`;
    if (now - toldAt >= TELL_INTERVAL) {
      wait.onProgress(`no failure yet  after ${formatDuration(now - startedAt)}`);
      toldAt = now;
    }
    const rest = Math.min(interval, startedAt + duration - now);
    await pause(rest, wait.signal);
  }
}
function whyFailedAgain(verdict, known) {
  if (verdict.kind === "failed") return verdict.why;
  if (known === void 0 || verdict.failures <= known) return void 0;
  return (verdict.kind === "pending" ? verdict.problem : void 0) ?? "one of its containers ended and was started again";
}

// src/kubernetes/judge-workload.ts
var NO_KNOWN_PODS = { uids: /* @__PURE__ */ new Set(), restarts: /* @__PURE__ */ new Map() };
function knownPods(states) {
  const pods = states.flatMap(({ current, old }) => [...current, ...old]);
  return {
    uids: new Set(pods.map(({ uid }) => uid)),
    restarts: new Map(
      pods.flatMap(
        ({ uid, containers }) => containers.map(({ name, restarts }) => [`${uid}/${name}`, restarts])
      )
    )
  };
}
function judgeWorkload(wanted, { object, current }, known) {
  if (object === void 0) {
    const counts2 = { wanted: 1, ready: 0 };
    return { kind: "failed", counts: counts2, why: "the cluster does not have it any more: somebody removed it" };
  }
  const progress = PROGRESS[wanted.kind]?.(object, current) ?? customProgress(wanted, object);
  const { failed, isWhole } = progress;
  const counts = hasObserved(object) ? progress.counts : { ...progress.counts, ready: 0 };
  const problem = worstProblem(current, known);
  const text = problem?.text ?? progress.problem;
  if (failed !== void 0) {
    return {
      kind: "failed",
      counts,
      why: text === void 0 || text === failed ? failed : `${failed}; ${text}`
    };
  }
  if (!hasObserved(object) || !isWhole) {
    return {
      ...{ kind: "pending", counts, problem: text },
      failures: problem?.isFinal === true ? MAX_FAILURES : problem?.failures ?? 0,
      pulling: problem === void 0 && current.some(isPulling)
    };
  }
  const parts = current.filter(({ isEnding }) => !isEnding).map((pod) => partText(pod, known));
  return {
    ...{ kind: "whole", counts, parts: parts.sort(), failures: totalFailures(current, known) },
    isProven: !isCustom(wanted) && current.every(({ uid }) => known.uids.has(uid))
  };
}
var partText = (pod, { restarts }) => `${pod.uid}:${pod.containers.map((container) => containerFailures(pod, container, restarts)).join()}`;
var totalFailures = (pods, { restarts }) => pods.flatMap((pod) => pod.containers.map((container) => containerFailures(pod, container, restarts))).reduce((sum, each) => sum + each, 0);
var isPulling = ({ phase, node, containers }) => phase === "Pending" && node !== void 0 && containers.some(
  ({ waiting }) => waiting?.reason === "ContainerCreating" || waiting?.reason === "PodInitializing"
);
function worstProblem(pods, { restarts }) {
  const problems = pods.filter(({ isReady, isEnding }) => !isReady && !isEnding).flatMap((pod) => podProblem(pod, restarts) ?? []).toSorted((one, other) => Number(other.isFinal) - Number(one.isFinal) || other.failures - one.failures);
  const [worst] = problems;
  const failures = problems.reduce((sum, each) => sum + each.failures, 0);
  if (worst !== void 0) return { text: worst.text, failures, isFinal: worst.isFinal };
  const unready = pods.find(
    (pod) => !pod.isReady && !pod.isEnding && pod.containers.some((each) => each.isRunning && !each.isReady)
  );
  return unready === void 0 ? void 0 : {
    text: `pod ${unready.name} runs, but is not ready: its readiness probe has not succeeded yet`,
    failures: 0,
    isFinal: false
  };
}
var hasObserved = (object) => hasSeen(object, asObject(object["status"])["observedGeneration"]);
function hasSeen(object, observed) {
  const [seen, present] = [asNumber(observed), asNumber(asObject(object["metadata"])["generation"])];
  return seen === void 0 || present === void 0 || seen >= present;
}
var PROGRESS = {
  Deployment(object, current) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec["replicas"]) ?? 1;
    const [updated, available] = [count(status["updatedReplicas"]), count(status["availableReplicas"])];
    const isWhole = updated === wanted && count(status["replicas"]) === updated && available === wanted;
    const progressing = condition(status, "Progressing");
    const isOver = hasObserved(object) && progressing["reason"] === "ProgressDeadlineExceeded";
    const refused = condition(status, "ReplicaFailure");
    return {
      counts: { wanted, ready: current.filter(({ isReady, isEnding }) => isReady && !isEnding).length },
      isWhole,
      failed: isOver ? "it made no progress for its progressDeadlineSeconds" : void 0,
      problem: spec["paused"] === true ? "it is paused (spec.paused), so nothing is replaced" : refused["status"] === "True" ? asText(refused["message"]) : void 0
    };
  },
  StatefulSet(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec["replicas"]) ?? 1;
    const strategy = asObject(spec["updateStrategy"]);
    const partition = count(asObject(strategy["rollingUpdate"])["partition"]);
    const mayStay = strategy["type"] === "OnDelete" ? wanted : Math.min(partition, wanted);
    const isCurrent = status["currentRevision"] === status["updateRevision"];
    const updated = isCurrent ? count(status["currentReplicas"] ?? status["updatedReplicas"]) : count(status["updatedReplicas"]);
    const ready = count(status["readyReplicas"]);
    const isWhole = ready === wanted && count(status["replicas"]) === wanted && (isCurrent || updated >= wanted - mayStay);
    return {
      counts: { wanted, ready: isWhole ? wanted : Math.min(updated, ready) },
      isWhole,
      ...{ failed: void 0, problem: void 0 }
    };
  },
  DaemonSet(object) {
    const { spec, status } = sections(object);
    const wanted = count(status["desiredNumberScheduled"]);
    const isOnDelete = asObject(spec["updateStrategy"])["type"] === "OnDelete";
    const updated = isOnDelete ? wanted : count(status["updatedNumberScheduled"]);
    const ready = Math.min(updated, count(status["numberAvailable"]));
    return {
      counts: { wanted, ready },
      isWhole: ready === wanted,
      ...{ failed: void 0, problem: void 0 }
    };
  },
  ReplicaSet(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec["replicas"]) ?? 1;
    const ready = count(status["availableReplicas"]);
    return {
      counts: { wanted, ready },
      isWhole: ready === wanted,
      ...{ failed: void 0, problem: void 0 }
    };
  },
  Job(object) {
    const { spec, status } = sections(object);
    const wanted = asNumber(spec["completions"]) ?? 1;
    const failed = condition(status, "Failed");
    const isWhole = condition(status, "Complete")["status"] === "True";
    return {
      counts: { wanted, ready: isWhole ? wanted : Math.min(wanted, count(status["succeeded"])) },
      isWhole,
      failed: failed["status"] === "True" ? `it failed: ${asText(failed["message"]) ?? String(failed["reason"])}` : void 0,
      problem: spec["suspend"] === true ? "it is suspended (spec.suspend)" : void 0
    };
  },
  CronJob: () => ({ counts: { wanted: 1, ready: 1 }, isWhole: true, failed: void 0, problem: void 0 }),
  Pod(object) {
    const { status } = sections(object);
    const phase = asText(status["phase"]);
    const isWhole = phase === "Succeeded" || condition(status, "Ready")["status"] === "True";
    return {
      counts: { wanted: 1, ready: isWhole ? 1 : 0 },
      isWhole,
      failed: phase === "Failed" ? `it failed: ${asText(status["message"]) ?? asText(status["reason"]) ?? "its containers ended"}` : void 0,
      problem: void 0
    };
  }
};
function customProgress(wanted, object) {
  const { status } = sections(object);
  const [found] = isCustom(wanted) ? ["Ready", "Available"].map((type) => condition(status, type)).filter(({ type }) => type !== void 0) : [];
  const isCurrent = hasSeen(object, found?.["observedGeneration"]);
  const isWhole = found === void 0 || isCurrent && found["status"] === "True";
  return {
    counts: { wanted: 1, ready: isWhole ? 1 : 0 },
    isWhole,
    failed: void 0,
    problem: isWhole || found === void 0 ? void 0 : conditionText(found, isCurrent)
  };
}
var conditionText = ({ type, status, message, reason }, isCurrent) => isCurrent ? `${String(type)} is ${String(status)}: ${asText(message) ?? asText(reason) ?? "no reason given"}` : `${String(type)} is that of its definition before: its controller has not seen the new one`;
var sections = (object) => ({
  spec: asObject(object["spec"]),
  status: asObject(object["status"])
});
var count = (value) => asNumber(value) ?? 0;
var condition = (status, type) => asObject(asList(status["conditions"]).find((each) => asObject(each)["type"] === type));

// src/kubernetes/pod-evidence.ts
var POD_LOG_LINES = 20;
var POD_LOG_BYTES = "1000000";
var PODS_PER_WORKLOAD = 2;
var EVENTS = 3;
async function podEvidence(api, workloads, known) {
  const all = [...workloads].flatMap(
    ([name, { current, namespace }]) => current.filter((pod) => !pod.isReady && !pod.isEnding && pod.phase !== "Succeeded").toSorted((one, other) => failuresOf(other, known) - failuresOf(one, known)).slice(0, PODS_PER_WORKLOAD).map((pod) => ({ name, pod, namespace }))
  );
  const collected = await Promise.allSettled(
    all.map(({ name, pod, namespace }) => evidenceOfPod(api, name, namespace, pod, known))
  );
  return collected.flatMap((each) => each.status === "fulfilled" ? each.value : []);
}
var failuresOf = (pod, { restarts }) => pod.containers.reduce((sum, container) => sum + containerFailures(pod, container, restarts), 0);
async function evidenceOfPod(api, service, namespace, pod, known) {
  const events = await warnings(api, namespace, pod);
  const problem = podProblem(pod, known.restarts)?.text;
  const troubled = pod.containers.filter(({ isReady, ended: ended2 }) => !isReady && ended2?.exitCode !== 0);
  const [container] = troubled.toSorted(
    (one, other) => Number(other.ended !== void 0) - Number(one.ended !== void 0)
  );
  const lines = container === void 0 ? [] : await lastPodLines(api, namespace, pod, container);
  const ended = container?.ended;
  return [
    {
      host: hostName(pod.node ?? "no node"),
      container: container === void 0 ? pod.name : `${pod.name} ${container.name}`,
      service,
      state: container?.waiting?.reason || (ended === void 0 ? pod.phase : "terminated"),
      exitCode: ended?.exitCode,
      oomKilled: ended?.reason === "OOMKilled",
      health: events.some((text) => /probe failed/i.test(text)) ? "unhealthy" : void 0,
      lastLines: [...lines, .../* @__PURE__ */ new Set([...events, ...problem === void 0 ? [] : [problem]])]
    }
  ];
}
async function lastPodLines(api, namespace, { name }, { name: container, isRunning, restarts }) {
  const read = async (previous) => {
    const text = await api.text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, {
      purpose: `read the log of ${name}`,
      query: {
        container,
        tailLines: String(POD_LOG_LINES),
        limitBytes: POD_LOG_BYTES,
        ...previous ? { previous: "true" } : {}
      }
    });
    return text.split("\n").filter((line) => line !== "");
  };
  try {
    const lines = await read(isRunning && restarts > 0);
    return lines.length > 0 || restarts === 0 ? lines : await read(true);
  } catch {
    return [];
  }
}
var PREPARATION_PROBLEM = /^(?:MountVolume|AttachVolume|Failed to create pod sandbox|Unable to attach or mount)/;
async function preparationProblem(api, namespace, pod) {
  const words = (await warnings(api, namespace, pod)).findLast((text) => PREPARATION_PROBLEM.test(text));
  return words === void 0 ? void 0 : `${placeOf(pod)}: ${words}`;
}
async function warnings(api, namespace, { uid }) {
  try {
    const list = await api.request("GET", `/api/v1/namespaces/${namespace}/events`, {
      purpose: "list events",
      query: { fieldSelector: `involvedObject.uid=${uid},type=Warning` }
    });
    return asList(asObject(list)["items"]).map((each) => asText(asObject(each)["message"]) ?? "").filter((text) => text !== "" && !/^Back-off restarting/.test(text)).slice(-EVENTS);
  } catch {
    return [];
  }
}

// src/kubernetes/pod-pause.ts
var DEFAULT_GRACE = 30;
function podPause(workload) {
  const spec = asObject(workload["spec"]);
  const grace = asNumber(asObject(podTemplateOf(workload)["spec"])["terminationGracePeriodSeconds"]);
  const waits = waitsForOld(workload.kind, asObject(spec["strategy"]));
  return 1e3 * ((asNumber(spec["minReadySeconds"]) ?? 0) + (waits ? grace ?? DEFAULT_GRACE : 0));
}
var waitsForOld = (kind, { type }) => kind === "StatefulSet" || kind === "DaemonSet" || kind === "Deployment" && type === "Recreate";

// src/kubernetes/remove-broken-pods.ts
async function removeBrokenPods(api, { object, old }, known) {
  const namespace = asText(asObject(object?.["metadata"])["namespace"]) ?? "default";
  const broken = old.filter(
    (pod) => !pod.isReady && !pod.isEnding && podProblem(pod, known.restarts) !== void 0
  );
  for (const { name, uid } of broken) {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const body = { preconditions: { uid } };
    await api.request("DELETE", path, { purpose: `remove pod ${name}`, body }).catch(() => void 0);
  }
}

// src/kubernetes/release-workloads.ts
var WORKLOAD_INTERVAL = 1e3;
var ReleaseWorkloads = class {
  #context;
  /** Whether Jobs of a release have run: then it does not matter what is left of them. */
  #jobsHaveRun;
  #known = NO_KNOWN_PODS;
  constructor(context, jobsHaveRun) {
    this.#context = context;
    this.#jobsHaveRun = jobsHaveRun;
  }
  /** Looks at what is there before a deploy. From then on, only what happens later counts. */
  async observe(release) {
    const found = await this.#look(release);
    this.#known = knownPods(found);
    return {
      workloads: found.filter(({ object }) => object !== void 0).map((each) => this.#workload(each)),
      missing: found.filter(({ object }) => object === void 0).map(({ name }) => name)
    };
  }
  /** Waits until all of a release are whole; see `convergeWorkloads`. */
  converge(release, wait) {
    const { timeout } = release.health;
    const look = () => this.#judgeAll(release);
    return convergeWorkloads({ timeout, parts: "pods", interval: WORKLOAD_INTERVAL, look }, wait);
  }
  /** Watches all of a release, that were whole, for so many milliseconds; see `watchWorkloads`. */
  watch(release, duration, wait, ask) {
    const look = () => this.#judgeAll(release);
    return watchWorkloads({ duration, interval: WORKLOAD_INTERVAL, look, ask }, wait);
  }
  /** Why pods of a release fail. Never throws. */
  async evidence(release) {
    try {
      const found = await this.#look(release);
      const states = new Map(found.map((each) => [each.name, each]));
      return await podEvidence(this.#context.api, states, this.#known);
    } catch {
      return [];
    }
  }
  async #look(release) {
    const { api, resources } = this.#context;
    const { objects, namespace } = release.definition;
    const names = workloadNames(objects);
    const judged = objects.flatMap((wanted) => {
      const name = names.get(referenceKey(referenceTo(wanted)));
      if (name === void 0 || wanted.kind === "Job" && this.#jobsHaveRun(release)) return [];
      return runsContainers(wanted) || isCustom(wanted) ? [{ name, wanted }] : [];
    });
    return await allOrThrow(
      judged.map(async ({ name, wanted }) => ({
        ...await readWorkload(api, resources, wanted),
        ...{ name, wanted, namespace: wanted.metadata.namespace ?? namespace }
      }))
    );
  }
  async #judgeAll(release) {
    const found = await this.#look(release);
    return await allOrThrow(found.map((each) => this.#judge(each)));
  }
  async #judge(found) {
    const { api } = this.#context;
    const { name, wanted, namespace, current } = found;
    if (wanted.kind === "StatefulSet") await removeBrokenPods(api, found, this.#known);
    const verdict = judgeWorkload(wanted, found, this.#known);
    const waiting = current.find(isPulling);
    if (verdict.kind !== "pending" || !verdict.pulling || waiting === void 0)
      return { name, verdict, pause: podPause(wanted), advice: podPullAdvice(verdict) };
    const problem = await preparationProblem(api, namespace, waiting);
    return { name, verdict: problem === void 0 ? verdict : { ...verdict, problem, pulling: false } };
  }
  #workload(found) {
    const { name, wanted, object } = found;
    const verdict = judgeWorkload(wanted, found, this.#known);
    const isOurs = object !== void 0 && isOwnObject(object, this.#context.of);
    const label = isOurs ? releaseLabelOf(object) : void 0;
    const problem = verdict.kind === "whole" ? void 0 : verdict.kind === "failed" ? verdict.why : verdict.problem ?? `${verdict.counts.ready} of ${verdict.counts.wanted} pods are ready`;
    return {
      ...{ name, kind: wanted.kind, ...verdict.counts, problem },
      release: label !== void 0 && isReleaseId(label) ? label : void 0
    };
  }
};
var podPullAdvice = (verdict) => verdict.kind === "pending" && /can't be pulled/.test(verdict.problem ?? "") ? ` Does the image exist, do the nodes reach the registry, and may they pull? With "${inputRef("pull-secret")}", Sealift gives them the login of "${inputRef("registry-username")}".` : "";

// src/kubernetes/remove-app.ts
async function planAppRemoval(context, objects, namespace, records, volumes) {
  const { api, of } = context;
  const [found, claims, pullSecrets] = await Promise.all([
    objects.others(void 0),
    objects.claims(),
    listPullSecrets(api, of, namespace)
  ]);
  const references = [...inApplyOrder(found).toReversed(), ...pullSecrets];
  const steps = [];
  const removing = (all) => ({
    text: `remove ${joinWithAnd(all.map(referenceText))}`,
    async run(signal) {
      for (const reference of all) await removeObject(context, reference, { signal });
    }
  });
  if (references.length > 0) steps.push(removing(references));
  if (volumes && claims.length > 0) steps.push(removing(claims));
  const { documents, unreadable = [] } = records;
  if (documents.length + unreadable.length > 0 || steps.length > 0) {
    steps.push({
      text: `remove the records of ${records.releases.length === 1 ? "one release" : `${records.releases.length} releases`}`,
      async run() {
        await objects.forgetTried();
        await removeKubernetesRecords(api, of, namespace, documents, unreadable);
      }
    });
  }
  return { live: acceptedRelease(records)?.id, steps, kept: volumes ? void 0 : keptClaims(claims) };
}
function keptClaims(claims) {
  if (claims.length === 0) return void 0;
  const command = [...Map.groupBy(claims, ({ namespace = "default" }) => namespace)].map(([space, each]) => `kubectl -n ${space} delete pvc ${each.map(({ name }) => name).join(" ")}`).join(" && ");
  return { volumes: claims.map(({ name }) => name), command };
}

// src/kubernetes/require-rights.ts
function rightsFor({ definition }) {
  const { namespace, objects } = definition;
  const workloads = objects.filter(runsContainers);
  const placed = workloads.map(({ kind, metadata }) => ({ kind, place: metadata.namespace ?? namespace }));
  const places = (...kinds) => [
    ...new Set(
      placed.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind)).map((each) => each.place)
    )
  ];
  const rights = (verb, group2, resource, spaces) => spaces.map((each) => ({ verb, group: group2, resource, namespace: each }));
  return [
    ...rights("delete", "", "secrets", [namespace]),
    ...rights("list", "", "pods", places()),
    ...rights("list", "apps", "replicasets", places("Deployment")),
    ...rights("delete", "batch", "jobs", places("Job"))
  ];
}
async function requireRights(api, release) {
  const denied = await allOrThrow(
    rightsFor(release).map(async (right) => await isDenied(api, right) ? [right] : [])
  );
  const texts = denied.flat().map(({ verb, resource, namespace }) => `${verb} ${resource} in ${namespace}`);
  if (texts.length === 0) return;
  throw new ConfigurationError(
    `kubeconfig: its user may not ${texts.join(", ")}, which Sealift needs once the release is applied. Give it the Role in docs/kubernetes.md.`
  );
}
async function isDenied(api, { namespace, ...right }) {
  const body = {
    ...{ apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview" },
    spec: { resourceAttributes: { ...right, namespace } }
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const answer = await api.request("POST", path, { purpose: "ask what the user may do", body }).catch(() => void 0);
  const status = asObject(asObject(answer)["status"]);
  return status["allowed"] === false && asText(status["evaluationError"]) === void 0;
}

// src/kubernetes/run-kubernetes-hook.ts
const { randomUUID: randomUUID2 } = require("node:crypto");
var HOOK_INTERVAL = 500;
async function runKubernetesHook({ api, log }, release, hook, wait) {
  const workload = workloadOf(release, hook);
  const namespace = workload.metadata.namespace ?? release.definition.namespace;
  const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  await removeHookJobs(api, release, jobs);
  const body = hookJob(workload, release, hook);
  try {
    await api.request("POST", jobs, { purpose: `run ${hook.when}-release in ${hook.service}`, body });
    return await awaitHook(
      { api, log },
      namespace,
      String(asObject(body["metadata"])["name"]),
      release,
      hook,
      wait
    );
  } finally {
    await removeHookJobs(api, release, jobs).catch(() => void 0);
  }
}
function workloadOf({ definition }, { service }) {
  const names = workloadNames(definition.objects);
  const found = definition.objects.find((object) => names.get(referenceKey(referenceTo(object))) === service);
  if (found === void 0) throw new ConfigurationError(`The release has no workload ${service}.`);
  return found;
}
async function removeHookJobs(api, release, jobs) {
  const labelSelector = roleSelector(release, CLUSTER_ROLE.hook);
  const list = await api.request("GET", jobs, { purpose: "list jobs", query: { labelSelector } });
  for (const job of asList(asObject(list)["items"])) {
    const { name } = asObject(asObject(job)["metadata"]);
    const body = { propagationPolicy: "Background" };
    await api.request("DELETE", `${jobs}/${String(name)}`, { purpose: "remove a job", body }).catch((error) => {
      if (!isRefusal(error, "NotFound")) throw error;
    });
  }
}
function hookJob(workload, release, { service, when, argv }) {
  const spec = asObject(podTemplateOf(workload)["spec"]);
  const image = release.services[service]?.image;
  const containers = asList(spec["containers"]).map(asObject);
  const container = containers.find((each) => each["image"] === image) ?? containers[0] ?? {};
  const helpers = asList(spec["initContainers"]).filter(
    (each) => asObject(each)["restartPolicy"] === "Always"
  );
  const labels = { ...labelsOf(release), [LABEL.role]: CLUSTER_ROLE.hook };
  const name = `${workload.metadata.name.slice(0, 45)}-${when}-${randomUUID2().slice(0, 6)}`;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: {
          ...pickKeys(spec, KEPT_SETTINGS),
          restartPolicy: "Never",
          ...helpers.length > 0 ? { initContainers: helpers } : {},
          containers: [
            {
              ...withoutKeys(
                container,
                "args",
                "ports",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
                "lifecycle"
              ),
              command: argv
            }
          ]
        }
      }
    }
  };
}
var KEPT_SETTINGS = [
  "volumes",
  "serviceAccountName",
  "automountServiceAccountToken",
  "imagePullSecrets",
  "securityContext",
  "nodeSelector",
  "affinity",
  "tolerations",
  "dnsPolicy",
  "dnsConfig",
  "hostAliases",
  "hostNetwork",
  "runtimeClassName",
  "priorityClassName",
  "terminationGracePeriodSeconds"
];
async function awaitHook({ api, log }, namespace, job, release, hook, { signal }) {
  var _stack = [];
  try {
    const output = __using(_stack, new LoggedOutput(log, HOOK_ERROR_LINES));
    const startedAt = performance.now();
    const timeout = release.health.timeout;
    let after = "";
    for (; ; ) {
      const pod = await podOfJob(api, namespace, job);
      const container = pod?.containers.at(-1);
      if (pod !== void 0 && container !== void 0 && (container.isRunning || container.ended !== void 0)) {
        const { lines, last } = await linesAfter(api, namespace, pod, container.name, after, signal);
        for (const line of lines) output.push(line);
        after = last;
        if (container.ended?.exitCode === 0) return "exit code 0";
        if (container.ended !== void 0) {
          throw new HostError(api.host, hookPodFailureText(hook, container.ended), {
            evidence: output.lastLines,
            alreadyLogged: true
          });
        }
      } else {
        const problem = pod === void 0 ? void 0 : podProblem(pod, /* @__PURE__ */ new Map());
        const elapsed = performance.now() - startedAt;
        const prevented = pod === void 0 || elapsed <= timeout ? void 0 : await preparationProblem(api, namespace, pod);
        if (problem?.isFinal === true || prevented !== void 0 || !mayStillStart(pod, elapsed, timeout)) {
          const why = problem?.text ?? prevented ?? (pod === void 0 ? await jobProblem(api, namespace, job) : `its pod is ${pod.phase}`);
          throw new HostError(
            api.host,
            `${hookName(hook.when, hook.argv)} was not started in ${hook.service} within ${formatDuration(elapsed)}: ${why}.`
          );
        }
      }
      await pause(HOOK_INTERVAL, signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
var mayStillStart = (pod, elapsed, timeout) => elapsed <= (pod !== void 0 && isPulling(pod) ? Math.max(timeout, PULL_LIMIT) : timeout);
async function podOfJob(api, namespace, job) {
  const list = await api.request("GET", `/api/v1/namespaces/${namespace}/pods`, {
    purpose: `list the pods of ${job}`,
    query: { labelSelector: `job-name=${job}` }
  });
  const [pod] = asList(asObject(list)["items"]);
  return pod === void 0 ? void 0 : readPod(pod);
}
async function jobProblem(api, namespace, job) {
  const list = await api.request("GET", `/api/v1/namespaces/${namespace}/events`, {
    purpose: "list events",
    query: { fieldSelector: `involvedObject.name=${job},type=Warning` }
  }).catch(() => void 0);
  const message = asText(asObject(asList(asObject(list)["items"]).at(-1))["message"]);
  return message ?? "the cluster has made no pod for it";
}
var MOST_LOG_BYTES = 1e7;
async function linesAfter(api, namespace, { name }, container, after, signal) {
  const text = await api.text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, {
    ...{ purpose: `read the log of ${name}`, signal },
    query: {
      ...{ container, timestamps: "true", limitBytes: String(MOST_LOG_BYTES) },
      sinceTime: after === "" ? void 0 : after
    }
  }).catch(() => "");
  const isCut = Buffer.byteLength(text) >= MOST_LOG_BYTES;
  const whole = isCut && text.slice(0, text.lastIndexOf("\n") + 1) || text;
  const entries = whole.split("\n").filter((line) => line !== "").map((line) => ({ time: line.slice(0, line.indexOf(" ")), line: line.slice(line.indexOf(" ") + 1) })).filter(({ time }) => time > after);
  return { lines: entries.map(({ line }) => line), last: entries.at(-1)?.time ?? after };
}
function hookPodFailureText(hook, ended) {
  if (ended.reason === "OOMKilled")
    return `${hookName(hook.when, hook.argv)} ${containerEndText(ended)} in ${hook.service}.`;
  return `${hookName(hook.when, hook.argv)} failed in ${hook.service} with exit code ${ended.exitCode}.`;
}

// src/kubernetes/kubernetes-cluster.ts
var KubernetesCluster = class {
  lockPlace;
  #connection;
  #step;
  #options;
  #context;
  #objects;
  #workloads;
  #traffic;
  /** The release whose Jobs this run has started. */
  #jobsOf;
  #records;
  constructor(connection, of, step, options) {
    const { api, namespace } = connection;
    this.#connection = connection;
    this.#step = step;
    this.#options = options;
    this.lockPlace = new KubernetesLockPlace(api, of, namespace);
    this.#context = { api, resources: new ApiResources(api), of };
    this.#objects = new ReleaseObjects(this.#context, namespace);
    this.#workloads = new ReleaseWorkloads(this.#context, (release) => this.#wasAccepted(release));
    const log = (line) => step.log.info(line);
    this.#traffic = new ReleaseTraffic(this.#context, this.#workloads, { ...options, log });
  }
  keepsReleases = true;
  get host() {
    return this.#context.api.host;
  }
  async observe() {
    const { api, of } = this.#context;
    const records = await readKubernetesRecords(api, of, this.#connection.namespace);
    this.#records = records;
    await this.#objects.observe(records);
    const live = acceptedRelease(records);
    const found = live === void 0 ? { workloads: [], missing: [] } : await this.#workloads.observe(live);
    return { records, ...found };
  }
  /**
   * Makes the namespaces that manifests describe and the cluster does not have: even the lock is in one of them.
   * @param objects as they are applied
   */
  async makeNamespaces(objects) {
    for (const object of objects.filter(({ kind }) => kind === "Namespace"))
      if (await createMissing(this.#context, object, this.#options.adopt))
        this.#step.log.info(`${objectText(object)} created.`);
  }
  async plan(release, { records, workloads }) {
    requireRecordable({ sequence: records.sequence + 1, release, history: records.history });
    await requireRights(this.#context.api, release);
    const isLive = acceptedRelease(records)?.id === release.id;
    const planned2 = await planObjects(this.#context, release.definition.objects, {
      adopt: this.#options.adopt,
      runsJobs: !this.#wasAccepted(release)
    });
    const gone = await this.#objects.others(release);
    const changes = [
      ...isLive ? withRepairs(planned2, workloads) : planned2,
      ...gone.map(({ kind: kind2, name }) => ({ kind: "remove", what: kind2, name, differences: [] }))
    ];
    const { kind } = this.#options.traffic;
    const isBeside = switchedServices(release.definition.objects).length > 0;
    const strategy = isBeside ? `kubernetes, ${kind === "rolling" ? "blue-green" : kind}` : "kubernetes";
    const plan = { release: release.id, strategy };
    if (isLive) return { ...plan, changes: changes.every(({ kind: kind2 }) => kind2 === "relabel") ? [] : changes };
    return { ...plan, changes: changes.length === 0 ? [acceptanceOnly(release.id)] : changes };
  }
  /** What the workloads need to start is made here if it is new; what exists is changed with them. */
  async prepare(release) {
    const { adopt, registrySecret: registrySecret2 } = this.#options;
    const { objects } = release.definition;
    await this.makeNamespaces(objects);
    await this.#objects.noteBefore([...objects, ...this.#traffic.passingObjects(release)], adopt);
    const secret = registrySecret2(release);
    if (secret !== void 0) await applyRegistrySecret(this.#context, release, secret, adopt);
    const created = await createNeeded(this.#context, objects, adopt);
    return created === 0 ? "nothing is missing" : `${created} created`;
  }
  runHook(release, hook, wait) {
    const log = (line) => this.#step.log.info(`│ ${line}`);
    return runKubernetesHook({ api: this.#context.api, log }, release, hook, wait);
  }
  async apply(release, { signal }, undo) {
    const force = undo || this.#options.adopt;
    const runsJobs = !this.#wasAccepted(release);
    const options = { force, signal, runsJobs, failed: this.#jobsOf };
    if (undo) return await this.#traffic.goBack(release, options);
    this.#jobsOf = runsJobs ? release.id : void 0;
    await this.#traffic.start(release, this.#live, options);
  }
  moves(release) {
    return this.#traffic.moves(release);
  }
  converge(release, wait) {
    return this.#workloads.converge(release, wait);
  }
  evidence(release) {
    return this.#workloads.evidence(release);
  }
  removeOthers(release) {
    return this.#objects.removeOthers(release);
  }
  removal({ records }, volumes) {
    return planAppRemoval(this.#context, this.#objects, this.#connection.namespace, records, volumes);
  }
  record(document) {
    return writeKubernetesRecord(this.#context.api, this.#context.of, document);
  }
  async prune(records, kept) {
    const { api, of } = this.#context;
    await this.#objects.removeOthers(acceptedRelease(records));
    await this.#objects.forgetTried();
    const outdated = outdatedDocuments(records, kept);
    await removeKubernetesRecords(api, of, this.#connection.namespace, outdated);
    return `${outdated.length} records removed`;
  }
  async [Symbol.asyncDispose]() {
    await this.#connection[Symbol.asyncDispose]();
  }
  get #live() {
    return this.#records === void 0 ? void 0 : acceptedRelease(this.#records);
  }
  #wasAccepted({ id }) {
    return lastAcceptanceOf(this.#records?.history ?? [], id) !== void 0;
  }
};

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
    const pulling2 = current.some(({ state }) => state === "preparing");
    return {
      kind: "pending",
      counts,
      problem: problem ?? (isNowhere ? NOWHERE : void 0),
      failures: failed.length,
      pulling: pulling2
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
  let count2 = 0;
  for (const { kind, name, content } of contents) {
    const existing = kind === "secret" ? secrets : configs;
    if (existing.some((each) => each.name === name)) continue;
    try {
      if (kind === "secret") await swarm.createSecret(name, labels, content);
      else await swarm.createConfig(name, labels, content);
      count2 += 1;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return count2;
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
      throw new SealiftError(`${what} after ${STACK_REMOVAL_TIMEOUT / 1e3} s${why}. Run this job again.`);
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
const { randomUUID: randomUUID3 } = require("node:crypto");

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
  const name = `${hook.service}-${hook.when}-${randomUUID3().slice(0, 4)}`;
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
const { randomUUID: randomUUID4 } = require("node:crypto");
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
    const content = JSON.stringify({ actor, runUrl, nonce: randomUUID4() });
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

// src/kubernetes/open-kubernetes.ts
const { randomUUID: randomUUID5 } = require("node:crypto");
const { writeFile } = require("node:fs/promises");
const { join } = require("node:path");

// src/kubernetes/kubernetes-api.ts
const http = require("node:http");
var RETRY_TIME = 6e4;
var CALL_INTERVAL = 1e3;
var SILENCE_LIMIT = 6e4;
var MOST_ANSWER_BYTES = 128e6;
var KubernetesApi = class {
  host;
  #socketPath;
  #agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  #retryTime;
  /** What the server's clock is ahead of ours, in milliseconds. */
  #clockOffset = 0;
  /** @param socketPath where a proxy listens that adds the credentials */
  constructor(host, socketPath, retryTime = RETRY_TIME) {
    this.host = host;
    this.#socketPath = socketPath;
    this.#retryTime = retryTime;
  }
  /** The server's time, in milliseconds since the epoch. It tells it in seconds. */
  now() {
    return Date.now() + this.#clockOffset;
  }
  /** @throws KubernetesRefusal; SealiftError if the API server is not reached */
  async request(method, path, call) {
    const { body } = await this.#answer(method, path, call);
    return parseJson(body);
  }
  /** The same for an object that may not exist: `undefined` when the server answers 404. */
  async find(path, purpose, signal) {
    try {
      return await this.request("GET", path, { purpose, signal });
    } catch (error) {
      if (error instanceof KubernetesRefusal && error.status === 404) return void 0;
      throw error;
    }
  }
  /** An answer that is no JSON, such as a log. */
  async text(path, call) {
    return (await this.#answer("GET", path, call)).body.toString();
  }
  close() {
    this.#agent.destroy();
  }
  async #answer(method, path, call) {
    const end = performance.now() + this.#retryTime;
    for (; ; ) {
      call.signal?.throwIfAborted();
      let failure;
      try {
        const answer = await this.#send(method, path, call);
        if (answer.status < 400) return answer;
        const refusal = new KubernetesRefusal(
          call.purpose,
          answer.status,
          parseJson(answer.body) ?? answer.body.toString()
        );
        if (!isTransientStatus(answer.status, method)) throw refusal;
        failure = refusal;
      } catch (error) {
        if (error instanceof SealiftError || call.signal?.aborted) throw error;
        failure = error;
      }
      if (performance.now() > end) {
        throw new SealiftError(
          `${this.host}: the API server does not answer (${call.purpose}): ${messageOf(failure)}. Is it up, and may this runner reach it?`,
          { cause: failure }
        );
      }
      await pause(CALL_INTERVAL, call.signal);
    }
  }
  #send(method, path, { purpose, query, body, contentType, signal }) {
    const content = body === void 0 ? void 0 : Buffer.from(JSON.stringify(body));
    const headers = {
      // The proxy accepts no other name.
      host: "localhost",
      accept: "application/json, */*",
      ...content === void 0 ? {} : { "content-type": contentType ?? "application/json", "content-length": content.length }
    };
    return new Promise((resolve, reject) => {
      const request2 = http.request({
        ...{
          socketPath: this.#socketPath,
          agent: this.#agent,
          method,
          path: `${path}${queryString(query)}`,
          headers
        },
        ...signal === void 0 ? {} : { signal },
        timeout: SILENCE_LIMIT
      });
      request2.on("timeout", () => request2.destroy(new Error(`no answer for ${SILENCE_LIMIT / 1e3} s`)));
      request2.on("error", reject);
      request2.on("response", (response) => {
        this.#readAnswer(response, purpose).then(resolve, reject);
      });
      request2.end(content);
    });
  }
  async #readAnswer(response, purpose) {
    const { body, isCut } = await collect(response, MOST_ANSWER_BYTES);
    if (isCut) {
      throw new SealiftError(
        `${this.host}: could not ${purpose}: the answer has more than ${MOST_ANSWER_BYTES / 1e6} MB. No API server answers so: what listens there?`
      );
    }
    const date = Date.parse(response.headers.date ?? "");
    if (!Number.isNaN(date)) this.#clockOffset = date - Date.now();
    return { status: response.statusCode ?? 0, body };
  }
};
var isTransientStatus = (status, method) => [429, 502, 503, 504].includes(status) || status === 500 && method === "GET";

// src/kubernetes/open-kubernetes.ts
var FIRST_ANSWER_TIME = 1e4;
var PROXY_OUTPUT_LINES = 10;
async function openKubernetes(access, program, step) {
  const kubectl = await prepareKubectl(access, program, step);
  const { host, namespace } = await readContext(kubectl, access, step);
  const socket = join(step.folder, `k-${randomUUID5().slice(0, 8)}`);
  const ended = new AbortController();
  const proxy = startProxy(kubectl, socket, step, ended.signal);
  const close = async () => {
    ended.abort(new Error("The connection is no longer needed."));
    await proxy.ended;
  };
  let version;
  try {
    await proxy.ready;
    version = await requireVersion(new KubernetesApi(host, socket, FIRST_ANSWER_TIME));
  } catch (error) {
    await close();
    throw error;
  }
  const api = new KubernetesApi(host, socket);
  return {
    ...{ api, namespace: access.namespace ?? namespace ?? "default", version, kubectl },
    async [Symbol.asyncDispose]() {
      api.close();
      await close();
    }
  };
}
async function prepareKubectl({ kubeconfig, context }, program, { folder }) {
  const environment = programEnvironment();
  if (kubeconfig !== void 0) {
    const file = join(folder, `kubeconfig-${randomUUID5().slice(0, 8)}`);
    await writeFile(file, `${kubeconfig}
`, { mode: 384 });
    environment["KUBECONFIG"] = file;
  }
  return { program, environment, options: context === void 0 ? [] : ["--context", context] };
}
async function readContext(kubectl, { kubeconfig, context }, { run }) {
  const { program, environment: env, options } = kubectl;
  const view = (...args) => run(program, ["config", ...args], { env, allowedExitCodes: [1] });
  const { exitCode, stdout, stderr } = await view("view", "--minify", "--output", "json", ...options);
  if (exitCode === 0) {
    const config = asObject(JSON.parse(stdout));
    const [chosen, cluster] = [asList(config["contexts"])[0], asList(config["clusters"])[0]];
    const server = asText(asObject(asObject(cluster)["cluster"])["server"]);
    if (server !== void 0) {
      const namespace = asText(asObject(asObject(chosen)["context"])["namespace"]);
      return { host: hostName(server.replace(/\/+$/, "")), namespace };
    }
  }
  const listed = await view("get-contexts", "--output", "name");
  const names = listed.stdout.split("\n").filter((name) => name !== "");
  if (listed.exitCode !== 0) {
    const why = (listed.stderr || stderr).trim().split("\n").at(-1) ?? "";
    throw new ConfigurationError(`kubeconfig: it can't be read: ${why.replace(/^error: /, "")}`);
  }
  if (names.length === 0) {
    throw new ConfigurationError(
      kubeconfig === void 0 ? "kubeconfig: missing, and kubectl on this runner has no context either. Set it to the text of a kubeconfig, preferably from a secret, or log in to the cluster in a step before this one." : 'kubeconfig: it has no context. Give the whole text of a kubeconfig, as "kubectl config view --minify --flatten" prints it.'
    );
  }
  throw new ConfigurationError(
    context === void 0 ? `kube-context: missing, and the kubeconfig names no current one. Name one of ${names.join(", ")}.` : `kube-context: the kubeconfig has no context "${context}", only ${names.join(", ")}.`
  );
}
function startProxy({ program, environment, options }, socket, { run }, signal) {
  const ready = Promise.withResolvers();
  const tail = new Tail(PROXY_OUTPUT_LINES);
  const onLine = (line) => {
    tail.push(line);
    if (line.includes("Starting to serve")) ready.resolve();
  };
  const fail = (cause) => {
    if (tail.lines.some((line) => line.startsWith("Please enter Username"))) {
      ready.reject(
        new ConfigurationError(
          "kubeconfig: the user of its context has no credentials. Give one with a token, a certificate or a program that logs in."
        )
      );
      return;
    }
    ready.reject(
      new SealiftError(`kubectl proxy did not start: ${tail.lines.at(-1) ?? "it printed nothing"}`, {
        cause,
        evidence: cause instanceof CommandError ? cause.evidence : tail.lines
      })
    );
  };
  const args = [
    "proxy",
    "--unix-socket",
    socket,
    "--reject-methods",
    "^$",
    "--reject-paths",
    "^$",
    ...options
  ];
  const ended = run(program, args, { env: environment, onLine, signal }).then(() => fail(void 0), fail);
  return { ready: ready.promise, ended };
}
async function requireVersion(api) {
  try {
    const answer = await api.request("GET", "/version", { purpose: "ask for the version of the cluster" });
    return asText(asObject(answer)["gitVersion"]) ?? "";
  } finally {
    api.close();
  }
}

// src/tools/kubectl.ts
var KUBECTL_RELEASE = "https://dl.k8s.io/release/v1.36.1/bin/linux";
var KUBECTL = {
  name: "kubectl",
  title: "kubectl",
  version: "1.36.1",
  files: {
    "linux-x64": {
      url: `${KUBECTL_RELEASE}/amd64/kubectl`,
      sha256: "629d3f410e09bf49b64ae7079f7f0bda1191efed311f7d37fdbab0ad5b0ec2b7"
    },
    "linux-arm64": {
      url: `${KUBECTL_RELEASE}/arm64/kubectl`,
      sha256: "59f7ee8e477fae658447607dc3c8790ac17a1b016c01c622c12070e969e2d4e7"
    }
  },
  advice: "Install kubectl on the runner in a step before this one."
};
async function findKubectl(step, signal) {
  try {
    const { stdout } = await step.run("kubectl", ["version", "--client", "--output", "json"], {
      env: programEnvironment(),
      signal
    });
    const version = asText(asObject(asObject(JSON.parse(stdout))["clientVersion"])["gitVersion"]);
    return { program: "kubectl", version: version ?? "" };
  } catch (error) {
    if (error instanceof CommandError)
      throw new SealiftError(`kubectl of this runner does not work: ${error.message}`, { cause: error });
    if (!(error instanceof ConfigurationError)) throw error;
    step.log.info(`This runner has no kubectl. This step uses ${KUBECTL.version}.`);
    const { fetchTool } = await import("./fetch-tool-M6FZ5LZO.js");
    return { program: await fetchTool(KUBECTL, step, signal), version: `v${KUBECTL.version}` };
  }
}

// src/commands/connect-to-kubernetes.ts
async function connectToKubernetes({ access }, context) {
  const { program, version } = await findKubectl(context, context.signal);
  const connection = await openKubernetes(access, program, context);
  const { api, namespace, version: server } = connection;
  context.log.info(`${api.host}, Kubernetes ${server}, namespace ${namespace}, kubectl ${version}`);
  if (Math.abs(minorOf(version) - minorOf(server)) > 1) {
    context.log.info(
      `kubectl ${version} and Kubernetes ${server} are more than one minor version apart, which Kubernetes does not support. Sealift only connects and renders with kubectl; if that fails, install another one.`
    );
  }
  return connection;
}
var minorOf = (version) => Number(/^v\d+\.(?<minor>\d+)/.exec(version)?.groups?.["minor"]);

// src/commands/open-cluster.ts
async function openCluster(request2, context) {
  if (request2.orchestrator === "kubernetes") {
    const connection = await connectToKubernetes(request2.destination, context);
    const options = { adopt: false, registrySecret: () => void 0, traffic: { kind: "rolling" } };
    return new KubernetesCluster(connection, request2.destination, context, options);
  }
  const managers = await connectToManagers(request2.destination, context);
  return new SwarmCluster(managers, request2.destination, context, async () => programEnvironment());
}

// src/commands/cluster-status.ts
async function clusterStatus(request2, context) {
  var _stack = [];
  try {
    const { app, environment } = request2.destination;
    context.report.set({ app, environment });
    const cluster = __using(_stack, await group("Connect", () => openCluster(request2, context)), true);
    await reportClusterStatus(cluster, context);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function reportClusterStatus(cluster, { report, log }) {
  const found = await cluster.observe().catch((error) => {
    const why = messageWithoutHost(cluster.host, error);
    const hosts2 = [{ host: cluster.host, was: void 0, is: void 0, unknown: true, why }];
    report.set({ result: "reported", hosts: hosts2 });
    for (const line of statusLines(hosts2)) log.info(line);
    throw error;
  });
  const live = acceptedRelease(found.records);
  const hosts = [clusterHostReport(cluster.host, found)];
  const history = historyOf([{ host: cluster.host, history: found.records.history, releases: [] }]);
  report.set({
    result: "reported",
    release: live?.id,
    live: live?.id,
    previous: releaseBefore(found.records.history, live?.id),
    revision: live?.origin.revision,
    images: live === void 0 ? {} : builtImages(live),
    hosts,
    history
  });
  for (const line of [...statusLines(hosts), ...historyLines(history, 1)]) log.info(line);
}

// src/cluster/go-back.ts
async function goBackTo(cluster, previous, others, run, progress, lost) {
  const wait = { signal: lost, onProgress: (line) => progress.onWait(line) };
  const undo = true;
  if (previous !== void 0) {
    const back = async () => {
      await cluster.prepare(previous, []);
      await cluster.apply(previous, wait, undo);
    };
    await run.step("start", `deploy ${previous.id} again`, back, undo);
  }
  if (cluster.keepsReleases) {
    const remove = async () => removedText(await cluster.removeOthers(previous));
    await run.step("retire", `remove what only ${others} has`, remove, undo);
  }
  if (previous !== void 0) {
    const check = () => cluster.converge(previous, wait);
    await run.step("check", `wait until ${previous.id} runs, whole`, check, undo);
  }
}
var removedText = (names) => names.length === 0 ? "no workload to remove" : `removed ${joinWithAnd(names)}`;

// src/cluster/prune-old.ts
async function pruneOld(cluster, { unreadable = [] }, keep, after) {
  if (unreadable.length > 0) return `all records stay: ${joinWithAnd(unreadable)} can't be read`;
  return await cluster.prune(after, keptReleases(after, keep));
}

// src/cluster/step-runner.ts
var StepRunner = class {
  steps = [];
  #progress;
  #lock;
  #startedAt = performance.now();
  constructor(progress, lock) {
    this.#progress = progress;
    this.#lock = lock;
  }
  /** @throws what the action throws, after the step is reported; HostError if the lock is lost, before it has begun */
  async step(stage, text, action, undo = false) {
    await this.#lock.assertHeld();
    const at = performance.now() - this.#startedAt;
    this.#progress.onStepStart(text);
    const end = (ok, note2) => {
      const step = { stage, text, at, took: performance.now() - this.#startedAt - at, ok, undo, note: note2 };
      this.steps.push(step);
      this.#progress.onStepEnd(step);
    };
    try {
      end(true, await action());
    } catch (error) {
      const cause = this.#lock.lost.aborted ? this.#lock.lost.reason : error;
      end(false, cause instanceof SealiftError ? cause.message : messageOf(cause));
      throw cause;
    }
  }
};

// src/cluster/execute-release.ts
async function executeRelease(cluster, lock, deployment, progress, cancelled) {
  const run = new StepRunner(progress, lock);
  const signal = AbortSignal.any([cancelled, lock.lost]);
  const wait = { signal, onProgress: (line) => progress.onWait(line) };
  const { release, hooks, verify, records } = deployment;
  try {
    await run.step(
      "prepare",
      "create what the workloads need first",
      () => cluster.prepare(release, deployment.contents)
    );
    for (const hook of hooks.before)
      await run.step(
        "before-release",
        hookText(hook),
        () => cluster.runHook(release, { ...hook, when: "before" }, wait)
      );
    signal.throwIfAborted();
    await lock.assertHeld();
  } catch (failure) {
    await removeLeftovers(cluster, lock, deployment);
    return { kind: "untouched", steps: run.steps, failure, evidence: [], undoFailure: void 0 };
  }
  try {
    await run.step("start", `deploy ${release.id}`, async () => {
      await cluster.apply(release, wait, false);
      return void 0;
    });
    await run.step("check", `wait until ${release.id} runs, whole`, () => cluster.converge(release, wait));
    const moves = cluster.moves(release);
    const move = async (wanted) => {
      for (const { stage, text, run: action } of moves)
        if (stage === wanted) await run.step(stage, text, () => action(wait));
    };
    await move("switch");
    if (verify !== void 0) await run.step("verify", "ask url", () => verify(signal));
    await move("bake");
    signal.throwIfAborted();
    if (cluster.keepsReleases) {
      await run.step("accept", `record ${release.id} as accepted`, async () => {
        await cluster.record(nextDocument(records, release, deployment.entryFor("accepted")));
        return void 0;
      });
    }
  } catch (failure) {
    const evidence = await cluster.evidence(release);
    return await goBack(cluster, lock, deployment, { run, progress, failure, evidence });
  }
  return { kind: "accepted", steps: run.steps, warnings: await finish(cluster, deployment, run, wait) };
}
var hookText = ({ service, argv }) => `run ${formatCommand(argv)} in ${service}`;
async function removeLeftovers(cluster, lock, deployment, after = deployment.records) {
  try {
    await lock.assertHeld();
    await pruneOld(cluster, deployment.records, deployment.keep, after);
  } catch {
  }
}
async function goBack(cluster, lock, deployment, { run, progress, failure, evidence }) {
  const { previous, release, records } = deployment;
  const { steps } = run;
  if (failure instanceof ForeignRecordError)
    return { kind: "broken", steps, failure, evidence, undoFailure: failure };
  try {
    await goBackTo(cluster, previous, release.id, run, progress, lock.lost);
  } catch (undoFailure) {
    await recordFailure(cluster, lock, deployment);
    return { kind: "broken", steps, failure, evidence, undoFailure };
  }
  const after = await recordFailure(cluster, lock, deployment) ?? records;
  await removeLeftovers(cluster, lock, deployment, after);
  return { kind: "restored", steps, failure, evidence, undoFailure: void 0 };
}
async function recordFailure(cluster, lock, { records, release, entryFor }) {
  if (!cluster.keepsReleases) return void 0;
  const document = nextDocument(records, release, entryFor("rolled-back"));
  try {
    await lock.assertHeld();
    await cluster.record(document);
    return withDocument(records, document);
  } catch {
    return void 0;
  }
}
async function finish(cluster, deployment, run, wait) {
  const { release, records, hooks, entryFor } = deployment;
  if (!cluster.keepsReleases) return [];
  const warnings2 = [];
  const attempt = async (stage, text, action) => {
    try {
      await run.step(stage, text, action);
    } catch (error) {
      warnings2.push(`${text}: ${messageOf(error)}`);
    }
  };
  const after = withDocument(records, nextDocument(records, release, entryFor("accepted")));
  await attempt(
    "retire",
    `remove what only earlier releases have`,
    async () => [
      removedText(await cluster.removeOthers(release)),
      await pruneOld(cluster, records, deployment.keep, after)
    ].join("; ")
  );
  for (const hook of hooks.after)
    await attempt(
      "after-release",
      hookText(hook),
      () => cluster.runHook(release, { ...hook, when: "after" }, wait)
    );
  return warnings2;
}
var withDocument = ({ documents }, document) => clusterRecords([...documents, document].map(documentText));

// src/cluster-deployment.ts
async function deployToCluster(request2) {
  const { cluster, orchestrator, lock, found, release, contents, hooks, keep, options, context } = request2;
  const { records } = found;
  const live = acceptedRelease(records);
  warnOfUnreadableDocuments(request2);
  const reported = {
    ...{ host: cluster.host, orchestrator, release, context },
    previous: live?.id,
    // Of what was made by hand there are no records to go back by.
    keep: cluster.keepsReleases ? keep : 1
  };
  const plan = await cluster.plan(release, found);
  reportClusterPlan(
    { ...reported, previous: releaseBefore(records.history, release.id) },
    plan,
    found,
    options.dryRun
  );
  if (lock === void 0 || plan.changes.length === 0) return;
  const verb = request2.command === "rollback" ? "Roll back to" : "Deploy";
  const outcome = await group(
    `${verb} ${release.id}`,
    () => executeRelease(
      cluster,
      lock,
      {
        ...{ release, previous: live, contents, records, hooks, keep },
        verify: clusterUrlCheck(request2),
        entryFor: (event) => historyEntry(request2, event, live?.id)
      },
      clusterProgress(context),
      context.signal
    )
  );
  reportClusterOutcome(reported, outcome);
}
function warnOfUnreadableDocuments({
  cluster: { host },
  found: { records },
  context: { log, report }
}) {
  const { unreadable = [] } = records;
  if (unreadable.length === 0) return;
  const warning = `${host}: records can't be read: ${joinWithAnd(unreadable)}. Nothing old is removed while they are there, and a rollback can't go to their releases.`;
  log.warning(warning);
  addWarnings(report, [warning]);
}
function clusterUrlCheck({
  options: { url },
  context
}) {
  if (url === void 0) return void 0;
  context.report.set({ environmentUrl: url.url });
  return async (signal) => {
    const answer = await checkUrl(url, signal).catch((error) => {
      context.report.set({ answer: UNEXPECTED_ANSWER_TEXT });
      throw error;
    });
    context.report.set({ answer });
    return `${url.url} answered ${answer}`;
  };
}
function historyEntry({ release, command, approval, context }, event, previous) {
  const { report, triggeredBy } = context;
  const at = /* @__PURE__ */ new Date();
  return {
    ...{ at: at.toISOString(), event, command, release: release.id, previous, ...triggeredBy },
    revision: release.origin.revision,
    durationMs: at.getTime() - Date.parse(report.current.startedAt),
    approval
  };
}

// src/cluster-lock.ts
var TRY_INTERVAL = 1e3;
var MOST_BLIND_TRIES = 5;
async function lockCluster({ lockPlace }, wait, context) {
  var _stack = [];
  try {
    if (wait === void 0) return void 0;
    const runs = __using(_stack, ownerRuns(wait, context));
    const options = { ...context, hasEnded: (owner) => runs.hasEnded(owner) };
    return await waitForClusterLock(lockPlace, lockClaim(context), wait.timeout, options);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
async function waitForClusterLock(place, claim, timeout, { log, signal, hasEnded }, pause3 = pause) {
  var _stack = [];
  try {
    const { host } = place;
    const end = performance.now() + timeout;
    let known;
    let expired;
    const _notes = __using(_stack, reportWait(
      { limit: timeout, look: () => known && holderText(known) },
      (note2) => log.info(waitLine(`${host}: lock`, note2)),
      everyTenSeconds
    ));
    for (let blind = 0; ; ) {
      const lock = await ClusterLock.tryTake(place, claim);
      if (lock !== void 0) return lock;
      const held = await place.read();
      blind = held === void 0 ? blind + 1 : 0;
      if (blind === MOST_BLIND_TRIES) throw foreignObjectError(place);
      const former = known;
      known = held;
      const over = held && lockEnd(held, hasEnded);
      if (held !== void 0 && over !== void 0) {
        const isNew = held.id !== expired;
        expired = held.id;
        if (isNew) log.info(`${host}: the lock of ${holderText(held)} ${over}. It is removed.`);
        await place.removeExpired(held);
        if (isNew) continue;
      } else if (held !== void 0) {
        if (performance.now() >= end) throw clusterLockTimeoutError(place, held, timeout);
        if (held.id !== former?.id) log.info(`${host}: waiting for ${holderText(held)}.`);
      }
      await pause3(TRY_INTERVAL, signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
var clusterLockTimeoutError = ({ host, expiry }, held, timeout) => new HostError(
  host,
  `${inputRef("lock-timeout")}: after ${formatDuration(timeout)} it is still locked by ${holderText(held)}. Wait until that run has ended, or cancel it; then run this job again. If its job was killed, its lock ends ${expiry / 1e3} s after its last sign of life.`
);
var foreignObjectError = ({ host, name }) => new HostError(
  host,
  `something that Sealift did not make has the name of the lock: ${name}. Rename or remove it.`
);

// src/kubernetes/place-in-namespace.ts
async function placeInNamespace(manifests, { api, namespace }) {
  const resources = new ApiResources(api);
  const defined = kindsDefinedIn(manifests.map(({ object }) => object));
  const placed = [];
  for (const { object, source } of manifests) {
    const resource = await resources.find(referenceTo(object));
    const isNamespaced = resource?.isNamespaced ?? defined.get(`${apiGroupOf(object)}/${object.kind}`);
    if (isNamespaced === void 0) throw unknownKindError(object);
    placed.push({ source, object: isNamespaced ? inNamespace(object, namespace) : object });
  }
  return placed;
}
function inNamespace(object, namespace) {
  if (object.metadata.namespace !== void 0) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}
async function requireNamespace({ api, namespace }, manifests) {
  if (manifests.some(({ object }) => objectText(object) === `Namespace ${namespace}`)) return;
  const isThere = await api.find(`/api/v1/namespaces/${namespace}`, "read the namespace").then(
    (found) => found !== void 0,
    () => true
  );
  if (isThere) return;
  throw new ConfigurationError(
    `namespace: ${namespace} does not exist in the cluster. Create it, name another one, or write a Namespace into the manifests.`
  );
}

// src/kubernetes/render-manifests.ts
const { existsSync, globSync, statSync } = require("node:fs");
const { join: join2 } = require("node:path");
var KUSTOMIZATION_FILES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
var MANIFEST_FILES = "*.{yaml,yml,json}";
async function renderManifests(sources, context) {
  const rendered = [];
  for (const source of sources) rendered.push(...await renderSource(source, context));
  if (rendered.length > 0) return rendered;
  throw new ConfigurationError(
    `manifests: ${sources.map(({ path }) => path).join(", ")} describe no object. Name files with manifests.`
  );
}
async function renderSource({ path, values }, context) {
  if (existsSync(join2(path, "Chart.yaml")))
    return await parse(await renderChart(path, values, context), path, context);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (isFolder && KUSTOMIZATION_FILES.some((file) => existsSync(join2(path, file))))
    return await parse(await renderKustomization(path, context), path, context);
  const files = isFolder ? filesIn(join2(path, MANIFEST_FILES)) : existsSync(path) ? [path] : filesIn(path);
  if (files.length === 0) {
    throw new ConfigurationError(
      `manifests: ${isFolder ? `the folder "${path}" has no .yaml, .yml or .json file` : `no file has the pattern "${path}"`}. Name the files of the app.`
    );
  }
  const all = [];
  for (const file of files) all.push(...await parse({ file }, file, context));
  return all;
}
var filesIn = (pattern) => globSync(pattern).filter((file) => statSync(file).isFile()).sort();
async function renderKustomization(path, { kubectl, step, signal }) {
  try {
    const { stdout } = await step.run(kubectl, ["kustomize", path], { env: programEnvironment(), signal });
    return { text: stdout };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: kubectl kustomize refuses ${path}: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence
    });
  }
}
async function renderChart(path, values, { version, of, namespace, step, signal }) {
  const files = values.flatMap((file) => ["--values", file]);
  const args = [
    "template",
    baseProject(of).replaceAll("_", "-"),
    path,
    "--namespace",
    namespace,
    // Without it, Helm takes a version of its own.
    ...["--kube-version", version],
    "--include-crds",
    "--no-hooks",
    ...files
  ];
  try {
    return { text: (await step.run("helm", args, { env: programEnvironment(), signal })).stdout };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: helm template refuses ${path}: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence
    });
  }
}
var MOST_ERROR_LINES = 5;
function programWords({ stderr, message }) {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Use --debug flag"));
  const first = lines.findIndex((line) => /^error: /i.test(line));
  const words = first < 0 ? lines.slice(-1) : lines.slice(first, first + MOST_ERROR_LINES);
  return (words.join(" ") || message).replace(/^error: /i, "");
}
var MARK = "sealift.parsed";
async function parse(rendered, source, { kubectl, step, signal }) {
  const file = "file" in rendered ? rendered.file : "-";
  if ("text" in rendered && !/^[^#\s]/m.test(rendered.text.replaceAll(/^---.*$/gm, ""))) return [];
  const args = ["annotate", "--local", "--overwrite", "--filename", file, "--output", "json", `${MARK}=true`];
  try {
    const { stdout } = await step.run(kubectl, args, {
      env: programEnvironment(),
      signal,
      ..."text" in rendered ? { stdin: rendered.text } : {}
    });
    return objectsIn(stdout).map((value) => asManifest(value, source));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: ${source} can't be read: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence
    });
  }
}
function objectsIn(text) {
  const documents = text.split(/(?<=^(?:\{\}|\}))\n(?=\{)/m).filter((document) => document.trim() !== "");
  return documents.flatMap((document) => {
    const value = JSON.parse(document);
    const { kind, items } = asObject(value);
    return kind === "List" ? asList(items) : [value];
  });
}
function asManifest(value, source) {
  if (isTooDeep(value))
    throw new ConfigurationError(
      `manifests: in ${source} lists and mappings are nested in more than ${MAX_LEVELS} levels. Write it flatter.`
    );
  if (!isKubernetesObject(value)) {
    const { kind: kind2, metadata } = asObject(value);
    const generated = asText(asObject(metadata)["generateName"]);
    throw new ConfigurationError(
      generated === void 0 ? `manifests: ${source} has an object${typeof kind2 === "string" ? ` of kind ${oneLine(kind2)}` : ""} without apiVersion, kind or metadata.name. Complete it.` : `manifests: ${source} has metadata.generateName: ${oneLine(generated)}. Give the object a metadata.name: Sealift must find it again.`
    );
  }
  const { apiVersion, kind } = value;
  const { status: _, ...object } = value;
  return { source, object: { ...object, apiVersion, kind, metadata: metadataOf(value, source) } };
}
function metadataOf(object, source) {
  const { annotations, labels, namespace, ...metadata } = object.metadata;
  const { [MARK]: _, ...noted } = mapValues(asObject(annotations), wordsOf);
  if (typeof namespace !== "string" && namespace !== void 0 && namespace !== null)
    throw new ConfigurationError(
      `manifests: ${source}, ${objectText(object)}: the namespace ${oneLine(wordsOf(namespace))} is no text. Put it in quotation marks.`
    );
  return {
    ...metadata,
    name: object.metadata.name,
    ...typeof namespace === "string" ? { namespace } : {},
    ...labels === void 0 ? {} : { labels: mapValues(asObject(labels), wordsOf) },
    ...Object.keys(noted).length === 0 ? {} : { annotations: noted }
  };
}

// src/release/kubernetes/insert-images.ts
var PLACEHOLDER = "${IMAGE}";
function insertReleaseImages(manifests, built) {
  const all = [...new Set(built.values())];
  const main = built.get("") ?? (all.length === 1 ? all[0] : void 0);
  const byRepository = new Map(all.map((image) => [completeRepository(repositoryOf(image)), image]));
  const inserted = manifests.map((manifest) => insertIn(manifest, main, byRepository));
  if (inserted.some(({ images }) => images.length > 0)) return inserted;
  throw new ConfigurationError(
    `manifests: no container runs ${all.map(repositoryOf).join(" or ")}. Write image: ${PLACEHOLDER}, or the name of the repository, in the manifest of a workload.`
  );
}
function insertIn(manifest, main, byRepository) {
  const images = [];
  const where = `manifests: ${manifest.source}, ${objectText(manifest.object)}`;
  const replace = (text) => {
    if (!text.includes(PLACEHOLDER)) return text;
    if (main !== void 0) return text.replaceAll(PLACEHOLDER, main);
    throw new ConfigurationError(
      `${where}: ${PLACEHOLDER} could be several images. Write the repository of the one that is meant.`
    );
  };
  const imageOf = (text) => {
    const image = text.trim() === PLACEHOLDER ? main : byRepository.get(completeRepository(withoutTag(text)));
    if (image === void 0 && !text.includes(PLACEHOLDER)) return text;
    if (image === void 0) {
      throw new ConfigurationError(
        `${where}: "${oneLine(text)}" does not name an image by its digest. Write image: ${PLACEHOLDER}, without anything around it.`
      );
    }
    images.push(image);
    return image;
  };
  const isData = manifest.object.kind === "ConfigMap" || manifest.object.kind === "Secret";
  const visit = (value, key) => {
    if (typeof value === "string") return key === "image" && !isData ? imageOf(value) : replace(value);
    if (Array.isArray(value)) return value.map((each) => visit(each, ""));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visit(each, name)]));
  };
  const { apiVersion, kind, metadata } = manifest.object;
  const visited = visit(manifest.object, "");
  const object = { ...isObject(visited) ? visited : {}, apiVersion, kind, metadata };
  return { ...manifest, object, images };
}
var withoutTag = (text) => (text.split("@", 1)[0] ?? "").replace(/:[^/:]*$/, "");
var completeRepository = (repository) => repository.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, "");

// src/release/kubernetes/make-kubernetes-release.ts
function makeKubernetesRelease({ app, environment, namespace, manifests, pullSecret, sideBySide }, built, health, origin, force = false) {
  rejectDuplicates(manifests);
  const inserted = insertReleaseImages(manifests, built).map((each) => {
    const object = withEncodedData(each.object);
    return {
      ...each,
      object: pullSecret === void 0 || each.images.length === 0 ? object : pulling(object, pullSecret)
    };
  });
  const content = {
    app,
    environment,
    namespace,
    objects: inApplyOrder(inserted.map(({ object }) => object))
  };
  const plain = releaseIdOf(sideBySide ? { ...content, sideBySide } : content);
  const id = force ? releaseIdOf({ plain, at: origin.createdAt }) : plain;
  const named2 = sideBySide ? besideOthers(inserted, id) : inserted;
  const objects = inApplyOrder(named2.map(({ object }) => object));
  const labels = { ...labelsOf({ app, environment }), [LABEL.release]: id };
  return {
    ...{ id, app, environment, health, origin },
    services: releasedWorkloads(named2),
    definition: {
      namespace,
      objects: objects.map((object) => force && runsContainers(object) ? restarted(object, id) : object).map((object) => isShared(object) ? object : labelled(object, labels))
    }
  };
}
var labelled = (object, labels) => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...mapValues(asObject(object.metadata.labels), wordsOf), ...labels }
  }
});
function releasedWorkloads(inserted) {
  const names = workloadNames(inserted.map(({ object }) => object));
  const services = inserted.flatMap(({ object, images: [image] }) => {
    const name = names.get(referenceKey(referenceTo(object)));
    return name === void 0 || image === void 0 ? [] : [[name, { name, image, reference: void 0 }]];
  });
  return Object.fromEntries(services);
}
function rejectDuplicates(manifests) {
  const sources = /* @__PURE__ */ new Map();
  for (const { object, source } of manifests) {
    const key = referenceKey(referenceTo(object));
    const other = sources.get(key);
    if (other !== void 0) {
      const place = other === source ? `twice in ${source}` : `in ${other} and in ${source}`;
      throw new ConfigurationError(
        `manifests: ${objectText(object)} is ${place}. Remove one of the two, or name only one of the files.`
      );
    }
    sources.set(key, source);
  }
}
function withEncodedData(object) {
  if (object.kind !== "Secret" || object["stringData"] === void 0) return object;
  const { stringData, ...rest } = object;
  const encoded = mapValues(asObject(stringData), (text) => Buffer.from(wordsOf(text)).toString("base64"));
  const { apiVersion, kind, metadata } = object;
  return { ...rest, apiVersion, kind, metadata, data: { ...asObject(object["data"]), ...encoded } };
}
function pulling(object, pullSecret) {
  if (!runsContainers(object)) return object;
  return withPodTemplate(object, (template) => {
    const spec = asObject(template["spec"]);
    const given = asList(spec["imagePullSecrets"]);
    if (given.some((each) => asObject(each)["name"] === pullSecret)) return template;
    return { ...template, spec: { ...spec, imagePullSecrets: [...given, { name: pullSecret }] } };
  });
}
function restarted(object, id) {
  return withPodTemplate(object, (template) => {
    const metadata = asObject(template["metadata"]);
    const annotations = { ...asObject(metadata["annotations"]), [LABEL.release]: id };
    return { ...template, metadata: { ...metadata, annotations } };
  });
}

// src/commands/cluster-delivery.ts
var swarmTokenWarning = () => `${inputRef("github-token")}: the swarm gets the token of this job to pull from ghcr.io, and it dies with the job. A node that must pull later, for example when another one fails, can not. Set ${inputRef("registry-username")} and ${inputRef("registry-password")} to a login that lasts and may only read.`;
function warnOfJobToken({ registry }, { images }, warning, { log, report }) {
  const usesRegistry = [...images.values()].some((image) => registryOf(image) === GITHUB_REGISTRY);
  const hasLogin = registry.unnamed !== void 0 || registry.logins.some((login) => login.registry === GITHUB_REGISTRY);
  if (hasLogin || registry.token === void 0 || !usesRegistry) return;
  log.warning(warning);
  addWarnings(report, [warning]);
}
function clusterStaleCommitCheck(request2, context, host) {
  const check = staleCommitCheckOf(request2, context);
  return (sha, origin) => check(sha, [{ host, origin }]);
}
function originOfRelease({ commit }, { tags, revision }, source) {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  return { revision, ref, actor, runUrl, repository, registry, tags, createdAt: (/* @__PURE__ */ new Date()).toISOString() };
}
async function readImagesToBuild({ source, options }, context) {
  if (source.kind === "existing") return { resolved: void 0 };
  return { resolved: await readBuildComposeFile(source, options.compose, context) };
}

// src/commands/deliver-to-kubernetes.ts
var kubernetesTokenWarning = () => `${inputRef("pull-secret")}: the nodes of the cluster need a login of their own to pull from ghcr.io, unless the image is public; the token of this job dies with the job. Set "${inputRef("pull-secret")}", "${inputRef("registry-username")}" and "${inputRef("registry-password")}" to one that lasts and may only read, or give the pods a secret of your own.`;
async function deliverToKubernetes(request2, context) {
  var _stack = [];
  try {
    const { destination, options, source, orchestrator, registry } = request2;
    context.report.set({
      app: destination.app,
      environment: destination.environment,
      rollbackWorkflow: await findRollbackWorkflow(process.cwd())
    });
    const approval = await requireApproval(request2, options.dryRun, context);
    const connecting = __using(_stack, openInBackground(connectToKubernetes(destination, context)), true);
    const readingFile = inBackground(readImagesToBuild(request2, context));
    const imageLookup = __using(_stack, startImageLookup(request2, readingFile, options, context), true);
    const connection = await group("Connect", () => connecting.opened);
    const project = await group("Read the manifests", () => readProject(request2, connection, context));
    const cluster = new KubernetesCluster(connection, destination, context, {
      adopt: options.adopt,
      traffic: options.traffic,
      registrySecret: ({ services }) => options.pullSecret === void 0 ? void 0 : knownRegistrySecret(
        options.pullSecret,
        Object.values(services).map(({ image }) => image),
        registry
      )
    });
    const before = await cluster.observe();
    const rejectStaleCommit = clusterStaleCommitCheck(request2, context, cluster.host);
    if (source.kind === "build")
      await rejectStaleCommit(context.commit.sha, acceptedRelease(before.records)?.origin);
    const found = await imageLookup.resolve();
    await rejectStaleCommit(found.revision, acceptedRelease(before.records)?.origin);
    if (options.pullSecret === void 0) warnOfJobToken(request2, found, kubernetesTokenWarning(), context);
    else registrySecret(options.pullSecret, found.images.values(), registry);
    if (!options.dryRun) await cluster.makeNamespaces(project.manifests.map(({ object }) => object));
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request2.gate), context), true);
    const observation = await cluster.observe();
    const release = makeKubernetesRelease(
      project,
      found.images,
      { timeout: options.healthTimeout },
      originOfRelease(context, found, source),
      options.force
    );
    const hooks = {
      before: parseHooks(release, "before-release", options.beforeRelease),
      after: parseHooks(release, "after-release", options.afterRelease)
    };
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{
        cluster,
        orchestrator,
        lock,
        found: observation,
        release,
        contents: [],
        hooks,
        options,
        approval,
        context
      },
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
async function readProject({ destination, options }, connection, context) {
  const { app, environment } = destination;
  const { namespace, kubectl, version } = connection;
  const rendered = await renderManifests(options.manifests, {
    ...{
      kubectl: kubectl.program,
      version,
      of: { app, environment },
      namespace,
      step: context,
      signal: context.signal
    }
  });
  await requireNamespace(connection, rendered);
  const manifests = await placeInNamespace(rendered, connection);
  for (const { object, source } of manifests)
    context.log.info(`  ${object.kind} ${object.metadata.name} (${source})`);
  return {
    app,
    environment,
    namespace,
    manifests,
    pullSecret: options.pullSecret,
    sideBySide: options.traffic.kind !== "rolling"
  };
}

// src/swarm/hand-made-services.ts
var HandMadeServices = class {
  keepsReleases = false;
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
async function deliverToServices(request2, context) {
  var _stack = [];
  try {
    const { destination, options, source, orchestrator } = request2;
    const { app, environment } = destination;
    context.report.set({ app, environment });
    const approval = await requireApproval(request2, options.dryRun, context);
    const connection = __using(_stack, openInBackground(connectToManagers(destination, context)), true);
    const readingFile = inBackground(readImagesToBuild(request2, context));
    const imageLookup = __using(_stack, startImageLookup(request2, readingFile, options, context), true);
    const managers = await group("Connect", () => connection.opened);
    const logins = async () => await hostEnvironment((await imageLookup.resolve()).environment, void 0, context);
    const names = [...options.services.keys()];
    const cluster = new HandMadeServices(managers, destination, names, context, logins);
    await cluster.observe();
    const found = await imageLookup.resolve();
    warnOfJobToken(request2, found, swarmTokenWarning(), context);
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
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request2.gate), context), true);
    const observation = await cluster.observe();
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{ cluster, orchestrator, lock, found: observation, release, options, approval, context },
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
  const [condition2, attempts] = (restart ?? "").split(":");
  if (condition2 === "no") return { condition: "none" };
  if (condition2 !== "on-failure") return void 0;
  return withoutUndefined({ condition: condition2, max_attempts: asNumber(attempts) });
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
async function deliverToSwarm(request2, context) {
  var _stack = [];
  try {
    const { destination, options, source, orchestrator } = request2;
    context.report.set({
      app: destination.app,
      environment: destination.environment,
      rollbackWorkflow: await findRollbackWorkflow(process.cwd())
    });
    const approval = await requireApproval(request2, options.dryRun, context);
    const connection = __using(_stack, openInBackground(connectToManagers(destination, context)), true);
    const readingFile = inBackground(group("Read the Compose file", () => readStack(request2, context)));
    const imageLookup = __using(_stack, startImageLookup(request2, readingFile, options, context), true);
    const { project } = await readingFile;
    const managers = await group("Connect", () => connection.opened);
    const hooks = {
      before: parseHooks(project, "before-release", options.beforeRelease),
      after: parseHooks(project, "after-release", options.afterRelease)
    };
    const environment = async () => await hostEnvironment((await imageLookup.resolve()).environment, void 0, context);
    const cluster = new SwarmCluster(managers, destination, context, environment);
    const before = await cluster.observe();
    const rejectStaleCommit = clusterStaleCommitCheck(request2, context, cluster.host);
    if (source.kind === "build")
      await rejectStaleCommit(context.commit.sha, acceptedRelease(before.records)?.origin);
    const found = await imageLookup.resolve();
    await rejectStaleCommit(found.revision, acceptedRelease(before.records)?.origin);
    warnOfJobToken(request2, found, swarmTokenWarning(), context);
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request2.gate), context), true);
    const observation = await cluster.observe();
    const previous = acceptedRelease(observation.records);
    const others = await resolveOthers(project, previous, request2, found, context);
    const { release, contents } = makeStackRelease(
      project,
      { built: found.images, others },
      { timeout: options.healthTimeout },
      originOfRelease(context, found, source),
      options.force
    );
    context.report.set({ release: release.id, revision: release.origin.revision });
    await deployToCluster({
      ...{
        cluster,
        orchestrator,
        lock,
        found: observation,
        release,
        contents,
        hooks,
        options,
        approval,
        context
      },
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
async function readStack(request2, context) {
  const { destination, source } = request2;
  const file = await readDeployComposeFile(request2, context);
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

// src/commands/deliver-to-cluster.ts
function deliverToCluster(request2, context) {
  if (request2.orchestrator === "kubernetes") return deliverToKubernetes(request2, context);
  return request2.options.services.size > 0 ? deliverToServices(request2, context) : deliverToSwarm(request2, context);
}

// src/commands/remove-from-cluster.ts
async function removeFromCluster(request2, context) {
  var _stack = [];
  try {
    const { destination, dryRun } = request2;
    context.report.set({ app: destination.app, environment: destination.environment });
    await requireApproval(request2, dryRun, context);
    const cluster = __using(_stack, await group("Connect", () => openCluster(request2, context)), true);
    const lock = __using(_stack, await lockCluster(cluster, lockWait(request2, request2.gate), context), true);
    await removeWith(cluster, lock, request2, context);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function removeWith(cluster, lock, { destination, removeVolumes }, context) {
  const { report, log } = context;
  const project = baseProject(destination);
  const removal = await planned(cluster, removeVolumes);
  const { host } = cluster;
  const { live, steps, kept } = removal;
  const volumes = kept === void 0 ? {} : { keptVolumes: kept.volumes, removeVolumesBy: kept.command };
  const before = { host, was: live, is: live, ...volumes };
  if (steps.length === 0) {
    const state = `Nothing to remove: ${project} is not there.`;
    report.set({ result: "unchanged", state, hosts: [{ ...before, why: "nothing to remove" }], steps: [] });
    log.info(state);
  } else if (lock === void 0) {
    const hosts = [{ ...before, why: "would be removed" }];
    report.set({ result: "planned", state: NOTHING_CHANGED_TEXT, hosts, steps: stepsToRun(host, removal) });
    for (const { text } of steps) log.info(`  ${text}`);
    for (const line of keptVolumesLines(hosts)) log.info(line);
  } else {
    await group(`Remove ${project}`, () => runSteps(host, lock, removal, project, context));
    const hosts = [{ ...before, is: void 0, why: "removed" }];
    const state = `${project} was removed.`;
    report.set({ result: "removed", state, hosts });
    for (const line of keptVolumesLines(hosts)) log.info(line);
    log.info(state);
  }
}
async function planned(cluster, removeVolumes) {
  const found = await cluster.observe();
  return await cluster.removal(found, removeVolumes);
}
var stepsToRun = (host, { steps }) => steps.map(({ text }) => ({
  ...{ host, stage: "remove", text, undo: false },
  ...{ startMs: void 0, durationMs: void 0, ok: void 0, note: void 0 }
}));
async function runSteps(host, lock, { live, steps }, project, { report, log, signal: cancelled }) {
  const signal = AbortSignal.any([cancelled, lock.lost]);
  const startedAt = performance.now();
  const done = [];
  for (const { text, run } of steps) {
    const at = performance.now();
    const end = (ok, note2) => {
      const took = performance.now() - at;
      const startMs = Math.round(at - startedAt);
      done.push({
        host,
        stage: "remove",
        text,
        startMs,
        durationMs: Math.round(took),
        ok,
        undo: false,
        note: note2
      });
      report.set({ steps: done });
      const suffix = note2 === void 0 ? "" : `  ${oneLine(note2)}`;
      log.info(`${ok ? "✓" : "✗"} ${text}  ${formatDuration(took)}${suffix}`);
    };
    try {
      signal.throwIfAborted();
      await lock.assertHeld();
      await run(signal);
      end(true, void 0);
    } catch (error) {
      end(false, messageOf(error));
      const state = `All or a part of ${project} may still be there: when the cause is gone, run this again.`;
      const failed = { host, was: live, is: void 0, unknown: true, why: messageOf(error) };
      report.set({ result: "failed", state, hosts: [failed] });
      throw error;
    }
  }
}

// src/commands/with-cluster.ts
async function withCluster(request2, context, work) {
  if (request2.orchestrator === "swarm") await withSwarm(request2, context, work);
  else await withKubernetes(request2, context, work);
}
async function withSwarm({ destination, registry }, context, work) {
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
}
async function withKubernetes(request2, context, work) {
  var _stack = [];
  try {
    const { destination, registry } = request2;
    const { adopt, traffic, pullSecret } = kubernetesOptions(request2);
    const connection = __using(_stack, await group("Connect", () => connectToKubernetes(destination, context)), true);
    const cluster = new KubernetesCluster(connection, destination, context, {
      ...{ adopt, traffic },
      registrySecret: ({ services, origin }) => pullSecret === void 0 ? void 0 : knownRegistrySecret(pullSecret, imagesOf(services), registry, origin.registry)
    });
    await work(cluster, ({ services, origin }) => {
      if (pullSecret !== void 0 && request2.command === "rollback")
        registrySecret(pullSecret, imagesOf(services), registry, origin.registry);
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
var imagesOf = (services) => Object.values(services).map(({ image }) => image);
var kubernetesOptions = (request2) => request2.command === "rollback" ? { adopt: false, traffic: { kind: "rolling" }, pullSecret: request2.pullSecret } : request2.options;
var withoutOtherImages = (release) => ({
  ...release,
  services: Object.fromEntries(
    Object.entries(release.services).filter(([, each]) => each.reference === void 0)
  )
});

// src/commands/finish-on-cluster.ts
async function finishOnCluster(request2, saved, step) {
  if (request2.command === "remove") {
    const report = new ReportDraft(emptyReport("remove", step.commit));
    await reportedPost({ ...step, report }, (context) => finishRemovalOn(request2, saved, context));
  } else if (request2.command === "unlock") await giveBack(request2, saved, step);
  else {
    const report = new ReportDraft(emptyReport("rollback", step.commit));
    await reportedPost({ ...step, report }, (context) => restoreOn(request2, saved, context));
  }
}
async function giveBack(request2, { containerId: id }, step) {
  const report = new ReportDraft(emptyReport("unlock", step.commit));
  try {
    var _stack = [];
    try {
      const cluster = __using(_stack, await openCluster(request2, { ...step, report }), true);
      await cluster.lockPlace.remove(id);
      step.log.info(`${cluster.host}: this step was cut short. Its lock is removed.`);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  } catch (error) {
    step.log.info(`This step was cut short. Its lock expires by itself. (${messageOf(error)})`);
  }
}
async function finishRemovalOn(request2, saved, context) {
  var _stack = [];
  try {
    const { app, environment } = request2.destination;
    context.report.set({ app, environment });
    const cluster = __using(_stack, await group("Connect", () => openCluster(request2, context)), true);
    const lock = __using(_stack, await takeUpClusterLock(cluster, saved, context), true);
    if (lock === void 0) {
      throw new HostError(
        cluster.host,
        "another run has locked it since the removal was cut short, so what is left there stays. Run the removal again if the environment should go."
      );
    }
    await removeWith(cluster, lock, request2, context);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function restoreOn(request2, saved, context) {
  const { app, environment } = request2.destination;
  context.report.set({ app, environment, orchestrator: request2.orchestrator });
  const isHandMade = request2.orchestrator === "swarm" && request2.command !== "rollback" && request2.options.services.size > 0;
  await withCluster(request2, context, async (cluster, choose) => {
    var _stack = [];
    try {
      const lock = __using(_stack, await takeUpClusterLock(cluster, saved, context), true);
      if (lock === void 0)
        note(
          "This step was cut short. Another run has locked the environment since: it repairs what this step left.",
          context
        );
      else if (isHandMade)
        note(
          'This step was cut short. What services that were made by hand ran before is not recorded, so they stay as they are. Look at "docker service ps", or deploy again.',
          context
        );
      else await restoreAccepted(cluster, lock, choose, context);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  });
}
async function restoreAccepted(cluster, lock, choose, context) {
  const { report, signal } = context;
  const { host } = cluster;
  const { records } = await cluster.observe();
  const accepted = acceptedRelease(records);
  note(
    accepted === void 0 ? "This step was cut short. No release was accepted before it: its post step removes what it has started." : `This step was cut short. Its post step brings ${accepted.id} back, which was accepted last, as a whole.`,
    context
  );
  if (accepted !== void 0) {
    choose(accepted);
    const { revision, tags } = accepted.origin;
    report.set({ release: accepted.id, revision, tags });
  }
  report.set({
    state: "What this step has left may be half and half. The next deploy or rollback repairs it.",
    hosts: [{ host, was: void 0, is: void 0, why: "the step was cut short", unknown: true }]
  });
  const progress = clusterProgress(context);
  const run = new StepRunner(progress, lock);
  const until = AbortSignal.any([signal, lock.lost]);
  try {
    await group(
      accepted === void 0 ? "Take back" : `Bring ${accepted.id} back`,
      () => goBackTo(cluster, accepted, "other releases", run, progress, until)
    );
  } finally {
    report.set({ steps: run.steps.map((each) => clusterStepReport(host, each)) });
  }
  await lock.assertHeld();
  await pruneOld(cluster, records, Number.MAX_SAFE_INTEGER, records).catch(() => void 0);
  if (accepted === void 0) {
    const hosts = [{ host, was: void 0, is: void 0, why: "the first deploy was cut short" }];
    report.set({ result: "rolled-back", state: "Nothing is live.", hosts });
  } else {
    const hosts = [{ host, was: accepted.id, is: accepted.id, why: "healthy" }];
    report.set({ result: "deployed", state: `${accepted.id} is live.`, hosts, live: accepted.id });
  }
}
var takeUpClusterLock = ({ lockPlace }, { containerId: id }, context) => ClusterLock.takeUp(lockPlace, lockClaim(context), id);
function note(text, { log, report }) {
  log.notice(text);
  addWarnings(report, [text]);
}

// src/commands/rollback-cluster.ts
async function rollbackCluster(request2, context) {
  const { app, environment } = request2.destination;
  context.report.set({ app, environment });
  const approval = await requireApproval(request2, request2.options.dryRun, context);
  await withCluster(
    request2,
    context,
    (cluster, choose) => rollBackOn(cluster, request2, approval, context, choose)
  );
}
async function rollBackOn(cluster, request2, approval, context, choose) {
  var _stack = [];
  try {
    const { options, orchestrator } = request2;
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request2.gate), context), true);
    const found = await cluster.observe();
    const accepted = acceptedRelease(found.records)?.id;
    const known = findRelease(found.records, { host: cluster.host, accepted, traffic: void 0 }, request2.to);
    const release = withHealthTimeout(known, request2.healthTimeout);
    choose(release);
    context.report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    await deployToCluster({
      ...{ cluster, orchestrator, lock, found, release, options, approval, context },
      contents: [],
      command: "rollback",
      hooks: { before: [], after: [] },
      keep: Number.MAX_SAFE_INTEGER
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/commands/unlock-cluster.ts
async function unlockCluster(request2, context) {
  var _stack = [];
  try {
    const { destination, dryRun } = request2;
    context.report.set({ app: destination.app, environment: destination.environment });
    await requireApproval(request2, dryRun, context);
    const project = baseProject(destination);
    const cluster = __using(_stack, await group("Connect", () => openCluster(request2, context)), true);
    const { lockPlace, host } = cluster;
    const held = await group(
      dryRun ? `Lock of ${project}` : `Unlock ${project}`,
      () => dryRun ? lockPlace.read() : breakClusterLock(lockPlace, lockClaim(context), context.signal)
    );
    reportLocks(project, [{ host, held }], [], dryRun, context);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
export {
  clusterStatus,
  deliverToCluster,
  finishOnCluster,
  removeFromCluster,
  rollbackCluster,
  unlockCluster
};
