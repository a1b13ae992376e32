import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { ProgramEnd, Programs } from '../../kernel/programs.ts';
import { watchLockWait } from './lock-wait.ts';
import { watchStandstill } from './standstill.ts';
import { noteStart } from './started-programs.ts';

/** Of each of its two outputs. */
const OUTPUT_BYTES_MAX = 1024 * 1024;
/** What a program wrote has come that soon after its end, where what it leaves running holds its outputs open. */
const LEFT_MS = 500;

/** Programs of this machine. Their input is empty. */
export const systemPrograms: Programs = {
  run(command, { timeoutMs, environment, owner, lockedOut, standsStill, leaves = false, keeps = 'beginning' }) {
    return new Promise<ProgramEnd>((done) => {
      const [program = '', ...parameters] = command;
      const child = noteStart(() =>
        spawn(program, parameters, {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, ...environment },
          detached: true,
          ...(owner === undefined || owner.user === process.getuid?.() ? {} : { uid: owner.user, gid: owner.group }),
        }),
      );
      const [output, error] = [new Kept(keeps), new Kept(keeps)];
      child.stdout?.on('data', (bytes: Buffer) => output.add(bytes));
      child.stderr?.on('data', (bytes: Buffer) => error.add(bytes));
      const watches = [
        ...(lockedOut === undefined ? [] : [watchLockWait(child.pid, lockedOut)]),
        ...(standsStill === undefined ? [] : [watchStandstill(child.pid, standsStill)]),
      ];
      const endWatches = (): void => {
        for (const end of watches) end();
      };
      let isLate = false;
      const late = setTimeout(() => {
        isLate = true;
        endGroup(child.pid);
        // Somebody else may hold its outputs open.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, timeoutMs);
      child.once('error', (failure) => {
        clearTimeout(late);
        endWatches();
        done({ status: null, output: '', error: failure.message });
      });
      const ended = (status: number | null): void => {
        clearTimeout(late);
        endWatches();
        const reason = isLate ? `it was ended after ${timeoutMs / 1000} s` : error.text;
        done({ status: isLate ? null : status, output: output.text, error: reason });
      };
      child.once('close', ended);
      if (leaves) child.once('exit', (status) => leaveRunning(child, () => ended(status)));
    });
  },
};

/** It has ended, and what it started has not: that may go on writing, which keeps nothing alive here. */
function leaveRunning(child: ChildProcess, ended: () => void): void {
  const left = setTimeout(() => {
    for (const output of [child.stdout, child.stderr]) {
      output?.removeAllListeners('data').resume();
      if (output instanceof Socket) output.unref();
    }
    ended();
  }, LEFT_MS);
  child.once('close', () => clearTimeout(left));
}

/** The beginning, or the end, of what came. */
class Kept {
  readonly #which: 'beginning' | 'end';
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  constructor(which: 'beginning' | 'end') {
    this.#which = which;
  }

  add(bytes: Buffer): void {
    if (this.#which === 'end') return this.#addLast(bytes);
    if (this.#bytes >= OUTPUT_BYTES_MAX) return;
    this.#parts.push(bytes.subarray(0, OUTPUT_BYTES_MAX - this.#bytes));
    this.#bytes += bytes.length;
  }

  /** Whole parts go, so that what is kept is the end and perhaps a little more than the bound. */
  #addLast(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    while (this.#bytes - (this.#parts[0]?.length ?? 0) >= OUTPUT_BYTES_MAX) {
      this.#bytes -= this.#parts.shift()?.length ?? 0;
    }
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }
}

function endGroup(processId: number | undefined): void {
  if (processId === undefined) return;
  try {
    process.kill(-processId, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
