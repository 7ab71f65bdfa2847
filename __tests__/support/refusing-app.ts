/** An app that is live, and deploys of it that are wrong: each is refused before anything is changed. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { ActionRun } from './action.ts';
import { probeImage } from './apps/images.ts';
import { probe, webApp } from './apps/probe.ts';
import { tagsOf } from './lab/registry.ts';
import { snapshot } from './lab/snapshot.ts';
import type { Lab, Server } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';
import type { Files } from './workspace.ts';

export interface Expected {
  /** Parts of the one error. */
  readonly says: readonly (string | RegExp)[];
}

/** The app for the tests of a file. */
export class RefusingApp {
  readonly lab: Lab;
  readonly server: Server;
  readonly other: Server;
  #app: TestApp | undefined;
  #image = '';

  constructor(lab: Lab) {
    const [server, other] = lab.servers;
    if (server === undefined || other === undefined) throw new Error('This needs a lab with two servers.');
    [this.lab, this.server, this.other] = [lab, server, other];
    beforeAll(async () => {
      this.#app = await testApp({ lab, stem: 'bad', files: (port) => webApp({ version: '1', port }) });
      this.#image = await probeImage(lab);
      succeeded(await this.app.deploy(this.#image));
      await this.app.checkout.commit(probe({ version: '2' }));
    });
    afterAll(() => this.#app?.remove());
  }

  get app(): TestApp {
    if (this.#app === undefined) throw new Error('The app is not live yet.');
    return this.#app;
  }

  /** What is live. */
  get image(): string {
    return this.#image;
  }

  /** What is live answers. */
  async expectServing(): Promise<void> {
    expect(await this.app.version()).toBe('none');
  }

  /** Does something with another checkout. */
  async with<T>(files: Files, what: () => Promise<T>): Promise<T> {
    await this.app.checkout.commit(files);
    try {
      return await what();
    } finally {
      await this.app.checkout.commit(webApp({ version: '2', port: this.app.port }));
    }
  }

  /** One error of the job with these parts, that ends with the state things are in; server and registry as before. */
  async expectRefused(run: () => Promise<ActionRun>, { says }: Expected): Promise<ActionRun> {
    const look = async (): Promise<unknown> => [
      await snapshot(this.server),
      await tagsOf(this.lab, `e2e/${this.app.name}`),
    ];
    const before = await look();
    const result = await run();
    // A single problem may stand at its line of the Compose file. Several stand there too, beside the one that has all.
    const errors =
      result.errors.length === 1
        ? result.errors
        : result.errors.filter(({ file }) => file === undefined || file === '.github/workflows/deliver.yml');
    expect({ exitCode: result.exitCode, errors: errors.length }).toEqual({ exitCode: 1, errors: 1 });
    const message = errors[0]?.message;
    for (const part of says) {
      if (typeof part === 'string') expect(message).toContain(part);
      else expect(message).toMatch(part);
    }
    expect(message).toMatch(/Nothing was (deployed|built|changed)\.$/);
    // A person's mistake is no crash.
    expect(result.log).not.toMatch(/^\s+at .*\.js:\d+/m);
    expect(await look()).toEqual(before);
    return result;
  }

  /** The line of known-hosts for an address, with the key of another one if it is said. */
  knownHost(address: string, of = address): string {
    const found = this.lab.ssh.knownHosts.split('\n').find((each) => each.startsWith(`${of} `));
    return `${address} ${found?.slice(of.length + 1)}\n`;
  }

  /** An address at which nobody is. */
  get absent(): string {
    return `${this.lab.dns.replace(/\.\d+$/, '')}.250`;
  }
}
