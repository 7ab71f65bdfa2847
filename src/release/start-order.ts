import type { Release, ServiceName } from '../model/release.ts';

/**
 * Services in the order in which their containers are started again: each round needs only those before it (`depends_on`
 * within the release). Without a record all start at once.
 */
export function startRounds(
  release: Release | undefined,
  services: readonly ServiceName[],
): readonly (readonly ServiceName[])[] {
  if (release === undefined) return [services];
  const rounds: ServiceName[][] = [];
  const placed = new Set<ServiceName>();
  let rest = [...services];
  while (rest.length > 0) {
    const ready = rest.filter((name) =>
      startDependencies(release, name).every((other) => placed.has(other) || !rest.includes(other)),
    );
    // Compose refuses circles; should a record hold one all the same, what is left starts together.
    const round = ready.length > 0 ? ready : rest;
    for (const name of round) placed.add(name);
    rounds.push(round);
    rest = rest.filter((name) => !placed.has(name));
  }
  return rounds;
}

function startDependencies(release: Release, name: ServiceName): readonly ServiceName[] {
  const dependsOn = release.compose.services[name]?.['depends_on'];
  return typeof dependsOn === 'object' && dependsOn !== null ? Object.keys(dependsOn) : [];
}
