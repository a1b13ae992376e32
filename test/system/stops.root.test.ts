/**
 * What it proves: what stops, delays or confuses a daemon (a call that hangs, SIGSTOP, a clock that is set, no
 * descriptors) is told as what it is by a thread that goes on, hurts no heartbeat, and is over by itself. The file
 * system is really frozen, the process really stopped.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Finding, Identity } from '../../src/api/status.ts';
import { converges, over } from '../support/after-fault.ts';
import { makePair, type Pair } from '../support/pair.ts';
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
const HOUR_MS = 3_600_000;
/** So long a stop takes; one of 5 s is told. */
const STOPPED_MS = proofRuns({ short: 6_000, full: 60_000 });
/** Of a pair that misses the other server soon, so that the test is short. */
const CHANNEL = proofRuns<object>({ short: { waitMs: 500, heartbeatMs: 300, lostAfterMs: 1_500 }, full: {} });

it('a disk that hangs is told with call and path, heartbeats go on, and all goes on when it answers', async () => {
  using home = new TemporaryHome();
  using disk = new SmallDisk(32, join(home.folder, 'base'));
  const serverSettings = queuesBeside(home);
  await using pair = await runningPair({ homes: { secondary: home.folder }, serverSettings, faults: true });
  await pair.synchronized();
  execFileSync('fsfreeze', ['--freeze', disk.folder]);
  try {
    write(pair, 'meanwhile');
    await told(pair.passive, 'SYS-012', ({ item }) => item?.includes(disk.folder) === true);
    for (const server of pair.servers) await shows(server, 'Error');
    expect((await pair.active.status()).channel.status).toBe('Connected');
  } finally {
    execFileSync('fsfreeze', ['--unfreeze', disk.folder]);
  }
  await converges(pair);
  await over(pair.passive, 'SYS-012');
  await reading(pair);
  await syncing(pair);
  await remembering(pair);
  for (const server of pair.servers) {
    for (const code of ['CHN-003', 'DMN-003']) expect(await server.events(code)).toEqual([]);
  }
});

/** Of the active server, where the kernel knows nothing of it. */
async function reading(pair: Pair): Promise<void> {
  const end = pair.active.faults.begin({ call: 'pread', path: '*/data/slow', delayMs: -1 });
  write(pair, 'slow');
  const isMeant = ({ item, cause }: Finding): boolean =>
    item?.includes('/data/slow') === true && cause.includes('pread');
  await told(pair.active, 'SYS-012', isMeant);
  for (const server of pair.servers) await shows(server, 'Error');
  end();
  await converges(pair);
  await over(pair.active, 'SYS-012');
}

/** What is made durable for a checkpoint, while Apply goes on: it becomes visible, and not safe. */
async function syncing(pair: Pair): Promise<void> {
  const end = pair.passive.faults.begin({ call: 'syncfs', path: '*/data', delayMs: -1 });
  write(pair, 'unsynced');
  await told(pair.passive, 'SYS-012', ({ cause }) => cause.includes('syncfs'));
  for (const server of pair.servers) await shows(server, 'Error');
  // It may be a checkpoint of what was before that hangs.
  await arrives(pair, 'unsynced');
  write(pair, 'behind-it');
  await arrives(pair, 'behind-it');
  end();
  await converges(pair);
  await over(pair.passive, 'SYS-012');
}

/** Where the history of events lies: nobody waits for that. */
async function remembering(pair: Pair): Promise<void> {
  const end = pair.active.faults.begin({ call: 'commit', path: '*/events.sqlite', delayMs: -1 });
  pair.active.faults.begin({ call: 'clock', aheadMs: 10_000 });
  await told(pair.active, 'DMN-011');
  await told(pair.active, 'SYS-012', ({ item }) => item?.includes('events.sqlite') === true);
  write(pair, 'unremembered');
  await converges(pair);
  end();
  await over(pair.active, 'SYS-012');
  expect((await pair.active.events('DMN-011')).length).toBeGreaterThan(0);
}

it('a disk that is slow is named as what holds changes up, until it is as fast again', async () => {
  await using pair = await runningPair({ faults: true, pairSettings: { queues: { ageMsMax: 1000 } } });
  await pair.synchronized();
  const end = pair.passive.faults.begin({ call: 'pwrite', path: '*/data/*', delayMs: 150 });
  const stop = new AbortController();
  const writing = writeOn(pair, stop.signal);
  try {
    // At first it may be anything.
    const finding = await until('the disk to be named', TOLD_WITHIN_MS, async (seen) => {
      const found = await pair.active.findings('DIA-001');
      seen(JSON.stringify(found));
      return found.find(({ cause }) => cause.includes('the disk of the passive server that holds /data')) ?? null;
    });
    expect(finding.evidence.join()).toMatch(/waited for that disk for \d+ %/);
  } finally {
    stop.abort();
    await writing;
    end();
  }
  await converges(pair);
  await over(pair.active, 'DIA-001');
});

