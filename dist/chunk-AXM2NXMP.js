import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  FILES_ROLE,
  LABEL,
  MAX_VARIABLE_BYTES,
  SLOTS,
  baseProject,
  fingerprintOf,
  formatBytes,
  formatCommand,
  joinWithAnd,
  labelsOf,
  linkPlugin,
  makeDockerConfig,
  makeHostDockerConfig,
  otherSlot,
  programEnvironment,
  quoteCommand,
  slotNetwork,
  upstreamKey,
  upstreamNetwork
} from "./chunk-QZ63PLH4.js";
import {
  debug,
  endGroup,
  error,
  getExecOutput,
  info,
  notice,
  saveState,
  setOutput,
  setSecret,
  startGroup,
  summary,
  warning
} from "./chunk-3ZWEW477.js";
import {
  TransientError,
  formatDuration,
  pause,
  retryTransient
} from "./chunk-LL335SZZ.js";
import {
  MAX_LEVELS,
  asList,
  asNumber,
  asObject,
  asStrings,
  asText,
  canonicalJson,
  digestOf,
  escapeDollars,
  inputRef,
  inputSetting,
  isObject,
  isPlaceholder,
  isTooDeep,
  mapStrings,
  mapValues,
  pickKeys,
  repositoryOf,
  unescapeDollars,
  withoutKeys,
  withoutUndefined,
  wordsOf
} from "./chunk-EK3AKRYE.js";
import {
  CommandError,
  ConfigurationError,
  SealiftError,
  byPlace,
  messageOf,
  messageWithoutHost,
  thisJob,
  thisRunner
} from "./chunk-O5VY7DHM.js";
import {
  __callDispose,
  __using
} from "./chunk-B7OSUQQ7.js";

// src/model/plain-text.ts
const { stripVTControlCharacters } = require("node:util");
var BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
var CONTROLS = new RegExp("(?![\\n\\t])\\p{Cc}", "gu");
function plainText(text) {
  return stripVTControlCharacters(text).replace(/\r\n?/g, "\n").replace(BIDI, "").replace(CONTROLS, "");
}
function oneLine(text) {
  return plainText(text).replace(/\s+/g, " ").trim();
}
var shorten = (text, length) => text.length <= length ? text : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")} …`;
function shortenBetweenWords(text, length) {
  if (text.length <= length) return text;
  const end = gapsIn(text).findLast((gap) => gap <= length) ?? 0;
  return `${text.slice(0, end)} …`.trimStart();
}
function gapsIn(text) {
  const quotes = [...text.matchAll(/"/g)].length;
  const gaps = [];
  let before = 0;
  for (const { 0: found, index } of text.matchAll(/["\s]/g)) {
    if (found === '"') before += 1;
    else if (before === 0 || before === quotes || before % 2 === 0 && quotes % 2 === 0) gaps.push(index);
  }
  return gaps;
}
var MAX_LINE_LENGTH = 1e3;
function briefLine(line) {
  if (line.length <= MAX_LINE_LENGTH) return line;
  const half = MAX_LINE_LENGTH / 2;
  const gap = gapsIn(line).find((each) => each >= line.length - half);
  const end = gap === void 0 ? /[.?]$/.exec(line)?.[0] ?? "" : line.slice(gap);
  return `${shortenBetweenWords(line, half)}${end}`;
}

// src/model/route.ts
var MAX_SERVED_REPLICAS = 24;
var isTcpRoute = (route) => route.protocol === "tcp" || route.protocol === "tls";
function checkProxyProtocol(proxies, hasDomains2) {
  if (proxies?.proxyProtocol !== true || !hasDomains2) return;
  throw new ConfigurationError(
    `proxy-protocol: not with "${inputRef("domains")}", since the ports 80 and 443 serve all apps of a host. Publish a port for the proxy in place of "${inputRef("domains")}", or let the proxy send X-Forwarded-For over HTTPS.`
  );
}

// src/report/outputs.ts
function outputsOf(report) {
  return { ...ownOutputs(report), report: reportJson(report) };
}
function ownOutputs(report) {
  switch (report.command) {
    case "deliver":
      return { ...deploymentOutputs(report), tags: report.tags.join("\n") };
    case "deploy":
    case "import":
    case "rollback":
      return deploymentOutputs(report);
    case "build":
      return { ...imageOutputs(report), tags: report.tags.join("\n") };
    case "status":
      return {
        image: imageOutputs(report).image,
        release: report.live ?? "",
        "previous-release": report.previous ?? "",
        revision: report.revision ?? "",
        healthy: String(isHealthy(report))
      };
    case "remove":
    case "unlock":
    case "logs":
      return {};
    case "export":
      return {
        ...imageOutputs(report),
        archive: report.archive?.file ?? "",
        release: report.archive === void 0 ? "" : report.release ?? ""
      };
    case "gate":
      return { protected: String(report.approval?.kind === "awaited") };
  }
}
var deploymentOutputs = (report) => ({
  ...imageOutputs(report),
  release: report.live ?? "",
  "previous-release": report.previous ?? "",
  "rolled-back": String(hasRolledBack(report)),
  "environment-url": report.environmentUrl ?? ""
});
function imageOutputs(report) {
  const images = Object.entries(report.images).filter(([, image]) => !isPlaceholder(image));
  const only = new Set(images.map(([, image]) => image)).size === 1 ? images[0]?.[1] : void 0;
  const lines = (value) => images.map(([service, image]) => service === "" ? value(image) : `${service}=${value(image)}`).join("\n");
  return {
    image: only ?? lines((image) => image),
    digest: only === void 0 ? lines(digestOf) : digestOf(only)
  };
}
function isHealthy({ live, hosts }) {
  return live !== void 0 && hosts.every(({ healthy }) => healthy === true);
}
function hasRolledBack({ result, release, hosts }) {
  return result === "rolled-back" && hosts.every(({ unknown }) => unknown !== true) && hosts.some(({ is }) => is !== void 0 && is !== release);
}
var MAX_REPORT_LENGTH = 4e5;
function reportJson(report) {
  const document = documentOf(report);
  const json = JSON.stringify(document);
  if (json.length <= MAX_REPORT_LENGTH) return json;
  const evidence = document.evidence.map((each) => ({ ...each, lastLines: [] }));
  return JSON.stringify({ ...document, details: [], steps: [], evidence });
}
function documentOf(report) {
  const lists = { tags: [], hosts: [], history: [], removed: [], steps: [], evidence: [], warnings: [] };
  const all = { images: {}, ...lists, ...report, rollbackHint: void 0 };
  return { ...all, hosts: all.hosts.map((host) => ({ kept: [], ...host })) };
}

// src/plan/adopted-names.ts
var SET_ASIDE = "-before-sealift";
var setAsideName = (name) => `${name}${SET_ASIDE}`;
var nameBeforeAdoption = (name) => name.endsWith(SET_ASIDE) ? name.slice(0, -SET_ASIDE.length) : name;
var accessoryContainerNames = ({ base }) => new Set(Object.values(base.services).flatMap((spec) => asText(spec["container_name"]) ?? []));

// src/model/release.ts
function endingOf(service) {
  if (service?.oneShot === true) return "always";
  return service?.mayEnd === true ? "maybe" : "never";
}

// src/plan/host-queries.ts
function releaseOnHost(host, id, slot) {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed, record: observed?.record };
}
function effectiveTraffic({
  edge,
  traffic,
  accepted
}) {
  return edge.state === "absent" && traffic?.release !== accepted ? void 0 : traffic;
}
function liveRelease(host) {
  if (host.traffic !== void 0) return releaseOnHost(host, host.traffic.release, host.traffic.slot);
  const accepted = host.accepted === void 0 ? void 0 : releaseOnHost(host, host.accepted);
  return (accepted?.observed?.containers.length ?? 0) > 0 ? accepted : void 0;
}
function serviceNamesOf(release) {
  if (release === void 0) return [];
  if (release.record !== void 0) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}
function servicesInRole(release, ...roles) {
  return Object.values(release?.services ?? {}).filter(({ role }) => roles.includes(role)).map(({ name }) => name);
}
var containersOf = (observed, name) => observed?.containers.filter(({ service }) => service === name) ?? [];
var workIsDone = (observed, name) => observed?.ended?.includes(name) === true;
function serviceIsUp(observed, name, enough) {
  if (workIsDone(observed, name)) return true;
  const service = observed.record?.services[name];
  const containers = containersOf(observed, name);
  const ending = endingOf(service);
  if (ending === "always") return containers.some(hasSucceeded);
  const up = containers.filter(
    (each) => each.state === "running" && each.health !== "unhealthy" || ending === "maybe" && hasSucceeded(each) && each.restartPolicyState === "not-disabled"
  );
  return up.length >= (enough ?? service?.replicas ?? 1);
}
var hasSucceeded = ({ state, exitCode }) => state === "exited" && exitCode === 0;
var servicesDown = (observed, names) => names.filter((name) => !serviceIsUp(observed, name));
function runningServices(observed) {
  return observed?.containers.filter(({ state }) => state === "running").map(({ service }) => service) ?? [];
}
var hasDomains = ({ routes }) => routes.some(({ domains }) => domains.length > 0);
var isFrontLeft = ({ frontRunning, hasOtherEdges, releases }, release) => frontRunning && hasOtherEdges !== true && !hasDomains(release) && releases.some(({ record }) => record !== void 0 && hasDomains(record));
var mayHaveRoutes = (release) => release !== void 0 && (release.record === void 0 || release.record.routes.length > 0);
function requestHandlingServices(observed) {
  const { record } = observed;
  if (record === void 0) return serviceNamesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [.../* @__PURE__ */ new Set([...servicesInRole(record, "served", "internal"), ...routed])];
}
var isFullyServing = (observed) => observed.containers.length > 0 && servicesDown(observed, requestHandlingServices(observed)).length === 0;
function isFullyRunning(observed) {
  const containers = observed.containers.map((each) => ({ ...each, health: void 0 }));
  return isFullyServing({ ...observed, containers });
}
var isFullyUp = (observed) => observed.containers.length > 0 && servicesDown(observed, serviceNamesOf(observed)).length === 0;
var lacksRestartPolicy = (observed) => observed.containers.some(({ restartPolicyState }) => restartPolicyState === "missing");
var hasAllContainers = (observed) => observed?.record !== void 0 && Object.values(observed.record.services).every(
  ({ name, replicas }) => workIsDone(observed, name) || containersOf(observed, name).length >= replicas
);
var canRestart = (observed) => hasAllContainers(observed) && observed?.restartFailed !== true;
var hasContainer = (observed, name) => containersOf(observed, name).length > 0;
function existingReplicas(observed, name) {
  const existing = containersOf(observed, name).length;
  return Math.min(existing, observed?.record?.services[name]?.replicas ?? existing);
}
function existingReplicaRange(observed, names) {
  const only = Object.fromEntries(names.map((name) => [name, existingReplicas(observed, name)]));
  const services = observed?.record?.services ?? {};
  return names.every((name) => only[name] === (services[name]?.replicas ?? only[name])) ? {} : { only };
}
var mayRun = (observed) => observed.containers.some(
  (container) => !isStopped(container) || container.restartPolicyState === "not-disabled"
);
var isStopped = ({ state }) => state === "exited" || state === "created" || state === "dead";
var isStopFirst = ({
  update
}) => update?.order === "stop-first";

// src/plan/needed-ports.ts
var portText = ({ port, protocol }) => protocol === "tcp" ? `${port}` : `${port}/${protocol}`;
function neededPorts(host, release) {
  const { routes, compose, base } = release;
  const front = hasDomains(release) && !host.frontRunning ? [80, 443] : [];
  const running = host.accessories.filter(({ state }) => state === "running").map(({ service }) => service);
  const starting = Object.entries(base.services).filter(([name]) => !running.includes(name));
  return [
    ...routes.flatMap(({ published }) => published.map((port) => ({ ...port, protocol: "tcp" }))),
    ...front.map((port) => ({ address: void 0, port, protocol: "tcp" })),
    ...[...Object.entries(compose.services), ...starting].flatMap(
      ([service, { ports }]) => asList(ports).map(asObject).map((each) => ({
        port: Number(each["published"]),
        address: asText(each["host_ip"]),
        protocol: asText(each["protocol"]) ?? "tcp",
        service
      })).filter(({ port }) => Number.isSafeInteger(port) && port > 0)
    )
  ];
}

// src/plan/existing-deployment.ts
function planAdoption(hosts, outline, names, adopt) {
  const kept = adoptedVolumesOf(hosts);
  const findOn = (some) => some.flatMap((host) => findExistingDeployment(host, outline, names) ?? []);
  const found = findOn(hosts.filter(({ accepted }) => accepted === void 0));
  if (adopt === true) {
    const projects = new Map(found.map(({ host, project }) => [host, project.name]));
    const late = findOn(
      hosts.filter(({ accepted }) => accepted !== void 0).map((host) => ({ ...host, volumeNames: [] }))
    );
    return {
      projects,
      volumes: mergeVolumes(found, kept),
      notices: late.filter(hasOtherVolumes(kept)).map(tooLateText)
    };
  }
  const none = { projects: /* @__PURE__ */ new Map(), volumes: kept, notices: [] };
  if (adopt === false) return none;
  const obstacles = found.filter(isObstacle);
  if (obstacles.length > 0) throw new ConfigurationError(obstacles.map(existingDeploymentText).join("\n"));
  const beside = found.filter(hasOtherVolumes({}));
  return { ...none, notices: beside.map(besideText) };
}
function adoptedVolumesOf(hosts) {
  const records = hosts.flatMap(
    ({ releases, accepted }) => releases.find(({ id }) => id === accepted)?.record ?? []
  );
  return records.find(({ adopted }) => adopted !== void 0)?.adopted ?? {};
}
function findExistingDeployment(host, outline, names) {
  return (host.composeProjects ?? []).map((project) => compare(host, project, outline)).find((each) => isSameApp(each, outline, names));
}
function compare(observed, project, outline) {
  const { host, volumeNames = [] } = observed;
  const services = ownContainers(project, outline);
  const running = services.filter((each) => each.running);
  const needed = neededPorts(observed, outline).filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
  const own = defaultVolumes(outline);
  const volumes = Object.fromEntries(
    Object.entries(project.volumes).filter(
      ([key, name]) => own.has(key) && own.get(key) !== name && !volumeNames.includes(own.get(key) ?? "")
    )
  );
  const hidden = Object.values(volumes);
  const named = Object.values(outline.base.volumes ?? {}).map((spec) => asText(asObject(spec)["name"]));
  const used = running.flatMap((each) => each.volumes);
  return {
    ...{ host, project, volumes },
    ports: running.flatMap(({ ports }) => ports.filter((port) => needed.includes(port))),
    isUsingVolumes: used.some((name) => hidden.includes(name)),
    sharesVolume: used.some((name) => named.includes(name)),
    isRecorded: observed.releases.some(({ record }) => sharesValue(record?.adopted ?? {}, project.volumes)),
    isLeftStopped: services.length > 0 && running.length === 0 && hasTraces(observed)
  };
}
var sharesValue = (one, other) => Object.values(one).some((name) => Object.values(other).includes(name));
var hasTraces = ({ edge, accessories, releases }) => edge.state !== "absent" || accessories.length > 0 || releases.length > 0;
var ownContainers = (project, { services, base }) => project.containers.filter(({ service }) => service in services || service in base.services);
function isSameApp({ project, ports, volumes, isRecorded }, outline, names) {
  const own = ownContainers(project, outline);
  const hasVolumes = Object.keys(volumes).length > 0;
  if (isRecorded) return true;
  if (names.map(plainName).includes(plainName(project.name))) return own.length > 0 || hasVolumes;
  return ports.length > 0 && own.length === project.containers.length;
}
var plainName = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
var isObstacle = ({ ports, volumes, isUsingVolumes, sharesVolume }) => ports.length > 0 || sharesVolume || Object.keys(volumes).length > 0 && !isUsingVolumes;
function existingDeploymentText(existing) {
  const { host, project, ports, volumes, isLeftStopped } = existing;
  const { name, folder } = project;
  const running = project.containers.filter((each) => each.running).map((each) => each.name);
  const kept = Object.values(volumes);
  const has = [
    ...running.length > 0 ? [`it runs ${joinWithAnd(running)}`] : [],
    ...ports.length > 0 ? [`it holds port ${joinWithAnd(ports.map(String))}`] : [],
    ...kept.length > 0 ? [`its data is in ${joinWithAnd(kept)}, which this deploy would not use`] : []
  ];
  return `${host}: an existing "docker compose up -d" deployment of this app is on the server (project ${name}${folder === void 0 ? "" : ` in ${folder}`}): ${has.join(", ")}. ` + (isLeftStopped ? leftStoppedText(project) : `Set "${inputSetting("adopt", "true")}" to take it over with its volumes, or "${inputSetting("adopt", "false")}" to leave it alone and start without its data.`);
}
function leftStoppedText({ name, containers }) {
  const renames = containers.filter((each) => nameBeforeAdoption(each.name) !== each.name).map((each) => `docker rename ${each.name} ${nameBeforeAdoption(each.name)}`);
  const commands = [...renames, `docker compose -p ${name} start`].map((each) => `"${each}"`);
  return `A run with "${inputSetting("adopt", "true")}" that was interrupted has stopped it. Set "${inputSetting("adopt", "true")}" to finish that. To go back instead, remove this environment first (volumes stay), then start the project on the server: ${joinWithAnd(commands)}.`;
}
var besideText = ({ host, project, volumes }) => `${host}: an existing "docker compose up -d" deployment of this app (project ${project.name}) keeps running beside this one, with its data in ${joinWithAnd(Object.values(volumes))}. This environment gets volumes of its own. To take the deployment over instead, set "${inputSetting("adopt", "true")}" now; after the first deploy it takes a removal of this environment.`;
var hasOtherVolumes = (adopted) => ({ volumes }) => Object.keys(volumes).some((key) => adopted[key] === void 0);
var tooLateText = ({ host, project, volumes }) => `${host}: "${inputSetting("adopt", "true")}" changes nothing any more: this environment has been deployed, with volumes of its own. To take over ${joinWithAnd(Object.values(volumes))} of project ${project.name}, remove the environment first, then deploy with "${inputSetting("adopt", "true")}".`;
function mergeVolumes(found, kept) {
  const merged = new Map(Object.entries(kept));
  for (const { host, volumes } of found) {
    for (const [key, name] of Object.entries(volumes)) {
      const other = merged.get(key) ?? name;
      if (other !== name) {
        throw new ConfigurationError(
          `adopt: volume ${key} is ${other} on one host and ${name} on ${host}, but a release has one name for it. Deploy to these hosts as different environments.`
        );
      }
      merged.set(key, name);
    }
  }
  return Object.fromEntries(merged);
}
function defaultVolumes(outline) {
  return new Map(
    Object.entries(outline.base.volumes ?? {}).flatMap(([key, spec]) => {
      const name = `${baseProject(outline)}_${key}`;
      return asText(asObject(spec)["name"]) === name ? [[key, name]] : [];
    })
  );
}
function withoutAdoptedContainers(host, { projects }, outline) {
  const project = adoptedProject(host, projects);
  if (project === void 0) return host;
  const names = new Set(ownContainers(project, outline).map(({ name }) => name));
  return {
    ...host,
    heldPorts: host.heldPorts.filter(({ container }) => !names.has(container)),
    foreignContainers: (host.foreignContainers ?? []).filter((name) => !names.has(name))
  };
}
var adoptedProject = ({ host, composeProjects = [] }, projects) => composeProjects.find(({ name }) => name === projects.get(host));

// src/report/log-text.ts
function quoteOutput(lines) {
  return lines.flatMap((line) => plainText(line).split("\n")).map((line) => `  │ ${line}`);
}
function escapeWorkflowCommands(text) {
  return text.split(/\r\n|\r|\n/).map((line) => line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "# #[")).join("\n");
}

// src/model/percent.ts
function parsePercent(text) {
  const value = text.endsWith("%") ? parseDecimal(text.slice(0, -1)) : void 0;
  return value === void 0 || value > 100 ? void 0 : value;
}
function parseDecimal(text) {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : void 0;
}
function formatPercent(share) {
  return `${Number((share * 100).toFixed(2))}%`;
}

// src/report/markdown.ts
var MAX_TEXT_LENGTH = 4e3;
var shortLine = (value) => shorten(oneLine(shorten(value, 2 * MAX_TEXT_LENGTH)), MAX_TEXT_LENGTH);
function markdownText(value) {
  return shortLine(value).replace(/[&<>|]/g, htmlEntity).replace(/[\\`*_~[\]$]/g, "\\$&").replace(/^[#+=-]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
}
function htmlText(value) {
  return shortLine(value).replace(/[^\p{L}\p{N}\s.,:/@-]/gu, htmlEntity);
}
var NAMED_ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
var htmlEntity = (character) => NAMED_ENTITIES[character] ?? `&#${character.codePointAt(0)};`;
function codeSpan(value) {
  const content = shortLine(value);
  if (content === "") return "–";
  return /[`|\\]/.test(content) ? `<code>${htmlText(content)}</code>` : `\`${content}\``;
}
function codeBlock(lines, language = "text") {
  const content = plainText(lines.join("\n"));
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}
${content}
${ticks}`;
}
function link(label, address) {
  if (address === void 0 || !URL.canParse(address)) return label;
  const { protocol, href } = new URL(address);
  if (protocol !== "https:" && protocol !== "http:") return label;
  const safe = href.replace(
    /[|()<>\\`]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
  return `[${label}](${safe})`;
}
function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => ":--")), ...rows.map(line)].join("\n");
}
function detailsBlock(title, body) {
  return `<details><summary>${title}</summary>

${body}

</details>`;
}

// src/report/steps.ts
var completedSteps = (steps) => steps.filter((step2) => step2.startMs !== void 0 && step2.durationMs !== void 0);
var hasFailed = ({ ok, aborted }) => ok === false && aborted !== true;
var startOf = ([first, ...others]) => others.reduce((start, { startMs }) => Math.min(start, startMs), first?.startMs ?? 0);
var endOf = (steps) => steps.reduce((end, { startMs, durationMs }) => Math.max(end, startMs + durationMs), 0);
function shortHostNames(hosts) {
  const bare = (name) => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, "");
  const namesakes = Map.groupBy(new Set(hosts), bare);
  return (host) => {
    const short = bare(host);
    return short !== "" && namesakes.get(short)?.length === 1 ? short : host;
  };
}

// src/report/canary-table.ts
function canaryTable({ steps }) {
  const rows = /* @__PURE__ */ new Map();
  for (const step2 of steps) {
    const { metrics } = step2;
    if (metrics === void 0) continue;
    const share = step2.stage === "bake" ? "100% (bake)" : formatPercent(metrics.share);
    const title = hasFailed(step2) ? `${share} on ${codeSpan(step2.host)}` : share;
    rows.set(title, [...rows.get(title) ?? [], { ...step2, metrics }]);
  }
  if (rows.size === 0) return "";
  return markdownTable(
    ["Share", "Requests, new / old", "5xx, new / old", "Latency, new / old", "Result"],
    [...rows].map(([title, row]) => {
      const release = sumOf(row.map(({ metrics }) => metrics.release));
      const baseline = sumOf(row.flatMap(({ metrics }) => metrics.baseline ?? []));
      const both = (text) => `${text(release)} / ${text(baseline)}`;
      return [title, both(requestsText), both(errorRateText), both(latencyText), resultText(row)];
    })
  );
}
function resultText(row) {
  if (row.some(hasFailed)) return "**✗**";
  const tooFew = row.filter(({ metrics }) => metrics.tooFewRequests).length;
  if (tooFew > 0) return `too few requests${tooFew === row.length ? "" : ` on ${tooFew} of ${row.length}`}`;
  if (row.some(({ aborted }) => aborted)) return "aborted";
  return row.some(({ metrics }) => metrics.inconclusive) ? "✓ (errors may be chance)" : "✓";
}
function sumOf(all) {
  const sum = (figure) => all.reduce((total, stats) => total + figure(stats), 0);
  const timed = sum(({ requests, latencyMs }) => latencyMs === void 0 ? 0 : requests);
  return {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    latencyMs: timed === 0 ? void 0 : sum(({ requests, latencyMs = 0 }) => latencyMs * requests) / timed
  };
}
var requestsText = ({ requests }) => requests.toLocaleString("en-US");
var errorRateText = ({ requests, errors }) => requests === 0 ? "–" : formatPercent(errors / requests);
var latencyText = ({ latencyMs }) => {
  if (latencyMs === void 0) return "–";
  return latencyMs < 10 ? `${Number(latencyMs.toFixed(1))}ms` : formatDuration(latencyMs);
};

