import type { CheckProgress } from '../../api/status.ts';
import { MalformedRecord } from '../../changes/malformed-record.ts';
import type { ByteFiles } from '../../kernel/byte-files.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { formatNumberOf } from '../../kernel/count-text.ts';
import { MIB } from '../../kernel/units.ts';
import { describe, Problem, toData } from '../../problems/problem.ts';
import type { CopyNews } from '../../registry/copy.ts';
import { type BatchOutcome, PassiveRegistry } from '../../registry/passive-registry.ts';
import { AdoptedRegistries } from './adopted-registries.ts';
import { KeptRegistry } from './kept-registry.ts';
import { OwedBatches } from './owed-batches.ts';
import { lookAtKey } from './registry-look.ts';
import type {
  FromRegistry,
  RegistryItem,
  RegistryLook,
  RegistryQuery,
  RegistryStart,
  StandingProblem,
} from './registry-messages.ts';
import type { RegistryReport } from './registry-report.ts';
import { BATCH_SUFFIX, REGISTRY_FOLDER } from './registry-spool.ts';
import { openStore } from './registry-stores.ts';
import type { RegistryOrder, RegistryWork } from './registry-work.ts';
import { StoreRetries } from './store-retries.ts';

/** Beyond what can be protected. */
const BATCH_BYTES_MAX = 512 * MIB;
/** Single differences that one batch or look tells as events of their own. */
const NEWS_MAX = 50;
/** Keys that are named as findings of their own. */
const PROBLEMS_MAX = 20;
/** Keys that a finding about several of them names. */
const EXAMPLES_MAX = 3;

interface Doors {
  readonly files: ByteFiles;
  readonly now: () => MonotonicMs;
  readonly wallMs: () => number;
  readonly tell: (message: FromRegistry) => void;
  /** There is something new to report. */
  readonly progress: () => void;
}

/** The passive server's registries: what the stream says of them is done, and what anybody else does is undone. */
export class PassiveRegistryWork implements RegistryWork {
  readonly #folder: string;
  readonly #doors: Doors;
  readonly #registry: PassiveRegistry;
  readonly #stores: readonly string[];
  readonly #retries = new StoreRetries();
  readonly #owed: OwedBatches;
  /** Of the active server's run that was heard of last. */
  #unknown: { readonly run: number; readonly stores: ReadonlySet<string> } = { run: 0, stores: new Set() };
  #newsTold = 0;
  #check: CheckProgress | null = null;

