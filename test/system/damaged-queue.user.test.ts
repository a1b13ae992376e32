/** What it proves: a queue file that was cut or overwritten costs nothing that came before, and the pair mends itself. */
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type Pair, startPair } from '../support/pair.ts';
import type { TrialServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const QUICK = { heartbeatMs: 200, lostAfterMs: 1_500, waitMs: 300, reconnectDelayMsMin: 50, reconnectDelayMsMax: 300 };
const TOLD_WITHIN_MS = 120_000;
const SEGMENT_HEADER_BYTES = 4096;
/** Some whole records, of those that the test makes. */
const NEWEST_BYTES = 2000;

describe('a damaged queue file', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair({ pairSettings: { channel: QUICK } });
  });
  afterAll(() => pair[Symbol.asyncDispose]());

  it.each([
    ['cut', 'receive'],
    ['overwritten', 'receive'],
    ['cut', 'send'],
    ['overwritten', 'send'],
  ] as const)(
    '(%s, %s queue) loses nothing that came before, and the pair comes together by itself',
    async (how, queue) => {
      onTestFailed(() => void process.stderr.write(`${pair.logs()}\n`));
      await pair.synchronized();
      const server = queue === 'send' ? pair.active : pair.passive;
      // With the passive away the send queue keeps what comes; killed in the middle the receive queue does.
      if (queue === 'send') await pair.passive.stop();
      for (let n = 0; n < 200; n++)
        fs.writeFileSync(join(pair.active.data, `${how}-${queue}-${n}`), `content ${n}`.repeat(50));
      // Without a rest, so that no checkpoint covers the newest of what the receive queue holds.
      let next = 200;
      const going = setInterval(() => {
        fs.writeFileSync(join(pair.active.data, `${how}-${queue}-${next++}`), 'more'.repeat(100));
      }, 2);
      if (queue === 'send')
        await until('changes in the send queue', TOLD_WITHIN_MS, async () =>
          (await server.status()).queues.send.records >= 200 ? true : null,
        );
      else
        await until('some of what came later', TOLD_WITHIN_MS, () =>
          fs.existsSync(join(pair.passive.data, `${how}-${queue}-300`)) ? true : null,
        );
      await server.kill();
      clearInterval(going);
      const applied = fs.readdirSync(pair.passive.data).filter((name) => name.startsWith(`${how}-${queue}-`));
      expect(damage(server, how)).toBeGreaterThan(0);
      await server.start();
      if (queue === 'send') await pair.passive.start();
      await pair.settled();
      expect(pair.differences()).toEqual([]);
      const there = new Set(fs.readdirSync(pair.passive.data));
      expect(applied.filter((name) => !there.has(name))).toEqual([]);
      // What was made durable and is wrong now is told; a torn end is cut without a word.
      const [event] = await server.events('JRN-002');
      if (how === 'overwritten' && queue === 'receive') expect(event?.text).toContain('.segment');
    },
  );
});

/** Damages the last queue file that holds records: cut in the middle, or one of its newest records overwritten. @returns where. */
function damage(server: TrialServer, how: 'cut' | 'overwritten'): number {
  const segments = fs
    .readdirSync(server.stateDirectory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment'))
    .map((name) => join(server.stateDirectory, name))
    .filter((path) => fs.statSync(path).size > SEGMENT_HEADER_BYTES + 200)
    .sort();
  const path = segments.at(-1);
  if (path === undefined) return 0;
  const { size } = fs.statSync(path);
  const at = how === 'cut' ? Math.floor((SEGMENT_HEADER_BYTES + size) / 2) : size - NEWEST_BYTES;
  if (how === 'cut') fs.truncateSync(path, at);
  else {
    const file = fs.openSync(path, 'r+');
    fs.writeSync(file, Buffer.alloc(64, 0xee), 0, 64, at);
    fs.closeSync(file);
  }
  return at;
}
