/** How a question was answered: whether as it is to be, and what was found, as the end of a sentence. */
export interface Answer {
  readonly isGood: boolean;
  readonly detail: string;
}

/** What is asked of an application, and of the machine that it runs on. Nothing here fails, or lasts longer than it may. */
export interface HealthLooks {
  /** Good is any status from 200 to 399. Certificates are not verified: what is asked is this machine's own. */
  http(url: string, timeoutMs: number): Promise<Answer>;
  /** Good is a connection that is accepted; nothing is sent. */
  tcp(host: string, port: number, timeoutMs: number): Promise<Answer>;
  /** Percent of the file system of a path that are used, as users see it; null where that can't be told. */
  diskUsed(path: string): Promise<number | null>;
  /** Percent of the memory that no program could get any more. */
  memoryUsed(): number | null;
  /** Tasks that run or wait, on average over the last minute, for each processor. */
  loadPerProcessor(): number | null;
}
