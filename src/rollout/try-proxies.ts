import { randomUUID } from 'node:crypto';
import { baseProject } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import type { Action } from '../plan/actions.ts';
import { renderTrial } from '../release/render-trial.ts';
import { prepareAccessories } from './accessories.ts';
import { awaitHealthy } from './await-healthy.ts';
import { lastLogLines } from './evidence.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { accessoryConfidential, runCompose } from './run-compose.ts';

/**
 * Starts proxies of the Compose file once as they will be, without their ports, while those that visitors reach still run. So a
 * wrong configuration is found before anything stops. No container stays.
 * @throws HostError with how a proxy ended and its last lines
 */
export async function tryProxies(context: HostContext, action: Action<'try-proxies'>): Promise<string> {
  const release = releaseById(context, action.release);
  const config = await prepareAccessories(context, release);
  for (const proxy of action.services) {
    const name = `${baseProject(release)}-${proxy}-trial-${randomUUID().slice(0, 4)}`;
    try {
      await tryProxy(context, release, config, proxy, name);
    } finally {
      // By its name: a run that has taken the lock may try a proxy of its own by now.
      await context.engine.removeContainer(name, { force: true }).catch(() => undefined);
    }
  }
  return `${joinWithAnd(action.services)} started`;
}

async function tryProxy(
  context: HostContext,
  release: Release,
  config: ComposeConfig,
  proxy: ServiceName,
  name: string,
): Promise<void> {
  const { engine } = context;
  const { timeout } = release.health;
  const project = baseProject(release);
  const args = ['run', '--detach', '--no-deps', '--no-TTY', '--name', name, proxy];
  const confidential = accessoryConfidential(context, release);
  await runCompose(context, project, renderTrial(config, proxy), confidential, args, { timeout });
  const container = await engine.inspectContainer(name);
  const expectation = {
    container,
    service: proxy,
    ending: 'never',
    probe: undefined,
    mustSettle: true,
  } as const;
  try {
    await awaitHealthy(context, [expectation], timeout);
  } catch (error) {
    if (!(error instanceof HostError) || engine.disconnected.aborted) throw error;
    throw new HostError(
      engine.host,
      `the new ${proxy} does not start: ${messageWithoutHost(engine.host, error)} The ${proxy} that runs was left alone.`,
      { evidence: await lastLogLines(context, container.id), cause: error },
    );
  }
}
