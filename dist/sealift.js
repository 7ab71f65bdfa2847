import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  build,
  keysOfMapping,
  reportFailure,
  reportedPost,
  rollbackHosts,
  withHealthTimeout
} from "./chunk-CR3WT77J.js";
import {
  splitProject
} from "./chunk-QKTBNX5A.js";
import "./chunk-KUQU5EMS.js";
import {
  jobTokenUser,
  loginPairs,
  parsePairs,
  readDeployComposeFile,
  readRegistryCredentials,
  registryEnvironment,
  registryOfInput,
  startImageLookup
} from "./chunk-ZFQJ6P4U.js";
import "./chunk-M25APQZV.js";
import {
  reuseLiveReleaseId,
  withAdoptedVolumes
} from "./chunk-SVFB7AUQ.js";
import {
  DEFAULT_EDGE_IMAGES,
  FRONT_APPS_FOLDER,
  FRONT_MOUNT,
  FRONT_VOLUME,
  HostLock,
  INPUTS,
  LEASE_DURATION,
  LineSplitter,
  ReportDraft,
  STEP_FOLDER_STATE,
  SUBNET_PREFIX,
  addWarnings,
  askGit,
  breakLock,
  chooseStrategy,
  cleanUpKilledRun,
  combineFailures,
  commonRelease,
  connect,
  createStepFolder,
  deployRelease,
  deploymentOfRollback,
  domainOwnersIn,
  emptyReport,
  executePlan,
  frontAmong,
  givenContents,
  hasOwnRole,
  hostContextsOf,
  ignoreNotFound,
  isDeclaredInput,
  isOwnerGone,
  labelFilters,
  liveOriginOf,
  lockClaim,
  lockHosts,
  lockInBackground,
  lockWait,
  observeHost,
  observeHosts,
  onReachableHosts,
  openFleet,
  openImageDelivery,
  parseHooks,
  parseRange,
  preflight,
  readLock,
  removeStepFolder,
  removeUnusedFront,
  reportProgress,
  requireApproval,
  requireEnvironmentRules,
  resumeLocks,
  retentionRepository,
  runPreStop,
  runScript,
  setDomains,
  staleCommitCheckOf,
  stateVolume,
  statusReport,
  stepReports,
  takeUpLock,
  trustedProxiesOf,
  userSshEnvironment,
  withTrustedProxies
} from "./chunk-74IQ2ZWK.js";
import {
  REMAINS_TEXT,
  acceptedByFleet,
  briefLine,
  bringCompose,
  checkProxyProtocol,
  consoleLog,
  currentReporter,
  endTrafficSteps,
  findComposeShortcoming,
  githubVariables,
  group,
  hasDomains,
  historyLines,
  historyOf,
  hostEnvironment,
  hostName,
  imageNamesOf,
  isGitHubDotCom,
  isReleaseId,
  isStopped,
  keptVolumes,
  keptVolumesLines,
  liveRelease,
  lockLine,
  makeRelease,
  mayRun,
  oneLine,
  parseDecimal,
  parsePercent,
  plainText,
  planAdoption,
  planRemoval,
  programMissingError,
  rejectUnknownServices,
  releaseBefore,
  removalObstacle,
  removalPlanLines,
  removalReport,
  removalStepLine,
  reportJson,
  reportTo,
  runComposeProgram,
  serviceNamesOf,
  statusLines,
  step
} from "./chunk-AXM2NXMP.js";
import {
  FILES_ROLE,
  LABEL,
  Tail,
  allOrThrow,
  baseProject,
  formatBytes,
  inBackground,
  joinWithAnd,
  labelsOf,
  openAtLineEnd,
  openInBackground,
  programEnvironment,
  releaseProject
} from "./chunk-QZ63PLH4.js";
import {
  findImage
} from "./chunk-PELZNHR3.js";
import {
  byName,
  isDigestTag,
  recordedImages
} from "./chunk-ODC7C6PZ.js";
import {
  Conflict
} from "./chunk-5PPHBT3U.js";
import {
  getInput
} from "./chunk-3ZWEW477.js";
import "./chunk-R2SN7PXI.js";
import "./chunk-T2AHS3SW.js";
import {
  MAX_DURATION,
  parseDuration,
  pause
} from "./chunk-LL335SZZ.js";
import "./chunk-OXXP23QS.js";
import {
  GITHUB_REGISTRY,
  TAG_RULE,
  TAG_TEMPLATES,
  asList,
  asObject,
  asText,
  configurationMessage,
  inputRef,
  inputSetting,
  isDigest,
  isRepository,
  isTag,
  nameInputsBy,
  parseImageReference,
  pinnedImage
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  HostError,
  SealiftError,
  byPlace,
  isCausedByAbort,
  messageOf,
  messageWithoutHost,
  speakToTerminal,
  thisJob,
  wasCancelled
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/image/commit-context.ts
const { existsSync } = require("node:fs");
const { readFile } = require("node:fs/promises");
const { join } = require("node:path");
async function readCommitContext(environment = process.env) {
  const { eventPath = "", workspace = process.cwd() } = githubVariables(environment);
  const [payload, checkout] = await Promise.all([readPayload(eventPath), readCheckout(workspace)]);
  return commitContext(environment, payload, checkout);
}
function commitContext(environment, payload, checkout) {
  const { actor, event, ref, repository, serverUrl, sha: eventSha } = githubVariables(environment);
  const isOther = checkout !== void 0 && eventSha !== void 0 && checkout.sha !== eventSha;
  const source = repository && `${serverUrl}/${repository}`;
  const committedAt = checkout?.committedAt ?? eventCommitTime(payload, eventSha);
  return {
    sha: checkout?.sha ?? eventSha,
    committedAt: committedAt && toUtc(committedAt),
    ref: isOther ? void 0 : ref,
    event,
    pullRequest: pullRequestOf(payload, ref),
    repository,
    source,
    actor,
    runUrl: source && runUrlOf(source, environment),
    note: isOther ? `The checkout holds commit ${checkout.sha}, but the event is for ${eventSha}${ref === void 0 ? "" : ` (${ref})`}: the image is named after the checkout.` : void 0
  };
}
function runUrlOf(source, environment) {
  const { runId, runAttempt } = githubVariables(environment);
  const attempt = runAttempt === void 0 ? "" : `/attempts/${runAttempt}`;
  return runId && `${source}/actions/runs/${runId}${attempt}`;
}
function eventCommitTime(payload, sha) {
  const head = asObject(asObject(payload)["head_commit"]);
  return sha !== void 0 && head["id"] === sha ? asText(head["timestamp"]) : void 0;
}
function pullRequestOf(payload, ref = "") {
  const number = asObject(asObject(payload)["pull_request"])["number"];
  if (typeof number === "number") return number;
  const inRef = /^refs\/pull\/(?<number>\d+)\//.exec(ref)?.groups?.["number"];
  return inRef === void 0 ? void 0 : Number(inRef);
}
async function readPayload(path) {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return void 0;
  }
}
async function readCheckout(folder) {
  if (!existsSync(join(folder, ".git"))) return void 0;
  try {
    const commit = await askGit(folder, ["log", "-1", "--no-show-signature", "--format=%H %cI"]);
    const [sha, committedAt] = commit.trim().split(" ");
    return sha === void 0 || committedAt === void 0 ? void 0 : { sha, committedAt };
  } catch {
    return void 0;
  }
}
function toUtc(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? void 0 : date.toISOString().replace(".000Z", "Z");
}

// src/inputs/compose.ts
const { existsSync: existsSync2, readdirSync } = require("node:fs");

// src/inputs/domains.ts
const { isIP } = require("node:net");
const { domainToASCII } = require("node:url");
var DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
function readDomainsInput(inputs) {
  const domains = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("domains")) {
    const equals = line.indexOf("=");
    const domain = parseDomain(equals < 0 ? line : line.slice(0, equals).trim());
    if (domains.has(domain))
      throw new ConfigurationError(`domains: "${domain}" is listed twice. Remove one of the lines.`);
    domains.set(domain, equals < 0 ? void 0 : parseServiceAndPort(domain, line.slice(equals + 1).trim()));
  }
  return domains;
}
function parseDomain(text) {
  const refuse = (problem) => new ConfigurationError(`domains: "${text}" ${problem}`);
  if (text.includes("*"))
    throw refuse("is a wildcard, but each certificate is for one name. List the domains.");
  if (text.includes("/")) throw refuse("is a URL. Write only the domain, without https:// and path.");
  if (isIP(text) !== 0)
    throw refuse("is an IP address, and there are no certificates for those. Publish a port instead.");
  if (text.includes(":"))
    throw refuse("has a port. Domains are served on 443 and 80; write the app port as domain=service:port.");
  const domain = domainToASCII(text);
  if (domain.length > 253 || !domain.split(".").every((label) => DNS_LABEL.test(label)))
    throw refuse("is not a domain name. Write app.example.com, for example.");
  return domain;
}
function parseServiceAndPort(domain, text) {
  const { service, port } = /^(?<service>[A-Za-z0-9._-]+)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  if (service === void 0 || port !== void 0 && !isPort(port)) {
    throw new ConfigurationError(
      `domains: "${text}" after ${domain}= is not a service. Write service or service:port, such as web:8080.`
    );
  }
  return { service, port: port === void 0 ? void 0 : Number(port) };
}
function isPort(text) {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65535;
}

// src/inputs/compose.ts
var OTHER_COMPOSE_FILES = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];
var TLS_ADVICE = "Use the inputs tls-ca, tls-cert and tls-key";
var RESERVED_VARIABLES = /* @__PURE__ */ new Map([
  ["IMAGE", "Sealift sets it to the image. Use another name"],
  ["PATH", "Programs are found with it. Use another name"],
  ["HOME", "Programs find their own settings with it. Use another name"],
  ["DOCKER_HOST", "Use the input hosts"],
  ["DOCKER_CONTEXT", "Use the input hosts"],
  ["DOCKER_CONFIG", "Use the inputs registry-username and registry-password"],
  ["DOCKER_TLS", TLS_ADVICE],
  ["DOCKER_TLS_VERIFY", TLS_ADVICE],
  ["DOCKER_CERT_PATH", TLS_ADVICE],
  ["DOCKER_API_VERSION", "Sealift negotiates it with each host. Remove it"],
  ["COMPOSE_FILE", "Use the input compose-file"],
  ["COMPOSE_PROJECT_NAME", "Use the input app"]
]);
var VOLUME_SPEC = /^(?<source>[^:\s]+):(?<path>\/[^:]*)(?::(?:ro|rw))?$/;
function readComposeSource(inputs) {
  const files = findComposeFiles(inputs);
  const port = readPortInput(inputs);
  const volumes = readVolumes(inputs);
  if (files === void 0 && port === void 0) {
    throw new ConfigurationError(
      `compose-file: ${missingFileText(inputs.lines("compose-file"))} Name your Compose file. If you have none, set "${inputRef("port")}" to the port that the app listens on.`
    );
  }
  return { files, variables: readVariables(inputs), port, volumes, domains: readDomainsInput(inputs) };
}
function readComposeFiles(inputs) {
  return { files: findComposeFiles(inputs), variables: readVariables(inputs) };
}
function unusedMinimalInputs({ files, port, volumes }) {
  if (files === void 0) return [];
  const unused = [port === void 0 ? [] : ["port"], volumes.length === 0 ? [] : ["volumes"]].flat();
  return unused.map(
    (name) => `${name}: not used, because ${files.join(", ")} describes the app. It is only for apps without a Compose file.`
  );
}
function findComposeFiles(inputs) {
  const files = inputs.lines("compose-file");
  const absent = files.filter((file) => !existsSync2(file));
  if (absent.length === 0) return files;
  if (files.length === 1 && files[0] === inputs.defaultOf("compose-file")) return void 0;
  throw new ConfigurationError(`compose-file: ${missingFileText(absent)}`);
}
function missingFileText(absent) {
  const folder = process.cwd();
  if (readdirSync(folder).length === 0)
    return `${folder} is empty. ${byPlace("Run actions/checkout before this step", "Run sealift in the checkout")}.`;
  const other = OTHER_COMPOSE_FILES.find((name) => existsSync2(name) && !absent.includes(name));
  const hint = other === void 0 ? "" : ` There is ${other}. To use it, set ${inputSetting("compose-file", other)}.`;
  return `"${absent.join('", "')}" is not in ${folder}.${hint}`;
}
function readVariables(inputs) {
  const variables = inputs.pairs("env");
  for (const name of variables.keys()) {
    const advice = RESERVED_VARIABLES.get(name);
    if (advice !== void 0) throw new ConfigurationError(`env: "${name}" can't be set. ${advice}.`);
  }
  return variables;
}
function readPortInput(inputs) {
  const text = inputs.text("port");
  if (text === void 0) return void 0;
  const ports = text.split(":");
  if (ports.length <= 2 && ports.every(isPort)) return text;
  throw new ConfigurationError(
    `port: "${text}" is not a port. Write the port that the app listens on (8080), or the host port and the app port (80:8080).`
  );
}
function readVolumes(inputs) {
  const volumes = inputs.lines("volumes");
  for (const volume of volumes) {
    const source = VOLUME_SPEC.exec(volume)?.groups?.["source"];
    if (source === void 0) {
      throw new ConfigurationError(
        `volumes: "${volume}" has the wrong form. Write name:/path or /host/path:/path, with :ro or :rw at the end if needed.`
      );
    }
    if (source.startsWith("/") || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) continue;
    throw new ConfigurationError(
      `volumes: "${source}" is a path in the checkout, which a host does not have. Name a volume, give an absolute path on the host, or copy the files into the image.`
    );
  }
  return volumes;
}

