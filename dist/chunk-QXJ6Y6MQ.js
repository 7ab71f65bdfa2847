import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ProxyAgent,
  ProxyError,
  RegistryError,
  TransientError,
  hostOfUrl,
  isThisMachine,
  jsonOf,
  proxyFor,
  refusalError,
  requestProxy,
  retryAfterInText,
  retryTransient
} from "./chunk-VXA5H7MZ.js";
import {
  DOCKER_HUB,
  GITHUB_REGISTRY,
  TAG_RULE,
  TAG_TEMPLATES,
  asList,
  asObject,
  asStrings,
  asText,
  isDigest,
  isObject,
  isTag,
  loginAdvice,
  mapStrings,
  mapValues,
  parseImageReference,
  pickKeys,
  pinnedImage,
  registryOf,
  repositoryOf,
  unescapeDollars
} from "./chunk-GGVV7IEW.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError,
  messageOf
} from "./chunk-PUGPVKFB.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/model/text.ts
function joinWithAnd(names) {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

// src/model/bytes.ts
var BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
function formatBytes(bytes) {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= (unit === 0 ? 1e3 : 999.95) && unit < BYTE_UNITS.length - 1) {
    value /= 1e3;
    unit += 1;
  }
  return `${Number(value.toFixed(unit === 0 ? 0 : 1))} ${BYTE_UNITS[unit] ?? ""}`;
}

