/**
 * Bytes that are no record, or no frame, of this version. Where they come from decides what to do:
 * from the wire the connection is dropped, from disk it is damage, or a torn tail.
 */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord';
  readonly reason: string;
  /** Of the record's or frame's first byte, within the bytes that were given. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`malformed record at byte ${offset}: ${reason}`);
    this.reason = reason;
    this.offset = offset;
  }
}
