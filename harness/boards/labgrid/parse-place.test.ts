import { expect, it } from 'vitest';
import { parsePlace } from './parse-place.ts';

/** What labgrid-client 26.0 printed. */
const acquired = `Place 'esp32-1':
  matches:
    rack/bench/*
  acquired: vm/root
  acquired resources:
    rack/bench/NetworkSerialPort/NetworkSerialPort
  created: 2026-11-25 16:45:56.628043
  changed: 2026-11-25 16:46:00.237996
Acquired resource 'NetworkSerialPort' (rack/bench/NetworkSerialPort/NetworkSerialPort):
  {'acquired': 'esp32-1',
   'avail': True,
   'cls': 'NetworkSerialPort',
   'params': {'extra': {'proxy': 'localhost', 'proxy_required': False},
              'host': '127.0.0.1',
              'port': 3470,
              'protocol': 'rfc2217'}}
`;

it('tells who has a place, and where its serial port is', () => {
  expect(parsePlace(acquired)).toEqual({
    acquiredBy: 'vm/root',
    serialPorts: [
      {
        name: 'rack/bench/NetworkSerialPort/NetworkSerialPort',
        available: true,
        url: 'rfc2217://127.0.0.1:3470',
        proxied: false,
      },
    ],
  });
});

it('tells what is not there', () => {
  const free = acquired.replace('vm/root', 'None').replaceAll('Acquired', 'Matching');
  expect(parsePlace(free)).not.toHaveProperty('acquiredBy');
  expect(parsePlace(free).serialPorts).toHaveLength(1);
  const gone = acquired.replace("'avail': True", "'avail': False").replace(/'port': 3470/, "'port': None");
  expect(parsePlace(gone).serialPorts[0]).toMatchObject({ available: false });
  expect(parsePlace(gone).serialPorts[0]).not.toHaveProperty('url');
  expect(parsePlace(acquired.slice(0, acquired.indexOf('Acquired'))).serialPorts).toEqual([]);
});

it('tells raw TCP from RFC 2217, and what only SSH reaches', () => {
  const other = acquired
    .replace("'rfc2217'}", "'raw'}")
    .replace("'proxy_required': False", "'proxy_required': True");
  expect(parsePlace(other).serialPorts[0]).toMatchObject({ url: 'socket://127.0.0.1:3470', proxied: true });
});

it('finds the serial port among other resources, and several of them', () => {
  const power = `Acquired resource 'power' (rack/bench/NetworkPowerPort/power):\n  {'host': '10.0.0.9',\n   'port': 1}\n`;
  const second = acquired.slice(acquired.indexOf('Acquired')).replace('3470', '3471');
  const { serialPorts } = parsePlace(acquired + power + second);
  expect(serialPorts.map(({ url }) => url)).toEqual(['rfc2217://127.0.0.1:3470', 'rfc2217://127.0.0.1:3471']);
});
