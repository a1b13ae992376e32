import type { Role } from '../api/status.ts';
import type { Clock, Timers } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { MachineHealth } from '../kernel/machine-health.ts';
import type { ProblemData } from '../problems/problem.ts';
import type { PairSettings, ServerSettings } from '../settings/settings.ts';
import type { AntivirusWatchOptions } from './services/antivirus-watch.ts';
import type { ChannelDoctorOptions } from './channel/channel-doctor.ts';
import type { FromChannel } from './channel/channel-messages.ts';
import type { ChannelThread } from './channel/channel-thread.ts';
import type { EventKeeper } from './status/event-history.ts';
import type { Aside } from './status/aside.ts';
import type { HeldReplies } from './interception/held-replies.ts';
import type { PairFacts } from './settings/pair-facts.ts';
import type { PairSettingsFile } from './settings/pair-settings-file.ts';
import type { ProtectedMounts } from './interception/protected-mounts.ts';
import type { ServiceDoors } from './services/services.ts';
import type { KeeperOptions } from './stream/stream-keeper.ts';
import type { RecordFile } from './interception/replication-record.ts';
import type { FromRegistry, RegistryStart, ToRegistry } from './registry/registry-messages.ts';
import type { Thread } from '../system/processes/threads.ts';
import type { StreamThread } from './stream/stream-thread.ts';
import type { StreamNews } from './stream/thread-messages.ts';

/** What a daemon is made of. */
export interface DaemonOptions {
  readonly server: ServerSettings;
  readonly facts: PairFacts;
  readonly pairFile: PairSettingsFile;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly health: MachineHealth;
  readonly log: Log;
  readonly keeper: EventKeeper;
  readonly services: ServiceDoors;
  /** Mounts over protected folders, which stream workers find. */
  readonly mounts: KeeperOptions['mounts'] & Pick<ProtectedMounts, 'canMount' | 'interception'>;
  /** Flushes in them that wait for the passive server. */
  readonly replies: HeldReplies;
  /** What they wait for is written down there. */
  readonly replicationFile: RecordFile;
  /** SYS-002 where this process lacks rights: which, and what it can't do without them. */
  readonly missingRights: ProblemData | null;
  readonly startStream: (
    options: { pair: PairSettings; role: Role; epoch: number },
    onMessage: (message: StreamNews) => void,
  ) => StreamThread;
  readonly aside: Aside;
  /** Looks for antivirus, once. */
  readonly startScannerSearch: AntivirusWatchOptions['startScannerSearch'];
  /** Looks at the way to the other server. */
  readonly startWay: ChannelDoctorOptions['startWay'];
  readonly startRegistry: (start: RegistryStart) => Thread<ToRegistry, FromRegistry>;
  readonly startChannel: (onMessage: (message: FromChannel) => void) => ChannelThread;
}
