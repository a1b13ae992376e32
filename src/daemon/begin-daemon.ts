import { KEEPER_SOCKET } from '../keeper/protocol.ts';
import { FileError } from '../kernel/files.ts';
import type { YamlText } from '../settings/yaml-text.ts';
import { durableFiles } from '../system/files/durable-files.ts';
import { namesInOwnFolder } from '../system/files/own-folder.ts';
import { takeModesAsGiven } from '../system/files/umask.ts';
import { keepMemorySmall } from '../system/native/memory.ts';
import { onStopSignal, type StopSignal } from '../system/processes/signals.ts';
import { loadThreadAhead } from '../system/processes/threads.ts';
import type { GoneOn } from './interception/gone-on.ts';
import { MOUNT_WORKER } from './worker-modules.ts';

/** A daemon's first steps, which do not wait for the rest of it to be loaded. */
export interface DaemonBeginning {
  readonly stopAsked: Promise<StopSignal>;
  /** What stands in the server file; null where it can't be read. */
  readonly serverFile: Promise<YamlText | null>;
  /** Null where only the settings can tell where that is. May fail as {@link GoneOn.from}. */
  readonly goneOn: Promise<GoneOn | null>;
}

/**
 * Begins a daemon: applications may wait for what one before it left, so that is gone on with while no more is loaded
 * than that takes, and the thread that settles what was in flight loads beside. Once in a process, and before any thread.
 */
export function beginDaemon(configFile: string): DaemonBeginning {
  // Whoever asks meanwhile is heard when it has started: to end before would leave applications without it and unreleased.
  const stopAsked = onStopSignal();
  keepMemorySmall();
  takeModesAsGiven();
  const serverFile = read(configFile);
  return { stopAsked, serverFile, goneOn: goOn(serverFile) };
}

/** What is wrong with the file or the folder is told by whoever judges all of the settings. */
async function goOn(serverFile: Promise<YamlText | null>): Promise<GoneOn | null> {
  const { stateDirectoryIn } = await import('../settings/state-directory.ts');
  const found = await serverFile;
  const stateDirectory = found === null ? null : stateDirectoryIn(found);
  const names = stateDirectory === null ? null : namesInOwnFolder(stateDirectory);
  if (stateDirectory === null || names === null) return null;
  if (names.includes(KEEPER_SOCKET)) loadThreadAhead(MOUNT_WORKER);
  const { GoneOn } = await import('./interception/gone-on.ts');
  return await GoneOn.from(stateDirectory);
}

/** Once: what is gone on with and what the daemon runs by must not be of two texts. */
async function read(configFile: string): Promise<YamlText | null> {
  const { parseYaml } = await import('../settings/yaml-text.ts');
  try {
    const text = durableFiles.read(configFile);
    return text === null ? null : parseYaml(text);
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
