import type * as t from '@babel/types';
import { fallback, Names } from './names.ts';
import { isFunction, keyName, lastName, type Node, type Program, returnsOf } from './syntax.ts';
import {
  concat,
  distinct,
  type Environment,
  type Evaluate,
  elementAt,
  elementsOf,
  HOLE,
  propertyOf,
  textsOf,
  UNKNOWN,
  type Value,
} from './values.ts';

const MAX_DEPTH = 24;

/** Methods whose result has the words of the text, or the elements of the array, that they are called on. */
const PASSING = new Set([
  ...['trim', 'trimEnd', 'replace', 'replaceAll', 'slice', 'toString'],
  ...['filter', 'flat', 'reverse', 'sort', 'toReversed', 'toSorted'],
]);

/** Chooses between words for a job and for a terminal (src/model/place-words.ts): messages are looked for as a job has them. */
const BY_PLACE = 'byPlace';

/** Finds out which texts an expression may have, without running it. What it can't follow is a hole. */
export class Evaluator {
  readonly #names: Names;
  readonly #known = new Map<Node, readonly Value[]>();
  #depth = 0;

  constructor(program: Program) {
    this.#names = new Names(program, this.values);
  }

  readonly values: Evaluate = (node, env) => {
    if (node === null || node === undefined || this.#depth >= MAX_DEPTH) return UNKNOWN;
    const isOpen = env.size > 0;
    const known = isOpen ? undefined : this.#known.get(node);
    if (known !== undefined) return known;
    // What refers to itself is not followed again.
    if (!isOpen) this.#known.set(node, UNKNOWN);
    this.#depth += 1;
    const values = this.#evaluate(node, env);
    this.#depth -= 1;
    if (!isOpen) this.#known.set(node, values);
    return values;
  };

  #evaluate(node: Node, env: Environment): readonly Value[] {
    switch (node.type) {
      case 'StringLiteral':
        return [node.value];
      case 'NumericLiteral':
        return [String(node.value)];
      case 'TemplateLiteral':
        return this.#template(node, env);
      case 'BinaryExpression':
        return this.#sum(node, env);
      case 'ConditionalExpression':
        return distinct([...this.values(node.consequent, env), ...this.values(node.alternate, env)]);
      case 'LogicalExpression':
        return distinct([
          ...(node.operator === '&&' ? [] : this.values(node.left, env)),
          ...fallback(node.right, env, this.values),
        ]);
      case 'AwaitExpression':
        return this.values(node.argument, env);
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
        return this.values(node.expression, env);
      case 'Identifier':
        return this.#names.valuesOf(node, env);
      case 'ObjectExpression':
      case 'ArrayExpression':
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
        return [{ node, env }];
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.#member(node, env);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return this.#call(node, env);
      default:
        return UNKNOWN;
    }
  }

  #texts(node: Node, env: Environment): readonly string[] {
    return textsOf(this.values(node, env));
  }

  #sum({ operator, left, right }: t.BinaryExpression, env: Environment): readonly Value[] {
    const isNumber = [left, right].some(({ type }) => type === 'NumericLiteral');
    if (operator !== '+' || isNumber) return UNKNOWN;
    return concat([this.#texts(left, env), this.#texts(right, env)]);
  }

  #template({ quasis, expressions }: t.TemplateLiteral, env: Environment): readonly Value[] {
    return concat(
      quasis.flatMap(({ value }, index) => {
        const text = [value.cooked ?? value.raw];
        const next = expressions[index];
        return next === undefined ? [text] : [text, this.#texts(next, env)];
      }),
    );
  }

  #member(
    { object, property, computed }: t.MemberExpression | t.OptionalMemberExpression,
    env: Environment,
  ): readonly Value[] {
    const values = this.values(object, env);
    const name = keyName(property, computed);
    if (name !== undefined) return propertyOf(values, name, this.values);
    if (property.type === 'NumericLiteral') return elementAt(values, property.value, this.values);
    return distinct(values.flatMap((value) => this.#anyProperty(value)));
  }

  #anyProperty(value: Value): readonly Value[] {
    if (typeof value === 'string' || 'items' in value) return UNKNOWN;
    const { node, env } = value;
    if (node.type !== 'ObjectExpression') return elementsOf([value], this.values);
    return node.properties.flatMap((each) =>
      each.type === 'ObjectProperty' ? this.values(each.value, env) : [],
    );
  }

  #call(
    { callee, arguments: given }: t.CallExpression | t.OptionalCallExpression,
    env: Environment,
  ): readonly Value[] {
    const args = given.map((each) => this.values(each, env));
    if (callee.type === 'Identifier' && callee.name === BY_PLACE) return args[0] ?? UNKNOWN;
    if (callee.type === 'Identifier') return this.#results(this.#names.valuesOf(callee, env), args);
    if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return UNKNOWN;
    const object = this.values(callee.object, env);
    const elements = () => elementsOf(object, this.values);
    const method = lastName(callee) ?? '';
    if (PASSING.has(method)) return object;
    if (method === 'find' || method === 'at') return elements();
    if (method === 'join') return this.#join(object, textsOf(args[0] ?? [',']));
    if (method === 'map' || method === 'flatMap') {
      const results = this.#results(args[0] ?? UNKNOWN, [elements()]);
      const isText = (result: Value): boolean => typeof result === 'string' || method === 'map';
      return [
        { items: results.flatMap((each) => (isText(each) ? [each] : elementsOf([each], this.values))) },
      ];
    }
    return this.#results(this.#names.methodsOr(propertyOf(object, method, this.values), method), args);
  }

  /** What a call may return. If that may be anything, its other texts say nothing. */
  #results(callee: readonly Value[], args: readonly (readonly Value[])[]): readonly Value[] {
    const values = distinct(
      callee.flatMap((each): readonly Value[] => {
        if (typeof each === 'string' || 'items' in each || !isFunction(each.node)) return UNKNOWN;
        const env = new Map([...each.env, [each.node, args] as const]);
        return returnsOf(each.node).flatMap((result) => this.values(result, env));
      }),
    );
    return values.includes(HOLE) ? [HOLE, ...values.filter((value) => typeof value !== 'string')] : values;
  }

  #join(values: readonly Value[], separators: readonly string[]): readonly Value[] {
    return distinct(
      values.flatMap((value): readonly Value[] => {
        if (typeof value === 'string') return [value];
        if ('items' in value) return textsOf(value.items);
        const { node, env } = value;
        if (node.type !== 'ArrayExpression' || node.elements.length === 0) return UNKNOWN;
        const parts = node.elements.map((each) => {
          if (each?.type !== 'SpreadElement') return each ? this.#texts(each, env) : [''];
          return distinct(['', ...textsOf(elementsOf(this.values(each.argument, env), this.values))]);
        });
        return concat(parts.flatMap((part, index) => (index === 0 ? [part] : [separators, part])));
      }),
    );
  }
}
