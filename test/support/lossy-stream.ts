/**
 * Preloaded into a passive server's daemon, it has frames lost between the channel worker and the stream worker, as a fault
 * of one of them would, while a file in the state folder says so. The stream worker's clock goes faster than it should, so
 * that a test need not wait as long as users do.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MessagePort, workerData } from 'node:worker_threads';
import { decodeFrame } from '../../src/changes/data-frame-codec.ts';

/** One frame of answers is lost, and the file removed. */
export const LOSES_ANSWERS = 'test-loses-answers';
/** It asks for nothing to be stated again. */
export const LOSES_RECHECKS = 'test-loses-rechecks';

interface Data {
  /** Of the channel worker. */
  readonly stateDirectory?: string;
  /** Of the stream worker. */
  readonly start?: { readonly stateDirectory?: string };
}

const FASTER_TIMES = 4n;
const NS_PER_S = 1_000_000_000n;

const data = (workerData as { readonly data?: Data | null } | null)?.data;
const stateDirectory = data?.stateDirectory ?? data?.start?.stateDirectory;
if (stateDirectory !== undefined) loseFrames(stateDirectory);
if (data?.start !== undefined) goFaster();

function loseFrames(folder: string): void {
  const post = Reflect.get(MessagePort.prototype, 'postMessage') as () => void;
  MessagePort.prototype.postMessage = function (
    message: { readonly kind?: string; readonly frame?: Uint8Array },
    moved,
  ) {
    const { frame } = message;
    if (frame === undefined || !isLost(decodeFrame(frame).kind, folder)) Reflect.apply(post, this, [message, moved]);
  };
}

function isLost(kind: string, folder: string): boolean {
  if (kind === 'recheck') return existsSync(join(folder, LOSES_RECHECKS));
  const mark = join(folder, LOSES_ANSWERS);
  if (kind !== 'content' || !existsSync(mark)) return false;
  rmSync(mark);
  return true;
}

function goFaster(): void {
  const { bigint } = process.hrtime;
  const began = bigint();
  const now = (): [number, number] => {
    const ns = began + (bigint() - began) * FASTER_TIMES;
    return [Number(ns / NS_PER_S), Number(ns % NS_PER_S)];
  };
  process.hrtime = Object.assign(now, { bigint });
}
