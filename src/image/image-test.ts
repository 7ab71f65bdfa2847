import { randomUUID } from 'node:crypto';
import { LABEL, OWN_ROLE } from '../model/app-environment.ts';
import { formatCommand, splitCommand } from '../model/command-line.ts';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { KILLED_EXIT_CODE, killedText } from '../model/exit-code.ts';
import { inputRef } from '../model/input-ref.ts';
import { LoggedOutput } from '../run/logged-output.ts';
import type { ImageBuild } from './build-targets.ts';
import { dockerOutput, type ImageContext } from './image-context.ts';

/** The program and its arguments. */
export type Argv = readonly [string, ...string[]];

/**
 * The commands that each image must pass, by service. Pure.
 *
 * @param tests the input `test`, by service; '' for the only image
 * @throws ConfigurationError when it is not clear which image a command is for, or a command needs a shell
 */
export function imageTestsFor(
  builds: readonly ImageBuild[],
  tests: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly Argv[]> {
  const found = new Map<string, readonly Argv[]>();
  const names = builds.map(({ service }) => service).filter((service) => service !== '');
  for (const [key, commands] of tests) {
    if (key === '' && builds.length > 1) {
      const images = builds.map(({ service, repository }) => service || repository).join(', ');
      throw new ConfigurationError(
        `test: several images are built (${images}). Write which one the command is for: ${names[0]}=${commands[0]}`,
      );
    }
    const build =
      key === '' ? builds[0] : builds.find((each) => each.service === key || each.imageKeys.includes(key));
    if (build === undefined) {
      throw new ConfigurationError(
        `test: no image is built for "${key}"; ${names.length > 0 ? `images are built for ${names.join(', ')}` : 'only one image is built, so leave the name out'}.`,
      );
    }
    const argvs = commands.map((command) => splitCommand(command, 'test'));
    found.set(build.service, [...(found.get(build.service) ?? []), ...argvs]);
  }
  return found;
}

/**
 * The image's id in the runner's engine. Another job can give the name to another image, but not the id. The config's digest
 * on the classic store, the manifest's on the containerd store.
 */
export function loadedImageId(name: string, context: ImageContext): Promise<string> {
  return dockerOutput(['image', 'inspect', '--format', '{{.Id}}', name], context);
}

/** Lines of the test's output that an error shows. */
const TEST_EVIDENCE_LINES = 30;

/**
 * Runs a command in a container of the image, as `docker run --rm IMAGE COMMAND` does; its output goes to the log.
 * @throws SealiftError when its exit code is not 0
 */
export async function runImageTest(
  id: string,
  argv: Argv,
  service: string,
  { run, log, environment: env, signal }: ImageContext,
): Promise<void> {
  const name = `sealift-test-${randomUUID().slice(0, 8)}`;
  const label = `${LABEL.role}=${OWN_ROLE.test}`;
  const options = ['--rm', '--pull', 'never', '--name', name, '--label', label];
  const command = formatCommand(argv);
  log.info(`Test${service === '' ? '' : ` of ${service}`}: ${command}`);
  using output = new LoggedOutput((line) => log.info(line), TEST_EVIDENCE_LINES);
  try {
    await run('docker', ['run', ...options, id, ...argv], {
      env,
      onLine: (line) => output.push(line),
      signal,
    });
  } catch (error) {
    // The container may still run after the client ended.
    await run('docker', ['rm', '--force', '--volumes', name], { env, allowedExitCodes: [1] }).catch(
      () => undefined,
    );
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    const where = service === '' ? 'the image' : `the image of ${service}`;
    throw new SealiftError(
      `${inputRef('test')}: ${testFailureText(`"${command}"`, where, error.exitCode, output.lastLines.at(-1) ?? '')}`,
      { evidence: output.lastLines, alreadyLogged: true },
    );
  }
}

function testFailureText(command: string, where: string, code: number | undefined, last: string): string {
  // docs.docker.com/engine/containers/run/#exit-status
  switch (code) {
    case 125:
      return `the container for ${command} could not be created. ${last}`;
    case 126:
      return `${command} could not be started in ${where}: it is not executable. ${last}`;
    case 127:
      return `${command} could not be started in ${where}: there is no such program in it. ${last}`;
    case KILLED_EXIT_CODE:
      return killedText(command, where);
    case undefined:
      return `${command} failed in ${where} with a signal. Nothing was pushed.`;
    default:
      return `${command} failed in ${where} with exit code ${code}. Nothing was pushed.`;
  }
}
