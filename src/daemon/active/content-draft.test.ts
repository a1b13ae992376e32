import { describe, expect, it } from 'vitest';
import { ownMemory } from '../../kernel/frame-memory.ts';
import { withHeader } from '../../kernel/frames.ts';
import { KIB } from '../../kernel/units.ts';
import { ContentDraft } from './content-draft.ts';

const CONTENT_BYTES = 100;
const SAID = Buffer.from('said');

const trial = (): ContentDraft => new ContentDraft(ownMemory, CONTENT_BYTES);

describe('a draft of a content frame', () => {
  it('becomes a frame where the content lies, with room for its header', () => {
    const draft = trial();
    const { content } = draft;
    content.set(Buffer.from('onetwo'));
    const frame = draft.finish([SAID, content.subarray(0, 3), content.subarray(3, 6)]);
    expect(frame).toEqual(Buffer.from('saidonetwo'));
    expect(frame?.buffer).toBe(content.buffer);
    expect(Buffer.from(withHeader(frame as Uint8Array))).toEqual(Buffer.from('\0\0\0\x0asaidonetwo'));
    // The next one is in other memory.
    expect(draft.content.buffer).not.toBe(content.buffer);
  });

  it('leaves alone what lies elsewhere, in another order, or has too much said about it', () => {
    const draft = trial();
    const { content } = draft;
    const [first, second] = [content.subarray(0, 3), content.subarray(3, 6)];
    for (const contents of [[Buffer.from('one')], [second], [first, first], [second, first], []]) {
      expect(draft.finish([SAID, ...contents])).toBeNull();
    }
    expect(draft.finish([Buffer.alloc(64 * KIB + 1), first])).toBeNull();
    expect(draft.content.buffer).toBe(content.buffer);
    expect(draft.finish([Buffer.alloc(64 * KIB), first])).not.toBeNull();
  });
});
