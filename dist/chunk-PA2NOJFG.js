import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  BUILD_FINGERPRINT_LABEL,
  OCI_LABEL,
  PhaseTimer,
  buildAndTest,
  buildSecretsOf,
  builtImagesFrom,
  checkBuild,
  dockerOutput,
  isDockersOwnBuilder,
  isSamePlatform,
  planAndLog,
  removeLocalImages,
  runBake,
  targetForEngine,
  targetForLayout
} from "./chunk-M25APQZV.js";
import {
  fingerprintOf
} from "./chunk-QZ63PLH4.js";
import {
  readImageArchive
} from "./chunk-ZS4VAGT5.js";
import {
  readLayoutImage
} from "./chunk-PEZRW6HW.js";
import {
  openLayoutFolder
} from "./chunk-CTUVU5BL.js";
import {
  digestTagName,
  isDigestTag
} from "./chunk-ODC7C6PZ.js";
import {
  asObject,
  asStrings,
  asText,
  inputSetting,
  isDigest,
  pinnedImage
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError,
  thisJob,
  thisRunner
} from "./chunk-O5VY7DHM.js";

// src/image/export-images.ts
const { randomUUID } = require("node:crypto");
const { createReadStream } = require("node:fs");
const { rm } = require("node:fs/promises");
const { join } = require("node:path");
async function exportImages(plan, tested, store, context) {
  const folders = /* @__PURE__ */ new Map();
  for (const item of plan.items) folders.set(item, await store.newFolder());
  try {
    const images = await writesLayouts(context) ? await exportLayouts(plan, tested, folders, context) : await saveFromEngine(plan, tested, folders, context);
    for (const [item, image] of images) verifyExported(item, tested.get(item), image);
    const kept = /* @__PURE__ */ new Map();
    for (const [item, { descriptor }] of images) {
      const { repository } = item.image;
      const fingerprint = item.recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
      const label = { repository, digest: descriptor.digest, tags: plan.tags.tags, fingerprint };
      kept.set(item, await store.keep(folders.get(item) ?? "", label));
      context.log.info(
        `${pinnedImage(repository, descriptor.digest)} is on ${thisRunner()}. Nothing is pushed.`
      );
    }
    return kept;
  } finally {
    for (const folder of folders.values()) await rm(folder, { recursive: true, force: true });
  }
}
async function writesLayouts(context) {
  if (!await isDockersOwnBuilder(context)) return true;
  const status = await dockerOutput(["info", "--format", "{{json .DriverStatus}}"], context);
  return status.includes("io.containerd.snapshotter");
}
async function exportLayouts(plan, tested, folders, context) {
  const targets = new Map(
    [...folders].map(([item, folder]) => [
      item.recipe.id,
      targetForLayout(item.recipe, folder, tested.size > 0)
    ])
  );
  await runBake("The export", targets, buildSecretsOf(plan.items), context);
  const images = /* @__PURE__ */ new Map();
  for (const [item, folder] of folders) images.set(item, await readOnlyImage(folder));
  return images;
}
async function readOnlyImage(folder) {
  const layout = await openLayoutFolder(folder);
  const [descriptor] = layout.manifests;
  if (descriptor === void 0) throw new SealiftError("docker buildx wrote no image. Update buildx.");
  return await readLayoutImage(layout, descriptor);
}
async function saveFromEngine(plan, tested, folders, context) {
  const run = randomUUID().slice(0, 8);
  const names = new Map(
    plan.items.map((item) => [item, `sealift-export/${item.recipe.id.toLowerCase()}:${run}`])
  );
  const targets = new Map(
    [...names].map(([item, name]) => [item.recipe.id, targetForEngine(item.recipe, name, tested.size > 0)])
  );
  try {
    await runBake("The export", targets, buildSecretsOf(plan.items), context);
    const images = /* @__PURE__ */ new Map();
    for (const [item, name] of names)
      images.set(item, await saveImage(name, folders.get(item) ?? "", context));
    return images;
  } finally {
    await removeLocalImages([...names.values()], context);
  }
}
async function saveImage(name, folder, { run, environment, folder: stepFolder, signal }) {
  const archive = join(stepFolder, `image-${randomUUID().slice(0, 8)}.tar`);
  try {
    await run("docker", ["image", "save", "--output", archive, name], { env: environment, signal });
    const { layout, descriptor } = await readImageArchive(createReadStream(archive), folder);
    return await readLayoutImage(layout, descriptor);
  } finally {
    await rm(archive, { force: true });
  }
}
function verifyExported({ image }, tested, { descriptor, manifests }) {
  if (tested === void 0) return;
  const [first] = manifests;
  const manifest = manifests.length === 1 ? first : manifests.find(({ platform }) => isSamePlatform(platform, tested.platform));
  const actual = tested.config === void 0 ? manifest?.descriptor.digest : manifest?.config.digest;
  if (actual === (tested.config ?? tested.manifest)) return;
  throw new SealiftError(
    `${pinnedImage(image.repository, descriptor.digest)} is not what was tested: it is ${actual ?? `missing for ${tested.platform}`}, the tested one is ${tested.config ?? tested.manifest}. Nothing was sent. A base image or the checkout may have changed in between, or the builder lost its cache. Run ${thisJob()} again: it rebuilds.${image.service === "" ? "" : ` (${image.service})`}`
  );
}

