/** The query of a URL with its `?`; '' if no parameter has a value. */
export function queryString(query: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
}
