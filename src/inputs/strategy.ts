import { parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Waves } from '../model/request.ts';
import { type CanaryStep, type Limits, STRATEGY_NAMES, type Strategy } from '../model/strategy.ts';
import { type Inputs, LONGEST } from './reader.ts';

/** The steps of a canary when only `strategy: canary` is said. */
const STEPS = '5% 2m, 25% 5m, 100%';
const EXAMPLE = `Write shares that grow, each with the time that it is judged, up to 100%: "${STEPS}".`;

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
    return { name: 'canary', steps: stepsOf(canary.length > 0 ? canary : [STEPS]) };
  }
  return name === undefined ? undefined : { name };
}

function stepsOf(lines: readonly string[]): readonly CanaryStep[] {
  // A comma may end a line, but there is a step between two.
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, '').split(',')).map((part) => part.trim());
  if (parts.includes('')) {
    throw new ConfigurationError(
      `canary: a step is missing before a comma in "${lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? ''}". ${EXAMPLE}`,
    );
  }
  const steps = parts.map((part, at) => stepOf(part, at === parts.length - 1));
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    if (before !== undefined && step.share <= before.share) {
      throw new ConfigurationError(`canary: "${parts[at]}" is not more than "${parts[at - 1]}". ${EXAMPLE}`);
    }
  }
  if (steps.at(-1)?.share !== 1) {
    throw new ConfigurationError(
      `canary: "${parts.at(-1) ?? ''}" is the last step, and it must be 100%. ${EXAMPLE}`,
    );
  }
  return steps;
}

function stepOf(part: string, last: boolean): CanaryStep {
  const [share = '', time, ...more] = part.split(/\s+/);
  const percent = percentOf(share);
  if (percent === undefined || percent === 0 || more.length > 0) {
    throw new ConfigurationError(
      `canary: "${part}" is not a share above 0% and up to 100% with a time. ${EXAMPLE}`,
    );
  }
  const duration = time === undefined ? undefined : parseDuration(time);
  if (time === undefined && !last) {
    throw new ConfigurationError(`canary: "${part}" has no time in which it is judged. ${EXAMPLE}`);
  }
  if (time !== undefined && (duration === undefined || duration > LONGEST)) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a time of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`,
    );
  }
  if (!last && duration === 0) {
    throw new ConfigurationError(`canary: in "${part}" nothing can be judged. ${EXAMPLE}`);
  }
  return { share: percent / 100, for: duration ?? 0 };
}

/** What a canary may do worse than the release that it is compared with. */
export function readLimits(inputs: Inputs): Limits {
  const errors = inputs.text('canary-max-errors') ?? '';
  const maxErrors = percentOf(errors);
  if (maxErrors === undefined) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%, such as 1%.`,
    );
  }
  const ratio = inputs.text('canary-max-latency-ratio') ?? '';
  const maxLatencyRatio = numberOf(ratio);
  if (maxLatencyRatio === undefined || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio}" is not a number of 1 or more. 1.5 allows half as much time again.`,
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer('canary-min-requests', 1),
    tooFew: inputs.choice('canary-too-few', ['go-on', 'fail']) ?? 'go-on',
  };
}

/** How many hosts move at a time. */
export function readWaves(inputs: Inputs): Waves {
  const text = inputs.text('max-parallel');
  if (text === undefined) return { kind: 'all' };
  const percent = text.endsWith('%') ? percentOf(text) : undefined;
  if (percent !== undefined && percent > 0) return { kind: 'share', percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: 'hosts', atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 on nor a share of them, such as 25%.`,
  );
}

/** `2.5%` as 2.5; `undefined` for anything else, also beyond 100 %. */
function percentOf(text: string): number | undefined {
  const value = text.endsWith('%') ? numberOf(text.slice(0, -1)) : undefined;
  return value === undefined || value > 100 ? undefined : value;
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
