/**
 * How long a registry of 100,000 values takes to be checked for the first time, what it costs while nothing changes, and
 * how soon a change of one that is small is seen on the passive server. The proof holds the times; otherwise it is a
 * smaller one, and only has to be right. However large, Samba’s tool is run once for each thing that needs it.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { changeSettings, makePair, type Pair, type PairOptions } from '../support/pair.ts';
import { runningPair } from '../support/pair-in-test.ts';
import { proofRuns } from '../support/proof-runs.ts';
import {
  ACME,
  contentNow,
  manyKeys,
  registriesEqual,
  registryPair,
  registrySynchronized,
  text,
} from '../support/registry/protected-registry.ts';
import type { TrialStore } from '../support/registry/trial-registry.ts';
import { TRIAL_STORES } from '../support/registry/trial-stores.ts';
import { dropModelPrefix } from '../support/registry/wine-registry.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 1_800_000 });

afterAll(dropModelPrefix);

const NO_LIMIT = Number.POSITIVE_INFINITY;
const KEYS = proofRuns({ short: 100, full: 10_000 });
const FIRST_CHECK_MORE_MS = proofRuns({ short: NO_LIMIT, full: 10_000 });
const SYNCHRONIZED_WITHIN_MS = 600_000;
const IDLE_MS = proofRuns({ short: 500, full: 60_000 });
const IDLE_CORE_MAX = proofRuns({ short: NO_LIMIT, full: 0.01 });
const CHANGES = proofRuns({ short: 1, full: 5 });
/** Poll interval, and what is allowed beside it. */
const VISIBLE_MS = { file: 1000, samba: 2000, wine: 2000 } as const;
const TICKS_PER_S = 100;
const DISK_MIB = 1024;

describe.each(TRIAL_STORES)('a registry of the provider $provider', (store) => {
  it('that is large is checked soon, and costs nothing while nothing changes', async () => {
    using disks = new OwnDisks();
    await using pair = await makePair({ ...registryPair(store, manyKeys(KEYS)), ...disks.options });
    const ownBefore = cpuMs(process.pid);
    const ownMs = (await took(() => store.of(pair.active).exported)) + (await importMs(store, pair));
    const ownCpuMs = cpuMs(process.pid) - ownBefore;
    const programs = new CountedNet(pair);
    const checkMs = await took(async () => {
      await programs.start();
      await registrySynchronized(pair, SYNCHRONIZED_WITHIN_MS);
    });
    // Of both servers from their start on: where others compute, this tells more than the clock.
    const checkCpuMs = cpuMsOf(pair).reduce((sum, one) => sum + one, 0);
    await registriesEqual(pair, store);
    if (store.provider === 'samba') expect(programs.runs).toEqual([['export'], ['import', 'export']]);
    // However long a program of the registry takes: it waited for nobody.
    for (const server of pair.servers) expect(await server.events('REG-005')).toEqual([]);
    const withIt = await idleCores(pair);
    changeSettings(pair.active.pairFile, { protect: { registry: [] } });
    await until('the registry not to be protected', 120_000, async () =>
      (await pair.passive.status()).registry.status === 'Not protected' ? true : null,
    );
    const without = await idleCores(pair);
    const more = withIt.map((cores, index) => cores - (without[index] ?? 0));
    say(store, `first check ${ms(checkMs)}, its own export and import ${ms(ownMs)}`);
    say(store, `of the processor ${ms(checkCpuMs)} with the start of both servers, and ${ms(ownCpuMs)}`);
    say(store, `idle: ${percent(withIt)} of a core, ${percent(without)} without it (active, passive)`);
    expect(checkMs).toBeLessThan(ownMs + FIRST_CHECK_MORE_MS);
    for (const cores of more) expect(cores).toBeLessThan(IDLE_CORE_MAX);
  });

  it('tells of a change soon', async () => {
    await using pair = await runningPair(registryPair(store, manyKeys(10)));
    await registriesEqual(pair, store);
    const times: number[] = [];
    for (let change = 0; change < CHANGES; change += 1) {
      store.of(pair.active).edit([{ kind: 'set', key: ACME, value: text('seen', `change ${change}`) }]);
      const sought = `  "SEEN" 1 ${Buffer.from(`change ${change}\0`, 'utf16le').toString('hex')}`;
      times.push(
        await took(() =>
          until('the change to be seen', 120_000, (seen) =>
            contentNow(store.of(pair.passive), seen)?.includes(sought) === true ? true : null,
          ),
        ),
      );
    }
    times.sort((a, b) => a - b);
    say(store, `seen on the passive server after ${times.map(ms).join(', ')}`);
    const visibleMs = proofRuns({ short: NO_LIMIT, full: VISIBLE_MS[store.provider] });
    expect(times[Math.floor(CHANGES / 2)]).toBeLessThan(visibleMs);
  });
});

