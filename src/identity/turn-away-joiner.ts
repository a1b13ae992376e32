import type { Timers } from '../kernel/clock.ts';
import type { SecureSocket } from '../kernel/sockets.ts';
import { Problem, toData } from '../problems/problem.ts';
import { PairingConnection } from './pairing-connection.ts';
import { JOIN_BYTES_MAX } from './pairing-messages.ts';

const END_MS = 2_000;

/** Tells a joiner that comes while no invitation is open what is wrong with its token [IDN-002], and hangs up. */
export function turnAwayJoiner(socket: SecureSocket, timers: Timers): void {
  const connection = new PairingConnection(socket, JOIN_BYTES_MAX, { onMessage: () => {}, onEnd: () => {} });
  const reason = 'the inviting server has no invitation open (any more)';
  connection.send({ type: 'refuse', ...toData(new Problem('IDN-002', { reason })) });
  connection.close();
  const cancel = timers.after(END_MS, () => socket.destroy());
  socket.onClose(cancel);
}
