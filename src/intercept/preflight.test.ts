import { describe, expect, it } from 'vitest';
import type { FolderFacts } from '../kernel/folder-facts.ts';
import type { Problem } from '../problems/problem.ts';
import { chooseCapture, preflight } from './preflight.ts';

const GOOD: FolderFacts = {
  path: '/srv/shop',
  kernel: '6.1.0-28-amd64',
  missingRights: [],
  failure: null,
  fileSystem: 'ext4',
  hasPlainHandles: true,
  mountsInside: [],
  ownPlaces: ['/opt/understudy'],
  otherWays: [],
  openers: [],
};

const codes = (problems: readonly Problem[]): string[] => problems.map(({ code }) => code);

describe('where nobody asked for interception', () => {
  const vim = { name: 'vim', processId: 12, by: 'file' } as const;

  it('a folder is intercepted where it can be', () => {
    expect(chooseCapture(GOOD)).toEqual({ kind: 'intercept' });
  });

  it('it is watched where it can not be, or somebody would work past the mount, and why is said', () => {
    expect(chooseCapture({ ...GOOD, missingRights: ['CAP_SYS_ADMIN'], openers: [vim] })).toMatchObject({
      kind: 'watch',
      because: expect.stringContaining('CAP_SYS_ADMIN'),
    });
    expect(chooseCapture({ ...GOOD, openers: [vim] })).toEqual({
      kind: 'watch',
      because: 'vim (12) has a file of it open for writing.',
    });
    expect(
      chooseCapture({
        ...GOOD,
        openers: [
          { ...vim, by: 'folder' },
          { ...vim, by: 'lock' },
        ],
      }),
    ).toEqual({
      kind: 'watch',
      because: 'vim (12) has a folder of it open; vim (12) has a lock on a file of it.',
    });
    expect(chooseCapture({ ...GOOD, otherWays: ['/mnt/shop'] })).toMatchObject({
      because: 'its files can be reached by other ways, too: /mnt/shop.',
    });
  });
});

describe('whether a folder can be intercepted', () => {
  it('it can, where nothing speaks against it', () => {
    expect(preflight(GOOD)).toEqual({ obstacles: [], doubts: [] });
  });

  it.each([
    [
      { missingRights: ['CAP_SYS_ADMIN', 'CAP_MKNOD'], failure: 'openat /dev/fuse: EPERM' },
      'CAP-036',
      /CAP_SYS_ADMIN, CAP_MKNOD/,
    ],
    [{ failure: 'openat /dev/fuse: ENOENT', hasPlainHandles: false }, 'CAP-030', /dev\/fuse: ENOENT/],
    [{ fileSystem: 'btrfs', hasPlainHandles: false }, 'CAP-030', /btrfs/],
    [{ kernel: '5.10.0-30-amd64' }, 'CAP-032', /Linux 5\.10/],
    [{ kernel: '4.19.0' }, 'CAP-032', /Linux 4\.19/],
    [{ mountsInside: ['/srv/shop/cache'] }, 'CAP-031', /\/srv\/shop\/cache/],
    [{ ownPlaces: ['/srv/shop/state'] }, 'CAP-062', /Understudy itself .*\/srv\/shop\/state/],
  ] as const)('it can not: %j', (facts, code, message) => {
    const { obstacles, doubts } = preflight({ ...GOOD, ...facts });
    expect([codes(obstacles), doubts]).toEqual([[code], []]);
    expect(obstacles[0]?.message).toMatch(message);
  });

  it('kernels from 5.12 on are new enough', () => {
    for (const kernel of ['5.12.0', '5.100.1', '6.0.0', '10.1']) {
      expect(preflight({ ...GOOD, kernel }).obstacles).toEqual([]);
    }
  });

  it('names what may go past it, five of a kind and the number of the others', () => {
    const openers = Array.from({ length: 7 }, (_, index) => ({
      name: 'postgres',
      processId: 100 + index,
      by: index === 0 ? ('folder' as const) : ('file' as const),
    }));
    const { obstacles, doubts } = preflight({
      ...GOOD,
      openers,
      otherWays: ['/mnt/shop'],
    });
    expect(obstacles).toEqual([]);
    expect(codes(doubts)).toEqual(['CAP-037', 'CAP-039']);
    expect(doubts[0]?.message).toMatch(/postgres \(100\) has a folder of it open; .*postgres \(104\).*; 2 more\./);
    expect(doubts[1]?.message).toMatch(/\/mnt\/shop/);
  });
});
