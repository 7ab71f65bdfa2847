import { createHash } from 'node:crypto';
import type { PinnedImage } from '../model/image.ts';
import { asObject, asText, canonicalJson, mapValues } from '../model/json.ts';
import {
  baseProject,
  type ComposeConfig,
  type ComposeObject,
  type ComposeService,
  type ConfidentialValues,
  type HealthSettings,
  LABEL,
  labelsOf,
  type Origin,
  type Release,
  type ReleaseId,
  type ServiceName,
  type Slot,
  slotNetwork,
} from '../model/release.ts';
import { unescapeDollars } from './compose/compose-config.ts';
import { withImages } from './compose/insert-images.ts';
import { type BaseObjects, baseObjectsOf } from './compose/networks-and-volumes.ts';
import { aliasesOf, networksOf } from './compose/service.ts';
import type { SplitProject } from './compose/split-project.ts';
import { definitionFingerprints } from './definition-fingerprints.ts';

/**
 * A release of what was split and what was built. Equal content gives an equal id on every host: who made it, when, and how
 * it is checked are no part of it; the contents of its secrets are.
 * @param force gives it an id of its own, by when it was made, although its content may be a known one
 * @param images by service that is built, and under '' what `${IMAGE}` stands for
 * @throws ConfigurationError when a released service has no image.
 */
export function makeRelease(
  split: SplitProject,
  images: ReadonlyMap<string, PinnedImage>,
  health: HealthSettings,
  origin: Origin,
  force = false,
): Release {
  const { compose, base, services, files } = withImages(split, images);
  const { app, environment, routes, recreateReason, conditions, lateAccessories } = split;
  const content = {
    app,
    environment,
    services,
    routes,
    recreateReason,
    compose,
    base,
    conditions,
    lateAccessories,
    ...(files.length > 0 ? { files } : {}),
  };
  const plain = releaseIdOf({ ...content, confidential: Object.fromEntries(split.confidential) });
  const release = {
    ...content,
    definitions: definitionFingerprints(base, split.confidential),
    confidential: [...split.confidential.keys()],
    health,
    origin,
  };
  if (!force) return { id: plain, ...release };
  return { id: releaseIdOf({ plain, at: origin.createdAt }), ...release, contentId: plain };
}

function releaseIdOf(content: unknown): ReleaseId {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 8);
}

/** Key of the slot's network in a release's config; a user's key of the same name is unlikely enough. */
const SLOT_NETWORK_KEY = 'sealift-slot';

/** What `docker compose -p <releaseProject> -f - up` is fed to make a release in a slot. `$` is doubled, as Compose wants it. */
export function renderRelease(release: Release, slot: Slot): ComposeConfig {
  const network = slotNetwork(release, slot);
  return {
    ...release.compose,
    services: mapValues(release.compose.services, (service, name) => {
      const restart = asText(service['restart']);
      const labels = {
        ...labelsOf(release),
        [LABEL.release]: release.id,
        [LABEL.role]: release.services[name]?.role ?? 'worker',
        // It is taken from containers that are kept stopped, and given back when they start.
        ...(restart === undefined ? {} : { [LABEL.restart]: restart }),
      };
      return { ...withLabels(service, labels), ...networksInSlot(release, service, name, network) };
    }),
    networks: { ...release.compose.networks, [SLOT_NETWORK_KEY]: { name: network, external: true } },
  };
}

/** What `docker compose -p <baseProject> -f - up` is fed for the accessories. */
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
      return withLabels(service, {
        ...labels,
        ...(definition === undefined ? {} : { [LABEL.definition]: definition }),
      });
    }),
    networks: owned(release.base.networks),
    volumes: owned(release.base.volumes),
  };
}

/** Networks and volumes of an app and environment, to be made where they are missing before anything else is. */
export function baseObjects(release: Pick<Release, 'app' | 'environment' | 'base'>): BaseObjects {
  return baseObjectsOf(release.base, baseProject(release), labelsOf(release));
}

function withLabels(spec: ComposeObject, labels: Readonly<Record<string, string>>): ComposeObject {
  return { ...spec, labels: { ...asObject(spec['labels']), ...labels } };
}

/**
 * Its networks and the slot's. On the slot's it has all names that it has elsewhere, so that services of one release find each
 * other and never the old release's.
 */
function networksInSlot(
  release: Release,
  service: ComposeService,
  name: string,
  network: string,
): ComposeObject {
  const networks = networksOf(service);
  if (networks === undefined) return {};
  const aliases = [...new Set(aliasesOf(service))].filter((alias) => !isNameOfOther(release, name, alias));
  const priorities = Object.values(networks).map((own) => Number(asObject(own)['priority'] ?? 0));
  const ask = networkNames(release.compose, Object.keys(networks)).some((other) => other < network);
  return {
    networks: {
      ...networks,
      [SLOT_NETWORK_KEY]: {
        ...(aliases.length > 0 ? { aliases } : {}),
        // The network of highest priority is a container's for good, and it can't start where that one was pruned; this one
        // is exchanged when a release moves to the other slot.
        priority: Math.min(0, ...priorities) - 1,
        // Docker asks networks for a name in the order of their priority, then of their names.
        ...(ask ? { gw_priority: 1 } : {}),
      },
    },
  };
}

function networkNames(config: ComposeConfig, keys: readonly string[]): readonly string[] {
  return keys.map((key) => asText(asObject(config.networks?.[key])['name']) ?? key);
}

/** An alias that services of different networks share means another one on each, and would mix them on the slot's. */
function isNameOfOther(release: Release, name: string, alias: string): boolean {
  return Object.entries(release.compose.services).some(
    ([other, service]) => other !== name && (other === alias || aliasesOf(service).includes(alias)),
  );
}

/** The files of `release.files` for some services, by service and folder, as the engine wants them written. */
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
