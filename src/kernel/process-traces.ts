/** What can be said of processes, in words for people. */
export interface ProcessTraces {
  /** The process with those it descends from: `1234 sleep 9 (user root), started by 1 /sbin/init`; null where there is none. */
  lineage(processId: number): string | null;
  /** Commands that manage services, run at this moment, and name this one: as {@link lineage}. */
  commandsAbout(service: string): readonly string[];
  /** When this machine, or what takes itself for one, was started: by the same clock as systemd's, in microseconds. */
  startedAtUs(): number;
}
