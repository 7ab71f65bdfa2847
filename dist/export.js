import { runAction } from './sealift.js';

await runAction('export');
