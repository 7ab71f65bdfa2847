import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import { byPlace, thisRunner } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import { programEnvironment } from '../run/environment.ts';
import type { PinnedTool } from './pinned-tool.ts';

const KUBECTL_RELEASE = 'https://dl.k8s.io/release/v1.36.1/bin/linux';

/**
 * The kubectl that Sealift brings to a runner without one. Public sources that are independent of each other agree on both
 * checksums: the build of a scanner of Rancher's (rancher/security-scan, `hack/make/deps.mk` of version 1.36.1) and the tools of
 * cert-manager (cert-manager/makefile-modules, `modules/tools/00_mod.mk` of that version).
 */
export const KUBECTL: PinnedTool = {
  name: 'kubectl',
  title: 'kubectl',
  version: '1.36.1',
  files: {
    'linux-x64': {
      url: `${KUBECTL_RELEASE}/amd64/kubectl`,
      sha256: '629d3f410e09bf49b64ae7079f7f0bda1191efed311f7d37fdbab0ad5b0ec2b7',
    },
    'linux-arm64': {
      url: `${KUBECTL_RELEASE}/arm64/kubectl`,
      sha256: '59f7ee8e477fae658447607dc3c8790ac17a1b016c01c622c12070e969e2d4e7',
    },
  },
  advice: 'Install kubectl on this machine first.',
};

export interface FoundKubectl {
  readonly program: string;
  /** `v1.36.1` */
  readonly version: string;
}

/** kubectl: the runner's own, else one that Sealift brings. */
export async function findKubectl(step: StepContext, signal: AbortSignal): Promise<FoundKubectl> {
  try {
    const { stdout } = await step.run('kubectl', ['version', '--client', '--output', 'json'], {
      env: programEnvironment(),
      signal,
    });
    const version = asText(asObject(asObject(JSON.parse(stdout))['clientVersion'])['gitVersion']);
    return { program: 'kubectl', version: version ?? '' };
  } catch (error) {
    if (error instanceof CommandError)
      throw new SealiftError(`kubectl of ${thisRunner()} does not work: ${error.message}`, { cause: error });
    if (!(error instanceof ConfigurationError)) throw error;
    step.log.info(
      `${byPlace('This runner has no kubectl. This step', 'This machine has no kubectl. This command')} uses ${KUBECTL.version}.`,
    );
    const { fetchTool } = await import('./fetch-tool.ts');
    return { program: await fetchTool(KUBECTL, step, signal), version: `v${KUBECTL.version}` };
  }
}