// src/model/host-address.ts
const { isIPv6, SocketAddress } = require("node:net");
var URL_PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<credentials>[^/]*)@)?(?<host>\[[^\]]*\]|[^/:?#]*)(?<port>:[^/?#]*)?(?<rest>.*)$/s;
var HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
var USER = /^[A-Za-z0-9_](?:[A-Za-z0-9_.@+\\-]*[A-Za-z0-9_.@+-])?\$?$/;
function parseHostAddress(line) {
  const text = line.trim();
  const shown = withoutPassword(text);
  const refuse = (problem) => {
    throw new ConfigurationError(`hosts: "${shown}" ${problem}`);
  };
  const {
    scheme: schemeText,
    credentials,
    host = "",
    port: portText,
    rest = ""
  } = URL_PARTS.exec(text)?.groups ?? {};
  if (schemeText === void 0) {
    return refuse(`is not a URL. Write ${text.startsWith("/") ? `unix://${text}` : sshUrlFor(shown)}.`);
  }
  const scheme = schemeText.toLowerCase();
  if (scheme === "unix") return parseUnix(text.slice("unix://".length), refuse);
  if (scheme !== "ssh" && scheme !== "tcp") {
    const hint = scheme.startsWith("http") ? " An engine over TCP with TLS is tcp://host:2376." : "";
    return refuse(`has the unknown scheme ${scheme}://. Write ssh://, tcp:// or unix://.${hint}`);
  }
  if (isIPv6(`${host}${portText ?? ""}`)) {
    const user2 = credentials === void 0 || credentials.includes(":") ? "" : `${credentials}@`;
    return refuse(
      `has an IPv6 address that is not between brackets. Write ${scheme}://${user2}[${host}${portText ?? ""}].`
    );
  }
  const hostname = parseHostname(host, refuse);
  const port = parsePort(portText, refuse);
  const bracketed = hostname.includes(":") ? `[${hostname}]` : hostname;
  if (credentials?.includes(":")) {
    return refuse(
      `has a password, which Sealift does not use. Log in with a key ("${inputRef("ssh-key")}") or a certificate ("${inputRef("tls-cert")}", "${inputRef("tls-key")}").`
    );
  }
  if (scheme === "tcp") {
    if (credentials !== void 0) return refuse("has a user, but an engine over TCP has none. Remove it.");
    if (rest !== "" && rest !== "/") return refuse("has a path. Write only tcp://host:port.");
    return {
      kind: "tcp",
      name: hostName(`tcp://${bracketed}:${port ?? 2376}`),
      hostname,
      port: port ?? 2376
    };
  }
  if (rest !== "" && rest !== "/") {
    return refuse(
      "has a path. Write only ssh://user@host:port. Sealift uses /var/run/docker.sock, or the socket that the docker command of the user finds."
    );
  }
  const user = parseUser(credentials, refuse);
  const userPart = user === void 0 ? "" : `${user}@`;
  const portPart = port === void 0 || port === 22 ? "" : `:${port}`;
  return { kind: "ssh", name: hostName(`ssh://${userPart}${bracketed}${portPart}`), user, hostname, port };
}
function sshUrlFor(text) {
  const at = text.lastIndexOf("@");
  const [user, host] = at < 0 ? ["user", text] : [text.slice(0, at), text.slice(at + 1)];
  return `ssh://${user}@${isIPv6(host) ? `[${host}]` : host}`;
}
function parseUnix(path, refuse) {
  if (!path.startsWith("/"))
    return refuse("has no absolute path. Write three slashes: unix:///var/run/docker.sock.");
  if (Buffer.byteLength(path) > 107)
    return refuse("has a path of more than 107 bytes, which is too long for a socket. Use a shorter one.");
  if (plainText(path) !== path || new RegExp("\\p{Cc}", "u").test(path))
    return refuse("has a path with invisible characters. Write it again by hand.");
  const normalized = path.replaceAll(/\/{2,}/g, "/");
  return { kind: "unix", name: hostName(`unix://${normalized}`), path: normalized };
}
function parseHostname(host, refuse) {
  if (host.startsWith("[")) {
    const address = host.slice(1, -1).toLowerCase();
    return isIPv6(address) ? shortest(address) : refuse("has no valid IPv6 address between its brackets. Write [2001:db8::1], for example.");
  }
  if (host === "") return refuse("names no host. Write ssh://user@host.");
  return HOSTNAME.test(host) ? host.toLowerCase() : refuse("names no valid host. Write an IPv6 address between brackets.");
}
function shortest(address) {
  const [plain = "", zone] = address.split("%");
  const short = new SocketAddress({ address: plain, family: "ipv6" }).address;
  return zone === void 0 ? short : `${short}%${zone}`;
}
function parsePort(text, refuse) {
  if (text === void 0) return void 0;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port >= 1 && port <= 65535) return port;
  return refuse("has no valid port. Write a number from 1 to 65535, and an IPv6 address between brackets.");
}
function parseUser(text, refuse) {
  if (text === void 0) return void 0;
  let user;
  try {
    user = decodeURIComponent(text);
  } catch {
    return refuse("has a user with an invalid %-escape. Write %25 for a percent sign.");
  }
  return USER.test(user) ? user : refuse('has no valid user before the "@". Write ssh://user@host.');
}
function withoutPassword(text) {
  return text.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, "$<before>:***@");
}

// src/inputs/access.ts
function readHosts(inputs) {
  const hosts = /* @__PURE__ */ new Map();
  for (const { number, text } of inputs.numberedLines("hosts")) {
    rejectSeveralHosts(text, number, inputs);
    const host = parseHostAddress(text);
    if (hosts.has(host.name)) {
      throw new ConfigurationError(`hosts: ${host.name} is listed twice. Remove one of the lines.`);
    }
    hosts.set(host.name, host);
  }
  if (hosts.size === 0)
    throw new ConfigurationError("hosts: no line names a host. Write one per line: ssh://user@host.");
  return [...hosts.values()];
}
function rejectSeveralHosts(line, number, { atTerminal }) {
  if (/^unix:/i.test(line) && !/[\s,;]+\w+:\/\//.test(line)) return;
  const separator = /[\s,;]/.exec(line)?.[0];
  if (separator === void 0) return;
  const name = separator === "," ? "comma" : separator === ";" ? "semicolon" : "space";
  const advice = atTerminal ? "Write each host on its own line, or give each a flag --hosts." : 'Write "hosts: |" and below it each host on its own line.';
  throw new ConfigurationError(
    `hosts, line ${number}: the line contains a ${name}, but it must name one host. ${advice}`
  );
}
function readNetworkRange(inputs) {
  const text = inputs.text("network-range");
  if (text === void 0) return void 0;
  const range = parseRange(text);
  if (range !== void 0 && range.prefix <= SUBNET_PREFIX) return range;
  throw new ConfigurationError(
    `network-range: "${text}" is not a range of IPv4 addresses that holds networks of 256 addresses each. Write it as 10.201.0.0/16: addresses that nothing else uses.`
  );
}
function readAccess(inputs, hosts) {
  const ssh = hosts.find((host) => host.kind === "ssh");
  const tcp = hosts.find((host) => host.kind === "tcp");
  return {
    ssh: ssh === void 0 ? void 0 : readSshAccess(inputs, ssh.hostname, ssh.port ?? 22),
    tls: tcp === void 0 ? void 0 : readTlsAccess(inputs, tcp.name)
  };
}
function readSshAccess(inputs, hostname, port) {
  const scan = port === 22 ? hostname : `-p ${port} ${hostname}`;
  const required = (name, advice) => inputs.atTerminal ? inputs.text(name) : inputs.required(name, advice);
  return {
    knownHosts: required(
      "known-hosts",
      `Sealift trusts an SSH host only by a key that it was given. Run "ssh-keyscan ${scan}" from a network that you trust, compare the result with the host's own key (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), and set "${inputRef("known-hosts")}" to the lines that it prints.`
    ),
    privateKey: required(
      "ssh-key",
      `Set it to the private key for ${hostname}, preferably from a secret: ssh-key: \${{ secrets.SSH_KEY }}. If it is set, check that the secret exists and that this job may read it.`
    ),
    passphrase: inputs.text("ssh-key-passphrase"),
    config: inputs.text("ssh-config") ?? "",
    certificate: inputs.text("ssh-certificate"),
    variables: readSshVariables(inputs)
  };
}
function readSshVariables(inputs) {
  const variables = inputs.pairs("ssh-env", void 0, (name) => process.env[name]);
  return variables.size === 0 ? void 0 : Object.fromEntries(variables);
}
function readTlsAccess(inputs, host) {
  const advice = `Sealift connects to ${host} with TLS certificates on both sides: give "${inputRef("tls-ca")}", "${inputRef("tls-cert")}" and "${inputRef("tls-key")}".`;
  return {
    ca: checkCertificate("tls-ca", inputs.required("tls-ca", advice)),
    cert: checkCertificate("tls-cert", inputs.required("tls-cert", advice)),
    key: checkPrivateKey("tls-key", inputs.required("tls-key", advice))
  };
}
function checkCertificate(input, text) {
  if (/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(text)) return `${text}
`;
  throw notPemError(input, "a certificate", "-----BEGIN CERTIFICATE-----", text);
}
function checkPrivateKey(input, text) {
  if (/ENCRYPTED/.test(text)) {
    throw new ConfigurationError(
      `${input}: the key is encrypted. Decrypt it (openssl pkey -in key.pem) and give it as a secret.`
    );
  }
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)) return `${text}
`;
  throw notPemError(input, "a private key", "-----BEGIN PRIVATE KEY-----", text);
}
function notPemError(input, wanted, begin, text) {
  const kind = /-----BEGIN (?<kind>[A-Z0-9 ]+)-----/.exec(text)?.groups?.["kind"]?.toLowerCase();
  const found = kind === void 0 ? "" : ` It contains a ${kind}.`;
  return new ConfigurationError(
    `${input}: not ${wanted} in PEM format.${found} Give the text of the file, which begins with ${begin}, not its path.`
  );
}

// src/inputs/names.ts
var LEGAL_NAME = /^[a-z0-9]+(?:(?:__?|-+)[a-z0-9]+)*$/;
var MAX_PROJECT_NAME = 40;
function checkApp(text) {
  if (LEGAL_NAME.test(text)) return text;
  throw new ConfigurationError(`app: "${text}" ${invalidNameText(text)}`);
}
function defaultAppName(repository) {
  const name = toLegalName(repository.slice(repository.indexOf("/") + 1));
  if (LEGAL_NAME.test(name)) return name;
  throw new ConfigurationError(
    `app: missing, and the repository name "${repository}" can't be used instead. Set it to a name of lower-case letters and digits.`
  );
}
function parseEnvironment(text) {
  const lower = text.toLowerCase();
  if (LEGAL_NAME.test(lower)) return lower;
  throw new ConfigurationError(`environment: "${text}" ${invalidNameText(text)}`);
}
var isProductionName = (environment) => environment.startsWith("prod");
function checkProjectLength(app, environment) {
  const { length } = `${app}-${environment}`;
  if (length <= MAX_PROJECT_NAME) return;
  throw new ConfigurationError(
    `app, environment: "${app}-${environment}" has ${length} characters, but at most ${MAX_PROJECT_NAME} fit into the names of containers, which are DNS labels. Make app ${length - MAX_PROJECT_NAME} characters shorter.`
  );
}
function invalidNameText(text) {
  const better = toLegalName(text);
  const example = LEGAL_NAME.test(better) ? `, such as "${better}"` : "";
  return `is not a valid name. Write lower-case letters and digits, with "-" or "_" only between them${example}.`;
}
function toLegalName(text) {
  return text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/[-_]{2,}/g, (run) => /^(?:-+|__)$/.test(run) ? run : "-").replace(/^[-_]+/, "").replace(/(?<![-_])[-_]+$/, "");
}

// src/inputs/destination.ts
function readDestination(inputs) {
  const { app, environment } = readAppEnvironment(inputs);
  inputs.required(
    "hosts",
    `List the hosts of ${environment}, one per line: ssh://user@host.${buildOnlyAdvice(inputs)}`
  );
  const hosts = readHosts(inputs);
  return {
    app,
    environment,
    hosts,
    access: readAccess(inputs, hosts),
    networkRange: inputs.has("network-range") ? readNetworkRange(inputs) : void 0
  };
}
var buildOnlyAdvice = ({ command }) => command === "deliver" ? " To build and push only, use the action in build/." : "";
function readAppEnvironment(inputs) {
  const environment = readEnvironment(inputs, buildOnlyAdvice(inputs));
  const appInput = inputs.text("app");
  const app = appInput === void 0 ? defaultAppName(githubVariables().repository ?? "") : checkApp(appInput);
  checkProjectLength(app, environment);
  return { app, environment };
}
var readEnvironment = (inputs, advice = "") => parseEnvironment(
  inputs.required("environment", `Name the environment, such as staging or production.${advice}`)
);

// src/inputs/export.ts
const { arch } = require("node:os");

// src/inputs/command-lines.ts
function readCommandLines(inputs, name) {
  return joinContinuedLines(inputs.text(name) ?? "").map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts?.["service"] ?? "";
    const command = parts?.["command"]?.trim() ?? line;
    const problem = command === "" ? `has no command for "${service}"` : parts !== void 0 && service === "" ? 'has no service before the "="' : void 0;
    if (problem === void 0) return { service, command };
    throw new ConfigurationError(`${name}: "${line}" ${problem}. Write service=command or only the command.`);
  });
}
function joinContinuedLines(text) {
  const commands = [];
  let command = [];
  let open;
  for (const line of text.split(/\r?\n/)) {
    if (open === void 0 && (line.trim() === "" || line.trim().startsWith("#"))) continue;
    const part = open === void 0 ? line.trim() : line.trimEnd();
    open = openAtLineEnd(part, open);
    command.push(part);
    if (open !== void 0) continue;
    commands.push(command.join("\n"));
    command = [];
  }
  return open === void 0 ? commands : [...commands, command.join("\n")];
}
function groupByService(commands) {
  const services = Map.groupBy(commands, ({ service }) => service);
  return new Map([...services].map(([service, lines]) => [service, lines.map(({ command }) => command)]));
}

// src/inputs/did-you-mean.ts
var BOOLEAN_ALIASES = new Map([
  ...["yes", "y", "on", "1"].map((word) => [word, "true"]),
  ...["no", "n", "off", "0"].map((word) => [word, "false"])
]);
var MIN_PREFIX_LENGTH = 3;
function didYouMean(word, choices) {
  const plain = word.trim().toLowerCase().replaceAll(/[\s_]+/g, "-");
  const alias = BOOLEAN_ALIASES.get(plain);
  const meant = choices.find((choice) => choice === alias) ?? nearestWord(plain, choices) ?? choices.find((choice) => {
    const [shorter = "", longer = ""] = [plain, choice].toSorted((one, other) => one.length - other.length);
    return shorter.length >= MIN_PREFIX_LENGTH && longer.startsWith(shorter);
  });
  return meant === void 0 ? "" : ` Did you mean "${meant}"?`;
}
function nearestWord(word, candidates) {
  let best;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

// src/inputs/build.ts
var PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;
var CACHE_TYPES = ["registry", "gha", "local", "inline", "s3", "azblob"];
var CACHE_SECRET = /(?:^|,)\s*(?<field>secret_access_key|session_token|token|ghtoken)\s*=/;
var LABEL_KEY = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
  hint: 'letters, digits, ".", "_", "/" and "-"'
};
var SECRET_ID = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  hint: 'letters, digits, ".", "_" and "-"'
};
function readBuildOptions(inputs) {
  return {
    context: inputs.required("context"),
    file: inputs.text("file"),
    target: inputs.text("target"),
    buildArgs: joinPairs(inputs.pairs("build-args")),
    buildSecrets: joinPairs(inputs.pairs("build-secrets", SECRET_ID)),
    platforms: readPlatforms(inputs),
    labels: joinPairs(inputs.pairs("labels", LABEL_KEY)),
    cacheFrom: readCaches(inputs, "cache-from"),
    cacheTo: readCaches(inputs, "cache-to"),
    provenance: readAttestation(inputs, "provenance", "mode=max"),
    sbom: readAttestation(inputs, "sbom", "generator=image"),
    pull: inputs.flag("pull"),
    noCache: inputs.flag("no-cache"),
    addHosts: matchingLines(inputs, "add-hosts", /^[^\s:=]+[:=]\S+$/, "host:address"),
    buildContexts: matchingLines(
      inputs,
      "build-contexts",
      /^[^\s=]+=\S.*$/,
      "name=path, name=URL or name=docker-image://image"
    ),
    tags: readTags(inputs),
    tests: groupByService(readCommandLines(inputs, "test")),
    rebuild: inputs.flag("rebuild"),
    attest: readAttest(inputs)
  };
}
function readAttest(inputs) {
  const attest = inputs.flag("attest");
  if (!attest) return false;
  if (inputs.has("image-transfer") && inputs.text("image-transfer") === "direct") {
    throw new ConfigurationError(
      `attest: not with ${inputSetting("image-transfer", "direct")}, since nobody could verify an image that is in no registry. Set ${inputSetting("attest", "false")}, or ${inputSetting("image-transfer", "registry")}.`
    );
  }
  const { serverUrl } = githubVariables();
  if (!isGitHubDotCom(serverUrl) && !serverUrl.endsWith(".ghe.com")) {
    throw new ConfigurationError(
      `attest: ${serverUrl} is a GitHub Enterprise Server, which has no attestations. Set ${inputSetting("attest", "false")}, and sign the image with cosign.`
    );
  }
  if (process.env["ACTIONS_ID_TOKEN_REQUEST_URL"]) return true;
  throw new ConfigurationError(
    byPlace(
      'attest: this job may have no OIDC token. Add "id-token: write" and "attestations: write" to its permissions. Outside GitHub Actions, sign the image with cosign.',
      `attest: only a job of GitHub Actions can attest what it has built. Set ${inputSetting("attest", "false")}, and sign the image with cosign.`
    )
  );
}
var joinPairs = (pairs) => [...pairs].map(([key, value]) => `${key}=${value}`);
function readPlatforms(inputs) {
  const platforms = inputs.lines("platforms").flatMap((line) => line.split(",")).map((platform) => platform.trim()).filter((platform) => platform !== "");
  const wrong = platforms.find((platform) => !PLATFORM.test(platform));
  if (wrong === void 0) return [...new Set(platforms)];
  throw new ConfigurationError(
    `platforms: "${wrong}" is not os/architecture or os/architecture/variant. Write linux/amd64 or linux/arm/v7, for example.`
  );
}
function readCaches(inputs, name) {
  const caches = inputs.lines(name);
  for (const cache of caches) {
    const secret = CACHE_SECRET.exec(cache)?.groups?.["field"];
    if (secret !== void 0) {
      throw new ConfigurationError(
        `${name}: "${secret}" would be visible in the command line of the build. Remove it, and set the credentials in the environment${byPlace(" of the job", "")} (AWS_SECRET_ACCESS_KEY and so on).`
      );
    }
    const type = /(?:^|,)\s*type=(?<type>[^,]*)/.exec(cache)?.groups?.["type"]?.trim();
    if (type === void 0 && !cache.includes("=")) continue;
    if (type !== void 0 && CACHE_TYPES.includes(type)) continue;
    const problem = type === void 0 ? "has no type" : `has the unknown type "${type}"`;
    const meant = type === void 0 ? "" : didYouMean(type, CACHE_TYPES);
    throw new ConfigurationError(
      `${name}: "${cache}" ${problem}. Write type=registry,ref=… or another type: ${CACHE_TYPES.join(", ")}.${meant}`
    );
  }
  return caches;
}
function readAttestation(inputs, name, example) {
  const text = inputs.text(name);
  if (text === void 0 || text === "true" || text === "false") return text;
  if (/^[a-z-]+=[^\s=,]+(?:,[a-z-]+=[^\s=,]+)*$/.test(text)) return text;
  const meant = didYouMean(text, ["true", "false"]);
  throw new ConfigurationError(
    `${name}: "${text}" is neither true nor false nor attributes such as ${example}.${meant}`
  );
}
function matchingLines(inputs, name, pattern, form) {
  const lines = inputs.lines(name);
  const wrong = lines.find((line) => !pattern.test(line));
  if (wrong === void 0) return lines;
  throw new ConfigurationError(`${name}: "${wrong}" has the wrong form. Write ${form}.`);
}
function readTags(inputs) {
  const tags = inputs.lines("tags");
  for (const tag of tags) {
    const filled = tag.replaceAll(/\{\{(?<name>[^{}]*)\}\}/g, (template, name) => {
      checkTagTemplate(template, name.trim());
      return "x";
    });
    if (isTag(filled)) continue;
    throw new ConfigurationError(
      `tags: "${tag}" is not a valid tag. Write one tag per line, each with ${TAG_RULE}.`
    );
  }
  return [...new Set(tags)];
}
function checkTagTemplate(template, name) {
  if (TAG_TEMPLATES.some((known2) => known2 === name)) return;
  const meant = nearestWord(name, TAG_TEMPLATES);
  const hint = meant === void 0 ? "" : ` Did you mean {{${meant}}}?`;
  const known = TAG_TEMPLATES.map((each) => `{{${each}}}`).join(", ");
  throw new ConfigurationError(`tags: ${template} is not one of ${known}.${hint}`);
}

