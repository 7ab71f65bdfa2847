import { asObject, asText } from '../model/json.ts';

/** Who wants to change something in a cluster. */
export interface ClusterLockOwner {
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
}

/** The run that has the lock of an app in a cluster, as it wrote itself down; empty for anything else. */
export function readLockOwner(text: string | undefined): ClusterLockOwner {
  try {
    const owner = asObject(JSON.parse(text ?? ''));
    return { actor: asText(owner['actor']), runUrl: asText(owner['runUrl']) };
  } catch {
    return { actor: undefined, runUrl: undefined };
  }
}
