import type { Engine } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { ADMIN_ADDRESS } from './caddy.ts';

/** What the edge's and the front's containers have in common. */

interface CaddyContainerOptions {
  readonly image: string;
  /** Path of the config within the container, and the tmpfs that Caddy may write to. */
  readonly config: string;
  readonly scratch: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  /** Volume → mount. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Container port with protocol → host addresses. */
  readonly ports: Readonly<
    Record<string, readonly { readonly address: string | undefined; readonly port: number }[]>
  >;
  readonly env?: Readonly<Record<string, string>>;
}

/** A container spec for `POST /containers/create` (moby, api/swagger.yaml). */
export function caddyContainerSpec(of: CaddyContainerOptions): Readonly<Record<string, unknown>> {
  const [first] = of.networks;
  const env = { XDG_DATA_HOME: `${of.scratch}/data`, XDG_CONFIG_HOME: `${of.scratch}/config`, ...of.env };
  return {
    Image: of.image,
    Entrypoint: ['caddy'],
    Cmd: ['run', '--config', of.config],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    User: '0:0',
    WorkingDir: '/',
    Labels: of.labels,
    // Where requests are in flight, Caddy waits for them; longer than this nobody waits for an edge.
    StopTimeout: 5,
    ExposedPorts: Object.fromEntries(Object.keys(of.ports).map((port) => [port, {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        Object.entries(of.ports).map(([port, hosts]) => [
          port,
          hosts.map((host) => ({ HostIp: host.address ?? '', HostPort: String(host.port) })),
        ]),
      ),
      // There is one, never kept beside another. After a crash of the engine `unless-stopped` counts as stopped (seen, 28.5).
      RestartPolicy: { Name: 'always' },
      NetworkMode: first,
      Mounts: Object.entries(of.volumes).map(([Source, Target]) => ({ Type: 'volume', Source, Target })),
      Tmpfs: { [of.scratch]: 'rw,noexec,nosuid,nodev,mode=0700,size=16m' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '3' } },
      CapDrop: ['ALL'],
      // The caddy of the official image carries this as a file capability and would not start without it.
      CapAdd: ['NET_BIND_SERVICE'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      // Asked for, not limited: an edge that is killed for its memory takes every release down with it.
      MemoryReservation: 64 * 1024 * 1024,
    },
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(of.networks.map((network) => [network, {}])) },
  };
}

const WAIT_SCRIPT = `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5; do
    wget -q -T 2 -O /dev/null "http://$1/config/admin/listen" 2>/dev/null && exit 0
    sleep 0.05
  done
  sleep 0.25
done
wget -T 2 -O /dev/null "http://$1/config/admin/listen"
`;

/**
 * Waits until Caddy serves: its API answers only once every listener is open.
 * @throws HostError with the container's last log lines.
 */
export async function waitForCaddy(engine: Engine, id: string, what: string): Promise<void> {
  let output: string;
  try {
    const { exitCode, stdout, stderr } = await engine.exec(id, [
      'sh',
      '-c',
      WAIT_SCRIPT,
      'await',
      ADMIN_ADDRESS,
    ]);
    if (exitCode === 0) return;
    output = `${stdout}${stderr}`.trim();
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    output = messageOf(error);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === 'running' ? 'runs' : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `${what} does not come up (${state}). Is edge-image a Caddy 2.10 or later?`,
    {
      evidence: [output, ...logs],
    },
  );
}
