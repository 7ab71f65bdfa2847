import { INPUTS } from '../inputs/declared-inputs.ts';
import type { Command } from '../model/request.ts';

/** The commands of the command line. `gate` is none: only a job of GitHub has something to check there. */
export const CLI_COMMANDS = {
  deliver: { action: 'action.yml', summary: 'build an image, or take one, and deploy it' },
  build: { action: 'build/action.yml', summary: 'build, test and push an image' },
  deploy: { action: 'deploy/action.yml', summary: 'deploy an image that exists' },
  rollback: { action: 'rollback/action.yml', summary: 'go back to an earlier release' },
  status: { action: 'status/action.yml', summary: 'show what is live, and the history' },
  export: { action: 'export/action.yml', summary: 'write a release into a file' },
  import: { action: 'import/action.yml', summary: 'deploy a release from a file' },
  logs: { action: 'logs/action.yml', summary: 'print what a release prints' },
  remove: { action: 'remove/action.yml', summary: 'remove an app from its hosts' },
  unlock: { action: 'unlock/action.yml', summary: 'break the lock of a run that can not be ended' },
} as const satisfies Partial<Record<Command, { readonly action: string; readonly summary: string }>>;

export type CliCommand = keyof typeof CLI_COMMANDS;

export const isCliCommand = (word: string): word is CliCommand => Object.hasOwn(CLI_COMMANDS, word);

/** Switches without a default: neither on nor off means a third thing. */
const OPEN_SWITCHES: readonly string[] = ['adopt'];

/** The inputs of a command that are switches: `true` or `false`. */
export const isSwitch = (command: CliCommand, input: string): boolean =>
  ['true', 'false'].includes(inputsOf(command)[input] ?? '') || OPEN_SWITCHES.includes(input);

/** The commands that have an input. */
export const commandsWithInput = (input: string): readonly CliCommand[] =>
  Object.keys(CLI_COMMANDS)
    .filter(isCliCommand)
    .filter((command) => Object.hasOwn(inputsOf(command), input));

/** The inputs of a command with their defaults. What only a runner knows is none of them. */
export function inputsOf(command: CliCommand): Readonly<Record<string, string>> {
  const { 'check-run-id': _, ...inputs } = INPUTS[command];
  return inputs;
}

/** Flags that are not inputs. */
export const OWN_FLAGS = {
  from: { value: 'FILE', about: 'a workflow whose step gives the inputs: .github/workflows/deliver.yml' },
  job: { value: 'NAME', about: 'the job of that workflow; needed if several jobs use Sealift' },
  settings: { value: 'FILE', about: 'the file with inputs; default: sealift.yaml, if there is one' },
  json: { value: undefined, about: 'print the report as one line of JSON, and everything else to stderr' },
  verbose: { value: undefined, about: 'print every operation' },
  help: { value: undefined, about: 'print this' },
} as const;
export type OwnFlag = keyof typeof OWN_FLAGS;
