/** What the old release was still answering: it ends there, or is cut when its time is over, and counted. */
import { proveDraining } from '../support/drain-proofs.ts';
import { labWith } from '../support/lab.ts';

proveDraining(await labWith(1), ['blue-green']);
