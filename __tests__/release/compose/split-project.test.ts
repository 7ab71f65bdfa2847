import { describe, expect, test } from '@jest/globals';
import { mapValues, withoutKeys } from '../../../src/model/json.ts';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { CASES, REFUSALS, told } from '../../support/compose/cases.ts';
import { APP, recorded, sourceOf } from '../../support/compose/fixtures.ts';

const split = (name: string, domains = sourceOf().domains) =>
  splitProject(recorded(name), APP, domains, 'caddy');

describe('a Compose file', () => {
  test.each(CASES)(
    '$name is split into a release and its accessories',
    ({ name, source, notices = [], ...expected }) => {
      const { notices: lines = [], endings, ...is } = told(split(name, source?.domains));
      const { endings: _, ...otherwise } = expected;
      const recreateReason =
        expected.recreateReason === undefined
          ? {}
          : { recreateReason: expect.stringContaining(expected.recreateReason) };
      expect(is).toEqual({
        routes: [],
        accessories: [],
        late: [],
        rounds: [],
        conditions: [],
        ...otherwise,
        ...recreateReason,
      });
      if (expected.endings !== undefined) expect(endings).toEqual(expected.endings);
      expect(lines).toEqual(notices.map((part) => expect.stringContaining(part)));
    },
  );

  test('with services that nobody starts again after a restart of the server has a notice of them', () => {
    const about = (name: string): readonly string[] =>
      split(name).notices.filter((line) => line.includes('no restart policy'));
    // Not those that end or may end, and none that says how it is restarted.
    expect(about('jobs')).toEqual([
      "cache and web have no restart policy, so they will stay down after a crash or a restart of the server, while Sealift's edge is back and answers 502. Write restart: unless-stopped.",
    ]);
    expect(about('flask')).toEqual([]);
    const { config, ...others } = recorded('flask');
    const services = mapValues(config.services, (service) => withoutKeys(service, 'restart'));
    const { notices } = splitProject({ ...others, config: { ...config, services } }, APP, new Map(), 'caddy');
    expect(notices).toEqual([expect.stringMatching(/^web has no restart policy, so it will stay down/)]);
  });

  test('is rejected with a port that only the front could publish, while domains point elsewhere', () => {
    const resolved = recorded('wordpress');
    const { wordpress } = resolved.config.services;
    const services = { ...resolved.config.services, wordpress: { ...wordpress, expose: ['9000'] } };
    const domains = new Map([['shop.example.com', { service: 'wordpress', port: 9000 }]]);
    expect(() =>
      splitProject({ ...resolved, config: { ...resolved.config, services } }, APP, domains, 'caddy'),
    ).toThrow('wordpress:80 is published on 80 only, and with domains ports 80 and 443 belong to the front');
  });

  test('without ports of a service allows a domain with any port', () => {
    const { routes } = split(
      'nginx-go-postgres',
      new Map([['a.example.com', { service: 'backend', port: 99 }]]),
    );
    expect(routes).toMatchObject([
      { service: 'backend', containerPort: 99, domains: ['a.example.com'] },
      { service: 'backend', containerPort: 8000, domains: [] },
    ]);
  });

  test('is rejected with that one problem if a domain points to a port that the service does not have', () => {
    const domains = new Map([['a.example.com', { service: 'web', port: 99 }]]);
    expect(() => split('flask', domains)).toThrow(/^domains: [^\n]*$/);
  });

  test.each(REFUSALS)('$name is rejected, with how to fix it: $says.0', ({ name, source, says }) => {
    for (const part of says) expect(() => split(name, source?.domains)).toThrow(part);
  });
});