/** More than a slow disk takes. */
async function writeOn(pair: Pair, signal: AbortSignal): Promise<void> {
  for (let number = 0; !signal.aborted; number++) {
    write(pair, `file-${String(number % 50)}`, String(number));
    await pause(20);
  }
}

it('a daemon that is stopped is missed by the other one, and says afterwards that it was', async () => {
  await using pair = await runningPair({ pairSettings: { channel: CHANNEL } });
  await pair.synchronized();
  for (const [stopped, other] of [
    [pair.passive, pair.active],
    [pair.active, pair.passive],
  ] as const) {
    signal(stopped, 'SIGSTOP');
    const until = performance.now() + STOPPED_MS;
    write(pair, `while-${stopped.place.identity}`);
    await shows(other, 'Out of sync');
    // Its machine answers, and it does not.
    await told(other, 'CHN-045');
    expect((await other.status()).channel.status).not.toBe('Connected');
    await pause(Math.max(0, until - performance.now()));
    signal(stopped, 'SIGCONT');
    await told(stopped, 'DMN-010');
    await converges(pair);
    for (const code of ['CHN-003', 'CHN-045']) await over(other, code);
  }
});

it('a clock that is set is told, and no wait or deadline minds', async () => {
  await using pair = await runningPair({ faults: true });
  await pair.synchronized();
  for (const [server, aheadMs] of [
    [pair.active, 3_600_000],
    [pair.passive, -3_600_000],
  ] as const) {
    const end = server.faults.begin({ call: 'clock', aheadMs });
    expect((await clockTold(server, aheadMs)).cause).toContain(aheadMs > 0 ? 'forward' : 'back');
    const { asOf } = await server.status();
    expect(Math.abs(Date.parse(asOf) - Date.now() - aheadMs)).toBeLessThan(60_000);
    write(pair, `ahead-${String(aheadMs)}`);
    await arrives(pair, `ahead-${String(aheadMs)}`);
    end();
    await clockTold(server, 0);
    await converges(pair);
  }
  for (const server of pair.servers) expect((await server.events('CHN-003')).length).toBe(0);
});

it('clocks that are set: the daily check runs once, not twice and not never', async () => {
  // Far from now, whatever the time is.
  const at = new Date(Date.now() + 6 * HOUR_MS);
  const schedule = `${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}`;
  await using pair = await runningPair({ faults: true, pairSettings: { check: { onStart: 'full', schedule } } });
  await pair.settled();
  const { active } = pair;
  const checks = async (): Promise<number> => {
    const { events } = await active.client.call('events', { limit: 1000 });
    return events.filter(({ text }) => text.startsWith('Started: full check')).length;
  };
  const set = async (aheadMs: number): Promise<void> => {
    active.faults.end();
    active.faults.begin({ call: 'clock', aheadMs });
    // What comes of it comes with the look at the clocks that tells it.
    await clockTold(active, aheadMs);
  };
  await set(-3 * 24 * HOUR_MS);
  expect(await checks()).toBe(0);
  await set(7 * HOUR_MS);
  await until('the daily check to run', TOLD_WITHIN_MS, async () => ((await checks()) === 1 ? true : null));
  for (const aheadMs of [5 * HOUR_MS, 7 * HOUR_MS, 31 * HOUR_MS, 0]) await set(aheadMs);
  expect(await checks()).toBe(1);
  await converges(pair);
});

it('clocks that are set: an invitation lives as long as was said', async () => {
  await using pair = await makePair({ unpaired: true, faults: true });
  await pair.active.start();
  const invite = pair.active.command('invite');
  const token = await until('a token', TOLD_WITHIN_MS, (seen) => {
    seen(invite.stdout + invite.stderr);
    return invite.stdout.includes('\n') ? invite.stdout.trim() : null;
  });
  // By the clocks of either server it is over now, or not begun.
  pair.active.faults.begin({ call: 'clock', aheadMs: HOUR_MS });
  await told(pair.active, 'DMN-011');
  expect(await pair.passive.run('join', token)).toMatchObject({ status: 0 });
  expect((await invite.ran).status).toBe(0);
  await pair.passive.start();
  await pair.synchronized();
});

