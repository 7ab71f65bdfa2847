/** Pushes to a registry that fails, from each image store. */
import { proveFaults } from '../../support/image-proofs.ts';

proveFaults('containerd');
proveFaults('classic');
