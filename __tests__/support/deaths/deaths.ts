/** Where an action may die: at which step of its plan, and when. */
import { type PlannedStep, type StepEvent, stepText } from './plan-steps.ts';

export interface Death {
  readonly step: PlannedStep;
  /** `during`: while the command of the step runs. */
  readonly when: 'before' | 'during' | 'after';
}

/** A deploy to a fleet, of which some servers have accepted the release and another one has gone back: see parting.ts. */
export const PARTED = 'parted';
export type Ending = Death | typeof PARTED;

export const deathText = (ending: Ending): string =>
  ending === PARTED ? 'when only the last server had gone back' : `${ending.when} ${stepText(ending.step)}`;

const EVENTS = { before: 'begins', during: 'prints', after: 'ends' } as const;

/** Whether an event is the moment of a death. */
export const isMomentOf = ({ step, when }: Death, event: StepEvent): boolean =>
  event.event === EVENTS[when] && stepText(event.step) === stepText(step);

/**
 * Where to die so that every state is met that a death can leave: before the first step, and after each one. Where one server works alone,
 * what is so after a step is so before the next one too.
 * @param isMeant the steps to die at; all of them, unless it is said
 */
export const deathsIn = (
  steps: readonly PlannedStep[],
  isMeant: (step: PlannedStep) => boolean = () => true,
): readonly Death[] =>
  steps.flatMap((step, index): readonly Death[] => {
    if (!isMeant(step)) return [];
    const former = steps[index - 1];
    const isMet = former !== undefined && isMeant(former);
    // After the last command a run asks nothing more of the server: it may have ended before the signal comes.
    const mayBeOver = step.kind === 'run-hook' && index === steps.length - 1;
    return [
      ...(isMet ? [] : [{ step, when: 'before' } as const]),
      ...(step.kind === 'run-hook' ? [{ step, when: 'during' } as const] : []),
      ...(mayBeOver ? [] : [{ step, when: 'after' } as const]),
    ];
  });
