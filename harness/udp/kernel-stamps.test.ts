import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { hostNow, type HostNs } from '../time/clock.ts';
import { KernelStamps } from './kernel-stamps.ts';
import { loadSocketFfi, type SocketFfi } from './socket-ffi.ts';
import { connectUdp } from './testing/udp-client.ts';
import { findOwnSocket } from './udp-sockets.ts';

const ffi = loadSocketFfi();

/** The real functions, on a wall clock that can be set without setting the host's. */
function withSettableClock(real: SocketFfi) {
  let setByNs = 0n;
  /** What the clock showed when the datagram in the queue was stamped. */
  let stampedNs = 0n;
  return {
    set: (byNs: bigint) => (setByNs = byNs),
    stampNow: () => (stampedNs = setByNs),
    ffi: {
      ...real,
      realtimeNs: () => real.realtimeNs() + setByNs,
      receiveStampNs: (fd: number) => {
        const stampNs = real.receiveStampNs(fd);
        return stampNs === undefined ? undefined : stampNs + stampedNs;
      },
    },
  };
}

test.runIf(ffi).each([3_600_000_000_000n, -3_600_000_000_000n, 50_000_000n, -50_000_000n])(
  'a datagram that waits while the wall clock is set by %d ns gets no kernel stamp; the next one does',
  async (byNs) => {
    const clock = withSettableClock(ffi ?? expect.fail('no FFI'));
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    const at = socket.address();
    const stamps = new KernelStamps(findOwnSocket(at)?.fd ?? expect.fail('no descriptor'), clock.ffi);
    using client = await connectUdp(at);

    /** The stamp of a datagram; while that waits in the queue, something happens. */
    const deliver = async (meanwhile: () => void = () => undefined) => {
      const received = once(socket, 'message', { signal: AbortSignal.timeout(2000) });
      clock.stampNow();
      const sent = client.send('x');
      meanwhile();
      await received;
      return { sent, arrival: stamps.ofLastDatagram(sent.beforeNs) };
    };
    const isRight = ({ sent, arrival }: Awaited<ReturnType<typeof deliver>>): boolean =>
      arrival !== undefined &&
      arrival.hostNs >= sent.beforeNs - arrival.boundUs * 1000 &&
      arrival.hostNs <= sent.afterNs + arrival.boundUs * 1000;

    let tries = 0;
    while ((await deliver()).arrival === undefined) expect(++tries).toBeLessThan(1000);
    expect(isRight(await deliver())).toBe(true);
    expect((await deliver(() => clock.set(byNs))).arrival).toBeUndefined();
    expect(isRight(await deliver())).toBe(true);
  },
);

test.runIf(ffi)('a socket that has read nothing has no stamp', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const { fd } = findOwnSocket(socket.address()) ?? expect.fail('no descriptor');
  const stamps = new KernelStamps(fd, ffi ?? expect.fail('no FFI'));
  expect(stamps.ofLastDatagram(hostNow())).toBeUndefined();
  expect(stamps.ofLastDatagram(0 as HostNs)).toBeUndefined();
});
