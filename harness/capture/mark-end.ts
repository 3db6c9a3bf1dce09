import { randomUUID } from 'node:crypto';
import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Endpoint } from '../record/events.ts';
import { withDeadline } from '../time/deadline.ts';
import { sendDatagram } from '../udp/send-datagram.ts';

/** The kernel hands packets on after 250 ms (dumpcap) or 1 s (tcpdump) at most; the rest is left to a loaded host. */
const timeoutMs = 5_000;
/** Frames that came after the mark, if any, are few. */
const tailBytes = 65_536;

/**
 * Sends a last datagram and waits until it is in the file: then all that came before is, too. Between network stack and file there are
 * buffers that nobody could ask otherwise.
 *
 * @returns whether it came.
 */
export async function markEnd(file: string, { address, port }: Endpoint): Promise<boolean> {
  const mark = `end of the capture ${randomUUID()}`;
  const watcher = watch(file);
  try {
    const written = (async () => {
      while (!(await readTail(file)).includes(mark)) {
        await new Promise((resolve) => watcher.once('change', resolve));
      }
    })();
    await sendDatagram(mark, { address: address === '0.0.0.0' ? '127.0.0.1' : address, port });
    await withDeadline(written, { timeoutMs, waitingFor: 'end of the capture' });
    return true;
  } catch {
    return false;
  } finally {
    watcher.close();
  }
}

async function readTail(file: string): Promise<Buffer> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const length = Math.min(size, tailBytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}
