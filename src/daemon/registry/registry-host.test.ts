import { expect, it } from 'vitest';
import type { ByteFiles } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import { HandTime } from '../hand-time.testing.ts';
import { RegistryHost } from './registry-host.ts';
import type { FromRegistry, RegistryStart } from './registry-messages.ts';

/** A thread that ends when the test says so. */
interface TrialThread {
  readonly start: RegistryStart;
  tell: (message: FromRegistry) => void;
  end: (error: Error | null) => void;
}

class Trial {
  readonly time = new HandTime();
  readonly threads: TrialThread[] = [];
  readonly found = new Set<string>();
  stores: readonly string[] = [];
  provider = 'file';
  /** Of all of them; null where each has its own. */
  place: string | null = null;
  files: { readonly include: string[]; readonly exclude: string[] } = { include: [], exclude: [] };
  /** Of checks. */
  readonly ended: number[] = [];
  posts = true;
  /** What threads are given to do. */
  readonly given: string[] = [];
  /** In the folder of the registries. */
  readonly names = new Set<string>();
  isDiskGone = false;
  hangs = false;
  /** Where Samba says that its state lies; null where its tool says nothing. */
  sambaState: string | null = null;
  readonly asked: string[] = [];
  /** When it says so. */
  answers = Promise.resolve();
  readonly host: RegistryHost;

  constructor(role: 'active' | 'passive' = 'active') {
    this.host = new RegistryHost({
      role,
      server: { base: '/', stateDirectory: '/state', registry: [] } as unknown as ServerSettings,
      settings: () =>
        ({
          orphans: 'quarantine',
          protect: {
            files: { ...this.files, refused: [] },
            registry: this.stores.map((name) => ({
              name,
              provider: this.provider,
              path: this.place ?? `/${name}.reg`,
              include: ['HKLM\\Software\\**'],
              exclude: [],
            })),
          },
        }) as unknown as PairSettings,
      clock: this.time,
      timers: this.time,
      log: { error: () => {} } as never,
      files: {
        list: (folder: string) => (folder === '/state/registry' ? [...this.names] : []),
        remove: (path: string) => {
          if (this.isDiskGone) throw new FileError({ code: 'EIO', call: 'unlink', path });
          this.names.delete(path.slice('/state/registry/'.length));
        },
        removeFolder: (path: string) => void this.names.delete(path.slice('/state/registry/'.length)),
        read: () => null,
        write: () => {},
      } as unknown as ByteFiles,
      programs: {
        run: async (command) => {
          this.asked.push(command.join(' '));
          await this.answers;
          const output = `${this.sambaState ?? ''}\n`;
          return { status: this.sambaState === null ? null : 0, output, error: '' };
        },
      },
      findings: {
        raise: ({ code }: { code: string }, about?: { item?: string }) =>
          this.found.add(`${code} ${about?.item ?? ''}`),
        clear: (code: string, item?: string) => this.found.delete(`${code} ${item ?? ''}`),
        clearAll: (code: string) => {
          for (const one of this.found) if (one.startsWith(code)) this.found.delete(one);
        },
      } as unknown as FindingBoard,
      event: () => {},
      post: () => this.posts,
      checkEnded: ({ check, finished }) => void (finished || this.ended.push(check)),
      reported: () => {},
      startThread: (start) => {
        const thread: TrialThread = { start, tell: () => {}, end: () => {} };
        this.threads.push(thread);
        return {
          post: ({ kind }) => {
            if (kind !== 'ping') this.given.push(kind);
            else if (!this.hangs) thread.tell({ kind: 'alive' });
          },
          onMessage: (action) => void (thread.tell = action),
          onEnd: (action) => void (thread.end = action),
          terminate: async () => {},
        };
      },
    });
  }

  async protect(...stores: readonly string[]): Promise<void> {
    this.stores = stores;
    this.host.start();
    await settled();
  }
}

async function settled(): Promise<void> {
  await new Promise((done) => setImmediate(done));
}

it('starts what the settings said last, once the thread before has ended', async () => {
  const trial = new Trial();
  await trial.protect('a');
  await trial.protect('b');
  await trial.protect('c');
  expect(trial.threads).toHaveLength(1);
  trial.threads[0]?.end(null);
  await settled();
  expect(trial.threads.map(({ start }) => start.stores.map(({ name }) => name))).toEqual([['a'], ['c']]);
});

