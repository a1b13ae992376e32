import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemPrograms } from '../processes/programs.ts';
import { startThread } from '../processes/threads.ts';

const STARTS = 50;

/** Until a new program is itself it has what the writer had open when it was started. */
it('a file that this process writes is in use by nobody, whatever programs it starts meanwhile', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'understudy-file-use-'));
  fs.writeFileSync(join(folder, 'file'), '');
  const ended = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const writer = startThread<never, { asked: number; used: number }>(
    new URL('./own-writer.testing.ts', import.meta.url),
    { folder, ended },
  );
  const told = new Promise<{ asked: number; used: number }>((done) => writer.onMessage(done));
  try {
    for (let starts = 0; starts < STARTS; starts += 1) await systemPrograms.run(['true'], { timeoutMs: 10_000 });
  } finally {
    Atomics.store(ended, 0, 1);
  }
  const { asked, used } = await told;
  expect(asked).toBeGreaterThan(STARTS);
  expect(used).toBe(0);
  fs.rmSync(folder, { recursive: true });
});
