import { parseArgs } from 'node:util';
import { type InitOptions, parseInitOptions } from '../init/init-options.ts';
import { didYouMean } from '../inputs/did-you-mean.ts';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { joinWithAnd } from '../model/text.ts';
import {
  CLI_COMMANDS,
  type CliCommand,
  commandsWithInput,
  inputsOf,
  isCliCommand,
  isSwitch,
  OWN_FLAGS,
  type OwnFlag,
} from './cli-commands.ts';

/** What the user asked for. */
export type Invocation =
  | { readonly kind: 'help'; readonly command: CliCommand | undefined }
  | { readonly kind: 'version' }
  /** With the options of `init`; `undefined`: its help. */
  | { readonly kind: 'init'; readonly options: InitOptions | undefined }
  | { readonly kind: 'completion'; readonly shell: string | undefined }
  | { readonly kind: 'run'; readonly command: CliCommand; readonly flags: Flags };

export interface Flags {
  /** By the name of the input; lines of a flag that was given several times. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly from: string | undefined;
  readonly job: string | undefined;
  readonly settings: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/**
 * Reads the arguments after the name of the program. Pure.
 * @throws ConfigurationError for a command or a flag that does not exist
 */
export function parseCommandLine(args: readonly string[]): Invocation {
  const [word, ...rest] = args;
  if (word === undefined || word === 'help' || word === '--help' || word === '-h')
    return rest[0] === 'init'
      ? { kind: 'init', options: undefined }
      : { kind: 'help', command: rest[0] !== undefined && isCliCommand(rest[0]) ? rest[0] : undefined };
  if (word === '--version' || word === 'version') return { kind: 'version' };
  if (word === 'init') return { kind: 'init', options: parseInitOptions(rest) };
  if (word === 'completion') return { kind: 'completion', shell: rest[0] };
  if (!isCliCommand(word)) {
    const meant = didYouMean(word, [...Object.keys(CLI_COMMANDS), 'init']);
    throw new ConfigurationError(
      word.startsWith('-')
        ? `${word}: a command comes first, such as "sealift status". See sealift --help.`
        : `${word}: there is no such command.${meant} See sealift --help.`,
    );
  }
  const flags = parseFlags(word, rest);
  return flags === undefined ? { kind: 'help', command: word } : { kind: 'run', command: word, flags };
}

/** The flags of a command; `undefined` for `--help`. */
function parseFlags(command: CliCommand, args: readonly string[]): Flags | undefined {
  const inputs = Object.keys(inputsOf(command));
  const own = Object.entries(OWN_FLAGS).map(([name, { value }]) => [name, value !== undefined] as const);
  const switches = inputs.filter((name) => isSwitch(command, name));
  const options = Object.fromEntries([
    ...switches.flatMap((name) => [name, `no-${name}`].map((flag) => [flag, { type: 'boolean' } as const])),
    ...inputs
      .filter((name) => !switches.includes(name))
      .map((name) => [name, { type: 'string', multiple: true } as const]),
    ...own.map(([name, takesValue]) => [name, { type: takesValue ? 'string' : 'boolean' } as const]),
  ]);
  const values = parseStrictly(command, withoutValues(args, switches), {
    ...options,
    help: { type: 'boolean', short: 'h' },
  });
  if (values['help'] === true) return undefined;
  const text = (name: OwnFlag): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    inputs: new Map(
      inputs.flatMap((name) => {
        const value = values[`no-${name}`] === true ? false : values[name];
        if (value === undefined) return [];
        return [[name, Array.isArray(value) ? value.join('\n') : String(value)] as const];
      }),
    ),
    from: text('from'),
    job: text('job'),
    settings: text('settings'),
    json: values['json'] === true,
    verbose: values['verbose'] === true,
  };
}

/** `--adopt true`, as a workflow has it, is `--adopt`, and `--adopt=false` is `--no-adopt`. */
function withoutValues(args: readonly string[], switches: readonly string[]): readonly string[] {
  const flags = new Set(switches.map((name) => `--${name}`));
  const isValue = (text = ''): boolean => text === 'true' || text === 'false';
  return args.flatMap((arg, index) => {
    if (isValue(arg) && flags.has(args[index - 1] ?? '')) return [];
    const [flag = '', value = args[index + 1]] = arg.split('=', 2);
    if (!flags.has(flag) || !isValue(value)) return [arg];
    return [value === 'true' ? flag : `--no-${flag.slice(2)}`];
  });
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

function parseStrictly(command: CliCommand, args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [, unknown] = /^Unknown option '--?([^']+)'/.exec(messageOf(error)) ?? [];
    if (unknown !== undefined) {
      const meant = didYouMean(
        `--${unknown}`,
        Object.keys(options).map((name) => `--${name}`),
      );
      const others = commandsWithInput(unknown);
      const hint = others.length === 0 ? meant : ` It is a flag of ${joinWithAnd(others)}.`;
      throw new ConfigurationError(
        `--${unknown}: "sealift ${command}" has no such flag.${hint} See sealift ${command} --help.`,
      );
    }
    const [, text] = /^Option '(--\S+) <value>' argument missing/.exec(messageOf(error)) ?? [];
    if (text !== undefined)
      throw new ConfigurationError(`${text}: its value is missing. See sealift ${command} --help.`);
    const [, flag] = /^Option '(--\S+)' does not take an argument/.exec(messageOf(error)) ?? [];
    if (flag !== undefined)
      throw new ConfigurationError(`${flag}: it takes no value. See sealift ${command} --help.`);
    const [, positional] = /^Unexpected argument '([^']*)'/.exec(messageOf(error)) ?? [];
    if (positional !== undefined)
      throw new ConfigurationError(
        `"${positional}": all inputs are flags, such as --environment production. See sealift ${command} --help.`,
      );
    throw new ConfigurationError(`${messageOf(error)} See sealift ${command} --help.`, { cause: error });
  }
}