it('starts nothing where nothing is protected any more by the time the thread before has ended', async () => {
  const trial = new Trial();
  await trial.protect('a');
  await trial.protect('b');
  await trial.protect();
  trial.threads[0]?.end(null);
  await settled();
  expect(trial.threads).toHaveLength(1);
});

it('forgets what a thread that failed had told where nothing is protected any more', async () => {
  const trial = new Trial();
  await trial.protect('a');
  const problem = { code: 'REG-001', parameters: { store: 'a', reason: 'it is away' } } as const;
  trial.threads[0]?.tell({ kind: 'problems', standing: [{ problem, item: 'a', action: null }] });
  trial.threads[0]?.end(new Error('no memory'));
  expect([...trial.found]).toEqual(['REG-001 a', 'REG-014 ']);
  await trial.protect();
  expect([...trial.found]).toEqual([]);
});

it('tells of a failure as one, until a thread has worked for a while', async () => {
  const trial = new Trial();
  const working = { kind: 'report', report: { role: 'passive' } } as unknown as FromRegistry;
  await trial.protect('a');
  for (let count = 0; count < 3; count++) {
    trial.threads[count]?.tell(working);
    trial.time.advance(4_000);
    trial.threads[count]?.end(new Error('no room'));
    await settled();
    trial.time.advance(5_000);
    await settled();
  }
  expect([...trial.found]).toEqual(['REG-014 ']);
  trial.threads[3]?.tell(working);
  trial.time.advance(9_000);
  expect([...trial.found]).toEqual(['REG-014 ']);
  expect(trial.host.shown.hasRegistryFailed).toBe(false);
  trial.time.advance(1_000);
  expect([...trial.found]).toEqual([]);
});

it.each([
  ['file', '/a.reg'],
  ['wine', '/a.reg/*.reg'],
])('refuses a registry of the provider %s whose files are protected as such', async (provider, excluded) => {
  const trial = new Trial();
  trial.provider = provider;
  trial.files = { include: ['/**'], exclude: [] };
  await trial.protect('a');
  expect([...trial.found]).toEqual(['REG-006 a']);
  trial.files = { include: ['/**'], exclude: [excluded] };
  await trial.protect('a');
  expect([...trial.found]).toEqual([]);
  expect(trial.threads).toHaveLength(1);
});

it('refuses one of two registries that have keys in common in one place, where what comes for one would undo the other', async () => {
  const trial = new Trial();
  trial.place = '/both.reg';
  await trial.protect('a', 'b');
  expect([...trial.found]).toEqual(['REG-017 b']);
  expect(trial.threads.map(({ start }) => start.stores.map(({ name }) => name))).toEqual([['a']]);
  trial.place = null;
  await trial.protect('a', 'b');
  expect([...trial.found]).toEqual([]);
  trial.threads[0]?.end(null);
  await settled();
  expect(trial.threads[1]?.start.stores.map(({ name }) => name)).toEqual(['a', 'b']);
});

it('refuses the registry of a Samba whose database lies among the protected files', async () => {
  const trial = new Trial();
  trial.provider = 'samba';
  trial.sambaState = '/var/lib/samba';
  trial.files = { include: ['/var/lib/**'], exclude: [] };
  await trial.protect('a');
  expect([[...trial.found], trial.threads.length]).toEqual([['REG-006 a'], 0]);
  expect(trial.asked[0]).toMatch(/^testparm .*state directory \/a\.reg$/);
  trial.files = { include: ['/var/lib/**'], exclude: ['/var/lib/samba/registry.tdb'] };
  await trial.protect('a');
  expect([[...trial.found], trial.threads.length]).toEqual([[], 1]);
});

it('goes by what is protected last, also where Samba was asked meanwhile', async () => {
  const trial = new Trial();
  trial.provider = 'samba';
  trial.sambaState = '/var/lib/samba';
  trial.stores = ['a'];
  trial.host.start();
  await trial.protect('b');
  expect(trial.threads.map(({ start }) => start.stores.map(({ name }) => name))).toEqual([['b']]);
});

it('begins without the answer of a Samba that hangs, which counts once it comes', async () => {
  const trial = new Trial();
  trial.provider = 'samba';
  trial.sambaState = '/var/lib/samba';
  trial.files = { include: ['/var/lib/**'], exclude: [] };
  const answer = Promise.withResolvers<void>();
  trial.answers = answer.promise;
  await trial.protect('a');
  trial.time.advance(9_999);
  expect(trial.threads).toHaveLength(0);
  trial.time.advance(1);
  await settled();
  expect([trial.threads.length, ...trial.found]).toEqual([1]);
  answer.resolve();
  await settled();
  expect([...trial.found]).toEqual(['REG-006 a']);
});

