/**
 * What it proves: under one fault of the machine at random every 5 s, some while others last, with a
 * program that does anything to the active's files, both servers come together again and again by
 * themselves, nothing of the faults is left in the findings, no daemon ends, and the daemons take no
 * more memory, descriptors, threads and disk the longer it goes on.
 *
 * It runs in legs: faults and load, then rest, where all is compared and measured. In the second half
 * of the legs no daemon is ended, so that the same two processes are measured from its beginning to its
 * end. What it doesn't prove: how soon each fault is told (each has a test of its own).
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SeededRandom } from '../support/seeded-random.ts';
import { FaultPlan } from '../support/soak/fault-plan.ts';
import { type Figures, figuresAtRest, shown } from '../support/soak/figures.ts';
import { soakLength } from '../support/soak/length.ts';
import { SoakRig } from '../support/soak/rig.ts';
import { until } from '../support/until.ts';

/** With faults; the rests come on top. */
const { minutes: MINUTES, seed: SEED } = soakLength();
const LEG_MS_MAX = 60_000;
const LEGS = 2 * Math.ceil((MINUTES * 60_000) / LEG_MS_MAX / 2);
const LEG_MS = (MINUTES * 60_000) / LEGS;
const SETTLES_WITHIN_MS = 240_000;
const CLEARS_WITHIN_MS = 180_000;
/** Stands until somebody looks at what was set aside: the faults fill the quarantine in time. */
const QUARANTINE_FULL = 'APL-004';
const TEST_TIMEOUT_MS = LEGS * (LEG_MS + SETTLES_WITHIN_MS + CLEARS_WITHIN_MS);

/** How much more a server may take at the end than in the middle, whatever the time between. */
const GROWTH_MAX: Figures = {
  residentMib: 64,
  descriptors: 8,
  folders: 400,
  threads: 2,
  queuesMib: 34,
  stateMib: 20,
  eventsMib: 120,
};

it(
  `comes together again and again under faults for ${String(MINUTES)} min (seed ${String(SEED)})`,
  async () => {
    const random = new SeededRandom(SEED);
    await using rig = await SoakRig.start(random.integer(0, 2 ** 31));
    const plan = new FaultPlan(rig, random);
    await rig.pair.settled();
    const measured = [await figures(rig)];
    tell('At the beginning', measured);
    try {
      for (let leg = 1; leg <= LEGS; leg++) {
        rig.startLoad();
        await plan.run(LEG_MS, leg > LEGS / 2);
        await rig.endLoad();
        await comesToRest(rig);
        measured.push(await figures(rig));
        tell(`After leg ${String(leg)} of ${String(LEGS)}`, measured);
      }
    } finally {
      await plan.mendAll();
      process.stdout.write(`Seed ${String(SEED)}, ${String(plan.done.length)} faults\n`);
    }
    const [middle, end] = [measured[LEGS / 2], measured.at(-1)];
    for (const role of ['active', 'passive'] as const) {
      for (const [name, most] of Object.entries(GROWTH_MAX) as [keyof Figures, number][]) {
        const grown = (end?.[role][name] ?? 0) - (middle?.[role][name] ?? 0);
        expect.soft(grown, `growth of ${name} of the ${role} server`).toBeLessThanOrEqual(most);
      }
    }
    expect(rig.endedByThemselves).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

interface Measured {
  readonly active: Figures;
  readonly passive: Figures;
}

async function comesToRest(rig: SoakRig): Promise<void> {
  const { pair } = rig;
  const began = performance.now();
  expect(await damages(rig)).toEqual([]);
  await pair.settled({ timeoutMs: SETTLES_WITHIN_MS });
  process.stdout.write(`Settled within ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  expect(pair.differences()).toEqual([]);
  await until('no finding to be left', CLEARS_WITHIN_MS, async (seen) => {
    const statuses = await Promise.all(pair.servers.map((server) => server.status()));
    const left = statuses.flatMap(({ findings }) => findings).filter(({ code }) => code !== QUARANTINE_FULL);
    seen(JSON.stringify(left));
    return left.length === 0 ? true : null;
  });
}

/** What a server took for damaged: none of the faults damages anything. */
async function damages({ pair }: SoakRig): Promise<string[]> {
  const all = await Promise.all(
    pair.servers.flatMap((server) =>
      (['APL-005', 'JRN-002'] as const).map(async (code) => {
        try {
          return await server.events(code);
        } catch {
          // Its daemon may just be starting.
          return [];
        }
      }),
    ),
  );
  return all.flat().map(({ at, text }) => `${at} ${text}`);
}

async function figures(rig: SoakRig): Promise<Measured> {
  return {
    active: await figuresAtRest(rig.pair.active, join(rig.disk('active queues').folder, 'both')),
    passive: await figuresAtRest(rig.pair.passive, join(rig.disk('passive queues').folder, 'both')),
  };
}

function tell(when: string, measured: readonly Measured[]): void {
  const last = measured.at(-1);
  if (last === undefined) return;
  for (const role of ['active', 'passive'] as const) process.stdout.write(`${when}, ${role}: ${shown(last[role])}\n`);
}
