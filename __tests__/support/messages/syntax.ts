import { parse } from '@babel/parser';
import type * as t from '@babel/types';
import { find, read } from '../repository.ts';

export type Node = t.Node;
export type FunctionNode = t.Function;

/** The syntax trees of src/, with what a reader of code finds by a search: who declares a name, who calls it. */
export class Program {
  readonly nodes: Node[] = [];
  /** What is exported, and all classes, by name; __tests__/repository.test.ts says that each name is unique. */
  readonly globals = new Map<string, Node>();
  readonly #parents = new Map<Node, Node>();
  readonly #files = new Map<Node, string>();
  readonly #calls = new Map<string, t.CallExpression[]>();
  readonly #methods = new Map<string, Node[]>();
  readonly #classMethods = new Set<string>();

  constructor(paths: readonly string[] = find('src/**/*.ts'), readFile: (path: string) => string = read) {
    for (const path of paths) {
      const { program } = parse(readFile(path), { sourceType: 'module', plugins: ['typescript'] });
      this.#files.set(program, path);
      this.#index(program);
      for (const statement of program.body) this.#declare(statement);
    }
  }

  parentOf(node: Node): Node | undefined {
    return this.#parents.get(node);
  }

  fileOf(node: Node): string {
    let top = node;
    for (let each: Node | undefined = node; each !== undefined; each = this.parentOf(each)) top = each;
    return this.#files.get(top) ?? '';
  }

  /** The calls of a function or method, wherever they are: its name is the last part of what is called. */
  callsOf(name: string): readonly t.CallExpression[] {
    return this.#calls.get(name) ?? [];
  }

  /** The functions that object literals have under a name; none if a class has a method of that name. */
  methodsOf(name: string): readonly Node[] {
    return this.#classMethods.has(name) ? [] : (this.#methods.get(name) ?? []);
  }

  #index(node: Node): void {
    this.nodes.push(node);
    if (node.type === 'CallExpression') {
      const name = lastName(node.callee);
      if (name !== undefined) this.#calls.set(name, [...this.callsOf(name), node]);
    }
    if (node.type === 'ObjectProperty' && !node.shorthand) {
      const name = keyName(node.key, node.computed);
      if (name !== undefined) this.#methods.set(name, [...(this.#methods.get(name) ?? []), node.value]);
    }
    if (node.type === 'ClassMethod') this.#classMethods.add(keyName(node.key, node.computed) ?? '');
    for (const child of childrenOf(node)) {
      this.#parents.set(child, node);
      this.#index(child);
    }
  }

  #declare(statement: Node, isExported = false): void {
    if (statement.type === 'ExportNamedDeclaration' && statement.declaration)
      this.#declare(statement.declaration, true);
    if (statement.type === 'ClassDeclaration' && statement.id) this.globals.set(statement.id.name, statement);
    if (!isExported) return;
    if (statement.type === 'FunctionDeclaration' && statement.id)
      this.globals.set(statement.id.name, statement);
    if (statement.type === 'VariableDeclaration')
      for (const each of statement.declarations)
        if (each.id.type === 'Identifier') this.globals.set(each.id.name, each);
  }
}

/** `b` of `a.b`, `b` of `b`. */
export function lastName(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  return keyName(node.property, node.computed);
}

/** The name of a property: `name`, `'name'`, `#name`. */
export function keyName(key: Node, computed = false): string | undefined {
  if (key.type === 'StringLiteral') return key.value;
  if (key.type === 'PrivateName') return `#${key.id.name}`;
  return key.type === 'Identifier' && !computed ? key.name : undefined;
}

const FUNCTIONS = new Set<Node['type']>([
  ...(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'] as const),
  ...(['ObjectMethod', 'ClassMethod', 'ClassPrivateMethod'] as const),
]);

export function isFunction(node: Node): node is FunctionNode {
  return FUNCTIONS.has(node.type);
}

/** What a function returns, without the functions inside it. */
export function returnsOf({ body }: FunctionNode): readonly Node[] {
  const inside = (node: Node): readonly Node[] => {
    if (isFunction(node)) return [];
    if (node.type === 'ReturnStatement') return node.argument ? [node.argument] : [];
    return childrenOf(node).flatMap(inside);
  };
  return body.type === 'BlockStatement' ? inside(body) : [body];
}

/** Whether a parameter or the left side of a declaration declares the name. */
export function bindsName(pattern: Node, name: string): boolean {
  switch (pattern.type) {
    case 'Identifier':
      return pattern.name === name;
    case 'AssignmentPattern':
      return bindsName(pattern.left, name);
    case 'RestElement':
      return bindsName(pattern.argument, name);
    case 'ArrayPattern':
      return pattern.elements.some((each) => each !== null && bindsName(each, name));
    case 'ObjectPattern':
      return pattern.properties.some((each) =>
        bindsName(each.type === 'ObjectProperty' ? each.value : each, name),
      );
    default:
      return false;
  }
}

const NOT_CODE = /Comments$|^(?:loc|typeAnnotation|typeParameters|returnType)$/;

export function childrenOf(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([key]) => !NOT_CODE.test(key))
    .flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
