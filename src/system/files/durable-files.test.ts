import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { durableFiles } from './durable-files.ts';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'understudy-durable-'));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('small durable files', () => {
  it('are read as they were written, and null where there is none', () => {
    const path = join(folder, 'state');
    expect(durableFiles.read(path)).toBeNull();
    durableFiles.write(path, 'grüße');
    expect(durableFiles.read(path)).toBe('grüße');
    durableFiles.remove(path);
    durableFiles.remove(path);
    expect(durableFiles.read(path)).toBeNull();
  });

  it('are private unless told, and keep the mode they have', () => {
    const path = join(folder, 'state');
    durableFiles.write(path, '1');
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    fs.chmodSync(path, 0o664);
    durableFiles.write(path, '2');
    expect(fs.statSync(path).mode & 0o777).toBe(0o664);
    durableFiles.write(join(folder, 'open'), '', 0o644);
    expect(fs.statSync(join(folder, 'open')).mode & 0o777).toBe(0o644);
  });

  it('keep the group they have, also where they belong to the user that writes', () => {
    const path = join(folder, 'state');
    durableFiles.write(path, '1', 0o640);
    const { uid, gid } = fs.statSync(path);
    // Who is not root may give a file a further group of his own alone.
    const other = process.getgroups?.().find((group) => group !== gid) ?? (uid === 0 ? gid + 1 : gid);
    fs.chownSync(path, uid, other);
    durableFiles.write(path, '2');
    expect(fs.statSync(path)).toMatchObject({ uid, gid: other });
  });

  it('leave nothing behind when they cannot be written', () => {
    fs.mkdirSync(join(folder, 'taken'));
    expect(() => durableFiles.write(join(folder, 'taken'), 'x')).toThrow('EISDIR');
    expect(fs.readdirSync(folder)).toEqual(['taken']);
  });

  it('name what failed', () => {
    const path = join(folder, 'missing', 'state');
    expect(() => durableFiles.write(path, '')).toThrow(`open ${path}: ENOENT`);
    expect(() => durableFiles.read(folder)).toThrow(`read ${folder}: EISDIR`);
  });

  it('make folders with the mode asked for, also where one exists', () => {
    const path = join(folder, 'a', 'b');
    durableFiles.makeFolder(path, 0o755);
    durableFiles.makeFolder(path, 0o700);
    expect(fs.statSync(path).mode & 0o777).toBe(0o700);
  });
});
