import type { ComposeService } from '../../model/compose-config.ts';
import type { EdgeKind } from '../../model/deploy-options.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asObject, asText } from '../../model/json.ts';
import { whyNotThroughEdge } from './port-protocol.ts';
import { type Port, portsOf, referencedService } from './service.ts';
import { stopsAllReplicasFirst } from './update-config.ts';

/** Without an edge the service publishes its port itself, which two can't do. Each can have any free port of the host. */
function whyPublishedByService(port: Port): string | undefined {
  return port.published === undefined
    ? undefined
    : `with edge: none it publishes port ${port.published} itself`;
}

/** Why two instances of a service can't run side by side; `undefined` if they can. Source: the Compose specification. */
export function whyExclusive(
  service: ComposeService,
  isReleased: (name: ServiceName) => boolean,
  edge: EdgeKind,
): string | undefined {
  const reasons: readonly (string | undefined)[] = [
    ...['network_mode', 'pid', 'ipc', 'uts'].map((key) => sharedNamespaceReason(service, key, isReleased)),
    defaultBridgeReason(service),
    settingText('mac_address', asText(service['mac_address'])),
    fixedAddressReason(service),
    stopsAllReplicasFirst(service) ? 'deploy.update_config.order: stop-first' : undefined,
    ...portsOf(service).map((port) =>
      edge === 'none' ? whyPublishedByService(port) : whyNotThroughEdge(port, service),
    ),
  ];
  return reasons.find((reason) => reason !== undefined);
}

function settingText(key: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${key}: ${value}`;
}

/** A namespace of the host or of a container outside the release. A namespace of the release's own service is no reason. */
function sharedNamespaceReason(
  service: ComposeService,
  key: string,
  isReleased: (name: ServiceName) => boolean,
): string | undefined {
  const mode = asText(service[key]);
  const other = referencedService(mode);
  const outside =
    other === undefined ? mode === 'host' || mode?.startsWith('container:') : !isReleased(other);
  return outside === true ? `${key}: ${mode}` : undefined;
}

/** On Docker's default bridge containers have no names, so the edge can't reach them there. */
function defaultBridgeReason(service: ComposeService): string | undefined {
  return asText(service['network_mode']) === 'bridge' && portsOf(service).length > 0
    ? 'network_mode: bridge'
    : undefined;
}

function fixedAddressReason(service: ComposeService): string | undefined {
  for (const [network, options] of Object.entries(asObject(service['networks']))) {
    for (const key of ['ipv4_address', 'ipv6_address', 'mac_address']) {
      const address = asText(asObject(options)[key]);
      if (address !== undefined) return `${key}: ${address} on network ${network}`;
    }
  }
  return undefined;
}
