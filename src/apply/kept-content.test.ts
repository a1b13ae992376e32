import { afterEach, describe, expect, it } from 'vitest';
import { INLINE_BYTES_MAX, type NodeId } from '../changes/change.ts';
import { fromText } from '../kernel/byte-string.ts';
import { answerTo, attributes, entry, ROOT, Trial } from './trial.testing.ts';

const FILE: NodeId = 11;
const FORMER = attributes(111, 0o644);

let trial: Trial;
afterEach(() => trial.end());

/** A check misses the file; answers to what is asked for are here already, and older than `before`. */
function fetched(content: Buffer, before: () => void): number {
  trial = new Trial().rooted();
  trial.apply.turnToCheck(7, true, true);
  trial.apply.repair({ kind: 'missing', parent: ROOT, entry: entry(FILE, 'f', content, FORMER) });
  before();
  for (trial.apply.pump(); trial.pulls.length > 0; trial.apply.pump()) {
    for (const request of trial.pulls.splice(0))
      trial.apply.answers([answerTo(request, { content, attributes: FORMER })], true);
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
});
