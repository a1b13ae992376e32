import type { Cancel } from '../../kernel/clock.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Asks to stop so that another process goes on at once. */
const REPLACE_SIGNAL = 'SIGUSR2';
export type StopSignal = (typeof STOP_SIGNALS)[number] | typeof REPLACE_SIGNAL;

/**
 * Fulfilled at the first request to stop; a second one then ends the process at once. On the main
 * thread only.
 */
export function onStopSignal(): Promise<StopSignal> {
  // A broken lease sends SIGIO, which would end the process.
  process.on('SIGIO', () => {});
  return new Promise((done) => {
    const signals = [...STOP_SIGNALS, REPLACE_SIGNAL] as const;
    const stop = (signal: NodeJS.Signals): void => {
      for (const each of signals) process.off(each, stop);
      done(signal as StopSignal);
    };
    for (const each of signals) process.on(each, stop);
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
