import { describe, expect, it } from 'vitest';
import type { Position } from '../../changes/change.ts';
import { Proof } from './proof.ts';

const at = (sequence: number, epoch = 1): Position => ({ epoch, sequence });

/** A check of everything was stated up to 5 and applied. */
function proven(): Proof {
  const proof = new Proof();
  proof.streamBegins(true);
  proof.checksAll(at(0));
  proof.statedAll(at(5));
  proof.acknowledged(at(5));
  return proof;
}

describe('a queue that is given up', () => {
  it('leaves a gap with a name where everything was proven before', () => {
    const proof = proven();
    proof.givenUp(true);
    expect(proof.gap).toEqual({ closesAt: null, isNamed: true });
  });

  it('leaves one without where nothing was, or where the names are too many', () => {
    const unproven = new Proof();
    unproven.streamBegins(true);
    unproven.statedAll(at(5));
    unproven.acknowledged(at(4));
    unproven.givenUp(true);
    expect(unproven.isNamed).toBe(false);
    const tooMany = proven();
    tooMany.givenUp(false);
    expect(tooMany.isNamed).toBe(false);
  });

  it('leaves one without where track was lost and no check has closed that', () => {
    const proof = proven();
    proof.lost();
    proof.givenUp(true);
    expect(proof.isNamed).toBe(false);
  });

  it('keeps the name when it is given up again before it was mended', () => {
    const proof = proven();
    proof.givenUp(true);
    proof.streamBegins(false);
    proof.checksNames(3);
    proof.givenUp(true);
    expect(proof.isNamed).toBe(true);
  });

  it('does not take a check for applied that was dropped with it', () => {
    const proof = proven();
    proof.checksAll(at(6));
    proof.statedAll(at(9));
    proof.givenUp(true);
    proof.streamBegins(false);
    expect(proof.acknowledged(at(1, 2))).toEqual({ closed: null, isVerified: false });
    expect(proof.isStartCheckComing(at(1, 2))).toBe(false);
  });
});

describe('a gap', () => {
  it('closes once the check that was asked for because of it is applied', () => {
    const proof = proven();
    proof.givenUp(true);
    proof.streamBegins(false);
    const gap = proof.checksNames(3);
    expect(proof.itemsLeft).toBe(3);
    expect(proof.isGapOpen).toBe(true);
    proof.stated(gap, at(8, 2));
    // The stream says all of it by now.
    expect(proof.isGapOpen).toBe(false);
    expect(proof.acknowledged(at(7, 2)).closed).toBeNull();
    expect(proof.acknowledged(at(8, 2)).closed).toMatchObject({ isNamed: true });
    expect(proof.gap).toBeNull();
    expect(proof.itemsLeft).toBe(0);
  });

  it('stays open where track was lost after the check was asked for', () => {
    const proof = proven();
    const gap = proof.checksNames(3);
    proof.lost();
    proof.stated(gap, at(8));
    expect(proof.acknowledged(at(9)).closed).toBeNull();
    expect(proof.gap).toEqual({ closesAt: null, isNamed: false });
    expect(proof.isGapOpen).toBe(true);
  });
});
