import type { NativeMemory } from '../kernel/node-calls.ts';
import { OPCODES_MAX } from '../fuse/opcodes.ts';
import { Attempts } from './attempts.ts';
import { ERROR } from './codes.ts';
import { Marker } from './marker.ts';
import { holdReady, type MemoryPlan, planMemory } from './memory-plan.ts';
import { GuardedWords } from './mount-way.ts';
import { LocksOver, NodeLocks } from './node-locks.ts';
import { operationsOf, servedFolder } from './operations.ts';
import { RingWriter } from './ring-writer.ts';
import { NO_REPLY, type Operation, type ServedFolder } from './served-folder.ts';
import type { ServeOptions } from './serve-options.ts';
import { takeOver } from './takeover.ts';
import { Turn } from './turns.ts';
import { WriteGuard } from './write-guard.ts';

/** A thread that sleeps in the kernel can't be ended, so it never sleeps longer. */
const SLEEP_MS_MAX = 1000;
const COUNTER_BYTES = 8;

/**
 * Where one program waits for each answer, the next request comes a moment later, and looking for it before it is waited
 * for is in vain. After so many that were waited for it is looked once.
 */
const LOOK_EVERY = 8;

/** Why a thread ended: the mount is gone, it was asked to, or a call failed with that error. */
export type Ended = { readonly kind: 'unmounted' | 'asked' } | { readonly kind: 'failed'; readonly error: number };

/** Serves requests on this thread until the mount is gone or it is asked to end. */
export function serve(options: ServeOptions): Ended {
  const { calls, kept, thread } = options;
  const plan = planMemory(kept.threads[thread] as NativeMemory);
  const locks = new NodeLocks(kept.locks);
  const ring = new RingWriter(options.ring, {
    thread: options.firstThread + thread,
    wakeReader: wakeOf(options, plan),
    isOver: () => locks.isOver,
  });
  const served = servedFolder(options, plan, ring);
  const turn = new Turn(options.ring, options.firstThread + thread);
  const begun = Math.min(calls.becomeServer(), served.nodes.learnRoot());
  if (begun < 0) return { kind: 'failed', error: -begun };
  const waiter = calls.openWaiter(options.connection, options.wake, options.mountList);
  if (waiter < 0) return { kind: 'failed', error: -waiter };
  holdReady(plan);
  try {
    if (options.takeover !== null) takeOver(options, options.takeover);
    return answerAll(served, options, waiter, turn);
  } catch (error) {
    if (error instanceof LocksOver) return { kind: 'asked' };
    throw error;
  } finally {
    calls.close(waiter);
  }
}

function answerAll(served: ServedFolder, options: ServeOptions, waiter: number, turn: Turn): Ended {
  const { calls, plan } = served;
  const operations = operationsOf(served, options.onAgreement);
  const attempts = new Attempts({ tell: options.onAttempts, describe: options.describe, nowMs: options.nowMs });
  const guard = new WriteGuard(served, new GuardedWords(options.wayMemory), attempts);
  const marker = options.thread === 0 ? new Marker(served) : null;
  const requestAddress = plan.memory.address + plan.request;
  // One that a process before had read.
  if (served.request.uniqueLow !== 0 || served.request.uniqueHigh !== 0) {
    turn.begin();
    served.readWay();
    answer(served, options.connection, operations);
    turn.end();
  }
  let [waits, isToWait] = [0, false];
  // Not only once nothing is to be read: where many work in the folder, that may never be.
  while (!served.locks.isOver) {
    const isAwaited = isToWait;
    if (isToWait && !(marker?.isBusy === true && marks(served, marker, turn))) {
      attempts.step();
      const woken = calls.wait(waiter, SLEEP_MS_MAX);
      if (woken === options.wake) return { kind: 'asked' };
      if (woken === options.mountList) options.onMounts();
      if (woken < 0 && woken !== -ERROR.EINTR) return { kind: 'failed', error: -woken };
      if (woken === 0 && marker !== null) marks(served, marker, turn);
    }
    const got = calls.read(options.connection, requestAddress, plan.requestBytes);
    isToWait = got === -ERROR.EAGAIN || (isAwaited && ++waits % LOOK_EVERY !== 0);
    if (got >= 0) {
      turn.begin();
      served.readWay();
      const isRefused = served.isPassive && guard.refuses();
      answer(served, options.connection, isRefused ? REFUSED : operations);
      marker?.step();
      turn.end();
    } else if (got === -ERROR.ENODEV) return { kind: 'unmounted' };
    // None is there, or one was taken back before it was read, or a signal.
    else if (!NO_REQUEST.has(-got)) return { kind: 'failed', error: -got };
  }
  return { kind: 'asked' };
}

/** Marks some of what is there, while nobody asks for anything. @returns false where there is nothing to do. */
function marks(served: ServedFolder, marker: Marker, turn: Turn): boolean {
  turn.begin();
  served.readWay();
  const isMore = marker.step();
  turn.end();
  return isMore;
}

/** Writes the number 1 to the eventfd, out of memory that stays where it is. */
function wakeOf({ calls, readerWake }: ServeOptions, plan: MemoryPlan): () => void {
  if (readerWake === null) return () => {};
  const { bytes, address } = plan.memory;
  new DataView(bytes.buffer, bytes.byteOffset + plan.one, COUNTER_BYTES).setBigUint64(0, 1n, true);
  return () => void calls.write(readerWake, address + plan.one, COUNTER_BYTES);
}

const NO_REQUEST: ReadonlySet<number> = new Set([ERROR.EAGAIN, ERROR.ENOENT, ERROR.EINTR]);
const REFUSED: readonly Operation[] = Array.from({ length: OPCODES_MAX }, () => () => -ERROR.EROFS);

function answer(served: ServedFolder, connection: number, operations: readonly Operation[]): void {
  const { request, reply, calls, progress } = served;
  const { uniqueLow, uniqueHigh } = request;
  const operation = operations[request.opcode];
  const outcome = operation === undefined ? -ERROR.ENOSYS : operation();
  if (outcome !== NO_REPLY) {
    const bytes = reply.finish(uniqueLow, uniqueHigh, outcome);
    progress.answering(bytes);
    // That the kernel does not want the answer any more (ENOENT) changes nothing.
    calls.write(connection, reply.address, bytes);
  }
  request.forget();
  progress.over();
}
