import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Lab } from '../../../__tests__/support/lab.ts';

/** What Sealift and the docker CLI start beside docker and Compose, which would notice a script in their place. */
const PROGRAMS = ['git', 'ssh', 'ssh-add', 'ssh-agent', 'ssh-keygen'];

/** Notes which programs the runner's processes start, by programs of the same names that come first in PATH. */
export class ProgramCounter implements AsyncDisposable {
  readonly #folder: string;
  readonly #lab: Lab;

  private constructor(folder: string, lab: Lab) {
    this.#folder = folder;
    this.#lab = lab;
  }

  static async create(lab: Lab): Promise<ProgramCounter> {
    const folder = await mkdtemp(join(tmpdir(), 'programs-'));
    const { PATH = '' } = lab.runnerEnvironment;
    await writeFile(join(folder, 'started'), '');
    for (const name of PROGRAMS) {
      const script = `#!/bin/sh\necho "${name} $1 $2" >>"${folder}/started"\nPATH='${PATH}' exec ${name} "$@"\n`;
      await writeFile(join(folder, name), script);
      await chmod(join(folder, name), 0o755);
    }
    return new ProgramCounter(folder, lab);
  }

  /** The lab with a runner on which programs are counted. */
  get lab(): Lab {
    const { PATH = '' } = this.#lab.runnerEnvironment;
    return {
      ...this.#lab,
      runnerEnvironment: { ...this.#lab.runnerEnvironment, PATH: `${this.#folder}${delimiter}${PATH}` },
    };
  }

  /** The programs that were started during a piece of work, with their first two arguments. */
  async count(work: () => Promise<unknown>): Promise<readonly string[]> {
    const path = join(this.#folder, 'started');
    await writeFile(path, '');
    await work();
    return (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
