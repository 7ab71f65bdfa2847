/** A deploy dies of which some servers have accepted the release, and another one has gone back; then the run that makes the fleet one again dies, too. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(3), 'parted');
