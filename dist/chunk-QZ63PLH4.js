import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  ProxyAgent,
  ProxyError,
  TransientError,
  formatDuration,
  hostOfUrl,
  isThisMachine,
  proxyFor,
  requestProxy,
  requestWeb,
  retryTransient,
  waitRefusal
} from "./chunk-LL335SZZ.js";
import {
  DOCKER_HUB,
  GITHUB_REGISTRY,
  asList,
  asObject,
  asStrings,
  asText,
  hubPath,
  inputRef,
  inputSetting,
  isDigest,
  isObject,
  loginAdvice,
  mapValues,
  parseImageReference,
  parseJson,
  pickKeys,
  registryOf,
  repositoryOf
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError,
  byPlace,
  messageOf,
  theRunner,
  thisJob,
  thisRunner
} from "./chunk-O5VY7DHM.js";

// src/run/environment.ts
var MAX_VARIABLE_BYTES = 128 * 1024 - 256;
var BUILDKIT_CACHE_VARIABLES = /* @__PURE__ */ new Set([
  "ACTIONS_CACHE_URL",
  "ACTIONS_RESULTS_URL",
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_CACHE_SERVICE_V2"
]);
function programEnvironment(environment = process.env) {
  const result = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== void 0 && !isActionOnly(name)) result[name] = value;
  }
  return result;
}
function isActionOnly(name) {
  if (BUILDKIT_CACHE_VARIABLES.has(name)) return false;
  return /^(?:INPUT|STATE|ACTIONS)_/.test(name) || name === "GITHUB_TOKEN";
}

// src/model/bytes.ts
var BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
function formatBytes(bytes) {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= (unit === 0 ? 1e3 : 999.95) && unit < BYTE_UNITS.length - 1) {
    value /= 1e3;
    unit += 1;
  }
  return `${Number(value.toFixed(unit === 0 ? 0 : 1))} ${BYTE_UNITS[unit] ?? ""}`;
}

// src/model/text.ts
function joinWithAnd(names) {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

// src/run/promises.ts
function inBackground(promise) {
  promise.catch(() => void 0);
  return promise;
}
function openInBackground(opening) {
  const opened = inBackground(opening);
  return {
    opened,
    async [Symbol.asyncDispose]() {
      const resource = await opened.catch(() => void 0);
      await resource?.[Symbol.asyncDispose]();
    }
  };
}
async function allOrThrow(promises) {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

// src/model/command-line.ts
var SHELL_OPERATORS = /* @__PURE__ */ new Set(["|", "&", ";", "<", ">", "(", ")", "`", "$", "*", "\n"]);
function scanCommand(command, before) {
  const words = [];
  let word = before && "";
  let quote = before;
  let operator;
  for (let at = 0; at < command.length; at += 1) {
    const letter = command[at] ?? "";
    const next = command[at + 1] ?? "";
    if (quote === "'") {
      if (letter === "'") quote = void 0;
      else word += letter;
    } else if (letter === "\\" && next !== "" && (quote === void 0 || '"\\$`\n'.includes(next))) {
      if (next !== "\n") word = (word ?? "") + next;
      at += 1;
    } else if (quote === '"') {
      if (letter === '"') quote = void 0;
      else word += letter;
      if (letter === "$" || letter === "`") operator ??= letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter) && letter !== "\n") {
      if (word !== void 0) words.push(word);
      word = void 0;
    } else {
      if (SHELL_OPERATORS.has(letter)) operator ??= letter;
      if (letter === "\\") quote = letter;
      word = (word ?? "") + letter;
    }
  }
  if (word !== void 0) words.push(word);
  return { words, open: quote, operator };
}
function splitCommand(command, input) {
  const { words, open: open2, operator } = scanCommand(command);
  if (operator !== void 0) {
    throw new ConfigurationError(
      `${input}: "${operator}" needs a shell, but the command runs without one. Write sh -c ${singleQuoted(command)} if the image has a shell, or put "${operator}" in single quotes.`
    );
  }
  if (open2 === '"' || open2 === "'") {
    const [first = "", ...more] = command.split("\n");
    const shown = more.length === 0 ? first : `${first} …`;
    throw new ConfigurationError(
      `${input}: the quote ${open2} is not closed. Add a closing ${open2} to: ${shown}`
    );
  }
  const [program = "", ...args] = words;
  if (program === "")
    throw new ConfigurationError(`${input}: the command is empty. Write a program and its arguments.`);
  return [program, ...args];
}
var openAtLineEnd = (line, before) => scanCommand(line, before === "\\" ? void 0 : before).open;
var MAX_SHOWN_LENGTH = 120;
var quoteCommand = (argv) => argv.map((word) => /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : singleQuoted(word)).join(" ");
function formatCommand(argv) {
  const line = [...quoteCommand(argv).replaceAll(/\s*\n\s*/g, " ⏎ ")];
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH - 1).join("")}…` : line.join("");
}
var singleQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// src/model/app-environment.ts
var SLOTS = ["blue", "green"];
var otherSlot = (slot) => slot === "blue" ? "green" : "blue";
function baseProject(appEnvironment) {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}
function releaseProject(release) {
  return `${baseProject(release)}-${release.id}`;
}
function slotNetwork(appEnvironment, slot) {
  return `${baseProject(appEnvironment)}-${slot}`;
}
var upstreamNetwork = (app, { network }) => `${baseProject(app)}-${network}`;
var upstreamKey = ({ network }) => `sealift-${network}`;
var LABEL = {
  app: "sealift.app",
  environment: "sealift.environment",
  release: "sealift.release",
  /** On the networks of slots only. Containers can move, so only their networks say in which slot they are. */
  slot: "sealift.slot",
  role: "sealift.role",
  /** The restart policy of a container while its release may run: `always`, `on-failure:3`. */
  restart: "sealift.restart",
  /** Fingerprint of the definition from which an accessory was created. */
  definition: "sealift.definition",
  /** On a workload of Kubernetes that has the release in its name: its name in the manifest. */
  workload: "sealift.workload",
  edge: "sealift.edge",
  /** On the container that is the lock: which run holds it, as JSON. */
  lock: "sealift.lock"
};
var OWN_ROLE = {
  edge: "edge",
  tcpEdge: "tcp-edge",
  front: "front",
  records: "records",
  hook: "hook",
  trial: "trial",
  probe: "probe",
  lock: "lock",
  test: "test"
};
var FILES_ROLE = "files";
function labelsOf({ app, environment }) {
  return { [LABEL.app]: app, [LABEL.environment]: environment };
}

// src/run/tail.ts
var Tail = class {
  #limit;
  #lines = [];
  /** @param limit lines that are kept at most */
  constructor(limit) {
    this.#limit = limit;
  }
  push(line) {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }
  /** Oldest first. */
  get lines() {
    return this.#lines;
  }
};

// src/registry/registry-error.ts
var RegistryError = class extends Error {
  failure;
  constructor(failure, message, cause) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.failure = failure;
  }
};

// src/registry/docker-config.ts
const { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } = require("node:fs/promises");
const { homedir } = require("node:os");
const { basename, join } = require("node:path");
function registryConfigKey(registry) {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}
function runnerDockerFolder(environment) {
  return environment["DOCKER_CONFIG"] || join(environment["HOME"] || homedir(), ".docker");
}
async function makeDockerConfig(folder, logins, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, privateDockerConfig(config, logins), environment);
}
var HOST_CONFIG_KEYS = ["auths", "credsStore", "credHelpers", "cliPluginsExtraDirs"];
async function makeHostDockerConfig(folder, environment) {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, pickKeys(config, HOST_CONFIG_KEYS), environment);
}
async function writeDockerConfig(folder, config, environment) {
  const original = runnerDockerFolder(environment);
  await mkdir(folder, { mode: 448 });
  await writeFile(join(folder, "config.json"), JSON.stringify(config), { mode: 384 });
  for (const name of await readdir(original).catch(() => [])) {
    if (name !== "config.json") await symlink(join(original, name), join(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too. This names the runner's even if it has no such folder yet to link to.
      BUILDX_CONFIG: environment["BUILDX_CONFIG"] || join(original, "buildx")
    }
  };
}
async function linkPlugin({ folder }, name, path) {
  const plugins = join(folder, "cli-plugins");
  const original = await realpath(plugins).catch(() => void 0);
  await rm(plugins, { force: true });
  await mkdir(plugins);
  const others = original === void 0 ? [] : (await readdir(original)).map((other) => join(original, other));
  for (const other of others) {
    if (basename(other) !== name) await symlink(other, join(plugins, basename(other)));
  }
  await symlink(path, join(plugins, name));
}
function privateDockerConfig(config, logins) {
  const own = logins.map(({ registry, username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    return [registryConfigKey(registry), { auth }];
  });
  return {
    ...config,
    auths: { ...asObject(config["auths"]), ...Object.fromEntries(own) },
    credHelpers: {
      ...asObject(config["credHelpers"]),
      ...Object.fromEntries(own.map(([key]) => [key, ""]))
    }
  };
}
function hasCredentials(config, registry) {
  const key = registryConfigKey(registry);
  if (asText(asObject(config["credHelpers"])[key]) !== void 0) return true;
  return asObject(config["auths"])[key] !== void 0;
}
async function readDockerConfig(folder) {
  const path = join(folder, "config.json");
  const json = await readFile(path, "utf8").catch((error) => {
    if (error.code === "ENOENT") return "{}";
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error)}`);
  });
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(`${path} is not valid JSON. Fix or remove it; docker can't read it either.`);
  }
}

