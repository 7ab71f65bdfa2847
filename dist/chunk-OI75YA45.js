import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  Problems,
  classifyServices,
  neededBy,
  rejectModels,
  rejectRunnerPaths
} from "./chunk-U73443YS.js";
import {
  MAX_SERVED_REPLICAS,
  aliasesOf,
  dependenciesOf,
  exposedPortsOf,
  externalObjects,
  externalProxyOf,
  fileObjectName,
  httpPortsOf,
  inlineContents,
  isObserverByImage,
  isOnAllAddresses,
  isProxyByName,
  isReachableFromOutside,
  linksOf,
  mountsOf,
  networksOf,
  nonHttpProtocol,
  portsOf,
  portsOverlap,
  portsThroughEdge,
  readOnlyFiles,
  referencedService,
  rejectReadOnlyAccessory,
  replicasOf,
  routeProtocolOf,
  routingProxyOf,
  streamPortsOf,
  updateOrder,
  usedFileObjects,
  volumeFilesOf,
  wantsProxyProtocol,
  whyNotThroughEdge,
  whyStream,
  withFileVolumes
} from "./chunk-RSV5QU3M.js";
import {
  baseProject,
  joinWithAnd,
  upstreamKey,
  upstreamNetwork
} from "./chunk-AHXWU6YY.js";
import {
  MAX_DURATION,
  parseDuration
} from "./chunk-LL335SZZ.js";
import {
  asList,
  asObject,
  asStrings,
  asText,
  escapeDollars,
  mapValues,
  pickKeys,
  unescapeDollars,
  withoutKeys,
  withoutUndefined
} from "./chunk-MXZD46RS.js";

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

// src/release/compose/accessory-order.ts
var CONDITIONS_BY_STRICTNESS = [
  "service_started",
  "service_healthy",
  "service_completed_successfully"
];
function accessoryConditionsOf(project) {
  return project.accessories.flatMap((service) => {
    const asked = [...project.released.keys()].flatMap(
      (name) => dependenciesOf(project.service(name)).get(service) ?? []
    );
    const strictest = (required2) => Math.max(
      ...asked.filter((each) => each.required === required2).map(({ condition }) => CONDITIONS_BY_STRICTNESS.indexOf(condition)),
      -1
    );
    const [required, optional] = [strictest(true), strictest(false)];
    const conditionAt = (index) => CONDITIONS_BY_STRICTNESS[index] ?? "service_started";
    return [
      ...required >= 0 ? [{ service, condition: conditionAt(required) }] : [],
      ...optional > required ? [{ service, condition: conditionAt(optional), optional: true }] : []
    ];
  });
}
function accessoryOrderOf(project, roles) {
  const needs = (name) => neededBy(project, name);
  const dependent = project.accessories.filter((name) => [...needs(name)].some(project.isReleased));
  const early = [...roles].filter(([, { role }]) => role !== "worker").map(([name]) => name);
  const needed = new Set(early.flatMap((name) => [...needs(name)]));
  const between = dependent.filter((name) => needed.has(name));
  return {
    rounds: roundsOf(project, between),
    late: dependent.filter((name) => !between.includes(name)).sort()
  };
}
function roundsOf(project, between) {
  const rounds = [];
  let rest = between.toSorted();
  while (rest.length > 0) {
    const ready = rest.filter((name) => rest.every((other) => !neededBy(project, name).has(other)));
    if (ready.length === 0) break;
    const after = new Set(ready.flatMap((name) => [...neededBy(project, name)].filter(project.isReleased)));
    rounds.push({ after: [...after].sort(), accessories: ready });
    rest = rest.filter((name) => !ready.includes(name));
  }
  return rounds;
}
function accessoryEndingsOf(project) {
  const services = Object.values(project.config.services);
  const entries = project.accessories.map((name) => {
    const ending = endingOfService(project, name);
    const conditions = services.flatMap((service) => dependenciesOf(service).get(name)?.condition ?? []);
    const isUncertain = conditions.length > 0 && !conditions.includes("service_completed_successfully");
    return [name, ending === "always" && isUncertain ? "maybe" : ending];
  });
  return Object.fromEntries(entries.filter(([, ending]) => ending !== "never"));
}

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

