import { ConfigurationError, HostError, type SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { oneLine, shorten } from '../model/plain-text.ts';
import {
  findExplanation,
  HOST_FAILURES,
  INPUT_FAILURES,
  matchLine,
  type SshLoginContext,
  WORDS_OF_SSH,
} from './ssh-login-failures.ts';

/** Why a login failed, from all that ssh printed. A ConfigurationError if an input must change. */
export function sshLoginError(stderrLines: readonly string[], context: SshLoginContext): SealiftError {
  const lines = withoutDebug(stderrLines);
  const options = { evidence: lines.slice(-12) };
  const inputFailure = findExplanation(INPUT_FAILURES, lines, context);
  if (inputFailure !== undefined) return new ConfigurationError(inputFailure.text, options);
  const hostFailure = findExplanation(HOST_FAILURES, lines, context);
  return new HostError(context.name, hostFailure?.text ?? unknownFailure(lines, context), options);
}

/** Whether the server closed the connection before it looked at the login: too many others were under way. */
export function mayLoginPass(stderrLines: readonly string[], context: SshLoginContext): boolean {
  const lines = withoutDebug(stderrLines);
  if (findExplanation(INPUT_FAILURES, lines, context) !== undefined) return false;
  return findExplanation(HOST_FAILURES, lines, context)?.mayPass === true;
}

function unknownFailure(lines: readonly string[], { exitCode }: SshLoginContext): string {
  const last = lines.findLast((line) => !line.startsWith('Authenticated '));
  if (exitCode === undefined || exitCode === 255) return `ssh failed: ${last ?? 'it printed nothing'}`;
  const printed = last === undefined ? '' : ` ("${last}")`;
  return `the login worked, but the server does not run a command for this user${printed}. Give the user a shell (usermod --shell /bin/sh USER), and set no ForceCommand or command="…" for this key that allows less than "docker system dial-stdio".`;
}

/** Why a login that worked is of no use: the shell does not come to our command. */
export function sshShellError(
  { name, user }: { readonly name: HostName; readonly user: string | undefined },
  lines: readonly string[],
  seconds: number,
): HostError {
  const printed = lines.filter((line) => !WORDS_OF_SSH.test(line) && line.trim() !== '');
  const last = printed.at(-1);
  const words = last === undefined ? 'It printed nothing.' : `It printed "${shorten(oneLine(last), 200)}".`;
  return new HostError(
    name,
    `the login worked, but the shell of ${user ?? 'the user'} did not run a command within ${seconds} s. ${words} Its start-up files (~/.bashrc, ~/.profile, /etc/profile.d and others) must stay quiet and ask nothing in a session that is not interactive. In bash: begin ~/.bashrc with "case $- in *i*) ;; *) return ;; esac".`,
    { evidence: printed },
  );
}

/**
 * Why an open connection has ended.
 * @param end of ssh itself, in words that follow "ssh": `ended with exit code 255`
 */
export function sshLostError(stderrLines: readonly string[], name: HostName, end: string): HostError {
  const lines = withoutDebug(stderrLines);
  const reason =
    matchLine(lines, /^Timeout, server .* not responding/) !== undefined
      ? 'the server did not answer for 15 s. The network or the server is down.'
      : matchLine(lines, /closed by remote host|Connection reset|Broken pipe/) !== undefined
        ? 'the server closed it. Was sshd or the server restarted?'
        : `ssh ${end}.`;
  return new HostError(name, `the SSH connection was lost: ${reason}`, { evidence: lines.slice(-5) });
}

function withoutDebug(lines: readonly string[]): readonly string[] {
  const unimportant = /^(?:debug|Transferred: |Bytes per second: )/;
  return lines.filter((line) => !unimportant.test(line) && line.trim() !== '');
}
