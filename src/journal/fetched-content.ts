import type { NodeId, Position } from '../changes/change.ts';
import { checksum } from '../changes/checksum.ts';
import type { PullAnswer } from '../changes/data-frame.ts';
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX } from '../changes/data-frame-codec.ts';
import { MalformedRecord } from '../changes/malformed-record.ts';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError, type Files } from '../kernel/files.ts';
import type { HashContent } from '../kernel/hash.ts';
import { OPEN } from '../kernel/open-flags.ts';

/*
 * The file, all numbers little-endian: u32 mark; the position of what begins and that of its last record, each as
 * u32 epoch and u48 sequence, the latter zero while it is not known; then piece by piece u32 length, u32 CRC-32, and a
 * content frame with one answer. Of two pieces about the same range the later one counts.
 */

const NAME = fromText('resync');
const MARK = 0x79737231;
const POSITION_BYTES = 10;
const HEADER_BYTES = 4 + 2 * POSITION_BYTES;
const PIECE_HEADER_BYTES = 8;

interface Piece {
  readonly at: number;
  readonly length: number;
  /** Null where the active server had none to give. */
  readonly hash: bigint | null;
}

/** The part of the file door that it uses. */
type ContentFiles = Pick<
  Files,
  'openFolder' | 'openAt' | 'read' | 'write' | 'setSize' | 'syncData' | 'sync' | 'unlinkAt' | 'close'
>;

/**
 * Content that was fetched before the records that need it are applied: in one file beside the queues, which survives
 * a power cut once {@link seal} returned. A torn end is left out. Not safe to share between threads.
 */
export class FetchedContent {
  readonly #files: ContentFiles;
  readonly #hash: HashContent;
  readonly #directory: ByteString;
  readonly #pieces = new Map<NodeId, Map<number, Piece>>();
  #file: number | null = null;
  #end = 0;
  #sealed: Position | null = null;

  /** @param options.directory - exists. */
  constructor(options: { readonly files: ContentFiles; readonly hash: HashContent; readonly directory: string }) {
    this.#files = options.files;
    this.#hash = options.hash;
    this.#directory = fromText(options.directory);
  }

  get bytes(): number {
    return this.#end;
  }

  /** The last record that it was fetched for; null while more may come. */
  get sealed(): Position | null {
    return this.#sealed;
  }