// src/registry/ask-once.ts
async function askOnce(answers, key, ask, signal) {
  for (; ; ) {
    const known = answers.get(key);
    if (known === void 0) {
      const asked = ask();
      answers.set(key, asked);
      asked.catch(() => answers.delete(key));
      return await asked;
    }
    try {
      return await known;
    } catch (error) {
      if (error instanceof RegistryError || signal?.aborted) throw error;
    }
  }
}

// src/registry/refusal.ts
const { STATUS_CODES } = require("node:http");

// src/run/retry-after.ts
var ANSWER_TIMEOUT = 5e3;
var SHORTEST_WAIT = 1e3;
var GO_UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
function retryAfterInText(text) {
  const found = /retry-after:? *(?<duration>(?:[\d.]+(?:h|ms|m|s|µs|us|ns))+)/i.exec(text)?.groups?.["duration"];
  if (found === void 0) return void 0;
  const parts = [...found.matchAll(/(?<count>[\d.]+)(?<unit>h|ms|m|s|µs|us|ns)/g)];
  const wait = parts.reduce(
    (sum, { groups }) => sum + Number(groups?.["count"]) * (GO_UNITS[groups?.["unit"] ?? ""] ?? 0),
    0
  );
  return Math.max(SHORTEST_WAIT, wait);
}
function retryAfterOfHeader(header, now = Date.now()) {
  if (header === null) return void 0;
  const wait = /^\d+$/.test(header) ? Number(header) * 1e3 : Date.parse(header) - now;
  return Number.isNaN(wait) ? void 0 : Math.max(SHORTEST_WAIT, wait);
}
async function askRetryAfter(image, signal) {
  const path = manifestPath(image);
  for (const scheme of ["https", "http"]) {
    try {
      const { status, headers } = await requestWeb(`${scheme}://${path}`, {
        method: "HEAD",
        headers: { "user-agent": "sealift" },
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)])
      });
      return status === 429 || status === 503 ? retryAfterOfHeader(headers.get("retry-after")) : void 0;
    } catch {
      signal.throwIfAborted();
    }
  }
  return void 0;
}
function manifestPath(image) {
  const { repository, tag = "latest", digest = tag } = parseImageReference(image, "image");
  const registry = registryOf(repository);
  if (registry !== DOCKER_HUB) return `${repository.replace("/", "/v2/")}/manifests/${digest}`;
  return `registry-1.docker.io/v2/${hubPath(repository)}/manifests/${digest}`;
}

// src/registry/refusal.ts
var isTemporary = (status) => status === 408 || status === 429 || status >= 500;
function refusalError(answer) {
  const { status, headers } = answer;
  const text = registryAnswerText(answer);
  if (status === 401 || status === 403) return new RegistryError({ kind: "denied" }, text);
  if (!isTemporary(status)) return new RegistryError({ kind: "failed" }, text);
  const wait = retryAfterOfHeader(headers["retry-after"] ?? null);
  return new RegistryError({ kind: "temporary", wait }, text);
}
function registryAnswerText({ status, body }) {
  const answer = asObject(parseJson(body));
  const { code, message } = asObject(asList(answer["errors"])[0] ?? answer);
  const said = [asText(code), asText(message)].filter((text) => text !== void 0);
  return [`${status} ${STATUS_CODES[status] ?? ""}`.trim(), ...said].join(": ");
}

