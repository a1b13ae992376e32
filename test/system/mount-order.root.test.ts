/*
 * What it proves: a folder that was made from the records up to any moment is one that the applications could
 * have left behind at that moment: databases in it open and are sound, and what one process wrote because of what
 * it had read of another's is never there without that.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { MountedFolder } from '../support/mounted-folder.ts';
import { proofRuns } from '../support/proof-runs.ts';
import { RecordReplayer } from '../support/record-replayer.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const LEDGERS = new URL('../support/ledger_writer.py', import.meta.url).pathname;
const ENTRIES = 300;
const MOMENTS = proofRuns({ short: 8, full: 200 });
const SEED = 4711;
const LONG_MS = 600_000;
const run = promisify(execFile);

it(
  'databases are sound at every moment of the records, and never hold an effect without its cause',
  async () => {
    await using mounted = await MountedFolder.start();
    await run('python3', [LEDGERS, 'write', mounted.folder, String(ENTRIES)]);
    const records = await mounted.records();
    const begins: number[] = [];
    for (let at = 0; at < records.length; at += records.readUInt32LE(at)) begins.push(at);
    expect(begins.length).toBeGreaterThan(ENTRIES * 5);
    const random = new SeededRandom(SEED);
    const seen = new Set<string>();
    for (let moment = 0; moment < MOMENTS; moment++) {
      const again = mounted.beside(`again-${moment}`);
      fs.mkdirSync(again);
      const until = random.integer(0, begins.length - 1);
      {
        using replayer = new RecordReplayer(again);
        replayer.replay(records.subarray(0, begins[until]));
      }
      const { stdout } = await run('python3', [LEDGERS, 'look', again]);
      expect({ until, found: stdout }).toEqual({ until, found: expect.stringMatching(/^\d+ \d+\n$/) });
      seen.add(stdout);
      fs.rmSync(again, { recursive: true });
    }
    expect(seen.size).toBeGreaterThan(MOMENTS / 4);
  },
  LONG_MS,
);
