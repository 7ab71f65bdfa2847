import type { SshAccess } from '../model/access.ts';
import type { StepContext } from '../model/step-context.ts';
import { allOrThrow, inBackground } from '../run/promises.ts';
import { parsePrivateKeys } from './private-keys.ts';
import { type SshAgent, startSshAgent, userSshAgent } from './ssh-agent.ts';
import { checkSshCertificates, parseSshCertificates } from './ssh-certificates.ts';
import { makeSshFolder } from './ssh-folder.ts';
import { type SshAddress, SshHost } from './ssh-host.ts';
import { sshEnvironment, userSshEnvironment } from './ssh-process.ts';
import { plainSettings, readSshSettings } from './ssh-settings.ts';

/**
 * Reads the inputs of a host, and makes what its logins need: a private folder, an agent, the settings of ssh. Logs in to nothing yet.
 * @throws ConfigurationError for an input that can't be used
 */
export async function prepareSshHost(
  address: SshAddress,
  access: SshAccess,
  step: StepContext,
): Promise<SshHost> {
  const privateKeys =
    access.privateKey === undefined ? undefined : parsePrivateKeys(access.privateKey, access.passphrase);
  const certificates = parseSshCertificates(access);
  const environment =
    privateKeys === undefined ? userSshEnvironment(access.variables) : sshEnvironment(access.variables);
  const folder = await makeSshFolder(access, certificates, step);
  let agent: SshAgent | undefined;
  try {
    agent =
      privateKeys === undefined
        ? userSshAgent(environment, step)
        : await startSshAgent(folder.path, access, privateKeys, step);
    const details = await checkSshCertificates(certificates, agent, step);
    const settings =
      privateKeys !== undefined && access.config.trim() === ''
        ? plainSettings(address)
        : await readSshSettings(address, folder.configFile, environment, step);
    const checks = [folder.knownHostsChecked, agent.ready];
    const inputsChecked = inBackground(allOrThrow(checks).then(() => undefined));
    return new SshHost(address, step, {
      ...{ folder, agent, settings, environment, inputsChecked },
      certificates: details,
      userKeys: privateKeys === undefined,
      userKnownHosts: access.knownHosts === undefined,
    });
  } catch (error) {
    await agent?.end();
    await folder.remove();
    throw error;
  }
}
