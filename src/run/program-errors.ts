import { ConfigurationError } from '../model/errors.ts';
import { byPlace, thisRunner } from '../model/place-words.ts';

/** @param cwd the folder in which it was to run, if that may be what is missing */
export function programMissingError(program: string, cause: unknown, cwd?: string): ConfigurationError {
  const where = cwd === undefined ? '' : ` (or the folder ${cwd} does not exist)`;
  return new ConfigurationError(
    `${program} was not found on ${thisRunner()}${where}. Install it${byPlace(' in an earlier step', '')}.`,
    { cause },
  );
}
