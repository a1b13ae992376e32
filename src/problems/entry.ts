/** Who acts: the product tries again by itself, an operator must do something, or it is a bug of ours. */
export type Remedy = 'retry' | 'operator' | 'bug';

/** How much it matters to who runs the pair. */
export type Severity = 'error' | 'warning' | 'information';

/** One kind of problem. Texts may hold placeholders: `{path}`. */
export interface Entry {
  readonly severity: Severity;
  /** What happened, to what. */
  readonly message: string;
  /** Why, as far as it is known without evidence. */
  readonly cause: string;
  readonly remedy: Remedy;
  /** What to do, as an imperative; for `retry`, what the product does and what helps. */
  readonly resolution: string;
}

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The values an entry's texts ask for. */
export type ParametersOf<E extends Entry> = Readonly<
  Record<Placeholders<E['message']> | Placeholders<E['cause']> | Placeholders<E['resolution']>, string | number>
>;

/** Keeps the texts as literal types, so that a missing value is an error at compile time. */
export function area<const Entries extends Readonly<Record<string, Entry>>>(entries: Entries): Entries {
  return entries;
}
