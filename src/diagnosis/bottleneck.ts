/** A disk that is waited for: what lies on it, and for which part of the last seconds. */
export interface DiskWait {
  readonly path: string;
  readonly percent: number;
}

/** How long changes have waited where. */
export interface Waiting {
  /** The oldest change the passive server does not hold durably yet. */
  readonly sendOldestMs: number;
  /** The oldest one it holds and has not applied. */
  readonly receiveOldestMs: number;
  /** The disk that the passive server waits for; null where none is told. */
  readonly diskWait: DiskWait | null;
  /** For how long the two servers have been connected; what waited before that waited for the other server. */
  readonly connectedMs: number;
  readonly ageMsMax: number;
}

/** What holds changes up, in words for a message. */
export interface Bottleneck {
  readonly bottleneck: string;
  readonly ageMs: number;
  readonly evidence: readonly string[];
}

/** Of the time: with less the disk is not what changes wait for. */
const DISK_PERCENT_MIN = 50;

/** Names what is too slow once changes wait for longer than the settings allow. Pure. */
export function bottleneckOf(waiting: Waiting): Bottleneck | null {
  const { sendOldestMs, receiveOldestMs, diskWait, connectedMs, ageMsMax } = waiting;
  const ageMs = Math.round(Math.min(Math.max(sendOldestMs, receiveOldestMs), connectedMs));
  if (ageMs <= ageMsMax) return null;
  // Wherever the queue is: a passive server that waits for its disk does not take what comes over the link either.
  if (diskWait !== null && diskWait.percent >= DISK_PERCENT_MIN) {
    const evidence = [`It waited for that disk for ${String(diskWait.percent)} % of the last seconds.`];
    return { bottleneck: `the disk of the passive server that holds ${diskWait.path}`, ageMs, evidence };
  }
  const isLink = receiveOldestMs < sendOldestMs;
  return { bottleneck: isLink ? 'the link between the servers' : 'Apply on the passive server', ageMs, evidence: [] };
}
