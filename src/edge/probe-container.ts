import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine/engine.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf, OWN_ROLE } from '../model/app-environment.ts';

/** Seconds after which the engine removes the container, whatever became of the run. */
const PROBE_LIFETIME = 900;

/** A container on one network, from which its containers can be asked as the edge asks its own. */
export interface ProbeContainer extends AsyncDisposable {
  readonly id: string;
}

/** @param image of the edge, on the host already */
export async function startProbeContainer(
  engine: Engine,
  app: AppEnvironment,
  image: string,
  network: string,
): Promise<ProbeContainer> {
  const name = `${baseProject(app)}-probe-${randomUUID().slice(0, 4)}`;
  const id = await engine.createContainer(name, {
    Image: image,
    Entrypoint: ['sleep', String(PROBE_LIFETIME)],
    Cmd: [],
    Labels: { ...labelsOf(app), [LABEL.role]: OWN_ROLE.probe },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: network,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
    },
  });
  const remove = (): Promise<void> => engine.removeContainer(id, { force: true });
  try {
    await engine.startContainer(id);
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
  return { id, [Symbol.asyncDispose]: () => remove().catch(() => undefined) };
}
