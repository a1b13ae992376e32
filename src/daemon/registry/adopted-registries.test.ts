import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileError } from '../../kernel/files.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import { AdoptedRegistries } from './adopted-registries.ts';

const DAY_MS = 86_400_000;
const FILE = { name: 'a', provider: 'file', path: '/a.reg' } as const;
const ELSEWHERE = { ...FILE, path: '/b.reg' };

let folder: string;
let now: number;
let adopted: AdoptedRegistries;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-registry-'));
  now = 100 * DAY_MS;
  adopted = new AdoptedRegistries({ files: byteFiles, folder, wallMs: () => now });
});

afterEach(() => rmSync(folder, { recursive: true }));

it('a registry is known by its place, not by its name alone', () => {
  adopted.add(FILE);
  expect([adopted.has(FILE), adopted.has(ELSEWHERE)]).toEqual([true, false]);
  adopted.add(ELSEWHERE);
  expect([adopted.has(FILE), adopted.has(ELSEWHERE)]).toEqual([true, true]);
});

it('one that was known by its name before still is, at the place where it is', () => {
  writeFileSync(join(folder, 'adopted-a'), '');
  adopted.tidy([FILE]);
  expect([adopted.has(FILE), adopted.has(FILE), adopted.has(ELSEWHERE)]).toEqual([true, true, false]);
  expect(readdirSync(folder)).toHaveLength(1);
});

it('one that was known by its name before still is while the disk takes no other', () => {
  writeFileSync(join(folder, 'adopted-a'), '');
  const write = (path: string): never => {
    throw new FileError({ code: 'ENOSPC', call: 'write', path });
  };
  const full = new AdoptedRegistries({ files: { ...byteFiles, write }, folder, wallMs: () => now });
  expect([full.has(FILE), full.has(FILE)]).toEqual([true, true]);
});

it('one that is protected no more is known for a week, and for good where it is protected again within that', () => {
  adopted.add(FILE);
  adopted.add({ ...FILE, name: 'other' });
  adopted.tidy([]);
  now += 6 * DAY_MS;
  adopted.tidy([]);
  adopted.tidy([FILE]);
  now += 2 * DAY_MS;
  adopted.tidy([]);
  expect(adopted.has({ ...FILE, name: 'other' })).toBe(false);
  now += 6 * DAY_MS;
  adopted.tidy([]);
  expect(adopted.has(FILE)).toBe(true);
  now += 2 * DAY_MS;
  adopted.tidy([]);
  expect(readdirSync(folder)).toEqual([]);
});

it('nothing is forgotten because a clock was set', () => {
  adopted.add(FILE);
  adopted.tidy([]);
  now -= 50 * DAY_MS;
  adopted.tidy([]);
  now += 6 * DAY_MS;
  adopted.tidy([]);
  expect(adopted.has(FILE)).toBe(true);
});
