/** What the calling thread has done so far, in milliseconds. */
export interface ThreadTimes {
  readonly processorMs: number;
  /** It could have run, and others did. */
  readonly readyMs: number;
}