// src/inputs/health.ts
const { isIPv6: isIPv62 } = require("node:net");
const { domainToASCII: domainToASCII2 } = require("node:url");

// src/inputs/status-codes.ts
function readStatusCodes(inputs, name) {
  const codes = /* @__PURE__ */ new Set();
  for (const part of inputs.required(name).split(",").map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.["from"]);
    const to = Number(range?.["to"] ?? range?.["from"]);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `${name}: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`
      );
    }
    for (let code = from; code <= to; code += 1) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}

// src/inputs/health.ts
var HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/;
function readHealth(inputs) {
  const timeout = inputs.duration("health-timeout");
  const host = readHealthHost(inputs);
  const status = readHealthStatus(inputs);
  const path = readHealthPath(inputs);
  if (status !== void 0 && path === void 0) {
    throw new ConfigurationError(
      `health-status: it says what "${inputRef("health-path")}" may answer, and that is not set. Set "${inputRef("health-path")}" as well; without it, any answer of the app counts.`
    );
  }
  return {
    path,
    timeout,
    ...host === void 0 ? {} : { host },
    ...status === void 0 ? {} : { status }
  };
}
function readHealthPath(inputs) {
  const path = inputs.text("health-path");
  if (path === void 0 || HEALTH_PATH.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path. Write the part of the URL after the host, beginning with "/": /up.`
  );
}
function readHealthHost(inputs) {
  const text = inputs.text("health-host");
  if (text === void 0) return void 0;
  const { name = "", port } = /^(?<name>\[[^\]]*\]|[^:/?#@\\\s]*)(?::(?<port>.*))?$/.exec(text)?.groups ?? {};
  const host = name.startsWith("[") ? ipv6Host(name) : domainToASCII2(name);
  if (/^[a-z0-9._-]+$|^\[/.test(host) && (port === void 0 || isPort(port)))
    return port === void 0 ? host : `${host}:${port}`;
  throw new ConfigurationError(
    `health-host: "${text}" is not a host name. Write the name that the app answers to, without https:// and path: shop.example.com.`
  );
}
var ipv6Host = (text) => isIPv62(text.slice(1, -1)) ? text.toLowerCase() : "";
function readHealthStatus(inputs) {
  const codes = readStatusCodes(inputs, "health-status");
  return inputs.text("health-status") === inputs.defaultOf("health-status") ? void 0 : codes;
}

// src/model/strategy.ts
var STRATEGY_NAMES = ["blue-green", "rolling", "canary", "recreate"];

