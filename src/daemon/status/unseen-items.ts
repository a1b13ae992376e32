import type { Finding } from '../../api/status.ts';
import type { ByteString } from '../../kernel/byte-string.ts';
import { bytesOf } from '../stream/item-cursor.ts';
import type { ItemView } from '../stream/thread-messages.ts';

/**
 * A page of items as the passive server knows them, with those that can change without notice
 * (CAP-009) as what they are: unchecked. Pure.
 */
export function withUnseen(
  items: readonly ItemView[],
  findings: readonly Finding[],
  page: { readonly outOfSync: boolean; readonly after: ByteString; readonly limit: number },
): ItemView[] {
  const unseen = new Map<string, Finding>();
  for (const finding of findings)
    if (finding.code === 'CAP-009' && finding.item !== null) unseen.set(finding.item, finding);
  const found: ItemView[] = [];
  for (const item of items) {
    const finding = unseen.get(item.path);
    unseen.delete(item.path);
    found.push(finding === undefined || item.status !== 'Synchronized' ? item : { ...item, ...unchecked(finding) });
  }
  if (!page.outOfSync) return found;
  // The passive server left them out, because its copy is as it was stated last.
  for (const [path, finding] of unseen) {
    const item: ItemView = { path, exact: null, type: 'file', ...unchecked(finding) };
    if (bytesOf(item) > page.after) found.push(item);
  }
  return found.sort((a, b) => (bytesOf(a) < bytesOf(b) ? -1 : 1)).slice(0, page.limit);
}

function unchecked({ since, cause }: Finding): Pick<ItemView, 'status' | 'since' | 'reason'> {
  return { status: 'Unchecked', since, reason: cause };
}
