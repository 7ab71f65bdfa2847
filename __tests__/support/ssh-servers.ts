/** What SSH finds on the servers of engine-proofs.ts: start-up files of the shell, keys, settings of sshd, for as long as something is tried. */
import { expect } from '@jest/globals';
import type { HostAccess } from '../../src/model/access.ts';
import { programEnvironment } from '../../src/run/environment.ts';
import { access, lab, open, step, withContainer } from './engine-proofs.ts';
import type { Server } from './lab.ts';

const HOME = '/home/deploy';

/** A file of the user has another content meanwhile. */
async function withFile<Result>(
  { name }: Server,
  path: string,
  change: (content: string) => string,
  use: () => Promise<Result>,
): Promise<Result> {
  const write = (text: string) =>
    lab.run('in', name, 'sh', '-c', 'printf %s "$1" >"$2"; chown deploy "$2"', 'sh', text, path);
  const before = await lab.run('in', name, 'sh', '-c', 'cat "$1" 2>/dev/null || true', 'sh', path);
  await write(change(before));
  try {
    return await use();
  } finally {
    await write(before);
  }
}

/** The shell of the user begins with these lines. */
export const withShellStart = <Result>(server: Server, lines: string, use: () => Promise<Result>) =>
  withFile(server, `${HOME}/.bashrc`, (content) => `${lines}\n${content}`, use);

/** Each of the user's keys has these options; without them, there is none. */
export const withKeyOptions = <Result>(
  server: Server,
  options: string | undefined,
  use: () => Promise<Result>,
) =>
  withFile(
    server,
    `${HOME}/.ssh/authorized_keys`,
    (keys) => (options === undefined ? '' : keys.replaceAll(/^(?=ssh-)/gm, `${options} `)),
    use,
  );

export async function withSshd<Result>(
  { name }: Server,
  lines: string,
  use: () => Promise<Result>,
): Promise<Result> {
  await lab.run('sshd-opts', name, lines);
  try {
    return await use();
  } finally {
    await lab.run('sshd-opts', name, '');
  }
}

/** Logins that sshd has accepted on a server so far. */
export async function loginsAt({ name }: Server): Promise<number> {
  const log = await lab.run(
    'in',
    name,
    'sh',
    '-c',
    'grep -c "^Accepted publickey" /var/log/sshd.log || true',
  );
  return Number(log);
}

/**
 * A server's engine is of use as a deploy uses it: streams that stay open, a program in a container, docker itself with a
 * container of its own, and many calls, all at once.
 */
export async function proveUsable(server: Server, as: HostAccess = access): Promise<void> {
  const engine = await open(server.url, as);
  await withContainer(engine, async (id) => {
    const stop = new AbortController();
    const events = await engine.events({ type: ['container'] }, stop.signal);
    const listening = (async () => {
      for await (const _ of events);
    })();
    const staying = engine.exec(id, [
      'sh',
      '-c',
      'echo begun; until [ -e /go ]; do sleep 0.1; done; echo done',
    ]);
    const env = { ...programEnvironment(), ...lab.runnerEnvironment, ...engine.cliEnvironment };
    const docker = step.run(
      'docker',
      ['run', '--rm', '--interactive', 'busybox:1', 'sh', '-c', 'cat; echo ran'],
      {
        env,
        stdin: 'input\n',
      },
    );
    await Promise.all(Array.from({ length: 50 }, () => engine.inspectContainer(id)));
    expect((await docker).stdout).toBe('input\nran\n');
    await engine.exec(id, ['touch', '/go']);
    expect(await staying).toMatchObject({ exitCode: 0, stdout: 'begun\ndone\n' });
    stop.abort();
    await listening;
  });
}
