/** Which kinds of actions die in which course. */
import type { ActionKind } from '../../../src/plan/actions.ts';

export const COURSE_NAMES = [
  'blue-green',
  'rolling',
  'canary',
  'recreate',
  'rollback',
  'first',
  'fleet',
  'parted',
  'ssh',
  'opening',
  'failing',
  'adopting',
  'giving-back',
] as const;
export type CourseName = (typeof COURSE_NAMES)[number];

/** The courses in whose runs each kind is done, and may be cut short. A new kind needs one. */
const COURSES_WITH: Readonly<Record<ActionKind, readonly [CourseName, ...CourseName[]]>> = {
  'pull-images': ['blue-green', 'rolling', 'canary', 'recreate', 'fleet'],
  'ensure-edge': ['first', 'opening'],
  'remove-edge': ['opening'],
  'try-ports': ['first', 'opening'],
  'ensure-front': ['opening'],
  'remove-unused-front': ['opening'],
  'route-domains': ['ssh', 'opening'],
  'stop-project': ['adopting'],
  'start-project': ['giving-back'],
  'ensure-accessories': ['first', 'ssh', 'adopting'],
  'try-proxies': ['ssh'],
  'record-release': ['blue-green', 'rollback', 'first'],
  'start-services': ['blue-green', 'rolling', 'canary', 'recreate', 'rollback', 'fleet'],
  'check-health': ['blue-green', 'rolling', 'canary', 'recreate', 'rollback', 'fleet'],
  'switch-traffic': ['blue-green', 'rolling', 'canary', 'recreate', 'rollback', 'first', 'fleet', 'failing'],
  'split-traffic': ['canary'],
  'balance-replicas': ['rolling'],
  'watch-release': ['blue-green', 'canary'],
  'final-check': ['blue-green', 'rolling', 'canary', 'recreate', 'fleet'],
  'run-hook': ['ssh'],
  'clear-slot': ['opening'],
  'drain-traffic': ['blue-green', 'rolling', 'failing'],
  'stop-services': ['blue-green', 'rolling', 'canary', 'recreate', 'rollback', 'fleet', 'failing'],
  'accept-release': ['blue-green', 'rolling', 'canary', 'recreate', 'rollback', 'first', 'fleet'],
  'record-rollback': ['failing', 'giving-back', 'parted'],
  'prune-releases': ['blue-green', 'fleet'],
};

/** The kinds that the runs of a course must have. */
export const kindsOf = (course: CourseName): readonly string[] =>
  Object.entries(COURSES_WITH).flatMap(([kind, courses]) => (courses.includes(course) ? [kind] : []));
