/** A rollback dies at each step of its plan. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(1), 'rollback');
