/**
 * What it proves: a disk that fails under a running daemon (it refuses to write, to sync or to read, or turns
 * read-only) is told within 5 s as what it is, the status is right on both servers, and all is made up for by itself
 * once it is mended. Calls fail by name (src/system/native/faults.ts), or the file system is really mounted read-only.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding, Identity } from '../../src/api/status.ts';
import type { IdentityFacts } from '../../src/identity/identity.ts';
import { converges, over } from '../support/after-fault.ts';
import type { Pair } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import type { TrialServer } from '../support/server.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { TemporaryHome } from '../support/temporary-home.ts';
import { until } from '../support/until.ts';

/** In the proof, on a machine that does nothing else, as soon as was promised. */
const TOLD_WITHIN_MS = proofRuns({ short: 120_000, full: 5_000 });
const CONVERGES_WITHIN_MS = 120_000;
const MIB = 1024 * 1024;

it('calls that fail with EIO: told, in the status of both servers, and made up for once mended', async () => {
  await using pair = await runningPair({ faults: true });
  write(pair, 'bad');
  await pair.settled();
  for (const { role, call, path, code } of FAILING) {
    const mend = pair[role].faults.begin({ call, path, error: 'EIO' });
    write(pair, `during-${code}`);
    await told(pair[role], code);
    for (const server of pair.servers) await shows(server, 'Error');
    mend();
    await converges(pair);
    for (const ended of [code, 'DMN-003']) await over(pair[role], ended);
  }
});

it('items and records that fail with EIO: nothing else stops', async () => {
  await using pair = await runningPair({ faults: true });
  write(pair, 'bad');
  await pair.settled();
  await reading(pair);
  await writing(pair);
  await beyondQuota(pair);
  // Rights, and a machine whose table of open files is full.
  for (const error of ['EACCES', 'ENFILE']) await refusing(pair, error);
  await beginning(pair);
  await forgetting(pair);
  await remembering(pair);
});

it('a protected folder that can not be looked at is told as that, and no worker ends for it', async () => {
  await using pair = await runningPair({ faults: true });
  write(pair, 'before');
  await pair.settled();
  for (const call of ['openat', 'statx', 'fstatfs']) {
    const mend = pair.active.faults.begin({ call, path: '*/data', error: 'EIO' });
    write(pair, `during-${call}`);
    expect((await told(pair.active, 'CAP-001', 'CAP-002')).item).toBe('/data');
    for (const server of pair.servers) await shows(server, 'Unchecked');
    mend();
    await converges(pair);
    for (const code of ['CAP-001', 'CAP-002']) await over(pair.active, code);
  }
  expect(await pair.active.events('DMN-003')).toEqual([]);
  const mend = pair.passive.faults.begin({ call: 'statx', path: '*/data', error: 'EIO' });
  write(pair, 'on the passive');
  expect((await told(pair.passive, 'APL-001')).item).toBe('/data');
  for (const server of pair.servers) await shows(server, 'Out of sync');
  mend();
  await converges(pair);
  await over(pair.passive, 'APL-001');
  // What can't be asked whether it is read-only is not said to be.
  const mendLast = pair.passive.faults.begin({ call: 'fstatfs', path: '*/data', error: 'EIO' });
  write(pair, 'last');
  await converges(pair);
  mendLast();
  for (const code of ['DMN-003', 'APL-041']) expect(await pair.passive.events(code)).toEqual([]);
});

/** What stops replication altogether. */
const FAILING = [
  { role: 'passive', call: 'fdatasync', path: '*/receive/*', code: 'JRN-003' },
  { role: 'passive', call: 'syncfs', path: '*/data', code: 'APL-040' },
  { role: 'passive', call: 'commit', path: '*/applied.sqlite', code: 'SYS-011' },
  { role: 'active', call: 'pwrite', path: '*/send/*', code: 'JRN-003' },
] as const;

async function reading(pair: Pair): Promise<void> {
  const mend = pair.active.faults.begin({ call: 'pread', path: '*/data/bad', error: 'EIO' });
  write(pair, 'bad', 'other content');
  write(pair, 'good');
  expect((await told(pair.active, 'CAP-002')).item).toBe('/data/bad');
  for (const server of pair.servers) await shows(server, 'Unchecked');
  await arrives(pair, 'good');
  mend();
  await converges(pair);
  await over(pair.active, 'CAP-002');
}

async function writing(pair: Pair): Promise<void> {
  const mend = pair.passive.faults.begin({ call: 'pwrite', path: '*/data/bad', error: 'EIO' });
  fs.writeFileSync(join(pair.active.data, 'bad'), Buffer.alloc(2 * MIB, 1));
  write(pair, 'better');
  expect((await told(pair.passive, 'APL-001')).item).toBe('/data/bad');
  for (const server of pair.servers) await shows(server, 'Out of sync');
  await arrives(pair, 'better');
  mend();
  await converges(pair);
  await over(pair.passive, 'APL-001');
}

