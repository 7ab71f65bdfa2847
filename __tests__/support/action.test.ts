import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ActionOptions, type ActionRun, runAction } from './action.ts';
import { type Workspace, workspace } from './workspace.ts';

const FAKE = join(import.meta.dirname, 'fixtures/fake-action');

let checkout: Workspace;
beforeAll(async () => {
  checkout = await workspace({ files: { 'a.txt': 'a' } });
});
afterAll(() => checkout.remove());

/** Runs lines of JavaScript as the action's main: `say` prints, `file` appends to one of the runner's files. */
function run(task: string, inputs = {}, options: Partial<ActionOptions> = {}): Promise<ActionRun> {
  return runAction(
    'deliver',
    { do: task, ...inputs },
    { workspace: checkout.path, sha: checkout.sha, root: FAKE, ...options },
  );
}

const printed = (run: ActionRun): unknown => JSON.parse(run.lines[0]?.text ?? '');

describe('inputs', () => {
  const show =
    'say(JSON.stringify(Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("INPUT_")))))';

  test('are upper case, keep hyphens, have "_" for spaces and the defaults of action.yml', async () => {
    expect(printed(await run(show, { 'two words': 'given' }))).toEqual({
      INPUT_DO: show,
      INPUT_ENVIRONMENT: 'staging',
      'INPUT_DRY-RUN': 'false',
      INPUT_TWO_WORDS: 'given',
      INPUT_TOKEN: expect.stringMatching(/^ghs_/),
      INPUT_WHERE: 'https://github.com/octo/shop/runs/4711!',
    });
  });

  test('that action.yml does not declare are refused', async () => {
    await expect(run('', { enviroment: 'x' })).rejects.toThrow('action.yml has no input enviroment.');
  });
});

test('a step runs in the checkout, on Node 24, with the variables of a runner and none of the caller', async () => {
  process.env['OF_THE_CALLER'] = 'x';
  const result = await runAction('status', {}, { workspace: checkout.path, sha: checkout.sha, root: FAKE });
  const { cwd, env, args, node } = JSON.parse(result.log);
  expect({ cwd, args, node }).toEqual({
    cwd: checkout.path,
    args: [join(FAKE, 'dist/where.js')],
    node: expect.stringMatching(/^v24\./),
  });
  expect(env).toMatchObject({
    GITHUB_SHA: checkout.sha,
    GITHUB_REF_NAME: 'main',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_ACTION_PATH: join(FAKE, 'status'),
    RUNNER_OS: 'Linux',
  });
  expect(env).not.toHaveProperty('OF_THE_CALLER');
  expect(env).not.toHaveProperty('NODE_OPTIONS');
  expect(result.post).toBeUndefined();
  expect(existsSync(env.RUNNER_TEMP)).toBe(false);
});

test.each([
  { ref: 'refs/heads/main', name: 'push', short: 'main', type: 'branch' },
  { ref: 'refs/tags/v1.2.0', name: 'push', short: 'v1.2.0', type: 'tag' },
  { ref: 'refs/pull/7/merge', name: 'pull_request', short: '7/merge', type: 'branch' },
])('$ref comes as the event $name', async ({ ref, name, short, type }) => {
  const task = `
    const { readFileSync } = process.getBuiltinModule('fs');
    const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
    say(JSON.stringify([env.GITHUB_EVENT_NAME, env.GITHUB_REF_NAME, env.GITHUB_REF_TYPE, event.ref ?? event.number]));`;
  const expected = name === 'push' ? ref : 7;
  expect(printed(await run(task, {}, { ref }))).toEqual([name, short, type, expected]);
});

describe('what a step leaves', () => {
  test('outputs, state, variables, paths and the summary are read from the files', async () => {
    const result = await run(`
      file('OUTPUT', 'digest=sha256:1\\nreport<<END_1\\n{\\n"a": 1\\n}\\nEND_1\\n');
      file('STATE', 'phase=switched\\n'); file('ENV', 'GREETING=hello\\n'); file('PATH', '/opt/tool\\n');
      file('STEP_SUMMARY', '# Delivered\\n');`);
    expect(result.outputs).toEqual({ digest: 'sha256:1', report: '{\n"a": 1\n}' });
    expect(result.state).toEqual({ phase: 'switched' });
    expect(result.summary).toBe('# Delivered\n');
    expect(result.addedPaths).toEqual(['/opt/tool']);
    expect(result.post?.log).toBe('post after switched, with staging, GREETING=hello');
    expect(result.succeeded).toBe(true);
  });

  test('the log has groups, annotations and debug lines apart', async () => {
    const result = await run(`
      say('::group::Build'); say('step 1%'); say('::endgroup::'); say('::debug::POST /containers/create');
      say('::error title=Health,file=a%3Ab::it died%0Awith 137'); say('::warning::old%25'); say('after');`);
    expect(result.lines).toEqual([
      { kind: 'group', text: 'Build', group: undefined },
      { kind: 'line', text: 'step 1%', group: 'Build' },
      { kind: 'debug', text: 'POST /containers/create', group: undefined },
      { kind: 'error', text: 'it died', group: undefined },
      { kind: 'error', text: 'with 137', group: undefined },
      { kind: 'warning', text: 'old%', group: undefined },
      { kind: 'line', text: 'after', group: undefined },
    ]);
    expect(result.errors).toEqual([{ message: 'it died\nwith 137', title: 'Health', file: 'a:b' }]);
    expect(result.warnings).toEqual([{ message: 'old%', title: undefined, file: undefined }]);
    expect(result.debug).toEqual(['POST /containers/create']);
    expect(result.log).not.toContain('POST');
  });

  test('commands in stopped output are lines like any other; in the older form they count too', async () => {
    const result = await run(`
      say('::stop-commands::tok-1'); say('::error::of the app'); say('::tok-1::');
      say('app said ##[error]aloud'); say('::unheard-of::x');`);
    expect(result.errors).toEqual([{ message: 'aloud', title: undefined, file: undefined }]);
    expect(result.log).toBe('::error::of the app\naloud\n::unheard-of::x');
  });

  test('a command that GitHub has switched off is an error', async () => {
    await expect(run("say('::set-output name=a::b')")).rejects.toThrow('the command set-output was used');
  });

  test('a malformed output file is an error, as for the runner', async () => {
    await expect(run("file('OUTPUT', 'report<<END\\nx\\n')")).rejects.toThrow('Matching delimiter not found');
  });
});

