import { describe, expect, test } from '@jest/globals';
import {
  allowFlags,
  type BakeTarget,
  bakeDefinition,
  targetForCache,
  targetForPush,
  targetForTest,
  targetForVerifiedPush,
} from '../../src/image/bake-definition.ts';
import { buildTargetsOf, type ImageBuild } from '../../src/image/build-targets.ts';
import { bakeTargetIds, recipeFor } from '../../src/image/recipe.ts';
import type { ComposeConfig, ComposeObject } from '../../src/model/compose-config.ts';
import type { BuildOptions } from '../../src/model/image-source.ts';
import { buildSource, OPTIONS } from './support/build.ts';

const INPUTS = {
  workspace: '/w',
  contents: new Map([['secret:token', 'hunter2']]),
  labels: { revision: 'abc' },
};

function recipes(config: ComposeConfig | undefined, options: Partial<BuildOptions> = {}) {
  const all = { ...OPTIONS, ...options };
  const targets: readonly ImageBuild[] = buildTargetsOf(config, buildSource('me/shop', all));
  const ids = bakeTargetIds(targets);
  return targets.map((target) => recipeFor(target, all, { ...INPUTS, ids }));
}

function one(build: ComposeObject, options: Partial<BuildOptions> = {}, rest: Partial<ComposeConfig> = {}) {
  const [recipe] = recipes({ services: { web: { build } }, ...rest }, options);
  if (recipe === undefined) throw new Error('there is one');
  return recipe;
}

describe("the recipe of the inputs' own image", () => {
  test('has every build input', () => {
    const [recipe] = recipes(undefined, {
      context: 'app',
      file: 'docker/Dockerfile',
      target: 'prod',
      buildArgs: ['A=1', 'B=x=y'],
      buildSecrets: ['npm=secret-value'],
      platforms: ['linux/amd64', 'linux/arm64'],
      labels: ['team=shop'],
      cacheFrom: ['type=gha'],
      cacheTo: ['type=gha,mode=max'],
      provenance: 'mode=max',
      sbom: 'true',
      pull: true,
      noCache: true,
      addHosts: ['db:10.0.0.1', 'v6=::1'],
      buildContexts: ['base=docker-image://alpine'],
    });
    expect(recipe).toEqual({
      id: 'image',
      target: {
        context: '/w/app',
        dockerfile: '/w/docker/Dockerfile',
        target: 'prod',
        args: { A: '1', B: 'x=y' },
        labels: { revision: 'abc', team: 'shop' },
        contexts: { base: 'docker-image://alpine' },
        platforms: ['linux/amd64', 'linux/arm64'],
        secret: ['id=npm,env=SEALIFT_BUILD_SECRET_0'],
        'cache-from': ['type=gha'],
        'extra-hosts': { db: '10.0.0.1', v6: '::1' },
        pull: true,
        'no-cache': true,
      },
      secrets: new Map([['SEALIFT_BUILD_SECRET_0', 'secret-value']]),
      references: [],
      attest: ['type=provenance,mode=max', 'type=sbom'],
      cacheTo: ['type=gha,mode=max'],
    });
  });

  test('keeps a Git URL as its context', () => {
    const [recipe] = recipes(undefined, {
      context: 'https://github.com/octo/shop.git#main:app',
      file: 'Other',
    });
    expect(recipe?.target).toMatchObject({
      context: 'https://github.com/octo/shop.git#main:app',
      dockerfile: 'Other',
    });
  });

  test('is rejected with a secret that is too long for a variable', () => {
    expect(() => recipes(undefined, { buildSecrets: [`big=${'x'.repeat(200_000)}`] })).toThrow(
      'build-secrets: "big" is longer than 127 KiB',
    );
  });
});

