import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../changes/change.ts';
import { RANGE_BYTES } from '../changes/change.ts';
import { Stat } from '../kernel/files.ts';
import { seededRandom } from '../kernel/random.ts';
import { NodeFiles } from '../system/files/files.ts';
import { ActiveModel, cleanUp } from './active-model.testing.ts';
import { entry, manifest, Trial } from './trial.testing.ts';

class Killed extends Error {}

const MUTATING = [
  'makeFolderAt',
  'symlinkAt',
  'linkAt',
  'renameAt',
  'renameNewAt',
  'unlinkAt',
  'removeFolderAt',
  'setModeAt',
  'setOwnerAt',
  'setMtimeAt',
  'openAt',
  'openUnnamed',
  'nameFile',
  'write',
  'setSize',
  'setMode',
  'setOwner',
  'setMtime',
] as const;

const OPENING: ReadonlySet<string> = new Set(['openAt', 'openUnnamed'] satisfies (typeof MUTATING)[number][]);

/** A file door that is killed before a given one of its changes. */
class MortalFiles extends NodeFiles {
  callsLeft = Number.POSITIVE_INFINITY;
  calls = 0;
  /** What a kill closes. */
  readonly #open = new Set<number>();

  constructor() {
    super();
    for (const name of MUTATING) {
      const real = (NodeFiles.prototype[name] as (...values: unknown[]) => unknown).bind(this);
      Object.assign(this, {
        [name]: (...values: unknown[]) => {
          this.calls++;
          if (this.callsLeft-- <= 0) throw new Killed();
          const result = real(...values);
          if (OPENING.has(name)) this.#open.add(result as number);
          return result;
        },
      });
    }
  }

  override close(file: number): void {
    this.#open.delete(file);
    super.close(file);
  }

