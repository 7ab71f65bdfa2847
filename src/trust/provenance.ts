import type { Digest } from '../model/image.ts';
import { asText, type JsonObject } from '../model/json.ts';

/** An image as a statement names it. */
export interface Subject {
  readonly repository: string;
  readonly digest: Digest;
}

/**
 * What is attested about images: which workflow built them, from which commit (slsa.dev/provenance/v1, with the build type of GitHub's
 * workflows). It says nothing that the claims of the job's OIDC token do not say. Pure.
 */
export function provenanceOf(
  subjects: readonly Subject[],
  claims: JsonObject,
  serverUrl: string,
): JsonObject {
  const repository = `${serverUrl}/${claims['repository']}`;
  const [path = ''] = (asText(claims['workflow_ref']) ?? '')
    .replace(`${claims['repository']}/`, '')
    .split('@');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ repository: name, digest }) => ({
      ...{ name, digest: { sha256: digest.slice('sha256:'.length) } },
    })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: { workflow: { ref: claims['ref'], repository, path } },
        internalParameters: {
          github: {
            event_name: claims['event_name'],
            repository_id: claims['repository_id'],
            repository_owner_id: claims['repository_owner_id'],
            runner_environment: claims['runner_environment'],
          },
        },
        resolvedDependencies: [
          { uri: `git+${repository}@${claims['ref']}`, digest: { gitCommit: claims['sha'] } },
        ],
      },
      runDetails: {
        builder: { id: `${serverUrl}/${claims['job_workflow_ref']}` },
        metadata: {
          invocationId: `${repository}/actions/runs/${claims['run_id']}/attempts/${claims['run_attempt']}`,
        },
      },
    },
  };
}
