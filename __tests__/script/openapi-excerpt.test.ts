import { expect, test } from '@jest/globals';
import { excerptOf } from '../../script/lib/openapi-excerpt.ts';

const description = {
  openapi: '3.0.3',
  info: { version: '1' },
  paths: {
    '/a': {
      get: { responses: { 200: { schema: { $ref: '#/components/schemas/a' }, examples: { one: {} } } } },
      delete: { responses: {} },
    },
    '/b': { get: {} },
  },
  components: {
    schemas: {
      a: { properties: { example: { type: 'string', example: 'x' }, b: { $ref: '#/components/schemas/b' } } },
      b: { items: { $ref: '#/components/schemas/a' } },
      c: {},
    },
  },
};

test('an excerpt has the paths with all that they refer to, without examples', () => {
  expect(excerptOf(description, ['GET /a'])).toEqual({
    openapi: '3.0.3',
    info: { version: '1' },
    paths: { '/a': { get: { responses: { 200: { schema: { $ref: '#/components/schemas/a' } } } } } },
    components: {
      schemas: {
        a: { properties: { example: { type: 'string' }, b: { $ref: '#/components/schemas/b' } } },
        b: { items: { $ref: '#/components/schemas/a' } },
      },
    },
  });
});

test('an excerpt of a path that is not described is refused', () => {
  expect(() => excerptOf(description, ['GET /c'])).toThrow('The description has no GET /c.');
});
