import { beforeEach, expect, it } from 'vitest';
import type { Opener } from '../../kernel/folder-facts.ts';
import { Problem } from '../../problems/problem.ts';
import { HandTime } from '../hand-time.testing.ts';
import type { Mounted } from './interception-options.ts';
import { MountLooks } from './mount-looks.ts';

const FOLDER = { path: '/shop', realPath: '/srv/shop' };
const VIM: Opener = { name: 'vim', processId: 7, by: 'file' };

let openers: Opener[];
let over: string[];
let isThere: boolean;
let told: string[];
let time: HandTime;
let mounted: Mounted;
let looks: MountLooks;
beforeEach(() => {
  [openers, over, isThere, told] = [[VIM], [], false, []];
  time = new HandTime();
  const doubts = [new Problem('CAP-037', { path: '/shop', openers: 'vim' })];
  mounted = { folder: FOLDER, mountPoint: '/srv/shop', host: { root: 5 }, doubts } as unknown as Mounted;
  looks = new MountLooks({
    timers: time,
    machine: { openersPast: () => openers, mountsOver: () => over },
    mounted: () => [mounted],
    isThere: () => isThere,
    listeners: {
      onOpenersGone: (path) => told.push(`free ${path}`),
      onFolderThere: () => told.push('there'),
      onCovered: (path, { code, parameters }) => told.push(`${code} ${path} ${String(parameters['mounts'])}`),
      onUncovered: (path) => told.push(`uncovered ${path}`),
    },
  });
  looks.begin();
  looks.begin();
});

it('who worked past a mount is looked for until he has gone', () => {
  time.advance(20_000);
  expect(told).toEqual([]);
  openers = [];
  time.advance(20_000);
  expect([told, mounted.doubts]).toEqual([['free /shop'], []]);
});

it('a folder that is awaited is told once, when it is there', () => {
  isThere = true;
  time.advance(2_000);
  expect(told).toEqual([]);
  looks.awaited = [FOLDER];
  time.advance(2_000);
  expect([told, looks.awaited]).toEqual([['there'], []]);
});

it('what is mounted over it is told when it changes, and that it is gone', () => {
  for (const found of [['/srv/shop'], ['/srv/shop'], ['/srv/shop', '/srv/shop/in'], []]) {
    over = found;
    time.advance(1_000);
  }
  expect(looks.problems).toEqual([]);
  expect(told).toEqual(['CAP-061 /shop /srv/shop', 'CAP-061 /shop /srv/shop, /srv/shop/in', 'uncovered /shop']);
  looks.end();
  over = ['/srv/shop'];
  time.advance(5_000);
  expect(told).toHaveLength(3);
});
