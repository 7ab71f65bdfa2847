import { baseProject } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ComposeProject, ObservedHost } from '../model/host.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputSetting } from '../model/input-ref.ts';
import { asObject, asText } from '../model/json.ts';
import type { ReleaseOutline } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { nameBeforeAdoption } from './adopted-names.ts';
import { type DeployOutline, neededPorts } from './needed-ports.ts';

/**
 * A deployment of the same app by `docker compose up -d`, from before Sealift. Its volumes have other names than Sealift's, so
 * beside it, or after its `docker compose down`, a first deploy would start with empty ones. All functions are pure.
 */

/** What the first deploy on each host does with such a deployment. */
export interface Adoption {
  /** The Compose project that the deploy takes over, by host. */
  readonly projects: ReadonlyMap<HostName, string>;
  /** The volumes that the app uses under another name than its own, by their key in the Compose file. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Lines for the log. */
  readonly notices: readonly string[];
}

/** A project of the same app on a host, and where it and the release meet. */
interface ExistingDeployment {
  readonly host: HostName;
  readonly project: ComposeProject;
  /** Ports that it publishes and the release needs. */
  readonly ports: readonly number[];
  /** Volumes for which the release would have an empty one of its own. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Whether it runs with these volumes, or with one that the release uses by its name. */
  readonly isUsingVolumes: boolean;
  readonly sharesVolume: boolean;
  /** An earlier run has begun to take it over: nothing of it runs, and something of this environment is there. */
  readonly isLeftStopped: boolean;
  /** The record of a release that was not accepted has its volumes. */
  readonly isRecorded: boolean;
}

/**
 * What to do with deployments by `docker compose up -d`: nothing after the first deploy, when only the names of the volumes that
 * were taken over count.
 *
 * @param names of the app, under which such a project may be known
 * @param adopt `undefined`: the user has not said
 * @throws ConfigurationError if there is one that would be in the way, or whose data the release would not see
 */
export function planAdoption(
  hosts: readonly ObservedHost[],
  outline: DeployOutline,
  names: readonly string[],
  adopt: boolean | undefined,
): Adoption {
  const kept = adoptedVolumesOf(hosts);
  const findOn = (some: readonly ObservedHost[]): readonly ExistingDeployment[] =>
    some.flatMap((host) => findExistingDeployment(host, outline, names) ?? []);
  const found = findOn(hosts.filter(({ accepted }) => accepted === undefined));
  if (adopt === true) {
    const projects = new Map(found.map(({ host, project }) => [host, project.name]));
    // By now the volumes of this environment exist.
    const late = findOn(
      hosts.filter(({ accepted }) => accepted !== undefined).map((host) => ({ ...host, volumeNames: [] })),
    );
    return {
      projects,
      volumes: mergeVolumes(found, kept),
      notices: late.filter(hasOtherVolumes(kept)).map(tooLateText),
    };
  }
  const none = { projects: new Map<HostName, string>(), volumes: kept, notices: [] };
  if (adopt === false) return none;
  const obstacles = found.filter(isObstacle);
  if (obstacles.length > 0) throw new ConfigurationError(obstacles.map(existingDeploymentText).join('\n'));
  const beside = found.filter(hasOtherVolumes({}));
  return { ...none, notices: beside.map(besideText) };
}

/** The names of volumes that an earlier deploy took over, by the record of the live release. */
function adoptedVolumesOf(hosts: readonly ObservedHost[]): Adoption['volumes'] {
  const records = hosts.flatMap(
    ({ releases, accepted }) => releases.find(({ id }) => id === accepted)?.record ?? [],
  );
  return records.find(({ adopted }) => adopted !== undefined)?.adopted ?? {};
}

function findExistingDeployment(
  host: ObservedHost,
  outline: DeployOutline,
  names: readonly string[],
): ExistingDeployment | undefined {
  return (host.composeProjects ?? [])
    .map((project) => compare(host, project, outline))
    .find((each) => isSameApp(each, outline, names));
}

