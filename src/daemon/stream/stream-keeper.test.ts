import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Log } from '../../kernel/log.ts';
import { parseServerSettings } from '../../settings/server-settings.ts';
import { HandTime } from '../hand-time.testing.ts';
import { identityFile, PairFacts } from '../settings/pair-facts.ts';
import { PAIR_FILE, protecting } from '../settings/pair-settings.testing.ts';
import { FindingBoard } from '../status/finding-board.ts';
import { StreamKeeper } from './stream-keeper.ts';
import type { StreamThread } from './stream-thread.ts';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };
const THREAD = { post: () => true, stop: () => Promise.resolve() } as unknown as StreamThread;

let folder: string;
let time: HandTime;
let keeper: StreamKeeper;
/** Epochs with which workers began. */
let begun: number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-'));
  time = new HandTime();
  begun = [];
  const text = `identity: primary\nstateDirectory: ${folder}\nchannel:\n  peers: ["10.0.0.2:57348"]\n`;
  const server = parseServerSettings(text, '/etc/understudy/server.yaml');
  if (server.kind !== 'settings') throw new Error(JSON.stringify(server.problems));
  const pair = { pairText: protecting('/srv'), pairFile: PAIR_FILE };
  keeper = new StreamKeeper({
    role: 'active',
    facts: await PairFacts.open({ server: server.settings, ...pair, timers: time }),
    timers: time,
    clock: time,
    log: SILENT,
    findings: new FindingBoard({ clock: time, server: 'primary', record: () => undefined }),
    mounts: {
      prepare: () => Promise.resolve(),
      release: () => Promise.resolve(),
      guardAnew: () => true,
      onMore: () => undefined,
    },
    begin: (epoch) => {
      begun.push(epoch);
      return THREAD;
    },
    connect: () => undefined,
    tellFacts: () => undefined,
    onGone: () => undefined,
  });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What follows a moment later is done. */
async function moment(): Promise<void> {
  await new Promise((done) => setImmediate(done));
}

it('an epoch that can not be kept, for the facts are spoilt, ends nothing and is not used until they are whole', async () => {
  const whole = readFileSync(identityFile(folder), 'utf8');
  writeFileSync(identityFile(folder), '{');
  keeper.start();
  keeper.sawEpoch(4);
  time.advance(10_000);
  await moment();
  expect(begun).toEqual([]);
  writeFileSync(identityFile(folder), whole);
  time.advance(2000);
  await moment();
  expect(begun).toEqual([1]);
});
