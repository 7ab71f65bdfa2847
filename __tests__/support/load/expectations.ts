/** Which releases may answer, as it changes while they come and go. */
export class Expectations {
  readonly #history: { readonly from: number; readonly releases: ReadonlySet<string> }[] = [];

  /** From a moment on these may answer; times are those of `performance.now()`. */
  expect(releases: readonly string[], from: number): void {
    this.#history.push({ from, releases: new Set(releases) });
  }

  /**
   * What is wrong with a release that answered; `undefined` if nothing is.
   *
   * @param from when it was asked
   * @param chosen when it was known which release answers: it was chosen between the two
   */
  complaint(release: string, from: number, chosen: number): string | undefined {
    const [first] = this.#history;
    if (first === undefined || from < first.from) return undefined;
    const inEffect = this.#history.filter(
      (entry, at) =>
        entry.from <= chosen && (this.#history[at + 1]?.from ?? Number.POSITIVE_INFINITY) >= from,
    );
    if (inEffect.some(({ releases }) => releases.has(release))) return undefined;
    const allowed = [...new Set(inEffect.flatMap(({ releases }) => [...releases]))];
    return `release ${release} answered; ${allowed.join(' or ')} should`;
  }
}