// src/registry/authorization.ts
var TOKEN_MARGIN = 1e4;
var TOKEN_LIFETIME = 6e4;
var Authorization = class {
  #connections;
  #findLogin;
  #tokens = /* @__PURE__ */ new Map();
  constructor(connections, findLogin) {
    this.#connections = connections;
    this.#findLogin = findLogin;
  }
  /**
   * The headers of a request; none without a login, where that is enough.
   * @throws RegistryError when the token server refuses or fails, or the registry wants what Sealift can't give
   */
  async headers(permission, signal) {
    const { registry, challenge } = permission;
    if (challenge.scheme === "other")
      throw new RegistryError({ kind: "unsupported" }, `it wants ${challenge.name} authentication`);
    const login = await this.#findLogin(registry);
    if (login?.kind === "registry-token") return { authorization: `Bearer ${login.token}` };
    if (challenge.scheme === "basic")
      return login?.kind === "password" ? { authorization: basic(login) } : {};
    const key = keyOf(permission);
    const ask = () => this.#requestToken(challenge, permission.scope, login, signal);
    let token = await askOnce(this.#tokens, key, ask, signal);
    if (token.expires < performance.now()) {
      this.#tokens.delete(key);
      token = await askOnce(this.#tokens, key, ask, signal);
    }
    return { authorization: `Bearer ${token.text}` };
  }
  /** Asks for a new token next time. */
  forget(permission) {
    this.#tokens.delete(keyOf(permission));
  }
  async #requestToken({ realm, service }, scope, login, signal) {
    const parameters = new URLSearchParams();
    if (service !== void 0) parameters.set("service", service);
    if (scope !== void 0) parameters.set("scope", scope);
    const answer = login?.kind === "identity-token" ? await this.#exchange(realm, parameters, login.token, signal) : await this.#ask(realm, parameters, login, signal);
    if (answer.status >= 400) throw refusalError(answer);
    const { token, access_token: accessToken, expires_in: seconds } = asObject(parseJson(answer.body));
    const text = asText(token) ?? asText(accessToken);
    if (text === void 0)
      throw new RegistryError({ kind: "failed" }, `${new URL(realm).host} answered without a token`);
    const lifetime = typeof seconds === "number" ? seconds * 1e3 : TOKEN_LIFETIME;
    return { text, expires: performance.now() + lifetime - TOKEN_MARGIN };
  }
  /** With a user name and a password, or as nobody: distribution.github.io, "Token Authentication Specification". */
  #ask(realm, parameters, login, signal) {
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    if (login?.kind !== "password")
      return this.#connections.send(url, { method: "GET", headers: {}, signal });
    url.searchParams.append("account", login.username);
    return this.#connections.send(url, { method: "GET", headers: { authorization: basic(login) }, signal });
  }
  /** With an identity token: distribution.github.io, "Oauth2 Token Authentication". */
  #exchange(realm, parameters, identityToken, signal) {
    parameters.set("grant_type", "refresh_token");
    parameters.set("client_id", "sealift");
    parameters.set("refresh_token", identityToken);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = parameters.toString();
    return this.#connections.send(new URL(realm), { method: "POST", headers, body, signal });
  }
};
var keyOf = ({ registry, challenge, scope }) => JSON.stringify([registry, challenge.scheme === "bearer" ? challenge.realm : "", scope]);
var basic = ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

// src/registry/certificates.ts
const { readdir: readdir2, readFile: readFile2 } = require("node:fs/promises");
const { join: join2 } = require("node:path");
var SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem"
];
var ENGINE_CERTIFICATES = "/etc/docker/certs.d";
async function certificatesFor(registry, environment, engineFolder = ENGINE_CERTIFICATES) {
  const folder = join2(engineFolder, registry);
  const names = (await readdir2(folder).catch(() => [])).sort();
  const read = (name) => readFile2(join2(folder, name));
  const own = await Promise.all(names.filter((name) => name.endsWith(".crt")).map(read));
  const cert = names.find((name) => name.endsWith(".cert"));
  const key = cert?.replace(/\.cert$/, ".key");
  return {
    ca: [...await systemAuthorities(environment), ...own],
    ...cert === void 0 || key === void 0 || !names.includes(key) ? {} : { cert: await read(cert), key: await read(key) }
  };
}
async function systemAuthorities(environment) {
  const named = environment["SSL_CERT_FILE"];
  for (const path of named ? [named] : SYSTEM_BUNDLES) {
    const bundle = await readFile2(path).catch(() => void 0);
    if (bundle !== void 0) return [bundle];
  }
  return [];
}

// src/registry/challenge.ts
var PARAMETER = /(?<key>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^\s,"]+))/;
var PARAMETER_OR_SCHEME = new RegExp(`${PARAMETER.source}|(?<scheme>[A-Za-z][\\w-]*)`, "g");
function readChallenge(header) {
  const found = [];
  for (const { groups = {} } of (header ?? "").matchAll(PARAMETER_OR_SCHEME)) {
    const { scheme, key = "", quoted, plain = "" } = groups;
    if (scheme !== void 0) found.push({ name: scheme.toLowerCase(), parameters: /* @__PURE__ */ new Map() });
    else found.at(-1)?.parameters.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? plain);
  }
  const challenges = found.map(challengeOf);
  return challenges.find(({ scheme }) => scheme !== "other") ?? challenges[0];
}
function challengeOf({
  name,
  parameters
}) {
  const realm = parameters.get("realm");
  if (name === "basic") return { scheme: "basic" };
  if (name === "bearer" && realm !== void 0 && URL.canParse(realm))
    return { scheme: "bearer", realm, service: parameters.get("service"), scope: parameters.get("scope") };
  return { scheme: "other", name };
}

// src/registry/insecure-registries.ts
const { lookup } = require("node:dns/promises");
const http = require("node:http");
const { BlockList } = require("node:net");
async function engineAllowsPlainHttp(registry, environment, run) {
  return await isInsecureRegistry(registry, await engineRegistryConfig(environment, run));
}
async function engineRegistryConfig(environment, run) {
  const socket = await engineSocket(environment);
  const answer = socket === void 0 ? void 0 : await askEngine(socket).catch(() => void 0);
  if (answer !== void 0) return asObject(answer)["RegistryConfig"];
  const { stdout } = await run("docker", ["info", "--format", "{{json .RegistryConfig}}"], {
    env: environment
  });
  return JSON.parse(stdout);
}
var DEFAULT_SOCKET = "/var/run/docker.sock";
async function engineSocket(environment) {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context } = environment;
  if (host) return /^unix:\/\/(?<path>\/.+)$/.exec(host)?.groups?.["path"];
  const named = context || asText((await readDockerConfig(runnerDockerFolder(environment)))["currentContext"]);
  return named === void 0 || named === "default" ? DEFAULT_SOCKET : void 0;
}
var ENGINE_TIMEOUT = 5e3;
function askEngine(socketPath) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ENGINE_TIMEOUT);
    const sent = http.get({ socketPath, path: "/info", agent: false, signal }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        try {
          resolve(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()) : void 0);
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.once("error", reject);
  });
}
async function isInsecureRegistry(registry, config) {
  const known = asObject(asObject(asObject(config)["IndexConfigs"])[registry]);
  if (typeof known["Secure"] === "boolean") return !known["Secure"];
  const ranges = new BlockList();
  for (const range of asStrings(asObject(config)["InsecureRegistryCIDRs"])) {
    const [address = "", bits] = range.split("/");
    ranges.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  const host = registry.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => ranges.check(address, family === 6 ? "ipv6" : "ipv4"));
}

