import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { RANGE_BYTES } from '../changes/change.ts';
import type { PullAnswer, PullRequest } from '../changes/data-frame.ts';
import { BLOCK_BYTES, keepDiffering } from '../changes/pull-blocks.ts';
import { hashContent } from '../system/files/content-hash.ts';
import { answerTo, attributes, create, entry, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

const SIZE_BYTES = 2 * RANGE_BYTES;

function filled(...blocks: readonly { readonly block: number; readonly byte: number }[]): Buffer {
  const content = Buffer.alloc(SIZE_BYTES, 7);
  for (const { block, byte } of blocks) content.fill(byte, block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
  return content;
}

/** A file that is here as `before`, with a request for its first range under way, made by `repair`. */
function asked(before: Buffer): PullRequest {
  trial = new Trial().rooted();
  trial.do(create(11, ROOT, 'f', before));
  trial.answerAll(() => ({ content: before, attributes: attributes(5) }));
  differs();
  const [request] = trial.pulls.splice(0);
  expect(request?.have).toHaveLength(RANGE_BYTES / BLOCK_BYTES);
  return request!;
}

function differs(): void {
  trial.equal(ROOT, entry(11, 'f', filled(), attributes(7)));
  const ranges = [{ offset: 0, length: RANGE_BYTES }];
  trial.apply.repair({ kind: 'ranges', node: 11, attributes: attributes(7), sizeBytes: SIZE_BYTES, ranges });
  trial.apply.pump();
}

/** As the active server answers: only the blocks that are not what the request says. */
function answered(request: PullRequest, content: Buffer): PullAnswer {
  const answer = answerTo(request, { content: Buffer.from(content), attributes: attributes(7) });
  if (request.have === undefined) return answer;
  const kept = keepDiffering(answer.content, request.have, hashContent);
  return { ...answer, blocks: kept.blocks, content: answer.content.subarray(0, kept.length) };
}

function answerRest(content: Buffer): readonly PullRequest[] {
  const requests: PullRequest[] = [];
  for (trial.apply.pump(); trial.pulls.length > 0; trial.apply.pump()) {
    for (const request of trial.pulls.splice(0)) {
      requests.push(request);
      trial.apply.answers([answered(request, content)]);
    }
  }
  return requests;
}

function write(content: Buffer): void {
  trial.do({ kind: 'write', node: 11, attributes: attributes(6), sizeBytes: SIZE_BYTES, offset: 0, content });
}

describe('blocks of a range', () => {
  const before = filled({ block: 1, byte: 1 }, { block: 2, byte: 2 });
  const after = filled({ block: 1, byte: 1 }, { block: 2, byte: 9 });

  it('come alone where the rest is what it was', () => {
    const request = asked(before);
    const answer = answered(request, after);
    expect(answer.content).toHaveLength(BLOCK_BYTES);
    trial.apply.answers([answer]);
    expect(answerRest(after)).toEqual([]);
    expect(readFileSync(trial.path('f')).equals(after)).toBe(true);
    expect(trial.statusOf(11)).toBe('Synchronized');
  });

  it('are no answer where the stream wrote into the range meanwhile: all of it is asked for', () => {
    const request = asked(before);
    const answer = answered(request, after);
    // Stated between the two contents, and applied while the answer was on its way.
    write(filled({ block: 1, byte: 5 }).subarray(0, RANGE_BYTES));
    differs();
    expect(trial.pulls).toEqual([]);
    trial.apply.answers([answer]);
    expect(trial.statusOf(11)).toBe('Out of sync');
    const [again, ...more] = answerRest(after);
    expect(again).toEqual({ node: 11, offset: 0, length: RANGE_BYTES });
    expect(more).toEqual([]);
    expect(readFileSync(trial.path('f')).equals(after)).toBe(true);
    expect(trial.statusOf(11)).toBe('Synchronized');
  });

  it('are no answer where somebody else wrote into it', () => {
    const request = asked(before);
    const answer = answered(request, after);
    const meddled = filled({ block: 1, byte: 6 }, { block: 2, byte: 2 });
    writeFileSync(trial.path('f'), meddled);
    trial.apply.answers([answer]);
    answerRest(after);
    expect(readFileSync(trial.path('f')).equals(after)).toBe(true);
  });

  it('are not compared with what a later request said', () => {
    const request = asked(before);
    const answer = answered(request, after);
    const shrunk = { kind: 'write', node: 11, attributes: attributes(6), offset: 0, content: Buffer.alloc(0) } as const;
    trial.do({ ...shrunk, sizeBytes: 0 }, { ...shrunk, sizeBytes: SIZE_BYTES });
    truncateSync(trial.path('f'), SIZE_BYTES);
    differs();
    const later = trial.pulls.splice(0);
    trial.apply.answers([answer]);
    for (const one of later) trial.apply.answers([answered(one, after)]);
    answerRest(after);
    expect(readFileSync(trial.path('f')).subarray(0, RANGE_BYTES).equals(after.subarray(0, RANGE_BYTES))).toBe(true);
  });
});
