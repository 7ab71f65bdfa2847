import type { ComposeService } from '../../model/compose-config.ts';
import { MAX_DURATION, parseDuration } from '../../model/duration.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asObject, asText, wordsOf } from '../../model/json.ts';
import type { UpdateConfig } from '../../model/release.ts';
import type { Problems } from './problems.ts';
import { replicasOf } from './service.ts';

/**
 * `deploy.update_config` of a service; `undefined` if the file has none. The defaults are those of the Compose specification,
 * except the order: Sealift starts first, which visitors don't notice.
 */
export function updateConfigOf(
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): UpdateConfig | undefined {
  const section = asObject(service['deploy'])['update_config'];
  if (section === undefined || section === null) return undefined;
  const config = asObject(section);
  const reportInvalid = (field: string, advice: string): void =>
    problems.add(
      `compose-file: service ${name} has deploy.update_config.${field}: ${wordsOf(config[field])}. ${advice}`,
      'services',
      name,
      'deploy',
      'update_config',
      field,
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

type ReportInvalid = (field: string, advice: string) => void;

function parallelismOf(value: unknown, reportInvalid: ReportInvalid): number {
  if (value === undefined) return 1;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  reportInvalid('parallelism', 'Give a whole number of replicas, or 0 for all at once.');
  return 1;
}

/** Milliseconds. Compose drops `0s`, so no value means 0. It writes durations as Go does: `1m30s`, `1.5s`, `100µs`. */
function updateDurationOf(field: 'delay' | 'monitor', value: unknown, reportInvalid: ReportInvalid): number {
  if (value === undefined) return 0;
  const written = asText(value) ?? '';
  if (/^\d+(\.\d+)?(µs|us|ns)$/.test(written)) return 0;
  const milliseconds = parseDuration(written);
  if (milliseconds !== undefined && milliseconds <= MAX_DURATION) return milliseconds;
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

/** A fleet ends on one release, so `pause` can't stop halfway: it means `rollback`. */
function failureActionOf(value: unknown, reportInvalid: ReportInvalid): UpdateConfig['failureAction'] {
  if (value === 'continue') return 'continue';
  if (value !== undefined && value !== 'pause' && value !== 'rollback')
    reportInvalid('failure_action', 'Give continue, rollback or pause.');
  return 'rollback';
}

/** Whether an update stops all replicas before it starts new ones: with `stop-first`, if all are in one batch. */
export function stopsAllReplicasFirst(service: ComposeService): boolean {
  const config = asObject(asObject(service['deploy'])['update_config']);
  const { parallelism = 1 } = config;
  const batch = typeof parallelism === 'number' && parallelism > 0 ? parallelism : Number.POSITIVE_INFINITY;
  return asText(config['order']) === 'stop-first' && batch >= replicasOf(service);
}
