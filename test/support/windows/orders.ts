import type { ProblemData } from '../../../src/problems/problem.ts';
import { editsOf, type RegistryEdit } from '../../../src/registry/registry-edit.ts';
import type { RegistryTree } from '../../../src/registry/registry-tree.ts';

/** What the agent on Windows is told. */
export type Order =
  | { readonly call: 'stamp' | 'cpuMs' }
  | { readonly call: 'read'; readonly anchors: readonly string[] }
  | { readonly call: 'write'; readonly edits: readonly WireEdit[] };

export interface Answer {
  readonly value: unknown;
  readonly problem: ProblemData | null;
  /** How long it took there. */
  readonly ms: number;
}

/** An edit whose data is text. */
export type WireEdit =
  | Exclude<RegistryEdit, { kind: 'set' }>
  | {
      readonly kind: 'set';
      readonly key: string;
      readonly value: { readonly name: string; readonly type: number; readonly base64: string };
    };

export function toWire(tree: RegistryTree): WireEdit[] {
  return editsOf(tree).map(fromTree);
}

export function fromTree(edit: RegistryEdit): WireEdit {
  if (edit.kind !== 'set') return edit;
  const { name, type, data } = edit.value;
  return { kind: 'set', key: edit.key, value: { name, type, base64: Buffer.from(data).toString('base64') } };
}

export function toTree(edit: WireEdit): RegistryEdit {
  if (edit.kind !== 'set') return edit;
  const { name, type, base64 } = edit.value;
  return { kind: 'set', key: edit.key, value: { name, type, data: Buffer.from(base64, 'base64') } };
}
