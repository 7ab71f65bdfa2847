import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { find, read } from './repository.ts';

/** What people read: every document of the repository. */
export const DOCUMENTS = find(
  '*.md',
  '{build,deploy,rollback,status,remove,gate}/*.md',
  'docs/**/*.md',
  'examples/**/*.md',
  'lab/*.md',
);

export interface Snippet {
  readonly name: string;
  /** A workflow, whole or made whole around what is shown of it; a Compose file; or manifests for Kubernetes. */
  readonly kind: 'workflow' | 'compose' | 'manifest';
  readonly content: string;
}

/** A step of a workflow, as far as it is read here. */
export interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The fenced YAML of a document. */
export function snippetsIn(path: string): Snippet[] {
  return [...read(path).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map(([, content = ''], index) => ({
    name: `${path}, YAML block ${index + 1}`,
    ...wholeOf(content),
  }));
}

/** Any step of the main action; what a document leaves out is said once above. */
const USUAL = { environment: 'production', hosts: 'unix:///var/run/docker.sock' };

/** @throws where the block is neither a Compose file nor a manifest nor a part of a workflow */
function wholeOf(content: string): Pick<Snippet, 'kind' | 'content'> {
  if (/^apiVersion: /m.test(content)) return { kind: 'manifest', content };
  const shown: unknown = parse(content);
  const workflow = (jobs: unknown) => ({
    kind: 'workflow' as const,
    content: stringify({ on: 'push', permissions: {}, jobs }),
  });
  const job = (steps: unknown) => workflow({ job: { 'runs-on': 'ubuntu-latest', steps } });
  // Steps that come after one of Sealift.
  if (Array.isArray(shown)) return job([{ id: 'sealift', run: 'true' }, ...shown]);
  if (typeof shown !== 'object' || shown === null) throw new Error(`This is no YAML to copy:\n${content}`);
  if ('jobs' in shown) return { kind: 'workflow', content };
  if ('services' in shown) return { kind: 'compose', content };
  if ('steps' in shown) return job(shown.steps);
  if ('with' in shown)
    return job([{ uses: 'sealift/sealift@v1', with: { ...USUAL, ...object(shown.with) } }]);
  const jobs: Record<string, unknown> = object(shown);
  // Jobs that the shown ones wait for.
  for (const { needs = [] } of Object.values(jobs).map(object)) {
    for (const name of [needs].flat()) {
      const outputs = { image: 'an image' };
      jobs[String(name)] ??= { 'runs-on': 'ubuntu-latest', outputs, steps: [{ run: 'true' }] };
    }
  }
  return workflow(jobs);
}

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** The steps of a workflow that use Sealift, each with the part of it: `deploy`, or `` for the main action. */
export function sealiftSteps(workflow: {
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
}): { readonly part: string; readonly uses: string; readonly given: Readonly<Record<string, unknown>> }[] {
  return Object.values(workflow.jobs)
    .flatMap((job) => job.steps ?? [])
    .flatMap(({ uses = '', with: given = {} }) => {
      const part = sealiftPart(uses);
      return part === undefined ? [] : [{ part, uses, given }];
    });
}

/** The part of Sealift that a step uses: `deploy`, or `` for the main action; `undefined` for any other action. */
export function sealiftPart(uses: string): string | undefined {
  const sealift = /^[^/]+\/sealift(?:\/(?<part>[a-z]+))?@/.exec(uses);
  return sealift === null ? undefined : (sealift.groups?.['part'] ?? '');
}

/** The names of the inputs that a part declares. */
export const inputsOf = (part: string): readonly string[] => Object.keys(actionOf(part).inputs ?? {});

/** Those of them that must be given. */
export const requiredInputsOf = (part: string): readonly string[] =>
  Object.entries(actionOf(part).inputs ?? {}).flatMap(([name, input]) =>
    input?.required === true ? [name] : [],
  );

/** The names of the outputs that a part declares. */
export const outputsOf = (part: string): readonly string[] => Object.keys(actionOf(part).outputs ?? {});

function actionOf(part: string): {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean } | null>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
} {
  return parse(read(join(part, 'action.yml')));
}

/** A document without its fenced blocks, and without the tables that are made from action.yml. */
export function proseOf(path: string): string {
  return read(path)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/<!-- (inputs|outputs) -->[\s\S]*?<!-- \/\1 -->/g, '');
}
