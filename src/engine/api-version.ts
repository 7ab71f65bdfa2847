import { HostError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { thisRunner } from '../model/place-words.ts';
import type { EngineClient } from './client.ts';
import type { EngineVersion } from './engine.ts';
import { Fields } from './fields.ts';
import { parseEngineVersion } from './responses.ts';

/** Of Engine 25, the first that can create a container on several networks. */
const MIN_API_VERSION = '1.44';
/** Milliseconds. */
const VERSION_TIMEOUT = 20_000;

/**
 * Requests the engine's version, and sets the client to a version of the API that both know.
 * @throws HostError when the engine does not answer or is too old
 */
export async function negotiateApiVersion(client: EngineClient): Promise<EngineVersion> {
  const signal = AbortSignal.timeout(VERSION_TIMEOUT);
  let answer: unknown;
  try {
    answer = await client.callJson('reach its Docker engine', 'GET', '/version', { signal });
  } catch (error) {
    if (!signal.aborted || client.disconnected.aborted) throw error;
    throw new HostError(
      client.host,
      `could not reach its Docker engine: no answer within ${VERSION_TIMEOUT / 1000} s. Is the server up? Can ${thisRunner()} reach it?`,
    );
  }
  const version = parseEngineVersion(answer);
  if (version.version === '')
    throw new HostError(
      client.host,
      `what answers there is not a Docker engine. Check its address in "${inputRef('hosts')}".`,
    );
  if (isOlderVersion(version.apiVersion, MIN_API_VERSION)) {
    throw new HostError(
      client.host,
      `Docker ${version.version} is too old (its API is ${version.apiVersion}). Install Docker Engine 25 or later: https://docs.docker.com/engine/install/`,
    );
  }
  const oldest = new Fields(answer).text('MinAPIVersion');
  client.useApiVersion(isOlderVersion(MIN_API_VERSION, oldest) ? oldest : MIN_API_VERSION);
  return version;
}

/** Whether version `a` is before `b`: 1.9 is before 1.44. `false` if one is empty. */
export function isOlderVersion(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
