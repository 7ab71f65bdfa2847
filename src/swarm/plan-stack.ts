import type { ClusterObservation } from '../cluster/cluster.ts';
import { definitionDifferences } from '../cluster/differences.ts';
import { acceptanceOnly, type ClusterChange, type ClusterPlan } from '../cluster/plan.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { baseProject, LABEL } from '../model/app-environment.ts';
import type { ComposeService } from '../model/compose-config.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, asText, withoutKeys } from '../model/json.ts';
import type { StackRelease } from '../release/stack/make-stack-release.ts';
import type { StackFile } from '../release/stack/stack-file.ts';

/**
 * What a deploy of a release changes in a swarm, compared with the release that is recorded as accepted and with the services that
 * are there. Pure.
 * @throws ConfigurationError for what the swarm would refuse halfway
 */
export function planStack(release: StackRelease, found: ClusterObservation<StackFile>): ClusterPlan {
  rejectForeignStack(release, found);
  rejectChangedModes(release, found);
  const live = acceptedRelease(found.records);
  const services = release.definition.services;
  const changes = [
    ...Object.entries(services).flatMap(([name, service]) => serviceChange(name, service, release, found)),
    ...sectionChanges('secret', live?.definition.secrets, release.definition.secrets),
    ...sectionChanges('config', live?.definition.configs, release.definition.configs),
    ...found.workloads
      .filter(({ name }) => services[name] === undefined)
      .map(({ name }) => change('remove', 'service', name)),
  ];
  const plan = { release: release.id, strategy: 'swarm' };
  if (live?.id === release.id) return { ...plan, changes: changes.every(isRelabel) ? [] : changes };
  return { ...plan, changes: changes.length === 0 ? [acceptanceOnly(release.id)] : changes };
}

const isRelabel = ({ kind }: ClusterChange): boolean => kind === 'relabel';

const change = (
  kind: ClusterChange['kind'],
  what: string,
  name: string,
  differences: readonly string[] = [],
): ClusterChange => ({ kind, what, name, differences });

function serviceChange(
  name: ServiceName,
  service: ComposeService,
  release: StackRelease,
  { records, workloads }: ClusterObservation<StackFile>,
): readonly ClusterChange[] {
  const workload = workloads.find((each) => each.name === name);
  if (workload === undefined) return [change('create', 'service', name, [String(service['image'])])];
  const before = records.releases.find(({ id }) => id === workload.release)?.definition.services[name];
  const differences = definitionDifferences(withoutOwnLabels(before), withoutOwnLabels(service));
  if (differences.length > 0) return [change('update', 'service', name, differences)];
  if (workload.problem !== undefined) return [change('repair', 'service', name, [workload.problem])];
  return workload.release === release.id ? [] : [change('relabel', 'service', name)];
}

/** Without the labels in which every release differs. */
function withoutOwnLabels(service: ComposeService | undefined): ComposeService | undefined {
  if (service === undefined) return undefined;
  const deploy = asObject(service['deploy']);
  return {
    ...service,
    labels: withoutKeys(asObject(service['labels']), LABEL.definition),
    deploy: { ...deploy, labels: withoutKeys(asObject(deploy['labels']), LABEL.release) },
  };
}

/** Of secrets and configs, which are another object when their content changes. */
function sectionChanges(
  what: 'secret' | 'config',
  before: StackFile['secrets'] = {},
  after: StackFile['secrets'],
): readonly ClusterChange[] {
  return Object.entries(after).flatMap(([key, spec]) => {
    const old = before[key];
    if (old === undefined) return [change('create', what, key)];
    return old['name'] === spec['name'] ? [] : [change('update', what, key, ['its content'])];
  });
}

/** A stack of this name that Sealift did not make must not lose its services to a deploy. */
function rejectForeignStack(release: StackRelease, { workloads }: ClusterObservation<StackFile>): void {
  const foreign = workloads.filter((workload) => workload.release === undefined).map(({ name }) => name);
  if (foreign.length === 0) return;
  throw new ConfigurationError(
    `app: the swarm has a stack ${baseProject(release)} already, with services that Sealift did not make for it (${foreign.join(', ')}). Give this app another "${inputRef('app')}" or "${inputRef('environment')}", or remove that stack first.`,
  );
}

/** A swarm can't change it. */
function rejectChangedModes(release: StackRelease, { workloads }: ClusterObservation<StackFile>): void {
  for (const [name, service] of Object.entries(release.definition.services)) {
    const found = workloads.find((workload) => workload.name === name);
    const mode = asText(asObject(service['deploy'])['mode']) ?? 'replicated';
    if (found === undefined || found.kind === mode) continue;
    throw new ConfigurationError(
      `compose-file: service ${name} is ${found.kind} in the swarm, and a swarm can't make it ${mode}. Give the service another name.`,
    );
  }
}
