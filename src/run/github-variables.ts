/** What the runner says about the workflow (docs.github.com, "Variables reference"); `undefined` also for an empty variable. */
export function githubVariables(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const read = (name: string): string | undefined => environment[`GITHUB_${name}`] || undefined;
  return {
    /** Who started this run. For a run that was started again, GITHUB_ACTOR is still the first person. */
    actor: read('TRIGGERING_ACTOR') ?? read('ACTOR'),
    /** Of GitHub Enterprise Server: `https://github.example.com/api/v3`. */
    apiUrl: read('API_URL') ?? 'https://api.github.com',
    /** `owner/name` of the action that runs. */
    actionRepository: read('ACTION_REPOSITORY'),
    event: read('EVENT_NAME'),
    eventPath: read('EVENT_PATH'),
    /** Key of the job in its workflow. */
    job: read('JOB'),
    ref: read('REF'),
    /** `owner/name`. */
    repository: read('REPOSITORY'),
    /** From 1; a run that was started again has a higher one. */
    runAttempt: read('RUN_ATTEMPT'),
    runId: read('RUN_ID'),
    serverUrl: read('SERVER_URL') ?? 'https://github.com',
    sha: read('SHA'),
    /** `octo/shop/.github/workflows/deliver.yml@refs/heads/main`. */
    workflowRef: read('WORKFLOW_REF'),
    workspace: read('WORKSPACE'),
  };
}

/** Whether a server is GitHub's own, to which ghcr.io belongs. The tokens of another server are unknown there. */
export const isGitHubDotCom = (serverUrl: string): boolean => serverUrl === 'https://github.com';
