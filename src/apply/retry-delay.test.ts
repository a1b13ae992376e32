import { afterEach, expect, it } from 'vitest';
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

const files = new RefusingFiles();
const trial = new Trial({ files }).rooted();
afterEach(() => trial.end());

function passes(ms: number): void {
  trial.now += ms;
  trial.apply.retry(trial.now as MonotonicMs);
  trial.apply.pump();
}

function comesIntoDoubt(times: number): void {
  for (let count = 0; count < times; count += 1) {
    const at = { node: trial.node(11), parent: trial.node(ROOT), path: fromText(`${FOLDER}/a`) };
    trial.apply.meddled(at, 'changed', 1);
    passes(10);
  }
  trial.rechecks.clear();
}

it('an item that came into doubt often within a moment is not waited for much longer than that', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(12);
  passes(8000);
  expect([...trial.rechecks]).not.toContain(11);
  passes(8000);
  expect([...trial.rechecks]).toContain(11);
});

it('an item that came into doubt often and is then refused is tried again soon', () => {
  trial.do(create(11, ROOT, 'a', 'one'));
  comesIntoDoubt(12);
  passes(5000);
  expect([...trial.rechecks]).not.toContain(11);
  files.refuses = true;
  trial.do({ kind: 'content', node: 11, attributes: attributes(9), content: Buffer.from('two') });
  expect(trial.statusOf(11)).toBe('Out of sync');
  files.refuses = false;
  trial.rechecks.clear();
  passes(1000);
  expect([...trial.rechecks]).toContain(11);
});
