/** A deploy that fails dies while it goes back; then the run that repairs that dies, too. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(1), 'failing');
