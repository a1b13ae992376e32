import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describe as wordsOf } from '../../problems/problem.ts';
import { type BatchPurpose, encodeBatch } from '../../registry/batch-codec.ts';
import { readReg } from '../../registry/reg-reader.ts';
import { set } from '../../registry/registry.testing.ts';
import type { RegistryEdit } from '../../registry/registry-edit.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import { PassiveRegistryWork } from './passive-registry-work.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: [] };
const NAMES = ['file', 'other'] as const;

let folder: string;
let batches: number;
let now: number;
/** Of the active server. */
let run: number;
let work: PassiveRegistryWork;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-registry-'));
  for (const name of NAMES) mkdirSync(join(folder, name));
  [batches, now, run] = [0, 0, 1];
  work = startWork();
});

afterEach(() => rmSync(folder, { recursive: true }));

function startWork(): PassiveRegistryWork {
  const stores = NAMES.map((name) => ({
    ...PATTERNS,
    name,
    provider: 'file' as const,
    pollMs: 250,
    path: pathOf(name),
  }));
  const start = { role: 'passive', base: '/', stateDirectory: folder, stores, orphans: 'quarantine', run: 1 } as const;
  const doors = { files: byteFiles, now: () => now as never, wallMs: () => 0, tell: () => {}, progress: () => {} };
  return new PassiveRegistryWork(start, doors);
}

function pathOf(name: string): string {
  return join(folder, name, 'settings.reg');
}

async function told(purpose: BatchPurpose, edits: readonly RegistryEdit[], names: readonly string[] = NAMES) {
  batches += 1;
  const file = `${batches}.batch`;
  const sections = names.map((store) => ({ store, ...PATTERNS, isRead: true, edits }));
  const check = purpose === 'verify' ? 9 : 0;
  writeFileSync(join(folder, 'registry', file), encodeBatch({ run, number: batches, purpose, check, sections }));
  await work.take({ kind: 'batch', file });
}

/** Nothing can be written there. */
function blocked(name: string): void {
  renameSync(join(folder, name), join(folder, 'aside'));
  writeFileSync(join(folder, name), '');
}

function unblocked(name: string): void {
  rmSync(join(folder, name));
  renameSync(join(folder, 'aside'), join(folder, name));
}

function valuesOf(name: string): string[] {
  const { edits } = readReg(readFileSync(pathOf(name)));
  return edits.flatMap((edit) => (edit.kind === 'set' ? [edit.value.name] : []));
}

function batchesLeft(): string[] {
  return readdirSync(join(folder, 'registry')).filter((name) => name.endsWith('.batch'));
}

it('tells what a check that verifies only left as it was as that, and no more once it is repaired', async () => {
  await told('whole', [set(ACME, 'a')]);
  await told('verify', [set(ACME, 'a'), set(ACME, 'b')], ['file']);
  const [problem, ...others] = work.problems();
  expect([problem?.item, others]).toEqual(['file', []]);
  expect(wordsOf(problem?.problem as never).message).toBe(
    '1 key of the registry file found to differ on the passive server, and left as found: file:HKLM\\Software\\Acme: the value "b" is missing; it was compared only.',
  );
  await told('whole', [set(ACME, 'a'), set(ACME, 'b')]);
  expect(work.problems()).toEqual([]);
});

it('tries again what a registry refused at its time, also where only others are to be looked at then', async () => {
  await told('whole', [set(ACME, 'a')]);
  blocked('other');
  await told('changes', [set(ACME, 'b')]);
  await work.look(new Set(NAMES));
  expect(work.problems()).toMatchObject([{ problem: { code: 'REG-001' }, item: 'other' }]);
  unblocked('other');
  now += 999;
  await work.look(new Set(['file']));
  expect(valuesOf('other')).toEqual(['a']);
  now += 1;
  await work.look(new Set(['file']));
  expect(valuesOf('other')).toEqual(['a', 'b']);
  expect(work.problems()).toEqual([]);
});

it('keeps what a registry did not take over an end of this server, and only that', async () => {
  await told('whole', [set(ACME, 'a')]);
  expect(batchesLeft()).toEqual([]);
  blocked('other');
  await told('changes', [set(ACME, 'b')]);
  await told('changes', [set(ACME, 'c')], ['file']);
  expect([valuesOf('file'), batchesLeft()]).toEqual([
    ['a', 'b', 'c'],
    ['2.batch', '3.batch'],
  ]);
  work = startWork();
  await work.begin();
  expect(batchesLeft()).toEqual(['2.batch', '3.batch']);
  work = startWork();
  await work.begin();
  unblocked('other');
  now += 1000;
  await work.look(new Set());
  expect([valuesOf('file'), valuesOf('other'), batchesLeft()]).toEqual([['a', 'b', 'c'], ['a', 'b'], []]);
});

it('tells of a registry that it does not have for as long as the active server has it', async () => {
  await told('whole', [set(ACME, 'a')], ['file', 'third']);
  await told('changes', [set(ACME, 'b')], ['file']);
  expect(work.problems()).toMatchObject([{ problem: { code: 'REG-012' }, item: 'third' }]);
  run = 2;
  await told('whole', [set(ACME, 'b')]);
  expect(work.problems()).toEqual([]);
});
