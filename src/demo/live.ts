import { redrawn } from '../cli/commands/status.ts';
import { pause } from '../cli/waiting.ts';
import type { Terminal } from '../kernel/terminal.ts';
import { Problem } from '../problems/problem.ts';
import { systemClock } from '../system/machine/clock.ts';
import { onKeys } from '../system/machine/keys.ts';
import { systemTimers } from '../system/machine/timers.ts';
import type { DemoPair } from './demo-pair.ts';
import { PassiveHold } from './passive-hold.ts';
import { PassiveEdit } from './passive-edit.ts';
import { sceneLines } from './screen.ts';
import type { Shop } from './shop.ts';

const REDRAW_EVERY_MS = 250;
const CTRL_C = '\x03';
const ALTERNATE_SCREEN = '\x1b[?1049h\x1b[?25l\x1b[2J';
const USUAL_SCREEN = '\x1b[?25h\x1b[?1049l';

const BEGIN =
  'The first copy: expect Checking and Out of sync, with a progress bar, until every item was copied and verified; then Synchronized, or Synchronized and busy processing while changes are on their way.';
const CUT =
  'The channel is cut. Expect Waiting for 2 seconds, then Not connected and Out of sync on both servers, while the send queue of the primary grows. Press c again to restore it.';
const RESTORED =
  'The channel is restored. Expect Connected within a few seconds; the send queue empties and both servers say Synchronized again.';

/** Both servers drawn live, with keys, until Ctrl-C. */
export class Live {
  readonly #pair: DemoPair;
  readonly #terminal: Terminal;
  readonly #ended: AbortController;
  #note = BEGIN;
  #edit: { readonly edit: PassiveEdit; readonly atMs: number } | null = null;
  #hold: PassiveHold | null = null;
  /** Released, and not updated yet. */
  #released: { readonly hold: PassiveHold; readonly atMs: number } | null = null;
  #wake = new AbortController();

  /** @param ended - aborted by whoever ends the demo, this screen among them. */
  constructor(options: { readonly pair: DemoPair; readonly terminal: Terminal; readonly ended: AbortController }) {
    this.#pair = options.pair;
    this.#terminal = options.terminal;
    this.#ended = options.ended;
  }

  async run(shop: Shop): Promise<void> {
    const { signal } = this.#ended;
    const cancelKeys = onKeys((key) => this.#pressed(key));
    const wake = (): void => this.#wake.abort();
    signal.addEventListener('abort', wake);
    this.#terminal.out(ALTERNATE_SCREEN);
    try {
      while (!signal.aborted) {
        await this.#draw(shop);
        if (shop.failure !== null)
          throw new Problem('CLI-014', { reason: `the application failed: ${shop.failure.message}` });
        await pause(systemTimers, REDRAW_EVERY_MS, this.#wake.signal);
        if (!signal.aborted) this.#wake = new AbortController();
      }
    } finally {
      this.#hold?.release();
      signal.removeEventListener('abort', wake);
      cancelKeys();
      this.#terminal.out(USUAL_SCREEN);
    }
  }

  async #draw(shop: Shop): Promise<void> {
    const both = await this.#pair.statuses();
    this.#lookAtEdit();
    this.#lookAtReleased();
    const { columns, rows } = this.#terminal.size();
    const scene = {
      top: this.#pair.top,
      both,
      figures: shop.figures,
      isCut: this.#pair.isCut,
      isHeld: this.#hold !== null,
      note: this.#note,
    };
    this.#terminal.out(redrawn(sceneLines(scene, { columns, colour: this.#terminal.colour }), { columns, rows }));
  }

  #pressed(key: string): void {
    if (key === CTRL_C || key === 'q') this.#ended.abort();
    else if (key === 'c') this.#cutOrRestore();
    else if (key === 'e') this.#editPassive();
    else if (key === 'h') this.#holdOrRelease();
    else return;
    this.#wake.abort();
  }

  #cutOrRestore(): void {
    this.#edit = null;
    if (this.#pair.isCut) this.#pair.restore();
    else this.#pair.cut();
    this.#note = this.#pair.isCut ? CUT : RESTORED;
  }

  #editPassive(): void {
    this.#onPassive(() => {
      const edit = new PassiveEdit(this.#pair);
      this.#edit = { edit, atMs: systemClock.monotonicMs() };
      this.#note = `${edit.path} was edited on the passive. Expect the finding [APL-002] below, which names the writer where Understudy runs as root; the file is repaired from the active ${this.#soon}.`;
    });
  }

  #holdOrRelease(): void {
    this.#edit = null;
    const hold = this.#hold;
    if (hold !== null) {
      hold.release();
      this.#hold = null;
      this.#released = { hold, atMs: systemClock.monotonicMs() };
      this.#note = `${hold.path} is locked no more. Expect it to be updated from the active, and the finding [N29] to clear, ${this.#soon}.`;
      return;
    }
    this.#onPassive(() => {
      this.#hold = new PassiveHold(this.#pair);
      this.#released = null;
      this.#note = `${this.#hold.path} is locked on the passive by this demo, and was changed on the active. Expect Out of sync and the finding [N29] below, which names the process, ${this.#soon}; everything else goes on. Press h again to release it.`;
    });
  }

  /** Does something to a file of the passive that may not be there yet. */
  #onPassive(action: () => void): void {
    try {
      action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#note = 'The file is not on the passive yet: wait for the first copy.';
    }
  }

  get #soon(): string {
    return this.#pair.isCut ? 'once the channel is restored' : 'within seconds';
  }

  #lookAtReleased(): void {
    if (this.#released?.hold.isUpdated() !== true) return;
    const seconds = ((systemClock.monotonicMs() - this.#released.atMs) / 1000).toFixed(1);
    this.#note = `${this.#released.hold.path} was updated ${seconds} s after it was released.`;
    this.#released = null;
  }

  #lookAtEdit(): void {
    if (this.#edit?.edit.isRepaired() !== true) return;
    const seconds = ((systemClock.monotonicMs() - this.#edit.atMs) / 1000).toFixed(1);
    this.#note = `${this.#edit.edit.path} was edited on the passive and repaired after ${seconds} s. The finding [APL-002] stays for half a minute, should the writer come back.`;
    this.#edit = null;
  }
}
