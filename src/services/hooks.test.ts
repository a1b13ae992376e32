import { expect, it } from 'vitest';
import type { MonotonicMs, WallMs } from '../kernel/units.ts';
import type { ProgramEnd } from '../kernel/programs.ts';
import type { HookRule } from './hook.ts';
import { HookedManager } from './hooked-manager.ts';
import { Hooks } from './hooks.ts';
import { ManagerError, type ServiceFacts, type ServiceManager, type ServiceState, UNKNOWN_SERVICE } from './service.ts';

const GOOD: ProgramEnd = { status: 0, output: '', error: '' };
const WARM: HookRule = {
  name: 'warm',
  when: 'beforeStart',
  service: 'shop',
  everyMs: null,
  on: 'active',
  command: ['warm', 'up'],
  user: null,
  timeoutMs: 1_000,
};

/** Commands and a manager that do as the test has it, and a clock that it sets. */
class Trial {
  rules: readonly HookRule[];
  nowMs = 0;
  isPaused = false;
  end: Promise<ProgramEnd> = Promise.resolve(GOOD);
  readonly ran: string[] = [];
  environment: Readonly<Record<string, string>> = {};
  readonly found = new Map<string, readonly string[]>();
  state: ServiceState = 'Stopped';
  remains: ServiceFacts['remains'] = null;
  refusal: string | null = null;
  changes = 0;
  readonly hooks: Hooks;
  readonly manager: HookedManager;

  constructor(rules: readonly HookRule[], role: 'active' | 'passive' = 'active') {
    this.rules = rules;
    this.hooks = new Hooks({
      role,
      rules: () => this.rules,
      environment: () => ({ UNDERSTUDY_EPOCH: '7' }),
      isPaused: () => this.isPaused,
      programs: {
        run: (command, { environment = {} }) => {
          this.ran.push(command.join(' '));
          this.environment = environment;
          return this.end;
        },
      },
      clock: { monotonicMs: () => this.nowMs as MonotonicMs, wallMs: () => this.nowMs as WallMs },
      timers: { after: () => () => {}, every: () => () => {} },
      findings: {
        raise: ({ parameters }, { item, evidence }) =>
          this.found.set(`${item}: ${String(parameters['reason'])}`, evidence),
        clear: (_code, item) => this.#forget((one) => one === item),
        clearAll: (_code, but) => this.#forget((one) => !but.includes(one)),
      },
      tell: () => {},
    });
    const inner: ServiceManager = {
      title: 'trial',
      look: async () => new Map([['shop', { ...UNKNOWN_SERVICE, state: this.state, remains: this.remains }]]),
      start: async () => this.#act('start', 'Running'),
      stop: async () => this.#act('stop', 'Stopped'),
      kill: async () => this.#act('kill', 'Failed'),
      permit: () => {},
      origin: async () => [],
      close: () => {},
    };
    const isPaused = (): boolean => this.isPaused;
    this.manager = new HookedManager({ inner, hooks: this.hooks, isPaused, changed: () => void (this.changes += 1) });
  }

  #act(what: string, state: ServiceState): void {
    if (this.refusal !== null) throw new ManagerError(this.refusal);
    this.ran.push(what);
    this.state = state;
  }

  #forget(ends: (item: string) => boolean): void {
    for (const key of this.found.keys()) if (ends(key.split(':')[0] ?? '')) this.found.delete(key);
  }

  async seen(): Promise<ServiceState | undefined> {
    const facts = await this.manager.look(['shop']);
    await settled();
    return facts.get('shop')?.state;
  }
}

function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** A command that ends when it is told. */
function held(): { readonly end: Promise<ProgramEnd>; readonly release: () => void } {
  let release = (): void => {};
  const end = new Promise<ProgramEnd>((done) => (release = () => done(GOOD)));
  return { end, release };
}

it('runs what comes before a start as part of it, and what comes after once it is seen done', async () => {
  const after: HookRule = { ...WARM, name: 'told', when: 'afterStart', command: ['tell'] };
  const last: HookRule = { ...WARM, name: 'gone', when: 'afterStop', command: ['gone'] };
  const trial = new Trial([WARM, after, last]);
  const { end, release } = held();
  trial.end = end;
  await trial.manager.start('shop');
  expect([await trial.seen(), trial.ran]).toEqual(['Starting', ['warm up']]);
  // It is asked for again meanwhile.
  await trial.manager.start('shop');
  release();
  await settled();
  expect([trial.ran, trial.changes]).toEqual([['warm up', 'start'], 1]);
  expect([await trial.seen(), await trial.seen(), trial.ran.slice(2)]).toEqual(['Running', 'Running', ['tell']]);
  await trial.manager.stop('shop');
  await trial.seen();
  expect(trial.ran.slice(3)).toEqual(['stop', 'gone']);
});

it('runs the hooks of one service one after the other: a start waits for what comes after the stop', async () => {
  const last: HookRule = { ...WARM, name: 'gone', when: 'afterStop', command: ['gone'] };
  const trial = new Trial([WARM, last]);
  trial.state = 'Running';
  await trial.manager.stop('shop');
  const { end, release } = held();
  trial.end = end;
  // The service has stopped; it counts as stopping as long as the hook runs.
  expect([await trial.seen(), await trial.seen(), trial.ran]).toEqual(['Stopping', 'Stopping', ['stop', 'gone']]);
  await trial.manager.start('shop');
  await trial.manager.kill('shop');
  expect(trial.ran).toEqual(['stop', 'gone']);
  release();
  await settled();
  expect([await trial.seen(), trial.changes]).toEqual(['Stopped', 1]);
  await trial.manager.start('shop');
  await settled();
  expect(trial.ran.slice(2)).toEqual(['warm up', 'start']);
});

