import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ARCHIVE_FILE,
  parseArchiveRecord,
  readArchivedText,
  sign,
  sumsOfBlobs,
  writeArchiveRecord,
  writeSums
} from "./chunk-OWJGDHZ3.js";
import {
  splitProject
} from "./chunk-QKTBNX5A.js";
import "./chunk-KUQU5EMS.js";
import {
  registryOfInput,
  resolveComposeFile,
  startImageLookup
} from "./chunk-ZFQJ6P4U.js";
import {
  isSamePlatform
} from "./chunk-M25APQZV.js";
import {
  group,
  imagesOnHost,
  isSecretVariable,
  makeRelease,
  rejectUnknownServices
} from "./chunk-AXM2NXMP.js";
import {
  RegistryClient,
  RegistryError,
  accessTo,
  formatBytes,
  joinWithAnd,
  readManifest,
  splitReference,
  withRegistryErrors
} from "./chunk-QZ63PLH4.js";
import {
  blobPath,
  readBlob,
  streamBlob
} from "./chunk-CTUVU5BL.js";
import {
  MEDIA_TYPE,
  isIndexType,
  parseDescriptor,
  platformName,
  require_tar_stream
} from "./chunk-5PPHBT3U.js";
import "./chunk-3ZWEW477.js";
import "./chunk-R2SN7PXI.js";
import "./chunk-T2AHS3SW.js";
import {
  DEFAULT_RETRY_POLICY,
  retryTransient
} from "./chunk-LL335SZZ.js";
import "./chunk-OXXP23QS.js";
import {
  DOCKER_HUB,
  asList,
  asObject,
  hubPath,
  inputRef,
  inputSetting,
  registryOf
} from "./chunk-EK3AKRYE.js";
import {
  ConfigurationError,
  SealiftError
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __toESM,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/commands/export.ts
const { join: join3 } = require("node:path");

// src/archive/archive-readme.ts
var USES = {
  release: "the release",
  accessory: "accessories",
  edge: "Sealift's edge",
  "tcp-edge": "Sealift's TCP edge"
};
function archiveReadme(record, { isSigned }) {
  const { app, environment, release, images, since } = record;
  const file = archiveName(record);
  return `# ${app} ${release} for ${environment}

One release of the app ${app}, made by Sealift for servers that reach no registry. On the other side:

    sealift import --archive ${file} --environment ${environment} --hosts ssh://user@server

That verifies every part of it before it changes anything, loads the images, and deploys the release.

## What is in it

| File | Content |
| --- | --- |
| \`${ARCHIVE_FILE.record}\` | The images and their blobs |
| \`${ARCHIVE_FILE.release}\` | The release: its resolved Compose file, with digests in place of tags |
| \`${ARCHIVE_FILE.configs}\` | The contents of its configs. Contents of secrets are in no archive |
| \`${ARCHIVE_FILE.layout}\`, \`${ARCHIVE_FILE.index}\`, \`blobs/\` | The images, as an OCI image layout |
${since === void 0 ? `| \`${ARCHIVE_FILE.dockerManifest}\` | The same for \`docker load\` of an engine without containerd |
` : ""}| \`${ARCHIVE_FILE.sums}\` | SHA-256 of every other file |
${isSigned ? `| \`${ARCHIVE_FILE.signature}\` | The signature of that by an SSH key |
` : ""}
| Image | For | Platforms | Size |
| --- | --- | --- | --- |
${images.map(imageRow).join("\n")}

## Without Sealift

    mkdir parts && tar -C parts -xf ${file} && cd parts && sha256sum -c ${ARCHIVE_FILE.sums}
${isSigned ? `    ssh-keygen -Y verify -n sealift -f allowed_signers -I SIGNER -s ${ARCHIVE_FILE.signature} < ${ARCHIVE_FILE.sums}
` : ""}${since === void 0 ? `    docker load -i ${file}
` : `
Layers that the images of release ${since} have are left out, so \`docker load\` can't read this archive.
`}`;
}
var archiveName = ({ app, release }) => `${app}-${release}.sealift.tar`;
function imageRow({ name, use, platforms, blobs }) {
  const bytes = blobs.reduce((sum, { size, of }) => sum + (of === void 0 ? size : 0), 0);
  return `| \`${name}\` | ${USES[use]} | ${joinWithAnd(platforms)} | ${formatBytes(bytes)} |`;
}

