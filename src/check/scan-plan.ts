import type { Node } from '../changes/node-tree.ts';
import type { ProtectedSet } from '../changes/protected-set.ts';
import { type ByteString, isWithin, toDisplay } from '../kernel/byte-string.ts';
import { Problem } from '../problems/problem.ts';
import { FolderPass } from './folder-pass.ts';
import { LeftPass } from './left-pass.ts';
import { NamePass } from './name-pass.ts';
import type { CheckRequest, Pass, Scan } from './scan.ts';

/** A thing to verify: a protected folder, or a name in a folder with all that is below it. */
type Target = { readonly folder: Node; readonly name: ByteString | null };

/** Is the whole protected set asked for? */
export function isComplete(request: CheckRequest): boolean {
  const { paths, nodes = [], left = null } = request;
  return paths === null && nodes.length === 0 && left === null;
}

/**
 * Refuses a request that a person made with a path that neither is protected nor has anything
 * protected below it. A scan itself passes over such paths.
 * @throws Problem CHK-005 about the first such path.
 */
export function requireProtected(protectedSet: ProtectedSet, paths: readonly ByteString[]): void {
  const touches = (path: ByteString): boolean =>
    protectedSet.folders.some((folder) => isWithin(folder.path, path)) ||
    (protectedSet.folders.some((folder) => isWithin(path, folder.path)) &&
      (protectedSet.covers(path, false) || protectedSet.covers(path, true)));
  const outside = paths.find((path) => !touches(withoutSlash(path)));
  if (outside !== undefined) throw new Problem('CHK-005', { path: toDisplay(outside) });
}

/** What a request asks for, in the order in which it will be done, with its size as the tree knows it. */
export function planScan(scan: Scan): { passes: Pass[]; itemsTotal: number; bytesTotal: number } {
  const { request, tree } = scan;
  const targets = isComplete(request)
    ? [...tree.roots].map((folder): Target => ({ folder, name: null }))
    : withoutCovered(scan, targetsOf(scan));
  let itemsTotal = 0;
  let bytesTotal = 0;
  for (const { folder, name } of targets) {
    const top = name === null ? folder : folder.children?.get(name);
    const size = sizeOf(top, request.isShallow === true);
    itemsTotal += size.items;
    bytesTotal += request.mode === 'full' ? size.bytes : 0;
  }
  const passes = passesOf(scan, targets);
  const { left } = request;
  if (left !== undefined && left !== null) passes.push(new LeftPass(scan, left));
  return { passes, itemsTotal: itemsTotal + (left?.size ?? 0), bytesTotal };
}

/** Before the first target in a folder, the way to it from the protected folder down. */
function passesOf(scan: Scan, targets: readonly Target[]): Pass[] {
  const passes: Pass[] = [];
  const onTheWay = new Set<Node>();
  for (const { folder, name } of targets) {
    const way: NamePass[] = [];
    for (let at = folder; at.parent !== null && !onTheWay.has(at); at = at.parent) {
      onTheWay.add(at);
      way.push(new NamePass(scan, { folder: at.parent, name: at.name, below: false }));
    }
    passes.push(...way.reverse());
    passes.push(name === null ? new FolderPass(scan, folder) : new NamePass(scan, { folder, name, below: true }));
  }
  return passes;
}

function targetsOf(scan: Scan): Target[] {
  const targets: Target[] = [];
  for (const path of scan.request.paths ?? []) targets.push(...targetsAt(scan, withoutSlash(path)));
  for (const id of scan.request.nodes ?? []) {
    const node = scan.tree.get(id);
    if (node === undefined) continue;
    if (node.parent === null) targets.push({ folder: node, name: null });
    else for (const name of scan.tree.namesOf(node)) targets.push({ folder: name.parent, name: name.name });
  }
  return targets;
}

function targetsAt(scan: Scan, path: ByteString): Target[] {
  const roots = [...scan.tree.roots];
  const within = roots.filter((root) => isWithin(root.name, path));
  if (within.length > 0) return within.map((folder) => ({ folder, name: null }));
  const root = roots.find((candidate) => isWithin(path, candidate.name));
  if (root === undefined) return [];
  const names = path.slice(root.name.length).split('/') as ByteString[];
  return [
    descend(
      scan,
      root,
      names.filter((name) => name !== ''),
    ),
  ];
}

/** As deep as there are folders: where one is missing, that it is missing is what will be stated. */
function descend(scan: Scan, root: Node, names: readonly ByteString[]): Target {
  let folder = root;
  for (const [index, name] of names.entries()) {
    if (index === names.length - 1) return { folder, name };
    if (folder.children?.has(name) !== true) scan.look(folder, name);
    const next = folder.children?.get(name);
    if (next?.type !== 'folder') return { folder, name };
    folder = next;
  }
  return { folder: root, name: null };
}

/** Without targets that are part of another one, and each once. */
function withoutCovered({ tree, request }: Scan, targets: readonly Target[]): Target[] {
  const whole = new Set<Node>();
  for (const { folder, name } of request.isShallow === true ? [] : targets) {
    const node = name === null ? folder : folder.children?.get(name);
    if (node?.type === 'folder' && tree.get(node.id) === node) whole.add(node);
  }
  const seen = new Map<Node, Set<ByteString | null>>();
  return targets.filter(({ folder, name }) => {
    const names = seen.get(folder) ?? new Set();
    seen.set(folder, names);
    if (names.has(name)) return false;
    names.add(name);
    for (let at: Node | null = name === null ? folder.parent : folder; at !== null; at = at.parent) {
      if (whole.has(at)) return false;
    }
    return true;
  });
}

/** @param isShallow - of what is right in it alone. */
function sizeOf(top: Node | undefined, isShallow: boolean): { items: number; bytes: number } {
  let [items, bytes] = [0, 0];
  const add = (node: Node): void => {
    items += 1;
    if (node.type === 'file') bytes += node.sizeBytes;
  };
  if (top !== undefined) add(top);
  // A folder may hold a million files: only folders wait for their turn.
  const waiting = top === undefined ? [] : [top];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const child of folder.children?.values() ?? []) {
      add(child);
      if (child.type === 'folder' && !isShallow) waiting.push(child);
    }
  }
  return { items, bytes };
}

function withoutSlash(path: ByteString): ByteString {
  return (path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path) as ByteString;
}
