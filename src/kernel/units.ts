declare const unit: unique symbol;

/** Milliseconds of the monotonic clock; comparable only within one process. The only time a deadline may use. */
export type MonotonicMs = number & { readonly [unit]: 'MonotonicMs' };

/** Milliseconds since the Unix epoch, by the wall clock. For people and for logs; never for a deadline. */
export type WallMs = number & { readonly [unit]: 'WallMs' };

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