// src/archive/export-release.ts
const { writeFile } = require("node:fs/promises");
const { dirname: dirname2, join: join2 } = require("node:path");

// src/image/image-download.ts
const { createHash } = require("node:crypto");
var ImageDownload = class {
  #context;
  #client;
  constructor(context) {
    this.#context = context;
    this.#client = RegistryClient.of(context);
  }
  /**
   * The manifest or index that a reference with a tag or a digest names.
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  manifest(reference) {
    const [repository, name] = splitReference(reference);
    const { signal } = this.#context;
    return this.#ask(reference, () => readManifest({ name: repository, client: this.#client, signal }, name));
  }
  /**
   * The bytes of a blob, verified by its digest at their end. If the connection breaks, it goes on where that broke.
   * @throws SealiftError as `manifest`, if the blob is not there, and if it is not what its digest names
   */
  async *blob(repository, { digest, size }) {
    const reference = `${repository}@${digest}`;
    const hash = createHash("sha256");
    let received = 0;
    while (received < size || size === 0) {
      const before = received;
      try {
        for await (const chunk of await this.#ask(reference, () => this.#open(reference, received))) {
          received += chunk.length;
          if (received > size) break;
          hash.update(chunk);
          yield chunk;
        }
      } catch (error) {
        if (!(error instanceof RegistryError) || received === before) throw this.#failure(reference, error);
        this.#context.log.info(
          `${registryOf(repository)} broke off after ${received} of ${size} bytes of ${digest}: ${error.message}. It is asked for the rest.`
        );
        continue;
      }
      if (received >= size || received === before) break;
    }
    if (received !== size || `sha256:${hash.digest("hex")}` !== digest)
      throw new SealiftError(
        `${reference}: the registry sent ${received} bytes that are not the blob of ${size} bytes which this digest names. Is a proxy between this machine and the registry? It must pass the answers on unchanged.`
      );
  }
  async #open(reference, from) {
    const [repository, digest] = splitReference(reference);
    const answer = await this.#client.download(accessTo(repository, "pull"), `blobs/${digest}`, {
      method: "GET",
      headers: from === 0 ? {} : { range: `bytes=${from}-` },
      signal: this.#context.signal
    });
    if (answer.content === void 0)
      throw new SealiftError(
        `${reference}: the registry does not have this blob, although the manifest names it. The image is incomplete: build and push it again (${inputSetting("rebuild", "true")}).`
      );
    return answer.status === 206 || from === 0 ? answer.content : without(from, answer.content);
  }
  #ask(reference, ask) {
    const attempt = () => withRegistryErrors(reference, ask, () => false);
    return retryTransient(`Asking ${registryOf(reference)}`, attempt, this.#context).catch(
      (error) => {
        throw this.#failure(reference, error);
      }
    );
  }
  #failure(reference, error) {
    if (!(error instanceof RegistryError)) return error;
    return new SealiftError(
      `The registry ${registryOf(reference)} can't give ${reference}: ${error.message}.`,
      { cause: error }
    );
  }
};
async function* without(bytes, content) {
  let skipped = 0;
  for await (const chunk of content) {
    const rest = chunk.subarray(Math.max(0, bytes - skipped));
    skipped += chunk.length;
    if (rest.length > 0) yield rest;
  }
}

