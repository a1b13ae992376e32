import { describe, expect, it } from 'vitest';
import { FileError } from '../../kernel/files.ts';
import { Problem } from '../../problems/problem.ts';
import { answerQuery } from './answer-query.ts';
import { StreamQueries } from './stream-queries.ts';
import type { StreamQuery, ToStream } from './thread-messages.ts';

const LOOK: StreamQuery = { name: 'look', path: '/srv/a' };

/** The daemon's half and the worker's half, in one thread. */
function trial(answer: (query: StreamQuery) => unknown): StreamQueries {
  const queries = new StreamQueries((message: ToStream) => {
    if (message.kind === 'query') queueMicrotask(() => queries.answered(answerQuery(message, answer)));
    return true;
  });
  return queries;
}

describe('a question to the stream worker', () => {
  it('is answered', async () => {
    expect(await trial((query) => [query.name]).ask(LOOK)).toEqual(['look']);
  });

  it('fails as it failed there, and ends nothing else', async () => {
    const queries = trial((query) => {
      if (query.name === 'look') throw new Problem('CLI-003', { what: 'entry', name: 'x', list: 'quarantine list' });
      return 'well';
    });
    const failed = queries.ask(LOOK);
    const well = queries.ask({ name: 'quarantineList' });
    await expect(failed).rejects.toMatchObject({ code: 'CLI-003' });
    expect(await well).toBe('well');
  });

  it('tells what the disk said against it', async () => {
    const queries = trial(() => {
      throw new FileError({ code: 'EACCES', call: 'openat', path: '/srv/a' });
    });
    await expect(queries.ask(LOOK)).rejects.toThrow(/EACCES/);
  });

  it('does not hide a fault of ours', () => {
    const message = { kind: 'query', id: 1, query: LOOK } as const;
    const fault = (): never => {
      throw new TypeError('bug');
    };
    expect(() => answerQuery(message, fault)).toThrow('bug');
  });

  it('fails where no worker is there, and when the worker ends before its answer', async () => {
    const none = new StreamQueries(() => false);
    await expect(none.ask(LOOK)).rejects.toMatchObject({ code: 'DMN-001' });
    const silent = new StreamQueries(() => true);
    const asked = silent.ask(LOOK);
    silent.lost();
    await expect(asked).rejects.toMatchObject({ code: 'DMN-001' });
    silent.answered({ kind: 'answer', id: 1, answer: 'late', problem: null });
  });
});
