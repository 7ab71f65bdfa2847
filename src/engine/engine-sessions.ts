import { setTimeout as delay } from 'node:timers/promises';
import type { StepContext } from '../model/step-context.ts';
import { allOrThrow } from '../run/promises.ts';
import { Tail } from '../run/tail.ts';
import {
  DIAL_ALONE,
  DIAL_PROGRAM,
  openRemoteSession,
  type SessionCommand,
  shellCommand,
} from './remote-session.ts';
import { SessionSlots } from './session-slots.ts';
import { sshEngineError } from './ssh-engine-error.ts';
import type { FirstLogin, SshConnection, SshHost } from './ssh-host.ts';

/** Sessions that can run `docker system dial-stdio`, each a connection to the engine. */
export interface EngineSessions {
  readonly slots: SessionSlots;
  /** The command of a new one. */
  readonly command: () => SessionCommand;
}

/** Sessions on one connection. sshd gives ten by default (MaxSessions), and one of them keeps the connection open. */
const MOST = 9;
/** In all. With fewer, `docker compose run` could wait for ever: it needs three at once, beside our own four (connect.ts). */
const ENOUGH = 8;
/** Milliseconds for a session to end by itself. */
const END_TIMEOUT = 5_000;

/**
 * Finds out how many sessions sshd gives on one connection, before anything is changed. If they are not enough, it logs in
 * again: sshd counts them for each connection.
 *
 * @throws HostError if sshd gives only one, or if no command runs there
 */
export async function openEngineSessions(
  host: SshHost,
  login: FirstLogin,
  { log }: Pick<StepContext, 'log'>,
): Promise<EngineSessions> {
  const hasShell = login.kind === 'shell';
  const connection = hasShell ? login.tunnel : await host.logInAgain();
  const probe = () => (hasShell ? shellCommand('cat >/dev/null') : DIAL_ALONE);
  const { given, lines } = await countSessions(connection, probe, host.environment);
  const limit = given + (hasShell ? 1 : 0);
  if (limit < 2) throw await noSessionsError(host, login, lines);

  const slots = new SessionSlots();
  slots.add(connection, given);
  const logins = Math.max(0, Math.ceil((ENOUGH - given) / limit));
  for (const more of await allOrThrow(Array.from({ length: logins }, () => host.logInAgain())))
    slots.add(more, limit);
  log.debug(
    `${host.address.name}: ${slots.size} sessions on ${1 + logins} connections reach the engine by "${DIAL_PROGRAM}".`,
  );
  return { slots, command: () => (hasShell ? shellCommand(DIAL_PROGRAM) : DIAL_ALONE) };
}

/** Opens as many sessions at once as sshd gives, and ends them. */
async function countSessions(
  connection: SshConnection,
  command: () => SessionCommand,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly given: number; readonly lines: readonly string[] }> {
  const output = new Tail(20);
  const sessions = Array.from({ length: MOST }, () =>
    openRemoteSession(connection.sessionArguments, command(), environment, (line) => output.push(line)),
  );
  const outcomes = await Promise.all(sessions.map((session) => session.outcome));
  // Once ssh has seen their ends, sshd counts them no more.
  for (const session of sessions) {
    session.input.end();
    session.output.resume();
  }
  const stop = new AbortController();
  await Promise.race([
    Promise.all(sessions.map((session) => session.closed)),
    delay(END_TIMEOUT, undefined, { signal: stop.signal }).catch(() => undefined),
  ]);
  stop.abort();
  for (const session of sessions) session.kill();
  return { given: outcomes.filter((outcome) => outcome === 'ready').length, lines: output.lines };
}

async function noSessionsError(host: SshHost, login: FirstLogin, lines: readonly string[]): Promise<Error> {
  const forwarding = login.kind === 'shell' ? login.tunnel.stderr.lines : [];
  const isOfDocker = lines.some((line) => /docker|daemon|session open refused/i.test(line));
  return login.kind === 'shell' || isOfDocker
    ? sshEngineError(host.address, { forwarding, dialing: lines })
    : await host.errorWithoutCommand([...login.stderr, ...lines]);
}
