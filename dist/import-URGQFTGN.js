import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ARCHIVE_FILE,
  parseArchiveRecord,
  parseSums,
  readArchivedText,
  verifySignature
} from "./chunk-OWJGDHZ3.js";
import {
  reuseLiveReleaseId,
  withAdoptedVolumes
} from "./chunk-SVFB7AUQ.js";
import {
  DEFAULT_EDGE_IMAGES,
  chooseStrategy,
  deployRelease,
  fileContentNames,
  liveOriginOf,
  lockHosts,
  lockWait,
  openFleet,
  parseHooks,
  preflight,
  requireApproval,
  staleCommitCheckOf,
  withTrustedProxies
} from "./chunk-74IQ2ZWK.js";
import {
  bringCompose,
  checkProxyProtocol,
  definitionFingerprints,
  findComposeShortcoming,
  group,
  imagesOnHost,
  isSecretVariable,
  planAdoption,
  releaseIdOf
} from "./chunk-AXM2NXMP.js";
import {
  allOrThrow,
  joinWithAnd,
  programEnvironment,
  splitReference
} from "./chunk-QZ63PLH4.js";
import {
  readLayoutImage
} from "./chunk-PEZRW6HW.js";
import {
  blobPath,
  openLayoutTar,
  readTarIndex
} from "./chunk-CTUVU5BL.js";
import {
  findImage
} from "./chunk-PELZNHR3.js";
import {
  manifestFor,
  recordedImages
} from "./chunk-ODC7C6PZ.js";
import "./chunk-5PPHBT3U.js";
import "./chunk-3ZWEW477.js";
import "./chunk-LL335SZZ.js";
import {
  asObject,
  inputRef,
  inputSetting,
  isObject,
  isPinnedImage,
  mapValues,
  parseJson,
  pinnedImage
} from "./chunk-EK3AKRYE.js";
import {
  ConfigurationError,
  HostError,
  SealiftError,
  messageOf
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/archive/archived-images.ts
async function readArchivedImages({ record, layout }) {
  const released = /* @__PURE__ */ new Map();
  const others = /* @__PURE__ */ new Map();
  let edge;
  let tcpEdge;
  for (const { name, use, digest } of record.images) {
    const descriptor = layout.manifests.find((each) => each.digest === digest);
    if (descriptor === void 0)
      throw new SealiftError(
        `${inputRef("archive")}: index.json in "${layout.path}" lacks ${name}. Export it again.`
      );
    const [repository] = splitReference(name);
    const image = await readLayoutImage(layout, descriptor, { partial: true });
    const local = { name: pinnedImage(repository, digest), layout, image };
    if (use === "release" && isPinnedImage(name)) released.set(name, local);
    else others.set(name, local);
    if (use === "edge") edge = name;
    if (use === "tcp-edge") tcpEdge = name;
  }
  return { released, others, edge, tcpEdge };
}
async function checkImagesForHost(engine, { record, release }, { released, others, edge = "", tcpEdge = "" }) {
  const { os, architecture } = await engine.version();
  const leftOut = new Map(
    record.images.flatMap(
      ({ blobs }) => blobs.flatMap(({ digest, of }) => of === void 0 ? [] : [[digest, of]])
    )
  );
  for (const { name, platform = `${os}/${architecture}` } of imagesOnHost(release, {
    edgeImage: edge,
    tcpEdgeImage: tcpEdge
  })) {
    const local = isPinnedImage(name) ? released.get(name) ?? others.get(name) : others.get(name);
    if (local === void 0)
      throw new SealiftError(
        `${inputRef("archive")}: "${name}", which the release needs, is not in it. Export it again.`
      );
    const manifest = manifestFor(local, platform);
    if (manifest === void 0)
      throw new HostError(
        engine.host,
        `the archive has ${name} for ${joinWithAnd(local.image.manifests.map((each) => each.platform))}, and this host needs ${platform}. Export the release with ${inputSetting("platforms", platform)}.`
      );
    if (leftOut.size === 0 || await findImage(engine, local.name) !== void 0) continue;
    for (const [index, { digest }] of manifest.layers.entries()) {
      const of = leftOut.get(digest);
      if (of === void 0 || await hasLayer(engine, of, manifest.diffIds[index])) continue;
      throw new HostError(
        engine.host,
        `the archive leaves out layers of ${name}, because release ${record.since} has them, but its image ${of} is not on this host. Export the release without "${inputRef("since")}", or since a release that is on all hosts.`
      );
    }
  }
}
async function hasLayer(engine, image, diffId) {
  const details = isPinnedImage(image) ? (await findImage(engine, image))?.details : await engine.inspectImage(image);
  return diffId !== void 0 && details?.layers.includes(diffId) === true;
}

// src/archive/open-archive.ts
const { createHash } = require("node:crypto");
const { createReadStream } = require("node:fs");
const { open, stat } = require("node:fs/promises");
var AGAIN = "Nothing of it was used: copy it again from where it was made.";
async function openArchive(path, expected, step) {
  const { names, text } = await readParts(path);
  const sums = await text(ARCHIVE_FILE.sums);
  const signer = await checkSignature(path, sums, await text(ARCHIVE_FILE.signature), expected, step);
  const known = sums === void 0 ? void 0 : parseSums(sums);
  const record = parseArchiveRecord(await text(ARCHIVE_FILE.record) ?? "");
  if (sums === void 0 || known === void 0 || record === void 0)
    throw new ConfigurationError(
      `archive: "${path}" is no archive of Sealift. Name a file that the action export has written.`
    );
  if ("format" in record)
    throw new ConfigurationError(
      `archive: "${path}" has the format ${record.format}, which this version of Sealift does not know. Use the version that made it.`
    );
  checkDestination(record, path, expected);
  await checkParts(path, names, known, step.signal);
  const layout = await openLayoutTar(path);
  await checkBlobs(path, record, layout);
  const release = parseRelease(await text(ARCHIVE_FILE.release) ?? "", record);
  const configs = asObject(parseJson(await text(ARCHIVE_FILE.configs) ?? ""));
  if (release === void 0)
    throw new SealiftError(
      `${inputRef("archive")}: "${path}" has no release ${record.release}. Export it again.`
    );
  return {
    ...{ record, release, layout, signer },
    configs: new Map(Object.entries(mapValues(configs, String)))
  };
}
async function readParts(path) {
  try {
    var _stack = [];
    try {
      if (!(await stat(path)).isFile()) throw new Error("it is no file");
      const file = __using(_stack, await open(path), true);
      const entries = await readTarIndex(file, path);
      return { names: [...entries.keys()], text: (name) => readArchivedText(path, name) };
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  } catch (error) {
    if (error instanceof SealiftError)
      throw new SealiftError(`${inputRef("archive")}: ${messageOf(error)}`, { cause: error });
    throw new ConfigurationError(`archive: "${path}" can't be read (${messageOf(error)}).`, { cause: error });
  }
}
async function checkSignature(path, sums, signature, { allowedSigners }, step) {
  if (allowedSigners === void 0) return void 0;
  if (signature === void 0 || sums === void 0)
    throw new SealiftError(
      `allowed-signers: "${path}" is not signed. Export it with "${inputRef("sign-key")}", or get the signed archive.`
    );
  return await verifySignature(sums, signature, allowedSigners, step);
}
function checkDestination({ app, environment }, path, expected) {
  if (expected.app !== void 0 && expected.app !== app)
    throw new ConfigurationError(
      `app: "${path}" is of the app "${app}", not of "${expected.app}". Name the archive of ${expected.app}, or correct "${inputRef("app")}".`
    );
  if (expected.environment !== environment)
    throw new ConfigurationError(
      `environment: "${path}" was exported for "${environment}", not for "${expected.environment}". Export it for ${expected.environment}, or correct "${inputRef("environment")}".`
    );
}
async function checkParts(path, names, sums, signal) {
  var _stack = [];
  try {
    const missing = [...sums.keys()].find((name) => !names.includes(name));
    if (missing !== void 0)
      throw new SealiftError(`${inputRef("archive")}: "${path}" lacks its part ${missing}. ${AGAIN}`);
    const listed = /* @__PURE__ */ new Set([...sums.keys(), ARCHIVE_FILE.sums, ARCHIVE_FILE.signature]);
    const foreign = names.find((name) => !listed.has(name));
    if (foreign !== void 0)
      throw new SealiftError(
        `archive: "${path}" has a part ${foreign} that is not in its list of sums, so somebody has changed it. ${AGAIN}`
      );
    const file = __using(_stack, await open(path), true);
    const entries = await readTarIndex(file, path);
    for (const [name, sum] of sums) {
      const { start = 0, size = 0 } = entries.get(name) ?? {};
      const hash = createHash("sha256");
      if (size > 0) {
        const content = createReadStream(path, { start, end: start + size - 1, signal });
        for await (const chunk of content) hash.update(chunk);
      }
      if (hash.digest("hex") !== sum)
        throw new SealiftError(
          `archive: ${name} in "${path}" is not what it was when it was exported: it is damaged, or somebody has changed it. ${AGAIN}`
        );
    }
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
async function checkBlobs(path, { images }, layout) {
  for (const { name, blobs } of images) {
    for (const { digest, size, of } of blobs) {
      if (of !== void 0 || await layout.size(digest) === size) continue;
      throw new SealiftError(
        `${inputRef("archive")}: "${path}" lacks ${blobPath(digest)}, a part of ${name}. ${AGAIN}`
      );
    }
  }
}
function parseRelease(text, { app, environment, release: id }) {
  const content = parseJson(text);
  if (!isObject(content)) return void 0;
  const isIt = content["id"] === id && content["app"] === app && content["environment"] === environment;
  const release = JSON.parse(text);
  return isIt ? release : void 0;
}

// src/release/imported-release.ts
function importedRelease(release, { secrets, configs, volumes }) {
  const contents = secretContents(release, secrets);
  const confidential = new Map([...configs, ...contents]);
  const renamed = withAdoptedVolumes(release, volumes);
  const changes = {
    ...contents.size > 0 ? { secrets: Object.fromEntries(contents) } : {},
    ...renamed.adopted === void 0 ? {} : { adopted: renamed.adopted }
  };
  const id = Object.keys(changes).length === 0 ? release.id : releaseIdOf({ exported: release.id, ...changes });
  const definitions = definitionFingerprints(renamed.base, confidential);
  return { release: { ...renamed, id, definitions }, confidential };
}
function secretContents(release, given) {
  const names = new Map([...fileContentNames(release)].filter(([, variable]) => isSecretVariable(variable)));
  const unknown = [...given.keys()].find((name) => !names.has(name));
  if (unknown !== void 0)
    throw new ConfigurationError(
      `secrets: the release has no secret "${unknown}", but ${joinWithAnd([...names.keys()])}.`
    );
  return new Map(
    [...names].map(([name, variable]) => {
      const content = given.get(name);
      if (content !== void 0) return [variable, content];
      throw new ConfigurationError(
        `secrets: "${name}" is missing. The contents of secrets are in no archive: add a line ${name}=….`
      );
    })
  );
}

// src/commands/import.ts
async function importArchive(request, context) {
  var _stack = [];
  try {
    const { destination, options } = request;
    const { log, report } = context;
    const { app, environment } = destination;
    report.set({ app, environment });
    const archive = await group(`Verify ${request.archive}`, async () => {
      const { allowedSigners } = request;
      const opened = await openArchive(request.archive, { app, environment, allowedSigners }, context);
      log.info(`${request.archive} has release ${opened.record.release}, whole and unchanged.`);
      if (opened.signer !== void 0) log.info(`It is signed by ${opened.signer}.`);
      else log.notice(`Who made the archive was not verified. "${inputRef("allowed-signers")}" does that.`);
      return opened;
    });
    const images = await readArchivedImages(archive);
    const approval = await requireApproval(request, options.dryRun, context);
    const fleet = __using(_stack, await group("Connect", () => openFleet(destination, context)), true);
    const found = await fleet.observe();
    const adoption = planAdoption(
      found.map(({ host }) => host),
      archive.release,
      [app],
      void 0
    );
    for (const notice of adoption.notices) log.notice(notice);
    const { secrets } = request;
    const { configs } = archive;
    const made = importedRelease(archive.release, { secrets, configs, volumes: adoption.volumes });
    const origin = importedOrigin(made.release.origin, [...images.released.values()], context);
    checkProxyProtocol(
      options.trustedProxies,
      made.release.routes.some(({ domains }) => domains.length > 0)
    );
    const newRelease = withTrustedProxies({ ...made.release, origin }, options.trustedProxies);
    report.set({
      ...{ release: newRelease.id, revision: origin.revision, tags: origin.tags },
      images: Object.fromEntries(Object.values(newRelease.services).map(({ name, image }) => [name, image]))
    });
    const hooks = {
      before: parseHooks(newRelease, "before-release", options.beforeRelease),
      after: parseHooks(newRelease, "after-release", options.afterRelease)
    };
    const strategy = chooseStrategy(newRelease, options.strategy);
    await preflight(fleet.engines, found, newRelease);
    await allOrThrow(fleet.engines.map((engine) => checkImagesForHost(engine, archive, images)));
    const lock = __using(_stack, await lockHosts(fleet.engines, destination, lockWait(options, request.gate), context), true);
    const observations = await fleet.observeAgain(lock);
    const hosts = observations.map(({ host }) => host);
    const rejectStaleCommit = staleCommitCheckOf(request, context);
    await rejectStaleCommit(origin.revision, hosts.map(liveOriginOf));
    const release = reuseLiveReleaseId(newRelease, hosts);
    report.set({ release: release.id });
    await deployRelease({
      fleet,
      lock,
      destination,
      observations,
      release,
      strategy,
      keep: options.keep,
      command: "deploy",
      bake: options.bake,
      limits: options.limits,
      updateAccessories: options.accessories === "update",
      hooks,
      waves: options.waves,
      options: { ...options, ...edgeImagesOf(images) },
      confidential: /* @__PURE__ */ new Map([[release.id, made.confidential]]),
      environment: () => Promise.resolve(programEnvironment()),
      transfer: { kind: "direct", local: images.released, others: images.others, mayCopy: false },
      composePlugin: async () => bringCompose(await findComposeShortcoming(), context, context.signal),
      approval,
      context
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function importedOrigin(exported, images, { triggeredBy }) {
  return {
    ...exported,
    ...triggeredBy,
    ...recordedImages(images),
    createdAt: (/* @__PURE__ */ new Date()).toISOString()
  };
}
var edgeImagesOf = ({ edge, tcpEdge }) => ({
  edgeImage: edge ?? DEFAULT_EDGE_IMAGES.edgeImage,
  tcpEdgeImage: tcpEdge ?? DEFAULT_EDGE_IMAGES.tcpEdgeImage
});
export {
  importArchive
};
