import { expect, it } from 'vitest';
import { lockersOf } from './lock-table.ts';
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
