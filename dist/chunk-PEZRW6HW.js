import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  readJsonBlob
} from "./chunk-CTUVU5BL.js";
import {
  isIndexType,
  isManifestType,
  parseDescriptor,
  platformName
} from "./chunk-5PPHBT3U.js";
import {
  asList,
  asObject,
  asStrings,
  mapValues
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError
} from "./chunk-O5VY7DHM.js";

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

export {
  readLayoutImage
};
