import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { textFiles } from './terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'text-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a text is written with its folders and mode, replaced whole, and leaves nothing beside it', async () => {
  const file = join(folder, 'a', 'b', 'server.yaml');
  await textFiles.write(file, 'one', { mode: 0o644 });
  await textFiles.write(file, 'zwei ü', { mode: 0o600 });
  expect(await textFiles.read(file, { bytesMax: 100 })).toBe('zwei ü');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['server.yaml']);
});

test('a missing file is nothing, an overlong one and an unwritable place are failures with the kernel’s word', async () => {
  const file = join(folder, 'f');
  expect(await textFiles.read(file, { bytesMax: 10 })).toBeNull();
  expect(await textFiles.exists(file)).toBe(false);
  await textFiles.write(file, 'x'.repeat(11), { mode: 0o644 });
  expect(await textFiles.exists(file)).toBe(true);
  await expect(textFiles.read(file, { bytesMax: 10 })).rejects.toMatchObject({ code: 'EFBIG' });
  await expect(textFiles.read(folder, { bytesMax: 10 })).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(textFiles.write(join(file, 'below'), 'x', { mode: 0o644 })).rejects.toMatchObject({
    code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
  });
});

test('a file that can not be looked at is neither said to be there nor to be missing', async () => {
  symlinkSync('circle', join(folder, 'circle'));
  await expect(textFiles.exists(join(folder, 'circle'))).rejects.toMatchObject({ code: 'ELOOP' });
  await textFiles.write(join(folder, 'file'), '', { mode: 0o644 });
  expect(await textFiles.exists(join(folder, 'file', 'below'))).toBe(false);
});
