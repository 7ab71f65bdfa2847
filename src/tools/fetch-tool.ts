import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFile, downloadTool, find } from '@actions/tool-cache';
import { ConfigurationError, messageOf, SealiftError } from '../model/errors.ts';
import { thisRunner } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import { downloadAddress } from './mirror.ts';
import type { PinnedFile, PinnedTool, RunnerKind } from './pinned-tool.ts';

/**
 * Finds a tool in the runner's tool cache, or downloads it there. This file is loaded only when a tool is missing.
 * @returns the path of the executable, whose checksum is the pinned one
 * @throws SealiftError that says what failed and how to get the tool in another way
 */
export async function fetchTool(
  tool: PinnedTool,
  { log, folder }: StepContext,
  signal: AbortSignal,
): Promise<string> {
  const { name, title, version, advice } = tool;
  const file = fileForRunner(tool);
  const cached = cachedPath(tool);
  // On a self-hosted runner, other jobs can write to the tool cache too.
  if (cached !== undefined && (await sha256Of(cached).catch(() => undefined)) === file.sha256) {
    log.info(`${title} ${version} is in the tool cache.`);
    return cached;
  }
  const address = downloadAddress(file.url);
  log.info(`Downloading ${title} ${version} from ${address}`);
  const downloaded = join(folder, `${name}-${version}`);
  await unlessAborted(downloadTool(address, downloaded), signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new SealiftError(
      `${title} ${version} can't be downloaded from ${address}: ${messageOf(error)}. ${waysOut(advice)}`,
      { cause: error },
    );
  });
  await requireChecksum(downloaded, file, `${title} ${version} from ${address}`, advice);
  await chmod(downloaded, 0o755);
  return await keepInCache(downloaded, tool).catch((error: unknown) => {
    log.info(`${title} ${version} could not be put into the tool cache: ${messageOf(error)}`);
    return downloaded;
  });
}

/** @throws ConfigurationError on a runner for which no file is pinned */
function fileForRunner({ title, version, files, advice }: PinnedTool): PinnedFile {
  const runner: RunnerKind = `${process.platform}-${process.arch}`;
  const file = files[runner];
  if (file !== undefined) return file;
  throw new ConfigurationError(
    `Sealift brings ${title} ${version} only to ${Object.keys(files).join(' and ')}, and ${thisRunner()} is ${runner}. ${advice}`,
  );
}

/** `undefined` also outside a runner, which has no tool cache. */
function cachedPath({ name, version }: PinnedTool): string | undefined {
  if (!process.env['RUNNER_TOOL_CACHE']) return undefined;
  const found = find(name, version);
  return found === '' ? undefined : join(found, name);
}

async function keepInCache(path: string, { name, version }: PinnedTool): Promise<string> {
  return join(await cacheFile(path, name, name, version), name);
}

async function requireChecksum(
  path: string,
  { sha256 }: PinnedFile,
  what: string,
  advice: string,
): Promise<void> {
  const actual = await sha256Of(path);
  if (actual === sha256) return;
  throw new SealiftError(
    `${what} is not the file that was released: its SHA-256 is ${actual}, not ${sha256}. It was not run. ${waysOut(advice)}`,
  );
}

const waysOut = (advice: string): string =>
  `${advice} Or name a mirror that has the file in the environment variable SEALIFT_TOOLS_URL.`;

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Stops to wait when the job is cancelled. `@actions/tool-cache` can't end a download; the end of the process does. */
async function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
