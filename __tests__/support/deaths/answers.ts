/** What visitors are answered, and whether `status` says so. */
import { ask, type Place } from '../http.ts';
import { until } from '../patience.ts';

/** The versions that answer at an address, asked several times. */
export async function versionsAt(url: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let count = 0; count < 12; count += 1) {
    const answer = await ask(url).catch(() => undefined);
    if (answer?.status === 200) found.add(String(answer.headers['x-release']));
  }
  return found;
}

/** Waits until a version answers there. */
export const answers = ({ url, connect }: Place, version: string): Promise<void> =>
  until(
    `${url} answers ${version}`,
    async () => (await ask(url, { connect })).headers['x-release'] === version,
  );

/** Waits until nothing answers there. */
export const refuses = (url: string): Promise<void> =>
  until(`${url} refuses`, () =>
    ask(url).then(
      () => false,
      () => true,
    ),
  );

/** What `status` says of a host. */
export interface StatusOfHost {
  readonly is?: string;
  readonly why: string;
  readonly healthy: boolean;
}

/**
 * What `status` says that is not so.
 * @param found the versions that answer
 * @param versionsOf those with which releases can answer
 */
export function untruthsIn(
  { is, why, healthy }: StatusOfHost,
  found: ReadonlySet<string>,
  versionsOf: (releases: readonly string[]) => readonly string[],
): readonly string[] {
  const split = /some of its requests go to ([0-9a-f]{8})/.exec(why)?.[1];
  const expected = versionsOf([is, split].filter((id) => id !== undefined));
  const isTrue =
    found.size === 0
      ? !healthy || expected.length === 0
      : [...found].every((version) => expected.includes(version));
  return isTrue ? [] : [`status says "${why}", while ${[...found].join(' and ') || 'nothing'} answers`];
}
