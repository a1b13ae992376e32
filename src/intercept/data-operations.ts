import { FSYNC_DATA_ONLY, WRITE } from '../fuse/flags.ts';
import { OPCODE } from '../fuse/opcodes.ts';
import {
  COPY_FILE_RANGE_IN,
  FALLOCATE_IN,
  FSYNC_IN,
  LSEEK_IN,
  LSEEK_OUT,
  READ_IN,
  WRITE_IN,
  WRITE_OUT,
} from '../fuse/structures.ts';
import { OPEN } from '../kernel/open-flags.ts';
import { ALLOCATE, ERROR } from './codes.ts';
import { flush } from './flush.ts';
import { DATA_BYTES_MAX } from './memory-plan.ts';
import { RECORDED } from './record.ts';
import type { Operations, ServedFolder } from './served-folder.ts';
import { mayBeTorn } from './torn-changes.ts';

/** The most that one call copies: what comes behind it in the order waits for it. */
const COPIED_BYTES_MAX = 16 * 1024 * 1024;

/** What O_SYNC has and O_DSYNC has not, on every architecture (__O_SYNC). */
const METADATA_TOO = 0o4000000;

/** An allocation that fails so has not begun. */
const BEFORE_ANY_SPACE: ReadonlySet<number> = new Set([ERROR.EINVAL, ERROR.EOPNOTSUPP]);

/** The data of open files. */
export function dataOperations(served: ServedFolder): Operations {
  return {
    [OPCODE.read]: () => read(served),
    [OPCODE.write]: () => write(served),
    [OPCODE.fsync]: () => fsync(served),
    [OPCODE.fallocate]: () => fallocate(served),
    [OPCODE.lseek]: () => lseek(served),
    [OPCODE.copyFileRange]: () => copyFileRange(served, WRITE_OUT.bytes),
    [OPCODE.copyFileRange64]: () => copyFileRange(served, LSEEK_OUT.bytes),
  };
}

function read(served: ServedFolder): number {
  const { request, reply, handles, calls } = served;
  const file = handles.at(READ_IN.handle);
  if (file < 0) return file;
  const bytes = Math.min(request.u32(READ_IN.size), DATA_BYTES_MAX);
  const offset = request.u64(READ_IN.offset);
  // The kernel takes a short answer for the end of the file: one that an error cut short must not look like that.
  let done = 0;
  while (done < bytes) {
    const count = calls.readAt(file, reply.addressOf(done), bytes - done, offset + done);
    if (count < 0) return count;
    if (count === 0) break;
    done += count;
  }
  return done;
}

function write(served: ServedFolder): number {
  const { request, handles, locks, recorder, calls } = served;
  const file = handles.at(WRITE_IN.handle);
  if (file < 0) return file;
  const { nodeLow, nodeHigh } = request;
  const bytes = Math.min(request.u32(WRITE_IN.size), DATA_BYTES_MAX);
  const isFromCache = (request.u32(WRITE_IN.writeFlags) & WRITE.fromCache) !== 0;
  locks.take(nodeLow);
  served.beginChange(nodeLow, nodeHigh);
  const outcome = calls.writeAt(file, request.addressOf(WRITE_IN.data), bytes, request.u64(WRITE_IN.offset));
  const [written, failure] = isFromCache
    ? writeRest(served, bytes, outcome)
    : [Math.max(outcome, 0), Math.min(outcome, 0)];
  const looked = served.look(file, served.node);
  const drops = (request.u32(WRITE_IN.writeFlags) & WRITE.killSuidgid) !== 0;
  if (drops && looked >= 0) served.dropSetId(file, nodeLow, nodeHigh);
  const isDirect = (request.u32(WRITE_IN.flags) & calls.flags.direct) !== 0;
  const told = mayBeTorn(failure, isDirect) ? failure : looked;
  // Also where nothing was written: the time of the last change is another one.
  recorder.recordChange(nodeLow, nodeHigh, told, written, failure < 0 ? failure : written);
  locks.free(nodeLow);
  return failure < 0 ? failure : answerWrite(served, written);
}

