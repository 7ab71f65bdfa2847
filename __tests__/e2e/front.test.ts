/** Domains: certificates from a real ACME server, and traffic that other apps' domains don't disturb. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkDomainOwners, readDomainOwners, setDomains } from '../../src/edge/domains.ts';
import { ensureFront, FRONT_CONTAINER, observeFront, removeUnusedFront } from '../../src/edge/front.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { failure } from '../engine/step-context.ts';
import { placeOf } from '../support/domain.ts';
import { EDGE_IMAGE, EdgeApp, removeFront } from '../support/edge-app.ts';
import { ask, askUntil } from '../support/http.ts';
import { releaseId } from '../support/identifiers.ts';
import { labWith, serverOf, uniquePort } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { type OwnEngine, ownEngine } from '../support/own-engine.ts';

const lab = await labWith(1);
const server = serverOf(lab);
const acme = { directory: lab.acme.directory, email: undefined, ca: lab.acme.root };

let own: OwnEngine;
let engine: Engine;
let one: EdgeApp;
let two: EdgeApp;
const domain = (app: EdgeApp): string => `${app.app}.${server.domain}`;

/** Asks a domain over HTTPS with a connection of its own. */
function visit(
  name: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/',
): Promise<{ status: number; body: string }> {
  const { connect } = placeOf(lab, server, name);
  return ask(`https://${name}${path}`, { connect, headers });
}

beforeAll(async () => {
  own = await ownEngine(lab, server);
  engine = own.engine;
  one = new EdgeApp(engine, server);
  two = new EdgeApp(engine, server);
  await one.pull();
  await ensureFront(engine, one, EDGE_IMAGE, acme);
  for (const app of [one, two]) {
    await app.ensure({ published: [], socket: true });
    await app.switch(releaseId(app.app), 'blue', [await app.start(app.app, 'blue')]);
  }
  await setDomains(engine, FRONT_CONTAINER, one, new Map([[domain(one), 'web-3000']]));
});

afterAll(async () => {
  for (const app of [one, two]) {
    await setDomains(engine, FRONT_CONTAINER, app, new Map());
    await app.remove();
  }
  await removeFront(engine, server);
  await own.close();
});

describe('a domain', () => {
  test('a domain has a certificate and leads to its app, which is told who asks', async () => {
    const { status, body } = await visit(domain(one), { 'x-forwarded-for': '6.6.6.6' }, '/headers');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      host: domain(one),
      'x-forwarded-host': domain(one),
      'x-forwarded-proto': 'https',
      'x-forwarded-for': expect.stringMatching(/^(?!6\.)[\d.]+$/),
    });
  });

  test('a domain is served as HTTP/2', async () => {
    const socket = connectTls({
      host: server.address,
      port: 443,
      servername: domain(one),
      ca: lab.acme.root,
      ALPNProtocols: ['h2'],
    });
    const session = connectHttp2(`https://${domain(one)}`, { createConnection: () => socket });
    const [headers] = await once(session.request({ ':path': '/' }), 'response');
    expect(headers).toMatchObject({ ':status': 200 });
    session.close();
  });

  test('a domain is served as HTTP/3', async () => {
    const port = uniquePort();
    const root = join(own.step.folder, 'root.pem');
    const config = join(own.step.folder, 'http3.json');
    await writeFile(root, lab.acme.root);
    await writeFile(config, JSON.stringify(http3Client(port, domain(one), root)));
    const data = { XDG_DATA_HOME: own.step.folder, XDG_CONFIG_HOME: own.step.folder };
    const client = spawn('caddy', ['run', '--config', config], {
      stdio: 'ignore',
      env: { ...process.env, ...data },
    });
    try {
      const answer = await askUntil(`http://127.0.0.1:${port}/`, ({ status }) => status === 200);
      expect(answer.body).toContain(one.app);
    } finally {
      client.kill();
      await once(client, 'exit');
    }
  });

  test('a domain that is asked by HTTP sends to HTTPS', async () => {
    const answer = await ask(`http://${server.address}/a?b=c`, { host: domain(one) });
    expect(answer).toMatchObject({ status: 308, headers: { location: `https://${domain(one)}/a?b=c` } });
  });
});

