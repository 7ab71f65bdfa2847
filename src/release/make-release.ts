import { baseProject, LABEL, labelsOf, SLOTS, type Slot, slotNetwork } from '../model/app-environment.ts';
import type { ComposeConfig, ComposeObject, ComposeService } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import { asNumber, asObject, asText, mapValues, unescapeDollars, withoutKeys } from '../model/json.ts';
import type { ConfidentialValues, HealthSettings, Origin, Release } from '../model/release.ts';
import { withoutVolumeFiles } from './compose/file-volumes.ts';
import { withImages } from './compose/insert-images.ts';
import { type BaseObjects, baseObjectsOf } from './compose/networks-and-volumes.ts';
import { aliasesOf, networksOf } from './compose/service.ts';
import type { SplitProject } from './compose/split-project.ts';
import { definitionFingerprints } from './definition-fingerprints.ts';
import { releaseIdOf } from './release-id.ts';

/**
 * Makes a release of a split Compose file and images. Equal content has an equal id on every host. The contents of secrets
 * count; the origin and the health check do not.
 * @param force gives the release an id of its own, by its time, even if its content is known
 * @param images by service that is built, and under '' what `${IMAGE}` stands for
 * @throws ConfigurationError when a released service has no image
 */
export function makeRelease(
  split: SplitProject,
  images: ReadonlyMap<string, PinnedImage>,
  health: HealthSettings,
  origin: Origin,
  force = false,
): Release {
  const { files, ...rendered } = withImages(split, images);
  const { app, environment, routes, recreateReason, conditions, lateAccessories } = split;
  const { accessoryRounds, accessoryEndings, adopted } = split;
  const content = {
    ...{ app, environment, routes, recreateReason, conditions, lateAccessories },
    ...(accessoryRounds.length > 0 ? { accessoryRounds } : {}),
    ...(Object.keys(accessoryEndings).length > 0 ? { accessoryEndings } : {}),
    ...(adopted === undefined ? {} : { adopted }),
    ...rendered,
    ...(files.length > 0 ? { files } : {}),
  };
  const plain = releaseIdOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionFingerprints(rendered.base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin,
  };
  if (!force) return { id: plain, ...release };
  return { id: releaseIdOf({ plain, at: origin.createdAt }), ...release, contentId: plain };
}

/** Key of the slot's network in a release's config. A user's network is unlikely to have the same key. */
const SLOT_NETWORK_KEY = 'sealift-slot';

/** The Compose file that creates a release in a slot, for `docker compose -p <releaseProject> -f - up`. `$` is doubled, as Compose needs it. */
export function renderRelease(release: Release, slot: Slot): ComposeConfig {
  const network = needsSlotNetwork(release) ? slotNetwork(release, slot) : undefined;
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = asText(service['restart']);
      const labels = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? 'worker',
        // Stopped containers that are kept lose their policy, and get it back when they start.
        ...(restart === undefined ? {} : { [LABEL.restart]: restart }),
      };
      return { ...withLabels(service, labels), ...networksInSlot(release, service, name, network) };
    }),
    networks: {
      ...release.compose.networks,
      ...(network === undefined ? {} : { [SLOT_NETWORK_KEY]: { name: network, external: true } }),
    },
  };
}

/**
 * Whether the containers of a release are on the network of its slot: where the edge sends requests to them, or they find each other
 * there. Otherwise a proxy of the user's own that looks for containers finds them on the networks of the file only.
 */
export function needsSlotNetwork({
  routes,
  services,
  compose,
}: Pick<Release, 'routes' | 'services' | 'compose'>): boolean {
  const replicas = Object.entries(compose.services).map(([name, service]) =>
    networksOf(service) === undefined ? 0 : (services[name]?.replicas ?? 1),
  );
  return routes.length > 0 || replicas.reduce((sum, each) => sum + each, 0) > 1;
}

