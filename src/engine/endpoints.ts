import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { HostAddress, TlsAccess } from '../model/request.ts';
import type { Way } from './call.ts';
import { tlsFailure } from './tls.ts';

/** Enough for 200 calls at once without 200 connections. */
const SOCKETS = 64;

/** What to do about an engine that does not run. */
export const START =
  'Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run this job again.';

const UNREACHABLE = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** An engine on this machine. */
export function unixEndpoint(path: string): Way {
  return {
    agent: new Agent({ keepAlive: true, maxSockets: SOCKETS }),
    target: { socketPath: path },
    explain: (error) => {
      switch (error.code) {
        case 'ENOENT':
          return `there is no socket ${path}. Is Docker installed on this machine and running, and is the path in hosts right?`;
        case 'ECONNREFUSED':
          return `nobody listens on ${path}: the Docker engine of this machine is not running. ${START}`;
        case 'EACCES':
          return `${path} may not be opened by this user. Add the runner's user to the group "docker" and start the runner anew.`;
        default:
          return stopped(error);
      }
    },
  };
}

/** An engine behind a socket that leads through an SSH connection. */
export function tunnelEndpoint(path: string, sockets: number = SOCKETS): Way {
  return {
    // What idles in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    target: { socketPath: path },
    explain: stopped,
    afterthought: 250,
  };
}

/** An engine behind TCP with TLS. A host that does not answer is told from an engine that refuses. */
export function tcpEndpoint({ hostname, port }: HostAddress & { readonly kind: 'tcp' }, tls: TlsAccess): Way {
  return {
    agent: new TlsAgent({
      keepAlive: true,
      maxSockets: SOCKETS,
      ...tls,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    }),
    target: { host: hostname, port },
    isLoss: (error) => error.syscall !== 'connect' && UNREACHABLE.has(error.code ?? ''),
    explain: (error) => {
      const tls = tlsFailure(error);
      if (tls !== undefined) return `${tls} (${reasonIn(error)})`;
      switch (error.code) {
        case 'ENOTFOUND':
        case 'EAI_AGAIN':
          return `no address was found for the name ${hostname}. Is it spelled right in hosts, and known to the runner's name server?`;
        case 'ECONNREFUSED':
          return `nobody listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify, and the port in hosts right? ${START}`;
        default:
          return UNREACHABLE.has(error.code ?? '')
            ? `port ${port} could not be reached (${error.code}). Is the server up, and may this runner reach it (firewall, VPN)?`
            : `${stopped(error)} Or it refuses the certificate in tls-cert.`;
      }
    },
  };
}

/** `error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:…`: what a person can read of it. */
function reasonIn({ message }: Error): string {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.['reason'] ?? message.trim();
}

function stopped(error: NodeJS.ErrnoException): string {
  return `the Docker engine broke the call off (${error.code ?? error.message}). Was it stopped or restarted? ${START}`;
}