// src/registry/network-failures.ts
var NoTlsError = class extends RegistryError {
  constructor(message, cause) {
    super({ kind: "plain-http" }, message, cause);
  }
};
var SilenceError = class extends Error {
};
var TEMPORARY = /* @__PURE__ */ new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENOTFOUND"],
  ...["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN"]
]);
var errorCodeOf = (error) => error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
function networkError(error, url) {
  const code = errorCodeOf(error);
  const reason = reasonOf(error);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) || /wrong version number/.test(reason))
    return new NoTlsError(reason, error);
  if (TEMPORARY.has(code) || error instanceof ProxyError || error instanceof SilenceError)
    return new RegistryError({ kind: "temporary" }, `${url.host}: ${reason}`, error);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^EPROTO$/.test(code);
  return new RegistryError({ kind: isTls ? "unsupported" : "failed" }, `${url.host}: ${reason}`, error);
}
function reasonOf(error) {
  return error instanceof AggregateError && error.errors.length > 0 ? messageOf(error.errors[0]) : messageOf(error);
}

// src/registry/stored-login.ts
var KEPT = 10 * 6e4;
var keptLogins = /* @__PURE__ */ new WeakMap();
function storedLogin(registry, source) {
  const kept = keptLogins.get(source.environment) ?? /* @__PURE__ */ new Map();
  keptLogins.set(source.environment, kept);
  const known = kept.get(registry);
  if (known !== void 0 && performance.now() - known.found < KEPT) return known.login;
  const login = findStoredLogin(registry, source);
  kept.set(registry, { login, found: performance.now() });
  login.catch(() => kept.delete(registry));
  return login;
}
async function findStoredLogin(registry, source) {
  const key = registryConfigKey(registry);
  const inVariable = readAuthsVariable(source.environment["DOCKER_AUTH_CONFIG"]);
  const fromVariable = inVariable && loginInFile(inVariable, key);
  if (fromVariable !== void 0) return fromVariable;
  const config = await readDockerConfig(runnerDockerFolder(source.environment));
  const helpers = asObject(config["credHelpers"]);
  const helper = key in helpers ? asText(helpers[key]) : asText(config["credsStore"]);
  return helper === void 0 ? loginInFile(config, key) : await askHelper(helper, key, source);
}
function readAuthsVariable(text) {
  if (!text) return void 0;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return void 0;
  }
}
function loginInFile(config, key) {
  const auths = asObject(config["auths"]);
  const found = auths[key] ?? Object.entries(auths).find(([name2]) => hostOfKey(name2) === hostOfKey(key))?.[1];
  const { auth, username, password, identitytoken, registrytoken } = asObject(found);
  const registryToken = asText(registrytoken);
  if (registryToken !== void 0) return { kind: "registry-token", token: registryToken };
  const identityToken = asText(identitytoken);
  if (identityToken !== void 0) return { kind: "identity-token", token: identityToken };
  const text = Buffer.from(asText(auth) ?? "", "base64").toString().replaceAll("\0", "");
  const colon = text.indexOf(":");
  const name = colon < 0 ? asText(username) : text.slice(0, colon);
  const secret = colon < 0 ? asText(password) : text.slice(colon + 1);
  return name === void 0 || secret === void 0 ? void 0 : { kind: "password", username: name, password: secret };
}
var hostOfKey = (key) => key.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
var NOTHING_STORED = /credentials not found in native keychain/;
var TOKEN_USER = "<token>";
async function askHelper(helper, key, { run, environment, signal }) {
  const program = `docker-credential-${helper}`;
  try {
    const { exitCode, stdout } = await run(program, ["get"], {
      ...{ env: environment, stdin: key, signal },
      // It says on stdout why it found none.
      allowedExitCodes: [1]
    });
    if (exitCode !== 0) {
      if (NOTHING_STORED.test(stdout)) return void 0;
      throw new RegistryError({ kind: "unsupported" }, `${program} failed: ${stdout.trim()}`);
    }
    const { Username, Secret } = asObject(JSON.parse(stdout));
    const secret = asText(Secret);
    if (secret === void 0) return void 0;
    return Username === TOKEN_USER ? { kind: "identity-token", token: secret } : { kind: "password", username: asText(Username) ?? "", password: secret };
  } catch (error) {
    if (error instanceof RegistryError || signal?.aborted) throw error;
    const reason = error instanceof SyntaxError ? "its answer is not JSON" : messageOf(error);
    const cause = error instanceof CommandError ? error : void 0;
    throw new RegistryError({ kind: "unsupported" }, `${program} failed: ${reason}`, cause);
  }
}

// src/registry/web-connections.ts
const http2 = require("node:http");
const https = require("node:https");
const { createSecureContext } = require("node:tls");

// src/registry/web-answer.ts
var LONGEST_ANSWER = 32 * 1024 ** 2;
function receiveHead(sent) {
  return new Promise((resolve, reject) => {
    let response;
    sent.once("timeout", () => {
      const silence = new SilenceError("no answer came for 30 seconds");
      response?.destroy(silence);
      sent.destroy(silence);
    });
    sent.on("error", reject);
    sent.once("response", (begun) => {
      response = begun;
      resolve(begun);
    });
  });
}
var receiveAnswer = async (sent, request3, { limit }) => await complete(await receiveHead(sent), request3, limit);
var receiveStreamedAnswer = async (sent, request3, { url, limit }) => {
  const response = await receiveHead(sent);
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300)
    return { ...await complete(response, request3, limit), content: void 0 };
  return { status, headers, body: Buffer.alloc(0), content: chunksOf(response, request3, url) };
};
async function complete(response, { method }, limit) {
  const late = new Error(`its answer to ${method} was not complete after ${formatDuration(limit)}`);
  const timer = setTimeout(() => response.destroy(late), limit);
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      const part = Buffer.from(chunk);
      length += part.length;
      chunks.push(part);
      if (length > LONGEST_ANSWER)
        throw new Error(`its answer to ${method} is longer than ${formatBytes(LONGEST_ANSWER)}`);
    }
  } finally {
    clearTimeout(timer);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks) };
}
async function* chunksOf(response, { signal }, url) {
  try {
    for await (const chunk of response) yield Buffer.from(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw networkError(error, url);
  }
}

// src/registry/web-connections.ts
var SILENCE = 3e4;
var ANSWER_LIMIT = 5 * 6e4;
var REDIRECT_LIMIT = 10;
var WebConnections = class {
  #environment;
  #certificates;
  #answerLimit;
  #agents = /* @__PURE__ */ new Map();
  /** @param answerLimit replaced in tests */
  constructor(environment, certificates, answerLimit = ANSWER_LIMIT) {
    this.#environment = environment;
    this.#certificates = certificates;
    this.#answerLimit = answerLimit;
  }
  /**
   * Sends a request and follows redirects. Another server that a redirect names gets no authorization: registries send readers of
   * blobs to a storage, which refuses it.
   * @throws RegistryError without an answer; NoTlsError
   */
  send(start, request3) {
    return this.#follow(start, request3, receiveAnswer);
  }
  /** The same for an answer of any length. */
  sendStreamed(start, request3) {
    return this.#follow(start, request3, receiveStreamedAnswer);
  }
  async #follow(start, request3, read) {
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const headers = url.origin === start.origin ? request3.headers : withoutAuthorization(request3.headers);
      const answer = await this.#sendOnce(url, { ...request3, headers }, read);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === void 0) return answer;
      if (redirects === REDIRECT_LIMIT)
        throw new RegistryError({ kind: "failed" }, `it redirects more than ${REDIRECT_LIMIT} times`);
      url = new URL(location, url);
    }
  }
  async #sendOnce(url, request3, read) {
    const proxy = proxyFor(url, this.#environment);
    const agent = await this.#agentFor(url, proxy);
    for (; ; ) {
      request3.signal?.throwIfAborted();
      const sent = open(url, proxy, agent, request3);
      try {
        return await read(sent, request3, { url, limit: this.#answerLimit });
      } catch (error) {
        request3.signal?.throwIfAborted();
        if (sent.reusedSocket && errorCodeOf(error) === "ECONNRESET") continue;
        throw networkError(error, url);
      }
    }
  }
  #agentFor(url, proxy) {
    const known = this.#agents.get(url.origin);
    if (known !== void 0) return known;
    const made = this.#makeAgent(url, proxy);
    this.#agents.set(url.origin, made);
    made.catch(() => this.#agents.delete(url.origin));
    return made;
  }
  async #makeAgent(url, proxy) {
    if (url.protocol === "http:") return new http2.Agent({ keepAlive: true });
    const { ca, cert, key } = await this.#certificates(url.host);
    const secureContext = createSecureContext({
      // Without any on this machine, those that Node brings.
      ...ca.length > 0 ? { ca: [...ca] } : {},
      ...cert === void 0 || key === void 0 ? {} : { cert, key }
    });
    const options = { keepAlive: true, secureContext };
    return proxy === void 0 ? new https.Agent(options) : new ProxyAgent(proxy, options);
  }
};
var withoutAuthorization = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization"));
function open(url, proxy, agent, { method, headers, body, signal }) {
  const content = typeof body === "string" ? Buffer.from(body) : body;
  const options = {
    method,
    headers: {
      "user-agent": "sealift",
      ...headers,
      host: url.host,
      ...content === void 0 ? {} : { "content-length": String(content.length) }
    },
    timeout: SILENCE,
    ...signal && { signal }
  };
  const path = `${url.pathname}${url.search}`;
  const host = hostOfUrl(url);
  const sent = url.protocol === "https:" ? https.request({ ...options, host, port: url.port || 443, path, agent }) : proxy === void 0 ? http2.request({ ...options, host, port: url.port || 80, path, agent }) : requestProxy(proxy, { ...options, path: `${url.origin}${path}` });
  sent.end(content);
  return sent;
}

