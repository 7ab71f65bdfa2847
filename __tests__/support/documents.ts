import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { find, read } from './repository.ts';

/** What people read: every document of the repository. */
export const DOCUMENTS = find(
  '*.md',
  '{build,deploy,rollback,status}/*.md',
  'docs/**/*.md',
  'examples/**/*.md',
  'lab/*.md',
);

export interface Snippet {
  readonly name: string;
  /** A workflow, whole or made whole around what is shown of it; or a Compose file. */
  readonly kind: 'workflow' | 'compose';
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

/** @throws where the block is neither a Compose file nor a part of a workflow */
function wholeOf(content: string): Pick<Snippet, 'kind' | 'content'> {
  const shown: unknown = parse(content);
  const workflow = (jobs: unknown) => ({
    kind: 'workflow' as const,
    content: stringify({ on: 'push', permissions: {}, jobs }),
  });
  const job = (steps: unknown) => workflow({ job: { 'runs-on': 'ubuntu-latest', steps } });
  if (Array.isArray(shown)) return job(shown);
  if (typeof shown !== 'object' || shown === null) throw new Error(`This is no YAML to copy:\n${content}`);
  if ('jobs' in shown) return { kind: 'workflow', content };
  if ('services' in shown) return { kind: 'compose', content };
  if ('steps' in shown) return job(shown.steps);
  if ('with' in shown)
    return job([{ uses: 'sealift/sealift@v1', with: { ...USUAL, ...object(shown.with) } }]);
  const jobs: Record<string, unknown> = object(shown);
  // Jobs that the shown ones wait for.
  for (const { needs = [] } of Object.values(jobs).map(object)) {
    for (const name of [needs].flat())
      jobs[String(name)] ??= { 'runs-on': 'ubuntu-latest', steps: [{ run: 'true' }] };
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
      const sealift = /^[^/]+\/sealift(?:\/(?<part>[a-z]+))?@/.exec(uses);
      return sealift === null ? [] : [{ part: sealift.groups?.['part'] ?? '', uses, given }];
    });
}

/** The names of the inputs that a part declares. */
export function inputsOf(part: string): readonly string[] {
  return Object.keys(parse(read(join(part, 'action.yml'))).inputs ?? {});
}

/** A document without its fenced blocks, and without the tables that are made from action.yml. */
export function proseOf(path: string): string {
  return read(path)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/<!-- (inputs|outputs) -->[\s\S]*?<!-- \/\1 -->/g, '');
}
