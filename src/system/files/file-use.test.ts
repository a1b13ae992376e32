import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { systemPrograms } from '../processes/programs.ts';
import { startThread } from '../processes/threads.ts';

const STARTS = 50;
const WAIT_MS = 60_000;

/** Until a new program is itself it has what the writer had open when it was started. */
it('a file that this process writes is in use by nobody, whatever programs it starts meanwhile', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-file-use-'));
  fs.writeFileSync(join(folder, 'file'), '');
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const asked = (): number => Atomics.load(shared, 0);
  const writer = startThread<never, number>(new URL('./own-writer.testing.ts', import.meta.url), { folder, shared });
  const used = new Promise<number>((done) => writer.onMessage(done));
  try {
    // Starts before the thread runs are none that it could meet.
    await until('the thread to ask', WAIT_MS, () => asked() > 0 || null);
    for (let starts = 0; starts < STARTS || asked() < STARTS; starts += 1)
      await systemPrograms.run(['true'], { timeoutMs: WAIT_MS });
  } finally {
    Atomics.store(shared, 1, 1);
  }
  expect(await used).toBe(0);
  fs.rmSync(folder, { recursive: true });
});