// src/image/labels.ts
const { createHash } = require("node:crypto");
const { relative } = require("node:path");
var OCI_LABEL = {
  revision: "org.opencontainers.image.revision",
  source: "org.opencontainers.image.source",
  created: "org.opencontainers.image.created",
  version: "org.opencontainers.image.version"
};
var BUILD_FINGERPRINT_LABEL = "sealift.build";
function imageLabels(commit, tags, version, now) {
  return {
    [OCI_LABEL.created]: commit.committedAt ?? now.toISOString(),
    [OCI_LABEL.version]: version ?? tags[1] ?? commit.sha ?? "unknown",
    ...commit.sha === void 0 ? {} : { [OCI_LABEL.revision]: commit.sha },
    ...commit.source === void 0 ? {} : { [OCI_LABEL.source]: commit.source }
  };
}
function buildFingerprint(recipe, tests, workspace) {
  const { target } = recipe;
  const ociLabels = new Set(Object.values(OCI_LABEL));
  const inCheckout = (path) => path?.startsWith("/") ? relative(workspace, path) : path;
  const content = {
    context: inCheckout(target.context),
    dockerfile: inCheckout(target.dockerfile),
    inline: target["dockerfile-inline"],
    target: target.target,
    args: sortedEntries(target.args),
    labels: sortedEntries(target.labels).filter(([key]) => !ociLabels.has(key)),
    contexts: sortedEntries(target.contexts).map(([name, context]) => [name, inCheckout(context)]),
    platforms: [...target.platforms ?? []].sort(),
    secrets: recipe.secrets.size,
    hosts: sortedEntries(target["extra-hosts"]),
    network: target.network,
    tests
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
function sortedEntries(map = {}) {
  return Object.entries(map).sort(([one], [other]) => one < other ? -1 : 1);
}

// src/image/build-and-test.ts
const { randomUUID: randomUUID4 } = require("node:crypto");

// src/image/bake-definition.ts
function bakeDefinition(targets) {
  const target = mapValues(
    Object.fromEntries(targets),
    (fields) => Object.fromEntries(
      Object.entries(fields).filter(([, each]) => typeof each !== "object" || Object.keys(each).length > 0)
    )
  );
  return JSON.stringify({ target: mapStrings(target, escapeHclTemplate) }, void 0, 2);
}
function escapeHclTemplate(text) {
  return text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}
function allowFlags(targets) {
  const all = [...targets];
  const entitlements = new Set(all.flatMap((target) => target.entitlements ?? []));
  if (all.some(({ network }) => network === "host")) entitlements.add("network.host");
  if (all.some(({ ssh = [] }) => ssh.length > 0)) entitlements.add("ssh");
  return [...entitlements].sort().map((entitlement) => `--allow=${entitlement}`);
}
function targetForTest(recipe, name, platform) {
  return {
    ...recipe.target,
    // An inline cache is part of the image's config, so the tested image needs it too.
    "cache-to": recipe.cacheTo.filter(isInlineCache),
    ...platform === void 0 ? {} : { platforms: [platform] },
    tags: [name],
    output: ["type=docker"],
    attest: ["type=provenance,disabled=true"]
  };
}
function isInlineCache(cache) {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}
function targetForCache({ target }, platforms = target.platforms ?? []) {
  return { ...target, platforms, output: ["type=cacheonly"] };
}
function targetForPush(recipe, references) {
  return { ...withAttestationsAndCache(recipe), tags: references, output: ["type=image,push=true"] };
}
function targetForVerifiedPush(recipe, repository, pushMode, comparedBy) {
  const { "no-cache": _, "no-cache-filter": __, pull: ___, ...target } = withAttestationsAndCache(recipe);
  const format = comparedBy === "manifest" ? ",oci-mediatypes=true" : "";
  if (pushMode.kind === "tag")
    return { ...target, tags: [`${repository}:${pushMode.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}
function targetForLayout(recipe, path, isTested) {
  return { ...withoutRebuild(recipe, isTested), output: [`type=oci,dest=${path},tar=false`] };
}
function targetForEngine(recipe, name, isTested) {
  const { attest: _, ...target } = withoutRebuild(recipe, isTested);
  return { ...target, tags: [name], output: ["type=docker"], attest: ["type=provenance,disabled=true"] };
}
function withoutRebuild(recipe, isTested) {
  const whole = withAttestationsAndCache(recipe);
  if (!isTested) return whole;
  const { "no-cache": _, "no-cache-filter": __, pull: ___, ...target } = whole;
  return target;
}
function withAttestationsAndCache({ target, attest, cacheTo }) {
  return { ...target, attest, "cache-to": cacheTo };
}

// src/image/image-test.ts
const { randomUUID } = require("node:crypto");

// src/model/app-environment.ts
var SLOTS = ["blue", "green"];
var otherSlot = (slot) => slot === "blue" ? "green" : "blue";
function baseProject(appEnvironment) {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}
function releaseProject(release) {
  return `${baseProject(release)}-${release.id}`;
}
function slotNetwork(appEnvironment, slot) {
  return `${baseProject(appEnvironment)}-${slot}`;
}
var upstreamNetwork = (app, { network }) => `${baseProject(app)}-${network}`;
var upstreamKey = ({ network }) => `sealift-${network}`;
var LABEL = {
  app: "sealift.app",
  environment: "sealift.environment",
  release: "sealift.release",
  /** On the networks of slots only. Containers can move, so only their networks say in which slot they are. */
  slot: "sealift.slot",
  role: "sealift.role",
  /** The restart policy of a container while its release may run: `always`, `on-failure:3`. */
  restart: "sealift.restart",
  /** Fingerprint of the definition from which an accessory was created. */
  definition: "sealift.definition",
  /** On a workload of Kubernetes that has the release in its name: its name in the manifest. */
  workload: "sealift.workload",
  edge: "sealift.edge",
  /** On the container that is the lock: which run holds it, as JSON. */
  lock: "sealift.lock"
};
var OWN_ROLE = {
  edge: "edge",
  tcpEdge: "tcp-edge",
  front: "front",
  records: "records",
  hook: "hook",
  trial: "trial",
  probe: "probe",
  lock: "lock",
  test: "test"
};
var FILES_ROLE = "files";
function labelsOf({ app, environment }) {
  return { [LABEL.app]: app, [LABEL.environment]: environment };
}

// src/model/command-line.ts
var SHELL_OPERATORS = /* @__PURE__ */ new Set(["|", "&", ";", "<", ">", "(", ")", "`", "$", "*", "\n"]);
function scanCommand(command) {
  const words = [];
  let word;
  let quote;
  let operator;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? "";
    const next = command[at + 1] ?? "";
    if (quote === "'") {
      if (letter === "'") quote = void 0;
      else word += letter;
    } else if (letter === "\\" && next !== "" && (quote === void 0 || '"\\$`\n'.includes(next))) {
      if (next !== "\n") word = (word ?? "") + next;
      at += 1;
    } else if (quote === '"') {
      if (letter === '"') quote = void 0;
      else word += letter;
      if (letter === "$" || letter === "`") operator ??= letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter) && letter !== "\n") {
      if (word !== void 0) words.push(word);
      word = void 0;
    } else {
      if (SHELL_OPERATORS.has(letter)) operator ??= letter;
      if (letter === "\\") quote = letter;
      word = (word ?? "") + letter;
    }
  }
  if (word !== void 0) words.push(word);
  return { words, open: quote, operator };
}
function splitCommand(command, input) {
  const { words, open: open2, operator } = scanCommand(command);
  if (operator !== void 0) {
    throw new ConfigurationError(
      `${input}: "${operator}" needs a shell, but the command runs without one. Write sh -c ${singleQuoted(command)} if the image has a shell, or put "${operator}" in single quotes.`
    );
  }
  if (open2 === '"' || open2 === "'") {
    const [first = "", ...more] = command.split("\n");
    const shown = more.length === 0 ? first : `${first} …`;
    throw new ConfigurationError(
      `${input}: the quote ${open2} is not closed. Add a closing ${open2} to: ${shown}`
    );
  }
  const [program = "", ...args] = words;
  if (program === "")
    throw new ConfigurationError(`${input}: the command is empty. Write a program and its arguments.`);
  return [program, ...args];
}
function isIncompleteCommand(command) {
  return scanCommand(command).open !== void 0;
}
var MAX_SHOWN_LENGTH = 120;
var quoteCommand = (argv) => argv.map((word) => /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : singleQuoted(word)).join(" ");
function formatCommand(argv) {
  const line = [...quoteCommand(argv).replaceAll(/\s*\n\s*/g, " ⏎ ")];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join("")}…` : line.join("");
}
var singleQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// src/run/tail.ts
var Tail = class {
  #limit;
  #lines = [];
  /** @param limit lines that are kept at most */
  constructor(limit) {
    this.#limit = limit;
  }
  push(line) {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }
  /** Oldest first. */
  get lines() {
    return this.#lines;
  }
};

// src/image/image-context.ts
async function dockerOutput(args, { run, environment }) {
  return (await run("docker", args, { env: environment })).stdout.trimEnd();
}

// src/image/image-test.ts
function imageTestsFor(builds, tests) {
  const found = /* @__PURE__ */ new Map();
  const names = builds.map(({ service }) => service).filter((service) => service !== "");
  for (const [key, commands] of tests) {
    if (key === "" && builds.length > 1) {
      const images = builds.map(({ service, repository }) => service || repository).join(", ");
      throw new ConfigurationError(
        `test: several images are built (${images}). Write which one the command is for: ${names[0]}=${commands[0]}`
      );
    }
    const build = key === "" ? builds[0] : builds.find((each) => each.service === key || each.imageKeys.includes(key));
    if (build === void 0) {
      throw new ConfigurationError(
        `test: no image is built for "${key}"; ${names.length > 0 ? `images are built for ${names.join(", ")}` : "only one image is built, so leave the name out"}.`
      );
    }
    const argvs = commands.map((command) => splitCommand(command, "test"));
    found.set(build.service, [...found.get(build.service) ?? [], ...argvs]);
  }
  return found;
}
function loadedImageId(name, context) {
  return dockerOutput(["image", "inspect", "--format", "{{.Id}}", name], context);
}
var TEST_EVIDENCE_LINES = 30;
async function runImageTest(id, argv, service, { run, log, environment: env, signal }) {
  const name = `sealift-test-${randomUUID().slice(0, 8)}`;
  const label = `${LABEL.role}=${OWN_ROLE.test}`;
  const options = ["--rm", "--pull", "never", "--name", name, "--label", label];
  const command = formatCommand(argv);
  log.info(`Test${service === "" ? "" : ` of ${service}`}: ${command}`);
  const tail = new Tail(TEST_EVIDENCE_LINES);
  try {
    await run("docker", ["run", ...options, id, ...argv], {
      env,
      onLine(line) {
        log.info(line);
        tail.push(line);
      },
      signal
    });
  } catch (error) {
    await run("docker", ["rm", "--force", "--volumes", name], { env, allowedExitCodes: [1] }).catch(
      () => void 0
    );
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    const where = service === "" ? "the image" : `the image of ${service}`;
    throw new SealiftError(
      `test: ${testFailureText(`"${command}"`, where, error.exitCode, tail.lines.at(-1) ?? "")}`,
      { evidence: tail.lines, alreadyLogged: true }
    );
  }
}
function testFailureText(command, where, code, last) {
  switch (code) {
    case 125:
      return `the container for ${command} could not be created. ${last}`;
    case 126:
      return `${command} could not be started in ${where}: it is not executable. ${last}`;
    case 127:
      return `${command} could not be started in ${where}: there is no such program in it. ${last}`;
    case 137:
      return `${command} was killed in ${where} (exit code 137): it was probably out of memory.`;
    case void 0:
      return `${command} failed in ${where} with a signal. Nothing was pushed.`;
    default:
      return `${command} failed in ${where} with exit code ${code}. Nothing was pushed.`;
  }
}

// src/image/recipe.ts
const { resolve } = require("node:path");

// src/run/environment.ts
var MAX_VARIABLE_BYTES = 128 * 1024 - 256;
var BUILDKIT_CACHE_VARIABLES = /* @__PURE__ */ new Set([
  "ACTIONS_CACHE_URL",
  "ACTIONS_RESULTS_URL",
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_CACHE_SERVICE_V2"
]);
function programEnvironment(environment = process.env) {
  const result = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !isActionOnly(name)) result[name] = value;
  }
  return result;
}
function isActionOnly(name) {
  if (BUILDKIT_CACHE_VARIABLES.has(name)) return false;
  return /^(?:INPUT|STATE|ACTIONS)_/.test(name) || name === "GITHUB_TOKEN";
}

// src/image/build-options.ts
function parseKeyValues(lines) {
  return Object.fromEntries(lines.map(splitKeyValue));
}
function splitKeyValue(line) {
  const at = line.indexOf("=");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
function parseExtraHosts(lines) {
  const hosts = {};
  for (const line of lines) {
    const { name, address } = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups ?? {};
    if (name === void 0 || address === void 0) continue;
    hosts[name] = hosts[name] === void 0 ? address : `${hosts[name]},${address}`;
  }
  return hosts;
}
function attestOptions(kind, value) {
  if (value === void 0 || value === "") return [];
  if (value === "true") return [`type=${kind}`];
  return [value === "false" ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}

// src/image/compose-build.ts
function translateComposeBuild(image, data, inputs) {
  const build = asObject(mapStrings(data, unescapeDollars));
  const where = `compose-file: build of service ${image.service}`;
  const secrets = /* @__PURE__ */ new Map();
  const inline = asText(build["dockerfile_inline"]);
  const platforms = asStrings(build["platforms"]);
  return {
    target: {
      context: asText(build["context"]) ?? inputs.workspace,
      dockerfile: inline === void 0 ? asText(build["dockerfile"]) : void 0,
      "dockerfile-inline": inline,
      target: asText(build["target"]),
      args: definedStrings(build["args"]),
      labels: definedStrings(build["labels"]),
      contexts: mapValues(
        definedStrings(build["additional_contexts"]),
        (context, name) => additionalContext(name, context, inputs, where)
      ),
      platforms: platforms.length > 0 || image.platform === void 0 ? platforms : [image.platform],
      secret: asList(build["secrets"]).map(
        (use) => composeBuildSecret(asObject(use), image, inputs, secrets, where)
      ),
      ssh: asStrings(build["ssh"]),
      "cache-from": asStrings(build["cache_from"]),
      "extra-hosts": parseExtraHosts(asStrings(build["extra_hosts"])),
      ulimits: Object.entries(asObject(build["ulimits"])).map(([name, limit]) => {
        const { soft = limit, hard } = asObject(limit);
        return hard === void 0 ? `${name}=${soft}` : `${name}=${soft}:${hard}`;
      }),
      "shm-size": asText(build["shm_size"]),
      network: asText(build["network"]),
      entitlements: [
        ...asStrings(build["entitlements"]),
        ...build["privileged"] === true ? ["security.insecure"] : []
      ],
      pull: build["pull"] === true || void 0,
      "no-cache": build["no_cache"] === true || void 0,
      "no-cache-filter": asStrings(build["no_cache_filter"])
    },
    secrets,
    references: asStrings(build["tags"]),
    attest: [
      ...attestOptions("provenance", asText(build["provenance"])),
      ...attestOptions("sbom", asText(build["sbom"]))
    ],
    cacheTo: asStrings(build["cache_to"])
  };
}
function composeBuildSecret(use, image, inputs, secrets, where) {
  const source = asText(use["source"]) ?? "";
  const id = asText(use["target"]) ?? source;
  const spec = asObject(mapStrings(image.secrets[source], unescapeDollars));
  const file = asText(spec["file"]);
  if (file !== void 0) return csvLine([`id=${id}`, `src=${file}`]);
  const value = inputs.contents.get(`secret:${source}`);
  if (value === void 0) {
    const name = asText(spec["environment"]);
    const advice = name === void 0 ? "Give it file: or environment:." : `Set ${name} in the input "env".`;
    throw new ConfigurationError(`${where}: secret ${source} has no value. ${advice}`);
  }
  const variable = `SEALIFT_COMPOSE_SECRET_${Object.keys(image.secrets).indexOf(source)}`;
  secrets.set(variable, value);
  return csvLine([`id=${id}`, `env=${variable}`]);
}
function csvLine(fields) {
  return fields.map((field) => /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(",");
}
function additionalContext(name, context, inputs, where) {
  const service = /^service:(?<service>.+)$/.exec(context)?.groups?.["service"];
  if (service === void 0) return context;
  const id = inputs.ids.get(service);
  if (id !== void 0) return `target:${id}`;
  throw new ConfigurationError(
    `${where}: context ${name} is service ${service}, which is not built here. Give that service build:.`
  );
}
function definedStrings(value) {
  const entries = Object.entries(asObject(value)).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, String(each)]));
}

// src/image/recipe.ts
var REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;
function bakeTargetIds(images) {
  const ids = /* @__PURE__ */ new Map();
  for (const { service, imageKeys } of images) {
    const name = service === "" ? "image" : service.replaceAll(/[^A-Za-z0-9_-]/g, "_");
    let id = name;
    for (let count = 2; [...ids.values()].includes(id); count += 1) id = `${name}-${count}`;
    for (const key of [service, ...imageKeys]) ids.set(key, id);
  }
  return ids;
}
function recipeFor(image, options, inputs) {
  const id = inputs.ids.get(image.service) ?? "image";
  const base = image.build === void 0 ? recipeFromInputs(options, inputs.workspace) : translateComposeBuild(image, image.build, inputs);
  const secrets = new Map(base.secrets);
  const secretLines = options.buildSecrets.map((line, index) => buildSecretFromInput(line, index, secrets));
  const isOnly = new Set(inputs.ids.values()).size === 1;
  const cacheFrom = options.cacheFrom.flatMap(
    (cache) => isOnly ? [cache] : [cache, cacheForImage(cache, id)]
  );
  const cacheTo = options.cacheTo.map((cache) => isOnly ? cache : cacheForImage(cache, id));
  const attest = [...attestOptions("provenance", options.provenance), ...attestOptions("sbom", options.sbom)];
  const overridden = new Set(attest.map(attestKind));
  return {
    id,
    target: {
      ...base.target,
      args: { ...base.target.args, ...parseKeyValues(options.buildArgs) },
      labels: { ...base.target.labels, ...inputs.labels, ...parseKeyValues(options.labels) },
      contexts: { ...base.target.contexts, ...parseKeyValues(options.buildContexts) },
      "extra-hosts": { ...base.target["extra-hosts"], ...parseExtraHosts(options.addHosts) },
      secret: [...base.target.secret ?? [], ...secretLines],
      "cache-from": [.../* @__PURE__ */ new Set([...base.target["cache-from"] ?? [], ...cacheFrom])],
      platforms: options.platforms.length > 0 ? options.platforms : base.target.platforms ?? [],
      pull: options.pull || base.target.pull,
      "no-cache": options.noCache || base.target["no-cache"]
    },
    secrets,
    references: base.references,
    attest: [...base.attest.filter((line) => !overridden.has(attestKind(line))), ...attest],
    cacheTo: [...base.cacheTo, ...cacheTo]
  };
}
function recipeFromInputs({ context, file, target }, workspace) {
  const inCheckout = (path) => REMOTE_CONTEXT.test(context) ? path : resolve(workspace, path);
  return {
    target: { context: inCheckout(context), dockerfile: file && inCheckout(file), target },
    secrets: /* @__PURE__ */ new Map(),
    references: [],
    attest: [],
    cacheTo: []
  };
}
function buildSecretFromInput(line, index, secrets) {
  const [id, value] = splitKeyValue(line);
  if (Buffer.byteLength(value) > MAX_VARIABLE_BYTES) {
    throw new ConfigurationError(
      `build-secrets: "${id}" is longer than 127 KiB, which is too long for an environment variable. Give the build a shorter secret with which it can fetch the rest.`
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id},env=${variable}`;
}
function attestKind(attest) {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.["kind"];
}
var CACHE_NAME_FIELD = {
  gha: () => "scope",
  registry: () => "ref",
  local: (cache) => /(?:^|,)dest=/.test(cache) ? "dest" : "src"
};
function cacheForImage(cache, id) {
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"];
  if (type === void 0) return withTagSuffix(cache, id);
  const field = CACHE_NAME_FIELD[type]?.(cache);
  if (field === void 0) return cache;
  const name = new RegExp(`(?<=(?:^|,)${field}=)[^,]*`);
  if (field === "scope" && !name.test(cache)) return `${cache},scope=${id}`;
  return cache.replace(
    name,
    (value) => field === "ref" ? withTagSuffix(value, id) : `${value}${field === "scope" ? "-" : "/"}${id}`
  );
}
function withTagSuffix(reference, id) {
  const hasTag = reference.lastIndexOf(":") > reference.lastIndexOf("/");
  return `${reference}${hasTag ? "" : ":latest"}-${id}`;
}

// src/image/tags.ts
var SEMVER_TAG = /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
var TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;
function imageTagsFor(lines, commit) {
  if (commit.sha === void 0) {
    throw new ConfigurationError(
      "tags: the commit, which names the image, is not known. Run actions/checkout before this step, or set GITHUB_SHA."
    );
  }
  const values = templateValues(commit);
  const tags = /* @__PURE__ */ new Set([commit.sha]);
  const skipped = [];
  for (const line of lines) {
    const names = templatesIn(line);
    const missing = names.find((name) => values[name] === void 0);
    if (missing !== void 0) {
      skipped.push(`tags: "${line}" is left out: ${whyNoValue(missing, commit)}.`);
      continue;
    }
    let next = 0;
    const tag = line.replaceAll(TEMPLATE, () => values[names[next++] ?? "sha7"] ?? "");
    if (!isTag(tag)) throw invalidTagError(tag, line, names, values);
    tags.add(tag);
  }
  return { tags: [...tags], version: values.semver, skipped };
}
function templatesIn(line) {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TAG_TEMPLATES.find((template) => template === groups?.["name"]);
    if (name !== void 0) return name;
    const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(", ");
    throw new ConfigurationError(`tags: {{${groups?.["name"]}}} is not known; ${known} are.`);
  });
}
function templateValues({ ref = "", sha, pullRequest }) {
  const { kind, name = "" } = /^refs\/(?<kind>heads|tags)\/(?<name>.+)$/.exec(ref)?.groups ?? {};
  const branch = kind === "heads" && !name.startsWith("gh-readonly-queue/") ? name : void 0;
  return {
    branch,
    "branch-slug": branch && slugOf(branch),
    semver: kind === "tags" ? SEMVER_TAG.exec(name)?.groups?.["version"] : void 0,
    sha7: sha?.slice(0, 7),
    pr: pullRequest?.toString()
  };
}
function slugOf(branch) {
  const valid = branch.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[.-]+/, "");
  return valid.slice(0, 128) || void 0;
}
function whyNoValue(name, commit) {
  const ref = commit.ref ?? "a commit that the event does not name";
  if (name === "pr") return "this run is not for a pull request";
  return name === "semver" ? `${ref} is no tag with a version such as v1.2.0` : `${ref} is no branch`;
}
function invalidTagError(tag, line, names, values) {
  const origin = names.length === 0 ? "" : ` (from ${line})`;
  const advice = names.includes("branch") ? ` Write {{branch-slug}} for "${values["branch-slug"] ?? ""}".` : names.includes("semver") ? ' An image tag has no "+", and this version has one (build metadata): give the commit a Git tag without it.' : "";
  return new ConfigurationError(`tags: "${tag}"${origin} is not a valid tag: ${TAG_RULE}.${advice}`);
}

