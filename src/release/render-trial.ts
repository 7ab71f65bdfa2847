import { LABEL, OWN_ROLE } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, mapValues, pickKeys, withoutKeys } from '../model/json.ts';

const TRIAL_LABELS = { [LABEL.role]: OWN_ROLE.trial };

/** Keys of an accessory that can exist only once, or that say how it goes on after its end. */
const KEYS_NOT_FOR_TRIALS = [
  ...[
    'ports',
    'restart',
    'container_name',
    'hostname',
    'mac_address',
    'depends_on',
    'links',
    'scale',
    'deploy',
  ],
  ...['post_start', 'pre_stop'],
];

/**
 * The Compose file for `docker compose -p <baseProject> -f - run ACCESSORY`: the accessory alone, as it will be, without what
 * others reach it by: ports, names, labels.
 */
export function renderTrial(base: ComposeConfig, name: ServiceName): ComposeConfig {
  const service = asObject(base.services[name]);
  const networks = mapValues(asObject(service['networks']), (options) =>
    withoutKeys(asObject(options), 'aliases'),
  );
  return {
    ...base,
    services: {
      [name]: {
        ...withoutKeys(service, ...KEYS_NOT_FOR_TRIALS),
        ...(Object.keys(networks).length === 0 ? {} : { networks }),
        labels: { ...pickKeys(asObject(service['labels']), Object.values(LABEL)), ...TRIAL_LABELS },
      },
    },
  };
}