// src/inputs/strategy.ts
var DEFAULT_CANARY_STEPS = "5% 2m, 25% 5m, 100%";
var CANARY_HINT = `Write growing shares up to 100%, each with a duration: "${DEFAULT_CANARY_STEPS}".`;
function readStrategy(inputs) {
  const steps = inputs.lines("canary");
  const name = inputs.text("strategy") === void 0 ? void 0 : inputs.choice("strategy", STRATEGY_NAMES);
  if (steps.length > 0 && name !== void 0 && name !== "canary") {
    throw new ConfigurationError(
      `canary: it has no effect with ${inputSetting("strategy", name)}. Remove one of them, or set ${inputSetting("strategy", "canary")}.`
    );
  }
  if (name !== "canary" && steps.length === 0) return name === void 0 ? void 0 : { name };
  return { name: "canary", steps: parseCanarySteps(steps.length > 0 ? steps : [DEFAULT_CANARY_STEPS]) };
}
function parseCanarySteps(lines) {
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, "").split(",")).map((part) => part.trim());
  if (parts.includes("")) {
    const wrong = lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? "";
    throw canaryError(wrong, "has no step before a comma");
  }
  const steps = parts.map((part, index) => parseCanaryStep(part, index === parts.length - 1));
  for (const [index, step2] of steps.entries()) {
    const previous = steps[index - 1];
    if (previous !== void 0 && step2.share <= previous.share)
      throw canaryError(parts[index], `is not more than "${parts[index - 1]}"`);
  }
  if (steps.at(-1)?.share !== 1) throw canaryError(parts.at(-1), "is the last step, but not 100%");
  return steps;
}
function parseCanaryStep(part, isLast) {
  const [share = "", time, ...more] = part.split(/\s+/);
  const percent = parsePercent(share);
  if (percent === void 0 || percent === 0 || more.length > 0)
    throw canaryError(part, "is not a share above 0% and up to 100% with a duration");
  if (time === void 0 && !isLast) throw canaryError(part, "has no duration");
  const duration = time === void 0 ? 0 : parseDuration(time);
  if (duration === void 0 || duration > MAX_DURATION) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a duration of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`
    );
  }
  if (!isLast && duration === 0) throw canaryError(part, "leaves no time to judge the release");
  return { share: percent / 100, duration };
}
function canaryError(text, problem) {
  return new ConfigurationError(`canary: "${text}" ${problem}. ${CANARY_HINT}`);
}
function readCanaryLimits(inputs) {
  const errors = inputs.required("canary-max-errors");
  const maxErrors = parsePercent(errors);
  if (maxErrors === void 0) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%. Write 1%, for example.`
    );
  }
  const ratio = inputs.required("canary-max-latency-ratio");
  const maxLatencyRatio = parseDecimal(ratio);
  if (maxLatencyRatio === void 0 || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio}" is not a number of 1 or more. Write 1.5 to allow 50% more latency, for example.`
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer("canary-min-requests", 1),
    onTooFewRequests: inputs.choice("canary-too-few", ["go-on", "fail"])
  };
}
function readWaves(inputs) {
  const text = inputs.text("max-parallel");
  if (text === void 0) return { kind: "all" };
  const percent = parsePercent(text);
  if (percent !== void 0 && percent > 0) return { kind: "share", percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: "hosts", atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 nor a share of them. Write 2 or 25%, for example.`
  );
}

// src/inputs/trusted-proxies.ts
const { isIP: isIP2, isIPv6: isIPv63 } = require("node:net");
var KNOWN_RANGES = /* @__PURE__ */ new Map([
  // RFC 1918, RFC 4193 and loopback: what Caddy calls so.
  ["private_ranges", ["192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::1/128"]],
  // www.cloudflare.com/ips. The module for it is not in Caddy's official image.
  [
    "cloudflare",
    [
      ...["173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18"],
      ...["108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17"],
      ...["162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22"],
      ...["2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32"],
      ...["2a06:98c0::/29", "2c0f:f248::/32"]
    ]
  ]
]);
function readTrustedProxies(inputs) {
  const words = inputs.lines("trusted-proxies").flatMap((line) => line.split(/[\s,]+/));
  const ranges = words.filter((word) => word !== "").flatMap(rangesOf);
  const proxyProtocol = inputs.flag("proxy-protocol");
  if (ranges.length > 0) return { ranges: [...new Set(ranges)], proxyProtocol };
  if (!proxyProtocol) return void 0;
  throw new ConfigurationError(
    `proxy-protocol: it has no effect without "${inputRef("trusted-proxies")}". Set "${inputRef("trusted-proxies")}" to the addresses of the proxies that speak it.`
  );
}
function rangesOf(text) {
  const known = KNOWN_RANGES.get(text.toLowerCase());
  if (known !== void 0) return known;
  const [address = "", bits, ...more] = text.split("/");
  const longest = isIPv63(address) ? 128 : 32;
  const length = bits === void 0 ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (isIP2(address) === 0 || address.includes("%") || more.length > 0 || length < 0 || length > longest) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is neither an address, a range of addresses, private_ranges nor cloudflare. Write 203.0.113.7, 203.0.113.0/24 or one of these words.`
    );
  }
  if (length === 0) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is every address, so each visitor could choose the address that the app sees. List the addresses of your proxies.`
    );
  }
  return [`${address}/${length}`];
}

// src/inputs/url.ts
function readUrlCheck(inputs) {
  const url = inputs.text("url");
  const status = readStatusCodes(inputs, "url-status");
  const body = readExpectedBody(inputs.text("url-body"));
  const timeout = inputs.duration("url-timeout");
  if (url !== void 0) return { url: readHttpUrl("url", url), status, body, timeout };
  if (body === void 0) return void 0;
  throw new ConfigurationError(
    `url-body: it has no effect without "${inputRef("url")}". Set "${inputRef("url")}", or remove "${inputRef("url-body")}".`
  );
}
function readHttpUrl(input, text) {
  const url = URL.canParse(text) ? new URL(text) : void 0;
  if (url !== void 0 && `${url.username}${url.password}` !== "") {
    throw new ConfigurationError(
      `${input}: "${withoutCredentials(text)}" contains a user name or password. Write a URL that works without.`
    );
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text;
  const example = input === "url" ? "https://app.example.com/up" : "https://acme.example.com/directory";
  throw new ConfigurationError(
    `${input}: "${withoutCredentials(text)}" is not an http:// or https:// URL. Write the full URL, such as ${example}.`
  );
}
function withoutCredentials(text) {
  const end = text.lastIndexOf("@");
  if (end === -1) return text;
  const [scheme = ""] = /^[a-z][a-z0-9+.-]*:\/*/i.exec(text.slice(0, end)) ?? [];
  return `${scheme}***${text.slice(end)}`;
}
function readExpectedBody(text) {
  const pattern = /^\/(?<source>.+)\/(?<flags>[a-z]*)$/s.exec(text ?? "")?.groups;
  if (pattern === void 0) return text;
  const { source = "", flags = "" } = pattern;
  if (/[^imsu]/.test(flags))
    throw new ConfigurationError(`url-body: the flags "${flags}" are not known. Use only i, m, s and u.`);
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    throw new ConfigurationError(
      `url-body: ${text} is not a regular expression of JavaScript. For plain text, remove the slashes.`,
      { cause }
    );
  }
}

// src/inputs/options.ts
function readDeployOptions(inputs, compose) {
  const options2 = {
    ...readRolloutOptions(inputs),
    ...readDeployCourse(inputs),
    compose,
    health: readHealth(inputs),
    force: inputs.flag("force"),
    adopt: inputs.text("adopt") === void 0 ? void 0 : inputs.flag("adopt"),
    edge: inputs.choice("edge", ["caddy", "none"])
  };
  rejectClusterInputs(inputs);
  if (options2.edge === "none") rejectEdgeFeatures(options2);
  checkProxyProtocol(options2.trustedProxies, compose.domains.size > 0);
  return options2;
}
function rejectClusterInputs(inputs) {
  if (inputs.lines("canary-metrics").length > 0) {
    throw new ConfigurationError(
      `canary-metrics: it has no effect on a host, where the edge measures errors and latency itself ("${inputRef("canary-max-errors")}"). Remove it, or set ${inputSetting("orchestrator", "kubernetes")}.`
    );
  }
  if (inputs.lines("service").length > 0) {
    throw new ConfigurationError(
      `service: it names services of a swarm that were made by hand. Remove it, or set ${inputSetting("orchestrator", "swarm")}.`
    );
  }
}
function readDeployCourse(inputs) {
  return {
    strategy: readStrategy(inputs),
    keep: inputs.integer("keep", 1),
    bake: inputs.duration("bake", 0),
    limits: readCanaryLimits(inputs),
    accessories: inputs.choice("accessories", ["leave", "update"]),
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release"),
    trustedProxies: readTrustedProxies(inputs),
    waves: readWaves(inputs)
  };
}
function rejectEdgeFeatures({ compose, health, strategy, trustedProxies }) {
  const problem = compose.domains.size > 0 ? `domains: with ${inputSetting("edge", "none")}, your own proxy serves the domains. Remove ${inputRef("domains")}` : strategy?.name === "canary" ? `strategy: with ${inputSetting("edge", "none")}, no edge can select the visitors of a canary. Choose blue-green or rolling` : health.path !== void 0 ? `health-path: with ${inputSetting("edge", "none")}, no edge can request the path. Give the service a HEALTHCHECK` : health.host !== void 0 ? `health-host: with ${inputSetting("edge", "none")}, no edge asks the app. Remove ${inputRef("health-host")}` : trustedProxies !== void 0 ? `trusted-proxies: with ${inputSetting("edge", "none")}, your own proxy decides whom it trusts. Remove ${inputRef("trusted-proxies")}` : void 0;
  if (problem !== void 0)
    throw new ConfigurationError(`${problem}, or set ${inputSetting("edge", "caddy")}.`);
}
function readRolloutOptions(inputs) {
  return { ...readRolloutTimes(inputs), ...readEdgeImages(inputs) };
}
var readEdgeImages = (inputs) => ({
  edgeImage: readEdgeImage(inputs, "edge-image"),
  tcpEdgeImage: readEdgeImage(inputs, "tcp-edge-image")
});
function readRolloutTimes(inputs) {
  return {
    drainTimeout: inputs.duration("drain-timeout"),
    url: readUrlCheck(inputs),
    dryRun: inputs.flag("dry-run"),
    lockTimeout: inputs.duration("lock-timeout", 0),
    acme: readAcme(inputs)
  };
}
function readRollbackTo(inputs) {
  const to = inputs.text("to");
  if (to === void 0 || isTag(to) || isDigest(to)) return to;
  if (to.includes("@")) return parseImageReference(to, "to").digest;
  throw new ConfigurationError(
    `to: "${to}" names no release. Write a release id, a commit SHA or its beginning, a tag without the repository, or a digest.`
  );
}
function readEdgeImage(inputs, name) {
  const image = inputs.required(name);
  parseImageReference(image, name);
  return image;
}
function readAcme(inputs) {
  const email = inputs.text("acme-email");
  if (email !== void 0 && !/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new ConfigurationError(
      `acme-email: "${email}" is not an email address. Write one, such as ops@example.com.`
    );
  }
  const directory = inputs.text("acme-directory");
  const ca = inputs.text("acme-ca");
  if (ca !== void 0 && directory === void 0) {
    throw new ConfigurationError(
      `acme-ca: it has no effect without "${inputRef("acme-directory")}". Set "${inputRef("acme-directory")}", or remove "${inputRef("acme-ca")}".`
    );
  }
  return {
    directory: directory === void 0 ? void 0 : readHttpUrl("acme-directory", directory),
    email,
    ca: ca === void 0 ? void 0 : checkCertificate("acme-ca", ca)
  };
}

// src/inputs/export.ts
var ARCHITECTURES = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };
function readExportOptions(inputs) {
  const platforms = readPlatforms(inputs);
  return {
    platforms: platforms.length > 0 ? platforms : [`linux/${ARCHITECTURES[arch()] ?? arch()}`],
    since: inputs.text("since"),
    path: inputs.required("path"),
    signKey: readSignKey(inputs.text("sign-key")),
    ...readEdgeImages(inputs)
  };
}
function readSignKey(text) {
  if (text === void 0) return void 0;
  if (/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text) || /^(?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+/.test(text))
    return text;
  throw new ConfigurationError(
    "sign-key: it is not an SSH key. Give the text of the file, which begins with -----BEGIN OPENSSH PRIVATE KEY-----, or that of a public key whose private key is in your ssh agent."
  );
}

// src/model/approval.ts
var APPROVAL_MODES = ["required", "if-protected", "off"];

// src/inputs/gate.ts
function readGateOptions(inputs, environment) {
  return {
    approval: readApproval(inputs, environment),
    allowSelfApproval: inputs.flag("allow-self-approval"),
    strict: inputs.flag("strict-approval"),
    checkRunId: inputs.has("check-run-id") ? readCheckRunId(inputs) : void 0,
    token: inputs.text("github-token")
  };
}
function readApproval(inputs, environment) {
  if (inputs.text("approval") !== void 0) return inputs.choice("approval", APPROVAL_MODES);
  return isProductionName(environment) ? "required" : "if-protected";
}
function readCheckRunId(inputs) {
  const text = inputs.text("check-run-id");
  if (text === void 0) return void 0;
  const id = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new ConfigurationError(
    `check-run-id: "${text}" is not the number of a check run. Remove the input: by default it is that of this job.`
  );
}

// src/inputs/image.ts
var SERVICE_LINE = /^(?<service>[A-Za-z0-9._-]+)\s*=\s*(?<image>.*)$/;
function readImageSource(inputs) {
  const images = readImages(inputs);
  const single = images.get("");
  const isBuild = images.size === 0 || images.size === 1 && single !== void 0 && isRepositoryOnly(single);
  return isBuild ? buildImageSource(inputs, single) : existingImageSource(inputs, images);
}
function readBuildImageSource(inputs) {
  const images = readImages(inputs);
  const single = images.get("");
  if (images.size > (single === void 0 ? 0 : 1)) {
    throw new ConfigurationError(
      'image: build/ takes one repository, not lines of service=image. It names the image of each service after it, or after "image:" in the Compose file.'
    );
  }
  if (single?.digest !== void 0) {
    throw new ConfigurationError(
      `image: a digest names an image that exists already. Write the repository to push to: ${inputSetting("image", single.repository)}.`
    );
  }
  if (single?.tag !== void 0) {
    throw new ConfigurationError(
      `image: build/ takes a repository without a tag. Write ${inputSetting("image", single.repository)} and ${inputSetting("tags", single.tag)}.`
    );
  }
  return buildImageSource(inputs, single);
}
function readExistingImageSource(inputs) {
  inputs.required(
    "image",
    'Set it to the image to deploy, preferably as repository@sha256:…: the output "image" of build/.'
  );
  return existingImageSource(inputs, readImages(inputs));
}
function readImages(inputs) {
  const images = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("image")) {
    const { service = "", image = line } = SERVICE_LINE.exec(line)?.groups ?? {};
    if (images.has(service)) {
      const owner = service === "" ? "without a service" : `for "${service}"`;
      throw new ConfigurationError(
        `image: "${image}" is a second image ${owner}. Write one line of service=image for each service.`
      );
    }
    images.set(service, parseImageReference(image, "image"));
  }
  return images;
}
function buildImageSource(inputs, image) {
  const repository = image?.repository ?? defaultRepository();
  return {
    kind: "build",
    repository,
    isRepositoryGiven: image !== void 0,
    options: readBuildOptions(inputs),
    transfer: readTransfer(inputs)
  };
}
function existingImageSource(inputs, images) {
  for (const [service, image] of images) {
    if (!isRepositoryOnly(image)) continue;
    const owner = service === "" ? "" : ` for "${service}"`;
    throw new ConfigurationError(
      `image: "${image.repository}"${owner} has neither a digest nor a tag. Write ${image.repository}@sha256:… or ${image.repository}:tag.`
    );
  }
  return { kind: "existing", images, transfer: readTransfer(inputs) };
}
var readTransfer = (inputs) => inputs.has("image-transfer") ? inputs.choice("image-transfer", ["registry", "direct"]) : "registry";
var isRepositoryOnly = ({ tag, digest }) => tag === void 0 && digest === void 0;
function defaultRepository() {
  const { repository = "", serverUrl } = githubVariables();
  const image = `${GITHUB_REGISTRY}/${repository.toLowerCase()}`;
  const advice = `Set it to a repository that ${thisJob()} can push to: registry.example.com/me/shop.`;
  if (!isGitHubDotCom(serverUrl)) {
    throw new ConfigurationError(`image: missing, and ghcr.io does not belong to ${serverUrl}. ${advice}`);
  }
  if (repository !== "" && isRepository(image)) return image;
  throw new ConfigurationError(
    `image: missing, and the repository name "${repository}" can't be used instead. ${advice}`
  );
}

// src/inputs/logs.ts
var TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
function readLogsOptions(inputs) {
  const release = inputs.text("release");
  if (release !== void 0 && !isReleaseId(release))
    throw new ConfigurationError(
      `release: "${release}" can't be the id of a release. Write one as "sealift status" shows it, such as 1a2b3c4d.`
    );
  const services = inputs.lines("services").flatMap((line) => line.split(",").map((name) => name.trim()));
  return {
    release,
    services: [...new Set(services.filter((name) => name !== ""))],
    tail: inputs.text("tail") === "all" ? void 0 : inputs.integer("tail", 0),
    since: readSince(inputs.text("since")),
    follow: inputs.flag("follow")
  };
}
function readSince(text) {
  if (text === void 0) return void 0;
  const ago = parseDuration(text);
  if (ago !== void 0) return { ago };
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return { at };
  throw new ConfigurationError(
    `since: "${text}" is neither a duration nor a time. Write 10m, or a time with its zone: 2026-01-31T12:00:00Z.`
  );
}

// src/inputs/reader.ts
function giveInputs(values) {
  for (const [name, text] of values) process.env[`INPUT_${name.toUpperCase()}`] = text;
}
var Inputs = class {
  command;
  /** Whether a person runs the command, who has keys of his own, and not a job. */
  atTerminal;
  constructor(command, { atTerminal = false } = {}) {
    this.command = command;
    this.atTerminal = atTerminal;
  }
  /** Whether the action of the command has this input. */
  has(name) {
    return Object.hasOwn(INPUTS[this.command], name);
  }
  /** The default in action.yml, '' where there is none. */
  defaultOf(name) {
    const text = INPUTS[this.command][name];
    if (text === void 0) throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    return text;
  }
  /**
   * The text without surrounding white space. An empty input means the default, so an unset variable in the workflow
   * does no harm; `undefined` where there is no default either.
   */
  text(name) {
    const fallback = this.defaultOf(name);
    return getInput(name) || fallback || void 0;
  }
  /**
   * The text of an input that the user must give, or that has a default.
   *
   * @param advice a sentence that says what to write when it is missing
   */
  required(name, advice = "Set it.") {
    const text = this.text(name);
    if (text === void 0) throw new ConfigurationError(`${name}: missing. ${advice}`);
    return text;
  }
  /** The lines, without empty ones and comments (`#`). */
  lines(name) {
    return this.numberedLines(name).map(({ text }) => text);
  }
  /** The same with their line numbers from 1, for errors that must not repeat a line. */
  numberedLines(name) {
    return (this.text(name) ?? "").split(/\r?\n/).map((line, index) => ({ number: index + 1, text: line.trim() })).filter(({ text }) => text !== "" && !text.startsWith("#"));
  }
  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name, key, alone) {
    return parsePairs(this.text(name) ?? "", name, key, alone);
  }
  /** `true` or `false` of YAML 1.2, for which `yes`, `on` and `1` are text. */
  flag(name) {
    const text = this.required(name);
    if (["true", "True", "TRUE"].includes(text)) return true;
    if (["false", "False", "FALSE"].includes(text)) return false;
    const meant = didYouMean(text, ["true", "false"]);
    throw new ConfigurationError(`${name}: "${text}" is neither true nor false.${meant}`);
  }
  /** One of a few words; capital letters count. */
  choice(name, choices) {
    const text = this.required(name);
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== void 0) return chosen;
    const meant = didYouMean(text, choices);
    throw new ConfigurationError(`${name}: "${text}" is not one of ${choices.join(", ")}.${meant}`);
  }
  /** A whole number of at least `least`. */
  integer(name, least) {
    const text = this.required(name);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text}" is not a whole number of ${least} or more.`);
    }
    return value;
  }
  /** Milliseconds, at least `least` and at most a day. */
  duration(name, least = 1) {
    const text = this.required(name);
    const value = parseDuration(text);
    if (value === void 0) {
      const example = /^\d+$/.test(text) ? `"${text}s" for seconds` : "60s, 2m, 1m30s or 500ms";
      throw new ConfigurationError(
        `${name}: "${text}" is not a duration. Write a number with its unit: ${example}.`
      );
    }
    if (value < least || value > MAX_DURATION) {
      const range = least === 0 ? "at most 24h" : "more than 0s and at most 24h";
      throw new ConfigurationError(`${name}: "${text}" is out of range. Write ${range}.`);
    }
    return value;
  }
};

// src/inputs/secret-contents.ts
var SECRET_NAME = {
  pattern: /^[A-Za-z0-9._-]+$/,
  hint: 'letters, digits, ".", "_" and "-"'
};
var readSecretContents = (inputs) => inputs.pairs("secrets", SECRET_NAME, (name) => process.env[name]);

// src/inputs/secrets.ts
var MIN_PIECE_LENGTH = 8;
var MIN_SECRET_LENGTH = 2;
function maskSecrets(command, mask) {
  const inputs = new Inputs(command);
  const read = (name) => inputs.has(name) ? inputs.text(name) : void 0;
  const masks = /* @__PURE__ */ new Set();
  const addWithForms = (text) => {
    if (text !== void 0 && text.length >= MIN_SECRET_LENGTH)
      for (const form of encodedForms(text)) masks.add(form);
  };
  for (const name of ["ssh-key", "tls-key", "sign-key"])
    for (const piece of privateKeyMasks(read(name))) masks.add(piece);
  for (const piece of kubeconfigMasks(read("kubeconfig"))) masks.add(piece);
  for (const name of ["ssh-key-passphrase", "registry-password", "github-token"])
    addWithForms(read(name));
  const addLines = (text) => {
    addWithForms(text);
    for (const line of nonEmptyLines(text)) if (line.length >= MIN_PIECE_LENGTH) masks.add(line);
  };
  const logins = registryLogins(read("registry-username"), read("registry-password"));
  for (const [user, password] of [
    ...logins,
    [jobTokenUser(), read("github-token")],
    ["x-access-token", read("github-token")]
  ]) {
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const [, password] of logins) addLines(password);
  for (const value of buildSecretValues(inputs, read("build-secrets"))) addLines(value);
  for (const value of secretContentValues(inputs)) addLines(value);
  for (const value of sshVariableValues(inputs)) if (value.length >= MIN_PIECE_LENGTH) addWithForms(value);
  for (const text of [...nonEmptyLines(read("hosts")), read("url") ?? ""]) {
    const [user, password] = urlCredentials(text);
    addWithForms(password);
    if (password !== void 0) masks.add(base64(`${user}:${password}`));
  }
  for (const each of masks) mask(each);
}
function privateKeyMasks(key) {
  if (key === void 0) return [];
  const lines = nonEmptyLines(key).flatMap((line) => line.split("\\n")).filter((line) => !line.startsWith("-----"));
  const long = lines.filter((line) => line.length >= MIN_PIECE_LENGTH);
  return [...long, ...long.length > 1 ? [lines.join("")] : [], base64(key), base64(`${key}
`)];
}
var KEY_AND_VALUE = /(?<![\w-])([\w-]+)["']?\s*:\s*["']?([^\s"',}]+)/g;
var SECRET_KEY = /(?:token|password|key-data|client-secret|secret|value)$/i;
function kubeconfigMasks(kubeconfig) {
  if (kubeconfig === void 0) return [];
  const values = [...kubeconfig.matchAll(KEY_AND_VALUE)].flatMap(
    ([, key = "", value = ""]) => SECRET_KEY.test(key) ? [value] : []
  );
  const long = values.filter((value) => value.length >= MIN_PIECE_LENGTH);
  return long.flatMap((value) => {
    const decoded = Buffer.from(value, "base64").toString();
    return decoded.includes("-----BEGIN") ? [value, ...privateKeyMasks(decoded)] : encodedForms(value);
  });
}
function encodedForms(secret) {
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, json, encodeURIComponent(secret), base64(secret), base64(`${secret}
`)];
}
function buildSecretValues(inputs, text) {
  if (text === void 0) return [];
  try {
    return [...inputs.pairs("build-secrets", { pattern: /./, hint: "" }).values()];
  } catch (error) {
    if (error instanceof ConfigurationError) return nonEmptyLines(text);
    throw error;
  }
}
function registryLogins(username, password) {
  try {
    return loginPairs(username, password);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = nonEmptyLines(password);
    return [...lines, ...lines.map((line) => line.slice(line.indexOf("=") + 1))].map((text) => ["", text]);
  }
}
function secretContentValues(inputs) {
  if (!inputs.has("secrets")) return [];
  try {
    return [...readSecretContents(inputs).values()];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = nonEmptyLines(inputs.text("secrets"));
    return [...lines, ...lines.map((line) => line.slice(line.indexOf("=") + 1))];
  }
}
function sshVariableValues(inputs) {
  if (!inputs.has("ssh-env")) return [];
  try {
    return Object.values(readSshVariables(inputs) ?? {});
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return nonEmptyLines(inputs.text("ssh-env")).map((line) => line.replace(/^[A-Za-z_]\w*(?:=|$)/, ""));
  }
}
function urlCredentials(text) {
  const found = /^[a-z][a-z0-9+.-]*:\/\/(?<user>[^:/@]*):(?<password>[^/]+)@/i.exec(text)?.groups;
  return [found?.["user"] ?? "", found?.["password"]];
}
function nonEmptyLines(text) {
  return (text ?? "").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
}
var base64 = (text) => Buffer.from(text).toString("base64");

