import { expect, test } from '@jest/globals';
import { objectsIn } from '../../src/kubernetes/render-manifests.ts';

test('objects that kubectl prints one after the other are read, and those of a list', () => {
  const text =
    '{\n    "kind": "A",\n    "metadata": {\n        "name": "}"\n    }\n}\n{\n    "kind": "List",\n    "items": [{ "kind": "B" }]\n}\n';
  expect(objectsIn(text)).toEqual([{ kind: 'A', metadata: { name: '}' } }, { kind: 'B' }]);
  expect(objectsIn('')).toEqual([]);
});
