import { ConfigurationError } from '../model/errors.ts';
import { lastAcceptanceOf, standingAcceptances } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import { digestOf } from '../model/image.ts';
import type { Release, ReleaseId } from '../model/release.ts';
import type { Records } from './records.ts';

/**
 * The release that a rollback means on a host.
 * @param to a release id, the beginning of a commit SHA, a tag or a digest; `undefined` is what was live before.
 * @throws ConfigurationError naming `to` and what there is to choose from, when none or several fit.
 */
export function findRelease(records: Records, host: ObservedHost, to: string | undefined): Release {
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
  const fits = firstNonEmpty([
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
  const [only, ...others] = fits;
  if (only !== undefined && (others.length === 0 || areOfOneCommit(fits))) return only;
  throw new ConfigurationError(
    fits.length === 0
      ? `to: ${host.host} has no release "${to}"${prunedHint(to, records)}. ${past.length === 0 ? 'None is recorded there.' : `There are: ${describeReleases(past)}.`}`
      : `to: "${to}" fits several releases on ${host.host}: ${describeReleases(fits)}. Name one by its id.`,
  );
}

/** Of what was live here once: why it is here no more. */
const prunedHint = (to: string, { history }: Records): string =>
  history.some(({ release, event }) => release === to && event !== 'rolled-back')
    ? ' any more: the deploy\'s "keep" says how many stay'
    : '';

/** Why there is nothing to go back to: nothing was before, or `keep` did not leave it. */
function noPreviousReleaseText(
  live: ReleaseId | undefined,
  before: ReleaseId | undefined,
  { history }: Records,
): string {
  const known = before ?? standingAcceptances(history).findLast(({ release }) => release !== live)?.release;
  if (known === undefined) return `there is no release before ${live ?? 'the first one'} to go back to.`;
  return (
    `${known} was live before ${live ?? 'this'} and is not kept any more, so there is nothing to go back to: ` +
    `the deploy's "keep" says how many releases stay, the live one among them. Deploy its image again (input "image"), and set keep to 2 or more.`
  );
}

const describeReleases = (releases: readonly Release[]): string =>
  releases.map(({ id, origin }) => `${id} (${origin.revision?.slice(0, 7) ?? 'no commit'})`).join(', ');

/** Releases that were accepted here, newest first. */
function acceptedReleases({ history, releases }: Records): readonly Release[] {
  const ids = new Set(
    standingAcceptances(history)
      .map((entry) => entry.release)
      .reverse(),
  );
  return [...ids].flatMap((id) => releases.filter((release) => release.id === id));
}

const firstNonEmpty = (groups: readonly (readonly Release[])[]): readonly Release[] =>
  groups.find((each) => each.length > 0) ?? [];

/** Several releases of one commit differ in configuration only: the newest is meant. */
function areOfOneCommit(releases: readonly Release[]): boolean {
  const [first] = releases;
  return (
    first?.origin.revision !== undefined &&
    releases.every((release) => release.origin.revision === first.origin.revision)
  );
}
