import type { EndpointSettings, Labels, ObjectSpec } from '../engine/engine.ts';
import type { PublishedPort } from '../model/route.ts';

/** What the containers of all our proxies are created from: an edge, its TCP edge, the front. Pure. */

export interface ProxyContainerOptions {
  readonly image: string;
  readonly labels: Labels;
  /** How it is connected, by network. */
  readonly networks: Readonly<Record<string, EndpointSettings>>;
  /** Published ports by container port, such as `8000/tcp`. */
  readonly ports: Readonly<Record<string, readonly PublishedPort[]>>;
}

/**
 * A container spec for `POST /containers/create` (moby, api/swagger.yaml).
 * @param program what it runs
 * @param hostConfig what the program needs of the host
 */
export function proxyContainerSpec(
  { image, labels, networks, ports }: ProxyContainerOptions,
  program: ObjectSpec,
  hostConfig: ObjectSpec,
): ObjectSpec {
  return {
    Image: image,
    ...program,
    WorkingDir: '/',
    Labels: labels,
    // Seconds. Caddy waits for requests in flight; nobody should wait longer for an edge.
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(ports).map(([port, published]) => [
          port,
          published.map((host) => ({ HostIp: host.address ?? '', HostPort: String(host.port) })),
        ]),
      ),
      // Not `unless-stopped`: after a crash of the engine, that counts as stopped (seen with Docker 28.5).
      RestartPolicy: { Name: 'always' },
      NetworkMode: Object.keys(networks)[0],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '3' } },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      // A reservation and no limit: an edge that is killed for its memory takes every release down.
      MemoryReservation: 64 * 1024 * 1024,
      ...hostConfig,
    },
    NetworkingConfig: { EndpointsConfig: networks },
  };
}
