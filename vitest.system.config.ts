import { defineConfig } from 'vitest/config';

const isRoot = process.getuid?.() === 0;

/** Real daemons on real files: one file at a time, because they share the machine. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.user.test.ts', ...(isRoot ? ['test/system/**/*.root.test.ts'] : [])],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
