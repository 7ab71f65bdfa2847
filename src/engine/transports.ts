import { Agent } from 'node:http';
import { type AgentOptions, Agent as TlsAgent } from 'node:https';
import { isIPv6 } from 'node:net';
import type { TlsAccess } from '../model/access.ts';
import type { HostAddress } from '../model/host-address.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace, thisJob, thisRunner } from '../model/place-words.ts';
import { proxyFor } from '../run/proxy.ts';
import { ProxyAgent, ProxyError } from '../run/proxy-agent.ts';
import type { Transport } from './http-request.ts';
import { explainTlsFailure } from './tls.ts';

export type TcpAddress = HostAddress & { readonly kind: 'tcp' };

/** Enough for 200 calls at once, without 200 connections. */
const MAX_SOCKETS = 64;

/** What to do about an engine that does not run. */
export const startAdvice = (): string =>
  `Start it: sudo systemctl start docker (why it stopped: journalctl -u docker), and run ${thisJob()} again.`;

const UNREACHABLE_CODES = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);

/** An engine on this machine. */
export function unixTransport(path: string): Transport {
  return {
    agent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    address: { socketPath: path },
    explainError: (error) => {
      switch (error.code) {
        case 'ENOENT':
          return `there is no socket ${path}. Is Docker installed and running on this machine? Is the path in "${inputRef('hosts')}" right?`;
        case 'ECONNREFUSED':
          return `nothing listens on ${path}: the Docker engine of this machine is not running. ${startAdvice()}`;
        case 'EACCES':
          return `this user may not open ${path}. ${byPlace('Add the runner\'s user to the group "docker" and restart the runner.', 'Add it to the group "docker", and log in again.')}`;
        default:
          return brokenCallText(error);
      }
    },
  };
}

/** An engine behind a socket that leads through an SSH connection. */
export function tunnelTransport(path: string, sockets: number = MAX_SOCKETS): Transport {
  return {
    // An idle connection in a tunnel holds a session of sshd; a few are enough.
    agent: new Agent({ keepAlive: true, maxSockets: sockets, maxFreeSockets: Math.min(sockets, 16) }),
    hasFewConnections: sockets < MAX_SOCKETS,
    // Containers that take long to stop may have all of a few connections.
    urgentAgent: new Agent({ keepAlive: true, maxSockets: 1 }),
    address: { socketPath: path },
    explainError: brokenCallText,
    graceAfterDisconnect: 250,
  };
}

/** An engine behind TCP with TLS. A host that does not answer is not the same as an engine that refuses. */
export function tcpTransport({ hostname, port }: TcpAddress, tls: TlsAccess): Transport {
  const connection = { keepAlive: true, maxSockets: MAX_SOCKETS, minVersion: 'TLSv1.2' } as const;
  return {
    agent: tcpAgent({ hostname, port }, { ...connection, ...tls, rejectUnauthorized: true }),
    address: { host: hostname, port },
    isHostUnreachable: (error) => error.syscall !== 'connect' && UNREACHABLE_CODES.has(error.code ?? ''),
    explainError: (error) => {
      if (error instanceof ProxyError)
        return `${error.message}. It is named in https_proxy; if ${thisRunner()} reaches ${hostname} without a proxy, name that in no_proxy.`;
      const tlsFailure = explainTlsFailure(error);
      if (tlsFailure !== undefined) return `${tlsFailure} (${tlsReasonIn(error)})`;
      switch (error.code) {
        case 'ENOTFOUND':
        case 'EAI_AGAIN':
          return `no address was found for the name ${hostname}. Is it spelled correctly in "${inputRef('hosts')}"? Does the DNS of ${thisRunner()} know it?`;
        case 'ECONNREFUSED':
          return `nothing listens on port ${port}. Is the Docker engine running there, with -H tcp://0.0.0.0:${port} --tlsverify? Is the port in "${inputRef('hosts')}" right? ${startAdvice()}`;
        default:
          return UNREACHABLE_CODES.has(error.code ?? '')
            ? `port ${port} could not be reached (${error.code}). Is the server up? Can ${thisRunner()} reach it (firewall, VPN)?`
            : `${brokenCallText(error)} Or it refuses the certificate in "${inputRef('tls-cert')}".`;
      }
    },
  };
}

/** `docker` goes through the proxy of the runner too, with the same variables. */
export function tcpAgent(
  { hostname, port }: Pick<TcpAddress, 'hostname' | 'port'>,
  options: AgentOptions,
): TlsAgent {
  const host = isIPv6(hostname) ? `[${hostname}]` : hostname;
  const proxy = proxyFor(new URL(`https://${host}:${port}`));
  return proxy === undefined ? new TlsAgent(options) : new ProxyAgent(proxy, options);
}

/** The readable part of `error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:…`. */
function tlsReasonIn({ message }: Error): string {
  return /SSL routines:[^:]*:(?<reason>[^:]+)/.exec(message)?.groups?.['reason'] ?? message.trim();
}

function brokenCallText(error: NodeJS.ErrnoException): string {
  return `the Docker engine closed the connection during the call (${error.code ?? error.message}). Was it stopped or restarted? ${startAdvice()}`;
}
