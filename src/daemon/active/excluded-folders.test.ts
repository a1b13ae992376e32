import { beforeEach, describe, expect, it } from 'vitest';
import { patternsOf } from '../../changes/changing-set.ts';
import { ExclusionWords } from '../../intercept/exclusion-words.ts';
import { makeWayMemory, WAY } from '../../intercept/mount-way.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { ExcludedFolders } from './excluded-folders.ts';

const patterns = (...exclude: string[]) => patternsOf({ include: ['/srv/**'], exclude });
const CACHE = patterns('/srv/cache', '/srv/**/*.bak');
const LOGS = patterns('/srv/log/**');

let words: ExclusionWords;
/** A request is being answered, which began before it was asked for last. */
let isBusy: boolean;
let moves: string[];
let excluded: ExcludedFolders;

beforeEach(() => {
  words = new ExclusionWords(makeWayMemory(WAY.record));
  isBusy = false;
  moves = [];
  excluded = begun(CACHE);
});

function begun(by: ReturnType<typeof patterns>): ExcludedFolders {
  const turns = { begin: () => {}, isOver: () => !isBusy, awaitEnd: () => !isBusy };
  return new ExcludedFolders({ mounts: [{ path: fromText('/srv'), words }], turns }, by);
}

/** What is excluded, and what of that is hidden. */
function said(): { readonly minded: readonly string[]; readonly hides: boolean } {
  const { generation, paths } = words.get();
  return { minded: paths, hides: words.isHiding(generation) };
}

describe('what the mounts of the active server hide', () => {
  it('is what the patterns exclude by name, once all threads mind its border', () => {
    expect(said()).toEqual({ minded: ['cache'], hides: false });
    isBusy = true;
    expect(excluded.step()).toBeGreaterThan(0);
    expect(said().hides).toBe(false);
    isBusy = false;
    expect(excluded.step()).toBe(Number.POSITIVE_INFINITY);
    expect(said()).toEqual({ minded: ['cache'], hides: true });
  });

  it('is nothing from when the patterns are to change until whoever hid something has ended, and then they do', () => {
    excluded.step();
    isBusy = true;
    excluded.change(LOGS, () => moves.push('logs'));
    excluded.step();
    expect([said(), moves]).toEqual([{ minded: ['cache'], hides: false }, []]);
    isBusy = false;
    // There is more to do at once: the border was moved.
    expect([excluded.step(), moves]).toEqual([0, ['logs']]);
    expect(said()).toEqual({ minded: ['log'], hides: false });
    excluded.step();
    expect(said()).toEqual({ minded: ['log'], hides: true });
  });

  it('goes by the last patterns where they change twice', () => {
    excluded.step();
    isBusy = true;
    excluded.change(LOGS, () => moves.push('logs'));
    excluded.change(patterns(), () => moves.push('none'));
    isBusy = false;
    excluded.step();
    expect([said().minded, moves]).toEqual([[], ['none']]);
  });

  it('is nothing where they change again before it began', () => {
    isBusy = true;
    excluded.change(LOGS, () => moves.push('logs'));
    expect([said(), moves]).toEqual([{ minded: ['log'], hides: false }, ['logs']]);
  });

  it('stays where other patterns exclude the same by name', () => {
    excluded.step();
    isBusy = true;
    excluded.change(patterns('/srv/cache/**'), () => moves.push('same'));
    expect([said(), moves]).toEqual([{ minded: ['cache'], hides: true }, ['same']]);
  });

  it('stays with the next stream worker, or is nothing before that looks at anything', () => {
    excluded.step();
    const { generation } = words;
    isBusy = true;
    begun(CACHE);
    expect([words.generation, said().hides]).toEqual([generation, true]);
    expect(() => begun(LOGS)).toThrow('request of before');
    expect(said()).toEqual({ minded: ['cache'], hides: false });
    expect(() => begun(patterns())).toThrow('request of before');
    isBusy = false;
    begun(LOGS).step();
    expect(said()).toEqual({ minded: ['log'], hides: true });
  });

  it('is begun at once where nothing was hidden: who answers requests may wait for the stream worker', () => {
    isBusy = true;
    begun(LOGS).step();
    expect(said()).toEqual({ minded: ['log'], hides: false });
  });

  it('is nothing where the names have no room', () => {
    const long = Array.from({ length: 1000 }, (_, number) => `/srv/${String(number).padStart(100, '0')}`);
    excluded.change(patterns(...long), () => moves.push('long'));
    excluded.step();
    expect([said().minded, moves]).toEqual([[], ['long']]);
  });
});
