import type { Server } from '../lab.ts';

export interface SnapshotOptions {
  /** Only what is named so: for a lab in which others are at work too. */
  readonly only?: RegExp;
}

/**
 * Everything on a server that an action could change, as text: containers with their states, images, volumes, networks,
 * and the files that Sealift keeps. Equal texts before and after prove that nothing was changed.
 */
export async function snapshot({ engine }: Server, { only = /./ }: SnapshotOptions = {}): Promise<string> {
  const containers: { Id: string }[] = await engine.get('/containers/json?all=1');
  const details = await Promise.all(containers.map(({ Id }) => engine.get(`/containers/${Id}/json`)));
  const volumes: { Volumes: { Name: string; CreatedAt: string; Labels: unknown }[] | null } =
    await engine.get('/volumes');
  const networks: { Id: string; Name: string; Labels: unknown }[] = await engine.get('/networks');
  const images: { Id: string; RepoTags: string[] | null; RepoDigests: string[] | null }[] =
    await engine.get('/images/json?all=1');

  const shown = {
    containers: await Promise.all(
      details
        .filter((each) => only.test(each.Name.slice(1)))
        .map(async (each) => ({
          name: each.Name,
          id: each.Id,
          image: each.Image,
          // Not its health, its process id or its output: they change by themselves.
          state: [
            each.State.Status,
            each.State.StartedAt,
            each.State.FinishedAt,
            each.State.ExitCode,
            each.RestartCount,
          ],
          labels: each.Config.Labels,
          networks: Object.keys(each.NetworkSettings.Networks),
          files: each.Mounts.some((mount: { Destination: string }) => mount.Destination === '/sealift')
            ? Object.fromEntries(await engine.files(each.Id, '/sealift'))
            : undefined,
        })),
    ),
    volumes: (volumes.Volumes ?? [])
      .filter(({ Name }) => only.test(Name))
      .map(({ Name, CreatedAt, Labels }) => ({ name: Name, CreatedAt, Labels })),
    networks: networks
      .filter(({ Name }) => only.test(Name))
      .map(({ Id, Name, Labels }) => ({ name: Name, Id, Labels })),
    images: images
      .map(({ Id, RepoTags, RepoDigests }) => ({
        name: Id,
        tags: RepoTags ?? [],
        digests: RepoDigests ?? [],
      }))
      .filter(
        ({ tags, digests }) => only.source === '.' || [...tags, ...digests].some((name) => only.test(name)),
      ),
  };
  return JSON.stringify(sorted(shown), undefined, 2);
}

/** Keys by name, lists of named things by name, other lists as they are in order of their text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
