/** When a command of the settings is run. */
export type HookMoment = 'beforeStart' | 'afterStart' | 'beforeStop' | 'afterStop' | 'periodic';

/** A command of the settings that is run at a certain moment. */
export interface HookRule {
  /** Unique among them. */
  readonly name: string;
  readonly when: HookMoment;
  /** Whose start or stop it belongs to; null where it is periodic. */
  readonly service: string | null;
  /** From the end of one run to the begin of the next; null where it is not periodic. */
  readonly everyMs: number | null;
  readonly on: 'active' | 'passive' | 'both';
  readonly command: readonly string[];
  /** By whose rights; null: by ours. */
  readonly user: string | null;
  /** Then it is ended. */
  readonly timeoutMs: number;
}
