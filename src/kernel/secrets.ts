/** Strong randomness and digests, for what crosses a trust border. */
export interface Secrets {
  randomBytes(length: number): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC with SHA-256 (RFC 2104). */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Takes the same time whatever differs; false where the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
