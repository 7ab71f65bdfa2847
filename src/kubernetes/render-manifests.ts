import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import {
  asList,
  asObject,
  asText,
  isTooDeep,
  type JsonObject,
  MAX_LEVELS,
  mapValues,
  wordsOf,
} from '../model/json.ts';
import type { ManifestSource } from '../model/kubernetes.ts';
import { oneLine } from '../model/plain-text.ts';
import type { StepContext } from '../model/step-context.ts';
import {
  isKubernetesObject,
  type KubernetesObject,
  objectText,
} from '../release/kubernetes/kubernetes-object.ts';
import type { Manifest } from '../release/kubernetes/manifest.ts';
import { programEnvironment } from '../run/environment.ts';

const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const MANIFEST_FILES = '*.{yaml,yml,json}';

/** What renders manifests of an app for a namespace. */
export interface RenderContext {
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Of the cluster, for which charts are rendered: `v1.34.4`. */
  readonly version: string;
  readonly of: AppEnvironment;
  readonly namespace: string;
  readonly step: Pick<StepContext, 'run'>;
  readonly signal: AbortSignal;
}

/**
 * The objects that the lines of `manifests` describe, in their order: files as they are, kustomizations by `kubectl kustomize`,
 * charts by `helm template`. kubectl parses the YAML. Asks no cluster.
 * @throws ConfigurationError that names the file, and the line where YAML is wrong
 */
export async function renderManifests(
  sources: readonly ManifestSource[],
  context: RenderContext,
): Promise<readonly Manifest[]> {
  const rendered: Manifest[] = [];
  for (const source of sources) rendered.push(...(await renderSource(source, context)));
  if (rendered.length > 0) return rendered;
  throw new ConfigurationError(
    `manifests: ${sources.map(({ path }) => path).join(', ')} describe no object. Name files with manifests.`,
  );
}

async function renderSource(
  { path, values }: ManifestSource,
  context: RenderContext,
): Promise<readonly Manifest[]> {
  if (existsSync(join(path, 'Chart.yaml')))
    return await parse(await renderChart(path, values, context), path, context);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (isFolder && KUSTOMIZATION_FILES.some((file) => existsSync(join(path, file))))
    return await parse(await renderKustomization(path, context), path, context);
  const files = isFolder ? filesIn(join(path, MANIFEST_FILES)) : existsSync(path) ? [path] : filesIn(path);
  if (files.length === 0) {
    throw new ConfigurationError(
      `manifests: ${isFolder ? `the folder "${path}" has no .yaml, .yml or .json file` : `no file has the pattern "${path}"`}. Name the files of the app.`,
    );
  }
  const all: Manifest[] = [];
  for (const file of files) all.push(...(await parse({ file }, file, context)));
  return all;
}

const filesIn = (pattern: string): readonly string[] =>
  globSync(pattern)
    .filter((file) => statSync(file).isFile())
    .sort();

async function renderKustomization(
  path: string,
  { kubectl, step, signal }: RenderContext,
): Promise<Rendered> {
  try {
    const { stdout } = await step.run(kubectl, ['kustomize', path], { env: programEnvironment(), signal });
    return { text: stdout };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: kubectl kustomize refuses ${path}: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence,
    });
  }
}

async function renderChart(
  path: string,
  values: readonly string[],
  { version, of, namespace, step, signal }: RenderContext,
): Promise<Rendered> {
  const files = values.flatMap((file) => ['--values', file]);
  const args = [
    'template',
    baseProject(of).replaceAll('_', '-'),
    path,
    '--namespace',
    namespace,
    // Without it, Helm takes a version of its own.
    ...['--kube-version', version],
    '--include-crds',
    '--no-hooks',
    ...files,
  ];
  try {
    return { text: (await step.run('helm', args, { env: programEnvironment(), signal })).stdout };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: helm template refuses ${path}: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence,
    });
  }
}

