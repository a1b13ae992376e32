import { expect, it } from 'vitest';
import type { Position } from '../../changes/change.ts';
import { ResyncBatch, type ResyncBatchOptions } from './resync-batch.ts';

const at = (sequence: number): Position => ({ epoch: 2, sequence });

/** As an earlier run left it, which was about to apply all records up to there. */
function takenUp(last: Position): ResyncBatch {
  const options = {
    apply: { resync: { batch: 'applying', mixed: true } },
    content: { takeUp: () => undefined, sealed: last },
  };
  const batch = new ResyncBatch(options as unknown as ResyncBatchOptions);
  batch.takeUp(at(1));
  return batch;
}

it('is applied up to its last record, and no further than the queue goes, which may have been damaged', () => {
  expect(takenUp(at(5)).limit(at(9), at(1))).toEqual(at(5));
  expect(takenUp(at(5)).limit(at(3), at(1))).toEqual(at(3));
});
