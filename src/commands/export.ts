import { join } from 'node:path';
import type { ActionContext } from '../action-context.ts';
import { archiveName } from '../archive/archive-readme.ts';
import { exportRelease } from '../archive/export-release.ts';
import { findEarlierRecord } from '../archive/find-earlier-record.ts';
import { resolveComposeFile } from '../compose-file.ts';
import { startImageLookup } from '../image-lookup.ts';
import { registryOfInput } from '../inputs/registry.ts';
import { formatBytes } from '../model/bytes.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Origin } from '../model/release.ts';
import type { ExportRequest } from '../model/request.ts';
import { rejectUnknownServices } from '../release/compose/insert-images.ts';
import { splitProject } from '../release/compose/split-project.ts';
import { makeRelease } from '../release/make-release.ts';
import { group } from '../report/console.ts';
import type { ExportReport } from '../report/report.ts';
import { DEFAULT_RETRY_POLICY } from '../run/retry.ts';

/**
 * Writes a release into one file, with all images that its hosts need. Touches no host, so it asks for no approval: the import does.
 * @throws ConfigurationError for what the user can fix; then no file is there
 */
export async function exportArchive(
  request: ExportRequest,
  context: ActionContext<ExportReport>,
): Promise<void> {
  const { app, environment, source, compose } = request;
  const { log, report, signal } = context;
  report.set({ app, environment });
  const earlier = await findEarlierRecord(request);
  const split = await group('Read the Compose file', async () => {
    const repository = source.images.get('')?.repository ?? app;
    const file = await resolveComposeFile(compose, request, repository, context);
    return splitProject(file.resolved, request, compose.domains, request.edge);
  });
  for (const notice of split.notices) log.notice(notice);
  rejectUnknownServices(split, source.images.keys());
  await using lookup = startImageLookup(
    request,
    Promise.resolve({ resolved: undefined }),
    { dryRun: false },
    context,
  );
  const resolved = await lookup.resolve();
  const { images, tags, revision } = resolved;
  const { ref, repository } = context.commit;
  const origin: Omit<Origin, 'createdAt'> = {
    ...{ revision, ref, repository, registry: registryOfInput(source), tags },
    // Who imports it is who deploys it; and the same release is to be the same archive, whoever makes it.
    ...{ actor: undefined, runUrl: undefined },
  };
  const release = makeRelease(split, images, request.health, { ...origin, createdAt: '' });
  report.set({ release: release.id, revision });
  const file = join(request.path, archiveName({ app, release: release.id }));
  const { record, sha256, size } = await group(`Write ${file}`, () =>
    exportRelease(release, split.confidential, request, {
      ...context,
      ...{ environment: resolved.environment, workspace: process.cwd(), retryPolicy: DEFAULT_RETRY_POLICY },
      ...{ file, earlier, local: resolved.local },
    }),
  );
  const isSigned = request.signKey !== undefined;
  const archived = record.images.map(({ name, platforms }) => ({ image: name, platforms }));
  report.set({
    result: 'exported',
    archive: { file, sha256, size, isSigned, since: record.since, images: archived },
    state: `${file} has the release.`,
  });
  log.info(`${file}: ${formatBytes(size)}, SHA-256 ${sha256}${isSigned ? ', signed' : ''}`);
  if (!isSigned)
    log.notice(
      `The archive is not signed: whoever can change it on its way can change what is deployed. "${inputRef('sign-key')}" signs it.`,
    );
  signal.throwIfAborted();
}
