import { post } from './sealift.js';

await post();
