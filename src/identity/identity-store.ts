import { z } from 'zod';
import { assert } from '../kernel/assert.ts';
import { Problem } from '../problems/problem.ts';
import { IDENTITY_FORMAT } from './identity.ts';
import type { IdentityFacts } from './identity.ts';

/** A small file that survives a power cut. */
export interface DurableText {
  /** Null where there is none. */
  read(path: string): string | null;
  /** Another one after each change; null where that can't be told, or there is no file. */
  stamp(path: string): string | null;
  /** Replaces the file in one step, readable by its owner alone (0600), durable on return. */
  writeDurably(path: string, text: string): void;
  /** Does something with it while no other thread or process that asks the same way does. */
  alone<Result>(path: string, action: () => Result): Result;
}

const FILE_CHARACTERS_MAX = 256 * 1024;

const text = z.string().min(1).max(256);
const pem = z
  .string()
  .startsWith('-----BEGIN ')
  .max(16 * 1024);
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 fingerprint');
const digest = z
  .string()
  .regex(/^[0-9a-f]*$/, 'not a digest')
  .max(128);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const SCHEMA = z.strictObject({
  format: z.literal(IDENTITY_FORMAT),
  serverId: text,
  identity: z.enum(['primary', 'secondary']),
  key: pem,
  certificate: pem,
  fingerprint,
  pairId: text.nullable(),
  pairName: z.string().max(256),
  peer: z.strictObject({ serverId: text, certificate: pem, fingerprint, addresses: z.array(text).max(16) }).nullable(),
  epoch: count,
  lastRole: z.enum(['active', 'passive']).nullable(),
  settings: z.strictObject({ version: count, digest, agreedVersion: count, agreedDigest: digest }),
  activeServerId: text.nullable(),
});

/**
 * Keeps the identity facts in one file. Several may change it: the main thread of a daemon, its invitation, a command
 * beside it. Each change is made of what the one before it left.
 */
export class IdentityStore {
  readonly #file: DurableText;
  readonly #path: string;
  /** Of the file as {@link loadChanged} read it last; null where that is to be read again. */
  #stamp: string | null = null;

  constructor(options: { file: DurableText; path: string }) {
    this.#file = options.file;
    this.#path = options.path;
  }

  /**
   * Null where the server was never set up.
   * @throws Problem IDN-004 where the file is not what this release wrote.
   */
  load(): IdentityFacts | null {
    const content = this.#file.read(this.#path);
    return content === null ? null : this.#parse(content);
  }

  /**
   * As {@link load}, but read only where the file is another one than at the last call.
   * @returns `same` where it is not.
   * @throws Problem IDN-004 as {@link load}; once for each such file.
   */
  loadChanged(): IdentityFacts | null | 'same' {
    const stamp = this.#file.stamp(this.#path);
    if (stamp !== null && stamp === this.#stamp) return 'same';
    const content = this.#file.read(this.#path);
    this.#stamp = stamp;
    return content === null ? null : this.#parse(content);
  }

  /**
   * Writes durably what becomes of the facts as they are now. The epoch must not go back while the pair stays the same.
   * @returns them as they are then.
   * @throws Problem IDN-004 as {@link load}.
   */
  change(change: (facts: IdentityFacts | null) => IdentityFacts): IdentityFacts {
    return this.#file.alone(this.#path, () => {
      const known = this.load();
      const facts = change(known);
      if (facts !== known) this.#save(known, facts);
      return facts;
    });
  }

  #save(known: IdentityFacts | null, facts: IdentityFacts): void {
    const isSamePair = known !== null && known.pairId === facts.pairId;
    assert(!isSamePair || facts.epoch >= known.epoch, 'the epoch never goes back');
    assert(known === null || known.serverId === facts.serverId, "the server's id never changes");
    assert(SCHEMA.safeParse(facts).success, 'identity facts are whole');
    this.#file.writeDurably(this.#path, `${JSON.stringify(facts, null, 2)}\n`);
  }

  #parse(content: string): IdentityFacts {
    if (content.length > FILE_CHARACTERS_MAX) throw this.#unreadable('it is too long');
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      throw this.#unreadable('it is not whole', error);
    }
    const parsed = SCHEMA.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
    throw this.#unreadable(`${where}: ${issue?.message ?? 'not valid'}`, parsed.error);
  }

  #unreadable(reason: string, cause?: unknown): Problem {
    return new Problem('IDN-004', { file: this.#path, reason }, { cause });
  }
}
