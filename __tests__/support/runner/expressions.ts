/** Values by dotted path, as GitHub's contexts are: `github.token`, `job.check_run_id`. */
export interface Context {
  readonly [name: string]: string | Context;
}

/**
 * Fills in the `${{ … }}` of an input's default. Knows what defaults use: property paths, string literals and `||`.
 *
 * @throws Error for an expression beyond that, so that no test runs with another default than a user's workflow
 */
export function evaluate(text: string, context: Context): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
    const values = expression.split('||').map((operand) => operandValue(operand.trim(), context));
    return values.find((value) => value !== '') ?? '';
  });
}

function operandValue(operand: string, context: Context): string {
  const literal = /^'((?:[^']|'')*)'$/.exec(operand);
  if (literal?.[1] !== undefined) return literal[1].replaceAll("''", "'");
  if (!/^[a-z_]\w*(\.[a-z_]\w*)*$/i.test(operand))
    throw new Error(`The expression "${operand}" is not known here.`);
  let value: string | Context = context;
  for (const name of operand.split('.')) {
    // GitHub: what is missing is the empty string.
    value = typeof value === 'string' ? '' : (value[name] ?? '');
  }
  return typeof value === 'string' ? value : '';
}
