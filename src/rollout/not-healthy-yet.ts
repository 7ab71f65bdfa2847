import type { Engine } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { oneLine } from '../model/plain-text.ts';
import { containerStateText } from './container-health.ts';
import type { WatchedContainer } from './container-watcher.ts';
import type { OwnCheck } from './slow-healthcheck.ts';

/** What is said of containers that a deploy still waits for. */

/** A container, and what its checks have seen so far. */
interface UnhealthyContainer extends Pick<WatchedContainer, 'subject' | 'crashHistory'> {
  readonly answered: boolean;
  readonly seen: string | undefined;
  readonly ownCheck: OwnCheck;
}

/** When the time is over for containers that are not healthy yet. */
export async function healthTimeoutError(
  engine: Engine,
  late: readonly UnhealthyContainer[],
  timeout: number,
): Promise<HostError> {
  const text = `not healthy within ${formatDuration(timeout)} (${await unhealthyText(engine, late)})`;
  const [job] = late.filter(({ subject }) => subject.ending === 'always');
  const advice =
    job === undefined
      ? `Increase "${inputRef('health-timeout')}", or fix what the container logs show.`
      : `${job.subject.service} must end before traffic moves, because it has restart: "no" or another service waits for its end. ` +
        `Increase "${inputRef('health-timeout')}"; or, if it is to keep running, give it restart: unless-stopped.`;
  return new HostError(engine.host, `${text}. ${advice}`);
}

/** What the edge got: `answered 503 to the edge`, `no answer to the edge: connection refused`. */
function answerText(seen: string | undefined): string {
  if (seen?.startsWith('answered ')) return `${seen} to the edge`;
  return `no answer to the edge${seen === undefined || seen === 'no answer' ? '' : `: ${seen}`}`;
}

/** The states of containers that are not healthy yet: `web: running, HEALTHCHECK starting, no answer to the edge`. */
export async function unhealthyText(
  engine: Engine,
  containers: readonly UnhealthyContainer[],
): Promise<string> {
  const states = await Promise.all(
    containers.map(async (each) => {
      const details = await engine.inspectContainer(each.subject.container.id);
      const silent = each.answered ? '' : `, ${answerText(each.seen)}`;
      const { output } = each.ownCheck;
      const said =
        details.health?.status === 'starting' && output !== undefined ? `: ${oneLine(output)}` : '';
      return `${each.subject.service}: ${containerStateText(details, each.crashHistory(details))}${said}${silent}`;
    }),
  );
  return [...new Set(states)].join('; ');
}
