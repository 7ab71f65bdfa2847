import { digestOfContent } from '../../../src/oci/descriptor.ts';
import type { Lab } from '../lab.ts';

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The tags of a repository in the lab's registry; none where it is not there. */
export async function tagsOf(lab: Lab, repository: string): Promise<readonly string[]> {
  const response = await ask(lab, `${repository}/tags/list`);
  if (response.status === 404) return [];
  const answer: { readonly tags: readonly string[] | null } = JSON.parse(await response.text());
  return [...(answer.tags ?? [])].sort();
}

/** The digest that a tag names; `undefined` where there is no such tag. */
export async function manifestDigest(lab: Lab, repository: string, tag: string): Promise<string | undefined> {
  const response = await ask(lab, `${repository}/manifests/${tag}`);
  await response.arrayBuffer();
  return response.ok ? (response.headers.get('docker-content-digest') ?? undefined) : undefined;
}

/** Gives a manifest another tag in the same repository. */
export async function copyManifest(lab: Lab, repository: string, from: string, to: string): Promise<void> {
  const found = await ask(lab, `${repository}/manifests/${from}`);
  const type = found.headers.get('content-type') ?? '';
  const put = await ask(lab, `${repository}/manifests/${to}`, {
    ...{ method: 'PUT', headers: { 'content-type': type }, body: await found.arrayBuffer() },
  });
  if (!put.ok) throw new Error(`The registry takes no manifest ${to}: ${put.status} ${await put.text()}`);
}

/** Gives an image for one platform another architecture, as if it had been built for that. @returns the digest of the new image */
export async function copyForArchitecture(
  lab: Lab,
  repository: string,
  from: string,
  architecture: string,
): Promise<string> {
  const found = await ask(lab, `${repository}/manifests/${from}`);
  const manifest = JSON.parse(await found.text());
  const config = await ask(lab, `${repository}/blobs/${manifest.config.digest}`);
  const content = JSON.stringify({ ...JSON.parse(await config.text()), architecture });
  const digest = digestOfContent(content);
  const begun = await ask(lab, `${repository}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(begun.headers.get('location') ?? '', begun.url);
  place.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const path = `${place.pathname}${place.search}`.replace(/^\/v2\//, '');
  const uploaded = await ask(lab, path, { method: 'PUT', headers, body: content });
  if (!uploaded.ok)
    throw new Error(`The registry takes no blob: ${uploaded.status} ${await uploaded.text()}`);
  const body = JSON.stringify({
    ...manifest,
    config: { ...manifest.config, digest, size: Buffer.byteLength(content) },
  });
  const put = await ask(lab, `${repository}/manifests/${architecture}`, {
    ...{ method: 'PUT', headers: { 'content-type': found.headers.get('content-type') ?? '' }, body },
  });
  if (!put.ok) throw new Error(`The registry takes no manifest: ${put.status} ${await put.text()}`);
  return digestOfContent(body);
}

async function ask(
  { registry }: Lab,
  path: string,
  { headers, ...options }: RequestInit = {},
): Promise<Response> {
  const credentials = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
  return await fetch(`http://${registry.address}/v2/${path}`, {
    ...options,
    headers: { accept: ACCEPT, ...headers, authorization: `Basic ${credentials}` },
  });
}
