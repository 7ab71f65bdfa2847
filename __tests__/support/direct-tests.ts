/** Tests of direct transfers: an app of their own, and what was sent. Apart from direct-app.ts, which script/bench uses without Jest. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { ActionRun } from './action.ts';
import { beginDirectApp, type DirectApp } from './direct-app.ts';
import { type Lab, type Server, serverOf } from './lab.ts';
import { succeeded } from './test-app.ts';

/** How the image came to a server, as the log says it. */
export interface Transfer {
  readonly way: string;
  /** Megabytes. */
  readonly sent: number;
}

/** An app on these servers, for the tests of a file or of a part of it. */
export function directApp(lab: Lab, servers: readonly Server[] = [serverOf(lab)]): () => DirectApp {
  let direct: DirectApp | undefined;
  beforeAll(async () => {
    direct = await beginDirectApp(lab, servers);
  });
  afterAll(() => direct?.remove());
  return () => {
    if (direct === undefined) throw new Error('The app has not begun.');
    return direct;
  };
}

/** What was sent to a server in a run that has succeeded. */
export function transferTo(run: ActionRun, server: Server): Transfer {
  const line = /: [^ ]+ was sent, (?<size>[\d.]+) (?<unit>[kM]?B): (?<way>.*)\.$/;
  const lines = succeeded(run).log.split('\n');
  const found = lines
    .filter((each) => each.includes(`${server.url}: `) || each.includes(`${server.tcpUrl}: `))
    .map((each) => line.exec(each)?.groups)
    .filter((groups) => groups !== undefined);
  expect(found).toHaveLength(1);
  const { size = '', unit = '', way = '' } = found[0] ?? {};
  return { way, sent: Number(size) / (unit === 'MB' ? 1 : unit === 'kB' ? 1000 : 1_000_000) };
}
