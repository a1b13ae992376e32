/** One end of a connection within this machine on which both sides send lines of text. */
export interface LineEnd {
  /** Without its newline, which it must not contain. */
  send(line: string): void;
  onLine(action: (line: string) => void): void;
  /** Once, however it ended. */
  onEnd(action: () => void): void;
  close(): void;
}