/** As a daemon of an ordinary user meets it; root has no quota. */
async function beyondQuota(pair: Pair): Promise<void> {
  const mend = pair.passive.faults.begin({ call: 'pwrite', path: '*/data/bad', error: 'EDQUOT' });
  fs.writeFileSync(join(pair.active.data, 'bad'), Buffer.alloc(2 * MIB, 2));
  write(pair, 'best');
  const finding = await told(pair.passive, 'APL-030');
  expect(finding.item).toBe('/data');
  expect(finding.cause).toContain('quota');
  for (const server of pair.servers) await shows(server, 'Out of sync');
  await arrives(pair, 'best');
  mend();
  await converges(pair);
  await over(pair.passive, 'APL-030');
}

/** A single item may not be opened, on either side. */
async function refusing(pair: Pair, error: string): Promise<void> {
  const [file, folder] = [`mine-${error}`, `folder-${error}`];
  const ends = [
    pair.active.faults.begin({ call: 'openat', path: `*/data/${file}`, error }),
    pair.passive.faults.begin({ call: '*', path: `*/data/${folder}`, error }),
  ];
  write(pair, file);
  fs.mkdirSync(join(pair.active.data, folder));
  expect((await told(pair.active, 'CAP-002')).item).toBe(`/data/${file}`);
  const refused = await told(pair.passive, 'APL-001');
  expect(refused.item).toBe(`/data/${folder}`);
  expect(refused.cause).toContain(error);
  for (const end of ends) end();
  await converges(pair);
  await over(pair.active, 'CAP-002');
  await over(pair.passive, 'APL-001');
}

/** Nothing begins in an epoch before it is durable. */
async function beginning(pair: Pair): Promise<void> {
  const ends = [
    pair.active.faults.begin({ call: 'fsync', path: '*/identity.json', error: 'EIO' }),
    pair.active.faults.begin({ call: 'pwrite', path: '*/send/*', error: 'EIO' }),
  ];
  write(pair, 'begun');
  await told(pair.active, 'SYS-011');
  for (const end of ends) end();
  await converges(pair);
  await over(pair.active, 'SYS-011');
}

/** A daemon goes on with what it knows of the pair, and writes it anew once what is spoilt is taken away. */
async function forgetting(pair: Pair): Promise<void> {
  await over(pair.active, 'DMN-003');
  const facts = join(pair.active.stateDirectory, 'identity.json');
  const known = JSON.parse(fs.readFileSync(facts, 'utf8')) as IdentityFacts;
  fs.writeFileSync(facts, '{"format":');
  expect((await told(pair.active, 'IDN-004')).cause).toContain('not whole');
  write(pair, 'unforgotten');
  await arrives(pair, 'unforgotten');
  // Another epoch, which can't be kept.
  const end = pair.active.faults.begin({ call: 'pwrite', path: '*/send/*', error: 'EIO' });
  write(pair, 'forgotten');
  await told(pair.active, 'DMN-003');
  end();
  fs.rmSync(facts);
  await converges(pair);
  await over(pair.active, 'IDN-004');
  const { epoch, ...others } = JSON.parse(fs.readFileSync(facts, 'utf8')) as IdentityFacts;
  expect({ ...others, epoch: known.epoch }).toEqual(known);
  expect(epoch).toBeGreaterThan(known.epoch);
}

/** The history of events: what can't be written there is when it can. */
async function remembering(pair: Pair): Promise<void> {
  const mend = pair.active.faults.begin({ call: 'commit', path: '*/events.sqlite', error: 'EIO' });
  // Something to remember.
  pair.active.faults.begin({ call: 'clock', aheadMs: 10_000 });
  await told(pair.active, 'DMN-011');
  await told(pair.active, 'DIA-003');
  write(pair, 'unremembered');
  await converges(pair);
  mend();
  await over(pair.active, 'DIA-003');
  expect((await pair.active.events('DMN-011')).length).toBeGreaterThan(0);
}

it('the list of what changed can not be written: told, nothing waits for it, and it is written anew once mended', async () => {
  await using pair = await runningPair({ faults: true });
  await pair.settled();
  const mendFirst = pair.active.faults.begin({ call: 'pwrite', path: '*/activity-*', error: 'EIO' });
  for (const call of ['pwrite', 'fdatasync']) write(pair, `changes-${call}`);
  await pair.settled({ timeoutMs: CONVERGES_WITHIN_MS });
  mendFirst();
  // What is confirmed need not be written any more. What is not has to stay in the list until the other one is back.
  await pair.passive.stop();
  for (const call of ['pwrite', 'fdatasync']) {
    const mend = pair.active.faults.begin({ call, path: '*/activity-*', error: 'EIO' });
    write(pair, `changes-${call}`, 'and changed again');
    expect((await told(pair.active, 'SYS-011')).cause).toContain('the list of what changed');
    await listed(pair.active, `/data/changes-${call}`);
    mend();
    await over(pair.active, 'SYS-011');
    await until('the list to name it', CONVERGES_WITHIN_MS, () => noted(pair.active, `/data/changes-${call}`));
  }
  await pair.active.kill();
  for (const server of pair.servers) await server.start();
  await converges(pair);
});

/**
 * The real thing: the kernel accepts what is written, can't bring it to the disk, and from then on holds it for clean.
 * Whoever only looks at what the kernel remembers finds all in order.
 */
