import base from './jest.config.js';

/** End-to-end tests, which need a lab. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/__tests__/e2e/**/*.test.ts'],
  globalSetup: '<rootDir>/__tests__/support/suite/setup.ts',
  testSequencer: '<rootDir>/__tests__/support/suite/sequencer.ts',
};