  constructor(start: RegistryStart, doors: Doors) {
    this.#folder = `${start.stateDirectory}/${REGISTRY_FOLDER}`;
    this.#doors = doors;
    this.#stores = start.stores.map(({ name }) => name);
    const { files, wallMs } = doors;
    files.makeFolder(this.#folder, 0o700);
    this.#owed = new OwedBatches(files, this.#folder);
    const kept = new KeptRegistry({ files, folder: `${this.#folder}/kept`, wallMs });
    const adopted = new AdoptedRegistries({ files, folder: this.#folder, wallMs });
    this.#registry = new PassiveRegistry(
      start.stores.map((settings) => {
        const { name } = settings;
        const freed = (): void => this.#retries.soon(name);
        return {
          name,
          store: openStore(settings, { ...start, mustExist: false, freed }),
          patterns: settings,
          orphans: start.orphans,
          isAdopted: adopted.has(settings),
          adopt: () => adopted.add(settings),
          keep: (edits) => kept.keep(name, edits),
          news: (news) => this.#news(news),
          differs: doors.progress,
        };
      }),
    );
  }

  async take(order: RegistryOrder): Promise<boolean> {
    if (order.kind === 'batch') await this.#batch(order.file);
    else if (order.kind === 'confirm') await this.#registry.confirm(order.store);
    else return false;
    return true;
  }

  /** What an earlier run was given and had not done. */
  async begin(): Promise<void> {
    for (const file of this.#doors.files.list(this.#folder)) if (file.endsWith(BATCH_SUFFIX)) await this.#batch(file);
  }

  async look(due: ReadonlySet<string>): Promise<void> {
    this.#newsTold = 0;
    const now = this.#doors.now();
    for (const store of this.#stores) {
      const triesAgain = this.#retries.isDue(store, now);
      if (!due.has(store) && !(triesAgain && this.#registry.isRefused(store))) continue;
      await this.#registry.look(new Set([store]), triesAgain);
      const isRefused = this.#registry.isRefused(store);
      if (triesAgain || !isRefused) this.#retries.tried(store, now, isRefused);
    }
    this.#owed.settle((store) => this.#registry.owes(store));
  }

  async lookAt(path: string): Promise<RegistryLook> {
    return await lookAtKey(path, (store, key) => this.#registry.lookAt(store, key));
  }

  items({ outOfSync, after, limit }: Extract<RegistryQuery, { name: 'registryItems' }>): RegistryItem[] {
    const marked = new Map(this.#registry.marks.map((mark) => [mark.item, mark]));
    const isVerified = this.#registry.states.every(({ verified }) => verified > 0);
    const all = outOfSync ? [...marked.keys()] : [...new Set([...this.#registry.items, ...marked.keys()])];
    const page = all.filter((item) => item > after).sort();
    return page.slice(0, limit).map((path) => {
      const mark = marked.get(path);
      return {
        path,
        status: mark !== undefined ? 'Out of sync' : isVerified ? 'Synchronized' : 'Unchecked',
        reason: mark?.reason ?? null,
      };
    });
  }

  problems(): readonly StandingProblem[] {
    const stores = this.#registry.states.flatMap(({ store, problem }) => {
      if (problem === null) return [];
      const action = problem.code === 'REG-010' ? 'Replace what this registry of the passive server holds.' : null;
      return [{ problem: toData(problem), item: store, action }];
    });
    const marks = this.#registry.toldMarks.slice(0, PROBLEMS_MAX);
    const comparedOnly = [...this.#registry.comparedOnly].map(([store, found]) => {
      const examples = found.slice(0, EXAMPLES_MAX).map(({ item, reason }) => `${item}: ${reason}`);
      const parameters = { store, keys: formatNumberOf(found.length, 'key'), examples: examples.join('; ') };
      return { problem: { code: 'REG-016', parameters }, item: store, action: null } as const;
    });
    return [
      ...stores,
      ...comparedOnly,
      ...marks.map(({ item, reason }) => ({
        problem: toData(new Problem('REG-008', { item, what: reason })),
        item,
        action: null,
      })),
      ...[...this.#unknown.stores].map((store) => ({
        problem: toData(new Problem('REG-012', { store })),
        item: store,
        action: null,
      })),
    ];
  }

  report(): Omit<RegistryReport, 'isBusy'> {
    const stores = this.#registry.states.map(({ store, keys, outOfSync, verified, problem }) => ({
      name: store,
      keys,
      stated: verified,
      outOfSync,
      failed: problem !== null && problem.code !== 'REG-010',
      isSettled: true,
    }));
    return { role: 'passive', run: this.#registry.run, batch: this.#registry.applied, check: this.#check, stores };
  }

  async #batch(file: string): Promise<void> {
    const { files, tell } = this.#doors;
    const path = `${this.#folder}/${file}`;
    // What an earlier run left may be told anew.
    const bytes = this.#owed.has(file) ? null : files.read(path, BATCH_BYTES_MAX);
    if (bytes === null) return;
    this.#newsTold = 0;
    try {
      const outcome = await this.#registry.apply(bytes, (keys) => this.#progress(keys, bytes.length));
      this.#meetUnknown(outcome);
      this.#owed.add(file, { bytes: bytes.length, purpose: outcome.batch.purpose, stores: outcome.stores });
      if (outcome.batch.check > 0) tell({ kind: 'checkEnded', outcome: outcomeOf(outcome, bytes.length) });
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error;
      // What it said is stated again, for it counts as missed.
      this.#event('error', 'REG-014', describe({ code: 'REG-014', parameters: { reason: error.message } }).message);
      files.remove(path);
    }
    this.#check = null;
    // Only now: a crash before has it done again.
    this.#owed.settle((store) => this.#registry.owes(store));
  }

  /** Not every batch tells of all registries. */
  #meetUnknown({ batch, unknown }: BatchOutcome): void {
    const before = batch.run === this.#unknown.run ? this.#unknown.stores : [];
    this.#unknown = { run: batch.run, stores: new Set([...before, ...unknown]) };
  }

  #progress(keys: number, bytesTotal: number): void {
    const none = { itemsDone: 0, bytesDone: 0, bytesPerSecond: 0, remainingMs: null };
    this.#check = { kind: 'full', ...none, itemsTotal: keys, bytesTotal };
    this.#doors.progress();
  }

  #news(news: CopyNews): void {
    if (news.kind === 'kept') {
      return this.#event('information', null, `What was replaced in the registry is kept in ${news.file}`);
    }
    const code = news.kind === 'meddled' ? 'REG-007' : 'REG-009';
    const problem = { code, parameters: { item: news.item, what: news.what } } as const;
    this.#newsTold += 1;
    if (this.#newsTold > NEWS_MAX) {
      if (this.#newsTold === NEWS_MAX + 1)
        this.#event('warning', code, 'More keys and values differed than are told one by one');
      return;
    }
    if (news.kind === 'meddled') this.#doors.tell({ kind: 'meddled', problem, item: news.item });
    else this.#event('warning', code, describe(problem).message, news.item);
  }

  #event(
    level: 'information' | 'warning' | 'error',
    code: string | null,
    text: string,
    item: string | null = null,
  ): void {
    this.#doors.tell({ kind: 'event', event: { code, level, text, item } });
  }
}

function outcomeOf(outcome: BatchOutcome, bytes: number): Extract<FromRegistry, { kind: 'checkEnded' }>['outcome'] {
  const { batch, keys, differences, left, refused, isWhole, examples } = outcome;
  return {
    check: batch.check,
    finished: isWhole,
    repair: batch.purpose === 'whole',
    complete: true,
    itemsChecked: keys,
    bytesChecked: bytes,
    differences,
    left,
    refused,
    examples,
  };
}
