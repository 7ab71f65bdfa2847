import type { HostAccess, SshAccess, TlsAccess } from '../model/access.ts';
import type { AddressRange } from '../model/address-range.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import type { StepContext } from '../model/step-context.ts';
import { negotiateApiVersion } from './api-version.ts';
import { EngineClient } from './client.ts';
import { openDialStdio } from './dial-stdio.ts';
import { DockerEngine, type EngineConnection } from './docker-engine.ts';
import { DockerSwarm } from './docker-swarm.ts';
import type { Engine } from './engine.ts';
import { openEngineSessions } from './engine-sessions.ts';
import { startHeartbeat } from './heartbeat.ts';
import { prepareSshHost } from './prepare-ssh-host.ts';
import { sshEngineError } from './ssh-engine-error.ts';
import type { FirstLogin, SshAddress, SshHost } from './ssh-host.ts';
import type { SwarmEngine } from './swarm-engine.ts';
import { checkTls, writeTlsFiles } from './tls.ts';
import { type TcpAddress, tcpAgent, tcpTransport, tunnelTransport, unixTransport } from './transports.ts';

/**
 * Connects to the engine of a host and makes sure that it answers.
 * @param networkRange where the addresses of new networks are taken from; `undefined`: from a pool of the engine
 * @throws ConfigurationError or HostError with the host, the cause and what to change; then nothing stays open
 */
export async function connect(
  address: HostAddress,
  access: HostAccess,
  step: StepContext,
  networkRange?: AddressRange,
): Promise<Engine> {
  return new DockerEngine(await openConnection(address, access, step), networkRange);
}

/** The same, to ask it about the swarm that it belongs to. */
export async function connectToSwarm(
  address: HostAddress,
  access: HostAccess,
  step: StepContext,
): Promise<SwarmEngine> {
  return new DockerSwarm(await openConnection(address, access, step));
}

async function openConnection(
  address: HostAddress,
  access: HostAccess,
  step: StepContext,
): Promise<EngineConnection> {
  if (address.kind === 'unix') {
    const client = new EngineClient(address.name, unixTransport(address.path));
    return socketConnection(client, address.path, {
      close: () => Promise.resolve(),
      // Its loopback is this machine's, unless it runs in a machine or a network of its own.
      openWayBack: (port) => Promise.resolve({ kind: 'open', port }),
    });
  }
  if (address.kind === 'tcp') {
    if (access.tls === undefined) throw missingInputs(address, 'tls-ca, tls-cert and tls-key');
    return await connectOverTcp(address, access.tls, step);
  }
  if (access.ssh === undefined) throw missingInputs(address, 'ssh-key and known-hosts');
  return await connectOverSsh(address, access.ssh, step);
}

function missingInputs({ name }: HostAddress, inputs: string): ConfigurationError {
  return new ConfigurationError(`${inputs}: missing, and required for ${name}.`);
}

async function connectOverTcp(
  address: TcpAddress,
  tls: TlsAccess,
  step: StepContext,
): Promise<EngineConnection> {
  checkTls(tls);
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const version = await negotiateApiVersion(client);
  const files = await writeTlsFiles(step.folder, tls);
  const { hostname: host, port } = address;
  const stopHeartbeat = startHeartbeat(client, { host, port, ...tls, agent: tcpAgent(address, {}) });
  const close = () => {
    stopHeartbeat();
    return files.remove();
  };
  const cliEnvironment = {
    DOCKER_HOST: address.name,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: files.folder,
  };
  const openWayBack = () => Promise.resolve({ kind: 'closed', why: 'TCP has no way back' } as const);
  return { client, version, cliEnvironment, close, openWayBack };
}

async function connectOverSsh(
  address: SshAddress,
  ssh: SshAccess,
  step: StepContext,
): Promise<EngineConnection> {
  const host = await prepareSshHost(address, ssh, step);
  try {
    const login = await host.logIn();
    if (login.kind === 'shell') {
      const client = sshClient(host, login.tunnel.socketPath);
      try {
        return await socketConnection(client, login.tunnel.socketPath, {
          close: () => host.close(),
          openWayBack: (port) => host.openWayBack(port),
        });
      } catch (error) {
        if (!isBrokenCall(error)) throw error;
        client.disconnect(error);
      }
    }
    return await connectOverDialStdio(host, login, step);
  } catch (error) {
    await host.close();
    throw error;
  } finally {
    // Only logins need the keys.
    await host.forgetKeys();
  }
}

/** Connections at once of our own. The other sessions are for the programs that use the same socket. */
const DIAL_SOCKETS = 4;

async function connectOverDialStdio(
  host: SshHost,
  login: FirstLogin,
  step: StepContext,
): Promise<EngineConnection> {
  const { slots, command } = await openEngineSessions(host, login, step);
  const { environment } = host;
  const dial = await openDialStdio(host.socketPath('dial'), { slots, command, environment });
  const close = async () => {
    await host.close();
    await dial.close();
  };
  const client = sshClient(host, dial.socketPath, DIAL_SOCKETS);
  try {
    return await socketConnection(client, dial.socketPath, {
      close,
      openWayBack: (port) => host.openWayBack(port),
    });
  } catch (error) {
    await dial.close();
    if (!isBrokenCall(error)) throw error;
    const forwarding = login.kind === 'shell' ? login.tunnel.stderr.lines : [];
    throw sshEngineError(host.address, { forwarding, dialing: dial.output.lines }, error);
  }
}

function sshClient(host: SshHost, path: string, sockets?: number): EngineClient {
  const client = new EngineClient(host.address.name, tunnelTransport(path, sockets));
  void host.disconnected.then((error) => client.disconnect(error));
  return client;
}

async function socketConnection(
  client: EngineClient,
  path: string,
  rest: Pick<EngineConnection, 'close' | 'openWayBack'>,
): Promise<EngineConnection> {
  const version = await negotiateApiVersion(client);
  // The empty values override what the runner has set for its own engine.
  const cliEnvironment = { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '' };
  return { client, version, cliEnvironment, ...rest };
}

/** Whether a call got no answer because its connection ended, while the host is still reachable. */
function isBrokenCall(error: unknown): error is HostError {
  return error instanceof HostError && error.cause instanceof Error && 'code' in error.cause;
}