// src/inputs/cluster.ts
var OWN_WAY = [
  ["image-transfer", "The nodes of a cluster pull from a registry, when they need to"],
  ["canary-max-errors", "A cluster does not count its requests"],
  ["canary-max-latency-ratio", "A cluster does not count its requests"],
  ["canary-min-requests", "A cluster does not count its requests"],
  ["canary-too-few", "A cluster does not count its requests"],
  ["secrets", "The cluster keeps the secrets of each release"],
  ["edge", "The cluster sends requests to the services"],
  ["proxy-protocol", "The cluster sends requests to the services"],
  ["trusted-proxies", "The cluster sends requests to the services"],
  ["edge-image", "The cluster sends requests to the services"],
  ["tcp-edge-image", "The cluster sends connections to the services"]
];
var swarmWay = () => [
  ["strategy", "Write deploy.update_config in the Compose file"],
  ["canary", "Write deploy.update_config in the Compose file"],
  ["canary-metrics", "Write deploy.update_config in the Compose file"],
  ["bake", "Write deploy.update_config.monitor in the Compose file"],
  ["max-parallel", "Write deploy.update_config.parallelism in the Compose file"],
  ["health-host", "Nothing asks the app but its HEALTHCHECK"],
  ["health-status", "Nothing asks the app but its HEALTHCHECK"],
  ["health-path", "Give the service a HEALTHCHECK"],
  ["network-range", "The swarm takes addresses from its own pool (docker swarm init --default-addr-pool)"],
  ["adopt", "Name the volumes in the Compose file, with external: true"],
  ["drain-timeout", "Write stop_grace_period in the Compose file"],
  ["domains", "Run a proxy as a service of the cluster"],
  ["acme-email", "Run a proxy as a service of the cluster"],
  ["acme-directory", "Run a proxy as a service of the cluster"],
  ["acme-ca", "Run a proxy as a service of the cluster"],
  ["kubeconfig", `A swarm is reached through its managers: "${inputRef("hosts")}"`],
  ["kube-context", `A swarm is reached through its managers: "${inputRef("hosts")}"`],
  [
    "namespace",
    `The services of a swarm have the names of "${inputRef("app")}" and "${inputRef("environment")}"`
  ],
  ["manifests", `A swarm runs a Compose file: "${inputRef("compose-file")}"`],
  ["pull-secret", `The swarm gets the login of "${inputRef("registry-username")}"`]
];
var kubernetesWay = () => [
  ["service", "The manifests name the workloads"],
  ["hosts", `The cluster is that of "${inputRef("kubeconfig")}"`],
  ["known-hosts", "The cluster is reached by its API"],
  ["max-parallel", "Write strategy.rollingUpdate in the manifest"],
  ["health-host", "Give the containers a readinessProbe"],
  ["health-status", "Give the containers a readinessProbe"],
  ["health-path", "Give the containers a readinessProbe"],
  ["network-range", "The cluster has networks of its own"],
  ["drain-timeout", "Write terminationGracePeriodSeconds and a preStop hook in the manifest"],
  ["domains", "Write an Ingress or an HTTPRoute in the manifests"],
  ["acme-email", "Write an Ingress or an HTTPRoute in the manifests"],
  ["acme-directory", "Write an Ingress or an HTTPRoute in the manifests"],
  ["acme-ca", "Write an Ingress or an HTTPRoute in the manifests"],
  ["port", "Write a Service in the manifests"],
  ["volumes", "Write volumes in the manifests"],
  ["accessories", "Every object of the manifests belongs to the release"]
];
var clusterWay = (kind) => [
  ...OWN_WAY,
  ...kind === "swarm" ? swarmWay() : kubernetesWay()
];
function readClusterDeployOptions(inputs) {
  const services = readServices(inputs);
  const options2 = {
    ...readClusterOptions(inputs, "swarm"),
    // Where no stack is deployed, a Compose file only names the images to build.
    compose: services.size === 0 ? readComposeSource(inputs) : { ...readComposeFiles(inputs), port: void 0, volumes: [], domains: /* @__PURE__ */ new Map() },
    healthTimeout: inputs.duration("health-timeout"),
    keep: inputs.integer("keep", 1),
    force: inputs.flag("force"),
    accessories: inputs.choice("accessories", ["leave", "update"]),
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release"),
    services
  };
  if (options2.services.size > 0 && options2.beforeRelease.length + options2.afterRelease.length > 0) {
    throw new ConfigurationError(
      `service: commands around a release need a stack. Remove "${inputRef("before-release")}" and "${inputRef("after-release")}", or deploy a Compose file in place of "${inputRef("service")}".`
    );
  }
  return options2;
}
var HAND_MADE_LINE = /^(?<name>[A-Za-z0-9][A-Za-z0-9_.-]*)(?:=(?<image>[A-Za-z0-9][A-Za-z0-9_.-]*))?$/;
function readServices(inputs) {
  const services = /* @__PURE__ */ new Map();
  for (const line of inputs.lines("service")) {
    const { name, image = "" } = HAND_MADE_LINE.exec(line)?.groups ?? {};
    if (name === void 0 || services.has(name)) {
      const problem = name === void 0 ? "is not the name of a service" : "names a service twice";
      throw new ConfigurationError(
        `service: "${line}" ${problem}. Write the name that "docker service ls" shows; with several images, name=service of the build.`
      );
    }
    services.set(name, image);
  }
  return services;
}
function readClusterOptions(inputs, orchestrator) {
  rejectHostOptions(inputs, orchestrator);
  return {
    url: readUrlCheck(inputs),
    dryRun: inputs.flag("dry-run"),
    lockTimeout: inputs.duration("lock-timeout", 0)
  };
}
function rejectHostOptions(inputs, orchestrator) {
  for (const [name, advice] of clusterWay(orchestrator)) {
    if (!inputs.has(name) || inputs.text(name) === (inputs.defaultOf(name) || void 0)) continue;
    throw new ConfigurationError(
      `${name}: it has no effect with ${inputSetting("orchestrator", orchestrator)}. ${advice}, and remove "${inputRef(name)}".`
    );
  }
}

// src/inputs/confirmation.ts
function requireConfirmation(inputs, environment, dryRun) {
  const confirmed = inputs.text("confirm");
  if (confirmed?.toLowerCase() === environment) return;
  if (confirmed !== void 0) {
    throw new ConfigurationError(
      `confirm: "${confirmed}" is not the environment to remove, which is "${environment}". Set both to the same name.`
    );
  }
  if (dryRun || !isProductionName(environment)) return;
  throw new ConfigurationError(
    `confirm: missing. "${environment}" is the name of a production environment. Set "${inputSetting("confirm", environment)}" to remove it with everything that runs in it.`
  );
}
function rejectVolumesOfSwarm(inputs) {
  if (!inputs.flag("remove-volumes")) return false;
  throw new ConfigurationError(
    `remove-volumes: the volumes of a swarm are on its nodes, which no manager reaches. Remove "${inputRef("remove-volumes")}"; the log then shows the command to run on each node.`
  );
}

