import { deliverToHosts } from './deliver.ts';
import { finishOnHosts } from './finish-on-hosts.ts';
import { removeFromHosts } from './remove.ts';
import { rollbackHosts } from './rollback.ts';
import { statusOfHosts } from './status.ts';
import type { Target } from './target.ts';
import { unlockHosts } from './unlock.ts';

/** Docker engines that do what they are told: Sealift itself decides where and when containers run, and moves the traffic. */
export const hostsTarget: Target<'docker'> = {
  deliver: deliverToHosts,
  rollback: rollbackHosts,
  status: statusOfHosts,
  remove: removeFromHosts,
  unlock: unlockHosts,
  finish: finishOnHosts,
};
