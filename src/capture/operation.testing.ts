import fs from 'node:fs';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import type { NoticeSource } from '../kernel/notices.ts';
import type { NodeStatus } from './operation.ts';

const NS = 1_000_000_000n;
/** Of a trial. */
const ROOT = fromText('/set');

/** What every operation says of what has a path on the disk. */
export function aboutPath(path: string): { root: ByteString; node: number; status: NodeStatus } {
  const found = fs.lstatSync(path, { bigint: true });
  const status = {
    mode: Number(found.mode),
    uid: Number(found.uid),
    gid: Number(found.gid),
    sizeBytes: Number(found.size),
    mtimeSeconds: Number(found.mtimeNs / NS),
    mtimeNanoseconds: Number(found.mtimeNs % NS),
  };
  return { root: ROOT, node: Number(found.ino), status };
}

/** The kernel says nothing: all that is known comes from operations and looks. */
export function silent(source: NoticeSource): NoticeSource {
  return new Proxy(source, {
    get: (target, key) => {
      if (key === 'read') return () => true;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
