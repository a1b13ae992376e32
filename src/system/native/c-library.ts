import { getSystemErrorName } from 'node:util';
import { workerData } from 'node:worker_threads';
import koffi from 'koffi';

/*
 * Functions of the C library, each with the number of its error kept.
 *
 * The C library has one `errno` for a thread, and V8 works on the same thread: between a call that failed and a
 * question of its own for the number, V8 may wait for one of its locks (compiled code, its heap), and `errno` is EAGAIN
 * then, where the call had met ENOENT. So the number is taken inside of the call: each function is called through a few
 * instructions that store `errno` where nothing else writes, as soon as the function has returned -1.
 *
 * The instructions are x86-64's. On other processors the functions are called as they are, and `errno` is asked for
 * behind.
 */

const libc = koffi.load('libc.so.6');

type Call = (...args: readonly unknown[]) => number;

/** A function of the C library; `async` makes its call on a thread of libuv's pool. */
export interface LibraryCall {
  (...args: readonly unknown[]): number;
  readonly async: (...args: readonly unknown[]) => void;
}

const PAGE_BYTES = 4096;
/** A page that is run, and one with what the instructions look up and store. */
const MAPPED_BYTES = 2 * PAGE_BYTES;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE_ANONYMOUS = 0x22;
/** -1, as an address. */
const MAP_FAILED = 2n ** 64n - 1n;

const ENTRY_BYTES = 16;
const ENTRIES_MAX = 200;
/** What all entries go on with, behind them. */
const COMMON = ENTRIES_MAX * ENTRY_BYTES;
const KEPT = PAGE_BYTES;
const ERRNO_LOCATION = PAGE_BYTES + 8;
const FUNCTIONS = PAGE_BYTES + 16;
const POINTER_BYTES = 8;
/** What registers hold of the arguments; further ones would lie on the stack, which is one call deeper here. */
const ARGUMENTS_MAX = 6;

/** Memory of threads that have ended, by its address. */
const free: number[] = [];

/** Memory for the calls of a thread that this one starts, or for this one's own. @throws Error where there is none. */
export function takeCallsMemory(): number {
  return free.pop() ?? makeCallsMemory();
}

/** What {@link takeCallsMemory} gave, once the thread that used it has ended. */
export function giveBackCallsMemory(address: number): void {
  free.push(address);
}

/** Its instructions are written once, and never again once they can be run: only their data changes. */
function makeCallsMemory(): number {
  const map = libc.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)');
  const protect = libc.func('int mprotect(uintptr_t, size_t, int)');
  const mapped = map(0, MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (BigInt(mapped) === MAP_FAILED) throw new Error(`mmap: no memory for system calls (${lastErrorName()})`);
  const address = Number(mapped);
  const memory = Buffer.from(koffi.view(address, MAPPED_BYTES));
  memory.writeBigUInt64LE(addressOfFunction('__errno_location'), ERRNO_LOCATION);
  writeInstructions(memory);
  if (protect(address, PAGE_BYTES, PROT_READ | PROT_EXEC) !== 0)
    throw new Error(`mprotect: memory can not be made executable, which Node needs, too (${lastErrorName()})`);
  return address;
}

/** Here nothing keeps the number yet. */
function lastErrorName(): string {
  return getSystemErrorName(-koffi.errno());
}

/** The functions of one thread. */
class KeepingCalls {
  readonly #address: number;
  readonly #memory: Buffer;
  readonly #kept: Int32Array;
  #entries = 0;

  constructor(address: number) {
    const memory = koffi.view(address, MAPPED_BYTES);
    this.#address = address;
    this.#memory = Buffer.from(memory);
    this.#kept = new Int32Array(memory, KEPT, 1);
  }

  get errno(): number {
    return this.#kept[0] as number;
  }

  set errno(code: number) {
    this.#kept[0] = code;
  }

