import type { Timers } from '../kernel/clock.ts';
import { type BatchPurpose, type BatchSection, encodeBatch } from './batch-codec.ts';
import { type CapturedState, type CapturedStore, RegistryCapture } from './capture.ts';
import type { RegistryTree } from './registry-tree.ts';

/** How a protected registry of the active server stands. */
export interface ActiveStoreState extends CapturedState {
  /** Number of the batch that stated it first since the stream asked for that; 0 where none did yet. */
  readonly stated: number;
}

export interface ActiveRegistryOptions {
  /** Tells this run from others. */
  readonly run: number;
  readonly stores: readonly CapturedStore[];
  /** Names of those that are to be protected and may not be: who asks for a check is told that it is not whole. */
  readonly refused?: readonly string[];
  readonly timers: Timers;
  /** @param batch.check - as in the batch. */
  readonly emit: (batch: { readonly check: number; readonly bytes: Buffer }) => void;
}

/** The registries of the active server: states them when the stream asks, and from then on what changes. Calls must not overlap. */
export class ActiveRegistry {
  readonly run: number;
  readonly #options: ActiveRegistryOptions;
  readonly #captures = new Map<string, RegistryCapture>();
  /** Not stated yet in this stream. */
  readonly #wanted = new Set<string>();
  readonly #stated = new Map<string, number>();
  #number = 0;

  constructor(options: ActiveRegistryOptions) {
    this.#options = options;
    this.run = options.run;
    for (const captured of options.stores)
      this.#captures.set(captured.name, new RegistryCapture(captured, options.timers));
  }

  /** Number of the last batch. */
  get sent(): number {
    return this.#number;
  }

  get states(): readonly ActiveStoreState[] {
    return [...this.#captures].map(([name, { state }]) => ({ ...state, stated: this.#stated.get(name) ?? 0 }));
  }

  /** The stream began anew, or may have missed something: everything is stated again. */
  async state(): Promise<void> {
    this.#stated.clear();
    for (const name of this.#captures.keys()) this.#wanted.add(name);
    await this.#stateAll('whole', 0, this.#wanted);
  }

  /** Of a check that somebody asked for. */
  async check(id: number, repair: boolean): Promise<void> {
    await this.#stateAll(repair ? 'whole' : 'verify', id, new Set(this.#captures.keys()));
  }

  /** Looks for changes in these; what could not be stated is tried again. */
  async look(due: ReadonlySet<string>): Promise<void> {
    const sections: BatchSection[] = [];
    for (const [name, capture] of this.#captures) {
      const section = this.#wanted.has(name) || !due.has(name) ? null : await capture.changes();
      if (section !== null) sections.push(section);
    }
    if (sections.length > 0) this.#emit('changes', 0, sections);
    const wanted = this.#wanted.intersection(due);
    if (wanted.size > 0) await this.#stateAll('whole', 0, wanted);
  }

  /** What the key holds now. @returns null where no such key of such a registry is protected. */
  async lookAt(store: string, path: string): Promise<RegistryTree | null> {
    return (await this.#captures.get(store)?.lookAt(path)) ?? null;
  }

  async #stateAll(purpose: 'whole' | 'verify', check: number, names: ReadonlySet<string>): Promise<void> {
    const [changes, sections]: [BatchSection[], BatchSection[]] = [[], []];
    for (const name of names) {
      const section = await this.#captures.get(name)?.statement(check > 0);
      if (section === undefined) continue;
      sections.push(section.whole);
      if (section.changes !== null) changes.push(section.changes);
    }
    // What a statement alone tells of would be taken for a fault there.
    if (changes.length > 0) this.#emit('changes', 0, changes);
    // Who asked for a check is told of what can't be read, too.
    const told = check === 0 ? sections.filter(({ isRead }) => isRead) : [...sections, ...this.#refused()];
    if (told.length === 0) return;
    this.#emit(purpose, check, told);
    if (purpose === 'verify') return;
    for (const { store, isRead } of told) {
      if (!isRead) continue;
      this.#wanted.delete(store);
      if (!this.#stated.has(store)) this.#stated.set(store, this.#number);
    }
  }

  #refused(): BatchSection[] {
    return (this.#options.refused ?? []).map((store) => ({
      store,
      include: [],
      exclude: [],
      isRead: false,
      edits: [],
    }));
  }

  #emit(purpose: BatchPurpose, check: number, sections: readonly BatchSection[]): void {
    this.#number += 1;
    const batch = { run: this.run, number: this.#number, purpose, check, sections };
    this.#options.emit({ check, bytes: encodeBatch(batch) });
  }
}
