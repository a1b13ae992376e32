/**
 * A value of a message, as D-Bus has it: arrays and structures are arrays, a dictionary is an array of pairs, a variant
 * is what it holds. Numbers of 64 bits are bigints.
 */
export type BusValue = string | number | bigint | boolean | readonly BusValue[];

/** A call of a method. `signature` says what the body is, in the letters of D-Bus. */
export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly BusValue[];
}

/** What somebody told everybody who wants to know. */
export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly BusValue[];
}

/** A connection to the machine's message bus. */
export interface MessageBus {
  /** @throws BusError what the other end answered, or `Disconnected` or `Timeout`. */
  call(call: BusCall): Promise<readonly BusValue[]>;
  /** From now on signals that match the rule come, each once whatever rules it matches. */
  addMatch(rule: string): Promise<void>;
  readonly isOpen: boolean;
  close(): void;
}

/**
 * @param on.ended - told once, why the connection is over; not where it was closed here.
 * @throws BusError where there is no bus, or it does not let us in.
 */
export type OpenBus = (on: {
  signal: (signal: BusSignal) => void;
  ended: (reason: string) => void;
}) => Promise<MessageBus>;

/** A call that was answered with an error, or not at all. */
export class BusError extends Error {
  override readonly name = 'BusError';
  /** As in `org.freedesktop.systemd1.NoSuchUnit`. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}
