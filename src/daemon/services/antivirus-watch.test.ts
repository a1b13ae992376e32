import { expect, it } from 'vitest';
import type { ProblemCode } from '../../problems/problem.ts';
import type { PairSettings, ServerSettings } from '../../settings/settings.ts';
import type { Scanner } from '../../system/processes/scanners.ts';
import { AntivirusWatch } from './antivirus-watch.ts';
import { HandTime } from '../hand-time.testing.ts';

class Trial {
  readonly time = new HandTime();
  readonly findings = new Map<string, ProblemCode>();
  readonly actions: (string | null | undefined)[] = [];
  readonly watch: AntivirusWatch;
  clamdConf: string | null = null;
  scanners: readonly Scanner[] = [];
  looks: (readonly string[])[] = [];
  files: PairSettings['protect']['files'] = { include: ['/srv/**'], exclude: [], refused: [] };

  constructor() {
    const { time, findings } = this;
    const settings = (): PairSettings => ({ protect: { files: this.files } }) as PairSettings;
    this.watch = new AntivirusWatch({
      clock: time,
      timers: time,
      server: { base: '/' } as ServerSettings,
      pairFile: {
        get settings() {
          return settings();
        },
      },
      findings: {
        has: (code) => [...findings.values()].includes(code),
        raise: ({ code }, options) => {
          findings.set(`${code} ${options?.item ?? ''}`, code);
          this.actions.push(options?.action);
        },
        clearAll: (code, but) => {
          for (const key of findings.keys())
            if (key.startsWith(code) && !but?.some((item) => key.endsWith(` ${item}`))) findings.delete(key);
        },
      },
      services: {
        files: { read: (path) => (path === '/etc/clamav/clamd.conf' ? this.clamdConf : null), linkTarget: () => null },
      },
      startScannerSearch: (folders) => this.#search(folders),
    });
    this.watch.start();
  }

  #search(folders: readonly string[]) {
    this.looks.push(folders);
    let [tell, end] = [(_found: readonly Scanner[]): void => {}, (): void => {}];
    this.time.after(100, () => {
      tell(this.scanners);
      end();
    });
    return {
      post: () => {},
      onMessage: (action: (found: readonly Scanner[]) => void) => void (tell = action),
      onEnd: (action: (error: null) => void) => void (end = () => action(null)),
      terminate: async () => {},
    };
  }
}

function scanner(...decidesIn: readonly string[]): Scanner {
  const process = { processId: 7, name: 'clamonacc', commandLine: 'clamonacc', unit: 'clamav-clamonacc.service' };
  return { process, decidesIn };
}

it('looks at each load of the settings, and else now and then', () => {
  const trial = new Trial();
  trial.time.advance(2000);
  expect(trial.looks).toEqual([['/srv']]);
  trial.time.advance(20_000);
  expect(trial.looks).toHaveLength(1);
  trial.files = { ...trial.files, include: ['/srv/**', '/home/**'] };
  trial.time.advance(2000);
  expect(trial.looks).toHaveLength(2);
  trial.time.advance(31_000);
  expect(trial.looks).toHaveLength(3);
});

it('warns until the scanner leaves the folder alone', () => {
  const trial = new Trial();
  trial.scanners = [scanner('/srv')];
  trial.time.advance(2000);
  expect([...trial.findings.keys()]).toEqual(['DIA-021 /srv']);
  expect(trial.actions).toEqual([null]);
  trial.scanners = [scanner()];
  trial.time.advance(7_000);
  expect(trial.findings.size).toBe(0);
});

it('offers to exclude the folder where it knows how', () => {
  const trial = new Trial();
  trial.clamdConf = 'OnAccessIncludePath /\n';
  trial.scanners = [scanner('/srv')];
  trial.time.advance(2000);
  expect(trial.actions).toEqual([
    'put `OnAccessExcludePath /srv` into /etc/clamav/clamd.conf and restart clamav-clamonacc.service',
  ]);
  expect(trial.watch.exclusionOf('/srv')).toMatchObject({ file: '/etc/clamav/clamd.conf' });
  expect(trial.watch.exclusionOf('/home')).toBeNull();
});

it('looks at once when somebody begins to keep a file from being updated', () => {
  const trial = new Trial();
  trial.time.advance(2000);
  trial.findings.set('N29 /srv/a', 'N29');
  trial.time.advance(2000);
  trial.time.advance(20_000);
  expect(trial.looks).toHaveLength(2);
});

it('looks at once also where somebody did so before, and that was over', () => {
  const trial = new Trial();
  trial.time.advance(2000);
  trial.findings.set('N29 /srv/a', 'N29');
  trial.time.advance(2000);
  trial.findings.delete('N29 /srv/a');
  trial.time.advance(2000);
  trial.findings.set('N29 /srv/b', 'N29');
  trial.time.advance(2000);
  expect(trial.looks).toHaveLength(3);
});

it("warns where a scanner's own folder is protected, until it is excluded", () => {
  const trial = new Trial();
  trial.files = { ...trial.files, include: ['/var/lib/**'] };
  trial.scanners = [scanner()];
  trial.time.advance(2000);
  expect([...trial.findings.keys()]).toEqual(['DIA-020 /var/lib/clamav']);
  trial.files = { ...trial.files, exclude: ['/var/lib/clamav/**'] };
  trial.time.advance(2000);
  expect(trial.findings.size).toBe(0);
});
