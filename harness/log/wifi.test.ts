import { describe, expect, test } from 'vitest';
import { readDeviceEvents } from './device-event-reader.ts';
import { linesOf } from './testdata/console.ts';
import { findWifiFault, isWifiLoss, nameWifiReason } from './wifi.ts';

const connecting = 'I (861) example_connect: Connecting to lab...';
const connected = 'I (9311) wifi:connected with lab, aid = 19, channel 13, BW20, bssid = 5a:25:a7:40:ea:14';
const address = 'I (10321) example_connect: Got IPv4 event: Interface "example_netif_sta" address: 10.0.0.7';
const ip = 'I (10661) example_common: - IPv4 address: 10.0.0.7,';
const disconnected = (reason: number) =>
  `I (3081) example_connect: Wi-Fi disconnected ${reason}, trying to reconnect...`;
const disconnectedByOld = 'I (4441) example_connect: Wi-Fi disconnected, trying to reconnect...';
const gaveUp = 'I (17521) example_connect: WiFi Connect failed 7 times, stop reconnect.';

function faultIn(...lines: string[]) {
  return findWifiFault(readDeviceEvents(linesOf(lines.join('\n'))));
}

describe('lines', () => {
  test.each([
    [connecting, { kind: 'wifi-connecting', ssid: 'lab' }],
    ['I (5) example_connect: Connecting to a b...c...', { kind: 'wifi-connecting', ssid: 'a b...c' }],
    [connected, { kind: 'wifi-connected', ssid: 'lab' }],
    ['I (1) wifi:state: run -> init (0xfc0)', { kind: 'wifi-dropped', reason: 15 }],
    ['I (1) wifi:state: run -> init (cc00)', { kind: 'wifi-dropped', reason: 204 }],
    ['I (1) wifi:state: auth -> init (200)', { kind: 'wifi-dropped', reason: 2 }],
    [disconnected(201), { kind: 'wifi-disconnected', reason: 201 }],
    [disconnectedByOld, { kind: 'wifi-disconnected' }],
    [gaveUp, { kind: 'wifi-gave-up', attempts: 7 }],
  ])('%s', (line, event) => {
    expect(readDeviceEvents(linesOf(line))).toMatchObject([event]);
  });

  test.each([
    // The station itself has left: nothing has failed.
    'I (29270) wifi:state: run -> init (0)',
    'I (1) wifi:state: init -> auth (b0)',
    'I (1) Client: Connecting to lab...',
    'I (1) wifi:pm start, type: 1',
  ])('%s says nothing of it', (line) => {
    expect(readDeviceEvents(linesOf(line))).toEqual([]);
  });
});

describe('why there is no network', () => {
  test.each([
    ['NO_AP_FOUND', [disconnected(201)], 'not-found'],
    ['4WAY_HANDSHAKE_TIMEOUT', [disconnected(15)], 'refused'],
    ['AUTH_FAIL', [disconnected(202)], 'refused'],
    ['HANDSHAKE_TIMEOUT', [disconnected(204)], 'refused'],
    ['CONNECTION_FAIL', [disconnected(205)], 'refused'],
    ['NO_AP_FOUND_W_COMPATIBLE_SECURITY', [disconnected(210)], 'other-security'],
    ['AUTH_EXPIRE', [disconnected(2)], 'failed'],
    ['unknown', [disconnected(77)], 'failed'],
  ])('%s', (name, lines, kind) => {
    expect(faultIn(connecting, ...lines)).toMatchObject({ kind, ssid: 'lab', failures: 1, reason: { name } });
  });

  test('an access point that has once answered is there, whatever later scans missed', () => {
    expect(faultIn(connecting, disconnected(15), disconnected(201), gaveUp)).toEqual({
      kind: 'refused',
      ssid: 'lab',
      reason: { code: 15, name: '4WAY_HANDSHAKE_TIMEOUT' },
      failures: 3,
      gaveUp: true,
    });
  });

  test('where the firmware tells no reason, the driver does', () => {
    const dropped = 'I (4826) wifi:state: run -> init (fc0)';
    expect(faultIn(connecting, dropped, disconnectedByOld)).toMatchObject({
      kind: 'refused',
      reason: { code: 15 },
    });
  });

  test('where nobody does, nothing was found', () => {
    const fault = faultIn(connecting, disconnectedByOld, gaveUp);
    expect(fault).toEqual({ kind: 'not-found', ssid: 'lab', failures: 2, gaveUp: true });
  });

  test('connected, and then nothing: no address', () => {
    expect(faultIn(connecting, disconnected(201), connected)).toEqual({
      kind: 'no-address',
      ssid: 'lab',
      failures: 1,
      gaveUp: false,
    });
  });
});

test('a board with an address has no fault, however hard the way to it', () => {
  expect(faultIn(connecting, disconnected(201), connected, address, ip)).toBeUndefined();
  expect(faultIn(ip)).toBeUndefined();
  expect(faultIn()).toBeUndefined();
});

test('one that has lost its access point since has', () => {
  expect(faultIn(connecting, connected, ip, disconnected(200), disconnected(201))).toMatchObject({
    kind: 'failed',
    reason: { name: 'BEACON_TIMEOUT' },
    failures: 2,
  });
});

test.each([
  [200, true],
  [2, true],
  // The station itself has left: the firmware's doing.
  [8, false],
  [3, false],
])('reason %i is a loss: %s', (reason, isLoss) => {
  expect(readDeviceEvents(linesOf(disconnected(reason))).map(isWifiLoss)).toEqual([isLoss]);
});

test('names reasons', () => {
  expect([200, 77, undefined].map(nameWifiReason)).toEqual([
    'reason 200, BEACON_TIMEOUT',
    'reason 77, unknown',
    'no reason told',
  ]);
});
