import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fillIn, inputTypes, outdatedFiles } from '../../script/lib/action-docs.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('fillIn', () => {
  const readme =
    '# A\n<!-- inputs -->\nold\n<!-- /inputs -->\ntext\n<!-- outputs -->\n<!-- /outputs -->\nend\n';
  const action = {
    inputs: {
      app: { description: 'The name of the app.\n', required: true },
      keep: { description: 'How many to keep:\na number.', default: 5 },
      mode: { description: 'a | b' },
    },
    outputs: { image: { description: 'The image.' } },
  };

  test('puts a row for each input and output between the markers and keeps the rest', () => {
    expect(fillIn(readme, action, 'README.md')).toBe(
      `# A
<!-- inputs -->
| Input | Description | Default |
| --- | --- | --- |
| \`app\` | The name of the app. | required |
| \`keep\` | How many to keep:<br>a number. | \`5\` |
| \`mode\` | a \\| b |  |
<!-- /inputs -->
text
<!-- outputs -->
| Output | Description |
| --- | --- |
| \`image\` | The image. |
<!-- /outputs -->
end
`,
    );
  });

  test('changes nothing the second time', () => {
    const once = fillIn(readme, action, 'README.md');
    expect(fillIn(once, action, 'README.md')).toBe(once);
  });

  test('throws an error with the README and the markers if they are missing', () => {
    expect(() => fillIn('# A\n<!-- inputs -->', action, 'x/README.md')).toThrow(
      'x/README.md needs the markers <!-- inputs --> and <!-- /inputs -->, in this order.',
    );
  });

  test('needs no markers for an action without inputs and outputs', () => {
    expect(fillIn('# A\n', {}, 'README.md')).toBe('# A\n');
  });
});

test('inputTypes declares all names, in lines of at most 110 characters', () => {
  const names = Array.from({ length: 30 }, (_, index) => `input-${index}`);
  const lines = inputTypes(names).split('\n');
  expect(lines.filter((line) => /^ {4}(?: ?\| 'input-\d+')+;?$/.test(line))).toHaveLength(4);
  expect(lines.join(' ').match(/'input-\d+'/g)).toEqual(names.map((name) => `'${name}'`));
});

test('the READMEs and the types of src match the action.yml files', async () => {
  expect([...(await outdatedFiles(ROOT)).keys()]).toEqual([]);
});
