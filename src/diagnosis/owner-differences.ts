/** What one server calls a user or group that has protected files; null where it has no name there. */
export interface OwnerName {
  readonly kind: 'user' | 'group';
  readonly id: number;
  readonly name: string | null;
}

/**
 * Numbers that mean somebody else on the passive server, in words. Files carry numbers, so whoever has the
 * number there has the files. Pure.
 */
export function ownerDifferences(active: readonly OwnerName[], passive: readonly OwnerName[]): string[] {
  const here = new Map(passive.map((owner) => [keyOf(owner), owner.name]));
  const differences: string[] = [];
  for (const owner of active) {
    const name = here.get(keyOf(owner)) ?? null;
    if (name === owner.name) continue;
    const there = owner.name === null ? `no ${owner.kind}` : owner.name;
    differences.push(
      `${owner.kind} ${String(owner.id)} is ${there} on the active server, ${name ?? `no ${owner.kind}`} on the passive one`,
    );
  }
  return differences;
}

function keyOf({ kind, id }: OwnerName): string {
  return `${kind} ${String(id)}`;
}
