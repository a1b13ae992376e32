import type { AnswerOf, CheckedRequestOf } from '../api/requests.ts';
import type { Role, Status } from '../api/status.ts';
import { isProblem } from '../problems/problem.ts';
import type { FindingBoard } from './finding-board.ts';
import { cursorAt, pathOfCursor } from './item-cursor.ts';
import type { ItemView, StreamQuery } from './thread-messages.ts';
import { type UnreadPage, withUnread } from './unread-items.ts';
import { withUnseen } from './unseen-items.ts';

const NONE: UnreadPage = { count: 0, items: [] };
const UNREAD_CODES: readonly string[] = ['CAP-002', 'CHK-004'];

type Asks = (query: StreamQuery) => Promise<unknown>;

/** Who knows what of the items. */
interface Sources {
  readonly daemon: { readonly role: Role; status(): Status; query(query: StreamQuery): Promise<unknown> };
  readonly findings: Pick<FindingBoard, 'all'>;
  readonly ofPassive: Asks;
  readonly ofActive: Asks;
}

/** One page of items: as the passive server knows them, with what only the active server knows. */
export async function listFiles(
  request: CheckedRequestOf<'files'>,
  { daemon, findings, ofPassive, ofActive }: Sources,
): Promise<AnswerOf<'files'>> {
  const { outOfSync, limit } = request;
  const query = { name: 'items', outOfSync, after: pathOfCursor(request.after), limit } as const;
  const connected = daemon.status().channel.status === 'Connected';
  const known = (await (connected ? ofPassive(query) : daemon.query(query))) as ItemView[];
  const unread = connected || daemon.role === 'active' ? await unreadOf(ofActive, { ...query, paths: null }) : NONE;
  const sinceOf = (path: string): string | null =>
    findings.all().find(({ code, item }) => item === path && UNREAD_CODES.includes(code))?.since ?? null;
  const page = withUnread(withUnseen(known, findings.all(), query), unread.items, { limit, sinceOf });
  return pageShown(page, limit);
}

/** None where the active server can't be asked: the status says then that the two are apart. */
export async function unreadOf(
  ofActive: Asks,
  wanted: Omit<Extract<StreamQuery, { name: 'unread' }>, 'name'>,
): Promise<UnreadPage> {
  const { paths, after, limit } = wanted;
  try {
    return ((await ofActive({ name: 'unread', paths, after, limit })) as UnreadPage | undefined) ?? NONE;
  } catch (error) {
    if (isProblem(error, 'DMN-001')) return NONE;
    throw error;
  }
}

function pageShown(page: readonly ItemView[], limit: number): AnswerOf<'files'> {
  const last = page.length < limit ? undefined : page.at(-1);
  const items = page.map(({ path, type, status, since, reason }) => ({ path, type, status, since, reason }));
  return { items, next: last === undefined ? null : cursorAt(last) };
}
