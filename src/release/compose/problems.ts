import { ConfigurationError } from '../../model/errors.ts';

/** Gathers everything that is wrong with a Compose file, so that a person mends it in one go. */
export class Problems {
  readonly #found: string[] = [];

  add(problem: string): void {
    if (!this.#found.includes(problem)) this.#found.push(problem);
  }

  /** @throws ConfigurationError with all that was found. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigurationError(this.#found.join('\n'));
  }
}
