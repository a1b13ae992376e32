import { defineConfig } from 'vitest/config';

/** What needs nothing of the machine: modules beside their sources, and the simulation. */
export default defineConfig({
  test: {
    include: ['{src,scripts,bench}/**/*.test.ts', 'test/support/**/*.test.ts', 'test/simulation/**/*.sim.test.ts'],
    pool: 'threads',
    testTimeout: 20_000,
  },
});
