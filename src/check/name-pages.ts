import { NameList } from '../changes/name-list.ts';
import type { Children } from '../changes/node-tree.ts';
import type { ByteString } from '../kernel/byte-string.ts';

/** A folder of so many names is one page, … */
const PAGE_NAMES = 4096;
/** … and none has more pages than these: for each all names of the folder are gone through. */
const PAGES_MAX = 16;
/** Names that are looked at for each page, to find where it should end. */
const SAMPLES_PER_PAGE = 64;

/** The names of a folder in order, a page at a time: each is taken from the tree when it is come to. */
export class NamePages {
  /** Of the present page. */
  names = new NameList();
  readonly #children: Children;
  /** Up to where each page but the last goes. */
  readonly #ends: readonly ByteString[];
  #page = 0;

  constructor(children: Children, pageNames = PAGE_NAMES) {
    this.#children = children;
    this.#ends = endsOf(children, pageNames);
    this.#take();
  }

  /** No name that sorts after it is in the page; null for the last one. */
  get end(): ByteString | null {
    return this.#ends[this.#page] ?? null;
  }

  /** Goes on to the next page. @returns false where there is none. */
  turn(): boolean {
    if (this.end === null) return false;
    this.#page += 1;
    this.#take();
    return true;
  }

  /** Takes in what came since: of later pages it is there when they are come to. */
  merge(arrived: Iterable<ByteString>): void {
    const { end } = this;
    this.names.merge(end === null ? arrived : [...arrived].filter((name) => name <= end));
  }

  #take(): void {
    const after = this.#ends[this.#page - 1] ?? null;
    this.names = NameList.of(this.#children.between(after, this.end)).sort();
  }
}

/** Ends of pages that are about equally long, as a sample of the names has it. */
function endsOf(children: Children, pageNames: number): ByteString[] {
  const pages = Math.min(PAGES_MAX, Math.ceil(children.size / pageNames));
  if (pages <= 1) return [];
  const sample = [...children.sample(Math.ceil(children.size / (pages * SAMPLES_PER_PAGE)))].sort();
  const ends = Array.from({ length: pages - 1 }, (_, page) => sample[Math.floor(((page + 1) * sample.length) / pages)]);
  return [...new Set(ends.filter((end) => end !== undefined))];
}
