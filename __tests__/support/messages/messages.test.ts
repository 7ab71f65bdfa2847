import { expect, test } from '@jest/globals';
import { errorMessages } from './messages.ts';
import { Program } from './syntax.ts';

const CLASSES = `
  class Problem extends Error {}
  class HostProblem extends Problem {
    constructor(host, message) { super(\`\${host}: \${message}\`); }
  }
`;

function messagesIn(code: string, file = 'src/code.ts'): readonly (readonly string[])[] {
  const program = new Program([file], () => CLASSES + code);
  return errorMessages(program).map(({ texts }) => texts);
}

test('what varies is a hole in the message', () => {
  expect(messagesIn('throw new Problem(`no ${name} in ${where()}.`);')).toEqual([['no … in ….']]);
});

test('a class may add to the message', () => {
  expect(messagesIn('throw new HostProblem(host, "is full");')).toEqual([['…: is full']]);
});

test('each branch is a text of its own', () => {
  const code = 'throw new Problem(`it ${many ? "has several" : `has ${count}`}${sure ? "" : ", perhaps"}.`);';
  expect(messagesIn(code)).toEqual([
    ['it has several.', 'it has several, perhaps.', 'it has ….', 'it has …, perhaps.'],
  ]);
});

test('constants and functions are followed, with the arguments of the call', () => {
  const code = `
    const ADVICE = 'Set it.';
    const missing = (what) => \`the \${what} is missing. \${ADVICE}\`;
    throw new Problem(missing('key'));
  `;
  expect(messagesIn(code)).toEqual([['the key is missing. Set it.']]);
});

test('an argument is what the callers give', () => {
  const code = `
    function refuse(problem) { throw new Problem(\`hosts: \${problem}\`); }
    function parse() { refuse('has no name'); refuse('has a path'); }
  `;
  expect(messagesIn(code)).toEqual([['hosts: has no name', 'hosts: has a path']]);
});

test('the texts of a table are found through a loop and a destructured property', () => {
  const code = `
    const TABLE = [
      { pattern: /a/, explain: ({ why }) => \`refused: \${why}\` },
      { pattern: /b/, explain: () => 'lost' },
    ];
    function explanation() {
      for (const { pattern, explain } of TABLE) if (pattern.test(line)) return explain(groups);
      return undefined;
    }
    throw new Problem(explanation() ?? 'unknown');
  `;
  expect(messagesIn(code)).toEqual([['refused: …', 'lost', 'unknown']]);
});

test('a method of an interface is each that an object has under its name', () => {
  const code = `
    const transport = () => ({ explain: (error) => \`refused: \${error}\` });
    function fail({ explain }) { throw new Problem(explain('x y')); }
    fail(given);
  `;
  expect(messagesIn(code)).toEqual([['refused: x y']]);
});

test('the problems that are collected of a Compose file count as messages', () => {
  const code = 'const problems = bad ? ["no service"] : []; problems.add(`service ${name} has no image`);';
  expect(messagesIn(code, 'src/release/compose/code.ts')).toEqual([
    ['no service'],
    ['service … has no image'],
  ]);
  expect(messagesIn(code)).toEqual([]);
});

test('what calls itself is not followed for ever', () => {
  expect(messagesIn('const f = (x) => f(x); throw new Problem(`it ${f(1)}`);')).toEqual([['it …']]);
});

test('other classes and calls are no errors', () => {
  expect(messagesIn('class Other {} new Other("words"); list.push("words");')).toEqual([]);
});
