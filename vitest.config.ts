import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/simulation/**/*.sim.test.ts'],
    pool: 'threads',
    testTimeout: 20_000,
  },
});
