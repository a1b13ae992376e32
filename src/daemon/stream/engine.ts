import type { MonotonicMs } from '../../kernel/units.ts';
import type { ActiveReport, PassiveReport } from '../status/side-report.ts';
import type { DataMessage, FromStream, ToStream } from './thread-messages.ts';

/**
 * One role's half of the stream, run by the stream worker. Every call works for a few milliseconds
 * at most and returns, so that notices, frames and requests are met in turn.
 */
export interface Engine {
  /** Descriptor that becomes readable when the engine has notices to read. */
  readonly noticeDescriptor: number | null;
  /** A request of the main thread, other than `stop`. */
  request(message: ToStream): void;
  /** A message of the channel worker. */
  link(message: DataMessage): void;
  /** Does what is due. @returns milliseconds until it wants to be called again; 0 for at once. */
  step(now: MonotonicMs): number;
  /** What the daemon should know; called after each round in which something may have changed. */
  report(now: MonotonicMs): ActiveReport | PassiveReport;
  /** Makes everything durable and closes. */
  stop(): void;
}

/** The stream worker's ways out. */
export interface EngineOutlets {
  toMain(message: FromStream): void;
  /** Sends a frame to the peer; parts are handed over and must not be used afterwards. */
  sendFrame(parts: readonly Uint8Array[]): void;
  /** The connection for data does not do its work: it is to be given up, and another one made. */
  renewData(): void;
  /** Where content for the next frame is best put, at most CONTENT_BYTES_MAX of it; good until a frame was sent. */
  contentMemory(): Uint8Array;
  /** Bytes that are in no hurry and may be handed to the link now; infinite where it is no thin one. */
  linkRoom(): number;
}
