import { defineConfig } from 'vitest/config';

/** What needs nothing of the machine: modules beside their sources, and the simulation. */
export default defineConfig({
  test: {
    include: ['{src,scripts,bench}/**/*.test.ts', 'test/support/**/*.test.ts', 'test/simulation/**/*.sim.test.ts'],
    // A process for each file: the programs that one test starts have for a moment what another one has open, and to Apply
    // somebody then uses the file.
    pool: 'forks',
    // For what hangs. A machine that others use may be ten times as slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
