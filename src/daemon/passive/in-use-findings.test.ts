import { expect, it } from 'vitest';
import type { UsedFile } from '../../apply/in-use.ts';
import { fromText } from '../../kernel/byte-string.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { InUseFindings } from './in-use-findings.ts';
import type { FromStream } from '../stream/thread-messages.ts';

const FILE: UsedFile = { path: fromText('/srv/a'), device: 7, inode: 11, use: 'open' };
const SOUGHT = { device: 7, inode: 11, use: 'open', mountDevices: [] } as const;
const PROCESS = { processId: 12, name: 'vim', commandLine: 'vim /srv/a', unit: null };
const HOLDER = { device: 7, inode: 11, process: PROCESS, ways: ['written'] } as const;

class Trial {
  readonly said: FromStream[] = [];
  readonly marked: string[] = [];
  readonly findings = new InUseFindings({
    server: 'secondary',
    openers: null,
    toMain: (message) => void this.said.push(message),
    named: (path, problem) => void this.marked.push(`${path} ${String(problem.parameters['holder'])}`),
  });

  constructor() {
    expect(this.news()).toEqual([{ kind: 'clearedAll', code: 'N29' }]);
  }

  step(nowMs: number): FromStream[] {
    this.findings.step(nowMs as MonotonicMs);
    return this.news();
  }

  news(): FromStream[] {
    return this.said.splice(0);
  }
}

it('looks for who uses a file, names them, and says when it is over', () => {
  const trial = new Trial();
  expect(trial.step(0)).toEqual([]);
  trial.findings.held(FILE);
  expect(trial.step(10)).toEqual([{ kind: 'holdersWanted', files: [SOUGHT] }]);
  expect(trial.step(20)).toEqual([]);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  const holder = 'vim (process 12), which has it open for writing';
  expect(trial.news()).toMatchObject([
    {
      kind: 'problem',
      problem: { code: 'N29', parameters: { server: 'secondary', path: '/srv/a', holder } },
      item: '/srv/a',
      evidence: ['vim (process 12) has it open for writing: vim /srv/a'],
    },
  ]);
  expect(trial.marked).toEqual([`/srv/a ${holder}`]);
  trial.findings.released(FILE.path);
  expect(trial.news()).toEqual([{ kind: 'cleared', code: 'N29', item: '/srv/a' }]);
  expect(trial.step(100_000)).toEqual([]);
});

it('looks again while it lasts, and tells only what is new', () => {
  const trial = new Trial();
  trial.findings.held(FILE);
  trial.step(0);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  trial.news();
  expect(trial.step(14_999)).toEqual([]);
  expect(trial.step(15_000)).toMatchObject([{ kind: 'holdersWanted' }]);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  expect(trial.news()).toEqual([]);
  trial.step(30_000);
  trial.findings.found({ files: [SOUGHT], holders: [{ ...HOLDER, process: { ...PROCESS, processId: 13 } }] });
  expect(trial.news()).toMatchObject([{ kind: 'problem' }]);
});

it('says that nobody was found only after a second search', () => {
  const trial = new Trial();
  trial.findings.held(FILE);
  trial.step(0);
  trial.findings.found({ files: [SOUGHT], holders: [] });
  expect(trial.news()).toEqual([]);
  expect(trial.step(1)).toMatchObject([{ kind: 'holdersWanted' }]);
  trial.findings.found({ files: [SOUGHT], holders: [] });
  expect(trial.marked).toEqual(['/srv/a a process that could not be found, which has it open for writing']);
});

it('searches at once for what came during a search, and not for ever for an answer', () => {
  const trial = new Trial();
  trial.findings.held(FILE);
  trial.step(0);
  trial.findings.held({ ...FILE, path: fromText('/srv/b'), inode: 12, use: 'denied' });
  expect(trial.step(1)).toEqual([]);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  expect(trial.news()).toHaveLength(1);
  expect(trial.step(2)).toMatchObject([{ files: [SOUGHT, { inode: 12, use: 'denied' }] }]);
  expect(trial.step(29_000)).toEqual([]);
  expect(trial.step(31_000)).toHaveLength(1);
});

it('searches anew at once where it is used in another way, and what was told is over as ever', () => {
  const trial = new Trial();
  trial.findings.held(FILE);
  trial.step(0);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  trial.news();
  trial.findings.held({ ...FILE, use: 'denied' });
  expect(trial.step(10)).toMatchObject([{ kind: 'holdersWanted', files: [{ use: 'denied' }] }]);
  trial.findings.released(FILE.path);
  expect(trial.news()).toEqual([{ kind: 'cleared', code: 'N29', item: '/srv/a' }]);
});

it('what is over before it was named is no finding', () => {
  const trial = new Trial();
  trial.findings.held(FILE);
  trial.step(0);
  trial.findings.released(FILE.path);
  trial.findings.found({ files: [SOUGHT], holders: [HOLDER] });
  expect(trial.news()).toEqual([]);
});
