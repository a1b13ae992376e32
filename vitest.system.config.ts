import { defineConfig } from 'vitest/config';

const isRoot = process.getuid?.() === 0;

/**
 * Real daemons on real files: one file at a time, because they share the machine. Tests of a file that wait more than
 * they compute run two at a time (`concurrent`), each with a pair of its own.
 */
export default defineConfig({
  test: {
    include: ['test/system/**/*.user.test.ts', ...(isRoot ? ['test/system/**/*.root.test.ts'] : [])],
    pool: 'forks',
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 480_000,
    hookTimeout: 480_000,
  },
});
