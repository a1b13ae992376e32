import type { Change } from '../../src/changes/change.ts';
import { readRecords } from '../../src/changes/codec.ts';
import { decodeFrame } from '../../src/changes/data-frame-codec.ts';

/** A frame in words, for the history of a failed run. */
export function describeFrame(bytes: Uint8Array): string[] {
  const frame = decodeFrame(bytes);
  if (frame.kind !== 'stream') return [shortened(frame)];
  return [...readRecords(frame.records)].map(
    ({ position, change }) => `${String(position.epoch)}.${String(position.sequence)} ${shortened(change)}`,
  );
}

function shortened(what: object & { kind: Change['kind'] | string }): string {
  return JSON.stringify(what, (key, value: unknown) => {
    if (value instanceof Uint8Array) return `${String(value.length)} bytes`;
    if (typeof value === 'bigint') return (value % 10_000n).toString();
    if (key === 'attributes' && typeof value === 'object' && value !== null) {
      const { mode, mtimeSeconds, mtimeNanoseconds } = value as Record<string, number>;
      return `${String(mode?.toString(8))} ${String(mtimeSeconds)}.${String(mtimeNanoseconds)}`;
    }
    // A Buffer says what it is before it is asked.
    if (key === 'content' && typeof value === 'object')
      return `${String((value as { data: unknown[] }).data?.length)} bytes`;
    return value;
  });
}
