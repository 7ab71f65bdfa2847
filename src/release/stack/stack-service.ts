import type { ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { inputSetting } from '../../model/input-ref.ts';
import {
  asList,
  asNumber,
  asObject,
  asText,
  isObject,
  type JsonObject,
  mapValues,
  pickKeys,
  withoutKeys,
  withoutUndefined,
  wordsOf,
} from '../../model/json.ts';
import { isOnAllAddresses } from '../../model/published-port.ts';
import type { Problems } from '../compose/problems.ts';

/**
 * A service as `docker stack deploy` takes it, made from what `docker compose config` prints. The two differ in the types of some
 * fields. Source: docker/cli, cli/compose/schema/data/config_schema_v3.13.json. Pure.
 */

/** What a swarm applies. */
const APPLIED_KEYS = [
  'cap_add',
  'cap_drop',
  'command',
  'configs',
  'credential_spec',
  'deploy',
  'dns',
  'dns_search',
  'entrypoint',
  'environment',
  'extra_hosts',
  'healthcheck',
  'hostname',
  'image',
  'init',
  'isolation',
  'labels',
  'logging',
  'networks',
  'oom_score_adj',
  'ports',
  'read_only',
  'secrets',
  'stdin_open',
  'stop_grace_period',
  'stop_signal',
  'sysctls',
  'tmpfs',
  'tty',
  'ulimits',
  'user',
  'volumes',
  'working_dir',
] as const;

/** What is for another place than a swarm, or says what a swarm does anyway. */
const DROPPED_KEYS = [
  'build',
  'depends_on',
  'develop',
  'expose',
  'profiles',
  'pull_policy',
  'restart',
  'scale',
];

/** What to write in place of a key that a swarm does not have. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['container_name', 'Remove it: other services reach this one by the name of the service'],
  ['cpus', 'Write deploy.resources.limits.cpus'],
  [
    'links',
    'Remove it: services on the same network find each other by name; for another name write networks with aliases',
  ],
  ['mem_limit', 'Write deploy.resources.limits.memory'],
  ['mem_reservation', 'Write deploy.resources.reservations.memory'],
  ['network_mode', 'Write networks: with a network that has name: host and external: true'],
  ['pids_limit', 'Write deploy.resources.limits.pids'],
  ['pre_stop', 'Handle stop_signal in the program'],
  ['post_start', 'Do it when the program starts'],
]);

/** @param problems gets a line for everything that a swarm can't do */
export function stackService(name: ServiceName, service: ComposeService, problems: Problems): ComposeService {
  for (const key of Object.keys(service)) {
    const known = [...APPLIED_KEYS, ...DROPPED_KEYS].includes(key) || key.startsWith('x-');
    if (known || service[key] === null || service[key] === false) continue;
    const advice =
      ADVICE.get(key) ?? `Remove it, or deploy this app with ${inputSetting('orchestrator', 'docker')}`;
    problems.add(
      `compose-file: service ${name} has ${key}:, which a swarm does not have. ${advice}.`,
      'services',
      name,
      key,
    );
  }
  const applied = pickKeys<unknown>(service, APPLIED_KEYS);
  const written = Object.entries(applied).filter(([, value]) => value !== null);
  return withoutUndefined({
    ...Object.fromEntries(written),
    deploy: stackDeploy(service),
    ports: portsOfStack(name, service, problems),
    volumes: mapList(service['volumes'], stackVolume),
    secrets: mapList(service['secrets'], stackFileUse),
    configs: mapList(service['configs'], stackFileUse),
    // Compose writes `name=address`.
    extra_hosts: mapList(service['extra_hosts'], (host) => wordsOf(host).replace('=', ':')),
  });
}

const mapList = (list: unknown, convert: (item: unknown) => unknown): readonly unknown[] | undefined =>
  list === undefined || list === null ? undefined : asList(list).map(convert);

function stackDeploy(service: ComposeService): ComposeObject {
  const deploy = asObject(service['deploy']);
  const resources = mapValues(asObject(deploy['resources']), (each) => {
    const cpus = asObject(each)['cpus'];
    return { ...asObject(each), ...(cpus === undefined ? {} : { cpus: wordsOf(cpus) }) };
  });
  return withoutUndefined({
    ...deploy,
    resources,
    replicas: asNumber(service['scale']) ?? deploy['replicas'],
    restart_policy: deploy['restart_policy'] ?? restartPolicy(asText(service['restart'])),
  });
}

/** `restart:`, which a swarm does not read. Without it, a swarm starts a container again whenever it ends. */
function restartPolicy(restart: string | undefined): ComposeObject | undefined {
  const [condition, attempts] = (restart ?? '').split(':');
  if (condition === 'no') return { condition: 'none' };
  if (condition !== 'on-failure') return undefined;
  return withoutUndefined({ condition, max_attempts: asNumber(attempts) });
}

function portsOfStack(
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): readonly JsonObject[] | undefined {
  if (service['ports'] === undefined) return undefined;
  return asList(service['ports']).map((each) => {
    const port = asObject(each);
    const address = asText(port['host_ip']);
    if (!isOnAllAddresses(address)) {
      problems.add(
        `compose-file: service ${name} publishes a port on ${address}, but a swarm publishes on all addresses of its nodes. Remove the address, and let a firewall say who may connect.`,
        'services',
        name,
        'ports',
      );
    }
    const published = port['published'];
    return withoutUndefined({
      ...pickKeys<unknown>(port, ['mode', 'target', 'protocol']),
      published: asNumber(published) ?? published,
    });
  });
}

function stackVolume(volume: unknown): unknown {
  if (!isObject(volume)) return volume;
  const { bind, tmpfs } = volume;
  const size = asObject(tmpfs)['size'];
  return {
    ...volume,
    // A swarm never makes the folder: the task is rejected where it is missing.
    ...(isObject(bind) ? { bind: withoutKeys(bind, 'create_host_path') } : {}),
    ...(isObject(tmpfs) ? { tmpfs: withoutUndefined({ ...tmpfs, size: asNumber(size) ?? size }) } : {}),
  };
}

/** Compose writes the mode in octal digits. */
function stackFileUse(use: unknown): unknown {
  if (!isObject(use)) return use;
  const mode = use['mode'];
  return typeof mode === 'string' ? { ...use, mode: Number.parseInt(mode, 8) } : use;
}
