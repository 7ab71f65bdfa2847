import type { HostName } from '../model/host-address.ts';
import type { Waves } from '../model/request.ts';

/**
 * Which hosts move together, in order. With a limit the first one goes alone, as a pilot; the rest follows in waves of that
 * size, at least one host each. Pure.
 */
export function wavesOf(hosts: readonly HostName[], waves: Waves): readonly (readonly HostName[])[] {
  if (waves.kind === 'all') return [hosts];
  const size =
    waves.kind === 'hosts' ? waves.atMost : Math.max(1, Math.floor((hosts.length * waves.percent) / 100));
  const [pilot, ...rest] = hosts;
  if (pilot === undefined) return [];
  const chunks = Array.from({ length: Math.ceil(rest.length / size) }, (_, at) =>
    rest.slice(at * size, (at + 1) * size),
  );
  return [[pilot], ...chunks];
}
