import { afterEach, beforeEach } from '@jest/globals';
import type { GitHubOptions } from '../../src/gate/github.ts';
import type { GateOptions } from '../../src/model/deploy-options.ts';
import { remember } from '../image/support/build.ts';
import { GitHubStandIn, type StandInOptions } from '../support/github/stand-in.ts';

export const CHECK_RUN = 40_512_345_678;
export const TOKEN = 'ghs_the-token-of-this-job-0123456789';

/** What the runner sets in a job of the second attempt at most. */
const VARIABLES = {
  GITHUB_REPOSITORY: 'octo/shop',
  GITHUB_RUN_ID: '4711',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_ACTOR: 'mona',
  GITHUB_TRIGGERING_ACTOR: 'mona',
};

export const OPTIONS: GateOptions = {
  approval: 'required',
  allowSelfApproval: false,
  strict: false,
  checkRunId: CHECK_RUN,
  token: TOKEN,
};

export interface GateJob {
  readonly github: GitHubStandIn;
  /** The milliseconds of each wait between two attempts; none is waited for. */
  readonly waits: number[];
  readonly log: ReturnType<typeof remember>;
  readonly cancelled: AbortController;
  readonly context: GitHubOptions;
}

/** A job in the environment production, which octo/ops and @hubot review; @hubot has approved the run. A new one for each test. */
export function useGateJob(options: StandInOptions = {}): { readonly current: GateJob } {
  const before = { ...process.env };
  let job: GateJob | undefined;
  beforeEach(async () => {
    const github = await GitHubStandIn.start(options);
    github.addEnvironment('production', { reviewers: ['@hubot', 'octo/ops'] });
    github.addReview('production', 'hubot', { comment: 'Ship it' });
    github.checkRuns.set(CHECK_RUN, 'production');
    for (const name of Object.keys(process.env))
      if (/^(?:GITHUB|ACTIONS)_/.test(name)) delete process.env[name];
    Object.assign(process.env, VARIABLES, { GITHUB_API_URL: github.url });
    const waits: number[] = [];
    const log = remember();
    const cancelled = new AbortController();
    const times = {
      retryPolicy: { attempts: 4, firstWait: 1000, longestWait: 8000 },
      requestTimeout: 10_000,
      pause: (milliseconds: number) => Promise.resolve(void waits.push(milliseconds)),
    };
    job = { github, waits, log, cancelled, context: { log, signal: cancelled.signal, ...times } };
  });
  afterEach(async () => {
    process.env = { ...before };
    await job?.github.close();
  });
  return {
    get current() {
      if (job === undefined) throw new Error('No test has begun.');
      return job;
    },
  };
}

/** The message of the error with which something ends. */
export async function messageOfFailure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('It did not fail.');
}
