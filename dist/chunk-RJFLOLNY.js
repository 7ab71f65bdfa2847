import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  OCI_LABEL,
  buildImages,
  lookUpBuild,
  reusableImages
} from "./chunk-AEVD5JIY.js";
import {
  ComposeUnavailableError,
  GITHUB_TIMES,
  aliasesOf,
  briefLine,
  bringCompose,
  connectToGitHub,
  dependenciesOf,
  exposedPortsOf,
  externalProxyOf,
  fileObjectName,
  fileVolume,
  githubVariables,
  group,
  httpPortsOf,
  httpsPortsIn,
  isGitHubDotCom,
  isObserverByImage,
  isProxyByName,
  linksOf,
  mountsOf,
  networksOf,
  nonHttpProtocol,
  oneLine,
  parseComposeConfig,
  portsOf,
  referencedService,
  relativeBindDevice,
  replicasOf,
  repositoryConnection,
  resolveToJson,
  runComposeConfig,
  streamPortsOf,
  unsetVariablesProblem,
  updateOrder,
  volumeFilesOf,
  withComposePlugin
} from "./chunk-SSZU7CE5.js";
import {
  Registry,
  RegistryClient,
  RegistryError,
  accessTo,
  allOrThrow,
  baseProject,
  digestField,
  hasCredentials,
  inBackground,
  joinWithAnd,
  makeDockerConfig,
  plainHttpError,
  programEnvironment,
  readDockerConfig,
  readManifest,
  readRemoteBlob,
  runnerDockerFolder
} from "./chunk-H3WW4TWW.js";
import {
  refused,
  requireProof
} from "./chunk-WRVIZC2W.js";
import {
  preAuthEncoding
} from "./chunk-T2AHS3SW.js";
import {
  DEFAULT_RETRY_POLICY,
  TransientError,
  retryTransient,
  waitRefusal
} from "./chunk-LL335SZZ.js";
import {
  readStatement
} from "./chunk-TVPQHRBK.js";
import {
  DOCKER_HUB,
  GITHUB_REGISTRY,
  asList,
  asObject,
  asStrings,
  asText,
  canonicalJson,
  configurationMessage,
  digestOf,
  escapeDollars,
  inputRef,
  inputSetting,
  isDigest,
  isObject,
  isRegistry,
  isRepository,
  isSameImageName,
  loginLines,
  mapStrings,
  mapValues,
  parseImageReference,
  parseJson,
  pinnedImage,
  placeholderImage,
  registryNamed,
  registryOf,
  repositoryOf,
  unescapeDollars,
  wordsOf
} from "./chunk-MMTVGTOD.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError
} from "./chunk-PUGPVKFB.js";

// src/inputs/pairs.ts
var VARIABLE_NAME = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  hint: 'letters, digits and "_", not beginning with a digit'
};
var ESCAPE_SEQUENCES = {
  n: "\n",
  r: "\r",
  t: "	",
  '"': '"',
  "\\": "\\"
};
function parsePairs(text, input, key = VARIABLE_NAME, alone) {
  const pairs = /* @__PURE__ */ new Map();
  const whole = text.replaceAll("\r\n", "\n");
  const lines = whole.split("\n");
  let nextLine = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const start = nextLine;
    nextLine = endOfLine(whole, start) + 1;
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const where = `${input}, line ${at + 1}`;
    const equals = line.indexOf("=");
    if (alone !== void 0 && key.pattern.test(line) && !pairs.has(line)) {
      const value2 = alone(line);
      if (value2 === void 0) {
        throw new ConfigurationError(
          `${where}: the variable that it names is not set in this step. Set it under "env:" of the step, or write NAME=VALUE.`
        );
      }
      pairs.set(line, value2);
      continue;
    }
    if (equals < 1) throw new ConfigurationError(`${where}: not KEY=VALUE.${multiLineHint(pairs)}`);
    const name = line.slice(0, equals).trim();
    if (!key.pattern.test(name))
      throw new ConfigurationError(`${where}: the name before "=" is not valid. Write ${key.hint}.`);
    if (pairs.has(name))
      throw new ConfigurationError(`${where}: "${name}" is set twice. Remove one of the lines.`);
    const value = line.slice(equals + 1).trim();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      pairs.set(name, value);
      continue;
    }
    const open = whole.indexOf(quote, whole.indexOf("=", start));
    const end = closingQuote(whole, open + 1, quote);
    if (end < 0) {
      throw new ConfigurationError(
        `${where}: the value of "${name}" begins with ${quote}, but there is no closing ${quote}.`
      );
    }
    const trailing = whole.slice(end + 1, endOfLine(whole, end));
    if (trailing.trim() !== "") {
      throw new ConfigurationError(
        `${where}: the value of "${name}" continues after its closing ${quote}. Quote the whole value or nothing of it.`
      );
    }
    const inner = whole.slice(open + 1, end);
    at += inner.split("\n").length - 1;
    nextLine = endOfLine(whole, end) + 1;
    pairs.set(name, quote === '"' ? unescapeValue(inner) : inner);
  }
  return pairs;
}
function multiLineHint(pairs) {
  const last = [...pairs.keys()].at(-1);
  return last === void 0 ? "" : ` If the line belongs to the value of "${last}", put that value in double quotes.`;
}
function closingQuote(text, from, quote) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\" && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
function endOfLine(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
function unescapeValue(text) {
  return text.replaceAll(
    /\\(?<letter>[\s\S])/g,
    (match, letter) => ESCAPE_SEQUENCES[letter] ?? match
  );
}

// src/inputs/registry.ts
var REGISTRY_KEY = {
  pattern: { test: isRegistry },
  hint: "the host of a registry as image names have it: registry.example.com, docker.io"
};
function readRegistryCredentials(inputs, source) {
  const username = inputs.text("registry-username");
  const password = inputs.text("registry-password");
  const token = readJobToken(inputs);
  if (password !== void 0 && username === void 0) {
    throw new ConfigurationError(
      `registry-username: missing, but "${inputRef("registry-password")}" is set. Set both or neither.`
    );
  }
  if (username !== void 0 && password === void 0) {
    throw new ConfigurationError(
      `registry-password: missing, but "${inputRef("registry-username")}" is set. Check that the secret exists and that this job may read it.`
    );
  }
  if (username === void 0 || password === void 0) return { logins: [], unnamed: void 0, token };
  if (namesRegistries(username))
    return { logins: readLoginLines(username, password), unnamed: void 0, token };
  const registry = source === void 0 ? void 0 : givenRegistry(source);
  return registry === void 0 ? { logins: [], unnamed: { username, password }, token } : { logins: [{ registry, username, password }], unnamed: void 0, token };
}
var namesRegistries = (username) => /[=\n]/.test(username);
function loginPairs(username, password) {
  if (username === void 0 || password === void 0) return [];
  if (!namesRegistries(username)) return [[username, password]];
  const [users, passwords] = [username, password].map(
    (text) => parsePairs(text, "", { pattern: /./, hint: "" })
  );
  return [...passwords ?? []].map(([registry, each]) => [users?.get(registry) ?? "", each]);
}
function readLoginLines(username, password) {
  const read = (text, input) => {
    const pairs = parsePairs(text, input, REGISTRY_KEY);
    return new Map([...pairs].map(([host, value]) => [registryNamed(host), value]));
  };
  const users = read(username, "registry-username");
  const passwords = read(password, "registry-password");
  for (const registry of passwords.keys()) {
    if (users.has(registry)) continue;
    throw new ConfigurationError(
      `registry-username: there is no line for ${registry}, but "${inputRef("registry-password")}" has one. Write ${registry}=user.`
    );
  }
  return [...users].map(([registry, user]) => {
    const own = passwords.get(registry);
    if (own !== void 0 && own !== "" && user !== "") return { registry, username: user, password: own };
    throw new ConfigurationError(
      `registry-password: there is no password for ${registry}, which "${inputRef("registry-username")}" has. Write ${registry}=password on a line, and check that the secret exists and that this job may read it.`
    );
  });
}
function givenRegistry(source) {
  if (source.kind === "build" && !source.isRepositoryGiven) return void 0;
  const registries = registriesOf(source);
  const [first, ...others] = registries;
  if (first === void 0 || others.length === 0) return first;
  throw new ConfigurationError(
    `registry-username: the images are in several registries (${registries.join(", ")}), and one login can't serve several registries. Write the registry that it is for: ${loginLines(first)}.`
  );
}
function registryOfInput(source) {
  const [first, ...others] = registriesOf(source);
  return others.length === 0 ? first : void 0;
}
function registriesOf(source) {
  const named = source.kind === "build" ? [source] : [...source.images.values()];
  return [...new Set(named.map(({ repository }) => registryOf(repository)))];
}
function readJobToken(inputs) {
  const token = inputs.text("github-token");
  if (token === void 0 || !isGitHubDotCom(githubVariables().serverUrl)) return void 0;
  return { username: jobTokenUser(), password: token };
}
function jobTokenUser() {
  return githubVariables().actor ?? "github";
}

// src/release/compose/built-images.ts
function builtImagesOf({ services }) {
  const images = /* @__PURE__ */ new Map();
  const others = [];
  for (const [service, definition] of Object.entries(services)) {
    const { build } = definition;
    const name = asText(definition["image"]);
    const named = name === void 0 ? [] : [name];
    if (!isObject(build)) {
      others.push(...named.map((each) => [service, each]));
      continue;
    }
    const key = canonicalJson([build, platformOf(definition)]);
    const same = images.get(key) ?? { service, build, services: [], names: [] };
    images.set(key, {
      ...same,
      services: [...same.services, service],
      names: [.../* @__PURE__ */ new Set([...same.names, ...named])]
    });
  }
  return [...images.values()].map((image) => ({
    ...image,
    services: [...image.services, ...others.filter(isNamed(image)).map(([service]) => service)]
  }));
}
var platformOf = ({ build, platform }) => asStrings(asObject(build)["platforms"]).length > 0 ? void 0 : platform;
var isNamed = ({ names }) => ([, name]) => names.some((each) => isSameImageName(each, name));

// src/image/build-targets.ts
function buildTargetsOf(config, source) {
  if (config === void 0) return [buildFromInputs(source, [""])];
  const placeholder = placeholderImage(source.repository);
  const users = Object.entries(config.services).filter(([, service]) => service["image"] === placeholder);
  const images = builtImagesOf(config);
  const only = images.length === 1 && users.length === 0;
  const builds = images.map(({ service, build, services, names }) => {
    const platform = asText(config.services[service]?.["platform"]);
    return {
      service,
      ...repositoriesFor(service, names, source, only),
      imageKeys: [...services, ...names.includes(placeholder) ? [""] : []],
      build,
      platform,
      secrets: config.secrets ?? {}
    };
  });
  const fromInputs = users.length > 0 && users.every(([, service]) => !isObject(service["build"])) ? [buildFromInputs(source, ["", ...users.map(([name]) => name)])] : [];
  const all = [...fromInputs, ...builds];
  if (all.length === 0) throw nothingToBuildError(Object.keys(config.services));
  rejectDuplicateRepositories(all);
  if (fromInputs.length === 0) rejectUnusedInputs(all, source);
  return all;
}
function repositoriesFor(service, names, source, only) {
  const placeholder = placeholderImage(source.repository);
  const references = names.filter((name) => name !== placeholder).map((name) => parseImageReference(name, `compose-file: image of service ${service}`).repository);
  const [localName] = references.filter((name) => !name.includes("/"));
  const [repository, ...otherRepositories] = /* @__PURE__ */ new Set([
    ...names.includes(placeholder) ? [source.repository] : [],
    ...references.filter((name) => name.includes("/"))
  ]);
  if (repository !== void 0) return { repository, otherRepositories, localName: void 0 };
  if (localName !== void 0)
    return { repository: belowRepository(source.repository, localName), otherRepositories, localName };
  return {
    repository: only ? source.repository : repositoryOfService(source, service),
    otherRepositories,
    localName
  };
}
function belowRepository(repository, name) {
  return `${repository}${registryOf(repository) === DOCKER_HUB ? "-" : "/"}${name}`;
}
function repositoryOfService({ repository }, service) {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is not a valid name for its image. Give the service an image: of its own.`
  );
}
function imageNameNotices(builds, { repository, isRepositoryGiven }) {
  const local = builds.flatMap(
    ({ service, localName, repository: pushed }) => localName === void 0 ? [] : [
      `compose-file: image: ${localName} of service ${service} names no registry, so the image is pushed as ${pushed}. For another name, write it with its registry.`
    ]
  );
  const isUsed = builds.some((build) => build.repository.startsWith(repository));
  if (isUsed || !isRepositoryGiven) return local;
  const named = builds.map((build) => `${build.service}: ${build.repository}`).join(", ");
  return [
    `${inputRef("image")}: ${repository} is not used, because each service that is built has another name in image: of the Compose file (${named}). Write image: \${IMAGE} there, or remove the input.`,
    ...local
  ];
}
function buildFromInputs({ repository }, imageKeys) {
  return {
    ...{ service: "", repository, otherRepositories: [], localName: void 0, imageKeys },
    ...{ build: void 0, platform: void 0, secrets: {} }
  };
}
function rejectDuplicateRepositories(builds) {
  for (const [index, build] of builds.entries()) {
    const own = [build.repository, ...build.otherRepositories];
    for (const other of builds.slice(0, index)) {
      const both = [other.repository, ...other.otherRepositories].find((each) => own.includes(each));
      if (both === void 0) continue;
      const names = [other, build].map(({ service }) => service || "the image of input context");
      throw new ConfigurationError(
        `compose-file: ${names.join(" and ")} are built differently and would both be ${both}. Give each service an image: of its own.`
      );
    }
  }
}
function rejectUnusedInputs(builds, { options }) {
  const { file, target, context } = options;
  const unused = [
    ...file === void 0 ? [] : [["file", "dockerfile"]],
    ...target === void 0 ? [] : [["target", "target"]],
    ...context === "." ? [] : [["context", "context"]]
  ];
  const [first] = unused;
  if (first === void 0) return;
  const services = builds.map(({ service }) => service).join(", ");
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Remove it, or write ${first[1]}: below build: in the Compose file.`
  );
}
function nothingToBuildError(services) {
  return new ConfigurationError(
    `compose-file: there is nothing to build. No service has build: or image: \${IMAGE} (services: ${services.join(", ") || "none"}).`
  );
}

