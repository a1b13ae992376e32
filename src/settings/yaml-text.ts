import { isCollection, isMap, isPair, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

/** From the top of the file to a value: keys of maps and indexes of lists. */
export type ValuePath = readonly (string | number)[];

/** A YAML text as plain data, and where each value stands. */
export interface YamlText {
  readonly value: unknown;
  /** What is wrong with the text itself; empty when `value` can be used. */
  readonly faults: readonly { readonly line: number; readonly reason: string }[];
  /** Line of the key that holds the value (of the value itself in a list); of the nearest one above it where it is absent. */
  lineOf(path: ValuePath): number;
}

/** Far more than any settings file; stops what was put there by mistake. */
const TEXT_LENGTH_MAX = 1024 * 1024;

/** YAML 1.2 without aliases, tags and doubled keys: what a settings file needs, and nothing that surprises. */
export function parseYaml(text: string): YamlText {
  if (text.length > TEXT_LENGTH_MAX) {
    return {
      value: null,
      faults: [{ line: 1, reason: `the file is longer than ${TEXT_LENGTH_MAX} characters` }],
      lineOf: () => 1,
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', stringKeys: true });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const faults = [...document.errors, ...document.warnings].map((fault) => ({
    line: lineAt(fault.pos[0]),
    reason: `not valid YAML: ${plain(fault.message)}`,
  }));
  let value: unknown = null;
  if (faults.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 0 });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      faults.push({ line: 1, reason: 'aliases (`*name`) are not allowed' });
    }
  }
  const top = document.contents;
  return { value, faults, lineOf: (path) => lineAt(offsetOf(top, path)) };
}

function offsetOf(top: Node | null, path: ValuePath): number {
  let at: unknown = top;
  let offset = startOf(top);
  for (const key of path) {
    const next = isCollection(at) ? entryOf(at.items, isMap(at), key) : undefined;
    if (next === undefined) break;
    at = isPair(next) ? next.value : next;
    offset = startOf((isPair(next) ? next.key : next) as Node | null) || offset;
  }
  return offset;
}

function entryOf(items: readonly unknown[], inMap: boolean, key: string | number): unknown {
  if (!inMap) return items[Number(key)];
  return (items as readonly Pair[]).find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

/** The parser's sentence as a clause: one line, no full stop. */
function plain(message: string): string {
  return message
    .replace('Map keys must be unique', 'this key stands in the file twice: put what belongs to it in one place')
    .replace(/\s+/g, ' ')
    .replace(/[.:]\s*$/, '')
    .trim();
}
