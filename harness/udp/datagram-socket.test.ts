import { once, EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { Stamp } from '../record/events.ts';
import { openDatagramSocket, type ArrivedDatagram, type DatagramSocket } from './datagram-socket.ts';
import { connectUdp } from './testing/udp-client.ts';
import { readUdpSockets } from './udp-sockets.ts';

const loopback = { address: '127.0.0.1', port: 0 };

interface Arrival {
  readonly stamp: Stamp;
  readonly handledNs: HostNs;
}

/** A socket in the test's own thread, so that the test can keep its event loop busy. */
async function openHere(stampSource: Stamp['source']) {
  const arrivals: Arrival[] = [];
  const news = new EventEmitter();
  const socket: DatagramSocket = await openDatagramSocket({
    at: loopback,
    stampSource,
    onDatagram({ stamp, handledNs }: ArrivedDatagram) {
      arrivals.push({ stamp: stamp(), handledNs });
      news.emit('arrival');
    },
    onError: (error) => news.emit('error', error),
  });
  return {
    socket,
    arrivals,
    client: await connectUdp(socket.address),
    async received(count: number) {
      while (arrivals.length < count) await once(news, 'arrival', { signal: AbortSignal.timeout(2000) });
    },
    async [Symbol.asyncDispose]() {
      this.client[Symbol.dispose]();
      await socket.close();
    },
  };
}

function keepLoopBusy(forMs: number): void {
  const untilNs = hostNow() + forMs * 1e6;
  while (hostNow() < untilNs);
}

/** The kernel follows a moment after stamping was switched on; until then stamps are the handler's. */
async function waitForKernelStamps(here: Awaited<ReturnType<typeof openHere>>): Promise<void> {
  for (let sent = 1; here.arrivals.at(-1)?.stamp.source !== 'kernel'; sent++) {
    expect(sent, 'datagrams until the kernel stamps').toBeLessThan(1000);
    here.client.send('are you there?');
    await here.received(sent);
  }
  here.arrivals.length = 0;
}

test.runIf(process.platform === 'linux')(
  'the kernel stamps a burst to the microsecond while the event loop is busy',
  async () => {
    await using here = await openHere('kernel');
    expect(here.socket.stampSource).toBe('kernel');
    await waitForKernelStamps(here);
    // More than the 32 datagrams that libuv reads in a row.
    const sent = Array.from({ length: 100 }, (_, index) => {
      keepLoopBusy(0.5);
      return here.client.send(`datagram ${index}`);
    });
    await here.received(sent.length);

    here.arrivals.forEach(({ stamp, handledNs }, index) => {
      const { beforeNs, afterNs } = sent[index] ?? { beforeNs: NaN, afterNs: NaN };
      const boundNs = stamp.boundUs * 1000;
      expect(stamp.source).toBe('kernel');
      expect(stamp.boundUs).toBeLessThan(100);
      expect(stamp.hostNs).toBeGreaterThanOrEqual(beforeNs - boundNs);
      expect(stamp.hostNs).toBeLessThanOrEqual(afterNs + boundNs);
      expect(handledNs).toBeGreaterThan(stamp.hostNs);
    });
    const [first] = here.arrivals;
    expect(Number(first?.handledNs) - Number(first?.stamp.hostNs)).toBeGreaterThan(45e6);
  },
);

test('the bound of a handler stamp covers the time that the event loop was busy', async () => {
  await using here = await openHere('handler');
  const quick = here.client.send('the loop has nothing else to do');
  await here.received(1);
  const late = here.client.send('the loop is busy');
  keepLoopBusy(50);
  await here.received(2);

  for (const [index, { beforeNs }] of [quick, late].entries()) {
    const { stamp } = here.arrivals[index] ?? expect.fail('no arrival');
    expect(stamp.source).toBe('handler');
    expect(stamp.boundUs).toBeGreaterThanOrEqual(200);
    expect(stamp.hostNs - stamp.boundUs * 1000).toBeLessThanOrEqual(beforeNs);
  }
  expect(here.arrivals[1]?.stamp.boundUs).toBeGreaterThan(50_000);
});

test('a datagram that came before stamping was on has the time of its handler, and says so', async () => {
  await using here = await openHere('kernel');
  const { beforeNs } = here.client.send('straight after bind');
  keepLoopBusy(20);
  await here.received(1);
  const { stamp } = here.arrivals[0] ?? expect.fail('no arrival');
  expect(Math.abs(stamp.hostNs - beforeNs)).toBeLessThanOrEqual(stamp.boundUs * 1000 + 1e6);
});

test.runIf(process.platform === 'linux')('what the receive queue has no room for is counted', async () => {
  await using here = await openHere('kernel');
  const total = 20_000;
  for (let sent = 0; sent < total; sent++) here.client.send('a flood, and nobody reads');
  const dropped = here.socket.countDrops();
  expect(dropped).toBeGreaterThan(0);
  expect(readUdpSockets().find(({ port }) => port === here.socket.address.port)?.drops).toBe(dropped);
  await here.received(total - Number(dropped));
  expect(here.socket.countDrops()).toBe(dropped);
});

test('a send that fails is reported, in a turn of its own', async () => {
  await using here = await openHere('kernel');
  const failure = new Promise<Error | null>((done) => {
    here.socket.send(Buffer.from('Ok!'), { address: '127.0.0.1', port: 0 }, done);
  });
  expect((await failure)?.message).toMatch(/port/i);
});
