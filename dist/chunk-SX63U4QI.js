import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  require_tar_stream
} from "./chunk-HJAPHPPN.js";
import {
  asList,
  asObject,
  asStrings,
  asText,
  isDigest,
  isObject,
  mapValues
} from "./chunk-GGVV7IEW.js";
import {
  SealiftError
} from "./chunk-PUGPVKFB.js";
import {
  __toESM
} from "./chunk-B7OSUQQ7.js";

// src/oci/descriptor.ts
const { createHash } = require("node:crypto");
var MEDIA_TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json"
};
var isIndexType = (mediaType) => mediaType === MEDIA_TYPE.index || mediaType === MEDIA_TYPE.dockerIndex;
var isManifestType = (mediaType) => mediaType === MEDIA_TYPE.manifest || mediaType === MEDIA_TYPE.dockerManifest;
function parseDescriptor(value) {
  const { digest, size, mediaType, platform, annotations } = asObject(value);
  if (typeof digest !== "string" || !isDigest(digest) || !Number.isSafeInteger(size)) return void 0;
  return {
    ...{ digest, size: Number(size), mediaType: asText(mediaType) ?? "" },
    platform: isObject(platform) ? asText(platformName(platform)) : void 0,
    annotations: mapValues(asObject(annotations), String)
  };
}
function platformName({ os, architecture, variant }) {
  return asStrings([os, architecture, variant]).filter(Boolean).join("/");
}
function digestOfContent(content) {
  return digestFromHex(createHash("sha256").update(content).digest("hex"));
}
function digestFromHex(hex) {
  return `sha256:${hex}`;
}

// src/oci/layout.ts
const { createHash: createHash2 } = require("node:crypto");
const { createReadStream } = require("node:fs");
const { open, readFile, stat } = require("node:fs/promises");
const { join } = require("node:path");
const { Readable } = require("node:stream");
const { buffer } = require("node:stream/consumers");
var blobPath = (digest) => `blobs/sha256/${digest.slice("sha256:".length)}`;
function openLayoutFolder(path) {
  return openLayout(path, async (name) => {
    const file = join(path, name);
    const found = await stat(file).catch(() => void 0);
    return found?.isFile() ? { path: file, start: 0, size: found.size } : void 0;
  });
}
async function openLayout(path, find) {
  const notLayout = (why) => new SealiftError(`${path} is no OCI image layout: ${why}. Make it again.`);
  const version = asObject(await readJsonFile(find, "oci-layout", notLayout))["imageLayoutVersion"];
  if (version !== "1.0.0") throw notLayout(`its version is ${String(version)}, and only 1.0.0 is known`);
  const index = await readJsonFile(find, "index.json", notLayout);
  const manifests = asList(asObject(index)["manifests"]).map((each) => {
    const descriptor = parseDescriptor(each);
    if (descriptor === void 0) throw notLayout("index.json names a manifest without a SHA-256 digest");
    return descriptor;
  });
  return {
    path,
    manifests,
    size: async (digest) => (await find(blobPath(digest)))?.size,
    async open(digest, range) {
      const file = await find(blobPath(digest));
      if (file === void 0) throw missingBlobError(path, digest);
      if (file.size === 0) return Readable.from([]);
      const start = file.start + (range?.start ?? 0);
      const end = file.start + Math.min(range?.end ?? file.size - 1, file.size - 1);
      return createReadStream(file.path, { start, end });
    }
  };
}
var missingBlobError = (path, digest) => new SealiftError(`${path}: the blob ${digest} is missing. Make it again, with all its blobs.`);
async function readJsonFile(find, name, notLayout) {
  const file = await find(name);
  if (file === void 0) throw notLayout(`it has no file ${name}`);
  try {
    const content = await readFile(file.path).catch(() => Buffer.alloc(0));
    return JSON.parse(content.subarray(file.start, file.start + file.size).toString());
  } catch {
    throw notLayout(`${name} is not JSON`);
  }
}
async function readBlob(layout, digest) {
  const content = await buffer(await layout.open(digest));
  const actual = digestFromHex(createHash2("sha256").update(content).digest("hex"));
  if (actual !== digest) throw damagedBlobError(layout.path, digest, actual);
  return content;
}
async function readJsonBlob(layout, digest) {
  const content = await readBlob(layout, digest);
  try {
    return asObject(JSON.parse(content.toString()));
  } catch {
    throw new SealiftError(`${layout.path}: the blob ${digest} is not JSON. Make it again.`);
  }
}
var damagedBlobError = (path, digest, actual) => new SealiftError(
  `${path}: the blob ${digest} is damaged: its content has the digest ${actual}. Make it again.`
);

