import { appendFileSync, chmodSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../kernel/byte-string.ts';
import { NOTICE, type Notice, type NoticeSource } from '../kernel/notices.ts';
import { Guard } from './guard.ts';
import { create, createFolder, FOLDER, ROOT, Trial } from './trial.testing.ts';

/** Tells what a test says has happened; folders are named by their paths. */
class ToldNotices implements NoticeSource {
  readonly kind = 'inotify';
  readonly descriptor = -1;
  readonly waiting: Notice[] = [];
  readonly watched = new Set<string>();
  complete = true;

  watchFolder(_folder: number, path: ByteString): string {
    this.watched.add(path);
    return path;
  }
  keyOf(): null {
    return null;
  }
  forgetFolder(key: string): void {
    this.watched.delete(key);
  }
  read(sink: (notice: Readonly<Notice>) => void): boolean {
    for (const notice of this.waiting.splice(0)) sink(notice);
    return this.complete;
  }
  close(): void {
    this.watched.clear();
  }
}

let trial: Trial;
let notices: ToldNotices;
let guard: Guard;
let lost = 0;
const paths: string[] = [];
afterEach(() => trial.end());

function started(): Trial {
  trial = new Trial().rooted();
  notices = new ToldNotices();
  lost = 0;
  paths.length = 0;
  trial.do(createFolder(10, ROOT, 'a'), create(11, 10, 'f', 'one'));
  guard = new Guard({
    files: trial.files,
    notices,
    tree: trial.tree,
    protectedSet: {
      folders: [{ path: FOLDER, attributesCount: true }],
      covers: (path) => !path.endsWith('.tmp'),
      coversAllBelow: () => false,
      loneNames: [],
    },
    base: fromText(trial.base),
    apply: trial.apply,
    wasStartedHere: (processId) => processId === 43,
    onLost: () => void lost++,
    recheckPath: (path) => void paths.push(path),
  });
  guard.onNotices();
  trial.apply.pump();
  return trial;
}

function tell(folder: string, name: string, what: number, more: Partial<Notice> = {}): void {
  notices.waiting.push({
    what,
    isFolder: false,
    folder: folder as Notice['folder'],
    name: fromText(name),
    toFolder: null,
    toName: fromText(''),
    target: null,
    targetInode: 0,
    processId: 0,
    ...more,
  });
  guard.onNotices();
}
function meddled(): unknown[] {
  return trial.events
    .filter((event) => event.kind === 'meddled')
    .map((event) => [event.path, event.what, event.processId]);
}

describe('the guard', () => {
  it('watches every folder, from when it is made until it is gone', () => {
    started().do(createFolder(12, 10, 'b'));
    guard.onNotices();
    expect([...notices.watched]).toEqual([trial.root, trial.path('a'), trial.path('a', 'b')]);
    trial.do({ kind: 'unlink', node: 10, parent: ROOT, name: fromText('a') });
    guard.onNotices();
    expect([...notices.watched]).toEqual([trial.root]);
  });

  it('takes no notice of our own work where the kernel does not name the process', () => {
    started().do(create(12, 10, 'g', 'two'), {
      kind: 'rename',
      node: 11,
      parent: 10,
      name: fromText('f'),
      newParent: 10,
      newName: fromText('h'),
    });
    trial.apply.pump();
    for (const name of ['f', 'g', 'h'])
      tell(trial.path('a'), name, NOTICE.created | NOTICE.modified | NOTICE.moved | NOTICE.attributes);
    tell(trial.root, 'a', NOTICE.attributes, { isFolder: true });
    tell(trial.path('a'), 'x.tmp', NOTICE.created, { processId: 7 });
    tell(trial.root, '.understudy', NOTICE.created, { processId: 7 });
    expect(meddled()).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
  });

  it.each([
    ['modified', NOTICE.modified, () => appendFileSync(trial.path('a', 'f'), 'x')],
    ['deleted', NOTICE.deleted, () => rmSync(trial.path('a', 'f'))],
    ['moved away', NOTICE.moved, () => renameSync(trial.path('a', 'f'), trial.path('x.tmp'))],
    ['attributes changed', NOTICE.attributes, () => chmodSync(trial.path('a', 'f'), 0o600)],
    [
      'replaced',
      NOTICE.moved,
      () => (writeFileSync(trial.path('n.tmp'), 'n'), renameSync(trial.path('n.tmp'), trial.path('a', 'f'))),
    ],
  ] as const)('tells at once what was %s, and has it verified', (what, bits, meddle) => {
    started();
    meddle();
    tell(trial.path('a'), 'f', bits);
    expect(meddled()).toEqual([[`${FOLDER}/a/f`, what, 0]]);
    expect(trial.apply.markOf(11)?.status).toBe('Unchecked');
    trial.apply.pump();
    expect([...trial.rechecks]).toContain(11);
  });

  it('has the time of a folder put back in which a stranger’s name came and went', () => {
    started();
    for (const name of ['brief', 'brief.tmp']) {
      writeFileSync(trial.path('a', name), 'x');
      rmSync(trial.path('a', name));
      expect(Math.floor(lstatSync(trial.path('a')).mtimeMs / 1000)).not.toBe(110);
      tell(trial.path('a'), name, NOTICE.created | NOTICE.deleted, { processId: 7 });
      trial.apply.pump();
      expect(Math.floor(lstatSync(trial.path('a')).mtimeMs / 1000)).toBe(110);
    }
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
  });

  it('takes no notice of a program that we start and that closes our files, and does of one that writes them', () => {
    started();
    tell(trial.path('a'), 'f', NOTICE.written, { processId: 43 });
    // Not as Apply left it, either: a write of ours may have failed.
    writeFileSync(trial.path('a', 'f'), 'half of wh');
    tell(trial.path('a'), 'f', NOTICE.written, { processId: 43 });
    expect(meddled()).toEqual([]);
    tell(trial.path('a'), 'f', NOTICE.written, { processId: 44 });
    tell(trial.path('a'), 'f', NOTICE.modified | NOTICE.written, { processId: 43 });
    expect(meddled()).toEqual([
      [`${FOLDER}/a/f`, 'modified', 44],
      [`${FOLDER}/a/f`, 'modified', 43],
    ]);
  });

  it('takes no notice of a stranger who had a file open for writing, and wrote nothing', () => {
    started();
    tell(trial.path('a'), 'f', NOTICE.written, { processId: 4711 });
    expect(meddled()).toEqual([]);
    expect(trial.apply.counts).toMatchObject({ outOfSync: 0, unchecked: 0 });
    // Whoever wrote may have put the times back.
    tell(trial.path('a'), 'f', NOTICE.modified | NOTICE.written, { processId: 4711 });
    expect(meddled()).toEqual([[`${FOLDER}/a/f`, 'modified', 4711]]);
  });

  it('names the process where the kernel does', () => {
    started();
    writeFileSync(trial.path('a', 'new'), 'x');
    tell(trial.path('a'), 'new', NOTICE.created, { processId: 4711 });
    expect(meddled()).toEqual([[`${FOLDER}/a/new`, 'created', 4711]]);
    expect(paths).toEqual([`${FOLDER}/a/new`]);
    expect(trial.apply.counts.unchecked).toBeGreaterThan(0);
    rmSync(trial.path('a', 'new'));
    trial.apply.retry(5000 as never);
    expect([...trial.apply.marked()].map((item) => item.path)).not.toContain(`${FOLDER}/a/new`);
  });

  it('sets a stranger’s file aside as soon as a check says that it is an orphan', () => {
    started();
    mkdirSync(trial.path('a', 'new'));
    tell(trial.path('a'), 'new', NOTICE.created, { isFolder: true });
    trial.apply.repair({ kind: 'orphan', parent: 10, name: fromText('new'), type: 'folder' });
    expect(trial.apply.quarantine.list()).toMatchObject([{ path: `${FOLDER}/a/new`, why: 'orphan' }]);
  });

  it('trusts nothing any more when the kernel dropped notices', () => {
    started();
    notices.complete = false;
    guard.onNotices();
    expect(lost).toBe(1);
    expect(trial.apply.counts.unchecked).toBe(trial.tree.size - 1);
  });
});
