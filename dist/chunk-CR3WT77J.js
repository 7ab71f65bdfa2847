import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  registryEnvironment,
  resolveComposeFile,
  startImageLookup
} from "./chunk-ZFQJ6P4U.js";
import {
  deployRelease,
  deploymentOfRollback,
  failureText,
  givenContents,
  isDeclaredInput,
  lockHosts,
  lockInBackground,
  lockWait,
  openFleet,
  trustedProxiesOf,
  withTrustedProxies
} from "./chunk-74IQ2ZWK.js";
import {
  annotateFailure,
  consoleLog,
  currentReporter,
  githubVariables,
  group,
  lastAcceptanceOf,
  releaseBefore,
  validAcceptances
} from "./chunk-AXM2NXMP.js";
import {
  inBackground
} from "./chunk-QZ63PLH4.js";
import {
  digestOf,
  inputRef
} from "./chunk-EK3AKRYE.js";
import {
  ConfigurationError,
  SealiftError,
  byPlace,
  messageOf
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/report-failure.ts
const { readFileSync } = require("node:fs");

// src/model/yaml-lines.ts
function keyIn(line) {
  const text = line.trimStart();
  const [quote = ""] = text;
  if (quote === '"' || quote === "'") {
    const end2 = text.indexOf(quote, 1);
    return end2 > 1 && /^ *:(?: |$)/.test(text.slice(end2 + 1)) ? text.slice(1, end2) : void 0;
  }
  const end = text.search(/:(?: |$)/);
  const key = text.slice(0, Math.max(end, 0)).trimEnd();
  return key === "" || /["']|\s#/.test(key) ? void 0 : key;
}
function keysAt(lines, path) {
  let [from, to, parent] = [0, lines.length, -1];
  for (const key of path) {
    const found = keysWithin(lines, from, to, parent).find((each) => each.key === key);
    if (found === void 0) return [];
    [from, to, parent] = [found.line, endOfBlock(lines, found), found.indent];
  }
  return keysWithin(lines, from, to, parent);
}
function keysWithin(lines, from, to, parent) {
  let level;
  const keys = [];
  for (const [index, text] of lines.slice(from, to).entries()) {
    if (/^\s*(?:#|$)/.test(text)) continue;
    const indent = text.search(/\S/);
    level ??= indent;
    if (level <= parent) return [];
    const key = keyIn(text);
    if (indent === level && key !== void 0) keys.push({ line: from + index + 1, indent, key });
  }
  return keys;
}
function endOfBlock(lines, { line, indent }) {
  const next = lines.findIndex(
    (text, index) => index >= line && !/^\s*(?:#|$)/.test(text) && text.search(/\S/) <= indent
  );
  return next < 0 ? lines.length : next;
}
function lineOfKey(yaml, path) {
  const lines = yaml.split(/\r?\n/);
  for (let length = path.length; length > 0; length -= 1) {
    const key = path[length - 1];
    const found = keysAt(lines, path.slice(0, length - 1)).find((each) => each.key === key);
    if (found !== void 0) return found.line;
  }
  return void 0;
}
function keysOfMapping(yaml, path) {
  return keysAt(yaml.split(/\r?\n/), path).map(({ key }) => key);
}
function linesOfKey(yaml, path) {
  const lines = yaml.split(/\r?\n/);
  const found = keysAt(lines, path.slice(0, -1)).find(({ key }) => key === path.at(-1));
  if (found === void 0) return [];
  return lines.slice(found.line, endOfBlock(lines, found)).map((text, index) => ({ number: found.line + index + 1, text }));
}

// src/report/workflow-place.ts
function workflowPlace({ workflowRef = "", repository, job = "", actionRepository = "" }, input, readText) {
  const { owner, file } = /^(?<owner>[^/]+\/[^/]+)\/(?<file>\.github\/workflows\/[^@]+)@/.exec(workflowRef)?.groups ?? {};
  if (file === void 0 || owner !== repository) return void 0;
  const lines = linesOfKey(readText(file) ?? "", ["jobs", job, "steps"]);
  const [uses, ...others] = lines.filter(({ text }) => usesAction(text, actionRepository));
  if (uses === void 0 || others.length > 0) return { file };
  const given = stepAround(lines, uses).find(({ text }) => text.trimStart().startsWith(`${input}:`));
  return { file, startLine: (given ?? uses).number };
}
function usesAction(text, actionRepository) {
  const action = /^[\s-]*uses: *["']?(?<action>[^@\s"']+)@/.exec(text)?.groups?.["action"] ?? "";
  return actionRepository !== "" && `${action}/`.startsWith(`${actionRepository}/`);
}
function stepAround(lines, line) {
  const indentOfItem = lines[0]?.text.indexOf("-") ?? 0;
  const starts = lines.filter(({ text }) => text.indexOf("- ") === indentOfItem).map(({ number }) => number);
  const first = starts.findLast((number) => number <= line.number) ?? line.number;
  const next = starts.find((number) => number > line.number) ?? Number.POSITIVE_INFINITY;
  return lines.filter(({ number }) => number >= first && number < next);
}

// src/report/annotations.ts
var MAX_PLACES = 3;
function failureAnnotations(error, headline, { app, environment }, { isInput, workflowJob, readText }) {
  const [, name = ""] = /^([a-z][a-z-]*): /.exec(headline) ?? [];
  const destination = [app, environment].filter((part) => part !== void 0).join(" → ");
  const where = environment === void 0 ? "Sealift" : `Sealift: ${destination}`;
  const places = error instanceof SealiftError ? error.places : [];
  const main = isInput(name) ? { title: `Input ${name}`, ...places.length === 0 ? workflowPlace(workflowJob, name, readText) : {} } : { title: where };
  const [first, ...others] = places.slice(0, MAX_PLACES).flatMap((place) => placeAnnotation(place, readText) ?? []);
  if (first !== void 0 && others.length === 0 && messageOf(error) === first.message) {
    return [{ ...first, message: headline, title: main.title }];
  }
  return [{ message: headline, ...main }, ...first === void 0 ? [] : [first, ...others]];
}
function placeAnnotation({ files, path, problem }, readText) {
  for (const file of files) {
    const startLine = lineOfKey(readText(file) ?? "", path);
    if (startLine !== void 0) return { message: problem, title: path.join("."), file, startLine };
  }
  return void 0;
}

// src/report-failure.ts
function reportFailure(error, report) {
  const { cause, headline, details, lines } = failureText(error, report.current.state);
  for (const line of lines) consoleLog.info(line);
  report.setHead({ error: cause, details });
  const sources = { isInput: isDeclaredInput, workflowJob: githubVariables(), readText: readCheckoutFile };
  for (const annotation of failureAnnotations(error, headline, report.current, sources))
    annotateFailure(annotation);
}
function readCheckoutFile(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return void 0;
  }
}

// src/commands/report-post.ts
async function reportedPost(context, work) {
  const { report } = context;
  const startedAt = performance.now();
  try {
    await work(context);
  } catch (error) {
    reportFailure(error, report);
  }
  report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
  await currentReporter().publish(report.current);
}

// src/commands/build.ts
async function build(request, context) {
  var _stack = [];
  try {
    const resolved = await readBuildComposeFile(request.source, request.compose, context);
    for (const problem of resolved?.problems ?? [])
      context.log.info(`Needed for the deploy, not for the build: ${problem}`);
    const imageLookup = __using(_stack, startImageLookup(
      request,
      Promise.resolve({ resolved }),
      { dryRun: false },
      context
    ), true);
    await imageLookup.resolve();
    context.report.set({
      result: "built",
      state: request.source.transfer === "direct" ? byPlace(
        "The images are on this runner, for a deploy in the same job.",
        "The images are on this machine, for a deploy from it."
      ) : "The images are in the registry.",
      revision: context.commit.sha
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function readBuildComposeFile(source, compose, context) {
  if (compose.files === void 0) return void 0;
  const file = { ...compose, port: void 0, volumes: [], domains: /* @__PURE__ */ new Map() };
  const target = { app: "build", environment: "none" };
  const { resolved } = await group(
    "Read the Compose file",
    () => resolveComposeFile(file, target, source.repository, context)
  );
  return resolved;
}

// src/release/find-release.ts
function findRelease(records, host, to) {
  if (host.recordsUnreadable)
    throw new ConfigurationError(
      `${host.host}: the records of its releases can't be read, so there is nothing to roll back to. Deploy the image again: input "${inputRef("image")}".`
    );
  const live = host.traffic?.release ?? host.accepted;
  const past = acceptedReleases(records);
  if (to === void 0) {
    const replaced = live === void 0 ? void 0 : lastAcceptanceOf(records.history, live)?.previous;
    const before = replaced === live ? void 0 : replaced;
    const previous = records.releases.find((release) => release.id === before) ?? past.find((release) => release.id !== live);
    if (previous !== void 0) return previous;
    throw new ConfigurationError(`${host.host}: ${noPreviousReleaseText(live, before, records)}`);
  }
  const matches = firstNonEmpty([
    records.releases.filter((release) => release.id === to),
    past.filter(
      (release) => Object.values(release.services).some(
        (service) => service.image === to || digestOf(service.image) === to
      )
    ),
    past.filter((release) => release.origin.tags.includes(to)),
    /^[0-9a-f]{4,40}$/.test(to) ? past.filter((release) => release.origin.revision?.startsWith(to) === true) : []
  ]);
  const [only, ...others] = matches;
  if (only !== void 0 && (others.length === 0 || areOfOneCommit(matches))) return only;
  throw new ConfigurationError(
    matches.length === 0 ? `to: ${host.host} has no release "${to}"${prunedHint(to, records)}. ${past.length === 0 ? "None is recorded there." : `Its releases: ${describeReleases(past)}.`}` : `to: "${to}" matches several releases on ${host.host}: ${describeReleases(matches)}. Name one by its id.`
  );
}
var prunedHint = (to, { history }) => history.some(({ release, event }) => release === to && event !== "rolled-back") ? ` any more ("${inputRef("keep")}" of the deploy sets how many are kept)` : "";
function noPreviousReleaseText(live, before, { history }) {
  const known = before ?? releaseBefore(history, live);
  if (known === void 0)
    return `there is no release before ${live ?? "the first one"} to roll back to. To deploy an earlier image, name it in "${inputRef("image")}" of a deploy.`;
  return `${known} was live before ${live ?? "this"} and is not kept any more, so there is nothing to roll back to: "${inputRef("keep")}" of the deploy sets how many releases are kept, with the live one. Deploy its image again (input "${inputRef("image")}"), and set "${inputRef("keep")}" to 2 or more.`;
}
var describeReleases = (releases) => releases.map(({ id, origin }) => `${id} (${origin.revision?.slice(0, 7) ?? "no commit"})`).join(", ");
function acceptedReleases({
  history,
  releases
}) {
  const ids = new Set(
    validAcceptances(history).map(({ release }) => release).reverse()
  );
  return [...ids].flatMap((id) => releases.filter((release) => release.id === id));
}
var firstNonEmpty = (groups) => groups.find((each) => each.length > 0) ?? [];
function areOfOneCommit(releases) {
  const [revision, ...others] = new Set(releases.map(({ origin }) => origin.revision));
  return revision !== void 0 && others.length === 0;
}

// src/commands/rollback.ts
async function rollbackHosts(request, approval, context) {
  var _stack = [];
  try {
    const { destination, options } = request;
    const { report } = context;
    const fleet = __using(_stack, await group("Connect", () => openFleet(destination, context)), true);
    const early = __using(_stack, lockInBackground(
      options.dryRun ? void 0 : Promise.resolve(fleet.engines),
      destination,
      context
    ), true);
    const looking = inBackground(fleet.observe(early.opened));
    const wait = lockWait(options, request.gate);
    const taken = await early.opened;
    const lock = taken ?? await lockHosts(fleet.engines, destination, wait, context);
    const _ownLock = __using(_stack, taken === void 0 ? lock : void 0, true);
    await looking;
    const observations = await fleet.observeAgain(lock);
    const found = requireSameRelease(findOnAnyHost(observations, request.to), destination.environment);
    const trustedProxies = trustedProxiesOf(observations.map(({ host }) => host));
    const release = withTrustedProxies(withHealthTimeout(found, request.healthTimeout), trustedProxies);
    report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    await deployRelease(
      deploymentOfRollback({
        ...{ fleet, lock, destination, observations, release, options, approval, context },
        environment: () => registryEnvironment(request.registry, release, context),
        confidential: /* @__PURE__ */ new Map([[release.id, givenContents(release, options.secrets)]])
      })
    );
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function findOnAnyHost(observations, to) {
  const failures = [];
  const found = observations.flatMap(({ host, records }) => {
    try {
      return [findRelease(records, host, to)];
    } catch (error) {
      failures.push(error);
      return [];
    }
  });
  if (found.length === 0) throw failures[0];
  return found;
}
function requireSameRelease(found, environment) {
  const [first] = found;
  if (first === void 0)
    throw new ConfigurationError("hosts: no line names a host. Write one per line: ssh://user@host.");
  const ids = [...new Set(found.map((release) => release.id))];
  if (ids.length > 1) {
    throw new ConfigurationError(
      `to: the hosts of ${environment} do not have the same previous release (${ids.join(", ")}). Name the release to roll back to.`
    );
  }
  return first;
}
var MIN_HEALTH_TIMEOUT = 6e4;
function withHealthTimeout(release, requested) {
  const { health } = release;
  return {
    ...release,
    health: { ...health, timeout: requested ?? Math.max(health.timeout, MIN_HEALTH_TIMEOUT) }
  };
}

export {
  keysOfMapping,
  reportFailure,
  reportedPost,
  findRelease,
  rollbackHosts,
  withHealthTimeout,
  build,
  readBuildComposeFile
};
