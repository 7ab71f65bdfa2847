import { formatBytes } from '../model/bytes.ts';

/** What a server is like. */
export interface ServerFacts {
  readonly hasDocker: boolean;
  /** `28.5.2`; `undefined`: it does not answer. */
  readonly engine: string | undefined;
  /** Free bytes where the engine keeps images; `undefined`: unknown. */
  readonly disk: number | undefined;
  /** Milliseconds by which its clock is ahead. */
  readonly clockAhead: number;
  readonly hasUser: boolean;
  readonly isInDockerGroup: boolean;
  readonly hasKey: boolean;
  /** Who has a port that an app may want, if it is not Sealift. */
  readonly takenPorts: ReadonlyMap<number, string>;
}

/**
 * Reads what `lookScript` printed. Lines that a login prints itself are no part of it. Pure.
 * @param now milliseconds since 1970
 */
export function readServerFacts(output: string, now: number): ServerFacts {
  const found = new Map(
    [...output.matchAll(/^sealift\.(?<name>\w+)=(?<value>.*)$/gm)].map(({ groups }) => [
      groups?.['name'] ?? '',
      groups?.['value']?.trim() ?? '',
    ]),
  );
  const read = (name: string): string | undefined => found.get(name) || undefined;
  const number = (name: string): number | undefined =>
    /^\d+$/.test(found.get(name) ?? '') ? Number(found.get(name)) : undefined;
  const disk = number('disk');
  const ports = [80, 443].map((port) => [port, read(`port${port}`)] as const);
  return {
    hasDocker: read('docker') !== undefined,
    engine: read('engine'),
    disk: disk === undefined ? undefined : disk * 1024,
    clockAhead: (number('clock') ?? now / 1000) * 1000 - now,
    hasUser: read('user') !== undefined,
    isInDockerGroup: (read('groups') ?? '').split(' ').includes('docker'),
    hasKey: read('key') === 'yes',
    takenPorts: new Map(
      ports.flatMap(([port, owner]) => {
        const [name, label] = owner?.split(' ') ?? [];
        const isOwn = owner !== 'another program' && label !== undefined;
        return owner === undefined || name === undefined || isOwn
          ? []
          : [[port, owner === 'another program' ? owner : `the container ${name}`] as const];
      }),
    ),
  };
}

const OLDEST_ENGINE = 25;
const ENOUGH_DISK = 5 * 1024 ** 3;
/** Certificates, tokens and the times in a history are wrong with more. */
const MOST_CLOCK_DIFFERENCE = 60_000;
/** Seconds that the look itself may take. */
const EXACT = 2;

/** What is to be repaired before Sealift can be of use on a server; `undefined`: nothing. Pure. */
export function serverProblem({ hasDocker, engine }: ServerFacts): string | undefined {
  if (!hasDocker)
    return 'Docker is not installed there. Install it (docs.docker.com/engine/install), and run this again.';
  if (engine === undefined)
    return 'its Docker engine does not answer. Start it there (systemctl enable --now docker), and run this again.';
  return Number.parseInt(engine, 10) < OLDEST_ENGINE
    ? `its Docker engine is ${engine}, and Sealift needs ${OLDEST_ENGINE} or later. Update it, and run this again.`
    : undefined;
}

/** What each check found, and whether it is as it should be. Pure. */
export function serverChecks(facts: ServerFacts): readonly { readonly ok: boolean; readonly text: string }[] {
  const { engine, disk, clockAhead, takenPorts } = facts;
  const seconds = Math.round(Math.abs(clockAhead) / 1000);
  const clock = `clock: ${seconds <= EXACT ? 'right' : `${seconds} s ${clockAhead > 0 ? 'ahead of' : 'behind'} this machine`}`;
  return [
    { ok: true, text: `engine: Docker ${engine}` },
    disk === undefined
      ? { ok: false, text: 'disk: the free space is unknown' }
      : {
          ok: disk >= ENOUGH_DISK,
          text: `disk: ${formatBytes(disk)} free${disk >= ENOUGH_DISK ? '' : ', which is little for several releases'}`,
        },
    seconds * 1000 <= MOST_CLOCK_DIFFERENCE
      ? { ok: true, text: clock }
      : { ok: false, text: `${clock}. Let the server set it by NTP` },
    ...[80, 443].map((port) => {
      const owner = takenPorts.get(port);
      return owner === undefined
        ? { ok: true, text: `port ${port}: free for an app` }
        : { ok: false, text: `port ${port}: ${owner} has it, so an app can't publish it` };
    }),
  ];
}
