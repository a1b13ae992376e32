import { expect, it } from 'vitest';
import { fromText } from '../../kernel/byte-string.ts';
import { NOTICE, type Notice, type NoticeSource } from '../../kernel/notices.ts';
import { keyOfHandle } from '../../system/notices/fanotify-codec.ts';
import { type ChangePast, tellingPast } from '../stream/notices-past.ts';
import { PastChanges } from './past-changes.ts';

function keyOf(low: number, type = 1): string {
  const handle = Buffer.alloc(16);
  handle.writeUInt32LE(8, 0);
  handle.writeInt32LE(type, 4);
  handle.writeUInt32LE(low, 8);
  handle.writeUInt32LE(7, 12);
  return keyOfHandle(Buffer.alloc(8), handle);
}

function notice(more: Partial<Notice>): Notice {
  const none = { isFolder: false, name: fromText(''), toFolder: null, toName: fromText(''), targetInode: 0 };
  return { what: NOTICE.modified, folder: keyOf(2), target: null, processId: 9, ...none, ...more };
}

it('passes on what others do, and says once what that changed past the mounts, where it may be remembered', () => {
  const waiting: Notice[] = [];
  const source = {
    read: (sink: (one: Notice) => void) => (waiting.splice(0).forEach(sink), true),
  } as unknown as NoticeSource;
  const told: (readonly ChangePast[])[] = [];
  const seen: Notice[] = [];
  const others = tellingPast(source, {
    mayBeKnown: ({ low }) => low !== 14,
    tell: (changes) => void told.push(changes),
  });
  const modified = notice({ target: keyOf(11), name: fromText('file') });
  waiting.push(modified, modified, notice({ target: keyOf(13, 2) }));
  waiting.push(notice({ target: keyOf(14), name: fromText('elsewhere') }));
  expect(others.read((one) => void seen.push(one))).toBe(true);
  expect(seen).toHaveLength(4);
  expect(told).toEqual([[{ node: { low: 11, high: 7 }, name: null }]]);
  waiting.push(
    notice({
      what: NOTICE.moved,
      name: fromText('old'),
      toFolder: keyOf(3),
      toName: fromText('new'),
      target: keyOf(11),
    }),
  );
  others.read(() => {});
  const nodes = told[1]?.map(({ node, name }) => `${String(node.low)} ${name ?? ''}`);
  expect(nodes).toEqual(['11 ', '2 ', '2 old', '3 ', '3 new']);
  others.read(() => {});
  expect(told).toHaveLength(2);
});

it('tells the kernel one by one, of the root by its own number', async () => {
  const told: string[] = [];
  const pending: (() => void)[] = [];
  const past = new PastChanges(
    () => [{ notices: 30, root: { low: 2, high: 7 } }],
    (connection, bytes) => {
      const view = new DataView(bytes.buffer);
      const name = Buffer.from(bytes.subarray(32)).toString('latin1');
      const isName = view.getInt32(4, true) === 3;
      told.push(`${String(connection)}: ${String(view.getUint32(16, true))}${isName ? ` ${name}` : ''}`);
      return new Promise((resolve) => pending.push(resolve));
    },
  );
  const node = { low: 11, high: 7 };
  past.take([
    { node, name: null },
    { node: { low: 2, high: 7 }, name: fromText('ab') },
  ]);
  past.take([{ node, name: null }]);
  expect(told).toEqual(['30: 11']);
  for (const expected of [2, 3]) {
    pending.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toHaveLength(expected);
  }
  expect(told).toEqual(['30: 11', '30: 1 ab\0', '30: 11']);
});
