import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  builtImagesOf
} from "./chunk-ZFQJ6P4U.js";
import {
  aliasesOf,
  briefLine,
  conditionFor,
  dependenciesOf,
  exposedPortsOf,
  externalProxyOf,
  fileObjectName,
  httpPortsOf,
  isObserverByImage,
  isProxyByName,
  linksOf,
  mountsOf,
  networksOf,
  nonHttpProtocol,
  oneLine,
  portsOf,
  referencedService,
  relativeBindDevice,
  replicasOf,
  streamPortsOf,
  updateOrder,
  volumeFilesOf
} from "./chunk-AXM2NXMP.js";
import {
  joinWithAnd
} from "./chunk-QZ63PLH4.js";
import {
  asList,
  asObject,
  asStrings,
  asText,
  configurationMessage,
  escapeDollars,
  inputRef,
  inputSetting,
  mapValues,
  unescapeDollars,
  wordsOf
} from "./chunk-EK3AKRYE.js";
import {
  ConfigurationError,
  theRunner
} from "./chunk-O5VY7DHM.js";

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
    const group = this.#groups.get(this.#groupBegins.lastBefore(position));
    return group !== void 0 && Number.isFinite(group.end) && position <= group.end ? group.name : void 0;
  }
  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group) {
    return this.#protocols.get(group);
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
  const add = (group, protocol) => {
    if (!found.has(group)) found.set(group, protocol);
  };
  for (const [, directive = "", group = ""] of text.matchAll(
    new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, "g")
  ))
    add(group, OTHER_DIRECTIVES.get(directive) ?? "");
  for (const [, group = ""] of text.matchAll(/\bproxy_pass\s+https:\/\/([\w.-]+)/g)) add(group, "HTTPS");
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
    const group = config.groupAt(begin);
    const protocol2 = group === void 0 ? void 0 : config.otherProtocolOf(group);
    if (protocol2 !== void 0) return [{ kind: "other", protocol: protocol2 }];
    if (port === void 0 && group === void 0) return [];
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
  let isNamed = false;
  for (const released of reachableServices(project, service)) {
    const hosts = [...namesOf(project, released), ...linkNames(service, released)];
    const found = hosts.flatMap((host) => texts.flatMap((text) => namedBackends(text, host)));
    const ports = found.flatMap(
      (each) => each.kind === "other" ? [] : each.port ?? onlyExposedPort(project.service(released)) ?? []
    );
    const other = found.find((each) => each.kind === "other");
    isNamed ||= found.length > 0;
    if (ports.length > 0) leads.ports.set(released, new Set(ports));
    else if (other !== void 0) leads.notices.push(notSwitchedNotice(name, released, other.protocol));
  }
  if (!isNamed && isProxyByName(name, asText(service["image"]) ?? "")) addDependencies(project, name, leads);
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
  const conditions = new Set(others.map(([, other]) => conditionFor(other, name)));
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
  const sources = writableMounts(project, name);
  if (sources.length === 0) return void 0;
  const others = Object.entries(project.config.services).filter(([other]) => other !== name);
  const mounted = new Set(others.flatMap(([, other]) => mountsOf(other).map((mount) => mount.source)));
  const own = sources.find((source) => !mounted.has(source));
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
      `compose-file: service ${path.service} mounts ${path.written} at ${path.target}, which is on ${theRunner()} and not on a server, and Sealift does not copy it: ${path.reason}. Instead: ${instead}; or ${LOCAL_FILE_ADVICE}.`,
      "services",
      path.service,
      "volumes"
    );
  }
  for (const [name, spec] of Object.entries(resolved.config.volumes ?? {})) {
    const device = relativeBindDevice(spec);
    if (device === void 0) continue;
    problems.add(
      `compose-file: volume ${name} is the folder ${device}, which is on ${theRunner()} and not on a server. Remove driver_opts for a plain volume, or give an absolute path of the server.`,
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