/** The Compose file of the accessories, for `docker compose -p <baseProject> -f - up`. */
export function renderBase(release: Release): ComposeConfig {
  const labels = labelsOf(release);
  const owned = (all: ComposeConfig['networks']) =>
    mapValues(all ?? {}, (spec) =>
      asObject(spec)['external'] === true ? asObject(spec) : withLabels(asObject(spec), labels),
    );
  return {
    ...release.base,
    services: mapValues(release.base.services, (service, name) => {
      const definition = release.definitions?.[name];
      // What is on the host was pulled with patience, or came without a registry. Compose would ask one again.
      return withLabels(withoutKeys(service, 'pull_policy'), {
        ...labels,
        ...(definition === undefined ? {} : { [LABEL.definition]: definition }),
      });
    }),
    networks: owned(release.base.networks),
    volumes: {
      ...mapValues(owned(release.base.volumes), withoutVolumeFiles),
      // Compose warns of a volume of another project, unless it is external.
      ...mapValues(release.adopted ?? {}, (name) => ({ name, external: true })),
    },
  };
}

/** Networks and volumes of an app and environment, which are created before anything else if they are missing. */
export function baseObjects(release: Pick<Release, 'app' | 'environment' | 'base'>): BaseObjects {
  return baseObjectsOf(release.base, baseProject(release), labelsOf(release));
}

function withLabels(spec: ComposeObject, labels: Readonly<Record<string, string>>): ComposeObject {
  return { ...spec, labels: { ...asObject(spec['labels']), ...labels } };
}

/**
 * The networks of a service and the slot's network, on which it has all its names, so that the services of a release find each
 * other and never those of the old release.
 */
function networksInSlot(
  release: Release,
  service: ComposeService,
  name: string,
  network: string | undefined,
): ComposeObject {
  const networks = networksOf(service);
  if (networks === undefined || network === undefined) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isNameOfOther(release, name, alias));
  const priorities = Object.values(networks).map((own) => asNumber(asObject(own)['priority']) ?? 0);
  const comesLater = networkNames(release, service).some((own) => own < network);
  return {
    networks: {
      ...networks,
      [SLOT_NETWORK_KEY]: {
        ...(aliases.length > 0 ? { aliases } : {}),
        // A container needs its network of highest priority to start. This network is exchanged when a release moves to the
        // other slot, so it gets the lowest.
        priority: Math.min(0, ...priorities) - 1,
        // Docker looks a name up in the networks in the order of their priority, then of their names.
        ...(comesLater ? { gw_priority: 1 } : {}),
      },
    },
  };
}

const networkNames = ({ compose }: Pick<Release, 'compose'>, service: ComposeService): readonly string[] =>
  Object.keys(networksOf(service) ?? {}).map(
    (key) => asText(asObject(compose.networks?.[key])['name']) ?? key,
  );

/** Networks of the file in which names would be looked up before that of a slot, if this had no priority. */
export const networksBeforeSlots = (
  release: Pick<Release, 'app' | 'environment' | 'compose'>,
): readonly string[] => [
  ...new Set(
    Object.values(release.compose.services)
      .flatMap((service) => networkNames(release, service))
      .filter((name) => SLOTS.some((slot) => name < slotNetwork(release, slot))),
  ),
];

/** An alias that services on different networks share would mix them on the slot's network. */
function isNameOfOther(release: Release, name: string, alias: string): boolean {
  return Object.entries(release.compose.services).some(
    ([other, service]) => other !== name && (other === alias || aliasesOf(service).includes(alias)),
  );
}

/** The files of `release.files` for some services, by service and folder, as the engine writes them. */
export function filesToWrite(
  release: Release,
  confidential: ConfidentialValues,
  services: readonly ServiceName[],
): ReadonlyMap<ServiceName, ReadonlyMap<string, ReadonlyMap<string, FileContent>>> {
  const all = new Map<ServiceName, Map<string, Map<string, FileContent>>>();
  for (const { service, folder, name, from, ...owner } of release.files ?? []) {
    if (!services.includes(service)) continue;
    const content =
      'variable' in from ? (confidential.get(from.variable) ?? '') : unescapeDollars(from.content);
    const folders = all.get(service) ?? new Map<string, Map<string, FileContent>>();
    const files = folders.get(folder) ?? new Map<string, FileContent>();
    all.set(service, folders.set(folder, files.set(name, { ...owner, content })));
  }
  return all;
}

interface FileContent {
  readonly content: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
