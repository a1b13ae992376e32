import type { Command } from '../command.ts';

export const RUN_COMMAND: Command = {
  name: 'run',
  summary: 'Runs the daemon in the foreground',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  run: (invocation) => invocation.doors.runDaemon({ configFile: invocation.configFile }),
};
