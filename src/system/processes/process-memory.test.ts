import { expect, it } from 'vitest';
import { hasAsynchronousContext, sharedMappings } from './process-memory.ts';
import { openFlagsOf } from './process-table.ts';

/** As Linux 6.18 told it of a program that uses SQLite, libaio and a mapped file with a line feed in its name. */
const MAPS = `5581d0a00000-5581d0a01000 r--p 00000000 fe:00 1180912                    /usr/bin/python3.11
7f1a40000000-7f1a40021000 rw-p 00000000 00:00 0 
7f1a4c8e1000-7f1a4c8e3000 rw-s 00000000 00:0f 20507                      /[aio] (deleted)
7f1a4c8e3000-7f1a4c8e4000 r--s 00000000 fe:00 262402                     /srv/shop/read-only
7f1a4c8e4000-7f1a4c8ec000 rw-s 00000000 fe:00 262401                     /srv/shop/db.sqlite-shm
7f1a4c8ec000-7f1a4c8ed000 -w-s 00001000 103:02 77                         /srv/shop/two\\012lines (deleted)
7f1a4c8ed000-7f1a4c8ee000 rw-s 00000000 00:01 1024                       /memfd:shared (deleted)
7f1a4c8ee000-7f1a4c8ef000 rw-s 00000000 00:01 1025                       /dev/zero (deleted)
7f1a4c8ef000-7f1a4c8f0000 rw-s 00000000 00:10 13                         anon_inode:[io_uring]
7f1a4c8f0000-7f1a4c8f1000 rwxs 00000000 fe:00 262403                     /srv/shop/with  spaces
7ffd0c5f8000-7ffd0c619000 rw-p 00000000 00:00 0                          [stack]
`;

it('finds the files that a process can change by storing into memory', () => {
  expect(sharedMappings(MAPS)).toEqual([
    { range: '7f1a4c8e4000-7f1a4c8ec000', device: 0xfe00, inode: 262401, path: '/srv/shop/db.sqlite-shm' },
    { range: '7f1a4c8ec000-7f1a4c8ed000', device: 0x10302, inode: 77, path: '/srv/shop/two\nlines (deleted)' },
    { range: '7f1a4c8f0000-7f1a4c8f1000', device: 0xfe00, inode: 262403, path: '/srv/shop/with  spaces' },
  ]);
  expect(sharedMappings('')).toEqual([]);
});

it('tells by its mappings that a process does asynchronous I/O', () => {
  expect(hasAsynchronousContext(MAPS)).toBe(true);
  expect(hasAsynchronousContext(MAPS.replace('/[aio]', '/aio'))).toBe(false);
});

it('reads how a descriptor was opened', () => {
  expect(openFlagsOf('pos:\t0\nflags:\t0140002\nmnt_id:\t29\nino:\t7\n')).toBe(0o140002);
  expect(openFlagsOf('')).toBe(0);
});
