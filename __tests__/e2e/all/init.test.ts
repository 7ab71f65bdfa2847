/** `sealift init`: from a server that knows only root to one that Sealift can deploy to, and a second run that changes nothing. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { webApp } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { removeApp } from '../../support/lab/cleanup.ts';
import { labWith, serverOf, uniquePort } from '../../support/lab.ts';
import { read } from '../../support/repository.ts';
import { runWorkflow } from '../../support/runner/workflow/run-workflow.ts';
import { mistakesIn } from '../../support/workflow-lint.ts';
import { loadVerdicts } from '../../support/workflow-parser.ts';
import { brokenLimits, brokenRules } from '../../support/workflow-rules.ts';
import { workspace } from '../../support/workspace.ts';

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const lab = await labWith(1, { builds: true });
const server = serverOf(lab);
const USER = 'shipper';
const hostname = new URL(server.url).hostname;
const AS_ROOT = `ssh://root@${hostname}`;
const WORKFLOW = '.github/workflows/deliver.yml';

let agent: ReturnType<typeof spawn>;
let folder: string;
let checkout: string;

const onServer = (script: string): Promise<string> => lab.run('in', server.name, 'sh', '-c', script);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'init-'));
  checkout = join(folder, 'checkout');
  await mkdir(join(folder, 'home/.ssh'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'bin'));
  await mkdir(checkout);
  agent = spawn('ssh-agent', ['-D', '-a', join(folder, 'agent')], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (agent.stdout !== null) await once(agent.stdout, 'data');
  await writeFile(join(folder, 'root-key'), lab.ssh.key, { mode: 0o600 });
  await succeeded('ssh-add', ['-q', join(folder, 'root-key')]);
  // root logs in with the same key as the user of the lab.
  await lab.run('sshd-opts', server.name, 'PermitRootLogin prohibit-password');
  await onServer('mkdir -p /root/.ssh && cp /home/deploy/.ssh/authorized_keys /root/.ssh/authorized_keys');
});
afterAll(async () => {
  agent.kill();
  await lab.run('sshd-opts', server.name, '');
  await onServer(`userdel -r ${USER} 2>/dev/null; rm -f /root/.ssh/authorized_keys`);
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    HOME: join(folder, 'home'),
    SSH_AUTH_SOCK: join(folder, 'agent'),
    FAKE_GH: join(folder, 'gh'),
  };
  return new Promise((done) => {
    execFile(program, [...args], { cwd: checkout, env }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

async function succeeded(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args);
  if (code === 0) return stdout;
  throw new Error(`It ended with exit code ${code}:\n${stdout}\n${stderr}`);
}

const usual = ['init', AS_ROOT, '--repository', 'octo/shop', '--user', USER];
const sealift = (...more: readonly string[]): Promise<Ended> =>
  run(process.execPath, [CLI, ...usual, ...more]);

/** Everything that `init` may change on the server. */
const stateOfServer = (): Promise<string> =>
  onServer(
    `id ${USER} 2>&1; cat /etc/passwd /etc/group; stat -c '%n %a %U %Y' /home/${USER}/.ssh /home/${USER}/.ssh/* 2>&1; cat /home/${USER}/.ssh/authorized_keys 2>&1 || true`,
  );

