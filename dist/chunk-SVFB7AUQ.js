import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  baseProject
} from "./chunk-QZ63PLH4.js";
import {
  asObject,
  asText,
  mapValues
} from "./chunk-EK3AKRYE.js";

// src/release/reuse-release.ts
function reuseLiveReleaseId(release, hosts) {
  const accepted = new Set(hosts.map((host) => host.accepted));
  const forced = hosts.flatMap((host) => host.releases).find(({ id, record }) => accepted.has(id) && record?.contentId === release.id);
  return forced === void 0 ? release : { ...release, id: forced.id, contentId: release.id };
}

// src/release/adopted-volumes.ts
function withAdoptedVolumes(split, names) {
  const adopted = Object.fromEntries(
    Object.entries(names).filter(
      ([key]) => asText(asObject(split.base.volumes?.[key])["name"]) === `${baseProject(split)}_${key}`
    )
  );
  if (Object.keys(adopted).length === 0) return split;
  const renamed = (config) => ({
    ...config,
    volumes: mapValues(
      config.volumes ?? {},
      (spec, key) => adopted[key] === void 0 ? spec : { ...spec, name: adopted[key] }
    )
  });
  return { ...split, compose: renamed(split.compose), base: renamed(split.base), adopted };
}

export {
  withAdoptedVolumes,
  reuseLiveReleaseId
};
