import { join } from 'node:path';
import { KEEPER_SOCKET } from '../keeper/protocol.ts';
import type { Log } from '../kernel/log.ts';
import { entryOf, Problem, type ProblemData } from '../problems/problem.ts';
import { parseServerSettings } from '../settings/server-settings.ts';
import type { ServerSettings } from '../settings/settings.ts';
import { systemClock } from '../system/machine/clock.ts';
import { startDetached } from '../system/processes/detached-program.ts';
import { openersPast } from '../system/mounts/folder-openers.ts';
import { fetchDescriptors } from '../system/mounts/foreign-descriptors.ts';
import { closeDescriptor, mountsOver } from '../system/mounts/fuse-mount.ts';
import { connectLines } from '../system/network/local-lines.ts';
import { keepMemorySmall } from '../system/native/memory.ts';
import { openLog } from '../system/machine/pino-log.ts';
import { ownProcessId } from '../system/processes/processes.ts';
import { clearStaleMounts, mountPointOf } from '../system/mounts/stale-mounts.ts';
import { onStopSignal } from '../system/processes/signals.ts';
import { systemTimers } from '../system/machine/timers.ts';
import { takeModesAsGiven } from '../system/files/umask.ts';
import { openWake } from '../system/native/wake.ts';
import { HeldReplies } from './interception/held-replies.ts';
import { Interception } from './interception/interception.ts';
import { Keeping } from './interception/keeping.ts';
import { KeptMounts } from './interception/kept-mounts.ts';
import { FolderLook } from './interception/look-at-folder.ts';
import { makeOwnFolder, readSettingsFile } from './start-files.ts';

/** So long a keeper holds mounts that no daemon serves; what is open there then gives errors rather than wait. */
const AWAY_MS_MAX = 60_000;
const KEEPER_PROGRAM = new URL('../main/keeper.ts', import.meta.url);
const KEEPER_FLAGS = ['--max-semi-space-size=1'];

/**
 * `understudy run`: one server of the pair, in the foreground until a stop signal.
 *
 * Applications may wait for what a daemon before this one left, so that is gone on with before the rest is even loaded.
 * @throws Problem CFG-001, CFG-002, IDN-004, CHN-001, CHN-002, CLI-004, DMN-008, CAP-046 and others that forbid a start.
 * @returns the exit status, or the faults of a settings file.
 */
export async function startDaemon(configFile: string): Promise<number | readonly Problem[]> {
  // Whoever asks meanwhile is heard when it has started: to end before would leave applications without it and unreleased.
  const stopAsked = onStopSignal();
  keepMemorySmall();
  takeModesAsGiven();
  const parsed = parseServerSettings(readSettingsFile(configFile), configFile);
  if (parsed.kind === 'problems') return parsed.problems;
  const server = parsed.settings;
  const log = openLog(server.log.level).child({ identity: server.identity });
  makeOwnFolder(server.stateDirectory, 'stateDirectory');
  const replies = new HeldReplies();
  const look = new FolderLook(configFile, server);
  const interception = interceptionFor(server, log, { replies, look });
  await interception.takeOver();
  try {
    const { runDaemon } = await import('./run-daemon.ts');
    return await runDaemon({ configFile, server, log, interception, replies, look, stopAsked });
  } finally {
    // What was not taken away is for the next daemon.
    await interception.leave();
  }
}

function interceptionFor(
  { stateDirectory, interception: { releaseMsMax } }: ServerSettings,
  log: Log,
  { replies, look }: { readonly replies: HeldReplies; readonly look: FolderLook },
): Interception {
  const tell = ({ code, parameters }: ProblemData): void => {
    const { message } = new Problem(code, parameters as never);
    if (entryOf(code).severity === 'information') log.info(message, { code });
    else log.warn(message, { code });
  };
  const keeping = new Keeping({
    clock: systemClock,
    timers: systemTimers,
    processId: ownProcessId(),
    awayMsMax: AWAY_MS_MAX,
    connect: () => connectLines(join(stateDirectory, KEEPER_SOCKET)),
    start: () => startDetached(KEEPER_PROGRAM, [stateDirectory, 'transient'], KEEPER_FLAGS),
    fetch: fetchDescriptors,
    tell,
  });
  return new Interception({
    kept: new KeptMounts(keeping, closeDescriptor),
    replies,
    timers: systemTimers,
    clock: systemClock,
    openWake,
    mountPointOf,
    clearStaleMounts,
    preflight: (folder) => look.preflight(folder),
    openersPast,
    mountsOver,
    tell,
    releaseMsMax,
  });
}
