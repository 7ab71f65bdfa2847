import { linesOfKey } from '../model/yaml-lines.ts';

/** What the runner says about the workflow and the job of a step. */
export interface WorkflowJob {
  /** `octo/shop/.github/workflows/deliver.yml@refs/heads/main`. In a reusable workflow, that of the workflow that called it. */
  readonly workflowRef: string | undefined;
  /** `owner/name` of the checkout. */
  readonly repository: string | undefined;
  /** The key of the job. */
  readonly job: string | undefined;
  /** `owner/name` of the action. */
  readonly actionRepository: string | undefined;
}

/** A place in a file of the checkout. */
export interface FilePlace {
  readonly file: string;
  /** From 1. */
  readonly startLine?: number;
}

/**
 * Where the workflow gives an input: the line of the input, or else of the step that lacks it. Without a line if it is not sure which: the
 * checkout does not have the file, the step is in a reusable workflow, or the job has several steps of this action. Pure.
 * @returns `undefined` if it is no workflow of this repository
 */
export function workflowPlace(
  { workflowRef = '', repository, job = '', actionRepository = '' }: WorkflowJob,
  input: string,
  readText: (file: string) => string | undefined,
): FilePlace | undefined {
  const { owner, file } =
    /^(?<owner>[^/]+\/[^/]+)\/(?<file>\.github\/workflows\/[^@]+)@/.exec(workflowRef)?.groups ?? {};
  if (file === undefined || owner !== repository) return undefined;
  const lines = linesOfKey(readText(file) ?? '', ['jobs', job, 'steps']);
  const [uses, ...others] = lines.filter(({ text }) => usesAction(text, actionRepository));
  if (uses === undefined || others.length > 0) return { file };
  const given = stepAround(lines, uses).find(({ text }) => text.trimStart().startsWith(`${input}:`));
  return { file, startLine: (given ?? uses).number };
}

type Line = ReturnType<typeof linesOfKey>[number];

/** `- uses: owner/name/deploy@v1` */
function usesAction(text: string, actionRepository: string): boolean {
  const action = /^[\s-]*uses: *["']?(?<action>[^@\s"']+)@/.exec(text)?.groups?.['action'] ?? '';
  return actionRepository !== '' && `${action}/`.startsWith(`${actionRepository}/`);
}

/** The lines of the step that a line belongs to: from its `-` to the next one. */
function stepAround(lines: readonly Line[], line: Line): readonly Line[] {
  const indentOfItem = lines[0]?.text.indexOf('-') ?? 0;
  const starts = lines.filter(({ text }) => text.indexOf('- ') === indentOfItem).map(({ number }) => number);
  const first = starts.findLast((number) => number <= line.number) ?? line.number;
  const next = starts.find((number) => number > line.number) ?? Number.POSITIVE_INFINITY;
  return lines.filter(({ number }) => number >= first && number < next);
}
