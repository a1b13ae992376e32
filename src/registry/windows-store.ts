import { WindowsError, type WindowsKey, type WindowsRegistry, type WindowsWatch } from '../kernel/windows-registry.ts';
import { Problem } from '../problems/problem.ts';
import { parentOf, shownKey } from './key-path.ts';
import type { RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree, setValue } from './registry-tree.ts';

/** Of winerror.h. */
const DENIED = new Set([5]);
const USED_UP = new Set([8, 14, 112, 1450, 1453, 1816]);
const DAMAGED = new Set([1009, 1015, 1016, 1017]);
const LOCKED = new Set([32, 33, 170]);
const KEY_DELETED = 1018;

/**
 * The registry of a Windows, by advapi32. It is told of changes by RegNotifyChangeKeyValue: while nothing changes, a look
 * costs one call. Values are written one by one.
 */
export class WindowsStore implements RegistryStore {
  readonly shown = 'of Windows';
  readonly isWrittenInPlace = false;
  readonly #windows: WindowsRegistry;
  /** Of what was read last, by anchors. */
  #watches = new Map<string, WindowsWatch>();
  #changes = 0;

  constructor(windows: WindowsRegistry) {
    this.#windows = windows;
  }

  async stamp(): Promise<string> {
    return this.#guarded('read', () => {
      for (const [anchor, watch] of this.#watches) {
        if (!watch.isChanged()) continue;
        this.#changes += 1;
        this.#watchFrom(anchor);
      }
      return String(this.#changes);
    });
  }

  async read(anchors: readonly string[]): Promise<RegistryTree> {
    return this.#guarded('read', () => {
      // Watched first: what changes while it is read has another stamp.
      for (const anchor of anchors) if (!this.#watches.has(anchor)) this.#watchFrom(anchor);
      const tree = new RegistryTree();
      for (const anchor of anchors) this.#readKey(tree, anchor);
      return tree;
    });
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    this.#guarded('write', () => {
      const writer = new Writer(this.#windows);
      try {
        for (const edit of edits) if (isHeldByWindows(edit)) writer.carryOut(edit);
      } finally {
        writer.close();
      }
      writer.flush();
    });
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  /** The nearest key that is there, which tells when the one below it is made. */
  #watchFrom(anchor: string): void {
    this.#watches.get(anchor)?.close();
    this.#watches.delete(anchor);
    for (let path: string | null = anchor; path !== null; path = parentOf(path)) {
      const watch = this.#watchAt(path);
      if (watch === null) continue;
      this.#watches.set(anchor, watch);
      return;
    }
  }

  /** Null where there is no such key, also where it goes in this moment. */
  #watchAt(path: string): WindowsWatch | null {
    try {
      return this.#windows.watch(path);
    } catch (error) {
      if (error instanceof WindowsError && error.code === KEY_DELETED) return null;
      throw error;
    }
  }

  #readKey(tree: RegistryTree, top: string): void {
    const open = [top];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const key = this.#windows.open(path, 'read');
      if (key === null) continue;
      try {
        const into = tree.ensureAll(path);
        for (const value of key.values()) setValue(into, value);
        for (const name of key.names()) open.push(`${path}\\${name}`);
      } catch (error) {
        // It went while it was read.
        if (!(error instanceof WindowsError) || error.code !== KEY_DELETED) throw error;
        tree.delete(path);
      } finally {
        key.close();
      }
    }
  }

  #guarded<Result>(right: 'read' | 'write', action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw error instanceof WindowsError ? asWindowsProblem(error, right) : error;
    }
  }
}

/** Edits come key by key: the one at hand stays open. */
class Writer {
  readonly #windows: WindowsRegistry;
  readonly #parts = new Set<string>();
  #path = '';
  #key: WindowsKey | null = null;

  constructor(windows: WindowsRegistry) {
    this.#windows = windows;
  }

  carryOut(edit: RegistryEdit): void {
    this.#parts.add(edit.key.split('\\', 2).join('\\'));
    if (edit.kind === 'deleteKey') {
      this.close();
      this.#windows.deleteTree(edit.key);
      return;
    }
    if (this.#key === null || this.#path !== edit.key) {
      this.close();
      this.#path = edit.key;
      this.#key = edit.kind === 'unset' ? this.#windows.open(edit.key, 'write') : this.#windows.create(edit.key);
    }
    if (edit.kind === 'set') this.#key?.set(edit.value);
    if (edit.kind === 'unset') this.#key?.unset(edit.name);
  }

  close(): void {
    this.#key?.close();
    this.#key = null;
  }

  /** What was done is durable on return. Each key directly below a hive is a file of its own. */
  flush(): void {
    for (const part of this.#parts) {
      const key = this.#windows.open(part, 'read');
      key?.flush();
      key?.close();
    }
  }
}

/** Names end at a NUL there. */
export function isHeldByWindows(edit: RegistryEdit): boolean {
  const name = edit.kind === 'set' ? edit.value.name : edit.kind === 'unset' ? edit.name : '';
  return !name.includes('\0');
}

function asWindowsProblem(error: WindowsError, right: 'read' | 'write'): Problem {
  const [store, item, reason] = ['of Windows', shownKey(error.path), error.message];
  if (DENIED.has(error.code)) return new Problem('REG-002', { item, right, reason }, { cause: error });
  if (USED_UP.has(error.code)) return new Problem('REG-003', { store, reason }, { cause: error });
  if (DAMAGED.has(error.code)) return new Problem('REG-004', { store, reason }, { cause: error });
  if (LOCKED.has(error.code)) return new Problem('REG-005', { store, reason }, { cause: error });
  return new Problem('REG-001', { store, reason }, { cause: error });
}
