/** Somebody who follows a document to the letter, on a machine that has never heard of Sealift. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { read } from './repository.ts';
import { type Files, type Workspace, workspace } from './workspace.ts';

/** The fenced blocks of a language in a document, in their order. */
export const fencedBlocks = (path: string, language: string): readonly string[] =>
  [...read(path).matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, found, text = '']) =>
    found === language ? [text] : [],
  );

/** Keeps secrets and variables in files named after environment and name; whether production has reviewers, in `reviewers`. */
const GH = `
case "$1 $2 $*" in
  "secret set "*|"variable set "*)
    name=$3 environment=$5
    if [ "$6" = --body ]; then printf %s "$7"; else cat; fi > "$MACHINE/$environment.$name" ;;
  "api user "*) echo 1 ;;
  *--input*) cat > "$MACHINE/reviewers" ;;
  *protection_rules*) grep -q reviewers "$MACHINE/reviewers" && echo required_reviewers ;;
  *"--method PUT "*) ;;
  *) echo "unknown: gh $*" >&2; exit 1 ;;
esac
`;

export class Stranger implements AsyncDisposable {
  /** Programs of the machine, and what they keep. */
  readonly folder: string;
  readonly checkout: Workspace;
  readonly #variables: Readonly<Record<string, string>>;

  private constructor(folder: string, checkout: Workspace, variables: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.checkout = checkout;
    this.#variables = variables;
  }

  /**
   * Somebody with a repository, and with a `gh` that keeps what it is given.
   * @param variables of the machine
   */
  static async with(files: Files, variables: Readonly<Record<string, string>> = {}): Promise<Stranger> {
    const folder = await mkdtemp(join(tmpdir(), 'stranger-'));
    const stranger = new Stranger(folder, await workspace({ files }), variables);
    await stranger.install('gh', GH.replaceAll('$MACHINE', folder));
    return stranger;
  }

  async install(name: string, script: string): Promise<void> {
    await writeFile(join(this.folder, name), `#!/bin/sh\n${script}`);
    await chmod(join(this.folder, name), 0o755);
  }

  /** Runs blocks in one shell, in the folder of the repository, and gives what they print. */
  async type(...blocks: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.#variables };
    const PATH = `${this.folder}:${env['PATH']}`;
    const options = { cwd: this.checkout.path, env: { ...env, PATH } };
    const { stdout } = await promisify(execFile)('bash', ['-c', blocks.join('\n')], options);
    return stdout;
  }

  /** What `gh` was given: `staging.SSH_KEY`. */
  kept(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.checkout.remove();
    await rm(this.folder, { recursive: true });
  }
}
