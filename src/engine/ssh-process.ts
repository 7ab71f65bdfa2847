import { ConfigurationError, messageOf, type SealiftError } from '../model/errors.ts';
import { programEnvironment } from '../run/environment.ts';

/** For OpenSSH's programs: no agent and no askpass of the runner's, and messages in English, which are read. */
export function sshEnvironment(): Record<string, string> {
  const {
    SSH_AUTH_SOCK: _agent,
    SSH_AGENT_PID: _pid,
    SSH_ASKPASS: _askpass,
    DISPLAY: _display,
    ...rest
  } = programEnvironment();
  return { ...rest, LC_ALL: 'C' };
}

/** Why one of OpenSSH's programs did not even start: most often it is not installed. */
export function sshStartError(program: string, error: unknown): SealiftError {
  return new ConfigurationError(
    `${program} could not be started on this runner (${messageOf(error)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error },
  );
}
