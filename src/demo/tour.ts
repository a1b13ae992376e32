import type { Status } from '../api/status.ts';
import { progressFraction } from '../cli/progress-text.ts';
import { formatCount, formatNumberOf } from '../kernel/count-text.ts';
import { formatBytes } from '../kernel/size-text.ts';
import { safe } from '../cli/shown-text.ts';
import { isSynchronized } from '../diagnosis/synchronization-status.ts';
import type { Terminal } from '../kernel/terminal.ts';
import { Problem } from '../problems/problem.ts';
import { systemClock } from '../system/machine/clock.ts';
import { examineDatabase } from '../system/files/live-database.ts';
import { trialFiles } from '../system/files/trial-files.ts';
import { awaited, passing } from './deadline.ts';
import type { BothStatuses, DemoPair } from './demo-pair.ts';
import { differencesOf, manifestOf } from './manifest.ts';
import { PassiveEdit } from './passive-edit.ts';
import { PassiveHold } from './passive-hold.ts';
import { Shop } from './shop.ts';

const STEP_MS = 120_000;
const WRITE_MS = 5_000;
const SILENCE_MS = 3_000;
/** A server tells its status at every change and at least this often; an older one may not know the last change. */
const STATUS_AGE_MS_MAX = 1_000;
const DIFFERENCES_SHOWN_MAX = 20;
const LAST_FILE = 'closed.txt';

type Both = { readonly active: Status; readonly passive: Status };

/** The demo without keys: every step by itself, each with a deadline. */
export class Tour {
  readonly #pair: DemoPair;
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal;
  readonly #startMs = systemClock.monotonicMs();
  readonly #summary: [label: string, text: string][] = [];
  #shown = '';

  constructor(options: { readonly pair: DemoPair; readonly terminal: Terminal; readonly signal: AbortSignal }) {
    this.#pair = options.pair;
    this.#terminal = options.terminal;
    this.#signal = options.signal;
  }

  /** One line of what happens, with the time since the start. */
  say(text: string): void {
    this.#terminal.out(`${(this.#elapsedMs() / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  }

  /**
   * From running daemons to the summary.
   * @throws Problem CLI-014 when something does not come about in time or the trees differ.
   */
  async run(goods: { readonly files: number; readonly folders: number; readonly bytes: number }): Promise<void> {
    await this.#firstCopy(goods);
    const shop = new Shop(this.#pair.active.shop());
    try {
      await this.#write(shop);
      await this.#changeRegistry(shop);
      await this.#cutAndRestore(shop);
      await this.#editPassive(shop);
      await this.#holdPassive(shop);
    } finally {
      shop.close();
    }
    const both = await this.#settled();
    this.#compare(shop);
    this.#showSummary(both);
  }

  async #firstCopy(goods: { readonly files: number; readonly folders: number; readonly bytes: number }): Promise<void> {
    const amount = `${formatNumberOf(goods.files, 'file')} in ${formatNumberOf(goods.folders, 'folder')}, ${formatBytes(goods.bytes)}`;
    this.say(`The first copy: ${amount}. Expect Checking and Out of sync while items are missing, then Synchronized.`);
    const ms = await this.#timed(() =>
      this.#until('the first copy to be Synchronized', (both) => everyStatus(both, (word) => word === 'Synchronized')),
    );
    this.#summary.push(['First copy', `${amount}; verified and Synchronized after ${seconds(ms)}`]);
  }

  async #write(shop: Shop): Promise<void> {
    this.say(
      'An application writes on the active server, a SQLite database among it. Expect Synchronized, now and then busy.',
    );
    await passing(WRITE_MS, this.#signal);
    await this.#until('the changes to follow', (both) => everyStatus(both, isSynchronized), shop);
    this.say(shopText(shop));
  }

