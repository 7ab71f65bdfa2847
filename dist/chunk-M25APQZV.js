import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  KILLED_EXIT_CODE,
  LABEL,
  LoggedOutput,
  MAX_VARIABLE_BYTES,
  OWN_ROLE,
  Registry,
  RegistryAccessError,
  allOrThrow,
  buildxAdvice,
  fingerprintOf,
  formatCommand,
  isAccessDenied,
  isBuildxUnusable,
  isEngineUnreachable,
  isRetryablePushError,
  isTransient,
  joinWithAnd,
  killedText,
  pushAdvice,
  readDockerConfig,
  retryAfterInText,
  runnerDockerFolder,
  splitCommand
} from "./chunk-QZ63PLH4.js";
import {
  isDiskFull
} from "./chunk-5PPHBT3U.js";
import {
  TransientError,
  anySignal,
  formatDuration,
  retryTransient,
  waitRefusal
} from "./chunk-LL335SZZ.js";
import {
  DOCKER_HUB,
  TAG_RULE,
  TAG_TEMPLATES,
  asList,
  asObject,
  asStrings,
  asText,
  inputRef,
  inputSetting,
  isDigest,
  isTag,
  loginAdvice,
  mapStrings,
  mapValues,
  pinnedImage,
  registryOf,
  unescapeDollars
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError,
  byPlace,
  checkoutQuestion,
  theRunner,
  thisJob,
  thisRunner
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/image/labels.ts
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
  return fingerprintOf(JSON.stringify(content));
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
  var _stack = [];
  try {
    const name = `sealift-test-${randomUUID().slice(0, 8)}`;
    const label = `${LABEL.role}=${OWN_ROLE.test}`;
    const options = ["--rm", "--pull", "never", "--name", name, "--label", label];
    const command = formatCommand(argv);
    log.info(`Test${service === "" ? "" : ` of ${service}`}: ${command}`);
    const output = __using(_stack, new LoggedOutput((line) => log.info(line), TEST_EVIDENCE_LINES));
    try {
      await run("docker", ["run", ...options, id, ...argv], {
        env,
        onLine: (line) => output.push(line),
        signal
      });
    } catch (error) {
      await run("docker", ["rm", "--force", "--volumes", name], { env, allowedExitCodes: [1] }).catch(
        () => void 0
      );
      if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
      const where = service === "" ? "the image" : `the image of ${service}`;
      throw new SealiftError(
        `${inputRef("test")}: ${testFailureText(`"${command}"`, where, error.exitCode, output.lastLines.at(-1) ?? "")}`,
        { evidence: output.lastLines, alreadyLogged: true }
      );
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
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
    case KILLED_EXIT_CODE:
      return killedText(command, where);
    case void 0:
      return `${command} failed in ${where} with a signal. Nothing was pushed.`;
    default:
      return `${command} failed in ${where} with exit code ${code}. Nothing was pushed.`;
  }
}

// src/image/recipe.ts
const { resolve } = require("node:path");

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
    const advice = name === void 0 ? "Give it file: or environment:." : `Set ${name} in the input "${inputRef("env")}".`;
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
      `tags: the commit, which names the image, is not known. ${byPlace("Run actions/checkout before this step", "Run sealift in the checkout")}, or set GITHUB_SHA.`
    );
  }
  const values = templateValues(commit);
  const tags = /* @__PURE__ */ new Set([commit.sha]);
  const skipped = [];
  for (const line of lines) {
    const names = templatesIn(line);
    const missing = names.find((name) => values[name] === void 0);
    if (missing !== void 0) {
      skipped.push(`${inputRef("tags")}: "${line}" is left out: ${whyNoValue(missing, commit)}.`);
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

// src/image/explain-build-failure.ts
var dockerfileAdvice = () => `Set "${inputRef("file")}" to the Dockerfile's path, or "${inputRef("context")}" to its folder (in a Compose file: dockerfile: and context: below build:).`;
var otherBuilderAdvice = () => byPlace(
  "Run docker/setup-buildx-action before this step: it creates a builder that can.",
  "Create one that can: docker buildx create --use."
);
var PROGRESS_SEPARATOR = /^-{4,}$/;
var DOCKER_PUSH = /^ > pushing (?<reference>\S+) with docker:$/;
var configurationErrors = () => [
  [
    /Multi-platform build is not supported/i,
    `platforms: the builder can't build for several platforms. ${otherBuilderAdvice()}`
  ],
  [/Attestation is not supported/i, `provenance, sbom: the builder can't attest. ${otherBuilderAdvice()}`],
  [
    /Cache export is not supported/i,
    `cache-to: the builder can't export its cache, except inline. ${otherBuilderAdvice()}`
  ],
  [
    /failed to read dockerfile: open (?<name>[^:]+):/,
    `file: there is no $<name> in the context. ${dockerfileAdvice()}`
  ],
  [
    /failed to read dockerfile: (?<reason>.*)/,
    `file: the Dockerfile can't be read: $<reason>. ${dockerfileAdvice()}`
  ],
  [
    /unable to prepare context: path "(?<path>[^"]*)" not found/,
    `context: the folder $<path> does not exist. ${checkoutQuestion()}`
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
    `The builder does not allow what the build needs: $<entitlement> Allow it ${byPlace("in docker/setup-buildx-action: buildkitd-flags:", "where you create it: docker buildx create --buildkitd-flags")} --allow-insecure-entitlement ….`
  ]
];
function explainBuildFailure(lines, pushed) {
  const start = lines.findLastIndex((line) => line.startsWith("ERROR:"));
  const last = lines.slice(start < 0 ? -3 : start).join(" ");
  const text = last.replace(/^ERROR:\s*/, "");
  const options = { evidence: buildEvidenceOf(lines) };
  const reason = shortenBuildError(text);
  if (isBuildxUnusable(text)) return new ConfigurationError(buildxAdvice(), options);
  if (isEngineUnreachable(text))
    return new SealiftError(
      `No Docker engine answers on ${theRunner()}, so nothing can be built: ${reason}`,
      options
    );
  const stepFailed = /did not complete successfully/.test(text);
  if ((stepFailed ? lines : [text]).some(isDiskFull))
    return new SealiftError(
      `The engine that builds has not enough disk space: ${reason} Free space${byPlace(" before this step", "")} (docker system df shows what uses it).`,
      options
    );
  if (stepFailed) return explainStepFailure(lines, text, options);
  for (const [pattern, message] of configurationErrors()) {
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
      `platforms: the build runs a program for another platform, which ${thisRunner()} can't do. ${byPlace("Run docker/setup-qemu-action before this step, or build on a runner of that platform", "Install the emulator (docker run --privileged --rm tonistiigi/binfmt --install all), or build on a machine of that platform")}.`,
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
  const wait = isRetryablePushError(text) ? retryAfterInText(text) : void 0;
  const error = new SealiftError(`Pushing ${reference} failed: ${reason}${waitRefusal(wait)}`, options);
  return isRetryablePushError(text) ? new TransientError(error, { wait }) : error;
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
    const output = __using(_stack, new LoggedOutput((line) => log.info(line), BUILD_EVIDENCE_LINES));
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
            output.push(line);
            silence.see(line);
          },
          signal: anySignal(signal, silence.signal)
        }
      );
    } catch (error) {
      if (silence.signal.aborted && signal?.aborted !== true) throw silentPushError(targets, output.lastLines);
      if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
      const { lastLines } = output;
      const lines = lastLines.length > 0 ? lastLines : error.stderr.split("\n");
      throw explainBuildFailure(lines, [...targets.values()].flatMap(pushedReferences));
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
      `${where("context")} the folder ${shown(context)} does not exist. ${checkoutQuestion()}`
    );
  }
  if (target["dockerfile-inline"] !== void 0) return;
  const file = resolve2(context, dockerfile ?? "Dockerfile");
  if (existsSync(file) || dockerfile === void 0 && existsSync(join2(context, "dockerfile"))) return;
  const inContext = join2(context, relative2(workspace, file));
  const advice = service !== "" ? "" : existsSync(inContext) ? ` The path starts at the top of the checkout: ${inputSetting("file", shown(inContext))}` : dockerfile === void 0 ? ` Set "${inputRef("file")}" to its path, or "${inputRef("context")}" to its folder.` : "";
  const input = service === "" ? "file" : "dockerfile";
  throw new ConfigurationError(`${where(input)} there is no ${shown(file)}.${advice}`);
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
          `${reference} was pushed, but the registry does not have it. Run ${thisJob()} again; if it happens again, look at the registry's rules for cleaning up.`
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
  const cause = recipe.cacheTo.some(isInlineCache) ? `cache-to: type=inline is stored in the image itself, and Docker's own builder writes it differently each time. Use another cache, or ${byPlace("run docker/setup-buildx-action before this step", "another builder: docker buildx create --use")}.` : `A base image or the checkout may have changed in between, or the builder lost its cache. Run ${thisJob()} again: it rebuilds.`;
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
    log.info(
      `${image} was built from this commit already and is reused ("${inputSetting("rebuild", "true")}" builds it again).`
    );
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
async function buildImages(task, context, lookup) {
  const { plan, registry, remotes } = lookup;
  if (remotes !== void 0) {
    await tagReusedImages(plan, remotes, registry, context);
    return builtImagesFrom(plan, remotes);
  }
  checkBuild(task, plan, context);
  await requireDockerHubLogin(plan, context);
  const timer = new PhaseTimer();
  const pushed = plan.items.some(({ tests }) => tests.length > 0) ? await testAndPush(lookup, timer, context) : await timer.time("build", () => pushUntested(lookup, context));
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
  log.warning(
    `${inputRef("cache-from")}, ${inputRef("cache-to")}: type=gha has no effect, because ${thisJob()} has no ACTIONS_RUNTIME_TOKEN.`
  );
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