// src/image/build-plan.ts
function planBuild({ targets, options, commit, contents }, workspace) {
  const tags = imageTagsFor(options.tags, commit);
  const testsByService = imageTestsFor(targets, options.tests);
  const labels = imageLabels(commit, tags.tags, tags.version, /* @__PURE__ */ new Date());
  const inputs = { workspace, contents, ids: bakeTargetIds(targets), labels };
  const items = targets.map((image) => {
    const recipe = recipeFor(image, options, inputs);
    const tests = testsByService.get(image.service) ?? [];
    const commands = tests.map((argv) => argv.join("\0"));
    const fingerprint = buildFingerprint(recipe, commands, workspace);
    const labelled = { ...recipe.target.labels, [BUILD_FINGERPRINT_LABEL]: fingerprint };
    return { image, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests };
  });
  return { tags, items };
}
function buildSecretsOf(items) {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}
function imageReferencesOf({ tags }, { image, recipe }) {
  const [commit = "", ...rest] = tags.tags.map((tag) => `${image.repository}:${tag}`);
  const copies = image.otherRepositories.flatMap(
    (repository) => tags.tags.map((tag) => `${repository}:${tag}`)
  );
  const others = /* @__PURE__ */ new Set([...rest, ...copies, ...recipe.references]);
  others.delete(commit);
  return { commit, otherReferences: [...others] };
}

// src/image/platforms.ts
function normalizePlatform(platform) {
  return platform.replace(/\/arm64\/v8$/, "/arm64").replace(/\/arm$/, "/arm/v7").replace(/\/amd64\/v1$/, "/amd64");
}
function isSamePlatform(one, other) {
  return normalizePlatform(one) === normalizePlatform(other);
}
function testPlatform(platforms = [], own) {
  return platforms.find((platform) => isSamePlatform(platform, own)) ?? platforms[0];
}
function enginePlatform(context) {
  return dockerOutput(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"], context);
}

// src/image/push-mode.ts
const { randomUUID: randomUUID2 } = require("node:crypto");
async function choosePushMode(context) {
  if (!await isDockersOwnBuilder(context)) return { kind: "digest" };
  return { kind: "tag", tag: `candidate-${randomUUID2().slice(0, 8)}` };
}
async function isDockersOwnBuilder(context) {
  const printed = await dockerOutput(["buildx", "inspect"], context).catch((error) => {
    if (!(error instanceof CommandError)) throw error;
    return "";
  });
  const driver = /^Driver:\s*(?<driver>\S+)\s*$/m.exec(printed)?.groups?.["driver"];
  return driver === void 0 || driver === "docker";
}
async function tagInEngine(pushMode, repository, references, context) {
  if (pushMode.kind !== "tag") return;
  for (const reference of references)
    await tryDockerImage(["tag", `${repository}:${pushMode.tag}`, reference], context);
}
async function removeCandidateTag(pushMode, repositories, context) {
  if (pushMode.kind !== "tag") return;
  await removeLocalImages(
    repositories.map((repository) => `${repository}:${pushMode.tag}`),
    context
  );
}
async function removeLocalImages(names, context) {
  await tryDockerImage(["rm", "--force", ...names], context);
}
async function tryDockerImage(args, { run, environment }) {
  await run("docker", ["image", ...args], { env: environment, allowedExitCodes: [1] }).catch(() => void 0);
}

// src/image/run-bake.ts
const { randomUUID: randomUUID3 } = require("node:crypto");
const { readFile, writeFile } = require("node:fs/promises");
const { join } = require("node:path");

// src/model/duration.ts
var MAX_DURATION = 864e5;
var UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
var DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
var PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;
function parseDuration(text) {
  if (!DURATION.test(text)) return void 0;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { groups } of text.matchAll(PART)) {
    const unit = UNITS[groups?.["unit"] ?? ""] ?? Number.NaN;
    if (!(unit < smallest)) return void 0;
    smallest = unit;
    total += Number(groups?.["amount"]) * unit;
  }
  const milliseconds = Math.round(total);
  return Number.isSafeInteger(milliseconds) ? milliseconds : void 0;
}
function formatDuration(milliseconds) {
  const exact = Math.max(0, Math.round(milliseconds));
  if (exact < 1e3) return `${exact}ms`;
  const tenths = Math.round(exact / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(exact / 1e3);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds % 3600 / 60), "m"],
    [seconds % 60, "s"]
  ];
  return parts.flatMap(([amount, unit]) => amount > 0 ? `${amount}${unit}` : []).join("");
}

// src/run/registry-errors.ts
var ACCESS_DENIED = /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
var TRANSIENT_ERROR = /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:408|429|5\d\d)|HTTP (?:408|429|5\d\d) response|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
function isAccessDenied(text) {
  return ACCESS_DENIED.test(text);
}
function isTransient(text) {
  return TRANSIENT_ERROR.test(text);
}

// src/image/build-errors.ts
var PERMANENT_ERROR = /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
var ENGINE_UNREACHABLE = /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i;
function isEngineUnreachable(text) {
  return ENGINE_UNREACHABLE.test(text);
}
function isRetryablePushError(text) {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}
function isBuildxUnusable(text) {
  return /unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(
    text
  );
}
var BUILDX_ADVICE = "docker buildx is not on this runner, or too old. Run docker/setup-buildx-action before this step.";
function lastStderrLine({ stderr }) {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  return line.replace(/^(?:Error response from daemon|ERROR):\s*/, "");
}
function pushAdvice(registry) {
  return registry === GITHUB_REGISTRY ? 'Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set "registry-username" and "registry-password".' : `Check that the login for ${registry} has write access. If there is none, ${loginAdvice(registry)}.`;
}

