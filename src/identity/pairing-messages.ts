import { z } from 'zod';
import type { Secrets } from '../kernel/secrets.ts';

/** Name of the pairing protocol inside TLS (ALPN). */
export const PAIRING_PROTOCOL = 'understudy-pair/1';
/** Longest message of the inviting server: the pair settings are the largest part. */
export const OFFER_BYTES_MAX = 2 * 1024 * 1024;
/** Longest message of the joiner, who has proved nothing when it comes. */
export const JOIN_BYTES_MAX = 64 * 1024;

const text = z.string().min(1).max(256);
const pem = z
  .string()
  .startsWith('-----BEGIN CERTIFICATE-----')
  .max(16 * 1024);
const addresses = z.array(z.string().min(1).max(255)).max(16);
const identity = z.enum(['primary', 'secondary']);

/** Who wants to join. */
const joinerSchema = z.object({ serverId: text, identity, certificate: pem, addresses });
/** What the inviting server hands over. */
const offerSchema = z.object({
  pairId: text,
  pairName: z.string().max(256),
  serverId: text,
  identity,
  certificate: pem,
  addresses,
  epoch: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  settingsVersion: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  pairSettings: z.string().max(512 * 1024),
});

/**
 * In this order: `join` from the joiner, `offer` back, `stored` once the joiner keeps it durably,
 * `done` once the inviter does, `finished` when the joiner knows. `refuse` ends it at any time.
 */
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('join'), joiner: joinerSchema, proof: z.string().max(128) }),
  z.object({ type: z.literal('offer'), offer: offerSchema, proof: z.string().max(128) }),
  z.object({ type: z.literal('stored') }),
  z.object({ type: z.literal('done') }),
  z.object({ type: z.literal('finished') }),
  z.object({
    type: z.literal('refuse'),
    code: z.string().max(16),
    parameters: z.record(z.string().max(64), z.union([z.string().max(512), z.number()])),
  }),
]);

export type JoinerFacts = z.infer<typeof joinerSchema>;
export type PairOffer = z.infer<typeof offerSchema>;
export type PairingMessage = z.infer<typeof messageSchema>;

export function encodePairing(message: PairingMessage): Uint8Array {
  return Buffer.from(JSON.stringify(message), 'utf8');
}

/** Null where the bytes are no message of pairing. */
export function decodePairing(bytes: Uint8Array): PairingMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // Not JSON: told to the caller as null, with everything else that is no message.
    return null;
  }
  const parsed = messageSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** Both certificates, which TLS proved, so that a proof can't be carried over to another connection. */
export interface Transcript {
  readonly inviterFingerprint: string;
  readonly joinerFingerprint: string;
}

/** Hex HMAC by the token's secret over who speaks, both certificates and what is said. */
export function proofOf(
  secrets: Secrets,
  secret: Uint8Array,
  transcript: Transcript,
  said: { readonly by: 'inviter' | 'joiner'; readonly content: JoinerFacts | PairOffer },
): string {
  const { inviterFingerprint, joinerFingerprint } = transcript;
  const content = Object.entries(said.content).sort(([a], [b]) => (a < b ? -1 : 1));
  const signed = JSON.stringify([PAIRING_PROTOCOL, said.by, inviterFingerprint, joinerFingerprint, content]);
  return Buffer.from(secrets.hmacSha256(secret, Buffer.from(signed, 'utf8'))).toString('hex');
}

/** Lower-case hex SHA-256 of the DER inside a PEM certificate. */
export function fingerprintOfPem(secrets: Secrets, certificate: string): string {
  const base64 = certificate.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, '');
  return Buffer.from(secrets.sha256(Buffer.from(base64, 'base64'))).toString('hex');
}
