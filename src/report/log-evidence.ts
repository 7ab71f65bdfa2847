import type { Log } from '../model/log.ts';
import type { Evidence } from '../plan/outcome.ts';
import { logCollapsed } from './console.ts';
import { splitEvidence } from './evidence.ts';
import { evidenceLines } from './log-lines.ts';

/** Logs why containers failed; of those that were only stopped with them, in a closed group. */
export function logEvidence(evidence: readonly Evidence[], log: Log): void {
  const { shown, others, title } = splitEvidence(evidence);
  for (const line of shown.flatMap(evidenceLines)) log.info(line);
  if (others.length > 0) logCollapsed(title, others.flatMap(evidenceLines));
}
