import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerDetails } from '../engine/engine.ts';
import { messageOf, messageWithHost } from '../model/errors.ts';
import type { Evidence } from '../plan/outcome.ts';
import { serviceOf } from './compose-labels.ts';
import { inspectReplicas } from './containers.ts';
import type { HostContext } from './host-context.ts';
import type { ReplicaQuery } from './replica-selection.ts';

const LOG_LINES = 20;
const HEALTHCHECK_LINES = 10;
/** Milliseconds. The rollback waits for the evidence, and a log driver can take as long as it likes. */
const LOG_TIMEOUT = 3_000;

/** In these states a container has an exit code. The engine reports 0 for one that runs again. */
const EXIT_CODE_STATES: ReadonlySet<ContainerDetails['state']> = new Set(['exited', 'dead', 'restarting']);

/**
 * Collects why containers failed, before a rollback stops them: state, exit code, health and last log lines. Each container
 * is reported once. Never throws: what can't be read gives no evidence, and the rollback must still run.
 *
 * @param queries the `stop-services` actions that are about to undo what this run started
 */
export async function collectEvidence(
  context: HostContext,
  queries: readonly ReplicaQuery[],
): Promise<readonly Evidence[]> {
  const found = await Promise.all(
    queries.map((query) =>
      inspectReplicas(context, query).catch((error: unknown) => {
        context.log.debug(`No evidence of failed containers: ${messageWithHost(context.engine.host, error)}`);
        return [];
      }),
    ),
  );
  const containers = new Map(found.flat().map((container) => [container.id, container]));
  return await Promise.all([...containers.values()].map((container) => evidenceOf(context, container)));
}

async function evidenceOf(context: HostContext, container: ContainerDetails): Promise<Evidence> {
  const logLines = await lastLogLines(context, container.id);
  return {
    host: context.engine.host,
    container: container.name,
    service: serviceOf(container) ?? container.name,
    state: container.state,
    exitCode: EXIT_CODE_STATES.has(container.state) ? container.exitCode : undefined,
    oomKilled: container.oomKilled,
    health: container.health?.status === 'none' ? undefined : container.health?.status,
    lastLines: logLines.length > 0 ? logLines : lastHealthcheckLines(container),
  };
}

/** The last lines of a container; empty for a log driver that can't be read. */
export async function lastLogLines(
  { engine, log }: Pick<HostContext, 'engine' | 'log'>,
  id: string,
): Promise<readonly string[]> {
  const lines = engine.containerLogs(id, LOG_LINES).catch((error: unknown) => {
    log.debug(messageOf(error));
    return [];
  });
  return Promise.race([lines, pause(LOG_TIMEOUT, [], { ref: false })]);
}

function lastHealthcheckLines({ health }: ContainerDetails): readonly string[] {
  const output = health?.lastOutput.trim() ?? '';
  return output === '' ? [] : output.split('\n').slice(-HEALTHCHECK_LINES);
}
