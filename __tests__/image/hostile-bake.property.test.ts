import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bakeDefinition } from '../../src/image/bake-definition.ts';
import { hostileText } from '../support/hostile-text.ts';

/** What HCL makes of a template without expressions (hclsyntax/spec.md, Template Literals): only the two escapes mean something. */
function evaluated(template: string): string {
  expect(template.replaceAll(/\$\$\{|%%\{/g, 'x')).not.toMatch(/[$%]\{/);
  return template.replaceAll(/([$%])\1\{/g, '$1{');
}

const evaluatedIn = (value: unknown): unknown => {
  if (typeof value === 'string') return evaluated(value);
  if (Array.isArray(value)) return value.map(evaluatedIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [evaluated(key), evaluatedIn(each)]));
};

test('build arguments, labels and tags reach BuildKit as they are given: 2,000 hostile ones', () => {
  fc.assert(
    fc.property(
      fc.array(hostileText(), { minLength: 3, maxLength: 3 }),
      ([one = '', two = '', three = '']) => {
        const target = { context: '/w', args: { [`a${one}`]: two }, labels: { label: three }, tags: [one] };
        const definition: unknown = JSON.parse(bakeDefinition(new Map([['web', target]])));
        expect(evaluatedIn(definition)).toEqual({ target: { web: target } });
      },
    ),
    { numRuns: 2_000 },
  );
});
