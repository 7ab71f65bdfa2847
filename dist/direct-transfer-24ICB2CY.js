import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  readImageArchive
} from "./chunk-ZS4VAGT5.js";
import {
  readLayoutImage
} from "./chunk-PEZRW6HW.js";
import {
  blobPath,
  readBlob
} from "./chunk-CTUVU5BL.js";
import {
  findImage,
  findSentImage
} from "./chunk-PELZNHR3.js";
import {
  chainsOnHost,
  countKnownLayers,
  digestTagName,
  digestTagOf,
  manifestFor
} from "./chunk-ODC7C6PZ.js";
import {
  MEDIA_TYPE,
  PullRefused,
  require_tar_stream
} from "./chunk-5PPHBT3U.js";
import {
  asText,
  digestOf,
  inputRef,
  inputSetting,
  isDigest,
  isRegistry,
  repositoryOf
} from "./chunk-EK3AKRYE.js";
import {
  HostError,
  messageWithoutHost
} from "./chunk-O5VY7DHM.js";
import {
  __toESM
} from "./chunk-B7OSUQQ7.js";

// src/transfer/direct-transfer.ts
const { Transform: Transform2 } = require("node:stream");

// src/transfer/copy-from-host.ts
const { randomUUID } = require("node:crypto");
const { join } = require("node:path");
async function copyFromHost(engine, image, { name, details }, folder, signal) {
  const archive = await engine.saveImage(name, signal);
  const path = join(folder, `image-${randomUUID().slice(0, 8)}`);
  const { layout, descriptor } = await readImageArchive(archive, path);
  const copy = await readLayoutImage(layout, descriptor, { partial: true });
  const isSame = descriptor.digest === digestOf(image) || copy.manifests.some(
    ({ config, descriptor: manifest }) => [config.digest, manifest.digest].some((digest) => digest === details.id)
  );
  if (!isSame)
    throw new HostError(
      engine.host,
      `what it gives for ${image} is another image (${descriptor.digest}). Deploy it again.`
    );
  return { name: image, layout, image: copy };
}

// src/transfer/host-copies.ts
var HostCopies = class {
  #options;
  #copies = /* @__PURE__ */ new Map();
  constructor(options) {
    this.#options = options;
  }
  /**
   * The copy of an image from the first host that has it and gives it.
   * @returns `undefined` if no host has it
   * @throws the first error if every host that has it failed; a later call tries again
   */
  async copy(image, signal) {
    const copy = this.#copies.get(image) ?? this.#copy(image, signal);
    this.#copies.set(image, copy);
    try {
      return await copy;
    } catch (error) {
      if (this.#copies.get(image) === copy) this.#copies.delete(image);
      throw error;
    }
  }
  /** Whether a host has it. One that can't be asked now has nothing. */
  async has(image, signal) {
    const found = this.#fromHosts(image, signal, () => Promise.resolve(true));
    return await found.catch(() => void 0) ?? false;
  }
  async #copy(image, signal) {
    const { folder, log } = this.#options;
    return await this.#fromHosts(image, signal, async (engine, found) => {
      log.info(`${image} is read from ${engine.host}, which has it.`);
      return await copyFromHost(engine, image, found, folder, signal);
    });
  }
  async #fromHosts(image, signal, give) {
    const { engines, log } = this.#options;
    const failures = [];
    for (const engine of engines.filter(({ disconnected }) => !disconnected.aborted)) {
      try {
        const found = await findImage(engine, image);
        if (found !== void 0) return await give(engine, found);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
        log.info(`${engine.host} does not give ${image}: ${messageWithoutHost(engine.host, error)}`);
      }
    }
    if (failures.length > 0) throw failures[0];
    return void 0;
  }
};

