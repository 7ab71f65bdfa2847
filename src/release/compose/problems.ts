import { ConfigurationError, type ConfigurationPlace } from '../../model/errors.ts';
import { configurationMessage } from '../../model/input-ref.ts';
import { briefLine, oneLine } from '../../model/plain-text.ts';

/** Collects everything that is wrong with a Compose file, so that the user can fix it in one go. */
export class Problems {
  readonly #files: readonly string[];
  readonly #problems = new Map<string, readonly string[]>();

  /** @param files the Compose files, for the places of the problems */
  constructor(files: readonly string[] = []) {
    this.#files = files;
  }

  /**
   * @param problem becomes one line, whatever it quotes
   * @param path the keys that lead to it in the file: `'services', 'web', 'ports'`
   */
  add(problem: string, ...path: readonly string[]): void {
    this.#problems.set(configurationMessage(briefLine(oneLine(problem))), path);
  }

  /** @throws ConfigurationError with all problems */
  throwIfAny(): void {
    if (this.#problems.size === 0) return;
    const places = [...this.#problems].flatMap(([problem, path]): readonly ConfigurationPlace[] =>
      path.length === 0 ? [] : [{ files: this.#files, path, problem }],
    );
    throw new ConfigurationError([...this.#problems.keys()].join('\n'), { places });
  }
}
