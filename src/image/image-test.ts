import { randomUUID } from 'node:crypto';
import { formatCommand, splitCommand } from '../model/command-line.ts';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import type { BuildTarget } from './build-targets.ts';
import type { ImageContext } from './run-bake.ts';

/** The program and its arguments. */
export type Argv = readonly [string, ...string[]];

/**
 * The commands that each image must pass, by service. Pure.
 *
 * @param tests as the input `test` has them: by service, '' for the only image
 * @throws ConfigurationError when it is not clear which image a command is for, or a command needs a shell.
 */
export function imageTestsFor(
  targets: readonly BuildTarget[],
  tests: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly Argv[]> {
  const found = new Map<string, readonly Argv[]>();
  const names = targets.map(({ service }) => service).filter((service) => service !== '');
  for (const [key, commands] of tests) {
    const [only] = targets;
    const target =
      key === '' && targets.length === 1
        ? only
        : targets.find(({ service, imageKeys: keys }) => service === key || keys.includes(key));
    if (key === '' && targets.length > 1) {
      throw new ConfigurationError(
        `test: several images are built (${targets.map(({ service, repository }) => service || repository).join(', ')}). Say which one the command is for: ${names[0]}=${commands[0]}`,
      );
    }
    if (target === undefined) {
      throw new ConfigurationError(
        `test: no image is built for "${key}"; for ${names.join(', ') || 'the one image leave the name out'}.`,
      );
    }
    const argvs = commands.map((command) => splitCommand(command, 'test'));
    found.set(target.service, [...(found.get(target.service) ?? []), ...argvs]);
  }
  return found;
}

/**
 * The image's id in the runner's engine, which no other job can give to another image as it could the name. The config's
 * digest on the classic store, the manifest's on the containerd store.
 */
export async function loadedImageId(name: string, context: ImageContext): Promise<string> {
  const { stdout } = await context.tools.run('docker', ['image', 'inspect', '--format', '{{.Id}}', name], {
    env: context.environment,
  });
  return stdout.trim();
}

/** Lines of the test's output that an error shows. */
const TEST_EVIDENCE_LINES = 30;

/**
 * Runs a command in a container of the image, as `docker run --rm IMAGE COMMAND` does; its output goes to the log.
 * @throws SealiftError when it ends with another code than 0.
 */
export async function runImageTest(
  id: string,
  argv: Argv,
  service: string,
  context: ImageContext,
): Promise<void> {
  const { tools, environment, signal } = context;
  const container = `sealift-test-${randomUUID().slice(0, 8)}`;
  const args = [
    'run',
    '--rm',
    '--pull',
    'never',
    '--name',
    container,
    '--label',
    'sealift.role=test',
    id,
    ...argv,
  ];
  const command = formatCommand(argv);
  tools.log.info(`Test${service === '' ? '' : ` of ${service}`}: ${command}`);
  tools.log.debug(`docker ${args.join(' ')}`);
  const lines: string[] = [];
  try {
    await tools.run('docker', args, {
      env: environment,
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > TEST_EVIDENCE_LINES) lines.shift();
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    // The program may outlive a client that was ended.
    await tools
      .run('docker', ['rm', '--force', '--volumes', container], { env: environment, allowedExitCodes: [1] })
      .catch(() => undefined);
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    throw new SealiftError(explainTestFailure(command, service, error.exitCode, lines), {
      evidence: lines,
      alreadyLogged: true,
    });
  }
}

function explainTestFailure(
  command: string,
  service: string,
  code: number | undefined,
  lines: readonly string[],
): string {
  const where = service === '' ? 'the image' : `the image of ${service}`;
  const last = lines.at(-1) ?? '';
  // docs.docker.com/engine/containers/run/#exit-status
  if (code === 127)
    return `test: "${command}" could not be started in ${where}: there is no such program in it. ${last}`;
  if (code === 126)
    return `test: "${command}" could not be started in ${where}: it is not executable. ${last}`;
  if (code === 125) return `test: the container for "${command}" could not be made. ${last}`;
  if (code === 137)
    return `test: "${command}" was killed in ${where} (exit code 137), most often for want of memory.`;
  return `test: "${command}" failed in ${where} with ${code === undefined ? 'a signal' : `exit code ${code}`}. Nothing was pushed.`;
}
