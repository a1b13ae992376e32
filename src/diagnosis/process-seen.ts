/** What is known of a process that runs on a server. */
export interface ProcessSeen {
  readonly processId: number;
  /** As the kernel names its program: at most 15 bytes. */
  readonly name: string;
  /** Its arguments, with spaces between. */
  readonly commandLine: string;
  /** The unit of systemd that it belongs to; null where there is none. */
  readonly unit: string | null;
}
