import type { Engine } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';

/**
 * Explains why a container could not start, if a port of the host is taken; returns any other error unchanged.
 * The engine says `port is already allocated` for a container's port, `address already in use` for a program's.
 */
export async function explainTakenPort(
  engine: Engine,
  error: unknown,
  ports: readonly number[],
): Promise<unknown> {
  const engineMessage = messageOf(error);
  if (!/port is already allocated|address already in use/i.test(engineMessage)) return error;
  const port = takenPort(engineMessage, ports);
  const containers = port === undefined ? [] : await engine.listContainers([]);
  const holder = containers.find((container) => container.ports.some((held) => held.port === port))?.name;
  const taken =
    port === undefined
      ? `one of the ports ${ports.join(', ')} is already taken.`
      : `port ${port} is already taken by ${holder === undefined ? 'a program outside Docker' : `container "${holder}"`}.`;
  const advice =
    holder === undefined ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ''}'" on the host shows it.` : '';
  const message = `${taken} Stop what holds it, or publish another port in the Compose file.${advice}`;
  return new HostError(engine.host, message, { evidence: [engineMessage], cause: error });
}

/** The first of `ports` in the message, which may name the address several times, next to others. */
export function takenPort(engineMessage: string, ports: readonly number[]): number | undefined {
  const named = [...engineMessage.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : undefined);
}