/** `SHA256:…` of the server's own key, as a person sees it at its console. */
const fingerprint = async (): Promise<string> =>
  (await onServer('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? '';

test('a host key that nobody has confirmed is refused, and nothing is done', async () => {
  const before = await stateOfServer();
  const unknown = await sealift('--yes');
  expect(unknown.stdout).toContain(await fingerprint());
  expect(unknown.stderr).toContain('error: init: nobody can be asked whether this is the host key of');
  expect(unknown.code).toBe(2);
  const wrong = await sealift('--yes', '--fingerprint', `SHA256:${'a'.repeat(43)}`);
  expect(wrong.stderr).toContain('shows another host key');
  expect(wrong.code).toBe(2);
  expect(await stateOfServer()).toBe(before);
});

test('without --yes it shows what is missing, and does nothing where nobody can be asked', async () => {
  const before = await stateOfServer();
  const { code, stdout, stderr } = await sealift('--fingerprint', await fingerprint());
  expect(stdout).toContain(`This is missing, and will be made:
  here: the key ${join(folder, 'home/.ssh/sealift-shop-production')}
  ${AS_ROOT}: the user ${USER}
  ${AS_ROOT}: ${USER} in the group docker, which is as good as root there
  ${AS_ROOT}: the key of Sealift for ${USER}
  here: the workflow .github/workflows/deliver.yml
`);
  expect(stderr).toContain('Give --yes. Nothing was done.');
  expect(code).toBe(2);
  expect(await stateOfServer()).toBe(before);
  expect(await run('ls', ['-A', checkout])).toMatchObject({ stdout: '' });
});

let keyFile: string;
let printed: string;

test('it makes the user, the key and the workflow, and proves the login', async () => {
  const { code, stdout, stderr } = await sealift('--yes', '--fingerprint', await fingerprint());
  expect(stderr).toBe('');
  expect(code).toBe(0);
  printed = stdout;
  keyFile = join(folder, 'home/.ssh/sealift-shop-production');
  expect(stdout).toMatch(/✓ engine: Docker \d/);
  expect(stdout).toContain(`✓ ${USER} logs in at ${hostname} with the key, and reaches Docker`);
  expect(await onServer(`id -nG ${USER}`)).toContain('docker');
});

test('what it printed is what Sealift takes: status reaches the server with it', async () => {
  const knownHosts = [...printed.matchAll(/^ {2}(\S+ (?:ssh|ecdsa)-\S+ AAAA\S+)$/gm)].map(([, line]) => line);
  // Of the keys that the server shows, the one that was compared.
  expect(knownHosts).toHaveLength(1);
  await writeFile(join(folder, 'known'), `${knownHosts[0]}\n`);
  expect(await succeeded('ssh-keygen', ['-lf', join(folder, 'known')])).toContain(` ${await fingerprint()} `);
  const { stdout, code } = await run(process.execPath, [
    ...[CLI, 'status', '--app', 'shop', '--environment', 'production', '--json'],
    ...['--hosts', `ssh://${USER}@${hostname}`, '--ssh-key', `@${keyFile}`],
    ...['--known-hosts', knownHosts.join('\n')],
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ result: 'reported' });
  expect(code).toBe(0);
});

test('it prints the commands of gh, which a shell can run', async () => {
  expect(printed).toContain(`gh secret set SSH_KEY --env production --repo octo/shop < ${keyFile}`);
  expect(printed).toContain(
    `gh variable set HOSTS --env production --repo octo/shop --body ssh://${USER}@${hostname}`,
  );
  const script = printed.slice(printed.indexOf('gh api'), printed.indexOf('\nReady.'));
  await fakeGh();
  await succeeded('sh', ['-euc', script]);
  expect(await callsOfGh()).toEqual([
    'api --silent repos/octo/shop/environments/production',
    'api --silent --method PUT repos/octo/shop/environments/production',
    'secret set SSH_KEY --env production --repo octo/shop',
    `variable set HOSTS --env production --repo octo/shop --body ssh://${USER}@${hostname}`,
    expect.stringMatching(/^variable set KNOWN_HOSTS --env production --repo octo\/shop --body \S+ /),
  ]);
});

test('the workflow that it wrote is one that GitHub and the rules of this project accept', async () => {
  const text = await readFile(join(checkout, WORKFLOW), 'utf8');
  const verdicts = await loadVerdicts();
  expect(await verdicts.workflow('deliver.yml', text, read)).toEqual([]);
  expect(mistakesIn(text, read)).toEqual([]);
  expect([...brokenRules(text), ...brokenLimits(text)]).toEqual([]);
});

test('a second run changes nothing, here and there', async () => {
  const [server1, workflow, key] = [
    await stateOfServer(),
    await readFile(join(checkout, WORKFLOW), 'utf8'),
    await readFile(keyFile, 'utf8'),
  ];
  const { code, stdout } = await sealift('--fingerprint', await fingerprint());
  expect(code).toBe(0);
  expect(stdout).toContain('Nothing is missing.');
  expect(await stateOfServer()).toBe(server1);
  expect(await readFile(join(checkout, WORKFLOW), 'utf8')).toBe(workflow);
  expect(await readFile(keyFile, 'utf8')).toBe(key);
});

test('with --json, stdout is one document for a program, also where it fails', async () => {
  const { code, stdout, stderr } = await sealift('--json', '--fingerprint', await fingerprint());
  expect(code).toBe(0);
  expect(stderr).toContain('Nothing is missing.');
  expect(JSON.parse(stdout)).toEqual({
    ...{ command: 'init', result: 'unchanged', server: AS_ROOT, user: USER, repository: 'octo/shop' },
    ...{ environment: 'production', key: keyFile, workflow: WORKFLOW, made: [] },
    knownHosts: [expect.stringMatching(/ ssh-ed25519 AAAA/)],
    checks: expect.arrayContaining([{ ok: true, text: expect.stringMatching(/^engine: Docker /) }]),
    commands: expect.arrayContaining([expect.stringMatching(/^gh secret set SSH_KEY /)]),
  });
  const refused = await sealift('--json', '--fingerprint', `SHA256:${'a'.repeat(43)}`);
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    ...{ command: 'init', result: 'failed', error: expect.stringContaining('shows another host key') },
  });
});

