import { describe, expect, it } from 'vitest';
import { NodeTree } from '../changes/node-tree.ts';
import { fromText } from '../kernel/byte-string.ts';
import { NOTICE } from '../kernel/notices.ts';
import { Agenda } from './agenda.ts';
import type { Shadow } from './shadow.ts';

describe('names that go', () => {
  it('are told only once the notices of all that went until then have been read, however late it is by then', () => {
    const tree = new NodeTree();
    const root = tree.addRoot(fromText('/set'), 1);
    const names = ['one', 'other'].map((name) => fromText(name));
    names.forEach((name, index) => tree.add(root, name, 2 + index, 'file'));
    const gone: number[] = [];
    const agenda = new Agenda({ holds: () => true } as unknown as Shadow, {
      giveUp: () => {},
      gathersDepartures: () => true,
      departing: (departing) => void gone.push(departing.length),
    });
    const went = (name: number, nowMs: number): void => {
      agenda.nowMs = nowMs;
      agenda.note(root, names[name] ?? fromText(''), NOTICE.deleted);
      agenda.endDrain(nowMs);
    };
    went(0, 1000);
    // The thread stood still, while the other one went.
    agenda.nowMs = 1500;
    expect(agenda.take()).toBeNull();
    expect(agenda.wantsNotices).toBe(true);
    went(1, 1500);
    expect(agenda.take()).toBeNull();
    expect(agenda.wantsNotices).toBe(false);
    agenda.nowMs = 1600;
    agenda.endDrain(1600);
    expect(agenda.take()).toMatchObject({ folder: root });
    expect(gone).toEqual([2]);
  });
});
