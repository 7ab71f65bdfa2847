import { plainShape, type Shape } from './shapes.ts';

/** The versions and releases of an app that has had many: which shape each version has, and which releases were accepted. */
export class Lineage {
  readonly #shapes: readonly Shape[];
  /** By version, the number of its shape. */
  readonly #numbers = new Map<string, number>();
  /** By release. */
  readonly #versions = new Map<string, string>();
  /** On all servers, the last one at the end. */
  #accepted: readonly string[] = [];

  /** @param shapes of the versions, by turns */
  constructor(shapes: readonly Shape[]) {
    this.#shapes = shapes;
  }

  /** The next version after the live release has the next shape. */
  bring(version: string): Shape {
    this.#numbers.set(version, this.nextShape);
    return this.shapeOf(version);
  }

  /** A release was begun; it is of this version, unless it is known already. */
  begin(release: string, version: string): void {
    if (!this.#versions.has(release)) this.#versions.set(release, version);
  }

  accept(release: string): void {
    this.#accepted = [...this.#accepted.filter((id) => id !== release), release];
  }

  /** The app was removed. */
  forget(): void {
    this.#accepted = [];
  }

  /** The id of the one that must serve. */
  get live(): string {
    return this.#accepted.at(-1) ?? '';
  }

  get liveVersion(): string {
    return this.versionOf(this.live) ?? '';
  }

  versionOf(release: string): string | undefined {
    return this.#versions.get(release);
  }

  /** Those of every release that was begun. */
  get versions(): readonly string[] {
    return [...this.#versions.values()];
  }

  shapeOf(version: string): Shape {
    return this.#shapes[this.#numbers.get(version) ?? 0] ?? plainShape;
  }

  get liveShape(): Shape {
    return this.shapeOf(this.liveVersion);
  }

  /** The number of the shape that the next deploy brings. */
  get nextShape(): number {
    return ((this.#numbers.get(this.liveVersion) ?? -1) + 1) % this.#shapes.length;
  }

  /**
   * The releases that may be there. Two more than are kept: a rollback removes none, nor does a run that finds its release live already. And
   * the last one that failed.
   */
  kept(keep: number): ReadonlySet<string> {
    const failed = [...this.#versions.keys()].filter((id) => !this.#accepted.includes(id));
    return new Set([...this.#accepted.slice(-keep - 2), ...failed.slice(-1)]);
  }
}
