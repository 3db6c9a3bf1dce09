import { describe, expect, it } from 'vitest';
import { BenchError } from '../errors.ts';
import { capturedLines, serialLine } from '../log/testdata/console.ts';
import type { Ack, Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { Journal } from './journal.ts';

const datagram: Datagram = {
  kind: 'datagram',
  index: 0,
  stamp: { hostNs: 1e9 as HostNs, source: 'kernel', boundUs: 0.5 },
  from: { address: '127.0.0.2', port: 60_011 },
  length: 16,
  payloadHex: '48656c6c6f2066726f6d204553503332',
};
const ack: Ack = { kind: 'ack', datagram: 0, outcome: 'sent', hostNs: 2e9 as HostNs };
const wait = { timeoutMs: 10_000, waitingFor: 'test' };

it('keeps what each witness told, and reads the console into events and boots', () => {
  const journal = new Journal();
  for (const line of capturedLines('client-host-shim.log')) journal.addLine(line);
  journal.addServerEvent(datagram);
  journal.addServerEvent(ack);
  journal.addServerEvent({
    kind: 'server-state',
    hostNs: 3e9 as HostNs,
    state: 'stopped',
    at: datagram.from,
  });
  expect(journal.lines[0]?.text).toBe('I (300) cpu_start: Unicore app');
  expect(journal.events.filter(({ kind }) => kind === 'sent')).toHaveLength(12);
  expect(journal.boots.map(({ address }) => address)).toEqual(['127.0.0.77']);
  expect(journal.datagrams).toEqual([datagram]);
  expect(journal.acks).toEqual([ack]);
});

it('forgets what was told before, says how much, and still knows the boot', () => {
  const journal = new Journal();
  const lines = capturedLines('client-host-shim.log').map((line, at) => ({
    ...line,
    hostNs: (at * 1e9) as HostNs,
  }));
  for (const line of lines) journal.addLine(line);
  const { length: events } = journal.events;
  for (const index of [0, 1, 2]) {
    journal.addServerEvent({
      ...datagram,
      index,
      stamp: { ...datagram.stamp, hostNs: (index * 20e9) as HostNs },
    });
    journal.addServerEvent({ ...ack, datagram: index });
  }
  journal.forget(20e9 as HostNs);
  expect(journal.lines).toEqual(lines.slice(20));
  expect(journal.datagrams.map(({ index }) => index)).toEqual([1, 2]);
  expect(journal.acks.map(({ datagram: index }) => index)).toEqual([1, 2]);
  expect(journal.events.every(({ hostNs }) => hostNs >= 20e9)).toBe(true);
  expect(journal.forgotten).toEqual({ lines: 20, datagrams: 1, events: events - journal.events.length });
  expect(journal.boots).toMatchObject([{ address: '127.0.0.77', start: { periodMs: 100 } }]);
  expect(journal.boots[0]?.events.length).toBe(journal.events.length);
  journal.forget(1000e9 as HostNs);
  expect([journal.lines, journal.datagrams, journal.acks, journal.events]).toEqual([[], [], [], []]);
});

describe('until', () => {
  it('finds what is there already', async () => {
    expect(await new Journal().until(() => 'at once', wait)).toBe('at once');
  });

  it('looks again after each line, each datagram and each nudge', async () => {
    const journal = new Journal();
    let looks = 0;
    const fourth = journal.until(() => (++looks === 4 ? looks : undefined), wait);
    journal.addLine(serialLine('any'));
    journal.addServerEvent(datagram);
    journal.nudge();
    expect(await fourth).toBe(4);
  });

  it('looks no more once it is over', async () => {
    const journal = new Journal();
    let looks = 0;
    await journal.until(() => ++looks, wait);
    journal.nudge();
    expect(looks).toBe(1);
  });

  it('rejects with what the look throws, now or later', async () => {
    const journal = new Journal();
    const lost = new BenchError('PORT_LOST', { what: 'The port is gone' });
    const look = () => {
      if (journal.lines.length > 0) throw lost;
      return undefined;
    };
    const later = journal.until(look, wait);
    journal.addLine(serialLine('any'));
    await expect(later).rejects.toBe(lost);
    await expect(journal.until(look, wait)).rejects.toBe(lost);
  });

  it('says what it waited for when the time is over', async () => {
    const waiting = new Journal().until(() => undefined, { timeoutMs: 1, waitingFor: 'line of the device' });
    await expect(waiting).rejects.toThrow('TIMEOUT: No line of the device within 1 ms.');
  });

  it('ends with the reason of its signal, which comes before anything that is found', async () => {
    const journal = new Journal();
    const controller = new AbortController();
    const waiting = journal.until(() => undefined, { ...wait, signal: controller.signal });
    const reason = new Error('stopped by SIGINT');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    // Must not be left behind as a rejection that nobody handles, either: vitest would tell.
    const look = () => {
      throw new Error('never looked for');
    };
    await expect(journal.until(look, { ...wait, signal: controller.signal })).rejects.toBe(reason);
  });
});
