import type { Waves } from '../model/deploy-options.ts';
import { MAX_DURATION, parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { parseDecimal, parsePercent } from '../model/percent.ts';
import { type CanaryLimits, type CanaryStep, STRATEGY_NAMES, type Strategy } from '../model/strategy.ts';
import type { Inputs } from './reader.ts';

/** The steps of `strategy: canary` without `canary`. */
const DEFAULT_CANARY_STEPS = '5% 2m, 25% 5m, 100%';
const CANARY_HINT = `Write growing shares up to 100%, each with a duration: "${DEFAULT_CANARY_STEPS}".`;

/** How traffic moves; `undefined` if Sealift chooses. The input `canary` alone means a canary. */
export function readStrategy(inputs: Inputs): Strategy | undefined {
  const steps = inputs.lines('canary');
  const name = inputs.text('strategy') === undefined ? undefined : inputs.choice('strategy', STRATEGY_NAMES);
  if (steps.length > 0 && name !== undefined && name !== 'canary') {
    throw new ConfigurationError(
      `canary: it has no effect with ${inputSetting('strategy', name)}. Remove one of them, or set ${inputSetting('strategy', 'canary')}.`,
    );
  }
  if (name !== 'canary' && steps.length === 0) return name === undefined ? undefined : { name };
  return { name: 'canary', steps: parseCanarySteps(steps.length > 0 ? steps : [DEFAULT_CANARY_STEPS]) };
}

function parseCanarySteps(lines: readonly string[]): readonly CanaryStep[] {
  // A comma at the end of a line is fine; between two commas there must be a step.
  const parts = lines.flatMap((line) => line.replace(/,\s*$/, '').split(',')).map((part) => part.trim());
  if (parts.includes('')) {
    const wrong = lines.find((line) => /^\s*,|,\s*,/.test(line)) ?? '';
    throw canaryError(wrong, 'has no step before a comma');
  }
  const steps = parts.map((part, index) => parseCanaryStep(part, index === parts.length - 1));
  for (const [index, step] of steps.entries()) {
    const previous = steps[index - 1];
    if (previous !== undefined && step.share <= previous.share)
      throw canaryError(parts[index], `is not more than "${parts[index - 1]}"`);
  }
  if (steps.at(-1)?.share !== 1) throw canaryError(parts.at(-1), 'is the last step, but not 100%');
  return steps;
}

function parseCanaryStep(part: string, isLast: boolean): CanaryStep {
  const [share = '', time, ...more] = part.split(/\s+/);
  const percent = parsePercent(share);
  if (percent === undefined || percent === 0 || more.length > 0)
    throw canaryError(part, 'is not a share above 0% and up to 100% with a duration');
  if (time === undefined && !isLast) throw canaryError(part, 'has no duration');
  const duration = time === undefined ? 0 : parseDuration(time);
  if (duration === undefined || duration > MAX_DURATION) {
    throw new ConfigurationError(
      `canary: "${time}" in "${part}" is not a duration of at most 24h. Write a number with its unit: 30s, 5m, 1h30m.`,
    );
  }
  if (!isLast && duration === 0) throw canaryError(part, 'leaves no time to judge the release');
  return { share: percent / 100, duration };
}

function canaryError(text: string | undefined, problem: string): ConfigurationError {
  return new ConfigurationError(`canary: "${text}" ${problem}. ${CANARY_HINT}`);
}

/** By how much a new release may be worse than the old one in a canary or bake. */
export function readCanaryLimits(inputs: Inputs): CanaryLimits {
  const errors = inputs.required('canary-max-errors');
  const maxErrors = parsePercent(errors);
  if (maxErrors === undefined) {
    throw new ConfigurationError(
      `canary-max-errors: "${errors}" is not a share from 0% to 100%. Write 1%, for example.`,
    );
  }
  const ratio = inputs.required('canary-max-latency-ratio');
  const maxLatencyRatio = parseDecimal(ratio);
  if (maxLatencyRatio === undefined || maxLatencyRatio < 1) {
    throw new ConfigurationError(
      `canary-max-latency-ratio: "${ratio}" is not a number of 1 or more. Write 1.5 to allow 50% more latency, for example.`,
    );
  }
  return {
    maxErrors: maxErrors / 100,
    maxLatencyRatio,
    minRequests: inputs.integer('canary-min-requests', 1),
    onTooFewRequests: inputs.choice('canary-too-few', ['go-on', 'fail']),
  };
}

/** How many hosts are updated at a time. */
export function readWaves(inputs: Inputs): Waves {
  const text = inputs.text('max-parallel');
  if (text === undefined) return { kind: 'all' };
  const percent = parsePercent(text);
  if (percent !== undefined && percent > 0) return { kind: 'share', percent };
  if (/^[1-9]\d{0,5}$/.test(text)) return { kind: 'hosts', atMost: Number(text) };
  throw new ConfigurationError(
    `max-parallel: "${text}" is neither a number of hosts from 1 nor a share of them. Write 2 or 25%, for example.`,
  );
}