// src/image/explain-build-failure.ts
var DOCKERFILE_ADVICE = `Set "file" to the Dockerfile's path, or "context" to its folder (in a Compose file: dockerfile: and context: below build:).`;
var OTHER_BUILDER = "Run docker/setup-buildx-action before this step: it creates a builder that can.";
var PROGRESS_SEPARATOR = /^-{4,}$/;
var DOCKER_PUSH = /^ > pushing (?<reference>\S+) with docker:$/;
var CONFIGURATION_ERRORS = [
  [
    /Multi-platform build is not supported/i,
    `platforms: the runner's builder can't build for several platforms. ${OTHER_BUILDER}`
  ],
  [/Attestation is not supported/i, `provenance, sbom: the runner's builder can't attest. ${OTHER_BUILDER}`],
  [
    /Cache export is not supported/i,
    `cache-to: the runner's builder can't export its cache, except inline. ${OTHER_BUILDER}`
  ],
  [
    /failed to read dockerfile: open (?<name>[^:]+):/,
    `file: there is no $<name> in the context. ${DOCKERFILE_ADVICE}`
  ],
  [
    /failed to read dockerfile: (?<reason>.*)/,
    `file: the Dockerfile can't be read: $<reason>. ${DOCKERFILE_ADVICE}`
  ],
  [
    /unable to prepare context: path "(?<path>[^"]*)" not found/,
    "context: the folder $<path> does not exist. Does actions/checkout run before this step?"
  ],
  [
    /(?<stage>target stage "[^"]*") could not be found/,
    "target: $<stage> is not in the Dockerfile. Write the name after AS of one of its stages (FROM image AS name)."
  ],
  [
    /secret (?<id>\S+): not found/,
    'build-secrets: the Dockerfile needs the secret "$<id>", which is not set. Add a line $<id>=….'
  ],
  [
    /(?<entitlement>entitlement \S+ is not allowed.*)/,
    "The builder does not allow what the build needs: $<entitlement> Allow it in docker/setup-buildx-action: buildkitd-flags: --allow-insecure-entitlement …."
  ]
];
function explainBuildFailure(lines, pushed) {
  const start = lines.findLastIndex((line) => line.startsWith("ERROR:"));
  const last = lines.slice(start < 0 ? -3 : start).join(" ");
  const text = last.replace(/^ERROR:\s*/, "");
  const options = { evidence: buildEvidenceOf(lines) };
  const reason = shortenBuildError(text);
  if (isBuildxUnusable(text)) return new ConfigurationError(BUILDX_ADVICE, options);
  if (isEngineUnreachable(text))
    return new SealiftError(
      `No Docker engine answers on the runner, so nothing can be built: ${reason}`,
      options
    );
  const stepFailed = /did not complete successfully/.test(text);
  if ((stepFailed ? lines : [text]).some((line) => /no space left on device/i.test(line)))
    return new SealiftError(
      `The engine that builds has not enough disk space: ${reason} Free space before this step (docker system df shows what uses it).`,
      options
    );
  if (stepFailed) return explainStepFailure(lines, text, options);
  for (const [pattern, message] of CONFIGURATION_ERRORS) {
    const found = pattern.exec(text);
    if (found === null || isTransient(text)) continue;
    const filled = message.replaceAll(/\$<(\w+)>/g, (_, name) => found.groups?.[name] ?? "");
    return new ConfigurationError(filled, options);
  }
  if (pushed.length > 0 && isPushFailure(lines, text))
    return explainPushFailure(lines, text, pushed, options);
  const base = /(?<image>\S+): failed to resolve source metadata/.exec(text)?.groups?.["image"];
  if (base !== void 0 && !isTransient(text)) {
    return new ConfigurationError(
      isAccessDenied(text) ? `The registry refuses the base image ${base}. To log in, ${loginAdvice(registryOf(base))}. The registry answered: ${reason}` : `The base image ${base} was not found. Check its name and tag in the Dockerfile. The registry answered: ${reason}`,
      options
    );
  }
  const error = new SealiftError(`The build failed: ${reason}`, options);
  return isTransient(text) ? new TransientError(error) : error;
}
function explainStepFailure(lines, text, options) {
  if (lines.some((line) => /exec format error/.test(line))) {
    return new ConfigurationError(
      "platforms: a step runs a program for another platform, which this runner can't do. Run docker/setup-qemu-action before this step, or build on a runner of that platform.",
      options
    );
  }
  const { command = "", end = "an error" } = /process "(?:\/bin\/sh -c )?(?<command>.*)" did not complete successfully: (?<end>.*)$/.exec(text)?.groups ?? {};
  return new SealiftError(`The build failed: RUN ${shortenBuildError(command)} ended with ${end}.`, options);
}
function isPushFailure(lines, text) {
  return /failed to push|error pushing|failed to copy.*push/i.test(text) || lines.some((line) => DOCKER_PUSH.test(line));
}
function explainPushFailure(lines, text, pushed, options) {
  const named = [
    /failed to push (?<reference>\S+):/.exec(text),
    ...lines.map((line) => DOCKER_PUSH.exec(line))
  ];
  const reference = named.find((found) => found !== null)?.groups?.["reference"] ?? pushed.join(", ");
  const registry = registryOf(reference);
  const reason = shortenBuildError(text);
  if (isAccessDenied(text) && !isTransient(text)) {
    return new ConfigurationError(
      `${registry} refuses the push of ${reference}. ${pushAdvice(registry)} The registry answered: ${reason}`,
      options
    );
  }
  const error = new SealiftError(`Pushing ${reference} failed: ${reason}`, options);
  return isRetryablePushError(text) ? new TransientError(error, { wait: retryAfterInText(text) }) : error;
}
function buildEvidenceOf(lines) {
  const start = lines.findIndex(
    (line, index) => PROGRESS_SEPARATOR.test(line) && lines[index + 1]?.startsWith(" > ")
  );
  return lines.slice(start < 0 ? -10 : start).filter((line) => line.trim() !== "" && !PROGRESS_SEPARATOR.test(line)).slice(-20);
}
function shortenBuildError(text) {
  const line = text.replaceAll(/\s+/g, " ").replace(/^(?:target \S+: )?(?:failed to build: )?(?:failed to solve: )?/, "").trim();
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

// src/image/push-silence.ts
var PUSH_SILENCE_LIMIT = 30 * 6e4;
var PushSilence = class {
  #abort = new AbortController();
  #limit;
  /** Steps that push now, by their number in the progress. */
  #pushing = /* @__PURE__ */ new Set();
  #timer;
  constructor(limit = PUSH_SILENCE_LIMIT) {
    this.#limit = limit;
  }
  /** Aborted when it was silent for too long. */
  get signal() {
    return this.#abort.signal;
  }
  /** A line of the plain progress: `#12 pushing layers`, `#12 pushing layers 2.1s done`, `#12 DONE 4.3s`. */
  see(line) {
    const [, number = "", what = ""] = /^#(\d+) (pushing|DONE|ERROR|CANCELED)\b/.exec(line) ?? [];
    if (what === "pushing") this.#pushing.add(number);
    else if (what !== "") this.#pushing.delete(number);
    clearTimeout(this.#timer);
    this.#timer = this.#pushing.size === 0 ? void 0 : setTimeout(() => this.#abort.abort(), this.#limit).unref();
  }
  [Symbol.dispose]() {
    clearTimeout(this.#timer);
  }
};

// src/image/run-bake.ts
var BUILD_EVIDENCE_LINES = 200;
var BAKE_SETTINGS = {
  // Sealift itself writes the definition, with files of the checkout in it. Nobody is there to answer a prompt.
  BUILDX_BAKE_ENTITLEMENTS_FS: "0",
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: "disabled",
  NO_COLOR: "1"
};
function runBake(what, targets, secrets, context) {
  return retryTransient(what, () => runBakeOnce(targets, secrets, context), context);
}
async function runBakeOnce(targets, secrets, { run, log, folder, environment, workspace, signal }) {
  var _stack = [];
  try {
    const path = join(folder, `bake-${randomUUID3().slice(0, 8)}`);
    const [file, metadata] = [`${path}.json`, `${path}.metadata.json`];
    await writeFile(file, bakeDefinition(targets), { mode: 384 });
    const tail = new Tail(BUILD_EVIDENCE_LINES);
    const silence = __using(_stack, new PushSilence());
    try {
      await run(
        "docker",
        [
          ...["buildx", "bake", "--file", file, "--metadata-file", metadata, "--progress", "plain"],
          ...allowFlags(targets.values()),
          ...targets.keys()
        ],
        {
          cwd: workspace,
          env: { ...environment, ...BAKE_SETTINGS, ...Object.fromEntries(secrets) },
          onLine(line) {
            log.info(line);
            tail.push(line);
            silence.see(line);
          },
          signal: signal === void 0 ? silence.signal : AbortSignal.any([signal, silence.signal])
        }
      );
    } catch (error) {
      if (silence.signal.aborted && signal?.aborted !== true) throw silentPushError(targets, tail.lines);
      if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
      const output = tail.lines.length > 0 ? tail.lines : error.stderr.split("\n");
      throw explainBuildFailure(output, [...targets.values()].flatMap(pushedReferences));
    }
    return readBakeMetadata(await readFile(metadata, "utf8"), targets.keys());
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function silentPushError(targets, evidence) {
  const registries = new Set([...targets.values()].flatMap(pushedReferences).map(registryOf));
  return new SealiftError(
    `The push was ended, because nothing was heard of it for ${formatDuration(PUSH_SILENCE_LIMIT)}. Does ${joinWithAnd([...registries])} answer, and does a proxy or firewall let large uploads through?`,
    { evidence }
  );
}
function pushedReferences({ tags = [], output = [] }) {
  if (!output.some((line) => line.includes("push=true"))) return [];
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.["name"] ?? []);
}
function readBakeMetadata(json, ids) {
  const all = asObject(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const entry = asObject(all[id]);
      if (Object.keys(entry).length === 0)
        throw new SealiftError(
          `docker buildx reported nothing about the image "${id}" that it built. Update buildx.`
        );
      const digest = (key) => {
        const value = entry[key];
        return typeof value === "string" && isDigest(value) ? value : void 0;
      };
      return [
        id,
        { digest: digest("containerimage.digest"), config: digest("containerimage.config.digest") }
      ];
    })
  );
}

// src/image/build-and-test.ts
async function buildAndTest(plan, timer, context) {
  const items = plan.items.filter(({ tests }) => tests.length > 0);
  const tested = /* @__PURE__ */ new Map();
  if (items.length === 0) return tested;
  const ownPlatform = await enginePlatform(context);
  const run = randomUUID4().slice(0, 8);
  const names = new Map(items.map((item) => [item, `sealift-test/${item.recipe.id.toLowerCase()}:${run}`]));
  const targets = plan.items.map((item) => {
    const { recipe } = item;
    const name = names.get(item);
    const platform = testPlatform(recipe.target.platforms, ownPlatform);
    return [
      recipe.id,
      name === void 0 ? targetForCache(recipe) : targetForTest(recipe, name, platform)
    ];
  });
  const secrets = buildSecretsOf(plan.items);
  try {
    const built = await timer.time("build", () => runBake("The build", new Map(targets), secrets, context));
    await timer.time("build", () => cacheOtherPlatforms(items, ownPlatform, secrets, context));
    for (const [item, name] of names) {
      const result = built.get(item.recipe.id);
      const image = await timer.time("test", () => testImage(item, name, result, ownPlatform, context));
      tested.set(item, image);
    }
    return tested;
  } finally {
    await removeLocalImages([...names.values()], context);
  }
}
async function testImage({ recipe, image, tests }, name, { config, digest: manifest } = {}, ownPlatform, context) {
  if (config === void 0 && manifest === void 0)
    throw new SealiftError(`docker buildx did not report which image it built for ${name}. Update buildx.`);
  const id = await loadedImageId(name, context);
  for (const argv of tests) await runImageTest(id, argv, image.service, context);
  return { config, manifest, platform: testPlatform(recipe.target.platforms, ownPlatform) ?? ownPlatform };
}
async function cacheOtherPlatforms(items, ownPlatform, secrets, context) {
  const others = items.flatMap(({ recipe }) => {
    const { platforms = [], "no-cache": noCache, "no-cache-filter": filter = [] } = recipe.target;
    const tested = testPlatform(platforms, ownPlatform);
    const rest = platforms.filter((platform) => platform !== tested);
    const rebuilds = noCache || filter.length > 0;
    return rebuilds && rest.length > 0 ? [[recipe.id, targetForCache(recipe, rest)]] : [];
  });
  if (others.length > 0)
    await runBake("The build for the other platforms", new Map(others), secrets, context);
}

// src/image/phase-timer.ts
var PhaseTimer = class {
  /** Milliseconds by phase. */
  durations = {};
  async time(phase, run) {
    const startedAt = performance.now();
    try {
      return await run();
    } finally {
      this.durations[phase] = Math.round((this.durations[phase] ?? 0) + performance.now() - startedAt);
    }
  }
};

// src/run/promises.ts
function inBackground(promise) {
  promise.catch(() => void 0);
  return promise;
}
function openInBackground(opening) {
  const opened = inBackground(opening);
  return {
    opened,
    async [Symbol.asyncDispose]() {
      const resource = await opened.catch(() => void 0);
      await resource?.[Symbol.asyncDispose]();
    }
  };
}
async function allOrThrow(promises) {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

// src/image/check-build-files.ts
const { existsSync, statSync } = require("node:fs");
const { isAbsolute, join: join2, relative: relative2, resolve: resolve2 } = require("node:path");
function checkBuildFiles({ service }, { target }, workspace) {
  const { context, dockerfile } = target;
  if (!isAbsolute(context)) return;
  const shown = (path) => relative2(workspace, path) || ".";
  const where = (input2) => service === "" ? `${input2}:` : `compose-file: ${input2} of service ${service}:`;
  if (!existsSync(context) || !statSync(context).isDirectory()) {
    throw new ConfigurationError(
      `${where("context")} the folder ${shown(context)} does not exist. Does actions/checkout run before this step?`
    );
  }
  if (target["dockerfile-inline"] !== void 0) return;
  const file = resolve2(context, dockerfile ?? "Dockerfile");
  if (existsSync(file) || dockerfile === void 0 && existsSync(join2(context, "dockerfile"))) return;
  const inContext = join2(context, relative2(workspace, file));
  const advice = service !== "" ? "" : existsSync(inContext) ? ` The path starts at the top of the checkout: file: ${shown(inContext)}` : dockerfile === void 0 ? ' Set "file" to its path, or "context" to its folder.' : "";
  const input = service === "" ? "file" : "dockerfile";
  throw new ConfigurationError(`${where(input)} there is no ${shown(file)}.${advice}`);
}

// src/registry/docker-config.ts
const { mkdir, readdir, readFile: readFile2, realpath, rm, symlink, writeFile: writeFile2 } = require("node:fs/promises");
const { homedir } = require("node:os");
const { basename, join: join3 } = require("node:path");
function registryConfigKey(registry) {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}
function runnerDockerFolder(environment) {
  return environment["DOCKER_CONFIG"] || join3(environment["HOME"] || homedir(), ".docker");
}
async function makeDockerConfig(folder, logins, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, privateDockerConfig(config, logins), environment);
}
var HOST_CONFIG_KEYS = ["auths", "credsStore", "credHelpers", "cliPluginsExtraDirs"];
async function makeHostDockerConfig(folder, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, pickKeys(config, HOST_CONFIG_KEYS), environment);
}
async function writeDockerConfig(folder, config, environment) {
  const original = runnerDockerFolder(environment);
  await mkdir(folder, { mode: 448 });
  await writeFile2(join3(folder, "config.json"), JSON.stringify(config), { mode: 384 });
  for (const name of await readdir(original).catch(() => [])) {
    if (name !== "config.json") await symlink(join3(original, name), join3(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too. This names the runner's even if it has no such folder yet to link to.
      BUILDX_CONFIG: environment["BUILDX_CONFIG"] || join3(original, "buildx")
    }
  };
}
async function linkPlugin({ folder }, name, path) {
  const plugins = join3(folder, "cli-plugins");
  const original = await realpath(plugins).catch(() => void 0);
  await rm(plugins, { force: true });
  await mkdir(plugins);
  const others = original === void 0 ? [] : (await readdir(original)).map((other) => join3(original, other));
  for (const other of others) {
    if (basename(other) !== name) await symlink(other, join3(plugins, basename(other)));
  }
  await symlink(path, join3(plugins, name));
}
function privateDockerConfig(config, logins) {
  const own = logins.map(({ registry, username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    return [registryConfigKey(registry), { auth }];
  });
  return {
    ...config,
    auths: { ...asObject(config["auths"]), ...Object.fromEntries(own) },
    credHelpers: {
      ...asObject(config["credHelpers"]),
      ...Object.fromEntries(own.map(([key]) => [key, ""]))
    }
  };
}
function hasCredentials(config, registry) {
  const key = registryConfigKey(registry);
  if (asText(asObject(config["credHelpers"])[key]) !== void 0) return true;
  return asObject(config["auths"])[key] !== void 0;
}
async function readDockerConfig(folder) {
  const path = join3(folder, "config.json");
  const json = await readFile2(path, "utf8").catch((error) => {
    if (error.code === "ENOENT") return "{}";
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error)}`);
  });
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(`${path} is not valid JSON. Fix or remove it; docker can't read it either.`);
  }
}

// src/image/docker-hub.ts
async function requireDockerHubLogin({ items }, { environment }) {
  const pushed = items.flatMap(
    ({ image: { service: service2, repository, otherRepositories } }) => [repository, ...otherRepositories].map((name2) => ({ service: service2, name: name2 }))
  );
  const found = pushed.find(({ name: name2 }) => registryOf(name2) === DOCKER_HUB);
  if (found === void 0 || await hasLogin(environment)) return;
  const { service, name } = found;
  throw new ConfigurationError(
    `image: ${name}${service === "" ? "" : ` of service ${service}`} would be pushed to Docker Hub, and there is no login for ${DOCKER_HUB}. If another registry is meant, write its name before it. If Docker Hub is meant, ${loginAdvice(DOCKER_HUB)}.`
  );
}
async function hasLogin(environment) {
  if (environment["DOCKER_AUTH_CONFIG"]) return true;
  const config = await readDockerConfig(runnerDockerFolder(environment));
  if (asText(config["credsStore"]) !== void 0) return true;
  const known = { ...asObject(config["auths"]), ...asObject(config["credHelpers"]) };
  return Object.keys(known).some((key) => key.includes(DOCKER_HUB));
}

// src/image/push-images.ts
async function pushTested(push, context) {
  const { plan, tested, pushMode } = push;
  const repositories = plan.items.map(({ image }) => image.repository);
  const targets = new Map(
    plan.items.map((item) => [
      item.recipe.id,
      targetForVerifiedPush(item.recipe, item.image.repository, pushMode, comparedDigest(tested.get(item)))
    ])
  );
  try {
    const pushed = await runBake("The push", targets, buildSecretsOf(plan.items), context);
    const remotes = await inspectPushed(push, pushed, pushMode.kind === "tag" ? pushMode.tag : void 0);
    for (const [item, remote] of remotes) verifyPushed(item, tested.get(item), remote);
    await moveTags(remotes, push, context);
    return remotes;
  } finally {
    await removeCandidateTag(pushMode, repositories, context);
  }
}
async function pushUntested({ plan, registry }, context) {
  const targets = new Map(
    plan.items.map((item) => {
      const { commit, otherReferences } = imageReferencesOf(plan, item);
      return [item.recipe.id, targetForPush(item.recipe, [...otherReferences, commit])];
    })
  );
  const pushed = await runBake("The push", targets, buildSecretsOf(plan.items), context);
  const remotes = await inspectPushed({ plan, registry }, pushed, plan.tags.tags[0]);
  logPushed(plan, remotes, context);
  return remotes;
}
async function inspectPushed({ plan, registry }, pushed, tag) {
  const inspected = await allOrThrow(
    plan.items.map(async (item) => {
      const { repository } = item.image;
      const digest = pushed.get(item.recipe.id)?.digest;
      if (digest === void 0 && tag === void 0)
        throw new SealiftError(
          `docker buildx did not report which image it pushed to ${repository}. Update buildx.`
        );
      const reference = digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
      const remote = await registry.inspect(reference);
      if (remote === void 0)
        throw new SealiftError(
          `${reference} was pushed, but the registry does not have it. Run this job again; if it happens again, look at the registry's rules for cleaning up.`
        );
      return [item, remote];
    })
  );
  return new Map(inspected);
}
function comparedDigest(tested) {
  return tested !== void 0 && tested.config === void 0 ? "manifest" : "config";
}
function verifyPushed({ image, recipe }, tested, remote) {
  if (tested === void 0) return;
  const platform = imageForPlatform(remote, tested.platform);
  const kind = comparedDigest(tested);
  const actual = kind === "config" ? platform?.config : platform?.digest;
  if (actual === tested[kind]) return;
  const pushed = pinnedImage(image.repository, remote.digest);
  const cause = recipe.cacheTo.some(isInlineCache) ? "cache-to: type=inline is stored in the image itself, and Docker's own builder writes it differently each time. Use another cache, or run docker/setup-buildx-action before this step." : "A base image or the checkout may have changed in between, or the builder lost its cache. Run the job again: it rebuilds.";
  throw new SealiftError(
    `${pushed} is not what was tested: its ${kind} is ${actual ?? `missing for ${tested.platform}`}, the tested one is ${tested[kind]}. No tag was moved. ${cause}${image.service === "" ? "" : ` (${image.service})`}`
  );
}
function imageForPlatform({ platforms }, platform) {
  const [first] = platforms.values();
  if (platforms.size === 1) return first;
  return [...platforms].find(([name]) => isSamePlatform(name, platform))?.[1];
}
async function moveTags(remotes, { plan, registry, pushMode }, context) {
  const all = [...remotes].map(([item, { digest }]) => {
    const { repository } = item.image;
    return { ...imageReferencesOf(plan, item), repository, image: pinnedImage(repository, digest) };
  });
  await allOrThrow(all.map(({ image, otherReferences }) => registry.tag(image, otherReferences)));
  await allOrThrow(
    all.flatMap(({ image, repository, commit, otherReferences }) => [
      registry.tag(image, [commit]),
      tagInEngine(pushMode, repository, [commit, ...otherReferences], context)
    ])
  );
  logPushed(plan, remotes, context);
}
function logPushed({ tags }, remotes, { log }) {
  for (const [{ image }, { digest }] of remotes)
    log.info(`Pushed ${pinnedImage(image.repository, digest)} as ${tags.tags.join(", ")}.`);
}

// src/registry/ask-once.ts
async function askOnce(answers, key, ask, signal) {
  for (; ; ) {
    const known = answers.get(key);
    if (known === void 0) {
      const asked = ask();
      answers.set(key, asked);
      asked.catch(() => answers.delete(key));
      return await asked;
    }
    try {
      return await known;
    } catch (error) {
      if (error instanceof RegistryError || signal?.aborted) throw error;
    }
  }
}

// src/registry/authorization.ts
var TOKEN_MARGIN = 1e4;
var TOKEN_LIFETIME = 6e4;
var Authorization = class {
  #connections;
  #findLogin;
  #tokens = /* @__PURE__ */ new Map();
  constructor(connections, findLogin) {
    this.#connections = connections;
    this.#findLogin = findLogin;
  }
  /**
   * The headers of a request; none without a login, where that is enough.
   * @throws RegistryError when the token server refuses or fails, or the registry wants what Sealift can't give
   */
  async headers(permission, signal) {
    const { registry, challenge } = permission;
    if (challenge.scheme === "other")
      throw new RegistryError({ kind: "unsupported" }, `it wants ${challenge.name} authentication`);
    const login = await this.#findLogin(registry);
    if (login?.kind === "registry-token") return { authorization: `Bearer ${login.token}` };
    if (challenge.scheme === "basic")
      return login?.kind === "password" ? { authorization: basic(login) } : {};
    const key = keyOf(permission);
    const ask = () => this.#requestToken(challenge, permission.scope, login, signal);
    let token = await askOnce(this.#tokens, key, ask, signal);
    if (token.expires < performance.now()) {
      this.#tokens.delete(key);
      token = await askOnce(this.#tokens, key, ask, signal);
    }
    return { authorization: `Bearer ${token.text}` };
  }
  /** Asks for a new token next time. */
  forget(permission) {
    this.#tokens.delete(keyOf(permission));
  }
  async #requestToken({ realm, service }, scope, login, signal) {
    const parameters = new URLSearchParams();
    if (service !== void 0) parameters.set("service", service);
    if (scope !== void 0) parameters.set("scope", scope);
    const answer = login?.kind === "identity-token" ? await this.#exchange(realm, parameters, login.token, signal) : await this.#ask(realm, parameters, login, signal);
    if (answer.status >= 400) throw refusalError(answer);
    const { token, access_token: accessToken, expires_in: seconds } = asObject(jsonOf(answer.body));
    const text = asText(token) ?? asText(accessToken);
    if (text === void 0)
      throw new RegistryError({ kind: "failed" }, `${new URL(realm).host} answered without a token`);
    const lifetime = typeof seconds === "number" ? seconds * 1e3 : TOKEN_LIFETIME;
    return { text, expires: performance.now() + lifetime - TOKEN_MARGIN };
  }
  /** With a user name and a password, or as nobody: distribution.github.io, "Token Authentication Specification". */
  #ask(realm, parameters, login, signal) {
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    if (login?.kind !== "password")
      return this.#connections.send(url, { method: "GET", headers: {}, signal });
    url.searchParams.append("account", login.username);
    return this.#connections.send(url, { method: "GET", headers: { authorization: basic(login) }, signal });
  }
  /** With an identity token: distribution.github.io, "Oauth2 Token Authentication". */
  #exchange(realm, parameters, identityToken, signal) {
    parameters.set("grant_type", "refresh_token");
    parameters.set("client_id", "sealift");
    parameters.set("refresh_token", identityToken);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = parameters.toString();
    return this.#connections.send(new URL(realm), { method: "POST", headers, body, signal });
  }
};
var keyOf = ({ registry, challenge, scope }) => JSON.stringify([registry, challenge.scheme === "bearer" ? challenge.realm : "", scope]);
var basic = ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

// src/registry/certificates.ts
const { readdir: readdir2, readFile: readFile3 } = require("node:fs/promises");
const { join: join4 } = require("node:path");
var SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem"
];
var ENGINE_CERTIFICATES = "/etc/docker/certs.d";
async function certificatesFor(registry, environment, engineFolder = ENGINE_CERTIFICATES) {
  const folder = join4(engineFolder, registry);
  const names = (await readdir2(folder).catch(() => [])).sort();
  const read = (name) => readFile3(join4(folder, name));
  const own = await Promise.all(names.filter((name) => name.endsWith(".crt")).map(read));
  const cert = names.find((name) => name.endsWith(".cert"));
  const key = cert?.replace(/\.cert$/, ".key");
  return {
    ca: [...await systemAuthorities(environment), ...own],
    ...cert === void 0 || key === void 0 || !names.includes(key) ? {} : { cert: await read(cert), key: await read(key) }
  };
}
async function systemAuthorities(environment) {
  const named = environment["SSL_CERT_FILE"];
  for (const path of named ? [named] : SYSTEM_BUNDLES) {
    const bundle = await readFile3(path).catch(() => void 0);
    if (bundle !== void 0) return [bundle];
  }
  return [];
}

