import { OPCODES_MAX } from '../fuse/opcodes.ts';
import type { NodeCalls } from '../kernel/node-calls.ts';
import { type Attempt, Attempts, type Caller } from './attempts.ts';
import { ERROR } from './codes.ts';
import { dataOperations } from './data-operations.ts';
import { ExcludedNames } from './excluded-names.ts';
import { Exclusion } from './exclusion.ts';
import { folderOperations } from './folder-operations.ts';
import { lookupOperations } from './lookup-operations.ts';
import { type MemoryPlan, planMemory } from './memory-plan.ts';
import { GuardedWords } from './mount-way.ts';
import { nameOperations } from './name-operations.ts';
import { LocksOver, NodeLocks } from './node-locks.ts';
import { NodeMarks } from './node-marks.ts';
import { openOperations } from './open-operations.ts';
import { ParkedReplies } from './parked-replies.ts';
import { RingWriter } from './ring-writer.ts';
import { NO_REPLY, type Operation, ServedFolder } from './served-folder.ts';
import { type Agreement, sessionOperations } from './session-operations.ts';
import { Turn } from './turns.ts';
import { WriteGuard } from './write-guard.ts';
import { xattrOperations } from './xattr-operations.ts';

/** A thread that sleeps in the kernel can't be ended, so it never sleeps longer. */
const SLEEP_MS_MAX = 1000;
const COUNTER_BYTES = 8;

/** What all threads that serve one folder share. */
export interface ServeOptions {
  readonly calls: NodeCalls;
  /** The connection to the kernel, /dev/fuse, which does not wait when it is read (O_NONBLOCK). */
  readonly connection: number;
  /** Descriptor of the folder underneath. */
  readonly root: number;
  /** Becomes readable when the threads are to end. */
  readonly wake: number;
  /** The kernel's list of mounts. */
  readonly mountList: number;
  readonly locks: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  /** Of this thread among those that use the ring, from 0. */
  readonly thread: number;
  /** Of this mount among those that use the ring. */
  readonly mount: number;
  /** From makeWayMemory. */
  readonly wayMemory: SharedArrayBuffer;
  /** An eventfd that the reader of the ring sleeps on; null where it does not. */
  readonly readerWake: number | null;
  /** Folders that are not recorded, below the one that is mounted over, with one byte in each character. */
  readonly excluded: readonly string[];
  /** What is known of them; null where there are none. */
  readonly marks: SharedArrayBuffer | null;
  /** Where replies to flushes wait for the passive server; null where none do. */
  readonly replies: SharedArrayBuffer | null;
  /** Of the monotonic clock. */
  readonly nowMs: () => number;
  /** The kernel's first request was answered, by one of the threads. */
  readonly onAgreement: (agreement: Agreement) => void;
  /** Attempts to change what is protected, which were refused. */
  readonly onAttempts: (attempts: readonly Attempt[]) => void;
  readonly describe: (threadId: number) => Caller | null;
  /** Something was mounted or unmounted. */
  readonly onMounts: () => void;
}

/** Why a thread ended: the mount is gone, it was asked to, or a call failed with that error. */
export type Ended = { readonly kind: 'unmounted' | 'asked' } | { readonly kind: 'failed'; readonly error: number };

/** Serves requests on this thread until the mount is gone or it is asked to end. */
export function serve(options: ServeOptions): Ended {
  const { calls } = options;
  const plan = planMemory(calls);
  const served = new ServedFolder({
    calls,
    connection: options.connection,
    plan,
    root: options.root,
    locks: new NodeLocks(options.locks),
    ring: new RingWriter(options.ring, { thread: options.thread, wakeReader: wakeOf(options, plan) }),
    mount: options.mount,
    wayMemory: options.wayMemory,
    exclusion: exclusionOf(options),
    parked: options.replies === null ? null : new ParkedReplies(options.replies),
    nowMs: options.nowMs,
  });
  const turn = new Turn(options.ring, options.thread);
  const begun = Math.min(calls.becomeServer(), served.nodes.learnRoot());
  if (begun < 0) return { kind: 'failed', error: -begun };
  const waiter = calls.openWaiter(options.connection, options.wake, options.mountList);
  if (waiter < 0) return { kind: 'failed', error: -waiter };
  try {
    return answerAll(served, options, waiter, turn);
  } catch (error) {
    if (error instanceof LocksOver) return { kind: 'asked' };
    throw error;
  } finally {
    calls.close(waiter);
  }
}

