import { ConfigurationError, HostError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import type { Access, SshAccess, TlsAccess } from '../model/request.ts';
import type { Tools } from '../model/tools.ts';
import { negotiateApiVersion } from './api-version.ts';
import { EngineClient } from './client.ts';
import { DockerEngine, type EngineConnection } from './docker-engine.ts';
import type { Engine } from './engine.ts';
import { startHeartbeat } from './heartbeat.ts';
import { sshEngineError } from './ssh-engine-error.ts';
import { openSshTunnel, type SshAddress, type SshTunnel } from './ssh-tunnel.ts';
import { checkTls, writeTlsFiles } from './tls.ts';
import { tcpTransport, tunnelTransport, unixTransport } from './transports.ts';

type TcpAddress = HostAddress & { readonly kind: 'tcp' };
type UnixAddress = HostAddress & { readonly kind: 'unix' };

/**
 * Connects to the engine of a host and makes sure that it answers.
 *
 * @throws ConfigurationError or HostError naming the host, the cause and the input to change; nothing stays open then
 */
export async function connect(address: HostAddress, access: Access, tools: Tools): Promise<Engine> {
  return new DockerEngine(await connectionTo(address, access, tools));
}

async function connectionTo(address: HostAddress, access: Access, tools: Tools): Promise<EngineConnection> {
  if (address.kind === 'unix') return await overUnix(address);
  if (address.kind === 'tcp') {
    if (access.tls === undefined) throw missing(address, 'tls-ca, tls-cert and tls-key');
    return await overTcp(address, access.tls, tools);
  }
  if (access.ssh === undefined) throw missing(address, 'ssh-key and known-hosts');
  return await overSsh(address, access.ssh, tools);
}

function missing(address: HostAddress, inputs: string): ConfigurationError {
  return new ConfigurationError(`${inputs}: missing, and ${address.name} can't be reached without.`);
}

async function overUnix({ name, path }: UnixAddress): Promise<EngineConnection> {
  const client = new EngineClient(name, unixTransport(path));
  return {
    client,
    version: await negotiateApiVersion(client),
    cliEnvironment: socketCli(path),
    close: () => Promise.resolve(),
  };
}

async function overTcp(address: TcpAddress, tls: TlsAccess, tools: Tools): Promise<EngineConnection> {
  checkTls(tls);
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const version = await negotiateApiVersion(client);
  const files = await writeTlsFiles(tools.folder, tls);
  const stopHeartbeat = startHeartbeat(client, { host: address.hostname, port: address.port, ...tls });
  const cli = { DOCKER_HOST: address.name, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: files.folder };
  const close = async () => {
    stopHeartbeat();
    await files.remove();
  };
  return { client, version, cliEnvironment: cli, close };
}

async function overSsh(address: SshAddress, ssh: SshAccess, tools: Tools): Promise<EngineConnection> {
  const tunnel = await openSshTunnel(address, ssh, tools);
  try {
    const client = clientThrough(tunnel, address, tunnel.socketPath);
    try {
      const version = await negotiateApiVersion(client);
      return { client, version, cliEnvironment: socketCli(tunnel.socketPath), close: tunnel.close };
    } catch (error) {
      if (!isBroken(error)) throw error;
      client.disconnect(error);
    }
    return await overDialStdio(address, tunnel, tools);
  } catch (error) {
    await tunnel.close();
    throw error;
  }
}

/** Connections at once, and so sessions of sshd: some are left to the programs that use the same socket. */
const DIAL_SOCKETS = 4;

async function overDialStdio(
  address: SshAddress,
  tunnel: SshTunnel,
  tools: Tools,
): Promise<EngineConnection> {
  tools.log.debug(
    `${address.name}: the engine's socket can't be forwarded; asking it through "docker system dial-stdio".`,
  );
  const dial = await tunnel.dialStdio();
  const client = clientThrough(tunnel, address, dial.socketPath, DIAL_SOCKETS);
  try {
    return {
      client,
      version: await negotiateApiVersion(client),
      cliEnvironment: socketCli(dial.socketPath),
      close: tunnel.close,
    };
  } catch (error) {
    if (!isBroken(error)) throw error;
    throw sshEngineError(address, { forwarding: tunnel.stderrLines, dialing: dial.stderrLines }, error);
  }
}

function clientThrough(tunnel: SshTunnel, address: SshAddress, path: string, sockets?: number): EngineClient {
  const client = new EngineClient(address.name, tunnelTransport(path, sockets));
  void tunnel.disconnected.then((error) => client.disconnect(error));
  return client;
}

/** Whether a call got no answer because its connection ended, while the host is still there. */
function isBroken(error: unknown): error is HostError {
  return error instanceof HostError && error.cause instanceof Error && 'code' in error.cause;
}

/** Empty values, so that what the runner has set for its own engine does not count. */
function socketCli(path: string): Readonly<Record<string, string>> {
  return { DOCKER_HOST: `unix://${path}`, DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '' };
}
