import { setTimeout } from 'node:timers/promises';
import type { Finding, Status } from '../../../src/api/status.ts';
import type { Pair } from '../pair.ts';
import { OF_LOAD } from '../of-load.ts';
import { proofRuns } from '../proof-runs.ts';
import type { TrialServer } from '../server.ts';
import { until } from '../until.ts';

const WITHIN_MS = 120_000;
/** So long after it can be seen the cause is named, at the latest. */
const NAMED_MS = 5_000;
/** So long nothing else may be claimed, once all that is expected stands. */
const BESIDE_MS = 1500;
const LOOK_EVERY_MS = 100;
/** Nothing listens where the other server is. */
const AWAY = 'CHN-033';
/** So long after the injection it may be told still that a server was away while something was injected. */
const AWAY_TOLD_MS = proofRuns({ short: 30_000, full: 5_000 });

/** What one of the servers has to say. */
export interface Expected {
  readonly server: 'active' | 'passive';
  readonly code: string;
  /** In the item, the cause, and the evidence or the cause. */
  readonly item?: RegExp;
  readonly says?: RegExp;
  readonly evidence?: RegExp;
  /** The code of what it is but a consequence of; it is a root where that is left out. */
  readonly under?: string;
}

/** Something that goes wrong on a pair, injected for real, with what has to be said of it. */
export interface Scenario<Rig> {
  /** What goes wrong, in the words of the table. */
  readonly name: string;
  /** What to do, as it was done. */
  readonly resolution: string;
  /** Since when it can be observed is told by the return. */
  readonly inject: (rig: Rig) => Promise<void> | void;
  readonly expected: readonly Expected[];
  /** The File System Status of both meanwhile. */
  readonly status: readonly Status['fileSystem']['status'][];
  /** What it takes by its nature until it can be seen, and why. */
  readonly seenAfter?: { readonly ms: number; readonly because: string };
  /** Other findings that are true as well, from the injection to the end of the repair. */
  readonly beside?: readonly string[];
  /** Further ones that are true once it is being repaired. */
  readonly afterwards?: readonly string[];
  readonly repair: (rig: Rig) => Promise<void> | void;
  /** These answer nothing meanwhile. */
  readonly standsStill?: readonly ('active' | 'passive')[];
  /** Played in `npm test` too. */
  readonly isShort?: boolean;
}

/** One line of the table. */
export interface Row {
  readonly scenario: string;
  readonly codes: string;
  readonly cause: string;
  readonly evidence: string;
  readonly resolution: string;
  /** From the injection, and from when the servers noticed that they are apart, to the finding; on whichever was slower. */
  readonly toldMs: number;
  /** So long that may take. */
  readonly toldMsMax: number;
  /** Why that is longer than usual; empty where it is not. */
  readonly toldLater: string;
  readonly clearedMs: number;
}

/** For the output of a test. */
export function lineOf(row: Row): string {
  const times = `told after ${(row.toldMs / 1000).toFixed(1)} s, over after ${(row.clearedMs / 1000).toFixed(1)} s`;
  return `${row.scenario}: ${row.codes}, ${times}\n  ${row.cause}\n  ${row.evidence}`;
}

/** Plays one. @throws Error where something is not told, or something else is. */
export async function play<Rig extends { readonly pair: Pair }>(rig: Rig, scenario: Scenario<Rig>): Promise<Row> {
  const { pair } = rig;
  await healthy(pair);
  let found: readonly Finding[] = [];
  let toldMs = 0;
  await using claims = new Claims(pair, scenario);
  try {
    await scenario.inject(rig);
    const injected = performance.now();
    claims.begin();
    found = await Promise.all(scenario.expected.map((one) => told(pair[one.server], one)));
    toldMs = performance.now() - injected;
    for (const server of running(pair, scenario)) await statusOf(server, scenario);
    await setTimeout(BESIDE_MS);
  } finally {
    claims.repairBegins();
    // Whatever came of it: the next one begins with a pair that is well.
    await scenario.repair(rig);
  }
  const repaired = performance.now();
  await healthy(pair);
  const clearedMs = performance.now() - repaired;
  await claims.expectNoneWrong();
  const [first] = found;
  return {
    scenario: scenario.name,
    codes: [...new Set(scenario.expected.map(({ server, code }) => `${code} (${server})`))].join(', '),
    cause: first?.cause ?? '',
    evidence: first?.evidence.join('; ') ?? '',
    resolution: scenario.resolution,
    toldMs,
    toldMsMax: NAMED_MS + (scenario.seenAfter?.ms ?? 0),
    toldLater:
      scenario.seenAfter === undefined ? '' : `${scenario.seenAfter.ms / 1000} s: ${scenario.seenAfter.because}`,
    clearedMs,
  };
}

