import { expect, it } from 'vitest';
import { isOurs, mountAt } from './file-system-at.ts';

const ROOT = { path: '/', type: 'ext4' };
const SRV = { path: '/srv', type: 'xfs' };
const OURS = { path: '/srv/shop', type: 'fuse.understudy' };

it('is that of the nearest mount, of several at one path the last one', () => {
  expect(mountAt('/srv/shop', [ROOT, SRV, { path: '/srv/shopping', type: 'nfs' }])).toBe(SRV);
  expect(mountAt('/srv/shop', [ROOT, SRV, { path: '/srv', type: 'tmpfs' }])?.type).toBe('tmpfs');
  expect(mountAt('/srv/shop', [])).toBeNull();
});

it('is what lies under our own mount over the folder', () => {
  expect(mountAt('/srv/shop', [ROOT, SRV, OURS])).toBe(SRV);
  expect(mountAt('/srv', [ROOT, SRV, { ...OURS, path: '/srv' }])).toBe(SRV);
  expect(isOurs('/srv/shop', [ROOT, SRV, OURS])).toBe(true);
  expect(isOurs('/srv', [ROOT, SRV, OURS])).toBe(false);
});
