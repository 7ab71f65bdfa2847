/** What people write for the two words that YAML 1.2 knows. */
const BOOLEAN_ALIASES: ReadonlyMap<string, string> = new Map([
  ...['yes', 'y', 'on', '1'].map((word) => [word, 'true'] as const),
  ...['no', 'n', 'off', '0'].map((word) => [word, 'false'] as const),
]);

/** Fewer letters than this begin too many words. */
const MIN_PREFIX_LENGTH = 3;

/**
 * The end of a message that refuses one of a few words: ` Did you mean "rolling"?`, or '' where nothing is like it. Capital
 * letters, `_` for `-`, what is only the beginning of a choice and what begins with one (`rolling-update`) are seen through.
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
 * The candidate that a misspelt word was probably meant to be: the nearest by edits, when no more than a third of the
 * word is wrong. Capital letters count as small ones.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** How many letters have to be put in, taken out or changed to turn one word into the other (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
