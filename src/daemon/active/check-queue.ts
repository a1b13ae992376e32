import type { NodeId } from '../../changes/change.ts';
import type { DirtySet } from '../../changes/dirty-set.ts';
import { assert } from '../../kernel/assert.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import type { CheckProducer, RunningCheck } from './check-producer.ts';
import { FILTER_CHECKS_FROM, LEFT_CHECKS_FROM, OWN_CHECKS_FROM, UNSEEN_CHECKS_FROM } from '../stream/check-numbers.ts';
import type { CheckRequest } from '../stream/thread-messages.ts';

/** A check to be stated; `id` is null for those the product starts by itself. */
export interface CheckAsked extends Omit<CheckRequest, 'paths'> {
  readonly id: number | null;
  /** Null for everything. */
  readonly paths: readonly ByteString[] | null;
  /** What a queue that was given up left to check; with empty paths. */
  readonly left?: DirtySet;
  /** What came into the protected set; with empty paths. */
  readonly nodes?: readonly NodeId[];
  readonly ended?: (finished: boolean) => void;
}

/** Files that can change without notice, being stated. */
interface UnseenLot {
  readonly check: RunningCheck;
  readonly ended: (finished: boolean) => void;
}

/**
 * A check of the set; beside it the items to be looked at again, which go first; and in turns with it
 * the files that can change without notice.
 */
export class CheckQueue {
  readonly #producer: CheckProducer;
  readonly #asked: CheckAsked[] = [];
  readonly #nodes = new Set<NodeId>();
  readonly #paths = new Set<ByteString>();
  readonly #folders = new Set<ByteString>();
  #items: RunningCheck | null = null;
  #running: { readonly check: RunningCheck; readonly asked: CheckAsked } | null = null;
  #unseen: UnseenLot | null = null;
  #isUnseensTurn = false;
  #nextOwn = OWN_CHECKS_FROM;
  #nextUnseen = UNSEEN_CHECKS_FROM;
  #nextLeft = LEFT_CHECKS_FROM;
  #nextFilter = FILTER_CHECKS_FROM;

  constructor(producer: CheckProducer) {
    this.#producer = producer;
  }

  get busy(): boolean {
    return this.#running !== null || this.#asked.length > 0 || this.#itemsWait || this.#unseen !== null;
  }

  /** Is a check of everything under way, or about to be? @param repair - one that only tells does not count. */
  isVerifying(repair: boolean): boolean {
    const verifies = (asked: CheckAsked): boolean => asked.paths === null && (asked.repair || !repair);
    return (this.#running !== null && verifies(this.#running.asked)) || this.#asked.some(verifies);
  }

  /** What a queue left goes before all others: until it is stated they would find differences that are none. */
  ask(asked: CheckAsked): void {
    if (asked.left === undefined) this.#asked.push(asked);
    else this.#asked.unshift(asked);
  }

  /** @param folders - after the others, what is in these folders themselves, not what is below. */
  recheck(nodes: readonly NodeId[], paths: readonly ByteString[], folders: readonly ByteString[] = []): void {
    for (const node of nodes) this.#nodes.add(node);
    for (const path of paths) this.#paths.add(path);
    for (const folder of folders) this.#folders.add(folder);
  }

  /** States files that can change without notice; not before an earlier lot ended. */
  lookAtUnseen(nodes: readonly NodeId[], ended: (finished: boolean) => void): void {
    assert(this.#unseen === null, 'one lot at a time');
    const check = this.#producer.start({ check: this.#nextUnseen++, mode: 'full', repair: true, paths: [], nodes });
    this.#unseen = { check, ended };
  }

  /** Works for about that long. */
  step(budgetMs: number): void {
    if (this.#itemsWait) {
      this.#items ??= this.#startItems();
      if (this.#items.step(budgetMs)) this.#items = null;
      return;
    }
    if (this.#unseen !== null && !this.#isUnseensTurn) {
      this.#isUnseensTurn = true;
      this.#stepUnseen(this.#unseen, budgetMs);
      return;
    }
    this.#isUnseensTurn = false;
    const running = this.#running ?? this.#startNext();
    // Stating it may overfill the queue, and that gives all checks up.
    if (running === null || !running.check.step(budgetMs) || this.#running !== running) return;
    this.#running = null;
    running.asked.ended?.(true);
  }

  /** A new epoch: whatever was asked for is part of its first check. */
  clear(): void {
    this.#items?.close();
    this.#items = null;
    this.#nodes.clear();
    this.#paths.clear();
    this.#folders.clear();
    for (const asked of this.#asked.splice(0)) asked.ended?.(false);
    const running = this.#running;
    this.#running = null;
    running?.check.close();
    running?.asked.ended?.(false);
    const unseen = this.#unseen;
    this.#unseen = null;
    unseen?.check.close();
    unseen?.ended(false);
  }

  get #itemsWait(): boolean {
    return this.#items !== null || this.#nodes.size + this.#paths.size + this.#folders.size > 0;
  }

  #stepUnseen(unseen: UnseenLot, budgetMs: number): void {
    if (!unseen.check.step(budgetMs) || this.#unseen !== unseen) return;
    this.#unseen = null;
    unseen.ended(true);
  }

  #startItems(): RunningCheck {
    if (this.#nodes.size + this.#paths.size === 0) return this.#startFolders();
    const request = { paths: [...this.#paths], nodes: [...this.#nodes] };
    this.#paths.clear();
    this.#nodes.clear();
    return this.#producer.start({ check: this.#nextOwn++, mode: 'full', repair: true, ...request });
  }

  #startFolders(): RunningCheck {
    const paths = [...this.#folders];
    this.#folders.clear();
    const check = this.#nextOwn++;
    return this.#producer.start({ check, mode: 'full', repair: true, paths, nodes: [], isShallow: true });
  }

  #numberOf({ left, nodes }: CheckAsked): number {
    if (left !== undefined) return this.#nextLeft++;
    return nodes === undefined ? this.#nextOwn++ : this.#nextFilter++;
  }

  #startNext(): { readonly check: RunningCheck; readonly asked: CheckAsked } | null {
    const asked = this.#asked.shift();
    if (asked === undefined) return null;
    const { mode, repair, paths, nodes = [], left } = asked;
    const check = asked.id ?? this.#numberOf(asked);
    const request = { check, mode, repair, paths, nodes, ...(left === undefined ? {} : { left }) };
    this.#running = { check: this.#producer.start(request), asked };
    return this.#running;
  }
}
