import { parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Waves } from '../model/request.ts';
import { type CanaryLimits, type CanaryStep, STRATEGY_NAMES, type Strategy } from '../model/strategy.ts';
import { type Inputs, MAX_DURATION } from './reader.ts';

/** The steps of a canary when only `strategy: canary` is said. */
const DEFAULT_CANARY_STEPS = '5% 2m, 25% 5m, 100%';
const CANARY_HINT = `Write shares that grow, each with the time that it is judged, up to 100%: "${DEFAULT_CANARY_STEPS}".`;

/** How traffic moves. The steps of a canary say by themselves that it is one. */
export function readStrategy(inputs: Inputs): Strategy | undefined {
  const name = inputs.choice('strategy', STRATEGY_NAMES);
  const canary = inputs.lines('canary');
  if (canary.length > 0 && name !== undefined && name !== 'canary') {
    throw new ConfigurationError(
      `canary: it has no effect with strategy: ${name}. Leave one of them out, or set strategy: canary.`,
    );
  }
  if (name === 'canary' || canary.length > 0) {
    return { name: 'canary', steps: parseCanarySteps(canary.length > 0 ? canary : [DEFAULT_CANARY_STEPS]) };
  }
  return name === undefined ? undefined : { name };
}

function parseCanarySteps(lines: readonly string[]): readonly CanaryStep[] {
  // A comma may end a line, but there is a step between two.
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, '').split(',')).map((part) => part.trim());
  if (parts.includes('')) {
    throw new ConfigurationError(
      `canary: a step is missing before a comma in "${lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? ''}". ${CANARY_HINT}`,
    );
  }
  const steps = parts.map((part, at) => parseCanaryStep(part, at === parts.length - 1));
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== undefined && step.share <= before.share) {
      throw new ConfigurationError(
        `canary: "${parts[at]}" is not more than "${parts[at - 1]}". ${CANARY_HINT}`,
      );
    }
  }
  if (steps.at(-1)?.share !== 1) {
    throw new ConfigurationError(
      `canary: "${parts.at(-1) ?? ''}" is the last step, and it must be 100%. ${CANARY_HINT}`,
    );
  }
  return steps;
}

function parseCanaryStep(part: string, last: boolean): CanaryStep {
  const [share = '', time, ...more] = part.split(/\s+/);
  const percent = parsePercent(share);
  if (percent === undefined || percent === 0 || more.length > 0) {
    throw new ConfigurationError(
      `canary: "${part}" is not a share above 0% and up to 100% with a time. ${CANARY_HINT}`,
    );
  }
  const duration = time === undefined ? undefined : parseDuration(time);
  if (time === undefined && !last) {
    throw new ConfigurationError(`canary: "${part}" has no time in which it is judged. ${CANARY_HINT}`);
  }
  if (time !== undefined && (duration === undefined || duration > MAX_DURATION)) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a time of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`,
    );
  }
  if (!last && duration === 0) {
    throw new ConfigurationError(`canary: in "${part}" nothing can be judged. ${CANARY_HINT}`);
  }
  return { share: percent / 100, duration: duration ?? 0 };
}

/** What a canary may do worse than the release that it is compared with. */
export function readCanaryLimits(inputs: Inputs): CanaryLimits {
  const errors = inputs.text('canary-max-errors') ?? '';
  const maxErrors = parsePercent(errors);
  if (maxErrors === undefined) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%, such as 1%.`,
    );
  }
  const ratio = inputs.text('canary-max-latency-ratio') ?? '';
  const maxLatencyRatio = parseDecimal(ratio);
  if (maxLatencyRatio === undefined || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio}" is not a number of 1 or more. 1.5 allows half as much time again.`,
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer('canary-min-requests', 1),
    onTooFewRequests: inputs.choice('canary-too-few', ['go-on', 'fail']) ?? 'go-on',
  };
}

/** How many hosts move at a time. */
export function readWaves(inputs: Inputs): Waves {
  const text = inputs.text('max-parallel');
  if (text === undefined) return { kind: 'all' };
  const percent = text.endsWith('%') ? parsePercent(text) : undefined;
  if (percent !== undefined && percent > 0) return { kind: 'share', percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: 'hosts', atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 on nor a share of them, such as 25%.`,
  );
}

/** `2.5%` as 2.5; `undefined` for anything else, also beyond 100 %. */
function parsePercent(text: string): number | undefined {
  const value = text.endsWith('%') ? parseDecimal(text.slice(0, -1)) : undefined;
  return value === undefined || value > 100 ? undefined : value;
}

function parseDecimal(text: string): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
