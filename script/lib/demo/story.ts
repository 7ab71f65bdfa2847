import type { Inputs } from '../../../__tests__/support/action.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';
import type { Stage } from './stage.ts';
import { dim, heading, say } from './terminal.ts';
import { brokenVersion, versionTwo } from './versions.ts';
import type { Visitors } from './visitors.ts';

/** An environment of the shop: what a step needs to deliver to it, and where it answers. */
export interface Place {
  readonly inputs: Inputs;
  /** Each ends with a slash. */
  readonly addresses: readonly string[];
}

/** Where the shop is delivered to. */
export interface Places extends AsyncDisposable {
  readonly staging: Place;
  readonly production: Place;
  /** Inputs of each deploy to production alone. */
  readonly deployed: Inputs;
  /** Inputs that `status` takes, of `production`. */
  readonly status: Inputs;
  /** Lines that say how to look around. */
  readonly look: readonly string[];
}

/** How an orchestrator is made ready for the shop. */
export interface Platform {
  readonly title: string;
  readonly servers: number;
  readonly kubernetes: boolean;
  /** Files that its checkout has beside those of examples/shop. */
  files(lab: Lab): Promise<Readonly<Record<string, string>>>;
  prepare(lab: Lab): Promise<Places>;
}

/** The login of the runner, and of the cluster. */
export const registryOf = ({ registry }: Lab): Inputs => ({
  'registry-username': registry.username,
  'registry-password': registry.password,
});

/**
 * A small shop is built, tested, pushed and delivered to staging and production. A second version follows, a broken third one is rolled
 * back automatically, and a manual rollback ends it.
 */
export async function tellStory(stage: Stage, places: Places, visitors: Visitors): Promise<void> {
  const { lab, checkout } = stage;
  const { staging, production, deployed } = places;
  const build = {
    image: `${lab.registry.address}/demo/shop`,
    test: 'node --test',
    tags: '{{branch}}\nlatest',
  };
  const toProduction = { ...production.inputs, ...deployed };
  const v1Commit = checkout.sha;

  heading('Version 1: from a commit to production');
  const first = await stage.step('v1: build, test, push, deploy to staging', 'deliver', {
    ...build,
    ...staging.inputs,
  });
  await stage.shows('staging', staging.addresses, '1.0.0');
  say(
    dim(
      '  A person approves: in a workflow, the production job waits for its reviewers. It deploys the same digest.\n',
    ),
  );
  await stage.step('v1: deploy to production', 'deploy', { image: first.outputs['image'], ...toProduction });
  await stage.shows('production', production.addresses, '1.0.0');
  for (const address of production.addresses) visitors.visit(address);

  heading('Version 2: deployed while people use the shop');
  await checkout.commit(await versionTwo(), 'Version 2');
  const second = await stage.step('v2: build, test, push, deploy to staging', 'deliver', {
    ...build,
    ...staging.inputs,
  });
  await stage.step('v2: deploy to production', 'deploy', { image: second.outputs['image'], ...toProduction });
  await stage.shows('production', production.addresses, '2.0.0');

  heading('Version 3: its tests pass, but it does not start');
  await checkout.commit(await brokenVersion(), 'Version 3: payments');
  const third = await stage.step('v3: build, test, push', 'build', { ...build, ...registryOf(lab) });
  const broken = { image: third.outputs['image'], ...toProduction };
  await stage.step('v3: deploy to production', 'deploy', broken, 'fails');
  await stage.shows('production', production.addresses, '2.0.0');

  heading('Manual rollback to version 1');
  const { env: _, manifests: __, 'compose-file': ___, ...reached } = production.inputs;
  await stage.step('roll back to v1', 'rollback', { ...reached, to: v1Commit });
  await stage.shows('production', production.addresses, '1.0.0');
  await stage.step('status', 'status', places.status);
}
