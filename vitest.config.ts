import { defineConfig } from 'vitest/config';

/** The harness's own tests. The specs in `specs/` judge a device and run by `npm run hil` only. */
export default defineConfig({
  test: {
    include: ['harness/**/*.test.ts', 'scripts/**/*.test.ts', 'ci/**/*.test.ts'],
    // Tests start real processes, compilers and sockets; this bounds a hang, nothing waits for it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most files wait for processes, boards and timers most of the time, so two at once are not twice the load.
    maxWorkers: 2,
    reporters: ['default', './ci/skip-reporter.ts'],
    retry: 0,
    passWithNoTests: false,
  },
});
