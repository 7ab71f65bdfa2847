/** Where the releases of an app that may die come from. */
import { type FaultyRegistry, faultyRegistry } from '../../image/support/faulty-registry.ts';
import type { ActionRun, Inputs } from '../action.ts';
import { probeImage } from '../apps/images.ts';
import { probe } from '../apps/probe.ts';
import type { Lab } from '../lab.ts';
import type { TestApp } from '../test-app.ts';
import type { Files } from '../workspace.ts';

type RunOptions = Parameters<TestApp['deploy']>[2];

export interface ReleaseSource {
  /** What the checkout of a version has beside its Compose file. */
  readonly files: (version: string) => Files;
  /** Brings what the checkout holds. */
  readonly bring: (app: TestApp, inputs: Inputs, options: RunOptions) => Promise<ActionRun>;
  /** Through which its images go; none where nothing is pushed. */
  readonly registry?: FaultyRegistry;
  readonly close: () => Promise<void>;
}

/** One image for all versions, which is there: a deploy takes no longer than it must. */
export async function oneImage(lab: Lab): Promise<ReleaseSource> {
  const image = await probeImage(lab);
  return {
    files: () => ({}),
    bring: (app, inputs, options) => app.deploy(image, inputs, options),
    close: async () => undefined,
  };
}

/** Each version is built and pushed, to a registry that can fail. */
export async function builtImages({ registry: { address } }: Lab): Promise<ReleaseSource> {
  const registry = await faultyRegistry(address, address.replace(/:\d+$/, ''));
  return {
    files: (version) => probe({ version, healthcheck: false }),
    bring: (app, inputs, options) =>
      app.deliver({ image: `${registry.registry}/e2e/${app.name}`, ...inputs }, options),
    registry,
    close: () => registry.close(),
  };
}
