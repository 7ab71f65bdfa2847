import type { Engine } from '../engine/engine.ts';
import { type AppEnvironment, LABEL, labelsOf, SLOTS, slotNetwork } from '../model/release.ts';
import { stateVolume } from './layout.ts';

/** Labels as filters: `key=value`. */
export const labelFilters = (labels: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(labels).map(([key, value]) => `${key}=${value}`);

/** Makes the networks of both slots where they are missing: releases need them also where no edge is. */
export async function ensureSlotNetworks(engine: Engine, appEnvironment: AppEnvironment): Promise<void> {
  await Promise.all(
    SLOTS.map((slot) =>
      ensureNetwork(engine, slotNetwork(appEnvironment, slot), {
        ...labelsOf(appEnvironment),
        [LABEL.slot]: slot,
      }),
    ),
  );
}

/** Makes a bridge network where it is missing; two runs at once may end with two of a name, hence the look beforehand. */
export async function ensureNetwork(
  engine: Engine,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const known = await engine.listNetworks(labelFilters(labels));
  if (known.some((network) => network.name === name)) return;
  await engine.createNetwork({ Name: name, Driver: 'bridge', Labels: labels });
}

/** Makes the volume that keeps an app's state on a host; one that is there stays as it is. */
export async function ensureStateVolume(engine: Engine, appEnvironment: AppEnvironment): Promise<void> {
  await engine.createVolume({ Name: stateVolume(appEnvironment), Labels: labelsOf(appEnvironment) });
}
