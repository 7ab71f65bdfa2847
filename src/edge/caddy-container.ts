import type { Engine, ObjectSpec } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { ADMIN_ADDRESS } from './caddy.ts';
import { type ProxyContainerOptions, proxyContainerSpec } from './proxy-container.ts';
import { runScript, type Script } from './script.ts';

/** What differs between the containers of an edge and of the front. */
interface CaddyContainerOptions extends ProxyContainerOptions {
  /** Path of the config in the container. */
  readonly config: string;
  /** Path of a tmpfs that Caddy may write to. */
  readonly scratch: string;
  /** Mount point by volume. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A container spec for `POST /containers/create` (moby, api/swagger.yaml). */
export function caddyContainerSpec(options: CaddyContainerOptions): ObjectSpec {
  const { config, scratch, volumes } = options;
  const env = { XDG_DATA_HOME: `${scratch}/data`, XDG_CONFIG_HOME: `${scratch}/config`, ...options.env };
  return proxyContainerSpec(
    options,
    {
      Entrypoint: ['caddy'],
      Cmd: ['run', '--config', config],
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      User: '0:0',
    },
    {
      Mounts: Object.entries(volumes).map(([Source, Target]) => ({ Type: 'volume', Source, Target })),
      Tmpfs: { [scratch]: 'rw,noexec,nosuid,nodev,mode=0700,size=16m' },
      // The caddy of the official image has this file capability, and does not start without it.
      CapAdd: ['NET_BIND_SERVICE'],
    },
  );
}

/** @param files by their paths in the container, all under `mount` */
export async function writeIntoMount(
  engine: Engine,
  id: string,
  mount: string,
  files: readonly (readonly [path: string, content: string])[],
  mode = 0o644,
): Promise<void> {
  const relative = files.map(([path, content]) => [path.slice(mount.length + 1), { content, mode }] as const);
  await engine.writeFiles(id, mount, new Map(relative));
}

/** Milliseconds: its 100 requests of at most 2 s, and the pauses between them. */
const WAIT_LIMIT = 210_000;
const WAIT_SCRIPT: Script = {
  name: 'await',
  text: `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5; do
    wget -q -T 2 -O /dev/null "http://$1/config/admin/listen" 2>/dev/null && exit 0
    sleep 0.05
  done
  sleep 0.25
done
wget -T 2 -O /dev/null "http://$1/config/admin/listen"
`,
};

/**
 * Waits until Caddy serves: its API answers only when every listener is open.
 * @throws HostError with the container's last log lines
 */
export async function waitForCaddy(engine: Engine, id: string): Promise<void> {
  let output: string;
  try {
    await runScript(engine, id, WAIT_SCRIPT, [ADMIN_ADDRESS], { waits: WAIT_LIMIT });
    return;
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    output = messageOf(error);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === 'running' ? 'it runs' : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `Caddy in container ${details.name} does not serve requests (${state}). Is "${inputRef('edge-image')}" an image of Caddy 2.10 or later?`,
    { evidence: [output, ...logs] },
  );
}
