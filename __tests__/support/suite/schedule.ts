/** Which file of tests comes when, and on which of several machines: long ones first, so that all end together. */

/** Seconds that files took once, by path. Only their proportions matter; a file that is not there yet counts as one of the middle. */
export type Seconds = Readonly<Record<string, number>>;

const secondsOf = (seconds: Seconds, path: string): number => {
  const all = Object.values(seconds).sort((one, other) => one - other);
  return seconds[path] ?? all[Math.floor(all.length / 2)] ?? 0;
};

export function longestFirst(paths: readonly string[], seconds: Seconds): readonly string[] {
  const all = paths.map((path) => [secondsOf(seconds, path), path] as const);
  return all.sort(([a, one], [b, other]) => b - a || (one < other ? -1 : 1)).map(([, path]) => path);
}

/** The files of one of so many machines, counted from 1: each file goes where least is to be done so far. */
export function shardOf(
  paths: readonly string[],
  seconds: Seconds,
  part: number,
  parts: number,
): readonly string[] {
  const shards = Array.from({ length: parts }, () => ({ files: [] as string[], seconds: 0 }));
  for (const path of longestFirst(paths, seconds)) {
    const [least] = shards.toSorted((one, other) => one.seconds - other.seconds);
    least?.files.push(path);
    if (least !== undefined) least.seconds += secondsOf(seconds, path);
  }
  return shards[part - 1]?.files ?? [];
}
