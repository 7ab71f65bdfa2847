import { type AppEnvironment, baseProject, type Slot } from '../model/app-environment.ts';
import type { CaddyJson } from './caddy.ts';
import type { EdgeSpec } from './edge-spec.ts';
import { filePlaceholder, releaseFile, SPLIT_PATTERN } from './layout.ts';

/** What an edge does with a request while two releases share the visitors. Pure. */

/** A visitor chooses one of the two releases with this header: `new`, `old` or the release's id. */
const RELEASE_HEADER = 'Sealift-Release';
/** The same choice as a cookie, for browsers. */
const releaseCookie = (app: AppEnvironment): string => `sealift-release-${baseProject(app)}`;
/** Keeps a visitor on one release, at all ports and domains of the app to which the browser sends the cookie. */
const bucketCookie = (app: AppEnvironment): string => `rel_${baseProject(app)}`;

type ToSlot = (slot: Slot) => CaddyJson;

/**
 * Routes that answer every request while `split` divides the visitors, and none otherwise: nobody gets a cookie before a canary
 * runs. The visitor's choice decides; else the bucket in the cookie; else a new bucket, which the visitor gets as a cookie.
 */
export function splitRoutes(spec: EdgeSpec, to: ToSlot): readonly CaddyJson[] {
  const bucket = cookiePattern(bucketCookie(spec), '[0-9a-f]{8}');
  const first = '{http.vars.bucket} < {http.regexp.division.1}';
  // Only if all visitors come by HTTPS.
  const secure = spec.routes.every(({ published }) => published.length === 0) ? '; Secure' : '';
  const attributes = `Path=/; Max-Age=86400; HttpOnly; SameSite=Lax${secure}`;
  const cookie = `${bucketCookie(spec)}={http.vars.bucket}; ${attributes}`;
  const routes: readonly CaddyJson[] = [
    ...releaseChoiceRoutes(spec, to),
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
        { handler: 'headers', response: { add: { 'Set-Cookie': [cookie] } } },
      ],
    },
    // Buckets before the boundary belong to the canary, in either slot: all hosts behind a balancer decide alike.
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
 * Routes for visitors who choose a release. Their text is only compared: it is never put where Caddy would replace placeholders
 * in it. A release that is neither of the two is no choice.
 */
function releaseChoiceRoutes(app: AppEnvironment, to: ToSlot): readonly CaddyJson[] {
  const choice = '{http.vars.choice}';
  const chooses = (slot: Slot, other: Slot): string =>
    [
      `${choice} == {http.vars.${slot}}`,
      `(${choice} == "new" && {http.vars.canary} == "${slot}")`,
      `(${choice} == "old" && {http.vars.canary} == "${other}")`,
    ].join(' || ');
  const variables = {
    handler: 'vars',
    choice: 'none',
    canary: '{http.regexp.division.2}',
    blue: filePlaceholder(releaseFile('blue')),
    green: filePlaceholder(releaseFile('green')),
  };
  const release = 'new|old|[0-9a-f]{8}';
  // The later one wins: the header over the cookie.
  const sources = [
    cookiePattern(releaseCookie(app), release),
    { header: RELEASE_HEADER, pattern: `^(${release})$` },
  ];
  return [
    { handle: [variables] },
    ...sources.map((source, index) => ({
      match: [headerMatcher(source, `choice${index}`)],
      handle: [{ handler: 'vars', choice: `{http.regexp.choice${index}.1}` }],
    })),
    { match: [{ expression: chooses('green', 'blue') }], handle: [to('green')] },
    { match: [{ expression: chooses('blue', 'green') }], handle: [to('blue')] },
  ];
}

/** Finds a text in a header: the first group of the pattern. */
interface HeaderPattern {
  readonly header: string;
  readonly pattern: string;
}

const cookiePattern = (name: string, value: string): HeaderPattern => ({
  header: 'Cookie',
  pattern: `(?:^|;\\s*)${name}=(${value})(?:;|$)`,
});

/** A matcher; with a name, its group can be read afterwards. */
const headerMatcher = ({ header, pattern }: HeaderPattern, name?: string): CaddyJson => ({
  header_regexp: { [header]: { ...(name === undefined ? {} : { name }), pattern } },
});
