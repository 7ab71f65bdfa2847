import { ConfigurationError } from '../../model/errors.ts';

/** Collects everything that is wrong with a Compose file, so that the user can fix it in one go. */
export class Problems {
  readonly #texts = new Set<string>();

  add(problem: string): void {
    this.#texts.add(problem);
  }

  /** @throws ConfigurationError with all problems */
  throwIfAny(): void {
    if (this.#texts.size > 0) throw new ConfigurationError([...this.#texts].join('\n'));
  }
}
