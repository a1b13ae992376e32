import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { FileError } from '../../kernel/files.ts';
import type { Terminal, TextFiles } from '../../kernel/terminal.ts';

/** The process's own standard streams. One for each process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read the output has left, as `head` does: there is nobody to tell.
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
  return {
    outIsScreen: stdout.isTTY === true,
    errorIsScreen: stderr.isTTY === true,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    colour: stdout.isTTY === true && process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb',
    size: () => ({ columns: stdout.columns || stderr.columns || 80, rows: stdout.rows || stderr.rows || 24 }),
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    ask: askOne,
    onInterrupt(action) {
      process.on('SIGINT', action);
      process.on('SIGTERM', action);
      return () => {
        process.off('SIGINT', action);
        process.off('SIGTERM', action);
      };
    },
  };
}

function askOne(question: string): Promise<string | null> {
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    let answer: string | null = null;
    reader.on('close', () => resolve(answer));
    reader.on('SIGINT', () => reader.close());
    reader.question(question, (text) => {
      answer = text;
      reader.close();
    });
  });
}

/** Small text files on the real file system. */
export const textFiles: TextFiles = {
  async read(file, { bytesMax }) {
    try {
      await using handle = await open(file, 'r');
      const buffer = Buffer.alloc(Math.min(bytesMax + 1, 64 * 1024));
      const parts: Buffer[] = [];
      let bytes = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return Buffer.concat(parts).toString('utf8');
        bytes += bytesRead;
        if (bytes > bytesMax) throw new FileError({ code: 'EFBIG', call: 'read', path: file });
        parts.push(Buffer.from(buffer.subarray(0, bytesRead)));
      }
    } catch (error) {
      const failure = fileErrorOf(error, 'open', file);
      if (failure.code === 'ENOENT') return null;
      throw failure;
    }
  },

  async exists(file) {
    try {
      await access(file);
      return true;
    } catch (error) {
      const failure = fileErrorOf(error, 'access', file);
      if (failure.code === 'ENOENT' || failure.code === 'ENOTDIR') return false;
      // Whether it is there can't be told: to say so either way would lead who reads it astray.
      throw failure;
    }
  },

  async names(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (error) {
      const failure = fileErrorOf(error, 'readdir', folder);
      if (failure.code === 'ENOENT' || failure.code === 'ENOTDIR') return [];
      throw failure;
    }
  },

  async write(file, content, { mode }) {
    const folder = dirname(file);
    const fresh = `${file}.${randomBytes(6).toString('hex')}.new`;
    try {
      await mkdir(folder, { recursive: true });
      try {
        await using handle = await open(fresh, 'wx', mode);
        await handle.chmod(mode);
        await handle.writeFile(content);
        await handle.sync();
        await rename(fresh, file);
      } catch (error) {
        await unlink(fresh).catch((second: NodeJS.ErrnoException) => {
          if (second.code !== 'ENOENT') throw second;
        });
        throw error;
      }
      await using opened = await open(folder, 'r');
      await opened.sync();
    } catch (error) {
      throw fileErrorOf(error, 'write', file);
    }
  },
};

function fileErrorOf(error: unknown, call: string, path: string): FileError {
  if (error instanceof FileError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  return new FileError({ code, call, path });
}
