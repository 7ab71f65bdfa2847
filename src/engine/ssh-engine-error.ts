import { HostError } from '../model/errors.ts';
import type { SshAddress } from './ssh-host.ts';
import { startAdvice } from './transports.ts';

/** What was printed on both routes to an engine behind SSH. */
export interface SshOutput {
  /** stderr of ssh, which was to forward the socket. */
  readonly forwarding: readonly string[];
  /** By the docker command on the server. */
  readonly dialing: readonly string[];
}

/** Why an engine can't be reached although the login worked. */
export function sshEngineError({ name, user }: SshAddress, output: SshOutput, cause?: Error): HostError {
  const evidence = [...output.forwarding.slice(-3), ...output.dialing.slice(-5)];
  return new HostError(name, explainOutput(user, output), { evidence, cause });
}

function explainOutput(user: string | undefined, { forwarding, dialing }: SshOutput): string {
  const text = dialing.join('\n');
  if (/Session open refused|session request failed/i.test(text)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow two sessions or more (MaxSessions 10 is the default), or the forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  if (/permission denied/i.test(text)) {
    return `${user ?? 'the user'} may not use Docker there. Add the user to the group docker: sudo usermod -aG docker ${user ?? 'USER'}`;
  }
  if (
    /command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text) &&
    !/daemon/i.test(text)
  ) {
    return forwarding.some((line) => /administratively prohibited/.test(line))
      ? 'sshd refuses to forward the engine\'s socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command to use instead in the PATH of a command over SSH. Allow the forwarding, or install the docker command.'
      : 'Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/';
  }
  return `the Docker engine is not running there. ${startAdvice()}`;
}