/**
 * Answers a write that is done and recorded. One that goes past the page cache and is to be durable is flushed here: of
 * those that nobody waits in (libaio, io_uring) the kernel asks for no flush behind them, and it does not say which these are.
 */
export function answerWrite(served: ServedFolder, written: number): number {
  const { request, reply, handles, calls } = served;
  const flags = request.u32(WRITE_IN.flags);
  const asked = calls.flags.direct | calls.flags.dataSync;
  if (written > 0 && (flags & asked) === asked) {
    const file = handles.at(WRITE_IN.handle);
    const outcome = file < 0 ? file : flush(served, file, (flags & METADATA_TOO) === 0, written);
    if (outcome < 0) return outcome;
  }
  reply.u32(WRITE_OUT.size, written);
  reply.u32(WRITE_OUT.padding, 0);
  return WRITE_OUT.bytes;
}

/**
 * Goes on with the pages of a mapping: nobody sends again what of them was not written, and nobody is told of it
 * but by an error.
 * @param outcome - of the first call.
 * @returns bytes that are written, and the failure that keeps the others from it.
 */
function writeRest(served: ServedFolder, bytes: number, outcome: number): readonly [written: number, failure: number] {
  const { request, nodes, calls } = served;
  const begun = Math.max(outcome, 0);
  if (begun === bytes || (outcome < 0 && outcome !== -ERROR.EINVAL)) return [begun, Math.min(outcome, 0)];
  // They end where the file does, and may come through a file that was opened with O_DIRECT, which can't do that.
  const file = nodes.open(request.nodeLow, request.nodeHigh, OPEN.writeOnly);
  if (file < 0) return [begun, file];
  const [from, offset] = [request.addressOf(WRITE_IN.data), request.u64(WRITE_IN.offset)];
  let [written, failure] = [begun, 0];
  while (written < bytes && failure === 0) {
    const more = calls.writeAt(file, from + written, bytes - written, offset + written);
    if (more > 0) written += more;
    else failure = more === 0 ? -ERROR.EIO : more;
  }
  calls.close(file);
  return [written, failure];
}

function fsync(served: ServedFolder): number {
  const { request, handles } = served;
  const file = handles.at(FSYNC_IN.handle);
  if (file < 0) return file;
  return flush(served, file, (request.u32(FSYNC_IN.flags) & FSYNC_DATA_ONLY) !== 0);
}

function fallocate(served: ServedFolder): number {
  const { request, handles, locks, recorder, calls } = served;
  const file = handles.at(FALLOCATE_IN.handle);
  if (file < 0) return file;
  const { nodeLow, nodeHigh } = request;
  locks.take(nodeLow);
  served.beginChange(nodeLow, nodeHigh);
  const outcome = calls.allocate(
    file,
    request.u32(FALLOCATE_IN.mode),
    request.u64(FALLOCATE_IN.offset),
    request.u64(FALLOCATE_IN.length),
  );
  if (outcome >= 0) {
    const looked = served.look(file, served.node);
    // The kernel does not say who may keep these bits; root may.
    if (request.uid !== 0 && looked >= 0) served.dropSetId(file, nodeLow, nodeHigh);
    recorder.recordChange(nodeLow, nodeHigh, looked);
  } else if (BEFORE_ANY_SPACE.has(-outcome)) recorder.cancel(outcome);
  else allocatedInPart(served, file, outcome);
  locks.free(nodeLow);
  // A write is followed by a request of its own for that.
  return outcome >= 0 && handles.isSynchronous(FALLOCATE_IN.handle) ? flush(served, file, false) : outcome;
}

/**
 * Records what an allocation left behind that failed on its way: the file may be longer, and some of it zeros. How much
 * of it is zeros nobody tells.
 */
