/** What can be said of processes, in words for people. */
export interface ProcessTraces {
  /** The process with those it descends from: `1234 sleep 9 (user root), started by 1 /sbin/init`; null where there is none. */
  lineage(processId: number): string | null;
  /** Commands that manage services, run at this moment, and name this one: as {@link lineage}. */
  commandsAbout(service: string): readonly string[];
  /** Processes in a control group, such as `/system.slice/shop.service`, and in those below it; none where it is not there. */
  inGroup(group: string): readonly number[];
  /** Signals all of {@link inGroup}; nothing happens to what has ended meanwhile, or may not be ended. */
  endGroup(group: string, how: 'SIGTERM' | 'SIGKILL'): void;
  /** When this machine, or what takes itself for one, was started: by the same clock as systemd's, in microseconds. */
  startedAtUs(): number;
}