describe('a host that is no domain here', () => {
  test('a host that is no domain here gets no certificate', async () => {
    const refused = await failure(visit(`unknown.${server.domain}`));
    expect(refused.message).toMatch(/alert internal error/);
  });

  test.each(['unknown.test', '..', '../apps', 'a/../../apps'])(
    'the host %s, which is no domain here, is refused',
    async (host) => {
      // 400 is Go's own answer to what can be no host.
      const answers = [await ask(`http://${server.address}/`, { host }), await visit(domain(one), { host })];
      for (const { status } of answers) expect([400, 404]).toContain(status);
    },
  );
});

describe('several apps', () => {
  test('apps do not notice that domains of others come and go', async () => {
    const load = startLoad(placeOf(lab, server, domain(one)));
    await load.answered(one.app, 20);
    for (let round = 0; round < 5; round += 1) {
      await setDomains(engine, FRONT_CONTAINER, two, new Map([[domain(two), 'web-3000']]));
      await load.answered(one.app, 50);
      expect(await visit(domain(two))).toMatchObject({ status: 200, body: expect.stringContaining(two.app) });
      await setDomains(engine, FRONT_CONTAINER, two, new Map());
      expect(await visit(domain(one), { host: domain(two) })).toMatchObject({ status: 404 });
      await load.answered(one.app, 50);
    }
    expect((await load.stop()).failures).toEqual([]);
  });

  test("apps can't take each other's domains, nor half of what was asked", async () => {
    const wanted = new Map([
      [`new.${server.domain}`, 'web-3000'],
      [domain(one), 'web-3000'],
    ]);
    const message = `${domain(one)} already points to ${one.app}-test`;
    const owners = await readDomainOwners(engine, FRONT_CONTAINER);
    expect(() => checkDomainOwners(engine.host, two, owners, [...wanted.keys()])).toThrow(message);
    expect((await failure(setDomains(engine, FRONT_CONTAINER, two, wanted))).message).toContain(message);
    expect(await readDomainOwners(engine, FRONT_CONTAINER)).toEqual(
      new Map([[domain(one), `${one.app}-test`]]),
    );
  });

  test('apps share the front, which nobody turns to another CA or takes away', async () => {
    await setDomains(engine, FRONT_CONTAINER, two, new Map([[domain(two), 'web-3000']]));
    const front = (await observeFront(engine))?.id;
    expect(await ensureFront(engine, two, EDGE_IMAGE, acme)).toBe(front);
    const refused = await failure(
      ensureFront(engine, two, EDGE_IMAGE, { ...acme, directory: 'https://ca.test/' }),
    );
    expect(refused.message).toContain(`It serves domains of ${one.app}-test too`);
    await setDomains(engine, FRONT_CONTAINER, two, new Map());
    expect(await removeUnusedFront(engine)).toBe(false);
  });
});

describe('an edge behind the front', () => {
  test('an edge behind the front may be killed: requests wait until it is back', async () => {
    const load = startLoad(placeOf(lab, server, domain(one)), { visitors: 1, pause: 50 });
    await load.answered(one.app, 20);
    const { State } = await server.engine.get(`/containers/${await one.edge()}/json`);
    await lab.run('in', server.name, 'kill', '-9', String(State.Pid));
    await load.answered(one.app, 50);
    const { failures } = await load.stop();
    // What it was answering when it died is lost: one request per visitor at most.
    expect(failures.length).toBeLessThanOrEqual(4);
    // An answer that had begun is broken off, before or after its first byte reached the visitor.
    expect(failures.map(({ why }) => why).filter((why) => !/502|aborted|socket hang up/.test(why))).toEqual(
      [],
    );
  });

  test('an edge behind the front may be replaced: requests wait for the new one', async () => {
    const load = startLoad(placeOf(lab, server, domain(one)));
    await load.answered(one.app, 20);
    await one.ensure({ published: [one.port], socket: true });
    await load.answered(one.app, 50);
    await one.ensure({ published: [], socket: true });
    await load.answered(one.app, 50);
    expect((await load.stop()).failures).toEqual([]);
  });
});

/** Caddy as a client that speaks nothing but HTTP/3: none of Node's own does. */
function http3Client(port: number, name: string, root: string): unknown {
  const proxy = {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `${server.address}:443` }],
    headers: { request: { set: { Host: [name] } } },
    transport: { protocol: 'http', versions: ['3'], tls: { server_name: name, root_ca_pem_files: [root] } },
  };
  const client = {
    listen: [`127.0.0.1:${port}`],
    automatic_https: { disable: true },
    routes: [{ handle: [proxy] }],
  };
  return { admin: { disabled: true }, apps: { http: { servers: { client } } } };
}
