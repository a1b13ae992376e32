import { expect, it } from 'vitest';
import { type Change, RANGE_BYTES } from '../../changes/change.ts';
import type { PullRequest } from '../../changes/data-frame.ts';
import { decodeFrame } from '../../changes/data-frame-codec.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { CheckPace } from './check-pace.ts';
import { FRAME_CONTENT_BYTES } from './content-draft.ts';
import { PullService } from './pull-service.ts';

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0 };
const NOW = 0 as MonotonicMs;

/** Each answer fills a frame, so that the order of frames is that of answers. */
function rig() {
  const answered: string[] = [];
  const service = new PullService({
    capture: {
      readContent: ({ node, offset, length }: PullRequest, into: Uint8Array) => {
        const content = into.subarray(0, 1);
        return { node, offset, length, failure: null, sizeBytes: 1, attributes: ATTRIBUTES, content };
      },
    },
    pace: new CheckPace(0, () => Number.POSITIVE_INFINITY, NOW),
    outlets: {
      contentMemory: () => new Uint8Array(FRAME_CONTENT_BYTES),
      sendFrame: (parts) => {
        const frame = decodeFrame(Buffer.concat(parts));
        if (frame.kind !== 'content') return;
        for (const { node, offset } of frame.answers) answered.push(`${node}: ${offset / RANGE_BYTES}`);
      },
    },
    operations: { answered: () => {} },
    now: () => NOW,
  });
  const ask = (node: number, ...ranges: number[]): void =>
    service.add(ranges.map((range) => ({ node, offset: range * RANGE_BYTES, length: RANGE_BYTES })));
  return { service, ask, answered };
}

function write(node: number): Change {
  return { kind: 'write', node, attributes: ATTRIBUTES, sizeBytes: 1, offset: 0, content: new Uint8Array(1) };
}

it('answers for what was changed before for what a check found', () => {
  const { service, ask, answered } = rig();
  service.changed(write(2));
  ask(1, 0, 1);
  ask(2, 0);
  service.serve(NOW);
  expect(answered).toEqual(['2: 0', '1: 0', '1: 1']);
});

it('answers for one file in the order in which it was asked, also where it was changed in between', () => {
  const { service, ask, answered } = rig();
  ask(1, 5);
  ask(2, 6, 7);
  ask(3, 8);
  service.changed(write(2));
  ask(2, 0, 1);
  service.serve(NOW);
  expect(answered).toEqual(['2: 6', '2: 7', '2: 0', '2: 1', '1: 5', '3: 8']);
});