// src/report/code-format.ts
var HOST_URL = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;
var MAX_FORMATTED_LENGTH = 2e4;
function formatNamesAsCode(report, value) {
  const hosts = "hosts" in report ? report.hosts : [];
  const release = "release" in report ? report.release : void 0;
  const previous = "previous" in report ? report.previous : void 0;
  const text = shorten(value, MAX_FORMATTED_LENGTH);
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  const isUsed = (name) => text.includes(name);
  const names = [...new Set(hosts.map(({ host }) => host))].filter(isUsed).sort((one, other) => other.length - one.length).map(escapeRegExp);
  const words = [...new Set(ids)].filter(isUsed).map((id) => `(?<![\\w-])${escapeRegExp(id)}(?![\\w-])`);
  return text.split(new RegExp(`(${[...names, ...words, HOST_URL].join("|")})`)).map((part, index) => index % 2 === 1 ? codeSpan(part) : keepEdgeSpaces(part)).join("");
}
var escapeRegExp = (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
var keepEdgeSpaces = (part) => `${/^\s/.test(part) ? " " : ""}${markdownText(part)}${/\S\s$/.test(part) ? " " : ""}`;

// src/report/approval-text.ts
function approvalText(approval) {
  switch (approval.kind) {
    case "approved": {
      const approvers = approval.approvers.map(
        ({ login, comment }) => `@${login}${comment === void 0 ? "" : ` ("${oneLine(comment)}")`}`
      );
      return `Approved by ${joinWithAnd(approvers)}${rulesText(approval.rules)}`;
    }
    case "awaited":
      return `A job in this environment waits for an approval${rulesText(approval.rules)}`;
    case "unprotected":
      return `Nobody was asked: the environment has no required reviewers${rulesText(approval.rules)}`;
    case "off":
      return "Nobody was asked: approval is off";
    case "not-on-github":
      return "Nobody was asked: this is not a job of GitHub Actions";
  }
}
function approvalWord(approval) {
  if (approval === void 0) return "–";
  const words = {
    awaited: "awaited",
    unprotected: "no reviewers",
    off: "approval off",
    "not-on-github": "not asked"
  };
  return approval.kind === "approved" ? joinWithAnd(approval.approvers.map(({ login }) => `@${login}`)) : words[approval.kind];
}
var rulesText = (rules) => rules.length === 0 ? "" : `. Rules: ${rules.join("; ")}`;

// src/report/text-format.ts
var NOTHING_CHANGED_TEXT = "Nothing was changed.";
var REMAINS_TEXT = "Accessories, networks and volumes that were created remain.";
var NOT_BUILT_TEXT = "not built yet";
var UNEXPECTED_ANSWER_TEXT = "did not answer as expected";
function stageTitle(stage) {
  return `${stage.charAt(0).toUpperCase()}${stage.slice(1).replaceAll("-", " ")}`;
}
var removedHostsText = (hosts) => `Removed from "${inputRef("hosts")}" since the last deploy: ${joinWithAnd(hosts)}. Nothing was changed there: the release there keeps running.`;
var sentence = (text) => /[.!?…]\)?$/.test(text) ? text : `${text}.`;

// src/report/details-list.ts
function deploymentDetails(report) {
  const { approval, images, steps, tags, build, environmentUrl, answer } = report;
  return itemList([
    ...downtimeItems(report),
    ...approvalItems(approval),
    ...imageItems(images, steps),
    ...tagItems(tags),
    ...buildItems(build),
    ...urlItems(environmentUrl, answer)
  ]);
}
var buildDetails = ({ images, tags, build }) => itemList([...imageItems(images), ...tagItems(tags), ...buildItems(build)]);
var imageList = ({ images }) => itemList(imageItems(images));
var approvalList = ({ approval }) => itemList(approvalItems(approval));
var itemList = (items) => items.map((item) => `- ${item}`).join("\n");
var approvalItems = (approval) => approval === void 0 ? [] : [`**Approval** ${markdownText(approvalText(approval))}`];
var tagItems = (tags) => tags.length === 0 ? [] : [`**Tags** ${tags.map(codeSpan).join(" ")}`];
var buildItems = (build) => build === void 0 ? [] : [`**Build** ${buildText(build)}`];
function urlItems(url, answer) {
  if (url === void 0) return [];
  return [
    `**URL** ${link(markdownText(url), url)}${answer === void 0 ? "" : `: ${markdownText(answer)}`}`
  ];
}
function imageItems(images, steps = []) {
  const services = /* @__PURE__ */ new Map();
  for (const [service, image] of Object.entries(images)) {
    services.set(image, [...services.get(image) ?? [], ...service === "" ? [] : [service]]);
  }
  return [...services].map(([image, names]) => {
    const of = services.size > 1 && names.length > 0 ? ` of ${markdownText(names.join(", "))}` : "";
    if (isPlaceholder(image)) return `**Image**${of} ${codeSpan(repositoryOf(image))}, ${NOT_BUILT_TEXT}`;
    const size = sizeOnDisk(steps, image);
    return `**Image**${of}${size === void 0 ? "" : ` (${formatBytes(size)})`} ${codeSpan(image)}`;
  });
}
var sizeOnDisk = (steps, image) => steps.flatMap(({ images = [] }) => images).find((each) => each.image === image && each.size !== void 0)?.size;
function downtimeItems({ hosts }) {
  const durations = /* @__PURE__ */ new Map();
  for (const { host, downtime } of hosts) {
    if (downtime === void 0) continue;
    const { services, complete, durationMs } = downtime;
    const title = complete ? "Downtime" : `Downtime of ${markdownText(joinWithAnd(services))}`;
    const duration = `${formatDuration(durationMs)}${hosts.length === 1 ? "" : ` on ${codeSpan(host)}`}`;
    durations.set(title, [...durations.get(title) ?? [], duration]);
  }
  return [...durations].map(([title, all]) => `**${title}** ${all.join(", ")}`);
}
function buildText({ reused, tested, times }) {
  if (reused) return "reused: the registry already has this commit";
  const phases = Object.entries(times).map(([phase, time]) => {
    const title = phase === "build" ? "" : `${phase === "test" ? "test inside the image" : markdownText(phase)} `;
    return `${title}${formatDuration(time)}`;
  });
  return [...phases, ...tested ? [] : ["not tested"]].join(" · ");
}

// src/report/evidence.ts
function splitEvidence(evidence) {
  const sorted = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container)
  );
  const shown = sorted.filter(isFailing);
  const others = sorted.filter((each) => !isFailing(each));
  const which = shown.length > 0 ? "the other containers" : "the containers";
  return { shown, others, title: `Logs of ${which} that were stopped (${others.length})` };
}
function isFailing({ state, exitCode, oomKilled, health }) {
  return oomKilled || health === "unhealthy" || exitCode !== void 0 && exitCode !== 0 || state === "restarting" || state === "dead";
}
function evidenceStateText({ state, exitCode, oomKilled, health }) {
  return [
    state,
    ...exitCode === void 0 ? [] : [`exit code ${exitCode}`],
    ...oomKilled ? ["out of memory"] : [],
    ...health === void 0 ? [] : [`HEALTHCHECK ${health}`]
  ].join(", ");
}
var MAX_LINE_LENGTH2 = 400;
var MAX_LINES = 100;
function outputBlock(output) {
  if (output.length === 0) return "";
  const lines = output.flatMap((line) => line.split("\n"));
  const last = lines.slice(-MAX_LINES).map((line) => shorten(line, MAX_LINE_LENGTH2));
  return codeBlock(
    lines.length > last.length ? [`… ${lines.length - last.length} lines more`, ...last] : last
  );
}
function evidenceBlock(evidence) {
  const { service, host, container, lastLines } = evidence;
  const output = outputBlock(lastLines.length === 0 ? ["(no output)"] : lastLines);
  return `**${markdownText(service)}** on ${codeSpan(host)} (${codeSpan(container)}): **${markdownText(evidenceStateText(evidence))}**. Its last lines:

${output}`;
}

// src/report/gantt.ts
var MAX_SECTIONS = 3;
var MIN_PART = 4e-3;
function ganttChart({ steps, hosts: given }) {
  const completed = completedSteps(steps);
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))];
  const end = endOf(completed);
  const sections = sectionsOf(completed, hosts).map(({ title, bars }) => ({ title, bars: bars.filter((bar2) => isVisible(bar2, end)) })).filter(({ bars }) => bars.length > 0);
  if (sections.length === 0) return "";
  const longest = Math.max(...sections.map(({ title }) => title.length));
  const config = { fontSize: 12, sectionFontSize: 13, barHeight: 18, barGap: 4, topPadding: 46 };
  const layout = { ...config, gridLineStartPadding: 46, leftPadding: 24 + Math.ceil(longest * 7.2) };
  const lines = [
    `%%{init: ${JSON.stringify({ gantt: layout })}}%%`,
    "gantt",
    // Seconds of the epoch: they do not depend on the time zone of the reader.
    ...["dateFormat x", "axisFormat %ss", `tickInterval ${tickInterval(end)}`, "todayMarker off"],
    ...sections.flatMap(({ title, bars }) => [`section ${title}`, ...bars.map(barLine)])
  ];
  return codeBlock(
    lines.map((line, index) => index < 2 ? line : `  ${line}`),
    "mermaid"
  );
}
function sectionsOf(steps, hosts) {
  const nameOf2 = shortHostNames(hosts);
  const own = Map.groupBy(steps, ({ host }) => host);
  const sectionOf = (host) => ({
    title: sectionTitle(nameOf2(host)),
    bars: barsOf(own.get(host) ?? [])
  });
  if (hosts.length <= MAX_SECTIONS) return hosts.map(sectionOf);
  const failed = new Set(steps.filter(hasFailed).map(({ host }) => host));
  return [
    { title: `${hosts.length} hosts`, bars: stagesOfFleet(steps) },
    ...[...failed].slice(0, MAX_SECTIONS).map(sectionOf)
  ];
}
function barsOf(steps) {
  const bars = [];
  for (const step2 of steps.toSorted((one, other) => one.startMs - other.startMs)) {
    const bar2 = barOf(step2);
    const last = bars.at(-1);
    if (last?.title === bar2.title) bars[bars.length - 1] = joinBars(last, bar2);
    else bars.push(bar2);
  }
  return bars;
}
function stagesOfFleet(steps) {
  const stages = Map.groupBy(steps.map(barOf), ({ title }) => title);
  return [...stages.values()].flatMap(([first, ...others]) => first === void 0 ? [] : others.reduce(joinBars, first)).toSorted((one, other) => one.start - other.start);
}
function barOf(step2) {
  const { stage, undo, metrics, startMs, durationMs } = step2;
  const isCanary = metrics !== void 0 && stage !== "bake" && !undo;
  return {
    title: isCanary ? `Canary ${formatPercent(metrics.share)}` : stageTitle(undo ? "roll-back" : stage),
    start: startMs,
    end: startMs + durationMs,
    failed: hasFailed(step2),
    undo,
    isSwitch: stage === "switch" && metrics === void 0 && !undo
  };
}
var joinBars = (one, other) => ({
  ...one,
  start: Math.min(one.start, other.start),
  end: Math.max(one.end, other.end),
  failed: one.failed || other.failed
});
var isShort = ({ start, end }, total) => end - start < total * MIN_PART;
var isVisible = (bar2, total) => bar2.failed || bar2.isSwitch || !isShort(bar2, total);
function barLine({ title, start, end, failed, undo, isSwitch }) {
  const name = `${title} ${formatDuration(end - start)}`;
  if (isSwitch && !failed) return `${name} :milestone, ${start}, ${start}`;
  const kind = failed ? "crit, " : undo ? "done, " : "active, ";
  return `${name} :${kind}${start}, ${Math.max(end, start + 1)}`;
}
var sectionTitle = (host) => oneLine(host).replace(/[^\p{L}\p{N} ._@/:[\]-]/gu, "").replaceAll(":", " ").slice(0, 40).trim() || "host";
var TICKS = [
  ...[100, 500].map((each) => [each, `${each}millisecond`]),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 1e3, `${each}second`]),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 6e4, `${each}minute`]),
  ...[1, 2, 6, 12, 24].map((each) => [each * 36e5, `${each}hour`])
];
var MAX_TICKS = 8;
var tickInterval = (end) => TICKS.find(([milliseconds]) => end / milliseconds <= MAX_TICKS)?.[1] ?? "24hour";

// src/report/hosts-table.ts
var MAX_HOST_ROWS = 100;
var MAX_REASON_LENGTH = 1e3;
function hostsTable(report) {
  const { result, steps } = report;
  const hosts = report.hosts;
  if (result === "planned" || hosts.length === 0) return "";
  const own = Map.groupBy(steps, ({ host }) => host);
  const stepsOf = (host) => own.get(host) ?? [];
  const pulled = new Map(hosts.map(({ host }) => [host, pulledBytes(stepsOf(host))]));
  const markOf = (host) => mark(result, host, stepsOf(host.host));
  const columns = [
    ["Host", ({ host }) => codeSpan(host), true],
    ["Before", ({ was }) => releaseSpan(was), true],
    ["Now", ({ is, unknown }) => unknown ? "**unknown**" : releaseSpan(is), true],
    [
      "Pulled",
      ({ host }) => sizeText(pulled.get(host)),
      [...pulled.values()].some((bytes) => bytes !== void 0)
    ],
    [
      "Downtime",
      ({ downtime }) => downtime === void 0 ? "–" : formatDuration(downtime.durationMs),
      hosts.some(({ downtime }) => downtime !== void 0)
    ],
    [
      "Result",
      (host) => `${markOf(host)} ${formatNamesAsCode(report, shorten(host.why, MAX_REASON_LENGTH))}`,
      true
    ]
  ];
  const used = columns.filter(([, , isUsed]) => isUsed);
  const shown = mostNotableFirst(hosts, markOf).slice(0, MAX_HOST_ROWS);
  const table = markdownTable(
    used.map(([title]) => title),
    shown.map((host) => used.map(([, cell2]) => cell2(host)))
  );
  const more = hosts.length - shown.length;
  return more === 0 ? table : `${table}

And ${more} more hosts, each as one of these. The log has all.`;
}
function mostNotableFirst(hosts, markOf) {
  if (hosts.length <= MAX_HOST_ROWS) return hosts;
  const rank = (host) => ["❌", "⚠️", "↩️", "–", "✅"].indexOf(markOf(host));
  return hosts.toSorted((one, other) => rank(one) - rank(other));
}
function mark(result, { unknown, rollbackIncomplete, unreachable }, steps) {
  if (unknown || rollbackIncomplete || unreachable !== void 0) return "⚠️";
  if (result === "deployed" || result === "unchanged" || result === "removed") return "✅";
  if (steps.some(hasFailed)) return "❌";
  return steps.some(({ undo }) => undo) ? "↩️" : "–";
}
function pulledBytes(steps) {
  const images = steps.flatMap((step2) => step2.images ?? []);
  if (images.length === 0 || images.some(({ pulled }) => pulled === void 0)) return void 0;
  return images.reduce((sum, { pulled = 0 }) => sum + pulled, 0);
}
var NO_BREAK = " ";
var sizeText = (bytes) => bytes === void 0 ? "–" : bytes === 0 ? "nothing" : formatBytes(bytes).replace(" ", NO_BREAK);
var releaseSpan = (release) => release === void 0 ? "–" : codeSpan(release);

// src/report/repository-url.ts
var repositoryUrl = ({ runUrl }) => runUrl === void 0 ? void 0 : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
function compareUrl(report) {
  const { command, revision, previousRevision } = report;
  const repository = repositoryUrl(report);
  if (repository === void 0 || revision === void 0 || previousRevision === void 0) return void 0;
  if (revision === previousRevision) return void 0;
  const [from, to] = command === "rollback" ? [revision, previousRevision] : [previousRevision, revision];
  return `${repository}/compare/${from}...${to}`;
}

// src/report/rollback-help.ts
function rollbackHelp(report) {
  const { command, result, previous, rollbackHint, rollbackWorkflow } = report;
  if (result !== "deployed" || command === "rollback") return "";
  if (previous === void 0 || rollbackHint === void 0) return "";
  const kept = keptText(rollbackHint, previous);
  const repository = repositoryUrl(report);
  if (rollbackWorkflow === void 0 || repository === void 0)
    return detailsBlock(
      "How to roll back",
      `${kept}

${codeBlock(stepLines(report, rollbackHint), "yaml")}`
    );
  const { file, inputs } = rollbackWorkflow;
  const workflow = link(`Run ${codeSpan(file)}`, `${repository}/actions/workflows/${file}`);
  const values = /* @__PURE__ */ new Map([
    ["app", report.app],
    ["environment", report.environment],
    ["to", previous],
    ["release", previous]
  ]);
  const options = inputs.flatMap((name) => {
    const value = values.get(name);
    return value === void 0 ? [] : ["-f", `${name}=${value}`];
  });
  const line = quoteCommand(["gh", "workflow", "run", file, ...options]);
  return `**To roll back** to ${codeSpan(previous)}: ${workflow}, or

${codeBlock([line], "sh")}

${kept}`;
}
function keptText({ keeps }, previous) {
  const unless = `Unless ${codeSpan("keep")} is 1,`;
  return keeps === "containers" ? `${unless} the containers of ${codeSpan(previous)} are kept on the hosts, so a rollback only starts them again.` : `${unless} ${codeSpan(previous)} is kept with its configuration and secrets, so a rollback deploys it as it was.`;
}
function stepLines({ app, environment, previous }, { inputs }) {
  return [
    "- uses: sealift/sealift/rollback@v1",
    "  with:",
    `    app: ${JSON.stringify(app ?? "")}`,
    `    environment: ${JSON.stringify(environment ?? "")}`,
    `    to: ${JSON.stringify(previous)}`,
    ...inputs.map((line) => `    ${line}`)
  ];
}

// src/report/summary-head.ts
function destinationText({ app, environment }) {
  if (app === void 0) return "";
  return ` ${markdownText(app)}${environment === void 0 ? "" : ` → ${markdownText(environment)}`}`;
}
function failureParts(report, title = failedTitle(report), evidence = []) {
  const { error: error2, details, state } = report;
  return [
    { name: "the headline", importance: 100, markdown: `## ${title}` },
    {
      ...{ name: "the error", importance: 99 },
      markdown: error2 === void 0 ? "" : `**${formatNamesAsCode(report, error2)}**`
    },
    { name: "the failed step", importance: 97, markdown: "steps" in report ? failedStepText(report) : "" },
    { name: "the output", importance: 95, markdown: outputBlock(details) },
    ...evidence,
    {
      ...{ name: "the state", importance: 98 },
      markdown: error2 === void 0 ? "" : formatNamesAsCode(report, state)
    }
  ];
}
function failedTitle(report) {
  const what = destinationText(report);
  const isDeploy = ["deliver", "deploy", "import"].includes(report.command);
  return `❌${what === "" ? " Failed" : `${what}: ${isDeploy ? "nothing was deployed" : "failed"}`}`;
}
function failedStepText({ steps, hosts }) {
  const failed = completedSteps(steps).find(({ ok, aborted, undo }) => ok === false && !aborted && !undo);
  if (failed === void 0) return "";
  const { host, stage, text, startMs, durationMs } = failed;
  const where = hosts.length > 1 ? ` on ${codeSpan(host)}` : "";
  return `Failed in **${stageTitle(stage)}**${where}: ${markdownText(text)}, ${formatDuration(startMs + durationMs)} after the start.`;
}
var overviewPart = (texts) => ({
  ...{ name: "the overview", importance: 96 },
  markdown: texts.join(" · ")
});
function approvalWords(approval) {
  if (approval?.kind === "off") return ["**approval off**"];
  return approval?.kind === "approved" ? [`approved by ${markdownText(approvalWord(approval))}`] : [];
}
function runTexts({ durationMs, actor, runUrl }) {
  return [
    ...durationMs === 0 ? [] : [formatDuration(durationMs)],
    ...actor === void 0 ? [] : [`by ${markdownText(actor)}`],
    ...runUrl === void 0 ? [] : [runLink(runUrl)]
  ];
}
function runLink(runUrl) {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === void 0 ? "run" : `run ${number}`, runUrl);
}
function commitLink(report) {
  const { revision } = report;
  if (revision === void 0) return "";
  const repository = repositoryUrl(report);
  const address = repository === void 0 ? void 0 : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}
var foldedIf = ({ error: error2 }, markdown) => error2 === void 0 || markdown === "" ? markdown : detailsBlock("Images and build", markdown);

// src/plan/plan.ts
var step = (action, ...undo) => ({ action, undo });
var withReason = (reason, kind, steps) => steps.map((each) => each.action.kind === kind ? { ...each, reason } : each);
var STAGES = [
  "recover",
  "pull",
  "prepare",
  "before-release",
  "start",
  "check",
  "switch",
  "verify",
  "bake",
  "complete",
  "final-check",
  "accept",
  "retire",
  "after-release"
];
var WAVE_STAGES = STAGES.slice(
  STAGES.indexOf("prepare"),
  STAGES.indexOf("bake") + 1
);
var COMMITTED_STAGES = /* @__PURE__ */ new Set(["retire", "after-release"]);
function stageSequence({
  hosts,
  waves
}) {
  const all = [...hosts.keys()];
  const hasSteps = (host) => WAVE_STAGES.some((stage) => hosts.get(host)?.[stage] !== void 0);
  const waveStages = waves.filter((wave) => wave.some(hasSteps)).flatMap((wave) => WAVE_STAGES.map((stage) => [stage, wave]));
  return [
    ["recover", all],
    ["pull", all],
    ...waveStages,
    ["complete", all],
    ["final-check", all],
    ["accept", all]
  ];
}

// src/report/step-report.ts
var REPORTED_STAGES = [...STAGES, "remove"];

// src/report/timeline.ts
var MAX_HOST_COLUMNS = 4;
function timelineTable({ steps, hosts: given }) {
  const completed = completedSteps(steps);
  if (completed.length === 0) return "";
  const active = new Set(completed.map(({ host }) => host));
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))].filter(
    (host) => active.has(host)
  );
  const nameOf2 = shortHostNames(hosts);
  const names = hosts.map((host) => codeSpan(nameOf2(host)));
  const rows = rowsOf(completed);
  if (hosts.length > MAX_HOST_COLUMNS) {
    return markdownTable(
      ["Host", ...rows.map(({ title }) => title)],
      hosts.map((host, index) => [names[index] ?? "", ...rows.map((row) => cell(row, host))])
    );
  }
  const end = endOf(completed);
  return markdownTable(
    ["Stage", `0 – ${formatDuration(end)}`, ...names],
    rows.map((row) => [row.title, bar(row, end), ...hosts.map((host) => cell(row, host))])
  );
}
function rowsOf(completed) {
  const byTitle = Map.groupBy(completed, ({ stage, undo }) => stageTitle(undo ? "roll-back" : stage));
  return [...REPORTED_STAGES, "roll-back"].flatMap((stage) => {
    const title = stageTitle(stage);
    const steps = byTitle.get(title);
    return steps === void 0 ? [] : [{ title, byHost: Map.groupBy(steps, ({ host }) => host) }];
  });
}
function cell(row, host) {
  const steps = row.byHost.get(host) ?? [];
  if (steps.length === 0) return "";
  const duration = formatDuration(endOf(steps) - startOf(steps));
  return steps.some(hasFailed) ? `**✗ ${duration}**` : duration;
}
var BAR_WIDTH = 24;
function bar({ byHost }, end) {
  const scale = (time) => end === 0 ? 0 : time / end * BAR_WIDTH;
  const strokes = [...byHost.values()].map((own) => {
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(startOf(own))));
    return { from, to: Math.max(from + 1, Math.round(scale(endOf(own)))) };
  });
  const cells = Array.from(
    { length: BAR_WIDTH },
    (_, index) => (
      // Non-breaking spaces keep the width of the code span; its background is the track of the bar.
      strokes.some(({ from, to }) => from <= index && index < to) ? "█" : " "
    )
  );
  return `\`${cells.join("")}\``;
}
var MAX_STEP_ROWS = 1e3;
var MAX_STEP_TEXT_LENGTH = 400;
function stageTimesDetails(report) {
  const table = timelineTable(report);
  return table === "" ? "" : detailsBlock("Time of each stage", table);
}
function allStepsDetails({ steps }) {
  const completed = completedSteps(steps);
  if (completed.length === 0) return "";
  const nameOf2 = shortHostNames(completed.map(({ host }) => host));
  const rows = completed.toSorted((one, other) => one.startMs - other.startMs).slice(0, MAX_STEP_ROWS).map((step2) => [
    step2.aborted ? "–" : step2.ok === false ? "✗" : step2.undo ? "↶" : "✓",
    formatDuration(step2.startMs),
    codeSpan(nameOf2(step2.host)),
    markdownText(shorten(step2.text, MAX_STEP_TEXT_LENGTH)),
    formatDuration(step2.durationMs),
    markdownText(shorten(step2.note ?? "", MAX_STEP_TEXT_LENGTH))
  ]);
  return detailsBlock(
    rows.length < completed.length ? `The first ${rows.length} of ${completed.length} steps` : `All steps (${completed.length})`,
    markdownTable(["", "Start", "Host", "Step", "Duration", "Result"], rows)
  );
}
function planMarkdown(steps) {
  const byHost = Map.groupBy(steps, ({ host }) => host);
  const tables = Map.groupBy(byHost, ([, own]) => planTable(own));
  if (tables.size === 0) return "The release is live on every host already: nothing to do.";
  return [...tables].map(([table, same]) => `**${same.map(([host]) => codeSpan(host)).join(", ")}**

${table}`).join("\n\n");
}
function planTable(steps) {
  const rows = REPORTED_STAGES.map((stage) => [
    stageTitle(stage),
    steps.filter((step2) => step2.stage === stage).map(({ text, note }) => markdownText(note === void 0 ? text : `${text}: ${note}`)).join("<br>")
  ]);
  return markdownTable(
    ["Stage", "Steps"],
    rows.filter(([, texts]) => texts !== "")
  );
}

