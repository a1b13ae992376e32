import type { Role } from '../../api/status.ts';
import type { Cancel, Clock, Timers } from '../../kernel/clock.ts';
import type { ByteFiles } from '../../kernel/byte-files.ts';
import type { Log } from '../../kernel/log.ts';
import type { Programs } from '../../kernel/programs.ts';
import { fromData, Problem, toData } from '../../problems/problem.ts';
import type { PairSettings, RegistrySettings, ServerSettings } from '../../settings/settings.ts';
import type { Thread } from '../../system/processes/threads.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { givenUp } from '../status/check-outcomes.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import { filesOf, knownFiles, type RegistryFiles } from './registry-files.ts';
import type { FromRegistry, RegistryQuery, RegistryStart, StandingProblem, ToRegistry } from './registry-messages.ts';
import type { RegistryReport } from './registry-report.ts';
import { isVerified } from './registry-status.ts';
import { refusedRegistries } from './refused-registries.ts';
import { removeLeftRegistries, removeUnusedBatches } from './left-registries.ts';
import { ThreadPulse } from './thread-pulse.ts';
import type { FromStream, StreamEvent, ToStream } from '../stream/thread-messages.ts';

/** A thread that failed is started again after this long. */
const RESTART_MS = 5000;
/** … and has to work for so long before the failure is over: what fails again at once is one trouble, not many. */
const STEADY_MS = 10_000;
/** One that is in a long call is not waited for longer at a stop. */
const STOP_MS = 5000;
/** A change by somebody else on the passive server is shown for so long after the last one. */
const MEDDLED_SHOWN_MS = 30_000;
/** What was stated and is not compared after this long is stated again; each time twice as long. */
const STATE_AGAIN_MS = { first: 5000, longest: 120_000 } as const;
/** … however much comes and is compared meanwhile. */
const MOVING_MS_MAX = 300_000;
/** Samba's tool may wait for a lock of its own registry: others begin then, and what it says counts once it does. */
const SAMBA_ANSWERS_MS = 10_000;
/** Why a registry may not be protected. */
const REFUSALS = ['REG-006', 'REG-017'] as const;

export interface RegistryHostOptions {
  readonly role: Role;
  readonly server: ServerSettings;
  readonly settings: () => PairSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly programs: Programs;
  readonly files: ByteFiles;
  readonly findings: FindingBoard;
  readonly event: (event: StreamEvent) => void;
  readonly post: (message: ToStream) => boolean;
  readonly checkEnded: (outcome: CheckOutcome) => void;
  /** There is something new to tell the other server. */
  readonly reported: () => void;
  readonly startThread: (start: RegistryStart) => Thread<ToRegistry, FromRegistry>;
}

/** The registries of one server, as the daemon's main thread sees them: the life of their thread, findings, checks. */
export class RegistryHost {
  readonly #options: RegistryHostOptions;
  #thread: Thread<ToRegistry, FromRegistry> | null = null;
  #ended = Promise.resolve();
  /** How often another one was wanted. */
  #replaced = 0;
  #report: RegistryReport | null = null;
  /** How often it was asked to start. */
  #asked = 0;
  /** Nothing is protected, or may be, and the thread of before has ended. */
  #isUnused = false;
  /** What the thread was started with. */
  #began = '';
  #isStopping = false;
  #hasFailed = false;
  #isFailureTold = false;
  #isKnown = true;
  /** By the names of those that may not be protected. */
  #refused: ReadonlyMap<string, Problem> = new Map();
  #cancelRestart: Cancel = () => {};
  /** Null where no failure is about to be over. */
  #cancelSteady: Cancel | null = null;
  readonly #standing = new Map<string, StandingProblem>();
  readonly #meddled = new Map<string, Cancel>();
  readonly #waiting = new Map<number, { done: (answer: unknown) => void; failed: (problem: Problem) => void }>();
  #questions = 0;
  /** Asked of the thread, and not in the stream yet. */
  readonly #checks = new Set<number>();
  readonly #pulse: ThreadPulse;
  /** That the other server had applied at the last look. */
  #peerBatch = 0;
  /** `latest`: it is not put off beyond that. */
  #stateAgain = { at: 0, latest: 0, afterMs: STATE_AGAIN_MS.first as number };

