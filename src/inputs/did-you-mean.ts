/** What people write for the two words that YAML 1.2 knows. */
const BOOLEAN_ALIASES: ReadonlyMap<string, string> = new Map([
  ...['yes', 'y', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['no', 'n', 'off', '0'].map((word) => [word, 'false'] as const),
]);

/** Too many words begin with fewer letters than this. */
const MIN_PREFIX_LENGTH = 3;

/**
 * The end of an error about a wrong choice: ` Did you mean "rolling"?`, or '' if no choice is similar. Ignores capital
 * letters and `_` for `-`, and accepts the beginning of a choice (`blue`) or a longer word (`rolling-update`).
 */
export function didYouMean(word: string, choices: readonly string[]): string {
  const plain = word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');
  const alias = BOOLEAN_ALIASES.get(plain);
  const meant =
    choices.find((choice) => choice === alias) ??
    nearestWord(plain, choices) ??
    choices.find((choice) => {
      const [shorter = '', longer = ''] = [plain, choice].toSorted((one, other) => one.length - other.length);
      return shorter.length >= MIN_PREFIX_LENGTH && longer.startsWith(shorter);
    });
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}

/**
 * The candidate that a misspelt word probably means: the one with the fewest edits, if at most a third of the letters of
 * the word are wrong. Ignores capital letters.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    // So many letters at least are added or removed.
    if (Math.abs(candidate.length - word.length) >= fewest) continue;
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** How many letters must be added, removed or replaced to turn one word into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