test('with --gh it sets up GitHub, only what is missing there', async () => {
  await fakeGh();
  // That of the first run has no reviewer, so it asks for no approval.
  await rm(join(checkout, WORKFLOW));
  const gh = ['--yes', '--gh', '--reviewer', 'mona', '--fingerprint', await fingerprint()];
  const first = await sealift(...gh);
  expect(first.stderr).toBe('');
  expect(first.stdout).toContain(`  GitHub: the environment production, approved by mona
  GitHub: the secret SSH_KEY
  GitHub: the variable HOSTS
  GitHub: the variable KNOWN_HOSTS
`);
  expect(await readFile(join(folder, 'gh/environment.json'), 'utf8')).toBe(
    '{"reviewers":[{"type":"User","id":42}]}',
  );
  expect(await readFile(join(folder, 'gh/SSH_KEY'), 'utf8')).toBe(await readFile(keyFile, 'utf8'));
  const calls = (await callsOfGh()).length;
  const second = await sealift(...gh);
  expect(second.stdout).toContain('Nothing is missing.');
  expect((await callsOfGh()).slice(calls).filter((call) => / set | PUT /.test(call))).toEqual([]);
});

test('what it has made delivers the first release, once somebody has approved that', async () => {
  const kept = (name: string): Promise<string> => readFile(join(folder, 'gh', name), 'utf8');
  const workflow = await readFile(join(checkout, WORKFLOW), 'utf8');
  expect(workflow).not.toContain('approval: off');
  const port = uniquePort();
  const app = await workspace({ files: { ...webApp({ version: '1', port }), [WORKFLOW]: workflow } });
  const { address, username, password } = lab.registry;
  let asked = 0;
  try {
    const run = await runWorkflow(workflow, {
      ...{ origin: app.path, job: { sha: app.sha }, machine: lab.runnerEnvironment },
      settings: {
        environments: {
          production: {
            secrets: { SSH_KEY: await kept('SSH_KEY') },
            variables: { HOSTS: await kept('v_HOSTS'), KNOWN_HOSTS: await kept('v_KNOWN_HOSTS') },
            approve() {
              asked += 1;
              return true;
            },
          },
        },
      },
      // In place of ghcr.io and the job's token.
      inputs: () => ({
        ...{ image: `${address}/init/shop`, 'registry-username': username, 'registry-password': password },
      }),
    });
    expect(run.succeeded().results).toEqual({ deliver: 'success' });
    expect(asked).toBe(1);
    const { body } = await ask(`http://${server.address}:${port}/`);
    expect(JSON.parse(body)).toMatchObject({ version: '1' });
  } finally {
    await removeApp(server, 'shop');
    await app.remove();
  }
});

test('a login that may not become root is named', async () => {
  await onServer('mv /root/.ssh/authorized_keys /root/.ssh/none');
  const { code, stderr } = await sealift('--yes', '--fingerprint', await fingerprint());
  await onServer('mv /root/.ssh/none /root/.ssh/authorized_keys');
  expect(stderr).toContain(`error: init: can't prepare ${AS_ROOT}: its login must be root`);
  expect(stderr).toContain('Permission denied');
  expect(code).toBe(1);
});

/** Stands in for `gh`, which speaks with GitHub only: it keeps what it is given, and answers from it. */
async function fakeGh(): Promise<void> {
  await rm(join(folder, 'gh'), { recursive: true, force: true });
  await mkdir(join(folder, 'gh'));
  const path = join(folder, 'bin/gh');
  await writeFile(
    path,
    `#!/bin/sh
cd "$FAKE_GH"
echo "$*" | tr '\\n' ' ' >>calls; echo >>calls
case "$*" in
'api users/'*) echo 42 ;;
*' --input -') cat >environment.json ;;
'api --silent --method PUT'*) echo '{}' >environment.json ;;
'api --silent repos/'*) [ -e environment.json ] ;;
'api repos/'*) if [ -e environment.json ]; then sed 's/{"reviewers".*/{"protection_rules":[{"type":"required_reviewers"}]}/' environment.json; else echo 'gh: Not Found (HTTP 404)' >&2; exit 1; fi ;;
'secret set'*) cat >"$3" ;;
'variable set'*) if [ "$8" = --body ]; then printf %s "$9" >"v_$3"; else cat >"v_$3"; fi ;;
'secret list'*) if [ -e SSH_KEY ]; then echo '[{"name":"SSH_KEY"}]'; else echo '[]'; fi ;;
'variable list'*) ${JSON.stringify(process.execPath)} -e 'const fs=require("fs");console.log(JSON.stringify(fs.readdirSync(".").filter(f=>f.startsWith("v_")).map(f=>({name:f.slice(2),value:fs.readFileSync(f,"utf8")}))))' ;;
*) echo "unknown: $*" >&2; exit 2 ;;
esac
`,
  );
  await chmod(path, 0o755);
}

const callsOfGh = async (): Promise<readonly string[]> =>
  (await readFile(join(folder, 'gh/calls'), 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
