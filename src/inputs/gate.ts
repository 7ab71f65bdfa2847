import { APPROVAL_MODES, type ApprovalMode } from '../model/approval.ts';
import type { GateOptions } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import { isProductionName } from './names.ts';
import type { Inputs } from './reader.ts';

/** How the approval for an environment is checked. */
export function readGateOptions(inputs: Inputs, environment: string): GateOptions {
  return {
    approval: readApproval(inputs, environment),
    allowSelfApproval: inputs.flag('allow-self-approval'),
    strict: inputs.flag('strict-approval'),
    checkRunId: inputs.has('check-run-id') ? readCheckRunId(inputs) : undefined,
    token: inputs.text('github-token'),
  };
}

/** A production environment without reviewers is more often a mistake than a choice. */
function readApproval(inputs: Inputs, environment: string): ApprovalMode {
  if (inputs.text('approval') !== undefined) return inputs.choice('approval', APPROVAL_MODES);
  return isProductionName(environment) ? 'required' : 'if-protected';
}

function readCheckRunId(inputs: Inputs): number | undefined {
  const text = inputs.text('check-run-id');
  if (text === undefined) return undefined;
  const id = Number(text);
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new ConfigurationError(
    `check-run-id: "${text}" is not the number of a check run. Remove the input: by default it is that of this job.`,
  );
}
