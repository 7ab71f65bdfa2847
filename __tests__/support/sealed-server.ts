/** A server that nothing reaches and that reaches nothing, but for a folder, in which Sealift lies too. */
import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Lab, Server } from './lab.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Where the server has the folder. */
const INSIDE = '/run/outside/media';

/** How a program on the server has ended. */
export interface EndedThere {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class SealedServer implements AsyncDisposable {
  readonly #lab: Lab;
  readonly server: Server;
  readonly #folder: string;

  private constructor(lab: Lab, server: Server) {
    this.#lab = lab;
    this.server = server;
    this.#folder = join(lab.folder, server.name, 'outside/media');
  }

  /** Cuts a server off until the end of the scope. */
  static async seal(lab: Lab, server: Server): Promise<SealedServer> {
    const sealed = new SealedServer(lab, server);
    await mkdir(sealed.#folder, { recursive: true });
    await cp(join(ROOT, 'dist'), join(sealed.#folder, 'sealift/dist'), { recursive: true });
    await copyFile(join(ROOT, 'package.json'), join(sealed.#folder, 'sealift/package.json'));
    await copyFile(process.execPath, join(sealed.#folder, 'node'));
    await lab.run('cut', server.name);
    return sealed;
  }

  /** Brings a file there and returns its path. */
  async bring(file: string): Promise<string> {
    await copyFile(file, join(this.#folder, basename(file)));
    return join(INSIDE, basename(file));
  }

  /** Runs the command line there, against the server's own engine, as root at its console. */
  sealift(...args: readonly string[]): Promise<EndedThere> {
    return this.run(`${INSIDE}/node`, `${INSIDE}/sealift/dist/cli.js`, ...args);
  }

  run(...command: readonly string[]): Promise<EndedThere> {
    const { name } = this.server;
    const env = { ...process.env, LAB: this.#lab.folder };
    return new Promise((done) => {
      execFile(join(ROOT, 'lab/lab'), ['in', name, ...command], { env }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab.run('heal', this.server.name);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
