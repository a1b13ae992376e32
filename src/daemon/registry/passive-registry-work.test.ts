import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describe as wordsOf } from '../../problems/problem.ts';
import { type BatchPurpose, encodeBatch } from '../../registry/batch-codec.ts';
import { set } from '../../registry/registry.testing.ts';
import type { RegistryEdit } from '../../registry/registry-edit.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import { PassiveRegistryWork } from './passive-registry-work.ts';

const ACME = 'HKEY_LOCAL_MACHINE\\Software\\Acme';
const PATTERNS = { include: ['HKLM\\Software\\**'], exclude: [] };
const NAMES = ['file', 'other'] as const;

let folder: string;
let batches: number;
let work: PassiveRegistryWork;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-registry-'));
  for (const name of NAMES) mkdirSync(join(folder, name));
  batches = 0;
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
  const doors = { files: byteFiles, now: () => 0 as never, wallMs: () => 0, tell: () => {}, progress: () => {} };
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
  writeFileSync(join(folder, 'registry', file), encodeBatch({ run: 1, number: batches, purpose, check, sections }));
  await work.take({ kind: 'batch', file });
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