function allocatedInPart(served: ServedFolder, file: number, failure: number): void {
  const { request, recorder } = served;
  const { nodeLow, nodeHigh } = request;
  served.forgetAttributes(nodeLow, nodeHigh);
  const looked = served.look(file, served.node);
  const mayZero = (request.u32(FALLOCATE_IN.mode) & (ALLOCATE.punchHole | ALLOCATE.zeroRange)) !== 0;
  recorder.record(nodeLow, nodeHigh, mayZero || looked < 0 ? 0 : RECORDED.attributes, 0, failure);
}

function lseek(served: ServedFolder): number {
  const { request, reply, handles, calls } = served;
  const file = handles.at(LSEEK_IN.handle);
  if (file < 0) return file;
  const found = calls.seek(file, request.u64(LSEEK_IN.offset), request.u32(LSEEK_IN.whence));
  if (found < 0) return found;
  reply.u64(LSEEK_OUT.offset, found);
  return LSEEK_OUT.bytes;
}

/** @param replyBytes - of the structure that says how much was copied; both kinds begin with it. */
function copyFileRange(served: ServedFolder, replyBytes: number): number {
  const { request, reply, handles, locks, recorder, calls } = served;
  const from = handles.at(COPY_FILE_RANGE_IN.handleIn);
  const to = handles.at(COPY_FILE_RANGE_IN.handleOut);
  if (from < 0 || to < 0) return Math.min(from, to);
  const isSynchronous = handles.isSynchronous(COPY_FILE_RANGE_IN.handleOut);
  // A reply that says how much was copied can't wait; of what the kernel writes instead the flush can.
  if (isSynchronous && served.parked?.isHolding === true) return -ERROR.EXDEV;
  const { nodeLow } = request;
  const [toLow, toHigh] = [request.u32(COPY_FILE_RANGE_IN.nodeOut), request.u32(COPY_FILE_RANGE_IN.nodeOut + 4)];
  // The call moves the offsets on; the record is to have them as they were asked for.
  const offsets = offsetsApart(served);
  const bytes = Math.min(request.u64(COPY_FILE_RANGE_IN.length), COPIED_BYTES_MAX);
  locks.takeBoth(nodeLow, toLow);
  served.beginChange(toLow, toHigh);
  const copied = isOutOfHiding(served, toLow, toHigh)
    ? -ERROR.EXDEV
    : calls.copyRange(from, offsets, to, offsets + 8, bytes);
  if (copied > 0) {
    const looked = served.look(to, served.node);
    // As for fallocate(2), the kernel does not say who may keep these bits.
    if (request.uid !== 0 && looked >= 0) served.dropSetId(to, toLow, toHigh);
    recorder.recordChange(toLow, toHigh, looked, copied);
  } else if (mayBeTorn(copied)) recorder.recordTorn(toLow, toHigh, copied);
  else recorder.cancel(copied);
  locks.freeBoth(nodeLow, toLow);
  if (copied < 0) return copied;
  const synced = isSynchronous ? calls.sync(to) : 0;
  if (synced < 0) return synced;
  reply.u64(0, copied);
  return replyBytes;
}

/** Nobody who reads the records has what would be copied. The kernel then reads it here and writes it. */
function isOutOfHiding({ exclusion, request }: ServedFolder, toLow: number, toHigh: number): boolean {
  return exclusion?.hides(request.nodeLow, request.nodeHigh) === true && !exclusion.hides(toLow, toHigh);
}

/** @returns address of a copy of both offsets. */
function offsetsApart(served: ServedFolder): number {
  const { request, reply } = served;
  const at = LSEEK_OUT.bytes;
  reply.u64(at, request.u64(COPY_FILE_RANGE_IN.offsetIn));
  reply.u64(at + 8, request.u64(COPY_FILE_RANGE_IN.offsetOut));
  return reply.addressOf(at);
}
