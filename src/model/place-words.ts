/** How texts speak of where a command runs: by default in a job of GitHub Actions. */
let isTerminal = false;

/** From now on, this process speaks to somebody at a terminal, who has neither job, step nor runner. */
export function speakToTerminal(): void {
  isTerminal = true;
}

/** A text for who reads it. Only where it is made when it is needed: while modules load, nobody knows who reads it. */
export const byPlace = (inJob: string, atTerminal: string): string => (isTerminal ? atTerminal : inJob);

/** What runs now. */
export const thisJob = (): string => byPlace('this job', 'this command');

/** Where it runs. */
export const thisRunner = (): string => byPlace('this runner', 'this machine');

/** The same beside other machines. */
export const theRunner = (): string => byPlace('the runner', 'this machine');

/** Somebody has ended it: the beginning of a sentence. */
export const wasCancelled = (): string => byPlace('The job was cancelled', 'The command was interrupted');

/** When else something is to be done: the end of a sentence. */
export const beforeThisStep = (): string => byPlace('in a step before this one', 'before');

/** Asks whether the files are there. */
export const checkoutQuestion = (): string =>
  byPlace('Does actions/checkout run before this step?', 'Is this the folder of the checkout?');
