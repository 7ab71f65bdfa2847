import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  NO_PROXIES,
  Problems,
  classifyServices,
  composeNoticesOf,
  endingOfService,
  findOwnProxies,
  hasTraefikLabels,
  neededBy,
  onlyExposedPort,
  rejectBuiltInNames,
  rejectModels,
  rejectRunnerPaths,
  whyDataExclusive,
  whyStreamsExclusive,
  withCompleteTraefikLabels,
  withoutTraefikLabels
} from "./chunk-KUQU5EMS.js";
import {
  MAX_SERVED_REPLICAS,
  conditionFor,
  dependenciesOf,
  exposedPortsOf,
  externalObjects,
  externalProxyOf,
  httpPortsOf,
  inlineContents,
  isOnAllAddresses,
  isReachableFromOutside,
  linksOf,
  networksOf,
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
  usedFileObjects,
  wantsProxyProtocol,
  whyNotThroughEdge,
  whyStream,
  withFileVolumes
} from "./chunk-AXM2NXMP.js";
import {
  baseProject,
  upstreamKey,
  upstreamNetwork
} from "./chunk-QZ63PLH4.js";
import {
  MAX_DURATION,
  parseDuration
} from "./chunk-LL335SZZ.js";
import {
  asList,
  asObject,
  asStrings,
  asText,
  inputRef,
  inputSetting,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
  wordsOf
} from "./chunk-EK3AKRYE.js";

// src/release/compose/accessory-order.ts
var CONDITIONS_BY_STRICTNESS = [
  "service_started",
  "service_healthy",
  "service_completed_successfully"
];
function accessoryConditionsOf(project) {
  const dependencies = [...project.released.keys()].map((name) => dependenciesOf(project.service(name)));
  return project.accessories.flatMap((service) => {
    const asked = dependencies.flatMap((each) => each.get(service) ?? []);
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
  const needs = needsOf(project);
  const dependent = project.accessories.filter((name) => [...needs(name)].some(project.isReleased));
  const early = [...roles].filter(([, { role }]) => role !== "worker").map(([name]) => name);
  const needed = new Set(early.flatMap((name) => [...needs(name)]));
  const between = dependent.filter((name) => needed.has(name));
  return {
    rounds: roundsOf(project, between, needs),
    late: dependent.filter((name) => !between.includes(name)).sort()
  };
}
function needsOf(project) {
  const found = /* @__PURE__ */ new Map();
  return (name) => {
    const needs = found.get(name) ?? neededBy(project, name);
    found.set(name, needs);
    return needs;
  };
}
function hasAny(all, names) {
  for (const name of names) if (all.has(name)) return true;
  return false;
}
function roundsOf(project, between, needs) {
  const rounds = [];
  const rest = new Set(between.toSorted());
  while (rest.size > 0) {
    const ready = [...rest].filter((name) => !hasAny(rest, needs(name)));
    if (ready.length === 0) break;
    const after = new Set(ready.flatMap((name) => [...needs(name)].filter(project.isReleased)));
    rounds.push({ after: [...after].sort(), accessories: ready });
    for (const name of ready) rest.delete(name);
  }
  return rounds;
}
function accessoryEndingsOf(project) {
  const services = Object.values(project.config.services);
  const entries = project.accessories.map((name) => {
    const ending = endingOfService(project, name);
    const conditions = services.flatMap((service) => conditionFor(service, name) ?? []);
    const isUncertain = conditions.length > 0 && !conditions.includes("service_completed_successfully");
    return [name, ending === "always" && isUncertain ? "maybe" : ending];
  });
  return Object.fromEntries(entries.filter(([, ending]) => ending !== "never"));
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
  const restart = counted ? `on-failure:${attempts}` : RESTART_POLICY_NAMES.get(condition) ?? condition;
  return { restart, deploy };
}
var RESTART_POLICY_NAMES = /* @__PURE__ */ new Map([
  ["any", "always"],
  ["none", "no"]
]);
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
      `compose-file: a proxy finds service ${name} by ${found}, and nothing of this release passes Sealift's edge. Set "${inputSetting("edge", "none")}": then the proxy finds the new containers before the old ones stop. Or remove them and let the edge serve ${name}, with ports: or the input ${inputRef("domains")}.`,
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
    `compose-file: service ${name} has deploy.update_config.${field}: ${wordsOf(config[field])}. ${advice}`,
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
    const mode = wordsOf(project.service(service)["network_mode"]);
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
  return `${service}: port 443 points to ${port} as plain HTTP. If ${service} terminates TLS itself, set app_protocol: https on that port; for automatic certificates use the input "${inputRef("domains")}".`;
}
function checkBackendReachable(backend, ports, domains, problems) {
  if (ports.every(({ published }) => published === void 0)) {
    problems.add(
      `compose-file: service ${backend.service} publishes ${backend.port} on any free port of the host, which would be another one with each release. Name the port ("8080:${backend.port}"), give it a domain (input "${inputRef("domains")}": app.example.com=${backendText(backend)}), or use expose: if only other services use it.`,
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
  rejectBuiltInNames(resolved.config, problems);
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
