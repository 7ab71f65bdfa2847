import type { ComposeService } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { dependenciesOf } from './compose/service.ts';

/**
 * Services in the order in which their containers are started again. Each round needs only the rounds before it (`depends_on`
 * within the release). Without a record all services start at once.
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
    // Compose rejects circles. If a record has one all the same, the remaining services start together.
    const round = ready.length > 0 ? ready : rest;
    for (const name of round) placed.add(name);
    rounds.push(round);
    rest = rest.filter((name) => !placed.has(name));
  }
  return rounds;
}

function startDependencies(release: Release, name: ServiceName): readonly ServiceName[] {
  return [...dependenciesOf(release.compose.services[name] ?? {}).keys()];
}

/**
 * Services in groups that Compose starts one after the other: whatever must be healthy or done before a service starts is in a
 * group before its own. Sealift waits between them, since it knows how long that may take, and can say what it waits for.
 */
export function startGroups(
  services: Readonly<Record<ServiceName, ComposeService>>,
  names: readonly ServiceName[],
): readonly (readonly ServiceName[])[] {
  const levels = new Map<ServiceName, number>();
  const levelOf = (name: ServiceName): number => {
    const known = levels.get(name);
    if (known !== undefined) return known;
    // Ends a circle, which Compose rejects.
    levels.set(name, 0);
    const above = [...dependenciesOf(services[name] ?? {})]
      .filter(([other]) => names.includes(other))
      .map(([other, { condition }]) => levelOf(other) + (condition === 'service_started' ? 0 : 1));
    const level = Math.max(0, ...above);
    levels.set(name, level);
    return level;
  };
  const groups = Map.groupBy(names, levelOf);
  return [...groups].sort(([one], [other]) => one - other).map(([, group]) => group);
}
