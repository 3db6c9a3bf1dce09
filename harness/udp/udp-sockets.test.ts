import { expect, test } from 'vitest';
import { parseUdpSockets } from './udp-sockets.ts';

/** Captured on Linux 6.18; the second had 1000 datagrams sent to it and read none. */
const udp = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
13626: 0100007F:0D0F 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52247 2 000000007946acec 0         
13627: 00000000:0D10 00000000:0000 07 00000000:00034000 00:00000000 00000000  1000        0 52248 2 00000000b7a9ecbc 744       
`;

/** Captured alike: sockets of `::`, of `::1` and of `::ffff:127.0.0.2`. */
const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
13623: 00000000000000000000000000000000:0D0C 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52244 2 00000000ce342742 0
13624: 00000000000000000000000001000000:0D0D 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52245 2 0000000015a1c3cc 0
13625: 0000000000000000FFFF00000200007F:0D0E 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 52246 2 00000000ba25aa73 0
`;

test('reads address, port, owner and drops', () => {
  expect(parseUdpSockets(udp)).toEqual([
    { address: '127.0.0.1', port: 3343, uid: 0, inode: '52247', drops: 0 },
    { address: '0.0.0.0', port: 3344, uid: 1000, inode: '52248', drops: 744 },
  ]);
});

test('an IPv6 socket counts where it receives IPv4 too', () => {
  expect(parseUdpSockets(udp6).map(({ address, inode }) => [address, inode])).toEqual([
    ['0.0.0.0', '52244'],
    ['127.0.0.2', '52246'],
  ]);
});

test('no table, no sockets', () => {
  expect(parseUdpSockets('')).toEqual([]);
});
