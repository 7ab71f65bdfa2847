import { HostError } from '../model/errors.ts';
import { EMPTY_ARCHIVE } from './archive.ts';
import type { EngineClient } from './client.ts';
import type { ImageDetails } from './engine.ts';
import { engineDiskFullError, isDiskFullMessage } from './errors.ts';
import { Fields, listOf } from './fields.ts';
import { filtersParameter, imagePath } from './paths.ts';
import { parseImageDetails } from './responses.ts';

/** `undefined` when the engine has no such image. */
export async function inspectImage(
  client: EngineClient,
  reference: string,
): Promise<ImageDetails | undefined> {
  const found = await client.findJson(`inspect image ${reference}`, `${imagePath(reference)}/json`);
  return found === undefined ? undefined : parseImageDetails(new Fields(found));
}

/** Gives an image one more name. */
export async function tagImage(
  client: EngineClient,
  reference: string,
  repository: string,
  tag: string,
): Promise<void> {
  await client.call(`tag image ${reference}`, 'POST', `${imagePath(reference)}/tag`, {
    query: { repo: repository, tag },
  });
}

/** Answers whether it was there and not in use. */
export async function removeImage(client: EngineClient, reference: string): Promise<boolean> {
  const { status } = await client.call(`remove image ${reference}`, 'DELETE', imagePath(reference), {
    allow: [404, 409],
  });
  return status < 400;
}

/** Without their layers, which a list does not tell. */
export async function listImages(
  client: EngineClient,
  filters: Readonly<Record<string, readonly string[]>>,
): Promise<readonly ImageDetails[]> {
  const query = { filters: filtersParameter(filters) };
  return listOf(await client.callJson('list images', 'GET', '/images/json', { query })).map(
    parseImageDetails,
  );
}

/** @throws HostError for a failure that the engine tells after its status */
export async function importEmptyImage(client: EngineClient, repository: string, tag: string): Promise<void> {
  const operation = `make image ${repository}:${tag}`;
  const query = { fromSrc: '-', repo: repository, tag };
  const { body } = await client.call(operation, 'POST', '/images/create', { query, body: EMPTY_ARCHIVE });
  // The status was sent before the work began: a failure is a line of the answer.
  for (const line of body.toString().split('\n').filter(Boolean)) {
    const error = new Fields(JSON.parse(line)).text('error');
    if (isDiskFullMessage(error)) throw engineDiskFullError(client.host, operation, error);
    if (error !== '') throw new HostError(client.host, `could not ${operation}: ${error}`);
  }
}
