import { HostError, messageOf } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { joinWithAnd } from '../model/text.ts';
import type { HostContext } from './host-context.ts';

/** Whether images are for the platform of a host. */

/** An image that a host needs. */
export interface PulledImage {
  readonly name: string;
  /** What `platform:` of its services says. */
  readonly platform: string | undefined;
  /** Whether a release runs it; otherwise an accessory or the edge. */
  readonly isReleased: boolean;
}

/**
 * The error for an image that could not be pulled because it is not for the platform that a host needs.
 * @returns `undefined` if it is, or if the registry does not say
 */
export async function missingPlatformError(
  context: HostContext,
  image: PulledImage,
  evidence: readonly string[],
): Promise<HostError | undefined> {
  const { engine, lookUpLayers, log } = context;
  const found = await lookUpLayers(image.name).catch((error: unknown) => {
    log.debug(`${engine.host}: the platforms of ${image.name} are not known: ${messageOf(error)}`);
    return undefined;
  });
  return await otherPlatformError(context, image, [...(found?.keys() ?? [])], evidence);
}

/**
 * Warns of an image on a host that is for another platform. An engine pulls one that is for a single platform without a word, and
 * may be able to run it by emulation.
 * @param platform of the image; empty if the engine does not say
 */
export async function warnOfOtherPlatform(
  context: HostContext,
  image: PulledImage,
  platform: string,
): Promise<void> {
  if (image.platform !== undefined || platform === '') return;
  const error = await otherPlatformError(context, image, [platform]);
  if (error !== undefined) context.log.warning(`${error.message} Without emulation it can't start there.`);
}

async function otherPlatformError(
  { engine }: HostContext,
  { name, platform, isReleased }: PulledImage,
  found: readonly string[],
  evidence: readonly string[] = [],
): Promise<HostError | undefined> {
  const { os, architecture } = await engine.version();
  const wanted = platform ?? `${os}/${architecture}`;
  if (found.length === 0 || found.some((each) => runsOn(each, wanted))) return undefined;
  const needs =
    platform === undefined ? `this host is ${wanted}` : `"platform" of its service says ${wanted}`;
  const advice = isReleased
    ? `Build it for that too: ${inputSetting('platforms', [...found, wanted].join(', '))}.`
    : `Name an image in the Compose file that is built for ${wanted}.`;
  return new HostError(engine.host, `${name} is for ${joinWithAnd(found)}, and ${needs}. ${advice}`, {
    evidence,
  });
}

/** The platforms of which a processor runs the programs too. */
const OLDER_PLATFORM: Readonly<Record<string, string>> = {
  'linux/amd64': 'linux/386',
  'linux/arm64': 'linux/arm',
};

/** `linux/arm64/v8` is `linux/arm64`. */
const runsOn = (platform: string, host: string): boolean =>
  [host, OLDER_PLATFORM[host]].some(
    (each) =>
      each !== undefined &&
      (platform === each || platform.startsWith(`${each}/`) || each.startsWith(`${platform}/`)),
  );
