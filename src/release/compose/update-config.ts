import { parseDuration } from '../../model/duration.ts';
import { asObject, asText } from '../../model/json.ts';
import type { ComposeService, ServiceName, UpdateConfig } from '../../model/release.ts';
import type { Problems } from './problems.ts';
import { replicasOf } from './service.ts';

/**
 * `deploy.update_config` of a service; `undefined` where the file has none. What the section leaves out is as the Compose
 * specification says, except the order: Sealift starts first, because that is what nobody notices.
 */
export function updateConfigOf(
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): UpdateConfig | undefined {
  const given = asObject(service['deploy'])['update_config'];
  if (given === undefined || given === null) return undefined;
  const config = asObject(given);
  const reportInvalid = (field: string, advice: string): void =>
    problems.add(
      `compose-file: service ${name} has deploy.update_config.${field}: ${String(config[field])}. ${advice}`,
    );
  return {
    parallelism: parallelismOf(config['parallelism'], reportInvalid),
    order: asText(config['order']) === 'stop-first' ? 'stop-first' : 'start-first',
    delay: updateDurationOf('delay', config['delay'], reportInvalid),
    monitor: updateDurationOf('monitor', config['monitor'], reportInvalid),
    maxFailureRatio: failureRatioOf(config['max_failure_ratio'], reportInvalid),
    failureAction: failureActionOf(config['failure_action'], reportInvalid),
  };
}

/** Says of a field what is wrong with it. */
type ReportInvalid = (field: string, advice: string) => void;

/** The longest that a step is planned to take, a day. */
const MAX_UPDATE_DURATION = 86_400_000;

function parallelismOf(value: unknown, reportInvalid: ReportInvalid): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  reportInvalid('parallelism', 'Give a whole number of replicas, or 0 for all at once.');
  return 1;
}

/** Compose drops `0s`, so none and zero are the same. It writes as Go does: `1m30s`, `1.5s`, `100µs`. */
function updateDurationOf(field: 'delay' | 'monitor', value: unknown, reportInvalid: ReportInvalid): number {
  if (value === undefined) return 0;
  const written = asText(value) ?? '';
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== undefined && milliseconds <= MAX_UPDATE_DURATION) return milliseconds;
  reportInvalid(field, 'Give a duration of at most 24h, such as 10s.');
  return 0;
}

function failureRatioOf(value: unknown, reportInvalid: ReportInvalid): number {
  if (value === undefined) return 0;
  const ratio = typeof value === 'number' ? value : Number(asText(value));
  if (ratio >= 0 && ratio <= 1) return ratio;
  reportInvalid('max_failure_ratio', 'Give a share of the replicas from 0 to 1.');
  return 0;
}

/** A fleet ends on one release, so to pause half-way is to go back, as `rollback` says. */
function failureActionOf(value: unknown, reportInvalid: ReportInvalid): UpdateConfig['failureAction'] {
  if (value === 'continue') return 'continue';
  if (value !== undefined && value !== 'pause' && value !== 'rollback')
    reportInvalid('failure_action', 'Give continue, rollback or pause.');
  return 'rollback';
}

/** Whether two of a service never run at once while it is updated: with `stop-first`, if all replicas go in one batch. */
export function stopsAllReplicasFirst(service: ComposeService): boolean {
  const config = asObject(asObject(service['deploy'])['update_config']);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === 'number' && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return asText(config['order']) === 'stop-first' && batch >= replicasOf(service);
}
