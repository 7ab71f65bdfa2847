import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, HostError, messageOf } from '../../src/model/errors.ts';
import { Problems } from '../../src/release/compose/problems.ts';
import { failureAnnotations } from '../../src/report/annotations.ts';
import type { Report } from '../../src/report/report.ts';
import { hostName } from '../support/identifiers.ts';

const FILES: Readonly<Record<string, string>> = {
  'compose.yaml': 'services:\n  web:\n    image: web\n    ports:\n      - "80"\n',
  'compose.prod.yaml': 'volumes:\n  data:\n',
};
const annotations = (
  error: unknown,
  report: Pick<Report, 'app' | 'environment'> = { app: 'shop', environment: 'production' },
) =>
  failureAnnotations(
    error,
    `${messageOf(error)} Nothing was deployed.`,
    report,
    (name) => ['known-hosts', 'compose-file'].includes(name),
    (file) => FILES[file],
  );

/** The error for problems of these Compose files. */
function problemsError(
  ...problems: readonly (readonly [problem: string, ...path: readonly string[]])[]
): unknown {
  const found = new Problems(['compose.yaml', 'compose.prod.yaml']);
  for (const [problem, ...path] of problems) found.add(problem, ...path);
  try {
    found.throwIfAny();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the annotation of a failed run', () => {
  test('has the environment as its title, and says everything', () => {
    expect(annotations(new HostError(hostName('ssh://one'), 'it is gone.'))).toEqual([
      { message: 'ssh://one: it is gone. Nothing was deployed.', title: 'Sealift: shop → production' },
    ]);
  });

  test('names in its title only the environment if it is about no app', () => {
    const [one] = annotations(new Error('It failed.'), { app: undefined, environment: 'production' });
    expect(one?.title).toBe('Sealift: production');
  });

  test('has the input as its title if it is about one', () => {
    const [one, ...others] = annotations(new ConfigurationError('known-hosts: missing.'));
    expect(one?.title).toBe('Input known-hosts');
    expect(others).toEqual([]);
  });

  test('takes no other word before a colon for an input', () => {
    expect(
      annotations(new Error('url: it answered 503.'), { app: 'shop', environment: 'test' })[0]?.title,
    ).toBe('Sealift: shop → test');
  });

  test('stands in addition at the line of each of the first three problems of the Compose files', () => {
    const error = problemsError(
      ['compose-file: one', 'services', 'web', 'ports'],
      ['compose-file: two', 'volumes', 'data'],
      ['compose-file: three', 'services', 'web', 'deploy', 'replicas'],
      ['compose-file: four', 'services', 'web', 'image'],
    );
    expect(annotations(error)).toEqual([
      expect.objectContaining({ title: 'Input compose-file' }),
      { message: 'compose-file: one', title: 'services.web.ports', file: 'compose.yaml', startLine: 4 },
      { message: 'compose-file: two', title: 'volumes.data', file: 'compose.prod.yaml', startLine: 2 },
      {
        ...{ message: 'compose-file: three', title: 'services.web.deploy.replicas' },
        ...{ file: 'compose.yaml', startLine: 2 },
      },
    ]);
  });

  test('stands at no line if the place is not known or not found', () => {
    expect(annotations(problemsError(['compose-file: one']))).toHaveLength(1);
    expect(annotations(problemsError(['compose-file: one', 'networks', 'net']))).toHaveLength(1);
  });
});
