import { LAYOUT_VERSION } from '../../intercept/kept-memory.ts';
import { type FileFacts, fileName, type MountFacts, mountName, RECORDS } from './held-facts.ts';
import type { Keeping } from './keeping.ts';
import { type LeftBehind, sortLeft } from './left-behind.ts';
import type { LeftMount, MountKeeper } from './mount-options.ts';

const NONE = -1;

/** A mount that a daemon before left. */
export type MountLeft = LeftBehind['mounts'][number];

/** What of the interception a keeper holds for whoever follows this daemon. */
export class KeptMounts {
  readonly #keeping: Keeping;
  readonly #closeDescriptor: (descriptor: number) => void;

  constructor(keeping: Keeping, closeDescriptor: (descriptor: number) => void) {
    this.#keeping = keeping;
    this.#closeDescriptor = closeDescriptor;
  }

  /**
   * What a daemon that has ended left; what is of no use is let go.
   * @throws Problem CAP-046 where it was of another version: it stays with the keeper.
   */
  async left(): Promise<LeftBehind> {
    try {
      const left = sortLeft(await this.#keeping.found());
      for (const { name, descriptors } of left.useless) {
        await this.#keeping.release(name);
        for (const descriptor of descriptors) this.#closeDescriptor(descriptor);
      }
      return left;
    } catch (error) {
      await this.#keeping.close();
      throw error;
    }
  }

  /** A mount as it is to be gone on with. */
  mountOf({ facts, thing }: MountLeft, files: LeftBehind['files']): LeftMount {
    const [connection = NONE, underneath = NONE, root = NONE, memory = NONE] = thing.descriptors;
    const its = files
      .filter((file) => file.facts.mount === facts.mount)
      .map((file) => ({ ...file.facts, descriptor: file.thing.descriptors[0] ?? NONE }));
    return { connection, underneath, root, memory, id: facts.id, minor: facts.minor, files: its };
  }

  /** Nobody goes on with it. */
  async drop({ facts, thing }: MountLeft, files: LeftBehind['files']): Promise<void> {
    for (const file of files) if (file.facts.mount === facts.mount) await this.#keeping.release(file.thing.name);
    await this.#keeping.release(thing.name);
  }

  /** Sees to it that there is a keeper soon. */
  prepare(): void {
    this.#keeping.prepare();
  }

  holdRecords(descriptors: readonly number[]): Promise<void> {
    return this.#keeping.hold({ name: RECORDS, facts: { layout: LAYOUT_VERSION }, descriptors });
  }

  releaseRecords(): Promise<void> {
    return this.#keeping.release(RECORDS);
  }

  keeperOf(facts: MountFacts): MountKeeper {
    const keeping = this.#keeping;
    const { mount } = facts;
    const name = mountName(mount);
    return {
      hold: ({ connection, underneath, root, memory }, identity) => {
        const descriptors = [connection, underneath, root, memory];
        const held = { id: identity.id, path: facts.mountPoint, outlives: true };
        return keeping.hold({ name, facts: { ...facts, ...identity }, descriptors, mount: held });
      },
      release: () => keeping.release(name),
      holdFile: (node, descriptor) => {
        const about: FileFacts = { layout: LAYOUT_VERSION, kind: 'file', mount, ...node };
        return keeping.hold({ name: fileName(about), facts: about, descriptors: [descriptor] });
      },
      releaseFile: (node) => keeping.release(fileName({ mount, ...node })),
    };
  }

  /** Only sees to it that the mount is taken away when this process is killed: nobody goes on with it. */
  undertakerOf({ mount, mountPoint }: MountFacts): MountKeeper {
    const name = mountName(mount);
    return {
      hold: (_, { id }) => {
        const held = { id, path: mountPoint, outlives: false };
        return this.#keeping.hold({ name, facts: { layout: LAYOUT_VERSION }, descriptors: [], mount: held });
      },
      release: () => this.#keeping.release(name),
      // Nobody has a file open for longer than the mount.
      holdFile: () => Promise.resolve(),
      releaseFile: () => Promise.resolve(),
    };
  }

  /** Leaves with the keeper what it holds. */
  close(): Promise<void> {
    return this.#keeping.close();
  }
}