function compare(
  observed: ObservedHost,
  project: ComposeProject,
  outline: DeployOutline,
): ExistingDeployment {
  const { host, volumeNames = [] } = observed;
  const services = ownContainers(project, outline);
  const running = services.filter((each) => each.running);
  const needed = neededPorts(observed, outline)
    .filter(({ protocol }) => protocol === 'tcp')
    .map(({ port }) => port);
  const own = defaultVolumes(outline);
  const volumes = Object.fromEntries(
    Object.entries(project.volumes).filter(
      ([key, name]) => own.has(key) && own.get(key) !== name && !volumeNames.includes(own.get(key) ?? ''),
    ),
  );
  const hidden = Object.values(volumes);
  const named = Object.values(outline.base.volumes ?? {}).map((spec) => asText(asObject(spec)['name']));
  const used = running.flatMap((each) => each.volumes);
  return {
    ...{ host, project, volumes },
    ports: running.flatMap(({ ports }) => ports.filter((port) => needed.includes(port))),
    isUsingVolumes: used.some((name) => hidden.includes(name)),
    sharesVolume: used.some((name) => named.includes(name)),
    isRecorded: observed.releases.some(({ record }) => sharesValue(record?.adopted ?? {}, project.volumes)),
    isLeftStopped: services.length > 0 && running.length === 0 && hasTraces(observed),
  };
}

const sharesValue = (one: Adoption['volumes'], other: Adoption['volumes']): boolean =>
  Object.values(one).some((name) => Object.values(other).includes(name));

/** A deploy that takes a project over and fails starts it again. So with these beside a project that is down, a run was interrupted. */
const hasTraces = ({ edge, accessories, releases }: ObservedHost): boolean =>
  edge.state !== 'absent' || accessories.length > 0 || releases.length > 0;

/** The containers of a project whose services the Compose file has. The others are not taken over. */
export const ownContainers = (
  project: ComposeProject,
  { services, base }: Pick<ReleaseOutline, 'services' | 'base'>,
): ComposeProject['containers'] =>
  project.containers.filter(({ service }) => service in services || service in base.services);

/** By its name and what it has in common; by its ports if all of its services are in the file; by what an interrupted run has recorded. */
function isSameApp(
  { project, ports, volumes, isRecorded }: ExistingDeployment,
  outline: DeployOutline,
  names: readonly string[],
): boolean {
  const own = ownContainers(project, outline);
  const hasVolumes = Object.keys(volumes).length > 0;
  if (isRecorded) return true;
  if (names.map(plainName).includes(plainName(project.name))) return own.length > 0 || hasVolumes;
  return ports.length > 0 && own.length === project.containers.length;
}

/** Compose makes a project's name of a folder, and people write `my_shop` for `my-shop`. */
const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** A project that runs beside the release, with data of its own, is not in the way. */
const isObstacle = ({ ports, volumes, isUsingVolumes, sharesVolume }: ExistingDeployment): boolean =>
  ports.length > 0 || sharesVolume || (Object.keys(volumes).length > 0 && !isUsingVolumes);

function existingDeploymentText(existing: ExistingDeployment): string {
  const { host, project, ports, volumes, isLeftStopped } = existing;
  const { name, folder } = project;
  const running = project.containers.filter((each) => each.running).map((each) => each.name);
  const kept = Object.values(volumes);
  const has = [
    ...(running.length > 0 ? [`it runs ${joinWithAnd(running)}`] : []),
    ...(ports.length > 0 ? [`it holds port ${joinWithAnd(ports.map(String))}`] : []),
    ...(kept.length > 0 ? [`its data is in ${joinWithAnd(kept)}, which this deploy would not use`] : []),
  ];
  return (
    `${host}: an existing "docker compose up -d" deployment of this app is on the server (project ${name}${folder === undefined ? '' : ` in ${folder}`}): ${has.join(', ')}. ` +
    (isLeftStopped
      ? leftStoppedText(project)
      : `Set "${inputSetting('adopt', 'true')}" to take it over with its volumes, or "${inputSetting('adopt', 'false')}" to leave it alone and start without its data.`)
  );
}

