/** An app with everything that a removal has to find: edge, domain, releases, an accessory, networks, volumes. */
import type { ActionRun, Inputs } from './action.ts';
import { probeImage } from './apps/images.ts';
import { compose } from './apps/probe.ts';
import { domainInputs } from './domain.ts';
import type { Lab, Server } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

/** The accessory has a named volume, in which it notes each start, and an anonymous one. */
export function removableApp(lab: Lab, stem: string, servers: readonly Server[]): Promise<TestApp> {
  return testApp({
    lab,
    stem,
    servers,
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:3000`],
            networks: ['inner', 'default'],
            environment: { VERSION: '${VERSION}' },
          },
          db: {
            image: 'busybox:1',
            command: ['sh', '-c', 'echo started >> /data/log; exec sleep 1d'],
            init: true,
            volumes: ['data:/data', '/scratch'],
          },
        },
        networks: { inner: {} },
        volumes: { data: {} },
      }),
  });
}

export async function deployVersion(app: TestApp, version: string, inputs: Inputs = {}): Promise<ActionRun> {
  const image = await probeImage(app.lab);
  return succeeded(await app.deploy(image, { env: `VERSION=${version}`, 'health-path': '/up', ...inputs }));
}

export const domainOf = ({ name, server }: TestApp): string => `${name}.${server.domain}`;
export const itsDomain = (app: TestApp): Inputs => domainInputs(app.lab, [domainOf(app)]);

/** Everything on a server with the name of an app in it: also tags of images, and the files on the volume of the front. */
export async function tracesOf(
  { name, server: first }: TestApp,
  { engine }: Server = first,
): Promise<readonly string[]> {
  const volumes: { Volumes: { Name: string }[] | null } = await engine.get('/volumes');
  const networks: { Name: string }[] = await engine.get('/networks');
  const images: { RepoTags: string[] | null }[] = await engine.get('/images/json');
  const fronts = [...(await engine.containers('sealift-front')).values()];
  const files = await Promise.all(fronts.map(({ id }) => engine.files(id, '/front')));
  const all = [
    ...[...(await engine.containers(name)).keys()].map((each) => `container ${each}`),
    ...(volumes.Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...images.flatMap(({ RepoTags }) => RepoTags ?? []).map((tag) => `tag ${tag}`),
    ...files.flatMap((each) => [...each.keys()]).map((path) => `file ${path}`),
  ];
  return all.filter((each) => each.includes(name));
}

/** Whether the image that all these apps run is on a server, by its digest. */
export async function hasProbeImage({ lab, server }: TestApp): Promise<boolean> {
  const found = server.engine.get(`/images/${await probeImage(lab)}/json`);
  return await found.then(
    () => true,
    (error: unknown) => {
      if (String(error).includes('No such image')) return false;
      throw error;
    },
  );
}
