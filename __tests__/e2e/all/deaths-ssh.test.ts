/** Over SSH, a deploy with a domain, commands around the release and a proxy of the Compose file dies at each step that these need. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

provesDeaths(await labWith(1), 'ssh');
