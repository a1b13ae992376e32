import fs from 'node:fs';
import { join } from 'node:path';

/** Folders of a Debian machine that hold many and real files. */
const SOURCES = ['/usr/share', '/usr/lib', '/usr/include', '/usr/local', '/usr/bin', '/opt', '/var/lib/dpkg'];

export interface TreeSize {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies system folders of this machine until there are as many files and bytes as asked; the same
 * folders come again where one pass is not enough. Times and permissions are kept.
 */
export function plantSystemFolders(to: string, wanted: TreeSize): TreeSize {
  const got = { files: 0, bytes: 0 };
  for (let pass = 0; got.files < wanted.files || got.bytes < wanted.bytes; pass++) {
    const before = got.files;
    for (const source of SOURCES) {
      if (!fs.existsSync(source)) continue;
      const folder = join(to, `pass-${pass}`, source);
      fs.mkdirSync(folder, { recursive: true });
      copyFolder(Buffer.from(source), Buffer.from(folder), got, wanted);
    }
    if (got.files === before) throw new Error('This machine has none of the system folders');
  }
  return got;
}

function copyFolder(from: Buffer, to: Buffer, got: { files: number; bytes: number }, wanted: TreeSize): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true, encoding: 'buffer' })) {
    if (got.files >= wanted.files && got.bytes >= wanted.bytes) return;
    const [source, target] = [under(from, entry.name), under(to, entry.name)];
    const stat = fs.lstatSync(source);
    if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source, { encoding: 'buffer' }), target);
    else if (entry.isFile() && isReadable(source)) {
      fs.copyFileSync(source, target);
      fs.chmodSync(target, stat.mode | 0o600);
      fs.utimesSync(target, stat.atime, stat.mtime);
      got.files++;
      got.bytes += stat.size;
    } else if (entry.isDirectory() && isReadable(source)) {
      fs.mkdirSync(target);
      copyFolder(source, target, got, wanted);
    }
  }
}

function isReadable(path: Buffer): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function under(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}
