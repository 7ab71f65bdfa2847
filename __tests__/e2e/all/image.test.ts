/** Builds that want more, go wrong, or are made elsewhere (../image.test.ts). */
import { proveBuilds, proveOtherSources } from '../../support/image-proofs.ts';

proveBuilds('containerd');
proveOtherSources();
