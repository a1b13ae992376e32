import koffi from 'koffi';
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { errno, libraryCall } from './c-library.ts';

const { EBADF, ENOENT, EAGAIN } = constants.errno;
const close = libraryCall('int close(int)');
const mkdirat = libraryCall('int mkdirat(int, const void *, uint32_t)');
const lseek = libraryCall('int64_t lseek(int, int64_t, int)');
const copy = libraryCall('int64_t copy_file_range(int, uintptr_t, int, uintptr_t, size_t, uint32_t)');

it('keeps the number of an error, whatever else fails on this thread meanwhile', () => {
  expect(close(-1)).toBe(-1);
  koffi.errno(EAGAIN);
  expect(errno()).toBe(EBADF);
  expect(mkdirat(-1, Buffer.from('/nowhere/to/be/found\0'), 0o700)).toBe(-1);
  koffi.errno(EAGAIN);
  expect(errno()).toBe(ENOENT);
});

it('keeps the last number over calls that succeed', () => {
  close(-1);
  expect(mkdirat(-1, Buffer.from('/nowhere/to/be/found\0'), 0o700)).toBe(-1);
  const open = libraryCall('int open(const void *, int)');
  expect(close(open(Buffer.from('/dev/null\0'), 0))).toBe(0);
  expect(errno()).toBe(ENOENT);
});

it('hands on six arguments and what takes 64 bits', () => {
  expect(copy(-1, 0, -1, 0, 1, 0)).toBe(-1);
  expect(errno()).toBe(EBADF);
  const file = libraryCall('int memfd_create(const char *, uint32_t)')('far', 0) as number;
  // All of the lower half is set: no failure, though it reads as -1.
  expect(lseek(file, 0x1_ffff_ffff, 0)).toBe(0x1_ffff_ffff);
  expect(errno()).toBe(EBADF);
  close(file);
});

it('refuses more arguments than it can hand on', () => {
  expect(() => libraryCall('int close(int, int, int, int, int, int, int)')).toThrow(RangeError);
});

it('says so where there is no memory for the calls of another thread', () => {
  const module = JSON.stringify(new URL('./c-library.ts', import.meta.url).href);
  // Of the address space (RLIMIT_AS) nothing is left between the two calls.
  const script = `
    import koffi from 'koffi';
    import { takeCallsMemory } from ${module};
    const limit = koffi.load('libc.so.6').func('int setrlimit(int, const void *)');
    const [none, all] = [[0n, -1n], [-1n, -1n]].map((words) => BigInt64Array.from(words));
    let told = 'nothing';
    limit(9, none);
    try { takeCallsMemory(); } catch (error) { told = error.message; }
    limit(9, all);
    console.log(told);`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect([stdout, signal]).toEqual(['mmap: no memory for system calls (ENOMEM)\n', null]);
});
