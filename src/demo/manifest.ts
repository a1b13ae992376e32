import { createHash } from 'node:crypto';
import { trialFiles, type Look } from '../system/files/trial-files.ts';

/** Understudy's own folder beside protected files; not part of what is protected. */
const OWN_FOLDER = '.understudy';
const SLASH = Buffer.from('/');

export interface ManifestEntry extends Look {
  /** SHA-256 of a file's content in hex; of a symbolic link its target, one byte in each character. */
  readonly content: string;
}

/** Everything in a tree by its path relative to the root, one byte in each character; the root is ``. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/** Reads a whole tree with Node's own calls and none of the product's. Nobody may write to it meanwhile. */
export function manifestOf(root: string): Manifest {
  const entries = new Map<string, ManifestEntry>();
  const waiting: { path: string; real: Buffer }[] = [{ path: '', real: Buffer.from(root) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, real } = next;
    const look = trialFiles.look(real);
    entries.set(path, { ...look, content: contentOf(real, look) });
    if (look.type !== 'folder') continue;
    for (const name of trialFiles.list(real)) {
      const text = name.toString('latin1');
      if (text === OWN_FOLDER) continue;
      waiting.push({ path: path === '' ? text : `${path}/${text}`, real: Buffer.concat([real, SLASH, name]) });
    }
  }
  return entries;
}

/** Each way in which two trees differ, in words; empty when they are the same. */
export function differencesOf(expected: Manifest, found: Manifest): string[] {
  const differences: string[] = [];
  for (const [path, entry] of expected) {
    const other = found.get(path);
    if (other === undefined) {
      differences.push(`${shown(path)}: missing`);
      continue;
    }
    for (const key of Object.keys(entry) as (keyof ManifestEntry)[]) {
      if (entry[key] === other[key]) continue;
      differences.push(`${shown(path)}: ${key} ${String(other[key])} instead of ${String(entry[key])}`);
    }
  }
  for (const path of found.keys()) if (!expected.has(path)) differences.push(`${shown(path)}: only there`);
  return differences;
}

function contentOf(path: Buffer, look: Look): string {
  if (look.type === 'symlink') return trialFiles.readLink(path).toString('latin1');
  if (look.type !== 'file') return '';
  return createHash('sha256').update(trialFiles.read(path)).digest('hex');
}

function shown(path: string): string {
  return JSON.stringify(path === '' ? '.' : Buffer.from(path, 'latin1').toString('utf8'));
}
