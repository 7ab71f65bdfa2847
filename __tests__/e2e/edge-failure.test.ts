/** An edge that can't start must not harm the one that serves. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setDomains } from '../../src/edge/domains.ts';
import { ensureFront, FRONT_CONTAINER, observeFront } from '../../src/edge/front.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { failure } from '../engine/step-context.ts';
import { webApp } from '../support/apps/probe.ts';
import { placeOf } from '../support/domain.ts';
import { EDGE_IMAGE, EdgeApp, removeFront } from '../support/edge-app.ts';
import { ask } from '../support/http.ts';
import { releaseId } from '../support/identifiers.ts';
import { labWith, serverOf, uniquePort } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { type OwnEngine, ownEngine } from '../support/own-engine.ts';
import { until } from '../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab);

/** Ports above those that other tests use. */
const freePort = (): number => uniquePort() + 10_000;

/** Holds a port of the server with a program until it is told to let go. */
async function holdPort(port: number): Promise<() => Promise<void>> {
  const command = `busybox nc -ll -p ${port} -e cat > /dev/null 2>&1 & echo $!`;
  const pid = (await lab.run('in', server.name, 'sh', '-c', command)).trim();
  return async () => {
    await lab.run('in', server.name, 'kill', pid);
  };
}

/** The firewall's chains are gone, as after a careless `iptables -F`: no container with a port can start. */
async function flushFirewall(): Promise<void> {
  await lab.run(
    'in',
    server.name,
    'sh',
    '-c',
    'for t in filter nat; do iptables -t $t -F; iptables -t $t -X; done',
  );
}
async function restartEngine(): Promise<void> {
  await lab.run('engine-stop', server.name);
  await lab.run('engine-start', server.name);
}

describe('a deploy with another published port', () => {
  let it: TestApp;
  let version = 0;
  /** Commits the next version of the app with these ports. */
  const commit = async (...ports: readonly number[]): Promise<void> => {
    version += 1;
    const published = ports.map((port) => `${port}:3000`);
    const service = { restart: 'unless-stopped', ports: published };
    await it.checkout.commit(webApp({ version: String(version), port: it.port, service }));
  };
  /** Once it answers: an engine that was restarted brings containers back a moment later. */
  const liveVersion = async (): Promise<string> => {
    let version: string | undefined;
    await until('the app answers', async () => {
      version = await it.version().catch(() => undefined);
      return version !== undefined;
    });
    return version ?? '';
  };
  const edge = async (): Promise<{ readonly State: { readonly StartedAt: string } }> =>
    await server.engine.get(`/containers/${it.name}-production-edge/json`);

  beforeAll(async () => {
    const files = (port: number) => webApp({ version: '0', port, service: { restart: 'unless-stopped' } });
    it = await testApp({ lab, stem: 'edgefail', servers: [server], files });
    succeeded(await it.deliver());
  });
  afterAll(() => it.remove());

  test.each(['a program holds the port', 'the firewall was flushed'])(
    'a deploy with another published port, whose edge does not start because %s, disturbs no visitor of the old port',
    async (why) => {
      const other = freePort();
      let undo = restartEngine;
      try {
        if (why === 'a program holds the port') undo = await holdPort(other);
        else await flushFirewall();
        await commit(other);
        const live = await liveVersion();
        const load = startLoad(it.url());
        await load.answered(live, 20);
        const { StartedAt } = (await edge()).State;
        const run = await it.deliver();
        await load.answered(live, 20);
        const { failures } = await load.stop();
        expect(run.succeeded).toBe(false);
        expect(failures).toEqual([]);
        expect((await edge()).State).toMatchObject({ StartedAt });
        // A port that is taken is found before anything changes.
        const state = undo === restartEngine ? /Traffic stayed on [0-9a-f]{8}/ : /Nothing was deployed\./;
        expect(reportOf(run).state).toMatch(state);
        expect(reportOf(run).hosts[0]).not.toHaveProperty('unreachable');
      } finally {
        await undo();
      }
    },
  );

  test('where the new edge needs the old port too and no edge can start any more, the old one is kept, the report says that nobody reaches it, and the next deploy serves again', async () => {
    let flushed = false;
    try {
      const live = await liveVersion();
      await flushFirewall();
      flushed = true;
      await commit(it.port, freePort());
      const run = await it.deliver();
      expect(run.succeeded).toBe(false);
      const { state, hosts } = reportOf(run);
      expect(state).toMatch(/ROLLBACK INCOMPLETE[\s\S]*NOBODY REACHES/);
      expect(state).not.toMatch(/Traffic stayed|Traffic is on/);
      expect(hosts[0].unreachable).toEqual(['its edge does not run']);
      expect(await it.containers()).toHaveProperty(`${it.name}-production-edge`);

      await restartEngine();
      flushed = false;
      const load = startLoad(it.url());
      await load.answered(live, 5);
      await load.stop();
      succeeded(await it.deliver());
      expect(await it.version()).toBe(String(version));
    } finally {
      if (flushed) await restartEngine();
    }
  });
});

