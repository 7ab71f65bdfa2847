import { code, text } from './markdown.ts';
import type { Report } from './report.ts';

/** Any host, as it is written; what ends a sentence is not part of it. */
const HOST = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;

/**
 * What Sealift says of hosts and releases: their names are code; of hosts GitHub would make addresses to write to. Pure.
 */
export function said(report: Pick<Report, 'hosts' | 'release' | 'previous'>, value: string): string {
  const { hosts, release, previous } = report;
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  const names = [...new Set(hosts.map(({ host }) => host))]
    .sort((one, other) => other.length - one.length)
    .map(literally);
  const whole = [...new Set(ids)].map((id) => `(?<![\\w-])${literally(id)}(?![\\w-])`);
  return value
    .split(new RegExp(`(${[...names, ...whole, HOST].join('|')})`))
    .map((part, at) => (at % 2 === 1 ? code(part) : spaced(part)))
    .join('');
}

const literally = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Text whose spaces at its ends matter, since something stands there. */
const spaced = (part: string): string =>
  `${/^\s/.test(part) ? ' ' : ''}${text(part)}${/\S\s$/.test(part) ? ' ' : ''}`;