// src/registry/registry-client.ts
var DOCKER_HUB_API = "registry-1.docker.io";
var RegistryClient = class _RegistryClient {
  static #clients = /* @__PURE__ */ new WeakMap();
  #context;
  #connections;
  #authorization;
  #endpoints = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
    this.#connections = new WebConnections(
      context.environment,
      (host) => certificatesFor(host === DOCKER_HUB_API ? DOCKER_HUB : host, context.environment)
    );
    this.#authorization = new Authorization(this.#connections, (registry) => storedLogin(registry, context));
  }
  /** The client of an environment: whoever asks in it uses the same connections. */
  static of({ environment, run }) {
    const client = _RegistryClient.#clients.get(environment) ?? new _RegistryClient({ environment, run });
    _RegistryClient.#clients.set(environment, client);
    return client;
  }
  /**
   * Sends a request for a repository, with the authorization that the registry wants.
   * @param target below the repository: `manifests/latest`
   * @returns the answer; also one with status 404
   * @throws RegistryError for every other failure; the signal's reason
   */
  request(access, target, request3) {
    return this.#authorized(access, target, request3, (url, own) => this.#connections.send(url, own));
  }
  /** The same for an answer of any length, such as a blob. */
  download(access, target, request3) {
    return this.#authorized(access, target, request3, (url, own) => this.#connections.sendStreamed(url, own));
  }
  async #authorized({ registry, path, actions }, target, request3, sendOnce) {
    const endpoint = await this.#endpoint(registry, request3.signal);
    const url = new URL(`/v2/${path}/${target}`, endpoint.origin);
    const send = async (challenge2, scope2) => {
      const headers = challenge2 === void 0 ? {} : await this.#authorization.headers({ registry, challenge: challenge2, scope: scope2 }, request3.signal);
      return await sendOnce(url, { ...request3, headers: { ...request3.headers, ...headers } });
    };
    const scope = `repository:${path}:${actions}`;
    let answer = await send(endpoint.challenge, scope);
    const challenge = answer.status === 401 ? readChallenge(answer.headers["www-authenticate"]) : void 0;
    if (challenge?.scheme === "bearer" || challenge !== void 0 && endpoint.challenge === void 0) {
      const wanted = challenge.scheme === "bearer" && challenge.scope || scope;
      this.#authorization.forget({ registry, challenge, scope: wanted });
      answer = await send(challenge, wanted);
    }
    if (answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return answer;
  }
  /**
   * Makes sure that a registry accepts the login that the environment has for it.
   * @throws RegistryError; the signal's reason
   */
  async checkLogin(registry, signal) {
    const { origin, challenge } = await this.#endpoint(registry, signal);
    if (challenge === void 0) return;
    const headers = await this.#authorization.headers({ registry, challenge, scope: void 0 }, signal);
    if (challenge.scheme === "bearer") return;
    const answer = await this.#connections.send(new URL("/v2/", origin), { method: "GET", headers, signal });
    if (answer.status >= 400) throw refusalError(answer);
  }
  /** Finds out, once, how a registry is reached and what it asks. */
  #endpoint(registry, signal) {
    return askOnce(this.#endpoints, registry, () => this.#findEndpoint(registry, signal), signal);
  }
  async #findEndpoint(registry, signal) {
    const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
    try {
      return await this.#probe(`https://${host}`, signal);
    } catch (error) {
      if (!(error instanceof NoTlsError)) throw error;
      const { environment, run } = this.#context;
      if (!isThisMachine(hostOfUrl(new URL(`https://${host}`))) && !await engineAllowsPlainHttp(registry, environment, run))
        throw error;
      return await this.#probe(`http://${host}`, signal);
    }
  }
  async #probe(origin, signal) {
    const url = new URL("/v2/", origin);
    const answer = await this.#connections.send(url, { method: "GET", headers: {}, signal });
    const challenge = answer.status === 401 ? readChallenge(answer.headers["www-authenticate"]) : void 0;
    if (challenge === void 0 && answer.status >= 400 && answer.status !== 404) throw refusalError(answer);
    return { origin, challenge };
  }
};