function exclusionOf({ excluded, marks }: ServeOptions): Exclusion | null {
  return marks === null ? null : new Exclusion(new ExcludedNames(excluded), new NodeMarks(marks));
}

function answerAll(served: ServedFolder, options: ServeOptions, waiter: number, turn: Turn): Ended {
  const { calls, plan } = served;
  const operations = operationsOf(served, options.onAgreement);
  const attempts = new Attempts({ tell: options.onAttempts, describe: options.describe, nowMs: options.nowMs });
  const guard = new WriteGuard(served, new GuardedWords(options.wayMemory), attempts);
  const requestAddress = plan.memory.address + plan.request;
  for (;;) {
    const got = calls.read(options.connection, requestAddress, plan.requestBytes);
    if (got >= 0) {
      turn.begin();
      served.readWay();
      const isRefused = served.isPassive && guard.refuses();
      answer(served, options.connection, isRefused ? REFUSED : operations);
      turn.end();
      continue;
    }
    if (got === -ERROR.EAGAIN) {
      attempts.step();
      const woken = calls.wait(waiter, SLEEP_MS_MAX);
      if (woken === options.wake) return { kind: 'asked' };
      if (woken === options.mountList) options.onMounts();
      if (woken < 0 && woken !== -ERROR.EINTR) return { kind: 'failed', error: -woken };
    } else if (got === -ERROR.ENODEV) return { kind: 'unmounted' };
    // A request that was taken back before it was read, or a signal.
    else if (got !== -ERROR.ENOENT && got !== -ERROR.EINTR) return { kind: 'failed', error: -got };
  }
}

/** Writes the number 1 to the eventfd, out of memory that stays where it is. */
function wakeOf({ calls, readerWake }: ServeOptions, plan: MemoryPlan): () => void {
  if (readerWake === null) return () => {};
  const { bytes, address } = plan.memory;
  new DataView(bytes.buffer, bytes.byteOffset + plan.one, COUNTER_BYTES).setBigUint64(0, 1n, true);
  return () => void calls.write(readerWake, address + plan.one, COUNTER_BYTES);
}

const REFUSED: readonly Operation[] = Array.from({ length: OPCODES_MAX }, () => () => -ERROR.EROFS);

function operationsOf(served: ServedFolder, onAgreement: ServeOptions['onAgreement']): readonly Operation[] {
  const known = {
    ...sessionOperations(served, onAgreement),
    ...lookupOperations(served),
    ...openOperations(served),
    ...dataOperations(served),
    ...nameOperations(served),
    ...folderOperations(served),
    ...xattrOperations(served),
  };
  const unknown: Operation = () => -ERROR.ENOSYS;
  return Array.from({ length: OPCODES_MAX }, (_, opcode) => known[opcode] ?? unknown);
}

function answer(served: ServedFolder, connection: number, operations: readonly Operation[]): void {
  const { request, reply, calls } = served;
  const { uniqueLow, uniqueHigh } = request;
  const operation = operations[request.opcode];
  const outcome = operation === undefined ? -ERROR.ENOSYS : operation();
  if (outcome === NO_REPLY) return;
  // That the kernel does not want the answer any more (ENOENT) changes nothing.
  calls.write(connection, reply.address, reply.finish(uniqueLow, uniqueHigh, outcome));
}
