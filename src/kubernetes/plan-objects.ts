import type { Workload } from '../cluster/cluster.ts';
import { definitionDifferences } from '../cluster/differences.ts';
import type { ClusterChange } from '../cluster/plan.ts';
import { baseProject, LABEL } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import {
  asObject,
  asText,
  canonicalJson,
  isObject,
  type JsonObject,
  mapValues,
  withoutKeys,
} from '../model/json.ts';
import { inApplyOrder, isShared } from '../release/kubernetes/apply-order.ts';
import {
  apiGroupOf,
  type KubernetesObject,
  objectText,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import { fingerprintOf } from '../run/fingerprint.ts';
import { kindsDefinedIn } from './api-resources.ts';
import {
  applyObject,
  isOwnObject,
  type ObjectContext,
  releaseLabelOf,
  unknownKindError,
} from './apply-objects.ts';
import { hasFailedJob } from './apply-release.ts';

export interface ObjectPlanOptions {
  /** Takes over objects and fields of others. */
  readonly adopt: boolean;
  /** Whether a Job runs: one of a release that was accepted before does not run again. */
  readonly runsJobs: boolean;
}

/**
 * What applying objects would change, as the cluster itself says it (a dry run on the server). Changes nothing.
 * @throws ConfigurationError for what the cluster would refuse halfway, and objects that Sealift did not make
 */
export async function planObjects(
  context: ObjectContext,
  objects: readonly KubernetesObject[],
  options: ObjectPlanOptions,
): Promise<readonly ClusterChange[]> {
  const newKinds = kindsDefinedIn(objects);
  const newNamespaces = await missingNamespaces(context, objects);
  const changes: ClusterChange[] = [];
  const foreign: string[] = [];
  for (const object of inApplyOrder(objects)) {
    const path = await context.resources.pathOf(referenceTo(object));
    if (path === undefined) {
      if (!newKinds.has(`${apiGroupOf(object)}/${object.kind}`)) throw unknownKindError(object);
      changes.push(objectChange('create', object, ['its kind comes with this release']));
      continue;
    }
    if (newNamespaces.has(object.metadata.namespace ?? '')) {
      changes.push(objectChange('create', object, []));
      continue;
    }
    const found = await context.api.find(path, `read ${objectText(object)}`);
    const before = found === undefined ? undefined : asObject(found);
    if (object.kind === 'Job' && !options.runsJobs) continue;
    if (before !== undefined && !isOwnObject(before, context.of) && !isShared(object) && !options.adopt)
      foreign.push(objectText(object));
    else changes.push(...(await changeOf(context, object, before, options)));
  }
  if (foreign.length === 0) return changes;
  throw new ConfigurationError(
    `adopt: there are objects already that Sealift did not make for ${baseProject(context.of)}: ${foreign.join(', ')}. To take over what is there, set ${inputSetting('adopt', 'true')}; else give the objects other names.`,
  );
}

const objectChange = (
  kind: ClusterChange['kind'],
  { kind: what, metadata }: KubernetesObject,
  differences: readonly string[],
): ClusterChange => ({ kind, what, name: metadata.name, differences });

async function missingNamespaces(
  { api }: ObjectContext,
  objects: readonly KubernetesObject[],
): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const { kind, metadata } of objects) {
    if (kind !== 'Namespace') continue;
    const found = await api.find(`/api/v1/namespaces/${metadata.name}`, `read Namespace ${metadata.name}`);
    if (found === undefined) missing.add(metadata.name);
  }
  return missing;
}

async function changeOf(
  context: ObjectContext,
  object: KubernetesObject,
  before: JsonObject | undefined,
  { adopt }: ObjectPlanOptions,
): Promise<readonly ClusterChange[]> {
  if (before !== undefined && object.kind === 'Job') return jobChange(context, object, before);
  const after = await applyObject(context, object, { dryRun: true, force: adopt });
  if (before === undefined) return [objectChange('create', object, [])];
  const differences = objectDifferences(before, after);
  if (differences.length > 0) return [objectChange('update', object, differences)];
  return releaseLabelOf(before) === releaseLabelOf(after) ? [] : [objectChange('relabel', object, [])];
}

