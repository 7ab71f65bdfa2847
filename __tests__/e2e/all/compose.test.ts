/** Compose files as they are in the wild (../compose.test.ts). */
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { patience } from '../../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);

describe('behind the edge of an app', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'edge',
      files: (port) => compose({ services: { web: { image: '${IMAGE}', ports: [`${port}:3000`] } } }),
    });
    succeeded(await app.deploy(await probeImage(lab)));
  });
  afterAll(() => app.remove());

  test('an upload of some size goes through the edge', async () => {
    const body = Buffer.alloc(20_000_000, 'tea');
    const { body: answer } = await ask(app.url('/upload'), { method: 'POST', body });
    expect(JSON.parse(answer)).toMatchObject({ bytes: body.length });
  });

  test('events go through the edge one by one as they happen', async () => {
    const response = await fetch(app.url('/held?stream=yes'));
    const pieces = response.body?.values();
    const read = async (): Promise<string> => Buffer.from((await pieces?.next())?.value ?? []).toString();
    expect(await read()).toBe('data: none begins\n\n');
    const [web] = Object.keys(await app.containers()).filter((name) => name.includes('-web-'));
    await lab.run('in', app.server.name, 'docker', 'exec', String(web), 'touch', '/tmp/let-go');
    expect(await read()).toBe('data: none ends\n\n');
  });

  test('a WebSocket goes through the edge', async () => {
    const socket = new WebSocket(app.url('/').replace('http', 'ws'));
    const answer = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send('hello');
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = () => reject(new Error('The WebSocket failed.'));
    });
    socket.close();
    expect(answer).toBe('none:hello');
  });

  test('the app is told who asked, and which name was asked for', async () => {
    const { body } = await ask(app.url('/headers'), { host: 'shop.example.com' });
    expect(JSON.parse(body)).toMatchObject({
      host: 'shop.example.com',
      'x-forwarded-for': expect.any(String),
    });
  });
});

test('a service that can not stand twice because of UDP is recreated, and the plan says why and that there is a gap', async () => {
  const app = await testApp({
    lab,
    stem: 'alone',
    files: (port) =>
      compose({
        services: {
          web: {
            image: '${IMAGE}',
            ports: [`${port}:4000/udp`],
            stop_grace_period: '2s',
            environment: { VERSION: '${VERSION}', UDP_PORT: 4000, PORT: 0 },
            healthcheck: { disable: true },
          },
        },
      }),
  });
  try {
    const image = await probeImage(lab);
    for (const version of ['1', '2']) {
      const run = succeeded(await app.deploy(image, { env: `VERSION=${version}` }));
      expect(run.log).toMatch(/web: exclusive \(port 4000\/udp .*\)/);
      expect(await udp(app.server.address, app.port)).toBe(`${version}:hello`);
      if (version === '2') expect(run.log).toMatch(/web did not answer for \d/);
    }
  } finally {
    await app.remove();
  }
});

test('several files, include, extends and anchors are what the official CLI makes of them', async () => {
  const app = await testApp({
    lab,
    stem: 'files',
    files: (port) => ({
      'compose.yaml': `
include: [parts/db.yaml]
x-env: &env
  ANCHORED: 'yes'
services:
  web:
    extends: { file: parts/base.yaml, service: base }
    image: \${IMAGE}
    environment:
      <<: *env
    ports: ["${port}:3000"]
`,
      'parts/db.yaml': 'services:\n  db:\n    image: redis:7\n',
      'parts/base.yaml': 'services:\n  base:\n    environment:\n      EXTENDED: "yes"\n',
      'compose.production.yaml': 'services:\n  web:\n    environment:\n      OVERRIDDEN: "yes"\n',
    }),
  });
  try {
    const inputs = { 'compose-file': 'compose.yaml\ncompose.production.yaml' };
    succeeded(await app.deploy(await probeImage(lab), inputs));
    for (const name of ['ANCHORED', 'EXTENDED', 'OVERRIDDEN']) {
      expect((await ask(app.url(`/env?name=${name}`))).body).toBe('yes');
    }
    expect(Object.keys(await app.containers())).toContain(`${app.name}-production-db-1`);
  } finally {
    await app.remove();
  }
});

test('external networks and volumes are used and stay', async () => {
  const app = await testApp({ lab, stem: 'extern', files: () => ({}) });
  const [network, volume] = [`${app.name}x-network`, `${app.name}x-volume`];
  const { engine } = app.server;
  await engine.post('/networks/create', { Name: network });
  await engine.post('/volumes/create', { Name: volume });
  const web = {
    image: '${IMAGE}',
    ports: [`${app.port}:3000`],
    environment: { VERSION: 1, WORKER_FILE: '/shared/beats' },
    networks: ['shared'],
    volumes: ['shared:/shared'],
  };
  await app.checkout.commit(
    compose({
      services: { web },
      networks: { shared: { external: true, name: network } },
      volumes: { shared: { external: true, name: volume } },
    }),
  );
  try {
    succeeded(await app.deploy(await probeImage(lab)));
    expect((await ask(app.url('/file?path=/shared/beats'))).body).toContain('1 start');
    const { Containers } = await engine.get(`/networks/${network}`);
    expect(Object.keys(Containers)).toHaveLength(1);
  } finally {
    await app.remove();
    await engine.delete(`/networks/${network}`);
    await engine.delete(`/volumes/${volume}`);
  }
});

function udp(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    // A datagram may be lost while the container's port is made.
    const timer = setInterval(() => socket.send('hello', port, host), 100);
    const over = setTimeout(() => end(() => reject(new Error('no answer by UDP'))), patience(1000));
    const end = (then: () => void): void => {
      clearInterval(timer);
      clearTimeout(over);
      socket.close();
      then();
    };
    socket.on('message', (data) => end(() => resolve(data.toString())));
    socket.on('error', (error) => end(() => reject(error)));
  });
}
