/** The kernel's number of the folder that is mounted, whatever its inode is. */
export const ROOT_NODE = { low: 1, high: 0 } as const;

export function isRootNode(low: number, high: number): boolean {
  return low === ROOT_NODE.low && high === ROOT_NODE.high;
}
