import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { loginAdvice, registryOf } from '../model/registry.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { TransientError, waitRefusal } from '../run/retry.ts';
import { plainHttpError } from './plain-http.ts';

/** The registry refused to show an image. Most registries answer so for an image that does not exist, too. */
export class RegistryAccessError extends ConfigurationError {}

/** What a registry answered, and the lines that show it. */
interface Reply {
  readonly text: string;
  readonly evidence?: readonly string[];
  /** Milliseconds that it wants to be left alone. */
  readonly wait?: number | undefined;
}

export function accessError(reference: string, { text, evidence = [] }: Reply): RegistryAccessError {
  const registry = registryOf(reference);
  return new RegistryAccessError(
    `image: ${registry} denies access to ${reference}: it does not exist, or the login may not read it. Check the name. If it needs a login, ${loginAdvice(registry)}. The registry answered: ${text}`,
    { evidence },
  );
}

/** A failure that may soon be over. */
export function unreachableRegistryError(
  reference: string,
  { text, evidence = [], wait }: Reply,
): TransientError {
  const error = new SealiftError(
    `The registry ${registryOf(reference)} can't be reached, or fails: ${text}${waitRefusal(wait)}`,
    {
      evidence,
    },
  );
  return new TransientError(error, { wait });
}

export function failedQueryError(reference: string, { text, evidence = [] }: Reply): SealiftError {
  return new SealiftError(
    `The registry ${registryOf(reference)} failed on the query for ${reference}: ${text}`,
    {
      evidence,
    },
  );
}

export function missingManifestError(reference: string): SealiftError {
  return new SealiftError(
    `${reference}: the registry has no such manifest, although its index names it. The image is incomplete: build and push it again (${inputSetting('rebuild', 'true')}).`,
  );
}

/**
 * Asks a registry, with its failures as errors about the image.
 * @throws RegistryError only for what imagetools may be able to do
 */
export async function withRegistryErrors<Answer>(
  reference: string,
  ask: () => Promise<Answer>,
  isRetryable: (text: string) => boolean,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const { failure, message: text } = error;
    const reply = { text, evidence: [text] };
    switch (failure.kind) {
      case 'denied':
        throw accessError(reference, reply);
      case 'temporary':
        throw unreachableRegistryError(reference, { ...reply, wait: failure.wait });
      case 'plain-http':
        throw plainHttpError(registryOf(reference), [text]);
      case 'failed':
        throw isRetryable(text)
          ? unreachableRegistryError(reference, reply)
          : failedQueryError(reference, reply);
      case 'unsupported':
        throw error;
    }
  }
}
