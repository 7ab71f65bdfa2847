import { LOCAL_IDENTITY, type ProbeIdentity } from '../edge/probe-server.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import type { RouteProtocol } from '../model/route.ts';

/**
 * Why a healthy service is dead for visitors: what was seen, the usual causes and what to change. Pure.
 * @param port of the container, as the Compose file says
 * @param failure why no answer came
 */
export function noAnswerText(
  service: ServiceName,
  port: number,
  path: string,
  failure: string,
  protocol?: RouteProtocol,
): string {
  if (protocol === 'tcp' || protocol === 'tls') return noPortAnswerText(service, port, protocol, failure);
  const slow = / within \d/.test(failure);
  const causes = [
    ...(failure.endsWith('is TLS')
      ? ['The service ends TLS itself: set app_protocol: https on the port, so that TLS is passed through.']
      : []),
    ...(protocol === undefined && failure.endsWith('is HTTP/2')
      ? ['The port speaks nothing but HTTP/2: set app_protocol: h2c on it, or app_protocol: grpc.']
      : []),
    ...(slow
      ? [`${path} takes too long: set "${inputRef('health-path')}" to a path that is answered sooner.`]
      : []),
    'The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.',
    `It listens on another port than ${port}: set its port as the container port in the Compose file (or in the input "${inputRef('port')}").`,
    protocol === undefined
      ? 'The port does not speak HTTP: set app_protocol: tcp on it.'
      : `The port does not speak HTTP/2 without TLS: remove app_protocol: ${protocol} from it.`,
  ];
  return `${service} gives visitors no answer on its port ${port}: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(' ')}`;
}

/** Status codes with which apps refuse a name that is not their own (Django: 400; Rails: 403; RFC 9110: 421). */
const REFUSED_HOST = /^answered (?:400|403|421)$/;

/**
 * What a service answered to `health-path`, as whom it was asked, and what to change. Pure.
 * @param failure such as `answered 400`
 */
export function wrongStatusText(failure: string, { host, scheme, protocol }: ProbeIdentity): string {
  if (protocol === 'grpc') return `${failure} to gRPC's health check (grpc.health.v1).`;
  const asked = `${failure} to a request for ${scheme}://${host}.`;
  const advice =
    host === LOCAL_IDENTITY.host && REFUSED_HOST.test(failure)
      ? `If the app answers to its own name only (ALLOWED_HOSTS, config.hosts), set "${inputRef('health-host')}" to that name.`
      : `If that status is right, add it to "${inputRef('health-status')}".`;
  return `${asked} ${advice}`;
}

/** The same for a port that is passed through, or that a service publishes itself and that is not HTTP. Pure. */
export function noPortAnswerText(
  service: ServiceName,
  port: number,
  protocol: 'tcp' | 'tls',
  failure: string,
): string {
  const causes = [
    ...(protocol === 'tls'
      ? ['The port does not speak TLS: set app_protocol: http on it, if it is HTTP, or app_protocol: tcp.']
      : []),
    'The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.',
    `It listens on another port than ${port}: set its port as the container port in the Compose file.`,
  ];
  return `${service} gives visitors no answer on its port ${port}, which is not HTTP: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(' ')}`;
}
