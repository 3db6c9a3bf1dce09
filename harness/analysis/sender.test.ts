import { describe, expect, test } from 'vitest';
import type { Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { bySender, overlappingSources } from './sender.ts';
import { datagramAt } from './testdata/two-witnesses.ts';

function datagram(atMs: number, address: string, port: number): Datagram {
  return { ...datagramAt(0, (atMs * 1e6) as HostNs), from: { address, port } };
}

describe('bySender', () => {
  const datagrams = [
    datagram(0, '127.0.0.2', 50000),
    datagram(30, '127.0.0.3', 50000),
    datagram(100, '127.0.0.2', 50000),
    datagram(200, '127.0.0.2', 50001),
  ];

  test("tells the board's datagrams from others by its address", () => {
    const { own, foreign, ownSockets, foreignSources } = bySender(datagrams, '127.0.0.2');
    expect([own.length, foreign.length]).toEqual([3, 1]);
    expect(ownSockets).toEqual([
      { address: '127.0.0.2', port: 50000, count: 2, firstNs: 0, lastNs: 100e6 },
      { address: '127.0.0.2', port: 50001, count: 1, firstNs: 200e6, lastNs: 200e6 },
    ]);
    expect(foreignSources).toHaveLength(1);
    expect(overlappingSources(ownSockets)).toEqual([]);
  });

  test('a board without an address has sent nothing', () => {
    expect(bySender(datagrams, undefined).own).toEqual([]);
    expect(bySender(datagrams, undefined).foreign).toHaveLength(4);
  });

  test('two sockets in use at the same time overlap', () => {
    const leaked = [...datagrams, datagram(300, '127.0.0.2', 50000)];
    expect(overlappingSources(bySender(leaked, '127.0.0.2').ownSockets)).toMatchObject([{ port: 50001 }]);
  });
});
