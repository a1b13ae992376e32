import type { AnswerOf, CheckedRequestOf, FileItem } from '../../api/requests.ts';
import type { Role, Status } from '../../api/status.ts';
import { isProblem } from '../../problems/problem.ts';
import type { FindingBoard } from './finding-board.ts';
import { cursorAt, cursorBefore, isByteCursor, pathOfCursor } from '../stream/item-cursor.ts';
import type { RegistryItem, RegistryQuery } from '../registry/registry-messages.ts';
import type { ItemView, StreamQuery } from '../stream/thread-messages.ts';
import { type UnreadPage, withUnread } from './unread-items.ts';
import { withUnseen } from './unseen-items.ts';
import { isSynchronized } from '../../diagnosis/synchronization-status.ts';
import { withMissing } from './missing-items.ts';

const NONE: UnreadPage = { count: 0, items: [] };
/** Between the cursor before a path and the path there is next to nothing. */
const LOOKED_THROUGH_MAX = 10;
const UNREAD_CODES: readonly string[] = ['CAP-002', 'CHK-004'];

type Asks = (query: StreamQuery | RegistryQuery) => Promise<unknown>;

/** Who knows what of the items. */
interface Sources {
  readonly daemon: {
    readonly role: Role;
    readonly protectsRegistry: boolean;
    status(): Status;
    query(query: StreamQuery | RegistryQuery): Promise<unknown>;
  };
  readonly findings: Pick<FindingBoard, 'all'>;
  readonly ofPassive: Asks;
  readonly ofActive: Asks;
}

/** One page of items: files first, then registry keys. */
export async function listItems(request: CheckedRequestOf<'files'>, sources: Sources): Promise<AnswerOf<'files'>> {
  const { after = '', limit, outOfSync } = request;
  if (!sources.daemon.protectsRegistry) return await listFiles(request, sources);
  const isAtKeys = after !== '' && !after.startsWith('/') && !isByteCursor(after);
  const page = await listFiles(isAtKeys ? { ...request, limit: 1 } : request, sources);
  if (!isAtKeys && page.next !== null) return page;
  const files = isAtKeys ? [] : page.items;
  const left = limit - files.length;
  const query = { name: 'registryItems', outOfSync, after: isAtKeys ? after : '', limit: left } as const;
  const { daemon, ofPassive } = sources;
  const isConnected = page.channel === 'Connected';
  const found = left === 0 ? [] : ((await (isConnected ? ofPassive(query) : daemon.query(query))) as RegistryItem[]);
  const keys = found.map((item) => ({ ...item, type: 'key' as const, since: null }));
  const isFull = left > 0 && found.length === left;
  return { ...page, items: [...files, ...keys], next: isFull ? (found.at(-1)?.path ?? null) : null };
}

/** One page of files: as the passive server knows them, with what only the active server knows. */
async function listFiles(
  request: CheckedRequestOf<'files'>,
  { daemon, findings, ofPassive, ofActive }: Sources,
): Promise<AnswerOf<'files'>> {
  const { outOfSync, limit } = request;
  const query = { name: 'items', outOfSync, after: pathOfCursor(request.after), limit } as const;
  const status = daemon.status();
  const connected = status.channel.status === 'Connected';
  // In the short wait after a drop, what is on its way is no more out of sync than before.
  const isNotOut = daemon.role === 'active' && outOfSync && status.channel.status === 'Waiting';
  const known = isNotOut ? [] : ((await (connected ? ofPassive(query) : daemon.query(query))) as ItemView[]);
  // Before all is verified the passive server does not know what is missing there.
  const isPartial = connected && !outOfSync && !isSynchronized(status.fileSystem.status);
  const ofBoth = isPartial ? withMissing(known, await itemsOfActive(ofActive, query), query) : known;
  const unread = connected || daemon.role === 'active' ? await unreadOf(ofActive, { ...query, paths: null }) : NONE;
  const sinceOf = (path: string): string | null =>
    findings.all().find(({ code, item }) => item === path && UNREAD_CODES.includes(code))?.since ?? null;
  const items = withUnread(withUnseen(ofBoth, findings.all(), query), unread.items, { limit, sinceOf });
  const last = items.length < limit ? undefined : items.at(-1);
  return {
    items: items.map(({ path, type, status: one, since, reason }) => ({ path, type, status: one, since, reason })),
    next: last === undefined ? null : cursorAt(last),
    fileSystem: status.fileSystem.status,
    registry: status.registry.status,
    itemsUnchecked: status.fileSystem.itemsUnchecked + status.registry.itemsUnchecked,
    channel: status.channel.status,
    changesWaiting: status.queues.send.records,
  };
}

export async function unreadOf(
  ofActive: Asks,
  wanted: Omit<Extract<StreamQuery, { name: 'unread' }>, 'name'>,
): Promise<UnreadPage> {
  const { paths, after, limit } = wanted;
  return ((await ifThere(ofActive, { name: 'unread', paths, after, limit })) as UnreadPage | undefined) ?? NONE;
}

async function itemsOfActive(ofActive: Asks, query: Extract<StreamQuery, { name: 'items' }>): Promise<ItemView[]> {
  return ((await ifThere(ofActive, query)) as ItemView[] | undefined) ?? [];
}

/** Nothing where the active server can't be asked: the status says then that the two are apart. */
async function ifThere(ofActive: Asks, query: StreamQuery): Promise<unknown> {
  try {
    return await ofActive(query);
  } catch (error) {
    if (isProblem(error, 'DMN-001')) return undefined;
    throw error;
  }
}

/** How the list has one item; null where it is not in there. */
export async function listedItem(path: string, sources: Sources): Promise<FileItem | null> {
  const request = { after: cursorBefore(path), outOfSync: false, limit: LOOKED_THROUGH_MAX };
  const { items } = await listFiles(request, sources);
  return items.find((item) => item.path === path) ?? null;
}
