import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  repositoryOf
} from "./chunk-MXZD46RS.js";

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
var byName = (images) => new Map([...images].map((image) => [image.name, image]));

export {
  manifestFor,
  digestTagOf,
  digestTagName,
  isDigestTag,
  idsOfImage,
  byName
};
