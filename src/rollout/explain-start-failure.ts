import { explainTakenPort } from '../edge/taken-port.ts';
import type { Engine } from '../engine/engine.ts';
import { hostDiskFullError, isDiskFull } from '../engine/errors.ts';
import type { ComposeService } from '../model/compose-config.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { portsOf } from '../release/compose/service.ts';

/**
 * Explains why containers of services could not be created or started, where the engine's words say it to nobody but its authors: a port
 * or a name that something else has, a disk that is full. Returns any other error unchanged.
 */
export async function explainStartFailure(
  engine: Engine,
  error: unknown,
  services: readonly ComposeService[],
): Promise<unknown> {
  const engineMessage = messageOf(error);
  const [, name] = /container name "\/?([^"]+)" is already in use/.exec(engineMessage) ?? [];
  if (name !== undefined) {
    return new HostError(
      engine.host,
      `a container with the name "${name}" exists already, and such a name exists once on a host. Remove container_name from the Compose file, or that container ("docker rm ${name}" on the host).`,
      { evidence: [engineMessage], cause: error },
    );
  }
  if (isDiskFull(engineMessage))
    return hostDiskFullError(engine.host, 'create or start containers', [engineMessage]);
  const ports = services.flatMap(portsOf).map(({ published }) => Number(published));
  return explainTakenPort(engine, error, ports.filter(Number.isSafeInteger)).catch(() => error);
}
