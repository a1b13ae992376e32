const CONTENT_BYTES = 4096;
const MARK_BYTES = 16;

/** Content that says which change made it, in every part of it. */
export function numberedContent(change: number): Buffer {
  return Buffer.alloc(CONTENT_BYTES, String(change).padStart(MARK_BYTES, '0'));
}

/** @returns null of content that is not, or not wholly, that of one change. */
export function changeIn(content: Buffer): number | null {
  if (content.length !== CONTENT_BYTES) return null;
  const change = Number(content.toString('latin1', 0, MARK_BYTES));
  return Number.isSafeInteger(change) && content.equals(numberedContent(change)) ? change : null;
}