// src/registry/challenge.ts
var PARAMETER = /(?<key>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^\s,"]+))/;
var PARAMETER_OR_SCHEME = new RegExp(`${PARAMETER.source}|(?<scheme>[A-Za-z][\\w-]*)`, "g");
function readChallenge(header) {
  const found = [];
  for (const { groups = {} } of (header ?? "").matchAll(PARAMETER_OR_SCHEME)) {
    const { scheme, key = "", quoted, plain = "" } = groups;
    if (scheme !== void 0) found.push({ name: scheme.toLowerCase(), parameters: /* @__PURE__ */ new Map() });
    else found.at(-1)?.parameters.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? plain);
  }
  const challenges = found.map(challengeOf);
  return challenges.find(({ scheme }) => scheme !== "other") ?? challenges[0];
}
function challengeOf({
  name,
  parameters
}) {
  const realm = parameters.get("realm");
  if (name === "basic") return { scheme: "basic" };
  if (name === "bearer" && realm !== void 0 && URL.canParse(realm))
    return { scheme: "bearer", realm, service: parameters.get("service"), scope: parameters.get("scope") };
  return { scheme: "other", name };
}

// src/registry/insecure-registries.ts
const { lookup } = require("node:dns/promises");
const http = require("node:http");
const { BlockList } = require("node:net");
async function engineAllowsPlainHttp(registry, environment, run) {
  return await isInsecureRegistry(registry, await engineRegistryConfig(environment, run));
}
async function engineRegistryConfig(environment, run) {
  const socket = await engineSocket(environment);
  const answer = socket === void 0 ? void 0 : await askEngine(socket).catch(() => void 0);
  if (answer !== void 0) return asObject(answer)["RegistryConfig"];
  const { stdout } = await run("docker", ["info", "--format", "{{json .RegistryConfig}}"], {
    env: environment
  });
  return JSON.parse(stdout);
}
var DEFAULT_SOCKET = "/var/run/docker.sock";
async function engineSocket(environment) {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = environment;
  if (host) return /^unix:\/\/(?<path>\/.+)$/.exec(host)?.groups?.["path"];
  const named = context || asText((await readDockerConfig(runnerDockerFolder(environment)))["currentContext"]);
  return named === void 0 || named === "default" ? DEFAULT_SOCKET : void 0;
}
var ENGINE_TIMEOUT = 5e3;
function askEngine(socketPath) {
  return new Promise((resolve3, reject) => {
    const signal = AbortSignal.timeout(ENGINE_TIMEOUT);
    const sent = http.get({ socketPath, path: "/info", agent: false, signal }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        try {
          resolve3(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()) : void 0);
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.once("error", reject);
  });
}
async function isInsecureRegistry(registry, config) {
  const known = asObject(asObject(asObject(config)["IndexConfigs"])[registry]);
  if (typeof known["Secure"] === "boolean") return !known["Secure"];
  const ranges = new BlockList();
  for (const range of asStrings(asObject(config)["InsecureRegistryCIDRs"])) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
}

// src/registry/stored-login.ts
var KEPT = 10 * 6e4;
var keptLogins = /* @__PURE__ */ new WeakMap();
function storedLogin(registry, source) {
  const kept = keptLogins.get(source.environment) ?? /* @__PURE__ */ new Map();
  keptLogins.set(source.environment, kept);
  const known = kept.get(registry);
  if (known !== void 0 && performance.now() - known.found < KEPT) return known.login;
  const login = findStoredLogin(registry, source);
  kept.set(registry, { login, found: performance.now() });
  login.catch(() => kept.delete(registry));
  return login;
}
async function findStoredLogin(registry, source) {
  const key = registryConfigKey(registry);
  const inVariable = readAuthsVariable(source.environment["DOCKER_AUTH_CONFIG"]);
  const fromVariable = inVariable && loginInFile(inVariable, key);
  if (fromVariable !== void 0) return fromVariable;
  const config = await readDockerConfig(runnerDockerFolder(source.environment));
  const helpers = asObject(config["credHelpers"]);
  const helper = key in helpers ? asText(helpers[key]) : asText(config["credsStore"]);
  return helper === void 0 ? loginInFile(config, key) : await askHelper(helper, key, source);
}
function readAuthsVariable(text) {
  if (!text) return void 0;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return void 0;
  }
}
function loginInFile(config, key) {
  const auths = asObject(config["auths"]);
  const found = auths[key] ?? Object.entries(auths).find(([name2]) => hostOfKey(name2) === hostOfKey(key))?.[1];
  const { auth, username, password, identitytoken, registrytoken } = asObject(found);
  const registryToken = asText(registrytoken);
  if (registryToken !== void 0) return { kind: "registry-token", token: registryToken };
  const identityToken = asText(identitytoken);
  if (identityToken !== void 0) return { kind: "identity-token", token: identityToken };
  const text = Buffer.from(asText(auth) ?? "", "base64").toString().replaceAll("\0", "");
  const colon = text.indexOf(":");
  const name = colon < 0 ? asText(username) : text.slice(0, colon);
  const secret = colon < 0 ? asText(password) : text.slice(colon + 1);
  return name === void 0 || secret === void 0 ? void 0 : { kind: "password", username: name, password: secret };
}
var hostOfKey = (key) => key.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
var NOTHING_STORED = /credentials not found in native keychain/;
var TOKEN_USER = "<token>";
async function askHelper(helper, key, { run, environment, signal }) {
  const program = `docker-credential-${helper}`;
  try {
    const { exitCode, stdout } = await run(program, ["get"], {
      ...{ env: environment, stdin: key, signal },
      // It says on stdout why it found none.
      allowedExitCodes: [1]
    });
    if (exitCode !== 0) {
      if (NOTHING_STORED.test(stdout)) return void 0;
      throw new RegistryError({ kind: "unsupported" }, `${program} failed: ${stdout.trim()}`);
    }
    const { Username, Secret } = asObject(JSON.parse(stdout));
    const secret = asText(Secret);
    if (secret === void 0) return void 0;
    return Username === TOKEN_USER ? { kind: "identity-token", token: secret } : { kind: "password", username: asText(Username) ?? "", password: secret };
  } catch (error) {
    if (error instanceof RegistryError || signal?.aborted) throw error;
    const reason = error instanceof SyntaxError ? "its answer is not JSON" : messageOf(error);
    const cause = error instanceof CommandError ? error : void 0;
    throw new RegistryError({ kind: "unsupported" }, `${program} failed: ${reason}`, cause);
  }
}

