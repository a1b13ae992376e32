import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActiveReport, PassiveReport } from '../../src/daemon/status/side-report.ts';
import type { CheckKind } from '../../src/changes/change.ts';
import type { FromStream } from '../../src/daemon/stream/thread-messages.ts';
import { removeTree } from '../support/remove-tree.ts';
import { RandomOperations } from '../support/random-operations.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { Faults } from './faults.ts';
import { changeFilters, protectedDifferences } from './changing-filters.ts';
import { describeFrame } from './described-frame.ts';
import { FileHolders } from './file-holders.ts';
import { GivenUpContent } from './given-up-content.ts';
import { meddleIn } from './meddling-commands.ts';
import { allowsFanotify, SimulatedClock } from './mortal-machine.ts';
import { overflowing } from './overflowing.ts';
import { isAtRest, itemsInDoubt, shownStatus } from './shown-status.ts';
import { SimulatedLink } from './simulated-link.ts';
import { SimulatedServer } from './simulated-server.ts';
import { expectTidied, WholeCopy } from './whole-copy.ts';

/** Time given to a pair that is left alone: longer than any pause between two attempts of the product. */
const SETTLE_MS_MAX = Number(process.env['PAIR_SETTLE_MS'] ?? 30 * 60_000);
const SETTLE_REAL_MS_MAX = 120_000;
/** It must stay as it is for so long to count: inotify finds writes through other names of a file by looking now and then. */
const CALM_MS = 12_000;
const SLEEP_MS_MAX = 500;
const ALL = Number.POSITIVE_INFINITY;
/** Of the application doing something between two system calls of a server. */
const HASTE = 0.01;
const LULL_TURNS_MAX = 60;
/** Turns in which what waits for its time need not be looked at. */
const LOOKING_TURNS = 30;
const HISTORY_MAX = 20_000;
/** Keep every record in the history, too? */
const TRACES = process.env['PAIR_HISTORY'] !== undefined;

/** Two servers of a pair in one process, stepped by a scheduler that repeats itself for a seed. */
export class PairSimulation {
  readonly history: string[] = [];
  readonly #random: SeededRandom;
  readonly #faults: Faults;
  readonly #folder: string;
  readonly #holders = new FileHolders();
  readonly #clock: SimulatedClock;
  readonly #link: SimulatedLink;
  readonly #active: SimulatedServer;
  readonly #passive: SimulatedServer;
  /** Null where others change the copy, too. */
  readonly #whole: WholeCopy | null;
  #operations: RandomOperations | null = null;
  readonly #kind: 'fanotify' | 'inotify';
  #checks = 0;
  readonly #givenUp: GivenUpContent;