// src/inputs/kubernetes.ts
const { existsSync: existsSync3, statSync } = require("node:fs");
var LABEL_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
var OBJECT_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
var readKubernetesDestination = (inputs) => ({
  ...readAppEnvironment(inputs),
  access: readKubernetesAccess(inputs)
});
function readKubernetesAccess(inputs) {
  const kubeconfig = inputs.text("kubeconfig");
  if (kubeconfig !== void 0 && !kubeconfig.includes("\n") && existsSync3(kubeconfig)) {
    throw new ConfigurationError(
      `kubeconfig: "${kubeconfig}" is a path, but the input takes the text of the file. Set the variable KUBECONFIG${byPlace(" of this step", "")} to the path, and leave the input out.`
    );
  }
  const namespace = inputs.text("namespace");
  if (namespace !== void 0 && !LABEL_NAME.test(namespace)) {
    throw new ConfigurationError(
      `namespace: "${namespace}" is not the name of a namespace. Write lower-case letters, digits and "-", at most 63.`
    );
  }
  return { kubeconfig, context: inputs.text("kube-context"), namespace };
}
function readKubernetesDeployOptions(inputs) {
  return {
    ...readClusterOptions(inputs, "kubernetes"),
    compose: readComposeFiles(inputs),
    manifests: readManifests(inputs),
    pullSecret: readPullSecret(inputs),
    traffic: readKubernetesTraffic(inputs),
    adopt: inputs.text("adopt") === void 0 ? false : inputs.flag("adopt"),
    healthTimeout: inputs.duration("health-timeout"),
    keep: inputs.integer("keep", 1),
    force: inputs.flag("force"),
    beforeRelease: readCommandLines(inputs, "before-release"),
    afterRelease: readCommandLines(inputs, "after-release")
  };
}
function readKubernetesTraffic(inputs) {
  const strategy = readStrategy(inputs) ?? { name: "rolling" };
  const bake = inputs.duration("bake", 0);
  const metrics = inputs.lines("canary-metrics").map(parseMetricsQuery);
  if (strategy.name === "recreate") {
    throw new ConfigurationError(
      `strategy: "recreate" is not possible with ${inputSetting("orchestrator", "kubernetes")}. Write strategy: { type: Recreate } into the Deployment, and remove "${inputRef("strategy")}".`
    );
  }
  if (strategy.name === "canary") return { kind: "canary", steps: strategy.steps, metrics, bake };
  if (metrics.length > 0) {
    throw new ConfigurationError(
      `canary-metrics: it has no effect with ${inputSetting("strategy", strategy.name)}. Set ${inputSetting("strategy", "canary")}, or remove "${inputRef("canary-metrics")}".`
    );
  }
  if (strategy.name === "blue-green") return { kind: "blue-green", bake };
  if (bake === 0) return { kind: "rolling" };
  throw new ConfigurationError(
    `bake: it has no effect with ${inputSetting("strategy", "rolling")} on Kubernetes. Write minReadySeconds in the manifest, or set ${inputSetting("strategy", "blue-green")}.`
  );
}
var METRICS_LINE = /^(?<namespace>[a-z0-9-]+)\/(?<service>[a-z0-9-]+):(?<port>[a-z0-9-]+)\s+(?<query>\S.*)$/;
function parseMetricsQuery(line) {
  const { namespace, service, port, query } = METRICS_LINE.exec(line)?.groups ?? {};
  if (namespace !== void 0 && service !== void 0 && port !== void 0 && query !== void 0)
    return { namespace, service, port, query };
  throw new ConfigurationError(
    `canary-metrics: "${line}" is not the Service of a Prometheus with a query. Write namespace/service:port and, after a space, a query that has a result only if the release must go back: monitoring/prometheus:9090 sum(rate(errors_total[1m])) > 1.`
  );
}
function readPullSecret(inputs) {
  const name = inputs.text("pull-secret");
  if (name === void 0 || OBJECT_NAME.test(name)) return name;
  throw new ConfigurationError(
    `pull-secret: "${name}" is not the name of a Secret. Write lower-case letters, digits, "-" and ".", as in "registry".`
  );
}
function readManifests(inputs) {
  const sources = inputs.lines("manifests").map((line) => {
    const [path = "", ...values] = line.split(/\s+/);
    return { path, values };
  });
  if (sources.length === 0) {
    throw new ConfigurationError(
      "manifests: missing. Name the manifests of the app, one per line: a file, a folder, a pattern such as k8s/*.yaml, a kustomization or a Helm chart."
    );
  }
  for (const { path, values } of sources) {
    if (values.length > 0 && !existsSync3(`${path}/Chart.yaml`)) {
      throw new ConfigurationError(
        `manifests: "${[path, ...values].join(" ")}" names several files, but only a Helm chart takes values files after it. Write one file per line.`
      );
    }
    for (const file of values) requireFile(file);
    if (!/[*?[]/.test(path) && !existsSync3(path)) throw missingManifest(path);
  }
  return sources;
}
function requireFile(path) {
  if (!existsSync3(path) || !statSync(path).isFile()) throw missingManifest(path);
}
var missingManifest = (path) => new ConfigurationError(
  `manifests: "${path}" is not in ${process.cwd()}. Is its name right, and ${byPlace("did actions/checkout run before this step", "is this the folder of the checkout")}?`
);

// src/inputs/verify.ts
const { createPublicKey } = require("node:crypto");
var REPOSITORY_PATTERN = /^[\w.-]+\/[\w.*-]+$/;
var WORKFLOW_PATTERN = /^(?:[\w.-]+\/[\w.*-]+\/)?\.github\/workflows\/[\w.*-]+\.ya?ml$/;
var REF_PATTERN = /^refs\/[^\s]+$/;
var PUBLIC_KEY = /-----BEGIN (?<kind>[A-Z ]*PUBLIC KEY)-----.*?-----END \k<kind>-----/gs;
var INPUTS_OF = {
  key: ["verify-key"],
  attestation: ["verify-repository", "verify-workflow", "verify-ref", "trusted-root"]
};
function readImageVerification(inputs, source) {
  const kind = inputs.choice("verify", ["off", "attestation", "key"]);
  for (const [owner, names] of Object.entries(INPUTS_OF)) {
    const unused = owner === kind ? void 0 : names.find((name) => inputs.text(name) !== void 0);
    if (unused !== void 0) {
      throw new ConfigurationError(
        `${unused}: it has no effect with ${inputSetting("verify", kind)}. Set ${inputSetting("verify", owner)}, or remove "${inputRef(unused)}".`
      );
    }
  }
  if (kind === "off") return { kind };
  if (source.transfer === "direct") {
    throw new ConfigurationError(
      `verify: not with ${inputSetting("image-transfer", "direct")}, since signatures are in a registry, beside their image. Set ${inputSetting("image-transfer", "registry")}, or ${inputSetting("verify", "off")}.`
    );
  }
  const isSigned = source.kind === "existing" || kind === "attestation" && source.options.attest;
  if (!isSigned) {
    throw new ConfigurationError(
      kind === "key" ? "verify: the image is built and deployed at once, and nothing signs it with a key in between. Build it with build/, sign it with cosign, and deploy it with deploy/." : `verify: the image is built and deployed at once, and nothing attests it in between. Set ${inputSetting("attest", "true")}.`
    );
  }
  return kind === "key" ? { kind, keys: readKeys(inputs) } : { kind, ...readSigners(inputs) };
}
function readKeys(inputs) {
  const text = inputs.required(
    "verify-key",
    "Set it to the public key of the signatures, the text of cosign.pub."
  );
  const keys = [...text.replaceAll("\\n", "\n").matchAll(PUBLIC_KEY)].map(([pem]) => pem);
  if (keys.length === 0 || !keys.every(isPublicKey)) {
    throw new ConfigurationError(
      "verify-key: not a public key in PEM format. Give the text of cosign.pub, which begins with -----BEGIN PUBLIC KEY-----, not its path. Several keys stand one below the other."
    );
  }
  return keys;
}
function isPublicKey(pem) {
  try {
    createPublicKey(pem);
    return true;
  } catch {
    return false;
  }
}
function readSigners(inputs) {
  const own = githubVariables().repository;
  const repositories = readPatterns(inputs, "verify-repository", REPOSITORY_PATTERN, "octo/shop or octo/*");
  if (repositories.length === 0 && own === void 0)
    inputs.required("verify-repository", "Name the repository whose workflow builds the image: octo/shop.");
  return {
    repositories: repositories.length > 0 ? repositories : [own ?? ""],
    workflows: readPatterns(
      inputs,
      "verify-workflow",
      WORKFLOW_PATTERN,
      ".github/workflows/deliver.yml, or octo/shared/.github/workflows/deliver.yml for one of another repository"
    ),
    refs: readPatterns(inputs, "verify-ref", REF_PATTERN, "refs/heads/main or refs/tags/v*"),
    trustedRoot: inputs.text("trusted-root")
  };
}
function readPatterns(inputs, name, rule, example) {
  const patterns = inputs.lines(name);
  const wrong = patterns.find((pattern) => !rule.test(pattern));
  if (wrong === void 0) return patterns;
  throw new ConfigurationError(
    `${name}: "${wrong}" is not a pattern for it. Write ${example}, one per line.`
  );
}

// src/inputs/target-requests.ts
var ORCHESTRATORS = ["docker", "swarm", "kubernetes"];
var TARGET_READERS = {
  docker: readersFor("docker", {
    destination: readDestination,
    deployOptions: (inputs) => readDeployOptions(inputs, readComposeSource(inputs)),
    rollbackOptions: (inputs) => ({ secrets: readSecretContents(inputs), ...readRolloutOptions(inputs) }),
    removeVolumes: (inputs) => inputs.flag("remove-volumes")
  }),
  swarm: readersFor("swarm", {
    destination: readDestination,
    deployOptions: readClusterDeployOptions,
    rollbackOptions: (inputs) => readClusterOptions(inputs, "swarm"),
    removeVolumes: rejectVolumesOfSwarm
  }),
  kubernetes: readersFor("kubernetes", {
    destination: readKubernetesDestination,
    deployOptions: readKubernetesDeployOptions,
    rollbackOptions: (inputs) => ({
      ...readClusterOptions(inputs, "kubernetes"),
      pullSecret: readPullSecret(inputs)
    }),
    removeVolumes: (inputs) => inputs.flag("remove-volumes")
  })
};
var targetReaders = (inputs) => TARGET_READERS[inputs.choice("orchestrator", ORCHESTRATORS)];
function readersFor(orchestrator, own) {
  const readDelivery = (inputs, command, readSource) => {
    const destination = own.destination(inputs);
    const source = readSource(inputs);
    return {
      ...{ command, orchestrator, destination, source },
      registry: readRegistryCredentials(inputs, source),
      token: inputs.text("github-token"),
      verification: readImageVerification(inputs, source),
      gate: readGateOptions(inputs, destination.environment),
      allowDowngrade: inputs.flag("allow-downgrade"),
      options: own.deployOptions(inputs)
    };
  };
  return {
    deliver: (inputs) => readDelivery(inputs, "deliver", readImageSource),
    deploy: (inputs) => readDelivery(inputs, "deploy", readExistingImageSource),
    rollback(inputs) {
      const destination = own.destination(inputs);
      return {
        ...{ command: "rollback", orchestrator, destination },
        gate: readGateOptions(inputs, destination.environment),
        to: readRollbackTo(inputs),
        healthTimeout: inputs.text("health-timeout") === void 0 ? void 0 : inputs.duration("health-timeout"),
        registry: readRegistryCredentials(inputs, void 0),
        options: own.rollbackOptions(inputs)
      };
    },
    status: (inputs) => ({ command: "status", orchestrator, destination: own.destination(inputs) }),
    remove(inputs) {
      const { environment } = readAppEnvironment(inputs);
      const dryRun = inputs.flag("dry-run");
      requireConfirmation(inputs, environment, dryRun);
      return {
        ...{ command: "remove", orchestrator, dryRun },
        gate: readGateOptions(inputs, environment),
        lockTimeout: inputs.duration("lock-timeout", 0),
        destination: own.destination(inputs),
        removeVolumes: own.removeVolumes(inputs)
      };
    },
    unlock(inputs) {
      const destination = own.destination(inputs);
      return {
        ...{ command: "unlock", orchestrator, destination },
        gate: readGateOptions(inputs, destination.environment),
        dryRun: inputs.flag("dry-run")
      };
    }
  };
}

// src/inputs/unknown-inputs.ts
function warnOfUnknownInputs(command) {
  const declared = Object.keys(INPUTS[command]);
  const warnings = [];
  for (const variable of Object.keys(process.env)) {
    if (!variable.startsWith("INPUT_")) continue;
    const name = variable.slice("INPUT_".length).toLowerCase();
    if (name === "" || declared.includes(name)) continue;
    const intended = declared.find((known) => withoutSeparators(known) === withoutSeparators(name));
    if (intended !== void 0)
      throw new ConfigurationError(`${name}: there is no such input. Write "${intended}".`);
    const others = actionsWithInput(name);
    const meant = nearestWord(name, declared);
    if (others.length > 0) {
      const owners = others.join(", ");
      warnings.push(`${name}: not used. It is an input of ${owners}, not of ${actionFolder(command)}.`);
    } else if (meant !== void 0) {
      warnings.push(`${name}: not used, because there is no such input. Did you mean "${meant}"?`);
    }
  }
  return warnings;
}
function actionsWithInput(name) {
  const all = Object.entries(INPUTS);
  return all.flatMap(([command, inputs]) => Object.hasOwn(inputs, name) ? actionFolder(command) : []);
}
var actionFolder = (command) => command === "deliver" ? "the main action" : `${command}/`;
var withoutSeparators = (name) => name.replaceAll(/[-_ ]/g, "");

// src/inputs/request.ts
function readRequest(command, mask, atTerminal = false) {
  maskSecrets(command, mask);
  try {
    const unknown = warnOfUnknownInputs(command);
    const inputs = new Inputs(command, { atTerminal });
    const request = READERS[command](inputs);
    return { request, warnings: [...unknown, ...warnOfUnusedInputs(inputs, request)] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(briefLine(oneLine(error.message)), { cause: error });
  }
}
var READERS = {
  deliver: (inputs) => targetReaders(inputs).deliver(inputs),
  deploy: (inputs) => targetReaders(inputs).deploy(inputs),
  rollback: (inputs) => targetReaders(inputs).rollback(inputs),
  status: (inputs) => targetReaders(inputs).status(inputs),
  remove: (inputs) => targetReaders(inputs).remove(inputs),
  unlock: (inputs) => targetReaders(inputs).unlock(inputs),
  build(inputs) {
    const source = readBuildImageSource(inputs);
    return {
      command: "build",
      source,
      registry: readRegistryCredentials(inputs, source),
      compose: readComposeFiles(inputs),
      token: inputs.text("github-token")
    };
  },
  logs(inputs) {
    return { command: "logs", destination: readDestination(inputs), ...readLogsOptions(inputs) };
  },
  export(inputs) {
    const source = readExistingImageSource(inputs);
    return {
      command: "export",
      ...readAppEnvironment(inputs),
      source,
      registry: readRegistryCredentials(inputs, source),
      token: inputs.text("github-token"),
      verification: readImageVerification(inputs, source),
      compose: { ...readComposeSource(inputs), withoutSecrets: true },
      edge: inputs.choice("edge", ["caddy", "none"]),
      health: readHealth(inputs),
      ...readExportOptions(inputs)
    };
  },
  import(inputs) {
    const destination = readDestination(inputs);
    return {
      command: "import",
      destination,
      archive: inputs.required("archive", "Set it to the path of the file that export has written."),
      allowedSigners: inputs.text("allowed-signers"),
      secrets: readSecretContents(inputs),
      gate: readGateOptions(inputs, destination.environment),
      allowDowngrade: inputs.flag("allow-downgrade"),
      options: { ...readRolloutTimes(inputs), ...readDeployCourse(inputs) }
    };
  },
  gate(inputs) {
    const environment = readEnvironment(inputs);
    return { command: "gate", environment, gate: readGateOptions(inputs, environment) };
  }
};
function warnOfUnusedInputs(inputs, request) {
  if (request.command === "export") return unusedMinimalInputs(request.compose);
  if (request.command !== "deliver" && request.command !== "deploy") return [];
  const { compose } = request.options;
  const warnings = "port" in compose ? unusedMinimalInputs(compose) : [];
  const testUnused = request.command === "deliver" && request.source.kind === "existing" && inputs.text("test") !== void 0;
  return testUnused ? [...warnings, `test: not run, because "${inputRef("image")}" names an image that is already built.`] : warnings;
}

// src/run/run-program.ts
const { spawn } = require("node:child_process");
var KILL_GRACE_PERIOD = 5e3;
var STDERR_TAIL_LINES = 20;
function createProgramRunner(log) {
  return async (program, args, options2 = {}) => {
    const command = [options2.shownAs ?? program, ...args].join(" ");
    log?.debug(`$ ${command}`);
    const { code, stdout, stderr, tail } = await spawnAndWait(program, args, options2);
    if (code === void 0 || code !== 0 && !options2.allowedExitCodes?.includes(code)) {
      throw new CommandError(shortenCommand(command), code, tail);
    }
    return { exitCode: code, stdout, stderr };
  };
}
function spawnAndWait(program, args, options2) {
  const { signal } = options2;
  if (signal?.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options2.cwd,
      env: options2.env ?? programEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true
    });
    const output = collectOutput(child, options2);
    child.stdin.on("error", () => void 0);
    child.stdin.end(options2.stdin ?? "");
    let killer;
    const onAbort = () => {
      child.kill("SIGTERM");
      killer = setTimeout(() => child.kill("SIGKILL"), KILL_GRACE_PERIOD);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (finish) => {
      clearTimeout(killer);
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    child.once("error", (error) => settle(() => reject(spawnError(program, options2.cwd, error))));
    child.once("exit", () => {
      if (signal?.aborted) for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once(
      "close",
      (code) => settle(() => {
        if (signal?.aborted) reject(abortReason(signal));
        else resolve({ code: code ?? void 0, ...output() });
      })
    );
  });
}
function collectOutput(child, { onLine }) {
  if (onLine === void 0) {
    const chunks = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk) => chunks.stdout.push(chunk));
    child.stderr.on("data", (chunk) => chunks.stderr.push(chunk));
    return () => {
      const stderr2 = Buffer.concat(chunks.stderr).toString();
      return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: stderr2, tail: stderr2 };
    };
  }
  const tail = new Tail(STDERR_TAIL_LINES);
  const stdout = new LineSplitter((line) => onLine(line, "stdout"));
  const stderr = new LineSplitter((line) => {
    tail.push(line);
    onLine(line, "stderr");
  });
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr]
  ]) {
    stream.on("data", (chunk) => lines.push(chunk));
    stream.once("end", () => lines.end());
  }
  return () => ({ stdout: "", stderr: "", tail: tail.lines.join("\n") });
}
function spawnError(program, cwd, error) {
  if (error.code === "ENOENT") return programMissingError(program, error, cwd);
  return new SealiftError(`${program} could not be started: ${error.message}`, { cause: error });
}
function abortReason(signal) {
  return signal.reason instanceof Error ? signal.reason : new SealiftError(String(signal.reason));
}
function shortenCommand(command) {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}

// src/plan/first-deploy.ts
function planFirstDeployBack(hosts) {
  if (hosts.some(({ accepted }) => accepted !== void 0)) return void 0;
  if (hosts.some(({ releases }) => releases.some((each) => each.record === void 0 && mayRun(each))))
    return void 0;
  const release = hosts.flatMap((host) => cutShort(host) ?? []).at(-1);
  const steps = hosts.map((host) => [host.host, stepsBack(host)]);
  if (release === void 0 || steps.every(([, each]) => each.length === 0)) return void 0;
  return {
    release,
    hosts: new Map(steps.map(([host, recover]) => [host, recover.length === 0 ? {} : { recover }])),
    waves: [hosts.map(({ host }) => host)]
  };
}
var cutShort = ({ releases }) => releases.findLast(({ record }) => record !== void 0)?.id;
function stepsBack(host) {
  const { traffic, edge, frontRunning, releases } = host;
  const isOpen = releases.some(({ record }) => record !== void 0 && hasDomains(record));
  const closed = isOpen && traffic === void 0 ? [step({ kind: "route-domains", release: void 0 })] : [];
  const steps = [
    ...closed,
    ...endTrafficSteps(host),
    ...releases.filter(mayRun).map((each) => step({ kind: "stop-services", release: each.id, services: serviceNamesOf(each) })),
    ...edge.state === "absent" ? [] : [step({ kind: "remove-edge" })],
    ...isOpen && frontRunning ? [step({ kind: "remove-unused-front" })] : []
  ];
  const release = cutShort(host);
  return steps.length === 0 || release === void 0 ? steps : [...steps, step({ kind: "record-rollback", release, previous: void 0 })];
}

// src/rollout/release-locks.ts
async function releaseLocks(destination, locks, step2) {
  await Promise.all(
    locks.map(async ({ host, containerId }) => {
      const address = destination.hosts.find(({ name }) => name === host);
      if (address === void 0) return;
      try {
        var _stack = [];
        try {
          const engine = __using(_stack, await connect(address, destination.access, step2), true);
          await engine.removeContainer(containerId);
          step2.log.info(`${host}: this step was cut short. Its lock is removed.`);
        } catch (_) {
          var _error = _, _hasError = true;
        } finally {
          var _promise = __callDispose(_stack, _error, _hasError);
          _promise && await _promise;
        }
      } catch (error) {
        step2.log.info(`${host}: this step was cut short. Its lock expires by itself. (${messageOf(error)})`);
      }
    })
  );
}

// src/edge/leave-front.ts
async function readFrontEntries(engine, app, container) {
  const files = await engine.readFiles(container, FRONT_MOUNT);
  const owners = [...domainOwnersIn(files)];
  const project = baseProject(app);
  const folder = `${FRONT_APPS_FOLDER.slice(FRONT_MOUNT.length + 1)}/${project}.`;
  return {
    domains: owners.filter(([, owner]) => owner === project).map(([domain]) => domain),
    hasFolders: [...files.keys()].some((path) => path.startsWith(folder)),
    hasOtherApps: owners.some(([, owner]) => owner !== project)
  };
}
var REMOVE_FOLDERS_SCRIPT = {
  name: "remove-sockets",
  text: `
set -eu
rm -rf "$1/$2".*
`
};
async function leaveFront(engine, app, container) {
  await setDomains(engine, container, app, /* @__PURE__ */ new Map());
  await runScript(engine, container, REMOVE_FOLDERS_SCRIPT, [FRONT_APPS_FOLDER, baseProject(app)]);
}

// src/rollout/environment-images.ts
async function findEnvironmentImages(engine, appEnvironment, releases, needed) {
  const repository = retentionRepository(appEnvironment);
  const found = await engine.listImages({ reference: [repository] });
  const names = new Set(
    releases.flatMap(({ services }) => Object.values(services).map(({ image }) => image))
  );
  const named = await Promise.all([...names].map((image) => findImage(engine, image)));
  const ids = /* @__PURE__ */ new Set([...found.map(({ id }) => id), ...named.flatMap((each) => each?.details.id ?? [])]);
  const images = await Promise.all([...ids].map((id) => engine.inspectImage(id)));
  return images.flatMap((image) => {
    if (image === void 0) return [];
    const { id, repoTags, repoDigests: digests } = image;
    const tags = repoTags.filter((tag) => tag.startsWith(`${repository}:`));
    const ofDigest = repoTags.filter(isDigestTag);
    const usedElsewhere = needed.has(id) || tags.length + ofDigest.length < repoTags.length;
    if (usedElsewhere && tags.length === 0) return [];
    return [{ id, tags, digests: [...digests, ...ofDigest], usedElsewhere }];
  });
}
async function removeEnvironmentImages(engine, images) {
  let removed = 0;
  for (const { id, tags, digests, usedElsewhere } of images) {
    for (const reference of usedElsewhere ? tags : [...digests, ...tags]) await engine.removeImage(reference);
    if (await engine.inspectImage(id) === void 0) removed += 1;
  }
  return `${removed} of ${images.length} images removed`;
}