it('a daemon without descriptors is told, and goes on when it has some', async () => {
  await using pair = await runningPair();
  await pair.synchronized();
  for (const server of pair.servers) {
    const other = server === pair.active ? pair.passive : pair.active;
    const pid = server.daemon?.pid ?? 0;
    const used = fs.readdirSync(`/proc/${String(pid)}/fd`).length;
    limit(pid, used);
    for (let number = 0; number < 20; number++) {
      fs.mkdirSync(join(pair.active.data, `folder-${server.place.identity}-${String(number)}`));
      write(pair, `folder-${server.place.identity}-${String(number)}/file`);
    }
    // The daemon without descriptors can't answer; it can tell the other one.
    await told(other, 'SYS-013');
    limit(pid, 4096);
    await over(other, 'SYS-013');
    await converges(pair);
  }
});

it('watches that run out are told, and what is not watched is looked at all the same', async () => {
  await using pair = await runningPair({ user: 12_345, faults: true });
  await pair.synchronized();
  const end = pair.active.faults.begin({ call: 'inotify_add_watch', error: 'ENOSPC' });
  const folder = join(pair.active.data, 'folder');
  fs.mkdirSync(folder);
  fs.chownSync(folder, 12_345, 12_345);
  await told(pair.active, 'CAP-003');
  fs.writeFileSync(join(folder, 'unwatched'), '');
  fs.chownSync(join(folder, 'unwatched'), 12_345, 12_345);
  await until('what is not watched to arrive', CONVERGES_WITHIN_MS, () =>
    fs.existsSync(join(pair.passive.data, 'folder/unwatched')) ? true : null,
  );
  end();
  await over(pair.active, 'CAP-003');
  await converges(pair);
});

/** Waits until the server tells that its own clock was set, by so much against the right time. */
async function clockTold(server: TrialServer, aheadMs: number): Promise<Finding> {
  const { identity } = server.place;
  return await until(`${identity} to tell of its clock`, TOLD_WITHIN_MS, async (seen) => {
    const findings = (await server.findings('DMN-011')).filter((finding) => finding.server === identity);
    seen(JSON.stringify(findings));
    const setTo = (finding: Finding): number =>
      Date.parse(/was set to (\S+)\.$/.exec(finding.evidence.join())?.[1] ?? '');
    return findings.find((finding) => Math.abs(setTo(finding) - Date.now() - aheadMs) < 60_000) ?? null;
  });
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

function limit(pid: number, files: number): void {
  execFileSync('prlimit', [`--pid=${String(pid)}`, `--nofile=${String(files)}:`]);
}

function signal(server: TrialServer, name: NodeJS.Signals): void {
  process.kill(server.daemon?.pid ?? 0, name);
}

function queuesBeside(home: TemporaryHome) {
  return (identity: Identity) => ({
    queues: { sizeBytesMax: 64 * MIB, freeBytesMin: 0, directory: join(home.folder, `queues-${identity}`) },
  });
}

function write(pair: Pair, name: string, content = name): void {
  fs.writeFileSync(join(pair.active.data, name), content);
}

async function shows(server: TrialServer, ...statuses: string[]): Promise<void> {
  await until(`${server.place.identity} to show ${statuses.join(' or ')}`, CONVERGES_WITHIN_MS, async (seen) => {
    const { fileSystem } = await server.status();
    seen(fileSystem.status);
    return statuses.includes(fileSystem.status) ? true : null;
  });
}

async function arrives(pair: Pair, name: string): Promise<void> {
  await until(`${name} to arrive`, CONVERGES_WITHIN_MS, () =>
    fs.existsSync(join(pair.passive.data, name)) ? true : null,
  );
}

/**
 * Waits for a finding that says this, for a machine that has much to do may be told of in the same way, and prints how
 * long it took.
 */
async function told(
  server: TrialServer,
  code: string,
  isMeant: (finding: Finding) => boolean = () => true,
): Promise<Finding> {
  const began = performance.now();
  const finding = await until(`${code} on ${server.place.identity}`, TOLD_WITHIN_MS, async (seen) => {
    const { findings } = await server.status();
    seen(JSON.stringify(findings));
    return findings.find((one) => one.code === code && isMeant(one)) ?? null;
  });
  console.info(`${code} told after ${String(Math.round(performance.now() - began))} ms`);
  return finding;
}