  /** Nothing is fetched yet for what begins there. @throws FileError */
  begin(start: Position): void {
    this.remove();
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(MARK, 0);
    header.set(positionBytes(start), 4);
    this.#inFolder((folder) => {
      this.#file = this.#files.openAt(folder, NAME, OPEN.readWrite | OPEN.create | OPEN.truncate, 0o600);
    });
    this.#write(header, 0);
    this.#end = HEADER_BYTES;
  }

  /** What an earlier run had fetched for what begins there; begun anew where that is nothing. @throws FileError */
  takeUp(start: Position): void {
    if (!this.#openThere()) return this.begin(start);
    const header = this.#read(0, HEADER_BYTES);
    if (header?.readUInt32LE(0) !== MARK || !positionBytes(start).equals(header.subarray(4, 4 + POSITION_BYTES))) {
      return this.begin(start);
    }
    const sealed = { epoch: header.readUInt32LE(14), sequence: header.readUIntLE(18, 6) };
    this.#sealed = sealed.sequence === 0 ? null : sealed;
    this.#end = HEADER_BYTES;
    while (this.#meetPiece());
    // What is torn must not lie behind what comes next.
    this.#files.setSize(this.#opened, this.#end);
  }

  /** Hash of a range; null where the active server had none to give; undefined where it was not asked. */
  hashOf(node: NodeId, offset: number): bigint | null | undefined {
    return this.#pieces.get(node)?.get(offset)?.hash;
  }

  /** @param answer - with all of its range. @throws FileError: nothing was kept. */
  put(answer: PullAnswer): void {
    const frame = Buffer.concat(encodeFrame({ kind: 'content', answers: [answer] }));
    const header = Buffer.alloc(PIECE_HEADER_BYTES);
    header.writeUInt32LE(frame.length, 0);
    header.writeUInt32LE(checksum(frame), 4);
    this.#write(Buffer.concat([header, frame]), this.#end);
    this.#remember(answer, frame.length);
  }

  /** Null where it was not fetched, or can't be read. */
  get(node: NodeId, offset: number): PullAnswer | null {
    const piece = this.#pieces.get(node)?.get(offset);
    if (piece === undefined) return null;
    try {
      return this.#answerAt(piece.at, piece.length);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return null;
    }
  }

  /** All of it survives a power cut from here on. @param last - of the records that it was fetched for. @throws FileError */
  seal(last: Position): void {
    this.#write(positionBytes(last), 4 + POSITION_BYTES);
    this.#sealed = last;
    this.#files.syncData(this.#opened);
    this.#inFolder((folder) => this.#files.sync(folder));
  }

  /** It is of no use any more. */
  remove(): void {
    this.close();
    this.#end = 0;
    this.#inFolder((folder) => {
      try {
        this.#files.unlinkAt(folder, NAME);
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== 'ENOENT') throw error;
      }
    });
  }

  close(): void {
    this.#pieces.clear();
    this.#sealed = null;
    if (this.#file !== null) this.#files.close(this.#file);
    this.#file = null;
  }

  get #opened(): number {
    if (this.#file === null) throw new FileError({ code: 'EBADF', call: 'write', path: NAME });
    return this.#file;
  }

  #openThere(): boolean {
    this.close();
    try {
      this.#inFolder((folder) => {
        this.#file = this.#files.openAt(folder, NAME, OPEN.readWrite);
      });
      return true;
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'ENOENT') throw error;
      return false;
    }
  }

  /** @returns false where there is no whole piece at the end. */
  #meetPiece(): boolean {
    const header = this.#read(this.#end, PIECE_HEADER_BYTES);
    if (header === null) return false;
    const answer = this.#answerAt(this.#end, header.readUInt32LE(0));
    if (answer === null) return false;
    this.#remember(answer, header.readUInt32LE(0));
    return true;
  }

  #remember(answer: PullAnswer, length: number): void {
    let ofNode = this.#pieces.get(answer.node);
    if (ofNode === undefined) this.#pieces.set(answer.node, (ofNode = new Map()));
    const hash = answer.failure === null ? this.#hash(answer.content) : null;
    ofNode.set(answer.offset, { at: this.#end, length, hash });
    this.#end += PIECE_HEADER_BYTES + length;
  }

  #answerAt(at: number, length: number): PullAnswer | null {
    if (length === 0 || length > FRAME_BYTES_MAX) return null;
    const bytes = this.#read(at, PIECE_HEADER_BYTES + length);
    const frame = bytes?.subarray(PIECE_HEADER_BYTES);
    if (bytes === null || frame === undefined || bytes.readUInt32LE(4) !== checksum(frame)) return null;
    try {
      const decoded = decodeFrame(frame);
      return decoded.kind === 'content' ? (decoded.answers[0] ?? null) : null;
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error;
      return null;
    }
  }

  /** Null where the file ends before. */
  #read(position: number, length: number): Buffer | null {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const at = { offset: done, length: length - done, position: position + done };
      const count = this.#files.read(this.#opened, bytes, at);
      if (count === 0) return null;
      done += count;
    }
    return bytes;
  }

  #write(bytes: Uint8Array, position: number): void {
    this.#files.write(this.#opened, bytes, position);
  }

  #inFolder(action: (folder: number) => void): void {
    const folder = this.#files.openFolder(this.#directory);
    try {
      action(folder);
    } finally {
      this.#files.close(folder);
    }
  }
}

function positionBytes({ epoch, sequence }: Position): Buffer {
  const bytes = Buffer.alloc(POSITION_BYTES);
  bytes.writeUInt32LE(epoch, 0);
  bytes.writeUIntLE(sequence, 4, 6);
  return bytes;
}