// src/image/plain-http.ts
const { randomUUID } = require("node:crypto");
const { mkdir: mkdir2, writeFile: writeFile2 } = require("node:fs/promises");
const { join: join3 } = require("node:path");
function isPlainHttpError(text) {
  return /HTTP response to HTTPS client/.test(text);
}
function plainHttpError(registry, evidence = []) {
  return new ConfigurationError(
    `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on ${theRunner()} (/etc/docker/daemon.json) and of each host.`,
    { evidence }
  );
}
var PLAIN_HTTP_BUILDER = "sealift-plain-http";
async function plainHttpEnvironment(registry, context) {
  if (!await engineAllowsPlainHttp(registry, context.environment, context.run))
    throw plainHttpError(registry);
  const folder = join3(context.folder, `buildx-${randomUUID().slice(0, 8)}`);
  await mkdir2(join3(folder, "instances"), { recursive: true });
  await writeFile2(join3(folder, "instances", PLAIN_HTTP_BUILDER), plainHttpBuilder(registry));
  return { BUILDX_CONFIG: folder, BUILDX_BUILDER: PLAIN_HTTP_BUILDER };
}
function plainHttpBuilder(registry) {
  const toml = `[registry.${JSON.stringify(registry)}]
  http = true
`;
  const Files = { "buildkitd.toml": Buffer.from(toml).toString("base64") };
  const Nodes = [{ Name: `${PLAIN_HTTP_BUILDER}0`, Endpoint: "unix:///dev/null", Files }];
  return JSON.stringify({ Name: PLAIN_HTTP_BUILDER, Driver: "docker-container", Nodes });
}

// src/image/read-remote-image.ts
const { createHash } = require("node:crypto");

// src/image/registry-failures.ts
var RegistryAccessError = class extends ConfigurationError {
};
function accessError(reference, { text, evidence = [] }) {
  const registry = registryOf(reference);
  return new RegistryAccessError(
    `image: ${registry} denies access to ${reference}: it does not exist, or the login may not read it. Check the name. If it needs a login, ${loginAdvice(registry)}. The registry answered: ${text}`,
    { evidence }
  );
}
function unreachableRegistryError(reference, { text, evidence = [], wait }) {
  const error = new SealiftError(
    `The registry ${registryOf(reference)} can't be reached, or fails: ${text}${waitRefusal(wait)}`,
    {
      evidence
    }
  );
  return new TransientError(error, { wait });
}
function failedQueryError(reference, { text, evidence = [] }) {
  return new SealiftError(
    `The registry ${registryOf(reference)} failed on the query for ${reference}: ${text}`,
    {
      evidence
    }
  );
}
function missingManifestError(reference) {
  return new SealiftError(
    `${reference}: the registry has no such manifest, although its index names it. The image is incomplete: build and push it again (${inputSetting("rebuild", "true")}).`
  );
}
async function withRegistryErrors(reference, ask, isRetryable) {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const { failure, message: text } = error;
    const reply = { text, evidence: [text] };
    switch (failure.kind) {
      case "denied":
        throw accessError(reference, reply);
      case "temporary":
        throw unreachableRegistryError(reference, { ...reply, wait: failure.wait });
      case "plain-http":
        throw plainHttpError(registryOf(reference), [text]);
      case "failed":
        throw isRetryable(text) ? unreachableRegistryError(reference, reply) : failedQueryError(reference, reply);
      case "unsupported":
        throw error;
    }
  }
}

// src/image/remote-image.ts
function remotePlatform(digest, manifest, image) {
  const config = digestField(manifest["config"]);
  if (config === void 0) return void 0;
  const labels = mapValues(asObject(asObject(image["config"])["Labels"]), String);
  return { digest, config, labels, layers: layersOf(manifest, image) };
}
function digestField(value) {
  const digest = asText(asObject(value)["digest"]);
  return digest !== void 0 && isDigest(digest) ? digest : void 0;
}
function layersOf(manifest, image) {
  const layers = asList(manifest["layers"]).map(asObject);
  const diffIds = asStrings(asObject(image["rootfs"])["diff_ids"]);
  if (layers.length !== diffIds.length) return [];
  return layers.map((layer, index) => ({
    digest: asText(layer["digest"]) ?? "",
    diffId: diffIds[index] ?? "",
    size: Number(layer["size"])
  }));
}
function platformText({ os, architecture, variant }) {
  return asStrings([os, architecture, variant]).filter(Boolean).join("/");
}

