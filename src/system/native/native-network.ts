import { declare } from './native.ts';

/*
 * Sockets of kinds that Node doesn't have: raw packets, ICMP, netlink, and TCP with the kernel's error queue.
 * Addresses are structures in memory (socket-address.ts). Failures are -1 and errno().
 */

export const socket = declare<(family: number, type: number, protocol: number) => number>('int socket(int, int, int)');
export const setsockopt = declare<
  (socket: number, level: number, name: number, value: Uint8Array, length: number) => number
>('int setsockopt(int, int, int, const void *, uint32_t)');
export const getsockopt = declare<
  (socket: number, level: number, name: number, value: Uint8Array, length: Uint8Array) => number
>('int getsockopt(int, int, int, void *, void *)');
export const bind = declare<(socket: number, address: Uint8Array, length: number) => number>(
  'int bind(int, const void *, uint32_t)',
);
export const connect = declare<(socket: number, address: Uint8Array, length: number) => number>(
  'int connect(int, const void *, uint32_t)',
);
export const sendto = declare<
  (
    socket: number,
    data: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array | null,
    addressLength: number,
  ) => number
>('int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)');
export const recv = declare<(socket: number, into: Uint8Array, length: number, flags: number) => number>(
  'int64_t recv(int, void *, size_t, int)',
);
/** `address` is filled with a structure of at most `addressLength`, a number of 4 bytes, which is set to its length. */
export const recvfrom = declare<
  (
    socket: number,
    into: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: Uint8Array,
  ) => number
>('int64_t recvfrom(int, void *, size_t, int, void *, void *)');
/** `message` is a struct msghdr. */
export const recvmsg = declare<(socket: number, message: Uint8Array, flags: number) => number>(
  'int64_t recvmsg(int, void *, int)',
);
