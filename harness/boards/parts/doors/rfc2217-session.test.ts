import { describe, expect, test } from 'vitest';
import type { ControlLines } from '../reset-circuit.ts';
import { Rfc2217Session } from './rfc2217-session.ts';

function open() {
  const written: Buffer[] = [];
  const received: Uint8Array[] = [];
  const changes: Partial<ControlLines>[] = [];
  const session = new Rfc2217Session(
    {
      onData: (bytes) => received.push(bytes),
      setLines: (change) => changes.push(change),
      lines: { dtr: true, rts: false },
    },
    115200,
    (bytes) => written.push(Buffer.from(bytes)),
  );
  const offers = Buffer.concat(written).toString('hex');
  /** What the session writes when `text` (hex) comes in. */
  const exchange = (text: string): string => {
    written.length = 0;
    session.receive(Buffer.from(text.replaceAll(' ', ''), 'hex'));
    return Buffer.concat(written).toString('hex');
  };
  return { session, offers, exchange, received, changes };
}

describe('options', () => {
  test('offers BINARY, SGA and COM-PORT and asks for BINARY', () => {
    expect(open().offers).toBe('fffb00fffb03fffb2cfffd00');
  });

  test('agrees with what it offered in silence, but tells the modem state', () => {
    const { exchange } = open();
    expect(exchange('fffd00 fffd03 fffb00')).toBe('');
    expect(exchange('fffd2c')).toBe('fffa2c6b30fff0');
  });

  test("agrees with the client's WILL COM-PORT once, and tells the modem state", () => {
    const { exchange } = open();
    expect(exchange('fffb2c')).toBe('fffd2cfffa2c6b30fff0');
    expect(exchange('fffb2c')).toBe('');
  });

  test('refuses what it does not know, once', () => {
    const { exchange } = open();
    expect(exchange('fffd18 fffb18')).toBe('fffc18fffe18');
    expect(exchange('fffd18 fffb18')).toBe('');
  });

  test('gives an option up when it is told to', () => {
    const { exchange } = open();
    expect(exchange('fffe03')).toBe('fffc03');
    expect(exchange('fffe03')).toBe('');
  });
});

describe('commands', () => {
  test.each([
    ['baud rate', 'fffa2c01 0000e100 fff0', 'fffa2c650000e100fff0'],
    ['baud rate, asked for', 'fffa2c01 00000000 fff0', 'fffa2c650001c200fff0'],
    ['a baud rate with FF in it', 'fffa2c01 0000ffff00 fff0', 'fffa2c650000ffff00fff0'],
    ['data size', 'fffa2c0207fff0', 'fffa2c6607fff0'],
    ['data size, asked for', 'fffa2c0200fff0', 'fffa2c6608fff0'],
    ['parity', 'fffa2c0303fff0', 'fffa2c6703fff0'],
    ['stop size', 'fffa2c0402fff0', 'fffa2c6802fff0'],
    ['flow control, asked for', 'fffa2c0500fff0', 'fffa2c6901fff0'],
    ['break', 'fffa2c0505fff0', 'fffa2c6905fff0'],
    ['DTR, asked for', 'fffa2c0507fff0', 'fffa2c6908fff0'],
    ['RTS, asked for', 'fffa2c050afff0', 'fffa2c690cfff0'],
    ['line state', 'fffa2c06fff0', 'fffa2c6a60fff0'],
    ['modem state', 'fffa2c07fff0', 'fffa2c6b30fff0'],
    ['purge', 'fffa2c0c03fff0', 'fffa2c7003fff0'],
  ])('%s', (_, sent, answer) => {
    expect(open().exchange(sent)).toBe(answer);
  });

  test('drives the control lines, in order with the data around them', () => {
    const { exchange, changes, received } = open();
    expect(exchange('41 fffa2c0509fff0 fffa2c050bfff0 42 fffa2c0508fff0 fffa2c050cfff0')).toBe(
      'fffa2c6909fff0fffa2c690bfff0fffa2c6908fff0fffa2c690cfff0',
    );
    expect(changes).toEqual([{ dtr: false }, { rts: true }, { dtr: true }, { rts: false }]);
    expect(Buffer.concat(received).toString()).toBe('AB');
  });

  test('ignores an empty, a short and an unknown one', () => {
    expect(open().exchange('fffa2cfff0 fffa2c0100fff0 fffa2c63fff0 fffa18fff0')).toBe('');
  });
});

test('doubles FF in data', () => {
  const written: Uint8Array[] = [];
  const port = { onData: () => undefined, setLines: () => undefined, lines: { dtr: false, rts: false } };
  const session = new Rfc2217Session(port, 115200, (bytes) => written.push(bytes));
  session.send(Uint8Array.of(1, 0xff, 2));
  expect(written.at(-1)).toEqual(Buffer.of(1, 0xff, 0xff, 2));
});
