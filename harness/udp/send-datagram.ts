import { createSocket } from 'node:dgram';
import type { Endpoint } from '../record/events.ts';

/** Sends one datagram from any free port; whether somebody is there to get it plays no part. */
export async function sendDatagram(payload: string, { address, port }: Endpoint): Promise<void> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.send(payload, port, address, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  } finally {
    socket.close();
  }
}
