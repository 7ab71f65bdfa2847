/** A first deploy dies at each step of its plan. */
import { provesFirstDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesFirstDeaths(await labWith(1));
