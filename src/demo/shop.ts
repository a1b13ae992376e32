import { join } from 'node:path';
import type { Cancel } from '../kernel/clock.ts';
import { LiveDatabase } from '../system/files/live-database.ts';
import { systemTimers } from '../system/machine/timers.ts';
import { trialFiles } from '../system/files/trial-files.ts';

const TICK_MS = 100;
const KEPT_ORDERS = 40;

export interface ShopFigures {
  created: number;
  renamed: number;
  deleted: number;
  bytes: number;
  transactions: number;
}

/** The application on the active server: writes a log, orders that come, move and go, and a database. */
export class Shop {
  /** Name of its database below the protected folder. */
  static readonly DATABASE = 'database/shop.sqlite';
  readonly figures: ShopFigures = { created: 0, renamed: 0, deleted: 0, bytes: 0, transactions: 0 };
  readonly #folder: string;
  readonly #database: LiveDatabase;
  readonly #cancel: Cancel;
  #ticks = 0;
  #failure: Error | null = null;

  /** Begins at once. @param folder - the real path of the protected folder. */
  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ['database', 'log', 'orders', 'sent']) trialFiles.makeFolder(join(folder, name));
    this.#database = new LiveDatabase(join(folder, Shop.DATABASE));
    this.#cancel = systemTimers.every(TICK_MS, () => this.#tick());
  }

  /** Why it stopped writing by itself; null while it is well. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Writes no more and closes the database. May be called again. */
  close(): void {
    this.#cancel();
    if (this.#ticks >= 0) this.#database.close();
    this.#ticks = -1;
  }

  #tick(): void {
    if (this.#failure !== null) return;
    try {
      this.#write(this.#ticks++);
    } catch (error) {
      // A full disk, for example; whoever runs the shop looks.
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #write(tick: number): void {
    const order = `order ${tick}: ${'one of each, '.repeat(1 + (tick % 50))}please\n`;
    trialFiles.append(this.#path('log', 'shop.log'), `tick ${tick}\n`);
    trialFiles.write(this.#order('orders', tick), order);
    this.figures.created++;
    this.figures.bytes += order.length;
    if (tick % 2 === 0) this.#renameInPlace('offer.txt', `The offer of tick ${tick}\n`);
    if (tick >= 5) {
      trialFiles.rename(this.#order('orders', tick - 5), this.#order('sent', tick - 5));
      this.figures.renamed++;
    }
    if (tick >= KEPT_ORDERS) {
      trialFiles.remove(this.#order('sent', tick - KEPT_ORDERS));
      this.figures.deleted++;
    }
    if (tick % 3 === 0) {
      this.#database.add(order);
      this.figures.transactions++;
    }
  }

  /** As careful programs replace a file. */
  #renameInPlace(name: string, text: string): void {
    trialFiles.write(this.#path(`.${name}.new`), text);
    trialFiles.rename(this.#path(`.${name}.new`), this.#path(name));
    this.figures.renamed++;
    this.figures.bytes += text.length;
  }

  #order(folder: string, number: number): string {
    return this.#path(folder, `order-${String(number).padStart(6, '0')}.txt`);
  }

  #path(...names: readonly string[]): string {
    return join(this.#folder, ...names);
  }
}
