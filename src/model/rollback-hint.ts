import type { HostName } from './identifiers.ts';
import { byPlace } from './place-words.ts';

/** How a person goes back from a release to the one before it. */
export interface RollbackHint {
  /** What there is of the one before: containers, which only start again, or a record, from which it is deployed as it was. */
  readonly keeps: 'containers' | 'record';
  /** Lines of YAML: the inputs of `rollback/` that say where. */
  readonly inputs: readonly string[];
}

/** The inputs by which hosts are reached. */
export const hostInputs = (hosts: readonly HostName[]): readonly string[] => [
  'hosts: |',
  ...hosts.map((host) => `  ${host}`),
  `# plus ssh-key, known-hosts, … as ${byPlace('in this job', 'here')}`,
];
