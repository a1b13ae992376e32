import { expect, it } from 'vitest';
import { CheckOutcomes, givenUp } from './check-outcomes.ts';

const ending = (check: number) => ({ ...givenUp(check), finished: true });
const forever = new AbortController().signal;

it('an outcome comes to everyone who waits for it', async () => {
  const outcomes = new CheckOutcomes();
  const waiting = [outcomes.wait(1, forever), outcomes.wait(1, forever), outcomes.wait(2, forever)];
  outcomes.ended(ending(1));
  outcomes.ended(ending(2));
  expect((await Promise.all(waiting)).map((outcome) => outcome.check)).toEqual([1, 1, 2]);
});

it('an outcome that came first is there for who asks later', async () => {
  const outcomes = new CheckOutcomes();
  outcomes.ended(ending(1));
  expect(await outcomes.wait(1, forever)).toEqual(ending(1));
});

it('only the newest outcomes are remembered', async () => {
  const outcomes = new CheckOutcomes();
  for (let check = 1; check <= 65; check++) outcomes.ended(ending(check));
  expect(await outcomes.wait(2, forever)).toEqual(ending(2));
  const forgotten = outcomes.wait(1, forever);
  outcomes.abandon();
  expect(await forgotten).toMatchObject({ check: 1, finished: false });
});

it('who left hears nothing any more', async () => {
  const outcomes = new CheckOutcomes();
  const leaving = new AbortController();
  let heard = false;
  void outcomes.wait(1, leaving.signal).then(() => {
    heard = true;
  });
  leaving.abort();
  outcomes.ended(ending(1));
  await outcomes.wait(1, forever);
  expect(heard).toBe(false);
});

it('nobody waits for ever for a check whose worker is gone', async () => {
  const outcomes = new CheckOutcomes();
  const waiting = outcomes.wait(1, forever);
  outcomes.abandon();
  expect(await waiting).toMatchObject({ check: 1, finished: false });
});

it('what was told of a check stays', async () => {
  const outcomes = new CheckOutcomes();
  outcomes.ended(ending(1));
  outcomes.ended(givenUp(1));
  expect(await outcomes.wait(1, forever)).toEqual(ending(1));
});
