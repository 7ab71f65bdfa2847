import type { Tools } from '../model/tools.ts';

/** `arm64` and `arm64/v8`, `arm` and `arm/v7` are the same: github.com/containerd/platforms, normalizeArch. */
export function normalizePlatform(platform: string): string {
  return platform
    .replace(/\/arm64\/v8$/, '/arm64')
    .replace(/\/arm$/, '/arm/v7')
    .replace(/\/amd64\/v1$/, '/amd64');
}

/** Whether two platforms are one, however they are written. */
export function isSamePlatform(one: string, other: string): boolean {
  return normalizePlatform(one) === normalizePlatform(other);
}

/** The runner's own platform is tested where it is among those that are built, else the first one, by emulation. */
export function testPlatform(platforms: readonly string[], own: string): string | undefined {
  return platforms.find((platform) => isSamePlatform(platform, own)) ?? platforms[0];
}

/** The platform of the engine that runs the tests. */
export async function enginePlatform(
  tools: Tools,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await tools.run('docker', ['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'], {
    env: environment,
  });
  return stdout.trim();
}

/** The platform of this process, where no engine is asked. */
export function runnerPlatform(): string {
  return `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
}
