import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError } from '../kernel/files.ts';
import type { MonotonicMs } from '../kernel/units.ts';
import { NodeFiles } from '../system/files/files.ts';
import { attributes, create, FOLDER, ROOT, Trial } from './trial.testing.ts';
import { fromText } from '../kernel/byte-string.ts';

class RefusingFiles extends NodeFiles {
  refuses = false;
  override write(file: number, data: Uint8Array, position: number): void {
    if (this.refuses) throw new FileError({ code: 'EROFS', call: 'pwrite', path: '' });
    super.write(file, data, position);
  }
}

let files: RefusingFiles;
let trial: Trial;
beforeEach(() => {
  files = new RefusingFiles();
  trial = new Trial({ files }).rooted();
});
afterEach(() => trial.end());

function passes(ms: number): void {
  trial.now += ms;
  trial.apply.retry(trial.now as MonotonicMs);
  trial.apply.pump();
}

function isMeddledWith(): void {
  const at = { node: trial.node(11), parent: trial.node(ROOT), path: fromText(`${FOLDER}/a`) };
  trial.apply.meddled(at, 'changed', 1);
}

function comesIntoDoubt(times: number): void {
  for (let count = 0; count < times; count += 1) {
    isMeddledWith();
    passes(10);
  }
  trial.rechecks.clear();
}

it('an item that came into doubt often within a moment is asked for again as soon as if it had once', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(12);
  passes(1000);
  expect([...trial.rechecks]).toContain(11);
});

it('what a retry brings into doubt again is asked for at once: it was put right, and is to be looked at once more', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(12);
  for (const delayMs of [1000, 2000, 4000, 8000]) {
    passes(delayMs);
    expect([...trial.rechecks]).toContain(11);
    trial.rechecks.clear();
    isMeddledWith();
    trial.apply.pump();
    expect(trial.rechecks.size).toBe(delayMs < 8000 ? 1 : 0);
    trial.rechecks.clear();
  }
});

it('what stays in doubt for long is asked for with the folder it is in, and not before', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(1);
  for (const delayMs of [1000, 2000, 4000]) passes(delayMs);
  expect([...trial.rechecks]).not.toContain(ROOT);
  passes(8000);
  expect([...trial.rechecks]).toContain(ROOT);
});

it('an item that stayed in doubt for long and is then refused is tried again soon', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(1);
  for (const delayMs of [1000, 2000, 4000, 8000]) passes(delayMs);
  trial.rechecks.clear();
  passes(8000);
  expect([...trial.rechecks]).not.toContain(11);
  files.refuses = true;
  trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
  expect(trial.statusOf(11)).toBe('Out of sync');
  files.refuses = false;
  trial.rechecks.clear();
  passes(1000);
  expect([...trial.rechecks]).toContain(11);
});
