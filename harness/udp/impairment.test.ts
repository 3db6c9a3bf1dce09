/** The impaired path between a client and the ack server, on real sockets. */
import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import type { Impairment } from '../record/events.ts';
import { startAckServer, type AckServerEvent, type ImpairmentPlan } from './ack-server.ts';
import { dealFates } from './impairment-plan.ts';
import { connectUdp } from './testing/udp-client.ts';

const boardAddress = '127.0.0.1';
const wait = { timeoutMs: 5000 };

/** A server, a client that the impairment is for, and what the server has told. */
async function serve() {
  const events: AckServerEvent[] = [];
  const news = new EventEmitter();
  const server = await startAckServer({
    host: '127.0.0.1',
    port: 0,
    onEvent: (event) => {
      events.push(event);
      news.emit('event');
    },
  });
  const client = await connectUdp(server.address, boardAddress);
  return {
    server,
    client,
    ofKind: <Kind extends AckServerEvent['kind']>(kind: Kind) =>
      events.filter((event): event is Extract<AckServerEvent, { kind: Kind }> => event.kind === kind),
    /** Sends numbered datagrams until the plan is fulfilled. */
    async impair(plan: Omit<ImpairmentPlan, 'boardAddress' | 'seed'>, seed = 1) {
      const done = server.impair({ boardAddress, seed, ...plan }, wait);
      // Answered by the same thread in order: now the plan is in force.
      await server.health();
      const sent = Array.from({ length: plan.datagrams }, (_, at) => client.send(`datagram ${at}`));
      await done;
      return sent;
    },
    async until(enough: () => boolean) {
      while (!enough()) await once(news, 'event', { signal: AbortSignal.timeout(3000) });
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await server.close();
    },
  };
}

function textOf(payloadHex: string | undefined): string {
  return Buffer.from(payloadHex ?? '', 'hex').toString();
}

describe('what is dropped', () => {
  it('is exactly as much as planned, each way, and told; the rest arrives and is answered', async () => {
    await using bench = await serve();
    await bench.impair({ datagrams: 40, uplink: { drop: 7 }, downlink: { drop: 5 } });
    await bench.client.ask('clear again');
    await bench.until(() => bench.ofKind('ack').length === 34);

    const dropped = bench.ofKind('impairment');
    const up = dropped.filter(({ direction }) => direction === 'uplink');
    const down = dropped.filter(({ direction }) => direction === 'downlink');
    expect([up.length, down.length]).toEqual([7, 5]);
    expect(dropped.every(({ effect }) => effect === 'drop')).toBe(true);
    expect(bench.client.answers).toHaveLength(40 - 7 - 5 + 1);
    // What the server got and what it did not get make up all that was sent.
    const texts = [...bench.ofKind('datagram'), ...up].map(({ payloadHex }) => textOf(payloadHex));
    const sent = Array.from({ length: 40 }, (_, at) => `datagram ${at}`);
    expect(texts.toSorted()).toEqual([...sent, 'clear again'].toSorted());
    // For the server, an answer that is lost on its way was sent.
    expect(new Set(bench.ofKind('ack').map(({ outcome }) => outcome))).toEqual(new Set(['sent']));
    for (const { stamp } of up) expect(stamp?.hostNs).toBeGreaterThan(0);
  });

  it('is the same for the same seed', async () => {
    const lostBy = async (seed: number): Promise<string[]> => {
      await using bench = await serve();
      await bench.impair({ datagrams: 30, uplink: { drop: 6 } }, seed);
      return bench.ofKind('impairment').map(({ payloadHex }) => textOf(payloadHex));
    };
    const first = await lostBy(1);
    expect(await lostBy(1)).toEqual(first);
    expect(await lostBy(2)).not.toEqual(first);
  });

  it('is the board’s alone: others reach the server as ever', async () => {
    await using bench = await serve();
    using other = await connectUdp(bench.server.address, '127.0.0.9');
    const done = bench.server.impair({ boardAddress, seed: 1, datagrams: 1, uplink: { drop: 1 } }, wait);
    await bench.server.health();
    expect(await other.ask('from another')).toBe('Ok!');
    bench.client.send('from the board');
    await done;
    expect(bench.ofKind('impairment').map(({ payloadHex }) => textOf(payloadHex))).toEqual([
      'from the board',
    ]);
  });
});