  async #changeRegistry(shop: Shop): Promise<void> {
    const { registry } = this.#pair;
    this.say(
      `A till is closed: a value is set in its key, in ${registry.places}. Expect it on the passive server, too.`,
    );
    const ms = await this.#timed(async () => {
      await registry.change();
      await awaited('the registries to be the same', { timeoutMs: STEP_MS, signal: this.#signal }, async (seen) => {
        seen(seenText(await this.#pair.statuses()));
        return (await registry.isSame()) ? true : null;
      });
      await this.#until('the registries to be Synchronized', (both) => everyRegistry(both, isSynchronized), shop);
    });
    this.#summary.push([
      'Registry',
      `${formatNumberOf(registry.keys, 'key')} in ${registry.places}; the change was there after ${seconds(ms)}, and both servers hold the same`,
    ]);
  }

  async #cutAndRestore(shop: Shop): Promise<void> {
    this.say('The channel is cut. Expect Waiting, then Not connected and Out of sync on both.');
    this.#pair.cut();
    let queued = 0;
    const noticedMs = await this.#timed(() =>
      this.#until(
        'the cut to be noticed',
        (both) => everyStatus(both, (word) => word === 'Out of sync') && both.active.channel.status === 'Not connected',
        shop,
      ),
    );
    await passing(SILENCE_MS, this.#signal);
    await this.#until('the send queue to fill', ({ active }) => (queued = active.queues.send.records) > 0, shop);
    this.say(`The channel is restored; ${formatNumberOf(queued, 'change')} wait for it. Expect Synchronized again.`);
    this.#pair.restore();
    const restoredMs = await this.#timed(() =>
      this.#until(
        'both to be Synchronized again',
        (both) => everyStatus(both, isSynchronized) && both.active.channel.status === 'Connected',
        shop,
      ),
    );
    this.#summary.push([
      'Channel cut',
      `Out of sync after ${seconds(noticedMs)}; ${formatNumberOf(queued, 'change')} waited; Synchronized ${seconds(restoredMs)} after it was restored`,
    ]);
  }

  async #editPassive(shop: Shop): Promise<void> {
    const edit = new PassiveEdit(this.#pair);
    this.say(`${edit.path} is edited on the passive. Expect a finding, and the file repaired.`);
    let told = '';
    const ms = await this.#timed(async () => {
      await awaited('the edited file to be repaired', { timeoutMs: STEP_MS, signal: this.#signal }, async (seen) => {
        const [text, isRepaired] = [await edit.told(), edit.isRepaired()];
        seen(`${text ?? 'no finding'}; ${isRepaired ? 'repaired' : 'not repaired'}`);
        told = text ?? '';
        return text !== null && isRepaired ? true : null;
      });
      await this.#until('the repair to be known', (both) => everyStatus(both, isSynchronized), shop);
    });
    this.say(safe(told));
    this.#summary.push(['Passive edited', `${safe(told)} Repaired after ${seconds(ms)}`]);
  }

  async #holdPassive(shop: Shop): Promise<void> {
    const hold = new PassiveHold(this.#pair);
    try {
      this.say(`${hold.path} is locked on the passive, and changed on the active. Expect Out of sync and a finding.`);
      let told = '';
      await awaited('the holder to be named', { timeoutMs: STEP_MS, signal: this.#signal }, async (seen) => {
        const text = await hold.told();
        seen(text ?? (hold.isUpdated() ? 'no finding, and the file was changed in spite of the lock' : 'no finding'));
        told = text ?? '';
        return text === null ? null : true;
      });
      await this.#until('both to be Out of sync', (both) => everyStatus(both, (word) => word === 'Out of sync'), shop);
      this.say(safe(told));
      hold.release();
      this.say('It is released. Expect the file to be updated, and the finding to clear.');
      const ms = await this.#timed(() =>
        this.#until(
          'the file to be updated',
          (both) => hold.isUpdated() && everyStatus(both, isSynchronized) && !isTold(both, 'N29'),
          shop,
        ),
      );
      this.#summary.push([
        'Passive in use',
        `${safe(told)} Updated, and the finding cleared, ${seconds(ms)} after its release`,
      ]);
    } finally {
      hold.release();
    }
  }

  /** What was done before the last file is known when that has arrived: notices come in order. */
  async #settled(): Promise<Both> {
    this.say('The application has ended. Expect Synchronized on both.');
    trialFiles.write(this.#pair.active.shop(LAST_FILE), 'The shop is closed.\n');
    await awaited('the last file to arrive', { timeoutMs: STEP_MS, signal: this.#signal }, () =>
      trialFiles.exists(this.#pair.passive.shop(LAST_FILE)) ? true : null,
    );
    const after = systemClock.wallMs() + STATUS_AGE_MS_MAX;
    const isFresh = ({ fileSystem, registry, asOf }: Status): boolean =>
      [fileSystem, registry].every(({ status }) => status === 'Synchronized') && Date.parse(asOf) >= after;
    return await this.#until('both to be Synchronized', ({ active, passive }) => isFresh(active) && isFresh(passive));
  }

  #compare(shop: Shop): void {
    this.say('Both trees are read and compared, independently of the product.');
    const active = manifestOf(this.#pair.active.shop());
    const differences = differencesOf(active, manifestOf(this.#pair.passive.shop()));
    if (differences.length > 0) {
      const shown = differences.slice(0, DIFFERENCES_SHOWN_MAX).map((one) => `  ${safe(one)}\n`);
      this.#terminal.out(
        `The passive's tree differs in ${formatNumberOf(differences.length, 'place')}:\n${shown.join('')}`,
      );
      throw new Problem('CLI-014', { reason: 'the two trees differ although both servers say Synchronized' });
    }
    const copy = `${this.#pair.top}/examined.sqlite`;
    trialFiles.copy(this.#pair.passive.shop(Shop.DATABASE), copy);
    const { rows, isSound } = examineDatabase(copy);
    if (!isSound || rows !== shop.figures.transactions) {
      throw new Problem('CLI-014', {
        reason: `the passive's database holds ${rows} rows of ${shop.figures.transactions} and is ${isSound ? '' : 'not '}sound`,
      });
    }
    this.#summary.push(['Written', shopText(shop)]);
    const bytes = [...active.values()].reduce((sum, entry) => sum + entry.sizeBytes, 0);
    this.#summary.push([
      'Compared',
      `${formatNumberOf(active.size, 'name')}, ${formatBytes(bytes)}: same content (SHA-256), types, modes, owners, times, link targets`,
    ]);
    this.#summary.push(['Database', `the passive's copy opens and is sound: ${formatNumberOf(rows, 'row')}`]);
  }

  #showSummary({ active, passive }: Both): void {
    const lines = this.#summary.map(([label, text]) => `  ${label.padEnd(16)}${text}\n`);
    this.#terminal.out(`\nDone in ${seconds(this.#elapsedMs())}\n${lines.join('')}\n`);
    for (const [title, status] of [['Primary', active] as const, ['Secondary', passive] as const]) {
      const server = `${title} (${status.role})`.padEnd(20);
      this.#terminal.out(`${server} File System Status: ${status.fileSystem.status}\n`);
      this.#terminal.out(`${' '.repeat(20)} Registry Status: ${status.registry.status}\n`);
    }
  }

  /** Shows every new pair of words meanwhile. */
  async #until(what: string, holds: (both: Both) => boolean, shop?: Shop): Promise<Both> {
    return await awaited(what, { timeoutMs: STEP_MS, signal: this.#signal }, async (seen) => {
      if (shop?.failure) throw new Problem('CLI-014', { reason: `the application failed: ${shop.failure.message}` });
      const { active, passive } = await this.#pair.statuses();
      seen(seenText({ active, passive }));
      if (active === null || passive === null) return null;
      this.#showStatus({ active, passive });
      return holds({ active, passive }) ? { active, passive } : null;
    });
  }

  #showStatus(both: Both): void {
    const text = statusText(both);
    if (text !== this.#shown) this.say(`  ${text}`);
    this.#shown = text;
  }

  async #timed(action: () => Promise<unknown>): Promise<number> {
    const start = systemClock.monotonicMs();
    await action();
    return systemClock.monotonicMs() - start;
  }

  #elapsedMs(): number {
    return systemClock.monotonicMs() - this.#startMs;
  }
}

