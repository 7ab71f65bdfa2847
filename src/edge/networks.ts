import type { Engine, Labels } from '../engine/engine.ts';
import { type AppEnvironment, LABEL, labelsOf, SLOTS, slotNetwork } from '../model/app-environment.ts';
import { stateVolume } from './layout.ts';

/** Labels as filters: `key=value`. */
export const labelFilters = (labels: Labels): readonly string[] =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`);

/** Creates missing networks of both slots. Releases need them even on a host without an edge. */
export async function ensureSlotNetworks(engine: Engine, app: AppEnvironment): Promise<void> {
  const known = await engine.listNetworks(labelFilters(labelsOf(app)));
  const missing = SLOTS.filter((slot) => !known.some(({ name }) => name === slotNetwork(app, slot)));
  await Promise.all(
    missing.map((slot) =>
      engine.createNetwork({
        Name: slotNetwork(app, slot),
        Driver: 'bridge',
        Labels: { ...labelsOf(app), [LABEL.slot]: slot },
      }),
    ),
  );
}

/** Creates a bridge network if it is missing. It looks first, since two simultaneous calls may create two of one name. */
export async function ensureNetwork(engine: Engine, name: string, labels: Labels): Promise<void> {
  const known = await engine.listNetworks(labelFilters(labels));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: 'bridge', Labels: labels });
}

/** Creates the volume with an app's state on a host; an existing one is not changed. */
export async function ensureStateVolume(engine: Engine, app: AppEnvironment): Promise<void> {
  await engine.createVolume({ Name: stateVolume(app), Labels: labelsOf(app) });
}
