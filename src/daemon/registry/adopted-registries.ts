import type { ByteFiles } from '../../kernel/byte-files.ts';
import { FileError } from '../../kernel/files.ts';
import type { RegistryPlace } from '../../settings/settings.ts';
import { hashContent } from '../../system/files/content-hash.ts';

const PREFIX = 'adopted-';
const MODE = 0o600;
const HASH_DIGITS = 16;
const TIME_BYTES_MAX = 32;
/** Who protects a registry again within that time is not asked: it was a mistake. Later what it holds may be wanted. */
const FORGOTTEN_AFTER_MS = 7 * 24 * 3_600_000;

type Place = Pick<RegistryPlace, 'name' | 'provider' | 'path'>;

/**
 * Which registries of this server this pair has synchronized, each at its place: one file for each, empty while it is
 * protected, with the time since when it is not otherwise.
 */
export class AdoptedRegistries {
  readonly #files: ByteFiles;
  readonly #folder: string;
  readonly #wallMs: () => number;

  constructor(options: { readonly files: ByteFiles; readonly folder: string; readonly wallMs: () => number }) {
    this.#files = options.files;
    this.#folder = options.folder;
    this.#wallMs = options.wallMs;
  }

  /** @throws FileError */
  has(place: Place): boolean {
    if (this.#files.stamp(this.#pathOf(markOf(place))) !== null) return true;
    if (this.#files.stamp(this.#pathOf(formerMarkOf(place))) === null) return false;
    try {
      this.add(place);
    } catch (error) {
      // The former one counts until the disk takes the new one.
      if (!(error instanceof FileError)) throw error;
    }
    return true;
  }

  /** Durable on return. @throws FileError */
  add(place: Place): void {
    this.#write(markOf(place), '');
    this.#files.remove(this.#pathOf(formerMarkOf(place)));
  }

  /** Forgets those that have not been protected for a week. @param places - what is protected now. @throws FileError */
  tidy(places: readonly Place[]): void {
    const marks = new Set(places.flatMap((place) => [markOf(place), formerMarkOf(place)]));
    for (const name of this.#files.list(this.#folder)) {
      if (!name.startsWith(PREFIX)) continue;
      const leftAt = this.#leftAt(name);
      const ageMs = leftAt === null ? null : this.#wallMs() - leftAt;
      if (marks.has(name)) {
        if (leftAt !== null) this.#write(name, '');
      } else if (ageMs === null || ageMs < 0) this.#write(name, String(this.#wallMs()));
      else if (ageMs > FORGOTTEN_AFTER_MS) this.#files.remove(this.#pathOf(name));
    }
  }

  /** Null where it is protected, as far as is written down. */
  #leftAt(name: string): number | null {
    const text = this.#files.read(this.#pathOf(name), TIME_BYTES_MAX)?.toString('latin1') ?? '';
    return /^\d+$/.test(text) ? Number(text) : null;
  }

  #write(name: string, text: string): void {
    this.#files.write(this.#pathOf(name), Buffer.from(text), MODE);
  }

  #pathOf(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

function markOf(place: Place): string {
  const where = Buffer.from(`${place.provider} ${place.path ?? ''}`);
  return `${PREFIX}${place.name}-${hashContent(where).toString(16).padStart(HASH_DIGITS, '0')}`;
}

/** Of releases that went by the name alone. */
function formerMarkOf({ name }: Place): string {
  return `${PREFIX}${name}`;
}