it('tells what the hook has to know, and runs it as who it is to be', async () => {
  const trial = new Trial([{ ...WARM, user: 'www-data' }]);
  await trial.hooks.run('beforeStart', 'shop');
  expect(trial.ran).toEqual(['runuser --user www-data -- warm up']);
  expect(trial.environment).toEqual({
    UNDERSTUDY_EPOCH: '7',
    UNDERSTUDY_HOOK: 'warm',
    UNDERSTUDY_ROLE: 'active',
    UNDERSTUDY_SERVICE: 'shop',
    UNDERSTUDY_WHEN: 'beforeStart',
  });
});

it('goes on where a hook fails, and says how it ended until it succeeds', async () => {
  const trial = new Trial([WARM]);
  trial.end = Promise.resolve({ status: 3, output: 'one\n', error: 'two\n\n' });
  await trial.manager.start('shop');
  await settled();
  expect(trial.state).toBe('Running');
  expect([...trial.found]).toEqual([['warm: its exit status is 3', ['one', 'two']]]);
  trial.end = Promise.resolve({ status: null, output: '', error: 'it was ended after 1 s' });
  await trial.hooks.run('beforeStart', 'shop');
  expect([...trial.found.keys()].at(-1)).toBe('warm: it was ended after 1 s');
  trial.end = Promise.resolve(GOOD);
  await trial.hooks.run('beforeStart', 'shop');
  expect(trial.found.size).toBe(0);
});

it('runs hooks on the servers they are meant for alone', async () => {
  const trial = new Trial([WARM, { ...WARM, name: 'both', on: 'both', command: ['both'] }], 'passive');
  await trial.hooks.run('beforeStart', 'shop');
  expect(trial.ran).toEqual(['both']);
});

it('forgets that one failed which the settings give to the other server alone from now on', async () => {
  const trial = new Trial([WARM]);
  trial.end = Promise.resolve({ status: 3, output: '', error: '' });
  await trial.hooks.run('beforeStart', 'shop');
  trial.hooks.look();
  expect(trial.found.size).toBe(1);
  trial.rules = [{ ...WARM, on: 'passive' }];
  trial.hooks.look();
  expect(trial.found.size).toBe(0);
});

it('starts nothing behind a hook when services are paused meanwhile, or it ends itself', async () => {
  const trial = new Trial([WARM]);
  const { end, release } = held();
  trial.end = end;
  await trial.manager.start('shop');
  trial.isPaused = true;
  release();
  await settled();
  expect(trial.ran).toEqual(['warm up']);
  trial.isPaused = false;
  await trial.manager.start('shop');
  trial.manager.close();
  await settled();
  expect(trial.ran).toEqual(['warm up', 'warm up']);
});

it('a kill waits for no hook, and a refusal behind one is seen', async () => {
  const trial = new Trial([{ ...WARM, when: 'beforeStop' }, WARM]);
  const { end, release } = held();
  trial.end = end;
  trial.state = 'Running';
  await trial.manager.stop('shop');
  expect(await trial.seen()).toBe('Stopping');
  await trial.manager.kill('shop');
  expect(trial.ran).toEqual(['warm up', 'kill']);
  release();
  await settled();
  trial.refusal = 'no such unit';
  await trial.manager.start('shop');
  await settled();
  const facts = (await trial.manager.look(['shop'])).get('shop');
  expect(facts).toMatchObject({ state: 'Failed', detail: 'no such unit' });
  trial.state = 'Running';
  expect(await trial.seen()).toBe('Running');
  trial.state = 'Stopped';
  expect(await trial.seen()).toBe('Stopped');
});

it('what is down is not killed, but what is left of it is', async () => {
  const trial = new Trial([]);
  trial.state = 'Failed';
  await trial.manager.kill('shop');
  expect(trial.ran).toEqual([]);
  trial.remains = { processes: [7], evidence: [], meant: null };
  await trial.manager.kill('shop');
  expect(trial.ran).toEqual(['kill']);
});

it('runs periodic ones again and again, one at a time, but not while services are paused', async () => {
  const periodic: HookRule = { ...WARM, name: 'often', when: 'periodic', service: null, everyMs: 1_000 };
  const trial = new Trial([periodic]);
  const pass = async (ms: number): Promise<number> => {
    trial.nowMs += ms;
    trial.hooks.look();
    await settled();
    return trial.ran.length;
  };
  expect(await pass(0)).toBe(0);
  expect(await pass(1_000)).toBe(1);
  const { end, release } = held();
  trial.end = end;
  expect(await pass(1_000)).toBe(2);
  expect(await pass(10_000)).toBe(2);
  release();
  await settled();
  expect(await pass(999)).toBe(2);
  trial.isPaused = true;
  expect(await pass(1)).toBe(2);
  trial.isPaused = false;
  expect(await pass(0)).toBe(3);
  trial.rules = [];
  expect(await pass(5_000)).toBe(3);
});
