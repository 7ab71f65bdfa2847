/**
 * Adds up the results of Jest as `N passed, N failed`: count-results.ts <failures elsewhere> <result.json> …
 * A missing result, or a failed one without a failed test, counts as one failure, so a failed run never shows `0 failed`.
 */
import { existsSync, readFileSync } from 'node:fs';

interface JestResult {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const [elsewhere, ...files] = process.argv.slice(2);
let passed = 0;
let failed = Number(elsewhere);

for (const file of files) {
  if (!existsSync(file)) {
    failed += 1;
    continue;
  }
  const result: JestResult = JSON.parse(readFileSync(file, 'utf8'));
  const broken = result.numFailedTests + result.numRuntimeErrorTestSuites;
  passed += result.numPassedTests;
  failed += result.success ? broken : Math.max(broken, 1);
}

console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
