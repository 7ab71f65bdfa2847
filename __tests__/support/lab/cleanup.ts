import type { Lab, Server } from '../lab.ts';

/** Takes everything of an app off a server: containers, volumes, networks, images. Absent is fine. */
export async function removeApp({ engine }: Server, app: string): Promise<void> {
  const own = (name: string): boolean => name === app || name.startsWith(`${app}-`);
  const ignore = (): undefined => undefined;
  for (const [name, { id }] of await engine.containers(app)) {
    if (own(name)) await engine.delete(`/containers/${id}?force=1&v=1`).catch(ignore);
  }
  const volumes: { Volumes: { Name: string }[] | null } = await engine.get('/volumes');
  for (const { Name } of volumes.Volumes ?? []) {
    if (own(Name)) await engine.delete(`/volumes/${Name}?force=1`).catch(ignore);
  }
  const networks: { Id: string; Name: string }[] = await engine.get('/networks');
  for (const { Id, Name } of networks) if (own(Name)) await engine.delete(`/networks/${Id}`).catch(ignore);

  const images: { Id: string; RepoTags: string[] | null; RepoDigests: string[] | null }[] =
    await engine.get('/images/json');
  for (const { Id, RepoTags, RepoDigests } of images) {
    const names = [...(RepoTags ?? []), ...(RepoDigests ?? [])].map(
      (name) => name.split(/[:@](?!.*\/)/)[0] ?? '',
    );
    if (names.some((name) => own(name.slice(name.lastIndexOf('/') + 1)))) {
      await engine.delete(`/images/${Id}?force=1`).catch(ignore);
    }
  }
}

/** The front of apps that are gone would hold the ports 80 and 443, and their domains. */
export async function removeLeftFront({ engine }: Server): Promise<void> {
  for (const path of ['/containers/sealift-front?force=1', '/volumes/sealift-front'])
    await engine.delete(path).catch(() => undefined);
}

/** `removeApp` on every server of the lab. */
export async function removeAppEverywhere(lab: Lab, app: string): Promise<void> {
  await Promise.all(lab.servers.map((server) => removeApp(server, app)));
}