/** Lines of an error: a chart that does not fit its schema needs some. */
const MOST_ERROR_LINES = 5;

/** The error that a program has printed in its own words, without warnings before it and Helm's advice after it. */
function programWords({ stderr, message }: CommandError): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('Use --debug flag'));
  const first = lines.findIndex((line) => /^error: /i.test(line));
  const words = first < 0 ? lines.slice(-1) : lines.slice(first, first + MOST_ERROR_LINES);
  return (words.join(' ') || message).replace(/^error: /i, '');
}

type Rendered = { readonly file: string } | { readonly text: string };

/** A local command that only prints what it has read; the annotation is taken away again. */
const MARK = 'sealift.parsed';

/** @throws ConfigurationError for what is no YAML or no object */
async function parse(
  rendered: Rendered,
  source: string,
  { kubectl, step, signal }: RenderContext,
): Promise<readonly Manifest[]> {
  const file = 'file' in rendered ? rendered.file : '-';
  if ('text' in rendered && !/^[^#\s]/m.test(rendered.text.replaceAll(/^---.*$/gm, ''))) return [];
  const args = ['annotate', '--local', '--overwrite', '--filename', file, '--output', 'json', `${MARK}=true`];
  try {
    const { stdout } = await step.run(kubectl, args, {
      env: programEnvironment(),
      signal,
      ...('text' in rendered ? { stdin: rendered.text } : {}),
    });
    return objectsIn(stdout).map((value) => asManifest(value, source));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(`manifests: ${source} can't be read: ${programWords(error)}`, {
      cause: error,
      evidence: error.evidence,
    });
  }
}

/** JSON documents one after the other, as kubectl prints several objects. */
export function objectsIn(text: string): readonly unknown[] {
  const documents = text.split(/(?<=^(?:\{\}|\}))\n(?=\{)/m).filter((document) => document.trim() !== '');
  return documents.flatMap((document) => {
    const value: unknown = JSON.parse(document);
    const { kind, items } = asObject(value);
    return kind === 'List' ? asList(items) : [value];
  });
}

function asManifest(value: unknown, source: string): Manifest {
  if (isTooDeep(value))
    throw new ConfigurationError(
      `manifests: in ${source} lists and mappings are nested in more than ${MAX_LEVELS} levels. Write it flatter.`,
    );
  if (!isKubernetesObject(value)) {
    const { kind, metadata } = asObject(value);
    const generated = asText(asObject(metadata)['generateName']);
    throw new ConfigurationError(
      generated === undefined
        ? `manifests: ${source} has an object${typeof kind === 'string' ? ` of kind ${oneLine(kind)}` : ''} without apiVersion, kind or metadata.name. Complete it.`
        : `manifests: ${source} has metadata.generateName: ${oneLine(generated)}. Give the object a metadata.name: Sealift must find it again.`,
    );
  }
  const { apiVersion, kind } = value;
  const { status: _, ...object } = value;
  return { source, object: { ...object, apiVersion, kind, metadata: metadataOf(value, source) } };
}

/** With texts where the API has texts; the mark is taken away. */
function metadataOf(object: KubernetesObject, source: string): KubernetesObject['metadata'] {
  const { annotations, labels, namespace, ...metadata }: JsonObject = object.metadata;
  const { [MARK]: _, ...noted } = mapValues(asObject(annotations), wordsOf);
  if (typeof namespace !== 'string' && namespace !== undefined && namespace !== null)
    throw new ConfigurationError(
      `manifests: ${source}, ${objectText(object)}: the namespace ${oneLine(wordsOf(namespace))} is no text. Put it in quotation marks.`,
    );
  return {
    ...metadata,
    name: object.metadata.name,
    ...(typeof namespace === 'string' ? { namespace } : {}),
    ...(labels === undefined ? {} : { labels: mapValues(asObject(labels), wordsOf) }),
    ...(Object.keys(noted).length === 0 ? {} : { annotations: noted }),
  };
}
