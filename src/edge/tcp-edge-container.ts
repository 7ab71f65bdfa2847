import type { Engine, Labels, ObjectSpec } from '../engine/engine.ts';
import { LABEL, OWN_ROLE, SLOTS, slotNetwork } from '../model/app-environment.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { type EdgeSpec, tcpRoutes } from './edge-spec.ts';
import { APP_VOLUME_MOUNT, EDGE_FOLDER, stateVolume } from './layout.ts';
import { proxyContainerSpec } from './proxy-container.ts';
import { runScript, type Script } from './script.ts';

/** The container of the TCP edge. */

export const isTcpEdge = ({ labels }: { readonly labels: Labels }): boolean =>
  labels[LABEL.role] === OWN_ROLE.tcpEdge;

/** Pure. @param config file name of its config */
export function tcpEdgeContainerSpec(
  spec: EdgeSpec,
  image: string,
  config: string,
  labels: Labels,
): ObjectSpec {
  return proxyContainerSpec(
    {
      ...{ image, labels },
      networks: Object.fromEntries(SLOTS.map((slot) => [slotNetwork(spec, slot), {}])),
      ports: Object.fromEntries(tcpRoutes(spec).map(({ port, published }) => [`${port}/tcp`, published])),
    },
    {
      Entrypoint: ['haproxy'],
      Cmd: ['-db', '-f', `${EDGE_FOLDER}/${config}`],
      User: '65534:65534',
      // The official image asks for SIGUSR1, with which HAProxy ends when its last connection does.
      StopSignal: 'SIGTERM',
    },
    {
      Mounts: [{ Type: 'volume', Source: stateVolume(spec), Target: APP_VOLUME_MOUNT, ReadOnly: true }],
    },
  );
}

/** HAProxy opens all its ports before it serves, and ends if it can't have one. 0A is LISTEN; the engine's names listen on loopback. */
const LISTEN_SCRIPT: Script = {
  name: 'await-tcp-edge',
  text: `
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  for j in 1 2 3 4 5 6 7 8 9 10; do
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$2 ~ /^0+:/ && $4 == "0A" { found = 1 } END { exit !found }' && exit 0
    sleep 0.05
  done
  sleep 0.5
done
echo 'HAProxy listens on no port' >&2; exit 1
`,
};
/** Milliseconds: its 200 looks, and the pauses between them. */
const LISTEN_LIMIT = 30_000;

/** @throws HostError with the container's last log lines */
export async function waitForTcpEdge(engine: Engine, id: string): Promise<void> {
  let output: string;
  try {
    await runScript(engine, id, LISTEN_SCRIPT, [], { waits: LISTEN_LIMIT });
    return;
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    output = messageOf(error);
  }
  const [details, logs] = await Promise.all([engine.inspectContainer(id), engine.containerLogs(id, 10)]);
  const state = details.state === 'running' ? 'it runs' : `${details.state} with code ${details.exitCode}`;
  throw new HostError(
    engine.host,
    `HAProxy in container ${details.name} does not serve connections (${state}). Is "${inputRef('tcp-edge-image')}" an image of HAProxy 2.6 or later, with Lua?`,
    { evidence: [output, ...logs] },
  );
}
