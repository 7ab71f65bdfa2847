import type { ContainerSummary, NamedObject } from '../engine/engine.ts';
import { LABEL, OWN_ROLE } from '../model/app-environment.ts';
import type { ComposeProject, ProjectContainer } from '../model/host.ts';
import { isOneOff, type Labelled, serviceOf } from './compose-labels.ts';

/** The Compose projects on a host that Sealift did not make, by the labels that Compose writes. Pure. */
export function composeProjectsOf(
  containers: readonly ContainerSummary[],
  volumes: readonly NamedObject[],
): readonly ComposeProject[] {
  const ownContainers = Map.groupBy(
    containers.filter((each) => !isOneOff(each)),
    projectOf,
  );
  const ownVolumes = Map.groupBy(volumes, projectOf);
  const names = new Set([...ownContainers.keys(), ...ownVolumes.keys()].filter((name) => name !== undefined));
  return [...names].sort().map((name) => {
    const found = ownContainers.get(name) ?? [];
    return {
      name,
      folder: found.map(({ labels }) => labels['com.docker.compose.project.working_dir']).find(Boolean),
      containers: found.map(projectContainer),
      volumes: Object.fromEntries(
        (ownVolumes.get(name) ?? []).map((each) => [
          each.labels['com.docker.compose.volume'] ?? each.name,
          each.name,
        ]),
      ),
    };
  });
}

/** `undefined` for what has no project, or is Sealift's own. */
function projectOf({ labels }: Labelled): string | undefined {
  const isOwn = Object.hasOwn(labels, LABEL.app) || labels[LABEL.role] === OWN_ROLE.front;
  return isOwn ? undefined : labels['com.docker.compose.project'];
}

function projectContainer(container: ContainerSummary): ProjectContainer {
  const { name, state, ports, volumes } = container;
  const published = ports.filter(({ protocol }) => protocol === 'tcp').map(({ port }) => port);
  return {
    ...{ name, service: serviceOf(container) ?? name, volumes },
    running: ['running', 'restarting', 'paused'].includes(state),
    ports: [...new Set(published)],
  };
}
