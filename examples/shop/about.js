import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** What runs here, and where. */
export const about = {
  version,
  /** The image that Sealift started, by digest. */
  image: process.env.IMAGE || 'made on this machine',
  environment: process.env.ENVIRONMENT ?? 'development',
};
