import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  digestFromHex,
  parseDescriptor
} from "./chunk-5PPHBT3U.js";
import {
  asList,
  asObject
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/oci/tar-index.ts
var BLOCK = 512;
var REGULAR = /* @__PURE__ */ new Set(["0", "\0"]);
async function readTarIndex(archive, path) {
  const { size: end } = await archive.stat();
  const entries = /* @__PURE__ */ new Map();
  const header = Buffer.alloc(BLOCK);
  for (let position = 0; position < end; ) {
    const { bytesRead } = await archive.read(header, 0, BLOCK, position);
    if (bytesRead === BLOCK && header.every((byte) => byte === 0)) return entries;
    const size = sizeIn(header);
    if (bytesRead < BLOCK || !isHeader(header) || Number.isNaN(size))
      throw new SealiftError(`${path} is no tar archive, or it is compressed or damaged. Copy it again.`);
    const start = position + BLOCK;
    if (start + size > end)
      throw new SealiftError(`${path} is cut off: it ends within ${nameIn(header)}. Copy it again.`);
    if (REGULAR.has(String.fromCharCode(header[156] ?? 0))) entries.set(nameIn(header), { start, size });
    position = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new SealiftError(`${path} is cut off: the end of the archive is missing. Copy it again.`);
}
function sizeIn(header) {
  if (header[124] === 128) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(textAt(header, 124, 12).trim() || "0", 8);
}
var textAt = (header, start, length) => header.toString("utf8", start, start + length).replace(/\0.*$/s, "");
function nameIn(header) {
  const prefix = textAt(header, 257, 5) === "ustar" ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  return (prefix === "" ? name : `${prefix}/${name}`).replace(/^\.\//, "");
}
function isHeader(header) {
  const named = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return named === sum;
}

// src/oci/layout.ts
const { createHash } = require("node:crypto");
const { createReadStream } = require("node:fs");
const { open, stat } = require("node:fs/promises");
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
async function openLayoutTar(path) {
  var _stack = [];
  try {
    const archive = __using(_stack, await open(path), true);
    const entries = await readTarIndex(archive, path);
    return await openLayout(path, (name) => {
      const entry = entries.get(name);
      return Promise.resolve(entry && { path, ...entry });
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
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
    var _stack = [];
    try {
      const handle = __using(_stack, await open(file.path), true);
      const { buffer: content } = await handle.read(Buffer.alloc(file.size), 0, file.size, file.start);
      return JSON.parse(content.toString());
    } catch (_) {
      var _error = _, _hasError = true;
    } finally {
      var _promise = __callDispose(_stack, _error, _hasError);
      _promise && await _promise;
    }
  } catch {
    throw notLayout(`${name} is not JSON`);
  }
}
async function readBlob(layout, digest) {
  const content = await buffer(await layout.open(digest));
  const actual = digestFromHex(createHash("sha256").update(content).digest("hex"));
  if (actual !== digest) throw damagedBlobError(layout.path, digest, actual);
  return content;
}
async function* streamBlob(layout, digest) {
  const hash = createHash("sha256");
  const chunks = await layout.open(digest);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = digestFromHex(hash.digest("hex"));
  if (actual !== digest) throw damagedBlobError(layout.path, digest, actual);
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

export {
  readTarIndex,
  blobPath,
  openLayoutFolder,
  openLayoutTar,
  readBlob,
  streamBlob,
  readJsonBlob
};
