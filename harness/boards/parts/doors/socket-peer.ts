import type { Socket } from 'node:net';

/** What waits for a client that doesn't read: about a stub's 64 blocks in flight, twice. Then it loses bytes. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Sends bytes to a client unless it is too slow: then they are lost, as on a UART without flow control. */
export function sendOrDrop(socket: Socket, bytes: Uint8Array): void {
  if (socket.writable && socket.writableLength + bytes.length <= MAX_WAITING_BYTES) socket.write(bytes);
}
