import { HostError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import { START_ADVICE } from './transports.ts';

/** What was said on the two ways to an engine behind SSH. */
export interface SshOutput {
  /** By ssh, which was to forward its socket. */
  readonly forwarding: readonly string[];
  /** By the docker command on the server. */
  readonly dialing: readonly string[];
}

/** Why an engine can't be reached although the login worked. */
export function sshEngineError(
  address: HostAddress & { readonly kind: 'ssh' },
  output: SshOutput,
  cause: Error,
): HostError {
  const evidence = [...output.forwarding.slice(-3), ...output.dialing.slice(-5)];
  return new HostError(address.name, explainSshOutput(address.user ?? 'the user', output), {
    evidence,
    cause,
  });
}

function explainSshOutput(user: string, { forwarding, dialing }: SshOutput): string {
  const text = dialing.join('\n');
  const refused = forwarding.some((line) => /administratively prohibited/.test(line));
  if (/permission denied/i.test(text)) {
    return `${user} may not use Docker there. Add the user to the group: sudo usermod -aG docker ${user === 'the user' ? 'USER' : user}`;
  }
  if (
    /command not found|not found|No such file or directory.*docker$|Unknown command/im.test(text) &&
    !/daemon/i.test(text)
  ) {
    return refused
      ? 'sshd refuses to forward the engine\'s socket (AllowStreamLocalForwarding, AllowTcpForwarding, DisableForwarding or "restrict"), and there is no docker command in the PATH of a command run over SSH to take its place. Allow the one or install the other.'
      : 'Docker was not found there: neither /var/run/docker.sock nor a docker command. Install Docker Engine: https://docs.docker.com/engine/install/';
  }
  if (/Session open refused|session request failed/i.test(text)) {
    return "sshd refuses to forward the engine's socket and allows no second session (MaxSessions). Allow forwarding: AllowStreamLocalForwarding yes, AllowTcpForwarding yes.";
  }
  return `the Docker engine is not running there. ${START_ADVICE}`;
}
