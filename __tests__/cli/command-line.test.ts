import { describe, expect, test } from '@jest/globals';
import { CLI_COMMANDS, type CliCommand, isSwitch, OWN_FLAGS } from '../../src/cli/cli-commands.ts';
import { parseCommandLine } from '../../src/cli/command-line.ts';
import { INPUTS } from '../../src/inputs/declared-inputs.ts';
import { actionFile } from '../inputs/runner.ts';

const run = (...args: readonly string[]) => {
  const invocation = parseCommandLine(args);
  if (invocation.kind !== 'run') throw new Error(`it is ${invocation.kind}`);
  return invocation;
};
const mistake = (...args: readonly string[]) => {
  try {
    parseCommandLine(args);
  } catch (error) {
    return String(error);
  }
  return 'none';
};

test('flags are inputs: with a value, several times for lines, and as switches', () => {
  const { command, flags } = run(
    'deploy',
    ...['--app', 'shop', '--hosts', 'ssh://a', '--hosts=ssh://b', '--dry-run', '--no-force', '--json'],
  );
  expect(command).toBe('deploy');
  expect(Object.fromEntries(flags.inputs)).toEqual({
    app: 'shop',
    hosts: 'ssh://a\nssh://b',
    'dry-run': 'true',
    force: 'false',
  });
  expect(flags).toMatchObject({ json: true, verbose: false, from: undefined });
});

test('a workflow, its job and a settings file are named by flags of their own', () => {
  expect(run('status', '--from', 'w.yml', '--job', 'prod', '--settings', 's.yaml').flags).toMatchObject({
    from: 'w.yml',
    job: 'prod',
    settings: 's.yaml',
  });
});

test.each(Object.keys(CLI_COMMANDS) as readonly CliCommand[])(
  'the flags of %s are the inputs of its action, but for what only a runner knows',
  (command) => {
    const { 'check-run-id': _, ...inputs } = actionFile(command).inputs;
    const names = Object.keys(inputs);
    const args = names.map((name) => (isSwitch(command, name) ? `--${name}` : `--${name}=text`));
    expect([...run(command, ...args).flags.inputs.keys()]).toEqual(names);
    expect(mistake(command, '--check-run-id', '1')).toContain('has no such flag');
  },
);

test('no input has the name of such a flag', () => {
  const inputs = Object.values(INPUTS).flatMap((each) => Object.keys(each));
  expect(inputs.filter((name) => Object.hasOwn(OWN_FLAGS, name))).toEqual([]);
});

test.each([
  [['--adopt'], 'true'],
  [['--adopt', 'true'], 'true'],
  [['--adopt=true'], 'true'],
  [['--adopt', 'false'], 'false'],
  [['--adopt=false'], 'false'],
  [['--no-adopt'], 'false'],
])('a switch may have the value that it has in a workflow: %j', (args, value) => {
  expect(Object.fromEntries(run('deploy', ...args, '--app', 'true').flags.inputs)).toEqual({
    adopt: value,
    app: 'true',
  });
});

test('the switch no-cache is itself, not the contrary of a switch', () => {
  expect(Object.fromEntries(run('build', '--no-cache').flags.inputs)).toEqual({ 'no-cache': 'true' });
  expect(Object.fromEntries(run('build', '--no-no-cache').flags.inputs)).toEqual({ 'no-cache': 'false' });
});

test.each([
  [[], { kind: 'help', command: undefined }],
  [['--help'], { kind: 'help', command: undefined }],
  [['help', 'deploy'], { kind: 'help', command: 'deploy' }],
  [['deploy', '--app', 'x', '-h'], { kind: 'help', command: 'deploy' }],
  [['--version'], { kind: 'version' }],
  [['completion', 'fish'], { kind: 'completion', shell: 'fish' }],
])('the arguments %j are %j', (args, invocation) => {
  expect(parseCommandLine(args)).toEqual(invocation);
});

describe('a mistake names the word and the way out', () => {
  test.each([
    [['statsu'], 'statsu: there is no such command. Did you mean "status"?'],
    [['--app', 'x'], '--app: a command comes first'],
    [['status', '--enviroment', 'x'], '"sealift status" has no such flag. Did you mean "--environment"?'],
    [['status', 'production'], '"production": all inputs are flags, such as --environment production'],
    [['status', '--app'], '--app: its value is missing. See sealift status --help.'],
    [['deploy', '--dry-run=no'], '--dry-run: it takes no value. See sealift deploy --help.'],
    [
      ['deploy', '--rebuild'],
      '--rebuild: "sealift deploy" has no such flag. It is a flag of deliver and build.',
    ],
    [['deploy', '--image', 'true', 'true'], '"true": all inputs are flags'],
    [['gate'], 'gate: there is no such command'],
  ])('the arguments %j: %s', (args, text) => {
    expect(mistake(...args)).toContain(text);
  });
});