// src/archive/collect-image.ts
const { buffer } = require("node:stream/consumers");
async function collectImage(name, platforms, reader) {
  const [repository] = splitReference(name);
  const open = (blob) => reader.blob(repository, blob);
  const read = async (reference) => {
    const found = await reader.manifest(reference);
    if (found === void 0)
      throw new ConfigurationError(
        `${reference} was not found in its registry, so it can't be exported. Check the name, and whether it was removed since.`
      );
    const { digest, mediaType, bytes } = found;
    contents.set(digest, bytes);
    const descriptor2 = { mediaType, digest, size: bytes.length, platform: void 0, annotations: {} };
    return { descriptor: descriptor2, content: asObject(JSON.parse(bytes.toString())) };
  };
  const contents = /* @__PURE__ */ new Map();
  const { descriptor, content } = await read(name);
  const manifests = [];
  const add = async (manifest) => {
    const [config, ...layers] = [manifest["config"], ...asList(manifest["layers"])].map(
      (each) => requireDescriptor(name, each)
    );
    if (config === void 0) return;
    const bytes = await buffer(open(config));
    contents.set(config.digest, bytes);
    const image = asObject(JSON.parse(bytes.toString()));
    const created = image["created"];
    manifests.push({
      ...{ platform: platformName(image), config: config.digest, layers },
      createdAt: typeof created === "string" ? created : void 0
    });
  };
  if (isIndexType(descriptor.mediaType)) {
    const inner = asList(content["manifests"]).map((each) => requireDescriptor(name, each));
    const wanted = inner.filter(
      ({ platform = "" }) => platforms.some((each) => isSamePlatform(each, platform))
    );
    for (const { digest } of wanted) await add((await read(`${repository}@${digest}`)).content);
    requirePlatforms(
      name,
      platforms,
      inner.flatMap(
        ({ platform }) => platform === void 0 || platform.startsWith("unknown") ? [] : [platform]
      )
    );
  } else {
    await add(content);
    requirePlatforms(
      name,
      platforms,
      manifests.map(({ platform }) => platform)
    );
  }
  return { name, open, descriptor, manifests, contents };
}
function requireDescriptor(name, value) {
  const descriptor = parseDescriptor(value);
  if (descriptor !== void 0) return descriptor;
  throw new SealiftError(
    `${name} names a part without a SHA-256 digest, so it can't be exported. Build it again with a current BuildKit.`
  );
}
function requirePlatforms(name, wanted, found) {
  const missing = wanted.filter((platform) => !found.some((each) => isSamePlatform(each, platform)));
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `platforms: ${name} is for ${joinWithAnd(found)}, not for ${joinWithAnd(missing)}. Set "${inputRef("platforms")}" to what the hosts of the other side are, or use an image that is built for that.`
  );
}