// src/oci/layout-image.ts
async function readLayoutImage(layout, descriptor, { partial } = { partial: false }) {
  const small = /* @__PURE__ */ new Map([[descriptor.digest, descriptor]]);
  const layers = /* @__PURE__ */ new Map();
  const manifests = [];
  const pending = [{ descriptor, content: await readJsonBlob(layout, descriptor.digest) }];
  for (let each = pending.shift(); each !== void 0; each = pending.shift()) {
    const { content } = each;
    const mediaType = each.descriptor.mediaType || String(content["mediaType"]);
    if (isIndexType(mediaType)) {
      for (const inner of descriptorsIn(layout, each.descriptor, content["manifests"])) {
        if (partial && await layout.size(inner.digest) === void 0) continue;
        small.set(inner.digest, inner);
        pending.push({ descriptor: inner, content: await readJsonBlob(layout, inner.digest) });
      }
      continue;
    }
    if (!isManifestType(mediaType))
      throw new SealiftError(
        `${layout.path}: ${each.descriptor.digest} is neither the manifest nor the index of an image, but "${mediaType}". Make it again.`
      );
    const [config] = descriptorsIn(layout, each.descriptor, [content["config"]]);
    const own = descriptorsIn(layout, each.descriptor, content["layers"]);
    for (const layer of own) layers.set(layer.digest, layer);
    if (config === void 0) continue;
    small.set(config.digest, config);
    if (each.descriptor.platform?.startsWith("unknown")) continue;
    const image = await readJsonBlob(layout, config.digest);
    manifests.push(manifestOf(each.descriptor, config, own, image));
  }
  return { descriptor, manifests, blobs: [...small.values(), ...layers.values()] };
}
function manifestOf(descriptor, config, layers, image) {
  return {
    ...{ descriptor, config, layers },
    platform: platformName(image),
    labels: mapValues(asObject(asObject(image["config"])["Labels"]), String),
    diffIds: asStrings(asObject(image["rootfs"])["diff_ids"])
  };
}
function descriptorsIn(layout, of, list) {
  return asList(list).map((each) => {
    const descriptor = parseDescriptor(each);
    if (descriptor !== void 0) return descriptor;
    throw new SealiftError(
      `${layout.path}: ${of.digest} names a blob without a SHA-256 digest. Make it again.`
    );
  });
}

// src/oci/read-image-archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
const { Readable: Readable4 } = require("node:stream");
const { buffer: buffer2 } = require("node:stream/consumers");

// src/oci/compressed-layer.ts
const { createHash: createHash3 } = require("node:crypto");
const { Readable: Readable2, Transform } = require("node:stream");
const zlib = require("node:zlib");
var TAR_HEADER = 512;
function compressLayer(layer) {
  const hasZstd = typeof zlib.createZstdCompress === "function";
  const compressor = hasZstd ? zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: 3 } }) : zlib.createGzip({ level: 6 });
  const hash = createHash3("sha256");
  const tap = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk);
      done(null, chunk);
    }
  });
  layer.once("error", (error) => tap.destroy(error));
  tap.once("error", (error) => compressor.destroy(error));
  return {
    mediaType: `${MEDIA_TYPE.layer}+${hasZstd ? "zstd" : "gzip"}`,
    content: layer.pipe(tap).pipe(compressor),
    digest: () => digestFromHex(hash.digest("hex"))
  };
}
async function peek(stream) {
  const chunks = stream[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < TAR_HEADER) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = Readable2.from(
    (async function* () {
      if (head.length > 0) yield head;
      for (; ; ) {
        const { value, done } = await chunks.next();
        if (done) return;
        yield value;
      }
    })(),
    { objectMode: false }
  );
  return { head, whole };
}
var isTar = (head) => head.length >= TAR_HEADER && (head.toString("latin1", 257, 262) === "ustar" || head.every((byte) => byte === 0));

