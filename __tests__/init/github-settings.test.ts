import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { githubSteps } from '../../src/init/github-settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gh-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs the printed command for the environment as a person does. @returns what `gh` was asked */
function pasted(reviewers: readonly string[], hasEnvironment: boolean): readonly string[] {
  const wanted = {
    ...{ repository: 'octo/shop', environment: 'production', keyFile: '/key' },
    ...{ reviewers, variables: new Map<string, string>() },
  };
  const never = () => Promise.reject(new Error('Nothing is run.'));
  const [step] = githubSteps(wanted, undefined, { run: never, env: {}, readFile: never });
  const path = join(folder, 'gh');
  const get = `'api --silent repos/'*) ${hasEnvironment ? ':' : 'exit 1'} ;;`;
  writeFileSync(
    path,
    `#!/bin/sh\necho "$*" >>${folder}/calls\ncase "$*" in\n${get}\n'api users/'*) echo 42 ;;\nesac\n`,
  );
  chmodSync(path, 0o755);
  execFileSync('sh', ['-euc', step?.shown ?? 'exit 9'], {
    env: { PATH: `${folder}:${process.env['PATH']}` },
  });
  const calls = join(folder, 'calls');
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
}

const PUT = 'api --silent --method PUT repos/octo/shop/environments/production';
const GET = 'api --silent repos/octo/shop/environments/production';

test('the printed command leaves an environment alone that is there: it would take its protection away', () => {
  expect(pasted([], true)).toEqual([GET]);
});

test('it makes one that is not there', () => {
  expect(pasted([], false)).toEqual([GET, PUT]);
});

test('with reviewers it sets the rules', () => {
  expect(pasted(['mona'], true)).toContain(`${PUT} -F reviewers[][type]=User -F reviewers[][id]=42`);
});
