/** From a commit to a digest in a registry. */
import { proveImages, proveTags } from '../support/image-proofs.ts';

proveImages('containerd');
proveTags('containerd');
