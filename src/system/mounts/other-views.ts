/** What is asked of this machine. */
interface Machine {
  /** A process's view of the mounts, by its name (mount_namespaces(7)); null where it has ended or is not ours to see. */
  readonly viewOf: (processId: number | 'self') => string | null;
  /** They live in a view, and use none. */
  readonly isKernelThread: (processId: number) => boolean;
}

/** Who sees other mounts than this process: a list for each view, oldest first. Threads of the kernel are nobody. */
export function otherViews(processIds: Iterable<number>, machine: Machine): Map<string, number[]> {
  const own = machine.viewOf('self');
  const views = new Map<string, number[]>();
  for (const processId of processIds) {
    const view = machine.viewOf(processId);
    if (view === null || view === own || machine.isKernelThread(processId)) continue;
    const viewers = views.get(view);
    if (viewers === undefined) views.set(view, [processId]);
    else viewers.push(processId);
  }
  return views;
}
