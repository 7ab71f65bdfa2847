import { parse } from 'yaml';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import { joinWithAnd } from '../model/text.ts';
import { type CliCommand, inputsOf } from './cli-commands.ts';
import type { InputValues } from './settings-file.ts';

/** What expressions of a workflow mean here. */
export interface ExpressionValues {
  /** Of `vars.NAME`, `secrets.NAME` and `env.NAME`: the variable of that name. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of `github.sha` and so on. */
  readonly github: Readonly<Record<string, string | undefined>>;
}

/** Inputs that a person at a terminal need not give: his own keys and the checkout are in their place. */
const NOT_NEEDED = new Set(['ssh-key', 'ssh-key-passphrase', 'known-hosts', 'github-token']);

interface ActionStep {
  readonly job: string;
  /** `''` for the main action. */
  readonly action: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * The inputs that a workflow gives to Sealift in one job. Pure.
 *
 * @param given inputs that a flag or a variable gives: what the workflow says of them does not count
 * @throws ConfigurationError that names each expression without a value here, and the flag that can be given instead
 */
export function readWorkflowInputs(
  text: string,
  file: string,
  job: string | undefined,
  command: CliCommand,
  given: ReadonlySet<string>,
  values: ExpressionValues,
): InputValues {
  const step = chooseStep(stepsOf(text, file), file, job, command);
  const known = inputsOf(command);
  const inputs = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, value] of Object.entries(step.inputs)) {
    if (!Object.hasOwn(known, name) || given.has(name)) continue;
    const filled = fillExpressions(String(value ?? ''), values);
    if (filled.unknown.length === 0) inputs.set(name, filled.text);
    else if (!NOT_NEEDED.has(name)) missing.push(`${joinWithAnd(filled.unknown)} (--${name})`);
  }
  if (missing.length === 0) return inputs;
  throw new ConfigurationError(
    `${file}, job ${step.job}: these values are known to GitHub alone: ${missing.join(', ')}. Set a variable of that name, or give the flag; --flag "" means without it.`,
  );
}

function stepsOf(text: string, file: string): readonly ActionStep[] {
  let workflow: unknown;
  try {
    workflow = parse(text);
  } catch (error) {
    throw new ConfigurationError(`${file}: ${messageOf(error)}`, { cause: error });
  }
  return Object.entries(asObject(asObject(workflow)['jobs'])).flatMap(([job, body]) => {
    const { steps } = asObject(body);
    return (Array.isArray(steps) ? steps : []).flatMap((step: unknown) => {
      const { uses, with: inputs } = asObject(step);
      const found = /^[^/@]+\/sealift(?:\/(?<action>[a-z]+))?@/.exec(asText(uses) ?? '');
      return found === null
        ? []
        : [{ job, action: found.groups?.['action'] ?? '', inputs: asObject(inputs) }];
    });
  });
}

/** The step of the same action, or the only other one. */
function chooseStep(
  all: readonly ActionStep[],
  file: string,
  job: string | undefined,
  command: CliCommand,
): ActionStep {
  const steps = all.filter((step) => job === undefined || step.job === job);
  const action = command === 'deliver' ? '' : command;
  const same = steps.filter((step) => step.action === action);
  const [step, ...others] = same.length > 0 ? same : steps;
  const jobs = [...new Set(all.map((each) => each.job))];
  if (step === undefined) {
    const where = job === undefined ? file : `${file}, job ${job}`;
    const hint =
      jobs.length === 0
        ? ' A workflow that it calls has no values here: write them into sealift.yaml.'
        : ` These do: ${joinWithAnd(jobs)}.`;
    throw new ConfigurationError(`--from: no step of ${where} uses Sealift.${hint}`);
  }
  if (others.some((other) => other.job !== step.job))
    throw new ConfigurationError(`--job: missing. In ${file}, ${joinWithAnd(jobs)} use Sealift: name one.`);
  return step;
}

function fillExpressions(
  text: string,
  { variables, github }: ExpressionValues,
): { readonly text: string; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const filled = text.replaceAll(/\$\{\{\s*(?<expression>.*?)\s*\}\}/g, (whole, expression: string) => {
    const [, context, name = ''] = /^(vars|secrets|env|github)\.([A-Za-z_]\w*)$/.exec(expression) ?? [];
    const value = context === undefined ? undefined : context === 'github' ? github[name] : variables[name];
    if (value === undefined) unknown.push(expression);
    return value ?? whole;
  });
  return { text: filled, unknown };
}
