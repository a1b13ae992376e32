import { expect, it } from 'vitest';
import type { ProblemCode } from '../problems/problem.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import type { Scanner } from '../system/scanners.ts';
import { watchAntivirus } from './antivirus-watch.ts';
import { HandTime } from './hand-time.testing.ts';

class Trial {
  readonly time = new HandTime();
  readonly findings = new Map<string, ProblemCode>();
  scanners: readonly Scanner[] = [];
  looks: (readonly string[])[] = [];
  files: PairSettings['protect']['files'] = { include: ['/srv/**'], exclude: [], refused: [] };

  constructor() {
    const { time, findings } = this;
    const settings = (): PairSettings => ({ protect: { files: this.files } }) as PairSettings;
    watchAntivirus({
      clock: time,
      timers: time,
      server: { base: '/' } as ServerSettings,
      pairFile: {
        get settings() {
          return settings();
        },
      },
      findings: {
        raise: ({ code }, options) => void findings.set(`${code} ${options?.item ?? ''}`, code),
        clearAll: (code, but) => {
          for (const key of findings.keys())
            if (key.startsWith(code) && !but?.some((item) => key.endsWith(` ${item}`))) findings.delete(key);
        },
      },
      startScannerSearch: (folders) => this.#search(folders),
    });
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
  const process = { processId: 7, name: 'clamonacc', commandLine: 'clamonacc', unit: null };
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
  trial.scanners = [scanner()];
  trial.time.advance(31_000);
  expect(trial.findings.size).toBe(0);
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
