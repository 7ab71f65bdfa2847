import type { ActionContext } from '../action-context.ts';
import { currentReporter } from '../report/console.ts';
import type { Report } from '../report/report.ts';
import { reportFailure } from '../report-failure.ts';

/** Does the work of a post step, and publishes what was done. A failure is reported, not thrown. */
export async function reportedPost<Body extends Report>(
  context: ActionContext<Body>,
  work: (context: ActionContext<Body>) => Promise<void>,
): Promise<void> {
  const { report } = context;
  const startedAt = performance.now();
  try {
    await work(context);
  } catch (error) {
    reportFailure(error, report);
  }
  report.setHead({ durationMs: Math.round(performance.now() - startedAt) });
  await currentReporter().publish(report.current);
}