// src/archive/docker-load.ts
function tagOf(name, release) {
  const [repository, reference] = splitReference(name);
  return `${repository}:${reference.startsWith("sha256:") ? release : reference}`;
}
function layoutIndex(images) {
  const manifests = images.map(({ image: { descriptor }, tag }) => ({
    ...{ mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size },
    annotations: {
      "io.containerd.image.name": nameWithRegistry(tag),
      "org.opencontainers.image.ref.name": tag.slice(tag.lastIndexOf(":") + 1)
    }
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests });
}
function dockerManifest(images) {
  const all = images.flatMap(({ image: { manifests }, tag }) => {
    const [manifest] = manifests;
    if (manifest === void 0) return [];
    const { config, layers } = manifest;
    return [
      { Config: blobPath(config), RepoTags: [tag], Layers: layers.map(({ digest }) => blobPath(digest)) }
    ];
  });
  return JSON.stringify(all);
}
function nameWithRegistry(tag) {
  if (registryOf(tag) !== DOCKER_HUB) return tag;
  return `docker.io/${hubPath(tag)}`;
}

// src/archive/find-earlier-record.ts
const { readFile } = require("node:fs/promises");
const { join } = require("node:path");
var archiveRecordName = ({
  app,
  release
}) => `${app}-${release}.sealift.json`;
async function findEarlierRecord(asked) {
  const { app, environment, since, path } = asked;
  if (since === void 0) return void 0;
  const files = [
    .../[/.]/.test(since) ? [since] : [],
    join(path, archiveRecordName({ app, release: since })),
    join(path, `${app}-${since}.sealift.tar`)
  ];
  for (const file of files) {
    const text = file.endsWith(".tar") ? await readArchivedText(file, ARCHIVE_FILE.record) : await readFile(file, "utf8").catch(() => void 0);
    if (text === void 0) continue;
    const record = parseArchiveRecord(text);
    if (record === void 0 || "format" in record)
      throw new ConfigurationError(
        `since: "${file}" does not say what an archive has. Name the file that was written beside it, ${archiveRecordName({ app, release: "RELEASE" })}, or the archive itself.`
      );
    if (record.app !== app || record.environment !== environment)
      throw new ConfigurationError(
        `since: "${file}" is of ${record.app} for ${record.environment}, and this is ${app} for ${environment}. Name an archive of the same app and environment.`
      );
    return record;
  }
  throw new ConfigurationError(
    `since: "${since}" is not known here: there is no ${files.join(" and no ")}. Keep the file that is written beside each archive, or leave "${inputRef("since")}" empty to export everything.`
  );
}

// src/archive/image-reader.ts
function localImageReader({ layout, image }) {
  const known = [image.descriptor, ...image.manifests.map(({ descriptor }) => descriptor)];
  return {
    async manifest(reference) {
      const [, name] = splitReference(reference);
      const found = known.find(({ digest: digest2 }) => digest2 === name);
      if (found === void 0) return void 0;
      const { digest, mediaType } = found;
      return { digest, mediaType, bytes: await readBlob(layout, digest) };
    },
    blob: (_, { digest }) => streamBlob(layout, digest)
  };
}

// src/archive/write-archive.ts
var import_tar_stream = __toESM(require_tar_stream(), 1);
const { createHash: createHash2 } = require("node:crypto");
const { createWriteStream } = require("node:fs");
const { mkdir, rename, rm } = require("node:fs/promises");
const { dirname } = require("node:path");
const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
async function writeArchive(path, { files, blobs, read, sign: sign2, signal }) {
  const sorted = blobs.toSorted((one, other) => one.digest < other.digest ? -1 : 1);
  const sums = writeSums(
    new Map([
      ...[...files].map(([name, text]) => [name, sha256(text)]),
      ...sumsOfBlobs(sorted.map(({ digest }) => digest))
    ])
  );
  const signature = await sign2?.(sums);
  const texts = new Map([
    ...files,
    [ARCHIVE_FILE.sums, sums],
    ...signature === void 0 ? [] : [[ARCHIVE_FILE.signature, signature]]
  ]);
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const archive = (0, import_tar_stream.pack)();
  const hash = createHash2("sha256");
  let size = 0;
  const count = async function* () {
    const chunks = archive;
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) continue;
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const filled = fill(archive, texts, sorted, read);
  filled.catch((error) => archive.destroy(error));
  try {
    await pipeline(count(), createWriteStream(part), { signal });
    await filled;
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { sha256: hash.digest("hex"), size };
}
var HEADER = { mtime: /* @__PURE__ */ new Date(0), mode: 420, uid: 0, gid: 0, uname: "", gname: "" };
async function fill(archive, texts, blobs, read) {
  for (const [name, text] of texts) archive.entry({ ...HEADER, name }, text);
  for (const blob of blobs) {
    const entry = archive.entry({ ...HEADER, name: blobPath(blob.digest), size: blob.size });
    await pipeline(Readable.from(read(blob)), entry);
  }
  archive.finalize();
}
var sha256 = (text) => createHash2("sha256").update(text).digest("hex");

// src/archive/export-release.ts
async function exportRelease(release, contents, {
  platforms,
  signKey,
  ...edgeImages
}, context) {
  const { earlier, file, log } = context;
  const download = new ImageDownload(context);
  const local = new Map(context.local.map((image) => [String(image.name), localImageReader(image)]));
  const needed = imagesOnHost(release, edgeImages);
  const images = [];
  const archived = [];
  for (const { name, platform, isReleased } of needed) {
    const wanted = platform === void 0 ? platforms : [platform];
    const image = await collectImage(name, wanted, local.get(name) ?? download);
    images.push({ image, tag: tagOf(name, release.id) });
    const use = isReleased ? "release" : useOf(name, edgeImages);
    archived.push(archivedImage(image, use, earlier));
  }
  const { app, environment, id } = release;
  const record = { app, environment, release: id, images: archived, since: earlier?.release };
  const blobs = new Map(archived.flatMap((each) => each.blobs).map((blob) => [blob.digest, blob]));
  const own = [...blobs.values()].filter(({ of }) => of === void 0);
  log.info(
    `${needed.length} images, ${own.length} blobs${blobs.size > own.length ? `, and ${blobs.size - own.length} that release ${earlier?.release} has` : ""}`
  );
  const written = await writeArchive(file, {
    files: archiveTexts(record, release, contents, images, signKey !== void 0),
    blobs: own,
    read: (blob) => blobContent(blob, images),
    sign: signKey === void 0 ? void 0 : (text) => sign(text, signKey, context),
    signal: context.signal
  });
  await writeFile(join2(dirname2(file), archiveRecordName(record)), writeArchiveRecord(record));
  return { record, ...written };
}
function archivedImage({ name, descriptor, manifests, contents }, use, earlier) {
  const small = [...contents].map(([digest, bytes]) => ({ digest, size: bytes.length }));
  const layers = manifests.flatMap((manifest) => manifest.layers);
  const all = new Map(small.map((blob) => [blob.digest, blob]));
  for (const { digest, size } of layers) {
    const of = earlier?.images.find((image) => image.blobs.some((blob) => blob.digest === digest))?.name;
    all.set(digest, { digest, size, ...of === void 0 ? {} : { of } });
  }
  const platforms = manifests.map(({ platform }) => platform);
  return { name, use, digest: descriptor.digest, platforms, blobs: [...all.values()] };
}
function archiveTexts(record, release, contents, images, isSigned) {
  const configs = Object.fromEntries([...contents].filter(([variable]) => !isSecretVariable(variable)));
  const texts = [
    [ARCHIVE_FILE.readme, archiveReadme(record, { isSigned })],
    [ARCHIVE_FILE.record, writeArchiveRecord(record)],
    [ARCHIVE_FILE.release, `${JSON.stringify(withTimeOf(images, release), void 0, 2)}
`],
    [ARCHIVE_FILE.configs, `${JSON.stringify(configs, void 0, 2)}
`],
    [ARCHIVE_FILE.layout, '{"imageLayoutVersion":"1.0.0"}'],
    [ARCHIVE_FILE.index, layoutIndex(images)],
    // It can't say that layers are somewhere else.
    ...record.since === void 0 ? [[ARCHIVE_FILE.dockerManifest, dockerManifest(images)]] : []
  ];
  return new Map(texts);
}
function withTimeOf(images, release) {
  const times = images.flatMap(({ image }) => image.manifests.map(({ createdAt }) => createdAt ?? ""));
  const [latest = ""] = times.toSorted().reverse();
  return { ...release, origin: { ...release.origin, createdAt: latest } };
}
function blobContent(blob, images) {
  for (const { image } of images) {
    const known = image.contents.get(blob.digest);
    if (known !== void 0)
      return (async function* () {
        yield known;
      })();
  }
  const owner = images.find(
    ({ image }) => image.manifests.some(({ layers }) => layers.some(({ digest }) => digest === blob.digest))
  );
  if (owner === void 0) throw new Error(`No image has the blob ${blob.digest}.`);
  return owner.image.open(blob);
}
var useOf = (name, { edgeImage, tcpEdgeImage }) => name === edgeImage ? "edge" : name === tcpEdgeImage ? "tcp-edge" : "accessory";

// src/commands/export.ts
async function exportArchive(request, context) {
  var _stack = [];
  try {
    const { app, environment, source, compose } = request;
    const { log, report, signal } = context;
    report.set({ app, environment });
    const earlier = await findEarlierRecord(request);
    const split = await group("Read the Compose file", async () => {
      const repository2 = source.images.get("")?.repository ?? app;
      const file2 = await resolveComposeFile(compose, request, repository2, context);
      return splitProject(file2.resolved, request, compose.domains, request.edge);
    });
    for (const notice of split.notices) log.notice(notice);
    rejectUnknownServices(split, source.images.keys());
    const lookup = __using(_stack, startImageLookup(
      request,
      Promise.resolve({ resolved: void 0 }),
      { dryRun: false },
      context
    ), true);
    const resolved = await lookup.resolve();
    const { images, tags, revision } = resolved;
    const { ref, repository } = context.commit;
    const origin = {
      ...{ revision, ref, repository, registry: registryOfInput(source), tags },
      // Who imports it is who deploys it; and the same release is to be the same archive, whoever makes it.
      ...{ actor: void 0, runUrl: void 0 }
    };
    const release = makeRelease(split, images, request.health, { ...origin, createdAt: "" });
    report.set({ release: release.id, revision });
    const file = join3(request.path, archiveName({ app, release: release.id }));
    const { record, sha256: sha2562, size } = await group(
      `Write ${file}`,
      () => exportRelease(release, split.confidential, request, {
        ...context,
        ...{ environment: resolved.environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY },
        ...{ file, earlier, local: resolved.local }
      })
    );
    const isSigned = request.signKey !== void 0;
    const archived = record.images.map(({ name, platforms }) => ({ image: name, platforms }));
    report.set({
      result: "exported",
      archive: { file, sha256: sha2562, size, isSigned, since: record.since, images: archived },
      state: `${file} has the release.`
    });
    log.info(`${file}: ${formatBytes(size)}, SHA-256 ${sha2562}${isSigned ? ", signed" : ""}`);
    if (!isSigned)
      log.notice(
        `The archive is not signed: whoever can change it on its way can change what is deployed. "${inputRef("sign-key")}" signs it.`
      );
    signal.throwIfAborted();
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
export {
  exportArchive
};