describe("the recipe of a service's build:", () => {
  test('has every field of the Compose specification that BuildKit knows', () => {
    const recipe = one(
      {
        context: '/w/web',
        dockerfile: 'Dockerfile.prod',
        target: 'prod',
        args: { PRICE: '$$5', EMPTY: '', UNSET: null },
        labels: { team: 'web' },
        cache_from: ['me/cache:web'],
        cache_to: ['type=inline'],
        additional_contexts: { base: 'docker-image://alpine' },
        extra_hosts: ['db=10.0.0.1', 'db=10.0.0.2'],
        network: 'none',
        shm_size: '67108864',
        ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 512 },
        platforms: ['linux/arm64'],
        secrets: [{ source: 'token', target: 'npm' }, { source: 'file' }],
        ssh: ['default', 'key=/k'],
        no_cache: true,
        no_cache_filter: ['assets'],
        pull: true,
        tags: ['me/web:dev'],
        privileged: true,
        provenance: 'mode=min',
      },
      {},
      { secrets: { token: { environment: 'TOKEN' }, file: { file: '/w/a,b' } } },
    );
    expect(recipe.target).toEqual({
      context: '/w/web',
      dockerfile: 'Dockerfile.prod',
      target: 'prod',
      args: { PRICE: '$5', EMPTY: '' },
      labels: { team: 'web', revision: 'abc' },
      contexts: { base: 'docker-image://alpine' },
      platforms: ['linux/arm64'],
      secret: ['id=npm,env=SEALIFT_COMPOSE_SECRET_0', 'id=file,"src=/w/a,b"'],
      ssh: ['default', 'key=/k'],
      'cache-from': ['me/cache:web'],
      'extra-hosts': { db: '10.0.0.1,10.0.0.2' },
      ulimits: ['nofile=1024:2048', 'nproc=512'],
      'shm-size': '67108864',
      network: 'none',
      entitlements: ['security.insecure'],
      pull: true,
      'no-cache': true,
      'no-cache-filter': ['assets'],
    });
    expect(recipe.secrets).toEqual(new Map([['SEALIFT_COMPOSE_SECRET_0', 'hunter2']]));
    expect(recipe.references).toEqual(['me/web:dev']);
    expect(recipe.cacheTo).toEqual(['type=inline']);
    expect(recipe.attest).toEqual(['type=provenance,mode=min']);
    expect(allowFlags([recipe.target])).toEqual(['--allow=security.insecure', '--allow=ssh']);
  });

  test('gets the inputs: they override maps and are added to lists', () => {
    const recipe = one(
      { context: '/w', args: { A: 'file', B: 'file' }, platforms: ['linux/arm64'], provenance: 'true' },
      { buildArgs: ['A=input'], platforms: ['linux/amd64'], provenance: 'false', buildSecrets: ['x=1'] },
    );
    expect(recipe.target).toMatchObject({
      args: { A: 'input', B: 'file' },
      platforms: ['linux/amd64'],
      secret: ['id=x,env=SEALIFT_BUILD_SECRET_0'],
    });
    expect(recipe.attest).toEqual(['type=provenance,disabled=true']);
  });

  test('has the platform of the service', () => {
    const [recipe] = recipes({ services: { web: { build: { context: '/w' }, platform: 'linux/arm64' } } });
    expect(recipe?.target.platforms).toEqual(['linux/arm64']);
  });

  test('can have an inline Dockerfile', () => {
    expect(
      one({ context: '/w', dockerfile: 'Dockerfile', dockerfile_inline: 'FROM $$X\n' }).target,
    ).toMatchObject({ 'dockerfile-inline': 'FROM $X\n' });
  });

  test('can have another built service as a context', () => {
    const services = {
      base: { build: { context: '/w/base' } },
      web: { build: { context: '/w', additional_contexts: { base: 'service:base' } } },
    };
    expect(recipes({ services })[1]?.target.contexts).toEqual({ base: 'target:base' });
    const missing = { web: { build: { context: '/w', additional_contexts: { base: 'service:db' } } } };
    expect(() => recipes({ services: missing })).toThrow(
      'compose-file: build of service web: context base is service db, which is not built here. Give that service build:.',
    );
  });

  test('is rejected with a secret without a value, whose variable is named', () => {
    const secrets = { other: { environment: 'OTHER' } };
    expect(() => one({ context: '/w', secrets: [{ source: 'other' }] }, {}, { secrets })).toThrow(
      'compose-file: build of service web: secret other has no value. Set OTHER in the input "env".',
    );
  });
});

