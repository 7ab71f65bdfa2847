import { ConfigurationError } from '../model/errors.ts';
import { type HistoryEntry, lastAcceptanceOf, releaseBefore, validAcceptances } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import { digestOf, type PinnedImage } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Release } from '../model/release.ts';

/** What is recorded of a release, as far as one can be named by it. */
interface RecordedRelease extends Pick<Release, 'id' | 'origin'> {
  readonly services: Readonly<Record<ServiceName, { readonly image: PinnedImage }>>;
}

interface RecordedReleases<Recorded> {
  readonly releases: readonly Recorded[];
  readonly history: readonly HistoryEntry[];
}

/**
 * The release that a manual rollback goes to on a host.
 * @param to a release id, the beginning of a commit SHA, a tag or a digest; `undefined` is the release that was live before
 * @throws ConfigurationError that names `to` and the known releases, when none or several match
 */
export function findRelease<Recorded extends RecordedRelease>(
  records: RecordedReleases<Recorded>,
  host: Pick<ObservedHost, 'host' | 'traffic' | 'accepted' | 'recordsUnreadable'>,
  to: string | undefined,
): Recorded {
  if (host.recordsUnreadable)
    throw new ConfigurationError(
      `${host.host}: the records of its releases can't be read, so there is nothing to roll back to. Deploy the image again: input "${inputRef('image')}".`,
    );
  const live = host.traffic?.release ?? host.accepted;
  const past = acceptedReleases(records);
  if (to === undefined) {
    const replaced = live === undefined ? undefined : lastAcceptanceOf(records.history, live)?.previous;
    const before = replaced === live ? undefined : replaced;
    const previous =
      records.releases.find((release) => release.id === before) ??
      past.find((release) => release.id !== live);
    if (previous !== undefined) return previous;
    throw new ConfigurationError(`${host.host}: ${noPreviousReleaseText(live, before, records)}`);
  }
  const matches = firstNonEmpty([
    records.releases.filter((release) => release.id === to),
    past.filter((release) =>
      Object.values(release.services).some(
        (service) => service.image === to || digestOf(service.image) === to,
      ),
    ),
    past.filter((release) => release.origin.tags.includes(to)),
    /^[0-9a-f]{4,40}$/.test(to)
      ? past.filter((release) => release.origin.revision?.startsWith(to) === true)
      : [],
  ]);
  const [only, ...others] = matches;
  if (only !== undefined && (others.length === 0 || areOfOneCommit(matches))) return only;
  throw new ConfigurationError(
    matches.length === 0
      ? `to: ${host.host} has no release "${to}"${prunedHint(to, records)}. ${past.length === 0 ? 'None is recorded there.' : `Its releases: ${describeReleases(past)}.`}`
      : `to: "${to}" matches several releases on ${host.host}: ${describeReleases(matches)}. Name one by its id.`,
  );
}

/** Why a release that was live on the host is not known any more. */
const prunedHint = (to: string, { history }: RecordedReleases<unknown>): string =>
  history.some(({ release, event }) => release === to && event !== 'rolled-back')
    ? ` any more ("${inputRef('keep')}" of the deploy sets how many are kept)`
    : '';

/** Why there is nothing to roll back to: there was no release before, or `keep` did not keep it. */
function noPreviousReleaseText(
  live: ReleaseId | undefined,
  before: ReleaseId | undefined,
  { history }: RecordedReleases<unknown>,
): string {
  const known = before ?? releaseBefore(history, live);
  if (known === undefined)
    return `there is no release before ${live ?? 'the first one'} to roll back to. To deploy an earlier image, name it in "${inputRef('image')}" of a deploy.`;
  return (
    `${known} was live before ${live ?? 'this'} and is not kept any more, so there is nothing to roll back to: ` +
    `"${inputRef('keep')}" of the deploy sets how many releases are kept, with the live one. Deploy its image again (input "${inputRef('image')}"), and set "${inputRef('keep')}" to 2 or more.`
  );
}

const describeReleases = (releases: readonly RecordedRelease[]): string =>
  releases.map(({ id, origin }) => `${id} (${origin.revision?.slice(0, 7) ?? 'no commit'})`).join(', ');

/** Releases that were accepted on the host, newest first. */
function acceptedReleases<Recorded extends RecordedRelease>({
  history,
  releases,
}: RecordedReleases<Recorded>): readonly Recorded[] {
  const ids = new Set(
    validAcceptances(history)
      .map(({ release }) => release)
      .reverse(),
  );
  return [...ids].flatMap((id) => releases.filter((release) => release.id === id));
}

const firstNonEmpty = <Recorded>(groups: readonly (readonly Recorded[])[]): readonly Recorded[] =>
  groups.find((each) => each.length > 0) ?? [];

/** Several releases of one commit differ only in configuration. The newest is meant. */
function areOfOneCommit(releases: readonly RecordedRelease[]): boolean {
  const [revision, ...others] = new Set(releases.map(({ origin }) => origin.revision));
  return revision !== undefined && others.length === 0;
}