// src/image/read-remote-image.ts
var MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json"
];
function accessTo(repository, actions) {
  const registry = registryOf(repository);
  const path = registry === DOCKER_HUB ? hubPath(repository) : repository.slice(repository.indexOf("/") + 1);
  return { registry, path, actions };
}
async function readManifest({ name: repository, client, signal }, name) {
  const access = accessTo(repository, "pull");
  const { status, headers, body } = await client.request(access, `manifests/${name}`, {
    ...{ method: "GET", headers: { accept: MANIFEST_TYPES.join(", ") }, signal }
  });
  if (status === 404) return void 0;
  const given = headers["docker-content-digest"];
  const reference = `${repository}${name.includes(":") ? "@" : ":"}${name}`;
  const digest = checkedDigest(reference, body, name.includes(":") ? name : asText(given));
  const mediaType = asText(asObject(parseJson(body))["mediaType"]) ?? headers["content-type"] ?? "";
  return { digest, mediaType, bytes: body };
}
async function readRemoteImage(repository, manifest) {
  const content = contentOf(manifest);
  const manifests = asList(content["manifests"]).filter(isObject);
  if (manifests.length === 0) {
    const [name, platform] = await readPlatform(repository, manifest);
    return { digest: manifest.digest, platforms: /* @__PURE__ */ new Map([[name, platform]]) };
  }
  const found = await allOrThrow(
    manifests.map(async (each) => {
      const digest = digestField(each);
      const named = platformText(asObject(each["platform"]));
      if (digest === void 0 || named.startsWith("unknown")) return [];
      const own = await readManifest(repository, digest);
      if (own === void 0) throw missingManifestError(`${repository.name}@${digest}`);
      const [name, platform] = await readPlatform(repository, own);
      return [[named || name, platform]];
    })
  );
  return { digest: manifest.digest, platforms: new Map(found.flat()) };
}
async function readPlatform(repository, manifest) {
  const reference = `${repository.name}@${manifest.digest}`;
  const content = contentOf(manifest);
  const digest = digestField(content["config"]);
  if (digest === void 0) throw missingManifestError(reference);
  const config = asObject(parseJson(await readRemoteBlob(repository, digest)));
  const platform = remotePlatform(manifest.digest, content, config);
  if (platform === void 0) throw missingManifestError(reference);
  return [platformText(config), platform];
}
async function readRemoteBlob({ name, client, signal }, digest) {
  const { status, body } = await client.request(accessTo(name, "pull"), `blobs/${digest}`, {
    ...{ method: "GET", headers: {}, signal }
  });
  const reference = `${name}@${digest}`;
  if (status === 404) throw missingManifestError(reference);
  checkedDigest(reference, body, digest);
  return body;
}
var contentOf = ({ bytes }) => asObject(parseJson(bytes));
function checkedDigest(reference, bytes, expected) {
  const digest = digestField({ digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` });
  if (digest !== void 0 && (expected === void 0 || expected === digest) && isObject(parseJson(bytes)))
    return digest;
  throw new SealiftError(
    `${reference}: the registry's answer is not the image that its digest names. Is a proxy between ${theRunner()} and the registry? It must pass the answers on unchanged.`
  );
}
function splitReference(reference) {
  const { repository, tag = "latest", digest } = parseImageReference(reference, "image");
  return [repository, digest ?? tag];
}

// src/run/registry-errors.ts
var ACCESS_DENIED = /unauthorized|authentication required|authorization failed|no basic auth credentials|access (?:to the resource is )?denied|\bdenied\b|forbidden|insufficient_scope|\b40[13]\b/i;
var TRANSIENT_ERROR = /\b(?:429|5\d\d) (?:Too Many|Internal|Bad Gateway|Service|Gateway|Insufficient)|\bHTTP status: (?:408|429|5\d\d)|HTTP (?:408|429|5\d\d) response|toomanyrequests|too many requests|connection (?:reset|refused|timed out)|broken pipe|unexpected EOF|: EOF\b|i\/o timeout|TLS handshake timeout|context deadline exceeded|deadline exceeded|no such host|server misbehaving|temporary failure|network is unreachable|no route to host|http2: |stream error|use of closed network connection|Client\.Timeout/i;
function isAccessDenied(text) {
  return ACCESS_DENIED.test(text);
}
function isTransient(text) {
  return TRANSIENT_ERROR.test(text);
}

// src/image/build-errors.ts
var PERMANENT_ERROR = /not found|manifest invalid|name invalid|name unknown|invalid reference|must be lowercase|tag (?:is )?immutable|already exists|cannot be overwritten|quota|too large/i;
var ENGINE_UNREACHABLE = /Cannot connect to the Docker daemon|docker daemon is not running|(?:failed|trying) to connect to the docker (?:daemon|API)/i;
function isEngineUnreachable(text) {
  return ENGINE_UNREACHABLE.test(text);
}
function isRetryablePushError(text) {
  return isTransient(text) || !PERMANENT_ERROR.test(text);
}
function isBuildxUnusable(text) {
  return /unknown command: docker buildx|'buildx' is not a docker command|unknown (?:shorthand )?flag/.test(
    text
  );
}
var buildxAdvice = () => `docker buildx is not on ${thisRunner()}, or too old. ${byPlace("Run docker/setup-buildx-action before this step", "Install it: docs.docker.com/build")}.`;
function lastStderrLine({ stderr }) {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  return line.replace(/^(?:Error response from daemon|ERROR):\s*/, "");
}
function pushAdvice(registry) {
  return registry === GITHUB_REGISTRY ? `${byPlace('Give the job "permissions: packages: write", and this repository write access to the package (Package settings → Manage Actions access); or set', "Set")} "${inputRef("registry-username")}" and "${inputRef("registry-password")}"${byPlace("", " to a token that may write packages")}.` : `Check that the login for ${registry} has write access. If there is none, ${loginAdvice(registry)}.`;
}

// src/image/imagetools.ts
var Imagetools = class {
  #context;
  #plainHttp = /* @__PURE__ */ new Map();
  constructor(context) {
    this.#context = context;
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference) {
    const format = '{"manifest":{{json .Manifest}},"image":{{json .Image}}}';
    const answer = await this.#query(reference, ["inspect", "--format", format, reference]);
    if (answer === void 0) return void 0;
    const { manifest, image } = asObject(JSON.parse(answer));
    const digest = digestField(manifest);
    if (digest === void 0)
      throw new SealiftError(
        `${reference}: the registry's answer has no digest. Is a proxy between ${theRunner()} and the registry? It must pass the answers on unchanged.`
      );
    const [repository] = splitReference(reference);
    const manifests = asList(asObject(manifest)["manifests"]).filter(isObject);
    const platforms = /* @__PURE__ */ new Map();
    if (manifests.length === 0) {
      platforms.set(platformText(asObject(image)), await this.#platform(repository, digest, asObject(image)));
    }
    for (const each of manifests) {
      const own = digestField(each);
      const platform = platformText(asObject(each["platform"]));
      if (own === void 0 || platform.startsWith("unknown")) continue;
      const config = asObject(image)[platform] ?? image;
      platforms.set(platform, await this.#platform(repository, own, asObject(config)));
    }
    return { digest, platforms };
  }
  async #platform(repository, digest, image) {
    const reference = `${repository}@${digest}`;
    const raw = await this.#query(reference, ["inspect", "--raw", reference]);
    const platform = raw === void 0 ? void 0 : remotePlatform(digest, asObject(JSON.parse(raw)), image);
    if (platform !== void 0) return platform;
    throw missingManifestError(reference);
  }
  /**
   * Gives an image more names, also in other repositories.
   * @returns whether the image is there
   * @throws RegistryAccessError when the registry refuses it to this login
   */
  async tag(image, references) {
    const tags = references.flatMap((reference) => ["--tag", reference]);
    const args = ["create", "--prefer-index=false", ...tags, image];
    return await this.#query(image, args, isRetryablePushError) !== void 0;
  }
  #query(reference, args, isRetryable = isTransient) {
    const what = `Asking ${registryOf(reference)}`;
    return retryTransient(what, () => this.#queryOnce(reference, args, isRetryable), this.#context);
  }
  async #queryOnce(reference, args, isRetryable) {
    const registry = registryOf(reference);
    const { run, environment, signal } = this.#context;
    const plainHttp = this.#plainHttp.get(registry);
    try {
      const env = { ...environment, ...await plainHttp };
      const { stdout } = await run("docker", ["buildx", "imagetools", ...args], { env, signal });
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (plainHttp !== void 0 || !isPlainHttpError(error.stderr))
        return explainRegistryError(reference, error, isRetryable);
    }
    const found = this.#plainHttp.get(registry) ?? plainHttpEnvironment(registry, this.#context);
    this.#plainHttp.set(registry, found);
    await found;
    return this.#queryOnce(reference, args, isRetryable);
  }
};
function explainRegistryError(reference, error, isRetryable) {
  const reply = lastStderrLine(error);
  const { evidence } = error;
  if (isBuildxUnusable(error.stderr)) throw new ConfigurationError(buildxAdvice(), { evidence });
  if (isAccessDenied(reply) && !isTransient(reply)) throw accessError(reference, { text: reply, evidence });
  if (isRetryable(reply))
    throw unreachableRegistryError(reference, { text: reply, evidence, wait: retryAfterInText(reply) });
  if (/not found|manifest unknown|name unknown|does not exist/i.test(reply)) return void 0;
  throw failedQueryError(reference, { text: reply, evidence });
}

// src/image/registry.ts
var Registry = class _Registry {
  #context;
  #client;
  #imagetools;
  /** Images and manifests by digest, which never change: looked up once in a run, whoever asks. */
  static #images = /* @__PURE__ */ new Map();
  static #manifests = /* @__PURE__ */ new Map();
  /** Registries that only imagetools can ask. */
  static #unsupported = /* @__PURE__ */ new Set();
  constructor(context) {
    this.#context = context;
    this.#client = RegistryClient.of(context);
    this.#imagetools = new Imagetools(context);
  }
  /**
   * @param reference with a tag or a digest
   * @returns `undefined` when there is no such image
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached
   */
  async inspect(reference) {
    const known = _Registry.#images.get(reference);
    if (known !== void 0) return known;
    const remote = await this.#ask(
      reference,
      () => this.#read(reference),
      () => this.#imagetools.inspect(reference)
    );
    const [repository] = splitReference(reference);
    if (remote !== void 0) _Registry.#images.set(`${repository}@${remote.digest}`, remote);
    return remote;
  }
  /**
   * Asks for what is attached to an image.
   * @throws RegistryAccessError without access; SealiftError when the registry can't be reached, or only docker can ask it
   */
  async readBeside(image, read) {
    return await this.#ask(
      image,
      () => read(this.#repository(repositoryOf(image))),
      () => {
        throw new SealiftError(
          `${inputRef("verify")}: Sealift can't ask ${registryOf(image)} itself, only through docker, which can't read signatures. The log says above why. Set ${inputSetting("verify", "off")}, or use another registry.`
        );
      }
    );
  }
  async #read(reference) {
    const [repository, name] = splitReference(reference);
    const remote = this.#repository(repository);
    const manifest = await readManifest(remote, name);
    if (manifest === void 0) return void 0;
    _Registry.#manifests.set(`${repository}@${manifest.digest}`, manifest);
    return await readRemoteImage(remote, manifest);
  }
  /**
   * Gives an image more names. Within a repository only the manifest is sent again.
   * @param image by digest
   * @throws ConfigurationError when the registry refuses it to this login
   */
  async tag(image, references) {
    const [repository] = splitReference(image);
    const own = references.filter((reference) => splitReference(reference)[0] === repository);
    const others = references.filter((reference) => !own.includes(reference));
    try {
      const found = await allOrThrow([
        own.length === 0 || this.#tag(image, own),
        others.length === 0 || this.#imagetools.tag(image, others)
      ]);
      if (found.every(Boolean)) return;
    } catch (error) {
      if (!(error instanceof RegistryAccessError)) throw error;
      const { evidence } = error;
      const registry = registryOf(image);
      throw new ConfigurationError(
        `${registry} refuses the tags ${references.join(", ")} for ${image}. ${pushAdvice(registry)} The registry answered: ${evidence.at(-1) ?? "nothing"}`,
        { evidence }
      );
    }
    throw new SealiftError(
      `${image} is not in the registry, so it can't be tagged. It was removed since it was pushed: run ${thisJob()} again.`
    );
  }
  /** @returns whether the image is there */
  #tag(image, references) {
    return this.#ask(
      image,
      async () => {
        const manifest = await this.#manifest(image);
        if (manifest === void 0) return false;
        const put = await allOrThrow(references.map((reference) => this.#put(manifest, reference)));
        return put.every(Boolean);
      },
      () => this.#imagetools.tag(image, references),
      isRetryablePushError
    );
  }
  async #manifest(image) {
    const [repository, name] = splitReference(image);
    return _Registry.#manifests.get(image) ?? await readManifest(this.#repository(repository), name);
  }
  /** @returns `false` if the registry lacks what the manifest names */
  async #put({ mediaType, bytes }, reference) {
    const [repository, tag] = splitReference(reference);
    const { signal } = this.#context;
    const { status } = await this.#client.request(accessTo(repository, "pull,push"), `manifests/${tag}`, {
      ...{ method: "PUT", headers: { "content-type": mediaType }, body: bytes, signal }
    });
    return status !== 404;
  }
  #repository(name) {
    return { name, client: this.#client, signal: this.#context.signal };
  }
  /** Asks with the own client, or with imagetools what that can't do. */
  async #ask(reference, ask, askImagetools, isRetryable = () => false) {
    const registry = registryOf(reference);
    if (!_Registry.#unsupported.has(registry)) {
      try {
        return await retryTransient(
          `Asking ${registry}`,
          () => withRegistryErrors(reference, ask, isRetryable),
          this.#context
        );
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        this.#context.log.info(`${registry} is asked through docker buildx imagetools: ${error.message}.`);
        _Registry.#unsupported.add(registry);
      }
    }
    return await askImagetools();
  }
};