it('leaves it to the registry itself to tell that Samba says nothing', async () => {
  const trial = new Trial();
  trial.provider = 'samba';
  trial.files = { include: ['/**'], exclude: [] };
  await trial.protect('a');
  expect([[...trial.found], trial.threads.length]).toEqual([[], 1]);
});

it('removes batches that nobody takes any more, as they come, what a tool exchanged, and nothing else', async () => {
  const trial = new Trial();
  const met = (file: string): void => {
    trial.names.add(file);
    trial.host.onStream({ kind: 'registryMet', file });
  };
  // Before it is known what is protected.
  met('1.batch');
  await trial.protect('a');
  met('2.batch');
  trial.threads[0]?.end(new Error('no memory'));
  // It is about to be started again.
  met('3.batch');
  expect([...trial.names]).toEqual(['1.batch', '2.batch', '3.batch']);
  trial.names.add('incoming-4.part').add('kept').add('adopted-a').add('samba-a');
  trial.isDiskGone = true;
  await trial.protect();
  expect([trial.names.size, trial.names.has('samba-a')]).toEqual([6, false]);
  trial.isDiskGone = false;
  met('5.batch');
  expect([...trial.names]).toEqual(['incoming-4.part', 'kept', 'adopted-a']);
  await trial.protect('a');
  met('6.batch');
  expect(trial.names.has('6.batch')).toBe(true);
});

it('ends a check that the other server does not hear of', async () => {
  const trial = new Trial();
  await trial.protect('a');
  const bytes = Buffer.alloc(0);
  for (const id of [1, 2, 3]) expect(trial.host.check(id, true)).toBe(true);
  trial.threads[0]?.tell({ kind: 'batch', check: 1, bytes });
  trial.posts = false;
  trial.threads[0]?.tell({ kind: 'batch', check: 2, bytes });
  expect(trial.ended).toEqual([2]);
  trial.threads[0]?.end(new Error('no memory'));
  expect(trial.ended).toEqual([2, 3]);
});

it('on the passive server takes what comes for a registry that is refused, and tells of nothing but that', async () => {
  const trial = new Trial('passive');
  trial.files = { include: ['/**'], exclude: [] };
  await trial.protect('a');
  expect(trial.threads).toHaveLength(1);
  trial.host.onStream({ kind: 'registryMet', file: '1.batch' });
  expect(trial.given).toEqual(['batch']);
  const unknown = { problem: { code: 'REG-012', parameters: { store: 'a' } }, item: 'a', action: null } as const;
  trial.threads[0]?.tell({ kind: 'problems', standing: [unknown] });
  expect([...trial.found]).toEqual(['REG-006 a']);
});

it('tells that a thread is in a call that does not return, until it does', async () => {
  const trial = new Trial();
  await trial.protect('a');
  const looks = (seconds: number): void => {
    for (let second = 0; second < seconds; second++, trial.time.advance(1000)) trial.host.look(null);
  };
  looks(300);
  expect([...trial.found]).toEqual([]);
  trial.hangs = true;
  looks(90);
  expect([[...trial.found], trial.host.shown.hasRegistryFailed]).toEqual([['REG-018 '], true]);
  trial.threads[0]?.tell({ kind: 'alive' });
  expect([[...trial.found], trial.host.shown.hasRegistryFailed]).toEqual([[], false]);
});

it('has all stated again where that is not compared, also while ever more changes come', async () => {
  const trial = new Trial();
  await trial.protect('a');
  const store = { name: 'a', keys: 1, outOfSync: 0, failed: false, isSettled: true };
  const report = { run: 1, isBusy: false, check: null };
  trial.given.length = 0;
  for (let second = 0; second < 310; second++, trial.time.advance(1000)) {
    const stores = [{ ...store, stated: 1 }];
    trial.threads[0]?.tell({ kind: 'report', report: { ...report, role: 'active', batch: second + 2, stores } });
    trial.host.look({ ...report, role: 'passive', batch: second + 1, stores: [{ ...store, stated: 0 }] });
  }
  expect(trial.given).toEqual(['state']);
});

it('tells that the other server’s release knows no registries for as long as one is protected', async () => {
  const trial = new Trial();
  trial.host.onStream({ kind: 'registryWanted', isKnown: false });
  await trial.protect('file');
  expect(trial.found).toContain('REG-011 ');
  await trial.protect();
  expect([...trial.found]).toEqual([]);
});
