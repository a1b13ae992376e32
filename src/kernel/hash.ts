/**
 * 64-bit hash of content, for comparing two copies (XXH64, seed 0). Not collision resistant against
 * somebody who means harm: what crosses a trust border uses SHA-256.
 */
export type HashContent = (content: Uint8Array) => bigint;