function everyStatus(both: Both, holds: (word: Status['fileSystem']['status']) => boolean): boolean {
  return holds(both.active.fileSystem.status) && holds(both.passive.fileSystem.status);
}

function everyRegistry(both: Both, holds: (word: Status['registry']['status']) => boolean): boolean {
  return holds(both.active.registry.status) && holds(both.passive.registry.status);
}

function isTold(both: Both, code: string): boolean {
  return [both.active, both.passive].some((status) => status.findings.some((finding) => finding.code === code));
}

/** Progress in quarters, so that a long check gives a few lines and a short one none. */
function statusText({ active, passive }: Both): string {
  const words = [active, passive].map((status) => {
    const { check } = status.fileSystem;
    const progress = check === null ? '' : ` (${Math.floor(progressFraction(check) * 4) * 25} % checked)`;
    return `${status.identity}: ${status.fileSystem.status}${progress}`;
  });
  return `${words.join(', ')}; channel ${active.channel.status}`;
}

function seenText({ active, passive }: BothStatuses): string {
  const one = (status: Status | null): string => {
    if (status === null) return 'no answer';
    const { itemsOutOfSync, itemsUnchecked } = status.fileSystem;
    const findings = status.findings.map((finding) => `[${finding.code}] ${finding.item ?? ''} ${finding.cause}`);
    const parts = [status.systemStatus, `${itemsOutOfSync} out of sync, ${itemsUnchecked} unchecked`];
    return [
      `${status.identity}: ${status.fileSystem.status}`,
      `channel ${status.channel.status}`,
      ...parts,
      ...findings,
    ].join(', ');
  };
  return `${one(active)}; ${one(passive)}`;
}

function shopText({ figures }: Shop): string {
  return [
    `${formatNumberOf(figures.created, 'file')} written (${formatBytes(figures.bytes)})`,
    `${formatCount(figures.renamed)} renamed`,
    `${formatCount(figures.deleted)} deleted`,
    formatNumberOf(figures.transactions, 'database transaction'),
  ].join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
