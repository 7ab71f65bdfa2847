import { gzipSync } from 'node:zlib';
import { type Descriptor, digestOfContent, MEDIA_TYPE } from '../../src/oci/descriptor.ts';
import { type OciLayout, readBlob } from '../../src/oci/layout.ts';
import { LayoutFolder } from '../../src/oci/layout-folder.ts';

/** What the image of a test layout is made of. */
interface TestImage {
  /** For each platform the contents of its layers; each is one file in a tar of its own. */
  readonly platforms: Readonly<Record<string, readonly Buffer[]>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: gzip, as of BuildKit. The classic image store gives them uncompressed. */
  readonly compression?: 'gzip' | 'none';
}

/** Writes an image with gzip layers into a folder, as BuildKit's OCI exporter does. An index if it has several platforms. */
export async function writeTestLayout(
  path: string,
  { platforms, labels = {}, compression = 'gzip' }: TestImage,
): Promise<Descriptor> {
  const folder = await LayoutFolder.make(path);
  const write = async (mediaType: string, content: Buffer, platform?: string): Promise<Descriptor> => ({
    ...(await folder.writeBlob(content)),
    ...{ mediaType, platform, annotations: {} },
  });
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const manifests: Descriptor[] = [];
  for (const [platform, contents] of Object.entries(platforms)) {
    const [os, architecture] = platform.split('/');
    const layers: Descriptor[] = [];
    for (const content of contents)
      layers.push(
        compression === 'gzip'
          ? await write(`${MEDIA_TYPE.layer}+gzip`, gzipSync(content))
          : await write(MEDIA_TYPE.layer, content),
      );
    const config = await write(
      MEDIA_TYPE.config,
      json({
        ...{ os, architecture, config: { Labels: labels } },
        rootfs: { type: 'layers', diff_ids: contents.map((content) => digestOfContent(content)) },
      }),
    );
    const manifest = json({
      ...{ schemaVersion: 2, mediaType: MEDIA_TYPE.manifest, config, layers },
    });
    manifests.push(await write(MEDIA_TYPE.manifest, manifest, platform));
  }
  const [first] = manifests;
  if (first === undefined) throw new Error('A test image needs a platform.');
  const top =
    manifests.length === 1
      ? first
      : await write(
          MEDIA_TYPE.index,
          json({
            ...{ schemaVersion: 2, mediaType: MEDIA_TYPE.index },
            manifests: manifests.map(({ platform = '', ...each }) => {
              const [os, architecture] = platform.split('/');
              return { ...each, platform: { os, architecture } };
            }),
          }),
        );
  await folder.writeIndex([top]);
  return top;
}

/** Reads blobs to their end. @throws if one is missing, or is not what its descriptor says */
export async function readWholeBlobs(layout: OciLayout, blobs: Iterable<Descriptor>): Promise<void> {
  for (const { digest, size } of blobs) {
    const { length } = await readBlob(layout, digest);
    if (length !== size) throw new Error(`${digest} has ${length} bytes, not ${size}.`);
  }
}
