import { afterEach, describe, expect, it } from 'vitest';
import { INLINE_BYTES_MAX, type NodeId } from '../changes/change.ts';
import { NOTHING_EXTENDED, packExtended, withHolesUntold } from '../changes/extended.ts';
import { BLOCK_BYTES } from '../changes/holes.ts';
import { fromLatin1, fromText } from '../kernel/byte-string.ts';
import { answerTo, attributes, entry, ROOT, Trial } from './trial.testing.ts';

const FILE: NodeId = 11;
const FORMER = attributes(111, 0o644);

let trial: Trial;
afterEach(() => trial.end());

/** A check misses the file; answers to what is asked for are here already, and older than `before`. */
function fetched(content: Buffer, before: () => void, had = FORMER): number {
  trial = new Trial().rooted();
  trial.apply.turnToCheck(7, true, true);
  trial.apply.repair({ kind: 'missing', parent: ROOT, entry: entry(FILE, 'f', content, had) });
  before();
  for (trial.apply.pump(); trial.pulls.length > 0; trial.apply.pump()) {
    for (const request of trial.pulls.splice(0))
      trial.apply.answers([answerTo(request, { content, attributes: had })], true);
  }
  expect(trial.statusOf(FILE)).toBe('Synchronized');
  return trial.stat(ROOT, 'f').mode & 0o777;
}

describe('content that was kept since before the record', () => {
  const later = attributes(112, 0o600);
  const record = (): void => trial.do({ kind: 'attributes', node: FILE, attributes: later });

  it('does not bring back the attributes that the file had then', () => {
    expect(fetched(Buffer.from('x'), record)).toBe(0o600);
  });

  it('does not bring them back to a large file either', () => {
    expect(fetched(Buffer.alloc(INLINE_BYTES_MAX + 1, 'x'), record)).toBe(0o600);
  });

  it('does not bring them back where a check stated the file once more', () => {
    const content = Buffer.from('x');
    const again = { ...entry(FILE, 'f', content, later), name: fromText('f') };
    expect(fetched(content, () => trial.apply.repair({ kind: 'missing', parent: ROOT, entry: again }))).toBe(0o600);
  });

  it('has holes where it had them then, for they go with content, and all else as the record says', () => {
    const blocks = 16;
    const holes = [{ from: 1, count: blocks - 1 }];
    const had = { ...FORMER, extended: packExtended({ ...NOTHING_EXTENDED, holes }) };
    const untold = { ...later, extended: withHolesUntold(fromLatin1('')) };
    const content = Buffer.alloc(blocks * BLOCK_BYTES);
    content.fill('x', 0, BLOCK_BYTES);
    const tell = (): void => trial.do({ kind: 'attributes', node: FILE, attributes: untold });
    expect(fetched(content, tell, had)).toBe(0o600);
    expect(trial.stat(ROOT, 'f').allocatedBytes).toBe(BLOCK_BYTES);
  });
});
