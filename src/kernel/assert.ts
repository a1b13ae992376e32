/** Raised by {@link assert} and {@link unreachable}: a bug of ours, never an operating condition. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Stops the process's current work when an invariant does not hold. Kept on in production. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new AssertionError(`invariant broken: ${invariant}`);
}

/** Ends an exhaustive `switch` over a tagged union; reaching it is a bug. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected value ${JSON.stringify(value)}`);
}

/** The value itself, when the caller knows that it is there. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionError(`missing: ${what}`);
  return value;
}
