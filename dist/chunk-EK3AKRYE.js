import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ConfigurationError,
  byPlace
} from "./chunk-O5VY7DHM.js";

// src/model/json.ts
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function asObject(value) {
  return isObject(value) ? value : {};
}
function asList(value) {
  return Array.isArray(value) ? value : [];
}
function asStrings(value) {
  return asList(value).filter((each) => typeof each === "string");
}
function asText(value) {
  return typeof value === "string" && value !== "" ? value : void 0;
}
var wordsOf = (value) => typeof value === "object" ? JSON.stringify(value) : String(value);
var MAX_LEVELS = 200;
function isTooDeep(value, levels = MAX_LEVELS) {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isTooDeep(each, levels - 1));
}
function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : void 0;
}
function parseJson(text) {
  try {
    return JSON.parse(text.toString());
  } catch {
    return void 0;
  }
}
function withoutKeys(data, ...keys) {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
function withoutUndefined(data) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== void 0));
}
function pickKeys(data, keys) {
  const picked = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => picked.has(key)));
}
function mapValues(data, convert) {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, convert(value, key)]));
}
function mapStrings(value, convert) {
  if (typeof value === "string") return convert(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, convert));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [convert(key), mapStrings(each, convert)])
  );
}
function canonicalJson(value) {
  return JSON.stringify(
    value,
    (_, each) => isObject(each) ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => one < other ? -1 : 1)) : each
  );
}
var escapeDollars = (text) => text.replaceAll("$", "$$$$");
function unescapeDollars(text) {
  return text.replaceAll("$$", "$");
}

// src/model/input-ref.ts
var words = {
  ref: (input) => input,
  setting: (input, value) => `${input}: ${value}`,
  message: (text) => text
};
function nameInputsBy(other) {
  words = other;
}
var inputRef = (input) => words.ref(input);
var inputSetting = (input, value) => words.setting(input, value);
var configurationMessage = (text) => words.message(text);

// src/model/registry.ts
var GITHUB_REGISTRY = "ghcr.io";
var DOCKER_HUB = "docker.io";
var REGISTRY_HOST = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
var REGISTRY = new RegExp(`^${REGISTRY_HOST}$`);
function registryOf(repository) {
  const first = repository.split("/", 1)[0] ?? "";
  return repository.includes("/") && isRegistry(first) ? registryNamed(first) : DOCKER_HUB;
}
function isRegistry(text) {
  return REGISTRY.test(text) && (/[.:]/.test(text) || text === "localhost");
}
function registryNamed(host) {
  return host === "index.docker.io" ? DOCKER_HUB : host;
}
function hubPath(repository) {
  const path = repository.replace(/^(?:index\.)?docker\.io\//, "");
  return path.includes("/") ? path : `library/${path}`;
}
function loginLines(registry) {
  return `"${registry}=user" on a line of "${inputRef("registry-username")}" and "${registry}=password" on a line of "${inputRef("registry-password")}"`;
}
function loginAdvice(registry) {
  return `write ${loginLines(registry)}, or log in there with ${byPlace("docker/login-action before this step", `"docker login ${registry}"`)}`;
}

// src/model/image.ts
var DIGEST = /^sha256:[0-9a-f]{64}$/;
var TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
var REPOSITORY = new RegExp(`^(?:${REGISTRY_HOST}/)?${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
var PLACEHOLDER_DIGEST = `sha256:${"0".repeat(64)}`;
var TAG_RULE = 'at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-"';
var TAG_TEMPLATES = ["branch", "branch-slug", "semver", "sha7", "pr"];
function isDigest(text) {
  return DIGEST.test(text);
}
function isTag(text) {
  return TAG.test(text);
}
function isRepository(text) {
  return REPOSITORY.test(text) && text.length <= 255;
}
function parseImageReference(text, input) {
  const at = text.indexOf("@");
  const digest = at < 0 ? void 0 : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const tagged = colon > named.lastIndexOf("/");
  const repository = tagged ? named.slice(0, colon) : named;
  const tag = tagged ? named.slice(colon + 1) : void 0;
  if (digest !== void 0 && !isDigest(digest)) {
    throw new ConfigurationError(
      `${input}: "${text}" has no valid digest. A digest is sha256: and 64 hex digits.`
    );
  }
  if (tag !== void 0 && !isTag(tag)) {
    throw new ConfigurationError(`${input}: "${tag}" in "${text}" is not a valid tag. Write ${TAG_RULE}.`);
  }
  if (!isRepository(repository)) {
    const lower = repository.toLowerCase();
    const advice = isRepository(lower) ? `Write it in lower case: "${lower}".` : "Write repository:tag or repository@sha256:….";
    throw new ConfigurationError(`${input}: "${text}" is not an image reference. ${advice}`);
  }
  return { repository, tag, digest };
}
function isSameImageName(one, other) {
  return completeName(one) === completeName(other);
}
function completeName(name) {
  const short = name.replace(/^(?:(?:index\.)?docker\.io\/)?(?:library\/)?/, "");
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}
function pinnedImage(repository, digest) {
  return `${repository}@${digest}`;
}
function placeholderImage(repository) {
  return pinnedImage(repository, PLACEHOLDER_DIGEST);
}
function isPlaceholder(image) {
  return digestOf(image) === PLACEHOLDER_DIGEST;
}
function isPinnedImage(text) {
  const at = text.indexOf("@");
  return at > 0 && isDigest(text.slice(at + 1)) && isRepository(text.slice(0, at));
}
function digestOf(image) {
  return image.slice(image.indexOf("@") + 1);
}
function repositoryOf(image) {
  return image.slice(0, image.indexOf("@"));
}

export {
  isObject,
  asObject,
  asList,
  asStrings,
  asText,
  wordsOf,
  MAX_LEVELS,
  isTooDeep,
  asNumber,
  parseJson,
  withoutKeys,
  withoutUndefined,
  pickKeys,
  mapValues,
  mapStrings,
  canonicalJson,
  escapeDollars,
  unescapeDollars,
  nameInputsBy,
  inputRef,
  inputSetting,
  configurationMessage,
  GITHUB_REGISTRY,
  DOCKER_HUB,
  registryOf,
  isRegistry,
  registryNamed,
  hubPath,
  loginLines,
  loginAdvice,
  TAG_RULE,
  TAG_TEMPLATES,
  isDigest,
  isTag,
  isRepository,
  parseImageReference,
  isSameImageName,
  pinnedImage,
  placeholderImage,
  isPlaceholder,
  isPinnedImage,
  digestOf,
  repositoryOf
};
