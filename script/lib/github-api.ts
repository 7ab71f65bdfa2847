/** Excerpts of GitHub's OpenAPI descriptions for the tests, from a pinned version of the package `@octokit/openapi`. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { excerptOf } from './openapi-excerpt.ts';

const PACKAGE = '@octokit/openapi@23.0.2';
const FOLDER = resolve(import.meta.dirname, '../../__tests__/fixtures/github');
/** GitHub.com, and a version of GitHub Enterprise Server. */
const DESCRIPTIONS = ['api.github.com', 'ghes-3.19'];
const OPERATIONS = [
  // What `src/` asks GitHub.
  'GET /repos/{owner}/{repo}/environments/{environment_name}',
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals',
  'GET /repos/{owner}/{repo}/compare/{basehead}',
  // The comment of .github/workflows/preview.yml.
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
];

/** What GitHub Enterprise Server does not have. */
const ONLY_GITHUB_DOT_COM = [
  'GET /repos/{owner}/{repo}/attestations/{subject_digest}',
  'POST /repos/{owner}/{repo}/attestations',
];

const folder = await mkdtemp(join(tmpdir(), 'github-api-'));
try {
  const [archive = ''] = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE], {
    encoding: 'utf8',
  }).split('\n');
  execFileSync('tar', ['--extract', '--gzip', '--file', join(folder, archive), '--directory', folder]);
  for (const name of DESCRIPTIONS) {
    const text = await readFile(join(folder, 'package/generated', `${name}.json`), 'utf8');
    const operations = name === 'api.github.com' ? [...OPERATIONS, ...ONLY_GITHUB_DOT_COM] : OPERATIONS;
    const excerpt = { 'x-excerpt-of': PACKAGE, ...excerptOf(JSON.parse(text), operations) };
    await writeFile(join(FOLDER, `${name}.json`), `${JSON.stringify(excerpt, undefined, 1)}\n`);
    console.log(`__tests__/fixtures/github/${name}.json: written.`);
  }
} finally {
  await rm(folder, { recursive: true });
}
