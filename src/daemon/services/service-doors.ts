import { join } from 'node:path';
import { configFiles } from '../../system/files/config-files.ts';
import { durableFiles } from '../../system/files/durable-files.ts';
import { healthLooks } from '../../system/machine/health-looks.ts';
import { openSystemBus } from '../../system/network/message-bus.ts';
import { processTraces } from '../../system/processes/process-traces.ts';
import { systemPrograms } from '../../system/processes/programs.ts';
import { runningPrograms } from '../../system/processes/running-programs.ts';
import type { ServiceDoors } from './services.ts';

/** What services are reached by on this machine. */
export function serviceDoors(stateDirectory: string): ServiceDoors {
  return {
    programs: systemPrograms,
    openBus: openSystemBus,
    files: configFiles,
    traces: processTraces,
    running: runningPrograms,
    looks: healthLooks,
    adoptionFile: recordAt(join(stateDirectory, 'adoption.json')),
    snapshotFile: recordAt(join(stateDirectory, 'snapshots.json')),
    pauseFile: recordAt(join(stateDirectory, 'pause.json')),
  };
}

function recordAt(path: string): ServiceDoors['adoptionFile'] {
  return {
    read: () => durableFiles.read(path),
    write: (text) => durableFiles.write(path, text),
    remove: () => durableFiles.remove(path),
  };
}
