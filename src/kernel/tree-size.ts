/** How much is in a folder. */
export interface TreeSize {
  /** Room on the disk that its files take. */
  readonly bytes: number;
  readonly folders: number;
  /** False where there was more than was looked at: the rest counts on top. */
  readonly isWhole: boolean;
}

/** Files of a folder that have names outside of it as well. */
export interface OutsideLinks {
  readonly count: number;
  /** Path of one of them, in the folder; empty where there is none. */
  readonly example: string;
}
