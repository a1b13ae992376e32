import type { AnswerOf, CheckedRequestOf, Handlers, QuarantineEntry } from '../../api/requests.ts';
import type { Identity, Role, Status } from '../../api/status.ts';
import type { Timers } from '../../kernel/clock.ts';
import { fromText } from '../../kernel/byte-string.ts';
import { Problem } from '../../problems/problem.ts';
import { type Aside, asideHandlers } from './aside.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import { followChecks } from './check-following.ts';
import type { EventHistory } from './event-history.ts';
import type { FindingBoard } from './finding-board.ts';
import { listedItem, listItems, unreadOf } from './files-list.ts';
import { differenceOfItem } from './item-difference.ts';
import type { ItemLook } from './item-look.ts';
import { pageOfQuarantine } from './quarantine-list.ts';
import { diffOfKey } from '../registry/key-difference.ts';
import type { RegistryQuery } from '../registry/registry-messages.ts';
import type { Services } from '../services/services.ts';
import type { CheckRequest, StreamQuery } from '../stream/thread-messages.ts';

/** What the handlers ask of the daemon. */
export interface DaemonView {
  readonly identity: Identity;
  readonly role: Role;
  /** Does the pair protect any registry? */
  readonly protectsRegistry: boolean;
  status(): Status;
  /** Starts a check, on whichever server it takes. @returns its number. @throws Problem DMN-001, DMN-002, DMN-006, REG-006 */
  startCheck(request: CheckRequest): Promise<number>;
  /** What came of a check with this number; at once where it ended already. */
  outcome(check: number, signal: AbortSignal): Promise<CheckOutcome>;
  /** Asks this server's stream worker. */
  query(query: StreamQuery | RegistryQuery): Promise<unknown>;
  /** Asks the other daemon. @throws Problem DMN-001 */
  callPeer(name: string, body: unknown): Promise<unknown>;
  /** Carries out what a problem of this server offers. @returns what was done. @throws Problem DMN-004 */
  fix(id: string): Promise<string>;
  readonly services: Pick<
    Services,
    'plan' | 'adopt' | 'release' | 'answer' | 'pause' | 'resume' | 'snapshotsTaken' | 'takeSnapshot'
  >;
  invite(
    signal: AbortSignal,
  ): AsyncIterable<{ kind: 'token'; token: string; expiresAt: string } | { kind: 'done'; peerAddress: string }>;
  pairSettings(): { version: number; file: string; text: string };
  /** @throws Problem DMN-006 where the pair settings don't cover this path. */
  expectProtected(path: string): void;
}

/** The daemon's half of the API. What the passive server knows is asked of it, whichever server is asked. */
export function handlersOf(options: {
  daemon: DaemonView;
  findings: FindingBoard;
  history: EventHistory;
  timers: Timers;
  aside: Aside;
}): Handlers {
  const { daemon, findings, history, timers, aside } = options;
  /** On the passive server directly, otherwise through the channel. */
  const ofPassive = (query: StreamQuery | RegistryQuery): Promise<unknown> =>
    daemon.role === 'passive' ? daemon.query(query) : daemon.callPeer('query', query);
  const ofActive = (query: StreamQuery | RegistryQuery): Promise<unknown> =>
    daemon.role === 'active' ? daemon.query(query) : daemon.callPeer('query', query);
  return {
    status: async () => daemon.status(),
    check: (request, { signal }) =>
      followChecks({
        daemon,
        unread: () => unreadOf(ofActive, { paths: pathsOf(request.paths), after: fromText(''), limit: 1 }),
        timers,
        signal,
        requests: checksOf(request, daemon.protectsRegistry),
      }),
    files: (request) => listItems(request, { daemon, findings, ofPassive, ofActive }),
    diff: async ({ path }) => {
      if (!path.startsWith('/')) return await diffOfKey(path, daemon);
      daemon.expectProtected(path);
      const query = { name: 'look', path } as const;
      return await differenceOfItem(path, {
        looks: async () => ({
          active: (await ofActive(query)) as ItemLook,
          passive: (await ofPassive(query)) as ItemLook,
        }),
        known: () => listedItem(path, { daemon, findings, ofPassive, ofActive }),
        changesWaiting: () => daemon.status().queues.send.records,
        timers,
      });
    },
    findings: async () => ({ findings: findings.all() }),
    ...asideHandlers({ daemon, findings, aside }),
    fix: async ({ id }) => {
      if (findings.find(id) !== null) return { done: await daemon.fix(id) };
      if (!findings.all().some((finding) => finding.id === id))
        throw new Problem('CLI-003', { what: 'finding', name: id, list: 'findings' });
      return (await daemon.callPeer('fix', { id })) as { done: string };
    },
    events: async (request) => ({ events: await history.find(request) }),
    quarantineList: async ({ after = null, limit }) => {
      const answer = await ofPassive({ name: 'quarantineList', after, limit });
      // An older release knows no pages.
      const page = Array.isArray(answer) ? pageOfQuarantine(answer as QuarantineEntry[], { after, limit }) : answer;
      return page as AnswerOf<'quarantineList'>;
    },
    quarantineRestore: async ({ id, to }) =>
      (await ofPassive({ name: 'quarantineRestore', entry: id, to })) as { path: string },
    quarantinePurge: async ({ id }) =>
      (await ofPassive({ name: 'quarantinePurge', entry: id })) as { entries: number; bytes: number },
    servicesPlan: () => daemon.services.plan(),
    servicesAdopt: ({ digest }) => daemon.services.adopt(digest),
    pause: (request) => daemon.services.pause(request),
    resume: () => daemon.services.resume(),
    servicesRelease: () => daemon.services.release(),
    snapshots: () => daemon.services.snapshotsTaken(),
    snapshotTake: () => daemon.services.takeSnapshot(),
    invite: (_request, { signal }) => daemon.invite(signal),
    pairSettings: async () => daemon.pairSettings(),
  };
}

function pathsOf(paths: readonly string[]): readonly string[] | null {
  return paths.length === 0 ? null : paths;
}

/** Files, registries, or both. @throws Problem REG-020 where the registry alone is to be checked, and none is protected. */
function checksOf(
  { mode, verifyOnly, paths, registry }: CheckedRequestOf<'check'>,
  protectsRegistry: boolean,
): CheckRequest[] {
  if (registry && !protectsRegistry) throw new Problem('REG-020', {});
  const repair = !verifyOnly;
  const ofFiles = { mode, repair, paths: pathsOf(paths) };
  const ofRegistry = { registry: true, mode: 'full', repair, paths: null } as const;
  if (registry) return [ofRegistry];
  return protectsRegistry && paths.length === 0 ? [ofFiles, ofRegistry] : [ofFiles];
}
