import { rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { must } from '../kernel/assert.ts';
import type { FileTime } from '../kernel/files.ts';
import { Trial } from './trial.testing.ts';

let trial: Trial;

afterEach(() => trial.close());

it('a file is known by when it was made, not by its inode number alone', () => {
  trial = new Trial('inotify');
  writeFileSync(trial.path('a'), 'x');
  trial.begin();
  const { dev, ino, birthtimeNs } = statSync(trial.path('a'), { bigint: true });
  const node = must(trial.capture.nodeOf(Number(dev), Number(ino)), 'the node of a file that is there');
  const born: FileTime = { seconds: Number(birthtimeNs / 10n ** 9n), nanoseconds: Number(birthtimeNs % 10n ** 9n) };
  expect(trial.capture.isMadeAt(node, born)).toBe(true);
  expect(trial.capture.isMadeAt(node, { ...born, nanoseconds: born.nanoseconds - 1 })).toBe(false);
  rmSync(trial.path('a'));
  // Capture has not met the notice yet.
  expect(trial.capture.isMadeAt(node, born)).toBe(false);
});