// src/image/find-on-hosts.ts
async function hostWith(engines, repository, digest) {
  const image = pinnedImage(repository, digest);
  for (const engine of engines)
    for (const name of [image, digestTagName(image)]) {
      const details = await engine.inspectImage(name);
      const revision = details?.labels?.[OCI_LABEL.revision];
      if (details !== void 0) return { digest, host: engine.host, revision };
    }
  return void 0;
}
async function findCommitOnHosts(engines, repository, commit, fingerprint) {
  const labels = [
    `${OCI_LABEL.revision}=${commit}`,
    ...fingerprint === void 0 ? [] : [`${BUILD_FINGERPRINT_LABEL}=${fingerprint}`]
  ];
  for (const engine of engines) {
    for (const details of await engine.listImages({ label: labels })) {
      const digest = digestIn(details, repository);
      if (digest !== void 0) return { digest, host: engine.host, revision: commit };
    }
  }
  return void 0;
}
function digestIn({ repoTags, repoDigests }, repository) {
  const tagged = repoTags.filter(isDigestTag).map((tag) => tag.replace(/:sha256-(?=[0-9a-f]{64}$)/, "@sha256:"));
  for (const name of [...tagged, ...repoDigests]) {
    const digest = name.slice(name.indexOf("@") + 1);
    if (name.startsWith(`${repository}@`) && isDigest(digest)) return digest;
  }
  return void 0;
}

