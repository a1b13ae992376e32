import type { Command } from '../command.ts';

export const RUN_COMMAND: Command = {
  name: 'run',
  summary: 'Runs the daemon in the foreground',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  description:
    'The log goes to standard output, one line of JSON an event; log.level of server.yaml says from which level on. SIGTERM or Ctrl-C stops it. SIGUSR2 stops it too, and leaves intercepted folders to the daemon that is started next.',
  run: (invocation) => invocation.doors.runDaemon({ configFile: invocation.configFile }),
};
