import fs from 'node:fs';
import type { Status } from '../src/api/status.ts';
import type { CheckResult } from '../src/api/requests.ts';
import { makePair, type Pair } from '../test/support/pair.ts';
import { Relays } from '../test/support/relays.ts';
import type { TrialServer } from '../test/support/server.ts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Workspace } from './workspace.ts';

const LOOK_EVERY_MS = 50;
const TIMEOUT_MS = 600_000;

/** A folder with so many files. */
export interface PlantedTree {
  readonly folder: string;
  readonly files: number;
}

/** How long the steps of a first copy took. */
export interface FirstCopy {
  /** From the start of both daemons until the session was up. */
  readonly sessionMs: number;
  /** From then until both servers said Synchronized. */
  readonly copyMs: number;
}

/** A pair that has never run, with a tree on the active server and nothing on the passive one. */
export class TrialPair implements AsyncDisposable {
  readonly pair: Pair;
  readonly #workspace: Workspace;
  readonly #tree: PlantedTree;
  readonly #homes: readonly string[];
  readonly #relays: Relays | null;

  private constructor(
    pair: Pair,
    parts: { workspace: Workspace; tree: PlantedTree; homes: readonly string[]; relays: Relays | null },
  ) {
    const { workspace, tree, homes, relays } = parts;
    this.pair = pair;
    this.#relays = relays;
    this.#workspace = workspace;
    this.#tree = tree;
    this.#homes = homes;
  }

  /**
   * @param tree - moved into the active server, and back again at the end.
   * @param counts - the bytes between the two pass through something that counts them.
   */
  static async make(workspace: Workspace, tree: PlantedTree, counts = false): Promise<TrialPair> {
    const homes = { primary: workspace.freshOnActive('primary'), secondary: workspace.fresh('secondary') };
    const pair = await makePair({
      homes,
      // A daily check may not fall into a measurement.
      pairSettings: { check: { onStart: 'full', schedule: null } },
      plant: (data) => {
        fs.rmdirSync(data);
        fs.renameSync(tree.folder, data);
      },
    });
    const relays = counts ? await Relays.between(pair) : null;
    return new TrialPair(pair, { workspace, tree, homes: Object.values(homes), relays });
  }

  /** Between the two so far, in both directions; 0 where they are not counted. */
  get bytesPassed(): number {
    return this.#relays?.bytesPassed ?? 0;
  }

  /** Starts both daemons and returns when both say that everything is copied and verified. */
  async firstCopy(): Promise<FirstCopy> {
    const { active, passive } = this.pair;
    const start = performance.now();
    for (const server of this.pair.servers) server.launch();
    const fit = async (what: string, server: TrialServer, wanted: (status: Status) => boolean): Promise<void> => {
      while (!wanted(await this.#status(server))) {
        if (performance.now() > start + TIMEOUT_MS) throw new Error(`Waited in vain: ${what}\n${this.pair.logs()}`);
        await pause(LOOK_EVERY_MS);
      }
    };
    await fit('session', active, (status) => status.channel.status === 'Connected');
    const connected = performance.now();
    for (const server of [active, passive]) {
      await fit(`Synchronized on ${server.place.identity}`, server, isSynchronized);
    }
    return { sessionMs: connected - start, copyMs: performance.now() - connected };
  }

  /** @throws Error where it was not finished or found a difference. */
  async fullCheck(itemsMin: number): Promise<void> {
    let result: CheckResult | null = null;
    for await (const part of this.pair.active.client.stream('check', { mode: 'full' })) {
      if (part.kind === 'result') result = part;
    }
    if (result?.finished === true && result.differences === 0 && result.itemsChecked >= itemsMin) return;
    throw new Error(`A check of equal trees ended with ${JSON.stringify(result)}\n${this.pair.logs()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await this.#relays?.[Symbol.asyncDispose]();
    fs.renameSync(this.pair.active.data, this.#tree.folder);
    for (const home of this.#homes) await this.#workspace.discard(home, this.#tree.files);
  }

  async #status(server: TrialServer): Promise<Status> {
    for (;;) {
      try {
        return await server.status();
      } catch (error) {
        if (server.daemon?.end !== null) throw new Error(`A daemon ended\n${this.pair.logs()}`, { cause: error });
        await pause(LOOK_EVERY_MS);
      }
    }
  }
}

function isSynchronized(status: Status): boolean {
  return status.fileSystem.status === 'Synchronized';
}
