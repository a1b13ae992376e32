import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { byteFiles } from '../../system/files/byte-files.ts';
import { KeptRegistry } from './kept-registry.ts';

const FILES_MAX = 200;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-kept-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('the newest are kept, and what is kept now whatever the clock says', () => {
  let now = Date.UTC(2026, 0, 1);
  const kept = new KeptRegistry({ files: byteFiles, folder, wallMs: () => now });
  const first = kept.keep('file', []);
  for (let count = 0; count < FILES_MAX; count += 1) {
    now += 1000;
    kept.keep('file', []);
  }
  expect(existsSync(first)).toBe(false);
  now = Date.UTC(2025, 0, 1);
  const late = kept.keep('file', []);
  expect(existsSync(late)).toBe(true);
  expect(readdirSync(folder)).toHaveLength(FILES_MAX);
});