  constructor(seed: number, faults: Faults) {
    this.#faults = faults;
    const random = new SeededRandom(seed * 7919 + 17);
    this.#random = random;
    const memory = fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    // File systems differ in how they use inode numbers again.
    this.#folder = fs.realpathSync(fs.mkdtempSync(join(random.chance(0.5) ? memory : tmpdir(), 'understudy-pair-')));
    const kind = random.chance(0.5) && allowsFanotify(this.#folder) ? 'fanotify' : 'inotify';
    this.#kind = kind;
    this.#clock = new SimulatedClock(random.pick([0.01, 0.1, 0.5]) ?? 0.1);
    this.#link = new SimulatedLink(random);
    const settings = {
      onStart: random.chance(0.7) ? 'full' : 'fast',
      orphans: random.chance(0.8) ? 'quarantine' : 'delete',
      queueBytesMax: faults.overflow ? random.integer(50_000, 500_000) : 1e9,
      lossItemsMin: faults.losses ? new SeededRandom(seed * 31 + 7).integer(1, 6) : null,
    } as const;
    const server = (role: 'active' | 'passive'): SimulatedServer =>
      new SimulatedServer({
        role,
        folder: join(this.#folder, role),
        clock: this.#clock,
        kind,
        link: this.#link,
        // What the active server's queue can't hold is gathered in the passive one's, where it fits.
        settings: { ...settings, ...(role === 'passive' && seed % 4 > 0 ? { queueBytesMax: 1e9 } : {}) },
        heard: (message) => this.#heard(role, message),
        sent: (frame) => {
          if (TRACES) for (const line of describeFrame(frame)) this.#note(`${role} sends ${line}`);
        },
      });
    this.#active = server('active');
    this.#passive = server('passive');
    this.#givenUp = new GivenUpContent(this.#passive);
    this.#whole = faults.meddling || faults.holding ? null : new WholeCopy(this.#passive);
    this.#note(`${kind} in ${this.#folder}, ${settings.onStart}, ${settings.orphans}`);
  }

  run(phases: number, rounds: number): void {
    this.#prepare();
    for (let phase = 0; phase < phases; phase++) {
      this.#operations ??= new RandomOperations(this.#active.root, this.#random.integer(0, 1e9));
      for (let round = 0; round < rounds; round++) this.#round();
      this.#operations.finish();
      this.#operations = null;
      this.#note('--- no more faults');
      this.#settle();
      this.#compare();
    }
    for (const server of [this.#passive, this.#active]) {
      const left = server.stop();
      if (left.length > 0) throw new Error(`the ${server.role} server left open: ${left.join(', ')}`);
    }
    expectTidied(this.#passive);
  }

  end(): void {
    this.#operations?.finish();
    this.#holders.letGo();
    this.#active.kill();
    this.#passive.kill();
    removeTree(this.#folder);
  }

  /** Something is there when the two meet: nothing, the same, or something else. */
  #prepare(): void {
    const random = this.#random;
    if (random.chance(0.8)) this.#work(this.#active.root, random.integer(1, 80));
    if (random.chance(0.5)) {
      spawnSync('cp', ['-a', `${this.#active.root}/.`, this.#passive.root]);
      if (random.chance(0.5)) this.#work(this.#passive.root, random.integer(1, 30));
    }
    this.#active.start();
    this.#passive.start();
    this.#givenUp.guard();
  }

  #work(root: string, count: number): void {
    const operations = new RandomOperations(root, this.#random.integer(0, 1e9));
    for (let done = 0; done < count; done++) operations.step();
    operations.finish();
  }

  #round(): void {
    const random = this.#random;
    const what = random.fraction();
    if (what < 0.2) return this.#operate(random.integer(1, 8));
    if (what < 0.4) return this.#turn(this.#active);
    if (what < 0.6) return this.#turn(this.#passive);
    if (what < 0.7) return void this.#deliverTo(this.#anyServer(), random.integer(1, 6));
    if (what < 0.78) return this.#clock.pass(random.integer(1, 400));
    if (what < 0.83) return this.#checkClaim();
    if (what < 0.85) return this.#lull();
    this.#fault();
  }

  #fault(): void {
    const random = this.#random;
    const { cuts, stops, kills, checks, meddling, holding, losses, filters, refusals, overflow, answers } =
      this.#faults;
    const possible = [
      ...Array<() => void>(4).fill(() => this.#revive()),
      () => this.#givenUp.confirm(),
      ...(cuts ? [() => this.#cut()] : []),
      ...(stops ? [() => this.#halt(this.#anyServer(), 'stop')] : []),
      ...(kills ? [() => this.#halt(this.#anyServer(), 'kill'), () => this.#killInside(this.#anyServer())] : []),
      ...(checks ? [() => this.#check()] : []),
      ...(meddling ? [() => this.#meddle()] : []),
      ...(filters ? [() => this.#note(changeFilters(this.#active, this.#passive, random))] : []),
      ...(answers ? Array<() => void>(3).fill(() => this.#link.loseContent()) : []),
      ...(losses ? [() => this.#operations?.deleteMany(random.integer(5, 60))] : []),
      ...(refusals ? Array<() => void>(4).fill(() => this.#refuse(this.#anyServer())) : []),
      ...(overflow ? Array<() => void>(4).fill(() => this.#overflow()) : []),
      ...(holding ? [() => this.#note(this.#holders.act(this.#passive.root, this.#random))] : []),
    ];
    random.pick(possible)?.();
  }

  /** While the queue is given up, folders that were quiet get other names, and something else those they had. */
  #overflow(): void {
    if (this.#random.chance(0.5)) this.#lull();
    this.#cut();
    for (const step of overflowing(this.#random)) {
      this.#noted(step);
      this.#active.turn(ALL);
    }
    if (this.#random.chance(0.5)) this.#revive();
  }

  #operate(count: number): void {
    for (let done = 0; done < count; done++) {
      const line = this.#noted((operations) => operations.step());
      // Watching can't know what was written through a name that came and went between two looks.
      if (line.startsWith('link [')) this.#seeAll();
    }
  }

  /** @returns what was done; empty where nobody is there who could. */
  #noted(operate: (operations: RandomOperations) => void): string {
    if (this.#operations === null) return '';
    operate(this.#operations);
    const line = this.#operations.history.at(-1) ?? '';
    this.#note(`  ${line}`);
    return line;
  }

  /** Links that are not seen before they are gone would be no fault: see {@link #operate}. */
  readonly #meanwhile = (): void => {
    if (!this.#faults.haste || this.#operations === null || !this.#random.chance(HASTE)) return;
    if (this.#faults.meddling && this.#random.chance(0.2)) return this.#meddle();
    this.#operations.step('link');
    this.#note(`  meanwhile ${this.#operations.history.at(-1) ?? ''}`);
  };

  #seeAll(): void {
    const isBehind = (): boolean => ((this.#active.report() as ActiveReport | null)?.looksPending ?? 0) > 0;
    let turns = 0;
    do this.#active.turn(0);
    while (++turns < LOOKING_TURNS && isBehind());
  }

  #turn(server: SimulatedServer): void {
    if (!server.isRunning) return;
    this.#deliverTo(server, this.#random.integer(0, 4));
    server.turn(this.#random.integer(0, 4), { meanwhile: this.#meanwhile });
    this.#whole?.look();
    this.#leaveAlone();
  }

  /** Whenever all is said to be well, it is. */
  #checkClaim(): void {
    // By inotify, writes through other names of a file are found by looking now and then.
    if (this.#kind === 'inotify' || !this.#active.isRunning || !this.#passive.isRunning) return;
    if (!this.#link.isUp) return;
    this.#active.turn(0);
    this.#passive.turn(0);
    const [active, passive] = [this.#active.report(), this.#passive.report()] as [ActiveReport, PassiveReport];
    if (shownStatus(active, passive) !== 'Synchronized') return;
    this.#compare();
  }

  /** The application rests for a moment, in which the pair may say that all is well. */
  #lull(): void {
    this.#revive();
    for (let turns = this.#random.integer(1, LULL_TURNS_MAX); turns > 0; turns--) {
      this.#givenUp.confirm();
      this.#turnBoth();
      this.#leaveAlone();
      this.#checkClaim();
    }
  }

  /** Both do what they can; where that is nothing, time goes on. */
  #turnBoth(): void {
    const waits: number[] = [];
    let messages = 0;
    for (const server of [this.#active, this.#passive]) {
      messages += this.#deliverTo(server, ALL);
      waits.push(server.turn(ALL) ?? 0);
      this.#whole?.look();
    }
    const sleepMs = Math.min(...waits, SLEEP_MS_MAX);
    if (messages === 0 && sleepMs > 0) this.#clock.pass(sleepMs);
  }

  #deliverTo(server: SimulatedServer, count: number): number {
    return server.isRunning ? this.#link.deliver(this.#sideOf(server), server.inbox, count) : 0;
  }

  #sideOf(server: SimulatedServer): 0 | 1 {
    return server === this.#active ? 0 : 1;
  }

  #anyServer(): SimulatedServer {
    return this.#random.chance(0.5) ? this.#active : this.#passive;
  }

  #refuse({ role, refusals }: SimulatedServer): void {
    this.#note(`the disk of the ${role} server refuses ${refusals.act(this.#random)}`);
  }

  #cut(): void {
    if (this.#link.isUp) this.#note('cut');
    this.#link.cut();
  }

  #halt(server: SimulatedServer, how: 'stop' | 'kill'): void {
    if (!server.isRunning) return;
    if (how === 'kill') server.kill();
    else {
      const left = server.stop();
      if (left.length > 0) throw new Error(`the ${server.role} server left open: ${left.join(', ')}`);
    }
    this.#gone(server, how);
  }

  /** The active server goes while the passive one applies a batch. */
  #leaveAlone(): void {
    if (!this.#faults.kills || this.#whole?.isApplying !== true || this.#random.chance(0.5)) return;
    this.#halt(this.#active, 'kill');
    this.#whole.endsAlone((ms) => this.#clock.pass(ms));
  }

  #killInside(server: SimulatedServer): void {
    if (!server.isRunning) return;
    this.#deliverTo(server, ALL);
    const killAfter = this.#random.integer(1, this.#random.pick([10, 100, 1000]) ?? 10);
    if (server.turn(ALL, { killAfter, meanwhile: this.#meanwhile }) === null)
      this.#gone(server, 'killed inside a call');
    this.#whole?.look();
  }

  #gone(server: SimulatedServer, how: string): void {
    this.#note(`${server.role}: ${how}`);
    this.#link.cut();
    this.#link.drop(this.#sideOf(server));
  }

  /** Whoever is down comes back, and the two meet again. */
  #revive(): void {
    for (const server of [this.#active, this.#passive]) {
      if (server.isRunning) continue;
      this.#note(`${server.role}: start`);
      server.start();
      this.#whole?.look();
    }
    if (this.#link.isUp) return;
    this.#note('connect');
    this.#link.connect([this.#active, this.#passive]);
  }

  #check(): void {
    if (!this.#active.isRunning) return;
    const random = this.#random;
    const mode = random.chance(0.5) ? 'full' : 'fast';
    const repair = random.chance(0.8);
    this.#askForCheck(
      mode,
      repair,
      random.chance(0.5) ? null : ['/srv/shop', '/srv/shop/name3', '/srv/shop/name1/name2'],
    );
  }

  #askForCheck(mode: CheckKind, repair: boolean, paths: string[] | null): void {
    this.#note(`check ${mode} repair=${String(repair)} ${paths === null ? 'all' : 'paths'}`);
    this.#active.request({ kind: 'check', id: ++this.#checks, request: { mode, repair, paths } });
  }

  /** By another process, for what its own process does the guard takes for Apply's work. */
  #meddle(): void {
    if (this.#givenUp.isOpen) return;
    this.#note(`meddle: ${meddleIn(this.#passive.root, this.#random)}`);
  }

  #heard(role: string, message: FromStream): void {
    const isAsked = message.kind === 'problem' && message.problem.code === 'APL-003';
    if (isAsked) this.#givenUp.asked();
    this.#note(`${role} says ${JSON.stringify(message)}`);
  }

  /** Left alone, the pair must come to rest. */
  #settle(): void {
    this.#holders.letGo();
    for (const { refusals } of [this.#active, this.#passive]) refusals.end();
    this.#revive();
    // By inotify, a write through an open file whose name is gone is not seen, though another name of it stays.
    if (this.#kind === 'inotify') this.#askForCheck('full', true, null);
    const began = this.#clock.nowMs;
    const deadline = performance.now() + SETTLE_REAL_MS_MAX;
    let calmSince: number | null = null;
    for (;;) {
      this.#givenUp.confirm();
      this.#turnBoth();
      if (calmSince === null) this.#checkClaim();
      if (this.#isAtRest()) {
        calmSince ??= this.#clock.nowMs;
        if (this.#clock.nowMs - calmSince > CALM_MS) return;
      } else {
        calmSince = null;
      }
      if (this.#clock.nowMs - began < SETTLE_MS_MAX && performance.now() < deadline) continue;
      const reports = JSON.stringify([this.#active, this.#passive].map((server) => server.report()));
      throw new Error(`the pair did not come to rest: ${reports} ${itemsInDoubt(this.#passive)}`);
    }
  }

  #isAtRest(): boolean {
    const active = this.#active.report() as ActiveReport | null;
    const passive = this.#passive.report() as PassiveReport | null;
    return active !== null && passive !== null && this.#link.isEmpty && isAtRest(active, passive);
  }

  #compare(): void {
    const differences = protectedDifferences(this.#active, this.#passive);
    if (differences.length > 0) throw new Error(`Synchronized is said, but: ${differences.join('; ')}`);
  }

  #note(line: string): void {
    this.history.push(`${this.#clock.nowMs.toFixed(0)} ${line}`);
    if (this.history.length > HISTORY_MAX) this.history.splice(0, HISTORY_MAX / 2);
  }
}
