import { shorten } from '../model/plain-text.ts';
import type { HostReport } from './host-report.ts';
import { codeSpan, markdownText } from './markdown.ts';
import type { Report } from './report.ts';

/** Any host URL; punctuation after it does not belong to it. */
const HOST_URL = /(?:ssh|tcp|unix):\/\/[^\s,;()"'`]*[^\s,;()"'`.:]/.source;

/** In characters. With thousands of hosts, an error names each of them. */
const MAX_FORMATTED_LENGTH = 20_000;

/** A text of Sealift as markdown, with hosts and releases as code: GitHub would make mail addresses of hosts. Pure. */
export function formatNamesAsCode(report: Report, value: string): string {
  const hosts: readonly HostReport[] = 'hosts' in report ? report.hosts : [];
  const release = 'release' in report ? report.release : undefined;
  const previous = 'previous' in report ? report.previous : undefined;
  const text = shorten(value, MAX_FORMATTED_LENGTH);
  const ids = [release, previous, ...hosts.flatMap(({ was, is }) => [was, is])].flatMap((id) => id ?? []);
  // A pattern of all hosts of a large fleet would be slow.
  const isUsed = (name: string): boolean => text.includes(name);
  const names = [...new Set(hosts.map(({ host }) => host))]
    .filter(isUsed)
    .sort((one, other) => other.length - one.length)
    .map(escapeRegExp);
  const words = [...new Set(ids)].filter(isUsed).map((id) => `(?<![\\w-])${escapeRegExp(id)}(?![\\w-])`);
  return text
    .split(new RegExp(`(${[...names, ...words, HOST_URL].join('|')})`))
    .map((part, index) => (index % 2 === 1 ? codeSpan(part) : keepEdgeSpaces(part)))
    .join('');
}

const escapeRegExp = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The space between a text and the code beside it. */
const keepEdgeSpaces = (part: string): string =>
  `${/^\s/.test(part) ? ' ' : ''}${markdownText(part)}${/\S\s$/.test(part) ? ' ' : ''}`;
