/** Identifiers as a test writes them, through the functions that check them in `src`. */
export { hostName, parseReleaseId as releaseId } from '../../src/model/identifiers.ts';
