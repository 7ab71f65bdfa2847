import { PullRefused } from '../engine/errors.ts';
import { formatBytes } from '../model/bytes.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { isPinnedImage, type PinnedImage, parseImageReference } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import { thisRunner } from '../model/place-words.ts';
import { retryTransient, TransientError } from '../run/retry.ts';
import type { SentImage, TransferWay } from '../transfer/direct-transfer.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import { diskFullError } from './disk-space.ts';
import type { HostContext } from './host-context.ts';
import type { PulledImage } from './image-platforms.ts';
import { pullImage } from './pull-image.ts';
import type { PullProgress } from './pull-progress.ts';

const WAY: Readonly<Record<TransferWay, () => string>> = {
  pulled: () => `its engine pulled the missing layers from ${thisRunner()}`,
  'missing layers loaded': () => 'as an archive with the missing layers',
  'all layers loaded': () => 'as an archive with all layers',
};

/**
 * Brings an image to a host that lacks it: from its registry, or, for one that is in none, from this runner or another host.
 * @throws HostError that says what failed and what to change
 */
export async function bringImage(
  context: HostContext,
  image: PulledImage,
  progress: PullProgress,
): Promise<void> {
  const { images, engine, signal } = context;
  const { name } = image;
  const other = images?.others.get(name);
  if (other !== undefined) return await sendOther(context, image, other, progress);
  if (images === undefined || !image.isReleased || !isPinnedImage(name))
    return await pullImage(context, image, progress);
  if (images.kind === 'direct') {
    const local = await (await images.transfer()).find(name, signal);
    if (local === undefined) throw nowhereError(context, name);
    return await send(context, image, local, progress);
  }
  const isElsewhere = images.mayCopy && (await (await images.transfer()).isOnAnyHost(name, signal));
  if (!isElsewhere) return await pullImage(context, image, progress);
  try {
    await pullImage(onlyOnce(context), image, progress);
  } catch (error) {
    if (!(error instanceof HostError) || engine.disconnected.aborted || signal.aborted) throw error;
    const copy = await (await images.transfer()).find(name, signal);
    if (copy === undefined) throw error;
    context.log.info(`${error.message} It comes from another host instead.`);
    await send(context, image, copy, progress);
  }
}

/** Nobody waits for a registry that is down while another host has the image. */
const onlyOnce = (context: HostContext): HostContext => ({
  ...context,
  pullRetry: { ...context.pullRetry, retryPolicy: { ...context.pullRetry.retryPolicy, attempts: 1 } },
});

const nowhereError = ({ engine }: HostContext, image: PinnedImage): HostError =>
  new HostError(
    engine.host,
    `${image} is neither here nor on ${thisRunner()} nor on another host, and it is in no registry, because it was deployed with "${inputSetting('image-transfer', 'direct')}". Deploy its commit again.`,
  );

/** Of an accessory or the edge: the host has it under the name that the Compose file or the edge knows. */
async function sendOther(
  context: HostContext,
  image: PulledImage,
  local: LocalImage,
  progress: PullProgress,
): Promise<void> {
  await send(context, image, local, progress);
  const { repository, tag = 'latest', digest } = parseImageReference(image.name, 'image');
  const { imageNames } = context.runState;
  const sent = imageNames.get(local.name) ?? local.name;
  if (digest === undefined) await context.engine.tagImage(sent, repository, tag);
  else if (sent !== image.name) imageNames.set(image.name, sent);
}

async function send(
  context: HostContext,
  image: PulledImage,
  local: LocalImage,
  progress: PullProgress,
): Promise<void> {
  const { engine, log, signal, pullRetry, runState } = context;
  const what = `${engine.host}: the transfer of ${image.name}`;
  const sent = await retryTransient(what, () => sendOnce(context, image, local, progress), {
    ...{ log, signal, ...pullRetry },
  });
  progress.noteSent(image.name, sent.bytes);
  if (sent.name !== image.name) runState.imageNames.set(local.name, sent.name);
  log.info(`${engine.host}: ${image.name} was sent, ${formatBytes(sent.bytes)}: ${WAY[sent.way]()}.`);
}

async function sendOnce(
  context: HostContext,
  image: PulledImage,
  local: LocalImage,
  progress: PullProgress,
): Promise<SentImage> {
  const { engine, images, signal } = context;
  const { os, architecture } = await engine.version();
  const platform = image.platform ?? `${os}/${architecture}`;
  if (images === undefined) throw nowhereError(context, local.name);
  try {
    const transfer = await images.transfer();
    return await transfer.send(engine, local, {
      ...{ platform, signal },
      onProgress: (layer) => progress.read(image.name, layer),
    });
  } catch (error) {
    if (error instanceof PullRefused) throw await diskFullError(context, [image.name], error.evidence);
    // The engine was restarted, or only this one connection to it broke.
    if (isBrokenConnection(error) && !engine.disconnected.aborted && !signal.aborted)
      throw new TransientError(error, { reason: messageWithoutHost(engine.host, error) });
    throw error;
  }
}

const isBrokenConnection = (error: unknown): error is HostError =>
  error instanceof HostError && error.cause instanceof Error;
