/** GitHub's own language of expressions, for workflows and for the defaults in action.yml. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What a context holds: `github.event.number` is a number, `github.event` an object. */
export type Value = string | number | boolean | null | readonly Value[] | Context;

/** Values by dotted path, as GitHub's contexts are: `github.token`, `job.check_run_id`. */
export interface Context {
  readonly [name: string]: Value;
}

/** Functions beyond those of the language, such as `success()`: without arguments. */
export type Functions = Readonly<Record<string, () => boolean>>;

const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/gs;

/**
 * Fills in the `${{ … }}` of a text.
 *
 * @throws Error for an expression that GitHub would not accept, or that names a context that is not there
 */
export function evaluate(text: string, context: Context, functions: Functions = {}): string {
  return text.replaceAll(EXPRESSION, (_, expression: string) =>
    evaluated(expression, context, functions).coerceString(),
  );
}

/** The value of a text that is one `${{ … }}`, with its type; any other text with its expressions filled in. */
export function evaluateValue(text: string, context: Context): Value {
  const whole = new RegExp(`^${EXPRESSION.source}$`, 's').exec(text.trim())?.[1];
  if (whole === undefined) return evaluate(text, context);
  return JSON.parse(JSON.stringify(evaluated(whole, context, {}), data.replacer));
}

/** Whether a condition holds. `if:` may leave out `${{ }}`, and means `success() && …` unless it asks for the status itself. */
export function holds(
  condition: string | boolean | undefined,
  context: Context,
  functions: Functions,
): boolean {
  const text = String(condition ?? 'success()').trim();
  const bare = new RegExp(`^${EXPRESSION.source}$`, 's').exec(text)?.[1] ?? text;
  const asksForStatus = Object.keys(functions).some((name) => new RegExp(`\\b${name}\\s*\\(`).test(bare));
  return isTrue(evaluated(asksForStatus ? bare : `success() && (${bare})`, context, functions));
}

function evaluated(expression: string, context: Context, functions: Functions): data.ExpressionData {
  const definitions = Object.entries(functions).map(([name, call]) => ({
    ...{ name, minArgs: 0, maxArgs: 0 },
    call: () => new data.BooleanData(call()),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(context), definitions).parse();
  const dictionary: data.Dictionary = JSON.parse(JSON.stringify(context), data.reviver);
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  return new Evaluator(tree, dictionary, byName).evaluate();
}

/** As GitHub decides: the empty string, 0, `false` and `null` are false. */
function isTrue(value: data.ExpressionData): boolean {
  if (value.kind === data.Kind.Null) return false;
  if (value.kind === data.Kind.Boolean || value.kind === data.Kind.Number) return Boolean(value.value);
  return value.kind !== data.Kind.String || value.value !== '';
}