  constructor(options: RegistryHostOptions) {
    this.#options = options;
    this.#pulse = new ThreadPulse(options.findings);
  }

  /** For the status. `registry` is null where nothing is protected, and while the thread starts. */
  get shown(): {
    readonly protectsRegistry: boolean;
    readonly registry: RegistryReport | null;
    readonly hasRegistryFailed: boolean;
  } {
    const hasRegistryFailed = this.#hasFailed || this.#refused.size > 0 || this.#pulse.hangs;
    return { protectsRegistry: this.isConfigured, registry: this.#report, hasRegistryFailed };
  }

  get isConfigured(): boolean {
    return this.#options.settings().protect.registry.length > 0;
  }

  /** Starts the thread for what is protected now; again, where that is something else than before. */
  start(): void {
    const asked = (this.#asked += 1);
    const { programs, server } = this.#options;
    const registries = registriesHere(this.#options);
    const files = filesOf(registries, { programs, base: server.base });
    if (!(files instanceof Promise)) return this.#startAll(registries, files);
    const go = (known: readonly RegistryFiles[]): void => {
      if (asked === this.#asked && !this.#isStopping) this.#startAll(registries, known);
    };
    const cancel = this.#options.timers.after(SAMBA_ANSWERS_MS, () => go(knownFiles(registries)));
    void files.then(go).finally(cancel);
  }

  #startAll(registries: readonly RegistrySettings[], files: readonly RegistryFiles[]): void {
    const refused = refusedRegistries(registries, files, this.#options.settings().protect.files);
    const stores = registries.filter(({ name }) => !refused.has(name));
    const start = this.#startOf(stores);
    this.#refused = refused;
    for (const code of REFUSALS) this.#raiseAll(code, new Map([...refused].filter(([, one]) => one.code === code)));
    this.#raiseAll('REG-015', this.#placedInVain());
    this.#tellUnknown();
    const text = JSON.stringify({ ...start, run: 0 });
    if (text === this.#began) return;
    this.#began = text;
    // What comes for one that is refused on the passive server has to be taken, or it would gather.
    const isNeeded = stores.length > 0 || (this.#options.role === 'passive' && refused.size > 0);
    void this.#replace(isNeeded ? start : null);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const cancel of this.#meddled.values()) cancel();
    await this.#end();
  }

  /** What the stream worker says. */
  onStream(message: Extract<FromStream, { kind: 'registryWanted' | 'registryMet' }>): void {
    if (message.kind === 'registryMet') {
      this.#thread?.post({ kind: 'batch', file: message.file });
      if (this.#isUnused) this.#removeBatches();
      return;
    }
    this.#isKnown = message.isKnown;
    this.#tellUnknown();
    this.#state();
  }

  /** To be called every second. @param peer - what the other server said of its registries. */
  look(peer: RegistryReport | null | undefined): void {
    const thread = this.#thread;
    this.#pulse.look(this.#options.clock.monotonicMs(), thread === null ? null : () => thread.post({ kind: 'ping' }));
    const own = this.#report;
    if (own?.role !== 'active' || peer?.role !== 'passive') return;
    const isStated = own.stores.some(({ stated }) => stated > 0);
    const isWell = !isStated || (isVerified(own, peer) && own.batch === peer.batch);
    const isMoving = peer.isBusy || peer.batch !== this.#peerBatch;
    this.#peerBatch = peer.batch;
    const again = this.#stateAgain;
    const now = this.#now();
    if (isWell) this.#stateAgain = { at: 0, latest: 0, afterMs: STATE_AGAIN_MS.first };
    else if (again.at === 0) this.#stateAgain = { ...again, at: now + again.afterMs, latest: now + MOVING_MS_MAX };
    else if (isMoving && now < again.latest) again.at = now + again.afterMs;
    else if (now >= again.at || now >= again.latest) {
      this.#state();
      const afterMs = Math.min(STATE_AGAIN_MS.longest, again.afterMs * 2);
      this.#stateAgain = { at: now + afterMs, latest: now + MOVING_MS_MAX, afterMs };
    }
  }

  /** On the active server. @returns false while the thread starts. @throws Problem REG-006, REG-017 where no registry may be protected. */
  check(id: number, repair: boolean): boolean {
    const [refusal] = this.#refused.values();
    if (refusal !== undefined && this.#refused.size === this.#options.settings().protect.registry.length) throw refusal;
    if (this.#thread === null) return false;
    this.#checks.add(id);
    this.#thread.post({ kind: 'check', id, repair });
    return true;
  }

  /** An operator says that what this store holds may be replaced. */
  confirm(store: string): boolean {
    this.#thread?.post({ kind: 'confirm', store });
    return this.#thread !== null;
  }

  /** @throws Problem DMN-001, REG-013 and those of a store. */
  query(query: RegistryQuery): Promise<unknown> {
    const thread = this.#thread;
    if (thread === null) {
      if (query.name === 'registryItems') return Promise.resolve([]);
      return Promise.reject(new Problem('REG-013', { path: query.path }));
    }
    const id = (this.#questions += 1);
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      thread.post({ kind: 'query', id, query });
    });
  }

  #startOf(stores: readonly RegistrySettings[]): RegistryStart {
    const { role, server, settings, clock } = this.#options;
    const { base, stateDirectory } = server;
    return { role, base, stateDirectory, stores, orphans: settings().orphans, run: clock.wallMs() };
  }

  async #replace(start: RegistryStart | null): Promise<void> {
    const ended = this.#end();
    const replaced = (this.#replaced += 1);
    this.#report = null;
    this.#isUnused = false;
    await ended;
    // Meanwhile something else is wanted.
    if (replaced !== this.#replaced) return;
    removeLeftRegistries(this.#stateFolder, registriesHere(this.#options), () => this.#options.clock.wallMs());
    if (start === null) {
      this.#failureOver();
      this.#isUnused = true;
      this.#removeBatches();
    }
    if (start === null || this.#isStopping || this.#thread !== null) return;
    const thread = this.#options.startThread(start);
    this.#thread = thread;
    thread.onMessage((message) => {
      // How things stood with one that is ending says nothing of what comes after it.
      if (message.kind !== 'report' || this.#thread === thread) this.#take(message);
    });
    this.#ended = new Promise((ended_) => {
      thread.onEnd((error) => {
        this.#gone(thread, error, start);
        ended_();
      });
    });
    this.#state();
  }

  /** Also of one that was told to end before: two at a time would be in each other's way. */
  async #end(): Promise<void> {
    this.#cancelRestart();
    this.#notSteady();
    const thread = this.#thread;
    this.#thread = null;
    this.#pulse.ended();
    thread?.post({ kind: 'stop' });
    const cancel = thread === null ? null : this.#options.timers.after(STOP_MS, () => void thread.terminate());
    await this.#ended;
    cancel?.();
    this.#standingNow([]);
  }

  #gone(thread: Thread<ToRegistry, FromRegistry>, error: Error | null, start: RegistryStart): void {
    for (const { failed } of this.#waiting.values())
      failed(new Problem('DMN-001', { reason: 'it is being started again' }));
    this.#waiting.clear();
    for (const check of this.#checks) this.#options.checkEnded(givenUp(check));
    this.#checks.clear();
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#hasFailed = true;
    this.#notSteady();
    const reason = error?.message ?? 'its thread ended';
    this.#options.log.error('the thread of the registries failed', { reason });
    this.#options.findings.raise({ code: 'REG-014', parameters: { reason } });
    this.#isFailureTold = true;
    this.#cancelRestart = this.#options.timers.after(RESTART_MS, () => {
      void this.#replace({ ...start, run: this.#options.clock.wallMs() });
    });
    this.#options.reported();
  }

  #take(message: FromRegistry): void {
    switch (message.kind) {
      case 'report':
        this.#report = message.report;
        this.#works();
        return this.#options.reported();
      case 'alive':
        return this.#pulse.answered(this.#options.clock.monotonicMs());
      case 'batch':
        return this.#batch(message);
      case 'problems':
        return this.#standingNow(message.standing);
      case 'event':
        return this.#options.event(message.event);
      case 'meddled':
        return this.#meddledNow(message);
      case 'checkEnded':
        return this.#options.checkEnded(message.outcome);
      case 'answer': {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.problem === null) waiting?.done(message.answer);
        else waiting?.failed(fromData(message.problem) ?? new Problem('DMN-001', { reason: message.problem.code }));
      }
    }
  }

  /** Who asked for a check that the other server will not hear of is told so. */
  #batch({ check, bytes }: Extract<FromRegistry, { kind: 'batch' }>): void {
    const isTold = this.#options.post({ kind: 'registry', check, bytes });
    if (this.#checks.delete(check) && !isTold) this.#options.checkEnded(givenUp(check));
  }

  /** What it says counts at once; that one before it failed is over once it has worked for a while. */
  #works(): void {
    this.#hasFailed = false;
    if (this.#isFailureTold) this.#cancelSteady ??= this.#options.timers.after(STEADY_MS, () => this.#failureOver());
  }

  #notSteady(): void {
    this.#cancelSteady?.();
    this.#cancelSteady = null;
  }

  #failureOver(): void {
    this.#notSteady();
    if (this.#isFailureTold) this.#options.findings.clear('REG-014');
    this.#isFailureTold = false;
    this.#hasFailed = false;
  }

  #state(): void {
    if (this.#options.role === 'active') this.#thread?.post({ kind: 'state' });
  }

  #standingNow(standing: readonly StandingProblem[]): void {
    const { findings } = this.#options;
    // That one which is refused here is not known to the thread is no other trouble.
    const own = standing.filter(({ problem, item }) => problem.code !== 'REG-012' || !this.#refused.has(item));
    const now = new Map(own.map((one) => [`${one.problem.code} ${one.item}`, one]));
    for (const [key, { problem, item }] of this.#standing) if (!now.has(key)) findings.clear(problem.code, item);
    this.#standing.clear();
    for (const [key, one] of now) {
      this.#standing.set(key, one);
      findings.raise(one.problem, { item: one.item, action: one.action });
    }
  }

  #meddledNow({ problem, item }: Extract<FromRegistry, { kind: 'meddled' }>): void {
    const { findings, timers } = this.#options;
    this.#meddled.get(item)?.();
    findings.raise(problem, { item });
    this.#meddled.set(
      item,
      timers.after(MEDDLED_SHOWN_MS, () => {
        this.#meddled.delete(item);
        findings.clear(problem.code, item);
      }),
    );
  }

  #placedInVain(): Map<string, Problem> {
    const { server, settings } = this.#options;
    const names = new Set(settings().protect.registry.map(({ name }) => name));
    const inVain = server.registry.filter(({ name }) => !names.has(name));
    return new Map(inVain.map(({ name }) => [name, new Problem('REG-015', { name })]));
  }

  #raiseAll(code: (typeof REFUSALS)[number] | 'REG-015', problems: ReadonlyMap<string, Problem>): void {
    const { findings } = this.#options;
    findings.clearAll(code, [...problems.keys()]);
    for (const [item, problem] of problems) findings.raise(toData(problem), { item });
  }

  #tellUnknown(): void {
    const { findings } = this.#options;
    if (this.#isKnown || !this.isConfigured) findings.clear('REG-011');
    else findings.raise({ code: 'REG-011', parameters: {} });
  }

  #removeBatches(): void {
    removeUnusedBatches(this.#stateFolder);
  }

  get #stateFolder(): { readonly files: ByteFiles; readonly stateDirectory: string } {
    return { files: this.#options.files, stateDirectory: this.#options.server.stateDirectory };
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}

/** What is protected, where this server has it. */
function registriesHere({ server, settings }: Pick<RegistryHostOptions, 'server' | 'settings'>): RegistrySettings[] {
  return settings().protect.registry.map((one) => ({
    ...one,
    ...server.registry.find(({ name }) => name === one.name),
  }));
}
