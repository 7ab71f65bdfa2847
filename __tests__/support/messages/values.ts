import type * as t from '@babel/types';
import { type FunctionNode, keyName, type Node } from './syntax.ts';

/** What the code alone does not say: a name, a number, the words of another program. */
export const HOLE = '…';

/** What an expression may be: a text with holes, or an object, an array or a function of the code. */
export type Value = string | Composite | List;

interface Composite {
  readonly node: t.ObjectExpression | t.ArrayExpression | FunctionNode;
  readonly env: Environment;
}

/** An array that a method made: any number of these. */
interface List {
  readonly items: readonly Value[];
}

/** The arguments of the calls that are followed, by the function that is called. */
export type Environment = ReadonlyMap<Node, readonly (readonly Value[])[]>;
export const NO_CALLS: Environment = new Map();
export const UNKNOWN: readonly Value[] = [HOLE];

/** The values of an expression. */
export type Evaluate = (node: Node | null | undefined, env: Environment) => readonly Value[];

export function textsOf(values: readonly Value[]): readonly string[] {
  if (values.length === 0) return [HOLE];
  return distinct(values.map((value) => (typeof value === 'string' ? value : HOLE)));
}

/** The property of each object. */
export function propertyOf(values: readonly Value[], name: string, evaluate: Evaluate): readonly Value[] {
  return distinct(
    values.flatMap((value): readonly Value[] => {
      if (typeof value === 'string' || 'items' in value || value.node.type !== 'ObjectExpression')
        return UNKNOWN;
      const own = value.node.properties.find(
        (each) => each.type !== 'SpreadElement' && keyName(each.key, each.computed) === name,
      );
      if (own?.type === 'ObjectProperty') return evaluate(own.value, value.env);
      return own?.type === 'ObjectMethod' ? [{ node: own, env: value.env }] : UNKNOWN;
    }),
  );
}

/** The elements of each array. */
export function elementsOf(values: readonly Value[], evaluate: Evaluate): readonly Value[] {
  return distinct(
    values.flatMap((value): readonly Value[] => {
      if (typeof value === 'string') return UNKNOWN;
      if ('items' in value) return value.items;
      const { node, env } = value;
      if (node.type !== 'ArrayExpression') return UNKNOWN;
      return node.elements.flatMap((each) => {
        if (each?.type === 'SpreadElement') return elementsOf(evaluate(each.argument, env), evaluate);
        return each ? evaluate(each, env) : [];
      });
    }),
  );
}

/** The element of each array at a place; all elements where it is not written down. */
export function elementAt(values: readonly Value[], index: number, evaluate: Evaluate): readonly Value[] {
  return distinct(
    values.flatMap((value): readonly Value[] => {
      const element =
        typeof value === 'string' || 'items' in value || value.node.type !== 'ArrayExpression'
          ? undefined
          : value.node.elements[index];
      return element && element.type !== 'SpreadElement' && typeof value !== 'string' && 'env' in value
        ? evaluate(element, value.env)
        : elementsOf([value], evaluate);
    }),
  );
}

const MAX_ALTERNATIVES = 512;

/** Each text of each part, in a row. Of too many, what varies most and says least is left open. */
export function concat(parts: readonly (readonly string[])[]): readonly string[] {
  const number = parts.reduce((product, { length }) => product * length, 1);
  if (number > MAX_ALTERNATIVES) {
    const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
    const [open] = parts
      .filter((texts) => texts.length > 1)
      .toSorted((one, other) => longest(one) - longest(other));
    return concat(parts.map((texts) => (texts === open ? [HOLE] : texts)));
  }
  return parts.reduce<readonly string[]>(
    (heads, texts) => distinct(heads.flatMap((head) => texts.map((text) => head + text))),
    [''],
  );
}

export function distinct<Each>(values: readonly Each[]): readonly Each[] {
  return [...new Set(values)];
}