describe('the recipes of several images', () => {
  const services = { 'my.web': { build: { context: '/w/a' } }, my_web: { build: { context: '/w/b' } } };

  test('have different names that bake accepts', () => {
    expect(recipes({ services }).map(({ id }) => id)).toEqual(['my_web', 'my_web-2']);
  });

  test('have separate caches, so that none overwrites another', () => {
    const [first] = recipes({ services }, { cacheFrom: ['type=gha'], cacheTo: ['type=gha,mode=max'] });
    expect(first?.cacheTo).toEqual(['type=gha,mode=max,scope=my_web']);
    expect(first?.target['cache-from']).toEqual(['type=gha', 'type=gha,scope=my_web']);
  });

  test.each([
    ['type=gha,scope=x', 'type=gha,scope=x-my_web'],
    ['type=registry,ref=me/cache,mode=max', 'type=registry,ref=me/cache:latest-my_web,mode=max'],
    ['type=registry,ref=localhost:5000/cache:x', 'type=registry,ref=localhost:5000/cache:x-my_web'],
    ['me/cache', 'me/cache:latest-my_web'],
    ['type=local,dest=/c', 'type=local,dest=/c/my_web'],
    ['type=local,src=/c', 'type=local,src=/c/my_web'],
    ['type=inline', 'type=inline'],
  ])('have separate caches: %s becomes %s', (cache, own) => {
    const [first] = recipes({ services }, { cacheTo: [cache] });
    expect(first?.cacheTo).toEqual([own]);
  });
});

describe('the bake target', () => {
  const recipe = one(
    { context: '/w' },
    {
      noCache: true,
      pull: true,
      cacheTo: ['type=inline'],
      provenance: 'true',
      platforms: ['linux/amd64', 'linux/arm64'],
    },
  );
  const target: BakeTarget = { context: '/w', args: { '${K}': '${x} %{ if } $${y} 100% $5' } };

  test('escapes strings that bake would read as templates', () => {
    const text: unknown = JSON.parse(bakeDefinition(new Map([['web', target]])));
    expect(text).toEqual({
      target: { web: { context: '/w', args: { '$${K}': '$${x} %%{ if } $$${y} 100% $5' } } },
    });
  });

  test('for the test is loaded, for one platform, without attestations and exported caches', () => {
    expect(targetForTest(recipe, 'sealift-test/web:1', 'linux/amd64')).toMatchObject({
      tags: ['sealift-test/web:1'],
      output: ['type=docker'],
      platforms: ['linux/amd64'],
      'no-cache': true,
      pull: true,
      attest: ['type=provenance,disabled=true'],
    });
    const exported = { ...recipe, cacheTo: ['type=registry,ref=me/cache'] };
    expect(targetForTest(exported, 'x', undefined)).toMatchObject({ 'cache-to': [] });
    expect(targetForTest(recipe, 'x', undefined)).toMatchObject({ 'cache-to': ['type=inline'] });
  });

  test('for the push of an untested image has all its names in their order', () => {
    expect(targetForPush(recipe, ['me/shop:b', 'me/shop:a'])).toMatchObject({
      tags: ['me/shop:b', 'me/shop:a'],
      output: ['type=image,push=true'],
      'cache-to': ['type=inline'],
      attest: ['type=provenance'],
      'no-cache': true,
      pull: true,
    });
  });

  test.each([
    ['config', { kind: 'digest' }, {}, 'type=image,name=me/shop,push-by-digest=true,push=true'],
    [
      'manifest',
      { kind: 'digest' },
      {},
      'type=image,name=me/shop,push-by-digest=true,push=true,oci-mediatypes=true',
    ],
    [
      'config',
      { kind: 'tag', tag: 'candidate-1' },
      { tags: ['me/shop:candidate-1'] },
      'type=image,push=true',
    ],
  ] as const)(
    'for the push that is verified by %s, %j, is not rebuilt and has no name that anybody uses',
    (comparedBy, pushMode, named, output) => {
      const pushed = targetForVerifiedPush(recipe, 'me/shop', pushMode, comparedBy);
      expect(pushed).toMatchObject({
        ...named,
        output: [output],
        'cache-to': ['type=inline'],
        attest: ['type=provenance'],
      });
      expect(pushed.tags).toEqual('tags' in named ? named.tags : undefined);
      expect(pushed).not.toHaveProperty('no-cache');
      expect(pushed).not.toHaveProperty('pull');
    },
  );

  test('for the cache rebuilds the other platforms', () => {
    expect(targetForCache(recipe, ['linux/arm64'])).toMatchObject({
      platforms: ['linux/arm64'],
      output: ['type=cacheonly'],
      'no-cache': true,
    });
  });
});
