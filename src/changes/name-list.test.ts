import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteString, fromText } from '../kernel/byte-string.ts';
import { NameList } from './name-list.ts';

/** So few that most lists here are kept as bytes, and some are not. */
const FEW_MAX = 4;
const name = fc
  .oneof(
    fc.constantFrom('a', 'ab', 'abc', 'b', '.', '\xff', '\x80', 'z'),
    fc.string({ unit: 'binary-ascii', maxLength: 5 }),
  )
  .map((text) => text as ByteString);
const names = fc.uniqueArray(name, { maxLength: 40 });

function listOf(all: readonly ByteString[]): NameList {
  const list = new NameList(FEW_MAX);
  for (const one of all) list.push(one);
  return list;
}

describe('a list of names', () => {
  it('has what was put in, and in order where it was asked for', () => {
    fc.assert(
      fc.property(names, (all) => {
        const list = listOf(all);
        expect(list.length).toBe(all.length);
        expect([...list]).toEqual(all);
        expect([...list.sort()]).toEqual(all.toSorted());
      }),
    );
  });

  it('knows what comes after a name, and what is in it', () => {
    fc.assert(
      fc.property(names, name, (all, after) => {
        const list = listOf(all).sort();
        const expected = all.toSorted().findIndex((one) => one > after);
        expect(list.firstAfter(after)).toBe(expected < 0 ? all.length : expected);
        expect(list.has(after)).toBe(all.includes(after));
      }),
    );
  });

  it('takes in what arrived, each once, as often as it is asked to', () => {
    fc.assert(
      fc.property(names, fc.array(fc.array(name), { maxLength: 4 }), (all, arrivals) => {
        const list = listOf(all).sort();
        for (const arrived of arrivals) list.merge(arrived);
        expect([...list]).toEqual([...new Set([...all, ...arrivals.flat()])].sort());
        expect(list.length).toBe([...list].length);
      }),
    );
  });

  it('goes on after it was put in order', () => {
    fc.assert(
      fc.property(names, name, (all, more) => {
        const list = listOf(all).sort();
        list.push(more);
        expect([...list]).toEqual([...all.toSorted(), more]);
        expect([...list.sort()]).toEqual([...all, more].sort());
      }),
    );
  });

  it('gives a part of itself', () => {
    fc.assert(
      fc.property(names, (all) => {
        const isWanted = (one: string): boolean => one.length % 2 === 0;
        expect([...listOf(all).filter(isWanted)]).toEqual(all.filter(isWanted));
      }),
    );
  });

  it('tells what it lacks of others', () => {
    fc.assert(
      fc.property(names, names, (all, others) => {
        const known = new Set(others);
        expect([...listOf(all).lacking(known)].sort()).toEqual(others.filter((one) => !all.includes(one)).sort());
      }),
    );
  });

  it('puts very many in order', () => {
    const all = Array.from({ length: 30_000 }, (_, index) => fromText(`name-${String((index * 7919) % 30_000)}`));
    expect([...NameList.of(all).sort()]).toEqual(all.toSorted());
  });

  it.each([false, true])('has what comes later when it forgot what came before (sorted: %s)', (isSorted) => {
    const all = Array.from({ length: 30_000 }, (_, index) => fromText(`a-rather-long-name-${String(index)}`));
    const list = NameList.of(all);
    if (isSorted) list.sort();
    list.push(fromText('one more'));
    const order = [...(isSorted ? all.toSorted() : all), 'one more'];
    for (let index = 0; index < list.length; index += 1) {
      list.forgetBefore(index);
      if (index % 1000 < 2) expect(list.at(index)).toBe(order[index]);
    }
    expect(list.at(list.length - 1)).toBe('one more');
  });
});
