import { describe, expect, test } from '@jest/globals';
import type { PinnedImage } from '../../src/model/image.ts';
import { asObject } from '../../src/model/json.ts';
import { splitProject } from '../../src/release/compose/split-project.ts';
import { makeRelease } from '../../src/release/make-release.ts';
import { renderHook } from '../../src/release/render-hook.ts';
import { APP, recorded, sourceOf } from '../support/compose/fixtures.ts';
import { parsePinnedImage } from '../support/pinned.ts';

const SHOP: PinnedImage = parsePinnedImage(`registry.test/shop@sha256:${'a'.repeat(64)}`);
const ORIGIN = {
  ...{ revision: undefined, ref: undefined, actor: undefined, runUrl: undefined, repository: undefined },
  ...{ tags: [], createdAt: '2026-01-01T00:00:00Z' },
};

function hook(fixture: string, service: string) {
  const split = splitProject(recorded(fixture), APP, sourceOf().domains, 'caddy');
  const images = new Map(
    Object.keys(split.services).map((name) => [split.services[name]?.imageKey ?? name, SHOP]),
  );
  const release = makeRelease(split, images, { path: undefined, timeout: 1 }, ORIGIN);
  return renderHook(release, 'green', service);
}

describe('the container of a hook', () => {
  test('has the options of its service, but is not part of it', () => {
    const config = hook('django-celery', 'web');
    expect(Object.keys(config.services)).toEqual(['web']);
    expect(config.services['web']).toMatchObject({
      image: SHOP,
      environment: { RELEASE: `image ${SHOP}` },
      labels: { 'sealift.app': 'shop', 'sealift.role': 'hook' },
      networks: { 'sealift-slot': {} },
      healthcheck: { disable: true },
    });
    expect(config.networks?.['sealift-slot']).toMatchObject({ name: 'shop-production-green' });
    for (const key of ['ports', 'restart', 'depends_on', 'links'])
      expect(config.services['web']).not.toHaveProperty(key);
  });

  test('has no alias on its networks, so that it gets no requests', () => {
    expect(JSON.stringify(hook('networks', 'web').services)).not.toContain('aliases');
  });

  test('has no fixed address, which the running container uses', () => {
    const text = JSON.stringify(hook('alone', 'address').services);
    expect(text).not.toContain('10.99.0.5');
    expect(JSON.stringify(hook('alone', 'mac').services)).not.toContain('02:42:ac:11:65:43');
  });

  test('is not read-only for a read-only service, so that Compose can copy files into it', () => {
    const config = hook('read-only', 'web');
    expect(config.services['web']).not.toHaveProperty('read_only');
    expect(asObject(config.services['web'])['configs']).toEqual([
      { source: 'sealift-file-0', target: '/run/secrets/key', uid: '0', gid: '0', mode: '0444' },
      { source: 'sealift-file-1', target: '/run/secrets/renamed', uid: '1000', gid: '1001', mode: '0400' },
      { source: 'sealift-file-2', target: '/etc/tls/key.pem', uid: '0', gid: '0', mode: '0444' },
      { source: 'sealift-file-3', target: '/etc/web/settings.json', uid: '0', gid: '0', mode: '0444' },
    ]);
    expect(config.configs).toMatchObject({
      'sealift-file-0': { environment: 'SEALIFT_SECRET_KEY' },
      'sealift-file-3': { content: `{"image": "${SHOP}", "price": "$$5"}` },
    });
  });

  test('shares no namespace with services of the release, but those that they share with other containers', () => {
    expect(hook('namespaces', 'helper').services['helper']).toMatchObject({
      network_mode: 'container:shop-production-vpn-1',
    });
    expect(hook('namespaces', 'helper').services['helper']).not.toHaveProperty('pid');
    expect(hook('namespaces', 'app').services['app']).toMatchObject({
      network_mode: 'container:shop-production-vpn-1',
      volumes_from: ['container:shop-production-data-1:ro', 'container:old'],
    });
  });
});