// src/image/login.ts
const { randomUUID } = require("node:crypto");
const { join } = require("node:path");
async function loginToRegistries(credentials, repositories, step, {
  environment = programEnvironment(),
  retryPolicy = DEFAULT_RETRY_POLICY,
  signal,
  onUnreachable,
  check = (registry, own) => RegistryClient.of({ environment: own, run: step.run }).checkLogin(registry, signal)
} = {}) {
  const present = await readDockerConfig(runnerDockerFolder(environment));
  const logins = chooseLogins(credentials, repositories).filter(
    (login) => !isJobToken(login, credentials) || !hasCredentials(present, login.registry)
  );
  const folder = join(step.folder, `docker-${randomUUID().slice(0, 8)}`);
  const config = await makeDockerConfig(folder, logins, environment);
  await allOrThrow(
    logins.map(
      (login) => retryTransient(
        `Logging in to ${login.registry}`,
        () => proveLogin(login, isJobToken(login, credentials), check(login.registry, config.environment), step),
        { log: step.log, retryPolicy, signal }
      ).catch((error) => {
        const isRefused = error instanceof ConfigurationError || !(error instanceof SealiftError);
        if (isRefused || onUnreachable === void 0 || signal?.aborted) throw error;
        onUnreachable(error);
      })
    )
  );
  return config;
}
async function registryEnvironment(credentials, release, step, options) {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  const named = nameLogin(credentials, release, repositories);
  const login = await loginToRegistries(named, repositories, step, {
    retryPolicy: { ...DEFAULT_RETRY_POLICY, attempts: 1 },
    onUnreachable: ({ message }) => step.log.info(`${message} The login is kept without having been checked.`),
    ...options
  });
  return login.environment;
}
function nameLogin({ logins, unnamed, token }, { id, origin }, repositories) {
  if (unnamed === void 0) return { logins, unnamed, token };
  const [only, ...others] = new Set(repositories.map(registryOf));
  const registry = origin.registry ?? (others.length === 0 ? only : void 0);
  if (registry !== void 0)
    return { logins: [...logins, { registry, ...unnamed }], unnamed: void 0, token };
  throw new ConfigurationError(
    `registry-username: the images of release ${id} are in several registries (${[only, ...others].join(", ")}), and it does not say which one it is for. Write ${loginLines(only ?? "")}.`
  );
}
function chooseLogins({ logins, unnamed, token }, repositories) {
  const registries = new Set([...repositories].map(registryOf));
  const other = [...registries].find((registry) => registry !== GITHUB_REGISTRY);
  if (unnamed !== void 0 && other !== void 0) {
    throw new ConfigurationError(
      `registry-username: it does not say which registry it is for. "${inputRef("image")}" is not set, and only the Compose file names ${other}. If it is for ${other}, write ${loginLines(other)}.`
    );
  }
  const chosen = unnamed === void 0 ? logins : [...logins, { registry: GITHUB_REGISTRY, ...unnamed }];
  const usesToken = registries.has(GITHUB_REGISTRY) && !chosen.some(({ registry }) => registry === GITHUB_REGISTRY);
  return token === void 0 || !usesToken ? chosen : [...chosen, { registry: GITHUB_REGISTRY, ...token }];
}
function isJobToken({ username, password }, { token }) {
  return token !== void 0 && username === token.username && password === token.password;
}
async function proveLogin({ registry, username }, byToken, checked, { log }) {
  try {
    await checked;
    log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw explainLoginError(registry, byToken, error);
  }
}
function explainLoginError(registry, byToken, { failure, message }) {
  const evidence = [message];
  if (failure.kind === "denied") {
    return new ConfigurationError(
      byToken ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set "${inputRef("registry-username")}" and "${inputRef("registry-password")}". The registry answered: ${message}` : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries need a token in place of the password. The registry answered: ${message}`,
      { evidence }
    );
  }
  if (failure.kind === "plain-http") return plainHttpError(registry, evidence);
  const wait = failure.kind === "temporary" ? failure.wait : void 0;
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${message}.${waitRefusal(wait)} Check its name in the input "${inputRef("image")}", and that this runner may reach it.`,
    { evidence }
  );
  return failure.kind === "temporary" ? new TransientError(unreachable, { wait }) : unreachable;
}

// src/trust/found-signatures.ts
var BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d+)?\+json/;
var SIMPLE_SIGNING = /^application\/vnd\.dev\.cosign\.simplesigning\.v1\+json$/;
var ENVELOPE = /^application\/vnd\.dsse\.envelope\.v1\+json$/;
var MOST_REFERRERS = 200;
async function findSignatures(repository, digest) {
  const tag = digest.replace(":", "-");
  const [referrers, simple, attestations] = await allOrThrow([
    readReferrers(repository, digest, tag),
    readBlobsOf(repository, `${tag}.sig`, SIMPLE_SIGNING),
    readBlobsOf(repository, `${tag}.att`, ENVELOPE)
  ]);
  const bundles = await allOrThrow(referrers.map((each) => readBlobsOf(repository, each, BUNDLE)));
  return { bundles: bundles.flat().map(({ content }) => content), simple, attestations };
}
async function readReferrers(repository, digest, tag) {
  const listed = await listReferrers(repository, digest) ?? (await readManifest(repository, tag))?.bytes;
  const manifests = asList(asObject(listed && parseJson(listed))["manifests"]);
  return manifests.filter((each) => mayHaveBundle(asText(asObject(each)["artifactType"]))).flatMap((each) => digestField(each) ?? []).slice(0, MOST_REFERRERS);
}
var mayHaveBundle = (type) => type === void 0 || BUNDLE.test(type) || /\.(?:empty|config)\.v1\+json$/.test(type);
async function listReferrers({ name, client, signal }, digest) {
  try {
    const { status, body } = await client.request(accessTo(name, "pull"), `referrers/${digest}`, {
      ...{ method: "GET", headers: { accept: "application/vnd.oci.image.index.v1+json" }, signal }
    });
    return status === 404 || parseJson(body) === void 0 ? void 0 : body;
  } catch (error) {
    if (error instanceof RegistryError && error.failure.kind === "failed") return void 0;
    throw error;
  }
}
async function readBlobsOf(repository, name, type) {
  const manifest = await readManifest(repository, name);
  const layers = asList(asObject(manifest && parseJson(manifest.bytes))["layers"]).map(asObject);
  return await allOrThrow(
    layers.filter(({ mediaType }) => type.test(asText(mediaType) ?? "")).map(async ({ digest, annotations }) => {
      const wanted = asText(digest) ?? "";
      const content = isDigest(wanted) ? await readRemoteBlob(repository, wanted) : Buffer.alloc(0);
      return { content, annotations: asObject(annotations) };
    })
  );
}

// src/trust/key-signatures.ts
const { createPublicKey, verify } = require("node:crypto");
var COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1";
var SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
function judgeKeySignatures(digest, { bundles, simple }, { keys }) {
  const own = keys.map((pem) => createPublicKey(pem));
  return [
    ...simple.map((each) => judgeSimple(digest, each, own)),
    ...bundles.map((each) => judgeBundle(digest, each, own))
  ];
}
function judgeSimple(digest, { content, annotations }, keys) {
  const signature = Buffer.from(asText(annotations[SIGNATURE_ANNOTATION]) ?? "", "base64");
  const image = asObject(asObject(asObject(parseJson(content))["critical"])["image"]);
  const signed = asText(image["docker-manifest-digest"]) ?? "";
  if (signature.length === 0 || !isDigest(signed)) return UNREADABLE;
  return judge(digest, [signed], { content, signature }, keys);
}
function judgeBundle(digest, bundle, keys) {
  const envelope = asObject(asObject(parseJson(bundle))["dsseEnvelope"]);
  const type = asText(envelope["payloadType"]) ?? "";
  const payload = Buffer.from(asText(envelope["payload"]) ?? "", "base64");
  const [first] = asList(envelope["signatures"]).map(asObject);
  const signature = Buffer.from(asText(first?.["sig"]) ?? "", "base64");
  const statement = readStatement(type, payload);
  if (statement === void 0 || signature.length === 0) return UNREADABLE;
  if (statement.predicateType !== COSIGN_SIGNATURE) {
    return refused(
      "wrong-kind",
      `it has an attestation (${statement.predicateType}), but no signature. Sign it: cosign sign --key.`
    );
  }
  return judge(digest, statement.subjects, { content: preAuthEncoding(type, payload), signature }, keys);
}
function judge(digest, signed, { content, signature }, keys) {
  if (!signed.includes(digest)) {
    return refused(
      "other-digest",
      `a signature that is attached to it is for another image, ${signed.join(", ") || "none"}. Sign this digest.`
    );
  }
  return keys.some((key) => isSignedBy(key, content, signature)) ? { accepted: true, proof: `signed with the key of "${inputRef("verify-key")}"` } : refused(
    "wrong-key",
    `its signature is by another key than "${inputRef("verify-key")}". Sign it with the key that belongs to it, or correct "${inputRef("verify-key")}".`
  );
}
var UNREADABLE = refused(
  "unreadable",
  "what is attached to it in the registry is no signature of cosign. Sign it: cosign sign --key."
);
function isSignedBy(key, content, signature) {
  const hash = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return verify(hash, content, key, signature);
}

// src/trust/older-attestation.ts
var ANNOTATION = "dev.sigstore.cosign";
var BEGIN = "-----BEGIN CERTIFICATE-----";
function bundleOfOlderAttestation({ content, annotations }) {
  const certificate = asText(annotations[`${ANNOTATION}/certificate`]);
  const log = asObject(jsonOfAnnotation(annotations[`${ANNOTATION}/bundle`]));
  const payload = asObject(log["Payload"]);
  const body = asText(payload["body"]);
  if (certificate === void 0 || body === void 0) return void 0;
  const { kind, apiVersion: version } = asObject(parseJson(Buffer.from(body, "base64")));
  const chain = `${certificate}
${asText(annotations[`${ANNOTATION}/chain`]) ?? ""}`;
  return {
    mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
    verificationMaterial: {
      x509CertificateChain: { certificates: certificatesIn(chain).map((rawBytes) => ({ rawBytes })) },
      tlogEntries: [
        {
          logIndex: String(payload["logIndex"]),
          logId: { keyId: Buffer.from(asText(payload["logID"]) ?? "", "hex").toString("base64") },
          kindVersion: { kind, version },
          integratedTime: String(payload["integratedTime"]),
          inclusionPromise: { signedEntryTimestamp: log["SignedEntryTimestamp"] },
          canonicalizedBody: body
        }
      ]
    },
    dsseEnvelope: parseJson(content)
  };
}
var certificatesIn = (pem) => pem.split(BEGIN).slice(1).map((text) => text.slice(0, text.indexOf("-----END")).replaceAll(/\s/g, ""));
var jsonOfAnnotation = (annotation) => parseJson(Buffer.from(asText(annotation) ?? ""));

// src/trust/prove-image.ts
async function proveImage(image, wanted, { bundles: own, registry, connectToGitHub: connectToGitHub2, serverUrl }) {
  if (wanted.kind === "off") return void 0;
  const digest = digestOf(image);
  const found = await registry.readBeside(image, (repository) => findSignatures(repository, digest));
  if (wanted.kind === "key")
    return requireProof(
      image,
      judgeKeySignatures(digest, found, wanted),
      "it has no signature. Sign it before it is deployed: cosign sign --key."
    );
  const { judgeAttestations } = await import("./attestations-ISL5YKZX.js");
  const judge2 = (bundles) => judgeAttestations(digest, bundles, wanted, serverUrl);
  const attached = judge2([
    ...own,
    ...found.bundles.map(parseJson),
    ...found.attestations.flatMap((each) => bundleOfOlderAttestation(each) ?? [])
  ]);
  if (attached.some(({ accepted }) => accepted)) return requireProof(image, attached, "");
  const listed = await Promise.all(
    (await connectToGitHub2()).map((github) => github.listAttestations(digest))
  );
  const stored = judge2(
    listed.flatMap((each) => asList(asObject(each)["attestations"])).map((each) => asObject(each)["bundle"])
  );
  return requireProof(
    image,
    [...stored, ...attached],
    `it has no attestation, neither in its registry nor in the repository. Set ${inputSetting("attest", "true")} where it is built, and build it again (${inputSetting("rebuild", "true")}).`
  );
}

// src/image-trust.ts
async function requireTrust(images, { verification, token }, imageContext, context, bundles = []) {
  if (verification.kind === "off") return;
  const sources = {
    bundles,
    registry: new Registry(imageContext),
    serverUrl: githubVariables().serverUrl,
    async connectToGitHub() {
      if (verification.kind !== "attestation") return [];
      const named = verification.repositories.filter((each) => !each.includes("*"));
      const names = named.length > 0 ? named : [void 0];
      const clients = await allOrThrow(names.map((name) => openGitHubFor(name, token, context)));
      return clients.filter((client) => client !== void 0);
    }
  };
  const unique = [...new Set(images)];
  const proofs = await allOrThrow(unique.map((image) => proveImage(image, verification, sources)));
  for (const [index, image] of unique.entries()) context.log.info(`Verified ${image}: ${proofs[index]}.`);
}
async function areAttested(images, { token }, context) {
  const github = await requireGitHub(token, context);
  const digests = [...new Set([...images].map(digestOf))];
  const answers = await allOrThrow(digests.map((digest) => github.listAttestations(digest)));
  return answers.every((answer) => asList(asObject(answer)["attestations"]).length > 0);
}
async function attestBuilt(images, { token }, { retryPolicy }, context) {
  const { attestImages } = await import("./attest-KAGI2FJZ.js");
  const unique = [...new Set(images)];
  const subjects = unique.map((image) => ({ repository: repositoryOf(image), digest: digestOf(image) }));
  const github = await requireGitHub(token, context);
  const { serverUrl } = githubVariables();
  const bundle = await attestImages(subjects, { github, serverUrl }, { ...context, retryPolicy });
  for (const image of unique) context.log.info(`Attested that this workflow has built ${image}.`);
  return bundle;
}
async function requireGitHub(token, context) {
  const github = await openGitHubFor(void 0, token, context);
  if (github !== void 0) return github;
  throw new ConfigurationError(
    `attest: only a job of GitHub Actions can attest what it has built, with the token of the job. Remove "${inputRef("github-token")}", or set ${inputSetting("attest", "false")}.`
  );
}
async function openGitHubFor(name, token, { log, signal }) {
  const own = repositoryConnection(token);
  if (own === void 0) return void 0;
  const [owner = own.owner, repo = own.repo] = name?.split("/") ?? [];
  return await connectToGitHub({ ...own, owner, repo }, { log, signal, ...GITHUB_TIMES });
}

// src/build-lookup.ts
async function lookUpImagesToBuild({ source, registry, trust, dryRun }, composeFile, engines, context) {
  const task = buildTaskOf(await composeFile, source, context);
  const repositories = source.transfer === "direct" ? [] : task.targets.flatMap(({ repository, otherRepositories }) => [repository, ...otherRepositories]);
  const imageContext = await openImageContext(registry, repositories, context);
  const build = { task, source, trust, imageContext, context };
  if (source.transfer === "direct") return await lookUpDirect(build, engines, dryRun);
  return dryRun ? await lookUpForDryRun(build) : await lookUpForBuild(build);
}
function buildTaskOf({ resolved }, source, { log, commit }) {
  const targets = buildTargetsOf(resolved?.config, source);
  for (const notice of imageNameNotices(targets, source)) log.notice(notice);
  const contents = resolved?.contents ?? /* @__PURE__ */ new Map();
  return { targets, options: source.options, commit, contents };
}
async function lookUpForBuild(build) {
  const found = await lookUpAttestedBuild(build);
  return async () => {
    const built = await buildImages(build.task, build.imageContext, found);
    return await finishedBuild(build, { ...built, local: [] });
  };
}
async function lookUpForDryRun(build) {
  const existing = reusableImages(await lookUpAttestedBuild(build));
  return async () => {
    if (existing === void 0) return plannedBuild(build);
    return await existingBuild(build, { ...existing, local: [] });
  };
}
async function lookUpDirect(build, engines, dryRun) {
  const { task, imageContext } = build;
  const direct = await import("./build-directly-SP3K76YJ.js");
  const sources = direct.directSources(engines);
  const lookup = await direct.lookUpDirectly(task, sources, imageContext);
  return async () => {
    if (!dryRun)
      return await finishedBuild(build, await direct.buildDirectly(task, sources, lookup, imageContext));
    const existing = direct.existingImages(lookup);
    return existing === void 0 ? plannedBuild(build) : await existingBuild(build, existing);
  };
}
async function lookUpAttestedBuild({ task, trust, imageContext, context }) {
  const found = await lookUpBuild(task, imageContext);
  const existing = reusableImages(found);
  if (!task.options.attest || existing === void 0) return found;
  if (await areAttested(existing.images.values(), trust, context)) return found;
  context.log.info(
    "The registry has this commit already, but nobody has attested how it was built. It is rebuilt."
  );
  return { ...found, remotes: void 0 };
}
async function finishedBuild(build, built) {
  const { images, tags, reused, tested, durations: times, local } = built;
  build.context.report.set({ images: Object.fromEntries(images), tags, build: { reused, tested, times } });
  await requireOrigin(build, [...images.values()], !reused);
  return { images, tags, local, ...knownOf(build) };
}
async function existingBuild(build, { images, tags, local }) {
  build.context.report.set({ images: Object.fromEntries(images) });
  await requireOrigin(build, [...images.values()], false);
  return { images, tags, local, ...knownOf(build) };
}
function plannedBuild(build) {
  const {
    task: { targets },
    source: { repository, transfer }
  } = build;
  const place = transfer === "direct" ? "Neither this runner nor a host has" : "The registry does not have";
  build.context.log.info(`${place} this commit yet: it would be built.`);
  const keys = targets.flatMap(
    (target) => target.imageKeys.map((key) => [key, placeholderImage(target.repository)])
  );
  const images = new Map(keys.length > 0 ? keys : [["", placeholderImage(repository)]]);
  return { images, tags: [], local: [], ...knownOf(build) };
}
var knownOf = ({ imageContext, context }) => ({
  revision: context.commit.sha,
  environment: imageContext.environment
});
async function requireOrigin({ source, trust, imageContext, context }, images, isNew) {
  const attests = source.options.attest && isNew;
  const bundles = attests ? [await attestBuilt(images, trust, imageContext, context)] : [];
  await requireTrust(images, trust, imageContext, context, bundles);
}
async function openImageContext(registry, repositories, context) {
  const { run, log, folder, signal } = context;
  const { environment } = await loginToRegistries(registry, repositories, context, { signal });
  return {
    run,
    log,
    folder,
    environment,
    workspace: process.cwd(),
    retryPolicy: DEFAULT_RETRY_POLICY,
    signal
  };
}

// src/image/resolve-images.ts
async function resolveImages(references, context) {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]) => ({
      service,
      ...await resolveImage(reference, registry)
    }))
  );
  for (const { image, name } of resolved) if (name !== image) context.log.info(`${name} is ${image}.`);
  const tags = [...references.values()].map(({ tag }) => tag).filter((tag) => tag !== void 0);
  const [revision, ...otherRevisions] = new Set(resolved.map((each) => each.revision));
  return {
    images: new Map(resolved.map(({ service, image }) => [service, image])),
    tags: [...new Set(tags)],
    revision: otherRevisions.length === 0 ? revision : void 0
  };
}
async function resolveImage({ repository, tag = "latest", digest }, registry) {
  const name = digest === void 0 ? `${repository}:${tag}` : pinnedImage(repository, digest);
  const remote = await registry.inspect(name);
  if (remote === void 0) {
    throw new ConfigurationError(
      `image: ${name} was not found in the registry. Check the name and the ${digest === void 0 ? "tag" : "digest"}, and whether the image was pushed, or removed since.`
    );
  }
  const image = pinnedImage(repository, digest ?? remote.digest);
  const [first] = remote.platforms.values();
  return { name, image, revision: first?.labels[OCI_LABEL.revision] };
}

// src/report/buffered-log.ts
function createBufferedLog(log) {
  let buffer = [];
  const write = (line) => {
    if (buffer === void 0) line();
    else buffer.push(line);
  };
  return {
    info: (line) => write(() => log.info(line)),
    notice: (line) => write(() => log.notice(line)),
    warning: (line) => write(() => log.warning(line)),
    debug: (line) => write(() => log.debug(line)),
    flush() {
      const lines = buffer ?? [];
      buffer = void 0;
      for (const line of lines) line();
    }
  };
}

// src/image-lookup.ts
function startImageLookup({ source, registry, token, verification = { kind: "off" } }, composeFile, { dryRun }, context, engines = () => Promise.resolve([])) {
  const closed = new AbortController();
  const log = createBufferedLog(context.log);
  const background = {
    ...context,
    log,
    signal: AbortSignal.any([context.signal, closed.signal])
  };
  const building = source.transfer === "direct" ? "Build and test" : "Build, test and push";
  const title = source.kind === "existing" || dryRun ? "Find the image" : building;
  const trust = { verification, token };
  const lookup = inBackground(
    source.kind === "existing" ? lookUpExistingImages(source, registry, engines, trust, background) : lookUpImagesToBuild({ source, registry, trust, dryRun }, composeFile, engines, background)
  );
  const complete = () => group(title, async () => {
    log.flush();
    return await (await lookup)();
  });
  let resolved;
  return {
    resolve() {
      resolved ??= complete();
      return resolved;
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new Error("The images are no longer needed."));
      await lookup.catch(() => void 0);
      log.flush();
    }
  };
}
async function lookUpExistingImages(source, registry, engines, trust, context) {
  const isDirect = source.transfer === "direct";
  const repositories = [...source.images.values()].map(({ repository }) => repository);
  const imageContext = await openImageContext(registry, isDirect ? [] : repositories, context);
  const found = isDirect ? (await import("./resolve-directly-UOLEN5UF.js")).resolveDirectly(source.images, engines, imageContext) : resolveImages(source.images, imageContext);
  const { images, tags, revision, local } = { local: [], ...await found };
  await requireTrust(images.values(), trust, imageContext, context);
  return async () => {
    context.report.set({ images: Object.fromEntries(images), tags });
    return { images, tags, revision, environment: imageContext.environment, local };
  };
}

// src/release/compose/minimal-compose-file.ts
function minimalComposeFile(app, source) {
  const port = source.port ?? "";
  const ports = port.includes(":") ? [port] : source.domains.size > 0 ? [] : [`${port}:${port}`];
  const service = {
    image: "${IMAGE}",
    restart: "unless-stopped",
    ...ports.length > 0 ? { ports } : { expose: [port] },
    ...source.volumes.length > 0 ? { volumes: source.volumes } : {},
    ...source.variables.size > 0 ? { environment: [...source.variables.keys()].sort() } : {}
  };
  const names = source.volumes.map((volume) => volume.split(":", 1)[0] ?? "").filter((name) => !name.startsWith("/"));
  const volumes = Object.fromEntries([...new Set(names)].map((name) => [name, {}]));
  return toYaml({ services: { [app]: service }, ...names.length > 0 ? { volumes } : {} });
}
function toYaml(data, indent = "") {
  return Object.entries(data).map(([key, value]) => {
    if (Array.isArray(value))
      return `${indent}${key}:
${value.map((each) => `${indent}  - ${JSON.stringify(each)}
`).join("")}`;
    if (typeof value !== "object" || value === null) return `${indent}${key}: ${String(value)}
`;
    const inner = toYaml(value, `${indent}  `);
    return inner === "" ? `${indent}${key}: {}
` : `${indent}${key}:
${inner}`;
  }).join("");
}

// src/release/compose/resolve.ts
const { existsSync } = require("node:fs");
const { readFile: readFile4 } = require("node:fs/promises");
const { dirname, join: join4, resolve: resolve2 } = require("node:path");

// src/release/compose/checkout-files.ts
const { readdir, readFile, realpath, stat } = require("node:fs/promises");
const { join: join2, relative, sep: sep2 } = require("node:path");

// src/release/compose/secret-names.ts
const { sep } = require("node:path");
var FILES = [
  /^(.*\.env|\.env\..+|\.envrc|.*\.tfvars)$/,
  /^(\.npmrc|\.pypirc|\.netrc|\.pgpass|\.my\.cnf|\.dockercfg|\.boto|\.s3cfg)$/,
  /^(id_(rsa|dsa|ecdsa|ed25519)|(acme|auth)\.json)$/,
  /\.(key|pem|p8|p12|pfx|ppk|jks|keystore|kdbx|crt|cer)$/,
  /secret|credential|password|kubeconfig|.passwd|service[-_]?account|^(private|priv|api|master)[-_.]?keys?\b/,
  // Not a tokenizer of a language model, and not the design tokens of a web page.
  /token(?!i[sz])(?!.*\.(css|scss|sass|less|html?|[cm]?[jt]sx?)$)/
];
var FOLDERS = /^(\.?secrets?|private|credentials|tokens|\.(ssh|aws|azure|docker|kube|gnupg|gcloud|password-store))$/;
function isSecretPath(path) {
  const folders = path.toLowerCase().split(sep);
  const name = folders.pop() ?? "";
  return FILES.some((pattern) => pattern.test(name)) || folders.some((folder) => FOLDERS.test(folder));
}

// src/release/compose/checkout-files.ts
var MAX_BYTES = 1024 * 1024;
var MAX_FILES = 200;
async function inlineMounts(config, paths, project, workspace) {
  if (paths.length === 0) return { config, refused: [], notices: [] };
  const services = { ...config.services };
  const configs = { ...config.configs };
  const volumes = { ...config.volumes };
  const refused2 = [];
  const notices = [];
  for (const path of paths) {
    const found = await readMount(path, workspace);
    if (typeof found === "string") {
      refused2.push({ ...path, reason: found });
      continue;
    }
    const service = services[path.service] ?? {};
    if (path.kind === "folder") {
      const { key, spec } = fileVolume(project, found);
      volumes[key] = spec;
      services[path.service] = withFolder(service, path.target, key);
      continue;
    }
    const uses = found.map(({ content, mode }) => ({
      source: addConfig(configs, path.written, content),
      target: escapeDollars(path.target),
      mode
    }));
    services[path.service] = withConfigs(service, path.target, uses);
    if (!path.readOnly)
      notices.push(
        `${path.service}: ${path.written} is copied into the container. What the container writes to ${path.target} is gone when it is replaced; if it writes nothing, add :ro to the mount.`
      );
  }
  const withVolumes = Object.keys(volumes).length > 0 ? { volumes } : {};
  return { config: { ...config, services, configs, ...withVolumes }, refused: refused2, notices };
}
async function readMount(path, workspace) {
  if (path.kind === "missing") return "nothing is there";
  try {
    if (path.kind === "folder") return await readFolder(path, workspace);
    return [await readMountedFile(path, "", workspace)];
  } catch (error) {
    if (error instanceof NotCopied) return error.message;
    throw error;
  }
}
var NotCopied = class extends Error {
};
async function readFolder(path, workspace) {
  if (!path.readOnly) throw new NotCopied("the container can write to it (with :ro it is copied)");
  const files = [];
  const read = async (folder) => {
    const entries = await readdir(join2(path.source, folder), { withFileTypes: true });
    for (const { name } of entries.toSorted((one, other) => one.name < other.name ? -1 : 1)) {
      const inside = join2(folder, name);
      if ((await stat(join2(path.source, inside))).isDirectory()) await read(inside);
      else files.push(await readMountedFile(path, inside, workspace));
      if (files.length > MAX_FILES) throw new NotCopied(`it holds more than ${MAX_FILES} files`);
    }
  };
  await read("");
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > MAX_BYTES) throw new NotCopied("it holds more than 1 MB");
  if (files.length === 0) throw new NotCopied("it is empty");
  return files;
}
async function readMountedFile({ source: mounted, target, readOnly }, path, workspace) {
  const named = path || "it";
  const source = join2(mounted, path);
  const real = relative(await realpath(workspace), await realpath(source));
  if (real === ".." || real.startsWith(`..${sep2}`))
    throw new NotCopied(`${named} is outside of the checkout`);
  const { size, mode } = await stat(source);
  if (size > MAX_BYTES) throw new NotCopied(`${named} has more than 1 MB`);
  if ([relative(workspace, source), real, join2(target, path)].some(isSecretPath))
    throw new NotCopied(`${named} looks like a secret`);
  if (!readOnly && isDataName(source)) throw new NotCopied("the container may write to it");
  if (!readOnly && size === 0) throw new NotCopied("it is empty, as if the container writes to it");
  const content = await readFile(source, "utf8");
  if (content.includes("PRIVATE KEY-----")) throw new NotCopied(`${named} holds a private key`);
  if (content.includes("\0") || content.includes("�"))
    throw new NotCopied(`${named} is not text (UTF-8)`);
  return { path, content, mode: (mode & 64) === 0 ? "0444" : "0555" };
}
var isDataName = (path) => /\.(db|sqlite3?|log|pid|sock|dump|rdb)$/i.test(path);
function addConfig(configs, path, content) {
  const name = path.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._-]+/, "") || "file";
  const escaped = escapeDollars(content);
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    const existing = configs[candidate];
    if (existing !== void 0 && asText(existing["content"]) !== escaped) continue;
    configs[candidate] = { content: escaped };
    return candidate;
  }
}
var withoutMount = (service, target) => asList(service["volumes"]).filter(
  (mount) => unescapeDollars(asText(asObject(mount)["target"]) ?? "") !== target
);
var withConfigs = (service, target, uses) => ({
  ...service,
  volumes: withoutMount(service, target),
  configs: [...asList(service["configs"]), ...uses]
});
var withFolder = (service, target, key) => ({
  ...service,
  volumes: [
    ...withoutMount(service, target),
    {
      ...{ type: "volume", source: key, target: escapeDollars(target) },
      ...{ read_only: true, volume: { nocopy: true } }
    }
  ]
});

// src/release/compose/dockerfile-healthcheck.ts
const { readFile: readFile2 } = require("node:fs/promises");
const { resolve } = require("node:path");
async function withTlsOfDockerfiles(config) {
  const services = {};
  const notices = [];
  for (const [name, service] of Object.entries(config.services)) {
    const asked = httpsPortsIn(lastHealthcheck(await dockerfileOf(service)));
    const found = portsOf(service).filter(
      ({ target, appProtocol, protocol }) => protocol === "tcp" && appProtocol === void 0 && asked.has(target)
    );
    services[name] = found.length === 0 ? service : { ...service, ports: withHttps(service, asked) };
    for (const { target } of found)
      notices.push(
        `${name}: the HEALTHCHECK of its Dockerfile asks port ${target} by HTTPS, so the service ends TLS itself there. If it does not, set app_protocol: http on the port.`
      );
  }
  return { config: { ...config, services }, notices };
}
var withHttps = (service, asked) => {
  const ports = portsOf(service);
  return asList(service["ports"]).map((port, index) => {
    const { target = 0, appProtocol, protocol } = ports[index] ?? {};
    const speaksTls = protocol === "tcp" && appProtocol === void 0 && asked.has(target);
    return speaksTls ? { ...asObject(port), app_protocol: "https" } : port;
  });
};
async function dockerfileOf({ build, healthcheck, ports }) {
  const { context, dockerfile = "Dockerfile", dockerfile_inline: inline, target } = asObject(build);
  const isSaid = asObject(healthcheck)["test"] !== void 0 || asObject(healthcheck)["disable"] === true;
  if (build === void 0 || target !== void 0 || isSaid || asList(ports).length === 0) return "";
  if (typeof inline === "string") return unescapeDollars(inline);
  const path = resolve(unescapeDollars(asText(context) ?? "."), unescapeDollars(asText(dockerfile) ?? ""));
  return readFile2(path, "utf8").catch(() => "");
}
function lastHealthcheck(dockerfile) {
  const lines = dockerfile.split("\n").filter((line) => !/^\s*#/.test(line)).join("\n").replaceAll(/\\\s*\n/g, " ").split("\n");
  return lines.findLast((line) => /^\s*HEALTHCHECK\s/i.test(line)) ?? "";
}

// src/release/compose/read-file-contents.ts
const { readFile: readFile3 } = require("node:fs/promises");
const { relative: relative2 } = require("node:path");
async function readFileContents({ secrets = {}, configs = {} }, cli, folder, problems, withoutSecrets = false) {
  const contents = /* @__PURE__ */ new Map();
  const read = async (kind, name, spec) => {
    const file = asText(spec["file"]);
    const variable = asText(spec["environment"]);
    let content;
    if (kind === "secret" && withoutSecrets) {
      if (file !== void 0 || variable !== void 0) content = "";
    } else if (file !== void 0) {
      const path = unescapeDollars(file);
      content = await readFile3(path, "utf8").catch((error) => {
        problems.push(unreadableFileProblem(kind, name, relative2(cli.cwd, path), error.code));
        return void 0;
      });
    } else if (variable !== void 0) {
      content = new Map(Object.entries(cli.env)).get(variable) ?? await readFromDotEnv(variable, cli, folder);
      if (content === void 0) {
        problems.push(
          `compose-file: ${kind} ${name} is the variable ${variable}, which is not set. Give it in the input "${inputRef("env")}": ${variable}=…`
        );
      }
    }
    if (content !== void 0) contents.set(`${kind}:${name}`, content);
  };
  for (const [name, spec] of Object.entries(secrets)) await read("secret", name, spec);
  for (const [name, spec] of Object.entries(configs)) await read("config", name, spec);
  return contents;
}
function unreadableFileProblem(kind, name, path, code) {
  const why = code === "ENOENT" ? `which is not in the checkout. Create it in a step before this one, or use environment: with the input "${inputRef("env")}"` : code === "EISDIR" ? `which is a folder, and a ${kind} is one file. Name each file` : `which can't be read (${code})`;
  return `compose-file: ${kind} ${name} is the file ${path}, ${why}.`;
}
async function readFromDotEnv(variable, cli, folder) {
  const labels = { value: `\${${variable}-}`, set: `\${${variable}+yes}` };
  const probe = { services: { probe: { image: "probe", labels } } };
  const options = [...cli.options.slice(0, 2), "--project-directory", folder, "--file", "-"];
  const { json } = await resolveToJson({ ...cli, options, stdin: JSON.stringify(probe) });
  const { services } = asObject(JSON.parse(json));
  const resolved = asObject(asObject(asObject(services)["probe"])["labels"]);
  return resolved["set"] === "yes" ? unescapeDollars(String(resolved["value"])) : void 0;
}

