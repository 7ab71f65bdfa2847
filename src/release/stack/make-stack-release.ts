import { baseProject, LABEL, labelsOf } from '../../model/app-environment.ts';
import type { ClusterRelease, ClusterService, ContentObject } from '../../model/cluster-release.ts';
import type { ComposeService } from '../../model/compose-config.ts';
import type { ReleaseId, ServiceName } from '../../model/identifiers.ts';
import type { PinnedImage } from '../../model/image.ts';
import { asList, asObject, canonicalJson, mapStrings, mapValues, withoutKeys } from '../../model/json.ts';
import type { Origin } from '../../model/release.ts';
import { fingerprintOf } from '../../run/fingerprint.ts';
import { imagesOfServices, placeholderReplacer } from '../compose/insert-images.ts';
import { fileObjectName } from '../compose/service.ts';
import { releaseIdOf } from '../release-id.ts';
import { contentObjects, type StackObjects } from './content-objects.ts';
import type { StackFile } from './stack-file.ts';
import type { StackProject } from './stack-project.ts';
import { withUpdateDelay } from './update-delay.ts';

export type StackRelease = ClusterRelease<StackFile>;

/** A release, and the contents of its secrets and configs, which are no part of its record. */
export interface StackReleaseWithContents {
  readonly release: StackRelease;
  readonly contents: readonly ContentObject[];
}

/** The images of a release by digest. */
export interface StackImages {
  /** By service that is built, and under '' what `${IMAGE}` stands for. */
  readonly built: ReadonlyMap<string, PinnedImage>;
  /** Of the services that are not built. */
  readonly others: ReadonlyMap<ServiceName, PinnedImage>;
}

/**
 * Makes a release of a stack and its images. Equal content, with the contents of secrets, has an equal id. Pure.
 * @param force replaces every container, even if nothing has changed
 * @throws ConfigurationError when a service has no image
 */
export function makeStackRelease(
  project: StackProject,
  { built, others }: StackImages,
  health: StackRelease['health'],
  origin: Origin,
  force = false,
): StackReleaseWithContents {
  const { app, environment } = project;
  const images = imagesOfServices(project.services, built);
  const replace = placeholderReplacer(project, built);
  const file = asStackSections(mapStrings(project.compose, replace));
  const { contents, ...objects } = contentObjects(file, project.contents, baseProject(project));
  const services = mapValues(file.services, (service, name) =>
    withUpdateDelay({ ...service, image: images[name] ?? others.get(name) ?? service['image'] }),
  );
  const definition: StackFile = { ...file, services, ...objects };
  const plain = releaseIdOf({ app, environment, definition });
  const id = force ? releaseIdOf({ plain, at: origin.createdAt }) : plain;
  const release: StackRelease = {
    ...{ id, app, environment, health, origin },
    services: mapValues(services, (_, name) => clusterService(project, name, images, others)),
    definition: {
      ...definition,
      services: mapValues(services, (service) =>
        withSealiftLabels({ app, environment, id }, service, objects, force),
      ),
    },
  };
  return { release, contents };
}

function asStackSections(value: unknown): StackFile {
  const file = asObject(value);
  const section = (key: string) => mapValues(asObject(file[key]), asObject);
  return {
    services: section('services'),
    networks: section('networks'),
    volumes: section('volumes'),
    secrets: section('secrets'),
    configs: section('configs'),
  };
}

function clusterService(
  project: StackProject,
  name: ServiceName,
  images: Readonly<Record<ServiceName, PinnedImage>>,
  others: ReadonlyMap<ServiceName, PinnedImage>,
): ClusterService {
  const image = images[name] ?? others.get(name);
  if (image === undefined) throw new Error(`Service ${name} has no image.`);
  return { name, image, reference: project.otherImages[name] };
}

/**
 * The labels of a service say which release it belongs to; when a swarm rolls it back by itself, they go back too. Those of its
 * containers say which definition they were made from, so that what runs is never taken for what should run.
 */
function withSealiftLabels(
  release: { readonly app: string; readonly environment: string; readonly id: ReleaseId },
  service: ComposeService,
  objects: Pick<StackObjects, 'secrets' | 'configs'>,
  force: boolean,
): ComposeService {
  const deploy = asObject(service['deploy']);
  const own = labelsOf(release);
  const mark = { [LABEL.release]: release.id };
  const fingerprint = stackServiceFingerprint(service, objects);
  return {
    ...service,
    labels: {
      ...asObject(service['labels']),
      ...own,
      [LABEL.definition]: force ? `${fingerprint}-${release.id}` : fingerprint,
    },
    deploy: { ...deploy, labels: { ...asObject(deploy['labels']), ...own, ...mark } },
  };
}

/** Of everything in a service that only a new container can have: not how many there are, where, and how they are replaced. */
function stackServiceFingerprint(
  service: ComposeService,
  { secrets, configs }: Pick<StackObjects, 'secrets' | 'configs'>,
): string {
  const deploy = withoutKeys(
    asObject(service['deploy']),
    ...['replicas', 'placement', 'update_config', 'rollback_config', 'labels'],
  );
  const names = [
    ...asList(service['secrets']).map((use) => secrets[fileObjectName(use)]?.['name']),
    ...asList(service['configs']).map((use) => configs[fileObjectName(use)]?.['name']),
  ];
  return fingerprintOf(canonicalJson([{ ...service, deploy }, names]), 12);
}
