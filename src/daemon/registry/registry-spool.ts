import { type Position, REGISTRY_PIECE_BYTES, type RegistryChange } from '../../changes/change.ts';
import { MalformedRecord } from '../../changes/malformed-record.ts';
import { type ByteString, fromText } from '../../kernel/byte-string.ts';
import { asBuffer } from '../../kernel/bytes.ts';
import { FileError, type Files, Stat } from '../../kernel/files.ts';
import { OPEN } from '../../kernel/open-flags.ts';
import { checkOf } from '../../registry/batch-codec.ts';

/** In the state folder. */
export const REGISTRY_FOLDER = 'registry';
/** What is not complete is named by where it began: pieces that come again must not go into the next one. */
const PART_PREFIX = 'incoming';
const PART_SUFFIX = '.part';
/** What a complete batch is named by. */
export const BATCH_SUFFIX = '.batch';

interface SpoolOptions {
  readonly files: Files;
  readonly stateDirectory: string;
  /** Told of each batch that is complete. */
  readonly met: (file: string) => void;
  /** Told why a batch was given up. `check`: the one that it is of; 0 for none, and where that is not known. */
  readonly refused: (reason: string, check: number) => void;
}

/**
 * Where Apply puts what the stream says of registries: durably, so that a checkpoint may cover it, and so that files
 * don't wait for a registry. The thread of the registries takes it from there, in the order of the names.
 */
export class RegistrySpool {
  readonly #files: Files;
  readonly #options: SpoolOptions;
  readonly #stat = new Stat();
  #folder: number | null = null;
  /** Pieces of it that come are passed over. */
  #givenUp: ByteString | null = null;
  /** What the batch is of that comes. */
  #check = 0;

  constructor(options: SpoolOptions) {
    this.#files = options.files;
    this.#options = options;
  }

  /**
   * May be done again, as after a crash. A batch that the state folder's disk refuses is given up, for files are not to
   * wait for it: the next one shows that it is missing, or that none follows, and everything is stated again.
   */
  take(position: Position, change: RegistryChange): void {
    const part = partOf(position, change.piece);
    if (change.piece === 0) this.#begins(change.content);
    if (part === this.#givenUp) return;
    try {
      this.#take(position, part, change);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#givenUp = part;
      this.#options.refused(`${error.call} of ${error.path} gave ${error.code}`, this.#check);
    }
  }

  #begins(content: Uint8Array): void {
    this.#givenUp = null;
    try {
      this.#check = checkOf(asBuffer(content));
    } catch (error) {
      // Who carries the batch out says so.
      if (!(error instanceof MalformedRecord)) throw error;
      this.#check = 0;
    }
  }

  #take(position: Position, part: ByteString, { piece, last, content }: RegistryChange): void {
    const folder = this.#opened();
    if (piece === 0) this.#removeOthers(folder, part);
    const flags = piece === 0 ? OPEN.writeOnly | OPEN.create | OPEN.truncate : OPEN.writeOnly;
    let file: number;
    try {
      file = this.#files.openAt(folder, part, flags, 0o600);
    } catch (error) {
      // Its first pieces belong to a stream that another one followed, which states everything; or it was complete before.
      if (piece > 0 && error instanceof FileError && error.code === 'ENOENT') return;
      throw error;
    }
    try {
      this.#files.stat(file, this.#stat);
      // A piece before this one was refused in an earlier run.
      if (this.#stat.sizeBytes < piece * REGISTRY_PIECE_BYTES) return;
      this.#files.write(file, content, piece * REGISTRY_PIECE_BYTES);
      this.#files.syncData(file);
    } finally {
      this.#files.close(file);
    }
    if (!last) return;
    const name = nameOf(position);
    this.#files.renameAt({ folder, name: part }, { folder, name: fromText(name) });
    this.#files.sync(folder);
    this.#options.met(name);
  }

  close(): void {
    if (this.#folder !== null) this.#files.close(this.#folder);
    this.#folder = null;
  }

  /** What was begun and not ended before never will be, or comes again from its beginning. */
  #removeOthers(folder: number, part: ByteString): void {
    for (const name of this.#files.list(folder)) {
      const isPart = name.startsWith(PART_PREFIX) && name.endsWith(PART_SUFFIX);
      if (isPart && name !== part) this.#files.unlinkAt(folder, name);
    }
  }

  #opened(): number {
    this.#folder ??= this.#open();
    return this.#folder;
  }

  #open(): number {
    const state = this.#files.openFolder(fromText(this.#options.stateDirectory));
    const name = fromText(REGISTRY_FOLDER);
    try {
      this.#files.makeFolderAt(state, name, 0o700);
      this.#files.sync(state);
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'EEXIST') throw error;
    }
    const folder = this.#files.openFolderAt(state, name);
    this.#files.close(state);
    return folder;
  }
}

/** Sorts as positions do. */
function nameOf(position: Position): ByteString {
  return fromText(`${placeOf(position)}${BATCH_SUFFIX}`);
}

/** Pieces of one batch stand one right behind the other in the stream. */
function partOf({ epoch, sequence }: Position, piece: number): ByteString {
  return fromText(`${PART_PREFIX}-${placeOf({ epoch, sequence: sequence - piece })}${PART_SUFFIX}`);
}

function placeOf({ epoch, sequence }: Position): string {
  return `${String(epoch).padStart(10, '0')}-${String(sequence).padStart(15, '0')}`;
}
