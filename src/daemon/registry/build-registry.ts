import type { Role } from '../../api/status.ts';
import { byteFiles } from '../../system/files/byte-files.ts';
import type { CheckOutcome } from '../passive/check-follower.ts';
import type { DaemonOptions } from '../daemon-options.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { FindingBoard } from '../status/finding-board.ts';
import { RegistryHost } from './registry-host.ts';
import type { StreamKeeper } from '../stream/stream-keeper.ts';

/** The registries' part of a daemon. */
export function buildRegistry(
  options: DaemonOptions & {
    readonly role: Role;
    readonly findings: FindingBoard;
    readonly history: EventHistory;
    readonly stream: StreamKeeper;
    readonly ended: (outcome: CheckOutcome) => void;
    readonly reported: () => void;
  },
): RegistryHost {
  const { history, stream, ended } = options;
  return new RegistryHost({
    ...options,
    programs: options.services.programs,
    files: byteFiles,
    settings: () => options.pairFile.settings,
    event: (event) => history.stream(event),
    post: (message) => stream.post(message),
    checkEnded: ended,
    startThread: options.startRegistry,
  });
}
