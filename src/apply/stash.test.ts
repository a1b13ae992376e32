import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { FileError } from '../kernel/files.ts';
import { NodeFiles } from '../system/files/files.ts';
import { hasStash, Stash } from './stash.ts';
import { SCRATCH } from './trial.testing.ts';

const CALLS_MAX = 100;

/** A disk that refuses one call. */
function refusing(call: number): NodeFiles {
  let calls = 0;
  return new Proxy(new NodeFiles(), {
    get(files, name) {
      const method: unknown = Reflect.get(files, name, files);
      if (typeof method !== 'function' || name === 'close') return method;
      return (...values: unknown[]): unknown => {
        if (calls++ === call) throw new FileError({ code: 'EIO', call: String(name), path: '' });
        return Reflect.apply(method, files, values);
      };
    },
  });
}

function openCount(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('a stash that a disk refuses', () => {
  const files = new NodeFiles();
  let base: string;
  let path: ByteString;
  let root: number;
  beforeEach(() => {
    base = mkdtempSync(join(SCRATCH, 'stash-'));
    path = fromText(join(base, 'shop'));
    mkdirSync(path);
    root = files.openFolder(path);
  });
  afterEach(() => {
    files.close(root);
    rmSync(base, { recursive: true });
  });

  /** Does it while each of its calls is refused in turn. */
  function expectClosed(act: (refused: NodeFiles) => void): void {
    const before = openCount();
    let refusals = 0;
    for (let call = 0; call < CALLS_MAX; call++) {
      try {
        act(refusing(call));
      } catch (error) {
        expect(error).toBeInstanceOf(FileError);
        refusals++;
      }
      expect(openCount()).toBe(before);
    }
    expect(refusals).toBeGreaterThan(0);
  }

  it('leaves nothing open', () => expectClosed((refused) => Stash.open(refused, root, path).abandon()));

  it('leaves nothing open where it is only looked for', () => expectClosed((refused) => hasStash(refused, path, root)));
});
