import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  digestTagName
} from "./chunk-F2UCXI4Z.js";
import {
  HostError
} from "./chunk-PUGPVKFB.js";

// src/engine/errors.ts
var NotFound = class extends HostError {
};
var Conflict = class extends HostError {
};
var PullRefused = class extends HostError {
  /** The engine's own words. */
  said;
  constructor(host, operation, said) {
    super(host, `could not ${operation}: ${said}`, { evidence: [said] });
    this.said = said;
  }
};
var PullStalled = class extends HostError {
};
var isDiskFull = (text) => /no space left on device|disk quota exceeded/i.test(text);
var hostDiskFullError = (host, operation, evidence) => new HostError(
  host,
  `its disk is full: could not ${operation}. Free some space: "docker system df" shows what uses it, "docker image prune" removes unused images.`,
  { evidence }
);
function engineError(host, operation, engineMessage, status) {
  if (isDiskFull(engineMessage)) return hostDiskFullError(host, operation, [engineMessage]);
  const message = `could not ${operation}: ${engineMessage || `the engine answered with status ${status}`}`;
  if (status === 404) return new NotFound(host, message);
  if (status === 409) return new Conflict(host, message);
  return new HostError(host, message);
}

// src/transfer/found-image.ts
async function findImage(engine, image) {
  for (const name of [image, digestTagName(image)]) {
    const details = await engine.inspectImage(name);
    if (details !== void 0) return { name, details };
  }
  return void 0;
}

export {
  NotFound,
  Conflict,
  PullRefused,
  PullStalled,
  isDiskFull,
  hostDiskFullError,
  engineError,
  findImage
};
