/** What the old release was still answering, with strategies that move a part of the traffic at a time (../drain.test.ts). */
import { proveDraining } from '../../support/drain-proofs.ts';
import { labWith } from '../../support/lab.ts';

proveDraining(await labWith(1), ['rolling', 'canary']);
