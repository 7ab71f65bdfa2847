import { join } from 'node:path';
import type { HostError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import type { StepContext } from '../model/step-context.ts';
import { type RetryPolicy, retryTransient, TransientError } from '../run/retry.ts';
import type { Tail } from '../run/tail.ts';
import type { WayBack } from './engine.ts';
import { enterLoginQueue } from './login-queue.ts';
import type { SshAgent } from './ssh-agent.ts';
import type { SshCertificateDetails } from './ssh-certificates.ts';
import { mayLoginPass, sshLoginError, sshLostError, sshShellError } from './ssh-errors.ts';
import type { SshFolder } from './ssh-folder.ts';
import type { SshLoginContext } from './ssh-login-failures.ts';
import { type SshMaster, startSshMaster } from './ssh-master.ts';
import { findOfferedHostKey, hostArguments, type SshSettings } from './ssh-settings.ts';
import { SHELL_LIMITS, type ShellLogin, type ShellOutcome, startShellLogin } from './ssh-shell.ts';
import { forwardBack } from './ssh-way-back.ts';

export type SshAddress = HostAddress & { readonly kind: 'ssh' };

/** A login that stays open. */
export interface SshConnection {
  /** Arguments with which ssh opens another session on this connection, up to and including the host. */
  readonly sessionArguments: readonly string[];
  /** The last lines of ssh's stderr. */
  readonly stderr: Tail;
}

/** A login whose session runs our command, with a local socket that is forwarded to the engine's socket on the server. */
export interface SshTunnel extends SshConnection {
  readonly socketPath: string;
}

/**
 * What the first login gave: our command runs in a shell, or it does not. Then the key may run `docker system dial-stdio` alone, or
 * nothing of use.
 */
export type FirstLogin =
  | { readonly kind: 'shell'; readonly tunnel: SshTunnel }
  | { readonly kind: 'no shell'; readonly stderr: readonly string[] };

/** In the words of ssh. */
const NO_LOGIN = `Connection timed out: no login within ${SHELL_LIMITS.login / 1000} s`;
const ENGINE_SOCKET = '/var/run/docker.sock';

/** A server closes a connection before the login if too many are under way. That passes within seconds. */
const LOGIN_RETRIES: RetryPolicy = { attempts: 5, firstWait: 1_000, longestWait: 8_000 };

/** What the logins of a host need. */
export interface SshHostParts {
  readonly folder: SshFolder;
  readonly agent: SshAgent;
  readonly certificates: readonly SshCertificateDetails[];
  readonly settings: SshSettings;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the keys are those of the user at a terminal, not of an input. */
  readonly userKeys: boolean;
  /** The same of the host keys. */
  readonly userKnownHosts: boolean;
  /** Rejects with what is wrong with the inputs: it may be known only after a login has begun. */
  readonly inputsChecked: Promise<void>;
}

/** A server as SSH reaches it. Logs in, once or several times, and closes all of it. */
export class SshHost {
  readonly address: SshAddress;
  readonly environment: Readonly<Record<string, string>>;
  readonly #step: StepContext;
  readonly #parts: SshHostParts;
  readonly #masters: SshMaster[] = [];
  readonly #connections: SshConnection[] = [];
  readonly #lost = Promise.withResolvers<HostError>();
  #logins = 0;
  #closing: boolean = false;

  constructor(address: SshAddress, step: StepContext, parts: SshHostParts) {
    this.address = address;
    this.environment = parts.environment;
    this.#step = step;
    this.#parts = parts;
  }

  /** Resolves when a connection was lost. */
  get disconnected(): Promise<HostError> {
    return this.#lost.promise;
  }

  /** The path of a socket in the private folder. */
  socketPath(name: string): string {
    return join(this.#parts.folder.path, name);
  }

  /**
   * Logs in and forwards a private local socket to the engine's. The session beside it, whose stdin this process holds, ends
   * ssh and the command on the server, even when this process is killed.
   *
   * @throws ConfigurationError or HostError that says what to change
   */
  async logIn(): Promise<FirstLogin> {
    const socketPath = this.socketPath('engine');
    return await this.#inTurn(async (control, options) => {
      const login = startShellLogin([...forwardingTo(socketPath), ...this.#arguments(control)], options);
      await this.#untilInputsChecked(login);
      const outcome = await login.outcome;
      if (outcome === 'runs') return { kind: 'shell', tunnel: { ...this.#keep(login, control), socketPath } };
      return await this.#endWithoutShell(login, outcome);
    });
  }

  /** A mistake in the inputs explains more than whatever comes of the login, so it ends the login. */
  async #untilInputsChecked(login: ShellLogin): Promise<void> {
    const { inputsChecked } = this.#parts;
    try {
      await Promise.race([login.outcome, inputsChecked]);
      await inputsChecked;
    } catch (error) {
      login.kill();
      throw error;
    }
  }

  /** @throws HostError that says why, unless the key may run a command of its own */
  async #endWithoutShell(login: ShellLogin, outcome: ShellOutcome): Promise<FirstLogin> {
    if (outcome === 'no login') login.stderr.push(NO_LOGIN);
    const said = [...login.stderr.lines, ...login.printed()];
    login.kill();
    const exitCode = await login.ended;
    if (outcome === 'silent') throw sshShellError(this.address, said, SHELL_LIMITS.shell / 1000);
    for (const line of login.printed()) login.stderr.push(line);
    if (outcome === 'engine' || (await login.loggedIn))
      return { kind: 'no shell', stderr: login.stderr.lines };
    throw await this.#loginError(login, exitCode);
  }

  /** Logs in once more, without a session of its own, so that every session that sshd allows is free for the engine. */
  async logInAgain(): Promise<SshConnection> {
    return await this.#inTurn(async (control, options) => {
      const login = startSshMaster(this.#arguments(control), { ...options, command: undefined });
      const deadline = setTimeout(() => {
        login.stderr.push(NO_LOGIN);
        login.kill();
      }, SHELL_LIMITS.login);
      const worked = await login.loggedIn.finally(() => clearTimeout(deadline));
      if (worked) return this.#keep(login, control);
      throw await this.#loginError(login, await login.ended);
    });
  }

  /** The error for a login whose session is of no use, from what the server printed instead. */
  async errorWithoutCommand(lines: readonly string[]): Promise<Error> {
    return sshLoginError(lines, await this.#context(1, undefined));
  }

  /** From now on nobody can log in. What is logged in stays so. */
  forgetKeys(): Promise<void> {
    return this.#parts.agent.end();
  }

  /** Lets the server reach a port of this machine's loopback over the open connection, until that ends. */
  async openWayBack(port: number): Promise<WayBack> {
    const [connection] = this.#connections;
    if (connection === undefined) return { kind: 'closed', why: 'there is no connection' };
    return await forwardBack(connection.sessionArguments, port, this.environment, this.#step);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const forgotten = this.forgetKeys();
    for (const master of this.#masters) master.kill();
    await Promise.all([forgotten, ...this.#masters.map((master) => master.ended)]);
    await this.#parts.folder.remove();
  }

  /** Runs a login when it is this host's turn, and again while the server has no room for it. */
  async #inTurn<Result>(
    logIn: (
      control: string,
      options: {
        readonly environment: Readonly<Record<string, string>>;
        readonly onLine: (line: string) => void;
      },
    ) => Promise<Result>,
  ): Promise<Result> {
    const { agent, settings, environment } = this.#parts;
    const { log } = this.#step;
    const { name } = this.address;
    const attempt = async () => {
      const leave = await enterLoginQueue(settings.firstHop);
      try {
        await agent.refresh();
        const onLine = (line: string) => {
          // The first of these lines is that of the first hop, whose turn is over then.
          if (line.startsWith('Authenticated to ')) leave();
          log.debug(`${name}: ssh: ${line}`);
        };
        this.#logins += 1;
        return await logIn(this.socketPath(`ctl${this.#logins}`), { environment, onLine });
      } finally {
        leave();
      }
    };
    return await retryTransient(`The login at ${name}`, attempt, {
      log,
      retryPolicy: LOGIN_RETRIES,
      signal: undefined,
    });
  }

  #arguments(control: string): readonly string[] {
    return ['-S', control, '-F', this.#parts.folder.configFile, '-T', ...hostArguments(this.address)];
  }

  #keep(master: SshMaster, control: string): SshConnection {
    this.#masters.push(master);
    void master.ended.then((code) => {
      const end = code === undefined ? 'was ended by a signal' : `ended with exit code ${code}`;
      if (!this.#closing) this.#lost.resolve(sshLostError(master.stderr.lines, this.address.name, end));
    });
    // Without a way of its own: ssh would log in anew where the open connection gives it no session.
    const ownWay = ['-o', 'ProxyCommand=false', '-o', 'ProxyUseFdpass=no'];
    const sessionArguments = [...ownWay, ...this.#arguments(control)];
    const connection = { sessionArguments, stderr: master.stderr };
    this.#connections.push(connection);
    return connection;
  }

  async #loginError({ stderr }: SshMaster, exitCode: number | undefined): Promise<Error> {
    const { folder } = this.#parts;
    const login = ['-F', folder.configFile, '-T', ...hostArguments(this.address)];
    const offered = await findOfferedHostKey(stderr.lines, login, this.environment, this.#step);
    const context = await this.#context(exitCode, offered);
    const error = sshLoginError(stderr.lines, context);
    const reason = 'the server closed the connection before the login.';
    return mayLoginPass(stderr.lines, context) ? new TransientError(error, { reason }) : error;
  }

  async #context(exitCode: number | undefined, offeredHostKey: string | undefined): Promise<SshLoginContext> {
    const { settings, agent, certificates, folder, userKeys, userKnownHosts } = this.#parts;
    const { name } = this.address;
    const keys = await agent.fingerprints();
    const { config } = folder;
    return {
      ...{ name, settings, keys, userKeys, userKnownHosts, certificates, config, exitCode, offeredHostKey },
    };
  }
}

/** Arguments with which ssh forwards a socket of this machine to the engine's. */
function forwardingTo(socketPath: string): readonly string[] {
  const options = ['ExitOnForwardFailure=yes', 'StreamLocalBindUnlink=yes', 'StreamLocalBindMask=0177'];
  return ['-L', `${socketPath}:${ENGINE_SOCKET}`, ...options.flatMap((option) => ['-o', option])];
}
