import { performance } from 'node:perf_hooks';

/** @returns what says how busy this thread's event loop was since the call before: 0 waited all the time, 1 not at all. */
export function threadBusyShare(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
