import type * as t from '@babel/types';
import { Evaluator } from './evaluate.ts';
import { childrenOf, lastName, type Node, Program } from './syntax.ts';
import { type Environment, elementsOf, HOLE, NO_CALLS, textsOf, type Value } from './values.ts';

/** An error that the code may throw: its file, and the texts that its message may have, with `…` for what varies. */
export interface ErrorMessage {
  readonly file: string;
  readonly texts: readonly string[];
}

/** Every message of an error class of the program, and every problem that it collects of a Compose file. */
export function errorMessages(program = new Program()): readonly ErrorMessage[] {
  const evaluator = new Evaluator(program);
  return program.nodes.flatMap((node) => {
    const values = messageOfNew(node, program, evaluator) ?? messageOfProblem(node, program, evaluator);
    if (values === undefined) return [];
    return [{ file: program.fileOf(node), texts: [...new Set(textsOf(values).map(tidy))] }];
  });
}

/** `new HostError(host, message)` */
function messageOfNew(node: Node, program: Program, evaluator: Evaluator): readonly Value[] | undefined {
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') return undefined;
  const args = node.arguments.map((each) => evaluator.values(each, NO_CALLS));
  return messageOfClass(program.globals.get(node.callee.name), args, program, evaluator);
}

/** Of a Compose file: `problems.add(message)`, `const problems = [message]`. */
function messageOfProblem(node: Node, program: Program, evaluator: Evaluator): readonly Value[] | undefined {
  if (!/^src\/release\/(compose|stack)\//.test(program.fileOf(node))) return undefined;
  if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.id.name === 'problems') {
    const values = elementsOf(evaluator.values(node.init, NO_CALLS), evaluator.values);
    return values.every((value) => value === HOLE) ? undefined : values;
  }
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined;
  const isCollected =
    ['add', 'push'].includes(lastName(node.callee) ?? '') && lastName(node.callee.object) === 'problems';
  return isCollected ? evaluator.values(node.arguments[0], NO_CALLS) : undefined;
}

/** What the constructors of a class make of the arguments: the message of `Error`. Undefined for a class of no error. */
function messageOfClass(
  made: Node | undefined,
  args: readonly (readonly Value[])[],
  program: Program,
  evaluator: Evaluator,
): readonly Value[] | undefined {
  if (made?.type !== 'ClassDeclaration' || made.superClass?.type !== 'Identifier') return undefined;
  const own = made.body.body.find((each) => each.type === 'ClassMethod' && each.kind === 'constructor');
  const env: Environment = own === undefined ? NO_CALLS : new Map([[own, args]]);
  const passed = own === undefined ? args : superArguments(own).map((each) => evaluator.values(each, env));
  if (made.superClass.name === 'Error') return passed[0] ?? [];
  return messageOfClass(program.globals.get(made.superClass.name), passed, program, evaluator);
}

function superArguments(node: Node): readonly t.Node[] {
  if (node.type === 'CallExpression' && node.callee.type === 'Super') return node.arguments;
  return childrenOf(node).flatMap(superArguments);
}

/** One hole for several, and for what the group of a pattern fills in. */
function tidy(text: string): string {
  return text
    .replaceAll(/\$<\w+>/g, HOLE)
    .replaceAll(/…(?:\s*…)+/g, HOLE)
    .replaceAll(/\s+/g, ' ')
    .trim();
}
