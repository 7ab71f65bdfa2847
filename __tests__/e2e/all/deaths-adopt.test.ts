/** The deploy that takes over what ran by `docker compose up -d` dies, and so does one that fails and gives it back. */
import { provesDeaths } from '../../support/deaths/proofs.ts';
import { labWith } from '../../support/lab.ts';

const lab = await labWith(1);

provesDeaths(lab, 'adopting');
provesDeaths(lab, 'giving-back');
