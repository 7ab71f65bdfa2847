/** An app that runs on its server by `docker compose up -d`, with its data, before Sealift takes it over. */
import { probeImage } from '../apps/images.ts';
import { compose } from '../apps/probe.ts';
import { ask } from '../http.ts';
import { ownerCompose } from '../owner-compose.ts';
import type { TestApp } from '../test-app.ts';
import type { Shape } from './shapes.ts';

const document = (port: number, image: string, database: string) => ({
  services: {
    web: {
      ...{ image, restart: 'always', stop_grace_period: '2s', depends_on: ['db'], volumes: ['data:/data'] },
      ports: [`${port}:3000`],
      environment: { VERSION: '${VERSION:-old}' },
    },
    db: {
      ...{ image: 'redis:7', restart: 'always', stop_grace_period: '2s', volumes: ['data:/data'] },
      container_name: database,
    },
  },
  volumes: { data: {} },
});

const databaseOf = ({ name }: TestApp): string => `${name}-database`;

/** The app as it is deployed with `adopt: true`: its database has a name of its own, which the former one must give up. */
export const adoptingShape: Shape = {
  files: (port) => compose(document(port, '${IMAGE}', '${DATABASE}')),
  containers: ['web-1'],
  inputs: () => ({ adopt: 'true' }),
  variables: (app) => ({ DATABASE: databaseOf(app) }),
  examine: async (app, server) => {
    const { body } = await ask(app.url('/file?path=/data/note', server));
    return body === 'kept\n' ? [] : [`its data is ${JSON.stringify(body)}`];
  },
};

/** What is on the servers of an app before each of its first deploys. */
export interface FormerDeployment {
  /** It runs, as if Sealift had never been there. */
  arrive(app: TestApp): Promise<void>;
  remove(app: TestApp): Promise<void>;
}

async function owner(app: TestApp, ...args: readonly string[]): Promise<void> {
  await ownerCompose(app, document(app.port, await probeImage(app.lab), databaseOf(app)), ...args);
}

export const formerDeployment: FormerDeployment = {
  async arrive(app) {
    await owner(app, 'down');
    await owner(app, 'up', '--detach');
    const write = ['sh', '-c', 'echo kept > /data/note'];
    await app.lab.run('in', app.server.name, 'docker', 'exec', `${app.name}-web-1`, ...write);
  },
  remove: (app) => owner(app, 'down', '--volumes'),
};
