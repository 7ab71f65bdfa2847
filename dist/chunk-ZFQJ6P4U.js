import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  OCI_LABEL,
  buildImages,
  lookUpBuild,
  reusableImages
} from "./chunk-M25APQZV.js";
import {
  ComposeUnavailableError,
  GITHUB_TIMES,
  bringCompose,
  connectToGitHub,
  fileVolume,
  githubVariables,
  group,
  httpsPortsIn,
  isGitHubDotCom,
  mountsOf,
  parseComposeConfig,
  portsOf,
  repositoryConnection,
  resolveToJson,
  runComposeConfig,
  unsetVariablesProblem,
  withComposePlugin
} from "./chunk-AXM2NXMP.js";
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
  makeDockerConfig,
  plainHttpError,
  programEnvironment,
  readDockerConfig,
  readManifest,
  readRemoteBlob,
  runnerDockerFolder
} from "./chunk-QZ63PLH4.js";
import {
  refused,
  requireProof
} from "./chunk-R2SN7PXI.js";
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
} from "./chunk-OXXP23QS.js";
import {
  DOCKER_HUB,
  GITHUB_REGISTRY,
  asList,
  asObject,
  asStrings,
  asText,
  canonicalJson,
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
  parseImageReference,
  parseJson,
  pinnedImage,
  placeholderImage,
  registryNamed,
  registryOf,
  repositoryOf,
  unescapeDollars
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError,
  byPlace,
  thisRunner
} from "./chunk-O5VY7DHM.js";

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
          `${where}: the variable that it names is not set${byPlace(' in this step. Set it under "env:" of the step', ". Export it")}, or write NAME=VALUE.`
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
      `registry-password: missing, but "${inputRef("registry-username")}" is set. ${byPlace("Check that the secret exists and that this job may read it", "Set both or neither")}.`
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
      `registry-password: there is no password for ${registry}, which "${inputRef("registry-username")}" has. Write ${registry}=password on a line${byPlace(", and check that the secret exists and that this job may read it", "")}.`
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
      byToken ? `github-token: ${registry} refuses the login with ${byPlace(`the job's token. Give the job "permissions: packages: write", or set`, "this token. Give one that may write packages, or set")} "${inputRef("registry-username")}" and "${inputRef("registry-password")}". The registry answered: ${message}` : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries need a token in place of the password. The registry answered: ${message}`,
      { evidence }
    );
  }
  if (failure.kind === "plain-http") return plainHttpError(registry, evidence);
  const wait = failure.kind === "temporary" ? failure.wait : void 0;
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${message}.${waitRefusal(wait)} Check its name in the input "${inputRef("image")}", and that ${thisRunner()} may reach it.`,
    { evidence }
  );
  return failure.kind === "temporary" ? new TransientError(unreachable, { wait }) : unreachable;
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
  const why = code === "ENOENT" ? `which is not in the checkout. Create it${byPlace(" in a step before this one", "")}, or use environment: with the input "${inputRef("env")}"` : code === "EISDIR" ? `which is a folder, and a ${kind} is one file. Name each file` : `which can't be read (${code})`;
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
  const { judgeAttestations } = await import("./attestations-LFLDHTIC.js");
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
  const { attestImages } = await import("./attest-WSY3OWCQ.js");
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
  const direct = await import("./build-directly-GDZGJW7O.js");
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
  const place = transfer === "direct" ? `Neither ${thisRunner()} nor a host has` : "The registry does not have";
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
      `image: ${name} was not found in the registry. Check the name and the ${digest === void 0 ? "tag" : "digest"}, and whether the image was pushed, or removed since. One that was built with ${inputSetting("image-transfer", "direct")} is in none: set that here too.`
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
  const found = isDirect ? (await import("./resolve-directly-X7XFPWEM.js")).resolveDirectly(source.images, engines, imageContext) : resolveImages(source.images, imageContext);
  const { images, tags, revision, local } = { local: [], ...await found };
  await requireTrust(images.values(), trust, imageContext, context);
  return async () => {
    context.report.set({ images: Object.fromEntries(images), tags });
    return { images, tags, revision, environment: imageContext.environment, local };
  };
}

export {
  parsePairs,
  readRegistryCredentials,
  loginPairs,
  registryOfInput,
  jobTokenUser,
  registryEnvironment,
  readDeployComposeFile,
  resolveComposeFile,
  builtImagesOf,
  startImageLookup
};
