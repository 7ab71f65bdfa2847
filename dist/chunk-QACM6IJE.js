import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  findRelease,
  readBuildComposeFile,
  reportedPost,
  withHealthTimeout
} from "./chunk-CR3WT77J.js";
import {
  registryOfInput
} from "./chunk-ZFQJ6P4U.js";
import {
  RECORD_FORMAT,
  ReportDraft,
  addWarnings,
  checkUrl,
  closingLine,
  emptyReport,
  everyTenSeconds,
  holderText,
  lockClaim,
  lockEnd,
  lockWait,
  logEvidence,
  newerFormatError,
  ownerRuns,
  reportWait,
  staleCommitCheckOf
} from "./chunk-74IQ2ZWK.js";
import {
  NOTHING_CHANGED_TEXT,
  NOT_BUILT_TEXT,
  UNEXPECTED_ANSWER_TEXT,
  formatMinute,
  group,
  historyOf,
  keptVolumesLines,
  lastAcceptanceOf,
  oneLine,
  openGroup,
  releaseBefore,
  sentence,
  trimHistory,
  validAcceptances,
  waitLine
} from "./chunk-AXM2NXMP.js";
import {
  baseProject,
  formatCommand,
  joinWithAnd
} from "./chunk-QZ63PLH4.js";
import {
  formatDuration,
  pause
} from "./chunk-LL335SZZ.js";
import {
  GITHUB_REGISTRY,
  asNumber,
  asObject,
  asText,
  canonicalJson,
  inputRef,
  isObject,
  isPlaceholder,
  registryOf,
  repositoryOf
} from "./chunk-EK3AKRYE.js";
import {
  HostError,
  SealiftError,
  byPlace,
  messageOf,
  messageWithoutHost,
  thisJob
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/cluster/records.ts
var ForeignRecordError = class extends SealiftError {
  name = "ForeignRecordError";
  constructor(of, sequence, cause) {
    super(
      `Another run has deployed ${baseProject(of)} in the meantime: record ${sequence} exists already. Run ${thisJob()} again.`,
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
var builtImages = ({
  services
}) => Object.fromEntries(
  Object.values(services).filter(({ reference }) => reference === void 0).map(({ name, image }) => [name, image])
);
function reportClusterPlan({ host, words, release, previous, context }, plan, found, dryRun) {
  const { report, log } = context;
  const live = acceptedRelease(found.records);
  report.set({
    previous: live?.id === release.id ? previous : live?.id,
    previousRevision: live?.id === release.id ? void 0 : live?.origin.revision,
    strategy: plan.strategy,
    images: builtImages(release),
    rollbackHint: words.rollbackHint
  });
  {
    var _stack = [];
    try {
      const _group = __using(_stack, openGroup("Plan"));
      log.info(`Release ${release.id} of ${release.app} for ${release.environment}`);
      for (const { name, image } of Object.values(release.services))
        log.info(`  ${name}: ${isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image}`);
      for (const change of plan.changes) log.info(`  ${changeText(change)}`);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      __callDispose(_stack, _error, _hasError);
    }
  }
  if (plan.changes.length === 0) log.info(`Release ${release.id} is live and whole: nothing to do.`);
  if (dryRun) {
    const steps = plan.changes.map(
      (change) => ({
        ...{ host, stage: change.kind === "remove" ? "retire" : "start", text: changeText(change) },
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
function reportClusterOutcome({ host, words, release, previous, keep, context }, outcome) {
  const { report, log } = context;
  const steps = outcome.steps.map((step) => clusterStepReport(host, step));
  report.set({ steps });
  if (outcome.kind === "accepted") {
    const hosts = [{ host, was: previous, is: release.id, why: "healthy" }];
    report.set({ result: "deployed", state: `${release.id} is live.`, hosts, live: release.id });
    addWarnings(report, outcome.warnings);
    for (const warning of outcome.warnings) log.warning(warning);
    log.info(closingLine(report.current, void 0, keep));
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
    const state = previous === void 0 ? `Nothing is live, as before: what ${release.id} had started was removed. ${words.remains}` : `${previous} is live again, wholly.`;
    report.set({ result: "rolled-back", state, hosts, live: previous });
  } else {
    const hosts = [
      { host, was: previous, is: void 0, why, unknown: true, rollbackIncomplete: true }
    ];
    const undone = sentence(messageOf(outcome.undoFailure));
    const state = `ROLLBACK INCOMPLETE on ${host}. ${undone} Look at "${words.look}" there now.`;
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
  const condition = all.length === 0 ? `${own.length} of ${own.length} services whole` : `NOT whole: ${all.join("; ")}`;
  const kept = records.releases.filter(({ id }) => lastAcceptanceOf(records.history, id) !== void 0).map((release) => {
    const accepted = lastAcceptanceOf(records.history, release.id);
    const isLive = release.id === live?.id;
    return {
      ...{ release: release.id, revision: release.origin.revision, acceptedAt: accepted?.at },
      ...{ actor: accepted?.actor, runUrl: accepted?.runUrl, approval: accepted?.approval },
      ...{ live: isLive, up: isLive && all.length === 0, condition: isLive ? condition : "recorded" }
    };
  }).sort((one, other) => (other.acceptedAt ?? "").localeCompare(one.acceptedAt ?? ""));
  const why = live === void 0 ? `nothing is deployed here${workloads.length === 0 ? "" : `, but there are services: ${all.join("; ")}`}` : `${live.id} is live${since === void 0 ? "" : ` since ${formatMinute(since)} UTC`}, ${condition}`;
  return { host, was: live?.id, is: live?.id, why, healthy: live !== void 0 && all.length === 0, kept };
}

// src/commands/cluster-status.ts
async function statusOfCluster(cluster) {
  const { host } = cluster;
  const found = await cluster.observe().catch((error) => ({ error }));
  if ("error" in found) {
    const { error } = found;
    const why = messageWithoutHost(host, error);
    return {
      ...{ live: void 0, previous: void 0, revision: void 0, images: {}, history: [] },
      hosts: [{ host, was: void 0, is: void 0, unknown: true, why }],
      failures: [{ host, error }]
    };
  }
  const { history } = found.records;
  const live = acceptedRelease(found.records);
  return {
    live: live?.id,
    previous: releaseBefore(history, live?.id),
    revision: live?.origin.revision,
    images: live === void 0 ? {} : builtImages(live),
    hosts: [clusterHostReport(host, found)],
    history: historyOf([{ host, history, releases: [] }]),
    failures: []
  };
}

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
async function waitForClusterLock(place, claim, timeout, { log, signal, hasEnded }, pause2 = pause) {
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
      await pause2(TRY_INTERVAL, signal);
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
var clusterLockTimeoutError = ({ host, expiry }, held, timeout) => new HostError(
  host,
  `${inputRef("lock-timeout")}: after ${formatDuration(timeout)} it is still locked by ${holderText(held)}. Wait until that run has ended, or cancel it; then run ${thisJob()} again. If that run was killed, its lock ends ${expiry / 1e3} s after its last sign of life.`
);
var foreignObjectError = ({ host, name }) => new HostError(
  host,
  `something that Sealift did not make has the name of the lock: ${name}. Rename or remove it.`
);

// src/commands/remove-from-cluster.ts
async function removeFromCluster({ open }, request, context) {
  var _stack = [];
  try {
    const cluster = __using(_stack, await group("Connect", () => open(request.destination, context)), true);
    const lock = __using(_stack, await lockCluster(cluster, lockWait(request, request.gate), context), true);
    await removeWith(cluster, lock, request, context);
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

// src/commands/finish-on-cluster.ts
async function finishOnCluster(entry, request, [saved], step) {
  if (saved === void 0) return;
  if (request.command === "remove") {
    const report = new ReportDraft(emptyReport("remove", step.commit));
    await reportedPost({ ...step, report }, (context) => finishRemovalOn(entry, request, saved, context));
  } else if (request.command === "unlock") await giveBack(entry, request, saved, step);
  else {
    const report = new ReportDraft(emptyReport("rollback", step.commit));
    await reportedPost({ ...step, report }, (context) => restoreOn(entry, request, saved, context));
  }
}
async function giveBack({ open }, { destination }, { containerId: id }, step) {
  const report = new ReportDraft(emptyReport("unlock", step.commit));
  try {
    var _stack = [];
    try {
      const cluster = __using(_stack, await open(destination, { ...step, report }), true);
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
async function finishRemovalOn({ open }, request, saved, context) {
  var _stack = [];
  try {
    const { orchestrator, destination } = request;
    const { app, environment } = destination;
    context.report.set({ app, environment, orchestrator });
    const cluster = __using(_stack, await group("Connect", () => open(destination, context)), true);
    const lock = __using(_stack, await takeUpClusterLock(cluster, saved, context), true);
    if (lock === void 0) {
      throw new HostError(
        cluster.host,
        "another run has locked it since the removal was cut short, so what is left there stays. Run the removal again if the environment should go."
      );
    }
    await removeWith(cluster, lock, request, context);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function restoreOn({ openForRelease, whyNotRestored }, request, saved, context) {
  const { app, environment } = request.destination;
  context.report.set({ app, environment, orchestrator: request.orchestrator });
  const whyNot = whyNotRestored(request);
  await openForRelease(request, context, async (cluster, choose) => {
    var _stack = [];
    try {
      const lock = __using(_stack, await takeUpClusterLock(cluster, saved, context), true);
      if (lock === void 0)
        note(
          "This step was cut short. Another run has locked the environment since: it repairs what this step left.",
          context
        );
      else if (whyNot !== void 0) note(`This step was cut short. ${whyNot}`, context);
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
  const warnings = [];
  const attempt = async (stage, text, action) => {
    try {
      await run.step(stage, text, action);
    } catch (error) {
      warnings.push(`${text}: ${messageOf(error)}`);
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
  return warnings;
}
var withDocument = ({ documents }, document) => clusterRecords([...documents, document].map(documentText));

// src/cluster-deployment.ts
async function deployToCluster(request) {
  const { cluster, lock, found, release, contents, hooks, keep, options, context } = request;
  const { records } = found;
  const live = acceptedRelease(records);
  warnOfUnreadableDocuments(request);
  const reported = {
    ...{ host: cluster.host, words: cluster.words, release, context },
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
  const verb = request.command === "rollback" ? "Roll back to" : "Deploy";
  const outcome = await group(
    `${verb} ${release.id}`,
    () => executeRelease(
      cluster,
      lock,
      {
        ...{ release, previous: live, contents, records, hooks, keep },
        verify: clusterUrlCheck(request),
        entryFor: (event) => historyEntry(request, event, live?.id)
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

// src/commands/rollback-cluster.ts
var rollbackCluster = ({ openForRelease }, request, approval, context) => openForRelease(
  request,
  context,
  (cluster, choose) => rollBackOn(cluster, request, approval, context, choose)
);
async function rollBackOn(cluster, request, approval, context, choose) {
  var _stack = [];
  try {
    const { options } = request;
    const lock = __using(_stack, await lockCluster(cluster, lockWait(options, request.gate), context), true);
    const found = await cluster.observe();
    const accepted = acceptedRelease(found.records)?.id;
    const known = findRelease(found.records, { host: cluster.host, accepted, traffic: void 0 }, request.to);
    const release = withHealthTimeout(known, request.healthTimeout);
    choose(release);
    context.report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    await deployToCluster({
      ...{ cluster, lock, found, release, options, approval, context },
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
async function unlockCluster({ open }, { destination, dryRun }, context) {
  var _stack = [];
  try {
    const project = baseProject(destination);
    const cluster = __using(_stack, await group("Connect", () => open(destination, context)), true);
    const { lockPlace, host } = cluster;
    const held = await group(
      dryRun ? `Lock of ${project}` : `Unlock ${project}`,
      () => dryRun ? lockPlace.read() : breakClusterLock(lockPlace, lockClaim(context), context.signal)
    );
    return { results: [{ host, held }], failures: [] };
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/commands/cluster-target.ts
var clusterTarget = (entry) => ({
  deliver: entry.deliver,
  rollback: (request, approval, context) => rollbackCluster(entry, request, approval, context),
  async status({ destination }, context) {
    var _stack = [];
    try {
      const cluster = __using(_stack, await group("Connect", () => entry.open(destination, context)), true);
      return await statusOfCluster(cluster);
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  },
  remove: (request, context) => removeFromCluster(entry, request, context),
  unlock: (request, context) => unlockCluster(entry, request, context),
  finish: (request, locks, step) => finishOnCluster(entry, request, locks, step)
});

// src/commands/cluster-delivery.ts
var swarmTokenWarning = () => `${inputRef("github-token")}: the swarm gets ${byPlace("the token of this job", "this token")} to pull from ghcr.io, and ${byPlace("it dies with the job", "can use it as long as it is valid")}. A node that must pull later, for example when another one fails, can not. Set ${inputRef("registry-username")} and ${inputRef("registry-password")} to a login that lasts and may only read.`;
function warnOfJobToken({ registry }, { images }, warning, { log, report }) {
  const usesRegistry = [...images.values()].some((image) => registryOf(image) === GITHUB_REGISTRY);
  const hasLogin = registry.unnamed !== void 0 || registry.logins.some((login) => login.registry === GITHUB_REGISTRY);
  if (hasLogin || registry.token === void 0 || !usesRegistry) return;
  log.warning(warning);
  addWarnings(report, [warning]);
}
async function findNewerImages(images, live, request, context) {
  const rejectStaleCommit = staleCommitCheckOf(request, context);
  if (request.source.kind === "build") await rejectStaleCommit(context.commit.sha, [live]);
  const found = await images.resolve();
  await rejectStaleCommit(found.revision, [live]);
  return found;
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

// src/cluster/lock-owner.ts
function readLockOwner(text) {
  try {
    const owner = asObject(JSON.parse(text ?? ""));
    return { actor: asText(owner["actor"]), runUrl: asText(owner["runUrl"]) };
  } catch {
    return { actor: void 0, runUrl: void 0 };
  }
}

export {
  ForeignRecordError,
  storedRecords,
  clusterRecords,
  documentText,
  acceptedRelease,
  outdatedDocuments,
  PULL_LIMIT,
  MAX_FAILURES,
  convergeWorkloads,
  definitionDifferences,
  acceptanceOnly,
  OVERDUE_AFTER,
  readLockOwner,
  lockCluster,
  deployToCluster,
  clusterTarget,
  swarmTokenWarning,
  warnOfJobToken,
  findNewerImages,
  originOfRelease,
  readImagesToBuild
};
