import { describe, expect, it } from 'vitest';
import { LOOK_MS, OneServer, PAIR_FILE, protecting } from './pair-settings.testing.ts';
import { PairSettingsFile, type PairFileChange } from './pair-settings-file.ts';

const A = protecting('/srv/a');
const B = protecting('/srv/b');
const C = protecting('/srv/c');

/** What is told of edits, each time somebody looks. */
function watch(server: OneServer): () => PairFileChange[] {
  const told: PairFileChange[] = [];
  server.file.watch((change) => void told.push(change));
  return () => {
    server.time.advance(LOOK_MS);
    return told.splice(0);
  };
}

/** The passive server, once both hold this text. */
function agreedPassive(text: string): OneServer {
  const server = new OneServer('passive', text);
  expect(server.file.take({ version: 1, text })).toEqual({ isInForce: true, problems: [] });
  return server;
}

describe('pair.yaml on the active server', () => {
  it('is in force as it is, with version 1', () => {
    const server = new OneServer('active', A);
    expect(server.included).toEqual(['/srv/a/**']);
    expect(server.file.mark).toMatchObject({ version: 1, agreedVersion: 0, agreedDigest: '' });
    expect(server.file.whole()).toEqual({ version: 1, text: A });
    expect(server.file.shown()).toEqual({ version: 1, file: PAIR_FILE, text: A });
  });

  it('is in force anew within seconds of an edit', () => {
    const server = new OneServer('active', A);
    const look = watch(server);
    expect(look()).toEqual([]);
    server.edit(B);
    expect(look()).toEqual([{ kind: 'changed' }]);
    expect(server.included).toEqual(['/srv/b/**']);
    expect(server.file.mark.version).toBe(2);
    expect(look()).toEqual([]);
  });

  it('stays in force as it was where an edit makes it invalid, and that is told once', () => {
    const server = new OneServer('active', A);
    const look = watch(server);
    server.edit('pair: shop\nprotekt: {}\n');
    expect(look()).toMatchObject([{ kind: 'invalid', problems: [{ code: 'CFG-002' }] }]);
    expect(look()).toEqual([]);
    expect(server.included).toEqual(['/srv/a/**']);
    expect(server.file.whole()).toEqual({ version: 1, text: A });
  });

  it('stays in force where the file is gone', () => {
    const server = new OneServer('active', A);
    const look = watch(server);
    server.edit(null);
    expect(look()).toEqual([]);
    expect(server.included).toEqual(['/srv/a/**']);
  });

  it('stays in force while the file can not be read, which is told once and ends', () => {
    const server = new OneServer('active', A);
    const look = watch(server);
    server.files.readFailure = 'EACCES';
    expect(look()).toMatchObject([{ kind: 'invalid', problems: [{ code: 'CFG-001' }] }]);
    expect(look()).toEqual([]);
    server.files.readFailure = null;
    expect(look()).toEqual([{ kind: 'changed' }]);
    expect(look()).toEqual([]);
    expect(server.file.mark.version).toBe(1);
  });

  it('keeps its version over a restart, and raises it for an edit made meanwhile', () => {
    const server = new OneServer('active', A);
    server.restart();
    expect(server.file.mark.version).toBe(1);
    server.edit(B);
    server.restart();
    expect(server.file.mark.version).toBe(2);
  });

  it('remembers that the other server holds the same text', () => {
    const server = new OneServer('active', A);
    expect(server.file.agreed()).toBe(true);
    expect(server.file.agreed()).toBe(false);
    server.restart();
    expect(server.file.mark.agreedDigest).toBe(server.file.mark.digest);
  });

  it('begins anew where what it remembered can not be read', () => {
    const server = new OneServer('active', A);
    server.file.agreed();
    const markFile = [...server.files.texts.keys()].find((name) => name.endsWith('.json')) ?? '';
    for (const nonsense of ['{', '{}', '[1]', '{"version":1,"agreedVersion":2}']) {
      server.files.texts.set(markFile, nonsense);
      server.restart();
      expect(server.file.mark).toMatchObject({ version: 1, agreedDigest: '' });
    }
  });

  it('refuses to start with an invalid text', () => {
    const { file } = new OneServer('active', A);
    expect(file).toBeInstanceOf(PairSettingsFile);
    expect(() => new OneServer('active', 'pair: [')).toThrow(/pair\.yaml/);
  });

  it('tells which paths it covers', () => {
    const { file } = new OneServer('active', A);
    expect(file.covers('/srv/a/b/c')).toBe(true);
    expect(file.covers('/srv/b')).toBe(false);
  });
});

