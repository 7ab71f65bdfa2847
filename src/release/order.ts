import type { Release, ServiceName } from '../model/release.ts';

/**
 * Services in the order in which their containers are started again: each wave needs only those before it (`depends_on`
 * within the release). Without a record all start at once.
 */
export function startWaves(
  release: Release | undefined,
  services: readonly ServiceName[],
): readonly (readonly ServiceName[])[] {
  if (release === undefined) return [services];
  const waves: ServiceName[][] = [];
  const placed = new Set<ServiceName>();
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter((name) =>
      needs(release, name).every((other) => placed.has(other) || !rest.includes(other)),
    );
    // Compose refuses circles; should a record hold one all the same, what is left starts together.
    const wave = ready.length > 0 ? ready : rest;
    for (const name of wave) placed.add(name);
    waves.push(wave);
    rest = rest.filter((name) => !placed.has(name));
  }
  return waves;
}

function needs(release: Release, name: ServiceName): readonly ServiceName[] {
  const dependsOn = release.compose.services[name]?.['depends_on'];
  return typeof dependsOn === 'object' && dependsOn !== null ? Object.keys(dependsOn) : [];
}
