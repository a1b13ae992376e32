import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryTree } from './registry-tree.ts';

/** One registry of this machine. All calls may take long, and fail with a Problem of the area `REG`. */
export interface RegistryStore {
  /** For people: `the file /srv/shop.reg`. */
  readonly shown: string;
  /** Others may write it bit by bit: what was just written is not to be believed yet. */
  readonly isWrittenInPlace: boolean;
  /** Is another one after each change; taken in far less time than {@link read}. */
  stamp(): Promise<string>;
  /** All keys at or below these, with their values, and maybe others. */
  read(anchors: readonly string[]): Promise<RegistryTree>;
  /** Carries them out, all or nothing where the store can do that; durable on return. */
  write(edits: readonly RegistryEdit[]): Promise<void>;
}