  declare(name: string, prototype: string): Call {
    const entry = this.#entries++;
    if (entry >= ENTRIES_MAX) throw new RangeError(`${name}: more than ${String(ENTRIES_MAX)} functions`);
    if (prototype.split(',').length > ARGUMENTS_MAX)
      throw new RangeError(`${name}: more than ${String(ARGUMENTS_MAX)} arguments`);
    this.#memory.writeBigUInt64LE(addressOfFunction(name), FUNCTIONS + entry * POINTER_BYTES);
    // koffi wants another name for each prototype; a function may be declared with several.
    const type = koffi.proto(prototype.replace(`${name}(`, `${name}_${String(entry)}(`));
    return koffi.decode(this.#address + entry * ENTRY_BYTES, type) as Call;
  }
}

function addressOfFunction(name: string): bigint {
  return BigInt(libc.symbol(name) as bigint);
}

/** Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2; System V ABI for AMD64, 3.2. */
function writeInstructions(code: Buffer): void {
  let at = 0;
  const put = (...bytes: readonly number[]): void => {
    for (const byte of bytes) code[at++] = byte;
  };
  /** The last four bytes of an instruction: how far `target` is from its end. */
  const distanceTo = (target: number): void => {
    at = code.writeInt32LE(target - (at + 4), at);
  };
  for (let entry = 0; entry < ENTRIES_MAX; entry++) {
    put(0xf3, 0x0f, 0x1e, 0xfa); // endbr64
    put(0x4c, 0x8b, 0x1d); // mov r11, [the function's address]
    distanceTo(FUNCTIONS + entry * POINTER_BYTES);
    put(0xe9); // jmp common
    distanceTo(COMMON);
    at = (entry + 1) * ENTRY_BYTES;
  }
  put(0x48, 0x83, 0xec, 0x08); // sub rsp, 8: calls begin at multiples of 16
  put(0x31, 0xc0); // xor eax, eax: no argument in a vector register
  put(0x41, 0xff, 0xd3); // call r11
  put(0x83, 0xf8, 0xff); // cmp eax, -1
  put(0x75, 0); // jne done
  const jumpEnd = at;
  put(0x48, 0x89, 0x04, 0x24); // mov [rsp], rax
  put(0xff, 0x15); // call [__errno_location]
  distanceTo(ERRNO_LOCATION);
  put(0x8b, 0x00); // mov eax, [rax]
  put(0x89, 0x05); // mov [kept], eax
  distanceTo(KEPT);
  put(0x48, 0x8b, 0x04, 0x24); // mov rax, [rsp]
  code[jumpEnd - 1] = at - jumpEnd;
  put(0x48, 0x83, 0xc4, 0x08); // done: add rsp, 8
  put(0xc3); // ret
}

/** Who starts a thread gives it memory that is used again after it. */
function ownCallsMemory(): number {
  const given = (workerData as { readonly callsMemory?: unknown } | null)?.callsMemory;
  return typeof given === 'number' ? given : takeCallsMemory();
}

const keeping = process.arch === 'x64' ? new KeepingCalls(ownCallsMemory()) : null;

/** A function by its prototype, such as `int close(int)`. */
export function libraryCall(prototype: string): LibraryCall {
  const name = /(\w+)\(/.exec(prototype)?.[1] ?? prototype;
  const plain = (): LibraryCall => libc.func(prototype) as unknown as LibraryCall;
  if (keeping === null) return plain();
  // Threads of the pool would store their numbers where this one looks for its own. Few calls are made there.
  return Object.defineProperty(keeping.declare(name, prototype), 'async', { get: () => plain().async }) as LibraryCall;
}

/** The number of the error that a call of this thread met last. */
export const errno = (): number => (keeping === null ? koffi.errno() : keeping.errno);

/** As {@link errno}, of a call on a thread of the pool: for its callback, at once. */
export const errnoOfPool = (): number => koffi.errno();

/** For calls that fail without being made. */
export function setErrno(code: number): void {
  koffi.errno(code);
  if (keeping !== null) keeping.errno = code;
}

/** Address of the first byte, to align buffers to pages. */
export const addressOf = (bytes: Uint8Array): bigint => BigInt(koffi.address(bytes));

/** Memory of the process by its address; it must stay where it is. */
export const viewOf = (address: number, bytes: number): ArrayBuffer => koffi.view(address, bytes);
