import { type Command, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { safe } from '../shown-text.ts';

export const FIX_COMMAND: Command = {
  name: 'fix',
  summary: 'Carries out the action of a finding',
  operands: 'ID',
  operandsMin: 1,
  operandsMax: 1,
  flags: {},
  async run(invocation) {
    const answer = await (await daemonOf(invocation)).call('fix', { id: invocation.operands[0] ?? '' });
    if (invocation.json) printJson(invocation, answer);
    else invocation.doors.terminal.out(`${safe(answer.done)}\n`);
    return 0;
  },
};
