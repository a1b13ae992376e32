import fs from 'node:fs';
import { join } from 'node:path';
import type { PassiveReport } from '../../src/daemon/status/side-report.ts';
import { shownTree } from '../support/manifest.ts';
import type { SimulatedServer } from './simulated-server.ts';

/** Turns that a passive server may take to end alone what it has begun to apply. */
const TURNS_MAX = 20_000;

/**
 * Watches that a passive server changes nothing while it gathers what makes up for a queue that was given up, whatever
 * happens to it, and that it ends alone what it has begun to apply of it.
 */
export class WholeCopy {
  readonly #passive: SimulatedServer;
  /** The copy as it was when it began to gather. */
  #before: { readonly tree: string[]; readonly applied: string } | null = null;
  #last: PassiveReport['batch'] = 'none';

  constructor(passive: SimulatedServer) {
    this.#passive = passive;
  }

  /** Not while it is down. */
  get isApplying(): boolean {
    return this.#passive.isRunning && this.#last === 'applying';
  }

  /** After each turn, and each start. */
  look(): void {
    const report = this.#passive.report() as PassiveReport | null;
    // Killed: the next start tells what is there.
    if (report === null) return;
    const { batch = 'none' } = report;
    const applied = JSON.stringify(report.applied);
    // Where the stream began anew, what was gathered is of no use, and more may have happened in the same turn.
    if (this.#before?.applied === applied) this.#isAsBefore(this.#before.tree);
    else this.#before = null;
    if (batch !== 'gathering') this.#before = null;
    else this.#before ??= { tree: shownTree(this.#passive.root), applied };
    this.#last = batch;
  }

  /** The active server is gone for now. @param pass - lets time go by. */
  endsAlone(pass: (ms: number) => void): void {
    for (let turns = 0; turns < TURNS_MAX && this.isApplying; turns += 1) {
      const waitMs = this.#passive.turn(Number.POSITIVE_INFINITY) ?? 0;
      this.look();
      if (waitMs > 0) pass(Math.min(waitMs, 1000));
    }
    if (this.isApplying) throw new Error('a batch was begun and not ended without the active server');
    const { isMixed, pullsWaiting } = this.#passive.report() as PassiveReport;
    // Where names were moved and replaced at random, content may be missing that nobody saw coming: then that is told.
    if (!isMixed && pullsWaiting > 0) throw new Error('content is missing, and the copy counts as one state');
  }

  #isAsBefore(before: readonly string[]): void {
    const left = new Set(before);
    const changed = shownTree(this.#passive.root).filter((line) => !left.delete(line));
    if (changed.length + left.size === 0) return;
    const lines = [...changed, '- not -', ...left].join('; ');
    throw new Error(`the copy was changed before all was gathered: ${lines}`);
  }
}

/** Nothing may be left behind that nobody needs any more, once a pair has come to rest. */
export function expectTidied({ root, queues }: SimulatedServer): void {
  const stash = join(root, '../.understudy');
  const staged = fs.existsSync(stash) ? fs.readdirSync(stash, { recursive: true, encoding: 'utf8' }) : [];
  const gathered = fs.readdirSync(queues).filter((name) => name === 'resync');
  const left = [...staged.filter((path) => /staging\//.test(path)), ...gathered];
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}
