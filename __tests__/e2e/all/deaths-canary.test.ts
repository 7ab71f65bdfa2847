/** A deploy with the strategy canary dies at each step of its plan (../killed.test.ts has some). */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(1), 'canary');
