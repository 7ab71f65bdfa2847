import type { Initiator } from '../model/initiator.ts';
import { asObject, asText } from '../model/json.ts';

/** The run that has the lock of an app in a cluster, as it wrote itself down; empty for anything else. */
export function readLockOwner(text: string | undefined): Initiator {
  try {
    const owner = asObject(JSON.parse(text ?? ''));
    return { actor: asText(owner['actor']), runUrl: asText(owner['runUrl']) };
  } catch {
    return { actor: undefined, runUrl: undefined };
  }
}
