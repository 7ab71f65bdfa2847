/** How many containers of an app run, while they are replaced. */
import { type AppInVersions, appInVersions } from './app-in-versions.ts';
import type { Lab } from './lab.ts';
import type { TestApp } from './test-app.ts';
import { meanwhile } from './times.ts';

export const REPLICAS = 3;

/** An app of three replicas, which are replaced as its deploys say. */
export const rollingApp = (lab: Lab): AppInVersions =>
  appInVersions({
    lab,
    stem: 'rolling',
    service: {
      volumes: ['shared:/shared'],
      deploy: {
        replicas: REPLICAS,
        update_config: {
          parallelism: '${PARALLELISM:-1}',
          order: '${ORDER:-start-first}',
          delay: '${DELAY:-0s}',
          monitor: '${MONITOR:-0s}',
          max_failure_ratio: '${RATIO:-0}',
          failure_action: '${ACTION:-pause}',
        },
      },
    },
    beside: { volumes: { shared: {} } },
    behaviour: { EXIT_AFTER_REQUESTS: '', ONE_EXITS: '' },
    inputs: { strategy: 'rolling' },
  });

/** How many containers of `web` run of each release, the fewest first. */
export async function runningOf(app: TestApp, service = 'web'): Promise<readonly number[]> {
  const counts = new Map<string, number>();
  const name = new RegExp(`-production-([0-9a-f]{8})-${service}-\\d+$`);
  for (const [container, state] of Object.entries(await app.containers())) {
    const [, id] = name.exec(container) ?? [];
    if (id !== undefined && state === 'running') counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.values()].sort();
}

/** The fewest and the most that run of a service, all releases together, while something is done. */
export async function counted<T>(
  app: TestApp,
  done: Promise<T>,
  service = 'web',
): Promise<{ readonly result: T; readonly least: number; readonly most: number }> {
  const { result, seen } = await meanwhile(done, async () =>
    (await runningOf(app, service)).reduce((sum, count) => sum + count, 0),
  );
  return { result, least: Math.min(...seen), most: Math.max(...seen) };
}