// src/report/deployment-summary.ts
var MAX_WARNINGS = 20;
function deploymentParts(report) {
  const isFailed = report.error !== void 0;
  const { shown, others, title } = splitEvidence(report.evidence);
  const canary2 = { name: "the canary", importance: 85, markdown: canaryTable(report) };
  const evidence = shown.map((each) => ({
    ...{ name: "the log of a container", importance: 90, markdown: evidenceBlock(each) }
  }));
  return [
    ...failureParts(report, deploymentTitle(report), isFailed ? [...evidence, canary2] : evidence),
    overviewPart(overviewTexts(report)),
    { name: "the hosts", importance: 80, markdown: hostsTable(report) },
    {
      ...{ name: "the plan", importance: 85 },
      markdown: report.result === "planned" ? planMarkdown(report.steps) : ""
    },
    ...isFailed ? [] : [canary2],
    { name: "the timeline", importance: 50, markdown: ganttChart(report) },
    { name: "the images", importance: 75, markdown: foldedIf(report, deploymentDetails(report)) },
    { name: "the removed hosts", importance: 73, markdown: removedHostsNote(report) },
    ...report.warnings.slice(0, MAX_WARNINGS).map((warning2) => ({
      ...{ name: "a warning", importance: 72, markdown: `> ⚠️ ${formatNamesAsCode(report, warning2)}` }
    })),
    {
      ...{ name: "the logs of other containers", importance: 30 },
      markdown: others.length === 0 ? "" : detailsBlock(title, others.map(evidenceBlock).join("\n\n"))
    },
    { name: "the time of each stage", importance: 40, markdown: stageTimesDetails(report) },
    { name: "the steps", importance: 20, markdown: allStepsDetails(report) },
    { name: "how to roll back", importance: 74, markdown: rollbackHelp(report) }
  ];
}
function deploymentTitle(report) {
  const { command, release } = report;
  const what = destinationText(report);
  const id = release === void 0 ? "" : ` ${codeSpan(release)}`;
  const titles = {
    planned: `📝${what}: plan for${id}`,
    deployed: command === "rollback" ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    "rolled-back": `❌${what}: ${rollbackText(report)}`,
    failed: void 0
  };
  return titles[report.result];
}
function rollbackText({ hosts, live }) {
  const incomplete = hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).length;
  if (incomplete > 0) return `rollback INCOMPLETE on ${incomplete} of ${hosts.length} hosts`;
  if (live !== void 0) return `rolled back, ${codeSpan(live)} is live`;
  return `rolled back, ${hosts.some(({ is }) => is !== void 0) ? "the hosts serve different releases" : "nothing is live"}`;
}
function overviewTexts(report) {
  const { approval, strategy, hosts, result } = report;
  const commit = commitLink(report);
  return [
    ...result === "planned" ? ["**dry run: nothing was changed**"] : [],
    ...commit === "" ? [] : [`commit ${commit}`],
    ...previousTexts(report),
    ...hosts.length > 1 && areHostsAlike(hosts) ? [`${hosts.length} hosts, all healthy`] : [],
    ...strategy === void 0 ? [] : [markdownText(strategy)],
    ...approvalWords(approval),
    ...runTexts(report)
  ];
}
function areHostsAlike(hosts) {
  return hosts.every(({ was, is, why }) => why === "healthy" && was === hosts[0]?.was && is === hosts[0]?.is);
}
function previousTexts(report) {
  const { previous, result } = report;
  if (previous === void 0) return [];
  const address = compareUrl(report);
  if (result === "rolled-back")
    return address === void 0 ? [] : [link(`compare with ${codeSpan(previous)}`, address)];
  return [`replaces ${codeSpan(previous)}${address === void 0 ? "" : ` (${link("compare", address)})`}`];
}
function removedHostsNote(report) {
  const { removed } = report;
  return removed.length === 0 ? "" : `> ℹ️ ${formatNamesAsCode(report, removedHostsText(removed))}`;
}

// src/report/export-summary.ts
function exportParts(report) {
  const { archive, release } = report;
  const title = report.result === "exported" ? `📦${destinationText(report)}: ${codeSpan(release ?? "")} exported` : void 0;
  const commit = commitLink(report);
  return [
    ...failureParts(report, title),
    overviewPart([...commit === "" ? [] : [`commit ${commit}`], ...runTexts(report)]),
    {
      ...{ name: "the archive", importance: 85 },
      markdown: archive === void 0 ? "" : archiveItems(archive).map((item) => `- ${item}`).join("\n")
    }
  ];
}
var archiveItems = ({ file, size, sha256, isSigned, since, images }) => [
  `**File** ${codeSpan(file)}, ${formatBytes(size)}, ${isSigned ? "signed" : "**not signed**"}`,
  `**SHA-256** ${codeSpan(sha256)}`,
  ...since === void 0 ? [] : [`**Needs** the images of release ${codeSpan(since)} on the other side`],
  ...images.map(({ image, platforms }) => `${codeSpan(image)} for ${platforms.map(codeSpan).join(", ")}`)
];

// src/model/time.ts
var formatMinute = (time) => time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, "$1 $2");

// src/report/aligned-table.ts
function alignedTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell2, column) => cell2.padEnd(widths[column] ?? 0));
    return `  ${cells.join("  ").trimEnd()}`;
  });
}

// src/report/history-table.ts
var MAX_RUNS = 10;
function historyOf(hosts) {
  const entries = hosts.flatMap(
    ({ host, history, releases }) => withoutTakenBack(history).map((entry) => ({
      host,
      entry,
      record: releases.find(({ id }) => id === entry.release)?.record
    }))
  );
  const runs = Map.groupBy(
    entries,
    ({ entry: { event, release, runUrl, at } }) => [event, release, runUrl ?? at].join(" ")
  );
  const ended = [...runs.values()].flatMap((same) => {
    const [first] = same.toSorted((one, other) => one.entry.at.localeCompare(other.entry.at));
    if (first === void 0) return [];
    const { at, event, command, release, previous, actor, runUrl, approval, revision, durationMs } = first.entry;
    return [
      {
        ...{ at, command, release, previous, actor, runUrl, approval, durationMs },
        result: event === "accepted" ? "deployed" : event,
        revision: revision ?? first.record?.origin.revision,
        hosts: [...new Set(same.map(({ host }) => host))]
      }
    ];
  });
  return [...ended, ...unfinishedRuns(hosts)].toSorted((one, other) => other.at.localeCompare(one.at)).slice(0, MAX_RUNS);
}
function unfinishedRuns(hosts) {
  const found = hosts.flatMap(
    ({ host, history, releases }) => releases.flatMap(
      ({ id, record }) => record === void 0 || history.some(({ release }) => release === id) ? [] : [{ host, record }]
    )
  );
  const runs = Map.groupBy(found, ({ record }) => record.id);
  return [...runs.values()].flatMap((same) => {
    const [first] = same;
    if (first === void 0) return [];
    const { id, origin } = first.record;
    const { createdAt, actor, runUrl, revision } = origin;
    return [
      {
        ...{ at: createdAt, result: "unfinished", command: "deploy", release: id, previous: void 0 },
        ...{ revision, actor, runUrl, approval: void 0, durationMs: void 0 },
        hosts: same.map(({ host }) => host)
      }
    ];
  });
}
var withoutTakenBack = (history) => history.filter(({ event, release, runUrl }, index) => {
  const next = history[index + 1];
  const isTakenBack = event === "accepted" && next?.event === "rolled-back" && next.release === release && next.previous !== release && next.runUrl === runUrl;
  return !isTakenBack;
});
function historyResultText({ result, command }) {
  if (result === "unfinished") return "not finished";
  if (result === "rolled-back") return "failed, rolled back";
  return command === "rollback" ? "rolled back by hand" : "deployed";
}
function historyResultIcon({ result, command }) {
  if (result === "unfinished") return "…";
  if (result === "rolled-back") return "❌";
  return command === "rollback" ? "↩️" : "✅";
}
var HISTORY_COLUMNS = [
  "When (UTC)",
  "Result",
  "Release",
  "Commit",
  "By",
  "Approval",
  "Duration",
  "Hosts"
];
function historyMarkdown(history, fleet) {
  if (history.length === 0) return "";
  const rows = history.map((run) => [
    link(markdownText(formatMinute(run.at)), run.runUrl),
    `${historyResultIcon(run)} ${historyResultText(run)}`,
    codeSpan(run.release),
    run.revision === void 0 ? "–" : codeSpan(run.revision.slice(0, 7)),
    markdownText(run.actor ?? "–"),
    markdownText(approvalWord(run.approval)),
    run.durationMs === void 0 ? "–" : formatDuration(run.durationMs),
    run.hosts.length === fleet ? "all" : run.hosts.map(codeSpan).join(", ")
  ]);
  return `**History**

${markdownTable(HISTORY_COLUMNS, rows)}`;
}
function historyLines(history, fleet) {
  if (history.length === 0) return [];
  const rows = history.map(
    (run) => [
      formatMinute(run.at),
      historyResultText(run),
      run.release,
      run.revision?.slice(0, 7) ?? "–",
      run.actor ?? "–",
      approvalWord(run.approval),
      run.durationMs === void 0 ? "–" : formatDuration(run.durationMs),
      run.hosts.length === fleet ? "all" : joinWithAnd(run.hosts)
    ].map(oneLine)
  );
  return ["History:", ...alignedTable([HISTORY_COLUMNS, ...rows])];
}

// src/plan/removal.ts
function planRemoval({ front, containers, networks, images, volumes, fileVolumes, state }, { removeVolumes }) {
  const removeContainers = (part) => {
    const own = containers.filter((each) => each.part === part);
    const keepVolumes = part === "accessory" && !removeVolumes;
    return own.length === 0 ? [] : [{ kind: "remove-containers", part, containers: own, keepVolumes }];
  };
  const records = containers.filter(({ part }) => part === "records");
  const hasDomains2 = front !== void 0 && (front.domains.length > 0 || front.hasFolders);
  return [
    ...hasDomains2 ? [{ kind: "release-domains", container: front.container.id, domains: front.domains }] : [],
    ...front?.isLastApp ? [{ kind: "remove-front" }] : [],
    ...removeContainers("edge"),
    ...removeContainers("release"),
    ...removeContainers("accessory"),
    ...networks.length > 0 ? [{ kind: "remove-networks", networks }] : [],
    ...images.length > 0 ? [{ kind: "remove-images", images }] : [],
    ...fileVolumes.length > 0 ? [{ kind: "remove-volumes", volumes: fileVolumes, ofFiles: true }] : [],
    ...removeVolumes && volumes.length > 0 ? [{ kind: "remove-volumes", volumes }] : [],
    ...records.length > 0 || state !== void 0 ? [{ kind: "remove-state", containers: records, volume: state?.name }] : []
  ];
}
function removalObstacle({ front, networks, volumes, fileVolumes, state }, { removeVolumes }) {
  if (front !== void 0 && front.domains.length > 0 && !front.container.running) {
    const { name } = front.container;
    return `${joinWithAnd(front.domains)} can't be removed while the container ${name} does not run. Start it ("docker start ${name}" on the host) and try again.`;
  }
  for (const { name, usedBy } of networks) {
    const [container] = usedBy;
    if (container === void 0) continue;
    return `the container ${container} is on the network ${name}, and it is not of this environment. Disconnect it ("docker network disconnect ${name} ${container}" on the host) and try again.`;
  }
  for (const { name, usedBy } of [
    ...removeVolumes ? volumes : [],
    ...fileVolumes,
    ...state === void 0 ? [] : [state]
  ]) {
    const [container] = usedBy;
    if (container === void 0) continue;
    return `the container ${container} has the volume ${name}, and it is not of this environment. Remove it ("docker rm ${container}" on the host) and try again.`;
  }
  return void 0;
}
function keptVolumes({ containers, volumes }, { removeVolumes }) {
  if (removeVolumes) return [];
  const accessories = containers.filter(({ part }) => part === "accessory");
  return [
    ...volumes.map(({ name }) => name),
    ...accessories.flatMap(({ anonymousVolumes }) => anonymousVolumes)
  ];
}
var TEXTS = {
  "release-domains": ({ domains }) => domains.length === 0 ? "remove the sockets of the edge" : `stop routing ${joinWithAnd(domains)}`,
  "remove-front": () => "remove the front, which no other app uses",
  "remove-containers": ({ part, containers }) => part === "edge" ? "remove the edge" : `remove the containers of ${part === "release" ? "releases" : "accessories"}: ${namesText(containers)}`,
  "remove-networks": ({ networks }) => `remove ${namedText("network", networks)}`,
  "remove-images": ({ images }) => {
    const count = images.length === 1 ? "one image" : `${images.length} images`;
    return images.some(({ tags }) => tags.length > 0) ? `remove the tags of ${count}, and what only these tags kept` : `remove ${count} that no tag keeps any more`;
  },
  "remove-volumes": ({ volumes, ofFiles }) => ofFiles ? "remove the volumes with files of the checkout" : `remove ${namedText("volume", volumes)}, with all data`,
  "remove-state": () => "remove the records"
};
var namesText = (named) => joinWithAnd(named.map(({ name }) => name));
var namedText = (noun, named) => `the ${noun}${named.length === 1 ? "" : "s"} ${namesText(named)}`;
var removalText = (action) => TEXTS[action.kind](action);

// src/plan/replica-counts.ts
var countReplicas = (services, count) => Object.fromEntries(services.map((service) => [service.name, count(service)]));
function positiveCounts(names, count) {
  const entries = names.map((name) => [name, count(name)]).filter(([, each]) => each > 0);
  return entries.length > 0 ? Object.fromEntries(entries) : void 0;
}
var increasedServices = (before, after) => Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0));
function replicasAfter(counts, names) {
  const after = positiveCounts(names, (name) => counts[name] ?? 0);
  return after === void 0 ? {} : { after };
}
function replicasBetween(from, to, names) {
  return { only: pickKeys(to, names), ...replicasAfter(from, names) };
}
function replicasText({
  services,
  only,
  after
}) {
  if (only !== void 0) return replicaRangeText(only, after);
  return joinWithAnd(services.map((name) => after?.[name] ? `${name} from ${after[name] + 1}` : name));
}
function replicaRangeText(only, after = {}) {
  return joinWithAnd(
    Object.entries(only).flatMap(([service, count]) => {
      const first = (after[service] ?? 0) + 1;
      if (count < first) return [];
      return [count === first ? `${service} ${count}` : `${service} ${first}–${count}`];
    })
  );
}

// src/plan/actions.ts
var LONG_WATCH = 1e4;
var ACTIONS = {
  "pull-images": {
    waits: true,
    invisibleToUsers: true,
    text: ({ release }) => `pull the images of ${release}`
  },
  "ensure-edge": { text: ({ change, reason }) => `${change} the edge (${reason})` },
  "remove-edge": {
    cleansUp: true,
    text: ({ reason }) => `remove the edge${reason === void 0 ? "" : ` (${reason})`}`
  },
  "try-ports": {
    waits: true,
    invisibleToUsers: true,
    text: ({ ports }) => `find out whether ${ports.length === 1 ? "port" : "ports"} ${joinWithAnd(ports.map(portText))} ${ports.length === 1 ? "is" : "are"} free`
  },
  "ensure-front": { text: () => "start the front for domains" },
  "remove-unused-front": { cleansUp: true, text: () => "remove the front if no domain uses it" },
  "route-domains": {
    text: ({ release }) => release === void 0 ? "stop routing the domains" : `route the domains of ${release}`
  },
  "stop-project": {
    text: ({ project, onlyNames }) => onlyNames ? `take over the container names of the stopped project ${project}` : `stop the project ${project}, to take over its volumes`
  },
  "start-project": {
    text: ({ project, onlyNames }) => onlyNames ? `give the stopped project ${project} its container names back` : `start the project ${project} again`
  },
  "ensure-accessories": {
    usesCompose: ({ services }) => services.length > 0,
    text: ({ services, recreate: recreate2 }) => {
      if (services.length === 0) return "create networks and volumes";
      const noun = services.length === 1 ? "accessory" : "accessories";
      return `${recreate2 === void 0 ? "start" : "recreate"} the ${noun} ${joinWithAnd(services)}`;
    }
  },
  "try-proxies": {
    waits: true,
    invisibleToUsers: true,
    usesCompose: () => true,
    text: ({ services }) => `try the new ${joinWithAnd(services)} beside the one that runs, without ports`
  },
  "record-release": { text: ({ release }) => `record ${release}` },
  "start-services": {
    usesCompose: ({ how }) => how === "create",
    text: (action) => `start ${replicasText(action)} of ${action.release} in ${action.slot}${action.how === "start" ? " (existing containers)" : ""}`
  },
  "check-health": { waits: true, text: (action) => `check ${replicasText(action)} of ${action.release}` },
  "switch-traffic": {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release }) => `switch traffic to ${release}`
  },
  "split-traffic": {
    movesTraffic: true,
    text: ({ share, release }) => `send ${formatPercent(share)} of the visitors to ${release}`
  },
  "balance-replicas": {
    movesTraffic: true,
    decidesLive: true,
    text: ({ release, share, newRelease }) => newRelease === void 0 ? `send traffic to the remaining replicas of ${release}` : `send ${formatPercent(share)} of the traffic to ${replicaRangeText(newRelease.only)} of ${newRelease.release}`
  },
  "watch-release": {
    waits: true,
    isLong: ({ duration }) => duration >= LONG_WATCH,
    text: ({ purpose, release, duration }) => purpose === "delay" ? `wait ${formatDuration(duration)} before the next batch of ${release}` : `${purpose === "canary" ? "judge" : "watch"} ${release} for ${formatDuration(duration)}`
  },
  "final-check": {
    waits: true,
    text: ({ release, drain }) => `final check of ${release}${drain === void 0 ? "" : ` while ${drain.release} drains`}`
  },
  "run-hook": {
    isLong: () => true,
    usesCompose: () => true,
    text: ({ argv, service, release }) => `run ${formatCommand(argv)} in ${service} of ${release}`
  },
  "clear-slot": { decidesLive: true, text: ({ slot }) => `clear the ${slot} slot` },
  "drain-traffic": {
    waits: true,
    cleansUp: true,
    text: ({ only, after, release }) => `drain ${only === void 0 ? "" : `${replicaRangeText(only, after)} of `}${release}`
  },
  "stop-services": {
    cleansUp: true,
    text: (action) => `stop ${replicasText(action)} of ${action.release}`
  },
  "accept-release": { decidesLive: true, text: ({ release }) => `accept ${release}` },
  "record-rollback": {
    decidesLive: true,
    cleansUp: true,
    text: ({ release }) => `record that ${release} was rolled back`
  },
  "prune-releases": { invisibleToUsers: true, text: ({ releases }) => `prune ${joinWithAnd(releases)}` }
};
var traitsOf = (action) => ACTIONS[action.kind];
var actionText = (action) => ACTIONS[action.kind].text(action);
var isLongAction = (action) => ACTIONS[action.kind].isLong?.(action) ?? false;
var usesCompose = (action) => ACTIONS[action.kind].usesCompose?.(action) ?? false;

// src/model/history.ts
function validAcceptances(history) {
  const valid = [];
  for (const entry of history) {
    if (entry.event !== "rolled-back") valid.push(entry);
    else if (valid.at(-1)?.release === entry.release && entry.previous !== entry.release) valid.pop();
  }
  return valid;
}
function lastAcceptedRelease(history) {
  return validAcceptances(history).at(-1)?.release;
}
function lastAcceptanceOf(history, id) {
  return validAcceptances(history).findLast((entry) => entry.release === id);
}
var releaseBefore = (history, live) => validAcceptances(history).findLast(({ release }) => release !== live)?.release;
function removedHosts(histories, fleet) {
  const acceptances = histories.flatMap((history) => validAcceptances(history));
  const [last] = acceptances.filter((entry) => entry.fleet !== void 0).toSorted((one, other) => other.at.localeCompare(one.at));
  const known = new Set(fleet.map(hostnameOf));
  return (last?.fleet ?? []).filter((host) => !known.has(hostnameOf(host)));
}
var hostnameOf = (host) => host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, "").replace(/:\d+$/, "");
function trimHistory(history, length, known) {
  if (history.length <= length) return history;
  const older = validAcceptances(history.slice(0, -length));
  const needed = older.filter(
    (entry, index) => index === older.length - 1 || known.has(entry.release) && older.findLastIndex(({ release }) => release === entry.release) === index
  );
  return [...needed, ...history.slice(-length)];
}

// src/model/proxy-names.ts
var PROXIES = /nginx|openresty|angie|caddy|traefik|haproxy|envoy|httpd|apache|kong|varnish|proxy|gateway|ingress|\bswag\b|\blb\b/i;
var isProxyByName = (name, image) => PROXIES.test(name) || PROXIES.test(image);
var OBSERVERS = /prometheus|blackbox-exporter|victoria-?metrics|vmagent|(^|\/)grafana|telegraf|opentelemetry|(^|\/)otel|datadog|netdata|zabbix|nagios|checkmk|selenium|seleniarm|playwright|browserless|cypress|uptime-kuma|gatus|(^|\/)k6\b|locust/i;
var isObserverByImage = (image) => OBSERVERS.test(image);

// src/plan/proxies.ts
var startsAsProxy = (release, name) => proxyNetworks(release, name).length > 0 && !release.conditions.some(({ service }) => service === name);
var proxiesOf = (release) => Object.keys(release.base.services).filter((name) => proxyNetworks(release, name).length > 0);
var neededProxiesOf = (release) => proxiesOf(release).filter((name) => {
  const image = asText(asObject(release.base.services[name])["image"]) ?? "";
  const networks = proxyNetworks(release, name);
  return isProxyByName(name, image) || release.routes.some(
    ({ upstream, published, domains }) => upstream !== void 0 && published.length + domains.length === 0 && networks.includes(upstreamNetwork(release, upstream))
  );
});
var misledProxies = (live, release) => neededProxiesOf(live).filter(
  (name) => Object.hasOwn(release.base.services, name) && !proxiesOf(release).includes(name)
);
function proxyNetworks({ app, environment, base, routes }, name) {
  const own = Object.keys(asObject(asObject(base.services[name])["networks"]));
  const upstreams = routes.flatMap(({ upstream }) => upstream ?? []);
  const names = upstreams.filter((upstream) => own.includes(upstreamKey(upstream))).map((upstream) => upstreamNetwork({ app, environment }, upstream));
  return [...new Set(names)].sort();
}
var lostProxiedPorts = (live, release) => proxiedPortsOf(live).filter((port) => !proxiedPortsOf(release).includes(port));
var proxiedPortsOf = ({ routes }) => routes.flatMap(({ service, upstream }) => upstream === void 0 ? [] : [`${service}:${upstream.port}`]);
function proxiesToConnect(host, release) {
  const prefix = upstreamNetwork(release, { network: "upstream" });
  return Object.keys(release.base.services).filter((name) => {
    const running = host.accessories.filter(({ service, state }) => service === name && state === "running");
    const wanted = proxyNetworks(release, name).join();
    return running.some(
      ({ networks }) => networks !== void 0 && networks.filter((each) => each.startsWith(prefix)).sort().join() !== wanted
    );
  });
}
function canRunTwice({ base }, name) {
  const service = asObject(base.services[name]);
  const hasFixedAddress = Object.values(asObject(service["networks"])).some(
    (network) => ["ipv4_address", "ipv6_address"].some((key) => asText(asObject(network)[key]) !== void 0)
  );
  if (asText(service["network_mode"]) !== void 0 || hasFixedAddress) return false;
  return SHARES_ITS_FILES.test(asText(service["image"]) ?? "") || !asList(service["volumes"]).some(isWritable);
}
var SHARES_ITS_FILES = /(^|\/)(nginx|nginx-unprivileged|openresty|angie|caddy|haproxy|httpd|envoy)(:|@|$)/;
function isWritable(mount) {
  const { type, source, read_only: isReadOnly } = asObject(mount);
  return type !== "tmpfs" && isReadOnly !== true && !/\.sock$/.test(asText(source) ?? "");
}

// src/plan/edge.ts
const { isDeepStrictEqual } = require("node:util");

// src/model/host.ts
var hasSameLayout = (one, other) => layoutVersion(one) === layoutVersion(other);
var layoutVersion = (fingerprint) => /^(\d+)-/.exec(fingerprint)?.[1];

// src/model/route-matching.ts
var publishedAddress = ({ address, port }) => `${address ?? ""}:${port}`;
function matchingRoute(route, { routes }) {
  for (const matches of ROUTE_MATCHERS) {
    const found = routes.find((each) => matches(each, route));
    if (found !== void 0) return found;
  }
  return void 0;
}
var ROUTE_MATCHERS = [
  (one, other) => intersects(one.published.map(publishedAddress), other.published.map(publishedAddress)),
  (one, other) => intersects(one.domains, other.domains),
  (one, other) => one.service === other.service && one.containerPort === other.containerPort,
  (one, other) => one.id === other.id
];
var intersects = (some, others) => some.some((each) => others.includes(each));
var routesTo = ({ routes }, service) => routes.filter((route) => route.service === service);
var serviceHasRoutes = (release, service) => routesTo(release, service).length > 0;
function routesMatchForService(one, other, service) {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const allMatch = (routes, by) => routes.every((route) => matchingRoute(route, by)?.service === service);
  return ours.length === theirs.length && allMatch(ours, other) && allMatch(theirs, one);
}
function canShareEdge(one, other) {
  const pairs = one.routes.map((route) => [route, matchingRoute(route, other)]);
  return one.routes.length === other.routes.length && pairs.every(([route, match]) => match !== void 0 && match.protocol === route.protocol) && new Set(pairs.map(([, match]) => match?.id)).size === other.routes.length;
}
function describeRouteChange(old, release) {
  const differ = (texts) => sortedText(old.routes, texts) !== sortedText(release.routes, texts);
  if (differ(publishedAddresses)) return "published ports have changed";
  const changed = release.routes.find((route) => {
    const before = matchingRoute(route, old);
    return before !== void 0 && before.protocol !== route.protocol;
  });
  if (changed !== void 0)
    return `port ${changed.containerPort} of ${changed.service} has another protocol, so it gives no answers until the switch`;
  const joinedAddresses = (route) => publishedAddresses(route).join(" ");
  if (differ((route) => joinedAddresses(route) === "" ? [] : [joinedAddresses(route)]))
    return "published ports point elsewhere";
  if (differ((route) => route.domains.length > 0 ? [`domain ${joinedAddresses(route)}`] : []))
    return "domains point elsewhere";
  if (differ(({ upstream }) => upstream === void 0 ? [] : [canonicalJson(upstream)]))
    return "proxies of the Compose file lead elsewhere";
  const hasOnlyDomains = (route) => route.published.length === 0;
  if (differ((route) => hasOnlyDomains(route) ? [`${route.service}:${route.containerPort}`] : []))
    return "services that have only domains have changed";
  return differ(({ id }) => [id]) ? "another version of Sealift named its routes" : void 0;
}
var publishedAddresses = ({ published }) => published.map(publishedAddress).sort();
var sortedText = (routes, texts) => routes.flatMap(texts).sort().join("\n");

