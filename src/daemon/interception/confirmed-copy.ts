import { FileError } from '../../kernel/files.ts';
import { durableFiles } from '../../system/files/durable-files.ts';

/** In the state folder of the passive server. */
const NAME = 'copy-confirmed';

/**
 * Whether the passive server's folders are known to hold nothing but its copy. Until they are, for its operator has not
 * confirmed that what is there may be replaced, nobody is kept from working there. As the stream worker said it last,
 * kept for the next start, which has to know it before there is one.
 */
export class ConfirmedCopy {
  readonly #path: string;
  #isConfirmed: boolean;

  constructor(stateDirectory: string) {
    this.#path = `${stateDirectory}/${NAME}`;
    this.#isConfirmed = durableFiles.read(this.#path) !== null;
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** @returns whether that is news. */
  told(isConfirmed: boolean): boolean {
    if (isConfirmed === this.#isConfirmed) return false;
    this.#isConfirmed = isConfirmed;
    try {
      if (isConfirmed) durableFiles.write(this.#path, '');
      else durableFiles.remove(this.#path);
    } catch (error) {
      // The next start is told anew, a little after it has begun.
      if (!(error instanceof FileError)) throw error;
    }
    return true;
  }
}
