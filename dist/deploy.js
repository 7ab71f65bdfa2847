import { run } from './sealift.js';

await run('deploy');