describe('pair.yaml on the passive server', () => {
  it('is written anew with what the active server sends', () => {
    const server = new OneServer('passive', A);
    expect(server.file.take({ version: 5, text: B })).toEqual({ isInForce: true, problems: [] });
    expect(server.inPairFile).toBe(B);
    expect(server.included).toEqual(['/srv/b/**']);
    expect(server.file.mark).toMatchObject({ version: 5, agreedVersion: 5 });
    expect(server.file.isEditedHere).toBe(false);
    server.restart();
    expect(server.included).toEqual(['/srv/b/**']);
  });

  it('counts for nothing where it was edited here, now and after a restart', () => {
    const server = agreedPassive(A);
    const look = watch(server);
    server.edit(B);
    expect(look()).toEqual([{ kind: 'changed' }]);
    expect(server.included).toEqual(['/srv/a/**']);
    expect(server.file.isEditedHere).toBe(true);
    server.restart();
    expect(server.included).toEqual(['/srv/a/**']);
    expect(server.file.isEditedHere).toBe(true);
  });

  it('keeps an edit made here, and goes by what the active server sends', () => {
    const server = agreedPassive(A);
    server.edit(B);
    watch(server)();
    expect(server.file.take({ version: 9, text: C })).toEqual({ isInForce: true, problems: [] });
    expect(server.inPairFile).toBe(B);
    expect(server.included).toEqual(['/srv/c/**']);
    expect(server.file.isEditedHere).toBe(true);
    server.restart();
    expect(server.included).toEqual(['/srv/c/**']);
  });

  it('is no longer edited once it says again what was agreed', () => {
    const server = agreedPassive(A);
    const look = watch(server);
    server.edit(B);
    look();
    server.edit(A);
    look();
    expect(server.file.isEditedHere).toBe(false);
    expect(server.file.mark).toMatchObject({ version: 1, agreedVersion: 1 });
  });

  it('is written anew where somebody deletes it', () => {
    const server = agreedPassive(A);
    const look = watch(server);
    server.edit(B);
    look();
    server.edit(null);
    expect(look()).toEqual([{ kind: 'changed' }]);
    expect(server.inPairFile).toBe(A);
    expect(server.file.isEditedHere).toBe(false);
    expect(look()).toEqual([]);
  });

  it('comes into force where both files were edited alike while nobody ran', () => {
    const server = agreedPassive(A);
    server.edit(B);
    server.restart();
    expect(server.included).toEqual(['/srv/a/**']);
    expect(server.file.agreed()).toBe(true);
    expect(server.included).toEqual(['/srv/b/**']);
    expect(server.file.isEditedHere).toBe(false);
    server.restart();
    expect(server.included).toEqual(['/srv/b/**']);
  });

  it('is not taken for agreed where it was edited once more just then', () => {
    const server = agreedPassive(A);
    server.edit(B);
    server.restart();
    server.edit(C);
    expect(server.file.agreed()).toBe(false);
    expect(server.included).toEqual(['/srv/a/**']);
  });

  it('stays as it is where the text of the active server makes no sense here', () => {
    const server = agreedPassive(A);
    const taken = server.file.take({ version: 2, text: 'pair: shop\nfuture: 1\n' });
    expect(taken).toMatchObject({ isInForce: false, problems: [{ code: 'CFG-002' }] });
    expect(server.inPairFile).toBe(A);
    expect(server.included).toEqual(['/srv/a/**']);
  });

  it('does not keep the settings from coming into force where it can not be written', () => {
    const server = agreedPassive(A);
    server.files.writeFailure = 'EROFS';
    expect(server.file.take({ version: 2, text: B })).toMatchObject({
      isInForce: true,
      problems: [{ code: 'CLI-011' }],
    });
    expect(server.included).toEqual(['/srv/b/**']);
    server.restart();
    expect(server.included).toEqual(['/srv/b/**']);
  });

  it('is nobody’s edit where it could not be written, and is written as soon as it can be', () => {
    const server = agreedPassive(A);
    server.files.writeFailure = 'EROFS';
    server.file.take({ version: 2, text: B });
    for (const then of [() => undefined, () => server.restart()]) {
      then();
      expect(server.file.isEditedHere).toBe(false);
      expect(server.file.mark).toMatchObject({ version: 2, agreedVersion: 2 });
      expect(server.file.mark.digest).toBe(server.file.mark.agreedDigest);
    }
    const look = watch(server);
    expect(look()).toMatchObject([{ kind: 'invalid', problems: [{ code: 'CLI-011' }] }]);
    expect(look()).toEqual([]);
    server.files.writeFailure = null;
    expect(look()).toEqual([{ kind: 'changed' }]);
    expect([server.inPairFile, server.file.isEditedHere]).toEqual([B, false]);
    server.edit(A);
    look();
    expect(server.file.isEditedHere).toBe(true);
  });

  it('tells once that it was deleted and can not be written', () => {
    const server = agreedPassive(A);
    const look = watch(server);
    server.files.writeFailure = 'EROFS';
    server.edit(null);
    expect(look()).toMatchObject([{ kind: 'invalid', problems: [{ code: 'CLI-011' }] }]);
    expect(look()).toEqual([]);
  });
});
