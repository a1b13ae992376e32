/** How much is in a folder. */
export interface TreeSize {
  /** Room on the disk that its files take. */
  readonly bytes: number;
  readonly folders: number;
  /** False where there was more than was looked at: the rest counts on top. */
  readonly isWhole: boolean;
}
