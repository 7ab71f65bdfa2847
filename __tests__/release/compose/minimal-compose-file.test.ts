import { expect, test } from '@jest/globals';
import { minimalComposeFile } from '../../../src/release/compose/minimal-compose-file.ts';
import { sourceOf } from '../../support/compose/fixtures.ts';

test('the Compose file of an app without one has its port, its volumes, and its variables without their values', () => {
  const source = sourceOf({
    files: undefined,
    port: '80:8080',
    volumes: ['data:/data', '/srv/shop:/shop:ro'],
    variables: new Map([['KEY', 'a "value" with $dollar\nand a line']]),
  });
  expect(minimalComposeFile('shop', source).trimEnd().split('\n')).toEqual([
    'services:',
    '  shop:',
    '    image: ${IMAGE}',
    '    restart: unless-stopped',
    '    ports:',
    '      - "80:8080"',
    '    volumes:',
    '      - "data:/data"',
    '      - "/srv/shop:/shop:ro"',
    '    environment:',
    '      - "KEY"',
    'volumes:',
    '  data: {}',
  ]);
});