// src/plan/port-handover.ts
var edgePortsOf = ({ routes }) => routes.flatMap(({ published }) => published.map(({ port }) => port));
function servicePorts({ compose }) {
  return Object.entries(compose.services).flatMap(
    ([service, { ports }]) => asList(ports).map(asObject).filter((each) => each["protocol"] !== "udp").map((each) => ({ service, port: Number(each["published"]) })).filter(({ port }) => Number.isSafeInteger(port))
  );
}
function portFromEdge({ host, previous, desired }) {
  if (previous?.record === void 0 || host.edge.state !== "running") return void 0;
  const edgePorts = edgePortsOf(previous.record);
  return servicePorts(desired.release).find(({ port }) => edgePorts.includes(port));
}
function portsToNewEdge({ host, previous, desired }) {
  if (previous?.record === void 0 || host.edge.state === "running") return [];
  const edgePorts = edgePortsOf(desired.release);
  const running = runningServices(previous.observed);
  return servicePorts(previous.record).filter(
    ({ service, port }) => running.includes(service) && edgePorts.includes(port)
  );
}

// src/plan/edge.ts
function edgeSteps(context) {
  const { host, desired } = context;
  if (desired.edgeFingerprint === void 0) return restoreEdgeSteps(context);
  const front = hasDomains(desired.release) && !host.frontRunning ? [step({ kind: "ensure-front", release: desired.release.id }, { kind: "remove-unused-front" })] : [];
  return [...restoreEdgeSteps(context), ...front, ...createOrStartEdge(context)];
}
function restoreEdgeSteps({ restoreEdgeFor }) {
  if (restoreEdgeFor === void 0) return [];
  const reason = "an interrupted run has replaced it";
  return [step({ kind: "ensure-edge", change: "replace", release: restoreEdgeFor, reason })];
}
function createOrStartEdge(context) {
  const { host, live } = context;
  if (portsToNewEdge(context).length > 0) return [];
  if (host.edge.state === "absent") {
    const resetTraffic = host.traffic === void 0 ? { resetTraffic: true } : {};
    if (mayHaveRoutes(live))
      return [step({ ...edgeAction(context, "create", "the edge is missing"), ...resetTraffic })];
    const reason = `${live === void 0 ? "first deploy" : "first published port"}: it opens when the release is live`;
    const closed = { ...edgeAction(context, "create", reason), ...resetTraffic, closed: true };
    return [step(closed, { kind: "remove-edge" })];
  }
  const starts = host.edge.state === "stopped" && host.edge.fingerprint === context.desired.edgeFingerprint;
  return starts ? [step(edgeAction(context, "start", "the edge was stopped"))] : [];
}
function newEdgeSteps(context) {
  const [moved] = portsToNewEdge(context);
  if (moved === void 0) return [];
  const reason = `it takes port ${moved.port} from ${moved.service}: nothing answers there until the switch`;
  const resetTraffic = context.host.traffic === void 0 ? { resetTraffic: true } : {};
  const change = context.host.edge.state === "absent" ? "create" : "replace";
  return [step({ ...edgeAction(context, change, reason), ...resetTraffic }, { kind: "remove-edge" })];
}
function releasePortSteps(context) {
  const { desired, previous } = context;
  const moved = portFromEdge(context);
  if (moved === void 0 || previous === void 0) return [];
  const reason = `port ${moved.port} goes to ${moved.service}: nothing answers there until it has started`;
  const back = { kind: "ensure-edge", release: previous.id, reason: RESTORE_EDGE };
  return [
    desired.edgeFingerprint === void 0 ? step({ kind: "remove-edge", reason }, { ...back, change: "create" }) : step(edgeAction(context, "replace", reason), { ...back, change: "replace" })
  ];
}
var RESTORE_EDGE = "to restore the previous edge";
var opensLate = ({ host, traffic, live, desired }) => desired.edgeFingerprint !== void 0 && traffic === void 0 && !mayHaveRoutes(live) && (host.edge.state === "absent" || host.edge.fingerprint !== desired.edgeFingerprint);
var openEdgeSteps = (context) => [
  step(edgeAction(context, "open", "the release is live"), { kind: "remove-edge" }),
  ...domainSteps(context)
];
function applyRoutesSteps(context) {
  const isDone = portFromEdge(context) !== void 0 || portsToNewEdge(context).length > 0;
  return [...isDone ? [] : replaceEdgeSteps(context), ...domainSteps(context)];
}
function replaceEdgeSteps(context) {
  const { host, desired, previous } = context;
  if (desired.edgeFingerprint === void 0 || host.edge.state === "absent" || host.edge.fingerprint === desired.edgeFingerprint)
    return [];
  const replace = edgeAction(context, "replace", edgeReplaceReason(context));
  if (previous === void 0 || !mayHaveRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: RESTORE_EDGE })];
}
function edgeReplaceReason(context) {
  const old = (context.previous ?? context.live)?.record;
  if (isEdgeOfAnotherVersion(context)) return CREATED_BY_ANOTHER_VERSION;
  const { release } = context.desired;
  if (old !== void 0 && !isDeepStrictEqual(old.trustedProxies, release.trustedProxies))
    return "trusted-proxies has changed";
  return (old && describeRouteChange(old, release)) ?? "its routes differ";
}
var CREATED_BY_ANOTHER_VERSION = "another version of Sealift created it";
function isEdgeOfAnotherVersion({ host: { edge }, desired }) {
  return edge.state !== "absent" && desired.edgeFingerprint !== void 0 && !hasSameLayout(edge.fingerprint, desired.edgeFingerprint);
}
function edgeKeepsRouting({ host: { edge }, desired }) {
  if (desired.edgeFingerprint === void 0 || edge.state === "absent") return false;
  return edge.state === "running" || edge.fingerprint === desired.edgeFingerprint;
}
function whyTrafficCannotBeSplit(context) {
  const old = context.previous?.record;
  if (!edgeKeepsRouting(context)) return "the edge does not run";
  if (isEdgeOfAnotherVersion(context)) return `the edge is replaced, since ${CREATED_BY_ANOTHER_VERSION}`;
  if (old === void 0) return "the routes of the old release are not known";
  return canShareEdge(old, context.desired.release) ? void 0 : "the routes have changed, so no edge can send requests to both releases";
}
function domainSteps({ host, desired, live, previous }) {
  const { release } = desired;
  const traffic = host.traffic && releaseOnHost(host, host.traffic.release).record;
  const records = [release, live?.record, traffic];
  if (!records.some((record) => record !== void 0 && hasDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.record?.id;
  return [step({ kind: "route-domains", release: release.id }, { kind: "route-domains", release: before })];
}
function edgeAction({ desired }, change, reason) {
  return { kind: "ensure-edge", change, release: desired.release.id, reason };
}

// src/plan/interrupted-deploy.ts
var releaseAt = (host, id, slot) => ({
  ...releaseOnHost(host, id),
  slot
});
function findInterruptedDeploy(host, mustBeReplaced = false) {
  const { traffic, accepted } = host;
  if (traffic === void 0)
    return accepted === void 0 ? void 0 : findStoppedContainers(host, releaseOnHost(host, accepted));
  const { slot, release, splitWith } = traffic;
  const receiver = releaseAt(host, release, slot);
  if (splitWith === void 0 && accepted === release) return findStoppedContainers(host, receiver);
  if (host.edge.state !== "running") return void 0;
  const other = splitWith === void 0 ? void 0 : releaseAt(host, splitWith, otherSlot(slot));
  if (other !== void 0 && !mustBeReplaced) return resolveSplit(receiver, other);
  if (accepted === void 0) return mustBeReplaced ? void 0 : findStoppedContainers(host, receiver);
  const found = accepted === release ? receiver : releaseOnHost(host, accepted);
  const { observed, slot: ownSlot = otherSlot(slot) } = found;
  return observed !== void 0 && (mustBeReplaced || canServe(observed)) ? {
    lastGood: { ...found, slot: ownSlot, observed },
    competing: accepted === release && other !== void 0 ? other : receiver
  } : findStoppedContainers(host, receiver);
}
function resolveSplit(first, other) {
  const candidates = [
    [first, canServe(first.observed) || lacksOnlyStoppedContainers(first.observed)],
    [other, other.observed !== void 0 && isFullyServing(other.observed)],
    [first, canRestart(first.observed)],
    [other, canRestart(other.observed) || isPartlyServing(other.observed)]
  ];
  const lastGood = candidates.find(([, can]) => can)?.[0];
  if (lastGood?.observed === void 0) return void 0;
  return {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing: lastGood === first ? other : first
  };
}
function findStoppedContainers(host, { observed, slot = "blue", ...found }) {
  if (observed === void 0) return void 0;
  const lacksContainers = observed.restartFailed !== true && observed.containers.some((each) => mayBeStoppedByRun(each) && !serviceIsUp(observed, each.service));
  return lacksContainers || hasUnroutedReplica(host, observed) ? { lastGood: { ...found, slot, observed }, competing: void 0 } : void 0;
}
function hasUnroutedReplica({ edge, routedContainers }, observed) {
  const routed = new Set(observed.record?.routes.map(({ service }) => service));
  return edge.state === "running" && canReceiveRequests(observed) && observed.containers.some(
    ({ name, service, state, health }) => routed.has(service) && state === "running" && (health === void 0 || health === "healthy") && !routedContainers.has(name)
  );
}
var canReceiveRequests = ({ record, containers, restartFailed }) => (record?.routes ?? []).every(
  ({ service }) => containers.some((each) => each.service === service && (each.state === "running" || !restartFailed))
);
var mayBeStoppedByRun = (container) => container.restartPolicyState !== "not-disabled" && isStopped(container);
var lacksOnlyStoppedContainers = (observed) => observed !== void 0 && canRestart(observed) && servicesDown(observed, requestHandlingServices(observed)).every(
  (name) => observed.containers.every(
    (each) => each.service !== name || each.state === "running" || mayBeStoppedByRun(each)
  )
);
var canServe = (observed) => observed !== void 0 && (isFullyServing(observed) || hasAllContainers(observed) && isPartlyServing(observed) || hasRoutedServicesUp(observed) && lacksOnlyStoppedContainers(observed));
function hasRoutedServicesUp(observed) {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}
var isPartlyServing = (observed) => observed !== void 0 && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));

// src/plan/planning-context.ts
function createPlanningContext(host, desired, { historySteps, mustBeReplaced }) {
  const { id } = desired.release;
  const interrupted = findInterruptedDeploy(host, mustBeReplaced);
  const live = interrupted?.lastGood ?? (mustBeReplaced ? void 0 : liveRelease(host));
  const alreadyLive = live?.id === id;
  const { observed } = releaseOnHost(host, id);
  const slot = alreadyLive || live?.slot === void 0 ? observed?.slot ?? live?.slot ?? "blue" : otherSlot(live.slot);
  const edge = alreadyLive ? void 0 : edgeToRestore(host, live);
  return {
    host: edge === void 0 ? host : { ...host, edge },
    desired,
    historySteps,
    mustBeReplaced,
    interrupted,
    restoreEdgeFor: edge && live?.id,
    live,
    previous: alreadyLive ? void 0 : live,
    traffic: trafficAfterRecovery(host, interrupted, mustBeReplaced),
    slot,
    how: hasAllContainers(observed) ? "start" : "create",
    protectedServices: new Set(alreadyLive ? servicesToProtect(observed, interrupted !== void 0) : [])
  };
}
var withoutEnded = ({ host, desired }, names) => {
  const { observed } = releaseOnHost(host, desired.release.id);
  return names.filter((name) => !workIsDone(observed, name));
};
function trafficAfterRecovery({ traffic }, interrupted, mustBeReplaced) {
  if (interrupted !== void 0) {
    const { id, slot } = interrupted.lastGood;
    return traffic !== void 0 || mayHaveRoutes(interrupted.lastGood) ? { slot, release: id } : void 0;
  }
  return mustBeReplaced || traffic === void 0 ? void 0 : { slot: traffic.slot, release: traffic.release };
}
function edgeToRestore({ edge, accepted }, live) {
  const fingerprint = live?.observed?.edgeFingerprint;
  return edge.state === "running" && fingerprint !== void 0 && live?.id === accepted && edge.fingerprint !== fingerprint && hasSameLayout(edge.fingerprint, fingerprint) ? { ...edge, fingerprint } : void 0;
}
var servicesToProtect = (live, recovered) => recovered && hasAllContainers(live) ? serviceNamesOf(live) : runningServices(live);

// src/plan/routing.ts
function restoreRouting(from, to) {
  const receivers = releasesReceivingTraffic(to);
  return [
    to,
    ...releasesReceivingTraffic(from).flatMap((each) => {
      const remaining = receivers.find(({ release }) => release === each.release);
      if (remaining === void 0) return [{ kind: "drain-traffic", ...each }];
      return remaining.only === void 0 ? [] : [{ kind: "drain-traffic", ...each, after: remaining.only }];
    })
  ];
}
function releasesReceivingTraffic(routing) {
  if (routing.kind === "clear-slot") return [];
  const main = { release: routing.release, slot: routing.slot };
  if (routing.kind === "split-traffic") return [main, routing.baseline];
  return routing.kind === "balance-replicas" && routing.newRelease ? [main, routing.newRelease] : [main];
}

// src/plan/strategies/common.ts
var startNew = (context, ...roles) => startNewServices(context, servicesInRole(context.desired.release, ...roles));
var checkNew = (context, ...roles) => checkServices(context, servicesInRole(context.desired.release, ...roles));
function startNewServices(context, names, range = {}, added = {}) {
  const { desired, slot, how, protectedServices } = context;
  const services = withoutEnded(context, names);
  if (services.length === 0) return [];
  const release = desired.release.id;
  const fresh = services.filter((service) => !protectedServices.has(service));
  const undo = fresh.length === 0 ? [] : [{ kind: "stop-services", release, services: fresh, ...added }];
  return [step({ kind: "start-services", release, slot, services, how, ...range }, ...undo)];
}
function checkServices(context, names, options = {}) {
  const services = withoutEnded(context, names);
  return services.length === 0 ? [] : [step({ kind: "check-health", release: context.desired.release.id, services, ...options })];
}
function stopOldServices({ previous, interrupted }, names, range = {}, afterwards = []) {
  const services = names.filter((name) => !workIsDone(previous?.observed, name));
  if (previous === void 0 || services.length === 0) return [];
  const { id: release, slot = "blue", observed } = previous;
  const existing = services.filter((name) => hasContainer(observed, name));
  const alive = existing.filter(
    (name) => observed === void 0 || interrupted !== void 0 || serviceIsUp(observed, name, 1)
  );
  const checked = { ...existingReplicaRange(observed, alive), ...range };
  const undo = [
    ...existing.length === 0 ? [] : [{ kind: "start-services", release, slot, services: existing, how: "start", ...range }],
    ...alive.length === 0 ? [] : [{ kind: "check-health", release, services: alive, ...checked }]
  ];
  return [step({ kind: "stop-services", release, services, ...range }, ...undo, ...afterwards)];
}
var servicesWithMovedPorts = (context) => [
  ...new Set(portsToNewEdge(context).map(({ service }) => service))
];
var takePortsFromServices = (context) => [
  ...stopOldServices(context, servicesWithMovedPorts(context)),
  ...newEdgeSteps(context)
];
function replaceExclusiveAndSwitch(context, back) {
  const moved = servicesWithMovedPorts(context);
  const oldExclusive = servicesInRole(context.previous?.record, "exclusive").filter(
    (service) => !moved.includes(service)
  );
  return [
    ...stopOldServices(context, oldExclusive, {}, back),
    ...releasePortSteps(context),
    ...startNew(context, "exclusive"),
    ...checkNew(context, "exclusive"),
    ...applyRoutesAndSwitch(context, oldExclusive.length === 0 ? back : [])
  ];
}
var isOpenedLate = (context) => opensLate(context) && portsToNewEdge(context).length === 0 && portFromEdge(context) === void 0;
function applyRoutesAndSwitch(context, back) {
  const { desired, slot } = context;
  const switchTraffic = step({ kind: "switch-traffic", release: desired.release.id, slot }, ...back);
  if (isOpenedLate(context)) return [switchTraffic, ...openEdgeSteps(context)];
  const open2 = applyRoutesSteps(context);
  return desired.edgeFingerprint === void 0 ? open2 : [...open2, switchTraffic];
}
function switchTrafficBack({ desired, traffic, slot }) {
  if (desired.edgeFingerprint === void 0 || traffic?.release === desired.release.id) return [];
  const before = traffic === void 0 ? { kind: "clear-slot", slot } : { kind: "switch-traffic", ...traffic };
  return restoreRouting({ kind: "switch-traffic", release: desired.release.id, slot }, before);
}
function isPreviousFullyRunning({ previous, interrupted }) {
  const observed = previous?.observed;
  return observed !== void 0 && (interrupted !== void 0 && canRestart(observed) || isFullyRunning(observed));
}

// src/plan/accessories.ts
function accessorySteps(context, when) {
  const { early, proxies, late } = accessoriesByStage(context.desired.release);
  if (when === "proxy") return stepsFor(context, proxies, false);
  if (when === "late") return stepsFor(context, late, false);
  return stepsFor(context, early, needsNetworksOrVolumes(context), trySteps(context, early));
}
var tryProxySteps = (context) => trySteps(context, accessoriesByStage(context.desired.release).proxies);
function trySteps(context, names) {
  const { host, desired } = context;
  const { release } = desired;
  const { late, proxies } = accessoriesByStage(release);
  const missing = missingAccessories(host, release);
  if ([...late, ...proxies].some((name) => missing.includes(name))) return [];
  const services = outdatedAccessories(context).filter(
    (name) => names.includes(name) && !missing.includes(name) && proxiesOf(release).includes(name) && canRunTwice(release, name)
  );
  return services.length === 0 ? [] : [step({ kind: "try-proxies", release: release.id, services })];
}
function accessoriesByStage(release) {
  const { accessoryRounds = [], base, lateAccessories } = release;
  const between = accessoryRounds.flatMap(({ accessories }) => accessories);
  const names = Object.keys(base.services).filter((name) => !between.includes(name));
  const proxies = names.filter((name) => startsAsProxy(release, name));
  const late = lateAccessories.filter((name) => !proxies.includes(name) && !between.includes(name));
  return { early: names.filter((name) => !proxies.includes(name) && !late.includes(name)), proxies, late };
}
function stepsBetween(context) {
  return (context.desired.release.accessoryRounds ?? []).flatMap(({ after, accessories }) => {
    const steps = stepsFor(context, accessories, false);
    return steps.length === 0 ? [] : [...startNewServices(context, after), ...checkServices(context, after), ...steps];
  });
}
function withAccessoriesBetween(context, steps) {
  const first = steps.findIndex(({ action }) => action.kind === "start-services");
  const at = first < 0 ? steps.length : first;
  return [...steps.slice(0, at), ...stepsBetween(context), ...steps.slice(at)];
}
function stepsFor(context, names, needsObjects, beforeReplacing = []) {
  const { host, desired } = context;
  const { id: release } = desired.release;
  const outdated = outdatedAccessories(context).filter((name) => names.includes(name));
  const services = missingAccessories(host, desired.release).filter(
    (name) => names.includes(name) && !outdated.includes(name)
  );
  const needed = services.length > 0 || needsObjects;
  const ensure = needed ? [step({ kind: "ensure-accessories", release, services })] : [];
  if (outdated.length === 0) return ensure;
  const recreate2 = step(
    { kind: "ensure-accessories", release, services: outdated, recreate: outdated },
    ...restoreFormerDefinitions(context, outdated)
  );
  const isConnected = proxiesToConnect(host, desired.release).some((name) => outdated.includes(name));
  const cause = isConnected ? "its way to the release has changed" : "changed definition";
  const gap = outdated.some((name) => proxiesOf(desired.release).includes(name)) ? "refuses visitors until it runs again, about a second" : "does not answer until it runs again";
  return [...ensure, ...beforeReplacing, { ...recreate2, reason: `${cause}; ${gap}` }];
}
function outdatedAccessories({ host, desired }) {
  const changed = desired.updateAccessories ? changedAccessories(host, desired.release) : [];
  return [.../* @__PURE__ */ new Set([...changed, ...proxiesToConnect(host, desired.release)])];
}
function changedAccessories(host, release) {
  return Object.entries(release.definitions ?? {}).filter(
    ([name, definition]) => host.accessories.some(
      ({ service, definitionFingerprint: actual }) => service === name && actual !== void 0 && actual !== definition
    )
  ).map(([name]) => name);
}
var isCreatedFrom = ({ service, definitionFingerprint }, release) => definitionFingerprint !== void 0 && release?.definitions?.[service] === definitionFingerprint;
function missingAccessories(host, release) {
  return Object.keys(release.base.services).filter(
    (name) => !host.accessories.some(
      (accessory) => accessory.service === name && (accessory.state === "running" || hasSucceeded(accessory) && mayHaveEnded(host, release, name))
    )
  );
}
function mayHaveEnded(host, release, name) {
  const ending = release.accessoryEndings?.[name] ?? (runsToCompletion(release, name) ? "always" : "never");
  return ending === "always" || ending === "maybe" && endedAtLastAcceptance(host).includes(name);
}
function endedAtLastAcceptance({ history }) {
  return validAcceptances(history).at(-1)?.ended ?? [];
}
function runsToCompletion(release, name) {
  const isCompletion = (condition) => condition === "service_completed_successfully";
  return release.conditions.some(({ service, condition }) => service === name && isCompletion(condition)) || Object.values(release.base.services).some(
    (service) => isCompletion(asObject(asObject(service["depends_on"])[name])["condition"])
  );
}
function restoreFormerDefinitions({ host }, names) {
  const bySource = Map.groupBy(names, (name) => {
    const accessory = host.accessories.find(({ service }) => service === name);
    return accessory && host.releases.find(({ record }) => isCreatedFrom(accessory, record))?.id;
  });
  return [...bySource].flatMap(
    ([release, services]) => release === void 0 ? [] : [{ kind: "ensure-accessories", release, services, recreate: services }]
  );
}
function needsNetworksOrVolumes({ desired, live }) {
  if (live?.record === void 0) return true;
  const existing = networksAndVolumesOf(live.record);
  return networksAndVolumesOf(desired.release).some((name) => !existing.includes(name));
}
function networksAndVolumesOf({ base: { networks = {}, volumes = {} } }) {
  return [
    ...Object.keys(networks).map((name) => `network ${name}`),
    ...Object.keys(volumes).map((name) => `volume ${name}`)
  ];
}

// src/model/published-port.ts
function isOnAllAddresses(address) {
  return address === void 0 || address === "0.0.0.0" || address === "::";
}
function portsOverlap(one, other) {
  return one.port === other.port && (isOnAllAddresses(one.address) || isOnAllAddresses(other.address) || one.address === other.address);
}

// src/plan/new-ports.ts
function portsOfRelease(release) {
  const host = { frontRunning: hasDomains(release), accessories: [] };
  return neededPorts(host, { ...release, base: { ...release.base, services: {} } });
}
function tryPortsSteps({ host, live, desired }) {
  const { release, edgeFingerprint } = desired;
  if (live !== void 0 && live.record === void 0) return [];
  const before = live?.record === void 0 ? [] : portsOfRelease(live.record);
  const edgeHasThem = host.edge.state === "running" && host.edge.fingerprint === edgeFingerprint;
  const ports = portsOfRelease(release).filter(
    (port) => !(edgeHasThem && port.service === void 0) && !before.some((each) => each.protocol === port.protocol && portsOverlap(each, port))
  );
  return ports.length === 0 ? [] : [step({ kind: "try-ports", release: release.id, ports })];
}

// src/plan/reconcile-fleet.ts
var NO_REPAIR = { historySteps: [], mustBeReplaced: false };
var withoutRepair = (host) => ({ host, ...NO_REPAIR });
function reconcileFleet(hosts) {
  const reconciledHosts = reconcileHistories(hosts);
  const ends = reconciledHosts.map(
    ({ host }) => (findInterruptedDeploy(host)?.lastGood ?? liveRelease(host))?.id
  );
  if (new Set(ends).size < 2) return reconciledHosts;
  return reconciledHosts.map((reconciled, index) => ({
    ...reconciled,
    mustBeReplaced: ends[index] !== reconciled.host.accepted && canBeReplaced(reconciled.host)
  }));
}
function acceptedByFleet(hosts) {
  const [first, ...others] = new Set(reconcileHistories(hosts).map(({ host }) => host.accepted));
  return others.length === 0 ? first : void 0;
}
function canBeReplaced(host) {
  const { accepted, traffic, edge } = host;
  return traffic !== void 0 && edge.state === "running" && (accepted === void 0 || canRestart(releaseOnHost(host, accepted).observed));
}
function reconcileHistories(hosts) {
  const partialAcceptances = hosts.flatMap((host) => {
    const last2 = validAcceptances(host.history).at(-1);
    if (last2 === void 0) return [];
    const times = timesAccepted(host, last2.release);
    const behind2 = hosts.filter((other) => other !== host && hasMissedAcceptance(other, last2, times));
    return behind2.length === 0 ? [] : [{ last: last2, behind: behind2 }];
  });
  const [partial] = partialAcceptances;
  if (partial === void 0 || partialAcceptances.some(({ last: last2 }) => last2.release !== partial.last.release))
    return hosts.map(withoutRepair);
  const { last } = partial;
  const behind = new Set(partialAcceptances.flatMap((each) => each.behind));
  if ([...behind].every((host) => isReadyToAccept(host, last.release)))
    return hosts.map((host) => behind.has(host) ? acceptLate(host, last) : withoutRepair(host));
  return hosts.map(
    (host) => host.accepted === last.release ? revertAcceptance(host, last.release) : withoutRepair(host)
  );
}
function hasMissedAcceptance(host, { release, fleet }, times) {
  return fleet?.includes(host.host) === true && host.accepted !== release && timesAccepted(host, release) < times && host.releases.some(({ id }) => id === release);
}
function timesAccepted({ history }, id) {
  const ids = validAcceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}