// src/run/fingerprint.ts
const { createHash: createHash2 } = require("node:crypto");
var fingerprintOf = (text, digits = 16) => createHash2("sha256").update(text).digest("hex").slice(0, digits);

// src/model/exit-code.ts
var KILLED_EXIT_CODE = 137;
var killedText = (what, where) => `${what} was killed in ${where} (exit code ${KILLED_EXIT_CODE}): it was probably out of memory.`;

// src/run/logged-output.ts
var LONGEST_OUTPUT = 1e7;
var LoggedOutput = class {
  #print;
  #tail;
  #printed = 0;
  #omitted = 0;
  /** @param evidenceLines how many lines an error shows */
  constructor(print, evidenceLines) {
    this.#print = print;
    this.#tail = new Tail(evidenceLines);
  }
  push(line) {
    this.#tail.push(line);
    this.#printed += line.length;
    if (this.#printed <= LONGEST_OUTPUT) {
      this.#print(line);
      return;
    }
    if (this.#omitted === 0)
      this.#print("… The output is too long for the log. Its last lines follow when it ends.");
    this.#omitted += 1;
  }
  /** The last lines, oldest first. */
  get lastLines() {
    return this.#tail.lines;
  }
  /** The command has ended: prints the last lines of what was left out. */
  [Symbol.dispose]() {
    if (this.#omitted === 0) return;
    const last = this.lastLines.slice(-this.#omitted);
    this.#print(`… ${this.#omitted - last.length} lines are left out here.`);
    for (const line of last) this.#print(line);
  }
};

export {
  MAX_VARIABLE_BYTES,
  programEnvironment,
  splitCommand,
  openAtLineEnd,
  quoteCommand,
  formatCommand,
  formatBytes,
  joinWithAnd,
  SLOTS,
  otherSlot,
  baseProject,
  releaseProject,
  slotNetwork,
  upstreamNetwork,
  upstreamKey,
  LABEL,
  OWN_ROLE,
  FILES_ROLE,
  labelsOf,
  Tail,
  RegistryError,
  retryAfterInText,
  askRetryAfter,
  registryConfigKey,
  runnerDockerFolder,
  makeDockerConfig,
  makeHostDockerConfig,
  linkPlugin,
  hasCredentials,
  readDockerConfig,
  storedLogin,
  RegistryClient,
  inBackground,
  openInBackground,
  allOrThrow,
  isAccessDenied,
  isTransient,
  isEngineUnreachable,
  isRetryablePushError,
  isBuildxUnusable,
  buildxAdvice,
  pushAdvice,
  plainHttpError,
  RegistryAccessError,
  withRegistryErrors,
  digestField,
  accessTo,
  readManifest,
  readRemoteBlob,
  splitReference,
  Registry,
  fingerprintOf,
  KILLED_EXIT_CODE,
  killedText,
  LoggedOutput
};
