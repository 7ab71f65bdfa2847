import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  isReleaseId
} from "./chunk-AXM2NXMP.js";
import {
  blobPath,
  readTarIndex
} from "./chunk-CTUVU5BL.js";
import {
  asList,
  asObject,
  asStrings,
  asText,
  isDigest,
  isObject,
  parseJson
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/archive/archive-files.ts
var ARCHIVE_FILE = {
  readme: "README.md",
  record: "sealift.json",
  release: "release.json",
  configs: "configs.json",
  layout: "oci-layout",
  index: "index.json",
  dockerManifest: "manifest.json",
  sums: "SHA256SUMS",
  signature: "SHA256SUMS.sig"
};
var writeSums = (sums) => [...sums].map(([name, sum]) => `${sum}  ${name}
`).join("");
function parseSums(text) {
  const sums = /* @__PURE__ */ new Map();
  for (const line of text.split("\n").slice(0, -1)) {
    const { sum, name } = /^(?<sum>[0-9a-f]{64}) {2}(?<name>\S.*)$/.exec(line)?.groups ?? {};
    if (sum === void 0 || name === void 0 || sums.has(name)) return void 0;
    sums.set(name, sum);
  }
  return text.endsWith("\n") ? sums : void 0;
}
var sumsOfBlobs = (digests) => new Map(digests.map((digest) => [blobPath(digest), digest.slice("sha256:".length)]));

// src/archive/archive-record.ts
var IMAGE_USES = ["release", "accessory", "edge", "tcp-edge"];
var ARCHIVE_FORMAT = 1;
var writeArchiveRecord = (record) => `${JSON.stringify({ format: ARCHIVE_FORMAT, ...record }, void 0, 2)}
`;
function parseArchiveRecord(text) {
  const content = asObject(parseJson(text));
  const { format, app, environment, release, since, images } = content;
  if (typeof format === "number" && format !== ARCHIVE_FORMAT) return { format };
  const found = asList(images).map(parseImage);
  if (format !== ARCHIVE_FORMAT || typeof app !== "string" || typeof environment !== "string" || !isId(release) || !(since === void 0 || isId(since)) || !isComplete(found))
    return void 0;
  return { app, environment, release, since, images: found };
}
var isId = (value) => typeof value === "string" && isReleaseId(value);
var isComplete = (items) => !items.includes(void 0);
function parseImage(value) {
  const { name, use, digest, platforms, blobs } = asObject(value);
  const found = asList(blobs).map(parseBlob);
  const known = IMAGE_USES.find((each) => each === use);
  if (typeof name !== "string" || known === void 0 || !isDigestText(digest) || !isComplete(found))
    return void 0;
  return { name, use: known, digest, platforms: asStrings(platforms), blobs: found };
}
function parseBlob(value) {
  const { digest, size, of } = asObject(value);
  if (!isObject(value) || !isDigestText(digest) || typeof size !== "number") return void 0;
  const other = asText(of);
  return { digest, size, ...other === void 0 ? {} : { of: other } };
}
var isDigestText = (value) => typeof value === "string" && isDigest(value);

// src/archive/read-archived-text.ts
const { open } = require("node:fs/promises");
var LONGEST_TEXT = 32 * 1024 ** 2;
async function readArchivedText(path, name) {
  var _stack = [];
  try {
    const archive = await open(path).catch(() => void 0);
    if (archive === void 0) return void 0;
    const file = __using(_stack, archive, true);
    const entry = (await readTarIndex(file, path)).get(name);
    if (entry === void 0 || entry.size > LONGEST_TEXT) return void 0;
    const { buffer } = await file.read(Buffer.alloc(entry.size), 0, entry.size, entry.start);
    return buffer.toString("utf8");
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/archive/signature.ts
const { randomUUID } = require("node:crypto");
const { mkdir, writeFile } = require("node:fs/promises");
const { join } = require("node:path");
var NAMESPACE = "sealift";
async function sign(text, key, { run, folder }) {
  const file = await writePrivately(folder, "sign-key", key.endsWith("\n") ? key : `${key}
`);
  try {
    const options = { stdin: text, env: agentEnvironment() };
    const { stdout } = await run("ssh-keygen", ["-q", "-Y", "sign", "-n", NAMESPACE, "-f", file], options);
    return stdout;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(
      `sign-key: ssh-keygen can't sign with it. Give the text of a private key without a passphrase, or of a public key whose private key your ssh agent has.`,
      { evidence: error.evidence, cause: error }
    );
  }
}
async function verifySignature(text, signature, allowedSigners, { run, folder }) {
  const file = await writePrivately(folder, "signature", signature);
  const refusals = [];
  const ask = async (args, options = {}) => {
    try {
      return await run("ssh-keygen", ["-Y", ...args], options);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusals.push(...error.evidence);
      return void 0;
    }
  };
  for (const line of allowedSigners.split("\n").filter((each) => /^\s*[^\s#]/.test(each))) {
    const signers = await writePrivately(folder, "allowed-signers", `${line}
`);
    const found = await ask(["find-principals", "-s", file, "-f", signers]);
    for (const name of found?.stdout.trim().split("\n") ?? []) {
      const as = ["-n", NAMESPACE, "-f", signers, "-I", name, "-s", file];
      if (await ask(["verify", ...as], { stdin: text }) !== void 0) return name;
    }
  }
  throw new SealiftError(
    `allowed-signers: the signature of the archive is not by one of them, or not of what is in it. Get the archive again from where it was made, and compare the key of its signer.`,
    { evidence: [...new Set(refusals)] }
  );
}
function agentEnvironment() {
  const { SSH_AUTH_SOCK: agent, PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, LC_ALL: "C", ...agent === void 0 ? {} : { SSH_AUTH_SOCK: agent } };
}
async function writePrivately(folder, name, text) {
  const own = join(folder, `signing-${randomUUID().slice(0, 8)}`);
  await mkdir(own, { mode: 448 });
  const file = join(own, name);
  await writeFile(file, text, { mode: 384 });
  return file;
}

export {
  ARCHIVE_FILE,
  writeSums,
  parseSums,
  sumsOfBlobs,
  writeArchiveRecord,
  parseArchiveRecord,
  readArchivedText,
  sign,
  verifySignature
};
