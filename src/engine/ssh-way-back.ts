import { CommandError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import type { WayBack } from './engine.ts';

/** Milliseconds for the answer of sshd. */
const FORWARD_TIMEOUT = 15_000;

/**
 * Asks sshd to listen at a free port of the server's loopback, and to lead what comes there to a port of this machine's loopback
 * (`ssh -R`). It ends with the connection.
 * @param session arguments with which ssh uses the open connection, up to and including the host
 */
export async function forwardBack(
  session: readonly string[],
  port: number,
  environment: Readonly<Record<string, string>>,
  { run }: Pick<StepContext, 'run'>,
): Promise<WayBack> {
  const forward = ['-O', 'forward', '-R', `127.0.0.1:0:127.0.0.1:${port}`];
  const signal = AbortSignal.timeout(FORWARD_TIMEOUT);
  try {
    const { stdout } = await run('ssh', [...forward, ...session], { env: environment, signal });
    // Of a dynamic port, the ssh of the open connection tells the number (OpenSSH, mux.c).
    const given = Number(/^\d+$/m.exec(stdout)?.[0]);
    return given > 0 ? { kind: 'open', port: given } : { kind: 'closed', why: 'ssh did not name its port' };
  } catch (error) {
    if (signal.aborted) return { kind: 'closed', why: 'sshd did not answer a request to forward a port' };
    if (error instanceof CommandError)
      return { kind: 'closed', why: 'sshd refuses to forward a port (AllowTcpForwarding, PermitListen)' };
    throw error;
  }
}
