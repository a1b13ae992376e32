import type { ByteString } from '../kernel/byte-string.ts';
import { FileError, type Files, isAbsence } from '../kernel/files.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import { NameList } from '../changes/name-list.ts';
import type { Node } from '../changes/node-tree.ts';
import { isProblem, toData } from '../problems/problem.ts';
import type { OpenFolders } from './open-folders.ts';
import type { Shadow } from './shadow.ts';
import type { Troubles } from './troubles.ts';

/** A folder being listed. */
interface Visit {
  readonly folder: Node;
  silent: boolean;
  readonly queued: boolean;
  /** Only names that the tree does not have are looked at. */
  readonly isForNew: boolean;
  names: NameList | null;
  next: number;
}

/** Name under which a folder itself is looked at. */
const ITSELF = '' as ByteString;
/** Names looked at between two looks at the clock. */
const NAMES_A_TURN = 32;

export interface WalkListener {
  /** Look at the name now. */
  look(folder: Node, name: ByteString): void;
  /** The folder is not where the tree has it: it must be entered once it is known where it went. */
  missed(folder: Node): void;
}

/**
 * Goes through folders that are new: watches each, then lists it, so that nothing falls between, then
 * has each name looked at. Folders found by that come next. Works in slices.
 */
export class Walk {
  readonly #files: Files;
  readonly #notices: NoticeSource;
  readonly #shadow: Shadow;
  readonly #folders: OpenFolders;
  readonly #troubles: Troubles;
  readonly #listener: WalkListener;
  readonly #nowMs: () => number;
  readonly #visits: Visit[] = [];
  readonly #waiting = new Set<Node>();
  /** Folders that could not be watched: a limit is reached. */
  readonly unwatched = new Set<Node>();

  constructor(options: {
    files: Files;
    notices: NoticeSource;
    shadow: Shadow;
    folders: OpenFolders;
    troubles: Troubles;
    listener: WalkListener;
    nowMs: () => number;
  }) {
    this.#files = options.files;
    this.#notices = options.notices;
    this.#shadow = options.shadow;
    this.#folders = options.folders;
    this.#troubles = options.troubles;
    this.#listener = options.listener;
    this.#nowMs = options.nowMs;
  }

  /** Folders begun or waiting. */
  get size(): number {
    return this.#visits.length;
  }

  enter(folder: Node, silent: boolean): void {
    if (this.#waiting.has(folder)) return;
    this.#waiting.add(folder);
    this.#visits.push({ folder, silent, queued: true, isForNew: false, names: null, next: 0 });
  }

  /** The folder and all folders below it, to be gone through as if each was another than before. */
  enterAll(top: Node): void {
    const waiting = [top];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      this.enter(next, false);
      for (const child of next.children?.values() ?? []) if (child.type === 'folder') waiting.push(child);
    }
  }

  /** What was no item before may be in the folder; it is taken into the tree without a word, for a check to state. */
  enterForNew(folder: Node): void {
    this.#visits.push({ folder, silent: true, queued: false, isForNew: true, names: null, next: 0 });
  }

  /** What was to be told as new is stated by the check that follows. */
  silence(): void {
    for (const visit of this.#visits) visit.silent = true;
  }

  leaving(folder: Node): void {
    this.#waiting.delete(folder);
    this.unwatched.delete(folder);
  }

  /** Goes on until the time is up. */
  step(deadlineMs: number): void {
    for (let visit = this.#visits.at(-1); visit !== undefined; visit = this.#visits.at(-1)) {
      if (!this.#visit(visit)) this.#remove(visit);
      if (this.#nowMs() >= deadlineMs) return;
    }
  }

  /** Watches, lists and looks at one folder at once, as far as it is still where the tree has it. */
  visitWhole(folder: Node): void {
    const visit: Visit = { folder, silent: false, queued: false, isForNew: false, names: null, next: 0 };
    while (this.#visit(visit));
  }

  /** @returns false when the folder is done. */
  #visit(visit: Visit): boolean {
    const { folder } = visit;
    if (!this.#shadow.holds(folder)) return false;
    if (visit.names === null) {
      visit.names = this.#begin(visit);
      // What happens to the folder from now on leads to a visit of its own.
      if (visit.queued) this.#waiting.delete(folder);
      if (visit.names === null) return false;
    }
    const before = this.#shadow.silent;
    this.#shadow.silent = visit.silent;
    try {
      const end = Math.min(visit.next + NAMES_A_TURN, visit.names.length);
      while (visit.next < end) this.#listener.look(folder, visit.names.at(visit.next++));
      visit.names.forgetBefore(visit.next);
    } finally {
      this.#shadow.silent = before;
    }
    return visit.next < visit.names.length;
  }

  /** @returns the names to look at: those listed, those known and the folder itself; null where the folder can't be entered. */
  #begin({ folder, silent, isForNew }: Visit): NameList | null {
    const path = this.#shadow.tree.pathOf(folder);
    if (path === null) return null;
    try {
      const opened = this.#folders.open(folder);
      if (opened === null) {
        this.#listener.missed(folder);
        return null;
      }
      this.#watch(folder, opened, path);
      const names = new NameList();
      this.#files.listInto(opened, names);
      this.#troubles.clear('CAP-002', path);
      const known = folder.children;
      if (isForNew) return names.filter((name) => known?.has(name) !== true);
      if (known !== null && known.size > 0) for (const name of names.lacking(known)) names.push(name);
      // What came and went before the watch may have moved the folder's time and left nothing else. Of a folder
      // that was not told a check will state it.
      if (!silent || !this.#shadow.streaming) names.push(ITSELF);
      return names;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (!isAbsence(error)) this.#troubles.raiseForPath('CAP-002', path, error.code);
      return null;
    }
  }

  #watch(folder: Node, opened: number, path: ByteString): void {
    try {
      this.#shadow.setKey(folder, this.#notices.watchFolder(opened, this.#folders.realPath(path)));
      if (this.unwatched.delete(folder) && this.unwatched.size === 0) this.#troubles.clear('CAP-003', null);
    } catch (error) {
      if (!isProblem(error, 'CAP-003')) throw error;
      this.unwatched.add(folder);
      const { code, parameters } = toData(error);
      this.#troubles.raise(code as 'CAP-003', null, parameters as { reason: string; limit: number });
    }
  }

  #remove(visit: Visit): void {
    const at = this.#visits.lastIndexOf(visit);
    if (at >= 0) this.#visits.splice(at, 1);
  }
}
