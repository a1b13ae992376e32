import type { FileItem } from '../api/requests.ts';
import type { Finding } from '../api/status.ts';
import { fromText } from '../kernel/byte-string.ts';

/**
 * A page of items as the passive server knows them, with those that can change without notice
 * (CAP-009) as what they are: unchecked. Pure.
 */
export function withUnseen(
  items: readonly FileItem[],
  findings: readonly Finding[],
  page: { readonly outOfSync: boolean; readonly after: string; readonly limit: number },
): FileItem[] {
  const unseen = new Map<string, Finding>();
  for (const finding of findings)
    if (finding.code === 'CAP-009' && finding.item !== null) unseen.set(finding.item, finding);
  const found: FileItem[] = [];
  for (const item of items) {
    const finding = unseen.get(item.path);
    unseen.delete(item.path);
    found.push(finding === undefined || item.status !== 'Synchronized' ? item : { ...item, ...unchecked(finding) });
  }
  if (!page.outOfSync) return found;
  // The passive server left them out, because its copy is as it was stated last.
  for (const [path, finding] of unseen) {
    if (compare(path, page.after) > 0) found.push({ path, type: 'file', ...unchecked(finding) });
  }
  return found.sort((a, b) => compare(a.path, b.path)).slice(0, page.limit);
}

function unchecked({ since, cause }: Finding): Pick<FileItem, 'status' | 'since' | 'reason'> {
  return { status: 'Unchecked', since, reason: cause };
}

/** In the order of the bytes, as pages are cut. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return fromText(a) < fromText(b) ? -1 : 1;
}
