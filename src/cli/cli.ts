import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { init } from '../init/init.ts';
import type { InitOptions } from '../init/init-options.ts';
import type { InitFailure, InitReport } from '../init/init-report.ts';
import { giveInputs } from '../inputs/reader.ts';
import { runAction } from '../main.ts';
import { ConfigurationError, messageOf, SealiftError } from '../model/errors.ts';
import { nameInputsBy } from '../model/input-ref.ts';
import { speakToTerminal } from '../model/place-words.ts';
import { plainText } from '../model/plain-text.ts';
import { reportTo } from '../report/console.ts';
import { removeLeftFolders } from '../run/left-folders.ts';
import { describeCheckout } from './checkout.ts';
import { type CliCommand, inputsOf } from './cli-commands.ts';
import { type Flags, parseCommandLine } from './command-line.ts';
import { completionScript } from './completion.ts';
import { readFlagValues, takeInputVariables } from './flag-values.ts';
import { flagWords, type InputSource } from './flag-words.ts';
import { commandHelp, generalHelp, initHelp } from './help.ts';
import { type InputValues, readSettings } from './settings-file.ts';
import { isLiveTerminal, terminalReporter } from './terminal-reporter.ts';
import { readWorkflowInputs } from './workflow-inputs.ts';

const SETTINGS_FILE = 'sealift.yaml';
const EXIT = { failed: 1, wrongUse: 2 } as const;
/** As a shell has them: 128 and the number of the signal. */
const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The entry point of the command line: the same commands as those of the actions, without GitHub.
 *
 * @param args the arguments after the name of the program
 * @param root the folder with package.json and the action.yml files
 */
export async function runCli(args: readonly string[], root: string): Promise<void> {
  try {
    speakToTerminal();
    const invocation = parseCommandLine(args);
    if (invocation.kind === 'run' || invocation.kind === 'init') await removeLeftFolders();
    switch (invocation.kind) {
      case 'help':
        print(invocation.command === undefined ? generalHelp() : await commandHelp(invocation.command, root));
        return;
      case 'version':
        print(`sealift ${JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version}\n`);
        return;
      case 'init':
        if (invocation.options === undefined) print(initHelp());
        else await runInit(invocation.options);
        return;
      case 'completion':
        print(completionScript(invocation.shell));
        return;
      case 'run':
        await runCommand(invocation.command, invocation.flags);
    }
  } catch (error) {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    if (error instanceof SealiftError && !error.alreadyLogged)
      for (const line of error.evidence) process.stderr.write(`  ${plainText(line)}\n`);
    process.exitCode = error instanceof ConfigurationError ? EXIT.wrongUse : EXIT.failed;
  }
}

async function runCommand(command: CliCommand, flags: Flags): Promise<void> {
  const { json, verbose } = flags;
  const out = json ? process.stderr : process.stdout;
  const isTerminal = isLiveTerminal(out, process.env);
  const checkout = await describeCheckout(process.cwd());
  for (const [name, value] of Object.entries(checkout))
    if (value !== undefined) process.env[`GITHUB_${name.toUpperCase()}`] ??= value;
  const { values, sources } = collectInputs(command, flags, checkout);
  giveInputs(values);
  nameInputsBy(flagWords(command, sources));
  reportTo(terminalReporter({ out, json: json ? process.stdout : undefined, isTerminal, verbose }));
  for (const [signal, code] of Object.entries(EXIT_BY_SIGNAL))
    process.once(signal, () => {
      process.exitCode = code;
    });
  const error = await runAction(command, true);
  if (error instanceof ConfigurationError) process.exitCode = EXIT.wrongUse;
}

async function runInit(options: InitOptions): Promise<void> {
  const { repository } = await describeCheckout(process.cwd());
  const output = options.json ? process.stderr : process.stdout;
  const lines =
    process.stdin.isTTY && output.isTTY ? createInterface({ input: process.stdin, output }) : undefined;
  const tell = (result: InitReport | InitFailure): void => {
    if (options.json) print(`${JSON.stringify(result)}\n`);
  };
  try {
    const report = await init(
      { ...options, repository: options.repository ?? repository },
      { say: (line) => output.write(`${line}\n`), ask: lines && ((question) => lines.question(question)) },
    );
    tell(report);
  } catch (error) {
    const details = error instanceof SealiftError ? error.evidence : [];
    tell({ command: 'init', result: 'failed', error: messageOf(error), details });
    throw error;
  } finally {
    lines?.close();
  }
}

/** What the inputs are, and where each comes from. */
interface CollectedInputs {
  readonly values: InputValues;
  readonly sources: ReadonlyMap<string, InputSource>;
}

/** The inputs: flags count most, then variables, then the workflow that is named, or else the settings file. */
function collectInputs(
  command: CliCommand,
  { inputs, from, job, settings: file }: Flags,
  github: Readonly<Record<string, string | undefined>>,
): CollectedInputs {
  const variables = takeInputVariables(Object.keys(inputsOf(command)), process.env);
  const given = new Map([...variables, ...readFlagValues(inputs)]);
  const path = from ?? file ?? (existsSync(SETTINGS_FILE) ? SETTINGS_FILE : undefined);
  const read = (): InputValues => {
    if (path === undefined) return new Map();
    const text = readGivenFile(from === undefined ? '--settings' : '--from', path);
    if (from === undefined) return readSettings(text, path, command, given.get('environment'));
    return readWorkflowInputs(text, path, job, command, new Set(given.keys()), {
      variables: process.env,
      github,
    });
  };
  const inFile = read();
  const sourceOf = (name: string): InputSource => {
    if (inputs.has(name)) return { kind: 'flag' };
    return variables.has(name) ? { kind: 'variable' } : { kind: 'file', file: path ?? '' };
  };
  const values = new Map([...inFile, ...given]);
  return { values, sources: new Map([...values.keys()].map((name) => [name, sourceOf(name)])) };
}

function readGivenFile(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${flag}: "${path}" can't be read (${messageOf(error)}).`, { cause: error });
  }
}

const print = (text: string): void => void process.stdout.write(text);
