import { codeSpan, markdownText } from './markdown.ts';
import type { Report } from './report.ts';

/** Any host, as it is written; what ends a sentence is not part of it. */
const HOST_URL = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;

/**
 * What Sealift says of hosts and releases: their names are code; of hosts GitHub would make addresses to write to. Pure.
 */
export function formatNamesAsCode(
  report: Pick<Report, 'hosts' | 'release' | 'previous'>,
  value: string,
): string {
  const { hosts, release, previous } = report;
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  const names = [...new Set(hosts.map(({ host }) => host))]
    .sort((one, other) => other.length - one.length)
    .map(escapeRegExp);
  const whole = [...new Set(ids)].map((id) => `(?<![\\w-])${escapeRegExp(id)}(?![\\w-])`);
  return value
    .split(new RegExp(`(${[...names, ...whole, HOST_URL].join('|')})`))
    .map((part, at) => (at % 2 === 1 ? codeSpan(part) : keepEdgeSpaces(part)))
    .join('');
}

const escapeRegExp = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Text whose spaces at its ends matter, since something stands there. */
const keepEdgeSpaces = (part: string): string =>
  `${/^\s/.test(part) ? ' ' : ''}${markdownText(part)}${/\S\s$/.test(part) ? ' ' : ''}`;
