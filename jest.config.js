/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.yml'],
  transform: { '\\.ts$|/action\\.yml$': '<rootDir>/__tests__/support/transformer.ts' },
  setupFiles: ['<rootDir>/__tests__/support/one-error.ts'],
  // No test is too slow: one that hangs is found because nothing goes on in it.
  testEnvironment: '<rootDir>/__tests__/support/suite/environment.ts',
  testTimeout: 2 ** 31 - 1,
  // A test that forgets to restore a mock must not decide what the next one sees.
  restoreMocks: true,
};
