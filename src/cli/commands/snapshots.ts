import type { SnapshotStatus } from '../../api/services.ts';
import { type Command, printJson, UsageError } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { formatDuration } from '../../kernel/duration-text.ts';
import { safe, table } from '../shown-text.ts';

export const SNAPSHOTS_COMMAND: Command = {
  name: 'snapshots',
  summary: 'Shows the snapshots of the passive server’s copy, or begins one',
  operands: '[list | take]',
  operandsMin: 0,
  operandsMax: 1,
  flags: {},
  description:
    'take has snapshots.command run on the passive server, at a position where the copy is one moment of the active server’s; list then shows how that ended.',
  async run(invocation) {
    const action = invocation.operands[0] ?? 'list';
    const daemon = await daemonOf(invocation);
    const { terminal } = invocation.doors;
    if (action === 'take') {
      const answer = await daemon.call('snapshotTake', {});
      if (invocation.json) printJson(invocation, answer);
      else terminal.out('It is being taken: `understudy snapshots` shows how it ended.\n');
      return 0;
    }
    if (action !== 'list') throw new UsageError('Possible is: understudy snapshots [list | take]', 'snapshots');
    const { snapshots } = await daemon.call('snapshots', {});
    if (invocation.json) printJson(invocation, { snapshots });
    else if (snapshots.length === 0) terminal.out('No snapshot was taken.\n');
    else terminal.out(`${table(snapshots.map(cells)).join('\n')}\n`);
    return 0;
  },
};

function cells({ at, position, consistent, durationMs, failure }: SnapshotStatus): string[] {
  const place = `${String(position.epoch)}:${String(position.sequence)}`;
  const kind = consistent ? 'one moment of the active server' : 'files as they were applied';
  return [
    formatMoment(at),
    place,
    kind,
    formatDuration(durationMs),
    failure === null ? '' : `failed: ${safe(failure)}`,
  ];
}
