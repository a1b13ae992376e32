import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { arch } from 'node:os';
import { fromLatin1, toDisplay } from '../../kernel/byte-string.ts';
import type { PendingCall } from '../../kernel/machine-health.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { faults } from './faults.ts';
import { type FileCall, fileCalls } from '../files/file-calls.ts';

const TASKS = '/proc/self/task';
/** AT_FDCWD as an argument. */
const WORKING_FOLDER = 0xffffff9c;
const PAGE_BYTES = 4096;

interface Seen {
  /** The call, its arguments and where it was made, as the kernel writes them. */
  readonly text: string;
  /** How often the thread went to sleep. */
  readonly sleeps: string;
  readonly call: PendingCall;
}

/**
 * In which calls about files the threads of this process are, as the kernel tells it (proc_pid_syscall(5)): so
 * a call that hangs is seen from another thread, with nothing to be noted before each call. Where the
 * kernel does not tell, there are none.
 */
export class PendingCalls {
  readonly #calls = fileCalls(arch());
  readonly #seen = new Map<string, Seen>();

  /** See kernel/machine-health.ts. */
  look(now: MonotonicMs, isSilent: boolean): readonly PendingCall[] {
    const found: PendingCall[] = [];
    for (const task of listOf(TASKS)) {
      const next = this.#lookAt(task, now);
      const before = this.#seen.get(task);
      if (next === null) this.#seen.delete(task);
      else if (before === undefined || before.text !== next.text || (before.sleeps !== next.sleeps && !isSilent))
        this.#seen.set(task, next);
      else found.push(before.call);
    }
    for (const order of faults?.waiting() ?? []) {
      const before = this.#seen.get(order.id) ?? { text: '', sleeps: '', call: { ...order, since: now } };
      this.#seen.set(order.id, before);
      found.push(before.call);
    }
    return found;
  }

  #lookAt(task: string, now: MonotonicMs): Seen | null {
    const text = textOf(`${TASKS}/${task}/syscall`);
    const [number, ...values] = text.split(' ');
    // `running`, or -1 outside of any call.
    const call = this.#calls.get(Number(number));
    if (call === undefined || values.length < 2) return null;
    const path = pathOf(call, values);
    if (path === null) return null;
    const sleeps = /^voluntary_ctxt_switches:\s*(\d+)/m.exec(textOf(`${TASKS}/${task}/status`))?.[1] ?? '';
    return { text, sleeps, call: { call: call.name, path: toDisplay(fromLatin1(path)), since: now } };
  }
}

/** @returns null where it is about no file that lies on a disk: a pipe, a socket, a device. */
function pathOf({ kind }: FileCall, values: readonly string[]): string | null {
  const [first = '0', second = '0'] = values;
  if (kind === 'path') return stringAt(first);
  const folder = Number(first) >>> 0 === WORKING_FOLDER ? '' : linkOf(Number(first));
  if (kind === 'name') {
    const name = stringAt(second);
    if (name.startsWith('/')) return isOnDisk(name) ? name : null;
    return isOnDisk(folder) ? (name === '' ? folder : `${folder}/${name}`) : null;
  }
  return isOnDisk(folder) ? folder : null;
}

function isOnDisk(path: string): boolean {
  return path.startsWith('/') && !path.startsWith('/dev/') && !path.startsWith('/proc/');
}

function linkOf(file: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${String(file)}`, { encoding: 'latin1' });
  } catch {
    return '';
  }
}

/** A string of this process' own memory, up to the end of its page at most. */
function stringAt(address: string): string {
  const at = BigInt(address);
  const bytes = Buffer.alloc(PAGE_BYTES - Number(at % BigInt(PAGE_BYTES)));
  try {
    const memory = openSync('/proc/self/mem', 'r');
    try {
      const length = readSync(memory, bytes, 0, bytes.length, at);
      return bytes.toString('latin1', 0, length).replace(/\0.*$/s, '');
    } finally {
      closeSync(memory);
    }
  } catch {
    // The call may have returned meanwhile, and its memory be gone.
    return '';
  }
}

function listOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
