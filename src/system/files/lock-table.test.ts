import { expect, it } from 'vitest';
import { lockersOf, lockWaitOf } from './lock-table.ts';
import { deviceNumber } from './stat-buffer.ts';

const TABLE = `1: POSIX  ADVISORY  READ  812 00:2d:1311 0 EOF
2: FLOCK  ADVISORY  WRITE 813 00:2d:1311 0 EOF
2: -> FLOCK  ADVISORY  WRITE 814 00:2d:1311 0 EOF
3: OFDLCK ADVISORY  READ  -1 00:2d:1311 0 EOF
4: FLOCK  ADVISORY  WRITE 815 fe:00:1311 0 EOF
5: FLOCK  ADVISORY  WRITE 816 00:2d:13111 0 EOF
6: FLOCK  ADVISORY  WRITE ${String(process.pid)} 00:2d:1311 0 EOF
`;

it('says which processes have a lock on a file of a device; one of an open file is nobody’s', () => {
  const device = deviceNumber(0, 0x2d);
  expect(lockersOf(TABLE, { device, inode: 1311 })).toEqual([812, 813, 814, 0]);
  expect(lockersOf(TABLE, { device, inode: 131 })).toEqual([]);
  expect(lockersOf('', { device, inode: 1311 })).toEqual([]);
});

it('says whose lock a process waits for, also behind others that wait', () => {
  const table = `${TABLE}7: POSIX  ADVISORY  WRITE 817 fe:00:99 0 EOF
7: -> POSIX  ADVISORY  WRITE 818 fe:00:99 0 EOF
7:  -> POSIX  ADVISORY  READ  819 fe:00:99 8 8
8: OFDLCK ADVISORY  WRITE -1 fe:00:98 0 EOF
8: -> POSIX  ADVISORY  WRITE 820 fe:00:98 0 EOF
`;
  expect(lockWaitOf(table, 814)).toEqual({ processId: 813, inode: 1311 });
  expect(lockWaitOf(table, 818)).toEqual({ processId: 817, inode: 99 });
  expect(lockWaitOf(table, 819)).toEqual({ processId: 817, inode: 99 });
  expect(lockWaitOf(table, 820)).toEqual({ processId: 0, inode: 98 });
  expect([817, 812, 1].map((processId) => lockWaitOf(table, processId))).toEqual([null, null, null]);
});
