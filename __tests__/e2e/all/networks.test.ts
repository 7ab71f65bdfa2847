/** How many networks fit on a server, and what is said when there are no addresses left. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose, probe } from '../../support/apps/probe.ts';
import { labWith, serverOf, uniqueName } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const { engine } = serverOf(lab);

const apps: TestApp[] = [];
const fillers: string[] = [];
let image: string;

beforeAll(async () => {
  image = await probeImage(lab);
});
afterEach(async () => {
  for (const id of fillers.splice(0)) await engine.delete(`/networks/${id}`);
});
afterAll(async () => {
  for (const app of apps) await app.remove();
});

async function app(): Promise<TestApp> {
  const one = await testApp({
    lab,
    stem: 'nets',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({
        services: { web: { image: '${IMAGE}', ports: [`${port}:3000`] } },
        networks: { default: {} },
      }),
    }),
  });
  apps.push(one);
  return one;
}

/** Makes networks until the engine has no addresses for another one. */
async function useAllPools(): Promise<void> {
  for (;;) {
    try {
      fillers.push((await engine.post('/networks/create', { Name: uniqueName('filler') })).Id);
    } catch (error) {
      if (/fully subnetted|non-overlapping/.test(String(error))) return;
      throw error;
    }
  }
}

const subnetsOf = async (name: string): Promise<readonly string[]> => {
  const networks: readonly { Name: string; IPAM: { Config: { Subnet: string }[] } }[] =
    await engine.get('/networks');
  return networks
    .filter(({ Name }) => Name.startsWith(name))
    .flatMap(({ IPAM }) => IPAM.Config.map(({ Subnet }) => Subnet));
};

test('without addresses for its networks nothing is deployed, and the error says so before the build; network-range is a way out', async () => {
  const one = await app();
  await useAllPools();
  const refused = await one.deliver({});
  expect(refused.succeeded).toBe(false);
  expect(refused.errors[0]?.message).toMatch(/no addresses are left for another network[\s\S]*network-range/);
  expect(refused.log).not.toContain('buildx build');
  succeeded(await one.deploy(image, { 'network-range': '10.201.0.0/16' }));
  expect((await subnetsOf(one.name)).every((subnet) => /^10\.201\.\d+\.0\/24$/.test(subnet))).toBe(true);
  const full = await (await app()).deploy(image, { 'network-range': '10.202.0.0/24' });
  expect(full.errors[0]?.message).toContain('network-range: no addresses are left in 10.202.0.0/24');
});

test('forty apps fit on one server', async () => {
  const deployed: TestApp[] = [];
  while (deployed.length < 40) {
    const one = await app();
    succeeded(await one.deploy(image));
    deployed.push(one);
  }
  for (const one of deployed) expect(await one.version()).not.toBe('');
  // The engine has a pool left for others.
  fillers.push((await engine.post('/networks/create', { Name: uniqueName('filler') })).Id);
});
