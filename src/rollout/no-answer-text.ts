import type { ServiceName } from '../model/identifiers.ts';

/**
 * Why a healthy service is dead for visitors: what was seen, the usual causes and what to change. Pure.
 * @param port of the container, as the Compose file says
 * @param failure why no answer came
 */
export function noAnswerText(service: ServiceName, port: number, path: string, failure: string): string {
  const slow = / within \d/.test(failure);
  const causes = [
    ...(slow ? [`${path} takes too long: set "health-path" to a path that is answered sooner.`] : []),
    'The app listens on 127.0.0.1 only: let it listen on 0.0.0.0.',
    `It listens on another port than ${port}: set its port as the container port in the Compose file (or in the input "port").`,
    'The port does not speak HTTP: set app_protocol: tcp on it.',
  ];
  return `${service} gives visitors no answer on its port ${port}: ${failure}. Usual causes: ${causes.map((cause, index) => `(${index + 1}) ${cause}`).join(' ')}`;
}
