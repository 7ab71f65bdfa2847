import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);

// src/model/duration.ts
var MAX_DURATION = 864e5;
var UNITS = { h: 36e5, m: 6e4, s: 1e3, ms: 1 };
var DURATION = /^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/;
var PART = /(?<amount>\d+(?:\.\d+)?)(?<unit>h|ms|m|s)/g;
function parseDuration(text) {
  if (!DURATION.test(text)) return void 0;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { groups } of text.matchAll(PART)) {
    const unit = UNITS[groups?.["unit"] ?? ""] ?? Number.NaN;
    if (!(unit < smallest)) return void 0;
    smallest = unit;
    total += Number(groups?.["amount"]) * unit;
  }
  const milliseconds = Math.round(total);
  return Number.isSafeInteger(milliseconds) ? milliseconds : void 0;
}
function formatDuration(milliseconds) {
  const exact = Math.max(0, Math.round(milliseconds));
  if (exact < 1e3) return `${exact}ms`;
  const tenths = Math.round(exact / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.round(exact / 1e3);
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds % 3600 / 60), "m"],
    [seconds % 60, "s"]
  ];
  return parts.flatMap(([amount, unit]) => amount > 0 ? `${amount}${unit}` : []).join("");
}

// src/run/pause.ts
var pause = (milliseconds, signal) => new Promise((resolve, reject) => {
  if (signal?.aborted) {
    reject(signal.reason);
    return;
  }
  const onAbort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener("abort", onAbort);
    resolve();
  }, milliseconds);
  signal?.addEventListener("abort", onAbort, { once: true });
});

// src/run/retry.ts
var RetryLimit = class {
  #duration;
  #end;
  /** @param duration milliseconds */
  constructor(duration) {
    this.#duration = duration;
  }
  /** Milliseconds that are left. */
  left() {
    this.#end ??= performance.now() + this.#duration;
    return this.#end - performance.now();
  }
};
var DEFAULT_RETRY_POLICY = { attempts: 5, firstWait: 2e3, longestWait: 3e4 };
var LONGEST_WAIT = 5 * 6e4;
var waitRefusal = (wait) => wait === void 0 || wait <= LONGEST_WAIT ? "" : ` It asks to try again in ${formatDuration(wait)}, and a run waits for at most ${formatDuration(LONGEST_WAIT)}.`;
var TransientError = class extends Error {
  finalError;
  /** Milliseconds that the other side wants to be left alone; `undefined` if it did not say. */
  wait;
  /** @param reason for the log, while it is tried again; the message of the error by default */
  constructor(finalError, { reason, wait } = {}) {
    super(reason ?? finalError.message);
    this.finalError = finalError;
    this.wait = wait;
  }
};
async function retryTransient(what, attempt, { log, retryPolicy, signal, pause: pause2 = pause, limit }) {
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (number >= retryPolicy.attempts) throw error.finalError;
      const wait = error.wait ?? retryWait(number, retryPolicy, Math.random());
      if (wait > Math.min(LONGEST_WAIT, limit?.left() ?? LONGEST_WAIT)) throw error.finalError;
      log.info(
        `${what} failed: ${error.message} Trying again in ${(wait / 1e3).toFixed(1)} s (${number + 1} of ${retryPolicy.attempts}).`
      );
      await pause2(wait, signal);
    }
  }
}
function retryWait(number, { firstWait, longestWait }, random) {
  const half = Math.min(longestWait, firstWait * 2 ** (number - 1)) / 2;
  return Math.round(half + half * random);
}

// src/run/web-request.ts
const https2 = require("node:https");

// src/run/collect.ts
async function collect(stream, most) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) return { body: Buffer.concat(chunks, most), isCut: true };
  }
  return { body: Buffer.concat(chunks), isCut: false };
}

