import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  directSources,
  findCommitOnHosts,
  hostWith
} from "./chunk-PA2NOJFG.js";
import {
  OCI_LABEL
} from "./chunk-M25APQZV.js";
import "./chunk-QZ63PLH4.js";
import "./chunk-ZS4VAGT5.js";
import "./chunk-PEZRW6HW.js";
import "./chunk-CTUVU5BL.js";
import "./chunk-ODC7C6PZ.js";
import "./chunk-5PPHBT3U.js";
import "./chunk-LL335SZZ.js";
import {
  inputSetting,
  pinnedImage
} from "./chunk-EK3AKRYE.js";
import {
  ConfigurationError,
  byPlace,
  thisRunner
} from "./chunk-O5VY7DHM.js";
import "./chunk-B7OSUQQ7.js";

// src/image/resolve-directly.ts
async function resolveDirectly(references, engines, { log }) {
  const sources = directSources(engines);
  const images = /* @__PURE__ */ new Map();
  const local = [];
  const revisions = /* @__PURE__ */ new Set();
  for (const [service, reference] of references) {
    const found = await findReference(reference, sources);
    const name = writtenName(reference);
    if (found === void 0)
      throw new ConfigurationError(
        `image: ${name} is neither on ${thisRunner()} nor on a host, and with ${inputSetting("image-transfer", "direct")} no registry is asked. Build it ${byPlace("in the same job", "here")}, or push it and set ${inputSetting("image-transfer", "registry")}.`
      );
    const image = pinnedImage(reference.repository, found.digest);
    if (name !== image) log.info(`${name} is ${image}.`);
    images.set(service, image);
    revisions.add(found.revision);
    if (found.local !== void 0) local.push(found.local);
  }
  const [revision] = revisions;
  const tags = [...references.values()].flatMap(({ tag }) => tag ?? []);
  return { images, tags: [...new Set(tags)], revision: revisions.size === 1 ? revision : void 0, local };
}
var writtenName = ({ repository, tag = "latest", digest }) => digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
async function findReference({ repository, tag = "latest", digest }, { store, engines }) {
  const kept = await store.find(
    (label) => label.repository === repository && (digest === void 0 ? label.tags.includes(tag) : label.digest === digest)
  );
  if (kept !== void 0) {
    const [manifest] = kept.image.image.manifests;
    return { digest: kept.digest, local: kept.image, revision: manifest?.labels[OCI_LABEL.revision] };
  }
  const hosted = digest === void 0 ? (
    // The tag of a commit is the only one that an image itself says.
    await findCommitOnHosts(await engines(), repository, tag, void 0)
  ) : await hostWith(await engines(), repository, digest);
  return hosted && { digest: hosted.digest, local: void 0, revision: hosted.revision };
}
export {
  resolveDirectly
};