describe('an edge behind the front', () => {
  let own: OwnEngine;
  let engine: Engine;
  let app: EdgeApp;
  const acme = { directory: lab.acme.directory, email: undefined, ca: lab.acme.root };

  beforeAll(async () => {
    own = await ownEngine(lab, server);
    engine = own.engine;
  });
  afterAll(() => own.close());
  beforeEach(async () => {
    app = new EdgeApp(engine, server);
    await app.pull();
    await ensureFront(engine, app, EDGE_IMAGE, acme);
    await app.ensure({ published: [], socket: true });
    await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
    await setDomains(engine, FRONT_CONTAINER, app, new Map([[domain(), 'web-3000']]));
  });
  afterEach(async () => {
    app.engine = engine;
    await setDomains(engine, FRONT_CONTAINER, app, new Map());
    await app.remove();
    await removeFront(engine, server);
  });

  const domain = (): string => `${app.app}.${server.domain}`;
  /** Asks as a visitor of the domain. */
  const visit = async (): Promise<string> => {
    const { url, connect } = placeOf(lab, server, domain());
    return (await ask(url, { connect })).body;
  };

  test('an edge behind the front serves its domains on, with the same process, if the one that is to replace it takes its sockets and then fails', async () => {
    const edge = await app.edge();
    expect(await visit()).toContain('v1');
    // Caddy in the new edge opens its sockets; then it can't be asked whether it serves.
    let execs = 0;
    app.engine = new Proxy(engine, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          if (key === 'exec' && args[0] !== edge) {
            execs += 1;
            await Reflect.apply(value, target, args);
            throw new Error('it does not serve');
          }
          return Reflect.apply(value, target, args);
        };
      },
    });
    const { startedAt } = await engine.inspectContainer(edge);
    expect((await failure(app.ensure({ published: [freePort()], socket: true }))).message).toContain(
      'does not serve',
    );
    expect(execs).toBe(1);
    app.engine = engine;
    expect(await app.edges()).toEqual({ '-test-edge': 'running' });
    expect((await engine.inspectContainer(edge)).startedAt).toBe(startedAt);
    expect(await visit()).toContain('v1');
  });

  test('the front of one app keeps its settings and runs again if its replacement does not start', async () => {
    const broken = 'busybox:1';
    await server.engine.post('/images/create?fromImage=busybox&tag=1');
    await failure(ensureFront(engine, app, broken, { ...acme, email: 'ops@example.com' }));
    expect(await observeFront(engine)).toMatchObject({ name: FRONT_CONTAINER, state: 'running' });
    expect(await visit()).toContain('v1');
    await engine.stopContainer(FRONT_CONTAINER);
    await engine.startContainer(FRONT_CONTAINER);
    await until('the front answers with its former config', async () => (await visit()).includes('v1'));
    expect(await ensureFront(engine, app, EDGE_IMAGE, acme)).toBe((await observeFront(engine))?.id);
  });
});

test('an edge that was stopped does not vanish if the one in its place can not start', async () => {
  const own = await ownEngine(lab, server);
  const app = new EdgeApp(own.engine, server);
  let letGo: (() => Promise<void>) | undefined;
  try {
    await app.pull();
    await app.ensure();
    await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
    await own.engine.stopContainer(await app.edge());
    letGo = await holdPort(app.port);
    await failure(app.ensure());
    expect(await app.edges()).toEqual({ '-test-edge': 'exited' });
    await letGo();
    letGo = undefined;
    await app.ensure();
    expect((await ask(app.url)).status).toBe(200);
  } finally {
    await letGo?.();
    await app.remove();
    await own.close();
  }
});
