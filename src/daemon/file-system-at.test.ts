import { expect, it } from 'vitest';
import { fileSystemAt } from './file-system-at.ts';

const ROOT = { path: '/', type: 'ext4' };
const SRV = { path: '/srv', type: 'xfs' };

it('is that of the nearest mount, of several at one path the last one', () => {
  expect(fileSystemAt('/srv/shop', [ROOT, SRV, { path: '/srv/shopping', type: 'nfs' }])).toBe('xfs');
  expect(fileSystemAt('/srv/shop', [ROOT, SRV, { path: '/srv', type: 'tmpfs' }])).toBe('tmpfs');
  expect(fileSystemAt('/srv/shop', [])).toBe('an unknown file system');
});

it('is what lies under our own mount over the folder', () => {
  expect(fileSystemAt('/srv/shop', [ROOT, SRV, { path: '/srv/shop', type: 'fuse.understudy' }])).toBe('xfs');
  expect(fileSystemAt('/srv', [ROOT, SRV, { path: '/srv', type: 'fuse.understudy' }])).toBe('xfs');
});
