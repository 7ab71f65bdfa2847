import type { ActionContext } from '../action-context.ts';
import { isCausedByAbort } from '../model/errors.ts';
import type { LogsRequest } from '../model/request.ts';
import { combineFailures } from '../report/failures.ts';
import type { LogsReport } from '../report/report.ts';
import { onReachableHosts } from '../rollout/fleet.ts';
import { printLogs } from '../rollout/print-logs.ts';
import { programEnvironment } from '../run/environment.ts';
import { bringCompose, findComposeShortcoming, hostEnvironment } from '../tools/compose-plugin.ts';

/**
 * Prints what the containers of a release have printed, from all hosts at once. Changes nothing. With `follow` it goes on until it is
 * ended, which is no failure.
 * @throws SealiftError if a host can't be asked, after all others are printed
 */
export async function logs(request: LogsRequest, context: ActionContext<LogsReport>): Promise<void> {
  const { destination, follow } = request;
  const { report, signal } = context;
  report.set({ app: destination.app, environment: destination.environment });
  const plugin = await bringCompose(await findComposeShortcoming(), context, signal);
  const environment = await hostEnvironment(programEnvironment(), plugin, context);
  const { results, failures } = await onReachableHosts(destination, context, async (engine) => {
    const printed = printLogs(engine, request, { ...context, environment });
    if (!follow) return await printed;
    return await printed.catch((error: unknown) => {
      if (isCausedByAbort(error, signal)) return undefined;
      throw error;
    });
  });
  const printed = results.flatMap((each) => each ?? []);
  report.set({ printed, result: failures.length > 0 ? 'failed' : 'printed' });
  if (failures.length === 1) throw failures[0]?.error;
  if (failures.length > 0) throw combineFailures(failures);
}
