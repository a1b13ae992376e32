/** What holds changes up, in words for a message. */
export type Bottleneck = 'the link between the servers' | 'Apply on the passive server';

/** How long changes have waited where. */
export interface Waiting {
  /** The oldest change the passive server does not hold durably yet. */
  readonly sendOldestMs: number;
  /** The oldest one it holds and has not applied. */
  readonly receiveOldestMs: number;
  readonly ageMsMax: number;
}

/** Names what is too slow once changes wait for longer than the settings allow. Pure. */
export function bottleneckOf(waiting: Waiting): { readonly bottleneck: Bottleneck; readonly ageMs: number } | null {
  const { sendOldestMs, receiveOldestMs, ageMsMax } = waiting;
  const ageMs = Math.round(Math.max(sendOldestMs, receiveOldestMs));
  if (ageMs <= ageMsMax) return null;
  if (receiveOldestMs < sendOldestMs) return { bottleneck: 'the link between the servers', ageMs };
  return { bottleneck: 'Apply on the passive server', ageMs };
}