function isReadyToAccept(host, id) {
  const found = releaseOnHost(host, id);
  if (found.observed === void 0) return false;
  const { traffic } = host;
  return mayHaveRoutes(found) ? traffic?.release === id && traffic.splitWith === void 0 : isFullyUp(found.observed);
}
function acceptLate(host, { release, command = "deploy" }) {
  const accept = step({ kind: "accept-release", release, previous: host.accepted, command });
  const historySteps = [{ ...accept, reason: "it was verified on all hosts" }];
  return { ...NO_REPAIR, host: { ...host, accepted: release }, historySteps };
}
function revertAcceptance(host, release) {
  const accepted = validAcceptances(host.history);
  const before = accepted.findLastIndex((entry) => entry.release !== release);
  const previous = accepted[before]?.release;
  if (previous !== void 0 && !canRestart(releaseOnHost(host, previous).observed))
    return withoutRepair(host);
  const revert = step({ kind: "record-rollback", release, previous });
  const reason = "not every host has accepted it";
  const historySteps = accepted.slice(before + 1).map(() => ({ ...revert, reason }));
  return { ...NO_REPAIR, host: { ...host, accepted: previous }, historySteps };
}

// src/plan/prune.ts
var KEPT_FAILED_RELEASES = 1;
var pruneStep = ({ host }, releases) => releases.length === 0 || host.recordsUnreadable ? [] : [step({ kind: "prune-releases", releases })];
function pruneOldReleases(context) {
  const { host, desired, previous } = context;
  const acceptedNewestFirst = validAcceptances(host.history).map(({ release }) => release).reverse();
  const newestFirst = [desired.release.id, ...previous ? [previous.id] : [], ...acceptedNewestFirst];
  const kept = new Set([...new Set(newestFirst)].slice(0, Math.max(desired.keep, 1)));
  return pruneStep(
    context,
    host.releases.map(({ id }) => id).filter((id) => !kept.has(id))
  );
}
function pruneFailedReleases(context) {
  return pruneStep(context, failedReleases(context).slice(0, -KEPT_FAILED_RELEASES));
}
function failedReleases({ host, desired, live, interrupted }) {
  const needed = /* @__PURE__ */ new Set([
    ...validAcceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.splitWith, live?.id, interrupted?.competing?.id],
    desired.release.id,
    // Only this record has the definition from which an existing accessory was created.
    ...host.releases.filter(({ record }) => host.accessories.some((accessory) => isCreatedFrom(accessory, record))).map(({ id }) => id)
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}

// src/plan/tolerance.ts
function toleranceOf(services, most) {
  const tolerate = positiveCounts(services, most);
  return tolerate === void 0 ? {} : { tolerate };
}
function allowedFailures({ replicas, update }, up) {
  if (update === void 0) return 0;
  const share = update.failureAction === "continue" ? 1 : update.maxFailureRatio;
  return Math.max(0, Math.min(Math.floor(share * replicas + 1e-9), up - 1));
}
function toleranceForRelease({ release, strategy }, services, up = {}) {
  if (strategy.name !== "rolling") return {};
  return toleranceOf(services, (name) => {
    const service = release.services[name];
    return service === void 0 ? 0 : allowedFailures(service, up[name] ?? service.replicas);
  });
}

// src/plan/recover.ts
function recoverSteps(context) {
  const { historySteps, mustBeReplaced } = context;
  return [
    ...historySteps,
    ...mustBeReplaced ? replaceWithAccepted(context) : repair(context),
    ...pruneFailedReleases(context)
  ];
}
function repair(context) {
  const { interrupted, desired } = context;
  const desiredId = desired.release.id;
  const kept = runsPostStart(desired.release) ? void 0 : desiredId;
  if (interrupted === void 0) return stopStrayReleases(context, kept);
  const { lastGood, competing } = interrupted;
  const isRecreated = lastGood.id === desiredId && !hasAllContainers(lastGood.observed);
  const workers = isRecreated ? [] : restartDown(lastGood, workersOf(lastGood));
  return competing === void 0 ? [...stopStrayReleases(context), ...isRecreated ? [] : restartStopped(context, lastGood), ...workers] : [...returnTraffic(context, lastGood, competing), ...stopStrayReleases(context, kept), ...workers];
}
var runsPostStart = ({ compose }) => Object.values(compose.services).some((service) => asList(service["post_start"]).length > 0);
function replaceWithAccepted({ host, interrupted, traffic }) {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const reason = "not every host serves it";
  const stops = others.map((release) => ({ ...stopStep(release.id, serviceNamesOf(release)), reason }));
  if (interrupted === void 0) return [...endTrafficSteps(host), ...stops];
  const { lastGood } = interrupted;
  return [
    ...stops,
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    ...traffic === void 0 ? [] : [step({ kind: "switch-traffic", ...traffic })],
    ...restartDown(lastGood, workersOf(lastGood))
  ];
}
function endTrafficSteps(host) {
  if (host.traffic === void 0) return [];
  const { slot, release, splitWith } = host.traffic;
  const slots = splitWith === void 0 ? [slot] : [otherSlot(slot), slot];
  const { record } = releaseOnHost(host, release);
  const open2 = record !== void 0 && hasDomains(record);
  return [
    ...open2 ? [step({ kind: "route-domains", release: void 0 })] : [],
    ...slots.map((each) => step({ kind: "clear-slot", slot: each })),
    step({ kind: "drain-traffic", release, slot })
  ];
}
function stopStrayReleases({ host, live }, except) {
  return host.releases.filter((release) => release.id !== live?.id && release.id !== except && mayRun(release)).map((stray) => stopStep(stray.id, serviceNamesOf(stray)));
}
function restartStopped({ host, traffic }, lastGood) {
  const { id, slot, observed } = lastGood;
  const needed = servicesNeeded(lastGood);
  if (servicesDown(observed, needed).length === 0 && !hasUnroutedReplica(host, observed)) return [];
  const canRoute = host.edge.state === "running" && traffic !== void 0 && canReceiveRequests(observed);
  return [
    ...restartDown(lastGood, needed),
    ...canRoute ? [step({ kind: "switch-traffic", release: id, slot })] : []
  ];
}
function returnTraffic({ host, desired }, lastGood, competing) {
  const { id, slot, observed, record } = lastGood;
  const down = servicesDown(observed, servicesInRole(record, "exclusive"));
  const exclusive = servicesInRole(competing.record, "exclusive");
  const stopFirst = host.traffic?.splitWith !== void 0 && !isFullyServing(observed) && mustStopBeforeStart(lastGood);
  const drain = step({ kind: "drain-traffic", release: competing.id, slot: competing.slot });
  return [
    ...down.length > 0 && exclusive.length > 0 ? [stopStep(competing.id, exclusive)] : [],
    ...stopFirst ? [
      step({
        kind: "balance-replicas",
        release: id,
        slot,
        removedReplicas: {},
        share: 0,
        newRelease: void 0
      }),
      drain,
      stopStep(competing.id, serviceNamesOf(competing.observed))
    ] : [],
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    step({ kind: "switch-traffic", release: id, slot }),
    ...stopFirst ? [] : [drain],
    ...competing.id === desired.release.id && !stopFirst ? stopLateServices(competing) : []
  ];
}
var servicesNeeded = ({ observed, record }) => [
  .../* @__PURE__ */ new Set([...requestHandlingServices(observed), ...servicesInRole(record, "exclusive")])
];
var workersOf = ({ record }) => servicesInRole(record, "worker");
function restartDown(lastGood, names) {
  const { id: release, slot, observed } = lastGood;
  if (observed.restartFailed) return [];
  const services = servicesDown(observed, names).filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: "start-services", release, slot, services, how: "start" }),
    step({ kind: "check-health", release, services, ...toleranceForRecovery(lastGood, services) })
  ];
}
function stopLateServices({ id, observed, record }) {
  const late = servicesInRole(record, "exclusive", "worker").filter(
    (name) => observed?.containers.some(({ service, state }) => service === name && state !== "exited")
  );
  return late.length === 0 ? [] : [stopStep(id, late)];
}
var stopStep = (release, services) => step({ kind: "stop-services", release, services });
var mustStopBeforeStart = ({ observed, record }) => Object.values(record?.services ?? {}).some(
  (service) => (service.role === "served" || service.role === "internal") && isStopFirst(service)
) && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
function toleranceForRecovery({ observed, record }, services) {
  return toleranceOf(services, (name) => {
    const replicas = record?.services[name]?.replicas ?? 1;
    const running = observed.containers.filter(
      ({ service, state }) => service === name && state === "running"
    ).length;
    return Math.min(replicas - running, replicas - 1);
  });
}

// src/plan/release-checks.ts
var MIN_PROXY_OVERLAP = 5e3;
function proxyOverlap(release, hosts, bake) {
  const replaces = hosts.map(liveRelease).some((live) => live !== void 0 && live.id !== release.id);
  const usesOtherProxy = release.routes.length === 0 && servicesInRole(release, "internal").length > 0;
  return replaces && usesOtherProxy ? Math.max(bake, MIN_PROXY_OVERLAP) : bake;
}
function watchSteps(context, purpose, names, duration, { baseline, up } = {}) {
  const { desired, slot } = context;
  const services = watchedServices(context, names);
  if (duration === 0 || services.length === 0) return [];
  const only = up && { only: pickKeys(up, services) };
  return [
    step({
      kind: "watch-release",
      purpose,
      release: desired.release.id,
      slot,
      services,
      ...only,
      ...toleranceForRelease(desired, services, up),
      duration,
      baseline,
      limits: baseline && desired.limits
    })
  ];
}
var watchedServices = (context, names) => withoutEnded(context, names).filter((name) => context.desired.release.services[name]?.oneShot !== true);
function bakeSteps(context) {
  const { host, desired, previous } = context;
  const { release, strategy } = desired;
  if (previous === void 0 && host.accepted === release.id) return [];
  const lastCanaryStep = strategy.name === "canary" ? strategy.steps.at(-1)?.duration ?? 0 : 0;
  const duration = Math.max(desired.bake, lastCanaryStep);
  const services = servicesInRole(release, "served", "internal", "exclusive");
  return watchSteps(context, "bake", services, duration, { baseline: replacedTraffic(context) });
}
function finalCheckStep(context) {
  const { release } = context.desired;
  const services = watchedServices(context, Object.keys(release.services));
  return step({
    kind: "final-check",
    release: release.id,
    services,
    ...toleranceForRelease(context.desired, services),
    drain: replacedTraffic(context)
  });
}
function replacedTraffic({ desired, previous, traffic }) {
  return desired.edgeFingerprint !== void 0 && traffic?.release === previous?.id ? traffic : void 0;
}

// src/plan/retire.ts
function retireSteps(context) {
  const { host, desired, previous, traffic } = context;
  const steps = [];
  const removesEdge = desired.edgeFingerprint === void 0 && host.edge.state !== "absent";
  if (removesEdge && traffic !== void 0) steps.push(step({ kind: "clear-slot", slot: traffic.slot }));
  if (previous !== void 0 && previous.id === traffic?.release)
    steps.push(step({ kind: "drain-traffic", release: previous.id, slot: traffic.slot }));
  const services = serviceNamesOf(previous?.observed);
  if (previous !== void 0 && services.length > 0)
    steps.push(step({ kind: "stop-services", release: previous.id, services }));
  if (removesEdge) steps.push(step({ kind: "remove-edge" }));
  const hadDomains = previous?.record !== void 0 && hasDomains(previous.record);
  if (hadDomains && !hasDomains(desired.release) || isFrontLeft(host, desired.release))
    steps.push(step({ kind: "remove-unused-front" }));
  return [...steps, ...pruneOldReleases(context)];
}

// src/plan/strategies/blue-green.ts
var blueGreen = (context) => ({
  start: [...takePortsFromServices(context), ...startNew(context, "served", "internal")],
  check: checkNew(context, "served", "internal"),
  switch: replaceExclusiveAndSwitch(context, switchTrafficBack(context))
});

// src/plan/strategies/canary.ts
var canary = (context) => {
  const stages = blueGreen(context);
  const { strategy } = context.desired;
  if (strategy.name !== "canary") return stages;
  const baseline = canaryBaseline(context);
  if (typeof baseline === "string") {
    const reason = `all visitors at once: ${baseline}`;
    return { ...stages, switch: withReason(reason, "switch-traffic", stages.switch) };
  }
  const splits = strategy.steps.slice(0, -1);
  return {
    ...stages,
    switch: [
      ...splits.flatMap((each, index) => splitAndWatch(context, each, baseline, index === 0)),
      ...replaceExclusiveAndSwitch(context, switchTrafficBack(context))
    ]
  };
};
function canaryBaseline(context) {
  const { previous, traffic } = context;
  if (previous === void 0 || traffic?.release !== previous.id)
    return "there is no old release to compare the new one with";
  if (!isPreviousFullyRunning(context)) return "not all services of the old release run";
  return whyTrafficCannotBeSplit(context) ?? traffic;
}
function splitAndWatch(context, { share, duration }, baseline, first) {
  const { desired, slot } = context;
  const services = servicesInRole(desired.release, "served", "internal");
  const back = first ? switchTrafficBack(context) : [];
  return [
    step({ kind: "split-traffic", release: desired.release.id, slot, share, baseline }, ...back),
    ...watchSteps(context, "canary", services, duration, { baseline })
  ];
}

// src/plan/strategies/recreate.ts
var recreate = (context) => {
  const workers = servicesInRole(context.previous?.record, "worker");
  const old = serviceNamesOf(context.previous?.observed).filter((service) => !workers.includes(service));
  const back = switchTrafficBack(context);
  return {
    start: [
      ...stopOldServices(context, old, {}, back),
      ...releasePortSteps(context),
      ...newEdgeSteps(context),
      ...startNew(context, "served", "internal", "exclusive")
    ],
    check: checkNew(context, "served", "internal", "exclusive"),
    switch: applyRoutesAndSwitch(context, old.length === 0 ? back : [])
  };
};

// src/plan/strategies/rolling-batches.ts
const { isDeepStrictEqual: isDeepStrictEqual2 } = require("node:util");

// src/plan/strategies/rolling-schedule.ts
function rollingSchedule(services) {
  const none = countReplicas(services, () => 0);
  const states = [{ up: none, stopped: none, share: 0 }];
  for (let last = states[0]; last !== void 0 && last.share < 1; last = states.at(-1))
    states.push(...nextStates(services, last));
  return states;
}
function nextStates(services, last) {
  const share = Math.min(1, ...services.map((service) => reachableShare(service, last)));
  const up = countReplicas(services, (service) => newReplicasAt(service, share));
  const stopped = countReplicas(services, (service) => stoppedReplicasAt(service, share, last));
  const end = { up, stopped, share };
  const ends = ({ name, oldReplicas }) => oldReplicas > 0 && stopped[name] === oldReplicas;
  const stoppedFirst = countReplicas(
    services,
    (service) => (isStopFirst(service) && !ends(service) ? stopped : last.stopped)[service.name] ?? 0
  );
  const stopsFirst = increasedServices(last.stopped, stoppedFirst).length > 0;
  const before = stopsFirst ? [{ ...last, stopped: stoppedFirst }] : [];
  if (!services.some(ends)) return [...before, end];
  const others = countReplicas(services, (service) => (ends(service) ? last.up : up)[service.name] ?? 0);
  return [...before, { up: others, stopped: stoppedFirst, share }, { up: others, stopped, share }, end];
}
var roundUp = (value) => Math.max(0, Math.ceil(value - 1e-9));
var batchSize = ({ update: { parallelism } }) => parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;
var maxReplicas = (service) => Math.max(service.oldReplicas, service.newReplicas, isStopFirst(service) ? 2 : 0);
function reachableShare(service, { up, stopped }) {
  const { name, oldReplicas, newReplicas } = service;
  if (newReplicas === 0) return 1;
  const running = up[name] ?? 0;
  const most = maxReplicas(service);
  const room = isStopFirst(service) ? newReplicas - (running === 0 && oldReplicas > 0 && most === newReplicas ? 1 : 0) : most + batchSize(service) - (oldReplicas - (stopped[name] ?? 0));
  return Math.min(running + batchSize(service), room) / newReplicas;
}
function newReplicasAt(service, share) {
  const needed = roundUp(share * service.newReplicas);
  return isStopFirst(service) && service.oldReplicas > 0 && share < 1 ? Math.min(needed, maxReplicas(service) - 1) : needed;
}
function stoppedReplicasAt(service, share, { stopped }) {
  const { name, oldReplicas } = service;
  const before = stopped[name] ?? 0;
  if (share === 1 && !isStopFirst(service)) return before;
  const needed = isStopFirst(service) ? share < 1 ? 1 : 0 : roundUp((1 - share) * oldReplicas);
  const stay = Math.max(needed, maxReplicas(service) - newReplicasAt(service, share));
  return Math.max(before, oldReplicas - stay);
}

// src/plan/strategies/rolling-batches.ts
function batchesOf(update) {
  const states = fullSchedule(update);
  return states.slice(1).map((after, index) => {
    const before = states[index] ?? after;
    const [from, to] = [routingAt(update, before), routingAt(update, after)];
    const canReturnAll = update.services.every(
      ({ name, oldReplicas }) => !update.routed.includes(name) || before.stopped[name] !== oldReplicas
    );
    const restoreTraffic = restoreRouting(
      to,
      canReturnAll ? { kind: "switch-traffic", ...update.oldRelease } : from
    );
    const moves = update.routed.length > 0 && !isDeepStrictEqual2(from, to);
    return {
      ...startAndCheck(update, before, after),
      monitor: watch(update, before, after, "monitor"),
      moveTraffic: moves ? [step(to, ...restoreTraffic)] : [],
      restoreTraffic,
      stop: drainAndStop(update, before.stopped, after.stopped),
      delay: watch(update, before, after, "delay")
    };
  });
}
function fullSchedule({ context, services, startedInFull }) {
  const full = Object.fromEntries(
    startedInFull.map((name) => [name, context.desired.release.services[name]?.replicas ?? 1])
  );
  return rollingSchedule(services).map(
    (state) => state.share > 0 ? { ...state, up: { ...state.up, ...full } } : state
  );
}
function routingAt({ context, oldRelease, services, routed }, { up, stopped, share }) {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: "switch-traffic", ...oldRelease };
  const all = Object.fromEntries(services.map(({ name, oldReplicas }) => [name, oldReplicas]));
  const newRelease = { release: context.desired.release.id, slot: context.slot };
  return {
    kind: "balance-replicas",
    ...oldRelease,
    removedReplicas: pickKeys(share === 1 ? all : stopped, routed),
    share,
    newRelease: share === 0 ? void 0 : { ...newRelease, only: pickKeys(up, routed) }
  };
}
function startAndCheck({ context, services: rolling2 }, before, { up }) {
  const all = context.desired.release.services;
  const increased = increasedServices(before.up, up);
  const services = Object.keys(all).filter((name) => increased.includes(name));
  const inFull = services.every((name) => up[name] === all[name]?.replicas);
  const only = inFull ? {} : { only: pickKeys(up, services) };
  const isFirst = services.every((name) => !before.up[name]);
  const added = inFull && isFirst ? {} : replicasBetween(before.up, up, services);
  const tolerant = services.filter((name) => rolling2.some((service) => service.name === name));
  const tolerance = toleranceForRelease(context.desired, tolerant, up);
  return {
    start: startNewServices(context, services, only, added),
    check: checkServices(context, services, { ...only, ...tolerance })
  };
}
function watch({ context, services }, before, { up }, purpose) {
  const increased = increasedServices(before.up, up);
  const times = services.filter(({ name }) => increased.includes(name)).map(({ update }) => update[purpose]);
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return watchSteps(context, purpose, names, Math.max(0, ...times), { up });
}
function drainAndStop({ context, oldRelease, routed }, from, to) {
  const services = increasedServices(from, to);
  const drained = services.filter((name) => routed.includes(name));
  return [
    ...drained.length > 0 ? [step({ kind: "drain-traffic", ...oldRelease, ...replicasBetween(from, to, drained) })] : [],
    ...stopOldServices(context, services, replicasBetween(from, to, services))
  ];
}
function stopRemaining({ services, context }, names) {
  const stopped = rollingSchedule(services).at(-1)?.stopped ?? {};
  const replaced = services.filter(({ name, oldReplicas }) => stopped[name] === oldReplicas).map(({ name }) => name);
  const left = names.filter(
    (name) => !replaced.includes(name) && hasContainer(context.previous?.observed, name)
  );
  return stopOldServices(context, left, replicasAfter(stopped, left));
}

// src/plan/strategies/rolling.ts
var rolling = (context) => {
  const update = rollingUpdateOf(context, "served", "internal");
  const movesPorts = portsToNewEdge(context).length > 0;
  if (update === void 0 || update.services.length === 0 || movesPorts) return blueGreen(context);
  if (!isPreviousFullyRunning(context)) {
    const stages = blueGreen(context);
    const reason = "all replicas at once: not all services of the old release run";
    return { ...stages, start: withReason(reason, "start-services", stages.start) };
  }
  const batches = batchesOf(update);
  const [first] = batches;
  const early = first !== void 0 && first.start.length > 0;
  const back = update.routed.length === 0 ? switchTrafficBack(context) : batches.at(-1)?.restoreTraffic;
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: batches.flatMap((batch, index) => [
      ...early && index === 0 ? [] : [...batch.start, ...batch.check],
      ...batch.monitor,
      ...index === batches.length - 1 ? replaceExclusiveAndSwitch(context, back ?? []) : [...batch.moveTraffic, ...batch.stop, ...batch.delay]
    ])
  };
};
function rollingUpdateOf(context, ...roles) {
  const { desired, previous } = context;
  const { record, slot } = previous ?? {};
  if (previous === void 0 || record === void 0 || slot === void 0) return void 0;
  const canBalance = edgeKeepsRouting(context) && context.traffic?.release === previous.id;
  const candidates = servicesInRole(desired.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], desired.release.services[name]];
    const oldReplicas = existingReplicas(previous.observed, name);
    const canRoll = before !== void 0 && after !== void 0 && roles.includes(before.role) && oldReplicas > 0 && !before.oneShot && !after.oneShot && routesMatchForService(record, desired.release, name) && (canBalance || !serviceHasRoutes(desired.release, name));
    return canRoll ? [{ name, oldReplicas, newReplicas: after.replicas, update: after.update ?? DEFAULT_UPDATE_CONFIG }] : [];
  });
  const names = services.map(({ name }) => name);
  return {
    context,
    oldRelease: { release: previous.id, slot },
    services,
    startedInFull: candidates.filter((name) => !names.includes(name)),
    routed: names.filter((name) => serviceHasRoutes(desired.release, name))
  };
}
var DEFAULT_UPDATE_CONFIG = {
  parallelism: 1,
  order: "start-first",
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: "rollback"
};

// src/plan/workers.ts
function workerSteps(context) {
  const update = context.desired.strategy.name === "rolling" ? rollingUpdateOf(context, "worker") : void 0;
  const old = servicesInRole(context.previous?.record, "worker");
  if (update === void 0 || update.services.length === 0)
    return [...startNew(context, "worker"), ...checkNew(context, "worker"), ...stopOldServices(context, old)];
  const batches = batchesOf(update);
  return [
    ...batches.flatMap(({ start, check, monitor, stop, delay }, index) => [
      ...start,
      ...check,
      ...monitor,
      ...stop,
      ...index === batches.length - 1 ? [] : delay
    ]),
    ...stopRemaining(update, old)
  ];
}

// src/plan/host.ts
var STRATEGIES = {
  "blue-green": blueGreen,
  rolling,
  canary,
  recreate
};
function planHost(host, desired, repair2 = NO_REPAIR) {
  const context = createPlanningContext(host, desired, repair2);
  if (isHostUpToDate(context)) return {};
  const stages = STRATEGIES[desired.strategy.name](context);
  return withoutEmptyStages({
    recover: recoverSteps(context),
    pull: pullSteps(context),
    prepare: [
      ...adoptionSteps(context),
      ...tryPortsSteps(context),
      ...edgeSteps(context),
      ...accessorySteps(context, "early"),
      recordStep(context)
    ],
    "before-release": hookSteps(context, "before"),
    ...stages,
    start: withAccessoriesBetween(context, stages.start),
    check: [...stages.check, ...tryProxySteps(context)],
    switch: [...stages.switch, ...accessorySteps(context, "proxy")],
    bake: bakeSteps(context),
    complete: [...accessorySteps(context, "late"), ...workerSteps(context)],
    "final-check": [finalCheckStep(context)],
    accept: [acceptStep(context)],
    retire: retireSteps(context),
    "after-release": hookSteps(context, "after")
  });
}
function isHostUpToDate(context) {
  const { host, live, interrupted, historySteps, mustBeReplaced } = context;
  const { release, edgeFingerprint } = context.desired;
  return interrupted === void 0 && historySteps.length === 0 && !mustBeReplaced && host.traffic?.splitWith === void 0 && live?.id === release.id && host.accepted === release.id && live.observed !== void 0 && isFullyUp(live.observed) && !lacksRestartPolicy(live.observed) && needsNothingBeside(context) && !isFrontLeft(host, release) && (edgeFingerprint !== void 0 || host.edge.state === "absent") && !host.releases.some((other) => other.id !== release.id && mayRun(other));
}
function needsNothingBeside(context) {
  const { host, desired } = context;
  const { edge } = host;
  return (desired.edgeFingerprint === void 0 || edge.state === "running" && edge.fingerprint === desired.edgeFingerprint) && (host.frontRunning || !hasDomains(desired.release)) && missingAccessories(host, desired.release).length === 0 && outdatedAccessories(context).length === 0;
}
function pullSteps(context) {
  const { desired, how, restoreEdgeFor } = context;
  const needless = how === "start" && restoreEdgeFor === void 0 && needsNothingBeside(context);
  return needless ? [] : [step({ kind: "pull-images", release: desired.release.id })];
}
function adoptionSteps({ host, desired }) {
  const project = adoptedProject(host, desired.adopts ?? /* @__PURE__ */ new Map());
  if (project === void 0) return [];
  const own = ownContainers(project, desired.release);
  const names = accessoryContainerNames(desired.release);
  const runs = own.some(({ running }) => running);
  if (!runs && !own.some(({ name }) => names.has(nameBeforeAdoption(name)))) return [];
  const of = { project: project.name, ...runs ? {} : { onlyNames: true } };
  const stop = step(
    { kind: "stop-project", ...of, release: desired.release.id },
    { kind: "start-project", ...of }
  );
  return [runs ? { ...stop, reason: "nothing answers until the release is live" } : stop];
}
function recordStep({ host, desired }) {
  const release = desired.release.id;
  return step(
    { kind: "record-release", release },
    { kind: "record-rollback", release, previous: host.accepted, command: desired.command }
  );
}
function hookSteps({ desired, slot }, when) {
  return desired.hooks[when].map(
    (hook) => step({ kind: "run-hook", when, release: desired.release.id, slot, ...hook })
  );
}
function acceptStep({ host, desired, previous }) {
  const { command } = desired;
  const release = desired.release.id;
  const before = previous?.id ?? lastAcceptanceOf(host.history, release)?.previous;
  return step(
    { kind: "accept-release", release, previous: before, command },
    { kind: "record-rollback", release, previous: host.accepted, command }
  );
}
function withoutEmptyStages(plan) {
  return Object.fromEntries(Object.entries(plan).filter(([, steps]) => steps.length > 0));
}

