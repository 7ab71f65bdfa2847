/** Compares Sealift's translation of `build:` for bake with Compose's own. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildTargetsOf } from '../../src/image/build-targets.ts';
import { bakeTargetIds, recipeFor } from '../../src/image/recipe.ts';
import { asObject, asStrings, pickKeys } from '../../src/model/json.ts';
import { buildSource, OPTIONS } from '../image/support/build.ts';
import { REPOSITORY, resolveIn, sourceOf } from '../support/compose/fixtures.ts';
import { readLab } from '../support/lab.ts';
import { runProgram } from '../support/run-program.ts';

const { PATH = '' } = readLab().runnerEnvironment;

const COMPOSE_FILE = `services:
  web:
    platform: linux/amd64
    build:
      context: web
      dockerfile: Dockerfile.prod
      target: prod
      args: [PRICE=$$5, "TEMPLATE=$$\{x} %{y}", UNSET]
      labels: [team=web, price=$$5]
      additional_contexts: [lib=service:li-b, files=files, base=docker-image://alpine]
      cache_from: ["type=registry,ref=me/cache"]
      cache_to: [type=inline]
      extra_hosts: ["db:10.0.0.1", "six=::1"]
      network: host
      ssh: [default]
      shm_size: 64m
      ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 512}
      privileged: true
      pull: true
      no_cache: true
      provenance: mode=max
      sbom: true
      tags: [me/web:dev]
  li-b:
    image: me/lib:1
    build:
      context: .
      dockerfile_inline: "FROM scratch\\nENV A=$$\{B} C=$$D\\n"
      args: {ONE: 1, "YES": "true"}
      labels: {team: lib}
      additional_contexts: {files: files}
      extra_hosts: {db: [10.0.0.1, 10.0.0.2]}
      platforms: [linux/arm64, linux/amd64]
      entitlements: [network.host]
`;

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'compose-build-')));
  for (const name of ['web', 'files']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'compose.yaml'), COMPOSE_FILE);
});
afterAll(() => rm(folder, { recursive: true }));

test('build: is translated as docker compose build --print translates it', async () => {
  const { config } = await resolveIn(folder, sourceOf(), PATH);
  const targets = buildTargetsOf(config, buildSource(REPOSITORY));
  const inputs = { workspace: folder, contents: new Map(), ids: bakeTargetIds(targets), labels: {} };
  const own = Object.fromEntries(
    targets.map((target) => {
      const { id, target: bake, attest, cacheTo, references } = recipeFor(target, OPTIONS, inputs);
      return [id, { ...bake, attest, 'cache-to': cacheTo, tags: references }];
    }),
  );

  const { stdout } = await runProgram('docker', ['compose', 'build', '--print'], {
    cwd: folder,
    // No engine is needed.
    env: { PATH, HOME: folder, DOCKER_BUILDKIT: '1', DOCKER_HOST: 'unix:///nowhere.sock' },
  });
  const printed = asObject(asObject(JSON.parse(stdout))['target']);
  expect(new Set(Object.keys(printed))).toEqual(new Set(Object.keys(own)));
  for (const [name, value] of Object.entries(printed)) {
    const { labels, tags, ssh, args, dockerfile, ulimits, output: _, ...rest } = asObject(value);
    const inline = rest['dockerfile-inline'];
    const expected = {
      ...rest,
      // Compose escapes templates in these two itself.
      args: JSON.parse(JSON.stringify(args).replaceAll('$${', '${')),
      ...(inline === undefined ? {} : { 'dockerfile-inline': String(inline).replaceAll('$${', '${') }),
      ...(dockerfile === undefined ? {} : { dockerfile: String(dockerfile).replace(`${folder}/web/`, '') }),
      labels: pickKeys(asObject(labels), ['team', 'price']),
      // The last one is the service's own image.
      tags: asStrings(tags).slice(0, -1),
      ssh: asStrings(ssh).map((each) => each.replace(/=$/, '')),
      ulimits: expect.arrayContaining([...asStrings(ulimits)]),
    };
    const filled = Object.entries(asObject(own[name])).filter(
      ([, each]) => each !== undefined && (typeof each !== 'object' || Object.keys(each ?? {}).length > 0),
    );
    expect({ tags: [], ssh: [], ulimits: [], ...Object.fromEntries(filled) }).toEqual(expected);
  }
});