/** A Job can't be changed: another one takes its place. One of this very release has run, or runs; unless it has failed. */
async function jobChange(
  context: ObjectContext,
  object: KubernetesObject,
  before: JsonObject,
): Promise<readonly ClusterChange[]> {
  const isSame = releaseLabelOf(before) === object.metadata.labels?.[LABEL.release];
  if (isSame && !hasFailedJob(before)) return [];
  const { labels: _, ...metadata } = object.metadata;
  // Under a name that nobody has: only what is asked for counts, not what is there.
  const probe = {
    ...object,
    metadata: { ...metadata, name: `${object.metadata.name.slice(0, 40)}-dry-run` },
  };
  await applyObject(context, probe, { dryRun: true });
  return [objectChange('update', object, ['it runs again, in place of the one before'])];
}

/** What a person would see of a change: without what the cluster itself keeps, and without contents. Pure. */
export function objectDifferences(before: JsonObject, after: JsonObject): readonly string[] {
  return definitionDifferences(readable(before), readable(after)).map((line) =>
    line.replace(/^((?:without )?(?:data|stringData|binaryData)\..*?): content .*$/, '$1'),
  );
}

/** Metadata that the cluster sets, and the labels in which every release differs. */
const OWN_METADATA = [
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
  'selfLink',
];

function readable(object: JsonObject): JsonObject {
  const metadata = asObject(object['metadata']);
  const labels = withoutKeys(asObject(metadata['labels']), LABEL.release);
  const annotations = withoutKeys(
    asObject(metadata['annotations']),
    'kubectl.kubernetes.io/last-applied-configuration',
    'deployment.kubernetes.io/revision',
    'deprecated.daemonset.template.generation',
  );
  const rest = withoutKeys(object, 'status', 'metadata', 'data', 'stringData', 'binaryData');
  const contents = ['data', 'stringData', 'binaryData'].map((key): [string, unknown] => [
    key,
    mapValues(asObject(object[key]), contentText),
  ]);
  const named = { ...withoutKeys(metadata, ...OWN_METADATA, 'labels', 'annotations'), labels, annotations };
  return asObject(keyedLists({ ...rest, metadata: named, ...Object.fromEntries(contents) }));
}

/** Stands for a content, so that another one is another text. */
const contentText = (value: unknown): string => `content ${fingerprintOf(canonicalJson(value), 4)}`;

/** Lists of named things as mappings, so that only the part is shown that differs. */
function keyedLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const names = value.map((each) => (isObject(each) ? asText(each['name']) : undefined));
    const isNamed =
      names.length > 0 && names.every((name) => name !== undefined) && new Set(names).size === names.length;
    if (!isNamed) return value.map(keyedLists);
    return Object.fromEntries(
      value.map((each, index) => [names[index], keyedLists(withoutKeys(asObject(each), 'name'))]),
    );
  }
  return isObject(value) ? mapValues(value, keyedLists) : value;
}

/** The changes to a release that is live, with workloads that nothing changes though they are not whole. Pure. */
export function withRepairs(
  changes: readonly ClusterChange[],
  workloads: readonly Workload[],
): readonly ClusterChange[] {
  const isOf = (change: ClusterChange, { kind, name }: Workload): boolean =>
    change.what === kind && change.name === name;
  const broken = workloads.filter(
    (workload) =>
      workload.problem !== undefined &&
      !changes.some((each) => each.kind !== 'relabel' && isOf(each, workload)),
  );
  return [
    ...changes.filter((each) => !broken.some((workload) => isOf(each, workload))),
    ...broken.map(
      ({ kind: what, name, problem = '' }): ClusterChange => ({
        kind: 'repair',
        what,
        name,
        differences: [problem],
      }),
    ),
  ];
}
