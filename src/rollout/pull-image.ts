import { CommandError, HostError, messageOf, type SealiftError } from '../model/errors.ts';
import { DOCKER_HUB, loginAdvice, registryOf } from '../model/registry.ts';
import { isAccessDenied, isTransient } from '../run/registry-errors.ts';
import { retryTransient, TransientError } from '../run/retry.ts';
import { askRetryAfter, retryAfterInText } from '../run/retry-after.ts';
import { diskFullError, layersForHost } from './disk-space.ts';
import type { HostContext } from './host-context.ts';
import { missingPlatformError, type PulledImage } from './image-platforms.ts';
import type { PullProgress } from './pull-progress.ts';

/** Also if an image is for another platform. */
const NOT_FOUND =
  /not found|manifest unknown|no matching manifest|no match for platform|does not match the specified platform/i;

/** Milliseconds from the first failure on any host. All hosts pull at once, and a registry that fails does so for all. */
export const PULL_RETRY_LIMIT = 5 * 60_000;

/**
 * Pulls an image to a host, and again if the registry or the network fails in a way that may soon be over. The engine itself repeats
 * only the transfer of layers.
 * @throws HostError that says what failed and what to change
 */
export async function pullImage(
  context: HostContext,
  image: PulledImage,
  progress: PullProgress,
): Promise<void> {
  const { engine, log, signal, pullRetry } = context;
  // Nobody waits for it: it only tells how much there is to pull.
  layersForHost(context, image.name).then(
    (layers = []) => progress.measure(image.name, layers),
    (error: unknown) =>
      log.debug(`${engine.host}: the size of ${image.name} is not known: ${messageOf(error)}`),
  );
  const what = `${engine.host}: the pull of ${image.name}`;
  await retryTransient(what, () => pullOnce(context, image, progress), { log, signal, ...pullRetry });
}

async function pullOnce(context: HostContext, image: PulledImage, progress: PullProgress): Promise<void> {
  const { engine, environment, signal } = context;
  const env = { ...environment, ...engine.cliEnvironment };
  const onLine = (line: string): void => progress.read(image.name, line);
  const platform = image.platform === undefined ? [] : ['--platform', image.platform];
  try {
    await context.run('docker', ['pull', ...platform, image.name], { env, signal, onLine });
  } catch (error) {
    throw error instanceof CommandError ? await pullError(context, image, error) : error;
  }
}

async function pullError(
  context: HostContext,
  image: PulledImage,
  { stderr, evidence, message }: CommandError,
): Promise<SealiftError | TransientError> {
  const { engine, signal } = context;
  const { host } = engine;
  const { name } = image;
  const registry = registryOf(name);
  const reason = (evidence.at(-1) ?? message).replace(/^Error response from daemon: |\.$/g, '');
  if (/no space left on device/i.test(stderr)) return diskFullError(context, [name], evidence);
  if (isTransient(stderr)) {
    const wait = retryAfterInText(stderr) ?? (isBusy(stderr) ? await askRetryAfter(name, signal) : undefined);
    const asked = wait === undefined ? '' : ` It asks to try again in ${Math.ceil(wait / 1000)} s.`;
    const error = new HostError(
      host,
      `could not pull ${name}: ${reason}.${asked}${limitAdvice(stderr, registry)}`,
      { evidence },
    );
    if (engine.disconnected.aborted) return error;
    return new TransientError(error, {
      reason: `${reason}.`,
      wait,
    });
  }
  if (isAccessDenied(stderr)) {
    return new HostError(
      host,
      `the registry ${registry} refuses ${name}. Check that the login for ${registry} can read it. If there is none, ${loginAdvice(registry)}. A login on the server itself is not used.`,
      { evidence },
    );
  }
  if (!NOT_FOUND.test(stderr)) return new HostError(host, `could not pull ${name}: ${reason}.`, { evidence });
  const notFound = `${name} was not found in the registry. Check its name and tag, and whether it was removed since.`;
  return (
    (await missingPlatformError(context, image, evidence)) ?? new HostError(host, notFound, { evidence })
  );
}

/** Whether the registry has too much to do, or too much of this host. */
const isBusy = (text: string): boolean => /\b(?:429|503)\b|toomanyrequests|too many requests/i.test(text);

/** Docker Hub counts the pulls of an address, and those of an account apart. */
const limitAdvice = (text: string, registry: string): string =>
  registry === DOCKER_HUB && /toomanyrequests|pull rate limit/i.test(text)
    ? ` With a login, Docker Hub allows more: ${loginAdvice(registry)}.`
    : '';