// src/release/compose/runner-paths.ts
const { statSync } = require("node:fs");
const { join: join3, sep: sep3 } = require("node:path");
var HOME_PLACEHOLDER = "/sealift-home-of-the-runner";
async function findRunnerPaths(cli, { services }) {
  const binds = Object.values(services).flatMap(mountsOf).filter(isBind);
  const asWritten = binds.length === 0 ? void 0 : await unresolvedConfig(cli);
  return Object.entries(services).flatMap(([service, spec]) => {
    const written = mountsOf(asWritten?.services[service] ?? {});
    const mounts = mountsOf(spec);
    return mounts.flatMap((mount, index) => {
      if (!isBind(mount) || mount.source === void 0) return [];
      const source = written.length === mounts.length ? written[index]?.source : void 0;
      if (!isOnRunner(source, mount.source, cli.cwd)) return [];
      const text = (source ?? mount.source).replace(HOME_PLACEHOLDER, "~");
      const { source: path, target, readOnly } = mount;
      return [{ service, written: text, source: path, target, readOnly, kind: runnerPathKind(path) }];
    });
  });
}
var isBind = ({ type }) => type === "bind";
function isOnRunner(written = "", path, workspace) {
  const isRelative = /^[^/$]/.test(written);
  const isInCheckout = `${path}${sep3}`.startsWith(join3(workspace, sep3));
  return isRelative || isInCheckout || written.startsWith(HOME_PLACEHOLDER);
}
async function unresolvedConfig(cli) {
  const { DOCKER_CONFIG, HOME = "/" } = cli.env;
  const dockerConfig = DOCKER_CONFIG ?? join3(HOME, ".docker");
  const elsewhere = { ...cli, env: { ...cli.env, HOME: HOME_PLACEHOLDER, DOCKER_CONFIG: dockerConfig } };
  for (const flags of [[], ["--no-interpolate"]]) {
    const options = ["--no-path-resolution", "--no-env-resolution", ...flags];
    const result = await runComposeConfig(elsewhere, options).catch((error) => {
      if (!(error instanceof CommandError)) throw error;
    });
    if (result !== void 0) return parseComposeConfig(result.stdout);
  }
  return void 0;
}
function runnerPathKind(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === void 0) return "missing";
  return stats.isFile() ? "file" : "folder";
}

