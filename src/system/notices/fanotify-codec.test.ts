import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NOTICE, type Notice } from '../../kernel/notices.ts';
import { decodeFanotify, emptyNotice, FAN, keyOfHandle } from './fanotify-codec.ts';

interface RecordParts {
  type: number;
  handle: string;
  handleType?: number;
  name?: string;
}

const FSID = 'fs__id__';

function record({ type, handle, handleType = 1, name }: RecordParts): Buffer {
  const tail = name === undefined ? '' : `${name}\0`;
  const length = Math.ceil((4 + 8 + 8 + handle.length + tail.length) / 4) * 4;
  const bytes = Buffer.alloc(length);
  bytes[0] = type;
  bytes.writeUInt16LE(length, 2);
  bytes.write(FSID, 4, 'latin1');
  bytes.writeUInt32LE(handle.length, 12);
  bytes.writeInt32LE(handleType, 16);
  bytes.write(handle + tail, 20, 'latin1');
  return bytes;
}

function event(mask: number, processId: number, records: Buffer[]): Buffer {
  const body = Buffer.concat(records);
  const head = Buffer.alloc(24);
  head.writeUInt32LE(24 + body.length, 0);
  head[4] = 3;
  head.writeUInt16LE(24, 6);
  head.writeUInt32LE(mask, 8);
  head.writeInt32LE(-1, 16);
  head.writeInt32LE(processId, 20);
  return Buffer.concat([head, body]);
}

function key(handle: string): string {
  const header = Buffer.alloc(8 + handle.length);
  header.writeUInt32LE(handle.length, 0);
  header.writeInt32LE(1, 4);
  header.write(handle, 8, 'latin1');
  return keyOfHandle(Buffer.from(FSID), header);
}

function decode(
  bytes: Buffer,
  length = bytes.length,
  leftOut: number | null = null,
): { notices: Notice[]; events: number; complete: boolean } {
  const notices: Notice[] = [];
  const result = decodeFanotify({ bytes, length }, emptyNotice(), leftOut, (notice) => notices.push({ ...notice }));
  return { notices, ...result };
}

const CREATED = event(FAN.create | FAN.closeWrite, 77, [
  record({ type: 2, handle: 'folder-1', name: 'n\xe4me' }),
  record({ type: 1, handle: 'file-handle!' }),
]);

describe('a fanotify queue', () => {
  it('says what happened to which name of which folder, to which file, by whom', () => {
    expect(decode(CREATED)).toEqual({
      events: 1,
      complete: true,
      notices: [
        {
          what: NOTICE.created | NOTICE.written,
          isFolder: false,
          folder: key('folder-1'),
          name: 'n\xe4me',
          toFolder: null,
          toName: '',
          target: key('file-handle!'),
          targetInode: 0,
          processId: 77,
        },
      ],
    });
  });

  it('names both ends of a move', () => {
    const moved = event(FAN.rename | FAN.onFolder, 1, [
      record({ type: 10, handle: 'from', name: 'old' }),
      record({ type: 12, handle: 'to', name: 'new' }),
      record({ type: 1, handle: 'self' }),
    ]);
    expect(decode(moved).notices[0]).toMatchObject({
      what: NOTICE.moved,
      isFolder: true,
      folder: key('from'),
      name: 'old',
      toFolder: key('to'),
      toName: 'new',
      target: key('self'),
    });
  });

  it('gives an empty name for the folder itself and for a file without a name', () => {
    const bytes = Buffer.concat([
      event(FAN.attrib | FAN.onFolder, 1, [record({ type: 2, handle: 'top', name: '.' })]),
      event(FAN.modify, 1, [record({ type: 1, handle: 'nameless' })]),
    ]);
    const { notices } = decode(bytes);
    expect(notices[0]).toMatchObject({ folder: key('top'), name: '', target: key('top') });
    expect(notices[1]).toMatchObject({ folder: '', name: '', target: key('nameless') });
  });

  it.each([
    ['ext4', 1, '\x04\x03\x02\x01gene', 0x01020304],
    ['tmpfs', 1, 'gene\x04\x03\x02\x01\x01\0\0\0', 0x1_0102_0304],
    ['XFS', 0x81, '\x04\x03\x02\x01\x01\0\0\0gene', 0x1_0102_0304],
    ['Btrfs', 0x4d, '\x04\x03\x02\x01\x01\0\0\0the rootgene', 0x1_0102_0304],
    ['any other file system: not at all', 0x71, '\x04\x03\x02\x01gene', 0],
    ['none: a number too large', 0x81, '\x04\x03\x02\x01\xff\xff\xff\xffgene', 0],
  ])('says the inode number of the file as %s has it', (_system, type, handle, inode) => {
    expect(decode(event(FAN.modify, 1, [record({ type: 1, handle, handleType: type })])).notices[0]?.targetInode).toBe(
      inode,
    );
  });

  it('skips kinds of records it does not know', () => {
    const bytes = event(FAN.modify, 1, [Buffer.from([99, 0, 8, 0, 1, 2, 3, 4]), record({ type: 1, handle: 'h' })]);
    expect(decode(bytes)).toMatchObject({ complete: true, notices: [{ target: key('h') }] });
  });

  it('tells of an overflow and goes on', () => {
    const { complete, notices, events } = decode(Buffer.concat([event(FAN.overflow, 0, []), CREATED]));
    expect({ complete, events, count: notices.length }).toEqual({ complete: false, events: 2, count: 1 });
  });

  it('leaves out what one process did, and hears of its overflow', () => {
    const bytes = Buffer.concat([CREATED, event(FAN.modify, 1, [record({ type: 1, handle: 'h' })]), CREATED]);
    const { notices, events, complete } = decode(bytes, bytes.length, 77);
    expect([notices.map(({ processId }) => processId), events, complete]).toEqual([[1], 3, true]);
    expect(decode(event(FAN.overflow, 77, []), undefined, 77).complete).toBe(false);
  });

  it('counts what is cut short as dropped, wherever it is cut', () => {
    const whole = Buffer.concat([CREATED, CREATED]);
    for (let length = 1; length < whole.length; length++) {
      const { complete, notices } = decode(whole.subarray(0, length));
      expect(complete).toBe(length === CREATED.length);
      expect(notices.length).toBe(length >= CREATED.length ? 1 : 0);
    }
  });

  it('survives any bytes', () => {
    const mutation = fc.record({ at: fc.nat(CREATED.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        const bytes = Buffer.concat([CREATED, CREATED]);
        for (const { at, value } of mutations) bytes[at] = value;
        const { events } = decode(bytes);
        expect(events).toBeLessThanOrEqual(bytes.length / 24);
      }),
    );
  });
});
