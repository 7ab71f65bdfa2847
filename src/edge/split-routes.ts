import { type AppEnvironment, baseProject, type Slot } from '../model/release.ts';
import type { CaddyJson } from './caddy.ts';
import { releaseFile, SPLIT_PATTERN } from './layout.ts';

/** What an edge does with a request while two releases share the visitors. Pure. */

/** Who wants to meet one of the two releases says so in this header: `new`, `old` or a release's id. */
export const RELEASE_HEADER = 'Sealift-Release';
/** The same as a cookie, for browsers. */
export const releaseCookie = (appEnvironment: AppEnvironment): string =>
  `sealift-release-${baseProject(appEnvironment)}`;
/** Keeps a visitor where he is, whichever of the app's ports and domains he asks, as far as browsers send it there. */
export const bucketCookie = (appEnvironment: AppEnvironment): string => `rel_${baseProject(appEnvironment)}`;

interface SplitRoutesOptions {
  readonly appEnvironment: AppEnvironment;
  /** Whether every visitor comes by HTTPS. */
  readonly secure: boolean;
  readonly to: (slot: Slot) => CaddyJson;
}

/**
 * Routes that answer every request while `split` is a division, and none otherwise: nobody gets a cookie before a canary runs.
 * A visitor is led by what he asks for, else by the bucket in his cookie, else by a new bucket, which he is given.
 */
export function splitRoutes({ appEnvironment, secure, to }: SplitRoutesOptions): readonly CaddyJson[] {
  const bucket = cookiePattern(bucketCookie(appEnvironment), '[0-9a-f]{8}');
  const first = '{http.vars.bucket} < {http.regexp.division.1}';
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const routes: readonly CaddyJson[] = [
    ...releaseChoiceRoutes(appEnvironment, to),
    { match: [headerMatcher(bucket, 'own')], handle: [{ handler: 'vars', bucket: '{http.regexp.own.1}' }] },
    {
      match: [{ not: [headerMatcher(bucket)] }],
      handle: [
        {
          handler: 'map',
          source: '{http.request.uuid}',
          destinations: ['{new_bucket}'],
          mappings: [{ input_regexp: '^([0-9a-f]{8}).*$', outputs: ['${1}'] }],
        },
        { handler: 'vars', bucket: '{new_bucket}' },
        {
          handler: 'headers',
          response: {
            add: { 'Set-Cookie': [`${bucketCookie(appEnvironment)}={http.vars.bucket}; ${attributes}`] },
          },
        },
      ],
    },
    // Before the boundary is the canary's, wherever it stands: all hosts behind a balancer decide alike.
    { match: [{ expression: `(${first}) == ({http.vars.canary} == "green")` }], handle: [to('green')] },
    { handle: [to('blue')] },
  ];
  return [
    {
      match: [{ vars_regexp: { split: { name: 'division', pattern: `^${SPLIT_PATTERN}$` } } }],
      handle: [{ handler: 'subroute', routes }],
    },
  ];
}

/**
 * The way of those who ask for a release; what they ask for is compared and never put in where Caddy would look for
 * placeholders in it. A release that is neither of the two is no choice.
 */
function releaseChoiceRoutes(
  appEnvironment: AppEnvironment,
  to: (slot: Slot) => CaddyJson,
): readonly CaddyJson[] {
  const choice = '{http.vars.choice}';
  const is = (slot: Slot, other: Slot): string =>
    [
      `${choice} == {http.vars.${slot}}`,
      `(${choice} == "new" && {http.vars.canary} == "${slot}")`,
      `(${choice} == "old" && {http.vars.canary} == "${other}")`,
    ].join(' || ');
  return [
    {
      handle: [
        {
          handler: 'vars',
          choice: 'none',
          canary: '{http.regexp.division.2}',
          blue: filePlaceholder(releaseFile('blue')),
          green: filePlaceholder(releaseFile('green')),
        },
      ],
    },
    // The header is asked last, so it holds over the cookie.
    ...[
      cookiePattern(releaseCookie(appEnvironment), RELEASE_CHOICE),
      { header: RELEASE_HEADER, pattern: `^(${RELEASE_CHOICE})$` },
    ].map((asked, index) => ({
      match: [headerMatcher(asked, `choice${index}`)],
      handle: [{ handler: 'vars', choice: `{http.regexp.choice${index}.1}` }],
    })),
    { match: [{ expression: is('green', 'blue') }], handle: [to('green')] },
    { match: [{ expression: is('blue', 'green') }], handle: [to('blue')] },
  ];
}

const RELEASE_CHOICE = 'new|old|[0-9a-f]{8}';
const filePlaceholder = (path: string): string => `{file.${path}}`;

/** A header whose value, or a part of it, is meant: the first group of the pattern. */
interface HeaderPattern {
  readonly header: string;
  readonly pattern: string;
}

const cookiePattern = (name: string, value: string): HeaderPattern => ({
  header: 'Cookie',
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`,
});

/** A matcher; under its name the group is read afterwards. */
const headerMatcher = ({ header, pattern }: HeaderPattern, name?: string): CaddyJson => ({
  header_regexp: { [header]: { ...(name === undefined ? {} : { name }), pattern } },
});
