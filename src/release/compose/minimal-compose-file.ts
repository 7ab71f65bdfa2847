import type { ComposeSource } from '../../model/deploy-options.ts';

/**
 * The Compose file of an app that has none: one service with the app's name. `port: 8080` is published as 8080, or, with
 * domains, served only on those.
 */
export function minimalComposeFile(app: string, source: ComposeSource): string {
  const port = source.port ?? '';
  const ports = port.includes(':') ? [port] : source.domains.size > 0 ? [] : [`${port}:${port}`];
  const service = {
    image: '${IMAGE}',
    restart: 'unless-stopped',
    ...(ports.length > 0 ? { ports } : { expose: [port] }),
    ...(source.volumes.length > 0 ? { volumes: source.volumes } : {}),
    ...(source.variables.size > 0 ? { environment: [...source.variables.keys()].sort() } : {}),
  };
  const names = source.volumes
    .map((volume) => volume.split(':', 1)[0] ?? '')
    .filter((name) => !name.startsWith('/'));
  const volumes = Object.fromEntries([...new Set(names)].map((name) => [name, {}]));
  return toYaml({ services: { [app]: service }, ...(names.length > 0 ? { volumes } : {}) });
}

/** YAML of plain data. Scalars are written as JSON, which is valid YAML. */
function toYaml(data: object, indent = ''): string {
  return Object.entries(data)
    .map(([key, value]: [string, unknown]) => {
      if (Array.isArray(value))
        return `${indent}${key}:\n${value.map((each) => `${indent}  - ${JSON.stringify(each)}\n`).join('')}`;
      if (typeof value !== 'object' || value === null) return `${indent}${key}: ${String(value)}\n`;
      const inner = toYaml(value, `${indent}  `);
      return inner === '' ? `${indent}${key}: {}\n` : `${indent}${key}:\n${inner}`;
    })
    .join('');
}
