import type { Command } from '../command.ts';

export const DEMO_COMMAND: Command = {
  name: 'demo',
  summary: 'Shows two servers at work on this machine, in a temporary folder',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  takesAnything: true,
  run: (invocation) => invocation.doors.runDemo({ args: invocation.rest }),
};
