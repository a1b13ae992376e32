import type { Cancel } from './clock.ts';

/** Standard input, output and error of a command. */
export interface Terminal {
  /** Standard output is a screen that can be redrawn. */
  readonly outIsScreen: boolean;
  /** Standard error is a screen. */
  readonly errorIsScreen: boolean;
  /** Somebody can be asked: standard input and error are a terminal. */
  readonly canAsk: boolean;
  /** Colours are wanted on standard output. */
  readonly colour: boolean;
  /** Of the screen now; 80 by 24 where there is none. */
  size(): { readonly columns: number; readonly rows: number };
  out(text: string): void;
  error(text: string): void;
  /** Asks on standard error and returns one line without its end; null when the input ended. */
  ask(question: string): Promise<string | null>;
  /** Calls `action` at Ctrl-C (SIGINT) or SIGTERM instead of ending the process, until cancelled. */
  onInterrupt(action: () => void): Cancel;
}

/** Small files that a command reads and writes. A failure is a FileError. */
export interface TextFiles {
  /** Null where there is none. */
  read(file: string, options: { readonly bytesMax: number }): Promise<string | null>;
  /** Fails where that can not be told, as in a folder that this user may not search. */
  exists(file: string): Promise<boolean>;
  /** What is in a folder, sorted; nothing where there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  /** Whole or not at all, durable on return; makes missing folders. `mode` as in chmod(2). */
  write(file: string, content: string | Uint8Array, options: { readonly mode: number }): Promise<void>;
}
