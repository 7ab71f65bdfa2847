import type { ObjectSpec } from '../engine/engine.ts';
import { PullRefused, PullStalled } from '../engine/errors.ts';
import { HostError, messageOf, messageWithoutHost, type SealiftError } from '../model/errors.ts';
import { DOCKER_HUB, loginAdvice, registryOf } from '../model/registry.ts';
import { engineLogin } from '../registry/engine-login.ts';
import { RegistryError } from '../registry/registry-error.ts';
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
  const { engine, signal } = context;
  const { name, platform } = image;
  try {
    await engine.pullImage(name, {
      ...{ platform, login: await loginFor(context, name), signal },
      onProgress: (layer) => progress.read(name, layer),
    });
  } catch (error) {
    if (error instanceof PullRefused) throw await pullError(context, image, error);
    // It was waited for long enough.
    if (error instanceof PullStalled) throw error;
    // The engine was restarted, or only this one connection to it broke.
    if (error instanceof HostError && !engine.disconnected.aborted && !signal.aborted)
      throw new TransientError(error, { reason: messageWithoutHost(engine.host, error) });
    throw error;
  }
}

/** The login for the registry of an image and for no other. Many images can be read without. */
async function loginFor(
  { engine, environment, run, log, signal }: HostContext,
  image: string,
): Promise<ObjectSpec | undefined> {
  try {
    return await engineLogin(image, { environment, run, signal });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    log.info(`${engine.host}: ${image} is pulled without a login: ${error.message}`);
    return undefined;
  }
}

async function pullError(
  context: HostContext,
  image: PulledImage,
  { said: text, evidence }: PullRefused,
): Promise<SealiftError | TransientError> {
  const { engine, signal } = context;
  const { host } = engine;
  const { name } = image;
  const registry = registryOf(name);
  const reason = text.replace(/\.$/, '');
  if (/no space left on device/i.test(text)) return diskFullError(context, [name], evidence);
  if (isTransient(text)) {
    const wait = retryAfterInText(text) ?? (isBusy(text) ? await askRetryAfter(name, signal) : undefined);
    const asked = wait === undefined ? '' : ` It asks to try again in ${Math.ceil(wait / 1000)} s.`;
    const error = new HostError(
      host,
      `could not pull ${name}: ${reason}.${asked}${limitAdvice(text, registry)}`,
      { evidence },
    );
    if (engine.disconnected.aborted) return error;
    return new TransientError(error, {
      reason: `${reason}.`,
      wait,
    });
  }
  if (isAccessDenied(text)) {
    return new HostError(
      host,
      `the registry ${registry} refuses ${name}. Check that the login for ${registry} can read it. If there is none, ${loginAdvice(registry)}. A login on the server itself is not used.`,
      { evidence },
    );
  }
  if (!NOT_FOUND.test(text)) return new HostError(host, `could not pull ${name}: ${reason}.`, { evidence });
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
