import { INIT_FLAGS } from '../init/init-options.ts';
import { didYouMean } from '../inputs/did-you-mean.ts';
import { ConfigurationError } from '../model/errors.ts';
import { CLI_COMMANDS, type CliCommand, inputsOf, isCliCommand, OWN_FLAGS } from './cli-commands.ts';

const SHELLS = { bash, zsh, fish };

/**
 * The completion of commands and flags, for a shell to read: `source <(sealift completion bash)`. Pure.
 * @throws ConfigurationError for a shell that has none
 */
export function completionScript(shell: string | undefined): string {
  const known = Object.entries(SHELLS).find(([name]) => name === shell)?.[1];
  if (known !== undefined) return known();
  const meant = shell === undefined ? '' : ` "${shell}" has none.${didYouMean(shell, Object.keys(SHELLS))}`;
  throw new ConfigurationError(`completion: name the shell: bash, zsh or fish.${meant}`);
}

const COMPLETED: readonly CliCommand[] = Object.keys(CLI_COMMANDS).filter(isCliCommand);

const flagsOf = (command: CliCommand): readonly string[] =>
  [...Object.keys(inputsOf(command)), ...Object.keys(OWN_FLAGS)].map((name) => `--${name}`);

const INIT_WORDS = Object.keys(INIT_FLAGS).map((name) => `--${name}`);

function bash(): string {
  const cases = COMPLETED.map((command) => `    ${command}) words='${flagsOf(command).join(' ')}' ;;`);
  return `_sealift() {
  local words word=\${COMP_WORDS[COMP_CWORD]}
  case \${COMP_CWORD} in 1) words='${[...COMPLETED, 'init', 'completion', 'help', 'version'].join(' ')}' ;; *)
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    init) words='${INIT_WORDS.join(' ')}' ;;
    completion) words='${Object.keys(SHELLS).join(' ')}' ;;
    help) words='${[...COMPLETED, 'init'].join(' ')}' ;;
    *) words='' ;;
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _sealift sealift
`;
}

function zsh(): string {
  return `autoload -U +X bashcompinit && bashcompinit
${bash()}`;
}

function fish(): string {
  const commands = Object.entries(CLI_COMMANDS).map(
    ([name, { summary }]) => `complete -c sealift -n __fish_use_subcommand -f -a ${name} -d '${summary}'`,
  );
  const flags = COMPLETED.flatMap((command) =>
    flagsOf(command).map(
      (flag) => `complete -c sealift -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}`,
    ),
  );
  const init = [
    "complete -c sealift -n __fish_use_subcommand -f -a init -d 'prepare a server, and write the workflow'",
    ...INIT_WORDS.map(
      (flag) => `complete -c sealift -n '__fish_seen_subcommand_from init' -l ${flag.slice(2)}`,
    ),
  ];
  return `${[...commands, ...flags, ...init].join('\n')}\n`;
}