/** Both Synchronized, connected, and nothing is wrong. */
async function healthy(pair: Pair): Promise<void> {
  await pair.synchronized();
  for (const server of pair.servers) {
    await until(`nothing to be found on ${server.place.identity}`, WITHIN_MS, async (seen) => {
      const { findings } = await server.status();
      seen(JSON.stringify(findings, null, 1));
      return findings.length === 0 ? true : null;
    });
  }
}

async function told(server: TrialServer, expected: Expected): Promise<Finding> {
  return await until(`${expected.code} on ${server.place.identity}`, WITHIN_MS, async (seen) => {
    const { findings } = await server.status();
    seen(JSON.stringify(findings, null, 1));
    return findings.find((finding) => isMeant(finding, { server, expected, findings })) ?? null;
  });
}

function isMeant(
  finding: Finding,
  told: { readonly server: TrialServer; readonly expected: Expected; readonly findings: readonly Finding[] },
): boolean {
  const { code, item, says, evidence, under } = told.expected;
  if (finding.code !== code || finding.server !== told.server.place.identity) return false;
  if (told.findings.find(({ id }) => id === finding.parent)?.code !== under) return false;
  if (item !== undefined && !item.test(finding.item ?? '')) return false;
  if (says !== undefined && !says.test(finding.cause)) return false;
  return evidence === undefined || finding.evidence.some((one) => evidence.test(one));
}

async function statusOf(server: TrialServer, scenario: Scenario<never>): Promise<void> {
  await until(`${server.place.identity} to be ${scenario.status.join(' or ')}`, WITHIN_MS, async (seen) => {
    const { fileSystem } = await server.status();
    seen(JSON.stringify(fileSystem));
    return scenario.status.includes(fileSystem.status) ? true : null;
  });
}

/** What both say all the while, from the injection until the pair is well again. */
class Claims {
  readonly #pair: Pair;
  readonly #scenario: Scenario<never>;
  readonly #wrong = new Map<string, string>();
  #looking = Promise.resolve();
  #isRepaired = false;
  #isOver = false;

  constructor(pair: Pair, scenario: Scenario<never>) {
    this.#pair = pair;
    this.#scenario = scenario;
  }

  /** It is injected. */
  begin(): void {
    this.#looking = this.#look(performance.now());
  }

  repairBegins(): void {
    this.#isRepaired = true;
  }

  /** @throws Error where anything was said that was neither expected nor true. */
  async expectNoneWrong(): Promise<void> {
    await this[Symbol.asyncDispose]();
    if (this.#wrong.size > 0)
      throw new Error(`${this.#scenario.name}: this was said, too: ${[...this.#wrong.values()].join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#looking;
  }

  async #look(injectedMs: number): Promise<void> {
    const { expected, beside = [], afterwards = [] } = this.#scenario;
    // That the other server is away is true before the cause is known, and for a moment after it came back.
    const allowed = new Set(['CHN-003', ...OF_LOAD, ...expected.map(({ code }) => code), ...beside]);
    while (!this.#isOver) {
      // A server that was started for the repair listens a little later.
      if (this.#isRepaired) for (const code of [AWAY, ...afterwards]) allowed.add(code);
      const isFresh = performance.now() - injectedMs < AWAY_TOLD_MS;
      const servers = this.#isRepaired ? this.#pair.servers : running(this.#pair, this.#scenario);
      for (const server of servers) {
        for (const finding of await findingsOf(server))
          if (!allowed.has(finding.code) && !(isFresh && finding.code === AWAY))
            this.#wrong.set(finding.id, JSON.stringify(finding, null, 1));
      }
      await setTimeout(LOOK_EVERY_MS);
    }
  }
}

/** None of one that is being started or stopped. */
async function findingsOf(server: TrialServer): Promise<readonly Finding[]> {
  if (server.daemon?.end !== null) return [];
  try {
    return (await server.status()).findings;
  } catch {
    return [];
  }
}

/** A server may be stopped in a scenario: it says nothing then. */
function running(pair: Pair, { standsStill = [] }: Scenario<never>): readonly TrialServer[] {
  const still = standsStill.map((role) => pair[role]);
  return pair.servers.filter((server) => server.daemon?.end === null && !still.includes(server));
}
