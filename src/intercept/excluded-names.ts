/** What is known of a node that lies in, or on the way to, a folder that is excluded. Others are `none`. */
export const MARK = {
  none: 0,
  /** It lies in an excluded folder: nothing that is done to it is recorded. */
  excluded: 1,
  /** It is an excluded folder itself: it is recorded, what is in it is not. */
  top: 2,
  /** The folder that is mounted over. Larger ones are folders on the way to excluded ones. */
  root: 3,
} as const;

/** Names in a folder, by which a path goes on. */
interface Place {
  readonly mark: number;
  readonly below: Map<string, Place>;
}

/** What is excluded by its names, one under the other: what a name in a marked folder is marked with. */
export class ExcludedNames {
  readonly #places: Place[] = [];

  /** @param paths - below the folder that is mounted over, with one byte in each character; none lies in another. */
  constructor(paths: readonly string[]) {
    const root = this.#add();
    for (const path of paths) {
      const names = path.split('/');
      const last = names.pop() as string;
      let place = root;
      for (const name of names) place = this.#below(place, name);
      place.below.set(last, { mark: MARK.top, below: new Map() });
    }
  }

  /** @param folder - the mark of the folder that has the name. */
  markOf(folder: number, name: string): number {
    if (folder === MARK.none) return MARK.none;
    if (folder < MARK.root) return MARK.excluded;
    return this.#places[folder - MARK.root]?.below.get(name)?.mark ?? MARK.none;
  }

  /** Names by which a path goes on in a folder on the way. @param folder - its mark. */
  namesIn(folder: number): Iterable<string> {
    return this.#places[folder - MARK.root]?.below.keys() ?? [];
  }

  #below(place: Place, name: string): Place {
    const found = place.below.get(name) ?? this.#add();
    place.below.set(name, found);
    return found;
  }

  #add(): Place {
    const place = { mark: MARK.root + this.#places.length, below: new Map<string, Place>() };
    this.#places.push(place);
    return place;
  }
}