// src/oci/layout-folder.ts
const { createHash: createHash4, randomUUID } = require("node:crypto");
const { createWriteStream } = require("node:fs");
const { mkdir, rename, rm, stat: stat2, writeFile } = require("node:fs/promises");
const { join: join2 } = require("node:path");
const { Readable: Readable3, Transform: Transform2 } = require("node:stream");
const { pipeline } = require("node:stream/promises");
var LayoutFolder = class _LayoutFolder {
  path;
  constructor(path) {
    this.path = path;
  }
  /** Makes the folder if there is none; what is in it stays. */
  static async make(path) {
    await mkdir(join2(path, "blobs/sha256"), { recursive: true });
    await writeFile(join2(path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    return new _LayoutFolder(path);
  }
  async has(digest) {
    return await stat2(join2(this.path, blobPath(digest))).catch(() => void 0) !== void 0;
  }
  /**
   * Writes a blob. It has its name only once it is complete and verified.
   * @param expected its digest, if it is known
   * @throws SealiftError if the content has another digest; then nothing is kept
   */
  async writeBlob(content, expected) {
    const part = join2(this.path, `blobs/part-${randomUUID()}`);
    const hash = createHash4("sha256");
    let size = 0;
    const count = new Transform2({
      transform(chunk, _, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      }
    });
    try {
      const source = content instanceof Readable3 ? content : Readable3.from([Buffer.from(content)]);
      await pipeline(source, count, createWriteStream(part));
      const digest = digestFromHex(hash.digest("hex"));
      if (expected !== void 0 && digest !== expected)
        throw new SealiftError(
          `the blob ${expected} did not arrive whole: its content has the digest ${digest}. Run this job again.`
        );
      await rename(part, join2(this.path, blobPath(digest)));
      return { digest, size };
    } finally {
      await rm(part, { force: true });
    }
  }
  /** Writes `index.json`: what the layout offers. */
  async writeIndex(manifests) {
    const index = {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: manifests.map(({ mediaType, digest, size, annotations }) => ({
        ...{ mediaType, digest, size },
        ...Object.keys(annotations).length > 0 ? { annotations } : {}
      }))
    };
    const part = join2(this.path, `index-${randomUUID()}`);
    await writeFile(part, JSON.stringify(index));
    await rename(part, join2(this.path, "index.json"));
  }
};

// src/oci/read-image-archive.ts
var BLOB_NAME = /^blobs\/sha256\/(?<hex>[0-9a-f]{64})$/;
async function readImageArchive(archive, path) {
  const folder = await LayoutFolder.make(path);
  const compressed = /* @__PURE__ */ new Map();
  let index = {};
  const entries = (0, import_tar_stream.extract)();
  archive.once("error", (error) => entries.destroy(error));
  archive.pipe(entries);
  for await (const entry of entries) {
    const { type } = entry.header;
    const name = entry.header.name.replace(/^\.\//, "");
    const hex = BLOB_NAME.exec(name)?.groups?.["hex"];
    if (type === "file" && name === "index.json") index = parsedIndex(await buffer2(entry));
    else if (type === "file" && hex !== void 0)
      await readBlobEntry(
        Readable4.from(entry, { objectMode: false }),
        digestFromHex(hex),
        folder,
        compressed
      );
    else entry.resume();
  }
  const descriptor = parseDescriptor(asList(index["manifests"])[0]);
  if (descriptor === void 0)
    throw new SealiftError(
      "the archive of an image has no OCI layout. Images are read from Docker Engine 25 or later: update the engine that has the image."
    );
  await folder.writeIndex([descriptor]);
  const rewritten = await rewrite(await openLayoutFolder(path), folder, descriptor, compressed);
  await folder.writeIndex([rewritten]);
  return { layout: await openLayoutFolder(path), descriptor: rewritten };
}
async function readBlobEntry(entry, digest, folder, compressed) {
  const { head, whole } = await peek(entry);
  if (!isTar(head)) {
    await folder.writeBlob(whole, digest);
    return;
  }
  const layer = compressLayer(whole);
  const written = await folder.writeBlob(layer.content);
  const actual = layer.digest();
  if (actual !== digest)
    throw new SealiftError(
      `the layer ${digest} did not arrive whole: its content has the digest ${actual}. Run this job again.`
    );
  compressed.set(digest, { ...written, mediaType: layer.mediaType });
}
async function rewrite(layout, folder, descriptor, compressed) {
  if (compressed.size === 0 || await layout.size(descriptor.digest) === void 0) return descriptor;
  const content = await readJsonBlob(layout, descriptor.digest);
  const changed = isIndexType(descriptor.mediaType) ? { manifests: await rewriteAll(layout, folder, asList(content["manifests"]), compressed) } : {
    layers: asList(content["layers"]).map((each) => {
      const layer = parseDescriptor(each);
      const smaller = layer && compressed.get(layer.digest);
      return smaller === void 0 ? each : { ...asObject(each), ...smaller };
    })
  };
  const written = await folder.writeBlob(JSON.stringify({ ...content, ...changed }));
  return { ...descriptor, ...written };
}
async function rewriteAll(layout, folder, list, compressed) {
  const all = [];
  for (const each of list) {
    const inner = parseDescriptor(each);
    if (inner === void 0) continue;
    const { digest, size } = await rewrite(layout, folder, inner, compressed);
    all.push({ ...asObject(each), digest, size });
  }
  return all;
}
function parsedIndex(content) {
  try {
    return asObject(JSON.parse(content.toString()));
  } catch {
    throw new SealiftError("the archive of an image has an index.json that is not JSON. Run this job again.");
  }
}

export {
  MEDIA_TYPE,
  digestOfContent,
  blobPath,
  openLayoutFolder,
  readBlob,
  readLayoutImage,
  readImageArchive
};