// src/plan/fleet.ts
function planFleet(hosts, desired, waves = { kind: "all" }) {
  const names = hosts.map(({ host }) => host);
  return {
    release: desired.release.id,
    hosts: planHosts(hosts, desired),
    waves: wavesOf(names, waves)
  };
}
function planHosts(hosts, desired) {
  const reconciledHosts = reconcileFleet(hosts);
  const known = reconciledHosts.some(({ host }) => host.accepted === desired.release.id);
  let hooks = known ? NO_HOOKS : desired.hooks;
  return new Map(
    reconciledHosts.map((reconciled) => {
      const plan = planHost(reconciled.host, { ...desired, hooks }, reconciled);
      if (Object.keys(plan).length > 0) hooks = NO_HOOKS;
      return [reconciled.host.host, plan];
    })
  );
}
var NO_HOOKS = { before: [], after: [] };
function wavesOf(hosts, waves) {
  if (waves.kind === "all") return [hosts];
  const size = waves.kind === "hosts" ? waves.atMost : Math.max(1, Math.floor(hosts.length * waves.percent / 100));
  const [pilot, ...rest] = hosts;
  if (pilot === void 0) return [];
  const chunks = Array.from(
    { length: Math.ceil(rest.length / size) },
    (_, at) => rest.slice(at * size, (at + 1) * size)
  );
  return [[pilot], ...chunks];
}
function isEmptyPlan(plan) {
  return stagesOf(plan).length === 0;
}
function stagesOf(plan) {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}
function planUsesCompose(plan) {
  return allStepsOf(plan).some(({ action, undo }) => [action, ...undo].some(usesCompose));
}
var comparesResponses = (plan) => allStepsOf(plan).some(({ action }) => action.kind === "watch-release" && action.limits !== void 0);
var allStepsOf = (plan) => [...plan.hosts.values()].flatMap((host) => Object.values(host).flat());

// src/report/downtime.ts
function downtimeOf(steps, host, release) {
  const parts = [downtimeOfServices(steps, host, release), downtimeOfAccessories(steps, host, release)];
  const [first, ...others] = parts.filter((part) => part !== void 0);
  return first && others.reduce(joinDowntimes, first);
}
var joinDowntimes = (one, other) => ({
  services: [.../* @__PURE__ */ new Set([...one.services, ...other.services])],
  complete: one.complete || other.complete,
  durationMs: one.durationMs + other.durationMs
});
function downtimeOfAccessories(steps, host, release) {
  const replaced = steps.filter(({ interrupted }) => interrupted !== void 0);
  if (liveRelease(host) === void 0 || replaced.length === 0) return void 0;
  const services = [...new Set(replaced.flatMap(({ interrupted }) => interrupted?.services ?? []))];
  let since = withoutPort(steps, host, release);
  let total = 0;
  for (const { interrupted, ok } of replaced) {
    if (interrupted === void 0) continue;
    since ??= interrupted.from;
    if (!ok) continue;
    total += interrupted.to - since;
    since = void 0;
  }
  if (since !== void 0) total += Math.max(...steps.map(({ at, took }) => at + took)) - since;
  const onlyBehindProxies = release.routes.every(
    ({ upstream, published, domains }) => upstream !== void 0 && published.length + domains.length === 0
  );
  const proxies = proxiesOf(release);
  const complete = proxies.length > 0 && onlyBehindProxies && proxies.every((proxy) => services.includes(proxy));
  return { services, complete, durationMs: Math.round(total) };
}
function withoutPort(steps, host, release) {
  const live = liveRelease(host)?.record;
  if (live === void 0 || lostProxiedPorts(live, release).length === 0) return void 0;
  return steps.find(
    ({ action, undo }) => !undo && action.kind === "ensure-edge" && action.change === "replace"
  )?.at;
}
function downtimeOfServices(steps, host, release) {
  const live = liveRelease(host);
  if (live === void 0 || live.id === release.id) return void 0;
  const relevant = steps.filter(({ stage, undo }) => undo || DOWNTIME_STAGES.has(stage));
  const first = relevant.find(({ action }) => stopsAllReplicas(action, live.id));
  if (first?.action.kind !== "stop-services") return void 0;
  const { services } = first.action;
  const routed = [release, live.observed?.record].flatMap(
    (each) => each?.routes.map(({ service }) => service) ?? []
  );
  const isRouted = services.some((service) => routed.includes(service));
  let serving = live.id;
  let since;
  let total = 0;
  for (const { action, at, took, ok } of relevant) {
    if (stopsAllReplicas(action, serving) && overlap(action.services, services)) since ??= at;
    const successor = ok ? newlyServing(action, isRouted, services) : void 0;
    if (successor === void 0) continue;
    serving = successor;
    if (since !== void 0) total += at + took - since;
    since = void 0;
  }
  const complete = isRouted && routed.every((service) => services.includes(service));
  return total === 0 ? void 0 : { services, complete, durationMs: Math.round(total) };
}
function downtimeText({ services, complete, durationMs }) {
  const what = complete ? "nothing answered" : `${joinWithAnd(services)} did not answer`;
  return `${what} for ${formatDuration(durationMs)}`;
}
var DOWNTIME_STAGES = /* @__PURE__ */ new Set(["start", "check", "switch"]);
function newlyServing(action, isRouted, services) {
  if (isRouted) return action.kind === "switch-traffic" ? action.release : void 0;
  return action.kind === "check-health" && overlap(action.services, services) ? action.release : void 0;
}
var overlap = (some, others) => some.some((service) => others.includes(service));
var stopsAllReplicas = (action, release) => action.kind === "stop-services" && action.only === void 0 && action.release === release;

// src/report/log-lines.ts
function planLines(plan, release, withSteps = true) {
  const services = Object.values(release.services).map(
    ({ name, role, exclusiveReason, image }) => `  ${name}: ${role}${exclusiveReason === void 0 ? "" : ` (${exclusiveReason})`}, ${imageText(image)}`
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmptyPlan(plan)) return head;
  const waves = plan.waves.map((hosts, index) => `  ${index + 1}. ${joinWithAnd(hosts)}`);
  const stages = withSteps ? stagesOf(plan) : [];
  const steps = stages.flatMap((stage) => [`${stageTitle(stage)}:`, ...stepTexts(plan, stage)]);
  return [...head, ...waves.length > 1 ? ["Waves:", ...waves] : [], ...steps];
}
function stepTexts(plan, stage) {
  const hostsByTexts = /* @__PURE__ */ new Map();
  for (const [host, stages] of plan.hosts) {
    const texts = (stages[stage] ?? []).map(({ action, reason }) => `${actionText(action)}${reason === void 0 ? "" : ` (${reason})`}`).join("\n");
    if (texts !== "") hostsByTexts.set(texts, [...hostsByTexts.get(texts) ?? [], host]);
  }
  return [...hostsByTexts].flatMap(
    ([texts, hosts]) => texts.split("\n").map((text) => `  ${hostsText(hosts, plan)}  ${text}`)
  );
}
var hostsText = (hosts, plan) => hosts.length > 1 && hosts.length === plan.hosts.size ? `all ${hosts.length} hosts` : joinWithAnd(hosts);
function stepLine(result, error2, hosts = []) {
  const { host, ok, aborted, undo, action, took } = result;
  const note = error2 === void 0 ? result.note : messageWithoutHost(host, error2);
  const mark2 = ok ? undo ? "↶" : "✓" : aborted ? "–" : "✗";
  return `${mark2} ${padHost(host, hosts)}  ${actionText(action)}  ${formatDuration(took)}${note === void 0 ? "" : `  ${oneLine(note)}`}`;
}
var stepStartLine = (host, action, hosts = []) => isLongAction(action) ? `… ${stepText(host, action, hosts)}` : void 0;
var waitLine = (what, { elapsed, limit, seen }) => {
  const time = `${formatDuration(elapsed)}${limit === void 0 ? "" : ` of ${formatDuration(limit)}`}`;
  return `… ${what}  ${time}${seen === void 0 ? "" : `  ${oneLine(seen)}`}`;
};
var stepText = (host, action, hosts = []) => `${padHost(host, hosts)}  ${actionText(action)}`;
function stageLine(stage, on, { waves, hosts }, elapsed = 0) {
  const wave = waves.findIndex((each) => on.some((host) => each.includes(host)));
  const inWaves = stage !== "roll-back" && WAVE_STAGES.includes(stage) && waves.length > 1;
  const which = inWaves ? ` (wave ${wave + 1} of ${waves.length}: ${joinWithAnd(waves[wave] ?? [])})` : on.length < hosts.size ? ` (${joinWithAnd(on)})` : "";
  return `${stageTitle(stage)}${which}:${elapsed < 1e3 ? "" : `  after ${formatDuration(elapsed)}`}`;
}
var imageText = (image) => isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image;
var padHost = (host, hosts) => host.padEnd(Math.max(0, ...hosts.map(({ length }) => length)));
function downtimeLines(hosts) {
  return hosts.flatMap(
    ({ host, downtime }) => downtime === void 0 ? [] : [`${host}  ${downtimeText(downtime)}`]
  );
}
function hostLines(hosts) {
  if (hosts.length < 2) return [];
  const names = hosts.map(({ host }) => host);
  return hosts.map(({ host, was = "nothing", is = "nothing", why, unknown }) => {
    const now = unknown ? "UNKNOWN" : is;
    return `${padHost(host, names)}  before: ${was}, now: ${now}  ${oneLine(why)}`;
  });
}
function evidenceLines(evidence) {
  const { host, container, lastLines } = evidence;
  return [
    `${host}  ${container} (${evidenceStateText(evidence)}), last lines:`,
    ...quoteOutput(lastLines.length === 0 ? ["(no output)"] : lastLines)
  ];
}

// src/report/removal-report.ts
function removalReport(project, hosts, removals, failures, dryRun) {
  const reports = hosts.map((host) => {
    const removal = removals.find((each) => each.host === host);
    if (removal !== void 0) return hostReport(removal, dryRun);
    const failure = failures.find((each) => each.host === host);
    const why = messageWithoutHost(host, failure?.error);
    return { host, was: void 0, is: void 0, unknown: true, why };
  });
  const steps = removals.flatMap((removal) => stepReportsOf(removal, dryRun));
  const incomplete = hosts.filter(
    (host) => !removals.some((each) => each.host === host && each.error === void 0)
  );
  const base = { hosts: reports, steps };
  if (incomplete.length > 0) {
    const complete = hosts.filter((host) => !incomplete.includes(host));
    return { ...base, result: "failed", state: incompleteText(project, complete, incomplete, dryRun) };
  }
  if (steps.length === 0)
    return { ...base, result: "unchanged", state: `Nothing to remove: ${project} is not there.` };
  return dryRun ? { ...base, result: "planned", state: NOTHING_CHANGED_TEXT } : { ...base, result: "removed", state: `${project} was removed.` };
}
function incompleteText(project, complete, incomplete, dryRun) {
  if (dryRun) return NOTHING_CHANGED_TEXT;
  const removed = complete.length === 0 ? "" : `${project} is gone from ${joinWithAnd(complete)}. `;
  return `${removed}All or a part of it may still be on ${joinWithAnd(incomplete)}: when the cause is gone, run this again.`;
}
function hostReport({ host, live, planned, steps, error: error2, keptVolumes: keptVolumes2 }, dryRun) {
  const before = { host, was: live, is: live };
  if (error2 !== void 0) {
    const why = messageWithoutHost(host, error2);
    return steps.length === 0 ? { ...before, why } : { ...before, is: void 0, unknown: true, why };
  }
  const after = keptVolumes2.length === 0 ? before : { ...before, keptVolumes: keptVolumes2 };
  if (planned.length === 0) return { ...after, why: "nothing to remove" };
  return dryRun ? { ...after, why: "would be removed" } : { ...after, is: void 0, why: "removed" };
}
function stepReportsOf({ host, planned, steps, error: error2 }, dryRun) {
  const common = { host, stage: "remove", undo: false };
  if (dryRun) {
    const notRun = { startMs: void 0, durationMs: void 0, ok: void 0, note: void 0 };
    return planned.map((action) => ({ ...common, ...notRun, text: removalText(action) }));
  }
  return steps.map(({ action, at, took, ok, note }) => ({
    ...common,
    text: removalText(action),
    startMs: Math.round(at),
    durationMs: Math.round(took),
    ok,
    note: ok ? note : messageWithoutHost(host, error2)
  }));
}
function removalStepLine(host, { action, took, ok, note }, error2, hosts) {
  const result = ok ? note : messageWithoutHost(host, error2);
  return `${ok ? "✓" : "✗"} ${padHost(host, hosts)}  ${removalText(action)}  ${formatDuration(took)}${result === void 0 ? "" : `  ${oneLine(result)}`}`;
}
function removalPlanLines(removals) {
  const hosts = removals.map(({ host }) => host);
  return removals.flatMap(
    ({ host, planned }) => (planned.length === 0 ? ["nothing to remove"] : planned.map(removalText)).map(
      (text) => `  ${padHost(host, hosts)}  ${text}`
    )
  );
}
function keptVolumesLines(hosts) {
  return hosts.flatMap(
    ({ host, keptVolumes: keptVolumes2 = [], removeVolumesBy }) => keptVolumes2.length === 0 ? [] : [
      `${host}  volumes that stay, with all data: ${joinWithAnd(keptVolumes2)}`,
      removeVolumesBy === void 0 ? `  To remove them, run this on the host: ${removeCommand(keptVolumes2)}` : `  To remove them: ${removeVolumesBy}`
    ]
  );
}
function keptVolumesDetails(hosts) {
  const keeping = hosts.filter(({ keptVolumes: keptVolumes2 = [] }) => keptVolumes2.length > 0);
  if (keeping.length === 0) return "";
  const lines = keeping.flatMap(({ host, keptVolumes: keptVolumes2 = [], removeVolumesBy }) => [
    `# ${host}`,
    removeVolumesBy ?? removeCommand(keptVolumes2)
  ]);
  return detailsBlock(
    "Volumes that stay, with all data",
    `These commands remove them. Or use \`remove-volumes: true\` next time.

${codeBlock(lines, "sh")}`
  );
}
var removeCommand = (volumes) => `docker volume rm ${volumes.join(" ")}`;

// src/report/removal-summary.ts
function removalParts(report) {
  const { result, approval, steps, hosts } = report;
  const isPlan = result === "planned";
  return [
    ...failureParts(report, removalTitle(report)),
    overviewPart([
      ...isPlan ? ["**dry run: nothing was changed**"] : [],
      ...approvalWords(approval),
      ...runTexts(report)
    ]),
    { name: "the hosts", importance: 80, markdown: hostsTable(report) },
    { name: "the plan", importance: 85, markdown: isPlan ? planMarkdown(steps) : "" },
    { name: "the timeline", importance: 50, markdown: ganttChart(report) },
    { name: "the approval", importance: 75, markdown: foldedIf(report, approvalList(report)) },
    { name: "the kept volumes", importance: 73, markdown: keptVolumesDetails(hosts) },
    { name: "the time of each stage", importance: 40, markdown: stageTimesDetails(report) },
    { name: "the steps", importance: 20, markdown: allStepsDetails(report) }
  ];
}
function removalTitle(report) {
  const what = destinationText(report);
  const titles = {
    planned: `📝${what}: plan of its removal`,
    unchanged: `✅${what}: nothing to remove`,
    removed: `🗑️${what} removed`,
    failed: void 0
  };
  return titles[report.result];
}

// src/report/status-table.ts
var COLUMNS = ["Release", "Commit", "Since (UTC)", "By", "Approval", "Condition"];
function statusMarkdown(hosts) {
  const rows = hosts.map(({ host, kept = [], why }) => {
    const live = kept.find((release) => release.live);
    const cells = live === void 0 ? ["–", "", "", "", "", markdownText(why)] : markdownCells(live);
    return [codeSpan(host), ...cells];
  });
  const others = hosts.flatMap(({ host, kept = [] }) => {
    const stopped = kept.filter((release) => !release.live).map(markdownCells);
    if (stopped.length === 0) return [];
    return [
      detailsBlock(
        `Kept on <code>${htmlText(host)}</code> (${stopped.length})`,
        markdownTable(COLUMNS, stopped)
      )
    ];
  });
  return [markdownTable(["Host", ...COLUMNS], rows), ...others];
}
function statusLines(hosts) {
  return hosts.flatMap(({ host, why, kept = [] }) => {
    const rows = [["", ...COLUMNS], ...kept.map(logCells)];
    return [`${host}: ${why}`, ...kept.length === 0 ? [] : alignedTable(rows)];
  });
}
function markdownCells(kept) {
  const { release, revision, acceptedAt, runUrl, actor, approval, condition, live, up } = kept;
  return [
    codeSpan(release),
    revision === void 0 ? "–" : codeSpan(revision.slice(0, 7)),
    acceptedAt === void 0 ? "never accepted" : link(markdownText(formatMinute(acceptedAt)), runUrl),
    actor === void 0 ? "–" : markdownText(actor),
    markdownText(approvalWord(approval)),
    `${live && !up ? "⚠️ " : ""}${markdownText(condition)}`
  ];
}
function logCells({
  release,
  revision,
  acceptedAt,
  actor,
  approval,
  condition,
  live
}) {
  return [
    live ? "●" : "○",
    release,
    revision?.slice(0, 7) ?? "–",
    acceptedAt === void 0 ? "never accepted" : formatMinute(acceptedAt),
    actor ?? "–",
    approvalWord(approval),
    condition
  ].map(oneLine);
}

// src/report/summary-parts.ts
var MAX_SUMMARY_BYTES = 9e5;
var NOTE_BYTES = 2e3;
var SEPARATOR = "\n\n";
function joinSummaryParts(parts, limit = MAX_SUMMARY_BYTES) {
  const filled = parts.filter(({ markdown }) => markdown !== "");
  const bytesOf = ({ markdown }) => Buffer.byteLength(markdown) + SEPARATOR.length;
  let left = limit - NOTE_BYTES;
  const kept = /* @__PURE__ */ new Set();
  for (const part of filled.toSorted((one, other) => other.importance - one.importance)) {
    if (bytesOf(part) > left) continue;
    kept.add(part);
    left -= bytesOf(part);
  }
  const shown = filled.filter((part) => kept.has(part)).map(({ markdown }) => markdown);
  const note = leftOutNote(filled.filter((part) => !kept.has(part)));
  return `${[...shown, ...note].join(SEPARATOR)}
`;
}
function leftOutNote(parts) {
  if (parts.length === 0) return [];
  const counts = Map.groupBy(parts, ({ name }) => name);
  const names = [...counts].map(([name, { length }]) => length === 1 ? name : `${name} (${length} times)`);
  return [`> ℹ️ Left out, because a summary can't be longer: ${joinWithAnd(names)}. The log has it.`];
}

// src/report/unlock-summary.ts
function unlockParts(report) {
  const { result, approval } = report;
  return [
    ...failureParts(report, unlockTitle(report)),
    overviewPart([
      ...result === "planned" ? ["**dry run: nothing was changed**"] : [],
      ...approvalWords(approval),
      ...runTexts(report)
    ]),
    { name: "the locks", importance: 85, markdown: report.locks.map(lockItem).join("\n") },
    { name: "the approval", importance: 75, markdown: foldedIf(report, approvalList(report)) }
  ];
}
function unlockTitle(report) {
  const what = destinationText(report);
  const titles = {
    planned: `📝${what}: locked`,
    unchanged: `✅${what}: not locked`,
    unlocked: `🔓${what} unlocked`,
    failed: void 0
  };
  return titles[report.result];
}
var lockLine = ({ host, actor, runUrl, since, expired }) => oneLine(
  `${host}: locked by a run${actor === void 0 ? "" : ` of ${actor}`} since ${since}${expired ? ", expired" : ""}${runUrl === void 0 ? "" : ` (${runUrl})`}`
);
function lockItem({ host, actor, runUrl, since, expired }) {
  const run = runUrl === void 0 ? "a run" : link("a run", runUrl);
  const whose = actor === void 0 ? "" : ` of ${markdownText(actor)}`;
  return `- ${codeSpan(host)}: locked by ${run}${whose} since ${markdownText(since)}${expired ? ", expired" : ""}`;
}

// src/report/summary.ts
var jobSummary = (report) => joinSummaryParts(partsOf(report));
function partsOf(report) {
  switch (report.command) {
    case "deliver":
    case "deploy":
    case "import":
    case "rollback":
      return deploymentParts(report);
    case "build":
      return buildParts(report);
    case "status":
      return statusParts(report);
    case "remove":
      return removalParts(report);
    case "unlock":
      return unlockParts(report);
    case "logs":
      return logsParts(report);
    case "export":
      return exportParts(report);
    case "gate":
      return gateParts(report);
  }
}
function buildParts(report) {
  const title = report.result === "built" ? `📦${destinationText(report)} built` : void 0;
  const commit = commitLink(report);
  return [
    ...failureParts(report, title),
    overviewPart([...commit === "" ? [] : [`commit ${commit}`], ...runTexts(report)]),
    { name: "the images", importance: 75, markdown: foldedIf(report, buildDetails(report)) }
  ];
}
function statusParts(report) {
  if (report.result === "failed") return [...failureParts(report), overviewPart(runTexts(report))];
  const what = destinationText(report);
  const title = report.error === void 0 ? `🔎${what}` : `❌${what}: not every host could be reached`;
  const [table = "", ...kept] = statusMarkdown(report.hosts);
  return [
    ...failureParts(report, title),
    { name: "the status", importance: 85, markdown: table },
    { name: "the history", importance: 70, markdown: historyMarkdown(report.history, report.hosts.length) },
    ...kept.map((markdown) => ({ name: "the kept releases of a host", importance: 60, markdown })),
    { name: "the images", importance: 75, markdown: foldedIf(report, imageList(report)) }
  ];
}
function logsParts(report) {
  const title = report.result === "printed" ? `📜${destinationText(report)}: logs` : void 0;
  const items = report.printed.map(
    ({ host, release }) => `- ${codeSpan(host)}: release ${codeSpan(release)}`
  );
  return [
    ...failureParts(report, title),
    overviewPart(runTexts(report)),
    { name: "the releases", importance: 85, markdown: items.join("\n") }
  ];
}
function gateParts(report) {
  const { result, environment, approval } = report;
  const waits = approval?.kind === "awaited" ? "waits" : "does not wait";
  const name = environment === void 0 ? "environment" : markdownText(environment);
  const title = result === "checked" ? `🚦 ${name}: a deploy ${waits} for an approval` : void 0;
  return [
    ...failureParts(report, title),
    overviewPart([...approvalWords(approval), ...runTexts(report)]),
    { name: "the approval", importance: 75, markdown: foldedIf(report, approvalList(report)) }
  ];
}

// src/report/workflow-reporter.ts
var workflowReporter = {
  info: (line) => info(escapeWorkflowCommands(line)),
  notice: (line) => notice(line),
  warning: (line) => warning(line),
  debug: (line) => debug(line),
  closesGroups: true,
  startGroup: (title) => startGroup(title),
  endGroup: () => endGroup(),
  error: ({ message, ...properties }) => error(message, properties),
  mask: (secret) => setSecret(secret),
  saveState: (name, value) => saveState(name, value),
  async publish(report) {
    for (const [name, value] of Object.entries(outputsOf(report))) setOutput(name, value);
    if (process.env["GITHUB_STEP_SUMMARY"] !== void 0)
      await summary.addRaw(jobSummary(report)).write();
  }
};