// src/registry/web-connections.ts
const http2 = require("node:http");
const https = require("node:https");
const { createSecureContext } = require("node:tls");
var NoTlsError = class extends RegistryError {
  constructor(message, cause) {
    super({ kind: "plain-http" }, message, cause);
  }
};
var SILENCE = 3e4;
var LONGEST_ANSWER = 32 * 1024 ** 2;
var REDIRECT_LIMIT = 10;
var TEMPORARY = /* @__PURE__ */ new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENOTFOUND"],
  ...["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN"]
]);
var WebConnections = class {
  #environment;
  #certificates;
  #agents = /* @__PURE__ */ new Map();
  constructor(environment, certificates) {
    this.#environment = environment;
    this.#certificates = certificates;
  }
  /**
   * Sends a request and follows redirects. Another server that a redirect names gets no authorization: registries send readers of
   * blobs to a storage, which refuses it.
   * @throws RegistryError without an answer; NoTlsError
   */
  send(start, request3) {
    return this.#follow(start, request3, receive);
  }
  /** The same for an answer of any length. */
  sendStreamed(start, request3) {
    return this.#follow(start, request3, receiveStream);
  }
  async #follow(start, request3, receiveAnswer) {
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const headers = url.origin === start.origin ? request3.headers : withoutAuthorization(request3.headers);
      const answer = await this.#sendOnce(url, { ...request3, headers }, receiveAnswer);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === void 0) return answer;
      if (redirects === REDIRECT_LIMIT)
        throw new RegistryError({ kind: "failed" }, `it redirects more than ${REDIRECT_LIMIT} times`);
      url = new URL(location, url);
    }
  }
  async #sendOnce(url, request3, receiveAnswer) {
    const proxy = proxyFor(url, this.#environment);
    const agent = await this.#agentFor(url, proxy);
    for (; ; ) {
      request3.signal?.throwIfAborted();
      const sent = open(url, proxy, agent, request3);
      try {
        return await receiveAnswer(sent, request3, url);
      } catch (error) {
        request3.signal?.throwIfAborted();
        if (sent.reusedSocket && codeOf(error) === "ECONNRESET") continue;
        throw explain(error, url);
      }
    }
  }
  #agentFor(url, proxy) {
    const known = this.#agents.get(url.origin);
    if (known !== void 0) return known;
    const made = this.#makeAgent(url, proxy);
    this.#agents.set(url.origin, made);
    made.catch(() => this.#agents.delete(url.origin));
    return made;
  }
  async #makeAgent(url, proxy) {
    if (url.protocol === "http:") return new http2.Agent({ keepAlive: true });
    const { ca, cert, key } = await this.#certificates(url.host);
    const secureContext = createSecureContext({
      // Without any on this machine, those that Node brings.
      ...ca.length > 0 ? { ca: [...ca] } : {},
      ...cert === void 0 || key === void 0 ? {} : { cert, key }
    });
    const options = { keepAlive: true, secureContext };
    return proxy === void 0 ? new https.Agent(options) : new ProxyAgent(proxy, options);
  }
};
var withoutAuthorization = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));
function open(url, proxy, agent, { method, headers, body, signal }) {
  const content = typeof body === "string" ? Buffer.from(body) : body;
  const options = {
    method,
    headers: {
      "user-agent": "sealift",
      ...headers,
      host: url.host,
      ...content === void 0 ? {} : { "content-length": String(content.length) }
    },
    timeout: SILENCE,
    ...signal && { signal }
  };
  const path = `${url.pathname}${url.search}`;
  const host = hostOfUrl(url);
  const sent = url.protocol === "https:" ? https.request({ ...options, host, port: url.port || 443, path, agent }) : proxy === void 0 ? http2.request({ ...options, host, port: url.port || 80, path, agent }) : requestProxy(proxy, { ...options, path: `${url.origin}${path}` });
  sent.end(content);
  return sent;
}
function receiveHead(sent) {
  return new Promise((resolve3, reject) => {
    let response;
    sent.once("timeout", () => {
      const silence = new SilenceError("no answer came for 30 seconds");
      response?.destroy(silence);
      sent.destroy(silence);
    });
    sent.on("error", reject);
    sent.once("response", (begun) => {
      response = begun;
      resolve3(begun);
    });
  });
}
var receive = async (sent, request3) => await complete(await receiveHead(sent), request3);
var receiveStream = async (sent, request3, url) => {
  const response = await receiveHead(sent);
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300) return { ...await complete(response, request3), content: void 0 };
  return { status, headers, body: Buffer.alloc(0), content: chunksOf(response, request3, url) };
};
async function complete(response, { method }) {
  const chunks = [];
  let length = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    length += part.length;
    chunks.push(part);
    if (length > LONGEST_ANSWER)
      throw new Error(`its answer to ${method} is longer than ${formatBytes(LONGEST_ANSWER)}`);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks) };
}
async function* chunksOf(response, { signal }, url) {
  try {
    for await (const chunk of response) yield Buffer.from(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, url);
  }
}
var SilenceError = class extends Error {
};
var codeOf = (error) => error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
function reasonOf(error) {
  return error instanceof AggregateError && error.errors.length > 0 ? messageOf(error.errors[0]) : messageOf(error);
}
function explain(error, url) {
  const code = codeOf(error);
  const reason = reasonOf(error);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) || /wrong version number/.test(reason))
    return new NoTlsError(reason, error);
  if (TEMPORARY.has(code) || error instanceof ProxyError || error instanceof SilenceError)
    return new RegistryError({ kind: "temporary" }, `${url.host}: ${reason}`, error);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^EPROTO$/.test(code);
  return new RegistryError({ kind: isTls ? "unsupported" : "failed" }, `${url.host}: ${reason}`, error);
}

