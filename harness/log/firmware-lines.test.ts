import { describe, expect, it } from 'vitest';
import type { HostNs } from '../time/clock.ts';
import { readDeviceEvents } from './device-event-reader.ts';
import { parserOf } from './firmware-lines.ts';

const patterns = {
  tag: 'example',
  sent: '^Message sent$',
  received: '^Received (?<length>\\d+) bytes from ',
  sendFailed: '^Error occurred during sending: errno (?<errno>\\d+)$',
  listening: '^Socket bound, port (?<port>\\d+)$',
};

describe('the lines of a firmware that is described by patterns', () => {
  it.each([
    ['I (2010) example: Message sent', { kind: 'message-sent' }],
    ['I (2020) example: Received 3 bytes from 192.168.1.2:', { kind: 'message-received', length: 3 }],
    ['E (2020) example: Error occurred during sending: errno 118', { kind: 'send-failed', errno: 118 }],
    ['I (300) example: Socket bound, port 3333', { kind: 'listening', port: 3333 }],
  ])('%s', (text, event) => {
    expect(read(text)).toEqual([{ ...event, hostNs: 1 }]);
  });

  it.each([
    ['of another tag', 'I (2010) other: Message sent'],
    ['that only begins alike', 'I (2010) example: Message sent twice'],
    ['of our own client', 'I (2010) Client: Socket created'],
  ])('nothing is read from a line %s', (_, text) => {
    expect(read(text)).toEqual([]);
  });

  it('what every chip says is understood all the same', () => {
    expect(read('I (310) esp_netif_handlers: sta ip: 127.0.0.2, mask: 255.0.0.0, gw: 127.0.0.1')).toEqual([
      { kind: 'ip-address', address: '127.0.0.2', hostNs: 1 },
    ]);
  });

  it('a pattern that is none is refused', () => {
    expect(() => parserOf({ tag: 'example', sent: '(' })).toThrow(SyntaxError);
  });
});

function read(text: string) {
  return readDeviceEvents([{ kind: 'serial-line', hostNs: 1 as HostNs, text }], patterns);
}
