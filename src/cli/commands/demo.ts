import type { Command } from '../command.ts';

export const DEMO_COMMAND: Command = {
  name: 'demo',
  summary: 'Shows two servers at work on this machine, in a temporary folder',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  description:
    'With keys to cut the channel and to edit or lock a file on the passive server, until Ctrl-C. With --once it does all that by itself, compares both trees and ends. Needs no root, leaves nothing behind.',
  takesAnything: true,
  run: (invocation) => invocation.doors.runDemo({ args: invocation.rest }),
};