// src/image/runner-images.ts
const { randomUUID: randomUUID2 } = require("node:crypto");
const { mkdir, readdir, readFile, rename, rm: rm2, stat, utimes, writeFile } = require("node:fs/promises");
const { homedir } = require("node:os");
const { join: join2 } = require("node:path");
var LABEL_FILE = "sealift.json";
var KEPT_IMAGES = 5;
var ABANDONED = 24 * 60 * 6e4;
var RunnerImages = class {
  #folder;
  constructor(folder = defaultFolder()) {
    this.#folder = folder;
  }
  /** The newest image for which `isWanted` holds. One that can't be read is none. */
  async find(isWanted) {
    for (const { path, label } of await this.#list()) {
      if (!isWanted(label)) continue;
      const image = await openImage(path, label).catch(() => void 0);
      if (image === void 0) continue;
      await utimes(join2(path, LABEL_FILE), /* @__PURE__ */ new Date(), /* @__PURE__ */ new Date()).catch(() => void 0);
      return { ...label, image };
    }
    return void 0;
  }
  /** A folder of its own for a layout that is being written. */
  async newFolder() {
    await mkdir(this.#folder, { recursive: true, mode: 448 });
    return join2(this.#folder, `part-${randomUUID2()}`);
  }
  /** Keeps a complete layout under its digest; older ones of the repository go. */
  async keep(path, label) {
    const { repository, digest } = label;
    const name = fingerprintOf(`${repository}@${digest}`, 32);
    const kept = join2(this.#folder, name);
    await writeFile(join2(path, LABEL_FILE), JSON.stringify(label));
    await rename(path, kept).catch(async () => {
      await rename(join2(path, LABEL_FILE), join2(kept, LABEL_FILE));
      await rm2(path, { recursive: true, force: true });
    });
    await this.#prune(repository);
    return await openImage(kept, label);
  }
  async #prune(repository) {
    const own = (await this.#list()).filter(({ label }) => label.repository === repository);
    for (const { path } of own.slice(KEPT_IMAGES)) await rm2(path, { recursive: true, force: true });
    for (const name of await readdir(this.#folder)) {
      const path = join2(this.#folder, name);
      const { mtimeMs = 0 } = await stat(path).catch(() => void 0) ?? {};
      if (name.startsWith("part-") && Date.now() - mtimeMs > ABANDONED)
        await rm2(path, { recursive: true, force: true });
    }
  }
  /** The newest first. */
  async #list() {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(
      names.filter((name) => !name.startsWith("part-")).map(async (name) => {
        const path = join2(this.#folder, name);
        const label = await readLabel(path).catch(() => void 0);
        if (label === void 0) return [];
        return [{ path, label, usedAt: (await stat(join2(path, LABEL_FILE))).mtimeMs }];
      })
    );
    return found.flat().sort((one, other) => other.usedAt - one.usedAt);
  }
};
function defaultFolder() {
  const cache = process.env["XDG_CACHE_HOME"] || join2(homedir(), ".cache");
  return join2(process.env["RUNNER_TOOL_CACHE"] || cache, "sealift-images");
}
async function readLabel(path) {
  const { repository, digest, tags, fingerprint } = asObject(
    JSON.parse(await readFile(join2(path, LABEL_FILE), "utf8"))
  );
  if (typeof repository !== "string" || typeof digest !== "string" || !isDigest(digest)) return void 0;
  return { repository, digest, tags: asStrings(tags), fingerprint: asText(fingerprint) };
}
async function openImage(path, { repository, digest }) {
  const layout = await openLayoutFolder(path);
  const descriptor = layout.manifests.find((each) => each.digest === digest);
  if (descriptor === void 0) throw new Error(`${path} does not have ${digest}.`);
  const image = await readLayoutImage(layout, descriptor);
  for (const blob of image.blobs)
    if (await layout.size(blob.digest) !== blob.size) throw new Error(`${path} lacks ${blob.digest}.`);
  return { name: pinnedImage(repository, digest), layout, image };
}

// src/image/build-directly.ts
function directSources(engines) {
  return { store: new RunnerImages(), engines };
}
async function lookUpDirectly(task, sources, context) {
  const plan = planAndLog(task, context);
  if (task.options.rebuild) return { plan, existing: void 0 };
  const existing = /* @__PURE__ */ new Map();
  for (const item of plan.items) {
    const found = await findExisting(item, task.commit.sha ?? "", sources);
    if (found === void 0) return { plan, existing: void 0 };
    existing.set(item, found);
  }
  return { plan, existing };
}
async function findExisting({ image: { repository }, recipe }, commit, { store, engines }) {
  const fingerprint = recipe.target.labels?.[BUILD_FINGERPRINT_LABEL];
  const found = await store.find(
    (label) => label.repository === repository && label.tags[0] === commit && label.fingerprint === fingerprint
  );
  if (found !== void 0) return { digest: found.digest, where: `on ${thisRunner()}`, local: found.image };
  const hosted = await findCommitOnHosts(await engines(), repository, commit, fingerprint);
  return hosted && { digest: hosted.digest, where: `on ${hosted.host}`, local: void 0 };
}
function existingImages({ plan, existing }) {
  if (existing === void 0) return void 0;
  const local = [...existing.values()].flatMap((each) => each.local ?? []);
  return { ...builtImagesFrom(plan, existing), local };
}
async function buildDirectly(task, { store }, lookup, context) {
  const { plan, existing } = lookup;
  for (const [{ image }, { digest, where }] of existing ?? [])
    context.log.info(
      `${pinnedImage(image.repository, digest)} was built from this commit already and is ${where}: it is reused ("${inputSetting("rebuild", "true")}" builds it again).`
    );
  const reused = existingImages(lookup);
  if (reused !== void 0) return reused;
  checkBuild(task, plan, context);
  const timer = new PhaseTimer();
  const tested = await buildAndTest(plan, timer, context);
  const isTested = tested.size > 0;
  const kept = await timer.time(
    isTested ? "export" : "build",
    () => exportImages(plan, tested, store, context)
  );
  const digests = new Map([...kept].map(([item, { image }]) => [item, { digest: image.descriptor.digest }]));
  return { ...builtImagesFrom(plan, digests, timer.durations), local: [...kept.values()] };
}

export {
  hostWith,
  findCommitOnHosts,
  directSources,
  lookUpDirectly,
  existingImages,
  buildDirectly
};
