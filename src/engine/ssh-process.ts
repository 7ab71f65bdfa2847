import { ConfigurationError, messageOf, type SealiftError } from '../model/errors.ts';
import { thisRunner } from '../model/place-words.ts';
import { programEnvironment } from '../run/environment.ts';

/**
 * A terminal sends Ctrl-C to every process of its group. The ssh that holds the connection is in a group of its own, because what was begun
 * is taken back through it. It ends with its stdin.
 */
export const OWN_GROUP = { detached: true } as const;

/**
 * The environment of OpenSSH's programs: without the runner's agent and askpass, and with messages in English for parsing.
 * @param variables of the input `ssh-env`, for a ProxyCommand; they count more
 */
export function sshEnvironment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { SSH_AUTH_SOCK, SSH_AGENT_PID, ...environment } = userSshEnvironment(variables);
  return environment;
}

/** The same with the agent of the user. */
export function userSshEnvironment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { SSH_ASKPASS, DISPLAY, ...environment } = programEnvironment();
  return { ...environment, ...variables, LC_ALL: 'C' };
}

/** Why one of OpenSSH's programs did not start. Usually it is not installed. */
export function sshStartError(program: string, error: unknown): SealiftError {
  return new ConfigurationError(
    `${program} could not be started on ${thisRunner()} (${messageOf(error)}). Hosts with ssh:// need OpenSSH's client: install the package openssh-client.`,
    { cause: error },
  );
}
