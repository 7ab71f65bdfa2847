import type { ContainerSummary } from '../engine/engine.ts';
import type { ReleaseId } from '../model/identifiers.ts';

/** What never changes of a container, and the addresses that it had when it was listed last. */
export type KnownContainer = Pick<ContainerSummary, 'id' | 'labels' | 'addresses'>;

/**
 * The containers of releases that a run has seen on a host. It asks for these while the host lists what is there now, so that one
 * round is enough for both. What counts is the list.
 */
export class KnownContainers {
  readonly #byRelease: Map<ReleaseId, readonly KnownContainer[]>;
  readonly #isComplete: boolean;

  /** @param found by release; `undefined` if it is not known which releases have containers */
  constructor(found?: ReadonlyMap<ReleaseId, readonly KnownContainer[]>) {
    this.#byRelease = new Map(found);
    this.#isComplete = found !== undefined;
  }

  of(release: ReleaseId): readonly KnownContainer[] {
    return this.#byRelease.get(release) ?? [];
  }

  /** Whether it is known that a release has no container: only this run, which holds the lock, could have made one. */
  areNone(release: ReleaseId): boolean {
    return this.#isComplete && this.of(release).length === 0;
  }

  /** Replaces what was known of a release by what was listed. */
  set(release: ReleaseId, containers: readonly KnownContainer[]): void {
    this.#byRelease.set(release, containers);
  }

  /** Adds containers that are about to be created, with their names in place of ids. */
  expect(release: ReleaseId, containers: readonly KnownContainer[]): void {
    this.#byRelease.set(release, [...this.of(release), ...containers]);
  }
}
