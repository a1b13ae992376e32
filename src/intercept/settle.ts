import { OPCODE } from '../fuse/opcodes.ts';
import { COPY_FILE_RANGE_IN, FALLOCATE_IN, IOCTL_OUT, LSEEK_OUT, OPEN_IN, WRITE_OUT } from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { answerWrite } from './data-operations.ts';
import { flush } from './flush.ts';
import { attributes, lookAtNode, NO_HANDLE } from './lookup-operations.ts';
import type { RecordRoom, RingWriter } from './ring-writer.ts';
import { NO_REPLY, type Operation, type ServedFolder } from './served-folder.ts';
import { type Settlement, settlementOf } from './settlement.ts';

/** A thread's memory, as a process found it that takes over. */
export interface LeftBehind {
  /** On calls as they are. */
  readonly served: ServedFolder;
  /** The same on calls that take what was done before for success, and its records go to `ring`. */
  readonly repeated: ServedFolder;
  /** As `repeated`; nothing is recorded. */
  readonly silent: ServedFolder;
  readonly ring: RingWriter;
}

export type OperationsOf = (served: ServedFolder) => readonly Operation[];

/** The record of a request stands where it is to. */
export const NO_ROOM: RecordRoom = {
  begin: () => false,
  u32: () => {},
  copy: () => {},
  end: () => {},
  cancel: () => {},
  giveUp: () => {},
};

/**
 * Settles the request that a thread had read, as far as something may have been done because of it. What was not begun is
 * left in the memory: the thread that has it now carries it out before it reads another one.
 * @param send - sends the reply of so many bytes, which lies in the memory; false where the kernel has it already.
 */
export function settle(
  left: LeftBehind,
  operationsOf: OperationsOf,
  send: (bytes: number) => boolean,
): Settlement | null {
  const { served, ring } = left;
  const { request, progress, handles, reply } = served;
  const { uniqueLow, uniqueHigh } = request;
  if (uniqueLow === 0 && uniqueHigh === 0) {
    progress.over();
    return null;
  }
  const hasRecord = ring.adopt();
  const { stage, outcome } = progress;
  const settlement = settlementOf({ opcode: request.opcode, stage, hasRecord, outcome });
  if (settlement !== 'send' && progress.handle >= 0) handles.takeBack(progress.handle, progress.generation);
  if (hasRecord && settlement !== 'again') ring.endAdopted();
  if (settlement === 'afresh') {
    progress.over();
    return settlement;
  }
  const answer = settlement === 'send' ? 0 : answerOf(left, settlement, operationsOf);
  const bytes = settlement === 'send' ? progress.replyBytes : reply.finish(uniqueLow, uniqueHigh, answer);
  // Where a flush belongs to it, it may be for another one to answer.
  const isSent = answer === NO_REPLY || send(bytes);
  // Whom it was for has the one that was sent before.
  if (!isSent && settlement !== 'send' && progress.handle >= 0) handles.takeBack(progress.handle, progress.generation);
  request.forget();
  progress.over();
  return settlement;
}

function answerOf(left: LeftBehind, settlement: Settlement, operationsOf: OperationsOf): number {
  const { served } = left;
  const { opcode } = served.request;
  if (settlement === 'fail') return served.progress.outcome;
  if (settlement === 'again') {
    const outcome = carryOut(left.repeated, operationsOf, opcode);
    // Where it failed before it came to its record, that is one of nothing.
    left.ring.endAdopted();
    return outcome;
  }
  const answer = ANSWERS[opcode];
  // Names are the kernel's to keep as they are until it is answered.
  return answer === undefined ? carryOut(left.silent, operationsOf, opcode) : answer(served, operationsOf);
}

function carryOut(served: ServedFolder, operationsOf: OperationsOf, opcode: number): number {
  served.nodes.learnRoot();
  return operationsOf(served)[opcode]?.() ?? 0;
}

type Answer = (served: ServedFolder, operationsOf: OperationsOf) => number;

/** Of what changes a node, with what belongs to a file that was opened with O_SYNC: others may have changed it since, so nothing is done again. */
const ANSWERS: Readonly<Partial<Record<number, Answer>>> = {
  [OPCODE.write]: (served) => answerWrite(served, served.progress.outcome),
  [OPCODE.fallocate]: (served) => {
    const file = served.handles.isSynchronous(FALLOCATE_IN.handle) ? served.handles.at(FALLOCATE_IN.handle) : NO_HANDLE;
    return file < 0 ? 0 : flush(served, file, false);
  },
  [OPCODE.copyFileRange]: (served) => copied(served, WRITE_OUT.bytes),
  [OPCODE.copyFileRange64]: (served) => copied(served, LSEEK_OUT.bytes),
  [OPCODE.setattr]: (served) => {
    const looked = lookAtNode(served, NO_HANDLE);
    return looked < 0 ? looked : attributes(served);
  },
  [OPCODE.setxattr]: () => 0,
  [OPCODE.removexattr]: () => 0,
  [OPCODE.ioctl]: ({ reply }) => {
    reply.clear(0, IOCTL_OUT.data);
    return IOCTL_OUT.data;
  },
  // It was emptied; what is left is to open it.
  [OPCODE.open]: (served, operationsOf) => {
    served.request.change(OPEN_IN.flags, served.request.u32(OPEN_IN.flags) & ~OPEN.truncate);
    return carryOut(served, operationsOf, OPCODE.open);
  },
};

function copied(served: ServedFolder, bytes: number): number {
  const { reply, progress, handles, calls } = served;
  reply.u64(0, progress.outcome);
  if (!handles.isSynchronous(COPY_FILE_RANGE_IN.handleOut)) return bytes;
  const file = handles.at(COPY_FILE_RANGE_IN.handleOut);
  return file < 0 ? file : Math.min(calls.sync(file), 0) || bytes;
}
