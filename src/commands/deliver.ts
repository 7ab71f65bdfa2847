import type { ActionContext } from '../action-context.ts';
import { deployRelease } from '../deployment.ts';
import { type DeployImages, startImageLookup } from '../image-lookup.ts';
import type { Origin } from '../model/release.ts';
import type { DeliverRequest, DeployRequest } from '../model/request.ts';
import { chooseStrategy } from '../plan/preflight.ts';
import { rejectUnknownServices } from '../release/compose/insert-images.ts';
import { resolveCompose } from '../release/compose/resolve.ts';
import { splitProject } from '../release/compose/split-project.ts';
import { parseHooks } from '../release/hooks.ts';
import { makeRelease } from '../release/make-release.ts';
import { reuseLiveReleaseId } from '../release/reuse-release.ts';
import { group } from '../report/console.ts';
import { type Fleet, openFleet } from '../rollout/fleet.ts';
import { preflight } from '../rollout/preflight.ts';
import { inBackground } from '../run/promises.ts';

/**
 * A delivery: the Compose file is read, the hosts are reached, the images are made (or found), all that becomes a release,
 * and the release is carried out. What can be wrong is told in this order, before anything is changed; but hosts and
 * registry are asked from the start, side by side.
 */
export async function deliver(
  request: DeliverRequest | DeployRequest,
  context: ActionContext,
): Promise<void> {
  const { target, source, options } = request;
  const { tools, report } = context;
  Object.assign(report, { app: target.app, environment: target.environment });
  const repository =
    source.kind === 'build' ? source.repository : (source.images.get('')?.repository ?? target.app);

  const connecting = inBackground(openFleet(target, tools));
  const reading = inBackground(
    group('Read the Compose file', async () => {
      const resolved = await resolveCompose(options.compose, target, repository, process.cwd(), tools);
      const split = splitProject(resolved, target, options.compose.domains, options.edge);
      if (source.kind === 'existing') rejectUnknownServices(split, source.images.keys());
      for (const notice of split.notices) tools.log.notice(notice);
      return { resolved, split };
    }),
  );
  const imageLookup = startImageLookup(request, reading, options, context);
  let fleet: Fleet | undefined;
  try {
    const { split } = await reading;
    fleet = await group('Connect', () => connecting);
    const hooks = {
      before: parseHooks(split, 'before-release', options.beforeRelease),
      after: parseHooks(split, 'after-release', options.afterRelease),
    };
    const strategy = chooseStrategy(split, options.strategy);
    await preflight(fleet.engines, await fleet.observe(target), split);
    const images = await imageLookup.resolve();
    const health = { path: options.healthPath, timeout: options.healthTimeout };
    const made = makeRelease(split, images.images, health, originOf(context, images), options.force);
    Object.assign(report, { release: made.id, revision: made.origin.revision });

    // A long build may outlive a connection; and what was seen before it may be old news.
    fleet = await fleet.reconnect();
    const observations = await fleet.observe(target);
    const hosts = observations.map(({ host }) => host);
    const release = options.force ? made : reuseLiveReleaseId(made, hosts);
    report.release = release.id;
    await deployRelease({
      fleet,
      target,
      observations,
      release,
      strategy,
      keep: options.keep,
      command: 'deploy',
      bake: options.bake,
      limits: options.limits,
      updateAccessories: options.accessories === 'update',
      hooks,
      waves: options.waves,
      options,
      confidential: new Map([[release.id, split.confidential]]),
      environment: () => Promise.resolve(images.environment),
      context,
    });
  } finally {
    await imageLookup.close();
    await Promise.resolve(fleet ?? connecting).then(
      (open) => open.close(),
      () => undefined,
    );
  }
}

function originOf({ commit }: ActionContext, { tags, revision }: DeployImages): Origin {
  return {
    revision,
    ref: commit.ref,
    actor: commit.actor,
    runUrl: commit.runUrl,
    repository: commit.repository,
    tags,
    createdAt: new Date().toISOString(),
  };
}
