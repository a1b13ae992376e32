import type { NodeTree } from '../../changes/node-tree.ts';
import { type OwnerName, ownerDifferences } from '../../diagnosis/owner-differences.ts';
import type { Cancel, Timers } from '../../kernel/clock.ts';
import { isProblem } from '../../problems/problem.ts';
import { accountNames } from '../../system/machine/account-names.ts';
import type { FindingBoard } from './finding-board.ts';
import type { DaemonView } from './handlers.ts';

/** Numbers of users, and of groups, that are compared at most. */
const OWNERS_MAX = 500;
const NAME_LENGTH_MAX = 256;
const LOOK_EVERY_MS = 5000;
/** A look that found no difference is repeated after so many turns; one that found some at the next, for somebody mends the accounts. */
const TURNS_BETWEEN = 6;

/** Users and groups of protected files, by their numbers. */
export interface OwnerIds {
  readonly users: readonly number[];
  readonly groups: readonly number[];
}

/** Those that occur in a tree. */
export function ownersIn(tree: NodeTree): OwnerIds {
  const users = new Set<number>();
  const groups = new Set<number>();
  for (const { uid, gid } of tree.nodes) {
    if (users.size < OWNERS_MAX) users.add(uid);
    if (groups.size < OWNERS_MAX) groups.add(gid);
  }
  return { users: [...users], groups: [...groups] };
}

/** What this machine calls them. */
export async function ownerNames({ users, groups }: OwnerIds): Promise<OwnerName[]> {
  const [userNames, groupNames] = [await accountNames('user', users), await accountNames('group', groups)];
  return [
    ...users.map((id): OwnerName => ({ kind: 'user', id, name: userNames.get(id) ?? null })),
    ...groups.map((id): OwnerName => ({ kind: 'group', id, name: groupNames.get(id) ?? null })),
  ];
}

/** Has the passive server compare now and then what the two call the owners of protected files. */
export function watchOwners(options: {
  daemon: Pick<DaemonView, 'role' | 'callPeer'>;
  timers: Timers;
  findings: Pick<FindingBoard, 'raise' | 'clear'>;
}): Cancel {
  const { daemon, timers, findings } = options;
  if (daemon.role === 'active') return () => undefined;
  let isLooking = false;
  let turnsLeft = 0;
  return timers.every(LOOK_EVERY_MS, () => {
    if (isLooking || turnsLeft-- > 0) return;
    isLooking = true;
    void compareOwners(daemon, findings)
      .then((isWell) => {
        turnsLeft = isWell ? TURNS_BETWEEN - 1 : 0;
      })
      .finally(() => {
        isLooking = false;
      });
  });
}

/** @returns false where the other server could not be asked, or something differs. */
async function compareOwners(
  daemon: Pick<DaemonView, 'callPeer'>,
  findings: Pick<FindingBoard, 'raise' | 'clear'>,
): Promise<boolean> {
  let active: OwnerName[];
  try {
    active = asOwnerNames(await daemon.callPeer('owners', {}));
  } catch (error) {
    if (isProblem(error)) return false;
    throw error;
  }
  const idsOf = (kind: OwnerName['kind']): number[] => active.filter((one) => one.kind === kind).map(({ id }) => id);
  const passive = await ownerNames({ users: idsOf('user'), groups: idsOf('group') });
  const differences = ownerDifferences(active, passive);
  if (differences.length === 0) findings.clear('APL-022');
  else findings.raise({ code: 'APL-022', parameters: { count: differences.length } }, { evidence: differences });
  return active.length > 0 && differences.length === 0;
}

/** What the peer says is no more trusted than anything else from the wire. */
function asOwnerNames(value: unknown): OwnerName[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).slice(0, 2 * OWNERS_MAX).filter(isOwnerName);
}

function isOwnerName(value: unknown): value is OwnerName {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id, name } = value as Record<string, unknown>;
  const isNamed = name === null || (typeof name === 'string' && name.length <= NAME_LENGTH_MAX);
  return (kind === 'user' || kind === 'group') && Number.isSafeInteger(id) && isNamed;
}
