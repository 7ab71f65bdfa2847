import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';

/**
 * Explains a container that could not start because a host port is taken; other errors are answered as they are.
 * The engine says it in two ways: `port is already allocated` of a container's port, `address already in use` of a program's.
 */
export async function explainTakenPort(
  engine: Engine,
  error: unknown,
  ports: readonly number[],
): Promise<unknown> {
  const engineMessage = messageOf(error);
  if (!/port is already allocated|address already in use/i.test(engineMessage)) return error;
  const port = takenPort(engineMessage, ports);
  const holder = port === undefined ? undefined : holderOf(port, await engine.listContainers([]));
  const message =
    port === undefined
      ? `one of the ports ${ports.join(', ')} is already taken.`
      : `port ${port} is already taken by ${holder === undefined ? 'a program outside Docker' : `container "${holder}"`}.`;
  const look =
    holder === undefined ? ` "ss -ltnp 'sport = :${port ?? ports[0] ?? ''}'" on the host shows which.` : '';
  return new HostError(
    engine.host,
    `${message} Stop it, or publish another port in the Compose file.${look}`,
    {
      evidence: [engineMessage],
      cause: error,
    },
  );
}

/** The engine names the address several times and next to others; the first of the ports asked for is meant. */
export function takenPort(engineMessage: string, ports: readonly number[]): number | undefined {
  const named = [...engineMessage.matchAll(/:(\d{1,5})(?!\d)/g)].map((match) => Number(match[1]));
  return named.find((port) => ports.includes(port)) ?? (ports.length === 1 ? ports[0] : undefined);
}

function holderOf(port: number, containers: readonly ContainerSummary[]): string | undefined {
  return containers.find((container) => container.ports.some((held) => held.port === port))?.name;
}
