import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { resolveImages } from '../../src/image/resolve-images.ts';
import { parseImageReference } from '../../src/model/image.ts';
import { pushImage, testRegistry } from '../registry/support/test-registry.ts';
import { remember } from './support/build.ts';
import { registryContext } from './support/registry-context.ts';

test('images are logged in the order of the input, whichever answer of the registry comes first', async () => {
  await using registry = await testRegistry();
  const web = pushImage(registry, 'web', 'v1', ['linux/amd64'], { of: 'web' });
  const api = pushImage(registry, 'api', 'v1', ['linux/amd64'], { of: 'api' });
  const answered: string[] = [];
  registry.delay = async (path) => {
    if (path.includes('/web/')) await pause(20);
    answered.push(path);
  };
  const log = remember();
  const reference = (name: string) => parseImageReference(`${registry.host}/${name}:v1`, 'image');
  const { images } = await resolveImages(
    new Map([
      ['web', reference('web')],
      ['api', reference('api')],
    ]),
    registryContext({ log }),
  );
  expect(answered.findIndex((path) => path.includes('/api/'))).toBeLessThan(
    answered.findIndex((path) => path.includes('/web/')),
  );
  expect([...images]).toEqual([
    ['web', `${registry.host}/web@${web}`],
    ['api', `${registry.host}/api@${api}`],
  ]);
  expect(log.lines).toEqual([
    `${registry.host}/web:v1 is ${images.get('web')}.`,
    `${registry.host}/api:v1 is ${images.get('api')}.`,
  ]);
});
