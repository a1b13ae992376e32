/** What goes wrong in a run. */
export interface Faults {
  readonly cuts: boolean;
  readonly stops: boolean;
  readonly kills: boolean;
  readonly checks: boolean;
  readonly meddling: boolean;
  /** Somebody keeps files of the passive's copy open for writing. */
  readonly holding: boolean;
  /** The disk under the passive's copy refuses some calls for a while. */
  readonly refusals: boolean;
  /** Short queues, and folders that move while they are given up. */
  readonly overflow: boolean;
  /** The application deletes much at once, and few lost items have to be confirmed. */
  readonly losses: boolean;
  /** What is protected is changed while both run. */
  readonly filters: boolean;
  /** The application works also while a server is in the middle of something. */
  readonly haste: boolean;
  /** Requests for content and their answers get lost, though the connection stays. */
  readonly answers: boolean;
}
