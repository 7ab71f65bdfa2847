import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);

// src/model/errors.ts
var SealiftError = class extends Error {
  name = "SealiftError";
  /** Lines that show the cause: the last log lines, stderr, a reply of the registry. */
  evidence;
  /** Whether these lines are in the log already. */
  alreadyLogged;
  /** Where in a file it is, as far as that is known. */
  places;
  constructor(message, { evidence, alreadyLogged, places, cause } = {}) {
    super(message, cause === void 0 ? void 0 : { cause });
    this.evidence = evidence ?? [];
    this.alreadyLogged = alreadyLogged ?? false;
    this.places = places ?? [];
  }
};
var ConfigurationError = class extends SealiftError {
  name = "ConfigurationError";
};
var CommandError = class extends SealiftError {
  name = "CommandError";
  /** `undefined`: a signal ended it. */
  exitCode;
  stderr;
  constructor(command, exitCode, stderr) {
    const lines = stderr.trimEnd().split("\n").filter(Boolean);
    const lastLine = lines.at(-1) ?? "it printed nothing to stderr";
    const end = exitCode === void 0 ? "was ended by a signal" : `ended with exit code ${exitCode}`;
    super(`${command} ${end}: ${lastLine}`, { evidence: lines.slice(-20) });
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
};
var HostError = class extends SealiftError {
  name = "HostError";
  constructor(host, message, options = {}) {
    super(`${host}: ${message}`, options);
  }
};
function messageOf(error) {
  if (error instanceof Error && error.message !== "") return error.message;
  const text = String(error);
  return text === "" ? "an error without a message" : text;
}
function messageWithoutHost(host, error) {
  const message = messageOf(error);
  if (host === void 0) return message;
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}
function messageWithHost(host, error) {
  return host === void 0 ? messageOf(error) : `${host}: ${messageWithoutHost(host, error)}`;
}
function isCausedByAbort(error, signal) {
  if (!signal.aborted) return false;
  for (let each = error; each !== void 0; each = each instanceof Error ? each.cause : void 0) {
    if (each === signal.reason || each instanceof Error && each.name === "AbortError") return true;
  }
  return false;
}

// src/model/place-words.ts
var isTerminal = false;
function speakToTerminal() {
  isTerminal = true;
}
var byPlace = (inJob, atTerminal) => isTerminal ? atTerminal : inJob;
var thisJob = () => byPlace("this job", "this command");
var thisRunner = () => byPlace("this runner", "this machine");
var theRunner = () => byPlace("the runner", "this machine");
var wasCancelled = () => byPlace("The job was cancelled", "The command was interrupted");
var beforeThisStep = () => byPlace("in a step before this one", "before");
var checkoutQuestion = () => byPlace("Does actions/checkout run before this step?", "Is this the folder of the checkout?");

export {
  SealiftError,
  ConfigurationError,
  CommandError,
  HostError,
  messageOf,
  messageWithoutHost,
  messageWithHost,
  isCausedByAbort,
  speakToTerminal,
  byPlace,
  thisJob,
  thisRunner,
  theRunner,
  wasCancelled,
  beforeThisStep,
  checkoutQuestion
};