  /** To be called when all that is known to be open was closed. */
  closeLeft(): void {
    for (const file of [...this.#open]) this.close(file);
  }

  override syncFileSystem(): void {
    // A kill keeps the page cache: nothing has to be synced to be there afterwards.
  }
}

interface Story {
  readonly changes: readonly Change[];
  readonly model: ActiveModel;
  readonly expected: string[];
}

function story(seed: number, steps: number): Story {
  const model = new ActiveModel(seededRandom(seed));
  const changes: Change[] = [];
  for (let step = 0; step < steps; step++) changes.push(...model.step());
  changes.push(...model.folderTimes());
  const base = model.make();
  const expected = manifest(join(base, 'root'));
  cleanUp(base);
  return { changes, model, expected };
}

/** Answers pulls, and states again what Apply asks for, as the active server and the check would. */
function finish(trial: Trial, { model }: Story): void {
  // Large content is always followed by records that verify it.
  for (const id of model.nodes.keys()) restate(trial, model, id);
  for (let round = 0; round < 20; round++) {
    trial.answerAll((id) => model.nodes.get(id) ?? null);
    if (trial.rechecks.size === 0) return;
    for (const id of trial.rechecks) {
      trial.rechecks.delete(id);
      restate(trial, model, id);
    }
  }
}

function restate(trial: Trial, model: ActiveModel, id: number): void {
  const node = trial.tree.get(id);
  const source = model.nodes.get(id);
  if (node?.type !== 'file' || source === undefined || source.content.length <= RANGE_BYTES) return;
  const file = trial.apply.openContent(node);
  const ranges: { offset: number; length: number }[] = [];
  const stat = new Stat();
  if (file !== null) trial.files.stat(file, stat);
  for (let offset = 0; offset < source.content.length; offset += RANGE_BYTES) {
    const wanted = source.content.subarray(offset, offset + RANGE_BYTES);
    const found = Buffer.alloc(wanted.length);
    const count =
      file === null ? 0 : trial.files.read(file, found, { offset: 0, length: found.length, position: offset });
    if (count !== wanted.length || !found.equals(wanted)) ranges.push({ offset, length: wanted.length });
  }
  if (file !== null) trial.files.close(file);
  const { attributes, content } = source;
  if (ranges.length > 0 || stat.sizeBytes !== content.length) {
    trial.apply.repair({ kind: 'ranges', node: id, attributes, sizeBytes: content.length, ranges });
  } else {
    trial.apply.repair({
      kind: 'attributes',
      node: id,
      parent: node.parent?.id ?? null,
      entry: entry(id, node.name, content, attributes),
      attributes,
      what: ['mtime'],
      proof: 'whole',
    });
  }
}

interface Plan {
  readonly checkpointAt: number;
  /** The checkpoint, begun at that record, is finished before this one; later than the crash: never. */
  readonly finishAt: number;
  readonly crashAt: number;
  /** System calls of the fatal record that still happen. */
  readonly calls: number;
  /** System calls of the replay before it is killed, too. */
  readonly callsAgain: number;
  /** As after a power cut: what was written down since the checkpoint is gone. */
  readonly forgetOwn: boolean;
}

function run(told: Story, plan: Plan): { trial: Trial; found: string[] } {
  const files = new MortalFiles();
  const trial = new Trial({ files });
  trial.rooted();
  const at = (index: number): { epoch: number; sequence: number } => ({ epoch: 1, sequence: index + 10 });
  const replay = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      trial.replay(at(index), told.changes[index] as Change);
      if (index % 7 === 6) trial.apply.pump();
    }
  };
  trial.checkpoint(at(0));
  replay(0, plan.checkpointAt);
  trial.apply.checkpoints.begin(at(plan.checkpointAt));
  replay(plan.checkpointAt, Math.min(plan.finishAt, plan.crashAt));
  if (plan.finishAt <= plan.crashAt) {
    trial.apply.checkpoints.finish();
    replay(plan.finishAt, plan.crashAt);
  }
  const from = plan.finishAt <= plan.crashAt ? plan.checkpointAt : 0;
  files.callsLeft = plan.calls;
  try {
    if (plan.crashAt < told.changes.length) replay(plan.crashAt, plan.crashAt + 1);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  files.callsLeft = Number.POSITIVE_INFINITY;
  if (plan.forgetOwn) rmSync(join(trial.base, 'srv/.understudy/shop/touched'), { force: true });
  trial.pulls.length = 0;
  trial.crash(() => files.closeLeft());
  // And once more on the way.
  files.callsLeft = plan.callsAgain;
  try {
    replay(from, told.changes.length);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    files.callsLeft = Number.POSITIVE_INFINITY;
    trial.pulls.length = 0;
    trial.crash(() => files.closeLeft());
    replay(from, told.changes.length);
  }
  files.callsLeft = Number.POSITIVE_INFINITY;
  finish(trial, told);
  trial.do(...told.model.folderTimes());
  trial.apply.pump();
  return { trial, found: manifest(trial.root) };
}

/** A longer run finds more: `APPLY_SEEDS=2000 npx vitest run src/apply`. */
const SEEDS = Number(process.env['APPLY_SEEDS'] ?? 12);
const TIMEOUT_MS = 20_000 + SEEDS * 500;

describe('a crash and the replay after it', () => {
  it(
    'give the tree of the active server, wherever the crash and the checkpoint fell',
    () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const told = story(seed, 45);
        const random = seededRandom(seed * 7919);
        for (let round = 0; round < 4; round++) {
          const crashAt = Math.floor(random() * (told.changes.length + 1));
          const checkpointAt = Math.floor(random() * (crashAt + 1));
          const plan = {
            checkpointAt,
            finishAt: checkpointAt + Math.floor(random() * (crashAt + 4 - checkpointAt)),
            crashAt,
            calls: Math.floor(random() * 12),
            callsAgain: Math.floor(random() * 400),
            forgetOwn: false,
          };
          const { trial, found } = run(told, plan);
          try {
            expect(found, `seed ${String(seed)} ${JSON.stringify(plan)}`).toEqual(told.expected);
            expect(trial.apply.quarantine.list(), `seed ${String(seed)} ${JSON.stringify(plan)}`).toEqual([]);
            expect(
              [...trial.apply.marked()]
                .filter(({ status }) => status === 'Out of sync')
                .map((item) => [item.path, item.problem]),
              `seed ${String(seed)} ${JSON.stringify(plan)}`,
            ).toEqual([]);
          } finally {
            trial.end();
          }
        }
      }
    },
    TIMEOUT_MS,
  );

  it(
    'give the same tree when a power cut took the notes of what was ours; it is in the quarantine then',
    () => {
      for (let seed = 101; seed <= 100 + SEEDS; seed++) {
        const told = story(seed, 40);
        const crashAt = Math.floor(told.changes.length * 0.8);
        const plan = {
          checkpointAt: Math.floor(crashAt / 2),
          finishAt: Math.floor(crashAt * 0.6),
          crashAt,
          calls: 3,
          callsAgain: Number.POSITIVE_INFINITY,
          forgetOwn: true,
        };
        const { trial, found } = run(told, plan);
        try {
          expect(found, `seed ${String(seed)} ${JSON.stringify(plan)}`).toEqual(told.expected);
        } finally {
          trial.end();
        }
      }
    },
    TIMEOUT_MS,
  );
});
