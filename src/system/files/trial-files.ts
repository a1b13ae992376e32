import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands under a name, read without following links. */
export interface Look {
  readonly type: 'file' | 'folder' | 'symlink' | 'other';
  /** Permission bits; 0 for a symbolic link, where they mean nothing. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
}

/**
 * Files as an ordinary application uses them: by paths, with Node's own calls and none of the
 * product's. For the demo, which plays the application and compares trees independently. Calls block
 * and fail with NodeJS.ErrnoException.
 */
export const trialFiles = {
  /** A new folder among the machine's temporary ones, closed to other users. */
  makeTemporaryFolder(prefix: string): string {
    return fs.realpathSync(fs.mkdtempSync(join(tmpdir(), prefix)));
  },
  /** Makes missing parents too. */
  makeFolder(path: string): void {
    fs.mkdirSync(path, { recursive: true });
  },
  removeTree(path: string): void {
    fs.rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  },
  write(path: string, content: string | Uint8Array): void {
    fs.writeFileSync(path, content);
  },
  append(path: string, text: string): void {
    fs.appendFileSync(path, text);
  },
  rename(from: string, to: string): void {
    fs.renameSync(from, to);
  },
  remove(path: string): void {
    fs.unlinkSync(path);
  },
  makeLink(target: string, path: string): void {
    fs.symlinkSync(target, path);
  },
  setMode(path: string, mode: number): void {
    fs.chmodSync(path, mode);
  },
  copy(from: string, to: string): void {
    fs.copyFileSync(from, to);
  },
  exists(path: string): boolean {
    return fs.existsSync(path);
  },
  read(path: string | Buffer): Buffer {
    return fs.readFileSync(path);
  },
  /** The last lines of a text file; none where there is no such file. */
  lastLines(path: string, count: number): string[] {
    if (!fs.existsSync(path)) return [];
    return fs.readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count);
  },
  list(folder: Buffer): Buffer[] {
    return fs.readdirSync(folder, { encoding: 'buffer' });
  },
  readLink(path: Buffer): Buffer {
    return fs.readlinkSync(path, { encoding: 'buffer' });
  },
  look(path: Buffer): Look {
    const stat = fs.lstatSync(path, { bigint: true });
    const type = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'symlink' : 'other';
    return {
      type,
      mode: type === 'symlink' ? 0 : Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      sizeBytes: type === 'file' ? Number(stat.size) : 0,
      mtimeNs: stat.mtimeNs,
    };
  },
};
