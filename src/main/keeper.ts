import { join } from 'node:path';
import { Keeper } from '../keeper/keeper.ts';
import { KEEPER_SOCKET, type ToKeeper } from '../keeper/protocol.ts';
import { Problem } from '../problems/problem.ts';
import { fetchDescriptors } from '../system/mounts/foreign-descriptors.ts';
import { closeDescriptor } from '../system/mounts/fuse-mount.ts';
import { clearDeadMounts, takeAwayUnserved } from '../system/mounts/stale-mounts.ts';
import { connectLines, offerLines, removeSocket } from '../system/network/local-lines.ts';
import { keepCompiled, keepMemorySmall } from '../system/native/memory.ts';
import { isRunning, ownProcessId } from '../system/processes/processes.ts';
import { onStopSignal } from '../system/processes/signals.ts';
import { systemTimers } from '../system/machine/timers.ts';

/** So often it is looked whether another keeper has gone. */
const RETIRE_LOOK_MS = 1_000;

/*
 * `understudy keeper STATE_FOLDER [transient]`: holds what a daemon must not lose when it is killed, until it is told to
 * stop. With `transient` it ends by itself as soon as it holds nothing and no daemon is there.
 *
 * A program of its own, for it is to be small and to load nothing that is ever replaced.
 */
async function main(): Promise<number> {
  const [folder, kind] = process.argv.slice(2);
  if (folder === undefined || folder.startsWith('-')) {
    process.stderr.write(
      'understudy keeper STATE_FOLDER holds intercepted folders while the daemon is away. Its unit, understudy-keeper, runs it.\n',
    );
    return 2;
  }
  keepMemorySmall();
  const socket = join(folder, KEEPER_SOCKET);
  const isTransient = kind === 'transient';
  if (!(await isFree(socket, isTransient))) {
    process.stderr.write(`another keeper answers at ${socket}\n`);
    return 1;
  }
  removeSocket(socket);
  // A keeper before this one was killed with its daemon; who is started by a daemon comes after that has done so.
  if (!isTransient) await clearDeadMounts();
  const unused = Promise.withResolvers<unknown>();
  const keeper = new Keeper({
    timers: systemTimers,
    processId: ownProcessId(),
    fetch: fetchDescriptors,
    close: closeDescriptor,
    detach: (mount) => {
      const holders = takeAwayUnserved(mount);
      if (holders !== null) process.stderr.write(`${new Problem('CAP-060', { path: mount.path, holders }).message}\n`);
    },
    isAlive: isRunning,
    isTransient,
    onUnused: () => {
      if (isTransient) unused.resolve(null);
    },
  });
  const end = await offered(socket, keeper);
  if (end === null) return 1;
  keepCompiled();
  await Promise.race([onStopSignal(), unused.promise]);
  keeper.close();
  end();
  removeSocket(socket);
  return 0;
}

/** Null where nobody can listen there, which is told. */
async function offered(socket: string, keeper: Keeper): Promise<(() => void) | null> {
  try {
    return await offerLines(socket, (line) => keeper.connected(line));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    process.stderr.write(`${new Problem('CLI-013', { socket, reason: code ?? message }).message}\n`);
    return null;
  }
}

/**
 * Another keeper may be there: one that a daemon started, because this one was not there. It gives way; where it can't, for
 * it is all that holds what a daemon left, that is waited for.
 * @returns false where this one is not to be.
 */
async function isFree(socket: string, isTransient: boolean): Promise<boolean> {
  for (;;) {
    const other = await connectLines(socket);
    if (other === null) return true;
    const ended = new Promise<void>((done) => other.onEnd(done));
    if (isTransient) {
      other.close();
      return false;
    }
    other.send(JSON.stringify({ kind: 'retire', id: 1 } satisfies ToKeeper));
    const later = Promise.withResolvers<void>();
    const cancel = systemTimers.after(RETIRE_LOOK_MS, () => later.resolve());
    await Promise.race([ended, later.promise]);
    cancel();
    other.close();
  }
}

process.exit(await main());
