/** What is wrong with the text of a `.reg` file, and where: lines and columns count from 1. */
export class RegSyntaxError extends Error {
  override readonly name = 'RegSyntaxError';
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(reason: string, at: { readonly line: number; readonly column: number }) {
    super(`line ${at.line}, column ${at.column}: ${reason}`);
    this.reason = reason;
    this.line = at.line;
    this.column = at.column;
  }
}

/** First lines by version. */
export const HEADERS = { 4: 'REGEDIT4', 5: 'Windows Registry Editor Version 5.00' } as const;

export type RegVersion = keyof typeof HEADERS;
