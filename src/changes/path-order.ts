import { type ByteString, joinPath } from '../kernel/byte-string.ts';
import { Smallest } from '../kernel/smallest.ts';
import type { Node, NodeTree } from './node-tree.ts';

/** Names of one folder that are sorted at a time. */
const BATCH = 1024;

/** In a folder: a child itself (`a`), or what is below it (`a/`). So no key begins with another one that stands for a subtree. */
interface Step {
  readonly key: string;
  readonly node: Node;
  readonly isBelow: boolean;
}

/** A folder on the way, or what the protected folders are in. */
interface Level {
  /** Path of what is in it begins so. */
  readonly prefix: string;
  readonly children: Iterable<readonly [ByteString, Node]>;
  /** Null for the protected folders. */
  readonly folder: Node | null;
  steps: readonly Step[];
  next: number;
}

/**
 * Every node with its path (by its first name), in byte order of the paths, from the first one after
 * `after`. What lies before costs nothing but a look at the names of the folders on the way; the tree
 * must not change meanwhile.
 */
export function* nodesAfter(
  tree: NodeTree,
  after: ByteString,
): Generator<{ readonly path: ByteString; readonly node: Node }> {
  const roots = new Map([...tree.roots].map((root) => [root.name, root]));
  const levels: Level[] = [levelOf('', null, roots, after)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const step = nextStep(level);
    if (step === undefined) {
      levels.pop();
      continue;
    }
    const path = (level.prefix + step.key) as ByteString;
    if (!step.isBelow) yield { path, node: step.node };
    else levels.push(levelOf(path, step.node, step.node.children ?? [], after));
  }
}

function levelOf(
  prefix: string,
  folder: Node | null,
  children: Iterable<readonly [ByteString, Node]>,
  after: ByteString,
): Level {
  const low = after.startsWith(prefix) ? after.slice(prefix.length) : '';
  return { prefix, folder, children, steps: stepsAfter({ folder, children, low, within: low }), next: 0 };
}

function nextStep(level: Level): Step | undefined {
  if (level.next === level.steps.length && level.next >= BATCH) {
    const low = level.steps[level.next - 1]?.key ?? '';
    level.steps = stepsAfter({ ...level, low, within: '' });
    level.next = 0;
  }
  return level.steps[level.next++];
}

/** The next steps after `low`. @param at.within - a path of which the way to it is wanted too. */
function stepsAfter(at: Pick<Level, 'folder' | 'children'> & { low: string; within: string }): readonly Step[] {
  const { folder, children, low, within } = at;
  const steps = new Smallest<Step>(BATCH, isBefore);
  for (const [name, node] of children) {
    // Most names of a large folder end here.
    if (steps.bound !== undefined && name > steps.bound.key) continue;
    // A further name of a file is no item of its own.
    if (name > low && node.parent === folder && node.name === name) steps.add({ key: name, node, isBelow: false });
    if (node.children === null || node.children.size === 0) continue;
    const key = joinPath(name, '' as ByteString);
    if (key > low || within.startsWith(key)) steps.add({ key, node, isBelow: true });
  }
  return steps.sorted();
}

/** The root folder itself is written like what is below it. */
function isBefore(a: Step, b: Step): boolean {
  return a.key === b.key ? !a.isBelow && b.isBelow : a.key < b.key;
}
