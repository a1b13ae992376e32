/** A call of advapi32 failed. */
export class WindowsError extends Error {
  override readonly name = 'WindowsError';
  /** As in winerror.h. */
  readonly code: number;
  /** Name of the function. */
  readonly call: string;
  /** Of the key. */
  readonly path: string;

  constructor(options: { readonly code: number; readonly call: string; readonly path: string }) {
    super(`${options.call} of ${options.path} gave ${options.code}`);
    this.code = options.code;
    this.call = options.call;
    this.path = options.path;
  }
}

/** A value as Windows has it: its type is any 32-bit number. */
export interface WindowsValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

/** A key that is open. To be closed once. */
export interface WindowsKey {
  /** Of the keys directly below. */
  names(): string[];
  values(): WindowsValue[];
  set(value: WindowsValue): void;
  /** Does nothing where there is no such value. */
  unset(name: string): void;
  /** All that was done to the key's hive is durable on return. */
  flush(): void;
  close(): void;
}

/** Watches a key and all below it. */
export interface WindowsWatch {
  /** Was anything changed since it was made? Once it was, make another one: this one tells of no more. */
  isChanged(): boolean;
  close(): void;
}

/**
 * The registry of a Windows, in 64 bits. Paths begin with the full name of a hive. Every failure is a WindowsError; calls
 * block for as long as the machine does.
 */
export interface WindowsRegistry {
  /** Null where there is no such key. */
  open(path: string, right: 'read' | 'write'): WindowsKey | null;
  /** With what is missing above it. */
  create(path: string): WindowsKey;
  /** With all below it. Does nothing where there is no such key. */
  deleteTree(path: string): void;
  /** Null where there is no such key. Ends with the thread that made it. */
  watch(path: string): WindowsWatch | null;
}
