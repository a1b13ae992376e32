import type { Timers } from '../kernel/clock.ts';
import { Problem } from '../problems/problem.ts';
import type { Random } from '../kernel/random.ts';
import { applyEdits, editsOf, type RegistryEdit } from './registry-edit.ts';
import type { RegistryStore } from './registry-store.ts';
import { RegistryTree } from './registry-tree.ts';

/** A registry in memory, whose calls can be made to fail. */
export class MemoryStore implements RegistryStore {
  readonly shown = 'memory';
  isWrittenInPlace = false;
  tree = new RegistryTree();
  failure: Problem | null = null;
  /** What it can't hold is passed over. */
  refuses: (edit: RegistryEdit) => boolean = () => false;
  /** Run while the next read, or the next write, is under way. */
  meanwhile = { read: (): void => {}, written: (): void => {}, failed: (): void => {} };
  writes = 0;
  reads = 0;
  #stamp = 0;

  async stamp(): Promise<string> {
    return String(this.#stamp);
  }

  async read(): Promise<RegistryTree> {
    if (this.failure !== null) {
      this.meanwhile.failed();
      throw this.failure;
    }
    this.reads += 1;
    const { read } = this.meanwhile;
    this.meanwhile.read = () => {};
    read();
    const copy = new RegistryTree();
    applyEdits(copy, editsOf(this.tree));
    return copy;
  }

  async write(edits: readonly RegistryEdit[]): Promise<void> {
    if (this.failure !== null) throw this.failure;
    this.writes += 1;
    this.edit(edits.filter((edit) => !this.refuses(edit)));
    const { written } = this.meanwhile;
    this.meanwhile.written = () => {};
    written();
  }

  /** By somebody else. */
  edit(edits: readonly RegistryEdit[]): void {
    applyEdits(this.tree, edits);
    this.#stamp += 1;
  }

  fail(): void {
    this.failure = new Problem('REG-001', { store: 'memory', reason: 'it is away' });
  }
}

/** All that it holds, in a form that is equal where registries are. */
export function contentOf(tree: RegistryTree): string[] {
  return tree
    .sorted()
    .flatMap(({ path, values }) => [
      path.toUpperCase(),
      ...[...values]
        .map(([name, { type, data }]) => `  ${JSON.stringify(name)} ${type} ${Buffer.from(data).toString('hex')}`)
        .sort(),
    ]);
}

export function set(key: string, name: string, text = 'x'): RegistryEdit {
  return { kind: 'set', key, value: { name, type: 1, data: Buffer.from(`${text}\0`, 'utf16le') } };
}

const NAMES = [
  'Acme',
  'acme',
  'a b',
  'x]',
  '[y',
  'é',
  'Ünit',
  '日本',
  '😀',
  '#',
  ';',
  '=',
  'a/b',
  '-',
  '@',
  "it's",
  '%PATH%',
];
const VALUE_NAMES = [...NAMES, '', 'a\\b', '"quoted"', 'line\nbreak', '\\', '\\"', '\ud800', '\0', 'x'.repeat(300)];
const TYPES = [0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 0x123, 0xffffffff];

/** The same for the same numbers: any names, types and data. */
export function anyEdit(random: Random): RegistryEdit {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const parts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(NAMES));
  const key = ['HKEY_LOCAL_MACHINE', 'Software', ...parts].join('\\');
  const name = pick(VALUE_NAMES);
  const way = random();
  if (way < 0.08) return { kind: 'deleteKey', key };
  if (way < 0.2) return { kind: 'unset', key, name };
  if (way < 0.3) return { kind: 'key', key };
  return { kind: 'set', key, value: { name, type: pick(TYPES), data: anyData(random) } };
}

function anyData(random: Random): Uint8Array {
  const way = random();
  if (way < 0.1) return Buffer.alloc(0);
  if (way < 0.6) return Buffer.from(`${VALUE_NAMES[Math.floor(random() * VALUE_NAMES.length)]}\0`, 'utf16le');
  return Buffer.from(Array.from({ length: Math.floor(random() * 90) }, () => Math.floor(random() * 256)));
}

export function treeOf(edits: readonly RegistryEdit[]): RegistryTree {
  const tree = new RegistryTree();
  applyEdits(tree, edits);
  return tree;
}

/** No time passes; this happens instead. */
export function timersWith(meanwhile: () => void): Timers {
  const after: Timers['after'] = (_delayMs, action) => {
    meanwhile();
    action();
    return () => {};
  };
  return { after, every: () => () => {} };
}