// src/rollout/inventory.ts
async function takeInventory(engine, appEnvironment) {
  const { host, records } = await observeHost(engine, appEnvironment);
  const labels = labelFilters(labelsOf(appEnvironment));
  const [all, networks, volumes, files] = await Promise.all([
    engine.listContainers([]),
    engine.listNetworks(labels),
    engine.listVolumes(labels),
    engine.listVolumes([...labels, `${LABEL.role}=${FILES_ROLE}`])
  ]);
  const { app, environment } = appEnvironment;
  const isOwn = (each) => each.labels[LABEL.app] === app && each.labels[LABEL.environment] === environment;
  const own = all.filter(isOwn);
  const others = all.filter((each) => !isOwn(each));
  const namesOf = (containers) => containers.map(({ name }) => name);
  const [images, front] = await Promise.all([
    findEnvironmentImages(
      engine,
      appEnvironment,
      records.releases,
      new Set(others.map(({ imageId }) => imageId))
    ),
    findOwnPartOfFront(engine, appEnvironment, all, own)
  ]);
  const withUsers = volumes.map(
    ({ name }) => ({
      name,
      usedBy: namesOf(others.filter((each) => each.volumes.includes(name)))
    })
  );
  const hasFiles = ({ name }) => files.some((each) => each.name === name);
  const isState = ({ name }) => name === stateVolume(appEnvironment);
  return {
    host: engine.host,
    live: liveRelease(host)?.id,
    releases: records.releases,
    front,
    containers: own.map(inventoryContainer),
    networks: networks.map(({ id, name }) => ({
      id,
      name,
      usedBy: namesOf(others.filter((each) => !isStopped(each) && each.networks.includes(name)))
    })),
    images,
    volumes: withUsers.filter((volume) => !isState(volume) && !hasFiles(volume)),
    fileVolumes: withUsers.filter(hasFiles),
    state: withUsers.find(isState)
  };
}
function inventoryContainer(container) {
  const { id, name, volumes, labels } = container;
  return {
    ...{ id, name, labels, part: partOf(container) },
    anonymousVolumes: volumes.filter(isAnonymous),
    running: !isStopped(container)
  };
}
function partOf(container) {
  if (hasOwnRole(container, "edge", "tcpEdge")) return "edge";
  if (hasOwnRole(container, "records")) return "records";
  const ofRelease = Object.hasOwn(container.labels, LABEL.release) || hasOwnRole(container, "hook", "trial");
  return ofRelease ? "release" : "accessory";
}
var isAnonymous = (name) => /^[0-9a-f]{64}$/.test(name);
async function findOwnPartOfFront(engine, appEnvironment, all, own) {
  const front = frontAmong(all);
  const edges = own.filter((each) => hasOwnRole(each, "edge") && each.volumes.includes(FRONT_VOLUME));
  const mounting = [...front === void 0 ? [] : [front], ...edges];
  const container = mounting.find(({ state: state2 }) => state2 === "running") ?? mounting[0];
  if (container === void 0) return void 0;
  const { domains, hasFolders, hasOtherApps } = await readFrontEntries(engine, appEnvironment, container.id);
  const { id, name, state } = container;
  const usesFront = edges.length > 0 || hasFolders || domains.length > 0;
  return {
    container: { id, name, running: state === "running" },
    domains,
    hasFolders,
    isLastApp: front !== void 0 && usesFront && !hasOtherApps
  };
}

// src/rollout/remove-environment.ts
async function removeEnvironment(engine, appEnvironment, run) {
  const inventory = await takeInventory(engine, appEnvironment);
  const obstacle = removalObstacle(inventory, run);
  const planned = planRemoval(inventory, run);
  const releases = new Map(inventory.releases.map((release) => [release.id, release]));
  const context = { engine, releases, log: run.log, signal: run.signal, jobCancelled: false };
  const steps = [];
  let error = obstacle && new HostError(engine.host, obstacle);
  for (const action of run.dryRun || obstacle !== void 0 ? [] : planned) {
    if (run.signal.aborted) {
      error = run.signal.reason;
      break;
    }
    const start = performance.now();
    let note;
    try {
      run.lock.assertHeld(engine.host);
      note = await performRemoval(context, appEnvironment, action);
    } catch (thrown) {
      error = thrown;
    }
    const at = start - run.startedAt;
    const step2 = { action, at, took: performance.now() - start, ok: error === void 0, note };
    steps.push(step2);
    run.onStepEnd(engine.host, step2, error);
    if (error !== void 0) break;
  }
  const { host, live } = inventory;
  return { host, live, planned, keptVolumes: keptVolumes(inventory, run), steps, error };
}
async function performRemoval(context, appEnvironment, action) {
  const { engine } = context;
  switch (action.kind) {
    case "release-domains":
      await leaveFront(engine, appEnvironment, action.container);
      return void 0;
    case "remove-front":
      return await removeUnusedFront(engine) ? void 0 : "another app uses it by now";
    case "remove-containers":
      await stopAndRemove(context, action.containers, action.keepVolumes);
      return void 0;
    case "remove-networks":
      await allOrThrow(action.networks.map(({ id }) => engine.removeNetwork(id)));
      return void 0;
    case "remove-images":
      return removeEnvironmentImages(engine, action.images);
    case "remove-volumes":
      await allOrThrow(action.volumes.map(({ name }) => engine.removeVolume(name)));
      return void 0;
    case "remove-state":
      await stopAndRemove(context, action.containers, false);
      if (action.volume !== void 0) await engine.removeVolume(action.volume);
      return void 0;
  }
}
async function stopAndRemove(context, containers, keepVolumes) {
  const { engine } = context;
  await allOrThrow(
    containers.map(async ({ anonymousVolumes, running, ...container }) => {
      const { id } = container;
      if (running) await runPreStop(context, container);
      await engine.stopContainer(id).catch(ignoreNotFound);
      await engine.removeContainer(id, { force: true, keepVolumes });
      if (!keepVolumes) await removeAnonymousVolumes(engine, anonymousVolumes);
    })
  );
}
async function removeAnonymousVolumes(engine, volumes) {
  await allOrThrow(
    volumes.map(
      (name) => engine.removeVolume(name).catch((error) => {
        if (!(error instanceof Conflict)) throw error;
      })
    )
  );
}

// src/commands/remove.ts
var removeFromHosts = (request, context) => removeFromEach(
  request,
  context,
  (engine) => lockHosts([engine], request.destination, lockWait(request, request.gate), context)
);
async function finishRemoval(request, locks, context) {
  const { destination } = request;
  const { report, log } = context;
  report.set({ app: destination.app, environment: destination.environment });
  log.notice("This step was cut short. Its post step goes on with the removal.");
  const lockOf = new Map(locks.map((lock) => [lock.host, lock]));
  const hosts = destination.hosts.filter(({ name }) => lockOf.has(name));
  await removeFromEach({ ...request, destination: { ...destination, hosts } }, context, async (engine) => {
    const saved = lockOf.get(engine.host);
    const lock = saved && await takeUpLock(engine, destination, saved, context);
    if (lock !== void 0) return lock;
    throw new HostError(
      engine.host,
      "another run has locked it since the removal was cut short, so what is left there stays. Run the removal again if the environment should go."
    );
  });
}
async function removeFromEach({ destination, removeVolumes, dryRun }, context, lockHost) {
  const { report, log, signal } = context;
  const project = baseProject(destination);
  const hosts = destination.hosts.map(({ name }) => name);
  const startedAt = performance.now();
  const { results, failures } = await group(
    `${dryRun ? "Plan the removal of" : "Remove"} ${project}`,
    () => onReachableHosts(destination, context, async (engine) => {
      var _stack = [];
      try {
        const lock = __using(_stack, await lockHost(engine), true);
        return await removeEnvironment(engine, destination, {
          removeVolumes,
          dryRun,
          startedAt,
          lock,
          signal,
          log,
          onStepEnd: (host, step2, error) => log.info(removalStepLine(host, step2, error, hosts))
        });
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        var _promise = __callDispose(_stack, _error, _hasError);
        _promise && await _promise;
      }
    })
  );
  const result = removalReport(project, hosts, results, failures, dryRun);
  report.set(result);
  if (dryRun) for (const line of removalPlanLines(results)) log.info(line);
  for (const line of keptVolumesLines(result.hosts)) log.info(line);
  const incomplete = results.filter(({ error }) => error !== void 0);
  const all = [...failures, ...incomplete.map(({ host, error }) => ({ host, error }))];
  if (all.length > 0) throw combineFailures(all);
  log.info(result.state);
}

