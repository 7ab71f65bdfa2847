import type { HostContext } from './host-context.ts';
import { saveRecords } from './state-store.ts';

/** Writes the records of a host, and continues with them. */
export async function updateRecords(
  { engine, appEnvironment, runState }: HostContext,
  records: HostContext['runState']['records'],
): Promise<undefined> {
  await saveRecords(engine, appEnvironment, records);
  runState.records = records;
}