/**
 * A file system for each server, where one can be mounted: a daemon is told of every change on the file systems that it
 * watches, and what other programs do there would count as its cost.
 */
class OwnDisks implements Disposable {
  readonly #disks: readonly SmallDisk[];

  constructor() {
    this.#disks = process.getuid?.() === 0 ? [new SmallDisk(DISK_MIB), new SmallDisk(DISK_MIB)] : [];
  }

  get options(): PairOptions {
    const [primary, secondary] = this.#disks.map(({ folder }) => folder);
    if (primary === undefined || secondary === undefined) return {};
    return { homes: { primary, secondary }, serverSettings: () => ({ queues: { freeBytesMin: 0 } }) };
  }

  [Symbol.dispose](): void {
    for (const disk of this.#disks) disk[Symbol.dispose]();
  }
}

/** Samba’s tool, with a record of what the daemons run it for. */
class CountedNet {
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#pair.servers.map(async (server) => {
        const path = join(this.#pair.top, `programs-${server.title}`);
        fs.mkdirSync(path);
        const lines = ['#!/bin/sh', `echo "$@" >> ${path}/runs`, 'exec /usr/bin/net "$@"', ''];
        fs.writeFileSync(`${path}/net`, lines.join('\n'), { mode: 0o755 });
        await server.start({ path });
      }),
    );
  }

  /** Of the active and the passive server. */
  get runs(): string[][] {
    const { active, passive, top } = this.#pair;
    return [active, passive].map(({ title }) => {
      const text = fs.readFileSync(join(top, `programs-${title}/runs`), 'utf8');
      return [...text.matchAll(/ registry (\w+) /g)].map(([, what = '']) => what);
    });
  }
}

/** By a program of the registry itself, into an empty one. */
async function importMs(store: TrialStore, pair: Pair): Promise<number> {
  const place = fs.mkdtempSync(`${pair.top}/import-`);
  const registry = store.of({ base: place });
  return await took(() => registry.edit(manyKeys(KEYS)));
}

/** Of a core, for each of the two servers, with the programs that they start. */
async function idleCores(pair: Pair): Promise<number[]> {
  await registrySettled(pair);
  const before = cpuMsOf(pair);
  const start = performance.now();
  await pause(IDLE_MS);
  const passed = performance.now() - start;
  return cpuMsOf(pair).map((now, index) => (now - (before[index] ?? 0)) / passed);
}

/** What was just done is behind. */
async function registrySettled(pair: Pair): Promise<void> {
  await pair.settled();
}

function cpuMsOf(pair: Pair): number[] {
  return pair.servers.map(({ daemon }) => cpuMs(daemon?.pid));
}

/** With that of programs which it has started, and which have ended. */
function cpuMs(processId: number | undefined): number {
  const stat = fs.readFileSync(`/proc/${String(processId)}/stat`, 'latin1');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // utime, stime, cutime, cstime
  return fields.slice(11, 15).reduce((sum, ticks) => sum + (ticks * 1000) / TICKS_PER_S, 0);
}

async function took(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

function say({ provider }: TrialStore, what: string): void {
  process.stdout.write(`${provider}: ${what}\n`);
}

function ms(duration: number): string {
  return `${(duration / 1000).toFixed(2)} s`;
}

function percent(cores: readonly number[]): string {
  return cores.map((one) => `${(one * 100).toFixed(2)} %`).join(' and ');
}