// src/report/console.ts
var reporter = workflowReporter;
function reportTo(other) {
  reporter = other;
}
var currentReporter = () => reporter;
var consoleLog = {
  info: (line) => reporter.info(line),
  notice: (line) => reporter.notice(line),
  warning: (line) => reporter.warning(line),
  debug: (line) => reporter.debug(line)
};
function annotateFailure(annotation) {
  reporter.error(annotation);
  process.exitCode ??= 1;
}
function openGroup(title) {
  reporter.startGroup(title);
  return { [Symbol.dispose]: () => reporter.endGroup() };
}
async function group(title, task) {
  var _stack = [];
  try {
    const _group = __using(_stack, openGroup(title));
    return await task();
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}
function logCollapsed(title, lines) {
  var _stack = [];
  try {
    const _group = __using(_stack, openGroup(title));
    for (const line of lines) consoleLog.info(line);
  } catch (_) {
    var _error = _, _hasError = true;
  } finally {
    __callDispose(_stack, _error, _hasError);
  }
}

// src/release/compose/insert-images.ts
function withImages(split, images) {
  const services = mapValues(split.services, ({ imageKey, ...service }, name) => ({
    ...service,
    image: imageForService(split.services, images, name, imageKey)
  }));
  const replace = placeholderReplacer(split, images);
  const insert = (section = {}) => mapValues(section, (each) => asObject(mapStrings(each, replace)));
  const insertAll = ({ services: section, networks, volumes, secrets, configs }) => ({
    services: insert(section),
    networks: insert(networks),
    volumes: insert(volumes),
    secrets: insert(secrets),
    configs: insert(configs)
  });
  const compose = insertAll(split.compose);
  return {
    services,
    base: insertAll(split.base),
    files: split.files.map(
      (file) => "content" in file.from ? { ...file, from: { content: replace(file.from.content) } } : file
    ),
    compose: {
      ...compose,
      services: mapValues(compose.services, (service, name) => ({
        ...service,
        image: services[name]?.image
      }))
    }
  };
}
function imagesOfServices(services, images) {
  return mapValues(services, ({ imageKey }, name) => imageForService(services, images, name, imageKey));
}
function placeholderReplacer({ placeholder, services }, images) {
  const [name] = Object.keys(services).filter((each) => services[each]?.imageKey === "");
  const main = name === void 0 ? images.get("") : imageForService(services, images, name, "");
  return (text) => {
    if (!text.includes(placeholder)) return text;
    if (main !== void 0) return text.replaceAll(placeholder, main);
    throw new ConfigurationError(
      "compose-file: ${IMAGE} is used, but every service has an image of its own, so it has no value. Use it as image: of a service, or remove it."
    );
  };
}
function rejectUnknownServices(split, keys) {
  const released = Object.entries(split.services);
  const known = /* @__PURE__ */ new Set([
    "",
    ...split.buildOnly ?? [],
    ...released.flatMap(([name, { imageKey }]) => [name, imageKey])
  ]);
  for (const key of keys) {
    if (known.has(key)) continue;
    const what = split.base.services[key] === void 0 ? "which the Compose file does not have" : "which is an accessory: its image is the one in the Compose file";
    throw new ConfigurationError(
      `image: the line "${key}=…" is for service ${key}, ${what}. Released services: ${released.map(([name]) => name).join(", ")}.`
    );
  }
}
function imageForService(services, images, name, key) {
  const sharers = Object.keys(services).filter((each) => services[each]?.imageKey === key);
  const only = images.size === 1 && sharers.length === Object.keys(services).length;
  const lines = sharers.map((each) => images.get(each));
  const [shared, ...others] = new Set(lines.filter((image2) => image2 !== void 0));
  const image = (key === "" ? images.get(key) : void 0) ?? images.get(name) ?? images.get(key) ?? (others.length === 0 ? shared : void 0) ?? (only ? [...images.values()][0] : void 0);
  if (image !== void 0) return image;
  const given = [...images].map(([of, each]) => of === "" ? each : `${of}=${each}`).join(", ");
  const missing = key === "" ? "repository@sha256:…" : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given === "" ? "" : `, only ${given}`}. Add a line ${missing}.`
  );
}

// src/release/compose/file-volumes.ts
var FILES_KEY = "x-sealift-files";
function fileVolume(project, files) {
  const key = `files-${fingerprintOf(JSON.stringify(files), 12)}`;
  const escaped = files.map(({ path, content, mode }) => ({
    path: escapeDollars(path),
    content: escapeDollars(content),
    mode
  }));
  return { key, spec: { name: `${project}-${key}`, [FILES_KEY]: escaped } };
}
var volumeFilesOf = (spec) => asList(asObject(spec)[FILES_KEY]).map((each) => {
  const { path, content, mode } = asObject(each);
  return {
    path: unescapeDollars(asText(path) ?? ""),
    content: unescapeDollars(asText(content) ?? ""),
    mode: asText(mode) ?? "0444"
  };
});
var withoutVolumeFiles = (spec) => {
  const { [FILES_KEY]: _, ...rest } = spec;
  return rest;
};

// src/release/compose/networks-and-volumes.ts
function externalObjects({ networks, volumes }, services) {
  const all = Object.values(services);
  const mounts = all.flatMap((service) => asList(service["volumes"]).map(asObject));
  const volumeNames = mounts.filter(({ type }) => type === "volume").map(({ source }) => asText(source) ?? "");
  const external = (section = {}, keys) => mapValues(pickKeys(section, keys), (spec, key) => ({
    name: nameOf(asObject(spec), key),
    external: true
  }));
  return {
    networks: external(
      networks,
      all.flatMap((service) => Object.keys(asObject(service["networks"])))
    ),
    volumes: external(volumes, volumeNames)
  };
}
function baseObjectsOf(base, project, labels) {
  const bodies = (kind, section = {}, bodyOf) => Object.entries(section).flatMap(([key, value]) => {
    const spec = asObject(value);
    if (spec["external"] === true) return [];
    const Labels = {
      ...engineStrings(spec["labels"]),
      "com.docker.compose.project": project,
      [`com.docker.compose.${kind}`]: key,
      ...labels,
      ...volumeFilesOf(spec).length > 0 ? { [LABEL.role]: FILES_ROLE } : {}
    };
    return [{ ...withoutUndefined(bodyOf(spec)), Name: nameOf(spec, key), Labels }];
  });
  const externalNames = (section = {}) => Object.entries(section).flatMap(
    ([key, spec]) => spec?.["external"] === true ? [nameOf(spec, key)] : []
  );
  return {
    networks: bodies("network", base.networks, networkBody),
    volumes: bodies("volume", base.volumes, ({ driver, driver_opts: options }) => ({
      Driver: asText(driver),
      DriverOpts: options && engineStrings(options)
    })),
    files: new Map(
      Object.entries(base.volumes ?? {}).flatMap(([key, spec]) => {
        const files = volumeFilesOf(spec);
        return files.length === 0 ? [] : [[nameOf(asObject(spec), key), files]];
      })
    ),
    external: { networks: externalNames(base.networks), volumes: externalNames(base.volumes) }
  };
}
var nameOf = (spec, key) => asText(spec["name"]) ?? key;
function networkBody(spec) {
  const ipam = asObject(spec["ipam"]);
  const driver = asText(ipam["driver"]);
  const pools = asList(ipam["config"]).map(asObject).map(
    (pool) => withoutUndefined({
      Subnet: pool["subnet"],
      IPRange: pool["ip_range"],
      Gateway: pool["gateway"],
      AuxiliaryAddresses: pool["aux_addresses"]
    })
  );
  return {
    Driver: asText(spec["driver"]) ?? "bridge",
    Options: spec["driver_opts"] && engineStrings(spec["driver_opts"]),
    Internal: spec["internal"],
    Attachable: spec["attachable"],
    EnableIPv4: spec["enable_ipv4"],
    EnableIPv6: spec["enable_ipv6"],
    IPAM: pools.length > 0 || driver !== void 0 ? withoutUndefined({ Driver: driver, Config: pools }) : void 0
  };
}
function engineStrings(values) {
  return isObject(values) ? mapValues(values, (value) => unescapeDollars(wordsOf(value))) : {};
}
function relativeBindDevice(spec) {
  const options = asObject(asObject(spec)["driver_opts"]);
  const device = asText(options["device"]);
  const isBind = /(^|,)r?bind(,|$)/.test(asText(options["o"]) ?? "");
  return isBind && device !== void 0 && !device.startsWith("/") ? device : void 0;
}

// src/release/compose/service.ts
function portsOf(service) {
  return asList(service["ports"]).map((each) => {
    const port = asObject(each);
    const published = port["published"];
    return {
      target: asNumber(port["target"]) ?? 0,
      published: typeof published === "number" ? String(published) : asText(published),
      address: asText(port["host_ip"]),
      protocol: asText(port["protocol"]) ?? "tcp",
      appProtocol: asText(port["app_protocol"])?.toLowerCase()
    };
  });
}
function exposedPortsOf(service) {
  return asList(service["expose"]).map((each) => /^(\d+)(?:\/tcp)?$/.exec(wordsOf(each))?.[1]).filter((port) => port !== void 0).map(Number);
}
var conditionFor = (service, other) => {
  const dependencies = asObject(service["depends_on"]);
  return Object.hasOwn(dependencies, other) ? parseCondition(asObject(dependencies[other])["condition"]) : void 0;
};
function dependenciesOf(service) {
  return new Map(
    Object.entries(asObject(service["depends_on"])).map(([name, value]) => {
      const { condition, required } = asObject(value);
      return [name, { condition: parseCondition(condition), required: required !== false }];
    })
  );
}
function parseCondition(value) {
  return value === "service_healthy" || value === "service_completed_successfully" ? value : "service_started";
}
function replicasOf(service) {
  return asNumber(service["scale"]) ?? asNumber(asObject(service["deploy"])["replicas"]) ?? 1;
}
function mountsOf(service) {
  return asList(service["volumes"]).map((each) => {
    const mount = asObject(each);
    const source = asText(mount["source"]);
    return {
      type: asText(mount["type"]) ?? "volume",
      source: source === void 0 ? void 0 : unescapeDollars(source),
      target: unescapeDollars(asText(mount["target"]) ?? ""),
      readOnly: mount["read_only"] === true
    };
  });
}
function networksOf(service) {
  return asText(service["network_mode"]) === void 0 ? asObject(service["networks"]) : void 0;
}
function aliasesOf(service) {
  return Object.values(networksOf(service) ?? {}).flatMap(
    (network) => asStrings(asObject(network)["aliases"])
  );
}
function linksOf(service) {
  return asStrings(service["links"]).map((link2) => {
    const [name = "", alias = name] = link2.split(":");
    return { service: name, alias };
  });
}
function referencedService(value) {
  return /^service:(.+)$/.exec(asText(value) ?? "")?.[1];
}
function updateOrder(service) {
  return asText(asObject(asObject(service["deploy"])["update_config"])["order"]);
}
function fileObjectName(use) {
  return typeof use === "string" ? use : asText(asObject(use)["source"]) ?? "";
}

// src/release/compose/inline-contents.ts
const { posix } = require("node:path");
var MAX_VARIABLES_BYTES = 1024 * 1024;
function inlineContents(config, contents, problems) {
  const values = /* @__PURE__ */ new Map();
  const each = (kind, all) => mapValues(all ?? {}, (spec, name) => {
    if (spec["external"] === true) {
      problems.add(
        `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, and Sealift passes the content.`
      );
    }
    const content = contents.get(`${kind}:${name}`);
    if (content === void 0) return { content: asText(spec["content"]) ?? "" };
    const reason = whyNotTransferable(content);
    if (reason !== void 0) problems.add(`compose-file: ${kind} ${name} ${reason}`);
    const variable = freeVariableName(contentVariable(kind, name), values);
    values.set(variable, content);
    return { environment: variable };
  });
  const inlined = { secrets: each("secret", config.secrets), configs: each("config", config.configs) };
  const total = [...values.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > MAX_VARIABLES_BYTES) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, but the limit is 1024 KiB. Copy large files into the image.`
    );
  }
  return { ...inlined, values };
}
function whyNotTransferable(content) {
  if (content.includes("\0") || content.includes("�"))
    return "is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.";
  const bytes = Buffer.byteLength(content);
  return bytes > MAX_VARIABLE_BYTES ? `has ${Math.ceil(bytes / 1024)} KiB, but the limit is 127 KiB. Copy it into the image.` : void 0;
}
var contentVariable = (kind, name) => `SEALIFT_${kind}_${name}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
var isSecretVariable = (variable) => variable.startsWith(contentVariable("secret", ""));
function freeVariableName(name, taken) {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}
function usedFileObjects({ secrets = {}, configs = {} }, services) {
  const used = (key) => Object.values(services).flatMap((service) => asList(service[key]).map(fileObjectName));
  return { secrets: pickKeys(secrets, used("secrets")), configs: pickKeys(configs, used("configs")) };
}
function rejectReadOnlyAccessory(name, service, problems) {
  const used = [...asList(service["secrets"]), ...asList(service["configs"])].map(fileObjectName);
  if (service["read_only"] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(", ")} into such a container. Remove read_only there, or pass the values by environment:.`,
    "services",
    name,
    "read_only"
  );
}
function readOnlyFiles(name, service, inlined, problems) {
  if (service["read_only"] !== true) return [];
  const files = [
    ...asList(service["secrets"]).map((use) => inlineFileOf(name, use, "/run/secrets/", inlined.secrets)),
    ...asList(service["configs"]).map((use) => inlineFileOf(name, use, "/", inlined.configs))
  ];
  for (const { folder, name: file } of files) {
    if (folder !== "/") continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file} a target in a folder of its own: target: /etc/${name}/${file}.`,
      "services",
      name,
      "read_only"
    );
  }
  return files;
}
function inlineFileOf(service, use, folder, specs) {
  const source = fileObjectName(use);
  const options = asObject(use);
  const target = posix.resolve(folder, unescapeDollars(asText(options["target"]) ?? source));
  const spec = asObject(specs[source]);
  const variable = asText(spec["environment"]);
  return {
    service,
    folder: posix.dirname(target),
    name: posix.basename(target),
    uid: asNumber(options["uid"]) ?? 0,
    gid: asNumber(options["gid"]) ?? 0,
    mode: Number.parseInt(asText(options["mode"]) ?? "0444", 8),
    from: variable === void 0 ? { content: asText(spec["content"]) ?? "" } : { variable }
  };
}
function withFileVolumes(service, files) {
  if (files.length === 0) return service;
  const folders = new Set(files.map(({ folder }) => folder));
  for (const { target } of mountsOf(service)) folders.delete(target);
  const volumes = [...folders].map((target) => ({ type: "volume", target, volume: {} }));
  return {
    ...withoutKeys(service, "secrets", "configs"),
    volumes: [...asList(service["volumes"]), ...volumes]
  };
}

// src/release/definition-fingerprints.ts
function definitionFingerprints(base, confidential) {
  return mapValues(base.services, (service) => {
    const files = usedFileObjects(base, { service });
    const contents = contentVariables(files).map((name) => confidential.get(name));
    return fingerprintOf(canonicalJson([service, files, contents]), 12);
  });
}
function confidentialVariables(base, names) {
  return names.flatMap(
    (name) => contentVariables(usedFileObjects(base, { service: asObject(base.services[name]) }))
  );
}
function contentVariables({ secrets, configs }) {
  return [...Object.values(secrets), ...Object.values(configs)].map((spec) => asText(spec["environment"])).filter((name) => name !== void 0);
}

// src/model/identifiers.ts
var RELEASE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
function isReleaseId(text) {
  return RELEASE_ID.test(text);
}
function parseReleaseId(text) {
  if (isReleaseId(text)) return text;
  throw new Error(`"${text}" can't be the id of a release.`);
}
function hostName(url) {
  return url;
}

// src/release/release-id.ts
var releaseIdOf = (content) => parseReleaseId(fingerprintOf(canonicalJson(content), 8));

// src/release/make-release.ts
function makeRelease(split, images, health, origin, force = false) {
  const { files, ...rendered } = withImages(split, images);
  const { app, environment, routes, recreateReason, conditions, lateAccessories } = split;
  const { accessoryRounds, accessoryEndings, adopted } = split;
  const content = {
    ...{ app, environment, routes, recreateReason, conditions, lateAccessories },
    ...accessoryRounds.length > 0 ? { accessoryRounds } : {},
    ...Object.keys(accessoryEndings).length > 0 ? { accessoryEndings } : {},
    ...adopted === void 0 ? {} : { adopted },
    ...rendered,
    ...files.length > 0 ? { files } : {}
  };
  const plain = releaseIdOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionFingerprints(rendered.base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin
  };
  if (!force) return { id: plain, ...release };
  return { id: releaseIdOf({ plain, at: origin.createdAt }), ...release, contentId: plain };
}
var SLOT_NETWORK_KEY = "sealift-slot";
function renderRelease(release, slot) {
  const network = needsSlotNetwork(release) ? slotNetwork(release, slot) : void 0;
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = asText(service["restart"]);
      const labels = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? "worker",
        // Stopped containers that are kept lose their policy, and get it back when they start.
        ...restart === void 0 ? {} : { [LABEL.restart]: restart }
      };
      return { ...withLabels(service, labels), ...networksInSlot(release, service, name, network) };
    }),
    networks: {
      ...release.compose.networks,
      ...network === void 0 ? {} : { [SLOT_NETWORK_KEY]: { name: network, external: true } }
    }
  };
}
function needsSlotNetwork({
  routes,
  services,
  compose
}) {
  const replicas = Object.entries(compose.services).map(
    ([name, service]) => networksOf(service) === void 0 ? 0 : services[name]?.replicas ?? 1
  );
  return routes.length > 0 || replicas.reduce((sum, each) => sum + each, 0) > 1;
}
function renderBase(release) {
  const labels = labelsOf(release);
  const owned = (all) => mapValues(
    all ?? {},
    (spec) => asObject(spec)["external"] === true ? asObject(spec) : withLabels(asObject(spec), labels)
  );
  return {
    ...release.base,
    services: mapValues(release.base.services, (service, name) => {
      const definition = release.definitions?.[name];
      return withLabels(withoutKeys(service, "pull_policy"), {
        ...labels,
        ...definition === void 0 ? {} : { [LABEL.definition]: definition }
      });
    }),
    networks: owned(release.base.networks),
    volumes: {
      ...mapValues(owned(release.base.volumes), withoutVolumeFiles),
      // Compose warns of a volume of another project, unless it is external.
      ...mapValues(release.adopted ?? {}, (name) => ({ name, external: true }))
    }
  };
}
function baseObjects(release) {
  return baseObjectsOf(release.base, baseProject(release), labelsOf(release));
}
function withLabels(spec, labels) {
  return { ...spec, labels: { ...asObject(spec["labels"]), ...labels } };
}
function networksInSlot(release, service, name, network) {
  const networks = networksOf(service);
  if (networks === void 0 || network === void 0) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isNameOfOther(release, name, alias));
  const priorities = Object.values(networks).map((own) => asNumber(asObject(own)["priority"]) ?? 0);
  const comesLater = networkNames(release, service).some((own) => own < network);
  return {
    networks: {
      ...networks,
      [SLOT_NETWORK_KEY]: {
        ...aliases.length > 0 ? { aliases } : {},
        // A container needs its network of highest priority to start. This network is exchanged when a release moves to the
        // other slot, so it gets the lowest.
        priority: Math.min(0, ...priorities) - 1,
        // Docker looks a name up in the networks in the order of their priority, then of their names.
        ...comesLater ? { gw_priority: 1 } : {}
      }
    }
  };
}
var networkNames = ({ compose }, service) => Object.keys(networksOf(service) ?? {}).map(
  (key) => asText(asObject(compose.networks?.[key])["name"]) ?? key
);
var networksBeforeSlots = (release) => [
  ...new Set(
    Object.values(release.compose.services).flatMap((service) => networkNames(release, service)).filter((name) => SLOTS.some((slot) => name < slotNetwork(release, slot)))
  )
];
function isNameOfOther(release, name, alias) {
  return Object.entries(release.compose.services).some(
    ([other, service]) => other !== name && (other === alias || aliasesOf(service).includes(alias))
  );
}
function filesToWrite(release, confidential, services) {
  const all = /* @__PURE__ */ new Map();
  for (const { service, folder, name, from, ...owner } of release.files ?? []) {
    if (!services.includes(service)) continue;
    const content = "variable" in from ? confidential.get(from.variable) ?? "" : unescapeDollars(from.content);
    const folders = all.get(service) ?? /* @__PURE__ */ new Map();
    const files = folders.get(folder) ?? /* @__PURE__ */ new Map();
    all.set(service, folders.set(folder, files.set(name, { ...owner, content })));
  }
  return all;
}

// src/tools/compose-plugin.ts
const { randomUUID } = require("node:crypto");
const { join: join2 } = require("node:path");

// src/run/compose-program.ts
const { access, constants, open, readFile } = require("node:fs/promises");
const { homedir } = require("node:os");
const { delimiter, join } = require("node:path");
var SYSTEM_FOLDERS = [
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins"
];
async function findComposeProgram(environment, systemFolders = SYSTEM_FOLDERS) {
  if (!await isDockerItself(environment)) return void 0;
  const { DOCKER_CONFIG: named, HOME: home } = environment;
  const own = named || join(home || homedir(), ".docker");
  for (const folder of [...await extraFolders(own), join(own, "cli-plugins"), ...systemFolders]) {
    const program = join(folder, "docker-compose");
    if (await isExecutable(program)) return program;
  }
  return void 0;
}
async function runComposeProgram({ run }, args, options) {
  const program = await findComposeProgram(options.env);
  if (program === void 0) return await run("docker", ["compose", ...args], options);
  return await run(program, args, { ...options, shownAs: "docker compose" });
}
async function extraFolders(folder) {
  const json = await readFile(join(folder, "config.json"), "utf8").catch(() => "{}");
  try {
    return asStrings(asObject(JSON.parse(json))["cliPluginsExtraDirs"]);
  } catch {
    return [];
  }
}
var isExecutable = (path) => access(path, constants.X_OK).then(
  () => true,
  () => false
);
async function isDockerItself({ PATH = "" }) {
  for (const folder of PATH.split(delimiter).filter(Boolean)) {
    const path = join(folder, "docker");
    if (await isExecutable(path)) return await firstBytes(path) !== "#!";
  }
  return false;
}
async function firstBytes(path) {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead).toString("latin1");
  } finally {
    await file.close();
  }
}

// src/release/compose/compose-cli.ts
var OLDEST_COMPOSE = "2.35";
var UNSET_WARNING = /The \\?"([^"\\]+)\\?" variable is not set/g;
var INSTALL_ADVICE = "Install the Compose plugin (package docker-compose-plugin; GitHub-hosted runners have it).";
var composeMissing = () => `docker compose is not installed on ${thisRunner()}`;
var composeTooOld = () => `docker compose on ${thisRunner()} is too old; Sealift needs ${OLDEST_COMPOSE} or later`;
var ComposeUnavailableError = class extends ConfigurationError {
  /** One of the two sentences, without its full stop. */
  shortcoming;
  constructor(shortcoming, evidence) {
    super(`compose-file: ${shortcoming}. ${INSTALL_ADVICE}`, { evidence });
    this.shortcoming = shortcoming;
  }
};
function isOldCompose(version) {
  const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
  const [major = Number.NaN, minor = 0] = numbers(version);
  const [oldestMajor = 0, oldestMinor = 0] = numbers(OLDEST_COMPOSE);
  return major < oldestMajor || major === oldestMajor && minor < oldestMinor;
}
async function runComposeConfig(cli, flags = []) {
  const { step: step2, cwd, env, options, stdin } = cli;
  return await runComposeProgram(step2, [...options, "config", "--format", "json", ...flags], {
    ...{ cwd, env, stdin }
  });
}
function parseComposeConfig(json) {
  const data = asObject(JSON.parse(json));
  if (isTooDeep(data))
    throw new ConfigurationError(
      `compose-file: lists and mappings are nested in more than ${MAX_LEVELS} levels. Write it flatter.`
    );
  const objects = (key) => mapValues(asObject(data[key]), asObject);
  return {
    services: objects("services"),
    networks: objects("networks"),
    volumes: objects("volumes"),
    secrets: objects("secrets"),
    configs: objects("configs")
  };
}
var KNOWN_SINCE_OLDEST = "--no-env-resolution=false";
async function resolveToJson(cli) {
  const { stdout, stderr } = await runComposeConfig(cli, [KNOWN_SINCE_OLDEST]).catch((error2) => {
    throw explainComposeError(error2, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET_WARNING)].map((match) => match[1] ?? ""));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}
function unsetVariablesProblem(names) {
  const list = names.map((name) => `\${${name}}`).join(", ");
  const [verb, pronoun] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  return `compose-file: ${list} ${verb} used but not set. Give ${pronoun} in the input "${inputRef("env")}" (${names[0]}=…) or in .env, or a default in the file: \${${names[0]}:-…}. A dollar sign that is meant for the container is written $$.`;
}
function explainComposeError(error2, folder) {
  if (!(error2 instanceof CommandError)) return error2;
  const { evidence } = error2;
  const output = error2.stderr.split("\n").filter((line) => line.trim() !== "" && !/^time=.*level=(warning|info|debug)/.test(line)).join("\n").trim();
  const isMissing = /unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/;
  if (isMissing.test(output)) return new ComposeUnavailableError(composeMissing(), evidence);
  if (isComposeTooOld(error2)) return new ComposeUnavailableError(composeTooOld(), evidence);
  const [required, name, reason] = /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(output) ?? [];
  if (required !== void 0) {
    const why = reason === void 0 ? "" : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why}. Give it in the input "${inputRef("env")}": ${name}=…`
    );
  }
  const [, envFile] = /^env file (.+) not found: stat /m.exec(output) ?? [];
  if (envFile !== void 0) {
    return new ConfigurationError(
      `compose-file: the env file ${envFile.replace(`${folder}/`, "")} is not in the checkout. Write it${byPlace(" in a step before this one, for example from a secret", "")}; or name its variables under environment: and give them in the input "${inputRef("env")}"; or, if it may be missing, write it as path: with required: false.`
    );
  }
  return new ConfigurationError(`compose-file: ${(output || error2.message).replaceAll(`${folder}/`, "")}`);
}
function isComposeTooOld(error2) {
  return error2 instanceof CommandError && /unknown flag: --(no-|format)/.test(error2.stderr);
}

// src/run/program-errors.ts
function programMissingError(program, cause, cwd) {
  const where = cwd === void 0 ? "" : ` (or the folder ${cwd} does not exist)`;
  return new ConfigurationError(
    `${program} was not found on ${thisRunner()}${where}. Install it${byPlace(" in an earlier step", "")}.`,
    { cause }
  );
}

// src/run/short-program.ts
async function runShortProgram(program, args, env = programEnvironment()) {
  const options = { env: { ...env }, silent: true, ignoreReturnCode: true };
  const result = await getExecOutput(program, [...args], options).catch((error2) => {
    if (!/^Unable to locate executable file/.test(messageOf(error2))) throw error2;
    throw programMissingError(program, error2);
  });
  if (result.exitCode !== 0) {
    throw new CommandError([program, ...args].join(" "), exitCodeOf(result), result.stderr);
  }
  return result;
}
function exitCodeOf({ exitCode }) {
  return exitCode ?? void 0;
}

// src/tools/docker-compose.ts
var RELEASE = "https://github.com/docker/compose/releases/download/v2.40.3";
var DOCKER_COMPOSE = {
  name: "docker-compose",
  title: "Docker Compose",
  version: "2.40.3",
  files: {
    "linux-x64": {
      url: `${RELEASE}/docker-compose-linux-x86_64`,
      sha256: "dba9d98e1ba5bfe11d88c99b9bd32fc4a0624a30fafe68eea34d61a3e42fd372"
    },
    "linux-arm64": {
      url: `${RELEASE}/docker-compose-linux-aarch64`,
      sha256: "d26373b19e89160546d15407516cc59f453030d9bc5b43ba7faf16f7b4980137"
    }
  },
  advice: INSTALL_ADVICE
};

// src/tools/compose-plugin.ts
async function findComposeShortcoming(environment) {
  try {
    const { stdout } = await runShortProgram("docker", ["compose", "version", "--short"], environment);
    return isOldCompose(stdout.trim()) ? composeTooOld() : void 0;
  } catch (error2) {
    if (error2 instanceof CommandError) return composeMissing();
    throw error2;
  }
}
async function bringCompose(shortcoming, step2, signal) {
  if (shortcoming === void 0) return void 0;
  step2.log.info(
    `${shortcoming}. ${byPlace("This step", "This command")} uses ${DOCKER_COMPOSE.title} ${DOCKER_COMPOSE.version} instead.`
  );
  const { fetchTool } = await import("./fetch-tool-2FQKNLIB.js");
  return await fetchTool(DOCKER_COMPOSE, step2, signal);
}
async function withComposePlugin(environment, plugin, step2) {
  if (plugin === void 0) return environment;
  return await linkComposePlugin(await makeDockerConfig(newFolder(step2), [], environment), plugin);
}
async function hostEnvironment(environment, plugin, step2) {
  return await linkComposePlugin(await makeHostDockerConfig(newFolder(step2), environment), plugin);
}
async function linkComposePlugin(config, plugin) {
  if (plugin !== void 0) await linkPlugin(config, "docker-compose", plugin);
  return config.environment;
}
var newFolder = ({ folder }) => join2(folder, `docker-${randomUUID().slice(0, 8)}`);

// src/run/github-variables.ts
function githubVariables(environment = process.env) {
  const read = (name) => environment[`GITHUB_${name}`] || void 0;
  return {
    /** Who started this run. For a run that was started again, GITHUB_ACTOR is still the first person. */
    actor: read("TRIGGERING_ACTOR") ?? read("ACTOR"),
    /** Of GitHub Enterprise Server: `https://github.example.com/api/v3`. */
    apiUrl: read("API_URL") ?? "https://api.github.com",
    /** `owner/name` of the action that runs. */
    actionRepository: read("ACTION_REPOSITORY"),
    event: read("EVENT_NAME"),
    eventPath: read("EVENT_PATH"),
    /** Key of the job in its workflow. */
    job: read("JOB"),
    ref: read("REF"),
    /** `owner/name`. */
    repository: read("REPOSITORY"),
    /** From 1; a run that was started again has a higher one. */
    runAttempt: read("RUN_ATTEMPT"),
    runId: read("RUN_ID"),
    serverUrl: read("SERVER_URL") ?? "https://github.com",
    sha: read("SHA"),
    /** `octo/shop/.github/workflows/deliver.yml@refs/heads/main`. */
    workflowRef: read("WORKFLOW_REF"),
    workspace: read("WORKSPACE")
  };
}
var isGitHubDotCom = (serverUrl) => serverUrl === "https://github.com";

