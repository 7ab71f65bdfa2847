import { describe, expect, test } from '@jest/globals';
import type { ExecResult, Healthcheck } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { asksTooRarely, type OwnCheck, runOwnChecks } from '../../src/rollout/slow-healthcheck.ts';
import { hostName } from '../support/identifiers.ts';
import { details } from './support/memory-engine.ts';

const healthcheck = (changes: Partial<Healthcheck> = {}): Healthcheck => ({
  ...{ argv: ['check'], interval: 30_000, timeout: 30_000, startPeriod: 0, startInterval: 5_000 },
  ...changes,
});

describe('a HEALTHCHECK', () => {
  test.each<[string, boolean, Partial<Healthcheck>, number]>([
    ['every five minutes', true, { interval: 300_000 }, 60_000],
    ['every five minutes, however long the deploy may take', true, { interval: 300_000 }, 3_600_000],
    ['every 30 s, which is the default', true, {}, 60_000],
    ['every 5 s', false, { interval: 5_000 }, 60_000],
    ['every 5 s, in a deploy that may take 8 s', true, { interval: 5_000 }, 8_000],
    ['every 90 s, with a start period', false, { interval: 90_000, startPeriod: 40_000 }, 60_000],
    ['with a long start interval', true, { startPeriod: 40_000, startInterval: 20_000 }, 60_000],
  ])('%s is asked too rarely by the engine: %p', (_, rarely, changes, timeout) => {
    expect(asksTooRarely(healthcheck(changes), timeout)).toBe(rarely);
  });
});

describe('the command of a HEALTHCHECK that Sealift runs', () => {
  type Answer = ExecResult | Error;
  const failed = (stderr: string): ExecResult => ({ exitCode: 1, stdout: '', stderr });
  const passed: ExecResult = { exitCode: 0, stdout: 'ok\n', stderr: '' };

  /** Runs it until it is done, or has been run as often as there are answers. */
  async function run(
    ...answers: readonly Answer[]
  ): Promise<OwnCheck & { readonly outputs: readonly unknown[] }> {
    const check: OwnCheck = {};
    const outputs: unknown[] = [];
    const abort = new AbortController();
    const left = [...answers];
    const engine = {
      host: hostName('ssh://one'),
      inspectContainer: () => Promise.resolve(details({ startedAt: 'now' })),
      exec: (_: string, argv: readonly string[]) => {
        expect(argv).toEqual(['check']);
        const answer = left.shift();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? passed);
      },
    };
    await runOwnChecks(engine, { id: 'web-1', healthcheck: healthcheck() }, check, abort.signal, () => {
      outputs.push(check.output);
      if (left.length === 0 || check.passedIn !== undefined) abort.abort();
    });
    return { ...check, outputs };
  }

  test('succeeds once, in the container as it was started then', async () => {
    expect(await run(failed('connection refused'), passed)).toEqual({
      passedIn: 'now',
      output: 'ok',
      outputs: ['connection refused', 'ok'],
    });
  });

  test('is run again after any failure, and the last one is known', async () => {
    const late = Object.assign(new Error('over'), { name: 'TimeoutError' });
    const refused = new HostError(hostName('ssh://one'), 'the container is not running.');
    expect(await run(late, refused, failed(''))).toEqual({
      output: 'exit code 1',
      outputs: ['no answer within 30s', 'the container is not running.', 'exit code 1'],
    });
  });
});
