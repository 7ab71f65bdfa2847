import type { ContainerSummary } from '../engine/engine.ts';
import { baseProject, LABEL } from '../model/app-environment.ts';
import { isOneOff } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';

/** The containers of the accessories on the host. */
export async function listAccessories({
  engine,
  appEnvironment,
}: Pick<HostContext, 'engine' | 'appEnvironment'>): Promise<readonly ContainerSummary[]> {
  const project = await engine.listContainers([`com.docker.compose.project=${baseProject(appEnvironment)}`]);
  return project.filter(({ labels }) => labels[LABEL.release] === undefined && !isOneOff({ labels }));
}