// src/transfer/image-archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
const { PassThrough } = require("node:stream");
const { pipeline } = require("node:stream/promises");
function imageArchive({ layout, image }, manifest, skipped) {
  const layers = manifest.layers.slice(skipped);
  const ofLayers = new Set(image.manifests.flatMap((each) => each.layers.map(({ digest: digest2 }) => digest2)));
  const small = image.blobs.filter(({ digest: digest2 }) => !ofLayers.has(digest2));
  const archive = (0, import_tar_stream.pack)();
  const { mediaType, digest, size } = image.descriptor;
  const files = {
    "oci-layout": { imageLayoutVersion: "1.0.0" },
    "index.json": {
      ...{ schemaVersion: 2, mediaType: MEDIA_TYPE.index },
      manifests: [{ mediaType, digest, size }]
    },
    "manifest.json": [
      {
        Config: blobPath(manifest.config.digest),
        RepoTags: null,
        Layers: manifest.layers.map((layer) => blobPath(layer.digest))
      }
    ]
  };
  const write = async () => {
    for (const [name, content2] of Object.entries(files)) archive.entry({ name }, JSON.stringify(content2));
    for (const each of new Map([...small, ...layers].map((blob) => [blob.digest, blob])).values()) {
      const length = await layout.size(each.digest);
      if (length === void 0) continue;
      const blob = await layout.open(each.digest);
      await pipeline(blob, archive.entry({ name: blobPath(each.digest), size: length }));
    }
    archive.finalize();
  };
  write().catch(
    (error) => archive.destroy(error instanceof Error ? error : new Error(String(error)))
  );
  const content = new PassThrough();
  void pipeline(archive, content).catch(() => void 0);
  return { content, size: layers.reduce((sum, each) => sum + each.size, 0) };
}