// src/registry/registry-client.ts
var DOCKER_HUB_API = "registry-1.docker.io";
var RegistryClient = class _RegistryClient {
  static #clients = /* @__PURE__ */ new WeakMap();
  #context;
  #connections;
  #authorization;
  #entrances = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
    this.#connections = new WebConnections(
      context.environment,
      (host) => certificatesFor(host === DOCKER_HUB_API ? DOCKER_HUB : host, context.environment)
    );
    this.#authorization = new Authorization(this.#connections, (registry) => storedLogin(registry, context));
  }
  /** The client of an environment: whoever asks in it uses the same connections. */
  static of({ environment, run }) {
    const client = _RegistryClient.#clients.get(environment) ?? new _RegistryClient({ environment, run });
    _RegistryClient.#clients.set(environment, client);
    return client;
  }
  /**
   * Sends a request for a repository, with the authorization that the registry wants.
   * @param target below the repository: `manifests/latest`
   * @returns the answer; also one with status 404
   * @throws RegistryError for every other failure; the signal's reason
   */
  request(access, target, request3) {
    return this.#authorized(access, target, request3, (url, own) => this.#connections.send(url, own));
  }
  /** The same for an answer of any length, such as a blob. */
  download(access, target, request3) {
    return this.#authorized(access, target, request3, (url, own) => this.#connections.sendStreamed(url, own));
  }
  async #authorized({ registry, path, actions }, target, request3, sendOnce) {
    const entrance = await this.#entrance(registry, request3.signal);
    const url = new URL(`/v2/${path}/${target}`, entrance.origin);
    const send = async (challenge2, scope2) => {
      const headers = challenge2 === void 0 ? {} : await this.#authorization.headers({ registry, challenge: challenge2, scope: scope2 }, request3.signal);
      return await sendOnce(url, { ...request3, headers: { ...request3.headers, ...headers } });
    };
    const scope = `repository:${path}:${actions}`;
    let answer = await send(entrance.challenge, scope);
    const challenge = answer.status === 401 ? readChallenge(answer.headers["www-authenticate"]) : void 0;
    if (challenge?.scheme === "bearer" || challenge !== void 0 && entrance.challenge === void 0) {
      const wanted = challenge.scheme === "bearer" && challenge.scope || scope;
      this.#authorization.forget({ registry, challenge, scope: wanted });
      answer = await send(challenge, wanted);
    }
    if (answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return answer;
  }
  /**
   * Makes sure that a registry accepts the login that the environment has for it.
   * @throws RegistryError; the signal's reason
   */
  async checkLogin(registry, signal) {
    const { origin, challenge } = await this.#entrance(registry, signal);
    if (challenge === void 0) return;
    const headers = await this.#authorization.headers({ registry, challenge, scope: void 0 }, signal);
    if (challenge.scheme === "bearer") return;
    const answer = await this.#connections.send(new URL("/v2/", origin), { method: "GET", headers, signal });
    if (answer.status >= 400) throw refusalError(answer);
  }
  /** Finds out, once, how a registry is reached and what it asks. */
  #entrance(registry, signal) {
    return askOnce(this.#entrances, registry, () => this.#findEntrance(registry, signal), signal);
  }
  async #findEntrance(registry, signal) {
    const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
    try {
      return await this.#enter(`https://${host}`, signal);
    } catch (error) {
      if (!(error instanceof NoTlsError)) throw error;
      const { environment, run } = this.#context;
      if (!isThisMachine(hostOfUrl(new URL(`https://${host}`))) && !await engineAllowsPlainHttp(registry, environment, run))
        throw error;
      return await this.#enter(`http://${host}`, signal);
    }
  }
  async #enter(origin, signal) {
    const url = new URL("/v2/", origin);
    const answer = await this.#connections.send(url, { method: "GET", headers: {}, signal });
    const challenge = answer.status === 401 ? readChallenge(answer.headers["www-authenticate"]) : void 0;
    if (challenge === void 0 && answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return { origin, challenge };
  }
};

// src/image/plain-http.ts
const { randomUUID: randomUUID5 } = require("node:crypto");
const { mkdir: mkdir2, writeFile: writeFile3 } = require("node:fs/promises");
const { join: join5 } = require("node:path");
function isPlainHttpError(text) {
  return /HTTP response to HTTPS client/.test(text);
}
function plainHttpError(registry, evidence = []) {
  return new ConfigurationError(
    `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner (/etc/docker/daemon.json) and of each host.`,
    { evidence }
  );
}
var PLAIN_HTTP_BUILDER = "sealift-plain-http";
async function plainHttpEnvironment(registry, context) {
  if (!await engineAllowsPlainHttp(registry, context.environment, context.run))
    throw plainHttpError(registry);
  const folder = join5(context.folder, `buildx-${randomUUID5().slice(0, 8)}`);
  await mkdir2(join5(folder, "instances"), { recursive: true });
  await writeFile3(join5(folder, "instances", PLAIN_HTTP_BUILDER), plainHttpBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN_HTTP_BUILDER };
}
function plainHttpBuilder(registry) {
  const toml = `[registry.${JSON.stringify(registry)}]
  http = true
`;
  const Files = { "buildkitd.toml": Buffer.from(toml).toString("base64") };
  const Nodes = [{ Name: `${PLAIN_HTTP_BUILDER}0`, Endpoint: "unix:///dev/null", Files }];
  return JSON.stringify({ Name: PLAIN_HTTP_BUILDER, Driver: "docker-container", Nodes });
}

// src/image/registry-failures.ts
var RegistryAccessError = class extends ConfigurationError {
};
function accessError(reference, { text, evidence = [] }) {
  const registry = registryOf(reference);
  return new RegistryAccessError(
    `image: ${registry} denies access to ${reference}: it does not exist, or the login may not read it. Check the name. If it needs a login, ${loginAdvice(registry)}. The registry answered: ${text}`,
    { evidence }
  );
}
function unreachableRegistryError(reference, { text, evidence = [], wait }) {
  const error = new SealiftError(
    `The registry ${registryOf(reference)} can't be reached, or fails: ${text}`,
    {
      evidence
    }
  );
  return new TransientError(error, { wait });
}
function failedQueryError(reference, { text, evidence = [] }) {
  return new SealiftError(
    `The registry ${registryOf(reference)} failed on the query for ${reference}: ${text}`,
    {
      evidence
    }
  );
}
function missingManifestError(reference) {
  return new SealiftError(
    `${reference}: the registry has no such manifest, although its index names it. The image is incomplete: build and push it again (rebuild: true).`
  );
}

// src/image/remote-image.ts
function remotePlatform(digest, manifest, image) {
  const config = digestField(manifest["config"]);
  if (config === void 0) return void 0;
  const labels = mapValues(asObject(asObject(image["config"])["Labels"]), String);
  return { digest, config, labels, layers: layersOf(manifest, image) };
}
function digestField(value) {
  const digest = asText(asObject(value)["digest"]);
  return digest !== void 0 && isDigest(digest) ? digest : void 0;
}
function layersOf(manifest, image) {
  const layers = asList(manifest["layers"]).map(asObject);
  const diffIds = asStrings(asObject(image["rootfs"])["diff_ids"]);
  if (layers.length !== diffIds.length) return [];
  return layers.map((layer, index) => ({
    digest: asText(layer["digest"]) ?? "",
    diffId: diffIds[index] ?? "",
    size: Number(layer["size"])
  }));
}
function platformText({ os, architecture, variant }) {
  return asStrings([os, architecture, variant]).filter(Boolean).join("/");
}

// src/image/imagetools.ts
var Imagetools = class {
  #context;
  #plainHttp = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference) {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#query(reference, ["inspect", "--format", format, reference]);
    if (answer === void 0) return void 0;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === void 0)
      throw new SealiftError(
        `${reference}: the registry's answer has no digest. Is a proxy between the runner and the registry? It must pass the answers on unchanged.`
      );
    const repository = repositoryPart(reference);
    const manifests = asList(asObject(manifest)["manifests"]).filter(isObject);
    const platforms = /* @__PURE__ */ new Map();
    if (manifests.length === 0) {
      platforms.set(platformText(asObject(image)), await this.#platform(repository, digest, asObject(image)));
    }
    for (const each of manifests) {
      const own = digestField(each);
      const platform = platformText(asObject(each["platform"]));
      if (own === void 0 || platform.startsWith("unknown")) continue;
      const config = asObject(image)[platform] ?? image;
      platforms.set(platform, await this.#platform(repository, own, asObject(config)));
    }
    return { digest, platforms };
  }
  async #platform(repository, digest, image) {
    const reference = `${repository}@${digest}`;
    const raw = await this.#query(reference, ["inspect", "--raw", reference]);
    const platform = raw === void 0 ? void 0 : remotePlatform(digest, asObject(JSON.parse(raw)), image);
    if (platform !== void 0) return platform;
    throw missingManifestError(reference);
  }
  /**
   * Gives an image more names, also in other repositories.
   * @returns whether the image is there
   * @throws RegistryAccessError when the registry refuses it to this login
   */
  async tag(image, references) {
    const tags = references.flatMap((reference) => ["--tag", reference]);
    const args = ["create", "--prefer-index=false", ...tags, image];
    return await this.#query(image, args, isRetryablePushError) !== void 0;
  }
  #query(reference, args, isRetryable = isTransient) {
    const what = `Asking ${registryOf(reference)}`;
    return retryTransient(what, () => this.#queryOnce(reference, args, isRetryable), this.#context);
  }
  async #queryOnce(reference, args, isRetryable) {
    const registry = registryOf(reference);
    const { run, environment, signal } = this.#context;
    const plainHttp = this.#plainHttp.get(registry);
    try {
      const env = { ...environment, ...await plainHttp };
      const { stdout } = await run("docker", ["buildx", "imagetools", ...args], { env, signal });
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (plainHttp !== void 0 || !isPlainHttpError(error.stderr))
        return explainRegistryError(reference, error, isRetryable);
    }
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#queryOnce(reference, args, isRetryable);
  }
};
var repositoryPart = (reference) => reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
function explainRegistryError(reference, error, isRetryable) {
  const reply = lastStderrLine(error);
  const { evidence } = error;
  if (isBuildxUnusable(error.stderr)) throw new ConfigurationError(BUILDX_ADVICE, { evidence });
  if (isAccessDenied(reply) && !isTransient(reply)) throw accessError(reference, { text: reply, evidence });
  if (isRetryable(reply))
    throw unreachableRegistryError(reference, { text: reply, evidence, wait: retryAfterInText(reply) });
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return void 0;
  throw failedQueryError(reference, { text: reply, evidence });
}

