import { HostError } from '../model/errors.ts';
import { imageOf } from './answers.ts';
import { EMPTY_ARCHIVE } from './archive.ts';
import type { Client } from './client.ts';
import type { ImageDetails } from './engine.ts';
import { diskFull, saysDiskFull } from './errors.ts';
import { Fields, listOf } from './fields.ts';
import { filtersOf, imagePath } from './paths.ts';

/** `undefined` when the engine has no such image. */
export async function inspectImage(client: Client, reference: string): Promise<ImageDetails | undefined> {
  const found = await client.find(`inspect image ${reference}`, `${imagePath(reference)}/json`);
  return found === undefined ? undefined : imageOf(new Fields(found));
}

/** Gives an image one more name. */
export async function tagImage(
  client: Client,
  reference: string,
  repository: string,
  tag: string,
): Promise<void> {
  await client.call(`tag image ${reference}`, 'POST', `${imagePath(reference)}/tag`, {
    query: { repo: repository, tag },
  });
}

/** Answers whether it was there and not in use. */
export async function removeImage(client: Client, reference: string): Promise<boolean> {
  const { status } = await client.call(`remove image ${reference}`, 'DELETE', imagePath(reference), {
    allow: [404, 409],
  });
  return status < 400;
}

/** Without their layers, which a list does not tell. */
export async function listImages(
  client: Client,
  filters: Readonly<Record<string, readonly string[]>>,
): Promise<readonly ImageDetails[]> {
  const query = { filters: filtersOf(filters) };
  return listOf(await client.json('list images', 'GET', '/images/json', { query })).map(imageOf);
}

/** @throws HostError for a failure that the engine tells after its status */
export async function importEmptyImage(client: Client, repository: string, tag: string): Promise<void> {
  const doing = `make image ${repository}:${tag}`;
  const query = { fromSrc: '-', repo: repository, tag };
  const { body } = await client.call(doing, 'POST', '/images/create', { query, body: EMPTY_ARCHIVE });
  // The status was sent before the work began: a failure is a line of the answer.
  for (const line of body.toString().split('\n').filter(Boolean)) {
    const error = new Fields(JSON.parse(line)).text('error');
    if (saysDiskFull(error)) throw diskFull(client.host, doing, error);
    if (error !== '') throw new HostError(client.host, `could not ${doing}: ${error}`);
  }
}
