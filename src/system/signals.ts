import type { Cancel } from '../kernel/clock.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Fulfilled at the first request to stop; a second one then ends the process at once. On the main
 * thread only.
 */
export function onStopSignal(): Promise<StopSignal> {
  // A broken lease sends SIGIO, which would end the process.
  process.on('SIGIO', () => {});
  return new Promise((done) => {
    const stop = (signal: StopSignal): void => {
      for (const each of STOP_SIGNALS) process.off(each, stop);
      done(signal);
    };
    for (const each of STOP_SIGNALS) process.on(each, stop);
  });
}

/** Calls `action` at Ctrl-C, SIGTERM or the loss of the terminal instead of ending the process, until cancelled. */
export function onEndSignals(action: () => void): Cancel {
  const signals = [...STOP_SIGNALS, 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, action);
  return () => {
    for (const signal of signals) process.off(signal, action);
  };
}

/** Calls `action` when the process ends by itself, even by a fault; nothing asynchronous happens any more. */
export function atProcessEnd(action: () => void): Cancel {
  process.on('exit', action);
  return () => {
    process.off('exit', action);
  };
}
