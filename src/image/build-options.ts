/** Lines of `KEY=VALUE` as a mapping. The last line with a key counts. */
export function parseKeyValues(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map(splitKeyValue));
}

/** Splits `KEY=VALUE` at the first `=`; without one the value is empty. */
export function splitKeyValue(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

/** Lines of `name:address` or `name=address` as a mapping, with several addresses of a name joined by commas. */
export function parseExtraHosts(lines: readonly string[]): Record<string, string> {
  const hosts: Record<string, string> = {};
  for (const line of lines) {
    const { name, address } = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups ?? {};
    if (name === undefined || address === undefined) continue;
    hosts[name] = hosts[name] === undefined ? address : `${hosts[name]},${address}`;
  }
  return hosts;
}

/** @param value `true`, `false` or attributes */
export function attestOptions(kind: 'provenance' | 'sbom', value: string | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  if (value === 'true') return [`type=${kind}`];
  return [value === 'false' ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}