// src/image/read-remote-image.ts
const { createHash: createHash2 } = require("node:crypto");
var MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json"
];
function accessTo(repository, actions) {
  const registry = registryOf(repository);
  if (registry !== DOCKER_HUB)
    return { registry, path: repository.slice(repository.indexOf("/") + 1), actions };
  const path = repository.replace(/^(?:index\.)?docker\.io\//, "");
  return { registry, path: path.includes("/") ? path : `library/${path}`, actions };
}
async function readManifest({ name: repository, client, signal }, name) {
  const access = accessTo(repository, "pull");
  const { status, headers, body } = await client.request(access, `manifests/${name}`, {
    ...{ method: "GET", headers: { accept: MANIFEST_TYPES.join(", ") }, signal }
  });
  if (status === 404) return void 0;
  const given = headers["docker-content-digest"];
  const reference = `${repository}${name.includes(":") ? "@" : ":"}${name}`;
  const digest = checkedDigest(reference, body, name.includes(":") ? name : asText(given));
  const mediaType = asText(asObject(jsonOf(body))["mediaType"]) ?? headers["content-type"] ?? "";
  return { digest, mediaType, bytes: body };
}
async function readRemoteImage(repository, manifest) {
  const content = contentOf(manifest);
  const manifests = asList(content["manifests"]).filter(isObject);
  if (manifests.length === 0) {
    const [name, platform] = await readPlatform(repository, manifest);
    return { digest: manifest.digest, platforms: /* @__PURE__ */ new Map([[name, platform]]) };
  }
  const found = await allOrThrow(
    manifests.map(async (each) => {
      const digest = digestField(each);
      const named = platformText(asObject(each["platform"]));
      if (digest === void 0 || named.startsWith("unknown")) return [];
      const own = await readManifest(repository, digest);
      if (own === void 0) throw missingManifestError(`${repository.name}@${digest}`);
      const [name, platform] = await readPlatform(repository, own);
      return [[named || name, platform]];
    })
  );
  return { digest: manifest.digest, platforms: new Map(found.flat()) };
}
async function readPlatform(repository, manifest) {
  const reference = `${repository.name}@${manifest.digest}`;
  const content = contentOf(manifest);
  const digest = digestField(content["config"]);
  if (digest === void 0) throw missingManifestError(reference);
  const config = asObject(jsonOf(await readRemoteBlob(repository, digest)));
  const platform = remotePlatform(manifest.digest, content, config);
  if (platform === void 0) throw missingManifestError(reference);
  return [platformText(config), platform];
}
async function readRemoteBlob({ name, client, signal }, digest) {
  const { status, body } = await client.request(accessTo(name, "pull"), `blobs/${digest}`, {
    ...{ method: "GET", headers: {}, signal }
  });
  const reference = `${name}@${digest}`;
  if (status === 404) throw missingManifestError(reference);
  checkedDigest(reference, body, digest);
  return body;
}
var contentOf = ({ bytes }) => asObject(jsonOf(bytes));
function checkedDigest(reference, bytes, expected) {
  const digest = digestField({ digest: `sha256:${createHash2("sha256").update(bytes).digest("hex")}` });
  if (digest !== void 0 && (expected === void 0 || expected === digest) && isObject(jsonOf(bytes)))
    return digest;
  throw new SealiftError(
    `${reference}: the registry's answer is not the image that its digest names. Is a proxy between the runner and the registry? It must pass the answers on unchanged.`
  );
}
function splitReference(reference) {
  const { repository, tag = "latest", digest } = parseImageReference(reference, "image");
  return [repository, digest ?? tag];
}

// src/image/registry.ts
var Registry = class _Registry {
  #context;
  #client;
  #imagetools;
  /** Images and manifests by digest, which never change: looked up once in a run, whoever asks. */
  static #images = /* @__PURE__ */ new Map();
  static #manifests = /* @__PURE__ */ new Map();
  /** Registries that only imagetools can ask. */
  static #unsupported = /* @__PURE__ */ new Set();
  constructor(context) {
    this.#context = context;
    this.#client = RegistryClient.of(context);
    this.#imagetools = new Imagetools(context);
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference) {
    const known = _Registry.#images.get(reference);
    if (known !== void 0) return known;
    const remote = await this.#ask(
      reference,
      () => this.#read(reference),
      () => this.#imagetools.inspect(reference)
    );
    const [repository] = splitReference(reference);
    if (remote !== void 0) _Registry.#images.set(`${repository}@${remote.digest}`, remote);
    return remote;
  }
  /**
   * Asks for what is attached to an image.
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached, or only docker can ask it
   */
  async readBeside(image, read) {
    return await this.#ask(
      image,
      () => read(this.#repository(repositoryOf(image))),
      () => {
        throw new SealiftError(
          `verify: Sealift can't ask ${registryOf(image)} itself, only through docker, which can't read signatures. The log says above why. Set verify: off, or use another registry.`
        );
      }
    );
  }
  async #read(reference) {
    const [repository, name] = splitReference(reference);
    const remote = this.#repository(repository);
    const manifest = await readManifest(remote, name);
    if (manifest === void 0) return void 0;
    _Registry.#manifests.set(`${repository}@${manifest.digest}`, manifest);
    return await readRemoteImage(remote, manifest);
  }
  /**
   * Gives an image more names. Within a repository only the manifest is sent again.
   * @param image by digest
   * @throws ConfigurationError when the registry refuses it to this login
   */
  async tag(image, references) {
    const [repository] = splitReference(image);
    const own = references.filter((reference) => splitReference(reference)[0] === repository);
    const others = references.filter((reference) => !own.includes(reference));
    try {
      const found = await allOrThrow([
        own.length === 0 || this.#tag(image, own),
        others.length === 0 || this.#imagetools.tag(image, others)
      ]);
      if (found.every(Boolean)) return;
    } catch (error) {
      if (!(error instanceof RegistryAccessError)) throw error;
      const { evidence } = error;
      const registry = registryOf(image);
      throw new ConfigurationError(
        `${registry} refuses the tags ${references.join(", ")} for ${image}. ${pushAdvice(registry)} The registry answered: ${evidence.at(-1) ?? "nothing"}`,
        { evidence }
      );
    }
    throw new SealiftError(
      `${image} is not in the registry, so it can't be tagged. It was removed since it was pushed: run this job again.`
    );
  }
  /** @returns whether the image is there */
  #tag(image, references) {
    return this.#ask(
      image,
      async () => {
        const manifest = await this.#manifest(image);
        if (manifest === void 0) return false;
        const put = await allOrThrow(references.map((reference) => this.#put(manifest, reference)));
        return put.every(Boolean);
      },
      () => this.#imagetools.tag(image, references),
      isRetryablePushError
    );
  }
  async #manifest(image) {
    const [repository, name] = splitReference(image);
    return _Registry.#manifests.get(image) ?? await readManifest(this.#repository(repository), name);
  }
  /** @returns `false` if the registry lacks what the manifest names */
  async #put({ mediaType, bytes }, reference) {
    const [repository, tag] = splitReference(reference);
    const { signal } = this.#context;
    const { status } = await this.#client.request(accessTo(repository, "pull,push"), `manifests/${tag}`, {
      ...{ method: "PUT", headers: { "content-type": mediaType }, body: bytes, signal }
    });
    return status !== 404;
  }
  #repository(name) {
    return { name, client: this.#client, signal: this.#context.signal };
  }
  /** Asks with the own client, or with imagetools what that can't do. */
  async #ask(reference, ask, askImagetools, isRetryable = () => false) {
    const registry = registryOf(reference);
    if (!_Registry.#unsupported.has(registry)) {
      try {
        return await retryTransient(
          `Asking ${registry}`,
          () => explained(reference, ask, isRetryable),
          this.#context
        );
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        this.#context.log.info(`${registry} is asked through docker buildx imagetools: ${error.message}.`);
        _Registry.#unsupported.add(registry);
      }
    }
    return await askImagetools();
  }
};
async function explained(reference, ask, isRetryable) {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const { failure, message: text } = error;
    const reply = { text, evidence: [text] };
    switch (failure.kind) {
      case "denied":
        throw accessError(reference, reply);
      case "temporary":
        throw unreachableRegistryError(reference, { ...reply, wait: failure.wait });
      case "plain-http":
        throw plainHttpError(registryOf(reference), [text]);
      case "failed":
        throw isRetryable(text) ? unreachableRegistryError(reference, reply) : failedQueryError(reference, reply);
      case "unsupported":
        throw error;
    }
  }
}

// src/image/reuse-images.ts
async function findReusableImages(plan, commit, registry, context) {
  const found = await Promise.all(
    plan.items.map(async (item) => [item, await findReusableImage(item, commit, registry, context)])
  );
  const remotes = /* @__PURE__ */ new Map();
  for (const [item, remote] of found) {
    if (remote === void 0) return void 0;
    remotes.set(item, remote);
  }
  return remotes;
}
async function findReusableImage({ image, recipe }, { sha = "" }, registry, { log }) {
  const reference = `${image.repository}:${sha}`;
  const remote = await registry.inspect(reference).catch((error) => {
    if (!(error instanceof RegistryAccessError)) throw error;
    log.debug(error.message);
    return void 0;
  });
  if (remote === void 0) return void 0;
  const platforms = [...remote.platforms.values()];
  const haveLabel = (name, value) => platforms.every(({ labels }) => labels[name] === value);
  if (platforms.length === 0 || !haveLabel(OCI_LABEL.revision, sha)) {
    log.info(`${reference} is in the registry, but its label does not name this commit. It is rebuilt.`);
    return void 0;
  }
  if (!haveLabel(BUILD_FINGERPRINT_LABEL, recipe.target.labels?.[BUILD_FINGERPRINT_LABEL])) {
    log.info(
      `${reference} is in the registry, but was built with other inputs or had another test. It is rebuilt.`
    );
    return void 0;
  }
  return remote;
}
async function tagReusedImages(plan, remotes, registry, { log }) {
  for (const [item, { digest }] of remotes) {
    const image = pinnedImage(item.image.repository, digest);
    log.info(`${image} was built from this commit already and is reused ("rebuild: true" builds it again).`);
    await registry.tag(image, imageReferencesOf(plan, item).otherReferences);
  }
}

// src/image/build-images.ts
async function lookUpBuild(task, context) {
  const plan = planAndLog(task, context);
  const registry = new Registry(context);
  const remotes = task.options.rebuild ? void 0 : await findReusableImages(plan, task.commit, registry, context);
  return { plan, registry, remotes };
}
function planAndLog(task, { workspace, log }) {
  const plan = planBuild(task, workspace);
  for (const line of plan.tags.skipped) log.info(line);
  if (task.commit.note !== void 0) log.info(task.commit.note);
  return plan;
}
function reusableImages({ plan, remotes }) {
  return remotes === void 0 ? void 0 : builtImagesFrom(plan, remotes);
}
async function buildImages(task, context, lookup2) {
  const { plan, registry, remotes } = lookup2;
  if (remotes !== void 0) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes);
  }
  checkBuild(task, plan, context);
  await requireDockerHubLogin(plan, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0) ? await testAndPush(lookup2, timer, context) : await timer.time("build", () => pushUntested(lookup2, context));
  return builtImagesFrom(plan, pushed, timer.durations);
}
function checkBuild(task, { items }, context) {
  for (const { image, recipe } of items) checkBuildFiles(image, recipe, context.workspace);
  warnOfUnusedCache(task, context);
}
async function testAndPush({ plan, registry }, timer, context) {
  const [tested, pushMode] = await allOrThrow([buildAndTest(plan, timer, context), choosePushMode(context)]);
  return await timer.time("push", () => pushTested({ plan, tested, registry, pushMode }, context));
}
function warnOfUnusedCache({ options }, { log, environment }) {
  const used = [...options.cacheFrom, ...options.cacheTo].some((cache) => /(?:^|,)type=gha/.test(cache));
  if (!used || "ACTIONS_RUNTIME_TOKEN" in environment) return;
  log.warning("cache-from, cache-to: type=gha has no effect, because this job has no ACTIONS_RUNTIME_TOKEN.");
}
function builtImagesFrom({ items, tags }, remotes, durations) {
  const images = [...remotes].flatMap(
    ([{ image }, { digest }]) => image.imageKeys.map((key) => [key, pinnedImage(image.repository, digest)])
  );
  return {
    images: new Map(images),
    tags: tags.tags,
    reused: durations === void 0,
    tested: items.every(({ tests }) => tests.length > 0),
    durations: durations ?? {}
  };
}

export {
  SLOTS,
  otherSlot,
  baseProject,
  releaseProject,
  slotNetwork,
  upstreamNetwork,
  upstreamKey,
  LABEL,
  OWN_ROLE,
  FILES_ROLE,
  labelsOf,
  splitCommand,
  isIncompleteCommand,
  quoteCommand,
  formatCommand,
  MAX_DURATION,
  parseDuration,
  formatDuration,
  joinWithAnd,
  formatBytes,
  registryConfigKey,
  runnerDockerFolder,
  makeDockerConfig,
  makeHostDockerConfig,
  linkPlugin,
  hasCredentials,
  readDockerConfig,
  storedLogin,
  RegistryClient,
  inBackground,
  openInBackground,
  allOrThrow,
  isAccessDenied,
  isTransient,
  plainHttpError,
  digestField,
  accessTo,
  readManifest,
  readRemoteBlob,
  splitReference,
  Registry,
  explained,
  MAX_VARIABLE_BYTES,
  programEnvironment,
  Tail,
  targetForLayout,
  targetForEngine,
  dockerOutput,
  OCI_LABEL,
  BUILD_FINGERPRINT_LABEL,
  buildSecretsOf,
  isSamePlatform,
  isDockersOwnBuilder,
  removeLocalImages,
  runBake,
  buildAndTest,
  PhaseTimer,
  lookUpBuild,
  planAndLog,
  reusableImages,
  buildImages,
  checkBuild,
  builtImagesFrom
};
