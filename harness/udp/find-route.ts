import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * The address of this host that `address` is reached from: where a board at `address` finds us. Nothing is sent;
 * connecting a UDP socket only asks the routing table.
 */
export async function findAddressTowards(address: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    // Any port will do: 9 is the discard service (RFC 863).
    socket.connect(9, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}
