/** Deploys that by turns open and close the way to an app die: its ports, its domain, its edge and the front come and go. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(1), 'opening');