// src/commands/take-back.ts
async function takeBack(deployment, plan) {
  var _stack = [];
  try {
    const { fleet, observations, context } = deployment;
    const images = __using(_stack, openImageDelivery(deployment.transfer, fleet.engines, context), true);
    const contexts = await hostContextsOf(deployment, plan, observations, void 0, images);
    const outcome = await group(
      `Take back ${plan.release}`,
      () => executePlan(plan, contexts, {
        verify: void 0,
        progress: reportProgress(plan, void 0, context.log),
        signal: context.signal
      })
    );
    const failures = outcome.kind === "succeeded" ? [] : outcome.failures;
    context.report.set({ steps: stepReports(outcome.steps, failures) });
    if (outcome.kind !== "succeeded") throw combineFailures(failures);
    context.report.set({
      result: "rolled-back",
      state: `Nothing is live. ${REMAINS_TEXT}`,
      hosts: observations.map(({ host: { host } }) => ({
        ...{ host, was: void 0, is: void 0 },
        why: "the first deploy was cut short"
      }))
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/commands/finish-on-hosts.ts
async function finishOnHosts(request, locks, step2) {
  if (request.command === "unlock") await releaseLocks(request.destination, locks, step2);
  else if (request.command === "remove") {
    const report = new ReportDraft(emptyReport("remove", step2.commit));
    await reportedPost({ ...step2, report }, (context) => finishRemoval(request, locks, context));
  } else {
    const report = new ReportDraft(emptyReport("rollback", step2.commit));
    await reportedPost({ ...step2, report }, (context) => restore(request, locks, context));
  }
}
async function restore(request, locks, context) {
  var _stack = [];
  try {
    const { destination, options: options2 } = request;
    const { report, log } = context;
    report.set({ app: destination.app, environment: destination.environment });
    const note = (text) => {
      log.notice(text);
      addWarnings(report, [text]);
    };
    const fleet = __using(_stack, await openFleet(destination, context).catch(async (error) => {
      await releaseLocks(destination, locks, context);
      throw error;
    }), true);
    const lock = __using(_stack, await resumeLocks(fleet.engines, destination, locks, context), true);
    if (lock === void 0) {
      note(
        "This step was cut short. Another run has locked the environment since: it repairs what this step left."
      );
      return;
    }
    const observations = await fleet.observe();
    await cleanUpKilledRun(fleet.engines, observations);
    const hosts = observations.map(({ host }) => host);
    const takeBackPlan = planFirstDeployBack(hosts);
    const found = releaseToRestore(observations, takeBackPlan?.release ?? acceptedByFleet(hosts));
    if (found === void 0) {
      note(
        "This step was cut short, and no release was accepted on all hosts before it. The next deploy repairs what it left."
      );
      return;
    }
    note(
      takeBackPlan === void 0 ? `This step was cut short. Its post step brings ${found.id} back, which was accepted last, as a whole.` : `This step was cut short. It was the first deploy: its post step takes ${found.id} back.`
    );
    const release = withTrustedProxies(withHealthTimeout(found, void 0), trustedProxiesOf(hosts));
    report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
    const deployment = deploymentOfRollback({
      ...{ fleet, lock, destination, observations, release, context },
      // What `url` is to answer is said of the release that this step was to deploy.
      options: { ...DEFAULT_EDGE_IMAGES, ...options2, url: void 0 },
      confidential: request.command === "rollback" ? /* @__PURE__ */ new Map([[release.id, givenContents(release, request.options.secrets)]]) : /* @__PURE__ */ new Map(),
      environment: async () => request.command === "import" ? programEnvironment() : await registryEnvironment(request.registry, release, context),
      approval: void 0
    });
    await (takeBackPlan === void 0 ? deployRelease(deployment) : takeBack(deployment, takeBackPlan));
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
function releaseToRestore(observations, id) {
  return observations.flatMap(({ records }) => records.releases).find((release) => release.id === id);
}

// src/commands/deliver.ts
async function deliverToHosts(request, approval, context) {
  var _stack = [];
  try {
    const { destination, options: options2 } = request;
    const connection = __using(_stack, openInBackground(openFleet(destination, context)), true);
    const locksEarly = request.source.kind === "existing" && !options2.dryRun;
    const early = __using(_stack, lockInBackground(
      locksEarly ? connection.opened.then(({ engines }) => engines) : void 0,
      destination,
      context
    ), true);
    const imageNames = [options2.edgeImage, ...namedByDigest(request.source)];
    const looking = inBackground(connection.opened.then((fleet2) => fleet2.observe(early.opened, imageNames)));
    const readingFile = inBackground(group("Read the Compose file", () => readComposeFile(request, context)));
    const imageLookup = __using(_stack, startImageLookup(request, readingFile, options2, context, async () => {
      const { engines } = await connection.opened;
      return engines;
    }), true);
    const { split: file, composePlugin, projectName } = await readingFile;
    const fleet = await group("Connect", () => connection.opened);
    const hooks = {
      before: parseHooks(file, "before-release", options2.beforeRelease),
      after: parseHooks(file, "after-release", options2.afterRelease)
    };
    const strategy = chooseStrategy(file, options2.strategy);
    const found = await looking;
    const names = [destination.app, projectName, context.commit.repository?.split("/")[1]];
    const adoption = planAdoption(
      found.map(({ host }) => host),
      file,
      names.filter((name) => name !== void 0),
      options2.adopt
    );
    for (const notice of adoption.notices) context.log.notice(notice);
    const split = withAdoptedVolumes(file, adoption.volumes);
    await preflight(fleet.engines, found, split, adoption.projects);
    const rejectStaleCommit = staleCommitCheckOf(request, context);
    if (request.source.kind === "build")
      await rejectStaleCommit(
        context.commit.sha,
        found.map(({ host }) => liveOriginOf(host))
      );
    const images = await imageLookup.resolve();
    const made = makeRelease(
      split,
      images.images,
      options2.health,
      originOf(context, images, request.source),
      options2.force
    );
    const newRelease = withTrustedProxies(made, options2.trustedProxies);
    context.report.set({ release: newRelease.id, revision: newRelease.origin.revision });
    const isConnectedAnew = await fleet.reconnect();
    const wait = lockWait(options2, request.gate);
    const taken = isConnectedAnew ? void 0 : await early.opened;
    const lock = taken ?? await lockHosts(fleet.engines, destination, wait, context);
    const _ownLock = __using(_stack, taken === void 0 ? lock : void 0, true);
    const observations = await fleet.observeAgain(lock, imageNamesOf(newRelease, options2));
    const hosts = observations.map(({ host }) => host);
    await rejectStaleCommit(newRelease.origin.revision, hosts.map(liveOriginOf));
    const release = options2.force ? newRelease : reuseLiveReleaseId(newRelease, hosts);
    context.report.set({ release: release.id });
    await deployRelease({
      fleet,
      lock,
      destination,
      observations,
      release,
      strategy,
      keep: options2.keep,
      command: "deploy",
      bake: options2.bake,
      limits: options2.limits,
      updateAccessories: options2.accessories === "update",
      adopts: adoption.projects,
      hooks,
      waves: options2.waves,
      options: options2,
      confidential: /* @__PURE__ */ new Map([[release.id, split.confidential]]),
      environment: () => Promise.resolve(images.environment),
      transfer: { kind: request.source.transfer, local: byName(images.local), mayCopy: false },
      composePlugin: () => Promise.resolve(composePlugin),
      approval,
      context
    });
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}
var namedByDigest = (source) => source.kind === "build" ? [] : [...source.images.values()].flatMap(
  ({ repository, digest }) => digest === void 0 ? [] : pinnedImage(repository, digest)
);
async function readComposeFile(request, context) {
  const { destination, source, options: options2 } = request;
  const file = await readDeployComposeFile(request, context);
  const split = splitProject(file.resolved, destination, options2.compose.domains, options2.edge);
  if (source.kind === "existing") rejectUnknownServices(split, source.images.keys());
  for (const notice of split.notices) context.log.notice(notice);
  return { ...file, split, projectName: file.resolved.projectName };
}
function originOf({ commit }, { tags, revision, local }, source) {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  const origin = { revision, ref, actor, runUrl, repository, registry, tags };
  return {
    ...origin,
    ...source.transfer === "direct" ? recordedImages(local) : {},
    createdAt: (/* @__PURE__ */ new Date()).toISOString()
  };
}

// src/commands/status.ts
async function statusOfHosts({ destination }, context) {
  const { results: observations, failures } = await group(
    "Connect",
    () => observeHosts(destination, context)
  );
  const hosts = destination.hosts.map(({ name }) => {
    const observation = observations.find(({ host }) => host.host === name);
    if (observation !== void 0) return statusReport(observation.host);
    const failure = failures.find(({ host }) => host === name);
    const why = messageWithoutHost(name, failure?.error);
    return { host: name, was: void 0, is: void 0, unknown: true, why };
  });
  const live = commonRelease(hosts);
  const record = observations[0]?.records.releases.find(({ id }) => id === live);
  const [previous, ...others] = new Set(
    observations.flatMap(({ host }) => releaseBefore(host.history, live) ?? [])
  );
  const images = Object.values(record?.services ?? {}).map(({ name, image }) => [name, image]);
  return {
    ...{ live, hosts, failures },
    previous: live === void 0 || others.length > 0 ? void 0 : previous,
    revision: record?.origin.revision,
    images: Object.fromEntries(images),
    history: historyOf(observations.map(({ host }) => host))
  };
}
function reportStatus({ failures, ...found }, { report, log }) {
  const { live, hosts, history } = found;
  report.set({ ...found, result: "reported", release: live });
  for (const line of [...statusLines(hosts), ...historyLines(history, hosts.length)]) log.info(line);
  if (failures.length === 1) throw failures[0]?.error;
  if (failures.length > 0) throw combineFailures(failures);
}

// src/rollout/break-lock.ts
async function breakHostLock(engine, appEnvironment, claim, signal) {
  var _stack = [];
  try {
    const held = await readLock(engine, appEnvironment);
    if (held === void 0) return void 0;
    await breakLock(engine, held);
    if (held.isExpired) return held;
    const own = await HostLock.tryAcquire(engine, appEnvironment, claim);
    if (!(own instanceof HostLock)) return held;
    const _own = __using(_stack, own, true);
    await pause(LEASE_DURATION, signal);
    return held;
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    var _promise = __callDispose(_stack, _error, _hasError);
    _promise && await _promise;
  }
}

// src/commands/unlock.ts
var unlockHosts = ({ destination, dryRun }, context) => {
  const project = baseProject(destination);
  return group(
    dryRun ? `Locks of ${project}` : `Unlock ${project}`,
    () => onReachableHosts(destination, context, async (engine) => {
      const held = dryRun ? await readLock(engine, destination) : await breakHostLock(engine, destination, lockClaim(context), context.signal);
      return { host: engine.host, held };
    })
  );
};
function stateOfLocks(project, locked, unasked, dryRun) {
  if (unasked.length > 0) {
    const known = `${project} ${dryRun ? "stays locked" : "is unlocked"} on ${joinWithAnd(locked)}. `;
    return `${locked.length === 0 ? "" : known}Whether ${project} is locked on ${joinWithAnd(unasked)} is not known.`;
  }
  if (locked.length === 0) return `${project} is not locked.`;
  return dryRun ? `${project} stays locked.` : `${project} is unlocked. The next deploy or rollback repairs what the other run has left.`;
}
function reportLocks(project, { results, failures }, dryRun, { report, log }) {
  const locks = results.flatMap(({ host, held }) => {
    if (held === void 0) return [];
    const { owner, since, isExpired } = held;
    return [{ host, ...owner, since, expired: isExpired }];
  });
  for (const each of locks) log.info(lockLine(each));
  const locked = locks.map(({ host }) => host);
  const state = stateOfLocks(
    project,
    locked,
    failures.flatMap(({ host }) => host ?? []),
    dryRun
  );
  const result = failures.length > 0 ? "failed" : locks.length === 0 ? "unchanged" : dryRun ? "planned" : "unlocked";
  report.set({ locks, state, result });
  if (failures.length > 0) throw combineFailures(failures);
  log.info(state);
}

// src/commands/hosts-target.ts
var hostsTarget = {
  deliver: deliverToHosts,
  rollback: rollbackHosts,
  status: statusOfHosts,
  remove: removeFromHosts,
  unlock: unlockHosts,
  finish: finishOnHosts
};

// src/commands/targets.ts
var TARGETS = {
  docker: () => Promise.resolve(hostsTarget),
  swarm: async () => (await import("./swarm-target-ZL44AXEU.js")).swarmTarget,
  kubernetes: async () => (await import("./kubernetes-target-XNOWQUSA.js")).kubernetesTarget
};
var targetOf = (orchestrator) => TARGETS[orchestrator]();

// src/commands/finish.ts
async function finishKilledStep(locks) {
  const [first] = locks;
  if (first === void 0) return;
  const commit = await readCommitContext();
  const folder = await createStepFolder();
  const step2 = {
    run: createProgramRunner(consoleLog),
    log: consoleLog,
    folder,
    commit,
    triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
    // The runner cancels no post step. One that runs in a job that was cancelled has as long as it needs.
    signal: new AbortController().signal
  };
  try {
    const request = await readRequestOf(first.command, step2);
    if (request === void 0) return;
    if (request.command === "import") await finishOnHosts(request, locks, step2);
    else if ("orchestrator" in request && request.command !== "status")
      await (await targetOf(request.orchestrator)).finish(request, locks, step2);
  } finally {
    await removeStepFolder(folder);
  }
}
async function readRequestOf(command, step2) {
  try {
    return readRequest(command, currentReporter().mask).request;
  } catch (error) {
    await reportedPost(
      { ...step2, report: new ReportDraft(emptyReport("rollback", step2.commit)) },
      async ({ report }) => {
        report.set({ state: UNREADABLE_TEXT });
        throw error;
      }
    );
    return void 0;
  }
}
var UNREADABLE_TEXT = "This step was cut short, and its post step can not read its inputs any more. What it left stays as it is until the next deploy or rollback; its lock expires by itself.";

// src/commands/gate.ts
async function gate(request, context) {
  context.report.set({ environment: request.environment });
  await requireEnvironmentRules(request, context);
  context.report.set({ result: "checked" });
}

// src/rollout/print-logs.ts
async function printLogs(engine, request, context) {
  const { host } = engine;
  const { release, projects } = findLogs((await observeHost(engine, request.destination)).host, request);
  const env = { ...context.environment, ...engine.cliEnvironment };
  await allOrThrow(
    projects.map(
      ({ project, services }) => runComposeProgram(
        context,
        ["--project-name", project, "logs", ...options(engine, request), ...services],
        {
          env,
          signal: context.signal,
          onLine(line, stream) {
            for (const each of plainText(line).split("\n"))
              context.log[stream === "stdout" ? "info" : "debug"](`${host}  │ ${each}`);
          }
        }
      )
    )
  );
  return { host, release };
}
function options(engine, { tail, since, follow }) {
  const from = since === void 0 ? void 0 : "at" in since ? since.at : engine.now() - since.ago;
  return [
    "--no-color",
    ...tail === void 0 ? [] : ["--tail", String(tail)],
    ...from === void 0 ? [] : ["--since", new Date(from).toISOString()],
    ...follow ? ["--follow"] : []
  ];
}
function findLogs(host, { destination, release: wanted, services }) {
  const id = wanted ?? liveRelease(host)?.id;
  if (id === void 0)
    throw new HostError(
      host.host,
      `no release of ${baseProject(destination)} is live here. ${knownReleases(host)}`
    );
  const observed = host.releases.find((each) => each.id === id);
  if (observed === void 0 || observed.containers.length === 0)
    throw new ConfigurationError(
      `release: ${host.host} has no containers of release "${id}". ${knownReleases(host)}`
    );
  const own = new Set(observed.containers.map(({ service }) => service));
  const known = /* @__PURE__ */ new Set([...own, ...host.accessories.map(({ service }) => service)]);
  const unknown = services.find((name) => !known.has(name));
  if (unknown !== void 0)
    throw new ConfigurationError(
      `services: ${host.host} has no container of service "${unknown}", but of ${joinWithAnd([...known])}.`
    );
  const projects = [
    { project: releaseProject({ ...destination, id }), services: services.filter((name) => own.has(name)) },
    { project: baseProject(destination), services: services.filter((name) => !own.has(name)) }
  ];
  return {
    release: id,
    projects: services.length === 0 ? projects.slice(0, 1) : projects.filter((each) => each.services.length > 0)
  };
}
function knownReleases({ releases }) {
  const ids = releases.filter(({ containers }) => containers.length > 0).map(({ id }) => id);
  return ids.length === 0 ? "None has containers there." : `These have containers there: ${ids.join(", ")}.`;
}

// src/commands/logs.ts
async function logs(request, context) {
  const { destination, follow } = request;
  const { report, signal } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const plugin = await bringCompose(await findComposeShortcoming(), context, signal);
  const environment = await hostEnvironment(programEnvironment(), plugin, context);
  const { results, failures } = await onReachableHosts(destination, context, async (engine) => {
    const printed2 = printLogs(engine, request, { ...context, environment });
    if (!follow) return await printed2;
    return await printed2.catch((error) => {
      if (isCausedByAbort(error, signal)) return void 0;
      throw error;
    });
  });
  const printed = results.flatMap((each) => each ?? []);
  report.set({ printed, result: failures.length > 0 ? "failed" : "printed" });
  if (failures.length === 1) throw failures[0]?.error;
  if (failures.length > 0) throw combineFailures(failures);
}

// src/release/rollback-workflow.ts
const { readFile: readFile2 } = require("node:fs/promises");
const { join: join2 } = require("node:path");
var WORKFLOW_FILE = "rollback.yml";
async function findRollbackWorkflow(workspace) {
  const text = await readFile2(join2(workspace, ".github/workflows", WORKFLOW_FILE), "utf8").catch(() => "");
  const on = keysOfMapping(text, ["on"]);
  if (!on.includes("workflow_dispatch")) return void 0;
  return { file: WORKFLOW_FILE, inputs: keysOfMapping(text, ["on", "workflow_dispatch", "inputs"]) };
}

// src/commands/target-commands.ts
var targetCommands = {
  deliver: deliverToTarget,
  deploy: deliverToTarget,
  async rollback(request, context) {
    const target = await reportedTarget(request, context);
    const approval = await requireApproval(request, request.options.dryRun, context);
    await target.rollback(request, approval, context);
  },
  async status(request, context) {
    const target = await reportedTarget(request, context);
    reportStatus(await target.status(request, context), context);
  },
  async remove(request, context) {
    const target = await reportedTarget(request, context);
    await requireApproval(request, request.dryRun, context);
    await target.remove(request, context);
  },
  async unlock(request, context) {
    const target = await reportedTarget(request, context);
    await requireApproval(request, request.dryRun, context);
    const found = await target.unlock(request, context);
    reportLocks(baseProject(request.destination), found, request.dryRun, context);
  }
};
async function deliverToTarget(request, context) {
  const target = await reportedTarget(request, context);
  context.report.set({ rollbackWorkflow: await findRollbackWorkflow(process.cwd()) });
  const approval = await requireApproval(request, request.options.dryRun, context);
  await target.deliver(request, approval, context);
}
function reportedTarget({ orchestrator, destination: { app, environment } }, { report }) {
  report.setHead({ app, environment, orchestrator });
  return targetOf(orchestrator);
}

// src/image/uncommitted-changes.ts
var MAX_NAMED_FILES = 3;
async function rejectUncommittedChanges(request, checkout) {
  if (!("source" in request) || request.source.kind !== "build") return;
  const commit = await commitOf(checkout);
  if (commit === void 0) return;
  const files = await changedFiles(checkout);
  if (files.length === 0) return;
  throw new ConfigurationError(
    `The checkout differs from commit ${commit.slice(0, 8)}: ${filesText(files)}. What is built would count as the image of that commit, also in later runs. Commit the changes or stash them; or deploy an image that exists, with --image.`
  );
}
async function commitOf(checkout) {
  try {
    return (await askGit(checkout, ["rev-parse", "--verify", "--quiet", "HEAD"])).trim();
  } catch (error) {
    if (error instanceof CommandError || error instanceof ConfigurationError) return void 0;
    throw error;
  }
}
async function changedFiles(checkout) {
  const options2 = ["--no-optional-locks", "-c", "core.quotePath=false"];
  const status = ["status", "--porcelain", "--untracked-files=no", "--no-renames"];
  const lines = (await askGit(checkout, [...options2, ...status])).split("\n");
  return lines.filter((line) => line !== "").map((line) => line.slice(3));
}
function filesText(files) {
  const more = files.length - MAX_NAMED_FILES;
  return joinWithAnd(more > 0 ? [...files.slice(0, MAX_NAMED_FILES), `${more} more`] : files);
}

// src/run/left-programs.ts
const { readdir, readFile: readFile3 } = require("node:fs/promises");
var STEP_MARK = "SEALIFT_STEP_FOLDER";
function markPrograms(folder) {
  process.env[STEP_MARK] = folder;
}
async function endLeftPrograms(folder) {
  const names = await readdir("/proc").catch(() => []);
  for (const name of names.filter((each) => /^\d+$/.test(each))) {
    const environment = await readFile3(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`${STEP_MARK}=${folder}`)) continue;
    try {
      process.kill(Number(name), "SIGKILL");
    } catch {
    }
  }
}

// src/run/lost-output.ts
var onLostReader = () => void 0;
var handleError = () => onLostReader();
function outliveReaders(onLost = () => void 0) {
  onLostReader = onLost;
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners("error").includes(handleError)) stream.on("error", handleError);
}

// src/main.ts
async function runAction(command, atTerminal = false) {
  const startedAt = performance.now();
  const commit = await readCommitContext();
  const report = new ReportDraft(emptyReport(command, commit));
  const cancelled = new AbortController();
  const folder = await createStepFolder();
  const { mask, saveState, publish } = currentReporter();
  saveState(STEP_FOLDER_STATE, folder);
  markPrograms(folder);
  const onSignal = () => cancelled.abort(new Error(`${wasCancelled()}.`));
  outliveReaders(command === "logs" ? onSignal : void 0);
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal).once("SIGHUP", onSignal);
  try {
    const { request, warnings } = readRequest(command, mask, atTerminal);
    for (const warning of warnings) consoleLog.warning(configurationMessage(warning));
    if (atTerminal) await rejectUncommittedChanges(request, process.cwd());
    await COMMANDS[command](request, {
      run: createProgramRunner(consoleLog),
      log: consoleLog,
      folder,
      commit,
      triggeredBy: { actor: commit.actor, runUrl: commit.runUrl },
      report,
      signal: cancelled.signal
    });
    return void 0;
  } catch (error) {
    reportFailure(error, report);
    return error;
  } finally {
    report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
    try {
      await publish(report.current);
    } finally {
      await removeStepFolder(folder);
    }
    if (cancelled.signal.aborted) process.exit();
  }
}
var COMMANDS = {
  ...targetCommands,
  build,
  logs,
  // What few runs need is loaded where it is used: every run would pay for it.
  export: async (request, context) => (await import("./export-3PZJCHPF.js")).exportArchive(request, context),
  import: async (request, context) => (await import("./import-URGQFTGN.js")).importArchive(request, context),
  gate
};

// src/run/left-folders.ts
const { lstat, readdir: readdir2 } = require("node:fs/promises");
const { tmpdir } = require("node:os");
const { join: join3 } = require("node:path");
var NAME = /^sealift-(?:init-)?\w{6}$/;
async function removeLeftFolders(parent = tmpdir()) {
  const names = await readdir2(parent).catch(() => []);
  for (const name of names.filter((each) => NAME.test(each))) {
    const folder = join3(parent, name);
    try {
      if (!await isPrivateFolder(folder) || !await isOwnerGone(folder)) continue;
      await endLeftPrograms(folder);
      await removeStepFolder(folder);
    } catch {
    }
  }
}
async function isPrivateFolder(path) {
  const found = await lstat(path);
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 63) === 0;
}
export {
  ConfigurationError,
  INPUTS,
  SealiftError,
  asList,
  asObject,
  asText,
  askGit,
  createProgramRunner,
  createStepFolder,
  didYouMean,
  finishKilledStep,
  formatBytes,
  giveInputs,
  isDeclaredInput,
  joinWithAnd,
  messageOf,
  nameInputsBy,
  parseHostAddress,
  plainText,
  removeLeftFolders,
  removeStepFolder,
  reportJson,
  reportTo,
  runAction,
  speakToTerminal,
  userSshEnvironment
};
