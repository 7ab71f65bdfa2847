/** How a registry wants to know who asks (RFC 9110, 11.6.1; distribution.github.io, "Token Authentication Specification"). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      /** The URL that gives tokens. */
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    }
  | { readonly scheme: 'other'; readonly name: string };

const PARAMETER = /(?<key>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^\s,"]+))/;
const PARAMETER_OR_SCHEME = new RegExp(`${PARAMETER.source}|(?<scheme>[A-Za-z][\\w-]*)`, 'g');

/** Reads `WWW-Authenticate`; of several challenges, the first that Sealift can meet. `undefined` if there is none. */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const found: { readonly name: string; readonly parameters: Map<string, string> }[] = [];
  for (const { groups = {} } of (header ?? '').matchAll(PARAMETER_OR_SCHEME)) {
    const { scheme, key = '', quoted, plain = '' } = groups;
    if (scheme !== undefined) found.push({ name: scheme.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(key.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
  }
  const challenges = found.map(challengeOf);
  return challenges.find(({ scheme }) => scheme !== 'other') ?? challenges[0];
}

function challengeOf({
  name,
  parameters,
}: {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}): Challenge {
  const realm = parameters.get('realm');
  if (name === 'basic') return { scheme: 'basic' };
  if (name === 'bearer' && realm !== undefined && URL.canParse(realm))
    return { scheme: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') };
  return { scheme: 'other', name };
}
