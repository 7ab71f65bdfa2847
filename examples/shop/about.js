import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The version and the image of this app, and its environment. */
export const about = {
  version,
  /** The image that Sealift started, by digest. */
  image: process.env.IMAGE || 'built on this machine',
  environment: process.env.ENVIRONMENT ?? 'development',
};
