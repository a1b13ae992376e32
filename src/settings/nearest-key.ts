/** What was most likely meant: the closest candidate, where it is close enough to be worth asking; else null. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * The closest of all settings: first among those beside it, then anywhere by its last part (put under
 * the wrong group), then by its whole name.
 */
export function nearestKey(key: string, keys: readonly string[]): string | null {
  const group = groupOf(key);
  const last = lastOf(key);
  const beside = keys.filter((one) => groupOf(one) === group);
  const sibling = nearest(last, beside.map(lastOf));
  if (sibling !== null) return group === '' ? sibling : `${group}.${sibling}`;
  const elsewhere = keys.find((one) => lastOf(one).toLowerCase() === last.toLowerCase());
  return elsewhere ?? nearest(key, keys);
}

/** Inserted, deleted, replaced or swapped characters (optimal string alignment). Words longer than 100 are cut. */
export function editDistance(left: string, right: string): number {
  const [one, two] = [left.slice(0, 100), right.slice(0, 100)];
  let beforeLast: number[] = [];
  let last = Array.from({ length: two.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= two.length; column++) {
      const same = one[row - 1] === two[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && one[row - 1] === two[column - 2] && one[row - 2] === two[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[two.length] ?? 0;
}

function groupOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}

function lastOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
