import type { Log } from '../kernel/log.ts';
import { entryOf, Problem, type ProblemData } from '../problems/problem.ts';
import { serverSettingsIn } from '../settings/server-settings.ts';
import { parseYaml } from '../settings/yaml-text.ts';
import { openLog } from '../system/machine/pino-log.ts';
import { endThreadsAhead } from '../system/processes/threads.ts';
import type { DaemonBeginning } from './begin-daemon.ts';
import { GoneOn } from './interception/gone-on.ts';
import { FolderLook } from './interception/look-at-folder.ts';
import { makeOwnFolder, readSettingsFile } from './start-files.ts';

/**
 * `understudy run`: one server of the pair, in the foreground until a stop signal.
 * @param beginning - from beginDaemon of the same file.
 * @throws Problem CFG-001, CFG-002, IDN-004, CHN-001, CHN-002, CLI-004, DMN-008, CAP-046 and others that forbid a start.
 * @returns the exit status, or the faults of a settings file.
 */
export async function startDaemon(
  configFile: string,
  beginning: DaemonBeginning,
): Promise<number | readonly Problem[]> {
  let goneOn = await beginning.goneOn;
  try {
    // What could not be read then is told now.
    const serverFile = (await beginning.serverFile) ?? parseYaml(readSettingsFile(configFile));
    const parsed = serverSettingsIn(serverFile, configFile);
    if (parsed.kind === 'problems') return parsed.problems;
    const server = parsed.settings;
    const log = openLog(server.log.level).child({ identity: server.identity });
    makeOwnFolder(server.stateDirectory, 'stateDirectory');
    goneOn ??= await GoneOn.from(server.stateDirectory);
    const look = new FolderLook(configFile, server);
    goneOn.know({
      tell: tellTo(log),
      preflight: (folder) => look.preflight(folder),
      releaseMsMax: server.interception.releaseMsMax,
    });
    const { runDaemon } = await import('./run-daemon.ts');
    const { interception, replies } = goneOn;
    return await runDaemon({ configFile, server, log, interception, replies, look, stopAsked: beginning.stopAsked });
  } finally {
    await endThreadsAhead();
    // What was not taken away is for the next daemon.
    await goneOn?.interception.leave();
  }
}

function tellTo(log: Log): (problem: ProblemData) => void {
  return ({ code, parameters }) => {
    const { message } = new Problem(code, parameters as never);
    if (entryOf(code).severity === 'information') log.info(message, { code });
    else log.warn(message, { code });
  };
}
