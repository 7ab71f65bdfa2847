/** Paths and queries of the Engine API, as moby's api/swagger.yaml has them. */

/** The path of a container, by id or name. */
export function containerPath(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** The path of an image. The engine takes the slashes, colons and the at sign of a reference as they are. */
export function imagePath(reference: string): string {
  return `/images/${encodeURIComponent(reference).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')}`;
}

/** The parameter `filters` of a list. */
export function filtersParameter(filters: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(filters);
}
