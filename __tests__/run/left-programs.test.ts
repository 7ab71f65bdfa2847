import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { endLeftPrograms, markPrograms } from '../../src/run/left-programs.ts';

afterEach(() => {
  delete process.env['SEALIFT_STEP_FOLDER'];
});

/** With the environment of the test, which is not that of Jest's own process. */
const sleep = () => spawn('sleep', ['60'], { env: process.env });

test('a program that has outlived its step is ended, and no other one', async () => {
  markPrograms('/tmp/sealift-one');
  const own = sleep();
  markPrograms('/tmp/sealift-one-more');
  const other = sleep();
  try {
    const ended = once(own, 'exit');
    await endLeftPrograms('/tmp/sealift-one');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  } finally {
    other.kill('SIGKILL');
  }
});
