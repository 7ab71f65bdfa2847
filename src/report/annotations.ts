import type { ConfigurationPlace } from '../model/errors.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import { lineOfKey } from '../model/yaml-lines.ts';
import type { Report } from './report.ts';
import { type FilePlace, type WorkflowJob, workflowPlace } from './workflow-place.ts';

/** What GitHub shows above the log of a run, and beside a line of the file. */
export interface FailureAnnotation extends Partial<FilePlace> {
  readonly message: string;
  readonly title: string;
}

/** Where the places of annotations come from. */
export interface AnnotationSources {
  /** Whether an action has an input of that name. The messages about inputs begin with it. */
  readonly isInput: (name: string) => boolean;
  readonly workflowJob: WorkflowJob;
  /** The text of a file of the checkout; `undefined` if it can't be read. */
  readonly readText: (file: string) => string | undefined;
}

/** GitHub shows ten errors of a step at most, and nobody reads them all. */
const MAX_PLACES = 3;

/**
 * The annotations of a failed run: one with everything, titled with the input or the environment that it is about, and one at
 * each of the first places of the Compose file; a single problem has one. That of an input stands where the workflow gives it. Pure.
 *
 * @param headline the cause and the state that things are in
 */
export function failureAnnotations(
  error: unknown,
  headline: string,
  { app, environment }: Pick<Report, 'app' | 'environment'>,
  { isInput, workflowJob, readText }: AnnotationSources,
): readonly FailureAnnotation[] {
  const [, name = ''] = /^([a-z][a-z-]*): /.exec(headline) ?? [];
  const destination = [app, environment].filter((part) => part !== undefined).join(' → ');
  const where = environment === undefined ? 'Sealift' : `Sealift: ${destination}`;
  const places = error instanceof SealiftError ? error.places : [];
  const main = isInput(name)
    ? { title: `Input ${name}`, ...(places.length === 0 ? workflowPlace(workflowJob, name, readText) : {}) }
    : { title: where };
  const [first, ...others] = places
    .slice(0, MAX_PLACES)
    .flatMap((place) => placeAnnotation(place, readText) ?? []);
  // With one problem, both would say the same.
  if (first !== undefined && others.length === 0 && messageOf(error) === first.message) {
    return [{ ...first, message: headline, title: main.title }];
  }
  return [{ message: headline, ...main }, ...(first === undefined ? [] : [first, ...others])];
}

/** Of the first file that has the key. */
function placeAnnotation(
  { files, path, problem }: ConfigurationPlace,
  readText: (file: string) => string | undefined,
): (FailureAnnotation & FilePlace) | undefined {
  for (const file of files) {
    const startLine = lineOfKey(readText(file) ?? '', path);
    if (startLine !== undefined) return { message: problem, title: path.join('.'), file, startLine };
  }
  return undefined;
}