// src/release/compose/port-protocol.ts
var HTTP_PROTOCOLS = new Map([
  ...["http", "http1", "http/1.1", "ws", "websocket", "kubernetes.io/ws", "grpc-web"].map(
    (name) => [name, "http"]
  ),
  ...["h2c", "http2", "http/2", "kubernetes.io/h2c"].map((name) => [name, "h2c"]),
  ["grpc", "grpc"]
]);
var NON_HTTP_PORTS = /* @__PURE__ */ new Map([
  [22, "SSH"],
  [25, "SMTP"],
  [143, "IMAP"],
  [465, "SMTP"],
  [587, "SMTP"],
  [993, "IMAP"],
  [1433, "SQL Server"],
  [1521, "Oracle"],
  [1883, "MQTT"],
  [3306, "MySQL"],
  [5432, "PostgreSQL"],
  [5672, "AMQP"],
  [6379, "Redis"],
  [9042, "Cassandra"],
  [9092, "Kafka"],
  [11211, "memcached"],
  [27017, "MongoDB"]
]);
var nonHttpProtocol = (port) => NON_HTTP_PORTS.get(port);
var TLS_PROTOCOLS = /* @__PURE__ */ new Set(["https", "tls", "ssl", "wss", "kubernetes.io/wss", "h2"]);
var TLS_PORTS = /* @__PURE__ */ new Set([443, 8443]);
var portsThroughEdge = (service) => portsOf(service).filter((port) => whyNotThroughEdge(port, service) === void 0);
var httpPortsOf = (service) => portsThroughEdge(service).filter((port) => streamProtocolOf(port, service) === void 0);
var streamPortsOf = (service) => portsThroughEdge(service).filter((port) => streamProtocolOf(port, service) !== void 0);
function isTlsPort({ target, appProtocol }, service) {
  if (appProtocol !== void 0) return TLS_PROTOCOLS.has(withoutProxy(appProtocol));
  return TLS_PORTS.has(target) || portsAskedByHttps(service).has(target);
}
var OWN_HTTPS_URL = /https:\/\/(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])(?::(?<port>\d{1,5}))?(?!\d)/gi;
function portsAskedByHttps(service) {
  const { test, disable } = asObject(service["healthcheck"]);
  if (disable === true) return /* @__PURE__ */ new Set();
  return httpsPortsIn(asText(test) ?? asStrings(test).join(" "));
}
var httpsPortsIn = (command) => new Set([...command.matchAll(OWN_HTTPS_URL)].map(({ groups }) => Number(groups?.["port"] ?? 443)));
var PROXY_SUFFIX = "+proxy";
var withoutProxy = (appProtocol) => appProtocol.endsWith(PROXY_SUFFIX) ? appProtocol.slice(0, -PROXY_SUFFIX.length) : appProtocol;
var wantsProxyProtocol = ({ appProtocol }) => appProtocol?.endsWith(PROXY_SUFFIX) ?? false;
function routeProtocolOf(port, service) {
  const stream = streamProtocolOf(port, service);
  if (stream !== void 0) return stream;
  const protocol = HTTP_PROTOCOLS.get(port.appProtocol ?? "http");
  return protocol === "http" ? void 0 : protocol;
}
function streamProtocolOf(port, service) {
  if (isTlsPort(port, service)) return "tls";
  const { appProtocol, target } = port;
  const isHttp = appProtocol === void 0 ? !NON_HTTP_PORTS.has(target) : HTTP_PROTOCOLS.has(appProtocol);
  return isHttp ? void 0 : "tcp";
}
function whyNotThroughEdge(port, service) {
  const { target, protocol, published } = port;
  if (protocol !== "tcp") return `port ${target}/${protocol} is not TCP`;
  if (published?.includes("-")) return `port ${target} is published on a range (${published})`;
  return published === void 0 && streamProtocolOf(port, service) !== void 0 ? `port ${target} is published on any free port of the host` : void 0;
}
function whyStream(port, service) {
  const protocol = streamProtocolOf(port, service);
  const { target, appProtocol } = port;
  if (protocol === void 0 || appProtocol !== void 0)
    return protocol && `port ${target} has app_protocol: ${appProtocol}`;
  return protocol === "tls" ? `port ${target} speaks TLS` : `port ${target} is ${NON_HTTP_PORTS.get(target)}'s`;
}

// src/release/compose/self-published.ts
function selfPublishedPorts({ services, compose }, name) {
  const { role } = services[name] ?? {};
  const service = compose.services[name];
  if (role !== "exclusive" || service === void 0) return [];
  const ports = portsOf(service).filter(({ protocol }) => protocol === "tcp");
  return [...new Map(ports.map((port) => [port.target, port])).values()].map((port) => ({
    port: port.target,
    protocol: spokenBy(routeProtocolOf(port, service))
  }));
}
function spokenBy(protocol) {
  if (protocol === void 0) return "http";
  return protocol === "tls" ? "tls" : "tcp";
}
var publishesPortsItself = (release) => Object.keys(release.services).some((name) => selfPublishedPorts(release, name).length > 0);

// src/rollout/needed-images.ts
var imageNamesOf = (release, edgeImages) => imagesOnHost(release, edgeImages).map(({ name }) => name);
function imagesOnHost(release, { edgeImage, tcpEdgeImage }) {
  const { services, compose, base, routes } = release;
  const needsEdgeImage = routes.length > 0 || publishesPortsItself(release);
  const uses = [
    ...Object.entries(services).map(([name, { image }]) => ({
      ...{ name: image, isReleased: true },
      platform: asText(compose.services[name]?.["platform"])
    })),
    ...Object.values(base.services).flatMap(
      ({ image, platform }) => typeof image === "string" ? [{ name: image, isReleased: false, platform: asText(platform) }] : []
    ),
    ...needsEdgeImage ? [{ name: edgeImage, isReleased: false, platform: void 0 }] : [],
    ...routes.some(isTcpRoute) ? [{ name: tcpEdgeImage, isReleased: false, platform: void 0 }] : []
  ];
  const images = /* @__PURE__ */ new Map();
  for (const use of uses) {
    const known = images.get(use.name) ?? use;
    images.set(use.name, known.platform === use.platform ? known : { ...known, platform: void 0 });
  }
  return [...images.values()];
}

// src/release/compose/external-proxy.ts
var PROXY_VARIABLES = ["VIRTUAL_HOST", "VIRTUAL_HOST_MULTIPORTS"];
var TRAEFIK_LABELS = "labels of Traefik";
function externalProxyOf(service) {
  const labels = asObject(service["labels"]);
  const keys = Object.keys(labels);
  const isOff = wordsOf(labels["traefik.enable"]).toLowerCase() === "false";
  if (!isOff && keys.some((key) => key.startsWith("traefik."))) return TRAEFIK_LABELS;
  if (keys.some((key) => /^caddy(_\d+)?(\.|$)/.test(key))) return "labels of caddy-docker-proxy";
  const environment = asObject(service["environment"]);
  return PROXY_VARIABLES.find((name) => asText(environment[name]) !== void 0);
}
function routingProxyOf(service) {
  const found = externalProxyOf(service);
  const labels = Object.entries(asObject(service["labels"]));
  const routes = labels.some(
    ([key, value]) => /^traefik\.(http|tcp|udp)\.routers\./i.test(key) || /^traefik\.enable$/i.test(key) && wordsOf(value).toLowerCase() === "true"
  );
  return found === TRAEFIK_LABELS && !routes ? void 0 : found;
}
function isReachableFromOutside(project, name) {
  const service = project.service(name);
  const isOnExternalNetwork = Object.keys(networksOf(service) ?? {}).some(
    (key) => asObject(project.config.networks?.[key])["external"] === true
  );
  return isOnExternalNetwork || exposedPortsOf(service).length > 0 || portsOf(service).length > 0;
}

// src/gate/github-errors.ts
var LONGEST_RATE_LIMIT_WAIT = 6e4;
function readRefusal(error2, now = Date.now()) {
  const { status, response, message, name, cause } = asObject(error2);
  if (response === void 0 || typeof status !== "number") {
    const isLate = [name, asObject(cause)["name"]].includes("TimeoutError");
    const why = isLate ? "it took too long" : asText(message) ?? String(error2);
    return { status: void 0, message: why, rateLimitWait: void 0, cause: error2 };
  }
  const { headers, data } = asObject(response);
  return {
    status,
    message: asText(asObject(data)["message"]) ?? asText(message) ?? "no message",
    rateLimitWait: readRateLimitWait(status, asObject(headers), now),
    cause: error2
  };
}
function readRateLimitWait(status, headers, now) {
  const retryAfter = asText(headers["retry-after"]);
  const isUsedUp = headers["x-ratelimit-remaining"] === "0";
  if (status !== 429 && !(status === 403 && (retryAfter !== void 0 || isUsedUp))) return void 0;
  if (retryAfter !== void 0 && /^\d+$/.test(retryAfter)) return Number(retryAfter) * 1e3;
  const reset = asText(headers["x-ratelimit-reset"]);
  return isUsedUp && reset !== void 0 && /^\d+$/.test(reset) ? Math.max(0, Number(reset) * 1e3 - now) : LONGEST_RATE_LIMIT_WAIT;
}
function isWorthRetrying({ status, rateLimitWait }) {
  if (rateLimitWait !== void 0) return rateLimitWait <= LONGEST_RATE_LIMIT_WAIT;
  return status === void 0 || status >= 500;
}
var refusalText = ({ status, message }) => status === void 0 ? `no answer: ${message}` : `HTTP ${status}`;
var notGitHubError = (what, cause) => new SealiftError(
  `Cannot read ${what}: the answer is not one of GitHub's API. Check that GITHUB_API_URL names a GitHub, and that no proxy answers in its place.`,
  { cause }
);
function githubError(refusal, { what, permission, apiUrl }) {
  const { status, message, cause } = refusal;
  const from = status === void 0 ? ` from ${apiUrl}` : "";
  return new SealiftError(
    `Cannot read ${what}${from} (${refusalText(refusal)}). ${adviceFor(refusal, permission, apiUrl)}`,
    { cause, evidence: status === void 0 ? [] : [`GitHub: ${message}`] }
  );
}
function adviceFor({ status, rateLimitWait }, permission, apiUrl) {
  if (rateLimitWait !== void 0) {
    const wait = formatDuration(Math.max(1e3, rateLimitWait));
    return `The rate limit of GitHub's API is reached. Run ${thisJob()} again in ${wait}.`;
  }
  if (status === void 0)
    return `Check that ${thisRunner()} reaches ${apiUrl} (a proxy needs HTTPS_PROXY), and run ${thisJob()} again.`;
  if (status === 401)
    return `GitHub refuses the token. Correct "${inputRef("github-token")}"${byPlace(", or remove it: then Sealift uses the token of the job", "")}.`;
  if (status === 403)
    return byPlace(
      `Add "${permission}" to this job's permissions.`,
      `Give "${inputRef("github-token")}" a token with the permission "${permission}".`
    );
  if (status >= 500) return `GitHub has a problem. Run ${thisJob()} again.`;
  return `${apiUrl} does not answer as GitHub's API does.`;
}

// src/gate/redirects.ts
var MAX_REDIRECTS = 5;
var RedirectError = class extends Error {
  status;
  /** Where to; `undefined` if the answer does not say. */
  target;
  constructor(status, target) {
    super(`HTTP ${status}`);
    this.status = status;
    this.target = target;
  }
};
function followOnServer(fetch, baseUrl) {
  const { origin } = new URL(baseUrl);
  return async (url, options) => {
    const request = { ...options, redirect: "manual" };
    let response = await fetch(url, request);
    for (let count = 0; isRedirect(response); count += 1) {
      const location = response.headers.get("location");
      const target = location === null ? null : URL.parse(location, response.url);
      if (target?.origin !== origin || count === MAX_REDIRECTS)
        throw new RedirectError(response.status, target ?? void 0);
      response = await fetch(target.href, request);
    }
    return response;
  };
}
var isRedirect = ({ status }) => [301, 302, 303, 307, 308].includes(status);
function redirectError(error2, { what, apiUrl }) {
  const { status, target } = error2;
  const to = target === void 0 ? "elsewhere" : `to ${target.origin}${target.pathname}`;
  return new SealiftError(
    `Cannot read ${what}: ${apiUrl} redirects ${to} (HTTP ${status}). Check that GITHUB_API_URL is the address of GitHub's API itself, and that no proxy answers in its place.`,
    { cause: error2 }
  );
}

// src/gate/github-client.ts
async function connectToGitHub(connection, options) {
  const { owner, repo, token, apiUrl } = connection;
  const octokitPackage = await import("./github-AD5AQR4H.js");
  const octokit = createOctokit(octokitPackage, token, apiUrl, options);
  const repository = { owner, repo };
  return {
    getEnvironment: (environment) => ask(
      { what: "environments", permission: "actions: read", apiUrl },
      options,
      (request) => octokit.request("GET /repos/{owner}/{repo}/environments/{environment_name}", {
        ...repository,
        environment_name: environment,
        request
      })
    ),
    getCheckRun: (id) => ask(
      { what: "the check run of this job", permission: "checks: read", apiUrl },
      options,
      (request) => octokit.request("GET /repos/{owner}/{repo}/check-runs/{check_run_id}", {
        ...repository,
        check_run_id: id,
        request
      })
    ),
    getRun: (id) => ask(
      { what: "workflow runs", permission: "actions: read", apiUrl },
      options,
      (request) => octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
        ...repository,
        run_id: id,
        request
      })
    ),
    listReviews: (runId) => ask({ what: "approvals", permission: "actions: read", apiUrl }, options, async (request) => ({
      data: await octokit.paginate("GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals", {
        ...repository,
        run_id: runId,
        request
      })
    })),
    compareCommits: (base, head) => (
      // Only the status counts. The shortest page spares the list of commits.
      ask(
        { what: "commits", permission: "contents: read", apiUrl },
        options,
        (request) => octokit.request("GET /repos/{owner}/{repo}/compare/{basehead}", {
          ...repository,
          basehead: `${base}...${head}`,
          per_page: 1,
          request
        })
      )
    ),
    listAttestations: (digest) => (
      // One page: nobody attests a hundred times how an image was built.
      ask(
        { what: "attestations", permission: "attestations: read", apiUrl },
        options,
        (request) => octokit.request("GET /repos/{owner}/{repo}/attestations/{subject_digest}", {
          ...repository,
          ...{ subject_digest: digest, predicate_type: "provenance", per_page: 100, request }
        })
      )
    ),
    async createAttestation(bundle) {
      const question = { what: "attestations", permission: "attestations: write", apiUrl };
      const stored = await ask(
        question,
        options,
        (request) => octokit.request("POST /repos/{owner}/{repo}/attestations", { ...repository, bundle, request })
      );
      if (stored !== void 0) return;
      throw new SealiftError(
        `attest: GitHub stores no attestation of ${owner}/${repo} (HTTP 404). Add "attestations: write" to this job's permissions. GitHub Enterprise Server has no attestations, and GitHub.com has those of private repositories only with an Enterprise plan: set ${inputSetting("attest", "false")} there.`
      );
    },
    getIdToken: (audience) => requestIdToken(octokitPackage, audience, options)
  };
}
async function requestIdToken(octokitPackage, audience, options) {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token) return void 0;
  const address = new URL(url);
  address.searchParams.set("audience", audience);
  const octokit = createOctokit(octokitPackage, token, address.origin, options);
  const question = { what: "the OIDC token", permission: "id-token: write", apiUrl: address.origin };
  const data = await ask(question, options, (request) => octokit.request(`GET ${address.href}`, { request }));
  return asText(asObject(data)["value"]);
}
function createOctokit({ getOctokit }, token, baseUrl, { log: { debug: debug2 } }) {
  const octokit = getOctokit(token, {
    baseUrl,
    log: { debug: () => void 0, info: debug2, warn: debug2, error: debug2 }
  });
  octokit.hook.before("request", ({ request }) => {
    request.fetch = followOnServer(request.fetch, baseUrl);
  });
  return octokit;
}
async function ask(question, { log, signal, retryPolicy, requestTimeout, pause: pause2 }, send) {
  const attempt = async () => {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(requestTimeout);
    try {
      const { data } = await send({ signal: AbortSignal.any([signal, timeout]) });
      timeout.throwIfAborted();
      return data;
    } catch (error2) {
      signal.throwIfAborted();
      const { name, cause } = asObject(error2);
      if (cause instanceof RedirectError) throw redirectError(cause, question);
      if (name === "TypeError") throw notGitHubError(question.what, error2);
      const refusal = readRefusal(error2);
      if (refusal.status === 404) return void 0;
      const finalError = githubError(refusal, question);
      if (!isWorthRetrying(refusal)) throw finalError;
      throw new TransientError(finalError, {
        reason: `${refusalText(refusal)}.`,
        wait: refusal.rateLimitWait
      });
    }
  };
  return await retryTransient("A request to GitHub", attempt, { log, retryPolicy, signal, pause: pause2 });
}

// src/gate/gate-context.ts
function repositoryConnection(token) {
  const { repository, apiUrl } = githubVariables();
  const [owner, repo] = repository?.split("/") ?? [];
  return owner === void 0 || repo === void 0 || token === void 0 ? void 0 : { apiUrl: requireApiUrl(apiUrl), owner, repo, token };
}
function requireApiUrl(apiUrl) {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : void 0;
  if (url !== void 0 && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return apiUrl;
  throw new ConfigurationError(
    "GITHUB_API_URL: it is not the address of GitHub's API. GitHub's runners set it: do not change it in the workflow. Set it to https://api.github.com, or to https://HOST/api/v3 for GitHub Enterprise Server, without a user name and password."
  );
}
async function openGitHub({ approval, token }, context) {
  const { repository, runId } = githubVariables();
  const missing = repository === void 0 ? "GITHUB_REPOSITORY" : "GITHUB_RUN_ID";
  if (repository === void 0 || runId === void 0 && token === void 0) {
    if (approval !== "required") return void 0;
    throw new ConfigurationError(
      `approval: this is not a job of GitHub Actions (${missing} is not set), so no environment can have held it. Set ${inputSetting("approval", "off")}.`
    );
  }
  const connection = repositoryConnection(token);
  if (connection !== void 0) return await connectToGitHub(connection, context);
  throw new ConfigurationError(
    `github-token: missing, so Sealift can't ask GitHub for the approval. Remove the input, and Sealift uses the token of the job; or set ${inputSetting("approval", "off")}.`
  );
}
function workflowRun() {
  const { runId = "", runAttempt = "", actor } = githubVariables();
  if (/^\d+$/.test(runId) && /^[1-9]\d*$/.test(runAttempt) && actor !== void 0)
    return { id: Number(runId), attempt: Number(runAttempt), actor };
  throw new ConfigurationError(
    `approval: the runner does not say which run this is (GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT, GITHUB_ACTOR), so Sealift can't ask for its approval. Set ${inputSetting("approval", "off")}.`
  );
}

// src/gate/github.ts
var GITHUB_TIMES = {
  retryPolicy: { attempts: 4, firstWait: 1e3, longestWait: 8e3 },
  requestTimeout: 2e4,
  pause
};

export {
  programMissingError,
  runShortProgram,
  githubVariables,
  isGitHubDotCom,
  plainText,
  oneLine,
  shorten,
  shortenBetweenWords,
  briefLine,
  isReleaseId,
  parseReleaseId,
  hostName,
  MAX_SERVED_REPLICAS,
  isTcpRoute,
  checkProxyProtocol,
  parsePercent,
  parseDecimal,
  formatPercent,
  quoteOutput,
  reportJson,
  approvalText,
  NOTHING_CHANGED_TEXT,
  REMAINS_TEXT,
  NOT_BUILT_TEXT,
  UNEXPECTED_ANSWER_TEXT,
  removedHostsText,
  sentence,
  splitEvidence,
  step,
  STAGES,
  COMMITTED_STAGES,
  stageSequence,
  formatMinute,
  historyOf,
  historyLines,
  planRemoval,
  removalObstacle,
  keptVolumes,
  endingOf,
  effectiveTraffic,
  liveRelease,
  serviceNamesOf,
  workIsDone,
  hasSucceeded,
  hasDomains,
  isFullyServing,
  isFullyUp,
  mayRun,
  isStopped,
  isStopFirst,
  portText,
  neededPorts,
  traitsOf,
  actionText,
  validAcceptances,
  lastAcceptedRelease,
  lastAcceptanceOf,
  releaseBefore,
  removedHosts,
  trimHistory,
  isProxyByName,
  isObserverByImage,
  proxiesOf,
  neededProxiesOf,
  misledProxies,
  lostProxiedPorts,
  proxiesToConnect,
  publishedAddress,
  matchingRoute,
  changedAccessories,
  missingAccessories,
  setAsideName,
  nameBeforeAdoption,
  accessoryContainerNames,
  planAdoption,
  withoutAdoptedContainers,
  isOnAllAddresses,
  portsOverlap,
  acceptedByFleet,
  endTrafficSteps,
  proxyOverlap,
  planFleet,
  isEmptyPlan,
  stagesOf,
  planUsesCompose,
  comparesResponses,
  downtimeOf,
  planLines,
  stepLine,
  stepStartLine,
  waitLine,
  stepText,
  stageLine,
  downtimeLines,
  hostLines,
  evidenceLines,
  removalReport,
  removalStepLine,
  removalPlanLines,
  keptVolumesLines,
  statusLines,
  lockLine,
  reportTo,
  currentReporter,
  consoleLog,
  annotateFailure,
  openGroup,
  group,
  logCollapsed,
  portsOf,
  exposedPortsOf,
  conditionFor,
  dependenciesOf,
  replicasOf,
  mountsOf,
  networksOf,
  aliasesOf,
  linksOf,
  referencedService,
  updateOrder,
  fileObjectName,
  inlineContents,
  contentVariable,
  isSecretVariable,
  usedFileObjects,
  rejectReadOnlyAccessory,
  readOnlyFiles,
  withFileVolumes,
  fileVolume,
  volumeFilesOf,
  imagesOfServices,
  placeholderReplacer,
  rejectUnknownServices,
  externalObjects,
  relativeBindDevice,
  definitionFingerprints,
  confidentialVariables,
  releaseIdOf,
  makeRelease,
  renderRelease,
  needsSlotNetwork,
  renderBase,
  baseObjects,
  networksBeforeSlots,
  filesToWrite,
  nonHttpProtocol,
  portsThroughEdge,
  httpPortsOf,
  streamPortsOf,
  httpsPortsIn,
  wantsProxyProtocol,
  routeProtocolOf,
  whyNotThroughEdge,
  whyStream,
  selfPublishedPorts,
  publishesPortsItself,
  runComposeProgram,
  imageNamesOf,
  imagesOnHost,
  PROXY_VARIABLES,
  externalProxyOf,
  routingProxyOf,
  isReachableFromOutside,
  ComposeUnavailableError,
  runComposeConfig,
  parseComposeConfig,
  resolveToJson,
  unsetVariablesProblem,
  findComposeShortcoming,
  bringCompose,
  withComposePlugin,
  hostEnvironment,
  notGitHubError,
  connectToGitHub,
  repositoryConnection,
  requireApiUrl,
  openGitHub,
  workflowRun,
  GITHUB_TIMES
};
