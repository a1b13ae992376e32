/** Bytes of a field: 8 is a 64-bit number, 4 and 2 smaller ones, anything else a block of bytes. */
type Widths = Readonly<Record<string, number>>;

/** Offset of each field in bytes, and the whole as `bytes`. */
export type Layout<Fields extends Widths> = { readonly [Name in keyof Fields]: number } & { readonly bytes: number };

/**
 * Offsets of a structure of the kernel's from the one description of it: its fields in order, with their
 * widths. The kernel pads by fields of its own, so none are put in here.
 */
export function layout<const Fields extends Widths>(fields: Fields): Layout<Fields> {
  const offsets: Record<string, number> = {};
  let bytes = 0;
  for (const [name, width] of Object.entries(fields)) {
    offsets[name] = bytes;
    bytes += width;
  }
  return Object.freeze({ ...offsets, bytes }) as Layout<Fields>;
}
