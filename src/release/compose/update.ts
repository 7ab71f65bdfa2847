import { parseDuration } from '../../model/duration.ts';
import type { ComposeService, ServiceName } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import { object, text } from './data.ts';
import type { Problems } from './problems.ts';
import { replicasOf } from './service.ts';

/**
 * `deploy.update_config` of a service; `undefined` where the file has none. What the section leaves out is as the Compose
 * specification says, except the order: Sealift starts first, because that is what nobody notices.
 */
export function updateOf(
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): UpdateConfig | undefined {
  const given = object(service['deploy'])['update_config'];
  if (given === undefined || given === null) return undefined;
  const config = object(given);
  const wrong = (field: string, says: string): void =>
    problems.add(
      `compose-file: service ${name} has deploy.update_config.${field}: ${String(config[field])}. ${says}`,
    );
  return {
    parallelism: parallelismOf(config['parallelism'], wrong),
    order: text(config['order']) === 'stop-first' ? 'stop-first' : 'start-first',
    delay: durationOf('delay', config['delay'], wrong),
    monitor: durationOf('monitor', config['monitor'], wrong),
    maxFailureRatio: ratioOf(config['max_failure_ratio'], wrong),
    failureAction: actionOf(config['failure_action'], wrong),
  };
}

/** Says of a field what is wrong with it. */
type Wrong = (field: string, says: string) => void;

/** The longest that a step is planned to take, a day. */
const LONGEST = 86_400_000;

function parallelismOf(value: unknown, wrong: Wrong): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  wrong('parallelism', 'Give a whole number of replicas, or 0 for all at once.');
  return 1;
}

/** Compose drops `0s`, so none and zero are the same. It writes as Go does: `1m30s`, `1.5s`, `100µs`. */
function durationOf(field: 'delay' | 'monitor', value: unknown, wrong: Wrong): number {
  if (value === undefined) return 0;
  const written = text(value) ?? '';
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== undefined && milliseconds <= LONGEST) return milliseconds;
  wrong(field, 'Give a duration of at most 24h, such as 10s.');
  return 0;
}

function ratioOf(value: unknown, wrong: Wrong): number {
  if (value === undefined) return 0;
  const ratio = typeof value === 'number' ? value : Number(text(value));
  if (ratio >= 0 && ratio <= 1) return ratio;
  wrong('max_failure_ratio', 'Give a share of the replicas from 0 to 1.');
  return 0;
}

/** A fleet ends on one release, so to pause half-way is to go back, as `rollback` says. */
function actionOf(value: unknown, wrong: Wrong): UpdateConfig['failureAction'] {
  if (value === 'continue') return 'continue';
  if (value !== undefined && value !== 'pause' && value !== 'rollback')
    wrong('failure_action', 'Give continue, rollback or pause.');
  return 'turn-back';
}

/** Whether two of a service never run at once while it is updated: with `stop-first`, if all replicas go in one batch. */
export function stopsWhole(service: ComposeService): boolean {
  const config = object(object(service['deploy'])['update_config']);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === 'number' && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return text(config['order']) === 'stop-first' && batch >= replicasOf(service);
}