it('what was accepted and lost is written again once the disk takes it', async () => {
  using home = new TemporaryHome();
  using promiser = new SmallDisk(192);
  using disk = SmallDisk.thin(promiser, 160, join(home.folder, 'base'));
  await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings: queuesBeside(home) });
  write(pair, 'before');
  await pair.settled();
  promiser.fill(128 * 1024);
  const name = 'lost';
  fs.writeFileSync(join(pair.active.data, name), Buffer.alloc(32 * MIB, 7));
  await told(pair.passive, 'APL-040');
  for (const server of pair.servers) await shows(server, 'Error');
  promiser.empty();
  await over(pair.passive, 'APL-040');
  await converges(pair);
  // What the disk has, not what the kernel remembers.
  await pair.passive.stop();
  disk.remountAfresh();
  expect(pair.differences()).toEqual([]);
});

describe('a file system turns read-only', () => {
  it('that of the copy, for good: told once, and all goes on when another disk is mounted in its place', async () => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(32, join(home.folder, 'base'));
    await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings: queuesBeside(home) });
    write(pair, 'before');
    await pair.settled();
    disk.fail();
    expect((await told(pair.passive, 'APL-041')).item).toBe('/data');
    for (let number = 0; number < 10; number++) write(pair, `file-${String(number)}`);
    for (const server of pair.servers) await shows(server, 'Out of sync', 'Error');
    expect(await pair.passive.findings('APL-001')).toEqual([]);
    disk.repair();
    await converges(pair);
    await over(pair.passive, 'APL-041');
  });

  it('that of the protected folder on the active server: told, and nothing stops', async () => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(32, join(home.folder, 'base'));
    await using pair = await runningPair({ homes: { primary: home.folder }, serverSettings: queuesBeside(home) });
    write(pair, 'before');
    await pair.settled();
    disk.remount('ro');
    await told(pair.active, 'CAP-020');
    await pair.synchronized();
    disk.remount('rw');
    await over(pair.active, 'CAP-020');
    write(pair, 'afterwards');
    await converges(pair);
  });

  it('that of the queues: replication stops, and goes on once another disk is mounted in its place', async () => {
    using home = new TemporaryHome();
    using disk = new SmallDisk(48, join(home.folder, 'queues'));
    const serverSettings = queuesBeside(home, 'secondary');
    await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings });
    await pair.synchronized();
    disk.fail();
    write(pair, 'meanwhile');
    await told(pair.passive, 'JRN-003', 'JRN-001', 'DMN-008');
    for (const server of pair.servers) await shows(server, 'Error');
    disk.repair();
    await converges(pair);
    for (const code of ['JRN-003', 'JRN-001', 'DMN-008', 'DMN-003']) await over(pair.passive, code);
  });
});

function queuesBeside(home: TemporaryHome, on?: Identity) {
  return (identity: Identity) => ({
    queues: {
      sizeBytesMax: 64 * MIB,
      freeBytesMin: 0,
      directory: join(home.folder, identity === on ? 'queues' : `queues-${identity}`),
    },
  });
}

/** The active server knows that the file changed and was not confirmed. */
async function listed(server: TrialServer, path: string): Promise<void> {
  await until(`${path} to be listed`, CONVERGES_WITHIN_MS, async (seen) => {
    const { items } = await server.client.call('files', { outOfSync: true, limit: 100 });
    seen(JSON.stringify(items));
    return items.some((item) => item.path === path) ? true : null;
  });
}

/** Is the path in the list on the disk? */
function noted(server: TrialServer, path: string): true | null {
  const lists = fs.readdirSync(server.stateDirectory).filter((name) => name.startsWith('activity-'));
  const paths = lists.flatMap((name) => fs.readFileSync(join(server.stateDirectory, name), 'utf8').split('\0'));
  return paths.includes(path) ? true : null;
}

function write(pair: Pair, name: string, content = name): void {
  fs.writeFileSync(join(pair.active.data, name), content);
}

async function arrives(pair: Pair, name: string): Promise<void> {
  await until(`${name} to arrive`, CONVERGES_WITHIN_MS, () =>
    fs.existsSync(join(pair.passive.data, name)) ? true : null,
  );
}

async function shows(server: TrialServer, ...statuses: string[]): Promise<void> {
  await until(`${server.place.identity} to show ${statuses.join(' or ')}`, CONVERGES_WITHIN_MS, async (seen) => {
    const { fileSystem } = await server.status();
    seen(fileSystem.status);
    return statuses.includes(fileSystem.status) ? true : null;
  });
}

/** One of these. Prints how long it took. */
async function told(server: TrialServer, ...codes: string[]): Promise<Finding> {
  const began = performance.now();
  return await until(`${codes.join(' or ')} on ${server.place.identity}`, TOLD_WITHIN_MS, async (seen) => {
    const { findings } = await server.status();
    seen(JSON.stringify(findings));
    const found = findings.find(({ code }) => codes.includes(code));
    if (found === undefined) return null;
    console.info(`${found.code} told after ${String(Math.round(performance.now() - began))} ms`);
    return found;
  });
}
