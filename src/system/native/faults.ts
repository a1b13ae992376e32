import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

/*
 * A door for tests of the whole daemon: calls of the kernel fail, are late or hang, by their name and by
 * the path they are about, while the daemon runs. It is there only where the environment names a file of
 * orders; without that nothing of this is on the way of a call.
 */

/** Names the file of orders. Read once, when a daemon (and each of its threads) starts. */
export const FAULTS_VARIABLE = 'UNDERSTUDY_FAULTS';

/** One order: it holds from the moment it stands in the file until it stands there no more. */
export interface Fault {
  /**
   * What fails: the function of the C library (`openat`, `pread`, `pwrite`, `fdatasync`, `fsync`, `syncfs`, `statx`,
   * `getdents64`, `renameat2`, `inotify_add_watch`, …), `commit` for a transaction of a database, `clock` for the
   * wall clock, or `*` for any but that.
   */
  readonly call: string;
  /** Real path; `*` stands for anything, also over several folders. Left out: any. */
  readonly path?: string;
  /** What the call fails with, such as `EIO`. Left out: it goes on as usual, perhaps later. */
  readonly error?: string;
  /** So late it is; -1: until the order is gone. */
  readonly delayMs?: number;
  /** The process is killed, before the call is made or as soon as it was. */
  readonly ends?: 'before' | 'behind';
  /** Of `clock`: the wall clock is ahead by so much, or behind. */
  readonly aheadMs?: number;
}

const LOOK_EVERY_MS = 10;
/** Shorter delays are not worth to be shown. */
const SHOWN_FROM_MS = 500;

/** The orders in one file, as one thread sees them. */
export class Faults {
  readonly #file: string;
  #faults: readonly { fault: Fault; path: RegExp }[] = [];
  #version = '';
  #shown = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Waits as long as is asked for.
   * @param paths - what the call is about; asked for only where some order is for this call.
   * @returns the number of the error that it is to fail with; 0 where it goes on.
   */
  meet(call: string, paths: () => readonly string[]): number {
    const found = this.#find(call, paths);
    if (found === null) return 0;
    const { delayMs = 0, error } = found.fault;
    if (found.fault.ends === 'before') end();
    if (delayMs !== 0 && !this.#wait(found.fault, delayMs, { call, path: paths()[0] ?? '' })) return 0;
    return error === undefined ? 0 : numberOf(error);
  }

  /** Before the call is made: is the process to be killed behind it ({@link end})? */
  endsBehind(call: string, paths: () => readonly string[]): boolean {
    return this.#find(call, paths)?.fault.ends === 'behind';
  }

  /** As {@link meet}, without holding up the thread. */
  async meetLater(call: string, paths: () => readonly string[]): Promise<number> {
    const found = this.#find(call, paths);
    if (found === null) return 0;
    const { delayMs = 0, error } = found.fault;
    const until = delayMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + delayMs;
    const shown = this.#show(delayMs, call, paths()[0] ?? '');
    try {
      while (performance.now() < until) {
        if (!this.#orders().some(({ fault }) => isSame(fault, found.fault))) return 0;
        await pause(LOOK_EVERY_MS);
      }
    } finally {
      shown[Symbol.dispose]();
    }
    return error === undefined ? 0 : numberOf(error);
  }

  /** So much the wall clock is ahead, in milliseconds. */
  clockAheadMs(): number {
    return this.#orders().find(({ fault }) => fault.call === 'clock')?.fault.aheadMs ?? 0;
  }

  /** Calls of this process that are kept waiting at the moment, which the kernel does not know of. */
  waiting(): readonly { id: string; call: string; path: string }[] {
    const mark = `${basename(this.#file)}.waiting-${String(process.pid)}-`;
    let names: string[];
    try {
      names = readdirSync(dirname(this.#file));
    } catch {
      // Descriptors may be what is scarce at the moment.
      return [];
    }
    return names
      .filter((name) => name.startsWith(mark))
      .flatMap((id) => {
        try {
          const [call = '', path = ''] = readFileSync(join(dirname(this.#file), id), 'latin1').split('\n');
          return [{ id, call, path }];
        } catch {
          // It goes on just now.
          return [];
        }
      });
  }

  /** @returns false where the order was withdrawn meanwhile. */
  #wait(fault: Fault, delayMs: number, about: { readonly call: string; readonly path: string }): boolean {
    const until = delayMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + delayMs;
    const shown = this.#show(delayMs, about.call, about.path);
    try {
      while (performance.now() < until) {
        if (!this.#orders().some((order) => isSame(order.fault, fault))) return false;
        sleep(Math.min(LOOK_EVERY_MS, until - performance.now()));
      }
      return true;
    } finally {
      shown[Symbol.dispose]();
    }
  }

  /** Tells {@link waiting} of a call that is kept waiting, until disposed of. */
  #show(delayMs: number, call: string, path: string): Disposable {
    if (delayMs >= 0 && delayMs < SHOWN_FROM_MS) return { [Symbol.dispose]: () => undefined };
    this.#shown += 1;
    const mark = `${this.#file}.waiting-${String(process.pid)}-${String(threadId)}-${String(this.#shown)}`;
    try {
      writeFileSync(mark, `${call}\n${path}`, 'latin1');
    } catch {
      // Without a descriptor it is kept waiting all the same, and not shown.
    }
    return { [Symbol.dispose]: () => rmSync(mark, { force: true }) };
  }

  #find(call: string, paths: () => readonly string[]): { fault: Fault } | null {
    const named = this.#orders().filter(({ fault }) => fault.call === call || fault.call === '*');
    if (named.length === 0) return null;
    const about = paths();
    return named.find(({ path }) => about.some((one) => path.test(one))) ?? null;
  }

  #orders(): readonly { fault: Fault; path: RegExp }[] {
    const stat = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    const version = stat === undefined ? '' : `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
    if (version === this.#version) return this.#faults;
    let text: string;
    try {
      text = version === '' ? '[]' : readFileSync(this.#file, 'utf8');
    } catch {
      // No descriptor is left, which may be what is tried: the orders are read when there is one.
      return this.#faults;
    }
    this.#version = version;
    const faults = JSON.parse(text) as Fault[];
    this.#faults = faults.map((fault) => ({ fault, path: patternOf(fault.path ?? '*') }));
    return this.#faults;
  }
}

/** Of this thread; null in every daemon that is not told otherwise. */
export const faults: Faults | null = open();

/** The path of an open file as the kernel knows it. */
export function pathOfDescriptor(file: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${String(file)}`, { encoding: 'latin1' });
  } catch {
    return '';
  }
}

/** As a crash would. */
export function end(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) sleep(SHOWN_FROM_MS);
}

function open(): Faults | null {
  const file = process.env[FAULTS_VARIABLE];
  return file === undefined || file === '' ? null : new Faults(file);
}

function patternOf(text: string): RegExp {
  const escaped = text.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
}

function isSame(a: Fault, b: Fault): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function numberOf(error: string): number {
  const number = (constants.errno as Readonly<Record<string, number>>)[error];
  if (number === undefined) throw new Error(`${error} is no error of the kernel's`);
  return number;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.max(1, ms));
}
