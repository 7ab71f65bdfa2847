import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ForeignRecordError,
  MAX_FAILURES,
  OVERDUE_AFTER,
  PULL_LIMIT,
  acceptanceOnly,
  acceptedRelease,
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
  warnOfJobToken
} from "./chunk-QACM6IJE.js";
import "./chunk-CR3WT77J.js";
import {
  startImageLookup
} from "./chunk-ZFQJ6P4U.js";
import "./chunk-M25APQZV.js";
import {
  HOOK_ERROR_LINES,
  hookName,
  lockWait,
  parseHooks,
  queryString
} from "./chunk-74IQ2ZWK.js";
import {
  formatPercent,
  group,
  hostName,
  isReleaseId,
  lastAcceptanceOf,
  oneLine,
  releaseIdOf
} from "./chunk-AXM2NXMP.js";
import {
  LABEL,
  LoggedOutput,
  Tail,
  allOrThrow,
  baseProject,
  fingerprintOf,
  inBackground,
  joinWithAnd,
  labelsOf,
  openInBackground,
  programEnvironment
} from "./chunk-QZ63PLH4.js";
import "./chunk-PELZNHR3.js";
import "./chunk-ODC7C6PZ.js";
import "./chunk-5PPHBT3U.js";
import "./chunk-3ZWEW477.js";
import "./chunk-R2SN7PXI.js";
import "./chunk-T2AHS3SW.js";
import {
  collect,
  formatDuration,
  pause
} from "./chunk-LL335SZZ.js";
import "./chunk-OXXP23QS.js";
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
  isTooDeep,
  mapValues,
  parseJson,
  pickKeys,
  registryOf,
  repositoryOf,
  withoutKeys,
  wordsOf
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  HostError,
  SealiftError,
  beforeThisStep,
  byPlace,
  messageOf,
  theRunner,
  thisRunner
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

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
function withPodTemplate(object, change) {
  if (object.kind === "Pod") return { ...object, ...change(object) };
  const template = change(podTemplateOf(object));
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
  const own = manifests.filter(({ object, images }) => isDeployment(object) && images.length > 0).map(({ object }) => object).filter((object) => services.some((service) => selects(service, object)));
  if (own.length === 0) {
    throw new ConfigurationError(
      `strategy: no Service in the manifests sends requests to a Deployment that runs the built image, so there is nothing to switch. Add the Service to the manifests, or set ${inputSetting("strategy", "rolling")}.`
    );
  }
  const doubled = new Set(own);
  const switched = new Set(services.filter((service) => own.some((object) => selects(service, object))));
  const others = manifests.map(({ object }) => object).filter((object) => runsContainers(object) && !doubled.has(object));
  for (const service of switched) rejectOtherPods(service, others);
  const names = new Set(own.map(placeOfName));
  return manifests.map(({ object, ...rest }) => ({
    ...rest,
    object: doubled.has(object) ? ofRelease(object, id) : switched.has(object) ? selecting(object, id) : withRenamedTargets(object, names, id)
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
function rejectOtherPods(service, others) {
  const other = others.find((object) => selects(service, object));
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
var DENIAL = /^admission webhook "[^"]*" denied the request|ValidatingAdmissionPolicy '[^']*'(?: with binding '[^']*')? denied request/;
var LOST_WEBHOOK = /failed calling webhook "|conversion webhook for .* failed/;
var KubernetesRefusal = class extends SealiftError {
  name = "KubernetesRefusal";
  status;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, … */
  reason;
  causes;
  /** The server's own message. */
  words;
  /** Whether the API server says so, and not `kubectl proxy` before it or a Service behind it. */
  isOfServer;
  constructor(purpose, status, body) {
    const answer = asObject(body);
    const words = asText(answer["message"]) ?? // Prometheus, behind the API server.
    asText(answer["error"]) ?? (typeof body === "string" && body !== "" ? body.trim() : `status ${status}`);
    super(kubernetesRefusalText(purpose, status, words));
    this.status = status;
    this.reason = asText(answer["reason"]) ?? "";
    this.words = words;
    this.isOfServer = answer["kind"] === "Status";
    this.causes = asList(asObject(answer["details"])["causes"]).map((each) => {
      const { reason, message, field } = asObject(each);
      return { reason: asText(reason) ?? "", message: asText(message) ?? "", field: asText(field) ?? "" };
    });
  }
  /** Whether a rule forbids what was asked for: status and reason are those that its author chose. */
  get isDenial() {
    return DENIAL.test(this.words);
  }
  /** Whether the server could not ask one of its webhooks what it has to say. */
  get hasUnaskedWebhook() {
    return LOST_WEBHOOK.test(this.words);
  }
  /** Whether the same call may succeed in a moment: the server is overloaded or starts, or `kubectl proxy` does not reach it. */
  maySucceedLater(method) {
    if (this.isDenial) return false;
    if ([429, 502, 503, 504].includes(this.status)) return true;
    if (this.status !== 500) return false;
    if (!this.isOfServer) return method !== "POST" || this.words.includes("dial tcp");
    return method === "GET" || method !== "POST" && this.reason === "ServerTimeout";
  }
};
function kubernetesRefusalText(purpose, status, words) {
  const said = withoutStop(words);
  if (DENIAL.test(words)) {
    return `A rule of the cluster does not let ${byPlace("this step", "this command")} ${purpose}: ${said}. Change what it objects to, or ask who keeps the rule for an exception.`;
  }
  if (LOST_WEBHOOK.test(words)) {
    return `The cluster refused to ${purpose}: ${said}. This webhook of the cluster does not work: mend it, or set the failurePolicy of an admission webhook to Ignore.`;
  }
  if (status === 401) {
    return `kubeconfig: the cluster does not accept its credentials (${words}). They may have expired: give new ones, or log in to the cluster ${beforeThisStep()}.`;
  }
  if (status === 403 && /cannot \w+ resource/.test(words)) {
    return `kubeconfig: its user may not ${purpose}: ${words}. Give it the Role in docs/kubernetes.md.`;
  }
  if (status >= 500) {
    return `The cluster could not ${purpose}, by an error of its own: ${said}. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`;
  }
  return `The cluster refused to ${purpose}: ${words}`;
}
var withoutStop = (words) => words.replace(/\.$/, "");
var isRefusal = (error, reason) => error instanceof KubernetesRefusal && !error.isDenial && error.reason === reason;

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
  const forbidden = new SealiftError(
    `A rule of the cluster forbids ${what}: ${withoutStop(words)}. Change the manifest, or ask who keeps the rule for an exception.`,
    { cause: error }
  );
  if (error.isDenial) return forbidden;
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
  const isTyped = /failed to create typed patch object|in schema/.test(words);
  if ([400, 413, 422].includes(status) || isTyped)
    return new ConfigurationError(`manifests: ${what} is not valid: ${words}`, { cause: error });
  if (status === 403 && !error.message.startsWith("kubeconfig: ")) return forbidden;
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
    `pull-secret: there is no login for ${[...registries].join(", ")} to put into it. Set "${inputRef("registry-username")}" and "${inputRef("registry-password")}" to one that lasts and may only read; the token of a job dies with it.`
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
  const named = { ...withoutKeys(metadata, ...OWN_METADATA, "labels", "annotations"), labels, annotations };
  return asObject(keyedLists({ ...rest, metadata: named, ...Object.fromEntries(contents) }));
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
  const isOf = (change, { kind, name }) => change.what === kind && change.name === name;
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
    throw new SealiftError(`${inputRef("canary-metrics")}: ${place} can't be asked: ${reasonOf(cause)}`, {
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
function reasonOf(error) {
  const refusal = error instanceof SealiftError && error.cause !== void 0 ? error.cause : error;
  if (!(refusal instanceof KubernetesRefusal)) return messageOf(error);
  const { status, words, isOfServer } = refusal;
  const isOfProxy = status === 500 && !isOfServer;
  if (status === 429 || isOfProxy || isOfServer && status < 500) return messageOf(error);
  const said = `${withoutStop(words)} (status ${status}).`;
  if (status >= 500) return `${said} See whether its pods are ready.`;
  return status === 401 || status === 403 ? `${said} It must answer without a login.` : said;
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
  words = {
    remains: "Namespaces and volume claims that were created remain.",
    look: "kubectl get pods",
    rollbackHint: {
      keeps: "record",
      inputs: [
        "orchestrator: kubernetes",
        `# plus kubeconfig, namespace, … as ${byPlace("in this job", "here")}`
      ]
    }
  };
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
    const planned = await planObjects(this.#context, release.definition.objects, {
      adopt: this.#options.adopt,
      runsJobs: !this.#wasAccepted(release)
    });
    const gone = await this.#objects.others(release);
    const changes = [
      ...isLive ? withRepairs(planned, workloads) : planned,
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

// src/kubernetes/open-kubernetes.ts
const { randomUUID: randomUUID3 } = require("node:crypto");
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
        if (!refusal.maySucceedLater(method)) throw refusal;
        failure = refusal;
      } catch (error) {
        if (error instanceof SealiftError || call.signal?.aborted) throw error;
        failure = error;
      }
      if (performance.now() > end)
        throw lastingFailure(this.host, call.purpose, this.#retryTime / 1e3, failure);
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
function lastingFailure(host, purpose, seconds, cause) {
  if (!(cause instanceof KubernetesRefusal)) return unreachableError(host, purpose, messageOf(cause), cause);
  const { status, words, isOfServer, hasUnaskedWebhook } = cause;
  if (hasUnaskedWebhook) return cause;
  const said = withoutStop(words);
  if (status === 429) {
    return new SealiftError(
      `${host}: the API server had too much to do for ${seconds} s to ${purpose}: ${said}. Run this again when less is going on in the cluster.`,
      { cause }
    );
  }
  if (isOfServer) {
    return new SealiftError(
      `${host}: the API server failed for ${seconds} s to ${purpose}: ${said}. "kubectl get --raw '/readyz?verbose'" shows what is wrong with it.`,
      { cause }
    );
  }
  return unreachableError(host, purpose, said, cause);
}
function unreachableError(host, purpose, words, cause) {
  const [, login] = /^getting credentials: (.*)/.exec(words) ?? [];
  if (login !== void 0) {
    return new ConfigurationError(
      `kubeconfig: the program that it names does not log in: ${login}. Install it on ${theRunner()}, give it what it needs, or log in to the cluster ${beforeThisStep()}.`,
      { cause }
    );
  }
  if (words.includes("x509: ")) {
    return new ConfigurationError(
      `kubeconfig: the certificate of ${host} is not trusted: ${words}. Its certificate-authority-data must be that of this cluster, and its server an address that the certificate has.`,
      { cause }
    );
  }
  return new SealiftError(
    `${host}: the API server does not answer (${purpose}): ${words}. Is it up, and may ${thisRunner()} reach it?`,
    { cause }
  );
}

// src/kubernetes/open-kubernetes.ts
var FIRST_ANSWER_TIME = 1e4;
var PROXY_OUTPUT_LINES = 10;
async function openKubernetes(access, program, step) {
  const kubectl = await prepareKubectl(access, program, step);
  const { host, namespace } = await readContext(kubectl, access, step);
  const socket = join(step.folder, `k-${randomUUID3().slice(0, 8)}`);
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
    const file = join(folder, `kubeconfig-${randomUUID3().slice(0, 8)}`);
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
      kubeconfig === void 0 ? `kubeconfig: missing, and kubectl on ${thisRunner()} has no context either. Set it to the text of a kubeconfig${byPlace(", preferably from a secret", "")}, or log in to the cluster ${beforeThisStep()}.` : 'kubeconfig: it has no context. Give the whole text of a kubeconfig, as "kubectl config view --minify --flatten" prints it.'
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
  advice: "Install kubectl on this machine first."
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
      throw new SealiftError(`kubectl of ${thisRunner()} does not work: ${error.message}`, { cause: error });
    if (!(error instanceof ConfigurationError)) throw error;
    step.log.info(
      `${byPlace("This runner has no kubectl. This step", "This machine has no kubectl. This command")} uses ${KUBECTL.version}.`
    );
    const { fetchTool } = await import("./fetch-tool-2FQKNLIB.js");
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
  const named = sideBySide ? besideOthers(inserted, id) : inserted;
  const objects = inApplyOrder(named.map(({ object }) => object));
  const labels = { ...labelsOf({ app, environment }), [LABEL.release]: id };
  return {
    ...{ id, app, environment, health, origin },
    services: releasedWorkloads(named),
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

// src/commands/deliver-to-kubernetes.ts
var kubernetesTokenWarning = () => `${inputRef("pull-secret")}: the nodes of the cluster need a login of their own to pull from ghcr.io, unless the image is public${byPlace("; the token of this job dies with the job", "")}. Set "${inputRef("pull-secret")}", "${inputRef("registry-username")}" and "${inputRef("registry-password")}" to one that lasts and may only read, or give the pods a secret of your own.`;
async function deliverToKubernetes(request2, approval, context) {
  var _stack = [];
  try {
    const { destination, options, source, registry } = request2;
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
    const live = { host: cluster.host, origin: acceptedRelease(before.records)?.origin };
    const found = await findNewerImages(imageLookup, live, request2, context);
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
      ...{ cluster, lock, found: observation, release, contents: [], hooks, options, approval, context },
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

// src/commands/kubernetes-target.ts
var AS_RECORDED = { adopt: false, traffic: { kind: "rolling" } };
var kubernetesTarget = clusterTarget({
  deliver: deliverToKubernetes,
  async open(destination, context) {
    const connection = await connectToKubernetes(destination, context);
    const options = { ...AS_RECORDED, registrySecret: () => void 0 };
    return new KubernetesCluster(connection, destination, context, options);
  },
  async openForRelease(request2, context, work) {
    var _stack = [];
    try {
      const { destination, registry } = request2;
      const { pullSecret } = request2.options;
      const { adopt, traffic } = request2.command === "rollback" ? AS_RECORDED : request2.options;
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
  },
  whyNotRestored: () => void 0
});
var imagesOf = (services) => Object.values(services).map(({ image }) => image);
export {
  kubernetesTarget
};
