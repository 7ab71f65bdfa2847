import { dockerOutput, type ImageContext } from './image-context.ts';

/** `arm64` and `arm64/v8`, `arm` and `arm/v7` are the same: github.com/containerd/platforms, normalizeArch. */
function normalizePlatform(platform: string): string {
  return platform
    .replace(/\/arm64\/v8$/, '/arm64')
    .replace(/\/arm$/, '/arm/v7')
    .replace(/\/amd64\/v1$/, '/amd64');
}

/** Whether two names mean the same platform. */
export function isSamePlatform(one: string, other: string): boolean {
  return normalizePlatform(one) === normalizePlatform(other);
}

/** The platform that is tested: the runner's own if it is built, else the first one, by emulation. */
export function testPlatform(platforms: readonly string[] = [], own: string): string | undefined {
  return platforms.find((platform) => isSamePlatform(platform, own)) ?? platforms[0];
}

/** The platform of the engine that runs the tests. */
export function enginePlatform(context: ImageContext): Promise<string> {
  return dockerOutput(['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'], context);
}
