import { type Command, printJson } from '../command.ts';
import { daemonOf, protectedPath } from '../configuration.ts';
import { safe, table } from '../shown-text.ts';

/** As `files` lists it: the registry’s name, then the hive. */
const REGISTRY_KEY = /^[A-Za-z0-9][\w.-]*:HK[A-Z_]+\\/i;

export const DIFF_COMMAND: Command = {
  name: 'diff',
  summary: 'Shows how one item differs between the two servers',
  operands: 'PATH|KEY',
  operandsMin: 1,
  operandsMax: 1,
  flags: {},
  async run(invocation) {
    const operand = invocation.operands[0] ?? '';
    const path = REGISTRY_KEY.test(operand) ? operand : protectedPath(invocation, operand);
    const answer = await (await daemonOf(invocation)).call('diff', { path });
    if (invocation.json) {
      printJson(invocation, answer);
      return 0;
    }
    const rows = answer.differences.map((one) => [`  ${one.what}`, one.active ?? '-', one.passive ?? '-']);
    const lines = [`${safe(answer.path)}: ${answer.status}`];
    if (answer.reason !== undefined) lines.push(`  ${safe(answer.reason)}`);
    if (rows.length > 0) lines.push(...table([['', 'active', 'passive'], ...rows]));
    else if (answer.status === 'Synchronized') lines.push('  It is equal on both servers.');
    invocation.doors.terminal.out(`${lines.join('\n')}\n`);
    return 0;
  },
};
