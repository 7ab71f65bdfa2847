import type { Version } from '../../../__tests__/support/apps/images.ts';
import type { Lab, Server } from '../../../__tests__/support/lab.ts';

/** A side that deploys: Sealift or its peer. Each has its own app, port and repository on the same server. */
export interface Contender {
  readonly name: string;
  readonly app: string;
  readonly server: Server;
  /** The address of the app for visitors. */
  readonly url: string;
  readonly versions: readonly Version[];
  deploy(to: Version): Promise<Took>;
  /** Rolls back to the previous version, whose image is on the server. */
  back(to: Version): Promise<Took>;
  remove(): Promise<void>;
}

export interface Took {
  /** Milliseconds from the start of the first process to the end of the last. */
  readonly all: number;
  /** Milliseconds by stage of the plan, if known. */
  readonly stages: Readonly<Record<string, number>>;
  /** What was started of docker and Compose. */
  readonly programs: readonly string[];
}

/** Milliseconds from the start of the app's process to the line that it prints when it listens, by the server's clock. */
export async function bootOf(lab: Lab, { app, server }: Contender): Promise<number> {
  const containers = [...(await server.engine.containers(`${app}-`)).values()];
  const web = containers.find(
    ({ state, labels }) => state === 'running' && labels['com.docker.compose.service'] === 'web',
  );
  if (web === undefined) throw new Error(`${app} has no running container.`);
  const { State } = await server.engine.get(`/containers/${web.id}/json`);
  const log = await lab.run('in', server.name, 'docker', 'logs', '--timestamps', web.id);
  const listens = log.split('\n').findLast((line) => line.includes('listens on'));
  return Date.parse(listens?.split(' ')[0] ?? '') - Date.parse(State.StartedAt);
}
