import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { OwnerRuns } from '../../src/gate/owner-runs.ts';
import type { RunState } from '../support/github/run-answer.ts';
import type { Fault } from '../support/github/stand-in.ts';
import { TOKEN, useGateJob } from './job.ts';

const job = useGateJob();
afterEach(() => {
  jest.restoreAllMocks();
});

const owner = (runUrl: string | undefined) => ({ actor: 'grace', runUrl });
const SECOND_ATTEMPT = owner('https://github.com/octo/shop/actions/runs/4711/attempts/2');

/** What is known of a run once GitHub has answered. */
async function answerAbout(asked = SECOND_ATTEMPT): Promise<boolean> {
  const { context, log } = job.current;
  using runs = new OwnerRuns(TOKEN, { ...context, log: { ...log, debug: () => undefined } });
  expect(runs.hasEnded(asked)).toBe(false);
  await until(() => runs.hasEnded(asked), 500);
  return runs.hasEnded(asked);
}

async function until(isSo: () => boolean, longest = 60_000): Promise<void> {
  for (let waited = 0; waited < longest && !isSo(); waited += 10)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a run that has a lock', () => {
  test('has ended if GitHub says that its attempt is completed', async () => {
    const { github } = job.current;
    github.runs.set(4711, { attempt: 2, status: 'completed' });
    expect(await answerAbout()).toBe(true);
    expect(github.requests).toEqual(['GET /repos/octo/shop/actions/runs/4711']);
    expect(github.authorizations).toEqual([`token ${TOKEN}`]);
  });

  test.each<[string, boolean, RunState]>([
    ['its attempt is in progress', false, { attempt: 2, status: 'in_progress' }],
    ['it was started again, which is possible only then', true, { attempt: 3, status: 'in_progress' }],
    ['GitHub knows an earlier attempt only', false, { attempt: 1, status: 'completed' }],
  ])('where %s: %s', async (_, hasEnded, state) => {
    job.current.github.runs.set(4711, state);
    expect(await answerAbout()).toBe(hasEnded);
  });

  test.each([
    ['a command line has it', undefined],
    ['it does not say which attempt', 'https://github.com/octo/shop/actions/runs/4711'],
    ['it is of another server', 'https://gitlab.com/octo/shop/actions/runs/4711/attempts/2'],
    ['its address is none', 'https://github.com/octo/shop/../actions/runs/4711/attempts/2'],
  ])('is not asked about if %s', async (_, runUrl) => {
    job.current.github.runs.set(4711, { attempt: 2, status: 'completed' });
    expect(await answerAbout(owner(runUrl))).toBe(false);
    expect(job.current.github.requests).toEqual([]);
  });

  test('is not asked about without a token', async () => {
    using runs = new OwnerRuns(undefined, job.current.context);
    runs.hasEnded(SECOND_ATTEMPT);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(job.current.github.requests).toEqual([]);
  });

  test.each<[string, Fault | undefined]>([
    ['the token can not see it', undefined],
    ['the token may not', { status: 403, message: 'Resource not accessible by integration' }],
    ['GitHub has a problem', { status: 503 }],
    ['nobody answers', 'silence'],
    ['a proxy answers', 'another page'],
  ])('is not known to have ended if %s, and that is no line of the log', async (_, fault) => {
    const { github, log } = job.current;
    if (fault !== undefined) {
      github.runs.set(4711, { attempt: 2, status: 'completed' });
      github.fail(/./, fault);
    }
    expect(await answerAbout()).toBe(false);
    expect(github.requests).toHaveLength(1);
    expect(log.lines).toEqual([]);
  });
});

test('GitHub is asked every ten seconds at most, until the run has ended', async () => {
  const { github, log, context } = job.current;
  github.runs.set(4711, { attempt: 2, status: 'completed' });
  github.fail(/./, { status: 503 }, 1);
  let now = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  using runs = new OwnerRuns(TOKEN, context);
  expect(runs.hasEnded(SECOND_ATTEMPT)).toBe(false);
  await until(() => log.lines.length > 0);
  now += 9_999;
  expect(runs.hasEnded(SECOND_ATTEMPT)).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(github.requests).toHaveLength(1);
  now += 1;
  await until(() => runs.hasEnded(SECOND_ATTEMPT));
  now += 60_000;
  expect(runs.hasEnded(SECOND_ATTEMPT)).toBe(true);
  expect(github.requests).toHaveLength(2);
});
