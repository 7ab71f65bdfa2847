import type { Filters } from './engine.ts';

/** Paths and parameters of the Engine API, from moby's api/swagger.yaml. */

/** @param id or name */
export const containerPath = (id: string): string => `/containers/${encodeURIComponent(id)}`;

/** The engine expects the slashes, colons and the at sign of a reference unencoded. */
export const imagePath = (reference: string): string =>
  `/images/${encodeURIComponent(reference).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@')}`;

export const filtersParameter = (filters: Filters): string => JSON.stringify(filters);
