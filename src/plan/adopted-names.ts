import { asText } from '../model/json.ts';
import type { ReleaseOutline } from '../model/release.ts';

/**
 * The names of containers of a Compose project that is taken over. Such a name exists once on a host, so a container that has the
 * `container_name` of an accessory gets another one as long as the accessory is there. All functions are pure.
 */

const SET_ASIDE = '-before-sealift';

/** The name that a container of the former project gets: `shop-db-before-sealift`. */
export const setAsideName = (name: string): string => `${name}${SET_ASIDE}`;

/** The name that a container had before it was set aside; otherwise the one that it has. */
export const nameBeforeAdoption = (name: string): string =>
  name.endsWith(SET_ASIDE) ? name.slice(0, -SET_ASIDE.length) : name;

/** The names that the Compose file gives to accessories. Those of released services become aliases. */
export const accessoryContainerNames = ({ base }: Pick<ReleaseOutline, 'base'>): ReadonlySet<string> =>
  new Set(Object.values(base.services).flatMap((spec) => asText(spec['container_name']) ?? []));
