import fs from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Fault, Faults, faults } from './faults.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-faults-'));
const file = join(folder, 'orders');

function order(...orders: readonly Fault[]): void {
  fs.writeFileSync(`${file}.new`, JSON.stringify(orders));
  fs.renameSync(`${file}.new`, file);
}

afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('the door for faults', () => {
  afterEach(() => fs.rmSync(file, { force: true }));

  it('is not there unless it is asked for', () => {
    expect(faults).toBeNull();
  });

  it('lets a call fail by its name and path from the moment it is ordered until it is no more', () => {
    const door = new Faults(file);
    const meet = (call: string, path: string): number => door.meet(call, () => [path]);
    expect(meet('fsync', '/queue/receive/1')).toBe(0);
    order({ call: 'fsync', path: '*/receive/*', error: 'EIO' }, { call: '*', path: '/state/[a].b', error: 'EROFS' });
    expect(meet('fsync', '/queue/receive/1')).toBe(constants.errno.EIO);
    expect(meet('fsync', '/queue/send/1')).toBe(0);
    expect(meet('pread', '/queue/receive/1')).toBe(0);
    expect(meet('pread', '/state/[a].b')).toBe(constants.errno.EROFS);
    expect(meet('pread', '/state/aXb')).toBe(0);
    order();
    expect(meet('fsync', '/queue/receive/1')).toBe(0);
  });

  it('asks what a call is about only where an order is for it', () => {
    order({ call: 'fsync', error: 'EIO' });
    const about = (): never => {
      throw new Error('asked');
    };
    expect(new Faults(file).meet('pread', about)).toBe(0);
  });

  it('lets a call be late', () => {
    order({ call: 'pread', delayMs: 30 });
    const began = performance.now();
    expect(new Faults(file).meet('pread', () => ['/a'])).toBe(0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(30);
  });

  it('shows a call that is kept waiting beside its thread, until it goes on', async () => {
    order({ call: 'syncfs', path: '/data', delayMs: -1 });
    const door = new Faults(file);
    const met = door.meetLater('syncfs', () => ['/data']);
    expect(door.waiting()).toMatchObject([{ call: 'syncfs', path: '/data' }]);
    order();
    expect(await met).toBe(0);
    expect(door.waiting()).toEqual([]);
  });

  it('sets the wall clock ahead', () => {
    order({ call: 'clock', aheadMs: -5000 });
    expect(new Faults(file).clockAheadMs()).toBe(-5000);
  });
});
