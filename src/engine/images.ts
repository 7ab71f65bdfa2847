import { EMPTY_ARCHIVE } from './archive.ts';
import type { EngineClient } from './client.ts';
import type { Filters, ImageDetails } from './engine.ts';
import { engineError } from './errors.ts';
import { Fields, listOf } from './fields.ts';
import { filtersParameter, imagePath } from './paths.ts';
import { parseImageDetails } from './responses.ts';

/** The calls for images; see `Engine`. */

export async function inspectImage(
  client: EngineClient,
  reference: string,
): Promise<ImageDetails | undefined> {
  const found = await client.findJson(`inspect image ${reference}`, `${imagePath(reference)}/json`);
  return found === undefined ? undefined : parseImageDetails(new Fields(found));
}

export async function tagImage(
  client: EngineClient,
  reference: string,
  repository: string,
  tag: string,
): Promise<void> {
  const query = { repo: repository, tag };
  await client.call(`tag image ${reference}`, 'POST', `${imagePath(reference)}/tag`, { query });
}

export async function removeImage(client: EngineClient, reference: string): Promise<boolean> {
  const allow = [404, 409];
  const { status } = await client.call(`remove image ${reference}`, 'DELETE', imagePath(reference), {
    allow,
  });
  return status < 400;
}

export async function listImages(client: EngineClient, filters: Filters): Promise<readonly ImageDetails[]> {
  const query = { filters: filtersParameter(filters) };
  return listOf(await client.callJson('list images', 'GET', '/images/json', { query })).map(
    parseImageDetails,
  );
}

export async function importEmptyImage(client: EngineClient, repository: string, tag: string): Promise<void> {
  const operation = `create image ${repository}:${tag}`;
  const query = { fromSrc: '-', repo: repository, tag };
  const { body } = await client.call(operation, 'POST', '/images/create', { query, body: EMPTY_ARCHIVE });
  // The engine sends the status before it begins: a failure is a line of the body.
  for (const line of body.toString().split('\n').filter(Boolean)) {
    const error = new Fields(JSON.parse(line)).text('error');
    if (error !== '') throw engineError(client.host, operation, error);
  }
}
