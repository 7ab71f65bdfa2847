import { describe, expect, test } from '@jest/globals';
import { splitProject } from '../../../src/release/compose/split-project.ts';
import { CASES, REFUSALS, told } from '../../support/compose/cases.ts';
import { APP, recorded, sourceOf } from '../../support/compose/fixtures.ts';

const split = (name: string, domains = sourceOf().domains) => splitProject(recorded(name), APP, domains);

describe('a Compose file as people have it', () => {
  test.each(CASES)(
    '$name is split into a release and its accessories',
    ({ name, source, notices = [], ...expected }) => {
      const { notices: lines = [], ...is } = told(split(name, source?.domains));
      const recreateReason =
        expected.recreateReason === undefined
          ? {}
          : { recreateReason: expect.stringContaining(expected.recreateReason) };
      expect(is).toEqual({
        routes: [],
        accessories: [],
        late: [],
        conditions: [],
        ...expected,
        ...recreateReason,
      });
      expect(lines).toEqual(notices.map((part) => expect.stringContaining(part)));
    },
  );

  test('leaves no way in to a port that only the front could serve, while domains lead elsewhere', () => {
    const resolved = recorded('wordpress');
    const { wordpress } = resolved.config.services;
    const services = { ...resolved.config.services, wordpress: { ...wordpress, expose: ['9000'] } };
    const domains = new Map([['shop.example.com', { service: 'wordpress', port: 9000 }]]);
    expect(() =>
      splitProject({ ...resolved, config: { ...resolved.config, services } }, APP, domains),
    ).toThrow('wordpress:80 is published on 80 only, and with domains ports 80 and 443 belong to the front');
  });

  test('that says nothing of the ports of a service leaves it to the domain', () => {
    const { routes } = split(
      'nginx-go-postgres',
      new Map([['a.example.com', { service: 'backend', port: 99 }]]),
    );
    expect(routes).toMatchObject([{ service: 'backend', containerPort: 99, domains: ['a.example.com'] }]);
  });

  test('with a domain that leads to another port than the service has is refused with that alone', () => {
    const domains = new Map([['a.example.com', { service: 'web', port: 99 }]]);
    expect(() => split('flask', domains)).toThrow(/^domains: [^\n]*$/);
  });

  test.each(REFUSALS)('$name is refused with the way out: $says.0', ({ name, source, says }) => {
    for (const part of says) expect(() => split(name, source?.domains)).toThrow(part);
  });
});