// src/release/compose/variables-in-use.ts
var VARIABLE = /\$\$|\$\{?([A-Za-z_][A-Za-z0-9_]*)/g;
async function variablesInUse(cli, names, active) {
  const flags = ["--no-interpolate", "--no-path-resolution", "--no-env-resolution"];
  const written = await runComposeConfig(cli, flags).then(({ stdout }) => parseComposeConfig(stdout)).catch(() => void 0);
  if (written === void 0) return names;
  const { services, ...others } = written;
  const used = { active: variablesIn(others), inactive: /* @__PURE__ */ new Set() };
  for (const [name, service] of Object.entries(services))
    for (const variable of variablesIn(service)) used[name in active ? "active" : "inactive"].add(variable);
  return names.filter((name) => used.active.has(name) || !used.inactive.has(name));
}
function variablesIn(value) {
  const found = /* @__PURE__ */ new Set();
  mapStrings(value, (text) => {
    for (const [, name] of text.matchAll(VARIABLE)) if (name !== void 0) found.add(name);
    return text;
  });
  return found;
}

// src/release/compose/resolve.ts
async function resolveCompose(source, appEnvironment, image, workspace, step, environment = process.env) {
  const placeholder = placeholderImage(image);
  const { files = [] } = source;
  const fileOptions = source.files === void 0 ? ["--project-directory", workspace, "--file", "-"] : files.flatMap((file) => ["--file", file]);
  const cli = {
    step,
    cwd: workspace,
    env: {
      ...composeEnvironment(environment),
      ...Object.fromEntries(source.variables),
      IMAGE: placeholder
    },
    options: ["--project-name", baseProject(appEnvironment), ...fileOptions],
    stdin: source.files === void 0 ? minimalComposeFile(appEnvironment.app, source) : ""
  };
  const { json, unset } = await resolveToJson(cli);
  const resolved = parseComposeConfig(json);
  const runnerPaths = await findRunnerPaths(cli, resolved);
  const tls = await withTlsOfDockerfiles(resolved);
  const { config, refused: refused2, notices } = await inlineMounts(
    tls.config,
    runnerPaths,
    baseProject(appEnvironment),
    workspace
  );
  const needed = unset.length > 0 ? await variablesInUse(cli, unset, resolved.services) : [];
  const problems = needed.length > 0 ? [unsetVariablesProblem(needed)] : [];
  const folder = dirname(resolve2(workspace, files[0] ?? "compose.yaml"));
  return {
    config,
    placeholder,
    files,
    projectName: await writtenProjectName(files[0], workspace),
    refusedMounts: refused2,
    contents: await readFileContents(config, cli, folder, problems, source.withoutSecrets),
    notices: [
      ...files.flatMap((file) => overrideNotices(file, files, workspace)),
      ...tls.notices,
      ...notices
    ],
    problems
  };
}
async function writtenProjectName(file, workspace) {
  if (file === void 0) return void 0;
  const text = await readFile4(resolve2(workspace, file), "utf8").catch(() => "");
  return /^name:[ \t]*["']?([a-z0-9][a-z0-9_-]*)["']?[ \t]*$/m.exec(text)?.[1];
}
function composeEnvironment(environment) {
  const hidden = /^(ACTIONS_|COMPOSE_(FILE|PROJECT_NAME|ENV_FILES)$)/;
  return Object.fromEntries(
    Object.entries(programEnvironment(environment)).filter(([name]) => !hidden.test(name))
  );
}
function overrideNotices(file, files, workspace) {
  const [, base] = /^(.*?(?:docker-)?compose)\.ya?ml$/.exec(file) ?? [];
  if (base === void 0) return [];
  return ["yaml", "yml"].map((extension) => `${base}.override.${extension}`).filter((override) => !files.includes(override) && existsSync(join4(workspace, override))).map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
}

// src/compose-file.ts
async function readDeployComposeFile({ destination, source, options }, context) {
  if (options.compose.files === void 0) {
    context.log.info("There is no Compose file, so this one is used:");
    const lines = minimalComposeFile(destination.app, options.compose).trimEnd().split("\n");
    for (const line of lines) context.log.info(`  ${line}`);
  }
  const repository = source.kind === "build" ? source.repository : source.images.get("")?.repository ?? destination.app;
  return await resolveComposeFile(options.compose, destination, repository, context);
}
async function resolveComposeFile(source, app, image, context) {
  const resolve3 = (environment) => resolveCompose(source, app, image, process.cwd(), context, environment);
  try {
    return { resolved: await resolve3(), composePlugin: void 0 };
  } catch (error) {
    if (!(error instanceof ComposeUnavailableError)) throw error;
    const composePlugin = await bringCompose(error.shortcoming, context, context.signal);
    const environment = await withComposePlugin(programEnvironment(), composePlugin, context);
    return { resolved: await resolve3(environment), composePlugin };
  }
}

// src/release/compose/classify-services.ts
function classifyServices(config, placeholder, problems) {
  const released = /* @__PURE__ */ new Map();
  const images = Object.entries(config.services).map(
    ([name, service]) => [name, asText(service["image"])]
  );
  for (const [name, image] of images) {
    if (image === placeholder) released.set(name, "");
    else if (image?.includes(placeholder)) {
      problems.add(
        `compose-file: service ${name} has image: "${image.replace(placeholder, "${IMAGE}")}", but \${IMAGE} is already a complete reference with a digest. Write image: \${IMAGE}.`,
        "services",
        name,
        "image"
      );
    }
  }
  for (const { service, services, names } of builtImagesOf(config)) {
    const key = names.includes(placeholder) ? "" : service;
    for (const name of services) if (!released.has(name)) released.set(name, key);
  }
  const buildOnly = images.map(([name]) => name).filter((name) => isBuildOnly(config, name));
  for (const name of buildOnly) released.delete(name);
  if (released.size === 0) problems.add(nothingReleasedProblem(images));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: images.map(([name]) => name).filter((name) => !released.has(name) && !buildOnly.includes(name)),
    buildOnly
  };
}
var BUILD_KEYS = /* @__PURE__ */ new Set(["build", "image", "platform", "pull_policy", "profiles", "restart", "scale"]);
var IDLE_COMMANDS = /* @__PURE__ */ new Set(["", "true", "/bin/true", "/usr/bin/true", ":", "exit 0"]);
function isBuildOnly({ services }, name) {
  const isBase = Object.values(services).some(
    (service2) => Object.values(asObject(asObject(service2["build"])["additional_contexts"])).some(
      (context) => referencedService(context) === name
    )
  );
  const service = services[name] ?? {};
  if (!isBase || service["build"] === void 0) return false;
  const { command, entrypoint, networks, restart = "no" } = service;
  const idle = [command, entrypoint].every((each) => IDLE_COMMANDS.has(shellFree(asStrings(each)).join(" ")));
  const plain = Object.entries(service).every(
    ([key, value]) => BUILD_KEYS.has(key) || key.startsWith("x-") || value === null || ["command", "entrypoint", "networks"].includes(key)
  );
  const ownNetworks = Object.keys(asObject(networks)).some((key) => key !== "default");
  const isNeeded = Object.values(services).some((other) => dependenciesOf(other).has(name));
  return plain && idle && restart === "no" && !ownNetworks && !isNeeded;
}
var shellFree = (words) => /^(?:\/bin\/)?(?:ba|da|a)?sh$/.test(words[0] ?? "") && words[1] === "-c" ? words.slice(2) : words;
function neededBy(project, name) {
  const needed = /* @__PURE__ */ new Set();
  const visit = (each) => {
    for (const other of dependenciesOf(project.service(each)).keys()) {
      if (needed.has(other)) continue;
      needed.add(other);
      visit(other);
    }
  };
  visit(name);
  return needed;
}
function nothingReleasedProblem(images) {
  const [first] = images;
  if (first === void 0) {
    return `compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input "${inputRef("env")}".`;
  }
  const [name, image = ""] = first;
  return `compose-file: no service uses the image that is deployed. Write image: \${IMAGE} in place of "${image}" of service ${name}, or give a service build:. Services with neither (${images.map(([each]) => each).join(", ")}) are accessories, which a release leaves alone.`;
}

// src/release/compose/text-positions.ts
var TextPositions = class {
  #starts;
  /** @param pattern with the flag `g` */
  constructor(text, pattern) {
    this.#starts = Array.from(text.matchAll(pattern), ({ index }) => index);
  }
  /** The last one before a position; -1 if there is none. */
  lastBefore(position) {
    return this.#starts[this.#countBefore(position) - 1] ?? -1;
  }
  /** The first one from a position on; infinite if there is none. */
  firstFrom(position) {
    return this.#starts[this.#countBefore(position)] ?? Number.POSITIVE_INFINITY;
  }
  #countBefore(position) {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = low + high >> 1;
      if ((this.#starts[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
};

// src/release/compose/proxy-config.ts
var OTHER_DIRECTIVES = /* @__PURE__ */ new Map([
  ["fastcgi_pass", "FastCGI"],
  ["php_fastcgi", "FastCGI"],
  ["uwsgi_pass", "uwsgi"],
  ["scgi_pass", "SCGI"],
  ["grpc_pass", "gRPC"],
  ["memcached_pass", "memcached"]
]);
var GROUP = /\bupstream\s+([\w.-]+)\s*\{/g;
var ProxyConfig = class {
  /** Of the `upstream` groups of nginx. */
  groupNames;
  /** HAProxy's mode, if it has no backends by HTTP. */
  isTcp;
  #text;
  #ends;
  #braces;
  #fastCgi;
  #groups;
  #groupBegins;
  #protocols;
  #statements = /* @__PURE__ */ new Map();
  constructor(text) {
    this.#text = text;
    this.isTcp = /^[ \t]*mode[ \t]+tcp\b/m.test(text) && !/^[ \t]*mode[ \t]+http\b/m.test(text);
    this.#ends = new TextPositions(text, /[;{}\n]/g);
    this.#braces = new TextPositions(text, /\}/g);
    this.#fastCgi = new TextPositions(text, /\btransport\s+fastcgi\b/g);
    this.#groupBegins = new TextPositions(text, GROUP);
    this.#groups = new Map(
      Array.from(text.matchAll(GROUP), ({ index, 0: head, 1: name = "" }) => [
        index,
        { name, begin: index, end: this.#braces.firstFrom(index + head.length) }
      ])
    );
    const closed = [...this.#groups.values()].filter(({ end }) => Number.isFinite(end));
    this.groupNames = new Set(closed.map(({ name }) => name));
    this.#protocols = groupProtocols(text);
  }
  /** The statement that a position is in. */
  statementAt(position) {
    const end = this.#ends.lastBefore(position);
    const known = this.#statements.get(end);
    if (known !== void 0) return known;
    const [spaces = "", directive = ""] = /^(\s*)([\w-]*)/.exec(this.#text.slice(end + 1, position))?.slice(1) ?? [];
    const statement = { start: end + 1 + spaces.length, directive };
    this.#statements.set(end, statement);
    return statement;
  }
  /** The name of the group that a position is in. */
  groupAt(position) {
    const group2 = this.#groups.get(this.#groupBegins.lastBefore(position));
    return group2 !== void 0 && Number.isFinite(group2.end) && position <= group2.end ? group2.name : void 0;
  }
  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group2) {
    return this.#protocols.get(group2);
  }
  /** Whether Caddy is told to speak FastCGI, in the block that follows. */
  isFastCgiAfter(position) {
    return this.#fastCgi.firstFrom(position) < this.#braces.firstFrom(position);
  }
  /** Whether the name is all of a variable: `BACKEND_HOST=web`. */
  isValue(begin, end) {
    return end === this.#text.length && /^[A-Z][A-Z0-9_]*=$/.test(this.#text.slice(0, begin));
  }
};
function groupProtocols(text) {
  const directives = [...OTHER_DIRECTIVES.keys()].join("|");
  const found = /* @__PURE__ */ new Map();
  const add = (group2, protocol) => {
    if (!found.has(group2)) found.set(group2, protocol);
  };
  for (const [, directive = "", group2 = ""] of text.matchAll(
    new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, "g")
  ))
    add(group2, OTHER_DIRECTIVES.get(directive) ?? "");
  for (const [, group2 = ""] of text.matchAll(/\bproxy_pass\s+https:\/\/([\w.-]+)/g)) add(group2, "HTTPS");
  return found;
}

// src/release/compose/named-backends.ts
var OTHER_SCHEMES = /* @__PURE__ */ new Map([
  ["fastcgi", "FastCGI"],
  ["fcgi", "FastCGI"],
  ["uwsgi", "uwsgi"],
  ["scgi", "SCGI"],
  ["grpc", "gRPC"],
  ["grpcs", "gRPC"],
  ["h2c", "HTTP/2"],
  ["https", "HTTPS"],
  ["wss", "HTTPS"]
]);
var FASTCGI_PORT = 9e3;
function namedBackends(text, name) {
  const plain = text.replaceAll(/(^|\s)#.*$/gm, "$1");
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(
    `(?:\\b([a-z][a-z0-9+.-]{0,31}):\\/\\/(?:[^\\s/@"'\`]*@)?|(?<![\\w.@/$-]))${literal}(?![\\w-]|\\.\\w)(?::(\\d{1,5}))?`,
    "gi"
  );
  const matches = [...plain.matchAll(pattern)];
  if (matches.length === 0) return [];
  const config = new ProxyConfig(plain);
  return matches.flatMap((match) => {
    const [whole, scheme, port] = match;
    const number = port === void 0 ? void 0 : Number(port);
    if (scheme !== void 0) return byScheme(scheme.toLowerCase(), number, config.groupNames.has(name));
    return byContext(config, match.index, match.index + whole.length, number);
  });
}
function byScheme(scheme, port, isGroup) {
  const protocol = OTHER_SCHEMES.get(scheme);
  if (protocol !== void 0) return [{ kind: "other", protocol }];
  if (!["http", "ws"].includes(scheme) || port === void 0 && isGroup) return [];
  return [{ kind: "http", port: port ?? 80 }];
}
function byContext(config, begin, end, port) {
  const { start, directive } = config.statementAt(begin);
  const known = OTHER_DIRECTIVES.get(directive);
  if (known !== void 0) return [{ kind: "other", protocol: known }];
  if (directive === "server") {
    const group2 = config.groupAt(begin);
    const protocol2 = group2 === void 0 ? void 0 : config.otherProtocolOf(group2);
    if (protocol2 !== void 0) return [{ kind: "other", protocol: protocol2 }];
    if (port === void 0 && group2 === void 0) return [];
    return [config.isTcp ? { kind: "other", protocol: "TCP" } : { kind: "http", port: port ?? 80 }];
  }
  if (directive === "proxy_pass") return port === void 0 ? [] : [{ kind: "other", protocol: "TCP" }];
  if (directive === "reverse_proxy" || directive === "to" && begin - start <= "to ".length) {
    if (config.isFastCgiAfter(end)) return [{ kind: "other", protocol: "FastCGI" }];
    return [{ kind: "http", port: port ?? 80 }];
  }
  if (port === void 0) return config.isValue(begin, end) ? [{ kind: "http", port: void 0 }] : [];
  if (port === FASTCGI_PORT) return [{ kind: "other", protocol: "FastCGI" }];
  const protocol = nonHttpProtocol(port);
  return protocol === void 0 ? [{ kind: "http", port }] : [{ kind: "other", protocol }];
}

// src/release/compose/proxy-leads.ts
function leadsOf(project, name, contents) {
  const service = project.service(name);
  const texts = textsOf(project, name, contents);
  const leads = { ports: /* @__PURE__ */ new Map(), notices: [] };
  let isNamed2 = false;
  for (const released of reachableServices(project, service)) {
    const hosts = [...namesOf(project, released), ...linkNames(service, released)];
    const found = hosts.flatMap((host) => texts.flatMap((text) => namedBackends(text, host)));
    const ports = found.flatMap(
      (each) => each.kind === "other" ? [] : each.port ?? onlyExposedPort(project.service(released)) ?? []
    );
    const other = found.find((each) => each.kind === "other");
    isNamed2 ||= found.length > 0;
    if (ports.length > 0) leads.ports.set(released, new Set(ports));
    else if (other !== void 0) leads.notices.push(notSwitchedNotice(name, released, other.protocol));
  }
  if (!isNamed2 && isProxyByName(name, asText(service["image"]) ?? "")) addDependencies(project, name, leads);
  return leads;
}
function addDependencies(project, name, leads) {
  const service = project.service(name);
  const dependencies = dependenciesOf(service);
  for (const released of reachableServices(project, service)) {
    const condition = dependencies.get(released)?.condition;
    if (condition === void 0 || condition === "service_completed_successfully") continue;
    const port = onlyExposedPort(project.service(released));
    if (port === void 0) leads.notices.push(unknownPortNotice(name, released));
    else leads.ports.set(released, /* @__PURE__ */ new Set([port]));
  }
}
function reachableServices(project, accessory) {
  const own = Object.keys(networksOf(accessory) ?? {});
  return [...project.released.keys()].filter(
    (name) => Object.keys(networksOf(project.service(name)) ?? {}).some((network) => own.includes(network))
  );
}
function namesOf(project, name) {
  const service = project.service(name);
  const links = project.accessories.flatMap((other) => linkNames(project.service(other), name));
  const containerName = asStrings([service["container_name"]]);
  return [.../* @__PURE__ */ new Set([name, ...containerName, ...aliasesOf(service), ...links])];
}
var linkNames = (service, to) => linksOf(service).flatMap((link) => link.service === to ? [link.alias] : []);
function onlyExposedPort(service) {
  const published = portsOf(service).flatMap(({ target, protocol }) => protocol === "tcp" ? [target] : []);
  const ports = [.../* @__PURE__ */ new Set([...exposedPortsOf(service), ...published])];
  const [port] = ports;
  const isHttp = port !== 9e3 && port !== void 0 && nonHttpProtocol(port) === void 0;
  return ports.length === 1 && isHttp ? port : void 0;
}
function textsOf(project, name, contents) {
  const service = project.service(name);
  const files = asList(service["configs"]).map(fileObjectName).map(
    (config) => contents.get(`config:${config}`) ?? unescapeDollars(asText(asObject(project.config.configs?.[config])["content"]) ?? "")
  );
  const mounted = mountsOf(service).flatMap(
    ({ source = "" }) => volumeFilesOf(project.config.volumes?.[source]).map(({ content }) => content)
  );
  const argv = ["command", "entrypoint"].map(
    (key) => unescapeDollars(asText(service[key]) ?? asStrings(service[key]).join("\n"))
  );
  const variables = Object.entries(asObject(service["environment"])).map(
    ([variable, value]) => `${variable}=${unescapeDollars(wordsOf(value ?? ""))}`
  );
  return [...files, ...mounted, ...argv, ...variables].filter((text) => text !== "");
}
function notSwitchedNotice(proxy, service, protocol) {
  return `${proxy} leads to ${service} by ${protocol}, which the edge can't switch: its requests go to every release that answers to that name, and fail while it keeps the address of an old one. Give ${proxy} a build: too, so that each release has its own, and the edge publishes its ports.`;
}
function unknownPortNotice(proxy, service) {
  return `${proxy} is in front of ${service}, but nothing says on which port ${service} gets its requests, so they go to every release that answers to that name, and are not switched. Add it to ${service}: expose: ["3000"].`;
}

// src/release/compose/traefik-labels.ts
function hasTraefikLabels(service) {
  const labels = traefikLabels(service);
  const { "traefik.enable": enable = "" } = labels;
  return Object.keys(labels).length > 0 && enable.toLowerCase() !== "false";
}
function traefikBackendOf(name, service, exposedPort) {
  const labels = traefikLabels(service);
  const keys = Object.keys(labels);
  if (keys.some((key) => /^traefik\.(tcp|udp)\./i.test(key))) return "they are for TCP or UDP";
  const routers = namesIn(keys, /^traefik\.http\.routers\.([^.]+)\./i);
  if (routers.length === 0) return "they name no router (traefik.http.routers.…)";
  const services = namesIn(keys, /^traefik\.http\.services\.([^.]+)\./i);
  if (services.length > 1) return "they name several services";
  const server = (field) => labels[keys.find((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() === field) ?? ""];
  const scheme = server("scheme");
  if (server("url") !== void 0 || scheme !== void 0 && scheme !== "http")
    return "they name a URL or another scheme than http";
  const port = Number(server("port") ?? exposedPort(service));
  if (!Number.isSafeInteger(port))
    return "nothing says its port (traefik.http.services.….loadbalancer.server.port, or expose)";
  const [target = name] = services;
  const kept = keys.filter((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() !== "port");
  return {
    port,
    labels: (listens) => ({
      // Traefik names the only service of a container by itself, after the project.
      ...Object.fromEntries(routers.map((router) => [`traefik.http.routers.${router}.service`, target])),
      ...Object.fromEntries(kept.map((key) => [key, labels[key] ?? ""])),
      [`traefik.http.services.${target}.loadbalancer.server.port`]: String(listens)
    })
  };
}
var SERVER_FIELD = /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.(\w+)$/i;
var namesIn = (keys, pattern) => [
  ...new Set(keys.flatMap((key) => pattern.exec(key)?.[1] ?? []))
];
function traefikLabels(service) {
  const all = Object.entries(asObject(service["labels"])).filter(([key]) => isTraefikLabel(key));
  return Object.fromEntries(all.map(([key, value]) => [key, unescapeDollars(wordsOf(value ?? ""))]));
}
var isTraefikLabel = (key) => /^traefik\./i.test(key);
function withoutTraefikLabels(service) {
  const others = Object.entries(asObject(service["labels"])).filter(([key]) => !isTraefikLabel(key));
  return { ...service, labels: { ...Object.fromEntries(others), "traefik.enable": "false" } };
}
function withCompleteTraefikLabels(name, service, network, exposedPort) {
  if (!hasTraefikLabels(service)) return service;
  const own = asObject(service["labels"]);
  const backend = traefikBackendOf(name, service, exposedPort);
  const said = typeof backend === "string" ? {} : mapValues(backend.labels(backend.port), escapeDollars);
  const where = network === void 0 ? {} : { "traefik.docker.network": escapeDollars(network) };
  return { ...service, labels: { ...where, ...said, ...own } };
}

// src/release/compose/assign-upstreams.ts
function assignUpstreams(project, ports) {
  const taken = [];
  const upstreams = /* @__PURE__ */ new Map();
  for (const [service, own] of ports) {
    let index = taken.findIndex((each) => [...own].every((port) => !each.has(port)));
    if (index === -1) index = taken.push(/* @__PURE__ */ new Set()) - 1;
    for (const port of own) taken[index]?.add(port);
    const network = index === 0 ? FIRST_NETWORK : `${FIRST_NETWORK}-${index + 1}`;
    const names = namesOf(project, service);
    upstreams.set(service, new Map([...own].map((port) => [port, { network, port, names }])));
  }
  return upstreams;
}
var FIRST_NETWORK = "upstream";
function addTraefikUpstreams(project, upstreams) {
  const taken = new Set(
    [...upstreams.values()].flatMap(
      (own) => [...own.values()].flatMap(({ network, port }) => network === FIRST_NETWORK ? [port] : [])
    )
  );
  const added = [];
  const failures = [];
  for (const service of project.released.keys()) {
    if (!hasTraefikLabels(project.service(service))) continue;
    const found = traefikBackendOf(service, project.service(service), onlyExposedPort);
    if (typeof found === "string") {
      failures.push([service, found]);
      continue;
    }
    const own = upstreams.get(service) ?? /* @__PURE__ */ new Map();
    const known = own.get(found.port);
    const shared = known?.network === FIRST_NETWORK ? known : void 0;
    let port = found.port;
    while (shared === void 0 && taken.has(port)) port += 1;
    taken.add(port);
    const names = shared?.names ?? [];
    own.set(found.port, { network: FIRST_NETWORK, port, names, labels: found.labels(port) });
    upstreams.set(service, own);
    added.push([service, found.port]);
  }
  return {
    added,
    notices: (traefik) => failures.map(([service, why]) => traefikNotice(traefik, service, why))
  };
}
function traefikNotice(traefik, service, why) {
  return `${traefik} finds ${service} by labels, but ${why}, so its requests are not switched. Change that, or set "${inputSetting("edge", "none")}".`;
}

// src/release/compose/own-proxies.ts
var NO_PROXIES = {
  ...{ upstreamsOf: /* @__PURE__ */ new Map(), upstreams: /* @__PURE__ */ new Map() },
  ...{ labelled: [], notices: [] }
};
function findOwnProxies(project, contents) {
  const accessories = new Map(
    accessoriesBehindPorts(project, contents).map((name) => [name, leadsOf(project, name, contents)])
  );
  const traefik = [...accessories.keys()].find((name) => isTraefik(project, name, contents));
  const ports = /* @__PURE__ */ new Map();
  for (const leads of accessories.values())
    for (const [service, own] of leads.ports)
      ports.set(service, /* @__PURE__ */ new Set([...ports.get(service) ?? [], ...own]));
  const upstreams = assignUpstreams(project, ports);
  const notices = [...accessories.values()].flatMap((leads) => leads.notices);
  if (traefik !== void 0) {
    const labelled = addTraefikUpstreams(project, upstreams);
    notices.push(...labelled.notices(traefik));
    const leads = accessories.get(traefik);
    for (const [service, port] of labelled.added)
      leads?.ports.set(service, /* @__PURE__ */ new Set([...leads.ports.get(service) ?? [], port]));
  }
  const upstreamsOf = new Map(
    [...accessories].map(([name, leads]) => [
      name,
      [...leads.ports].flatMap(
        ([service, own]) => [...own].flatMap((port) => upstreams.get(service)?.get(port) ?? [])
      )
    ])
  );
  return {
    upstreamsOf: new Map([...upstreamsOf].filter(([, all]) => all.length > 0)),
    upstreams,
    labelled: traefik === void 0 ? [] : [...project.released.keys()].filter((name) => hasTraefikLabels(project.service(name))),
    notices
  };
}
function accessoriesBehindPorts(project, contents) {
  const reached = /* @__PURE__ */ new Set();
  const visit = (name) => {
    if (reached.has(name) || isObserverByImage(asText(project.service(name)["image"]) ?? "")) return;
    reached.add(name);
    const dependencies = dependenciesOf(project.service(name));
    const texts = textsOf(project, name, contents);
    for (const other of project.accessories)
      if (dependencies.has(other) || texts.some((text) => namedBackends(text, other).length > 0))
        visit(other);
  };
  for (const name of project.accessories) if (portsOf(project.service(name)).length > 0) visit(name);
  return [...reached].filter((name) => networksOf(project.service(name)) !== void 0);
}
function isTraefik(project, name, contents) {
  const service = project.service(name);
  if (/(^|\/)traefik\b/.test(asText(service["image"]) ?? "")) return true;
  const hasSocket = mountsOf(service).some(({ source }) => /\/docker\.sock$/.test(source ?? ""));
  return hasSocket && [name, ...textsOf(project, name, contents)].some((text) => /traefik/i.test(text));
}
function ownProxyNotices({ upstreamsOf, upstreams }) {
  return [...upstreamsOf].map(([proxy, own]) => {
    const behind = [...upstreams].flatMap(
      ([service, ports]) => [...ports].flatMap(([port, upstream]) => own.includes(upstream) ? [`${service}:${port}`] : [])
    );
    return `${proxy} is in front of ${joinWithAnd(behind)}: it reaches the edge under that name, which switches its requests from release to release.`;
  });
}

// src/release/compose/endings.ts
function endingOfService({ config }, name, hasRoute = () => false) {
  const service = config.services[name] ?? {};
  const others = Object.entries(config.services).filter(([other]) => other !== name);
  const conditions = new Set(others.map(([, other]) => dependenciesOf(other).get(name)?.condition));
  if (conditions.has("service_completed_successfully")) return "always";
  const answers = hasRoute(name) || portsOf(service).length > 0 || exposedPortsOf(service).length > 0 || checksHealth(service) || externalProxyOf(service) !== void 0 || aliasesOf(service).length > 0 || asObject(service["deploy"])["update_config"] !== void 0 || conditions.has("service_healthy") || others.some(([, other]) => linksOf(other).some((link) => link.service === name));
  const policy = writtenPolicyOf(service);
  if (answers || policy === "always") return "never";
  return policy === "no" ? "always" : "maybe";
}
function checksHealth(service) {
  const { test, disable } = asObject(service["healthcheck"]);
  return disable !== true && test !== void 0 && asList(test)[0] !== "NONE";
}
function writtenPolicyOf(service) {
  const section = asObject(service["deploy"])["restart_policy"];
  const written = section === void 0 ? asText(service["restart"]) : asText(asObject(section)["condition"]);
  const [policy] = (written ?? "").split(":");
  if (policy === "no" || policy === "none") return "no";
  if (policy === "on-failure") return "on-failure";
  return policy === "" || policy === void 0 ? void 0 : "always";
}
var lacksRestart = (service) => writtenPolicyOf(service) === void 0;

// src/release/compose/own-data.ts
function whyDataExclusive(project, name) {
  const service = project.service(name);
  if (updateOrder(service) === "start-first" || replicasOf(service) > 1) return void 0;
  const others = Object.entries(project.config.services).filter(([other]) => other !== name);
  const mounted = new Set(others.flatMap(([, other]) => mountsOf(other).map((mount) => mount.source)));
  const own = writableMounts(project, name).find((source) => !mounted.has(source));
  return own === void 0 ? void 0 : `it alone writes to ${own} (if two may, set deploy.update_config.order: start-first)`;
}
function writableMounts(project, name) {
  return mountsOf(project.service(name)).filter((mount) => !mount.readOnly && (mount.type === "volume" || mount.type === "bind")).map((mount) => mount.source).filter((source) => source !== void 0).filter((source) => !/\.sock$|^\/(etc|dev|proc|sys|run|var\/run|tmp)(\/|$)/.test(source));
}
var whyStreamsExclusive = (project, name) => streamPortsOf(project.service(name)).length > 0 && httpPortsOf(project.service(name)).length === 0 ? whyDataExclusive(project, name) : void 0;

// src/release/compose/notices.ts
function composeNoticesOf(project, roles, proxies, edge) {
  const released = [...project.released.keys()].flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...servesBesideOldRelease(project, name, roles) ? sharedDataNotices(project, name) : []
  ]);
  const accessories = project.accessories.flatMap((name) => [
    ...commonNotices(name, project.service(name)),
    ...pullNotices(name, project.service(name)),
    ...edge === "none" ? [] : accessoryProxyNotices(project, name, proxies)
  ]);
  return [
    ...edge === "none" ? noProxyNotices(roles) : [],
    ...released,
    ...accessories,
    ...ownProxyNotices(proxies),
    ...proxies.notices,
    ...buildOnlyNotices(project),
    ...restartNotices(project, roles, edge)
  ];
}
var buildOnlyNotices = ({ buildOnly }) => buildOnly.map(
  (name) => `${name}: another image is built from it (additional_contexts), so it is built and not run. If it is to run, give it a restart policy.`
);
function restartNotices(project, roles, edge) {
  const services = Object.entries(project.config.services);
  const isNeeded = (name) => roles.get(name)?.role === "served" || endingOfService(project, name) === "never" || services.some(([, other]) => dependenciesOf(other).get(name)?.condition === "service_started");
  const names = services.filter(([name, service]) => !project.buildOnly.includes(name) && lacksRestart(service) && isNeeded(name)).map(([name]) => name);
  if (names.length === 0) return [];
  const [verb, pronoun] = names.length === 1 ? ["has", "it"] : ["have", "they"];
  const answers = edge === "none" ? "" : ", while Sealift's edge is back and answers 502";
  return [
    `${joinWithAnd(names)} ${verb} no restart policy, so ${pronoun} will stay down after a crash or a restart of the server${answers}. Write restart: unless-stopped.`
  ];
}
function servesBesideOldRelease(project, name, roles) {
  const role = roles.get(name)?.role;
  return role === "served" || role === "internal" && externalProxyOf(project.service(name)) !== void 0;
}
function noProxyNotices(roles) {
  if ([...roles.values()].some(({ role }) => role !== "worker")) return [];
  return [
    `${inputSetting("edge", "none")}, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all services count as workers.`
  ];
}
function commonNotices(name, service) {
  const notices = [];
  if (service["develop"] !== void 0) notices.push(`${name}: develop is for local work and ignored here.`);
  const unset = Object.entries(asObject(service["environment"])).filter(([, value]) => value === null).map(([variable]) => variable);
  if (unset.length > 0) {
    notices.push(
      `${name}: its environment names ${unset.join(", ")} without a value, and the input "${inputRef("env")}" has none, so it is not set in the container.`
    );
  }
  return notices;
}
function pullNotices(name, service) {
  const policy = asText(service["pull_policy"]) ?? "missing";
  if (["missing", "if_not_present", "never", "build"].includes(policy)) return [];
  return [
    `${name}: pull_policy: ${policy} is ignored. Its image is pulled only if the host has none of that name; for another one, change its tag or digest.`
  ];
}
function sharedDataNotices(project, name) {
  const data = writableMounts(project, name);
  if (data.length === 0) return [];
  return [
    `${name}: the old and the new release both write to ${data.join(" and ")} while both run. If that is not safe (SQLite, for example), set "${inputSetting("strategy", "recreate")}".`
  ];
}
function accessoryProxyNotices(project, name, { upstreamsOf, notices }) {
  if (upstreamsOf.has(name) || notices.some((notice) => notice.startsWith(`${name} `))) return [];
  const service = project.service(name);
  const behind = [...dependenciesOf(service).keys()].filter(project.isReleased);
  if (portsOf(service).length === 0 || behind.length === 0) return [];
  return [
    `${name} is an accessory in front of ${behind.join(", ")}: its requests go to every release that answers to that name, and are not switched. For switched traffic, publish the ports of ${behind.join(", ")} instead.`
  ];
}

// src/release/compose/problems.ts
var Problems = class {
  #files;
  #problems = /* @__PURE__ */ new Map();
  /** @param files the Compose files, for the places of the problems */
  constructor(files = []) {
    this.#files = files;
  }
  /**
   * @param problem becomes one line, whatever it quotes
   * @param path the keys that lead to it in the file: `'services', 'web', 'ports'`
   */
  add(problem, ...path) {
    this.#problems.set(configurationMessage(briefLine(oneLine(problem))), path);
  }
  /** @throws ConfigurationError with all problems */
  throwIfAny() {
    if (this.#problems.size === 0) return;
    const places = [...this.#problems].flatMap(
      ([problem, path]) => path.length === 0 ? [] : [{ files: this.#files, path, problem }]
    );
    throw new ConfigurationError([...this.#problems.keys()].join("\n"), { places });
  }
};

// src/release/compose/reject-unsupported.ts
var LOCAL_FILE_ADVICE = "if it is for local work only, move it to compose.override.yaml, which is not deployed";
function rejectRunnerPaths(resolved, problems) {
  for (const path of resolved.refusedMounts) {
    const instead = path.kind === "file" ? `make it a secret (secrets: with file: ${path.written}) or a config (configs: with file: ${path.written}, target: ${path.target}), copy it into the image` : "copy it into the image (COPY in the Dockerfile), use a named volume for data, :ro for a small folder of text files, or an absolute path of the server";
    problems.add(
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on the runner and not on a server, and Sealift does not copy it: ${path.reason}. Instead: ${instead}; or ${LOCAL_FILE_ADVICE}.`,
      "services",
      path.service,
      "volumes"
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeBindDevice(spec);
    if (device === void 0) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on the runner and not on a server. Remove driver_opts for a plain volume, or give an absolute path of the server.`,
      "volumes",
      name
    );
  }
}
function rejectBuiltInNames(config, problems) {
  for (const name of Object.keys(config.services)) {
    if (!(name in Object.prototype)) continue;
    problems.add(
      `compose-file: service ${name} has a name that is reserved. Give it another one.`,
      "services",
      name
    );
  }
}
function rejectModels(config, problems) {
  for (const [name, service] of Object.entries(config.services)) {
    for (const key of ["models", "provider"]) {
      if (service[key] === void 0) continue;
      problems.add(
        `compose-file: service ${name} uses ${key}:, which runs on the machine that calls Compose and not on a server. Run it as a container of its own.`,
        "services",
        name,
        key
      );
    }
  }
}

export {
  registryEnvironment,
  parsePairs,
  readRegistryCredentials,
  loginPairs,
  registryOfInput,
  jobTokenUser,
  startImageLookup,
  readDeployComposeFile,
  resolveComposeFile,
  classifyServices,
  neededBy,
  endingOfService,
  whyDataExclusive,
  whyStreamsExclusive,
  onlyExposedPort,
  hasTraefikLabels,
  withoutTraefikLabels,
  withCompleteTraefikLabels,
  NO_PROXIES,
  findOwnProxies,
  composeNoticesOf,
  buildOnlyNotices,
  Problems,
  rejectRunnerPaths,
  rejectBuiltInNames,
  rejectModels
};
