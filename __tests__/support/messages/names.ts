import type * as t from '@babel/types';
import {
  bindsName,
  type FunctionNode,
  isFunction,
  keyName,
  lastName,
  type Node,
  type Program,
} from './syntax.ts';
import {
  distinct,
  type Environment,
  type Evaluate,
  elementAt,
  elementsOf,
  HOLE,
  NO_CALLS,
  propertyOf,
  UNKNOWN,
  type Value,
} from './values.ts';

/** Methods of arrays that call their argument with an element. */
const CALLING_BACK = new Set(['map', 'flatMap', 'filter', 'find', 'some', 'every', 'forEach']);

/** Finds out what a name stands for. */
export class Names {
  readonly #program: Program;
  readonly #evaluate: Evaluate;

  constructor(program: Program, evaluate: Evaluate) {
    this.#program = program;
    this.#evaluate = evaluate;
  }

  valuesOf(node: t.Identifier, env: Environment): readonly Value[] {
    if (node.name === 'undefined') return [];
    let child: Node = node;
    for (let each = this.#program.parentOf(node); each !== undefined; each = this.#program.parentOf(each)) {
      const found = this.#inScope(each, child, node.name, env);
      if (found !== undefined) return found;
      child = each;
    }
    const global = this.#program.globals.get(node.name);
    return global === undefined ? UNKNOWN : this.#declared(global, node.name, NO_CALLS);
  }

  /** The methods of that name in place of what is not known. An unknown object may be any that has one. */
  methodsOr(values: readonly Value[], name: string): readonly Value[] {
    if (!values.includes(HOLE)) return values;
    const methods = this.#program
      .methodsOf(name)
      .filter((node) => isFunction(node) || node.type === 'Identifier')
      .flatMap((node) => this.#evaluate(node, NO_CALLS))
      .filter((value) => typeof value !== 'string' && 'node' in value && isFunction(value.node));
    return methods.length === 0
      ? values
      : distinct([...values.filter((value) => value !== HOLE), ...methods]);
  }

  /** The value of a name that `scope` itself declares. */
  #inScope(scope: Node, child: Node, name: string, env: Environment): readonly Value[] | undefined {
    if (isFunction(scope)) {
      const index = scope.params.findIndex((param) => bindsName(param, name));
      const param = scope.params[index];
      return param && this.#bound(param, this.#argument(scope, index, env), name, env);
    }
    if (scope.type === 'ForOfStatement' && scope.left.type === 'VariableDeclaration') {
      const pattern = scope.left.declarations[0]?.id;
      if (pattern === undefined || !bindsName(pattern, name) || child === scope.right) return undefined;
      const elements = elementsOf(this.#evaluate(scope.right, env), this.#evaluate);
      return this.#bound(pattern, elements, name, env);
    }
    if (scope.type !== 'BlockStatement' && scope.type !== 'Program') return undefined;
    for (const statement of scope.body) {
      const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
      if (declaration?.type === 'FunctionDeclaration' && declaration.id?.name === name)
        return this.#declared(declaration, name, env);
      if (declaration?.type !== 'VariableDeclaration') continue;
      const found = declaration.declarations.find(({ id }) => bindsName(id, name));
      if (found !== undefined) return this.#declared(found, name, env);
    }
    return undefined;
  }

  #declared(declaration: Node, name: string, env: Environment): readonly Value[] {
    if (declaration.type === 'VariableDeclarator')
      return this.#bound(declaration.id, this.#evaluate(declaration.init, env), name, env);
    return declaration.type === 'FunctionDeclaration' ? [{ node: declaration, env }] : UNKNOWN;
  }

  /** What `name` gets when `pattern` takes one of `values`. */
  #bound(pattern: Node, values: readonly Value[], name: string, env: Environment): readonly Value[] {
    if (pattern.type === 'AssignmentPattern') {
      const { left, right } = pattern;
      return this.#bound(left, distinct([...values, ...fallback(right, env, this.#evaluate)]), name, env);
    }
    if (pattern.type === 'ArrayPattern') {
      const index = pattern.elements.findIndex((each) => each !== null && bindsName(each, name));
      const element = pattern.elements[index];
      return element ? this.#bound(element, elementAt(values, index, this.#evaluate), name, env) : UNKNOWN;
    }
    if (pattern.type !== 'ObjectPattern') return values;
    for (const each of pattern.properties) {
      if (each.type !== 'ObjectProperty' || !bindsName(each.value, name)) continue;
      const key = keyName(each.key, each.computed);
      const found =
        key === undefined ? UNKNOWN : this.methodsOr(propertyOf(values, key, this.#evaluate), key);
      return this.#bound(each.value, found, name, env);
    }
    return UNKNOWN;
  }

  /** An argument of the call that is followed, or else of all calls. */
  #argument(scope: FunctionNode, index: number, env: Environment): readonly Value[] {
    const followed = env.get(scope);
    if (followed !== undefined) return followed[index] ?? [];
    const parent = this.#program.parentOf(scope);
    if (parent?.type === 'CallExpression') {
      const { callee } = parent;
      if (index > 0 || callee.type !== 'MemberExpression' || !CALLING_BACK.has(lastName(callee) ?? ''))
        return UNKNOWN;
      return elementsOf(this.#evaluate(callee.object, NO_CALLS), this.#evaluate);
    }
    const name = nameOf(scope, parent);
    if (name === undefined) return UNKNOWN;
    const isGlobal = this.#program.globals.get(name) === scope || scope.type.startsWith('Class');
    const values = this.#program
      .callsOf(name)
      .filter((call) => isGlobal || this.#program.fileOf(call) === this.#program.fileOf(scope))
      .flatMap(({ arguments: args }) => (args[index] ? this.#evaluate(args[index], NO_CALLS) : []));
    return distinct(values.map((value) => (isSingleWord(value) ? HOLE : value)));
  }
}

/** Single words are names: of inputs, of services, of programs. */
const isSingleWord = (value: Value): boolean => typeof value === 'string' && /^\S+$/.test(value);

function nameOf(scope: FunctionNode, parent: Node | undefined): string | undefined {
  if (scope.type === 'FunctionDeclaration') return scope.id?.name;
  if (scope.type === 'ClassMethod' || scope.type === 'ClassPrivateMethod') return keyName(scope.key);
  return parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier'
    ? parent.id.name
    : undefined;
}

/** A value in place of one that is missing. An empty text is there for the types, not for the reader. */
export function fallback(node: Node, env: Environment, evaluate: Evaluate): readonly Value[] {
  return node.type === 'StringLiteral' && node.value === '' ? UNKNOWN : evaluate(node, env);
}
