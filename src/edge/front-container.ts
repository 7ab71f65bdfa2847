import type { Labels, ObjectSpec } from '../engine/engine.ts';
import { LABEL, OWN_ROLE } from '../model/app-environment.ts';
import { fingerprintOf } from '../run/fingerprint.ts';
import { caddyContainerSpec } from './caddy-container.ts';
import type { AcmeSettings } from './front-config.ts';
import { FRONT_MOUNT, FRONT_VOLUME } from './layout.ts';

/** The front's container as data: names, labels, fingerprints. Pure. */

export const FRONT_NETWORK = 'sealift-front';
/** Certificates and account keys. Edges mount the other volume, so these have their own. */
export const FRONT_DATA_VOLUME = 'sealift-front-data';
export const FRONT_DATA_MOUNT = '/data';
export const FRONT_CONFIG_FILE = `${FRONT_DATA_MOUNT}/sealift.json`;
export const FRONT_LABELS: Labels = { [LABEL.role]: OWN_ROLE.front };
export const FRONT_FINGERPRINT_LABEL = 'sealift.front';
export const ACME_LABEL = 'sealift.front.acme';
const FRONT_LAYOUT_VERSION = 2;

/** The labels tell whether a front can stay: `sealift.front.acme` is for the CA, `sealift.front` for all that it was created with. */
export function frontLabels({ directory, ca, email }: AcmeSettings): Labels {
  const authority = fingerprintOf(JSON.stringify([directory ?? null, ca ?? null]));
  const fingerprint = fingerprintOf(JSON.stringify([FRONT_LAYOUT_VERSION, authority, email ?? null]));
  return { ...FRONT_LABELS, [FRONT_FINGERPRINT_LABEL]: fingerprint, [ACME_LABEL]: authority };
}

export function frontContainerSpec(image: string, acme: AcmeSettings): ObjectSpec {
  const published = (port: number) => [{ address: undefined, port }];
  return caddyContainerSpec({
    image,
    config: FRONT_CONFIG_FILE,
    scratch: '/run/front',
    labels: frontLabels(acme),
    networks: { [FRONT_NETWORK]: {} },
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [FRONT_DATA_VOLUME]: FRONT_DATA_MOUNT },
    ports: { '80/tcp': published(80), '443/tcp': published(443), '443/udp': published(443) },
    env: { XDG_DATA_HOME: FRONT_DATA_MOUNT },
  });
}
