import { comparePositions } from '../../src/changes/change.ts';
import type { DataFrame } from '../../src/changes/data-frame.ts';
import { decodeFrame, encodeFrame } from '../../src/changes/data-frame-codec.ts';
import { type Random, seededRandom } from '../../src/kernel/random.ts';
import { PowerCut, SimulatedDisk } from './simulated-disk.ts';
import { Produced, Receiver, Sender } from './stream-ends.ts';
import { Violation } from './queue-model.ts';

export type Mutant = 'acknowledges before sync' | 'receiver does not sync';

/** One seeded life of a pair's stream: a connection that is cut, and two servers that lose power. */
export class StreamHistory {
  readonly #random: Random;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  /** Frames under way; a cut loses all of them, and nothing else does. */
  #forward: Buffer[] = [];
  #back: Buffer[] = [];
  #isUp = false;

  constructor(seed: number, mutant: Mutant | null = null) {
    this.#random = seededRandom(seed);
    const produced = new Produced();
    const forgets = mutant === 'receiver does not sync' ? (['syncData'] as const) : [];
    this.#sender = new Sender(new SimulatedDisk({ random: this.#random }), produced);
    const lies = mutant === 'acknowledges before sync';
    this.#receiver = new Receiver(new SimulatedDisk({ random: this.#random, forgets }), { produced, lies });
  }

  /** First safety, with faults; then liveness: left alone, the receiver catches up. */
  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) this.#survive(() => this.#step());
    this.#survive(() => this.#receiver.journal.sync());
    this.#heal();
  }

  #step(): void {
    const chance = this.#random();
    if (chance < 0.3) this.#sender.produce(this.#below(2000));
    else if (chance < 0.42) this.#send(this.#sender.pull(1 + this.#below(6000)));
    else if (chance < 0.57) this.#deliverForward();
    else if (chance < 0.67) this.#deliverBack();
    else if (chance < 0.75) this.#reply(this.#receiver.acknowledge());
    else if (chance < 0.83) this.#receiver.apply(1 + this.#below(4000));
    else if (chance < 0.9) this.#connect();
    else this.#harm(chance);
  }

  #harm(chance: number): void {
    if (chance < 0.92) this.#cutLink();
    else if (chance < 0.94) this.#sender.disk.cutPowerAfter(this.#below(15));
    else if (chance < 0.965) this.#receiver.disk.cutPowerAfter(this.#below(15));
    else if (chance < 0.98) this.#crash('receiver');
    else if (chance < 0.985) this.#crash('sender');
    else if (chance < 0.99) this.#sender.overflow();
    else this.#stopSender();
  }

  #survive(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      // Which of the two lost power shows at its next call; taking both down is the harder case.
      this.#crash('sender');
      this.#crash('receiver');
    }
  }

  #crash(end: 'sender' | 'receiver'): void {
    this.#cutLink();
    if (end === 'sender') {
      this.#sender.disk.crash();
      this.#sender.restart();
    } else {
      this.#receiver.disk.crash();
      this.#receiver.restart();
    }
  }

  #stopSender(): void {
    this.#cutLink();
    this.#sender.disk.kill();
    this.#sender.restart();
  }

  #connect(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#reply(this.#receiver.connect());
  }

  #cutLink(): void {
    this.#isUp = false;
    this.#forward = [];
    this.#back = [];
    this.#sender.sent = null;
  }

  #send(frame: DataFrame | null): void {
    if (frame !== null && this.#isUp) this.#forward.push(Buffer.concat(encodeFrame(frame)));
  }

  #reply(frame: DataFrame | null): void {
    if (frame !== null && this.#isUp) this.#back.push(Buffer.concat(encodeFrame(frame)));
  }

  #deliverForward(): void {
    const bytes = this.#forward.shift();
    if (bytes !== undefined) this.#receiver.receive(decodeFrame(bytes));
  }

  #deliverBack(): void {
    const bytes = this.#back.shift();
    if (bytes !== undefined) this.#send(this.#sender.receive(decodeFrame(bytes)));
  }

  #heal(): void {
    this.#sender.disk.kill();
    this.#receiver.disk.kill();
    this.#cutLink();
    this.#sender.restart();
    this.#receiver.restart();
    this.#sender.produce(10);
    this.#connect();
    for (let round = 0; round < 200; round += 1) {
      this.#deliverBack();
      this.#send(this.#sender.pull(4000));
      this.#deliverForward();
      this.#reply(this.#receiver.acknowledge());
      this.#receiver.apply(4000);
      const isDone = comparePositions(this.#receiver.applied, this.#sender.journal.last) === 0;
      if (isDone && this.#sender.journal.records === 0) return;
    }
    throw new Violation('the receiver does not catch up');
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