// src/run/proxy.ts
const { BlockList, isIP } = require("node:net");
function proxyFor(url, environment = process.env) {
  const read = (name) => (environment[name] || environment[name.toUpperCase()] || "").trim();
  const proxy = read(url.protocol === "https:" ? "https_proxy" : "http_proxy");
  if (proxy === "" || isThisMachine(hostOfUrl(url)) || isExempt(url, read("no_proxy"))) return void 0;
  const parsed = URL.parse(proxy.includes("://") ? proxy : `http://${proxy}`);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : void 0;
}
var hostOfUrl = ({ hostname }) => hostname.replace(/^\[(.*)\]$/, "$1");
function isThisMachine(host) {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}
function isExempt(url, noProxy) {
  const host = hostOfUrl(url);
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy.split(/[\s,]+/).map((entry) => entry.toLowerCase()).some((entry) => {
    if (entry === "*") return true;
    if (entry.includes("/")) return isInRange(host, entry);
    const withPort = /^(?<name>[^:]+|\[.*\]):(?<port>\d+)$/.exec(entry)?.groups;
    if (withPort !== void 0 && withPort["port"] !== port) return false;
    const name = (withPort?.["name"] ?? entry).replace(/^\[(.*)\]$/, "$1").replace(/^\*(?=\.)/, "");
    if (name === "") return false;
    return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
  });
}
function isInRange(host, range) {
  const family = isIP(host) === 6 ? "ipv6" : "ipv4";
  const [network = "", bits = ""] = range.split("/");
  if (isIP(host) === 0 || isIP(network) !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === "ipv6" ? 128 : 32)) return false;
  const ranges = new BlockList();
  ranges.addSubnet(network, Number(bits), family);
  return ranges.check(host, family);
}
var proxyName = ({ host }) => host;
function proxyHeaders({ username, password }) {
  if (username === "" && password === "") return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

// src/run/proxy-agent.ts
const http = require("node:http");
const https = require("node:https");
const { PassThrough } = require("node:stream");
var CONNECT_TIMEOUT = 15e3;
var ProxyError = class extends Error {
};
var ProxyAgent = class extends https.Agent {
  #proxy;
  constructor(proxy, options = {}) {
    super(options);
    this.#proxy = proxy;
  }
  createConnection(options, callback) {
    const target = `${withBrackets(options.host ?? "localhost")}:${options.port ?? 443}`;
    openTunnel(this.#proxy, target).then(
      (socket) => {
        const tunnelled = { ...options, socket };
        const stream = super.createConnection(tunnelled);
        if (stream) callback?.(null, stream);
      },
      // With an error, nobody looks at the stream.
      (error) => callback?.(error, new PassThrough())
    );
  }
};
var withBrackets = (host) => host.includes(":") ? `[${host}]` : host;
function openTunnel(proxy, target) {
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(new ProxyError(`the proxy ${proxyName(proxy)} ${reason}`));
    const request4 = requestProxy(proxy, {
      method: "CONNECT",
      path: target,
      headers: { host: target },
      timeout: CONNECT_TIMEOUT
    });
    request4.once("connect", ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      fail(`answered ${statusCode} when it was to connect to ${target}`);
    });
    request4.once("response", ({ statusCode }) => {
      request4.destroy();
      fail(`answered ${statusCode} when it was to connect to ${target}`);
    });
    request4.once("timeout", () => request4.destroy(new Error("no answer")));
    request4.once(
      "error",
      ({ code, message }) => fail(`can't be reached: ${code ?? message}`)
    );
    request4.end();
  });
}
function requestProxy(proxy, options) {
  const open = proxy.protocol === "https:" ? https.request : http.request;
  return open({
    ...options,
    host: hostOfUrl(proxy),
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    agent: false,
    headers: { ...options.headers, ...proxyHeaders(proxy) }
  });
}

// src/run/web-request.ts
var MOST_BYTES_OF_ANSWER = 64e6;
var bytesOf = async (body) => (await collect(body, MOST_BYTES_OF_ANSWER)).body;
var MOST_REDIRECTS = 20;
var REDIRECTS = [301, 302, 303, 307, 308];
async function requestWeb(address, request4) {
  let url = new URL(address);
  for (let redirects = 0; ; redirects += 1) {
    const proxy = proxyFor(url);
    const answer = proxy === void 0 ? await fetchOnce(url, request4) : await requestBy(proxy, url, request4);
    const location = answer.headers.get("location");
    if (request4.redirect === "manual" || !REDIRECTS.includes(answer.status) || location === null)
      return answer;
    if (redirects === MOST_REDIRECTS) throw new Error(`more than ${MOST_REDIRECTS} redirects`);
    url = new URL(location, url);
  }
}
async function fetchOnce(url, { method, headers, body, signal }) {
  const response = await fetch(url, {
    ...{ ...method && { method }, ...body === void 0 ? {} : { body } },
    ...{ headers, signal, redirect: "manual" }
  });
  return answerOf(response.status, response.headers, await bytesOf(response.body ?? []));
}
async function requestBy(proxy, url, { method = "GET", headers, body, signal }) {
  signal.throwIfAborted();
  const common = { method, headers: { ...headers, host: url.host }, signal };
  const path = `${url.pathname}${url.search}`;
  const request4 = url.protocol === "https:" ? https2.request({
    ...common,
    ...{ host: hostOfUrl(url), port: url.port || 443, path },
    agent: new ProxyAgent(proxy)
  }) : requestProxy(proxy, { ...common, path: `${url.origin}${path}` });
  return await readAnswer(request4, body, signal);
}
function readAnswer(request4, body, signal) {
  return new Promise((resolve, reject) => {
    const fail = (error) => reject(signal.aborted ? signal.reason : error);
    request4.once("error", fail);
    request4.once("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      const entries = Object.entries(headers).map(
        ([name, value]) => [name, String(value)]
      );
      bytesOf(response).then((bytes) => resolve(answerOf(status, new Headers(entries), bytes)), fail);
    });
    request4.end(body);
  });
}
var answerOf = (status, headers, bytes) => ({
  ...{ status, headers, bytes },
  body: new TextDecoder().decode(bytes)
});

// src/run/signals.ts
function anySignal(...signals) {
  const given = signals.filter((signal) => signal !== void 0);
  const [only] = given;
  return only !== void 0 && given.length === 1 ? only : AbortSignal.any(given);
}

export {
  MAX_DURATION,
  parseDuration,
  formatDuration,
  proxyFor,
  hostOfUrl,
  isThisMachine,
  proxyName,
  collect,
  ProxyError,
  ProxyAgent,
  requestProxy,
  requestWeb,
  pause,
  RetryLimit,
  DEFAULT_RETRY_POLICY,
  waitRefusal,
  TransientError,
  retryTransient,
  anySignal
};
