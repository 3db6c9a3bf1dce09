import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { parsePortAddress } from './port-address.ts';

it.each([
  ['/dev/ttyUSB0', { kind: 'device', path: '/dev/ttyUSB0' }],
  ['COM3', { kind: 'device', path: 'COM3' }],
  ['rfc2217://127.0.0.1:4000', { kind: 'rfc2217', host: '127.0.0.1', port: 4000 }],
  ['rfc2217://bench.local:4000?ign_set_control', { kind: 'rfc2217', host: 'bench.local', port: 4000 }],
  ['rfc2217://[::1]:4000', { kind: 'rfc2217', host: '::1', port: 4000 }],
  ['socket://127.0.0.1:4001', { kind: 'tcp', host: '127.0.0.1', port: 4001 }],
  ['tcp://127.0.0.1:4001', { kind: 'tcp', host: '127.0.0.1', port: 4001 }],
])('reads %s', (path, address) => {
  expect(parsePortAddress(path)).toEqual(address);
});

it.each([
  ['', 'it is empty'],
  ['http://127.0.0.1:80', '"http://" is not known'],
  ['rfc2217://127.0.0.1', 'the TCP port is missing'],
  ['rfc2217://:4000', 'it is not a URL'],
  ['socket://127.0.0.1:99999', 'it is not a URL'],
])('refuses "%s"', (path, why) => {
  expect(() => parsePortAddress(path)).toThrow(UsageError);
  expect(() => parsePortAddress(path)).toThrow(why);
});