describe('what is held up', () => {
  it('keeps the stamp of its arrival, by the kernel, and gets one of its delivery', async () => {
    await using bench = await serve();
    // Until the kernel stamps: it takes a few milliseconds to begin.
    do await bench.client.ask('stamped?');
    while (bench.ofKind('datagram').at(-1)?.stamp.source !== 'kernel');
    const [sent] = await bench.impair({ datagrams: 1, uplink: { delay: 1, delayMs: 80 } });
    await bench.until(() => bench.ofKind('datagram').at(-1)?.deliveredNs !== undefined);
    const datagram = bench.ofKind('datagram').at(-1);
    const { stamp, deliveredNs = 0 } = datagram ?? expect.fail('no datagram');
    expect(stamp.source).toBe('kernel');
    expect(stamp.hostNs).toBeLessThanOrEqual((sent?.afterNs ?? 0) + stamp.boundUs * 1e3);
    expect(deliveredNs - stamp.hostNs).toBeGreaterThanOrEqual(79e6);
    expect(bench.ofKind('impairment')).toMatchObject([
      { effect: 'delay', direction: 'uplink', datagram: datagram?.index },
    ]);
    expect(bench.ofKind('impairment')[0]?.delayMs).toBeGreaterThanOrEqual(79);
  });

  it('late answers come late', async () => {
    await using bench = await serve();
    const answered = bench.client.answer();
    const [sent] = await bench.impair({ datagrams: 1, downlink: { delay: 1, delayMs: 80 } });
    expect(await answered).toBe('Ok!');
    expect(bench.ofKind('impairment')[0]?.hostNs).toBeGreaterThanOrEqual((sent?.beforeNs ?? 0) + 79e6);
  });

  it('is overtaken by the next one when it is reordered', async () => {
    await using bench = await serve();
    await bench.impair({ datagrams: 12, uplink: { reorder: 3 } });
    await bench.until(() => bench.ofKind('datagram').length === 12);
    const order = bench.ofKind('datagram').map(({ payloadHex }) => Number(textOf(payloadHex).slice(9)));
    const overtaken = bench.ofKind('impairment').map(({ datagram = 0 }) => order[datagram] ?? NaN);
    expect(overtaken).toHaveLength(3);
    for (const number of overtaken) {
      const overtakers = order.slice(0, order.indexOf(number)).filter((earlier) => earlier > number);
      expect(overtakers.length).toBeGreaterThan(0);
    }
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, at) => at));
  });

  it('is lost, and said to be, when the server is stopped meanwhile', async () => {
    await using bench = await serve();
    const late = { datagrams: 1, uplink: { delay: 1, delayMs: 60_000 } };
    const waiting = bench.server.impair({ boardAddress, seed: 1, ...late }, { timeoutMs: 500 });
    await bench.server.health();
    bench.client.send('held up');
    // The queue is one for all: when this one is answered, the one before it was read.
    using other = await connectUdp(bench.server.address, '127.0.0.9');
    await other.ask('from another');
    await bench.server.stop();
    await expect(waiting).rejects.toThrow('TIMEOUT: No 1 datagrams to impair within 500 ms');
    expect(bench.ofKind('impairment')).toMatchObject([{ effect: 'drop', direction: 'uplink' }]);
    expect(bench.ofKind('datagram').map(({ payloadHex }) => textOf(payloadHex))).toEqual(['from another']);
  });
});

