import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  digestOfContent
} from "./chunk-5PPHBT3U.js";
import {
  repositoryOf
} from "./chunk-EK3AKRYE.js";

// src/transfer/known-layers.ts
async function chainsOnHost(engine) {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => chainsOf(each?.layers ?? [])));
}
function countKnownLayers(diffIds, known) {
  const missing = chainsOf(diffIds).findIndex((chain) => !known.has(chain));
  return missing < 0 ? diffIds.length : missing;
}
var chainOf = (diffIds) => chainsOf(diffIds).at(-1) ?? "";
function chainsOf(diffIds) {
  const chains = [];
  for (const diffId of diffIds) {
    const below = chains.at(-1);
    chains.push(below === void 0 ? diffId : digestOfContent(`${below} ${diffId}`));
  }
  return chains;
}

// src/transfer/local-image.ts
function manifestFor({ image }, platform) {
  return image.manifests.find(
    (each) => each.platform === platform || each.platform.startsWith(`${platform}/`)
  );
}
function digestTagOf(image) {
  return { repository: repositoryOf(image), tag: image.slice(image.indexOf("@") + 1).replace(":", "-") };
}
function digestTagName(image) {
  const { repository, tag } = digestTagOf(image);
  return `${repository}:${tag}`;
}
var isDigestTag = (name) => /:sha256-[0-9a-f]{64}$/.test(name);
function idsOfImage({ image }) {
  const ids = image.manifests.flatMap(({ config, descriptor }) => [config.digest, descriptor.digest]);
  return [.../* @__PURE__ */ new Set([image.descriptor.digest, ...ids])];
}
var recordedImages = (images) => ({
  imageTransfer: "direct",
  imageIds: Object.fromEntries(images.map((each) => [each.name, idsOfImage(each)])),
  imageChains: Object.fromEntries(
    images.map(({ name, image }) => [name, image.manifests.map(({ diffIds }) => chainOf(diffIds))])
  )
});
var byName = (images) => new Map([...images].map((image) => [image.name, image]));

export {
  chainsOnHost,
  countKnownLayers,
  chainOf,
  manifestFor,
  digestTagOf,
  digestTagName,
  isDigestTag,
  recordedImages,
  byName
};
