import { formatBytes } from '../model/bytes.ts';
import { joinWithAnd } from '../model/text.ts';
import { ARCHIVE_FILE } from './archive-files.ts';
import type { ArchivedImage, ArchiveRecord } from './archive-record.ts';

const USES = {
  release: 'the release',
  accessory: 'accessories',
  edge: "Sealift's edge",
  'tcp-edge': "Sealift's TCP edge",
} as const;

/** What stands in the archive for a person who finds it. The same for equal content. Pure. */
export function archiveReadme(record: ArchiveRecord, { isSigned }: { readonly isSigned: boolean }): string {
  const { app, environment, release, images, since } = record;
  const file = archiveName(record);
  return `# ${app} ${release} for ${environment}

One release of the app ${app}, made by Sealift for servers that reach no registry. On the other side:

    sealift import --archive ${file} --environment ${environment} --hosts ssh://user@server

That verifies every part of it before it changes anything, loads the images, and deploys the release.

## What is in it

| File | Content |
| --- | --- |
| \`${ARCHIVE_FILE.record}\` | The images and their blobs |
| \`${ARCHIVE_FILE.release}\` | The release: its resolved Compose file, with digests in place of tags |
| \`${ARCHIVE_FILE.configs}\` | The contents of its configs. Contents of secrets are in no archive |
| \`${ARCHIVE_FILE.layout}\`, \`${ARCHIVE_FILE.index}\`, \`blobs/\` | The images, as an OCI image layout |
${since === undefined ? `| \`${ARCHIVE_FILE.dockerManifest}\` | The same for \`docker load\` of an engine without containerd |\n` : ''}| \`${ARCHIVE_FILE.sums}\` | SHA-256 of every other file |
${isSigned ? `| \`${ARCHIVE_FILE.signature}\` | The signature of that by an SSH key |\n` : ''}
| Image | For | Platforms | Size |
| --- | --- | --- | --- |
${images.map(imageRow).join('\n')}

## Without Sealift

    mkdir parts && tar -C parts -xf ${file} && cd parts && sha256sum -c ${ARCHIVE_FILE.sums}
${isSigned ? `    ssh-keygen -Y verify -n sealift -f allowed_signers -I SIGNER -s ${ARCHIVE_FILE.signature} < ${ARCHIVE_FILE.sums}\n` : ''}${
  since === undefined
    ? `    docker load -i ${file}\n`
    : `\nLayers that the images of release ${since} have are left out, so \`docker load\` can't read this archive.\n`
}`;
}

/** The name of the file of an archive. */
export const archiveName = ({ app, release }: Pick<ArchiveRecord, 'app' | 'release'>): string =>
  `${app}-${release}.sealift.tar`;

function imageRow({ name, use, platforms, blobs }: ArchivedImage): string {
  const bytes = blobs.reduce((sum, { size, of }) => sum + (of === undefined ? size : 0), 0);
  return `| \`${name}\` | ${USES[use]} | ${joinWithAnd(platforms)} | ${formatBytes(bytes)} |`;
}
