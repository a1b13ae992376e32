import { isProblem } from '../../problems/problem.ts';
import { type Command, type Invocation, printJson } from '../command.ts';
import { daemonOf } from '../configuration.ts';
import type { InvitePart } from '../../api/pairing.ts';
import { formatMoment } from '../../kernel/moment-text.ts';
import { safe } from '../shown-text.ts';

export const INVITE_COMMAND: Command = {
  name: 'invite',
  summary: 'Prints a token with which the other server joins this one, and waits for it',
  operands: '',
  operandsMin: 0,
  operandsMax: 0,
  flags: {},
  description: 'The token is the only line on standard output; it serves once, for 15 minutes.',
  async run(invocation) {
    const { terminal } = invocation.doors;
    const ended = new AbortController();
    const cancel = terminal.onInterrupt(() => ended.abort());
    try {
      for await (const part of invitation(invocation, ended.signal)) {
        if (part.kind === 'token') showToken(invocation, part);
        else {
          terminal.error(`The other server${whereOf(part.peerAddress)} has joined.\n`);
          return 0;
        }
      }
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    } finally {
      cancel();
    }
    terminal.error('The invitation was withdrawn: nobody has joined.\n');
    return 1;
  },
};

/** A running daemon holds the channel's address, so it is asked; without one the command invites by itself. */
async function* invitation(invocation: Invocation, signal: AbortSignal): AsyncGenerator<InvitePart> {
  const daemon = await daemonOf(invocation);
  let begun = false;
  try {
    for await (const part of daemon.stream('invite', {}, { signal })) {
      begun = true;
      yield part;
    }
    return;
  } catch (error) {
    if (begun || !isProblem(error, 'CLI-001')) throw error;
  }
  yield* invocation.doors.pairing.invite({ configFile: invocation.configFile, signal });
}

function showToken(invocation: Invocation, part: InvitePart & { kind: 'token' }): void {
  const { terminal } = invocation.doors;
  if (invocation.json) printJson(invocation, { token: part.token, expiresAt: part.expiresAt });
  else terminal.out(`${part.token}\n`);
  terminal.error(
    `On the other server run: understudy join TOKEN --listen ADDRESS (an address of that server)\nWaiting for it until ${formatMoment(part.expiresAt)}. Ctrl-C withdraws the invitation.\n`,
  );
}

/** A server that listens on all its addresses has told none. */
function whereOf(address: string): string {
  return /^(0\.0\.0\.0|\[::\]):/.test(address) || address === '' ? '' : ` (${safe(address)})`;
}
