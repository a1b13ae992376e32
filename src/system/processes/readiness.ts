import * as native from '../native/native.ts';
import { declare } from '../native/native.ts';

const UNIX = 1;
const DATAGRAM_CLOSED_ON_EXEC = 0o2000002;
const NO_SIGNAL = 0x4000;
const FAMILY_BYTES = 2;
const ABSTRACT = '@';

const socket = declare<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)');
const sendto = declare<
  (file: number, data: Uint8Array, length: number, flags: number, to: Uint8Array, toLength: number) => number
>('int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)');

let isTold = false;

/** Did a service manager start this process that wants to know when it is ready? */
export function isManaged(): boolean {
  return (process.env['NOTIFY_SOCKET'] ?? '') !== '';
}

/**
 * Tells the service manager, once, that what comes after this service may start (sd_notify(3)). Nothing where there is
 * none that wants to know. It waits for no answer, and nothing hangs on it but the order of the start.
 */
export function tellReady(): void {
  if (isTold || !isManaged()) return;
  isTold = true;
  const place = process.env['NOTIFY_SOCKET'] ?? '';
  const file = socket(UNIX, DATAGRAM_CLOSED_ON_EXEC, 0);
  if (file < 0) return;
  const address = Buffer.alloc(FAMILY_BYTES + Buffer.byteLength(place));
  address.writeUInt16LE(UNIX, 0);
  address.write(place.startsWith(ABSTRACT) ? `\0${place.slice(1)}` : place, FAMILY_BYTES);
  const message = Buffer.from('READY=1');
  sendto(file, message, message.length, NO_SIGNAL, address, address.length);
  native.close(file);
}
