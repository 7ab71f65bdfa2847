import { TextPositions } from './text-positions.ts';

/** Directives of nginx and Caddy that speak another protocol than HTTP/1.1 to a backend. */
export const OTHER_DIRECTIVES: ReadonlyMap<string, string> = new Map([
  ['fastcgi_pass', 'FastCGI'],
  ['php_fastcgi', 'FastCGI'],
  ['uwsgi_pass', 'uwsgi'],
  ['scgi_pass', 'SCGI'],
  ['grpc_pass', 'gRPC'],
  ['memcached_pass', 'memcached'],
]);

/** The head of a group of nginx. */
const GROUP = /\bupstream\s+([\w.-]+)\s*\{/g;

interface Statement {
  readonly start: number;
  /** Its first word. */
  readonly directive: string;
}

interface NginxGroup {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** The text of a configuration, and what of it is asked at each place that names a backend. */
export class ProxyConfig {
  /** Of the `upstream` groups of nginx. */
  readonly groupNames: ReadonlySet<string>;
  /** HAProxy's mode, if it has no backends by HTTP. */
  readonly isTcp: boolean;
  readonly #text: string;
  readonly #ends: TextPositions;
  readonly #braces: TextPositions;
  readonly #fastCgi: TextPositions;
  readonly #groups: ReadonlyMap<number, NginxGroup>;
  readonly #groupBegins: TextPositions;
  readonly #protocols: ReadonlyMap<string, string>;
  readonly #statements = new Map<number, Statement>();

  constructor(text: string) {
    this.#text = text;
    this.isTcp = /^[ \t]*mode[ \t]+tcp\b/m.test(text) && !/^[ \t]*mode[ \t]+http\b/m.test(text);
    this.#ends = new TextPositions(text, /[;{}\n]/g);
    this.#braces = new TextPositions(text, /\}/g);
    this.#fastCgi = new TextPositions(text, /\btransport\s+fastcgi\b/g);
    this.#groupBegins = new TextPositions(text, GROUP);
    this.#groups = new Map(
      Array.from(text.matchAll(GROUP), ({ index, 0: head, 1: name = '' }) => [
        index,
        { name, begin: index, end: this.#braces.firstFrom(index + head.length) },
      ]),
    );
    const closed = [...this.#groups.values()].filter(({ end }) => Number.isFinite(end));
    this.groupNames = new Set(closed.map(({ name }) => name));
    this.#protocols = groupProtocols(text);
  }

  /** The statement that a position is in. */
  statementAt(position: number): Statement {
    const end = this.#ends.lastBefore(position);
    const known = this.#statements.get(end);
    if (known !== undefined) return known;
    const [spaces = '', directive = ''] =
      /^(\s*)([\w-]*)/.exec(this.#text.slice(end + 1, position))?.slice(1) ?? [];
    const statement = { start: end + 1 + spaces.length, directive };
    this.#statements.set(end, statement);
    return statement;
  }

  /** The name of the group that a position is in. */
  groupAt(position: number): string | undefined {
    const group = this.#groups.get(this.#groupBegins.lastBefore(position));
    return group !== undefined && Number.isFinite(group.end) && position <= group.end
      ? group.name
      : undefined;
  }

  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group: string): string | undefined {
    return this.#protocols.get(group);
  }

  /** Whether Caddy is told to speak FastCGI, in the block that follows. */
  isFastCgiAfter(position: number): boolean {
    return this.#fastCgi.firstFrom(position) < this.#braces.firstFrom(position);
  }

  /** Whether the name is all of a variable: `BACKEND_HOST=web`. */
  isValue(begin: number, end: number): boolean {
    return end === this.#text.length && /^[A-Z][A-Z0-9_]*=$/.test(this.#text.slice(0, begin));
  }
}

/** What groups speak of which a directive says that it is not HTTP; of several, the first one. */
function groupProtocols(text: string): ReadonlyMap<string, string> {
  const directives = [...OTHER_DIRECTIVES.keys()].join('|');
  const found = new Map<string, string>();
  const add = (group: string, protocol: string): void => {
    if (!found.has(group)) found.set(group, protocol);
  };
  for (const [, directive = '', group = ''] of text.matchAll(
    new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, 'g'),
  ))
    add(group, OTHER_DIRECTIVES.get(directive) ?? '');
  for (const [, group = ''] of text.matchAll(/\bproxy_pass\s+https:\/\/([\w.-]+)/g)) add(group, 'HTTPS');
  return found;
}