// src/release/compose/named-backends.ts
var OTHER_DIRECTIVES = {
  fastcgi_pass: "FastCGI",
  php_fastcgi: "FastCGI",
  uwsgi_pass: "uwsgi",
  scgi_pass: "SCGI",
  grpc_pass: "gRPC",
  memcached_pass: "memcached"
};
var OTHER_SCHEMES = {
  fastcgi: "FastCGI",
  fcgi: "FastCGI",
  uwsgi: "uwsgi",
  scgi: "SCGI",
  grpc: "gRPC",
  grpcs: "gRPC",
  h2c: "HTTP/2",
  https: "HTTPS",
  wss: "HTTPS"
};
var FASTCGI_PORT = 9e3;
function namedBackends(text, name) {
  const plain = text.replaceAll(/(^|\s)#.*$/gm, "$1");
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(
    `(?:\\b([a-z][a-z0-9+.-]*):\\/\\/(?:[^\\s/@"'\`]*@)?|(?<![\\w.@/$-]))${literal}(?![\\w-]|\\.\\w)(?::(\\d{1,5}))?`,
    "gi"
  );
  const groups = new NginxGroups(plain);
  return [...plain.matchAll(pattern)].flatMap((match) => {
    const [whole, scheme, port] = match;
    const after = plain.slice(match.index + whole.length);
    const number = port === void 0 ? void 0 : Number(port);
    if (scheme !== void 0) return byScheme(scheme.toLowerCase(), number, groups.names.has(name));
    return byContext(plain.slice(0, match.index), after, number, groups);
  });
}
function byScheme(scheme, port, isGroup) {
  const protocol = OTHER_SCHEMES[scheme];
  if (protocol !== void 0) return [{ kind: "other", protocol }];
  if (!["http", "ws"].includes(scheme) || port === void 0 && isGroup) return [];
  return [{ kind: "http", port: port ?? 80 }];
}
function byContext(before, after, port, groups) {
  const statement = /[^;{}\n]*$/.exec(before)?.[0].trimStart() ?? "";
  const directive = /^[\w-]+/.exec(statement)?.[0] ?? "";
  const known = OTHER_DIRECTIVES[directive];
  if (known !== void 0) return [{ kind: "other", protocol: known }];
  if (directive === "server") {
    const group = groups.around(before.length);
    const protocol2 = group === void 0 ? void 0 : groups.otherProtocolOf(group);
    if (protocol2 !== void 0) return [{ kind: "other", protocol: protocol2 }];
    if (port === void 0 && group === void 0) return [];
    return [groups.isTcp ? { kind: "other", protocol: "TCP" } : { kind: "http", port: port ?? 80 }];
  }
  if (directive === "proxy_pass") return port === void 0 ? [] : [{ kind: "other", protocol: "TCP" }];
  if (directive === "reverse_proxy" || directive === "to" && statement.length < "to ".length + 1) {
    if (/^[^}]*\btransport\s+fastcgi\b/.test(after)) return [{ kind: "other", protocol: "FastCGI" }];
    return [{ kind: "http", port: port ?? 80 }];
  }
  if (port === void 0) return isValue(before, after) ? [{ kind: "http", port: void 0 }] : [];
  if (port === FASTCGI_PORT) return [{ kind: "other", protocol: "FastCGI" }];
  const protocol = nonHttpProtocol(port);
  return protocol === void 0 ? [{ kind: "http", port }] : [{ kind: "other", protocol }];
}
var isValue = (before, after) => /^[A-Z][A-Z0-9_]*=$/.test(before) && after === "";
var NginxGroups = class {
  names;
  /** HAProxy's mode, if it has no backends by HTTP. */
  isTcp;
  #text;
  #groups;
  constructor(text) {
    this.#text = text;
    this.isTcp = /^\s*mode\s+tcp\b/m.test(text) && !/^\s*mode\s+http\b/m.test(text);
    this.#groups = [...text.matchAll(/\bupstream\s+([\w.-]+)\s*\{[^}]*\}/g)].map((match) => ({
      name: match[1] ?? "",
      begin: match.index,
      end: match.index + match[0].length
    }));
    this.names = new Set(this.#groups.map(({ name }) => name));
  }
  /** The name of the group that a position is in. */
  around(position) {
    return this.#groups.find(({ begin, end }) => begin <= position && position < end)?.name;
  }
  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group) {
    const directives = Object.keys(OTHER_DIRECTIVES).join("|");
    for (const [, directive = "", name] of this.#text.matchAll(
      new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, "g")
    )) {
      if (name === group) return OTHER_DIRECTIVES[directive];
    }
    return new RegExp(`\\bproxy_pass\\s+https:\\/\\/${group.replaceAll(".", "\\.")}\\b`).test(this.#text) ? "HTTPS" : void 0;
  }
};

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
    ([variable, value]) => `${variable}=${unescapeDollars(String(value ?? ""))}`
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
  return Object.fromEntries(all.map(([key, value]) => [key, unescapeDollars(String(value ?? ""))]));
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
  return `${traefik} finds ${service} by labels, but ${why}, so its requests are not switched. Change that, or set "edge: none".`;
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
  const bases = project.buildOnly.map(
    (name) => `${name}: another image is built from it (additional_contexts), so it is built and not run. If it is to run, give it a restart policy.`
  );
  return [
    ...edge === "none" ? noProxyNotices(roles) : [],
    ...released,
    ...accessories,
    ...ownProxyNotices(proxies),
    ...proxies.notices,
    ...bases,
    ...restartNotices(project, roles, edge)
  ];
}
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
    "edge: none, and nothing says how a proxy reaches a service of this release (labels of Traefik or caddy-docker-proxy, VIRTUAL_HOST, expose, an external network), so all services count as workers."
  ];
}
function commonNotices(name, service) {
  const notices = [];
  if (service["develop"] !== void 0) notices.push(`${name}: develop is for local work and ignored here.`);
  const unset = Object.entries(asObject(service["environment"])).filter(([, value]) => value === null).map(([variable]) => variable);
  if (unset.length > 0) {
    notices.push(
      `${name}: its environment names ${unset.join(", ")} without a value, and the input "env" has none, so it is not set in the container.`
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
    `${name}: the old and the new release both write to ${data.join(" and ")} while both run. If that is not safe (SQLite, for example), set "strategy: recreate".`
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

// src/release/compose/port-conflicts.ts
function isFrontPort(address, published, domains) {
  return domains.size > 0 && isOnAllAddresses(address) && ["80", "443"].includes(String(published));
}
function checkPortConflicts(routes, project, domains, problems) {
  const routed = routes.flatMap(
    ({ service, containerPort, published }) => published.map((port) => ({ ...port, owner: `${service}:${containerPort}` }))
  );
  const served = new Set(
    routes.filter(({ published }) => published.length > 0).map(({ service }) => service)
  );
  const isOthers = (name) => (port) => port.protocol === "tcp" && /^\d+$/.test(port.published ?? "") && !(project.isReleased(name) && isFrontPort(port.address, port.published ?? "", domains));
  const others = Object.entries(project.config.services).filter(([name, service]) => !served.has(name) && service["network_mode"] !== "host").flatMap(
    ([name, service]) => portsOf(service).filter(isOthers(name)).map((port) => ({ address: port.address, port: Number(port.published), owner: name }))
  );
  const front = (domains.size === 0 ? [] : [80, 443]).map(
    (port) => ({ address: void 0, port, owner: "the front for domains" })
  );
  const claims = [...front, ...routed, ...others];
  for (const [index, one] of claims.entries()) {
    const other = claims.slice(0, index).find((each) => each.owner !== one.owner && portsOverlap(each, one));
    if (other !== void 0) {
      problems.add(
        `compose-file: port ${one.port} of the host is claimed by ${other.owner} and by ${one.owner}. Publish one of them on another port.`
      );
    }
  }
}

// src/release/compose/cross-project-refs.ts
var NAMESPACE_KEYS = ["network_mode", "pid", "ipc"];
function withAccessoryRefs(project, base, service) {
  const isAccessory = (name) => name !== void 0 && project.accessories.includes(name);
  const container = (name) => asText(project.service(name)["container_name"]) ?? `${base}-${name}-1`;
  const links = linksOf(service);
  const externalLinks = links.filter((link) => isAccessory(link.service) && link.alias !== link.service).map((link) => `${container(link.service)}:${link.alias}`);
  const namespaces = NAMESPACE_KEYS.map((key) => {
    const other = referencedService(service[key]);
    return [key, isAccessory(other) ? `container:${container(other)}` : service[key]];
  });
  return withoutUndefined({
    ...service,
    ...Object.fromEntries(namespaces),
    depends_on: filterDependencies(service, project.isReleased),
    links: undefinedIfEmpty(
      asStrings(service["links"]).filter((_, index) => project.isReleased(links[index]?.service ?? ""))
    ),
    external_links: undefinedIfEmpty([...asStrings(service["external_links"]), ...externalLinks]),
    volumes_from: undefinedIfEmpty(
      asStrings(service["volumes_from"]).map((from) => {
        const [name = "", ...mode] = from.split(":");
        return isAccessory(name) ? [`container:${container(name)}`, ...mode].join(":") : from;
      })
    )
  });
}
function withoutReleaseRefs(project, name, service, problems) {
  for (const key of NAMESPACE_KEYS) {
    const other = referencedService(service[key]);
    if (other !== void 0 && project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has ${key}: service:${other}, but ${other} gets a new container with each release. Give ${name} image: \${IMAGE} or build: so that it belongs to the release, or connect them by a network.`,
        "services",
        name,
        key
      );
    }
  }
  for (const from of asStrings(service["volumes_from"])) {
    const other = from.split(":", 1)[0] ?? "";
    if (project.isReleased(other)) {
      problems.add(
        `compose-file: accessory ${name} has volumes_from: ${other}, but ${other} gets a new container with each release. Mount the same named volume in both.`,
        "services",
        name,
        "volumes_from"
      );
    }
  }
  return withoutUndefined({
    ...service,
    depends_on: filterDependencies(service, (other) => !project.isReleased(other)),
    links: undefinedIfEmpty(
      asStrings(service["links"]).filter((link) => !project.isReleased(link.split(":", 1)[0] ?? ""))
    )
  });
}
function filterDependencies(service, keep) {
  const all = asObject(service["depends_on"]);
  const kept = Object.keys(all).filter(keep);
  return kept.length === 0 ? void 0 : pickKeys(all, kept);
}
var undefinedIfEmpty = (values) => values.length === 0 ? void 0 : values;
function aliasesFromLinks(project, name) {
  return project.accessories.flatMap((accessory) => linksOf(project.service(accessory))).filter((link) => link.service === name && link.alias !== name).map((link) => link.alias);
}
function withAliases(networks, names) {
  return mapValues(networks, (value) => {
    const options = asObject(value);
    const aliases = [.../* @__PURE__ */ new Set([...asStrings(options["aliases"]), ...names])];
    return aliases.length === 0 ? options : { ...withoutKeys(options, "aliases"), aliases };
  });
}

// src/release/compose/render-projects.ts
var NOT_DEPLOYED_KEYS = ["build", "develop", "profiles"];
function renderReleaseProject(project, base, keepsPorts, proxies, domains, inlined, problems) {
  const services = {};
  const files = [];
  for (const name of project.released.keys()) {
    const inlineFiles = readOnlyFiles(name, project.service(name), inlined, problems);
    files.push(...inlineFiles);
    const rendered = withFileVolumes(renderReleasedService(project, base, name), inlineFiles);
    const service = withLabelsForTraefik(project, name, rendered, proxies);
    services[name] = keepsPorts(name) ? { ...service, ...portsKeptByService(project.service(name), domains) } : service;
  }
  const objects = { ...externalObjects(project.config, services), ...usedFileObjects(inlined, services) };
  return { compose: { services, ...objects }, files };
}
function withLabelsForTraefik(project, name, rendered, proxies) {
  const upstreams = [...proxies?.upstreams.get(name)?.values() ?? []];
  if (upstreams.some(({ labels }) => labels !== void 0)) return withoutTraefikLabels(rendered);
  const network = onlyNetworkOf(project, project.service(name));
  return withCompleteTraefikLabels(name, rendered, network, () => onlyExposedPort(project.service(name)));
}
function onlyNetworkOf({ config }, service) {
  const all = Object.keys(networksOf(service) ?? {}).map((key) => {
    const { name, external } = asObject(config.networks?.[key]);
    return { name: asText(name) ?? key, external: external === true };
  });
  const chosen = all.length > 1 ? all.filter(({ external }) => external) : all;
  return chosen.length === 1 ? chosen[0]?.name : void 0;
}
function renderBaseProject(project, appEnvironment, { upstreamsOf }, inlined, problems) {
  const services = {};
  for (const name of project.accessories) {
    const service = withUpstreamNetworks(
      project,
      project.service(name),
      appEnvironment,
      upstreamsOf.get(name) ?? []
    );
    rejectReadOnlyAccessory(name, service, problems);
    services[name] = withoutNullsAndExtensions(
      withoutKeys(withoutReleaseRefs(project, name, service, problems), ...NOT_DEPLOYED_KEYS)
    );
  }
  return {
    services,
    networks: {
      ...mapValues(project.config.networks ?? {}, asObject),
      ...Object.fromEntries(
        [...upstreamsOf.values()].flat().map((upstream) => [upstreamKey(upstream), { name: upstreamNetwork(appEnvironment, upstream) }])
      )
    },
    volumes: mapValues(project.config.volumes ?? {}, asObject),
    ...usedFileObjects(inlined, services)
  };
}
function withUpstreamNetworks({ config }, service, appEnvironment, upstreams) {
  if (upstreams.length === 0) return service;
  const networks = networksOf(service) ?? {};
  const comesLater = Object.keys(networks).some((key) => {
    const { name, enable_ipv6: hasIpv6 } = asObject(config.networks?.[key]);
    return hasIpv6 === true || (asText(name) ?? key) < upstreamNetwork(appEnvironment, { network: "upstream-" });
  });
  const own = upstreams.map((upstream) => [upstreamKey(upstream), comesLater ? { gw_priority: 1 } : {}]);
  return { ...service, networks: { ...networks, ...Object.fromEntries(own) } };
}
function renderReleasedService(project, base, name) {
  const service = project.service(name);
  const dropped = [...NOT_DEPLOYED_KEYS, "pull_policy", "ports", "container_name", "image"];
  const networks = networksOf(service);
  const names = [...asStrings([service["container_name"]]), ...aliasesFromLinks(project, name)];
  return withoutUndefined({
    ...withoutNullsAndExtensions(withoutKeys(withAccessoryRefs(project, base, service), ...dropped)),
    ...restartPolicyOf(service),
    networks: networks === void 0 ? void 0 : withAliases(networks, names)
  });
}
function portsKeptByService(service, domains) {
  const ports = portsOf(service);
  const kept = asList(service["ports"]).filter((_, index) => {
    const { address, published = "" } = ports[index] ?? {};
    return !isFrontPort(address, published, domains);
  });
  return kept.length === 0 ? {} : { ports: kept };
}
function restartPolicyOf(service) {
  const { restart_policy: policy, ...deploy } = asObject(service["deploy"]);
  if (policy === void 0) return {};
  const { condition = "no", max_attempts: attempts } = asObject(policy);
  const counted = condition === "on-failure" && typeof attempts === "number";
  const restart = counted ? `on-failure:${attempts}` : RESTART_POLICY_NAMES[String(condition)] ?? condition;
  return { restart, deploy };
}
var RESTART_POLICY_NAMES = { any: "always", none: "no" };
function withoutNullsAndExtensions(service) {
  return Object.fromEntries(
    Object.entries(service).filter(([key, value]) => value !== null && !key.startsWith("x-"))
  );
}

// src/release/compose/proxies-elsewhere.ts
function foundElsewhere(project, roles, routes, { labelled }) {
  return [...project.released.keys()].flatMap((name) => {
    const found = routingProxyOf(project.service(name));
    const isServed = routes.some(({ service }) => service === name);
    const runsTwice = roles.get(name)?.exclusiveReason === void 0;
    return found === void 0 || isServed || !runsTwice || labelled.includes(name) ? [] : [[name, found]];
  });
}
function rejectProxiesElsewhere(project, roles, routes, proxies, problems) {
  if (routes.length > 0) return;
  for (const [name, found] of foundElsewhere(project, roles, routes, proxies))
    problems.add(
      `compose-file: a proxy finds service ${name} by ${found}, and nothing of this release passes Sealift's edge. Set "edge: none": then the proxy finds the new containers before the old ones stop. Or remove them and let the edge serve ${name}, with ports: or the input domains.`,
      "services",
      name
    );
}
var unswitchedNotices = (project, roles, routes, proxies) => foundElsewhere(project, roles, routes, proxies).map(
  ([name, found]) => `${name}: a proxy finds it by ${found}, which the edge does not switch: its new containers run beside the old ones, and the proxy decides which of them answers.`
);
function ambiguousNetworkNotices(project, { labelled }) {
  return [...project.released.keys()].flatMap((name) => {
    const service = project.service(name);
    const isOnSeveral = Object.keys(networksOf(service) ?? {}).length > 1;
    const said = asObject(service["labels"])["traefik.docker.network"];
    if (!hasTraefikLabels(service) || labelled.includes(name) || said !== void 0 || !isOnSeveral)
      return [];
    if (onlyNetworkOf(project, service) !== void 0) return [];
    return [
      `${name}: it is on several networks, and nothing says by which Traefik reaches it, so a part of the requests may fail. Add the label traefik.docker.network with the name of the network that Traefik is on.`
    ];
  });
}

// src/release/compose/update-config.ts
function updateConfigOf(name, service, problems) {
  const section = asObject(service["deploy"])["update_config"];
  if (section === void 0 || section === null) return void 0;
  const config = asObject(section);
  const reportInvalid = (field, advice) => problems.add(
    `compose-file: service ${name} has deploy.update_config.${field}: ${String(config[field])}. ${advice}`,
    "services",
    name,
    "deploy",
    "update_config",
    field
  );
  return {
    parallelism: parallelismOf(config["parallelism"], reportInvalid),
    order: asText(config["order"]) === "stop-first" ? "stop-first" : "start-first",
    delay: updateDurationOf("delay", config["delay"], reportInvalid),
    monitor: updateDurationOf("monitor", config["monitor"], reportInvalid),
    maxFailureRatio: failureRatioOf(config["max_failure_ratio"], reportInvalid),
    failureAction: failureActionOf(config["failure_action"], reportInvalid)
  };
}
function parallelismOf(value, reportInvalid) {
  if (value === void 0) return 1;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  reportInvalid("parallelism", "Give a whole number of replicas, or 0 for all at once.");
  return 1;
}
function updateDurationOf(field, value, reportInvalid) {
  if (value === void 0) return 0;
  const written = asText(value) ?? "";
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== void 0 && milliseconds <= MAX_DURATION) return milliseconds;
  reportInvalid(field, "Give a duration of at most 24h, such as 10s.");
  return 0;
}
function failureRatioOf(value, reportInvalid) {
  if (value === void 0) return 0;
  const ratio = typeof value === "number" ? value : Number(asText(value));
  if (ratio >= 0 && ratio <= 1) return ratio;
  reportInvalid("max_failure_ratio", "Give a share of the replicas from 0 to 1.");
  return 0;
}
function failureActionOf(value, reportInvalid) {
  if (value === "continue") return "continue";
  if (value !== void 0 && value !== "pause" && value !== "rollback")
    reportInvalid("failure_action", "Give continue, rollback or pause.");
  return "rollback";
}
function stopsAllReplicasFirst(service) {
  const config = asObject(asObject(service["deploy"])["update_config"]);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === "number" && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return asText(config["order"]) === "stop-first" && batch >= replicasOf(service);
}

// src/release/compose/why-exclusive.ts
function whyPublishedByService(port) {
  return port.published === void 0 ? void 0 : `with edge: none it publishes port ${port.published} itself`;
}
function whyExclusive(service, isReleased, edge) {
  const reasons = [
    ...["network_mode", "pid", "ipc", "uts"].map((key) => sharedNamespaceReason(service, key, isReleased)),
    defaultBridgeReason(service),
    settingText("mac_address", asText(service["mac_address"])),
    fixedAddressReason(service),
    stopsAllReplicasFirst(service) ? "deploy.update_config.order: stop-first" : void 0,
    ...portsOf(service).map(
      (port) => edge === "none" ? whyPublishedByService(port) : whyNotThroughEdge(port, service)
    )
  ];
  return reasons.find((reason) => reason !== void 0);
}
function settingText(key, value) {
  return value === void 0 ? void 0 : `${key}: ${value}`;
}
function sharedNamespaceReason(service, key, isReleased) {
  const mode = asText(service[key]);
  const other = referencedService(mode);
  const outside = other === void 0 ? mode === "host" || mode?.startsWith("container:") : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : void 0;
}
function defaultBridgeReason(service) {
  return asText(service["network_mode"]) === "bridge" && portsOf(service).length > 0 ? "network_mode: bridge" : void 0;
}
function fixedAddressReason(service) {
  for (const [network, options] of Object.entries(asObject(service["networks"]))) {
    for (const key of ["ipv4_address", "ipv6_address", "mac_address"]) {
      const address = asText(asObject(options)[key]);
      if (address !== void 0) return `${key}: ${address} on network ${network}`;
    }
  }
  return void 0;
}

// src/release/compose/roles.ts
function rolesOf(project, hasRoute, edge) {
  const names = [...project.released.keys()];
  const endings = new Map(names.map((name) => [name, endingOfService(project, name, hasRoute)]));
  const oneShots = new Set(names.filter((name) => endings.get(name) === "always"));
  const reasonOf = (name) => oneShots.has(name) ? void 0 : whyExclusive(project.service(name), project.isReleased, edge) ?? (edge === "none" ? void 0 : whyStreamsExclusive(project, name));
  const served = names.filter((name) => reasonOf(name) === void 0 && hasRoute(name));
  const reasons = new Map(
    names.map((name) => [
      name,
      reasonOf(name) ?? (served.includes(name) || oneShots.has(name) ? void 0 : whyDataExclusive(project, name))
    ])
  );
  const needed = withDependencies(project, [
    ...served,
    ...oneShots,
    ...names.filter((name) => reasons.get(name) !== void 0),
    ...names.filter((name) => exposedPortsOf(project.service(name)).length > 0),
    ...names.filter((name) => edge === "none" && isReachableFromOutside(project, name)),
    // A proxy that the edge is not behind: the old containers must not stop before the new ones are found.
    ...names.filter((name) => routingProxyOf(project.service(name)) !== void 0),
    ...project.accessories.flatMap((name) => releasedDependencies(project, name))
  ]);
  const roleOf = (name) => {
    if (reasons.get(name) !== void 0) return "exclusive";
    if (edge !== "none" && served.includes(name)) return "served";
    return needed.has(name) ? "internal" : "worker";
  };
  return new Map(
    names.map((name) => [
      name,
      {
        role: roleOf(name),
        exclusiveReason: reasons.get(name),
        oneShot: oneShots.has(name),
        ...endings.get(name) === "maybe" ? { mayEnd: true } : {}
      }
    ])
  );
}
function whyRecreateAll(project, roles) {
  for (const [name, { role }] of roles) {
    const direct = role === "served" || role === "internal" ? releasedDependencies(project, name) : [];
    const needed = role === "worker" ? [] : [...direct, ...neededThroughAccessories(project, name)];
    for (const other of needed) {
      const { exclusiveReason } = roles.get(other) ?? {};
      if (exclusiveReason !== void 0)
        return `${name} needs ${other}, and two of ${other} can't run at once: ${exclusiveReason}`;
    }
  }
  return void 0;
}
function releasedDependencies(project, name) {
  return [...dependenciesOf(project.service(name)).keys()].filter(project.isReleased);
}
function neededThroughAccessories(project, name) {
  const accessories = [...neededBy(project, name)].filter((other) => !project.isReleased(other));
  return accessories.flatMap((other) => [...neededBy(project, other)].filter(project.isReleased));
}
function withDependencies(project, roots) {
  const reached = /* @__PURE__ */ new Set();
  const visit = (name) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const other of releasedDependencies(project, name)) visit(other);
  };
  for (const root of roots) visit(root);
  return reached;
}

// src/release/compose/domain-backends.ts
var backendText = ({ service, port }) => `${service}:${port}`;
function domainBackends(project, domains, problems) {
  const found = /* @__PURE__ */ new Map();
  for (const [domain, target] of domains) {
    const backend = target === void 0 ? onlyBackend(domain, project, void 0, problems) : namedBackend(domain, target, project, problems);
    if (backend === void 0) continue;
    const key = backendText(backend);
    found.set(key, { ...backend, domains: [...found.get(key)?.domains ?? [], domain] });
  }
  return [...found.values()];
}
function namedBackend(domain, { service, port }, project, problems) {
  if (!project.isReleased(service)) {
    const released = [...project.released.keys()].join(", ");
    const what = project.accessories.includes(service) ? "an accessory" : "not in the Compose file";
    problems.add(
      `domains: ${domain} points to ${service}, which is ${what}. Released services: ${released}.`
    );
    return void 0;
  }
  if (networksOf(project.service(service)) === void 0) {
    const mode = String(project.service(service)["network_mode"]);
    problems.add(
      `domains: ${domain} points to ${service}, which the edge can't reach: network_mode: ${mode}. Remove network_mode.`
    );
    return void 0;
  }
  if (port === void 0) return onlyBackend(domain, project, service, problems);
  return { service, port: checkedPort(domain, service, port, project, problems) };
}
function checkedPort(domain, name, port, project, problems) {
  const service = project.service(name);
  const published = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  const known = [.../* @__PURE__ */ new Set([...published.map(({ target }) => target), ...exposedPortsOf(service)])];
  const [first] = known;
  if (first === void 0 || known.includes(port)) return port;
  const lines = known.map((each) => `${domain}=${name}:${each}`).join(" or ");
  problems.add(
    `domains: ${domain} points to ${name}:${port}, but according to the Compose file ${name} listens on ${known.join(", ")}. Write ${lines}, or, if it listens on ${port} as well, add it to the service: expose: ["${port}"].`
  );
  return first;
}
function onlyBackend(domain, project, service, problems) {
  const released = [...project.released.keys()];
  const reachable = (service === void 0 ? released : [service]).filter(
    (name) => networksOf(project.service(name)) !== void 0
  );
  const backendsOf = (portsIn) => reachable.flatMap((name) => [...new Set(portsIn(name))].map((port) => ({ service: name, port })));
  const published = backendsOf((name) => httpPortsOf(project.service(name)).map((port) => port.target));
  const choices = published.length > 0 ? published : backendsOf((name) => exposedPortsOf(project.service(name)));
  if (choices.length === 1) return choices[0];
  const subject = service === void 0 ? "the released services have" : `${service} has`;
  problems.add(
    choices.length === 0 ? `domains: ${subject} no port that ${domain} could point to. Write ${domain}=${service ?? released[0] ?? "service"}:port.` : `domains: ${subject} several ports that ${domain} could point to. Write ${choices.map((backend) => `${domain}=${backendText(backend)}`).join(" or ")}.`
  );
  return void 0;
}

// src/release/compose/route-ids.ts
function withRouteIds(routes) {
  const isOnly = routes.filter(hasOnlyDomains).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(compareByPort);
    const domainsId = isOnly && hasOnlyDomains(route) ? "domains" : `${route.service}-${route.containerPort}`;
    return { id: first === void 0 ? domainsId : addressId(first), ...route };
  });
}
var hasOnlyDomains = ({ published, domains }) => published.length === 0 && domains.length > 0;
var addressId = ({ address, port }) => address === void 0 || isOnAllAddresses(address) ? `${port}` : `${port}-${address.replaceAll(/[^\w.]/g, "_")}`;
var compareByPort = (one, other) => one.port - other.port || (addressId(one) < addressId(other) ? -1 : 1);

