import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemTimers } from '../../system/machine/timers.ts';
import { ActiveRegistryWork } from './active-registry-work.ts';

const INCLUDE = ['HKLM\\Software\\**'];
const EMPTY = 'Windows Registry Editor Version 5.00\r\n\r\n';

let folder: string;
let work: ActiveRegistryWork;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-registry-'));
  for (const name of ['often', 'seldom']) writeFileSync(join(folder, name), EMPTY);
  const stores = ['often', 'seldom'].map((name) => ({
    name,
    provider: 'file' as const,
    path: join(folder, name),
    pollMs: 250,
    include: INCLUDE,
    exclude: [],
  }));
  const start = { role: 'active', base: '/', stateDirectory: folder, stores, orphans: 'quarantine', run: 1 } as const;
  work = new ActiveRegistryWork(start, { timers: systemTimers, tell: () => {} });
});

afterEach(() => rmSync(folder, { recursive: true }));

it('a registry that is half written is told as damaged only where it itself was met so three times', async () => {
  await work.take({ kind: 'state' });
  const seldom = new Set(['seldom']);
  writeFileSync(join(folder, 'seldom'), `${EMPTY}[HKEY_LOCAL_MACHINE\\Soft`);
  // Seen, and then read.
  for (let look = 0; look < 2; look += 1) await work.look(seldom);
  for (let look = 0; look < 5; look += 1) await work.look(new Set(['often']));
  expect(work.problems()).toEqual([]);
  for (let look = 0; look < 2; look += 1) await work.look(seldom);
  expect(work.problems()).toMatchObject([{ problem: { code: 'REG-004' }, item: 'seldom' }]);
});
