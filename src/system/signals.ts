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
