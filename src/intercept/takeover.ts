import type { NativeMemory } from '../kernel/node-calls.ts';
import { planMemory } from './memory-plan.ts';
import { operationsOf, servedFolder } from './operations.ts';
import { repeatedCalls } from './repeated-calls.ts';
import { RingWriter } from './ring-writer.ts';
import type { ServeOptions, Takeover } from './serve-options.ts';
import { NO_ROOM, settle } from './settle.ts';

/** The first thread settles what all had in flight; the others wait for it. Nobody has a lock meanwhile. */
export function takeOver(options: ServeOptions, { settled }: Takeover): void {
  const word = new Int32Array(settled);
  if (options.thread > 0) {
    Atomics.wait(word, 0, 0);
    return;
  }
  try {
    for (const [thread, memory] of options.kept.threads.entries()) settleThread(options, thread, memory);
    options.onSettled();
  } finally {
    // Where it failed the mount ends, and nobody may go on waiting.
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
  }
}

function settleThread(options: ServeOptions, thread: number, memory: NativeMemory): void {
  const { calls, connection } = options;
  const plan = planMemory(memory);
  const ring = new RingWriter(options.ring, { thread: options.firstThread + thread });
  const served = servedFolder(options, plan, ring);
  const repeating = repeatedCalls(calls, served);
  settle(
    {
      served,
      repeated: servedFolder(options, plan, ring, repeating),
      silent: servedFolder(options, plan, NO_ROOM, repeating),
      ring,
    },
    (of) => operationsOf(of, options.onAgreement),
    (bytes) => calls.write(connection, served.reply.address, bytes) >= 0,
  );
}