describe('the post step', () => {
  test('runs after a failure', async () => {
    const result = await run("file('STATE', 'phase=locked\\n'); say('::error::no'); process.exitCode = 1;");
    expect(result).toMatchObject({ exitCode: 1, succeeded: false });
    expect(result.post?.log).toContain('post after locked');
  });

  test('runs after what a test does between', async () => {
    const seen: unknown[] = [];
    const result = await run(
      "file('STATE', 'phase=x\\n')",
      {},
      { beforePost: (step) => void seen.push(step.state) },
    );
    expect(seen).toEqual([{ phase: 'x' }]);
    expect(result.post?.exitCode).toBe(0);
  });
});

describe('secrets', () => {
  const SECRET = 'correct horse battery';

  test('are hidden from the moment they are registered, each line of them', async () => {
    const result = await run(
      "say('::add-mask::correct horse%0Abattery staple'); say('a correct horse b'); say('battery staple')",
    );
    expect(result.log).toBe('a *** b\n***');
    expect(result.masks).toEqual(['correct horse\nbattery staple']);
    expect(result.leaks).toEqual([]);
  });

  test('are hidden in the summary, as the runner does before it is shown', async () => {
    const result = await run(`say('::add-mask::${SECRET}'); file('STEP_SUMMARY', 'with ${SECRET}')`);
    expect(result.summary).toBe('with ***');
  });

  test.each([
    ['the log before its mask', `say('${SECRET}'); say('::add-mask::${SECRET}')`, 'log', 'as it is'],
    ['an error', `say('::error::bad ${SECRET}')`, 'annotation', 'as it is'],
    ['the debug log', `say('::debug::${SECRET}')`, 'debug log', 'as it is'],
    ['base64', `say('::add-mask::${SECRET}'); say(btoa('${SECRET}'))`, 'log', 'base64'],
    ['the summary', `file('STEP_SUMMARY', encodeURIComponent('${SECRET}'))`, 'summary', 'percent-encoded'],
    [
      'an output, which nothing masks',
      `say('::add-mask::${SECRET}'); file('OUTPUT', 'a=${SECRET}\\n')`,
      'output a',
      'as it is',
    ],
    ['the state', `file('STATE', 'key=${SECRET}\\n')`, 'state key', 'as it is'],
  ])('are found in %s', async (_, task, where, form) => {
    const options = { secrets: { password: SECRET } };
    const result = await run(task, {}, { ...options, tolerateLeaks: true });
    expect(result.leaks).toContainEqual({ where, secret: 'password', form });
    await expect(run(task, {}, options)).rejects.toThrow(`password can be read in the ${where} (${form})`);
  });

  test('a line of a key is found, its armour is not', async () => {
    const key = '-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END KEY-----\n';
    const options = { secrets: { key }, tolerateLeaks: true };
    const armour = await run("say('must start with -----BEGIN KEY-----')", {}, options);
    const line = await run("say('not base64: b3BlbnNzaC1rZXktdjEA')", {}, options);
    expect(armour.leaks).toEqual([]);
    expect(line.leaks).toEqual([{ where: 'log', secret: 'key', form: 'a line of it' }]);
  });

  test('inputs that are secrets need no naming', async () => {
    await expect(run("say('with hunter2-hunter2')", { token: 'hunter2-hunter2' })).rejects.toThrow(
      'token can be read in the log',
    );
  });
});

describe('interruptions', () => {
  const trap = (body: string): string =>
    `process.on('SIGINT', () => { ${body} }); say('waiting'); const idle = setInterval(() => {}, 1000);`;

  test('a cancelled step is told by SIGINT and may clean up', async () => {
    const result = await run(
      trap("say('cleaning'); clearInterval(idle)"),
      {},
      { interrupt: { when: /waiting/, how: 'cancel' } },
    );
    expect(result.log).toBe('waiting\ncleaning');
    expect(result.exitCode).toBe(0);
    expect(result.post).toBeDefined();
  });

  test('a killed step has a signal and no exit code; its post step runs', async () => {
    const result = await run(trap(''), {}, { interrupt: { when: /waiting/, how: 'SIGKILL' } });
    expect(result).toMatchObject({ exitCode: undefined, signal: 'SIGKILL', succeeded: false });
    expect(result.post?.exitCode).toBe(0);
  });

  test('a line that never comes is an error', async () => {
    await expect(run("say('done')", {}, { interrupt: { when: /waiting/, how: 'SIGINT' } })).rejects.toThrow(
      'The step ended without a line like /waiting/',
    );
  });
});

test('a process that outlives the job is ended and named', async () => {
  const left = run(
    "spawn('sleep', ['61.5'], { detached: true, stdio: 'ignore' }).unref()",
    {},
    { orphansEndWithin: 200 },
  );
  await expect(left).rejects.toThrow('a process was left behind: sleep 61.5');
});
