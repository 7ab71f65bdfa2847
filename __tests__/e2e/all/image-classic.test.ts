/** The same as ../image.test.ts and image.test.ts with the older one of the two image stores that an engine can have. */
import { proveBuilds, proveImages, proveTags } from '../../support/image-proofs.ts';

proveImages('classic');
proveBuilds('classic');
proveTags('classic');
