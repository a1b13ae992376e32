import { type FileError, type NameAt } from '../kernel/files.ts';
import { OPEN } from '../kernel/open-flags.ts';
import type { Content } from './content.ts';
import type { Pull } from './pull.ts';
import type { Replica } from './replica.ts';
import type { StagedFiles } from './staged-files.ts';
import type { StandIns } from './stand-ins.ts';

/** Gives a file that was gathered its size, its attributes and its names. */
export class Publication {
  readonly #replica: Replica;
  readonly #content: Content;
  readonly #standIns: StandIns;
  readonly #staged: StagedFiles;

  constructor(parts: { replica: Replica; content: Content; standIns: StandIns; staged: StagedFiles }) {
    this.#replica = parts.replica;
    this.#content = parts.content;
    this.#standIns = parts.standIns;
    this.#staged = parts.staged;
  }

  /** @returns attributes that were refused, or null; `gone` where what was gathered is. @throws FileError */
  publish(pull: Pull, at: NameAt): FileError | null | 'gone' {
    const { files } = this.#replica;
    const { node, plan } = pull;
    const file = this.#staged.open(at, OPEN.readWrite);
    if (file === null) return 'gone';
    let refused: FileError | null;
    try {
      files.setSize(file, plan.sizeBytes);
      refused = this.#content.dress(file, plan.attributes);
    } finally {
      files.close(file);
    }
    const stands = this.#standIns.isAt(pull, this.#replica.firstName(node));
    if (!stands) this.#standIns.remove(pull);
    const late = this.#content.publish(node, at, stands ? (pull.standIn?.inode ?? 0) : 0, plan.attributes);
    pull.standIn = null;
    return refused ?? late;
  }
}
