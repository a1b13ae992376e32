import { expect, it } from 'vitest';
import { inodesListening } from './port-listener.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:E004 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:E004 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 0 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

it('finds sockets that listen at a port, not connections of it', () => {
  expect(inodesListening(TABLE, 57_348)).toEqual(['4711']);
  expect(inodesListening(TABLE, 22)).toEqual(['4713']);
  expect(inodesListening(TABLE, 80)).toEqual([]);
});
