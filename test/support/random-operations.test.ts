import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Manifest, manifestOf } from './manifest.ts';
import { RandomOperations } from './random-operations.ts';
import { removeTree } from './remove-tree.ts';

const COUNT = 1000;

it('does the same to a tree for the same seed, every kind of operation among it', async () => {
  const [one, again, other] = [await trial(1), await trial(1), await trial(2)];
  expect(contents(again.manifest)).toEqual(contents(one.manifest));
  expect(contents(other.manifest)).not.toEqual(contents(one.manifest));
  const done = one.history.filter((line) => line.includes('[')).map((line) => line.split(' ', 1)[0]);
  const kinds = new Set(done);
  expect([...kinds].sort()).toEqual(expect.arrayContaining(['append', 'exchange', 'hold', 'link', 'removeTree']));
  expect(done.length).toBeGreaterThan(COUNT * 0.7);
  expect(one.manifest.size).toBeGreaterThan(20);
});

async function trial(seed: number): Promise<{ manifest: Manifest; history: readonly string[] }> {
  const root = fs.mkdtempSync(join(tmpdir(), 'understudy-random-'));
  try {
    const operations = new RandomOperations(root, seed);
    await operations.run({ count: COUNT });
    return { manifest: manifestOf(root), history: operations.history };
  } finally {
    removeTree(root);
  }
}

/** What does not depend on the clock. */
function contents(manifest: Manifest): [string, string][] {
  return [...manifest]
    .map(([path, { type, mode, content }]): [string, string] => [path, `${type} ${mode} ${content}`])
    .sort();
}