it('what is doubled arrives twice, and both are answered', async () => {
  await using bench = await serve();
  await bench.impair({ datagrams: 10, uplink: { duplicate: 2 }, downlink: { duplicate: 1 } });
  await bench.client.ask('clear again');
  await bench.until(() => bench.ofKind('ack').length === 13);
  expect(bench.client.answers).toHaveLength(14);
  const twice = bench.ofKind('impairment').filter(({ direction }) => direction === 'uplink');
  const datagrams = bench.ofKind('datagram');
  for (const { datagram = 0 } of twice) {
    expect(datagrams[datagram]?.payloadHex).toBe(datagrams[datagram - 1]?.payloadHex);
    expect(datagrams[datagram]?.stamp).toEqual(datagrams[datagram - 1]?.stamp);
  }
});

it('what is damaged differs in the one bit that is told', async () => {
  await using bench = await serve();
  await bench.impair({ datagrams: 10, uplink: { corrupt: 3 }, downlink: { corrupt: 2 } });
  await bench.client.ask('clear again');
  const mend = (bytes: Buffer, { bit = NaN }: Impairment): string => {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes.toString();
  };
  const damaged = bench.ofKind('impairment');
  for (const event of damaged.filter(({ direction }) => direction === 'uplink')) {
    const { payloadHex = '' } = bench.ofKind('datagram')[event.datagram ?? NaN] ?? {};
    expect(textOf(payloadHex)).not.toBe(`datagram ${event.datagram ?? ''}`);
    expect(mend(Buffer.from(payloadHex, 'hex'), event)).toBe(`datagram ${event.datagram ?? ''}`);
  }
  const bad = bench.client.answers.filter((answer) => answer.toString() !== 'Ok!');
  const badEvents = damaged.filter(({ direction }) => direction === 'downlink');
  expect(bad.map((answer, at) => mend(answer, badEvents[at] ?? expect.fail()))).toEqual(['Ok!', 'Ok!']);
});

describe('a plan', () => {
  const part = fc.record({
    drop: fc.nat(5),
    duplicate: fc.nat(5),
    reorder: fc.nat(5),
    corrupt: fc.nat(5),
    delay: fc.nat(5),
  });

  it('is dealt out to the last card, whatever the seed', () => {
    fc.assert(
      fc.property(part, part, fc.integer(), (uplink, downlink, seed) => {
        const fates = dealFates({ boardAddress, datagrams: 30, uplink, downlink, seed });
        expect(fates.uplink).toHaveLength(30);
        expect(fates.downlink).toHaveLength(30 - uplink.drop + uplink.duplicate);
        for (const effect of ['drop', 'duplicate', 'reorder', 'corrupt', 'delay'] as const) {
          expect(fates.uplink.filter((fate) => fate === effect)).toHaveLength(uplink[effect]);
          expect(fates.downlink.filter((fate) => fate === effect)).toHaveLength(downlink[effect]);
        }
      }),
      { seed: 7 },
    );
  });

  it('that can’t be fulfilled is refused', async () => {
    await using bench = await serve();
    const plan = { boardAddress, seed: 1, datagrams: 3, uplink: { drop: 2, corrupt: 2 } };
    await expect(bench.server.impair(plan, wait)).rejects.toThrow(
      'IMPAIRMENT_TOO_MUCH: 4 datagrams are to be impaired on the uplink, and only 3 go that way',
    );
    expect(await bench.client.ask('still there?')).toBe('Ok!');
  });

  it('for which too few datagrams come leaves a clear path; two at a time are refused', async () => {
    await using bench = await serve();
    const plan = { boardAddress, seed: 1, datagrams: 3, uplink: { drop: 3 } };
    const waiting = bench.server.impair(plan, { timeoutMs: 50 });
    await expect(bench.server.impair(plan, wait)).rejects.toThrow(UsageError);
    await expect(waiting).rejects.toThrow('TIMEOUT: No 3 datagrams to impair within 50 ms.');
    expect(await bench.client.ask('still there?')).toBe('Ok!');
  });
});