// src/release/compose/routes.ts
function routesOf(project, domains, { upstreams }, problems, notices) {
  const byDomain = domainBackends(project, domains, problems);
  const routes = withRouteIds(
    [...project.released.keys()].flatMap(
      (service) => serviceRoutes(
        service,
        project,
        byDomain,
        domains,
        upstreams.get(service) ?? /* @__PURE__ */ new Map(),
        problems,
        notices
      )
    )
  );
  checkPortConflicts(routes, project, domains, problems);
  return routes;
}
function serviceRoutes(service, project, byDomain, domains, upstreams, problems, notices) {
  const definition = project.service(service);
  const isExclusive = (whyExclusive(definition, project.isReleased, "caddy") ?? whyStreamsExclusive(project, service)) !== void 0;
  const passed = isExclusive ? portsOf(definition) : streamPortsOf(definition);
  const lost = passed.filter(({ address, published = "" }) => isFrontPort(address, published, domains));
  for (const { published = "" } of lost) notices.push(leftToFrontNotice(service, published));
  const ports = isExclusive ? [] : portsThroughEdge(definition).filter((port) => !isAmong(lost, port));
  const named = byDomain.filter((backend) => backend.service === service);
  const targets = /* @__PURE__ */ new Set([
    ...ports.map(({ target }) => target),
    ...named.map(({ port }) => port),
    ...upstreams.keys()
  ]);
  return [...targets].map((target) => {
    const backend = { service, port: target };
    const portsToTarget = ports.filter((port) => port.target === target);
    const own = named.find(({ port }) => port === target)?.domains ?? [];
    const upstream = upstreams.get(target);
    if (own.length === 0 && upstream === void 0)
      checkBackendReachable(backend, portsToTarget, domains, problems);
    const published = publishedPortsOf(backend, portsToTarget, domains, notices);
    if (portsToTarget.some(({ appProtocol }) => appProtocol === void 0))
      notices.push(...passedThroughNotice(backend, portsToTarget[0], definition));
    const protocol = protocolOf(backend, portsToTarget, definition, problems);
    const [stream] = portsToTarget.filter((port) => whyStream(port, definition) !== void 0);
    if (stream !== void 0 && (own.length > 0 || upstream !== void 0))
      problems.add(passedThroughProblem(backend, stream, definition, own), "services", service, "ports");
    return {
      ...{ service, containerPort: target, published, domains: own },
      ...protocol === void 0 ? {} : { protocol },
      ...stream !== void 0 && wantsProxyProtocol(stream) ? { sendProxy: true } : {},
      ...upstream === void 0 ? {} : { upstream }
    };
  });
}
var isAmong = (ports, one) => ports.some(
  (each) => each.target === one.target && each.published === one.published && each.address === one.address
);
function passedThroughNotice({ service }, port, definition) {
  const why = port && whyStream(port, definition);
  if (why === void 0) return [];
  return [
    `${service}: ${why}, so its connections are passed through as they are. If it speaks plain HTTP, set app_protocol: http.`
  ];
}
function passedThroughProblem({ service, port }, stream, definition, domains) {
  const what = domains.length > 0 ? `${domains.join(", ")} points` : "a proxy of the file leads";
  return `compose-file: ${what} to ${service}:${port} by HTTP, but ${whyStream(stream, definition)}, so it is passed through as it is. If it speaks plain HTTP, set app_protocol: http on it. Otherwise name another port of ${service}.`;
}
function protocolOf({ service, port }, ports, definition, problems) {
  const protocols = ports.map((each) => routeProtocolOf(each, definition));
  const spoken = ports.map((each, index) => `${protocols[index]} ${wantsProxyProtocol(each)}`);
  if (new Set(spoken).size > 1) {
    problems.add(
      `compose-file: port ${port} of service ${service} is published with several values of app_protocol. Set the same on all of them.`,
      "services",
      service,
      "ports"
    );
  }
  return protocols[0];
}
function publishedPortsOf(backend, ports, domains, notices) {
  const kept = [];
  for (const { address, published } of ports) {
    const port = Number(published);
    if (published === void 0 || kept.some((other) => other.port === port && other.address === address))
      continue;
    if (isFrontPort(address, published, domains)) {
      const notice = leftToFrontNotice(backend.service, published);
      if (!notices.includes(notice)) notices.push(notice);
    } else kept.push({ address, port });
  }
  if (domains.size === 0 && kept.some(({ port }) => port === 443)) notices.push(plainHttpNotice(backend));
  return kept;
}
function leftToFrontNotice(service, port) {
  return `${service}: its port ${port} is left to the front, the proxy that serves this host's domains on 80 and 443.`;
}
function plainHttpNotice({ service, port }) {
  return `${service}: port 443 points to ${port} as plain HTTP. If ${service} terminates TLS itself, set app_protocol: https on that port; for automatic certificates use the input "domains".`;
}
function checkBackendReachable(backend, ports, domains, problems) {
  if (ports.every(({ published }) => published === void 0)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input "domains": app.example.com=${backendText(backend)}), or use expose: if only other services use it.`,
      "services",
      backend.service,
      "ports"
    );
  } else if (ports.every(
    ({ address, published }) => published === void 0 || isFrontPort(address, published, domains)
  )) {
    const taken = ports.map(({ published }) => published).join(" and ");
    problems.add(
      `domains: ${backendText(backend)} is published on ${taken} only, and with domains ports 80 and 443 belong to the front. Give it a domain of its own (app.example.com=${backendText(backend)}) or another port.`
    );
  }
}

// src/release/compose/split-project.ts
function splitProject(resolved, appEnvironment, domains, edge) {
  const problems = new Problems(resolved.files);
  const notices = [...resolved.notices];
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectModels(resolved.config, problems);
  const project = classifyServices(resolved.config, resolved.placeholder, problems);
  problems.throwIfAny();
  const hasEdge = edge !== "none";
  const proxies = hasEdge ? findOwnProxies(project, resolved.contents) : NO_PROXIES;
  const routes = hasEdge ? routesOf(project, domains, proxies, problems, notices) : [];
  if (!hasEdge) checkPortConflicts([], project, /* @__PURE__ */ new Map(), problems);
  const hasRoute = (name) => hasEdge ? routes.some((route) => route.service === name) : externalProxyOf(project.service(name)) !== void 0;
  const roles = rolesOf(project, hasRoute, edge);
  if (hasEdge) rejectProxiesElsewhere(project, roles, routes, proxies, problems);
  const order = accessoryOrderOf(project, roles);
  const inlined = inlineContents(resolved.config, resolved.contents, problems);
  const keepsPorts = (name) => !hasEdge || roles.get(name)?.role === "exclusive";
  const split = {
    app: appEnvironment.app,
    environment: appEnvironment.environment,
    placeholder: resolved.placeholder,
    services: splitServicesOf(project, roles, problems),
    routes,
    recreateReason: whyRecreateAll(project, roles),
    ...renderReleaseProject(
      project,
      baseProject(appEnvironment),
      keepsPorts,
      hasEdge ? proxies : void 0,
      domains,
      inlined,
      problems
    ),
    base: renderBaseProject(project, appEnvironment, proxies, inlined, problems),
    conditions: accessoryConditionsOf(project),
    lateAccessories: order.late,
    accessoryRounds: order.rounds,
    accessoryEndings: accessoryEndingsOf(project),
    confidential: inlined.values,
    buildOnly: project.buildOnly,
    notices: [
      ...notices,
      ...composeNoticesOf(project, roles, proxies, edge),
      ...hasEdge ? unswitchedNotices(project, roles, routes, proxies) : [],
      ...ambiguousNetworkNotices(project, proxies)
    ]
  };
  problems.throwIfAny();
  return split;
}
function splitServicesOf(project, roles, problems) {
  const services = {};
  for (const [name, role] of roles) {
    const service = project.service(name);
    const replicas = replicasOf(service);
    if (role.role === "served") checkReplicas(name, replicas, problems);
    const update = updateConfigOf(name, service, problems);
    const containerName = asText(service["container_name"]);
    services[name] = {
      name,
      ...role,
      replicas,
      imageKey: project.released.get(name) ?? name,
      ...update === void 0 ? {} : { update },
      ...containerName === void 0 ? {} : { containerName }
    };
  }
  return services;
}
function checkReplicas(name, replicas, problems) {
  if (replicas > MAX_SERVED_REPLICAS) {
    problems.add(
      `compose-file: service ${name} has ${replicas} replicas, but the edge can serve at most ${MAX_SERVED_REPLICAS} on a host. Lower deploy.replicas, or add hosts.`,
      "services",
      name,
      "deploy",
      "replicas"
    );
  }
  if (replicas < 1) {
    problems.add(
      `compose-file: service ${name} has a route but no replicas. Set deploy.replicas to 1 or more.`,
      "services",
      name,
      "deploy",
      "replicas"
    );
  }
}

export {
  splitProject
};