/** What the interrupted run has started may use the same volumes, so it goes first: two databases on one volume would destroy it. */
function leftStoppedText({ name, containers }: ComposeProject): string {
  const renames = containers
    .filter((each) => nameBeforeAdoption(each.name) !== each.name)
    .map((each) => `docker rename ${each.name} ${nameBeforeAdoption(each.name)}`);
  const commands = [...renames, `docker compose -p ${name} start`].map((each) => `"${each}"`);
  return (
    `A run with "${inputSetting('adopt', 'true')}" that was interrupted has stopped it. Set "${inputSetting('adopt', 'true')}" to finish that. ` +
    `To go back instead, remove this environment first (volumes stay), then start the project on the server: ${joinWithAnd(commands)}.`
  );
}

const besideText = ({ host, project, volumes }: ExistingDeployment): string =>
  `${host}: an existing "docker compose up -d" deployment of this app (project ${project.name}) keeps running beside this one, with its data in ` +
  `${joinWithAnd(Object.values(volumes))}. This environment gets volumes of its own. To take the deployment over instead, set "${inputSetting('adopt', 'true')}" now; after the first deploy it takes a removal of this environment.`;

/** Whether a deployment has volumes that the app does not use, and of which it has not taken over others. */
const hasOtherVolumes =
  (adopted: Adoption['volumes']) =>
  ({ volumes }: ExistingDeployment): boolean =>
    Object.keys(volumes).some((key) => adopted[key] === undefined);

const tooLateText = ({ host, project, volumes }: ExistingDeployment): string =>
  `${host}: "${inputSetting('adopt', 'true')}" changes nothing any more: this environment has been deployed, with volumes of its own. To take over ${joinWithAnd(Object.values(volumes))} of project ${project.name}, remove the environment first, then deploy with "${inputSetting('adopt', 'true')}".`;

/** @throws ConfigurationError if hosts have different names for the volume of one key: a release has one */
function mergeVolumes(found: readonly ExistingDeployment[], kept: Adoption['volumes']): Adoption['volumes'] {
  const merged = new Map(Object.entries(kept));
  for (const { host, volumes } of found) {
    for (const [key, name] of Object.entries(volumes)) {
      const other = merged.get(key) ?? name;
      if (other !== name) {
        throw new ConfigurationError(
          `adopt: volume ${key} is ${other} on one host and ${name} on ${host}, but a release has one name for it. Deploy to these hosts as different environments.`,
        );
      }
      merged.set(key, name);
    }
  }
  return Object.fromEntries(merged);
}

/** The volumes of the Compose file that Sealift names: key → name. */
function defaultVolumes(
  outline: Pick<ReleaseOutline, 'app' | 'environment' | 'base'>,
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(outline.base.volumes ?? {}).flatMap(([key, spec]) => {
      const name = `${baseProject(outline)}_${key}`;
      return asText(asObject(spec)['name']) === name ? [[key, name] as const] : [];
    }),
  );
}

/** A host without the ports and names that containers hold which the deploy takes over. */
export function withoutAdoptedContainers(
  host: ObservedHost,
  { projects }: Pick<Adoption, 'projects'>,
  outline: Pick<ReleaseOutline, 'services' | 'base'>,
): ObservedHost {
  const project = adoptedProject(host, projects);
  if (project === undefined) return host;
  const names = new Set(ownContainers(project, outline).map(({ name }) => name));
  return {
    ...host,
    heldPorts: host.heldPorts.filter(({ container }) => !names.has(container)),
    foreignContainers: (host.foreignContainers ?? []).filter((name) => !names.has(name)),
  };
}

export const adoptedProject = (
  { host, composeProjects = [] }: ObservedHost,
  projects: Adoption['projects'],
): ComposeProject | undefined => composeProjects.find(({ name }) => name === projects.get(host));
