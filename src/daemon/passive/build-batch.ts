import type { Apply } from '../../apply/apply.ts';
import { INLINE_BYTES_MAX } from '../../changes/change.ts';
import type { PullRequest } from '../../changes/data-frame.ts';
import type { Node, NodeTree } from '../../changes/node-tree.ts';
import { ContentNeeds } from '../../check/content-needs.ts';
import { FetchedContent } from '../../journal/fetched-content.ts';
import type { Files } from '../../kernel/files.ts';
import type { MonotonicMs } from '../../kernel/units.ts';
import { pageAligned } from '../../system/files/aligned-buffer.ts';
import { hashContent } from '../../system/files/content-hash.ts';
import { ContentFetch } from './content-fetch.ts';
import type { ContentLine } from './content-line.ts';
import type { OneMoment } from './one-moment.ts';
import type { ReceiveQueue } from './receive-queue.ts';
import { ResyncBatch } from './resync-batch.ts';
import type { StreamStart } from '../stream/thread-messages.ts';

/** What is applied as one, with all that it needs. */
export function buildBatch(parts: {
  readonly files: Files;
  readonly tree: NodeTree;
  readonly apply: Apply;
  readonly queue: ReceiveQueue;
  readonly moment: OneMoment;
  /** What Apply asks for, until somebody takes it. */
  readonly pulls: PullRequest[];
  readonly content: ContentLine;
  readonly now: () => MonotonicMs;
  readonly start: Pick<StreamStart, 'queueDirectory'>;
}): ResyncBatch {
  const { files, tree, apply, queue, moment, pulls, now, start } = parts;
  const send = (requests: readonly PullRequest[]): void => parts.content.ask(requests);
  const hash = hashContent;
  const open = (node: Node): number | null => apply.openContent(node);
  const content = new FetchedContent({ files, hash, directory: start.queueDirectory });
  const needs = new ContentNeeds({
    files,
    tree,
    hash,
    buffer: pageAligned(INLINE_BYTES_MAX),
    open,
    fetched: (node, offset) => content.hashOf(node, offset),
  });
  const fetch = new ContentFetch({ content, files, hash, open, send });
  return new ResyncBatch({ apply, queue, needs, content, fetch, moment, pulls: { take: () => pulls.splice(0) }, now });
}
