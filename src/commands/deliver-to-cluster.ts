import type { ActionContext } from '../action-context.ts';
import { githubOptions, requireApproval } from '../approval.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { type ComposeFile, resolveComposeFile } from '../compose-file.ts';
import { createStaleCommitCheck } from '../gate/stale-commit.ts';
import { resolveOtherImages } from '../image/other-images.ts';
import { type DeployImages, startImageLookup } from '../image-lookup.ts';
import { registryOfInput } from '../inputs/registry.ts';
import type { HostName, ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import { GITHUB_REGISTRY, registryOf } from '../model/registry.ts';
import type { Origin } from '../model/release.ts';
import type { ClusterDeployRequest } from '../model/request.ts';
import { rejectUnknownServices } from '../release/compose/insert-images.ts';
import { minimalComposeFile } from '../release/compose/minimal-compose-file.ts';
import { parseHooks } from '../release/hooks.ts';
import { findRollbackWorkflow } from '../release/rollback-workflow.ts';
import { makeStackRelease, type StackRelease } from '../release/stack/make-stack-release.ts';
import { type StackProject, stackProject } from '../release/stack/stack-project.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { addWarnings } from '../report/report-draft.ts';
import { inBackground, openInBackground } from '../run/promises.ts';
import { DEFAULT_RETRY_POLICY } from '../run/retry.ts';
import { connectToManagers } from '../swarm/manager-connection.ts';
import { SwarmCluster } from '../swarm/swarm-cluster.ts';
import { hostEnvironment } from '../tools/compose-plugin.ts';

/**
 * Delivers a commit to a cluster: reads the Compose file, connects, builds or finds the images, makes a release of them and deploys
 * it. Nothing is touched before the run is approved. Whatever is wrong is reported before anything is changed.
 */
export async function deliverToCluster(
  request: ClusterDeployRequest,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options, source, orchestrator } = request;
  context.report.set({
    app: destination.app,
    environment: destination.environment,
    rollbackWorkflow: await findRollbackWorkflow(process.cwd()),
  });
  const approval = await requireApproval(request, options.dryRun, context);

  await using connection = openInBackground(connectToManagers(destination, context));
  const readingFile = inBackground(group('Read the Compose file', () => readStack(request, context)));
  await using imageLookup = startImageLookup(request, readingFile, options, context);
  const { project } = await readingFile;
  const managers = await group('Connect', () => connection.opened);
  const hooks = {
    before: parseHooks(project, 'before-release', options.beforeRelease),
    after: parseHooks(project, 'after-release', options.afterRelease),
  };
  const images: DeployImages[] = [];
  const environment = async (): Promise<Readonly<Record<string, string>>> =>
    await hostEnvironment((images[0] ?? (await imageLookup.resolve())).environment, undefined, context);
  const cluster = new SwarmCluster(managers, destination, context, environment);
  const before = await cluster.observe();
  const rejectStaleCommit = clusterStaleCommitCheck(request, context, cluster.host);
  // A build moves tags, so it must not begin with an old commit. The commit of an existing image is known only later.
  if (source.kind === 'build')
    await rejectStaleCommit(context.commit.sha, acceptedRelease(before.records)?.origin);

  const found = await imageLookup.resolve();
  images.push(found);
  await rejectStaleCommit(found.revision, acceptedRelease(before.records)?.origin);
  warnOfJobToken(request, found, context);

  await using _lock = options.dryRun ? undefined : await cluster.lock(context.triggeredBy);
  // A long build may outlive what was observed before it.
  const observation = await cluster.observe();
  const previous = acceptedRelease(observation.records);
  const others = await resolveOthers(project, previous, request, found, context);
  const { release, contents } = makeStackRelease(
    project,
    { built: found.images, others },
    { timeout: options.healthTimeout },
    originOfRelease(context, found, source),
    options.force,
  );
  context.report.set({ release: release.id, revision: release.origin.revision });
  await deployToCluster({
    ...{ cluster, orchestrator, found: observation, release, contents, hooks, options, approval, context },
    command: 'deploy',
    keep: options.keep,
  });
}

async function readStack(
  { destination, source, options }: ClusterDeployRequest,
  context: ActionContext<DeploymentReport>,
): Promise<ComposeFile & { readonly project: StackProject }> {
  const { log } = context;
  const repository =
    source.kind === 'build' ? source.repository : (source.images.get('')?.repository ?? destination.app);
  if (options.compose.files === undefined) {
    log.info('There is no Compose file, so this one is used:');
    const lines = minimalComposeFile(destination.app, options.compose).trimEnd().split('\n');
    for (const line of lines) log.info(`  ${line}`);
  }
  const file = await resolveComposeFile(options.compose, destination, repository, context);
  const project = stackProject(file.resolved, destination);
  if (source.kind === 'existing')
    rejectUnknownServices({ ...project, base: project.compose }, source.images.keys());
  for (const notice of project.notices) log.notice(notice);
  return { ...file, project };
}

/** The digests of images that are not built: those of the live release, as long as the file names the same. */
async function resolveOthers(
  { otherImages }: StackProject,
  previous: StackRelease | undefined,
  { options }: ClusterDeployRequest,
  { environment }: DeployImages,
  action: ActionContext<DeploymentReport>,
): Promise<ReadonlyMap<ServiceName, PinnedImage>> {
  const kept = new Map<ServiceName, PinnedImage>();
  const sought = new Map<ServiceName, string>();
  for (const [name, reference] of Object.entries(otherImages)) {
    const before = previous?.services[name];
    if (options.accessories === 'leave' && before?.reference === reference) kept.set(name, before.image);
    else sought.set(name, reference);
  }
  const context = { ...action, environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY };
  const resolved = sought.size === 0 ? [] : await resolveOtherImages(sought, context);
  return new Map([...kept, ...resolved]);
}

/** A swarm pulls again when it moves a container, and the token of the job is dead by then. */
function warnOfJobToken(
  { registry }: ClusterDeployRequest,
  { images }: DeployImages,
  { log, report }: ActionContext<DeploymentReport>,
): void {
  const usesRegistry = [...images.values()].some((image) => registryOf(image) === GITHUB_REGISTRY);
  const hasLogin =
    registry.unnamed !== undefined || registry.logins.some((login) => login.registry === GITHUB_REGISTRY);
  if (hasLogin || registry.token === undefined || !usesRegistry) return;
  const warning =
    'github-token: the swarm gets the token of this job to pull from ghcr.io, and it dies with the job. A node that must pull later, for example when another one fails, can not. Set registry-username and registry-password to a login that lasts and may only read.';
  log.warning(warning);
  addWarnings(report, [warning]);
}

function clusterStaleCommitCheck(
  { gate, allowDowngrade }: ClusterDeployRequest,
  context: ActionContext<DeploymentReport>,
  host: HostName,
): (sha: string | undefined, origin: Origin | undefined) => Promise<void> {
  const check = createStaleCommitCheck(gate.token, allowDowngrade, {
    ...githubOptions(context),
    repository: context.commit.repository,
    workspace: process.cwd(),
  });
  return (sha, origin) => check(sha, [{ host, origin }]);
}

function originOfRelease(
  { commit }: ActionContext,
  { tags, revision }: DeployImages,
  source: ClusterDeployRequest['source'],
): Origin {
  const { ref, actor, runUrl, repository } = commit;
  const registry = registryOfInput(source);
  return { revision, ref, actor, runUrl, repository, registry, tags, createdAt: new Date().toISOString() };
}
