import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  blobPath,
  openLayoutFolder,
  readJsonBlob
} from "./chunk-CTUVU5BL.js";
import {
  MEDIA_TYPE,
  digestFromHex,
  isIndexType,
  parseDescriptor,
  require_tar_stream
} from "./chunk-5PPHBT3U.js";
import {
  asList,
  asObject
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError,
  thisJob
} from "./chunk-O5VY7DHM.js";
import {
  __toESM
} from "./chunk-B7OSUQQ7.js";

// src/oci/read-image-archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
const { Readable: Readable3 } = require("node:stream");
const { buffer } = require("node:stream/consumers");

// src/oci/compressed-layer.ts
const { createHash } = require("node:crypto");
const { Readable, Transform } = require("node:stream");
const zlib = require("node:zlib");
var TAR_HEADER = 512;
function compressLayer(layer) {
  const hasZstd = typeof zlib.createZstdCompress === "function";
  const compressor = hasZstd ? zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: 3 } }) : zlib.createGzip({ level: 6 });
  const hash = createHash("sha256");
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
  const whole = Readable.from(
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
const { createHash: createHash2, randomUUID } = require("node:crypto");
const { createWriteStream } = require("node:fs");
const { mkdir, rename, rm, stat, writeFile } = require("node:fs/promises");
const { join } = require("node:path");
const { Readable: Readable2, Transform: Transform2 } = require("node:stream");
const { pipeline } = require("node:stream/promises");
var LayoutFolder = class _LayoutFolder {
  path;
  constructor(path) {
    this.path = path;
  }
  /** Makes the folder if there is none; what is in it stays. */
  static async make(path) {
    await mkdir(join(path, "blobs/sha256"), { recursive: true });
    await writeFile(join(path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    return new _LayoutFolder(path);
  }
  async has(digest) {
    return await stat(join(this.path, blobPath(digest))).catch(() => void 0) !== void 0;
  }
  /**
   * Writes a blob. It has its name only once it is complete and verified.
   * @param expected its digest, if it is known
   * @throws SealiftError if the content has another digest; then nothing is kept
   */
  async writeBlob(content, expected) {
    const part = join(this.path, `blobs/part-${randomUUID()}`);
    const hash = createHash2("sha256");
    let size = 0;
    const count = new Transform2({
      transform(chunk, _, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      }
    });
    try {
      const source = content instanceof Readable2 ? content : Readable2.from([Buffer.from(content)]);
      await pipeline(source, count, createWriteStream(part));
      const digest = digestFromHex(hash.digest("hex"));
      if (expected !== void 0 && digest !== expected)
        throw new SealiftError(
          `the blob ${expected} did not arrive whole: its content has the digest ${digest}. Run ${thisJob()} again.`
        );
      await rename(part, join(this.path, blobPath(digest)));
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
    const part = join(this.path, `index-${randomUUID()}`);
    await writeFile(part, JSON.stringify(index));
    await rename(part, join(this.path, "index.json"));
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
    if (type === "file" && name === "index.json") index = parsedIndex(await buffer(entry));
    else if (type === "file" && hex !== void 0)
      await readBlobEntry(
        Readable3.from(entry, { objectMode: false }),
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
      `the layer ${digest} did not arrive whole: its content has the digest ${actual}. Run ${thisJob()} again.`
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
    throw new SealiftError(
      `the archive of an image has an index.json that is not JSON. Run ${thisJob()} again.`
    );
  }
}

export {
  readImageArchive
};
