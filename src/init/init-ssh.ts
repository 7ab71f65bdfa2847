import { SealiftError } from '../model/errors.ts';
import type { InitOptions } from './init-options.ts';
import type { Person } from './person.ts';
import { AS_ROOT } from './server-scripts.ts';
import type { WorkFolder } from './work-folder.ts';

/** The user's own ssh, with the host keys that were confirmed. */
export class Ssh {
  readonly #options: InitOptions;
  readonly #knownHosts: string;
  readonly #work: WorkFolder;

  /** @param knownHosts a file */
  constructor(options: InitOptions, knownHosts: string, work: WorkFolder) {
    this.#options = options;
    this.#knownHosts = knownHosts;
    this.#work = work;
  }

  /** What a script printed that ran as root. */
  async asRoot(script: string): Promise<string> {
    const { server } = this.#options;
    return await this.#ssh(server.user, [], AS_ROOT, script).catch((cause: unknown) => {
      throw new SealiftError(
        `init: can't prepare ${server.name}: its login must be root, or may use sudo without a password, with a key of your ssh.`,
        { cause, evidence: cause instanceof SealiftError ? [cause.message, ...cause.evidence] : [] },
      );
    });
  }

  /** What a command printed that ran as a user who logs in with one key. */
  async as(user: string, keyFile: string, command: string): Promise<string> {
    const { server } = this.#options;
    const settings = ['IdentitiesOnly=yes', 'IdentityAgent=none', 'BatchMode=yes'];
    const only = [...settings.flatMap((each) => ['-o', each]), '-i', keyFile];
    return await this.#ssh(user, only, command).catch((cause: unknown) => {
      throw new SealiftError(
        `init: ${user} was made at ${server.name}, but does not reach Docker with ${keyFile}. Look at the settings of sshd (AllowUsers, AuthorizedKeysFile).`,
        { cause, evidence: cause instanceof SealiftError ? [cause.message, ...cause.evidence] : [] },
      );
    });
  }

  async #ssh(
    user: string | undefined,
    options: readonly string[],
    command: string,
    stdin?: string,
  ): Promise<string> {
    const { hostname, port } = this.#options.server;
    const args = [
      ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${this.#knownHosts}`],
      ...['-o', 'GlobalKnownHostsFile=/dev/null', '-T', ...options],
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...['--', hostname, command],
    ];
    const sent = stdin === undefined ? {} : { stdin };
    const { run, env } = this.#work;
    return (await run('ssh', args, { env, shownAs: 'ssh', ...sent })).stdout;
  }
}

/** As Sealift will log in: with this key only, to this host key only. */
export async function proveUserLogin(
  ssh: Ssh,
  keyFile: string,
  { user, server }: InitOptions,
  { say }: Person,
): Promise<void> {
  const engine = await ssh.as(user, keyFile, "docker version --format '{{.Server.Version}}'");
  say(`✓ ${user} logs in at ${server.hostname} with the key, and reaches Docker ${engine.trim()}`);
}
