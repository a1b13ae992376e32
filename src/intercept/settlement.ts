import { OPCODE } from '../fuse/opcodes.ts';
import { STAGE } from './progress.ts';

/** A request that a thread had read when its process ended. */
export interface InFlight {
  readonly opcode: number;
  /** One of STAGE. */
  readonly stage: number;
  /** A record was begun for it, and the reader was not given it. */
  readonly hasRecord: boolean;
  /** Once it is done: 0 or more, or minus the number of an error. */
  readonly outcome: number;
}

/** What whoever takes over does about it. */
export type Settlement =
  /** The reply lies there and may have been sent: it is sent. */
  | 'send'
  /** It is carried out as if it had been read now. */
  | 'afresh'
  /**
   * It may have been done, in whole or in part: it is carried out once more, on calls that take what was done before for
   * success, and its record goes to the place that it has in the order.
   */
  | 'again'
  /** It was done. It is answered from what the file system says of it. */
  | 'answer'
  /** It failed, and is answered so. */
  | 'fail';

/**
 * They are done once more though they were: a file without a name has gone with the process that had it open, and who
 * was to answer a flush does not know of it any more.
 */
const AFRESH: ReadonlySet<number> = new Set([OPCODE.tmpfile, OPCODE.fsync, OPCODE.fsyncdir]);

/** What is done for a request in flight. Pure. */
export function settlementOf({ opcode, stage, hasRecord, outcome }: InFlight): Settlement {
  if (stage === STAGE.answering) return 'send';
  if (stage === STAGE.done) {
    if (outcome < 0) return 'fail';
    return AFRESH.has(opcode) ? 'afresh' : 'answer';
  }
  // The room for its record is taken before anything else.
  return stage === STAGE.begun || hasRecord ? 'again' : 'afresh';
}
