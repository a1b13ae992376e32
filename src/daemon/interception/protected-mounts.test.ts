import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CaptureChoice } from '../../intercept/preflight.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { Interception } from './interception.ts';
import type { WantedFolder, WantedMounts } from './interception-options.ts';
import { ProtectedMounts } from './protected-mounts.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';

type Choose = (folder: WantedFolder) => CaptureChoice;

class Trial implements Disposable {
  readonly top = fs.mkdtempSync(join(tmpdir(), 'understudy-mounts-'));
  readonly prepared: (WantedMounts | null)[] = [];
  readonly mounts: ProtectedMounts;
  capture: PairSettings['capture'] = 'intercept';
  again = 0;

  constructor(role: 'active' | 'passive', choose: Choose = () => ({ kind: 'intercept' })) {
    for (const name of ['data', 'state']) fs.mkdirSync(join(this.top, name));
    const interception = {
      prepare: (_: unknown, wanted: WantedMounts | null) => {
        this.prepared.push(wanted);
        return Promise.resolve();
      },
    };
    const files = { include: ['/data/**'], exclude: ['/data/x'] };
    this.mounts = new ProtectedMounts({
      interception: interception as unknown as Interception,
      isReplaced: () => false,
      role,
      server: { base: this.top, stateDirectory: join(this.top, 'state') },
      settings: () => ({ capture: this.capture, protect: { files } }) as unknown as PairSettings,
      choose,
      canMount: true,
    });
    this.mounts.onMore(() => (this.again += 1));
  }

  async prepare(): Promise<WantedMounts | null> {
    await this.mounts.prepare();
    return this.prepared.at(-1) ?? null;
  }

  reported(unconfirmed: boolean): void {
    this.mounts.reported({ role: 'passive', unconfirmed } as PassiveReport);
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.top, { recursive: true });
  }
}

it('the active server’s folders are mounted over where that is asked for, whatever is in them', async () => {
  using trial = new Trial('active');
  fs.writeFileSync(join(trial.top, 'data/file'), '');
  expect(await trial.prepare()).toMatchObject({ role: 'active', include: ['/data/**'], exclude: ['/data/x'] });
  trial.capture = 'auto';
  expect(await trial.prepare()).toMatchObject({ role: 'active' });
  trial.capture = 'watch';
  expect(await trial.prepare()).toBeNull();
  trial.mounts.reported({ role: 'active' } as ActiveReport);
  expect(trial.again).toBe(0);
});

it('the passive server’s folders are mounted over once they are a copy, and no longer where that is in doubt', async () => {
  using trial = new Trial('passive');
  fs.writeFileSync(join(trial.top, 'data/file'), 'somebody’s own');
  expect(await trial.prepare()).toBeNull();
  trial.reported(true);
  expect(trial.again).toBe(0);
  trial.reported(false);
  expect(trial.again).toBe(1);
  expect(await trial.prepare()).toMatchObject({ role: 'passive' });
  trial.reported(false);
  expect(trial.again).toBe(1);
  trial.reported(true);
  expect(trial.again).toBe(2);
  expect(await trial.prepare()).toBeNull();
});

it('the passive server’s folders are mounted over at once where nothing is in them, or they are not there', async () => {
  using trial = new Trial('passive');
  expect(await trial.prepare()).toMatchObject({ role: 'passive' });
  trial.reported(false);
  expect(trial.again).toBe(0);
  fs.rmdirSync(join(trial.top, 'data'));
  expect(await trial.prepare()).toMatchObject({ role: 'passive' });
});

it('where it is left open each folder is decided, and why it is watched is said', async () => {
  let choice: CaptureChoice = { kind: 'watch', because: 'vim has it.' };
  using trial = new Trial('active', () => choice);
  trial.capture = 'auto';
  const data = join(trial.top, 'data');
  expect(await trial.prepare()).toMatchObject({ left: new Set([data]) });
  expect(trial.mounts.watchedBecause).toEqual({ '/data': 'vim has it.' });
  choice = { kind: 'intercept' };
  expect(await trial.prepare()).toMatchObject({ left: new Set() });
  expect(trial.mounts.watchedBecause).toEqual({});
  // Somebody came between.
  trial.prepared.at(-1)?.onUsed?.({ path: '/data', realPath: data }, [{ name: 'vim', processId: 7, by: 'file' }]);
  expect(trial.mounts.watchedBecause).toEqual({ '/data': 'vim (7) has a file of it open for writing.' });
  // Who asks for it is not asked again.
  trial.capture = 'intercept';
  choice = { kind: 'watch', because: 'vim has it.' };
  expect((await trial.prepare())?.left).toBeUndefined();
});
