import { permissionsOf } from '../changes/node-facts.ts';
import { FileError, type Files, type NameAt, Stat } from '../kernel/files.ts';

/** A new file and all that it is to have. */
export interface NewFileOrder {
  readonly target: NameAt;
  readonly content: Uint8Array;
  /** Permission bits; none of set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

/** How far the file of an order came. */
export interface MadeFile {
  /** Descriptor while it has no name yet; null before, after, and where something failed: then nothing of it is left. */
  file: number | null;
  isNamed: boolean;
  /** Its status when it was last looked at. */
  readonly stat: Stat;
}

/** Orders that are taken at once. */
export const ORDERS_MAX = 256;

/**
 * Makes many small files in two steps, with time between them for what has to be written down before a
 * file can be seen. What fails is told by the outcome and by nothing else: who asked makes that file in
 * another way, and so learns the reason.
 */
export class FileBatch {
  readonly #files: Files;
  readonly #made = Array.from(
    { length: ORDERS_MAX },
    (): MadeFile => ({ file: null, isNamed: false, stat: new Stat() }),
  );
  #orders: readonly NewFileOrder[] = [];

  constructor(files: Files) {
    this.#files = files;
  }

  /** Makes each file without a name (O_TMPFILE of open(2)). @returns one for each order; good until the next call. */
  make(orders: readonly NewFileOrder[]): readonly MadeFile[] {
    this.#orders = orders;
    for (const [index, order] of orders.entries()) makeFile(this.#files, order, this.#made[index] as MadeFile);
    return this.#made;
  }

  /** Gives each file that was made its name, if nothing has it, and closes it. */
  name(): void {
    for (const [index, { target }] of this.#orders.entries())
      nameFile(this.#files, target, this.#made[index] as MadeFile);
    this.#orders = [];
  }

  /** Nothing is left of those that were made and have no name yet. */
  drop(): void {
    for (const [index] of this.#orders.entries()) {
      const made = this.#made[index] as MadeFile;
      if (made.file !== null) this.#files.close(made.file);
      made.file = null;
    }
    this.#orders = [];
  }
}

/** The first step, for one order. */
function makeFile(files: Files, order: NewFileOrder, made: MadeFile): void {
  made.file = null;
  made.isNamed = false;
  let file: number | null = null;
  try {
    file = files.openUnnamed(order.target.folder, order.mode);
    if (order.content.length > 0) files.write(file, order.content, 0);
    files.stat(file, made.stat);
    if (made.stat.uid !== order.uid || made.stat.gid !== order.gid) files.setOwner(file, order);
    if (permissionsOf(made.stat) !== order.mode) files.setMode(file, order.mode);
    files.setMtime(file, { seconds: order.mtimeSeconds, nanoseconds: order.mtimeNanoseconds });
    made.file = file;
  } catch (error) {
    if (file !== null) files.close(file);
    if (!(error instanceof FileError)) throw error;
  }
}

/** The second step, for one order. */
function nameFile(files: Files, target: NameAt, made: MadeFile): void {
  const { file } = made;
  if (file === null) return;
  made.file = null;
  try {
    files.nameFile(file, target);
    // Looked at last: the name moved its change time.
    files.stat(file, made.stat);
    made.isNamed = true;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  } finally {
    files.close(file);
  }
}
