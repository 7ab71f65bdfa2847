/** `a, b and c`; `nothing` for an empty list. */
export function joinWithAnd(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
