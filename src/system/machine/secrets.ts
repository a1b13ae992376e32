import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../../kernel/secrets.ts';

/** Randomness and digests of OpenSSL. Each call is short and blocks. */
export const systemSecrets: Secrets = {
  randomBytes: (length) => randomBytes(length),
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};
