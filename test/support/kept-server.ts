/*
 * `node kept-server.ts FOLDER STATE RECORDS`: intercepts a folder as a daemon does, with a keeper whose socket is in STATE, and
 * appends the records of what is changed to a file, one behind the other; one may stand there twice where the process before
 * was killed. Goes on with what that left. Answers each line of its input with one of its output:
 *
 * - `ready MS` by itself: milliseconds since it began, or the problems
 * - `drain`: `drained` when every record is in the file; `lost` where some are missing
 * - `stop`: `stopped`
 *
 * SIGUSR2 ends it and leaves the folder to the next one.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HeldReplies } from '../../src/daemon/interception/held-replies.ts';
import { Interception } from '../../src/daemon/interception/interception.ts';
import { Keeping } from '../../src/daemon/interception/keeping.ts';
import { KeptMounts } from '../../src/daemon/interception/kept-mounts.ts';
import { RingReader } from '../../src/intercept/ring-reader.ts';
import { KEEPER_SOCKET } from '../../src/keeper/protocol.ts';
import { describe } from '../../src/problems/problem.ts';
import { systemClock } from '../../src/system/machine/clock.ts';
import { startDetached } from '../../src/system/processes/detached-program.ts';
import { fetchDescriptors } from '../../src/system/mounts/foreign-descriptors.ts';
import { closeDescriptor } from '../../src/system/mounts/fuse-mount.ts';
import { connectLines } from '../../src/system/network/local-lines.ts';
import { viewMapped } from '../../src/system/native/shared-memory.ts';
import { clearStaleMounts, mountPointOf } from '../../src/system/mounts/stale-mounts.ts';
import { systemTimers } from '../../src/system/machine/timers.ts';
import { openWake } from '../../src/system/native/wake.ts';

const DRAIN_EVERY_MS = 2;
const AWAY_MS_MAX = 60_000;
const RELEASE_MS_MAX = 30_000;
const KEEPER = new URL('../../src/main/keeper.ts', import.meta.url);

const [folder = '', state = '', records = ''] = process.argv.slice(2);
const say = (text: string): void => {
  process.stdout.write(`${text.replaceAll('\n', ' ')}\n`);
};

const interception = new Interception({
  timers: systemTimers,
  clock: systemClock,
  openWake,
  mountPointOf,
  clearStaleMounts,
  preflight: () => ({ obstacles: [], doubts: [] }),
  openersPast: () => [],
  mountsOver: () => [],
  releaseMsMax: RELEASE_MS_MAX,
  tell: (problem) => process.stderr.write(`${problem.code} ${describe(problem).message}\n`),
  kept: new KeptMounts(
    new Keeping({
      clock: systemClock,
      timers: systemTimers,
      processId: process.pid,
      awayMsMax: AWAY_MS_MAX,
      connect: () => connectLines(join(state, KEEPER_SOCKET)),
      start: () => startDetached(KEEPER, [state, 'transient']),
      fetch: fetchDescriptors,
      tell: (problem) => process.stderr.write(`${problem.code} ${describe(problem).message}\n`),
    }),
    closeDescriptor,
  ),
  replies: new HeldReplies(),
});

interception.onBroken = (problem) => process.stderr.write(`${problem.code} ${describe(problem).message}\n`);

const file = fs.openSync(records, 'a');
let reader: RingReader | null = null;

function drain(): void {
  for (let record = reader?.next() ?? null; record !== null; record = reader?.next() ?? null) {
    fs.writeSync(file, record);
    reader?.done();
  }
  // Whoever puts a record in says so, which is one more moment at which it may be killed.
  reader?.mayRest();
}

async function main(): Promise<void> {
  await interception.takeOver();
  await interception.prepare([{ path: folder, realPath: folder }], {
    role: 'active',
    include: ['/**'],
    exclude: [],
  });
  const { forStream, problems } = interception;
  if (forStream !== null) reader = new RingReader(viewMapped(forStream.ring));
  const timer = setInterval(drain, DRAIN_EVERY_MS);
  process.on('SIGUSR2', () => {
    clearInterval(timer);
    void interception.leave().then(() => process.exit(0));
  });
  // Last: whoever hears it may send the signal at once.
  say(problems.length === 0 ? `ready ${Math.round(performance.now())}` : JSON.stringify(problems));
  for await (const line of createInterface({ input: process.stdin })) {
    drain();
    if (line === 'stop') {
      clearInterval(timer);
      await interception.release();
      say('stopped');
    } else say(reader?.isLost === true ? 'lost' : 'drained');
  }
  process.exit(0);
}

await main();
