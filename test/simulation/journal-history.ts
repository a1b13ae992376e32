import { comparePositions, ORIGIN, type Position } from '../../src/changes/change.ts';
import { encodeChange } from '../../src/changes/codec.ts';
import { type Journal, openJournal } from '../../src/journal/journal.ts';
import { type Random, seededRandom } from '../../src/kernel/random.ts';
import type { MonotonicMs } from '../../src/kernel/units.ts';
import { isProblem } from '../../src/problems/problem.ts';
import { type DiskOptions, PowerCut, SimulatedDisk } from './simulated-disk.ts';
import { QueueModel, Violation } from './queue-model.ts';

const DIRECTORY = '/var/queues/receive';
const SEGMENT_BYTES = 24 * 1024;
const ATTRIBUTES = { mode: 0o600, uid: 0, gid: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };

type Step = 'append' | 'batch' | 'sync' | 'read' | 'trim' | 'reset' | 'kill' | 'crash' | 'cut' | 'fault' | 'check';

const WEIGHTS: readonly (readonly [Step, number])[] = [
  ['append', 34],
  ['batch', 12],
  ['sync', 14],
  ['read', 8],
  ['trim', 8],
  ['reset', 2],
  ['kill', 3],
  ['crash', 4],
  ['cut', 7],
  ['fault', 4],
  ['check', 4],
];

/** One seeded life of a queue, with power cuts, kills and failing calls, held against the model. */
export class JournalHistory {
  readonly #random: Random;
  readonly #disk: SimulatedDisk;
  #journal: Journal;
  #model = new QueueModel(ORIGIN);
  /** What a reset that was interrupted may have left instead. */
  #alternative: QueueModel | null = null;
  #nowMs = 0;

  constructor(seed: number, forgets: DiskOptions['forgets'] = []) {
    this.#random = seededRandom(seed);
    this.#disk = new SimulatedDisk({ random: this.#random, forgets });
    this.#journal = this.#open();
  }

  /** @throws Violation, or whatever the queue throws that it should not. */
  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) this.#survive(() => this.#do(this.#pick()));
    this.#disk.crash();
    this.#reopen();
  }

  #do(step: Step): void {
    this.#nowMs += this.#random() * 400;
    switch (step) {
      case 'append':
        return this.#append(1, (records) => this.#journal.append(records, this.#model.last));
      case 'batch':
        return this.#append(2 + this.#below(8), (records) => this.#journal.appendBatch(records));
      case 'sync':
        this.#journal.sync();
        this.#model.synced = this.#model.entries.length;
        return;
      case 'read':
        return this.#read();
      case 'trim':
        return this.#trim();
      case 'reset':
        return this.#reset();
      case 'kill':
        this.#disk.kill();
        return this.#reopen();
      case 'crash':
        this.#disk.crash();
        return this.#reopen();
      case 'cut':
        return this.#disk.cutPowerAfter(this.#below(12));
      case 'fault':
        return this.#fault();
      case 'check':
        return this.#model.check(this.#journal, this.#random);
    }
  }

  /** Power cuts and broken disks are part of life: start again with what is left. */
  #survive(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof PowerCut) this.#disk.crash();
      else if (isProblem(error, 'JRN-003')) this.#disk.kill();
      else if (isProblem(error, 'L20') || isProblem(error, 'JRN-001')) return;
      else throw error;
      this.#reopen();
    }
  }

  #append(count: number, append: (records: Buffer) => void): void {
    const model = this.#model;
    const before = model.entries.length;
    for (let index = 0; index < count; index += 1) model.entries.push(this.#record(model.last));
    try {
      append(Buffer.concat(model.entries.slice(before).map((entry) => entry.bytes)));
    } catch (error) {
      if (isProblem(error, 'L20')) model.entries.length = before;
      throw error;
    }
  }

  #record(last: Position): { position: Position; bytes: Buffer } {
    const jump = this.#random() < 0.03;
    const position = jump
      ? { epoch: last.epoch + 1 + this.#below(2), sequence: 1 }
      : { epoch: last.epoch, sequence: last.sequence + 1 };
    const large = this.#random() < 0.01 ? 90_000 : 3000;
    const content = Buffer.alloc(this.#below(this.#random() < 0.5 ? 40 : large), this.#below(256));
    return { position, bytes: encodeChange(position, { kind: 'content', node: 1, attributes: ATTRIBUTES, content }) };
  }

  #read(): void {
    const { trimmed, entries } = this.#model;
    const after = this.#model.positionOf(trimmed + this.#below(entries.length - trimmed + 1));
    this.#model.checkRead(after, this.#journal.read(after, this.#below(30_000)));
  }

  #trim(): void {
    const model = this.#model;
    const before = model.trimmed;
    model.trimmed += this.#below(model.entries.length - model.trimmed + 1);
    try {
      this.#journal.trim(model.positionOf(model.trimmed));
    } catch (error) {
      if (isProblem(error, 'JRN-001') || isProblem(error, 'L20')) model.trimmed = before;
      throw error;
    }
  }

  #reset(): void {
    const { epoch } = this.#model.last;
    const to = { epoch: Math.max(0, epoch + 2 - this.#below(4)), sequence: this.#below(3) };
    this.#alternative = new QueueModel(to);
    try {
      this.#journal.reset(to);
    } catch (error) {
      if (isProblem(error, 'L20')) this.#alternative = null;
      throw error;
    }
    this.#model = this.#alternative;
    this.#alternative = null;
  }

  #fault(): void {
    const faults = [
      ['write', 'ENOSPC'],
      ['write', 'EIO'],
      ['syncData', 'EIO'],
      ['sync', 'EIO'],
      ['open', 'ENOSPC'],
      ['unlink', 'EIO'],
      ['setSize', 'EIO'],
    ] as const;
    const [call, code] = faults[this.#below(faults.length)] ?? faults[0];
    this.#disk.failNext(call, code);
  }

  #reopen(): void {
    this.#journal = this.#open();
    const alternative = this.#alternative;
    this.#alternative = null;
    if (alternative !== null && this.#isEmptyAt(alternative.last)) this.#model = alternative;
    this.#model.adopt(this.#journal, this.#random);
  }

  #isEmptyAt(position: Position): boolean {
    return this.#journal.records === 0 && comparePositions(this.#journal.last, position) === 0;
  }

  /** Opening may be cut short too, any number of times. */
  #open(): Journal {
    for (;;) {
      if (this.#random() < 0.2) this.#disk.cutPowerAfter(this.#below(10));
      else if (this.#random() < 0.1) this.#fault();
      try {
        return openJournal({
          files: this.#disk,
          clock: { monotonicMs: () => this.#nowMs as MonotonicMs },
          directory: DIRECTORY,
          segmentBytesMax: SEGMENT_BYTES,
          lasting: {
            onDamage: (problem) => {
              throw new Violation(`reported damage where there is none: ${JSON.stringify(problem.parameters)}`);
            },
          },
        });
      } catch (error) {
        if (error instanceof PowerCut) this.#disk.crash();
        else if (isProblem(error, 'JRN-001') || isProblem(error, 'L20')) this.#disk.kill();
        else throw error;
      }
    }
  }

  #pick(): Step {
    let chance = this.#random() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [step, weight] of WEIGHTS) {
      chance -= weight;
      if (chance < 0) return step;
    }
    return 'append';
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
