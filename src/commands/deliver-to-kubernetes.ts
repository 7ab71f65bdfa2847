import type { ActionContext } from '../action-context.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { lockCluster } from '../cluster-lock.ts';
import { startImageLookup } from '../image-lookup.ts';
import { KubernetesCluster } from '../kubernetes/kubernetes-cluster.ts';
import type { KubernetesConnection } from '../kubernetes/open-kubernetes.ts';
import { placeInNamespace, requireNamespace } from '../kubernetes/place-in-namespace.ts';
import { knownRegistrySecret, registrySecret } from '../kubernetes/registry-secret.ts';
import { renderManifests } from '../kubernetes/render-manifests.ts';
import { lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import type { DeliverRequest } from '../model/request.ts';
import { parseHooks } from '../release/hooks.ts';
import {
  type KubernetesProject,
  makeKubernetesRelease,
} from '../release/kubernetes/make-kubernetes-release.ts';
import { group } from '../report/console.ts';
import type { DeploymentReport } from '../report/report.ts';
import { inBackground, openInBackground } from '../run/promises.ts';
import { findNewerImages, originOfRelease, readImagesToBuild, warnOfJobToken } from './cluster-delivery.ts';
import { connectToKubernetes } from './connect-to-kubernetes.ts';

/** The nodes pull by themselves, and the token of the job is no login for them. */
const kubernetesTokenWarning = (): string =>
  `${inputRef('pull-secret')}: the nodes of the cluster need a login of their own to pull from ghcr.io, unless the image is public${byPlace('; the token of this job dies with the job', '')}. Set "${inputRef('pull-secret')}", "${inputRef('registry-username')}" and "${inputRef('registry-password')}" to one that lasts and may only read, or give the pods a secret of your own.`;

/**
 * Delivers a commit to a Kubernetes cluster: connects, renders the manifests, builds or finds the images, makes a release of them and
 * deploys it. Whatever is wrong is reported before anything is changed.
 */
export async function deliverToKubernetes(
  request: DeliverRequest<'kubernetes'>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> {
  const { destination, options, source, registry } = request;
  await using connecting = openInBackground(connectToKubernetes(destination, context));
  const readingFile = inBackground(readImagesToBuild(request, context));
  await using imageLookup = startImageLookup(request, readingFile, options, context);
  const connection = await group('Connect', () => connecting.opened);
  const project = await group('Read the manifests', () => readProject(request, connection, context));
  const cluster = new KubernetesCluster(connection, destination, context, {
    adopt: options.adopt,
    traffic: options.traffic,
    registrySecret: ({ services }) =>
      options.pullSecret === undefined
        ? undefined
        : knownRegistrySecret(
            options.pullSecret,
            Object.values(services).map(({ image }) => image),
            registry,
          ),
  });
  const before = await cluster.observe();
  const live = { host: cluster.host, origin: acceptedRelease(before.records)?.origin };
  const found = await findNewerImages(imageLookup, live, request, context);
  if (options.pullSecret === undefined) warnOfJobToken(request, found, kubernetesTokenWarning(), context);
  else registrySecret(options.pullSecret, found.images.values(), registry);

  if (!options.dryRun) await cluster.makeNamespaces(project.manifests.map(({ object }) => object));
  await using lock = await lockCluster(cluster, lockWait(options, request.gate), context);
  // A long build may outlive what was observed before it.
  const observation = await cluster.observe();
  const release = makeKubernetesRelease(
    project,
    found.images,
    { timeout: options.healthTimeout },
    originOfRelease(context, found, source),
    options.force,
  );
  const hooks = {
    before: parseHooks(release, 'before-release', options.beforeRelease),
    after: parseHooks(release, 'after-release', options.afterRelease),
  };
  context.report.set({ release: release.id, revision: release.origin.revision });
  await deployToCluster({
    ...{ cluster, lock, found: observation, release, contents: [], hooks, options, approval, context },
    command: 'deploy',
    keep: options.keep,
  });
}

async function readProject(
  { destination, options }: DeliverRequest<'kubernetes'>,
  connection: KubernetesConnection,
  context: ActionContext<DeploymentReport>,
): Promise<KubernetesProject> {
  const { app, environment } = destination;
  const { namespace, kubectl, version } = connection;
  const rendered = await renderManifests(options.manifests, {
    ...{
      kubectl: kubectl.program,
      version,
      of: { app, environment },
      namespace,
      step: context,
      signal: context.signal,
    },
  });
  await requireNamespace(connection, rendered);
  const manifests = await placeInNamespace(rendered, connection);
  for (const { object, source } of manifests)
    context.log.info(`  ${object.kind} ${object.metadata.name} (${source})`);
  return {
    app,
    environment,
    namespace,
    manifests,
    pullSecret: options.pullSecret,
    sideBySide: options.traffic.kind !== 'rolling',
  };
}
