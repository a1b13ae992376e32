import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { RANGE_BYTES } from '../changes/change.ts';
import { answerTo, attributes, create, createFolder, entry, ROOT, Trial } from './trial.testing.ts';

let trial: Trial;
afterEach(() => trial.end());

const LARGE = Buffer.alloc(2 * RANGE_BYTES + 5, 'large');
const AS_STATED = attributes(111);

/** A large file (11) whose content is on its way, to be called f; and a small one (12), called g. */
function gathering(): void {
  trial = new Trial().rooted();
  trial.do(createFolder(10, ROOT, 'd'), create(11, ROOT, 'f', LARGE), create(12, 10, 'g', 'small'));
  trial.apply.pump();
}

describe('a large file that is being gathered', () => {
  it('gets the name under which a check finds another file, which is shown until it is whole', () => {
    gathering();
    // The active server exchanged the two while nobody watched.
    trial.equal(10, entry(11, 'g', LARGE, AS_STATED));
    expect(readFileSync(trial.path('d', 'g'), 'utf8')).toBe('small');
    for (const request of trial.pulls.splice(0))
      trial.apply.answers([answerTo(request, { content: LARGE, attributes: AS_STATED })]);
    expect(readFileSync(trial.path('d', 'g')).equals(LARGE)).toBe(true);
    expect(existsSync(trial.path('f'))).toBe(false);
  });

  it('gets a further name, where it has two', () => {
    gathering();
    trial.equal(10, { ...entry(11, 'g', LARGE, AS_STATED), linked: true });
    for (const request of trial.pulls.splice(0))
      trial.apply.answers([answerTo(request, { content: LARGE, attributes: AS_STATED })]);
    expect(lstatSync(trial.path('d', 'g')).ino).toBe(lstatSync(trial.path('f')).ino);
  });

  it.each(['status', 'contentFollows'] as const)(
    'is not taken for whole where only attributes differed (%s)',
    (proof) => {
      gathering();
      const stated = entry(11, 'f', LARGE, AS_STATED);
      const what = ['mode'] as const;
      trial.apply.repair({
        kind: 'attributes',
        node: 11,
        parent: ROOT,
        entry: stated,
        attributes: AS_STATED,
        what,
        proof,
      });
      expect(existsSync(trial.path('f'))).toBe(false);
      expect(trial.statusOf(11)).toBe('Out of sync');
    },
  );

  it('is given up where a small file of its number was found equal', () => {
    gathering();
    writeFileSync(trial.path('f'), 'small');
    trial.equal(ROOT, entry(11, 'f', Buffer.from('small'), AS_STATED));
    expect(readFileSync(trial.path('f'), 'utf8')).toBe('small');
    expect(trial.apply.counts.pullsWaiting).toBe(0);
    expect(trial.statusOf(11)).not.toBe('Synchronized');
  });
});
