import type { Branded } from './brand.ts';

/** The texts by which Sealift knows a release, a host and a service. Each is checked where it comes in. */

/** Eight hex digits computed from the content of a release. Equal content has an equal id on every host. */
export type ReleaseId = Branded<'ReleaseId'>;

/** What can be in a tag: kept images have one with the id. Another version may make other ids than this one. */
const RELEASE_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Whether it can be the id of a release. An empty text stands for no release in the files of the edge. */
export function isReleaseId(text: string): text is ReleaseId {
  return RELEASE_ID.test(text);
}

/** @throws Error if it can't be the id of a release */
export function parseReleaseId(text: string): ReleaseId {
  if (isReleaseId(text)) return text;
  throw new Error(`"${text}" can't be the id of a release.`);
}

/** The name of a host in plans, logs and errors: its URL without a password. */
export type HostName = Branded<'HostName'>;

/** Names a host. `parseHostAddress` gives the URL: normalized and without a password. */
export function hostName(url: string): HostName {
  return url as HostName;
}

/** The name of a service in the Compose file. */
export type ServiceName = string;