// src/transfer/registry-server.ts
const { randomBytes, timingSafeEqual } = require("node:crypto");
const { once } = require("node:events");
const { createServer } = require("node:http");
const { Transform } = require("node:stream");
const { pipeline: pipeline2 } = require("node:stream/promises");
var BLOB = /^\/v2\/[a-z0-9][a-z0-9._/-]*\/(?<kind>manifests|blobs)\/(?<digest>[a-z0-9]+:[0-9a-f]+)$/;
var RegistryServer = class _RegistryServer {
  #server;
  #accounts = [];
  #layouts = [];
  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }
  static async start() {
    const registry = new _RegistryServer();
    registry.#server.listen({ host: "127.0.0.1", port: 0 });
    await once(registry.#server, "listening");
    return registry;
  }
  get port() {
    return this.#server.address().port;
  }
  /** From now on its blobs can be read. */
  add(layout) {
    if (!this.#layouts.includes(layout)) this.#layouts.push(layout);
  }
  /** A reader of his own, so that it is known what was sent to him. */
  addAccount() {
    const account = {
      username: `reader-${this.#accounts.length + 1}`,
      password: randomBytes(24).toString("hex"),
      ...{ sent: 0, wasUsed: false }
    };
    this.#accounts.push(account);
    return account;
  }
  async [Symbol.asyncDispose]() {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
  async #answer({ method, url = "", headers }, response) {
    const account = this.#accountFor(headers.authorization);
    if (account === void 0) {
      const challenge = { "www-authenticate": 'Basic realm="sealift"' };
      return refuse(response, 401, "UNAUTHORIZED", challenge);
    }
    account.wasUsed = true;
    if (method !== "GET" && method !== "HEAD")
      return refuse(response, 405, "UNSUPPORTED", { allow: "GET, HEAD" });
    const path = url.replace(/\?.*$/s, "");
    if (path === "/v2" || path === "/v2/") {
      response.end("{}");
      return;
    }
    const { kind, digest = "" } = BLOB.exec(path)?.groups ?? {};
    const layout = isDigest(digest) ? await this.#layoutWith(digest) : void 0;
    if (layout === void 0 || !isDigest(digest)) return refuse(response, 404, "BLOB_UNKNOWN");
    if (kind === "manifests") await sendManifest(response, layout, digest, method === "HEAD", account);
    else await sendBlob(response, layout, digest, { head: method === "HEAD", range: headers.range }, account);
  }
  #accountFor(authorization = "") {
    const encoded = /^Basic (?<encoded>\S+)$/i.exec(authorization)?.groups?.["encoded"] ?? "";
    const given = Buffer.from(encoded, "base64");
    return this.#accounts.find(({ username, password }) => {
      const expected = Buffer.from(`${username}:${password}`);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
  async #layoutWith(digest) {
    for (const layout of this.#layouts) if (await layout.size(digest) !== void 0) return layout;
    return void 0;
  }
};
function refuse(response, status, code, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ errors: [{ code }] }));
}
async function sendManifest(response, layout, digest, head, account) {
  const content = await readBlob(layout, digest);
  const mediaType = asText(JSON.parse(content.toString()).mediaType) ?? "application/octet-stream";
  response.writeHead(200, {
    "content-type": mediaType,
    "content-length": content.length,
    "docker-content-digest": digest
  });
  if (!head) account.sent += content.length;
  response.end(head ? void 0 : content);
}
async function sendBlob(response, layout, digest, { head, range }, account) {
  const size = await layout.size(digest) ?? 0;
  const part = range === void 0 ? void 0 : rangeIn(range, size);
  if (part === "outside")
    return refuse(response, 416, "SIZE_INVALID", { "content-range": `bytes */${size}` });
  response.writeHead(part === void 0 ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": part === void 0 ? size : part.end - part.start + 1,
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    ...part && { "content-range": `bytes ${part.start}-${part.end}/${size}` }
  });
  if (head) {
    response.end();
    return;
  }
  const count = new Transform({
    transform(chunk, _, done) {
      account.sent += chunk.length;
      done(null, chunk);
    }
  });
  await pipeline2(await layout.open(digest, part), count, response);
}
function rangeIn(range, size) {
  const { first = "", last = "" } = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(range)?.groups ?? {};
  if (first === "" && last === "") return void 0;
  if (first === "") {
    const start2 = Math.max(0, size - Number(last));
    return start2 < size ? { start: start2, end: size - 1 } : "outside";
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : "outside";
}

// src/transfer/direct-transfer.ts
var DirectTransfer = class {
  #options;
  #copies;
  /** Of each host to the registry of this process. */
  #waysBack = /* @__PURE__ */ new Map();
  #server;
  constructor(options) {
    this.#options = options;
    this.#copies = new HostCopies(options);
  }
  /** Opens the way by which a host pulls from here, ahead of the first image. */
  async prepare(engine) {
    await this.#wayBack(engine);
  }
  /** The image, or its copy from a host that has it. It is read once for all hosts that lack it. */
  async find(image, signal) {
    const local = this.#options.images.get(image);
    if (local !== void 0) return local;
    return await this.#copies.copy(image, signal);
  }
  /** Whether a host has it. */
  async isOnAnyHost(image, signal) {
    return await this.#copies.has(image, signal);
  }
  /**
   * Sends an image to a host. Only layers that the host lacks travel, if its engine can be asked for them.
   * @throws HostError if no way worked; PullRefused for a pull that failed for what the host lacks, such as space
   */
  async send(engine, local, options) {
    const { log } = this.#options;
    const manifest = manifestFor(local, options.platform);
    if (manifest === void 0)
      throw new HostError(
        engine.host,
        `${local.name} was not built for ${options.platform}. Add it to "${inputRef("platforms")}".`
      );
    const tried = isOriginal(local) ? await this.#pull(engine, local, manifest, options) : "the engine that it comes from keeps layers, but not as they were sent";
    if (typeof tried !== "string") return tried;
    log.info(
      `${engine.host}: ${local.name} is sent as an archive through the API of the engine, because ${tried}.`
    );
    return await this.#load(engine, local, manifest, options);
  }
  /** @returns why the engine can't pull from here */
  async #pull(engine, local, manifest, { platform, signal, onProgress }) {
    const { name, image, layout } = local;
    const wayBack = await this.#wayBack(engine);
    if (wayBack.kind === "closed") return wayBack.why;
    const server = await this.#registry();
    server.add(layout);
    const account = server.addAccount();
    const registry = `127.0.0.1:${wayBack.port}`;
    const reference = `${registry}/${pathOf(name)}@${image.descriptor.digest}`;
    const { username, password } = account;
    try {
      const login = { username, password, serveraddress: registry };
      await engine.pullImage(reference, { platform, login, signal, onProgress });
    } catch (error) {
      if (!(error instanceof PullRefused) || isHostsOwnFault(error.said)) throw error;
      return account.wasUsed ? `the pull failed: ${error.said.replace(/\.$/, "")}` : "its engine does not reach the loopback of its server (is it rootless, or in a virtual machine?)";
    }
    const { repository, tag } = digestTagOf(name);
    await engine.tagImage(reference, repository, tag);
    const found = await sameImage(engine, local, manifest);
    if (found?.name === name) await engine.removeImage(reference);
    return found === void 0 ? "its engine did not complete the image by a pull" : { ...found, way: "pulled", bytes: account.sent };
  }
  async #load(engine, local, manifest, { platform, signal }) {
    const { log } = this.#options;
    const known = countKnownLayers(manifest.diffIds, await chainsOnHost(engine));
    let bytes = 0;
    const load = async (skipped) => {
      const count = new Transform2({
        transform(chunk, _, done) {
          bytes += chunk.length;
          done(null, chunk);
        }
      });
      const { content } = imageArchive(local, manifest, skipped);
      content.once("error", (error) => count.destroy(error));
      await engine.loadImage(content.pipe(count), { platform, signal });
      await nameLoaded(engine, local, manifest);
      const found = await sameImage(engine, local, manifest);
      if (found === void 0 || !await engine.isImageComplete(found.name)) return void 0;
      const way = skipped > 0 ? "missing layers loaded" : "all layers loaded";
      return { ...found, way, bytes };
    };
    if (known > 0) {
      const why = await load(known).catch((error) => {
        if (!(error instanceof HostError) || engine.disconnected.aborted || signal.aborted) throw error;
        return messageWithoutHost(engine.host, error);
      });
      if (typeof why === "object") return why;
      await removeRemains(engine, local, manifest);
      await requireAllLayers(engine, local, manifest);
      log.info(
        `${engine.host}: all layers of ${local.name} are sent, because those on the host do not complete it${why === void 0 ? "" : `: ${why}`}.`
      );
    }
    const sent = await load(0);
    if (sent !== void 0) return sent;
    throw new HostError(
      engine.host,
      `its engine made another image of the archive of ${local.name}. Update Docker on the host, or push to a registry ("${inputSetting("image-transfer", "registry")}").`
    );
  }
  #wayBack(engine) {
    const known = this.#waysBack.get(engine) ?? this.#openWayBack(engine);
    this.#waysBack.set(engine, known);
    return known;
  }
  async #openWayBack(engine) {
    return await engine.openWayBack((await this.#registry()).port);
  }
  #registry() {
    this.#server ??= RegistryServer.start();
    return this.#server;
  }
  async [Symbol.asyncDispose]() {
    await Promise.allSettled(this.#waysBack.values());
    await (await this.#server)?.[Symbol.asyncDispose]();
  }
};
var isOriginal = ({ name, image }) => image.descriptor.digest === digestOf(name);
var isHostsOwnFault = (said) => /no space left on device|quota exceeded/i.test(said);
async function requireAllLayers({ host }, { name, layout }, { layers }) {
  const sizes = await Promise.all(layers.map(({ digest }) => layout.size(digest)));
  if (!sizes.includes(void 0)) return;
  throw new HostError(
    host,
    `the archive leaves out layers of ${name}. This host has them, but not as they were sent, and its image store needs them so. Export the release without "${inputRef("since")}".`
  );
}
function pathOf(image) {
  const repository = repositoryOf(image);
  const [first = ""] = repository.split("/", 1);
  return repository.includes("/") && isRegistry(first) ? repository.slice(first.length + 1) : repository;
}
var idsOf = ({ image }, { config, descriptor }) => [
  .../* @__PURE__ */ new Set([image.descriptor.digest, config.digest, descriptor.digest])
];
async function sameImage(engine, local, manifest) {
  const found = await findSentImage(engine, local.name);
  if (found === void 0) return void 0;
  const { id, layers } = found.details;
  const isSame = idsOf(local, manifest).includes(id) && layers.join() === manifest.diffIds.join();
  return isSame ? found : void 0;
}
async function nameLoaded(engine, local, manifest) {
  const { repository, tag } = digestTagOf(local.name);
  for (const id of idsOf(local, manifest)) {
    if (await engine.inspectImage(id) === void 0) continue;
    await engine.tagImage(id, repository, tag);
    return;
  }
}
async function removeRemains(engine, local, manifest) {
  await engine.removeImage(digestTagName(local.name));
  for (const id of idsOf(local, manifest)) {
    const details = await engine.inspectImage(id);
    if (details !== void 0 && details.repoTags.length === 0) await engine.removeImage(id);
  }
}
export {
  DirectTransfer
};
